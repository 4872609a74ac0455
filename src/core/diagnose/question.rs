//! The queries of a diagnosis, scoped to schemas. Every row comes as one JSON text.

use super::check::{CHECKS, Check};
use crate::core::name::Identifier;
use crate::core::sql::place::{as_json, fill};
use crate::core::sql::quoting;

/// The queries that every diagnosis asks; the checks have their own.
pub const FACTS: &str = include_str!("facts.sql");
/// The objects by schema and kind.
pub const OBJECTS: &str = include_str!("objects.sql");
/// The tables with what the catalog knows of their sizes.
pub const SIZES: &str = include_str!("sizes.sql");
/// The sizes on disk: waits for locks, so it runs in a transaction of its own.
pub const EXACT_SIZES: &str = include_str!("exact_sizes.sql");

/// The common tables that `:scope` in a query stands for.
const SCOPE: &str = include_str!("scope.sql");

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// These schemas; empty: all that are not the server's own.
    pub schemas: Vec<Identifier>,
    /// Also what belongs to extensions.
    pub extensions: bool,
    /// Also the name of every object, not only how many there are.
    pub names: bool,
    /// Only these checks, by name; empty: all.
    pub only: Vec<String>,
    /// Not these checks, by name.
    pub skip: Vec<String>,
}

impl Scope {
    /// The checks to make, in the order of the table.
    #[must_use]
    pub fn checks(&self) -> Vec<&'static Check> {
        let wanted = |check: &&Check| {
            (self.only.is_empty() || self.only.iter().any(|name| name == check.name))
                && !self.skip.iter().any(|name| name == check.name)
        };
        CHECKS.iter().filter(wanted).collect()
    }

    /// A query with the scope filled in, without a semicolon; each row is one JSON object as text. What is filled in
    /// is not looked at again: a name may look like a place.
    #[must_use]
    pub fn fill(&self, query: &str) -> String {
        let schemas = quoting::text_array(self.schemas.iter().map(Identifier::as_str));
        let flag = |set| if set { "'t'" } else { "'f'" };
        let places = [
            (":'schemas'", schemas.as_str()),
            (":'extensions'", flag(self.extensions)),
            (":'names'", flag(self.names)),
        ];
        as_json(&fill(&query.replacen(":scope", SCOPE.trim_end(), 1), &places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_queries() -> Vec<&'static str> {
        let own = [FACTS, OBJECTS, SIZES, EXACT_SIZES, SCOPE];
        own.into_iter().chain(CHECKS.iter().map(|check| check.query)).collect()
    }

    /// A query without its comments.
    fn statement(query: &str) -> String {
        let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn s4_every_name_of_a_query_is_qualified() {
        for query in all_queries() {
            let statement = statement(query);
            for (position, _) in statement.match_indices("pg_") {
                let before = &statement[..position];
                let qualified = before.ends_with("pg_catalog.") || before.ends_with('\'');
                assert!(
                    qualified || statement[position..].starts_with("pg_catalog."),
                    "{}",
                    &statement[position..]
                );
            }
        }
    }

    #[test]
    fn queries_say_what_they_are_and_hold_no_backslash() {
        for query in all_queries().into_iter().filter(|query| *query != SCOPE) {
            assert!(query.starts_with("-- ") && query.contains("PostgreSQL 12 to 18."), "{query}");
            assert!(query.ends_with(";\n") && !query.contains('\\'), "{query}");
        }
    }

    #[test]
    fn c1_what_is_asked_in_the_first_message_opens_no_relation() {
        let apart = |query: &str| {
            query == EXACT_SIZES || CHECKS.iter().any(|check| check.apart && check.query == query)
        };
        for query in all_queries().into_iter().filter(|query| !apart(query)) {
            for waits in [
                "pg_get_",
                "_size(",
                "information_schema.",
                "::regclass",
                "pg_sequence_last_value",
                "pg_available",
                "pg_indexes",
                "pg_sequences",
                "pg_partition",
            ] {
                assert!(!statement(query).contains(waits), "{waits} in {query}");
            }
        }
    }

    #[test]
    fn a_name_that_looks_like_a_place_stays_a_name() {
        let scope = Scope { schemas: vec![Identifier::new(":'names'")], ..Scope::default() };
        let sql = scope.fill("-- x\nselect :'schemas', :'names', ':'\n;\n");
        assert!(sql.contains("select '{\":''names''\"}', 'f', ':'"), "{sql}");
    }

    #[test]
    fn checks_are_chosen_by_name() {
        let scope = |only: &[&str], skip: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            Scope { only: owned(only), skip: owned(skip), ..Scope::default() }.checks().len()
        };
        assert_eq!(scope(&[], &[]), CHECKS.len());
        assert_eq!(scope(&["unused-index", "invalid-index"], &["unused-index"]), 1);
    }
}
