//! What a diagnosis says, made of the answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{Check, Found, RestsOn, Severity, Verdict};
use super::facts::Facts;
use super::words;
use crate::core::server::Server;

/// How young the counters may be for "not used since" to mean something, in seconds: a day.
const YOUNG: i64 = 86_400;

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Who answered.
    pub server: Server,
    /// Seconds since the counters of the server were reset; `None` while nobody has.
    pub statistics_age: Option<i64>,
    /// Schemas that were asked for and are not there.
    pub absent_schemas: Vec<String>,
    /// The objects by schema and kind.
    pub objects: Vec<Objects>,
    /// The tables and materialized views, the largest first.
    pub tables: Vec<TableSize>,
    /// What is amiss, the worst first; then by check in the order of their table, then as the check orders them.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// The names of the checks that were made, in order.
    pub checks: Vec<&'static str>,
}

/// The objects of one kind in one schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Objects {
    /// The schema.
    pub schema: String,
    /// The kind: `table`, `foreign_table`, `composite_type`.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// Their names, where they were asked for.
    pub names: Option<Vec<String>>,
}

/// A table and its size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TableSize {
    /// The oid, which ties the exact size to the estimate.
    oid: i64,
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
    /// Rows, as they were last counted; `None` while nothing has counted them.
    pub rows: Option<i64>,
    /// The table with its toast, in bytes.
    pub table_bytes: i64,
    /// Its indexes, in bytes.
    pub index_bytes: i64,
    /// Whether the sizes are those on disk; else they are from the last VACUUM, ANALYZE or CREATE INDEX.
    #[serde(default)]
    pub exact: bool,
}

impl TableSize {
    /// Table and indexes, in bytes.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.table_bytes.saturating_add(self.index_bytes)
    }
}

/// One thing that is amiss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static Check,
    /// How bad it is.
    pub severity: Severity,
    /// The object: `index/public.orders_idx`.
    pub object: String,
    /// What is amiss with it, in a sentence without a full stop.
    pub what: String,
    /// Statements to consider; `...` stands for what only a person can know.
    pub remedy: Vec<String>,
}

/// What could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The check.
    pub check: &'static Check,
    /// The object; `None` for the whole check.
    pub object: Option<String>,
    /// Why, and what would help.
    pub reason: String,
}

/// The rows that a check's query gave, each as JSON, or why it gave none.
pub type Answer = Result<Vec<String>, String>;

/// The answers of one database.
#[derive(Debug, Default)]
pub struct Answers {
    /// Who answered.
    pub server: Server,
    /// What the answers rest on.
    pub facts: Facts,
    /// The rows about objects.
    pub objects: Vec<String>,
    /// The rows about sizes.
    pub sizes: Vec<String>,
    /// The rows about sizes on disk, as far as they could be read.
    pub exact_sizes: Vec<String>,
    /// The checks that were made, with their answers.
    pub checks: Vec<(&'static Check, Answer)>,
}

/// A row that is not what its query promises: a bug of this program, or a server that is not PostgreSQL.
#[derive(Debug, thiserror::Error)]
#[error("the server's answer about {what} cannot be read: {source}")]
pub struct UnreadableRow {
    what: &'static str,
    source: serde_json::Error,
}

/// The size of one table on disk.
#[derive(Deserialize)]
struct ExactSize {
    oid: i64,
    /// Null when the table went while it was looked at.
    table_bytes: Option<i64>,
    index_bytes: Option<i64>,
}

impl Diagnosis {
    /// Puts the answers together.
    pub fn of(answers: Answers) -> Result<Self, UnreadableRow> {
        let Answers { server, facts, objects, sizes, exact_sizes, checks } = answers;
        let mut diagnosis = Self {
            server,
            statistics_age: facts.statistics_age,
            absent_schemas: facts.absent_schemas.clone().unwrap_or_default(),
            objects: rows("objects", &objects)?,
            tables: tables(rows("sizes", &sizes)?, rows("sizes", &exact_sizes)?),
            checks: checks.iter().map(|(check, _)| check.name).collect(),
            ..Self::default()
        };
        for (check, answer) in checks {
            diagnosis.take(check, answer, &facts)?;
        }
        diagnosis.findings.sort_by_key(|finding| finding.severity);
        Ok(diagnosis)
    }

    /// Takes the answer to one check.
    fn take(&mut self, check: &'static Check, answer: Answer, facts: &Facts) -> Result<(), UnreadableRow> {
        let rows = match (answer, blind(check, facts)) {
            (_, Some(reason)) | (Err(reason), None) => {
                self.undecided.push(Undecided { check, object: None, reason });
                return Ok(());
            }
            (Ok(rows), None) => rows,
        };
        let mut found = Vec::new();
        for row in rows {
            let verdict = (check.judge)(&row, facts);
            match verdict.map_err(|source| UnreadableRow { what: check.name, source })? {
                Verdict::Fine => {}
                Verdict::Found(Found { severity, object, what, remedy }) => {
                    found.push(Finding { check, severity, object, what, remedy });
                }
                Verdict::Undecided { object, reason } => {
                    self.undecided.push(Undecided { check, object: Some(object), reason });
                }
            }
        }
        match too_young(check, facts) {
            // What was used in a short time is used; what was not may be yet.
            Some(reason) if !found.is_empty() => {
                self.undecided.push(Undecided { check, object: None, reason });
            }
            _ => self.findings.extend(found),
        }
        Ok(())
    }

    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether anything of severity warning or above was found.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity <= Severity::Warning)
    }
}

/// Why this server cannot answer a check at all.
fn blind(check: &Check, facts: &Facts) -> Option<String> {
    let reason = match check.rests_on {
        RestsOn::Reads | RestsOn::AllReads | RestsOn::Writes if !facts.track_counts => {
            "the server counts nothing: track_counts is off for this role, database or server"
        }
        RestsOn::Writes if facts.in_recovery => {
            "a standby counts no writes and analyzes nothing: diagnose the primary"
        }
        RestsOn::AllReads if facts.in_recovery => {
            "a standby counts only its own reads: diagnose the primary, and each standby"
        }
        RestsOn::Catalog | RestsOn::Reads | RestsOn::AllReads | RestsOn::Writes => return None,
    };
    Some(reason.to_owned())
}

fn too_young(check: &Check, facts: &Facts) -> Option<String> {
    let age = facts.statistics_age.filter(|age| *age < YOUNG && check.rests_on == RestsOn::AllReads)?;
    Some(format!(
        "the counters of the server began {} ago: too young to tell what is not used",
        words::age(age)
    ))
}

fn rows<T: for<'a> Deserialize<'a>>(what: &'static str, rows: &[String]) -> Result<Vec<T>, UnreadableRow> {
    let parsed = rows.iter().map(|row| serde_json::from_str(row));
    parsed.collect::<Result<_, _>>().map_err(|source| UnreadableRow { what, source })
}

/// The tables with the sizes on disk, where those are known, the largest first.
fn tables(mut tables: Vec<TableSize>, exact: Vec<ExactSize>) -> Vec<TableSize> {
    let exact: BTreeMap<i64, ExactSize> = exact.into_iter().map(|size| (size.oid, size)).collect();
    for table in &mut tables {
        if let Some(ExactSize { table_bytes: Some(bytes), index_bytes: Some(indexes), .. }) =
            exact.get(&table.oid)
        {
            (table.table_bytes, table.index_bytes, table.exact) = (*bytes, *indexes, true);
        }
    }
    let name = |table: &TableSize| (table.schema.clone(), table.name.clone());
    tables.sort_by(|one, other| other.total().cmp(&one.total()).then_with(|| name(one).cmp(&name(other))));
    tables
}

#[cfg(test)]
mod tests {
    use super::super::check::named;
    use super::*;

    const UNUSED: &str = r#"{"schema":"public","index":"i","table":"t","partitioned":false,"bytes":8192}"#;

    fn diagnose(check: &str, answer: Answer, facts: Facts) -> Diagnosis {
        let checks = vec![(named(check).unwrap(), answer)];
        Diagnosis::of(Answers { facts, checks, ..Answers::default() }).unwrap()
    }

    fn facts() -> Facts {
        Facts { track_counts: true, ..Facts::default() }
    }

    #[test]
    fn what_could_not_be_asked_is_undecided_and_not_none() {
        let diagnosis = diagnose("extension-behind", Err("no".to_owned()), facts());
        assert!(diagnosis.findings.is_empty());
        assert_eq!(diagnosis.undecided[0].reason, "no");
    }

    #[test]
    fn counters_that_do_not_count_decide_nothing() {
        let off = Facts { track_counts: false, ..facts() };
        let standby = Facts { in_recovery: true, ..facts() };
        for (check, facts, undecided) in [
            ("unused-index", off.clone(), 1),
            ("unused-index", standby.clone(), 1),
            ("stale-statistics", standby.clone(), 1),
            ("sequential-scans", off.clone(), 1),
            ("sequential-scans", standby, 0),
            ("invalid-index", off, 0),
        ] {
            let diagnosis = diagnose(check, Ok(Vec::new()), facts);
            assert_eq!(diagnosis.undecided.len(), undecided, "{check}");
        }
    }

    #[test]
    fn young_counters_call_no_index_unused() {
        for (age, findings, undecided) in [(Some(3_600), 0, 1), (Some(90_000), 1, 0), (None, 1, 0)] {
            let diagnosis = diagnose(
                "unused-index",
                Ok(vec![UNUSED.to_owned()]),
                Facts { statistics_age: age, ..facts() },
            );
            assert_eq!(
                (diagnosis.findings.len(), diagnosis.undecided.len()),
                (findings, undecided),
                "{age:?}"
            );
        }
        let young = Facts { statistics_age: Some(60), ..facts() };
        assert!(diagnose("unused-index", Ok(Vec::new()), young).undecided.is_empty());
    }

    #[test]
    fn a_row_that_is_not_as_promised_is_an_error_that_names_the_check() {
        let checks = vec![(named("unused-index").unwrap(), Ok(vec!["{}".to_owned()]))];
        let error = Diagnosis::of(Answers { facts: facts(), checks, ..Answers::default() }).unwrap_err();
        assert!(error.to_string().contains("about unused-index cannot be read"), "{error}");
    }

    #[test]
    fn sizes_on_disk_win_over_estimates_and_order_the_tables() {
        let row = |oid: i64, name: &str, bytes: i64| {
            format!(
                r#"{{"oid":{oid},"schema":"s","name":"{name}","rows":null,"table_bytes":{bytes},"index_bytes":0}}"#
            )
        };
        let diagnosis = Diagnosis::of(Answers {
            sizes: vec![row(1, "a", 5), row(2, "b", 3), row(3, "gone", 4)],
            exact_sizes: vec![
                r#"{"oid":2,"table_bytes":9,"index_bytes":1}"#.to_owned(),
                r#"{"oid":3,"table_bytes":null,"index_bytes":null}"#.to_owned(),
            ],
            ..Answers::default()
        });
        let tables: Vec<_> = diagnosis
            .unwrap()
            .tables
            .iter()
            .map(|table| (table.name.clone(), table.total(), table.exact))
            .collect();
        let expected = [("b", 10, true), ("a", 5, false), ("gone", 4, false)];
        assert_eq!(tables, expected.map(|(name, total, exact)| (name.to_owned(), total, exact)));
    }
}
