//! What statements set for those after them.

use super::*;

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
