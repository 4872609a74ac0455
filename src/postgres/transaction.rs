//! The text of one message: a transaction that reads and leaves nothing behind.

use std::fmt::Write;
use std::time::Duration;

use crate::core::sql::quoting;

/// What holds in one transaction, and only there (S2).
pub(super) struct Transaction<'a> {
    /// The schemas of unqualified names, temporary tables last (S3, S4).
    pub search_path: &'a str,
    /// The wait for a lock.
    pub lock_timeout: Duration,
    /// The time of one statement.
    pub statement_timeout: Duration,
}

/// The search path of every statement that is this program's own.
pub(super) const PINNED: &str = "pg_catalog, pg_temp";

/// The search path for the user's own SQL.
pub(super) fn search_path_of(schema: &str) -> String {
    format!("{}, pg_temp", quoting::identifier(&schema.into()))
}

/// The settings of a transaction that only explains.
const PLANNING: &str = "set local row_security = on;\n\
     set local max_parallel_workers_per_gather = 0;\n\
     set local geqo = off;\n";

/// What the texts of the catalog depend on besides the search path (D6): one object has one text, whatever the role, the
/// database or the pooler's last client has set. No form is chosen that the server would read differently under another
/// setting, because texts of the catalog are explained later. All of the catalog is looked up by names and identifiers:
/// small catalogs too, which the server would else read whole for each row of another one.
const CATALOG: &str = "set local row_security = off;\n\
     set local quote_all_identifiers = off;\n\
     set local standard_conforming_strings = on;\n\
     set local datestyle = 'ISO';\n\
     set local intervalstyle = 'iso_8601';\n\
     set local timezone = 'UTC';\n\
     set local extra_float_digits = 1;\n\
     set local bytea_output = 'hex';\n\
     set local xmloption = 'content';\n\
     set local enable_seqscan = off;\n";

impl Transaction<'_> {
    /// One simple-protocol message with these statements, in one snapshot (S1), which fits a transaction pooler (V1).
    ///
    /// It has no `BEGIN` and no `COMMIT`: the statements of one message are one transaction anyway, which the server
    /// ends with the message, and rolls back at the first error. So an error leaves no failed transaction open (S5),
    /// several messages can be under way at once, and no session is ever idle in a transaction.
    pub fn message<'a>(&self, statements: impl Iterator<Item = &'a str>) -> String {
        self.message_with("set local row_security = off;\n", statements)
    }

    /// The same for statements that read the catalog, and nothing of the user's.
    pub fn catalog_message<'a>(&self, statements: impl Iterator<Item = &'a str>) -> String {
        self.message_with(CATALOG, statements)
    }

    /// The same for statements that are only explained: with what makes plans depend on nothing but the query and the
    /// tables (N6). Row-level security is left on: it does nothing but add the same conditions to all plans.
    pub fn planning_message<'a>(&self, statements: impl Iterator<Item = &'a str>) -> String {
        self.message_with(PLANNING, statements)
    }

    fn message_with<'a>(&self, settings: &str, statements: impl Iterator<Item = &'a str>) -> String {
        let mut message = format!(
            "set transaction isolation level repeatable read read only;\n\
             set local search_path = {};\n\
             set local lock_timeout = {};\n\
             set local statement_timeout = {};\n\
             {settings}set local jit = off",
            self.search_path,
            milliseconds(self.lock_timeout),
            milliseconds(self.statement_timeout),
        );
        for statement in statements {
            // On a line of its own, so that a comment at the end of a statement does not swallow the separator.
            let _ = write!(message, "\n;\n{statement}");
        }
        message
    }
}

/// For a setting: zero would mean no limit at all.
fn milliseconds(duration: Duration) -> u128 {
    duration.as_millis().clamp(1, i32::MAX as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_s3_every_setting_is_local_and_the_search_path_is_pinned() {
        let message = Transaction {
            search_path: PINNED,
            lock_timeout: Duration::ZERO,
            statement_timeout: Duration::from_secs(3),
        }
        .message(["select 1 -- one", "select 2"].into_iter());
        assert_eq!(
            message,
            "set transaction isolation level repeatable read read only;\n\
             set local search_path = pg_catalog, pg_temp;\n\
             set local lock_timeout = 1;\n\
             set local statement_timeout = 3000;\n\
             set local row_security = off;\n\
             set local jit = off\n;\n\
             select 1 -- one\n;\n\
             select 2"
        );
    }

    #[test]
    fn a_schema_in_the_search_path_is_quoted() {
        assert_eq!(search_path_of("Tenant \"A\""), "\"Tenant \"\"A\"\"\", pg_temp");
    }
}
