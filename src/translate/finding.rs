//! The lists of a status: findings, problems, counts, in the form and within the bounds of the API.

use crate::api::condition::cut;
use crate::api::status::{
    Counts as ApiCounts, CoverageStatus, FeatureState as ApiFeatureState, FeatureStatus, FindingState,
    FindingStatus, KindStatus, MAX_FINDINGS, MAX_PROBLEMS, ProblemSeverity, ProblemStatus, ServerStatus,
};
use crate::core::audit::finding::{Finding, State};
use crate::core::audit::report::{Counts, Coverage, DefinitionCoverage, FeatureResult, FeatureState, Report};
use crate::core::kind::{Difference, Kind};
use crate::core::problem::{Problem, Severity};
use crate::core::server::Server;

/// The longest text of a finding or problem, in bytes: a status of 100 findings stays far below the 1.5 MiB that etcd
/// takes, whatever a function body holds. The report has the whole text.
const MAX_TEXT_BYTES: usize = 512;

/// A count of the engine as the API holds it.
#[must_use]
pub fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Counts of components.
#[must_use]
pub fn counts(counts: &Counts) -> ApiCounts {
    let Counts { required, present, missing, different, drifted, unknown } = *counts;
    ApiCounts {
        required: count(required),
        present: Some(count(present)),
        missing: Some(count(missing)),
        different: Some(count(different)),
        drifted: Some(count(drifted)),
        unknown: count(unknown),
    }
}

/// The counts of a kind.
#[must_use]
pub fn kind(kind: Kind, of_kind: &Counts) -> KindStatus {
    KindStatus { kind: kind.name().to_owned(), counts: counts(of_kind) }
}

/// The counts of a feature.
#[must_use]
pub fn feature(result: &FeatureResult) -> FeatureStatus {
    let FeatureResult { feature, state, counts } = result;
    let state = match state {
        FeatureState::Complete => ApiFeatureState::Complete,
        FeatureState::Partial => ApiFeatureState::Partial,
        FeatureState::Absent => ApiFeatureState::Absent,
        FeatureState::Unknown => ApiFeatureState::Unknown,
    };
    FeatureStatus {
        set: feature.set.to_string(),
        name: feature.name.to_string(),
        state,
        required: count(counts.required),
        missing: Some(count(counts.missing)),
        different: Some(count(counts.different)),
        drifted: Some(count(counts.drifted)),
        unknown: count(counts.unknown),
    }
}

/// The first findings of a report that are not Present, and whether there are more.
#[must_use]
pub fn findings(report: &Report) -> (Vec<FindingStatus>, bool) {
    let mut all = report.findings.iter().filter_map(finding);
    let first: Vec<_> = all.by_ref().take(MAX_FINDINGS).collect();
    (first, all.next().is_some())
}

/// One finding, unless the component is Present.
fn finding(finding: &Finding) -> Option<FindingStatus> {
    let state = match finding.state {
        State::Missing => FindingState::Missing,
        State::Different => FindingState::Different,
        State::Drifted => FindingState::Drifted,
        State::Unknown => FindingState::Unknown,
        State::Present => return None,
    };
    let because = finding.because_of.as_ref().map(|other| format!("because of {other}"));
    let reason = finding.reason.clone().or(because).or_else(|| finding.hint.clone());
    let side = |show: fn(&Difference) -> &str| {
        let parts: Vec<String> = finding
            .differences
            .iter()
            .map(|difference| format!("{}: {}", difference.part, show(difference)))
            .collect();
        (!parts.is_empty()).then(|| cut(parts.join("; "), MAX_TEXT_BYTES))
    };
    Some(FindingStatus {
        component: cut(finding.component.to_string(), MAX_TEXT_BYTES),
        feature: finding.features.first().map(|feature| feature.name.to_string()).unwrap_or_default(),
        state,
        reason: reason.map(|reason| cut(reason, MAX_TEXT_BYTES)),
        expected: side(|difference| &difference.expected),
        actual: side(|difference| &difference.actual),
        source: finding.position.as_ref().map(ToString::to_string),
    })
}

/// The first problems, errors before the others. `with_set` says the set of each, for an object that has several.
#[must_use]
pub fn problems(all: &[Problem], with_set: bool) -> Vec<ProblemStatus> {
    let errors = all.iter().filter(|problem| problem.severity == Severity::Error);
    let others = all.iter().filter(|problem| problem.severity != Severity::Error);
    errors.chain(others).take(MAX_PROBLEMS).map(|each| problem(each, with_set)).collect()
}

fn problem(problem: &Problem, with_set: bool) -> ProblemStatus {
    let Problem { severity, set, feature, position, message } = problem;
    ProblemStatus {
        severity: match severity {
            Severity::Error => ProblemSeverity::Error,
            Severity::NotModelled => ProblemSeverity::NotModelled,
        },
        set: with_set.then(|| set.to_string()),
        feature: feature.as_ref().map(ToString::to_string),
        source: position.as_ref().map(|position| position.source.to_string()),
        line: position.as_ref().map(|position| position.line.into()),
        message: cut(message.clone(), MAX_TEXT_BYTES),
    }
}

/// How much was compared.
#[must_use]
pub fn coverage(coverage: &Coverage, definitions: &DefinitionCoverage) -> CoverageStatus {
    let Coverage { compared, not_compared, not_modelled } = *coverage;
    CoverageStatus {
        compared: count(compared),
        not_compared: count(not_compared),
        not_modelled: count(not_modelled),
        definitions_compared: count(definitions.compared),
        definitions_not_compared: count(definitions.not_compared),
    }
}

/// The server, without the database: its name comes from the Secret.
#[must_use]
pub fn server(server: &Server) -> ServerStatus {
    let Server { version, in_recovery, system_identifier, database: _ } = server;
    ServerStatus {
        version: version.clone(),
        in_recovery: *in_recovery,
        system_identifier: system_identifier.clone(),
    }
}
