//! A report made by hand, with one of everything.

use std::sync::Arc;

use crate::core::audit::finding::{Details, Finding, State};
use crate::core::audit::report::{Counts, Coverage, DefinitionCoverage, FeatureResult, FeatureState, Report};
use crate::core::audit::requirement::FeatureRef;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Difference, Kind, NotCompared};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::{Position, Problem, Severity};
use crate::core::server::Server;
use crate::core::type_name::TypeName;

pub(crate) fn feature(name: &str) -> FeatureRef {
    FeatureRef { set: "sales-flow".into(), name: name.into() }
}

pub(crate) fn finding(feature_name: &str, state: State, component: ComponentId, line: u32) -> Finding {
    let source: Arc<str> = format!("{feature_name}.sql").into();
    let position = (line > 0).then_some(Position { source, line });
    Finding::new(component, [feature(feature_name)].into(), state, position, Details::default())
}

pub(crate) fn table(name: &str) -> ComponentId {
    ComponentId::in_schema(Kind::Table, QualifiedName::new("public", name))
}

pub(crate) fn column(table: &str, name: &str) -> ComponentId {
    ComponentId::on_relation(Kind::Column, QualifiedName::new("public", table), name)
}

/// Counts what is in `findings`; the order of features is that of their first finding.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let mut report = Report {
        server: Server {
            version: "15.18".into(),
            in_recovery: false,
            system_identifier: None,
            database: "sales_flow".into(),
        },
        default_schema: Some(Identifier::new("public")),
        coverage: Coverage { compared: 1, not_compared: 1, not_modelled: 0 },
        definitions: DefinitionCoverage {
            compared: 3,
            not_compared: 2,
            reasons: vec![("the planner was not asked (--no-planner)".into(), 2)],
        },
        ..Report::default()
    };
    for kind in Kind::ALL {
        let mut counts = Counts::default();
        findings.iter().filter(|f| f.component.kind == *kind).for_each(|f| counts.add(f.state));
        if counts.required > 0 {
            report.kinds.push((*kind, counts));
        }
    }
    for finding in &findings {
        report.summary.add(finding.state);
        for feature in finding.features.iter() {
            if !report.features.iter().any(|result| result.feature == *feature) {
                let mut counts = Counts::default();
                findings.iter().filter(|f| f.features.contains(feature)).for_each(|f| counts.add(f.state));
                let state = match counts {
                    counts if counts.present == counts.required => FeatureState::Complete,
                    counts if counts.missing == counts.required => FeatureState::Absent,
                    counts if counts.missing + counts.different == 0 => FeatureState::Unknown,
                    _ => FeatureState::Partial,
                };
                report.features.push(FeatureResult { feature: feature.clone(), state, counts });
            }
        }
    }
    report.findings = findings;
    report
}

/// Every state, a missing table with what hangs on it, a problem of each severity.
pub(crate) fn everything() -> Report {
    let mut email = finding("email-integration", State::Missing, column("email_accounts", "address"), 4);
    email.because_of = Some(table("email_accounts"));
    let mut other = finding("core", State::Missing, column("email_accounts", "owner"), 0);
    other.because_of = Some(table("email_accounts"));
    let mut different = finding("core", State::Different, column("leads", "score"), 61);
    different.differences = vec![
        Difference { part: "type", expected: "integer".into(), actual: "bigint".into() },
        Difference { part: "not null", expected: "true".into(), actual: "false".into() },
    ];
    let badge = ComponentId {
        kind: Kind::SeedRow,
        name: ComponentName::Row {
            relation: QualifiedName::new("public", "badges"),
            key: vec![("key".into(), Some("closer".into()))],
        },
    };
    let mut unknown = finding("gamification", State::Unknown, badge, 180);
    unknown.reason =
        Some("permission denied for table badges: GRANT SELECT ON public.badges TO auditor".into());
    let mut view = finding(
        "core",
        State::Present,
        ComponentId::in_schema(Kind::View, QualifiedName::new("crm", "v")),
        9,
    );
    view.not_compared = vec![NotCompared { part: "body", reason: None }];
    let touch = QualifiedName::new("public", "total");
    let function = ComponentId::routine(touch, Some(vec![TypeName::built_in("int8")]));
    let mut shared = finding("core", State::Missing, function, 7);
    shared.features = [feature("core"), feature("gamification")].into();
    let mut report = report(vec![
        shared,
        finding("email-integration", State::Missing, table("email_accounts"), 3),
        other,
        email,
        different,
        unknown,
        finding("core", State::Present, table("leads"), 60),
        view,
    ]);
    let problem = |severity, line, message: &str| Problem {
        severity,
        set: "sales-flow".into(),
        feature: Some("core".into()),
        position: Some(Position { source: "core.sql".into(), line }),
        message: message.into(),
    };
    report.problems = vec![
        problem(Severity::Error, 12, "syntax error at or near \"tabel\""),
        problem(Severity::NotModelled, 30, "COMMENT is not audited by this version"),
    ];
    report.coverage.not_modelled = 1;
    report
}
