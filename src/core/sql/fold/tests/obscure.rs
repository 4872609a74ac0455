use super::*;

/// The ids of what is no longer known.
fn obscured(sql: &str) -> Vec<String> {
    let unknown = |(id, declaration): (&ComponentId, &Declaration)| {
        declaration.obscured_by.is_some().then(|| id.to_string())
    };
    fold(sql).0.components.iter().filter_map(unknown).collect()
}

#[test]
fn a_renamed_column_leaves_what_names_it_unknown() {
    assert_eq!(
        obscured(
            "create table t (a int constraint k unique, b int, constraint c check (a > b)); create table ch () inherits (t);
             create index i on t (b) where a > 0; create index j on t (b);
             create table u (x int constraint f references t (a)); alter table t rename a to z"
        ),
        [
            "column/public.ch.a",
            "column/public.t.a",
            "constraint/public.t.c",
            "constraint/public.t.k",
            "constraint/public.u.f",
            "index/public.i",
        ]
    );
}

#[test]
fn a_renamed_table_leaves_foreign_keys_to_it_and_its_sequences_unknown() {
    assert_eq!(
        obscured(
            "create table t (id serial); create table u (x int constraint f references t (id));
             alter table t set schema s"
        ),
        ["sequence/public.t_id_seq", "table/public.t", "column/public.t.id", "constraint/public.u.f"]
    );
}

#[test]
fn a_renamed_type_or_function_leaves_what_uses_it_unknown() {
    assert_eq!(
        obscured(
            "create type m as enum ('a'); create table t (a m[], b int);
             create function f(x m) returns int language sql as 'select 1';
             create function g() returns trigger language plpgsql as 'begin end';
             create trigger tr before insert on t for each row execute function g();
             alter type m rename to n; alter function g() rename to h"
        ),
        [
            "type/public.m",
            "column/public.t.a",
            "function/public.f(m)",
            "function/public.g()",
            "trigger/public.t.tr"
        ]
    );
}

#[test]
fn the_name_of_what_was_renamed_is_free() {
    let sql = "create table t (a int, constraint c check (a > 0)); create index i on t (a);
               alter table t rename a to b; alter table t add a text;
               alter index i rename to j; create index i on t (a);
               alter table t rename constraint c to d; alter table t add constraint c check (a > 5);
               alter table t rename to u; create table t (z int)";
    assert_eq!(said(sql), Vec::<String>::new());
    assert!(declared(sql).contains(&"column/public.t.z: integer".to_owned()));
}

#[test]
fn views_that_may_go_with_cascade_are_unknown() {
    assert_eq!(
        obscured(
            "create view a as select 1 x; create view b as select * from a; create materialized view c as select x from b;
             create index i on c (x); create view d as select a_b from t; drop view a cascade"
        ),
        ["index/public.i", "view/public.b", "materialized_view/public.c"]
    );
    assert!(obscured("create view a as select 1; create view b as select * from a; drop view a").is_empty());
}

#[test]
fn rows_that_may_have_gone_are_unknown() {
    let rows = "create table t (k text primary key, v int); insert into t values ('a', 1);";
    for sql in ["delete from t", "truncate t", "update t set k = 'b'"] {
        assert_eq!(obscured(&format!("{rows} {sql}")), ["seed_row/public.t(k='a')"], "{sql}");
    }
    assert!(obscured(&format!("{rows} update t set v = 2; delete from u")).is_empty());
    assert!(obscured(&format!("delete from t; {rows}")).is_empty());
}
