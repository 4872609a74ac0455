use super::*;

/// The ids of what is no longer known.
fn obscured(sql: &str) -> Vec<String> {
    let unknown = |(id, declaration): (&ComponentId, &Declaration)| {
        declaration.obscured_by.is_some().then(|| id.to_string())
    };
    fold(sql).0.components.iter().filter_map(unknown).collect()
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
