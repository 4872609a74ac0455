//! A diagnosis as a JSON document: `schemaaudit.dev/diagnosis/v1`, described in `docs/diagnose.md` and, for programs, in
//! `docs/diagnosis.schema.json`, which is generated from the types below.
//!
//! Never truncated, and without a secret. Within `v1` keys are only added. Every key is always there.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::core::diagnose::diagnosis::{self, Diagnosis};
use crate::core::diagnose::{Check, Severity};
use crate::core::server;

/// The version of the format.
pub const API_VERSION: &str = "schemaaudit.dev/diagnosis/v1";

/// The document as text, indented, with a line break at its end.
pub fn render(diagnosis: &Diagnosis) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(&document(diagnosis))?;
    Ok(crate::report::printable::json(&text).into_owned() + "\n")
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> Schema {
    schemars::schema_for!(Document<'static>)
}

/// The diagnosis of one database.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Diagnosis", title = "schema-audit diagnosis")]
pub struct Document<'a> {
    /// The version of this format: `schemaaudit.dev/diagnosis/v1`.
    api_version: &'static str,
    /// Always `Diagnosis`.
    kind: &'static str,
    /// The server and the database that answered.
    server: Server<'a>,
    /// Seconds since the counters of the server were reset; null while nobody has.
    statistics_age_seconds: Option<i64>,
    /// How many findings there are of each severity, and how much is undecided.
    summary: Summary,
    /// The checks that were made, by name.
    checks: &'a [&'static str],
    /// What is amiss, worst first.
    findings: Vec<Finding<'a>>,
    /// What could not be decided.
    undecided: Vec<Undecided<'a>>,
    /// How many objects there are, by schema and kind.
    objects: Vec<Objects<'a>>,
    /// The tables and materialized views, the largest first.
    tables: Vec<SizedTable<'a>>,
}

/// The server and the database that answered.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    /// The version as the server prints it: `15.18`.
    version: &'a str,
    /// The name of the database.
    database: &'a str,
    /// Whether it is a standby.
    in_recovery: bool,
}

/// How many findings there are.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// Something stops working soon.
    critical: usize,
    /// Something is wrong, or does not do what it seems to do.
    warning: usize,
    /// Worth a look.
    notice: usize,
    /// What could not be decided.
    undecided: usize,
}

/// One thing that is amiss.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding<'a> {
    /// The check that found it.
    check: &'static str,
    /// How bad it is.
    severity: SeverityName,
    /// The object: `index/public.orders_idx`.
    object: &'a str,
    /// What is amiss with it.
    what: &'a str,
    /// Why that matters.
    why: &'static str,
    /// What to do, and what to think of before.
    advice: &'static str,
    /// Statements to consider; `...` stands for what only a person can know.
    remedy: &'a [String],
}

/// How bad a finding is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum SeverityName {
    Critical,
    Warning,
    Notice,
}

/// What could not be decided.
#[derive(Debug, Serialize, JsonSchema)]
struct Undecided<'a> {
    /// The check.
    check: &'static str,
    /// The object; null for the whole check.
    object: Option<&'a str>,
    /// Why, and what would help.
    reason: &'a str,
}

/// The objects of one kind in one schema.
#[derive(Debug, Serialize, JsonSchema)]
struct Objects<'a> {
    /// The schema.
    schema: &'a str,
    /// The kind: `table`, `materialized_view`.
    kind: &'a str,
    /// How many.
    count: u64,
    /// Their names, with `--objects`; else null.
    names: Option<&'a [String]>,
}

/// A table and its size.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Table")]
struct SizedTable<'a> {
    /// The schema.
    schema: &'a str,
    /// The name.
    name: &'a str,
    /// Rows as they were last counted; null while nothing has counted them.
    rows: Option<i64>,
    /// The table with its toast, in bytes.
    table_bytes: i64,
    /// Its indexes, in bytes.
    index_bytes: i64,
    /// Whether the sizes are those on disk; else as of the last VACUUM, ANALYZE or CREATE INDEX.
    exact: bool,
}

fn document(diagnosis: &Diagnosis) -> Document<'_> {
    // A part of the diagnosis that is added later must be considered here. Absent schemas are errors, not results.
    let Diagnosis { server, statistics_age, absent_schemas: _, objects, tables, findings, undecided, checks } =
        diagnosis;
    let server::Server { version, in_recovery, system_identifier: _, database } = server;
    Document {
        api_version: API_VERSION,
        kind: "Diagnosis",
        server: Server { version, database, in_recovery: *in_recovery },
        statistics_age_seconds: *statistics_age,
        summary: Summary {
            critical: diagnosis.count(Severity::Critical),
            warning: diagnosis.count(Severity::Warning),
            notice: diagnosis.count(Severity::Notice),
            undecided: undecided.len(),
        },
        checks,
        findings: findings.iter().map(finding_entry).collect(),
        undecided: undecided.iter().map(undecided_entry).collect(),
        objects: objects
            .iter()
            .map(|diagnosis::Objects { schema, kind, count, names }| Objects {
                schema,
                kind,
                count: *count,
                names: names.as_deref(),
            })
            .collect(),
        tables: tables.iter().map(table_entry).collect(),
    }
}

fn finding_entry(finding: &diagnosis::Finding) -> Finding<'_> {
    let diagnosis::Finding { check, severity, object, what, remedy } = finding;
    let Check { name, why, advice, .. } = check;
    let severity = match severity {
        Severity::Critical => SeverityName::Critical,
        Severity::Warning => SeverityName::Warning,
        Severity::Notice => SeverityName::Notice,
    };
    Finding { check: name, severity, object, what, why, advice, remedy }
}

fn undecided_entry(undecided: &diagnosis::Undecided) -> Undecided<'_> {
    let diagnosis::Undecided { check, object, reason } = undecided;
    Undecided { check: check.name, object: object.as_deref(), reason }
}

fn table_entry(table: &diagnosis::TableSize) -> SizedTable<'_> {
    SizedTable {
        schema: &table.schema,
        name: &table.name,
        rows: table.rows,
        table_bytes: table.table_bytes,
        index_bytes: table.index_bytes,
        exact: table.exact,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::diagnosis;
    use super::*;

    #[test]
    fn every_key_is_there_and_counts_agree() {
        let text = render(&diagnosis()).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            document["summary"],
            serde_json::json!({"critical": 1, "warning": 2, "notice": 1, "undecided": 2})
        );
        assert_eq!(document["findings"][0]["object"], "sequence/public.orders_id_seq");
        assert_eq!(document["undecided"][1]["object"], serde_json::Value::Null);
        assert_eq!(document["objects"][0]["names"], serde_json::Value::Null);
        assert_eq!(document["tables"][0]["exact"], true);
    }
}
