//! ALTER DATABASE ... SET `search_path`, and what the sources after it declare.

use super::*;
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::finding::State;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Selection;
use crate::core::feature::{Feature, Source};
use crate::core::kind::Kind;

/// A set of sources `0.sql`, `1.sql`, ..., each in a feature of its own.
fn set(sources: &[&str]) -> FeatureSet {
    let feature = |(nth, sql): (usize, &&str)| Feature {
        name: format!("f{nth}").into(),
        sources: vec![Source { name: format!("{nth}.sql").into(), text: (*sql).into() }],
        ..Feature::default()
    };
    FeatureSet {
        name: "s".into(),
        features: sources.iter().enumerate().map(feature).collect(),
        ..FeatureSet::default()
    }
}

fn required(sources: &[&str]) -> Requirements {
    Requirements::of(&set(sources), &Selection::default())
}

/// What is said about a database in which `there` ran, besides that things are as they should be: state, component, reason.
fn said(sources: &[&str], there: &str) -> Vec<String> {
    judged(&required(sources), there)
}

fn judged(requirements: &Requirements, there: &str) -> Vec<String> {
    let mut catalog = Catalog::default();
    for (id, requirement) in required(&[there]).components {
        catalog.insert(id, requirement.shape);
    }
    catalog.insert(ComponentId::global(Kind::Schema, "public"), Shape::open(Kind::Schema));
    let observation = Observation { catalog, ..Observation::default() };
    let report = compare(requirements, &observation, Depth::Shape);
    let findings = report.findings.iter().filter(|finding| finding.state != State::Present);
    findings
        .map(|finding| {
            let reason = finding.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} {}{reason}", finding.state.name(), finding.component)
        })
        .collect()
}

const SET: &str = "create schema crm; alter database d set search_path = crm, public";

#[test]
fn what_a_later_session_makes_is_looked_for_where_either_path_puts_it() {
    let later =
        "create table a (id int primary key, b text); create index on a (b); comment on table a is 'x';
                 create function f(int) returns int language sql as 'select 1'; create sequence s;
                 create type t as enum ('x'); insert into a (id, b) values (1, 'x')";
    let sources = [SET, later];
    for schema in ["crm", "public"] {
        let there = format!("create schema crm; set search_path = {schema}; {later}");
        assert_eq!(said(&sources, &there), [""; 0], "{schema}");
        // What is not there is said of the table that is.
        let without = there.replace(", b text", "").replace("create index on a (b);", "");
        let mut missing = vec![format!("Missing column/{schema}.a.b")];
        missing.push(format!("Missing index/{schema}.a_b_idx"));
        let said = said(&sources, &without.replace("a (id, b) values (1, 'x')", "a (id) values (1)"));
        assert_eq!(said, missing, "{schema}");
        let other = said_of_other_type(&sources, &there);
        assert_eq!(other, [format!("Different column/{schema}.a.b")], "{schema}");
    }
}

fn said_of_other_type(sources: &[&str], there: &str) -> Vec<String> {
    said(sources, &there.replace("b text", "b int"))
}

#[test]
fn what_is_in_neither_schema_is_missing_once() {
    let sources = [SET, "create table a (b int)"];
    assert_eq!(
        said(&sources, "create schema crm"),
        ["Missing table/public.a", "Missing column/public.a.b: its table is missing"]
    );
}

#[test]
fn what_is_in_both_schemas_is_unknown_where_it_is_not_as_declared() {
    let sources = [SET, "create table a (b int)"];
    let there = "create schema crm; create table crm.a (b int); create table public.a (b text)";
    assert_eq!(
        said(&sources, there),
        [
            "Unknown column/public.a.b: the database holds another type, and ALTER DATABASE ... SET search_path at 0.sql:1 \
          may have been in force by then: unqualified names mean another schema with it"
        ]
    );
}

#[test]
fn the_session_of_the_statement_goes_on_as_before() {
    let sources = [&*format!("{SET}; create table a (b int)")];
    let missing = said(&sources, "create schema crm; create table crm.a (b int)");
    assert_eq!(missing[0], "Missing table/public.a");
    assert!(required(&sources).places.is_empty());
}

#[test]
fn a_source_that_says_its_path_and_a_set_that_says_its_schema_leave_no_doubt() {
    let says = [SET, "set search_path = public; create table a (b int)"];
    assert!(required(&says).places.is_empty());
    let mut told = set(&[SET, "create table a (b int)"]);
    told.schema = Some("crm".into());
    let requirements = Requirements::of(&told, &Selection::default());
    assert!(requirements.places.is_empty());
    assert_eq!(judged(&requirements, "create schema crm; create table crm.a (b int)"), [""; 0]);
    let qualified = [SET, "create table public.a (b int)"];
    assert!(required(&qualified).places.is_empty());
    assert_eq!(said(&qualified, SET)[0], "Missing table/public.a");
}

#[test]
fn a_path_of_the_same_schema_changes_nothing() {
    let sources = ["alter role r set search_path = \"$user\", public", "create table a (b int)"];
    assert!(required(&sources).places.is_empty());
}

#[test]
fn several_paths_are_several_places() {
    let sources = [
        "create schema x; create schema y; alter role r set search_path = x; alter role q set search_path = y",
        "create view v as select 1",
        "alter role r reset search_path; drop view v; create view v as select 2",
    ];
    for schema in ["x", "y", "public"] {
        let there = format!("create schema x; create schema y; create view {schema}.v as select 2");
        assert_eq!(said(&sources, &there), [""; 0], "{schema}");
    }
    assert_eq!(said(&sources, "create schema x; create schema y"), ["Missing view/public.v"]);
}

#[test]
fn names_that_a_path_finds_elsewhere_are_altered_there() {
    // In a new session, the second source finds the table that the first one made in public.
    let sources = [
        "create table a (b int); create schema crm; alter role all set search_path = crm, public",
        "alter table a add c int",
    ];
    assert_eq!(said(&sources, "create schema crm; create table a (b int, c int)"), [""; 0]);
    assert_eq!(said(&sources, "create schema crm; create table a (b int)"), ["Missing column/public.a.c"]);
    assert!(required(&sources).places.is_empty());
}

#[test]
fn what_another_place_requires_too_is_required_there() {
    let mut set = set(&[SET, "create table a ()"]);
    set.features[1].requires.tables = vec!["crm.a".into()];
    let requirements = Requirements::of(&set, &Selection::default());
    let unknown = "it is not there, and ALTER DATABASE ... SET search_path at 0.sql:1 may have been in force by then: \
                   unqualified names mean another schema with it";
    assert_eq!(
        judged(&requirements, "create schema crm; create table public.a ()"),
        ["Missing table/crm.a".to_owned()]
    );
    assert_eq!(
        judged(&requirements, "create schema crm; create table crm.a ()"),
        [format!("Unknown table/public.a: {unknown}")]
    );
    let merged = Requirements::merge(vec![
        required(&[SET, "create table a ()"]),
        required(&["create schema crm; create table crm.a ()"]),
    ]);
    assert_eq!(
        judged(&merged, "create schema crm; create table public.a ()"),
        ["Missing table/crm.a".to_owned()]
    );
}

#[test]
fn an_expression_that_may_mean_something_else_makes_no_difference() {
    let sources = [SET, "create table crm.a (b int default f())"];
    let requirement = &required(&sources).components
        [&ComponentId::on_relation(Kind::Column, QualifiedName::new("crm", "a"), "b")];
    let mut doubts = Vec::new();
    requirement.shape.clone().definitions(&mut |_, definition| {
        doubts.extend(definition.as_ref().map(|definition| definition.doubt.is_some()));
    });
    assert_eq!(doubts, [true]);
}

#[test]
fn what_refers_to_another_object_in_each_reading_is_never_different() {
    let tables = "create table public.b (id int primary key); create schema crm; create table crm.b (id int primary key)";
    let sources = [
        &*format!("{tables}; alter database d set search_path = crm, public"),
        "create table crm.t (b int references b)",
    ];
    let there = |schema: &str| format!("{tables}; create table crm.t (b int references {schema}.b)");
    assert_eq!(said(&sources, &there("public")), [""; 0]);
    let [unknown] = said(&sources, &there("crm")).try_into().unwrap();
    assert!(unknown.starts_with("Unknown constraint/crm.t.t_b_fkey: "), "{unknown}");
}

#[test]
fn what_goes_in_one_reading_only_is_never_missing() {
    let tables = "create schema crm; create table public.a (); create table crm.a ()";
    let sources = [&*format!("{tables}; alter database d set search_path = crm, public"), "drop table a"];
    assert_eq!(said(&sources, tables), [""; 0]);
    let [unknown] = said(&sources, "create schema crm; create table public.a ()").try_into().unwrap();
    assert!(unknown.starts_with("Unknown table/crm.a: it is not there, and ALTER DATABASE "), "{unknown}");
}
