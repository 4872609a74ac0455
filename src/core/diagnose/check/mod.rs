//! The one table of checks.
//!
//! A check is a query that gives candidates, and a function that says what one of them means. The query decides as far
//! as the catalog does; what rests on figures is judged here, so that it can be tested without a server.

use serde::Deserialize;

use super::facts::Facts;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;

mod access;
mod consistency;
mod index;
mod sequence;
mod upkeep;

/// How bad a finding is. Ordered worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something stops working soon.
    Critical,
    /// Something is wrong, or does not do what it seems to do.
    Warning,
    /// Worth a look: it costs something, or rests on figures that a person has to weigh.
    Notice,
}

impl Severity {
    /// The name in reports: `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// What a check rests on, and so which server can answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestsOn {
    /// The catalog: the same on every server.
    Catalog,
    /// Counters of what this server read.
    Reads,
    /// Counters of everything that was read: what is not used here may be used elsewhere.
    AllReads,
    /// Counters of what was written, which only a primary has.
    Writes,
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// The name on the command line and in reports.
    pub name: &'static str,
    /// The heading for people.
    pub title: &'static str,
    /// The worst severity that it gives.
    pub severity: Severity,
    /// When exactly something is found.
    pub when: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do, and what to think of before.
    pub advice: &'static str,
    /// The query that gives candidates. Two checks may share one.
    pub query: &'static str,
    /// Whether the query may raise or wait, so that it needs a transaction of its own.
    pub apart: bool,
    /// What it rests on.
    pub rests_on: RestsOn,
    /// What a row, as JSON, means.
    pub judge: fn(&str, &Facts) -> Result<Verdict, serde_json::Error>,
}

/// Two checks are the same when their names are.
impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Check {}

/// What a row means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is amiss.
    Fine,
    /// Something is.
    Found(Found),
    /// It could not be seen.
    Undecided {
        /// The object.
        object: String,
        /// Why, and what would help.
        reason: String,
    },
}

/// What is amiss with an object. See [`super::diagnosis::Finding`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How bad it is.
    pub severity: Severity,
    /// The object.
    pub object: String,
    /// What is amiss.
    pub what: String,
    /// Statements to consider.
    pub remedy: Vec<String>,
}

/// Every check, in the order of reports.
pub static CHECKS: &[Check] = &[
    upkeep::WRAPAROUND,
    sequence::NEAR_END,
    index::INVALID,
    index::FOREIGN_KEY,
    index::DUPLICATE,
    consistency::WITHOUT_PRIMARY_KEY,
    consistency::NOT_VALID,
    consistency::DISABLED_TRIGGER,
    consistency::NOT_POPULATED,
    access::POLICY_WITHOUT_RLS,
    access::RLS_WITHOUT_POLICY,
    access::SECURITY_DEFINER,
    upkeep::STALE_STATISTICS,
    upkeep::DEAD_ROWS,
    index::REDUNDANT,
    index::UNUSED,
    index::SEQUENTIAL_SCANS,
    consistency::NOT_CONCURRENTLY,
    upkeep::EXTENSION_BEHIND,
];

/// The check of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

/// Reads a row.
fn read<'a, T: Deserialize<'a>>(row: &'a str) -> Result<T, serde_json::Error> {
    serde_json::from_str(row)
}

/// The full name of something in a schema, for reports: `table/public.users`.
fn object(kind: &str, schema: &str, name: &str) -> String {
    format!("{kind}/{}", QualifiedName::new(schema, name))
}

/// The full name of something on a table: `constraint/public.users.users_pkey`.
fn on_table(kind: &str, schema: &str, table: &str, name: &str) -> String {
    format!("{}.{}", object(kind, schema, table), Identifier::new(name))
}

/// A qualified name for a statement.
fn sql_name(schema: &str, name: &str) -> String {
    quoting::qualified(&QualifiedName::new(schema, name))
}

/// A name for a statement.
fn sql_identifier(name: &str) -> String {
    quoting::identifier(&Identifier::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_titles_are_unique_and_sentences_have_no_loose_ends() {
        let names: std::collections::BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
        let titles: std::collections::BTreeSet<_> = CHECKS.iter().map(|check| check.title).collect();
        assert_eq!((names.len(), titles.len()), (CHECKS.len(), CHECKS.len()));
        for check in CHECKS {
            assert!(check.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", check.name);
            for text in [check.when, check.why, check.advice] {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", check.name);
            }
        }
    }

    #[test]
    fn checks_stand_in_order_of_severity() {
        assert!(CHECKS.is_sorted_by_key(|check| check.severity));
    }
}
