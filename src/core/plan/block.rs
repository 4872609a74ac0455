//! What a statement must find when it runs: of a DO block, what its body names in statements that run in any case; of a
//! function, the tables whose types its variables have.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::DoStmt;
use serde_json::Value;

use super::history::Step;
use super::statement::Form;
use crate::core::sql::lex::{Lexer, TokenKind};
use crate::core::sql::mentioned::{Mentioned, Written};
use crate::core::sql::parse;

/// What a statement names. `None` where it cannot be read.
pub(super) fn mentioned(step: &Step) -> Option<Mentioned> {
    if step.traits.form == Form::Block {
        return in_block(step.text());
    }
    let mut mentioned = Mentioned::of(step.text())?;
    mentioned.relations.extend(tables_of_variables(step).into_iter().map(|name| (name, None)));
    Some(mentioned)
}

/// The tables after which a function's variables are declared (`t%ROWTYPE`, `t.a%TYPE`): they are looked up when it is
/// made (`plpgsql_validator` in PostgreSQL's `pl_handler.c`).
fn tables_of_variables(step: &Step) -> BTreeSet<Written> {
    let is_checked =
        step.settings.get("check_function_bodies").is_none_or(|it| !["off", "false", "0"].contains(&&**it));
    if !is_checked || step.traits.form == Form::Block {
        return BTreeSet::new();
    }
    let text = step.text();
    let bodies = Lexer::new(text).filter(|token| token.kind == TokenKind::String);
    let bodies = bodies.filter_map(|token| text.get(token.range)).filter(|body| body.starts_with('$'));
    bodies.flat_map(of_variables).collect()
}

/// The last parts of their names, in lower case, as words are.
pub(super) fn words_of_variables(step: &Step) -> impl Iterator<Item = String> {
    tables_of_variables(step).into_iter().filter_map(|name| Some(name.last()?.to_lowercase()))
}

fn of_variables(body: &str) -> BTreeSet<Written> {
    // Without comments, and with the case that unquoted names have.
    let tokens = Lexer::new(body.trim_matches('$'))
        .filter(|token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment));
    let body = body.trim_matches('$');
    let mut names = BTreeSet::new();
    let mut written: Written = Vec::new();
    let mut in_declaration = false;
    for token in tokens {
        let word = body.get(token.range).unwrap_or_default();
        match token.kind {
            TokenKind::Word if word.eq_ignore_ascii_case("declare") => in_declaration = true,
            TokenKind::Word if word.eq_ignore_ascii_case("begin") => in_declaration = false,
            TokenKind::Word if word.eq_ignore_ascii_case("rowtype") && in_declaration => {
                names.insert(std::mem::take(&mut written));
            }
            TokenKind::Word if word.eq_ignore_ascii_case("type") && in_declaration => {
                written.pop();
                names.insert(std::mem::take(&mut written));
            }
            TokenKind::Word => written = follow(written, word.to_lowercase()),
            TokenKind::QuotedIdentifier => {
                written = follow(written, word.trim_matches('"').replace("\"\"", "\""));
            }
            TokenKind::Other if word == "." => written.push(String::new()),
            TokenKind::Other if word == "%" => {}
            _ => written.clear(),
        }
    }
    names.remove(&Vec::new());
    names
}

/// A dotted name with its next part; a name that stands after no dot is another one.
fn follow(mut written: Written, part: String) -> Written {
    if written.last().is_some_and(String::is_empty) {
        written.pop();
    } else {
        written.clear();
    }
    written.push(part);
    written
}

/// What the body of a DO block names whatever it finds: nothing of what is under a condition, in a loop, or may fail and
/// be caught.
fn in_block(text: &str) -> Option<Mentioned> {
    let tree = parse::parse(text).ok()?;
    let Some(NodeEnum::DoStmt(block)) = &tree.stmts.first()?.stmt.as_ref()?.node else { return None };
    let function = function(block)?;
    let mut mentioned = Mentioned::default();
    in_body(&function["action"]["PLpgSQL_stmt_block"], &mut mentioned);
    Some(mentioned)
}

/// The body of a block, read; `None` where it is not in PL/pgSQL, or cannot be read.
fn function(block: &DoStmt) -> Option<Value> {
    let body = block.args.iter().find_map(|argument| match &argument.node {
        Some(NodeEnum::DefElem(option)) if option.defname == "as" => match &option.arg.as_deref()?.node {
            Some(NodeEnum::String(body)) => Some(&body.sval),
            _ => None,
        },
        _ => None,
    })?;
    parse::parse_plpgsql(body).ok()
}

/// Whether a block commits or rolls back, which it may only outside of a transaction.
pub(super) fn ends_transactions(block: &DoStmt) -> bool {
    let is_said = || {
        let text = format!("{:?}", block.args).to_ascii_lowercase();
        text.contains("commit") || text.contains("rollback")
    };
    let ends =
        |function: Value| says(&function, "PLpgSQL_stmt_commit") || says(&function, "PLpgSQL_stmt_rollback");
    is_said() && function(block).is_some_and(ends)
}

/// Adds what a block names; gives whether what follows it runs in any case.
fn in_body(block: &Value, mentioned: &mut Mentioned) -> bool {
    if !block["exceptions"].is_null() {
        return false;
    }
    for statement in block["body"].as_array().into_iter().flatten() {
        let Some((kind, fields)) = statement.as_object().and_then(|object| object.iter().next()) else {
            return false;
        };
        let text = |field: &str| fields[field]["PLpgSQL_expr"]["query"].as_str().unwrap_or_default();
        match kind.strip_prefix("PLpgSQL_stmt_").unwrap_or(kind) {
            "block" if !in_body(fields, mentioned) => return false,
            "execsql" => add(text("sqlstmt"), mentioned),
            "dynexecute" => in_strings(text("query"), mentioned),
            "loop" => {
                in_body(fields, mentioned);
                if says(fields, "PLpgSQL_stmt_return") || says(fields, "label") {
                    return false;
                }
            }
            "if" | "case" if says(fields, "PLpgSQL_stmt_return") || says(fields, "PLpgSQL_stmt_exit") => {
                return false;
            }
            "while" | "fori" | "fors" | "forc" | "foreach_a" | "dynfors"
                if says(fields, "PLpgSQL_stmt_return") || says(fields, "label") =>
            {
                return false;
            }
            "return" | "exit" => return false,
            _ => {}
        }
    }
    true
}

/// Whether a statement of a kind, or a field, is somewhere inside.
fn says(value: &Value, kind: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| name == kind || says(value, kind)),
        Value::Array(items) => items.iter().any(|item| says(item, kind)),
        _ => false,
    }
}

/// What a statement names, but for one that may find nothing.
fn add(sql: &str, mentioned: &mut Mentioned) {
    let lower = sql.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    if lower.contains("if exists ") {
        return;
    }
    if let Some(Mentioned { relations, with, functions, types, .. }) = Mentioned::of(sql) {
        mentioned.relations.extend(relations);
        mentioned.with.extend(with);
        mentioned.functions.extend(functions);
        mentioned.types.extend(types);
    }
}

/// The relations that EXECUTE of a string names, which need not be known in full: GRANT, REVOKE and ALTER TABLE.
fn in_strings(expression: &str, mentioned: &mut Mentioned) {
    let Some(said) = Mentioned::of(expression) else { return };
    for string in said.strings {
        let string = string.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let (first, rest) = string.split_once(' ').unwrap_or_default();
        let names = match first {
            "grant" | "revoke" => {
                let on = rest.split_once(" on ").map(|(_, on)| on.strip_prefix("table ").unwrap_or(on));
                let ends = [" to ", " from ", " to", " from"];
                on.and_then(|on| ends.iter().find_map(|end| on.split_once(end))).map(|(names, _)| names)
            }
            "alter" => {
                rest.strip_prefix("table ").and_then(|rest| rest.split_once(' ')).map(|(name, _)| name)
            }
            _ => None,
        };
        // Not GRANT ... ON SCHEMA s, ALL TABLES IN ..., ALTER TABLE IF EXISTS.
        let is_name = |name: &&str| {
            !["if", "only"].contains(name)
                && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        };
        for name in names.into_iter().flat_map(|names| names.split(',')).map(str::trim).filter(is_name) {
            let written: Written = name.split('.').map(str::to_owned).collect();
            mentioned.relations.insert((written, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations(body: &str) -> String {
        let mentioned = in_block(&format!("do $$ begin {body} end $$")).unwrap();
        mentioned.relations.iter().map(|(name, _)| name.join(".")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_block_names_what_runs_in_any_case() {
        for (body, expected) in [
            ("update a set x = 1; perform f(); alter table s.b add column y int;", "a s.b"),
            ("if exists (select) then update a set x = 1; end if; update b set x = 1;", "b"),
            ("if exists (select) then return; end if; update b set x = 1;", ""),
            ("begin update a set x = 1; exception when others then null; end;", ""),
            (
                "loop update a set x = 1; if found then exit; end if; update b set x = 1; end loop; update c set x = 1;",
                "a c",
            ),
            ("while f() loop update a set x = 1; exit; end loop; update b set x = 1;", "b"),
            ("drop table if exists a; alter table if exists b add column x int;", ""),
            (
                "execute 'grant all on table s.a to ' || r; execute 'revoke all on b, s.c from ' || r;",
                "b s.a s.c",
            ),
            ("execute 'alter table a add x int'; execute 'alter table ' || b || ' add x int';", "a"),
            ("execute 'grant all on schema a to ' || r; execute format('grant all on %I to x', a);", ""),
            ("execute 'grant all on all tables in schema a to ' || r; execute 'grant all on a_' || r;", ""),
        ] {
            assert_eq!(relations(body), expected, "{body}");
        }
        assert_eq!(
            in_block("do language 'plpgsql' 'begin update a set x = ''1''; end'").unwrap().relations.len(),
            1
        );
        assert_eq!(in_block("do $$ no plpgsql $$"), None);
    }

    #[test]
    fn the_tables_of_variables_are_named_by_a_function() {
        for (body, expected) in [
            (
                "declare r role%ROWTYPE; a S.\"T\".b%type := 1; c int; begin select x % type from u; end",
                "role s.T",
            ),
            ("declare -- r u%rowtype\n b t.a%type; v int = 5 % 2; begin null; end", "t"),
            ("begin return 1; end", ""),
        ] {
            let names: Vec<String> =
                of_variables(&format!("$${body}$$")).iter().map(|name| name.join(".")).collect();
            assert_eq!(names.join(" "), expected, "{body}");
        }
    }
}
