//! A plan as a JSON document: `schemaaudit.dev/plan/v1`. Within `v1` keys are only added, and every key is always there.

use serde::Serialize;

use crate::core::plan::{Plan, PlannedStatement, Segment, Skipped, Unplannable};

/// The version of the format.
pub const API_VERSION: &str = "schemaaudit.dev/plan/v1";

/// The document as text, indented, with a line break at its end.
pub fn render(plan: &Plan) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&document(plan))? + "\n")
}

/// The document of a plan.
#[must_use]
pub fn document(plan: &Plan) -> Document<'_> {
    let Plan { database, settings, segments, unplannable, skipped, digest } = plan;
    Document {
        api_version: API_VERSION,
        kind: "Plan",
        database,
        digest,
        empty: plan.is_empty(),
        statements: plan.statements().count(),
        hazards: plan.hazards(),
        lock_timeout: &settings.lock_timeout,
        statement_timeout: &settings.statement_timeout,
        segments: segments.iter().map(segment_entry).collect(),
        unplannable: unplannable.iter().map(unplannable_entry).collect(),
        skipped: skipped.iter().map(skipped_entry).collect(),
    }
}

/// A plan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    database: &'a str,
    digest: &'a str,
    empty: bool,
    statements: usize,
    hazards: usize,
    lock_timeout: &'a str,
    statement_timeout: &'a str,
    segments: Vec<SegmentEntry<'a>>,
    unplannable: Vec<UnplannableEntry<'a>>,
    skipped: Vec<SkippedEntry<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentEntry<'a> {
    transactional: bool,
    statements: Vec<StatementEntry<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementEntry<'a> {
    sql: &'a str,
    set: &'a str,
    feature: &'a str,
    source: &'a str,
    line: u32,
    makes: Vec<String>,
    replaces: bool,
    search_path: Vec<&'a str>,
    settings: &'a std::collections::BTreeMap<String, String>,
    locks: Vec<LockEntry>,
    hazards: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LockEntry {
    relation: String,
    mode: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnplannableEntry<'a> {
    component: String,
    state: &'static str,
    reason: &'a str,
    and_what_is_on_it: usize,
    template: &'a [String],
    source: Option<&'a str>,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SkippedEntry<'a> {
    component: Option<String>,
    feature: Option<&'a str>,
    source: Option<&'a str>,
    line: Option<u32>,
    reason: &'a str,
}

fn segment_entry(segment: &Segment) -> SegmentEntry<'_> {
    let Segment { transactional, statements } = segment;
    SegmentEntry {
        transactional: *transactional,
        statements: statements.iter().map(statement_entry).collect(),
    }
}

fn statement_entry(statement: &PlannedStatement) -> StatementEntry<'_> {
    let PlannedStatement { text, feature, position, makes, replaces, search_path, settings, locks, hazards } =
        statement;
    StatementEntry {
        sql: text,
        set: &feature.set,
        feature: &feature.name,
        source: &position.source,
        line: position.line,
        makes: makes.iter().map(ToString::to_string).collect(),
        replaces: *replaces,
        search_path: search_path.iter().map(crate::core::name::Identifier::as_str).collect(),
        settings,
        locks: locks
            .iter()
            .map(|lock| LockEntry { relation: lock.relation.to_string(), mode: lock.mode.name() })
            .collect(),
        hazards,
    }
}

fn unplannable_entry(entry: &Unplannable) -> UnplannableEntry<'_> {
    let Unplannable { component, state, reason, and_what_is_on_it, template, position } = entry;
    UnplannableEntry {
        component: component.to_string(),
        state: state.name(),
        reason,
        and_what_is_on_it: *and_what_is_on_it,
        template,
        source: position.as_ref().map(|position| position.source.as_ref()),
        line: position.as_ref().map(|position| position.line),
    }
}

fn skipped_entry(entry: &Skipped) -> SkippedEntry<'_> {
    let Skipped { feature, position, component, reason } = entry;
    SkippedEntry {
        component: component.as_ref().map(ToString::to_string),
        feature: feature.as_ref().map(|feature| feature.name.as_ref()),
        source: position.as_ref().map(|position| position.source.as_ref()),
        line: position.as_ref().map(|position| position.line),
        reason,
    }
}
