//! What statements set for those after them.

use super::*;
use crate::core::kind::extension::Extension;

#[test]
fn what_an_author_set_before_a_statement_is_set_again() {
    let sql = "set role app; set search_path = crm, public; create table a (x int); reset role;
               create table b (x int)";
    let plan = planned(&format!("create schema crm; {sql}"), "create schema crm");
    let script = render::sql::render(&plan);
    let lines: Vec<&str> = script
        .lines()
        .filter(|line| line.starts_with("set local") || line.starts_with("create"))
        .skip(2)
        .collect();
    assert_eq!(
        lines,
        [
            "set local role to 'app';",
            r#"set local search_path to "crm", "public";"#,
            "create table a (x int);",
            "set local role to default;",
            "create table b (x int);",
        ]
    );
}

#[test]
fn a_statement_whose_names_depend_on_the_session_is_left_to_a_person() {
    let set = |schema: Option<&str>| FeatureSet {
        schema: schema.map(Into::into),
        ..set(vec![
            feature("a", &[], "create schema crm; alter database d set search_path = crm, public"),
            feature(
                "b",
                &["a"],
                "create table here (); create table crm.there (); create view public.v as select 1",
            ),
            feature("c", &["a"], "set search_path = crm; create table said ();"),
        ])
    };
    let there = observation("create schema crm");
    let plan = plan_in(&set(None), &there);
    assert_eq!(run(&plan), ["create table crm.there ()", "create table said ()"]);
    let reason = "nobody can tell in which schema its unqualified names are, because of ALTER DATABASE ... SET \
                  search_path at a.sql:1: say so by SET search_path before it, or by the schema of the feature set";
    assert_eq!(left(&plan), [format!("table/public.here: {reason}"), format!("view/public.v: {reason}")]);
    assert_eq!(run(&plan_in(&set(Some("crm")), &there)).len(), 4);
}

#[test]
fn set_config_is_a_setting_of_what_follows() {
    let sql = "select pg_catalog.set_config('search_path', '', false); create table public.t (a int);
               select set_config('timezone', 'UTC', false); create table u (a timestamptz default '2020-01-01')";
    let plan = planned(sql, "");
    assert_eq!(run(&plan).len(), 2, "{:?}", run(&plan));
    let last = plan.statements().last().unwrap();
    assert_eq!(last.settings.get("timezone").map(String::as_str), Some("UTC"));
}

fn extension(observation: &mut Observation, name: &str, schema: &str, is_open: bool) {
    let shape = Extension { version: Some("1.0".into()), schema: Some(schema.into()), is_open };
    observation.catalog.insert(ComponentId::global(Kind::Extension, name), shape.into());
}

fn paths(plan: &Plan) -> Vec<Vec<&str>> {
    plan.statements().map(|it| it.search_path.iter().map(Identifier::as_str).collect()).collect()
}

#[test]
fn the_schemas_of_the_databases_extensions_come_last_in_the_search_path() {
    let mut there = observation("");
    extension(&mut there, "citext", "extensions", false);
    extension(&mut there, "plpgsql", "pg_catalog", false);
    let set = set(vec![feature("f", &[], "create table t (a int)")]);
    assert_eq!(paths(&plan_in(&set, &there)), [["public", "extensions"]]);
}

#[test]
fn a_schema_in_which_everyone_may_create_counts_only_for_a_required_extension() {
    let mut there = observation("create schema app");
    extension(&mut there, "citext", "public", true);
    let mut set = set(vec![feature("f", &[], "create table t (a int)")]);
    set.schema = Some("app".into());
    assert_eq!(paths(&plan_in(&set, &there)), [["app"]]);
    set.features.push(feature("e", &[], "create extension if not exists citext"));
    assert_eq!(paths(&plan_in(&set, &there)), [["app", "public"]]);
}

#[test]
fn an_extension_that_the_plan_makes_counts_like_one_that_is_there() {
    let sql = "create schema ext; create extension citext schema ext; create table t (a citext)";
    let path = ["public", "ext"];
    assert_eq!(paths(&planned(sql, "")), [path, path, path]);
}

#[test]
fn what_may_find_something_else_by_if_exists_is_not_read_in_more_schemas() {
    let mut there = observation("");
    extension(&mut there, "citext", "extensions", false);
    for (sql, is_read) in [
        ("create table a (x int); alter table if exists a add column y int", false),
        ("do $$ begin create table a (x int); drop table if  exists b; end $$", false),
        ("do $$ begin create table a (x int); execute 'DROP TABLE IF EXISTS b'; end $$", false),
        (
            "create function f() returns void language plpgsql as $$ begin drop table if exists b; end $$",
            true,
        ),
        ("do $$ begin if exists (select) then create table a (x int); end if; end $$", true),
    ] {
        let set = set(vec![feature("f", &[], sql)]);
        let plan = plan_in(&set, &there);
        let last = paths(&plan).into_iter().rfind(|path| (path.len() == 2) == is_read);
        assert!(last.is_some(), "{sql}: {:?} {:?}", run(&plan), paths(&plan));
    }
}
