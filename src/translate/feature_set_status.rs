//! What was read of a feature document, as the status of its object.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::finding::count;
use super::status::{Fault, first_fault, problems};
use crate::api::condition::{ConditionStatus, ConditionType, NewCondition, upsert};
use crate::api::{Class, FeatureSetStatus, Reason};
use crate::core::audit::requirement::Requirements;

/// What was read of a document.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// How many features the document has.
    pub features: usize,
    /// What all its features require.
    pub requirements: &'a Requirements,
    /// What it refers to in vain.
    pub faults: &'a [Fault],
    /// The digest of the document with all its SQL.
    pub digest: &'a str,
}

/// The status of the document. There is no time in it but that of transitions: the same document gives the same
/// status again.
#[must_use]
pub fn feature_set_status(
    reading: &Reading<'_>,
    previous: Option<&FeatureSetStatus>,
    now: Timestamp,
) -> FeatureSetStatus {
    let Reading { generation, features, requirements, faults, digest } = *reading;
    let components = requirements.components.len();
    let ready =
        |status, reason, message| NewCondition { type_: ConditionType::Ready, status, reason, message };
    let ready = match first_fault(faults, &requirements.problems) {
        Some((reason, message)) => ready(ConditionStatus::False, reason, message),
        None => ready(
            ConditionStatus::True,
            Reason::Succeeded,
            format!("{features} features with {components} components were read"),
        ),
    };
    let stalled = (ready.reason.class() == Class::Stalled).then(|| NewCondition {
        type_: ConditionType::Stalled,
        status: ConditionStatus::True,
        ..ready.clone()
    });
    let now = Time(Timestamp::from_second(now.as_second()).unwrap_or(now));
    let mut conditions = previous.map(|previous| previous.conditions.clone()).unwrap_or_default();
    conditions.retain(|condition| match ConditionType::from_name(&condition.type_) {
        Some(ConditionType::Ready) => true,
        Some(ConditionType::Stalled) => stalled.is_some(),
        _ => false,
    });
    for condition in [Some(ready), stalled].into_iter().flatten() {
        upsert(&mut conditions, condition, generation, &now);
    }
    conditions.sort_by_key(|condition| ConditionType::from_name(&condition.type_));
    let problems = problems(faults, &requirements.problems)
        .into_iter()
        .map(|problem| crate::api::status::ProblemStatus { set: None, ..problem })
        .collect();
    FeatureSetStatus {
        observed_generation: Some(generation),
        conditions,
        features: Some(count(features)),
        components: Some(count(components)),
        problems,
        digest: Some(digest.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::problem::{Position, Problem, Severity};

    fn problem(severity: Severity, position: Option<u32>) -> Problem {
        Problem {
            severity,
            set: "s".into(),
            feature: Some("core".into()),
            position: position.map(|line| Position { source: "m/core.sql".into(), line }),
            message: "it cannot be read".into(),
        }
    }

    fn shown(
        requirements: &Requirements,
        faults: &[Fault],
        previous: Option<&FeatureSetStatus>,
    ) -> (String, FeatureSetStatus) {
        let reading = Reading { generation: 2, features: 1, requirements, faults, digest: "d" };
        let status = feature_set_status(&reading, previous, Timestamp::UNIX_EPOCH);
        let conditions: Vec<_> = status
            .conditions
            .iter()
            .map(|condition| format!("{}={} {}", condition.type_, condition.status, condition.reason))
            .collect();
        (conditions.join(", "), status)
    }

    #[test]
    fn a_document_is_ready_when_all_of_it_was_read() {
        let broken = |severity, position| Requirements {
            problems: vec![problem(severity, position)],
            ..Requirements::default()
        };
        let fault = Fault {
            reason: Reason::ConfigMapKeyMissing,
            set: "s".into(),
            feature: Some("core".into()),
            message: "no key".into(),
        };
        for (requirements, faults, expected) in [
            (Requirements::default(), vec![], "Ready=True Succeeded"),
            (broken(Severity::NotModelled, Some(1)), vec![], "Ready=True Succeeded"),
            (broken(Severity::Error, Some(1)), vec![], "Ready=False InvalidSql, Stalled=True InvalidSql"),
            (
                broken(Severity::Error, None),
                vec![],
                "Ready=False InvalidFeatureSet, Stalled=True InvalidFeatureSet",
            ),
            (broken(Severity::Error, Some(1)), vec![fault], "Ready=False ConfigMapKeyMissing"),
        ] {
            assert_eq!(shown(&requirements, &faults, None).0, expected);
        }
    }

    #[test]
    fn a_problem_says_source_and_line_and_the_same_document_gives_the_same_status() {
        let requirements =
            Requirements { problems: vec![problem(Severity::Error, Some(7))], ..Requirements::default() };
        let (_, first) = shown(&requirements, &[], None);
        let problem = &first.problems[0];
        assert_eq!(
            (problem.source.as_deref(), problem.line, &problem.set),
            (Some("m/core.sql"), Some(7), &None)
        );
        let (_, second) = shown(&requirements, &[], Some(&first));
        assert_eq!(first, second);
    }

    #[test]
    fn what_stalled_a_document_goes_away_with_its_cause() {
        let requirements =
            Requirements { problems: vec![problem(Severity::Error, Some(7))], ..Requirements::default() };
        let (_, stalled) = shown(&requirements, &[], None);
        assert_eq!(shown(&Requirements::default(), &[], Some(&stalled)).0, "Ready=True Succeeded");
    }
}
