//! What a statement failed with, in the server's words and with its place.

use tokio_postgres::error::ErrorPosition;

use crate::core::plan::PlannedStatement;
use crate::core::plan::outcome::{Failure, is_transient};

/// The longest line of a statement that is shown.
const LINE: usize = 160;

/// What the server, or the connection, says of a statement. The server's DETAIL is left out: it quotes rows.
pub(super) fn failure(error: &tokio_postgres::Error, number: usize, statement: &PlannedStatement) -> Failure {
    let mut failure = Failure {
        statement: Some(number),
        position: Some(statement.position.to_string()),
        feature: Some(statement.feature.name.to_string()),
        ..Failure::default()
    };
    let Some(error) = error.as_db_error() else {
        failure.message.push_str("the connection broke while the statement ran");
        failure.hint = Some("run it again: what is there by then is looked at anew".to_owned());
        failure.transient = true;
        return failure;
    };
    let state = error.code().code();
    failure.message.push_str(error.message());
    failure.hint = error.hint().map(str::to_owned).or_else(|| ours(state).map(str::to_owned));
    failure.sqlstate = Some(state.to_owned());
    failure.transient = is_transient(state) || state.starts_with("57P");
    let at = match error.position() {
        Some(ErrorPosition::Original(at)) => usize::try_from(*at).ok(),
        _ => None,
    };
    failure.context = Some(line_of(statement, at));
    failure
}

/// What to do where the server says nothing of it.
fn ours(state: &str) -> Option<&'static str> {
    Some(match state {
        "55P03" => {
            "another session holds a lock for longer than lock_timeout: run it again, or with a longer --lock-timeout"
        }
        "40P01" => "another session and this one waited for each other: run it again",
        "57014" => "it took longer than statement_timeout, or somebody cancelled it: see --statement-timeout",
        "25006" => {
            "the session is read-only: default_transaction_read_only is on for the role, database or server"
        }
        "42501" => "the role lacks a privilege: plan says which GRANT it needs",
        "53100" => "the disk of the server is full",
        "23505" => "rows that are there are not unique",
        "23503" => "rows that are there refer to rows that are not",
        "23502" => "rows that are there have a null",
        "23514" => "rows that are there break the CHECK",
        _ => return None,
    })
}

/// The line of the statement that the server points at, or its first one, with its number in the source. `at` counts
/// characters, from 1.
fn line_of(statement: &PlannedStatement, at: Option<usize>) -> String {
    let text = &statement.text;
    let before = at.map_or(0, |at| text.char_indices().nth(at.saturating_sub(1)).map_or(0, |(byte, _)| byte));
    let nth = text.get(..before).unwrap_or_default().matches('\n').count();
    let line = text.lines().nth(nth).unwrap_or_default().trim();
    let shown: String = line.chars().take(LINE).collect();
    let cut = if shown.len() < line.len() { " ..." } else { "" };
    let number = statement.position.line.saturating_add(u32::try_from(nth).unwrap_or(u32::MAX));
    format!("line {number}: {shown}{cut}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::problem::Position;

    #[test]
    fn the_line_is_the_one_that_the_server_points_at() {
        let statement = PlannedStatement {
            text: "create table ä (\n  a int,\n  b wrong\n)".to_owned(),
            position: Position { source: Arc::from("a.sql"), line: 10 },
            ..PlannedStatement::default()
        };
        let at = statement.text.chars().position(|c| c == 'w').map(|at| at + 1);
        assert_eq!(line_of(&statement, at), "line 12: b wrong");
        assert_eq!(line_of(&statement, None), "line 10: create table ä (");
        assert_eq!(line_of(&statement, Some(9000)), "line 10: create table ä (");
    }
}
