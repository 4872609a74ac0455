//! Functions and procedures, in the words of `pg_get_functiondef`.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Function;
use crate::core::sql::lex::{Lexer, Token, TokenKind};
use crate::core::sql::syntax_error::is_new_keyword;

/// CREATE FUNCTION or CREATE PROCEDURE.
pub fn function(row: Function) -> Object {
    let Function { oid, schema, name, signature, form, language, definition } = row;
    Object {
        node: Node::new(Class::PgProc, oid),
        words: if form == "p" { "procedure" } else { "function" },
        schema: Some(schema),
        name,
        with: None,
        stage: Stage::Function,
        key: signature,
        text: Text::Statements(vec![for_every_version(definition.trim_end())]),
        after: Vec::new(),
        has_checked_body: !matches!(language.as_str(), "c" | "internal"),
    }
}

/// The definition with those names of parameters in quotes that later versions of PostgreSQL take for keywords:
/// `quote_identifier` in its `ruleutils.c` knows only those of its own version.
fn for_every_version(definition: &str) -> String {
    let text = |token: &Token| definition.get(token.range.clone()).unwrap_or_default();
    let tokens = Lexer::new(definition);
    let head: Vec<Token> = tokens.take_while(|token| !text(token).eq_ignore_ascii_case("language")).collect();
    let mut written = String::with_capacity(definition.len());
    let mut copied = 0;
    for around in head.windows(3) {
        let [before, name, after] = around else { continue };
        let starts = ["(", ",", "IN", "OUT", "INOUT", "VARIADIC"].contains(&text(before));
        let has_type = matches!(after.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
            && !text(after).eq_ignore_ascii_case("default");
        if starts && has_type && name.kind == TokenKind::Word && is_new_keyword(text(name)) {
            written.push_str(definition.get(copied..name.range.start).unwrap_or_default());
            written.push('"');
            written.push_str(text(name));
            written.push('"');
            copied = name.range.end;
        }
    }
    written.push_str(definition.get(copied..).unwrap_or_default());
    written
}

#[cfg(test)]
mod tests {
    use super::for_every_version;

    #[test]
    fn parameters_that_became_keywords_are_quoted() {
        for (definition, expected) in [
            (
                "CREATE OR REPLACE FUNCTION s.json(json json, OUT normalize text, a json, json)\n RETURNS SETOF json\n LANGUAGE sql\nAS $$ (json json) $$",
                "CREATE OR REPLACE FUNCTION s.json(\"json\" json, OUT \"normalize\" text, a json, json)\n RETURNS SETOF json\n LANGUAGE sql\nAS $$ (json json) $$",
            ),
            (
                "CREATE OR REPLACE FUNCTION s.f(json DEFAULT NULL::json, VARIADIC json text[])\n RETURNS TABLE(json \"T\") LANGUAGE sql",
                "CREATE OR REPLACE FUNCTION s.f(json DEFAULT NULL::json, VARIADIC \"json\" text[])\n RETURNS TABLE(\"json\" \"T\") LANGUAGE sql",
            ),
        ] {
            let quoted = for_every_version(definition);
            assert_eq!(quoted, expected);
            assert!(crate::core::sql::parse::parse(&quoted).is_ok(), "{quoted}");
            assert_eq!(for_every_version(&quoted), quoted);
        }
    }
}
