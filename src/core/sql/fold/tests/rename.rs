use super::*;

/// The definitions that are doubted, each as `id: the doubt`.
fn doubted(sql: &str) -> Vec<String> {
    let (declared, said) = fold(sql);
    assert_eq!(said, Vec::<String>::new(), "{sql}");
    let mut doubts = Vec::new();
    for (id, declaration) in declared.components {
        let mut shape = declaration.shape;
        shape.definitions(&mut |_, slot| {
            if let Some(doubt) = slot.as_ref().and_then(|definition| definition.doubt.as_ref()) {
                doubts.push(format!("{id}: {doubt}"));
            }
        });
    }
    doubts
}

/// What two histories declare, which must be the same.
fn same(one: &str, other: &str) {
    assert_eq!(declared(one), declared(other), "{one}");
    assert_eq!(said(one), Vec::<String>::new(), "{one}");
}

#[test]
fn p15_a_renamed_table_takes_along_what_hangs_on_it_and_what_names_it() {
    assert_eq!(
        declared(
            "create table t (id serial primary key, a int unique check (a > 0));
             create index i on t (a); create policy p on t using (true);
             create trigger tr before update of a on t for each row execute function f();
             insert into t (id, a) values (1, 2);
             create table c (t_id int references t (id)); create table k () inherits (t);
             alter table t rename to u; alter table u add column b int; drop table u cascade"
        ),
        ["table/public.c: (Permanent) partitioned no rls ?/?", "column/public.c.t_id: integer"]
    );
    assert_eq!(
        declared(
            "create table t (id serial primary key, a int unique check (a > 0)); create index i on t (a);
             create table c (t_id int references t (id)); insert into t (id) values (1);
             alter table t rename to u"
        ),
        [
            "~sequence/public.t_id_seq: integer",
            "table/public.c: (Permanent) partitioned no rls ?/?",
            "table/public.u: (Permanent) partitioned no rls ?/?",
            "column/public.c.t_id: integer",
            "column/public.u.a: integer",
            "column/public.u.id: integer not null default ...",
            "~constraint/public.c.c_t_id_fkey: (t_id) -> public.u (id) NoAction/NoAction",
            "~constraint/public.u.t_a_check: check of a",
            "~constraint/public.u.t_a_key: unique (a)",
            "~constraint/public.u.t_pkey: primary key (id)",
            "index/public.i: btree on public.u (a)",
            "seed_row/public.u(id='1')",
        ]
    );
}

#[test]
fn p15_a_renamed_column_is_renamed_wherever_it_is_named() {
    assert_eq!(
        declared(
            "create table t (a int, b int, constraint k unique (a, b), constraint c check (a > b));
             create index i on t (b) include (a); create table ch () inherits (t);
             create trigger tr before update of a on t for each row execute function f();
             create table u (x int constraint f references t (a)); insert into t (a, b) values (1, 2);
             alter table t rename a to z"
        )
        .into_iter()
        .filter(|line| !line.starts_with("table"))
        .collect::<Vec<_>>(),
        [
            "column/public.ch.b: integer",
            "column/public.ch.z: integer",
            "column/public.t.b: integer",
            "column/public.t.z: integer",
            "column/public.u.x: integer",
            "constraint/public.t.c: check of b, z",
            "constraint/public.t.k: unique (z, b)",
            "constraint/public.u.f: (x) -> public.t (z) NoAction/NoAction",
            "index/public.i: btree on public.t (b) include (z)",
            "trigger/public.t.tr: enabled yes",
            "seed_row/public.t(z='1', b='2')",
        ]
    );
    // Indexes and sequences of the column are still its own.
    same(
        "create table t (a serial, b int); create index i on t (lower(a::text)); alter table t rename a to z; alter table t drop z",
        "create table t (b int)",
    );
}

#[test]
fn p15_a_constraint_and_its_index_share_their_name() {
    same(
        "create table t (a int constraint k unique, constraint c check (a > 0)); alter index k rename to l;
         alter table t rename constraint c to d; alter table t rename constraint l to m",
        "create table t (a int constraint m unique, constraint d check (a > 0))",
    );
    // The old name is free, and the new one is taken.
    assert_eq!(
        declared("create table t (a int unique, b int); alter index t_a_key rename to x; alter table t add unique (a)")
            .iter()
            .filter(|line| line.contains("constraint"))
            .count(),
        2
    );
}

#[test]
fn p15_a_name_that_a_rename_frees_is_taken_by_a_new_object() {
    same(
        "create table t (a int, primary key (a)); alter table t rename to old; create table t (b text, primary key (b));
         drop table old",
        "create table x (a int constraint t_pkey primary key); create table t (b text, primary key (b)); drop table x",
    );
}

#[test]
fn p15_tables_are_swapped() {
    let shown = declared(
        "create table a (x int); create table b (y int); alter table a rename to tmp; alter table b rename to a;
         alter table tmp rename to b",
    );
    assert_eq!(shown[2..], ["column/public.a.y: integer", "column/public.b.x: integer"]);
}

#[test]
fn p15_a_type_goes_by_its_new_name_in_columns_arguments_and_results() {
    assert_eq!(
        declared(
            "create type m as enum ('a'); create table t (a m[], b public.m, c int);
             create function f(x m) returns int language sql as 'select 1';
             alter type m rename to n; create or replace function f(x n) returns int language sql as 'select 1'"
        ),
        [
            "type/public.n: a",
            "table/public.t: (Permanent) partitioned no rls ?/?",
            "column/public.t.a: n[]",
            "column/public.t.b: public.n",
            "column/public.t.c: integer",
            "function/public.f(n): function",
        ]
    );
}

#[test]
fn p15_an_enum_is_made_anew() {
    same(
        "create type s as enum ('a', 'b'); create table t (s s not null default 'a'); alter type s rename to s_old;
         create type s as enum ('a', 'c'); alter table t alter s drop default,
         alter s type s using s::text::s, alter s set default 'a'; drop type s_old",
        "create type s as enum ('a', 'c'); create table t (s s not null default 'a')",
    );
}

#[test]
fn p15_a_label_is_renamed_in_the_type_and_in_the_keys_of_rows() {
    assert_eq!(
        declared(
            "create type s as enum ('a', 'b'); create table t (s s primary key); insert into t values ('a'), ('b');
             alter type s rename value 'a' to 'z'"
        )
        .into_iter()
        .filter(|line| line.starts_with("type") || line.starts_with("seed"))
        .collect::<Vec<_>>(),
        ["type/public.s: z b", "seed_row/public.t(s='b')", "seed_row/public.t(s='z')"]
    );
}

#[test]
fn p15_a_function_is_renamed_in_its_triggers() {
    let (declared, _) = fold(
        "create function f() returns trigger language plpgsql as 'begin end'; create table t (a int);
         create trigger tr before insert on t for each row execute function f(); alter function f rename to g;
         alter function g() set schema s",
    );
    let trigger = ComponentId::on_relation(Kind::Trigger, QualifiedName::new("public", "t"), "tr");
    let Shape::Trigger(trigger) = &declared.components[&trigger].shape else { panic!("a trigger") };
    assert_eq!(trigger.function, Some((Some("s".into()), "g".into())));
    assert!(declared.components.keys().any(|id| id.to_string() == "function/s.g()"));
}

#[test]
fn p15_set_schema_takes_along_indexes_and_owned_sequences() {
    assert_eq!(
        declared(
            "create table t (id serial primary key, a int); create index i on t (a); create sequence other;
             create table u (x int references t); alter table t set schema s"
        ),
        [
            "sequence/public.other: bigint",
            "~sequence/s.t_id_seq: integer",
            "table/public.u: (Permanent) partitioned no rls ?/?",
            "table/s.t: (Permanent) partitioned no rls ?/?",
            "column/public.u.x: integer",
            "column/s.t.a: integer",
            "column/s.t.id: integer not null default ...",
            "~constraint/public.u.u_x_fkey: (x) -> s.t (id) NoAction/NoAction",
            "~constraint/s.t.t_pkey: primary key (id)",
            "index/s.i: btree on s.t (a)",
        ]
    );
}

#[test]
fn p15_a_renamed_schema_moves_everything_in_it() {
    same(
        "create schema a; create type a.m as enum ('x'); create table a.t (id serial primary key, m a.m);
         create index i on a.t (m); create table u (t int references a.t); create function a.f(a.m) returns int
         language sql as ''; alter schema a rename to b",
        "create schema b; create type b.m as enum ('x'); create table b.t (id serial primary key, m b.m);
         create index i on b.t (m); create table u (t int references b.t); create function b.f(b.m) returns int
         language sql as ''",
    );
}

#[test]
fn p15_queries_that_say_the_old_name_are_doubted_and_expressions_over_the_table_say_the_new_one() {
    let given = "create table t (a int, b int, constraint c check (a > 0), constraint d check (b > 0));
                 create index i on t ((a + 1)) where b > 0; create view v as select a from t;
                 create view w as select * from t; create view x as select b from t; create view y as select a from u;";
    assert_eq!(
        doubted(&format!("{given}\nalter table t rename a to z")),
        [
            "view/public.v: ALTER TABLE ... RENAME COLUMN at a.sql:4",
            "view/public.w: ALTER TABLE ... RENAME COLUMN at a.sql:4",
        ]
    );
    assert_eq!(
        doubted(&format!("{given}\nalter table t add column n int")),
        ["view/public.w: ALTER TABLE ... ADD COLUMN at a.sql:4"]
    );
    assert_eq!(
        doubted(&format!("{given}\nalter table t alter a type bigint")),
        [
            "constraint/public.t.c: ALTER TABLE ... ALTER COLUMN ... TYPE at a.sql:4",
            "index/public.i: ALTER TABLE ... ALTER COLUMN ... TYPE at a.sql:4",
        ]
    );
}

#[test]
fn a_rename_to_a_name_that_is_taken_is_refused() {
    assert_eq!(
        said(
            "create table t (a int, b int);\ncreate table u (a int);\nalter table t rename to u;\nalter table t rename a to b"
        ),
        [
            "3 refused: table public.u is created twice; the first time at a.sql:2",
            "4 refused: column public.t.b is created twice; the first time at a.sql:1",
        ]
    );
}

#[test]
fn a_type_of_a_name_that_several_schemas_have_is_not_known_after_a_rename() {
    let lines = declared(
        "create type a.m as enum ('x'); create type b.m as enum ('y'); create table t (m m, n a.m);
         alter type a.m rename to z",
    );
    assert_eq!(
        lines[3..],
        ["column/public.t.m: z (after ALTER TYPE ... RENAME at a.sql:2)", "column/public.t.n: a.z"]
    );
}
