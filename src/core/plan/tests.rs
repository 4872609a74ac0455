//! The rules of a plan, each on the smallest document that shows it.

use std::sync::Arc;

use super::*;
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::requirement::Selection;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentName;
use crate::core::feature::{Feature, FeatureSet, Source};
use crate::core::kind::Kind;

mod choice;
mod history;
mod implied;
mod order;
mod refusal;
mod session;
mod together;

fn feature(name: &str, depends_on: &[&str], sql: &str) -> Feature {
    let source = Source { name: format!("{name}.sql").into(), text: Arc::from(sql) };
    let depends_on = depends_on.iter().map(|name| (*name).to_owned()).collect();
    Feature { name: name.into(), depends_on, sources: vec![source], ..Feature::default() }
}

fn set(features: Vec<Feature>) -> FeatureSet {
    FeatureSet { name: "set".into(), features, ..FeatureSet::default() }
}

/// What a database holds in which this SQL ran: the declared catalog stands for the observed one.
fn database(sql: &str) -> Catalog {
    let required = Requirements::of(&set(vec![feature("there", &[], sql)]), &Selection::default());
    assert_eq!(required.problems.iter().filter(|it| it.message.contains("twice")).count(), 0);
    let mut catalog = Catalog::default();
    for (id, requirement) in required.components {
        catalog.insert(id, requirement.shape);
    }
    let public = ComponentId::global(Kind::Schema, "public");
    catalog.insert(public, crate::core::kind::Shape::open(Kind::Schema));
    catalog
}

fn plan_in(set: &FeatureSet, observation: &Observation) -> Plan {
    let requirements = Requirements::of(set, &Selection::default());
    let history = History::of(&[(set, Selection::default())]);
    let report = compare(&requirements, observation, Depth::Shape);
    plan(&history, &requirements, observation, &report)
}

fn observation(there: &str) -> Observation {
    let mut observation = Observation { catalog: database(there), ..Observation::default() };
    observation.server.version = "18.0".to_owned();
    observation
}

/// The plan of one feature for a database in which `there` ran.
pub(super) fn planned(sql: &str, there: &str) -> Plan {
    plan_in(&set(vec![feature("f", &[], sql)]), &observation(there))
}

/// The texts of the statements; those that replace something start with `~`.
fn run(plan: &Plan) -> Vec<String> {
    plan.statements()
        .map(|statement| format!("{}{}", if statement.replaces { "~ " } else { "" }, statement.text))
        .collect()
}

fn left(plan: &Plan) -> Vec<String> {
    plan.unplannable.iter().map(|entry| format!("{}: {}", entry.component, entry.reason)).collect()
}

fn skipped(plan: &Plan) -> Vec<String> {
    plan.skipped
        .iter()
        .map(|entry| {
            let place = entry.position.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{place}: {}", entry.reason)
        })
        .collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn locks_and_hazards_are_told_of_what_is_there_already_alone() {
    for (sql, lock, hazard) in [
        ("create index on a (x)", "SHARE", "index-build-locks-writes"),
        (
            "create unique index concurrently i on a (x)",
            "SHARE UPDATE EXCLUSIVE",
            "unique-fails-on-duplicates",
        ),
        ("alter table a add column y int not null", "ACCESS EXCLUSIVE", "required-column-without-default"),
        (
            "alter table a add column y uuid default gen_random_uuid()",
            "ACCESS EXCLUSIVE",
            "new-column-rewrites-table",
        ),
        ("alter table a add column y timestamptz default now()", "ACCESS EXCLUSIVE", ""),
        ("alter table a add column y serial", "ACCESS EXCLUSIVE", "new-column-rewrites-table"),
        ("alter table a add column y int generated always as (x) virtual", "ACCESS EXCLUSIVE", ""),
        ("alter table a add constraint k check (x > 0)", "ACCESS EXCLUSIVE", "check-checks-all-rows"),
        ("alter table a add constraint k check (x > 0) not valid", "ACCESS EXCLUSIVE", ""),
        (
            "alter table a add constraint k foreign key (x) references c",
            "SHARE ROW EXCLUSIVE",
            "foreign-key-checks-all-rows",
        ),
        ("alter table a add constraint k unique (x)", "ACCESS EXCLUSIVE", "constraint-builds-index"),
        ("create trigger t after insert on a execute function f()", "SHARE ROW EXCLUSIVE", ""),
        ("create policy p on a", "ACCESS EXCLUSIVE", ""),
    ] {
        let there = "create table a (x int); create table c (x int primary key)";
        let plan = planned(&format!("{there}; {sql}"), there);
        assert_eq!(run(&plan), [sql]);
        let statement = plan.statements().next().unwrap();
        let locked = statement.locks.iter().find(|locked| locked.relation.name.as_str() == "a").unwrap();
        assert_eq!(locked.mode.name(), lock, "{sql}");
        match hazard {
            "" => assert_eq!(statement.hazards, [], "{sql}"),
            hazard => {
                assert!(statement.hazards.iter().any(|it| it.rule.name == hazard), "{sql}: {statement:?}");
            }
        }
        let plan = planned(&format!("{there}; {sql}"), "");
        assert_eq!(plan.statements().map(|it| it.locks.len() + it.hazards.len()).sum::<usize>(), 0, "{sql}");
    }
}

#[test]
fn the_digest_is_of_the_terms_too_where_there_are_some() {
    let plan = planned("create table a (x int)", "");
    let under = |said: &[(&str, &str)], database: Option<&str>| {
        let said = said.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        plan.clone().with_terms(Terms { said, database: database.map(str::to_owned) })
    };
    let digests = [
        plan.digest.clone(),
        under(&[], None).digest,
        under(&[], Some("1/2")).digest,
        under(&[], Some("1/3")).digest,
        under(&[("a", "b")], Some("1/2")).digest,
        under(&[("a", "c")], Some("1/2")).digest,
        under(&[("a", "b"), ("c", "d")], Some("1/2")).digest,
    ];
    for (number, digest) in digests.iter().enumerate() {
        assert!(!digests[number + 1..].contains(digest), "{number}");
    }
    let terms = under(&[("a", "b")], Some("1/2"));
    assert_ne!(terms.clone().with_settings(Settings::new(SHORT, SHORT)).digest, terms.digest);
    assert!(render::sql::render(&terms).contains("--     a: b\n--     database: 1/2\n"));
}

const SHORT: Duration = Duration::from_secs(1);

#[test]
fn the_digest_is_of_what_runs_and_of_nothing_else() {
    let digest = |sql: &str, there: &str| planned(sql, there).digest;
    let sql = "create table a (x int); create table b (x int)";
    assert_eq!(digest(sql, ""), digest(sql, ""));
    assert_eq!(digest(sql, ""), digest("-- moved\ncreate table a (x int);\n\ncreate table b (x int);", ""));
    let others = [
        digest(sql, "create table a (x int)"),
        digest("create table a (x int); create table b  (x int)", ""),
        digest("create table b (x int); create table a (x int)", ""),
        digest(&format!("set role r; {sql}"), ""),
    ];
    for other in &others {
        assert_ne!(*other, digest(sql, ""));
        assert!(other.starts_with("sha256:") && other.len() == 71, "{other}");
    }
}

#[test]
fn what_is_left_of_a_plan_after_a_segment_is_the_plan_of_then() {
    let sql = "create table a (x int); create index concurrently i on a (x); create table b (x int);
               create type t as enum ('a'); alter type t add value 'b'; create table d (x t default 'b');
               create index concurrently j on b (x); alter table a add primary key (x)";
    let whole = planned(sql, "");
    let rests = whole.rests();
    assert_eq!((rests.len(), &rests[0]), (whole.segments.len(), &whole.digest));
    let mut there = String::new();
    for (segment, rest) in whole.segments.iter().zip(&rests) {
        assert_eq!(planned(sql, &there).digest, *rest, "{there}");
        there.extend(segment.statements.iter().map(|statement| format!("{};", statement.text)));
    }
    assert!(planned("", "").rests().is_empty());
    let under = whole.with_terms(Terms { database: Some("1/2".to_owned()), ..Terms::default() });
    assert_eq!(under.rests()[0], under.digest);
    assert!(!under.rests().iter().any(|rest| rests.contains(rest)));
}

#[test]
fn the_schemas_that_a_plan_reaches_are_told_where_all_of_them_are_known() {
    let schemas = |sql: &str, there: &str| {
        let schemas = planned(&format!("{there}; {sql}"), there).schemas()?;
        Some(schemas.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let crm = "create schema crm; create table crm.a (x int)";
    assert_eq!(schemas(crm, ""), Some(vec!["crm".to_owned()]));
    let there = "create table b (y int)";
    let reached = schemas(&format!("{crm}; create index on b (y)"), there);
    assert_eq!(reached, Some(vec!["crm".to_owned(), "public".to_owned()]));
    assert_eq!(schemas(&format!("{crm}; create role r"), ""), None);
    let unknown = planned("create table a (x int); select make_it()", "");
    assert_eq!((unknown.statements().count(), unknown.schemas()), (2, None));
}

#[test]
fn no_name_leaves_its_comment() {
    let sql = "create table a (x int);";
    let evil = "f\ndrop table users; --";
    let mut wanted = feature("f", &[], sql);
    wanted.name = evil.into();
    wanted.requires.tables = vec!["\"x\ndrop table users\"".to_owned()];
    let plan = plan_in(&set(vec![wanted]), &observation(""));
    let script = render::sql::render(&plan);
    assert!(script.contains("drop table users"));
    assert!(!script.lines().any(|line| line.starts_with("drop")), "{script}");
    let page = render::markdown::render(&plan);
    assert!(!page.lines().any(|line| line.starts_with("drop")), "{page}");
}

#[test]
fn every_component_that_is_not_as_declared_is_accounted_for() {
    let sql = "create table a (x int, y int); create view v as select 1 as c; create table b (x int);
               comment on column a.y is 'z'";
    let set = set(vec![feature("f", &[], sql)]);
    let observation = observation("create table a (x text); create view v as select 1 as d");
    let plan = plan_in(&set, &observation);
    let report = compare(&Requirements::of(&set, &Selection::default()), &observation, Depth::Shape);
    for finding in report.findings.iter().filter(|finding| finding.state != State::Present) {
        let id = &finding.component;
        let is_made = plan.statements().any(|statement| statement.makes.contains(id));
        let is_left = plan.unplannable.iter().any(|entry| entry.component == *id);
        let is_on_another = finding.because_of.is_some();
        assert!(is_made || is_left || is_on_another, "{id}");
    }
    assert!(
        plan.unplannable.iter().any(|entry| matches!(entry.component.name, ComponentName::OnRelation { .. }))
    );
}
