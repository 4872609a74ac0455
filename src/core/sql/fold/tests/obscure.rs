use super::*;

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
