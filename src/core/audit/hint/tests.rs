use std::sync::Arc;

use super::*;
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::requirement::Selection;
use crate::core::feature::{Feature, FeatureSet, Source};

/// What SQL declares, as requirements or as what a database holds.
fn declared(sql: &str) -> Requirements {
    let feature = Feature {
        name: "core".into(),
        sources: vec![Source { name: Arc::from("core.sql"), text: sql.into() }],
        ..Feature::default()
    };
    let set = FeatureSet { name: "set".into(), features: vec![feature], ..FeatureSet::default() };
    Requirements::of(&set, &Selection::default())
}

/// The hints of an audit for one SQL of a database that holds another.
fn hints(required: &str, there: &str, relatives: &[(&str, &str, &str, Option<&str>)]) -> Vec<String> {
    let mut observation = Observation::default();
    for (id, requirement) in declared(there).components {
        observation.catalog.insert(id, requirement.shape);
    }
    observation.catalog.insert(ComponentId::global(Kind::Schema, "public"), Shape::open(Kind::Schema));
    observation.relatives = relatives
        .iter()
        .map(|(kind, schema, name, has_columns_of)| Relative {
            kind: (*kind).to_owned(),
            schema: (*schema).to_owned(),
            name: (*name).to_owned(),
            has_columns_of: has_columns_of.map(str::to_owned),
        })
        .collect();
    let report = compare(&declared(required), &observation, Depth::Shape);
    let told = |finding: &Finding| Some(format!("{}: {}", finding.component, finding.hint.as_ref()?));
    report.findings.iter().filter_map(told).collect()
}

const USERS: &str = "create table users (id int, mail text, age int);";

#[test]
fn a_column_of_the_same_type_that_nothing_requires_may_be_it() {
    assert_eq!(
        hints(USERS, "create table users (id int, email text, age int, born date)", &[]),
        [
            "column/public.users.mail: column/public.users.email, which nothing requires, has the same type: renamed?"
        ]
    );
}

#[test]
fn of_two_that_are_alike_none_is_named() {
    assert_eq!(
        hints(USERS, "create table users (id int, one text, two text, age int)", &[]),
        Vec::<String>::new()
    );
    // One of them is the same in everything else too.
    let required = "create table users (id int, mail text not null)";
    let there = "create table users (id int, one text, two text not null)";
    assert_eq!(hints(required, there, &[]).len(), 1);
}

#[test]
fn what_is_required_itself_was_not_renamed() {
    let required = "create table users (id int, mail text, email text)";
    assert_eq!(hints(required, "create table users (id int, email text)", &[]), Vec::<String>::new());
}

#[test]
fn a_column_in_another_case_is_named() {
    assert_eq!(
        hints(USERS, "create table users (id int, \"Mail\" text, age int)", &[]),
        [
            "column/public.users.mail: column/public.users.\"Mail\" is there: only in double quotes does a name keep its \
          capitals"
        ]
    );
}

#[test]
fn an_index_under_another_name_is_named() {
    let told = hints(
        &format!("{USERS} create index by_age on users (age)"),
        &format!("{USERS} create index users_age on users (age); create index other on users (id)"),
        &[],
    );
    assert_eq!(
        told,
        [
            "index/public.by_age: index/public.users_age, which nothing requires, is the same under another name: renamed?"
        ]
    );
}

#[test]
fn a_table_may_be_elsewhere_another_kind_or_under_another_name() {
    for (relative, hint) in [
        (("view", "public", "users", None), "view/public.users is there: another kind of object"),
        (("table", "crm", "users", None), "table/crm.users is there: in another schema"),
        (
            ("table", "public", "Users", None),
            "table/public.\"Users\" is there: only in double quotes does a name keep its capitals",
        ),
        (
            ("table", "public", "accounts", Some("users")),
            "table/public.accounts, which nothing requires, has the same columns: renamed?",
        ),
    ] {
        assert_eq!(hints(USERS, "", &[relative]), [format!("table/public.users: {hint}")]);
    }
    for relative in [
        ("function", "public", "users", None),
        ("view", "crm", "users", None),
        ("table", "crm", "accounts", Some("users")),
    ] {
        assert_eq!(hints(USERS, "", &[relative]), Vec::<String>::new(), "{relative:?}");
    }
}

#[test]
fn a_function_with_other_arguments_is_named() {
    let function =
        |argument: &str| format!("create function f({argument}) returns int language sql as 'select 1'");
    assert_eq!(
        hints(&function("bigint"), &function("int"), &[]),
        ["function/public.f(bigint): function/public.f(integer) is there: with other arguments"]
    );
}

#[test]
fn a_sequence_that_its_column_does_not_own_is_given_to_it() {
    assert_eq!(
        hints(
            "create table t (\"A\" serial)",
            "create table t (\"A\" int); create sequence \"t_A_seq\" as int",
            &[]
        ),
        [
            "sequence/public.\"t_A_seq\": it stays behind when its column goes: ALTER SEQUENCE \"public\".\"t_A_seq\" \
             OWNED BY public.t.\"A\""
        ]
    );
    assert_eq!(
        hints(
            "create table t (a serial)",
            "create table u (a int); create table t (a int); create sequence t_a_seq as int owned by u.a",
            &[]
        ),
        [""; 0]
    );
}

#[test]
fn a_table_without_any_policy_is_told_of() {
    let secured = format!("{USERS} alter table users enable row level security;");
    assert_eq!(
        hints(&format!("{secured} create policy p on users using (true)"), &secured, &[]),
        [
            "policy/public.users.p: row-level security is on and its table has no policy at all: only the owner sees rows"
        ]
    );
}

#[test]
fn the_question_is_asked_only_when_something_is_missing_and_holds_its_names() {
    let requirements = declared("create table \"it's\" (a int, b int, c int)");
    let mut catalog = Catalog::default();
    let asked = question(&requirements, &catalog).unwrap();
    assert!(asked.contains("\"it''s\"") && asked.contains("\"IT''S\""), "{asked}");
    assert!(asked.contains(r#""columns":["a","b","c"]"#), "{asked}");
    for (id, requirement) in &requirements.components {
        catalog.insert(id.clone(), requirement.shape.clone());
    }
    assert_eq!(question(&requirements, &catalog), None);
}

#[test]
fn s4_c1_the_question_is_qualified_and_opens_nothing() {
    let query = include_str!("relatives.sql");
    for (position, _) in query.match_indices("pg_") {
        let line = query[..position].rsplit('\n').next().unwrap();
        let before = &query[..position];
        let qualified = before.ends_with("pg_catalog.") || before.ends_with('\'') || line.starts_with("--");
        assert!(qualified || query[position..].starts_with("pg_catalog."), "{}", &query[position..]);
    }
    for waits in ["pg_get_", "_size(", "information_schema.", "::regclass"] {
        assert!(!query.contains(waits), "{waits}");
    }
    assert!(!query.contains('\\'));
}
