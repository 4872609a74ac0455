//! A column that goes under another name, in the expressions over its table.
//!
//! PostgreSQL keeps columns by number, so that after a rename it prints the same expression with the new name. An
//! expression over one table, without a query in it, can be written so without asking anybody.

use pg_query::NodeEnum;
use pg_query::protobuf::ColumnRef;

use super::lex::{Lexer, TokenKind};
use super::{expression, parse, quoting};
use crate::core::name::Identifier;

/// The text of an expression over `table` with the new name of a column, in double quotes, wherever it said the old
/// one. `None` where that cannot be known: a query in it, or a part that is not walked through.
#[must_use]
pub fn renamed(text: &str, table: &Identifier, from: &Identifier, to: &Identifier) -> Option<String> {
    const START: &str = "select\n";
    let mut sql = format!("{START}{text}\n");
    let tree = parse::parse(&sql).ok()?;
    let mut rest = vec![expression::only_expression(&tree)?];
    let mut found = Vec::new();
    while let Some(node) = rest.pop() {
        match node.node.as_ref()? {
            NodeEnum::ColumnRef(reference) => found.extend(place(reference, &sql, table, from)?),
            other => expression::push_children(other, &mut rest)?,
        }
    }
    found.sort_unstable();
    for (start, end) in found.into_iter().rev() {
        sql.replace_range(start..end, &quoting::identifier(to));
    }
    Some(sql.strip_prefix(START)?.strip_suffix('\n')?.to_owned())
}

/// Where a reference says the column: the bytes of its name, if it is this column that it names. Outer `None`: it may
/// be, or it cannot be found in the text.
#[expect(clippy::option_option, reason = "not this column, and not known, are two answers")]
fn place(
    reference: &ColumnRef,
    sql: &str,
    table: &Identifier,
    from: &Identifier,
) -> Option<Option<(usize, usize)>> {
    let start = usize::try_from(reference.location).ok()?;
    let names = parse::strings(&reference.fields);
    let is_row = |name: &str| name == table.as_str() || matches!(name, "old" | "new");
    match names[..] {
        // Of `t.*`, and of the row as a whole, no name is said.
        [name] if reference.fields.len() == 1 => {
            if name == from.as_str() {
                token(sql, start, name).map(Some)
            } else {
                Some(None)
            }
        }
        [row] if is_row(row) => Some(None),
        [row, name] if reference.fields.len() == 2 && is_row(row) => {
            if name != from.as_str() {
                return Some(None);
            }
            let (_, dot) = token(sql, start, row)?;
            sql.get(dot..)?.strip_prefix('.')?;
            token(sql, dot + 1, name).map(Some)
        }
        _ => None,
    }
}

/// The bytes of a name that stands at a place of a text, in quotes or without.
fn token(sql: &str, start: usize, name: &str) -> Option<(usize, usize)> {
    let rest = sql.get(start..)?;
    let token = Lexer::new(rest).next().filter(|token| token.range.start == 0)?;
    let written = rest.get(token.range.clone())?;
    let is_it = match token.kind {
        TokenKind::Word => written.eq_ignore_ascii_case(name),
        TokenKind::QuotedIdentifier => written == format!("\"{}\"", name.replace('"', "\"\"")),
        _ => false,
    };
    is_it.then_some((start, start + token.range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        renamed(text, &Identifier::new("t"), &Identifier::new("a"), &Identifier::new("New \"a\""))
    }

    #[test]
    fn p15_a_renamed_column_has_its_new_name_wherever_the_expression_says_it() {
        for (text, expected) in [
            ("a > 0", r#""New ""a""" > 0"#),
            (
                "lower(a) || 'a' <> b AND \"a\" IS NOT NULL",
                r#"lower("New ""a""") || 'a' <> b AND "New ""a""" IS NOT NULL"#,
            ),
            (
                "t.a > new.a OR old.b IS DISTINCT FROM new.b",
                r#"t."New ""a""" > new."New ""a""" OR old.b IS DISTINCT FROM new.b"#,
            ),
            ("new.* IS DISTINCT FROM old.*", "new.* IS DISTINCT FROM old.*"),
            ("t IS NOT NULL AND a(b) = 'é' || a", r#"t IS NOT NULL AND a(b) = 'é' || "New ""a""""#),
            ("b = (c).a", "b = (c).a"),
        ] {
            assert_eq!(said(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_query_and_a_name_of_another_table_are_left_open() {
        for text in ["a IN (SELECT a FROM u)", "u.a > 0", "public.t.a > 0", "a >", "a, b", ""] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
