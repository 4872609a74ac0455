//! A diagnosis as people and programs read it: [`table`] for a terminal, [`markdown`] for a ticket or a wiki,
//! [`json`] for programs.

pub mod json;
pub mod markdown;
pub mod table;

#[cfg(test)]
mod sample;

use crate::core::diagnose::Severity;
use crate::core::diagnose::check::Check;
use crate::core::diagnose::diagnosis::{Diagnosis, Finding, Objects};

/// How many tables are shown where not all are asked for.
const LARGEST_TABLES: usize = 10;

/// The findings of one check.
struct Group<'a> {
    check: &'static Check,
    findings: Vec<&'a Finding>,
}

/// The findings by check, the check with the worst finding first, then in the order of the checks.
fn groups(diagnosis: &Diagnosis) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in &diagnosis.findings {
        match groups.iter_mut().find(|group| group.check == finding.check) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group { check: finding.check, findings: vec![finding] }),
        }
    }
    groups
}

/// `1 critical, 3 warnings, 2 notices`: those that occur. `None` without findings.
fn counts<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Option<String> {
    let severities: Vec<Severity> = findings.into_iter().map(|finding| finding.severity).collect();
    let of = |severity: Severity, one: &str, many: &str| {
        let count = severities.iter().filter(|of| **of == severity).count();
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts: Vec<String> = [
        of(Severity::Critical, "critical", "critical"),
        of(Severity::Warning, "warning", "warnings"),
        of(Severity::Notice, "notice", "notices"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `59 tables`, `1 foreign table`.
fn counted(objects: &Objects) -> String {
    let kind = objects.kind.replace('_', " ");
    match (objects.count, kind.as_str()) {
        (1, _) => format!("1 {kind}"),
        (count, "index") => format!("{count} indexes"),
        (count, "policy") => format!("{count} policies"),
        (count, _) => format!("{count} {kind}s"),
    }
}

/// The schemas in order, each with its objects by kind.
fn schemas(diagnosis: &Diagnosis) -> Vec<(&str, Vec<&Objects>)> {
    let mut schemas: Vec<(&str, Vec<&Objects>)> = Vec::new();
    for objects in &diagnosis.objects {
        match schemas.last_mut() {
            Some((schema, list)) if *schema == objects.schema => list.push(objects),
            _ => schemas.push((&objects.schema, vec![objects])),
        }
    }
    schemas
}
