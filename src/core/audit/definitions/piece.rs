//! What may be put into a statement: one expression, or one SELECT, that the parser took as exactly that (N8).
//!
//! A text that would end its parentheses early, bring a clause along, or hide a second statement never gets through, so
//! that nothing but EXPLAIN of a SELECT is ever sent. Whoever reads a setting of strings otherwise than the parser
//! (`standard_conforming_strings = off`) must not be sent any.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, SelectStmt, SetOperation};

use super::plan::words;
use crate::core::sql::column_name::is_star;
use crate::core::sql::expression::{only_expression, only_select};
use crate::core::sql::lex::{Lexer, Token, TokenKind};
use crate::core::sql::parse;

/// One expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Its text, which may stand in parentheses on lines of its own.
    pub text: String,
    /// Whether it reads tables: then its normal form is a whole plan.
    pub has_query: bool,
}

/// Takes a text for one expression.
///
/// # Errors
/// Why it is none, in words.
pub fn expression(text: &str) -> Result<Expression, String> {
    let tree = parse::parse(&format!("select\n{text}\n"))?;
    if only_expression(&tree).is_none() {
        return Err("it is not one expression".into());
    }
    Ok(Expression { text: text.to_owned(), has_query: reads_tables(text) })
}

/// Takes a text for one SELECT, and gives it without its semicolon.
///
/// # Errors
/// Why it is none, in words.
pub fn body(text: &str) -> Result<&str, String> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let tree = parse::parse(text)?;
    match only_select(&tree) {
        Some(select) if select.into_clause.is_none() => Ok(text),
        _ => Err("it is not one SELECT".into()),
    }
}

/// The expressions of a list, each as it is written there. `None` where it is no list of expressions.
#[must_use]
pub fn list(text: &str) -> Option<Vec<String>> {
    let sql = format!("select\n{text}\n");
    let tree = parse::parse(&sql).ok()?;
    let start = |target: &Node| match &target.node {
        Some(NodeEnum::ResTarget(target)) => usize::try_from(target.location).ok(),
        _ => None,
    };
    let targets = &only_select(&tree)?.target_list;
    let starts: Vec<usize> =
        targets.iter().map(start).collect::<Option<_>>().filter(|it: &Vec<_>| !it.is_empty())?;
    let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
    let written = starts.iter().zip(ends).map(|(start, end)| match end {
        Some(end) => sql.get(*start..end)?.trim_end().strip_suffix(','),
        None => sql.get(*start..),
    });
    written.map(|text| text.map(|text| text.trim_end().to_owned())).collect()
}

/// The text with other words for `current_setting('app.tenant')`, which raises where nobody has set the parameter, as the
/// application does and this program does not: the planner works it out to estimate how many rows a condition finds
/// (`estimate_expression_value` in PostgreSQL's `clauses.c`). Instead it looks for one that nobody has, and may be missing:
/// `current_setting('app.tenant?', true)`. Setting a value would stay with the session of a pooler.
#[must_use]
pub fn without_settings(text: &str) -> String {
    let of = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
    let is_comment = |token: &Token| matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
    let tokens: Vec<Token> = Lexer::new(text).filter(|token| !is_comment(token)).collect();
    let is_own_schema =
        |position: usize| match position.checked_sub(2).and_then(|from| tokens.get(from..position)) {
            Some([schema, dot]) if of(dot) == "." => !of(schema).eq_ignore_ascii_case("pg_catalog"),
            _ => false,
        };
    let (mut written, mut copied) = (String::with_capacity(text.len()), 0);
    for (position, function) in tokens.iter().enumerate() {
        let Some([open, name, rest @ ..]) = tokens.get(position + 1..) else { break };
        let is_parameter =
            name.kind == TokenKind::String && of(name).starts_with('\'') && of(name).contains('.');
        let is_call = of(function).eq_ignore_ascii_case("current_setting") && open.kind == TokenKind::Open;
        // `::text`, which the catalog prints.
        let after = rest.iter().find(|token| token.kind != TokenKind::Word && of(token) != ":");
        let Some(close) = after.filter(|token| token.kind == TokenKind::Close) else { continue };
        if !is_call || !is_parameter || is_own_schema(position) {
            continue;
        }
        let quote = name.range.end - 1;
        written.push_str(text.get(copied..quote).unwrap_or_default());
        written.push('?');
        written.push_str(text.get(quote..close.range.start).unwrap_or_default());
        written.push_str(", true");
        copied = close.range.start;
    }
    written.push_str(text.get(copied..).unwrap_or_default());
    written
}

/// The condition of the one CREATE TRIGGER that a text is, as `pg_get_triggerdef` prints it.
#[must_use]
pub fn condition(text: &str) -> Option<String> {
    let tree = parse::parse(text).ok()?;
    let [statement] = tree.stmts.as_slice() else { return None };
    match statement.stmt.as_ref()?.node.as_ref()? {
        NodeEnum::CreateTrigStmt(trigger) => {
            crate::core::sql::expression::printed(trigger.when_clause.as_deref()?)
        }
        _ => None,
    }
}

/// How many columns the first ones of a SELECT are, up to a `*`: they can be given other names without knowing a table.
#[must_use]
pub fn leading_columns(text: &str) -> usize {
    let Ok(tree) = parse::parse(text) else { return 0 };
    let Some(mut first) = only_select(&tree) else { return 0 };
    while let Some(left) = &first.larg {
        first = left;
    }
    if let Some(NodeEnum::List(row)) = first.values_lists.first().and_then(|row| row.node.as_ref()) {
        return row.items.len();
    }
    let is_one = |target: &&Node| match &target.node {
        Some(NodeEnum::ResTarget(target)) => target.val.as_deref().is_some_and(|value| !is_star(value)),
        _ => false,
    };
    first.target_list.iter().take_while(is_one).count()
}

/// A SELECT whose UNION branches name their columns by position: a plan shows the names that a branch gives them, which
/// mean nothing (N5). `None` where there is no such branch, or where one cannot be renamed without knowing the tables.
#[must_use]
pub fn with_positional_names(text: &str) -> Option<String> {
    let mut tree = parse::parse(text).ok()?;
    let statement = tree.stmts.first_mut()?.stmt.as_mut()?;
    let Some(NodeEnum::SelectStmt(select)) = &mut statement.node else { return None };
    if select.op() == SetOperation::SetopNone {
        return None;
    }
    rename_branches(select, true)?;
    statement.node.as_ref()?.deparse(pg_query::DeparseOptions::default()).ok()
}

/// The first branch keeps its names: they are those of the whole.
fn rename_branches(select: &mut SelectStmt, first: bool) -> Option<()> {
    if select.op() != SetOperation::SetopNone {
        rename_branches(select.larg.as_deref_mut()?, first)?;
        return rename_branches(select.rarg.as_deref_mut()?, false);
    }
    if first {
        return Some(());
    }
    // What it sorts by may be a name.
    if !select.sort_clause.is_empty() || !select.values_lists.is_empty() {
        return None;
    }
    for (position, target) in select.target_list.iter_mut().enumerate() {
        let Some(NodeEnum::ResTarget(target)) = &mut target.node else { return None };
        if is_star(target.val.as_deref()?) {
            return None;
        }
        target.name = format!("column{}", position + 1);
    }
    Some(())
}

/// Whether an expression holds a query, or might: a column may be called `values`, which costs no more than a plan of its
/// own.
fn reads_tables(text: &str) -> bool {
    words(text).any(|word| matches!(word.to_ascii_lowercase().as_str(), "select" | "values" | "table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n7_a_parameter_of_the_application_may_be_missing() {
        for (text, expected) in [
            ("a = current_setting('app.t')::uuid", "a = current_setting('app.t?', true)::uuid"),
            ("(current_setting('app.t'::text))::uuid", "(current_setting('app.t?'::text, true))::uuid"),
            (
                "pg_catalog.CURRENT_SETTING( 'a.b' ) /* ( */ || current_setting('a.c')",
                "pg_catalog.CURRENT_SETTING( 'a.b?' , true) /* ( */ || current_setting('a.c?', true)",
            ),
        ] {
            assert_eq!(without_settings(text), expected);
            assert!(expression(expected).is_ok());
        }
        for text in [
            "current_setting('work_mem')",
            "current_setting('app.t', true)",
            "current_setting('app.t' || x)",
            "app.current_setting('app.t')",
            "current_setting(name)",
            "current_setting",
            "'current_setting(''app.t'')'",
        ] {
            assert_eq!(without_settings(text), text);
        }
    }

    #[test]
    fn n8_one_expression_is_taken_and_nothing_else() {
        for text in [
            "a > 0",
            "(a + b)::numeric -- why",
            "'it''s; drop table t'",
            "\"odd \"\" name\"",
            "row(a, b)",
            "t.* is null",
            "a in ('table', 'select')",
            "\"select\" > 0",
        ] {
            assert_eq!(expression(text), Ok(Expression { text: text.into(), has_query: false }), "{text}");
        }
        assert!(expression("exists (select 1 from t)").unwrap().has_query);
        assert!(expression("a in (VALUES (1), (2))").unwrap().has_query);
        for text in [
            "",
            "1, 2",
            "1) , (2",
            "a from t",
            "a b",
            "a as b",
            "1; drop table t",
            "1; ",
            "*",
            "t.*",
            "a where true",
            "a order by 1",
            "a limit 1",
            "distinct a",
            "a union select 2",
            "1 /*",
            "'open",
            "a into t",
            "1 for update",
            "$$",
            "a group by a",
            "a having true",
            "a window w as ()",
            "a offset 1",
            "distinct on (a) a",
        ] {
            assert!(expression(text).is_err(), "{text}");
        }
    }

    #[test]
    fn n8_one_select_is_taken_and_nothing_else() {
        for (text, taken) in [
            (" select 1;", "select 1"),
            ("values (1)", "values (1)"),
            ("with a as (select 1) select * from a\n;", "with a as (select 1) select * from a"),
        ] {
            assert_eq!(body(text), Ok(taken));
        }
        for text in
            ["select 1; select 2", "delete from t", "select 1 into t", "", "select 1) v; drop table t; --"]
        {
            assert!(body(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_are_counted_up_to_a_star() {
        for (text, count) in [
            ("select a, 1 + 1 as b, t.*, c from t", 2),
            ("select * from t", 0),
            ("(select a from t) union all select b from u order by 1", 1),
            ("values (1, 2, 3), (4, 5, 6)", 3),
            ("with q as (select 1) select a, b from q", 2),
            ("select (f(a)).* from t", 0),
            ("select", 0),
            ("delete from t", 0),
        ] {
            assert_eq!(leading_columns(text), count, "{text}");
        }
    }

    #[test]
    fn a_list_is_cut_between_its_expressions() {
        for (text, expressions) in [
            ("a", &["a"][..]),
            ("lower(b), (a + 1)", &["lower(b)", "(a + 1)"]),
            ("f(a, ','), (b || ', é'), ROW(a, b)", &["f(a, ',')", "(b || ', é')", "ROW(a, b)"]),
        ] {
            assert_eq!(list(text).unwrap(), expressions);
        }
        for text in ["", "a,", "a; select b"] {
            assert_eq!(list(text), None, "{text}");
        }
    }

    #[test]
    fn a_condition_is_taken_out_of_its_trigger() {
        let text = "CREATE TRIGGER t BEFORE UPDATE ON app.t FOR EACH ROW WHEN ((old.a IS DISTINCT FROM new.a)) EXECUTE FUNCTION app.f()";
        assert_eq!(condition(text).as_deref(), Some("old.a IS DISTINCT FROM new.a"));
        assert_eq!(condition("select 1"), None);
    }

    #[test]
    fn n5_branches_but_the_first_name_their_columns_by_position() {
        assert_eq!(
            with_positional_names("select a as x, b from t union all select c as y, 'z' from u order by x")
                .as_deref(),
            Some("SELECT a AS x, b FROM t UNION ALL SELECT c AS column1, 'z' AS column2 FROM u ORDER BY x")
        );
        assert_eq!(with_positional_names("select 1"), None);
        assert_eq!(with_positional_names("select a from t union select * from u"), None);
    }
}
