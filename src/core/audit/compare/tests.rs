use std::sync::Arc;

use super::*;
use crate::core::audit::finding::State;
use crate::core::audit::report::Coverage;
use crate::core::audit::requirement::{FeatureRef, Requirement};
use crate::core::component::ComponentName;
use crate::core::definition::Clause;
use crate::core::drift::Fingerprint;
use crate::core::kind::column::Column;
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::table::Table;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};

pub(super) fn users() -> QualifiedName {
    QualifiedName::new("public", "users")
}

pub(super) fn table(name: &str) -> ComponentId {
    ComponentId::in_schema(Kind::Table, QualifiedName::new("public", name))
}

pub(super) fn column(name: &str) -> ComponentId {
    ComponentId::on_relation(Kind::Column, users(), name)
}

pub(super) fn constraint(name: &str) -> ComponentId {
    ComponentId::on_relation(Kind::Constraint, users(), name)
}

pub(super) fn seed(key: &str) -> ComponentId {
    let key = vec![(Identifier::new(key), Some("1".to_owned()))];
    ComponentId { kind: Kind::SeedRow, name: ComponentName::Row { relation: users(), key } }
}

pub(super) fn feature(name: &str) -> FeatureRef {
    FeatureRef { set: Arc::from("set"), name: Arc::from(name) }
}

pub(super) fn open(id: &ComponentId) -> Requirement {
    Requirement {
        shape: Shape::open(id.kind),
        features: [feature("core")].into(),
        position: None,
        name_is_generated: false,
        undecidable: None,
    }
}

pub(super) fn require(components: impl IntoIterator<Item = (ComponentId, Requirement)>) -> Requirements {
    let components = components.into_iter().collect();
    Requirements { components, features: vec![feature("core")], ..Requirements::default() }
}

pub(super) fn by_name(ids: impl IntoIterator<Item = ComponentId>) -> Requirements {
    require(ids.into_iter().map(|id| (id.clone(), open(&id))))
}

/// An observation of these components and of the schema `public`.
pub(super) fn observe(components: impl IntoIterator<Item = (ComponentId, Shape)>) -> Observation {
    let mut observation = Observation::default();
    let public = ComponentId::global(Kind::Schema, "public");
    observation.catalog.insert(public, Shape::open(Kind::Schema));
    for (id, shape) in components {
        observation.catalog.insert(id, shape);
    }
    observation
}

pub(super) fn observe_names(ids: impl IntoIterator<Item = ComponentId>) -> Observation {
    observe(ids.into_iter().map(|id| (id.clone(), Shape::open(id.kind))))
}

/// Each finding as `State component`, with the reason behind a colon.
pub(super) fn told(report: &Report) -> Vec<String> {
    let told = |finding: &Finding| {
        let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{reason}", finding.state.name(), finding.component)
    };
    report.findings.iter().map(told).collect()
}

pub(super) fn unique_key(columns: &[&str]) -> Shape {
    let columns = columns.iter().map(|name| Identifier::new(name)).collect();
    Constraint {
        form: Some(ConstraintForm::Unique { columns, nulls_not_distinct: false }),
        ..Constraint::default()
    }
    .into()
}
#[test]
fn what_is_there_is_present_and_what_is_not_is_missing() {
    let report =
        compare(&by_name([table("users"), table("leads")]), &observe_names([table("users")]), Depth::Shape);
    assert_eq!(told(&report), ["Missing table/public.leads", "Present table/public.users"]);
    assert!(!report.is_compliant());
}

#[test]
fn at_depth_presence_privileges_are_there_or_not_one_by_one() {
    use crate::core::component::Grantee;
    use crate::core::kind::about::about;
    use crate::core::kind::grant::Grant;
    use crate::core::kind::privilege::{Privilege, Privileges, Stance};
    let id = about(Kind::Grant, table("users"), Some(Grantee::Public));
    let required = |stance| {
        let mut requirements = by_name([table("users"), id.clone()]);
        requirements.components.get_mut(&id).unwrap().shape =
            Grant::declared(Privileges::of([Privilege::Select], stance)).into();
        requirements
    };
    let state = |stance, seen: Option<&str>| {
        let seen = seen.map(|word| {
            let privileges = Privileges::observed(vec![(word.to_owned(), false)]);
            (id.clone(), Grant { privileges, ..Grant::default() }.into())
        });
        let there = std::iter::once((table("users"), Shape::open(Kind::Table))).chain(seen);
        let report = compare(&required(stance), &observe(there), Depth::Presence);
        report.findings.iter().find(|finding| finding.component == id).unwrap().state
    };
    let (granted, revoked) = (Stance::granted(false), Stance::revoked());
    assert_eq!(state(granted, None), State::Missing);
    assert_eq!(state(granted, Some("INSERT")), State::Different);
    assert_eq!(state(granted, Some("SELECT")), State::Present);
    assert_eq!(state(revoked, None), State::Present);
    assert_eq!(state(revoked, Some("INSERT")), State::Present);
    assert_eq!(state(revoked, Some("SELECT")), State::Different);
}

#[test]
fn another_shape_is_different_at_depth_shape_and_present_at_depth_presence() {
    let mut requirements = by_name([table("users"), column("id")]);
    requirements.components.get_mut(&table("users")).unwrap().shape =
        Table { row_security: Some(true), ..Table::default() }.into();
    requirements.components.get_mut(&column("id")).unwrap().shape =
        Column { default: Some(Clause::Defined(None)), ..Column::default() }.into();
    let observed = observe([
        (table("users"), Table { row_security: Some(false), ..Table::default() }.into()),
        (column("id"), Column { default: Some(Clause::Defined(None)), ..Column::default() }.into()),
    ]);
    let report = compare(&requirements, &observed, Depth::Shape);
    assert_eq!(told(&report), ["Different table/public.users", "Present column/public.users.id"]);
    assert_eq!(report.findings[0].differences.len(), 1);
    assert_eq!(report.findings[1].not_compared[0].part, "default");
    assert_eq!(report.coverage, Coverage { compared: 1, not_compared: 1, not_modelled: 0 });
    let report = compare(&requirements, &observed, Depth::Presence);
    assert_eq!(told(&report), ["Present table/public.users", "Present column/public.users.id"]);
    assert_eq!(report.coverage, Coverage { compared: 0, not_compared: 2, not_modelled: 0 });
    assert!(report.is_compliant());
}

#[test]
fn a_match_by_shape_takes_nothing_that_another_requirement_owns() {
    let requirement = |name: &str, columns: &[&str], name_is_generated| {
        let id = constraint(name);
        let requirement = Requirement { shape: unique_key(columns), name_is_generated, ..open(&id) };
        (id, requirement)
    };
    // The generated names are crossed, the first name on the left belongs to a named requirement on the right.
    let requirements = require([
        requirement("a_generated", &["x"], true),
        requirement("k1", &["a"], true),
        requirement("k2", &["b"], true),
        requirement("named", &["x"], false),
    ]);
    let observed = observe([
        (table("users"), Shape::open(Kind::Table)),
        (constraint("named"), unique_key(&["x"])),
        (constraint("k1"), unique_key(&["b"])),
        (constraint("k2"), unique_key(&["a"])),
    ]);
    assert_eq!(
        told(&compare(&requirements, &observed, Depth::Shape)),
        [
            "Missing constraint/public.users.a_generated",
            "Present constraint/public.users.k1",
            "Present constraint/public.users.k2",
            "Present constraint/public.users.named",
        ]
    );
}

#[test]
fn a_namesake_of_another_shape_is_left_to_the_one_that_it_equals() {
    let requirement = |name: &str, columns: &[&str]| {
        let id = constraint(name);
        (id.clone(), Requirement { shape: unique_key(columns), name_is_generated: true, ..open(&id) })
    };
    let requirements = require([requirement("k1", &["a"]), requirement("k2", &["b"])]);
    let observed =
        observe([(table("users"), Shape::open(Kind::Table)), (constraint("k1"), unique_key(&["b"]))]);
    assert_eq!(
        told(&compare(&requirements, &observed, Depth::Shape)),
        ["Missing constraint/public.users.k1", "Present constraint/public.users.k2"]
    );
    let observed =
        observe([(table("users"), Shape::open(Kind::Table)), (constraint("k1"), unique_key(&["c"]))]);
    assert_eq!(
        told(&compare(&requirements, &observed, Depth::Shape)),
        ["Missing constraint/public.users.k2", "Different constraint/public.users.k1"]
    );
}

#[test]
fn each_share_of_the_requirements_is_judged_as_all_are() {
    let names: Vec<String> = (0..25).map(|nth| format!("t{nth}")).collect();
    let requirements = by_name(names.iter().map(|name| table(name)));
    let mut observation = observe_names(names.iter().step_by(3).map(|name| table(name)));
    for name in &names {
        observation.fingerprints.insert(table(name), Fingerprint::default());
    }
    let shapes = DeclaredShapes::new(&observation);
    let found = matches(&requirements, shapes, &observation.catalog);
    let (depth, accepted) = (Depth::Drift, Accepted::Nothing);
    let judge = Judge {
        requirements: &requirements,
        observation: &observation,
        shapes,
        found: &found,
        depth,
        accepted,
    };
    let alone = judge_in_shares(&judge, 1);
    assert_eq!(alone.0.len(), 25);
    assert_eq!(alone.0.iter().filter(|finding| finding.state == State::Present).count(), 9);
    for shares in [0, 2, 3, 24, 25, 26] {
        assert_eq!(judge_in_shares(&judge, shares), alone, "{shares} shares");
    }
}
