//! The findings, added up.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::compare::Depth;
use crate::core::audit::finding::{Finding, State};
use crate::core::audit::report::{Counts, Coverage, DefinitionCoverage, FeatureResult, FeatureState};
use crate::core::audit::requirement::{FeatureRef, Requirements};
use crate::core::kind::Kind;
use crate::core::problem::{Problem, Severity};

/// Counts findings by state.
pub(super) fn all<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Counts {
    let mut counts = Counts::default();
    findings.into_iter().for_each(|finding| counts.add(finding.state));
    counts
}

/// The same for each kind of component.
pub(super) fn kinds(findings: &[Finding]) -> Vec<(Kind, Counts)> {
    let mut kinds: BTreeMap<Kind, Counts> = BTreeMap::new();
    for finding in findings {
        kinds.entry(finding.component.kind).or_default().add(finding.state);
    }
    kinds.into_iter().collect()
}

/// The same for each feature. One of which a part could not be read is never complete.
pub(super) fn features(requirements: &Requirements, findings: &[Finding]) -> Vec<FeatureResult> {
    let mut counts: BTreeMap<&FeatureRef, Counts> = BTreeMap::new();
    for finding in findings {
        for feature in finding.features.iter() {
            counts.entry(feature).or_default().add(finding.state);
        }
    }
    let errors = requirements.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let broken: BTreeSet<(&str, &str)> =
        errors.filter_map(|problem| Some((&*problem.set, problem.feature.as_deref()?))).collect();
    let result = |feature: &FeatureRef| {
        let counts = counts.get(feature).copied().unwrap_or_default();
        let state = match state_of(&counts) {
            FeatureState::Complete if broken.contains(&(&*feature.set, &*feature.name)) => {
                FeatureState::Unknown
            }
            state => state,
        };
        FeatureResult { feature: feature.clone(), state, counts }
    };
    requirements.features.iter().map(result).collect()
}

fn state_of(counts: &Counts) -> FeatureState {
    let Counts { required, present, missing, different: _, drifted: _, unknown } = *counts;
    if present == required {
        FeatureState::Complete
    } else if missing == required {
        FeatureState::Absent
    } else if present + unknown == required {
        FeatureState::Unknown
    } else {
        FeatureState::Partial
    }
}

/// How much of what is there was compared in whole.
pub(super) fn coverage(findings: &[Finding], problems: &[Problem], depth: Depth) -> Coverage {
    let there = findings.iter().filter(|finding| !matches!(finding.state, State::Missing | State::Unknown));
    let (whole, part): (Vec<_>, Vec<_>) =
        there.partition(|finding| depth != Depth::Presence && finding.not_compared.is_empty());
    let not_modelled = problems.iter().filter(|problem| problem.severity == Severity::NotModelled).count();
    Coverage { compared: whole.len(), not_compared: part.len(), not_modelled }
}

/// What a reason says before its details, which name objects.
fn group(reason: &str) -> &str {
    reason.split_once(": ").map_or(reason, |(group, _)| group)
}

/// How many definitions were compared, and why not the others.
pub(super) fn definitions(findings: &[Finding]) -> DefinitionCoverage {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut compared = 0;
    for finding in findings {
        compared += usize::try_from(finding.definitions_compared).unwrap_or(usize::MAX);
        for reason in &finding.definitions_not_compared {
            *groups.entry(group(reason)).or_default() += 1;
        }
        if finding.definitions_unseen > 0 {
            let reason = finding.reason.as_deref().map_or("it could not be seen", group);
            *groups.entry(reason).or_default() += finding.definitions_unseen;
        }
    }
    let mut reasons: Vec<(String, usize)> =
        groups.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    DefinitionCoverage { compared, not_compared: reasons.iter().map(|(_, count)| count).sum(), reasons }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::audit::compare::compare;
    use crate::core::audit::compare::tests::*;
    use crate::core::audit::requirement::Requirement;
    use crate::core::definition::{Clause, Definition, Normal};
    use crate::core::kind::column::Column;

    #[test]
    fn counts_are_exact_by_kind_and_by_feature() {
        let mut requirements = by_name([table("users"), table("leads"), column("id"), seed("id")]);
        requirements.features.extend(["empty", "shared", "seen"].map(feature));
        requirements.components.get_mut(&table("leads")).unwrap().features =
            [feature("core"), feature("shared")].into();
        requirements.components.get_mut(&column("id")).unwrap().features = [feature("seen")].into();
        requirements.default_schema = Some("public".into());
        let mut observation = observe_names([table("users"), column("id")]);
        observation.unseen.insert(seed("id"), "locked".into());
        let report = compare(&requirements, &observation, Depth::Shape);
        let counts = |required, present, missing, unknown| Counts {
            required,
            present,
            missing,
            unknown,
            ..Counts::default()
        };
        assert_eq!(report.summary, counts(4, 2, 1, 1));
        assert_eq!(
            report.kinds,
            [
                (Kind::Table, counts(2, 1, 1, 0)),
                (Kind::Column, counts(1, 1, 0, 0)),
                (Kind::SeedRow, counts(1, 0, 0, 1)),
            ]
        );
        let result = |name: &str, state, counts| FeatureResult { feature: feature(name), state, counts };
        assert_eq!(
            report.features,
            [
                result("core", FeatureState::Partial, counts(3, 1, 1, 1)),
                result("empty", FeatureState::Complete, counts(0, 0, 0, 0)),
                result("shared", FeatureState::Absent, counts(1, 0, 1, 0)),
                result("seen", FeatureState::Complete, counts(1, 1, 0, 0)),
            ]
        );
        assert_eq!(report.default_schema, Some("public".into()));
    }

    #[test]
    fn a_feature_of_which_a_part_could_not_be_read_is_not_complete() {
        let mut requirements = by_name([table("users")]);
        let feature = requirements.features[0].clone();
        requirements.problems = vec![Problem {
            severity: Severity::Error,
            set: feature.set,
            feature: Some(feature.name),
            position: None,
            message: "syntax error".into(),
        }];
        let state = |requirements: &Requirements| {
            compare(requirements, &observe_names([table("users")]), Depth::Shape).features[0].state
        };
        assert_eq!(state(&requirements), FeatureState::Unknown);
        requirements.problems[0].severity = Severity::NotModelled;
        assert_eq!(state(&requirements), FeatureState::Complete);
    }

    #[test]
    fn a_feature_with_nothing_missing_but_something_unseen_is_unknown() {
        let mut observation = observe_names([table("users"), column("id")]);
        observation.unseen.insert(seed("id"), "locked".into());
        let report = compare(&by_name([table("users"), seed("id")]), &observation, Depth::Shape);
        assert_eq!(report.features[0].state, FeatureState::Unknown);
        assert!(!report.is_compliant());
    }

    #[test]
    fn definitions_are_counted_with_the_reasons_in_groups() {
        let definition = |normal: Normal| {
            let mut definition = Definition::observed("a".into());
            definition.normal = Some(normal);
            definition
        };
        let form = || definition(Normal::Form("1".into()));
        let with = |definition: Definition| Column {
            default: Some(Clause::Defined(Some(definition))),
            ..Column::default()
        };
        let refused = |what: &str| definition(Normal::None(format!("the server cannot plan it: {what}")));
        let locked = definition(Normal::Unseen("locked by another session".into()));
        let columns = [("a", form()), ("b", refused("x")), ("c", refused("y")), ("d", locked), ("e", form())];
        let requirements = require(columns.iter().map(|(name, _)| {
            let id = column(name);
            (id.clone(), Requirement { shape: with(form()).into(), ..open(&id) })
        }));
        let seen = columns.map(|(name, definition)| (column(name), with(definition).into()));
        let report = compare(&requirements, &observe(seen), Depth::Shape);
        assert_eq!(
            report.definitions,
            DefinitionCoverage {
                compared: 2,
                not_compared: 3,
                reasons: vec![
                    ("the server cannot plan it".into(), 2),
                    ("locked by another session".into(), 1)
                ],
            }
        );
        assert_eq!(report.summary.unknown, 1);
    }

    #[test]
    fn statements_that_are_not_modelled_are_counted() {
        let problem = Problem {
            severity: Severity::NotModelled,
            set: Arc::from("set"),
            feature: None,
            position: None,
            message: "CREATE OPERATOR is not modelled".into(),
        };
        let requirements = Requirements { problems: vec![problem], ..Requirements::default() };
        let report = compare(&requirements, &observe_names([]), Depth::Shape);
        assert_eq!(report.coverage.not_modelled, 1);
        assert_eq!(report.problems.len(), 1);
        assert!(report.is_compliant());
    }
}
