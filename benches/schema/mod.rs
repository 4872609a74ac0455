//! The schemas that are measured: many tables of one kind each.
#![allow(dead_code, reason = "each benchmark takes what it needs")]

use std::fmt::Write as _;

use schema_audit::core::feature::{Feature, FeatureSet, Source};

/// A set of one feature, which this SQL makes.
pub fn feature_set(sql: &str) -> FeatureSet {
    FeatureSet {
        name: "bench".into(),
        features: vec![Feature {
            name: "bench".into(),
            sources: vec![Source { name: "bench.sql".into(), text: sql.into() }],
            ..Feature::default()
        }],
        ..FeatureSet::default()
    }
}

/// The SQL of `tables` tables with ten components each: the table, six columns, a key, a check, an index.
pub fn plain(tables: std::ops::Range<usize>) -> String {
    let mut sql = String::new();
    for n in tables {
        write!(
            sql,
            "create table t{n} (id bigint primary key, name varchar(80) not null, price numeric(12,2) default 0, \
             created_at timestamptz not null default now(), note text, parent bigint, check (price >= 0));\n\
             create index t{n}_name on t{n} (name, created_at desc);\n"
        )
        .unwrap();
    }
    sql
}

/// The SQL of `tables` tables of 10 columns, 3 indexes and a check each, and for every one of them half a trigger and a
/// fifth of a view, a function and a policy.
pub fn dense(tables: std::ops::Range<usize>) -> String {
    let mut sql = String::new();
    if tables.start == 0 {
        sql.push_str(
            "create function touch() returns trigger language plpgsql as \
             $$ begin new.updated_at := now(); return new; end $$;\n",
        );
    }
    for n in tables {
        write!(
            sql,
            "create table t{n} (\n    id bigint primary key,\n    name varchar(80) not null,\n    \
             price numeric(12,2) default 0,\n    quantity integer not null default 1,\n    \
             created_at timestamptz not null default now(),\n    updated_at timestamptz,\n    note text default '',\n    \
             tags text[],\n    parent bigint,\n    payload jsonb not null default '{{}}',\n    \
             constraint t{n}_price_check check (price >= 0)\n);\n\
             create index t{n}_name on t{n} (name, created_at desc);\n\
             create index t{n}_parent on t{n} (parent) where parent is not null;\n\
             create index t{n}_lower on t{n} (lower(name));\n"
        )
        .unwrap();
        if n % 5 == 0 {
            write!(
                sql,
                "create view v{n} as select id, name, price * quantity as total from t{n} where price > 0;\n\
                 create function f{n}(wanted bigint) returns numeric language sql stable as \
                 $$ select price from t{n} where id = wanted $$;\n\
                 alter table t{n} enable row level security;\n\
                 create policy p{n} on t{n} for select using (parent is null);\n"
            )
            .unwrap();
        }
        if n % 2 == 0 {
            writeln!(
                sql,
                "create trigger t{n}_touch before update on t{n} for each row execute function touch();"
            )
            .unwrap();
        }
    }
    sql
}
