//! What a function does: its body.

use super::RoutineSort;
use crate::core::catalog::Row;
use crate::core::kind::aggregate::{Aggregate, AggregateRow};
use crate::core::kind::{Comparison, DecodeError};

/// The body of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A string, compared byte by byte (`pg_proc.prosrc`).
    Text(String),
    /// A function of a library (language C): the file and the symbol in it (`probin`, `prosrc`).
    Library {
        /// The file, as it was written.
        object: String,
        /// The symbol.
        symbol: String,
    },
    /// An SQL-standard body (BEGIN ATOMIC, RETURN): its text is not compared yet.
    SqlStandard,
    /// What an aggregate is made of.
    Aggregate(Box<Aggregate>),
}

impl Body {
    pub(super) fn decode(sort: RoutineSort, row: &Row<'_>) -> Result<Self, DecodeError> {
        Ok(if sort == RoutineSort::Aggregate {
            Self::Aggregate(Box::new(row.json::<AggregateRow>("aggregate")?.into_aggregate()))
        } else if row.boolean("has_sql_body")? {
            Self::SqlStandard
        } else if let Some(object) = row.optional("object")? {
            Self::Library { object: object.to_owned(), symbol: row.text("body")?.to_owned() }
        } else {
            Self::Text(row.text("body")?.to_owned())
        })
    }

    /// Bodies that are strings are compared byte by byte: PostgreSQL keeps them as they were written.
    pub(super) fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        match (self, observed) {
            (Self::Text(expected), Self::Text(actual)) => {
                if let Some((line, expected, actual)) = first_difference(expected, actual) {
                    let start = excerpt_start(expected.unwrap_or_default(), actual.unwrap_or_default());
                    let show = |text: Option<&str>| match text {
                        Some(text) => format!("line {line}: {}", excerpt(text, start)),
                        None => format!("no line {line}"),
                    };
                    comparison.differs("body", show(expected), show(actual));
                }
            }
            (Self::SqlStandard, Self::SqlStandard) => {
                let reason = "a body in standard SQL is not put before the planner";
                comparison.not_compared_because("body", reason);
            }
            (Self::Aggregate(expected), Self::Aggregate(actual)) => expected.compare(actual, comparison),
            // The sort differs already.
            (Self::Aggregate(_), _) | (_, Self::Aggregate(_)) => {}
            (
                Self::Library { object, symbol },
                Self::Library { object: actual_object, symbol: actual_symbol },
            ) => {
                comparison.part("library", Some(object), Some(actual_object), Clone::clone);
                comparison.part("symbol", Some(symbol), Some(actual_symbol), Clone::clone);
            }
            _ => comparison.differs("body", self.sort(), observed.sort()),
        }
    }

    fn sort(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::SqlStandard => "an SQL-standard body",
            Self::Library { .. } => "a symbol of a library",
            Self::Aggregate(_) => "an aggregate",
        }
    }
}

/// The first line, from 1, in which two texts differ, with both versions of it.
fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(usize, Option<&'a str>, Option<&'a str>)> {
    let (mut ones, mut others) = (one.split('\n'), other.split('\n'));
    (1..).map(|line| (line, ones.next(), others.next())).find_map(|(line, one, other)| {
        match (one, other) {
            (None, None) => Some(None),
            _ if one != other => Some(Some((line, one, other))),
            _ => None,
        }
    })?
}

/// The most characters of a line that a message shows.
const EXCERPT: usize = 80;

/// The character from which on to show two lines, so that the place where they differ is seen.
fn excerpt_start(one: &str, other: &str) -> usize {
    let equal = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if equal < EXCERPT * 3 / 4 { 0 } else { equal - EXCERPT / 4 }
}

/// A line in quotes as messages show it, with carriage returns and tabs made visible.
fn excerpt(line: &str, start: usize) -> String {
    let before = if start > 0 { "... " } else { "" };
    let after = if line.chars().nth(start + EXCERPT).is_some() { " ..." } else { "" };
    let shown: String = line.chars().skip(start).take(EXCERPT).collect();
    format!("{before}\"{}\"{after}", shown.replace('\r', "\\r").replace('\t', "\\t"))
}
