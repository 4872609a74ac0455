//! Expected names are those of PostgreSQL 15.18 after the same statements.

use super::*;

/// The names that PostgreSQL makes up, in order of kind and name.
fn made_up(sql: &str) -> Vec<String> {
    let (declared, said) = fold(sql);
    assert_eq!(said, Vec::<String>::new());
    let made_up = declared.components.iter().filter(|(_, declaration)| declaration.name_is_generated);
    made_up
        .map(|(id, _)| match &id.name {
            ComponentName::OnRelation { name, .. } => name.as_str().to_owned(),
            ComponentName::InSchema(name) => name.name.as_str().to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[test]
fn columns_make_the_names_of_constraints_and_what_is_taken_is_numbered() {
    assert_eq!(
        made_up(
            "create table t1 (a int primary key, b int unique, d int check (d > 0), e int check (e > d),
               check (a > 0 and a < 9), check (true), unique (a, b), unique (b, a), unique (e) include (a),
               foreign key (b) references t1 (a), foreign key (a, b) references t1 (b, a), f int references t1,
               exclude using btree (a with =, (b + 1) with =))"
        ),
        [
            "t1_a_b_fkey", "t1_a_b_key", "t1_a_check", "t1_a_expr_excl", "t1_b_a_key", "t1_b_fkey", "t1_b_key",
            "t1_check", "t1_check1", "t1_d_check", "t1_e_a_key", "t1_f_fkey", "t1_pkey",
        ]
    );
    assert_eq!(
        made_up("create table t3 (a int check (a > 0) check (a > 1), check (a > 2))"),
        ["t3_a_check", "t3_a_check1", "t3_a_check2"]
    );
}

#[test]
fn made_up_names_of_constraints_avoid_those_of_the_whole_schema() {
    assert_eq!(
        made_up(
            "create table t8 (a int); create table t9 (a int, constraint t8_a_check check (a > 0));
             alter table t8 add check (a > 0); create schema s2; create table s2.t8 (a int check (a > 0))"
        ),
        ["t8_a_check1", "t8_a_check"]
    );
}

#[test]
fn made_up_names_of_indexes_and_sequences_avoid_every_relation() {
    assert_eq!(
        made_up(
            "create table t6 (a int); create index t6_pkey on t6 (a); alter table t6 add primary key (a);
             create sequence t6_b_seq; alter table t6 add column b serial; create view t6_b_key as select 1;
             alter table t6 add unique (b); create type t6_a_idx as (x int); create index on t6 (a)"
        ),
        ["t6_b_seq1", "t6_b_key1", "t6_pkey1", "t6_a_idx1"]
    );
}

#[test]
fn keys_and_what_expressions_are_called_make_the_names_of_indexes() {
    assert_eq!(
        made_up(
            "create table t4 (a int); create table t4_a (idx int); create index on t4 (a);
             create index on t4 (a, lower(a::text), (a + 1), (a + 2)); create index on t4 (a);
             create index on t4_a (idx); create index on t4 ((a::text)); create index on t4 (coalesce(a, 0)) include (a);
             create index on t4 ((case when a = 1 then 2 end)); create index on t4 (a, a)"
        ),
        [
            "t4_a_a1_idx", "t4_a_idx", "t4_a_idx1", "t4_a_idx2", "t4_a_idx_idx", "t4_a_lower_expr_expr1_idx",
            "t4_case_idx", "t4_coalesce_a_idx",
        ]
    );
}

#[test]
fn c13_long_names_lose_letters_of_their_longer_half() {
    assert_eq!(
        made_up(
            "create table a_very_long_table_name_that_is_nearly_as_long_as_names_can_be (
               a_rather_long_column_name_for_testing int primary key, b int unique,
               another_long_column_name_for_the_test int, s serial,
               unique (a_rather_long_column_name_for_testing, another_long_column_name_for_the_test),
               check (a_rather_long_column_name_for_testing > 0));
             create index on a_very_long_table_name_that_is_nearly_as_long_as_names_can_be
               (another_long_column_name_for_the_test, a_rather_long_column_name_for_testing)"
        ),
        [
            "a_very_long_table_name_that_is_nearly_as_long_as_names_ca_s_seq",
            "a_very_long_table_name_that__a_rather_long_column_name_fo_check",
            "a_very_long_table_name_that_i_a_rather_long_column_name_for_key",
            "a_very_long_table_name_that_is_nearly_as_long_as_names_ca_b_key",
            "a_very_long_table_name_that_is_nearly_as_long_as_names_can_pkey",
            "a_very_long_table_name_that_i_another_long_column_name_for__idx",
        ]
    );
}

#[test]
fn c13_long_names_are_cut_between_letters_of_several_bytes() {
    assert_eq!(
        made_up(
            "create table \"ünïcödé_tàblé_nàmé_thàt_is_löng_ënöügh_tö_bé_cüt\" (
               \"cölümn_nàmé_ïs_löng_töö\" int primary key, check (\"cölümn_nàmé_ïs_löng_töö\" > 0),
               unique (\"cölümn_nàmé_ïs_löng_töö\", b), b serial)"
        ),
        [
            "ünïcödé_tàblé_nàmé_thàt_is_löng_ënöügh_tö_b_b_seq",
            "ünïcödé_tàblé_nàmé_t_cölümn_nàmé_ïs_löng_t_check",
            "ünïcödé_tàblé_nàmé_th_cölümn_nàmé_ïs_löng_tö_key",
            "ünïcödé_tàblé_nàmé_thàt_is_löng_ënöügh_tö_b_pkey",
        ]
    );
}

/// The declared components with all of their shapes.
fn whole(sql: &str) -> Vec<String> {
    let components = fold(sql).0.components.into_iter();
    components.map(|(id, it)| format!("{id}: {:?} {:?}", it.shape, it.obscured_by)).collect()
}

/// Every statement about an object that is there finds it in the second schema of the path, and what is made by its
/// name alone is made in the first.
#[test]
fn a_name_means_the_first_object_of_the_path_that_is_there() {
    let made = "create schema app;
         create type public.mood as enum ('a'); create domain public.dom as int constraint positive check (value > 0);
         create type public.comp as (a int); create function public.f(a int) returns int language sql as 'select 1';
         create function public.g() returns int language sql as 'select 1';
         create function app.g(int) returns int language sql as 'select 1';
         create procedure public.p() language sql as 'select 1';
         create aggregate public.agg(int) (sfunc = int4pl, stype = int);
         create sequence public.s; create table public.t (a int, b int); create view public.v as select 1 as a;
         create collation public.coll (locale = 'C'); create statistics public.st on a, b from public.t;
         create index i on public.t (a); create text search configuration public.tsc (copy = simple);
         create operator public.=== (leftarg = int, rightarg = int, function = int4eq);
         create operator family public.fam using btree; create conversion public.conv for 'UTF8' to 'LATIN1' from f;
         create table app.t2 (a int); create table public.t2 (a int);";
    for statement in [
        "alter type @mood add value 'b'",
        "alter type @mood rename value 'a' to 'b'",
        "alter type @mood rename to mood2",
        "alter type @mood set schema app",
        "alter domain @dom set not null",
        "alter domain @dom rename constraint positive to above",
        "comment on constraint positive on domain @dom is 'x'",
        "alter type @comp add attribute b int",
        "alter type @comp rename attribute a to b",
        "alter function @f(int) security definer",
        "alter function @f security definer",
        "alter function @g() rename to h",
        "comment on function @f(int) is 'x'",
        "grant execute on function @f(int) to app",
        "alter function @f(int) owner to app",
        "create function app.like_t(x @t.a%type) returns int language sql as 'select 1'",
        "drop function @g()",
        "drop function if exists @f",
        "alter procedure @p() security definer",
        "comment on aggregate @agg(int) is 'x'",
        "grant usage on type @mood to app",
        "drop type @mood, @comp",
        "comment on type @mood is 'x'",
        "comment on collation @coll is 'x'",
        "drop collation @coll",
        "alter statistics @st set statistics 10",
        "drop statistics @st",
        "alter text search configuration @tsc drop mapping for word",
        "comment on text search configuration @tsc is 'x'",
        "alter operator @=== (int, int) set (restrict = eqsel)",
        "drop operator @=== (int, int)",
        "drop operator family @fam using btree",
        "drop conversion @conv",
        "alter sequence @s increment 5",
        "alter sequence @s owned by @t.a",
        "comment on view @v is 'x'",
        "alter index @i rename to j",
    ] {
        let after = |prefix: &str| {
            let statement = statement.replace('@', prefix);
            whole(&format!("{made} set search_path = app, public; {statement}"))
        };
        assert_eq!(after(""), after("public."), "{statement}");
        assert_ne!(after(""), whole(made), "{statement}");
    }
    // Both schemas have it: the first counts, as do its overloads.
    for (unqualified, qualified) in [
        ("comment on table t2 is 'x'", "comment on table app.t2 is 'x'"),
        ("comment on function g(int) is 'x'", "comment on function app.g(int) is 'x'"),
        ("create type mood as enum ('x')", "create type app.mood as enum ('x')"),
        (
            "create or replace function f(a int) returns int language sql as 'select 2'",
            "create or replace function app.f(a int) returns int language sql as 'select 2'",
        ),
        (
            "create type new as enum ('x'); alter type new add value 'y'",
            "create type app.new as enum ('x', 'y')",
        ),
    ] {
        let after = |statement| whole(&format!("{made} set search_path = app, public; {statement}"));
        assert_eq!(after(unqualified), after(qualified), "{unqualified}");
    }
}
