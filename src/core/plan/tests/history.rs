//! Statements that change what earlier ones made.

use super::*;

#[test]
fn a_missing_column_is_planned_where_another_statement_makes_just_it() {
    for later in ["alter table a add column y int", "alter table a add column if not exists y int"] {
        let sql = format!("create table a (x int); {later}");
        assert_eq!(run(&planned(&sql, "create table a (x int)")), [later]);
    }
    let both = "create table a (x int, y int); alter table a add column if not exists y int";
    let plan = planned(both, "create table a (x int)");
    assert_eq!(run(&plan), ["alter table a add column if not exists y int"]);
    assert_eq!(left(&plan), NOTHING);
}

#[test]
fn a_history_is_replayed_whole_where_none_of_it_is_there() {
    let sql =
        "create table a (x int, z int); alter table a rename column x to y; alter table a drop column z;
               alter table a alter column y type bigint";
    assert_eq!(run(&planned(sql, "")).len(), 4);
    assert_eq!(run(&planned(sql, "create table a (y bigint)")), NOTHING);
}

#[test]
fn the_missing_end_of_a_history_is_planned_where_the_earlier_part_is_there() {
    let sql = "create type t as enum ('a'); alter type t add value 'b'; alter type t add value 'c';
               create table a (x int); alter table a alter column x type bigint;
               alter table a enable row level security";
    let there = "create type t as enum ('a', 'b'); create table a (x int);
                 alter table a disable row level security";
    let plan = planned(sql, there);
    assert_eq!(
        run(&plan),
        [
            "~ alter type t add value 'c'",
            "~ alter table a alter column x type bigint",
            "~ alter table a enable row level security"
        ]
    );
    assert_eq!(left(&plan), NOTHING);
}

#[test]
fn a_shape_that_no_part_of_the_history_explains_is_left_to_a_person() {
    let sql = "create table a (x int); alter table a alter column x type bigint";
    let plan = planned(sql, "create table a (x text)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        plan.unplannable[0].template,
        ["type: expected bigint, actual text", r#"alter table "public"."a" alter column "x" type bigint;"#]
    );
    assert_eq!(plan.unplannable[0].state, State::Different);
}

#[test]
fn what_was_made_under_another_name_that_is_there_is_not_made_again() {
    let sql = "create table old (x int); alter table old rename to new";
    assert_eq!(run(&planned(sql, "")).len(), 2);
    let plan = planned(sql, "create table old (x int)");
    assert_eq!(run(&plan), NOTHING);
    assert!(left(&plan)[0].contains("table/public.old is there"), "{:?}", left(&plan));
}

#[test]
fn what_is_gone_in_the_end_is_made_only_for_those_that_need_it() {
    let sql = "create table unused (x int); drop table unused;
               create type mood as enum ('a'); create table a (x mood);
               alter table a alter column x type text; drop type mood";
    let plan = planned(sql, "");
    assert_eq!(
        run(&plan),
        [
            "create type mood as enum ('a')",
            "create table a (x mood)",
            "alter table a alter column x type text",
            "drop type mood"
        ]
    );
}

#[test]
fn a_key_that_is_gone_in_the_end_is_made_for_those_that_need_it_meanwhile() {
    let sql = "create table a (x int); alter table a add unique (x); create unique index i on a (x);
               create table b (x int references a (x)); alter table b drop constraint b_x_fkey;
               alter table a drop constraint a_x_key; drop index i";
    assert_eq!(run(&planned(sql, "")).len(), 7, "{:#?}", run(&planned(sql, "")));
    assert_eq!(run(&planned(sql, "create table a (x int); create table b (x int)")), NOTHING);
}
