use super::*;

/// The ids of what is left of `given` after the statement, and what of it is no longer known, with an exclamation mark.
fn left(given: &str, sql: &str) -> Vec<String> {
    let (declared, _) = fold(&format!("{given};\n{sql}"));
    let id = |(id, declaration): (&ComponentId, &Declaration)| {
        format!("{}{id}", if declaration.obscured_by.is_some() { "!" } else { "" })
    };
    declared.components.iter().map(id).collect()
}

#[test]
fn p15_views_go_with_what_they_read_and_with_views_that_go() {
    let given = "create view a as select 1 x; create view b as select * from a; create materialized view c as select x from b;
                 create index i on c (x); create view d as select a_b from t; create view e as select a from t;
                 create view f as select x from other.a; create view g as with a as (select 1) select * from a;
                 create view h as select 'a'::regclass";
    assert_eq!(
        left(given, "drop view a cascade"),
        ["view/public.d", "view/public.e", "view/public.f", "!view/public.g", "!view/public.h"]
    );
    assert_eq!(left(given, "drop view a").len(), 8, "nothing goes along without CASCADE");
}

#[test]
fn p15_defaults_go_with_the_sequence_that_they_ask() {
    let given = "create schema other; create table t (id serial, n int default nextval('t_id_seq'), x int default 0);
                 create table u (id int default nextval('public.t_id_seq'::regclass));
                 create table v (id int default nextval('t_id_seq2'), o int default nextval('other.t_id_seq'));
                 create table w (id int default nextval('t_id_seq'::text)); create view z as select last_value from t_id_seq";
    for sql in ["drop sequence t_id_seq cascade", "drop sequence if exists public.t_id_seq cascade"] {
        let (declared, _) = fold(&format!("{given};{sql}"));
        let column = |table: &str, name: &str| {
            let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", table), name);
            let declaration = &declared.components[&id];
            let Shape::Column(column) = &declaration.shape else { panic!("a column") };
            (declaration.obscured_by.is_some(), column.default.clone())
        };
        for (table, name) in [("t", "id"), ("t", "n"), ("u", "id")] {
            assert_eq!(column(table, name), (false, Some(Clause::Absent)), "{sql}: {table}.{name}");
        }
        for (table, name) in [("t", "x"), ("v", "id"), ("v", "o")] {
            let (obscured, default) = column(table, name);
            assert!(!obscured && matches!(default, Some(Clause::Defined(_))), "{sql}: {table}.{name}");
        }
        assert!(column("w", "id").0, "{sql}: what is a text until it runs rests on nothing, or does it");
        let left: Vec<String> = declared.components.keys().map(ToString::to_string).collect();
        assert!(
            !left.contains(&"sequence/public.t_id_seq".to_owned())
                && !left.contains(&"view/public.z".to_owned())
        );
    }
}

#[test]
fn p15_views_and_policies_go_with_the_columns_that_they_name() {
    let given = "create table t (a int, b int); create table u (a int, c int);
                 create view one as select a from t; create view two as select b from t;
                 create view both as select x.a from t x join u on x.b = u.c;
                 create view other as select u.a from t join u on t.b = u.c;
                 create view star as select * from t; create view no_star as select u.* from t join u on t.b = u.c;
                 create view inner_star as select x.b from t x join (select x.* from u x) y on true;
                 create view maybe as select x.a from u x join (select x.b from t x) y on true;
                 create policy p on t using (a > 0);
                 create policy q on t using (b > 0)";
    let views: Vec<String> = left(given, "alter table t drop column a cascade")
        .into_iter()
        .filter(|id| id.contains("view") || id.contains("policy"))
        .collect();
    assert_eq!(
        views,
        [
            "!view/public.inner_star",
            "!view/public.maybe",
            "view/public.no_star",
            "view/public.other",
            "!view/public.star",
            "view/public.two",
            "policy/public.t.q"
        ]
    );
}

#[test]
fn p15_what_calls_a_function_goes_with_it() {
    let given = "create function f() returns int language sql as 'select 1';
                 create function g(int) returns int language sql immutable as 'select 1';
                 create table t (a int default f(), b int, c int check (g(c) > 0), d int generated always as (g(b)) stored);
                 create index i on t (g(b)); create index j on t (b) where g(c) > 1; create index k on t (b);
                 create policy p on t using (f() = a); create view v as select f(); create view w as select h()";
    assert_eq!(
        left(given, "drop function f, g cascade"),
        [
            "table/public.t",
            "column/public.t.a",
            "column/public.t.b",
            "column/public.t.c",
            "index/public.k",
            "view/public.w"
        ]
    );
    assert!(
        declared(&format!("{given}; drop function f cascade"))
            .contains(&"column/public.t.a: integer".to_owned()),
        "the default went"
    );
    let overloads = format!("{given}; create function g(text) returns int language sql as 'select 1'");
    assert!(left(&overloads, "drop function g(text) cascade").contains(&"!index/public.i".to_owned()));
}

#[test]
fn p15_columns_functions_and_views_go_with_their_type() {
    let given = "create type m as enum ('a'); create table t (a m, b int); create view v as select a from t;
                 create view w as select b from t; create view x as select 'a'::m; create function f(m) returns int language sql
                 as 'select 1'; create function g() returns m language sql as 'select null'";
    assert_eq!(left(given, "drop type m cascade"), ["table/public.t", "column/public.t.b", "view/public.w"]);
}

#[test]
fn p15_the_default_of_a_column_that_was_of_a_type_may_go_with_it() {
    let given = "create type m as enum ('a'); create table t (a m default 'a', b text default 'b');
                 alter table t alter column a type text; drop type m";
    let default = |sql: &str, name: &str| {
        let (declared, _) = fold(sql);
        let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "t"), name);
        let Shape::Column(column) = &declared.components[&id].shape else { panic!("a column") };
        column.default.clone()
    };
    assert!(default(given, "a").is_some());
    let cascading = format!("{given} cascade");
    assert_eq!(default(&cascading, "a"), None);
    assert!(default(&cascading, "b").is_some());
}

#[test]
fn p15_functions_and_columns_of_the_row_type_go_with_the_relation() {
    let given =
        "create table m (x int); create table t (a m, b int); create function f(m) returns int language sql
                 as 'select 1'; create function g() returns setof m language sql as 'select null';
                 create function h(int) returns int language sql as 'select 1'";
    assert_eq!(
        left(given, "drop table m cascade"),
        ["table/public.t", "column/public.t.b", "function/public.h(integer)"]
    );
}

#[test]
fn p15_what_may_be_of_an_extension_is_unknown_when_it_goes() {
    let given = "create extension citext; create type m as enum ('a'); create table t (a citext, b m, c int default x())";
    assert_eq!(
        left(given, "drop extension citext cascade"),
        ["type/public.m", "table/public.t", "!column/public.t.a", "column/public.t.b", "column/public.t.c"]
    );
    assert_eq!(
        declared(&format!("{given}; drop extension citext cascade"))[4],
        "column/public.t.c: integer default?"
    );
}

#[test]
fn p15_a_column_that_a_child_has_of_its_own_stays() {
    let given =
        "create table p (a int, b int); create table c (b int) inherits (p); create table d () inherits (p);
                 create table e (a int, b int); alter table e inherit p";
    let columns: Vec<String> = left(given, "alter table p drop column b, drop column a")
        .into_iter()
        .filter(|id| id.starts_with("column"))
        .collect();
    assert_eq!(columns, ["column/public.c.b", "column/public.e.a", "column/public.e.b"]);
}

#[test]
fn p15_foreign_keys_go_with_the_key_that_they_rest_on() {
    let given = "create table p (a int primary key, b int, c int unique); create unique index p_b on p (b);
                 create table f (a int constraint fa references p, b int constraint fb references p (b),
                                 c int constraint fc references p (c))";
    let keys = |sql: &str| {
        let left = left(given, sql).into_iter().filter(|id| id.contains("constraint/public.f."));
        left.map(|id| id.replace("constraint/public.f.", "")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys("alter table p drop constraint p_pkey cascade"), "fb fc");
    assert_eq!(keys("drop index p_b cascade"), "fa fc");
    assert_eq!(
        keys("alter table p add unique (c); alter table p drop constraint p_c_key cascade"),
        "fa fb !fc"
    );
}

#[test]
fn views_that_name_each_other_go_together() {
    let sql = "create table t (a int); create view a as select * from t; create view b as select * from a;
               create or replace view a as select * from b; create view c as select 1 as one;
               drop view b cascade";
    assert_eq!(said(sql), Vec::<String>::new());
    let left = declared(sql);
    assert_eq!(left.iter().filter(|line| line.starts_with("view/")).count(), 1, "{left:?}");
}
