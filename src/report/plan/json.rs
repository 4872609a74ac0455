//! A plan as a JSON document: `schemaaudit.dev/plan/v1`, described for programs in `docs/plan.schema.json`, which is
//! generated from the types below.
//!
//! Never truncated, and without a secret. Within `v1` keys are only added. Every key is always there.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::core::name::Identifier;
use crate::core::plan::hazard::Hazard;
use crate::core::plan::{
    Blocker, CheckOutcome, DataCheck, Plan, PlannedStatement, Segment, Skipped, Unplannable,
};

/// The version of the format.
pub const API_VERSION: &str = "schemaaudit.dev/plan/v1";

/// The document as text, indented, with a line break at its end.
pub fn render(plan: &Plan) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&document(plan))? + "\n")
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> Schema {
    schemars::schema_for!(Document<'static>)
}

/// The document of a plan.
#[must_use]
pub fn document(plan: &Plan) -> Document<'_> {
    let Plan { database, settings, terms: _, segments, blockers, checks, unplannable, skipped, digest } =
        plan;
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
        segments: segments.iter().zip(plan.rests()).map(segment_entry).collect(),
        blockers: blockers.iter().map(blocker_entry).collect(),
        checks: checks.iter().map(check_entry).collect(),
        unplannable: unplannable.iter().map(unplannable_entry).collect(),
        skipped: skipped.iter().map(skipped_entry).collect(),
    }
}

/// The statements that create what a database lacks, and what a person must do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Plan", title = "schema-audit plan")]
pub struct Document<'a> {
    /// The version of this format: `schemaaudit.dev/plan/v1`.
    api_version: &'static str,
    /// Always `Plan`.
    kind: &'static str,
    /// The database that was looked at.
    database: &'a str,
    /// What an approval is bound to, `sha256:...`: the statements and the settings that they run with and,
    /// where a `SchemaAudit` asked for the plan, its database, Secrets, window and backup.
    digest: &'a str,
    /// Whether there is nothing to run.
    empty: bool,
    /// How many statements there are.
    statements: usize,
    /// How many hazards there are.
    hazards: usize,
    /// How long a statement waits for a lock, as PostgreSQL writes it.
    lock_timeout: &'a str,
    /// How long a statement may take, as PostgreSQL writes it.
    statement_timeout: &'a str,
    /// What runs, in order.
    segments: Vec<SegmentEntry<'a>>,
    /// Why the plan must not be launched as it is.
    blockers: Vec<BlockerEntry<'a>>,
    /// What was asked about rows; empty unless that was wished.
    checks: Vec<CheckEntry<'a>>,
    /// What is missing or different and no statement of the features makes: a person must.
    unplannable: Vec<UnplannableEntry<'a>>,
    /// What was left out.
    skipped: Vec<SkippedEntry<'a>>,
}

/// Statements that run in one transaction, or one that cannot run in any.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Segment")]
struct SegmentEntry<'a> {
    /// The digest of the plan that is left once the segments before this one are committed.
    digest: String,
    /// Whether it runs in a transaction.
    transactional: bool,
    /// The statements, in order.
    statements: Vec<StatementEntry<'a>>,
}

/// A statement of the author's.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Statement")]
struct StatementEntry<'a> {
    /// The author's text, byte by byte, without the semicolon.
    sql: &'a str,
    /// The feature set.
    set: &'a str,
    /// The feature.
    feature: &'a str,
    /// The file, or the part of a document.
    source: &'a str,
    /// The line in it, from 1.
    line: u32,
    /// What it creates that is missing.
    makes: Vec<String>,
    /// Whether it changes what was there before.
    replaces: bool,
    /// The schemas of unqualified names.
    search_path: Vec<&'a str>,
    /// Other settings of the author's that are in force.
    settings: &'a BTreeMap<String, String>,
    /// The locks that it takes on what is there already.
    locks: Vec<LockEntry>,
    /// What may go wrong or take long.
    hazards: Vec<HazardEntry>,
}

/// A lock.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Lock")]
struct LockEntry {
    /// The table.
    relation: String,
    /// The mode, as PostgreSQL's documentation names it.
    mode: &'static str,
    /// How large the table is.
    size: Option<SizeEntry>,
}

/// How large a table is, as of its last VACUUM or ANALYZE, partitions included. Null where nobody looked, or where it is
/// not known. It is no part of the digest.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Size")]
struct SizeEntry {
    /// Rows, about; null where they were never counted.
    rows: Option<f64>,
    /// Bytes, about, without indexes.
    bytes: u64,
}

/// What may go wrong or take long.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Hazard")]
struct HazardEntry {
    /// Which hazard, by a name that stays: `docs/hazards.md` lists them.
    name: &'static str,
    /// The table that it is about.
    relation: Option<String>,
    /// What happens, to what, and what is safer.
    text: String,
    /// The safer form, where there is one.
    safer: Option<&'static str>,
}

/// Why the plan would fail.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Blocker")]
struct BlockerEntry<'a> {
    /// The rule, by a name that stays.
    name: &'a str,
    /// What it is about.
    what: &'a str,
    /// Why it stops the plan.
    why: &'a str,
    /// What puts it right.
    remedy: &'a str,
    /// Where the first statement stands that fails for it; null where it is about the server.
    source: Option<&'a str>,
    /// The line in it, from 1.
    line: Option<u32>,
    /// Whether it is about the role that looked: another role may run the plan all the same.
    rests_on_role: bool,
}

/// Whether rows that are there break a statement.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Check")]
struct CheckEntry<'a> {
    /// What was checked.
    what: &'a str,
    /// `passed`, `broken` (there is a blocker) or `notChecked`.
    outcome: &'static str,
    /// Why it could not be checked.
    reason: Option<&'a str>,
    /// Where the statement stands.
    source: &'a str,
    /// The line in it, from 1.
    line: u32,
}

/// A component that no statement can make soundly.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Unplannable")]
struct UnplannableEntry<'a> {
    /// Which one.
    component: String,
    /// The verdict of the audit.
    state: &'static str,
    /// Why no statement makes it.
    reason: &'a str,
    /// How many components are missing because it is.
    and_what_is_on_it: usize,
    /// What a person may start from, in lines; never run.
    template: &'a [String],
    /// Where it is declared.
    source: Option<&'a str>,
    /// The line in it, from 1.
    line: Option<u32>,
}

/// A statement that was left out, or a component of which it is not known whether it is there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Skipped")]
struct SkippedEntry<'a> {
    /// The component, where it is about one.
    component: Option<String>,
    /// The feature.
    feature: Option<&'a str>,
    /// Where the statement stands.
    source: Option<&'a str>,
    /// The line in it, from 1.
    line: Option<u32>,
    /// Why.
    reason: &'a str,
}

fn segment_entry((segment, digest): (&Segment, String)) -> SegmentEntry<'_> {
    let Segment { transactional, statements } = segment;
    SegmentEntry {
        digest,
        transactional: *transactional,
        statements: statements.iter().map(statement_entry).collect(),
    }
}

fn statement_entry(statement: &PlannedStatement) -> StatementEntry<'_> {
    // What the last three say is in hazards and blockers.
    let PlannedStatement {
        text,
        feature,
        position,
        makes,
        replaces,
        search_path,
        settings,
        locks,
        hazards,
        needs: _,
        passing: _,
        is_known: _,
    } = statement;
    StatementEntry {
        sql: text,
        set: &feature.set,
        feature: &feature.name,
        source: &position.source,
        line: position.line,
        makes: makes.iter().map(ToString::to_string).collect(),
        replaces: *replaces,
        search_path: search_path.iter().map(Identifier::as_str).collect(),
        settings,
        locks: locks
            .iter()
            .map(|lock| LockEntry {
                relation: lock.relation.to_string(),
                mode: lock.mode.name(),
                size: lock.size.map(|size| SizeEntry { rows: size.rows, bytes: size.bytes }),
            })
            .collect(),
        hazards: hazards.iter().map(hazard_entry).collect(),
    }
}

fn hazard_entry(hazard: &Hazard) -> HazardEntry {
    HazardEntry {
        name: hazard.rule.name,
        relation: hazard.relation.as_ref().map(ToString::to_string),
        text: hazard.text(),
        safer: hazard.rule.safer,
    }
}

fn blocker_entry(blocker: &Blocker) -> BlockerEntry<'_> {
    let Blocker { name, what, why, remedy, position, rests_on_role } = blocker;
    BlockerEntry {
        name,
        what,
        why,
        remedy,
        source: position.as_ref().map(|position| position.source.as_ref()),
        line: position.as_ref().map(|position| position.line),
        rests_on_role: *rests_on_role,
    }
}

fn check_entry(check: &DataCheck) -> CheckEntry<'_> {
    let DataCheck { position, what, outcome } = check;
    let (outcome, reason) = match outcome {
        CheckOutcome::Passed => ("passed", None),
        CheckOutcome::Broken => ("broken", None),
        CheckOutcome::NotChecked(reason) => ("notChecked", Some(reason.as_str())),
    };
    CheckEntry { what, outcome, reason, source: &position.source, line: position.line }
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
