use super::*;

#[test]
fn a_table_goes_with_all_that_hangs_on_it() {
    assert_eq!(
        declared(
            "create table t (id serial primary key, a int unique, n int generated always as identity);
             create index on t (a); create trigger tr before update on t for each row execute function f();
             create policy p on t; insert into t (id, a) values (1, 2); create table other (t_id int references t);
             drop table t cascade"
        ),
        ["table/public.other: (Permanent) partitioned no rls ?/?", "column/public.other.t_id: integer"]
    );
    assert_eq!(declared("drop table if exists t; drop table u; drop index i"), Vec::<String>::new());
}

#[test]
fn a_column_goes_with_the_constraints_and_indexes_that_name_it() {
    assert_eq!(
        declared(
            "create table t (a serial, b int, c int, primary key (a), unique (b, c), check (b > c), check (c > 0));
             create index i1 on t (b); create index i2 on t (c) where b > 0; create index i3 on t (c) include (b);
             create index i4 on t (abs(b)); create index i5 on t (c); create index i6 on t ((t is null));
             create table u (x int references t, y int references t (c));
             alter table t drop column b; alter table t drop column a cascade"
        ),
        [
            "table/public.t: (Permanent) partitioned no rls ?/?",
            "table/public.u: (Permanent) partitioned no rls ?/?",
            "column/public.t.c: integer",
            "column/public.u.x: integer",
            "column/public.u.y: integer",
            "~constraint/public.t.t_c_check: check of c",
            "~constraint/public.u.u_y_fkey: (y) -> public.t (c) NoAction/NoAction",
            "index/public.i5: btree on public.t (c)",
            "index/public.i6: btree on public.t (...) (after ALTER TABLE ... DROP COLUMN)",
        ]
    );
}

#[test]
fn a_name_is_free_again_after_a_drop() {
    assert_eq!(
        declared(
            "create table t (a int, unique (a)); alter table t drop constraint t_a_key; alter table t add unique (a);
             drop table t; create table t (a int unique)"
        )[2..],
        ["~constraint/public.t.t_a_key: unique (a)"]
    );
}

#[test]
fn a_function_goes_with_its_triggers_and_by_any_spelling_of_its_arguments() {
    let functions = "create function f() returns trigger language plpgsql as 'begin return new; end';
                     create function g(int, varchar(5)) returns int language sql as 'select 1';
                     create function g(text) returns int language sql as 'select 1';
                     create trigger tr before update on t for each row execute function f()";
    assert_eq!(
        declared(&format!(
            "{functions}; drop function f cascade; drop function g(integer, character varying)"
        )),
        ["function/public.g(text): function"]
    );
    assert_eq!(declared(&format!("{functions}; drop function if exists h; drop function g")).len(), 2);
}

#[test]
fn a_type_goes_with_the_columns_of_that_type() {
    assert_eq!(
        declared(
            "create type mood as enum ('a'); create table t (a mood, b mood[] unique, c int);
             drop type mood cascade; drop type elsewhere cascade"
        ),
        ["table/public.t: (Permanent) partitioned no rls ?/?", "column/public.t.c: integer"]
    );
}

#[test]
fn an_identity_goes_with_its_sequence() {
    assert_eq!(
        declared("create table t (a int generated always as identity, b serial); alter table t alter a drop identity;
             alter table t drop column b"),
        ["table/public.t: (Permanent) partitioned no rls ?/?", "column/public.t.a: integer not null"]
    );
}

#[test]
fn a_sequence_goes_with_the_column_that_owns_it() {
    for tie in ["alter sequence s owned by t.id", "create sequence s2 owned by public.t.id"] {
        let sql = format!("create table t (id int); create sequence s; {tie}; drop table t");
        let left: &[&str] = if tie.starts_with("alter") { &[] } else { &["sequence/public.s"] };
        let declared = declared(&sql);
        let names: Vec<&str> = declared.iter().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(names, left, "{tie}");
    }
    let untied = "create table t (id int); create sequence s owned by t.id; alter sequence s owned by none; drop table t";
    assert_eq!(declared(untied).len(), 1);
    let kept = "create table t (id int); create sequence s; create sequence if not exists s owned by t.id; drop table t";
    assert_eq!(declared(kept).len(), 1, "a sequence that was there already is tied to nothing");
}

#[test]
fn what_is_on_a_table_that_is_not_declared_may_go_with_a_partitioned_table() {
    let given = "create table p (a int) partition by hash (a); create table u (a int);
                 select make_partitions('p', 4); create index on p_0 (a); create index on u (a);";
    let marked = |sql: &str| {
        let (declared, _) = fold(&format!("{given}{sql}"));
        let marked = declared.components.iter().filter(|(_, one)| one.obscured_by.is_some());
        marked.map(|(id, _)| id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(marked(""), [""; 0]);
    assert_eq!(marked("drop table p"), ["index/public.p_0_a_idx"]);
    assert_eq!(marked("create table t (a int); drop table t"), [""; 0]);
}
