//! What happens to rows.

use crate::core::name::Identifier;

/// What happens to rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// Columns get other values.
    Set(Vec<(Identifier, RowValue)>),
    /// They go, and rows of other tables with them where a foreign key says so.
    Delete,
    /// They go, with all rows of the tables that refer to theirs where it says CASCADE.
    Truncate {
        /// CASCADE.
        cascade: bool,
    },
}

/// Which rows of a table a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichRows {
    /// Every row.
    All,
    /// Those that have in each of these columns one of these constants.
    Having(Vec<(Identifier, Vec<Option<String>>)>),
    /// Some, known only to the database.
    Some,
}

/// One value of an inserted row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowValue {
    /// A constant, as text; `None` is null.
    Constant(Option<String>),
    /// DEFAULT, an expression, a function call: known only to the database that runs it.
    Computed,
}
