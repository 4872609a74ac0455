//! Whether the rows that are there let a plan run: a query for each thing that they could break, asked on request.
//!
//! A query only reads, and predicts the one failure that it is about. Where an earlier statement of the plan changes the
//! rows, or the failure cannot be told by a query, that is said instead.
//!
//! A query reads the rows that PostgreSQL reads: those of the partitions always; those of tables that inherit only for what
//! they inherit (NOT NULL, CHECK, a column), and not where the statement says ONLY or NO INHERIT.

use std::fmt;

use super::Plan;
use super::blocker::Blocker;
use super::preflight::Facts;
use crate::core::name::Identifier;
use crate::core::problem::Position;
use crate::core::sql::parse;

mod query;
mod reading;

use reading::Reading;

/// A check of rows, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCheck {
    /// The statement that the rows could break.
    pub position: Position,
    /// What was checked: `unique key (email) of public.users`.
    pub what: String,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What came of a check of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// No row breaks it.
    Passed,
    /// Some do: there is a blocker.
    Broken,
    /// It could not be checked, for this reason.
    NotChecked(String),
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("no row breaks it"),
            Self::Broken => f.write_str("rows break it"),
            Self::NotChecked(reason) => write!(f, "could not be checked: {reason}"),
        }
    }
}

/// A query about rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataQuestion {
    /// The statement that the rows could break.
    pub position: Position,
    /// What is checked.
    pub what: String,
    /// The schemas of unqualified names in the query.
    pub search_path: Vec<Identifier>,
    /// The query, or why there is none.
    pub query: Result<DataQuery, String>,
}

/// A query, and what it means when it finds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataQuery {
    /// Gives one row with one column: whether rows break the statement.
    pub sql: String,
    /// The name of the blocker.
    pub name: &'static str,
    /// Why it stops the plan.
    pub why: &'static str,
    /// A query that shows the rows.
    pub show: String,
}

/// What to ask about the rows of the tables that a plan changes. `facts` are those of its preflight.
#[must_use]
pub fn questions(plan: &Plan, facts: &Facts) -> Vec<DataQuestion> {
    parse::on_big_stack(|| {
        let columns = reading::columns_made(plan);
        let mut reading = Reading::new(facts);
        for statement in plan.statements() {
            reading.statement(statement, &columns);
        }
        reading.list
    })
}

/// Puts the answers into the plan: whether rows break the statement, or why that is not known.
pub fn conclude(plan: &mut Plan, answers: Vec<(DataQuestion, Result<bool, String>)>) {
    for (question, answer) in answers {
        let DataQuestion { position, what, query, .. } = question;
        let outcome = match (answer, query) {
            (Ok(false), _) => CheckOutcome::Passed,
            (Ok(true), Ok(DataQuery { name, why, show, .. })) => {
                plan.blockers.push(Blocker {
                    name,
                    what: what.clone(),
                    why: why.to_owned(),
                    remedy: format!("put these rows right: {show}"),
                    position: Some(position.clone()),
                    rests_on_role: false,
                });
                CheckOutcome::Broken
            }
            (Ok(true), Err(reason)) | (Err(reason), _) => CheckOutcome::NotChecked(reason),
        };
        plan.checks.push(DataCheck { position, what, outcome });
    }
}

#[cfg(test)]
mod tests;
