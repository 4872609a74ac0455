//! SET, the settings that sessions begin with, and SELECT outside of any other statement.
//!
//! Only `search_path` matters: it says what unqualified names mean.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, VariableSetKind};

use crate::core::name::Identifier;
use crate::core::sql::effect::condition::COMPUTED;
use crate::core::sql::effect::looks::only_looks;
use crate::core::sql::effect::{Condition, Effect, IfExists, Scope, view};
use crate::core::sql::parse;

/// SET and RESET. Settings other than `search_path` change nothing that is audited.
#[must_use]
pub fn effects(statement: &protobuf::VariableSetStmt, scope: &Scope) -> Vec<Effect> {
    let resets_all = statement.kind() == VariableSetKind::VarResetAll;
    if statement.name != "search_path" && !resets_all {
        return Vec::new();
    }
    match statement.kind() {
        VariableSetKind::VarSetValue => search_path(&statement.args),
        VariableSetKind::VarSetCurrent => Vec::new(),
        // To a setting of the database or the role: what names mean where nothing was set.
        _ => vec![back(scope)],
    }
}

/// The path is again what the session began with.
#[must_use]
pub fn back(scope: &Scope) -> Effect {
    Effect::SetSearchPath(scope.path_of_session.to_vec())
}

/// ALTER DATABASE, ROLE or SYSTEM ... SET. That the setting is there is not audited, but what it says of `search_path` is
/// what unqualified names mean in the sessions to come.
#[must_use]
pub fn later(set: Option<&protobuf::VariableSetStmt>, words: &str, scope: &Scope) -> Vec<Effect> {
    let schemas = match set {
        Some(set) if set.name == "search_path" => match set.kind() {
            VariableSetKind::VarSetValue => schemas(&set.args),
            VariableSetKind::VarSetCurrent => scope.search_path.to_vec(),
            // Without it, names mean what they mean anyhow.
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    // Where a text is put together, its parts that are not known name no schema.
    let schemas: Vec<Identifier> =
        schemas.into_iter().filter(|schema| !schema.as_str().contains(COMPUTED)).collect();
    let path = (!schemas.is_empty())
        .then(|| Effect::SetLaterSearchPath { schemas, reason: format!("{words} ... SET search_path") });
    path.into_iter().chain([Effect::NotModelled(words.to_owned())]).collect()
}

/// SET of a path. An empty path leaves what unqualified names mean as it is: what follows qualifies its names.
fn search_path(entries: &[Node]) -> Vec<Effect> {
    let schemas = schemas(entries);
    if schemas.is_empty() { Vec::new() } else { vec![Effect::SetSearchPath(schemas)] }
}

/// The schemas of a path in which objects could be made.
fn schemas(entries: &[Node]) -> Vec<Identifier> {
    let not_ours = ["", "$user", "pg_catalog", "pg_temp"];
    let entries = entries.iter().filter_map(parse::constant).flatten();
    entries.filter(|entry| !not_ours.contains(&entry.as_str())).map(|entry| Identifier::new(&entry)).collect()
}

/// A SELECT that stands alone: `set_config('search_path', ...)` is a SET, `setval` moves a sequence (which is not
/// audited), SELECT INTO makes a table. Constants and columns do nothing; whatever else it calls may do anything.
#[must_use]
pub fn select(statement: &protobuf::SelectStmt, scope: &Scope) -> Vec<Effect> {
    if let Some(relation) = into(statement) {
        let query = NodeEnum::SelectStmt(Box::new(statement.clone()));
        return view::table(relation, Some(&query), &[], IfExists::Refuse, scope);
    }
    if only_looks(&NodeEnum::SelectStmt(Box::new(statement.clone()))) {
        return Vec::new();
    }
    if let Some(call) = only_call(statement) {
        let arguments: Vec<Option<String>> = call.args.iter().filter_map(parse::constant).collect();
        match (parse::strings(&call.funcname).last().copied(), arguments.as_slice()) {
            (Some("set_config"), [Some(name), Some(value), _]) if name == "search_path" => {
                return set_config(value);
            }
            (Some("set_config"), [Some(_), ..]) | (Some("setval"), _) => return Vec::new(),
            (Some(function), _) => return called(statement, &format!("SELECT {function}(...)"), scope),
            (None, _) => {}
        }
    }
    called(statement, "SELECT", scope)
}

/// Calls of functions that may do anything. What may be done with strings among their arguments is told: one that is
/// SQL may be executed, and others may become a part of what is.
fn called(statement: &protobuf::SelectStmt, words: &str, scope: &Scope) -> Vec<Effect> {
    let mut effects = Vec::new();
    let tree = NodeEnum::SelectStmt(Box::new(statement.clone()));
    for (node, ..) in tree.nodes() {
        let pg_query::NodeRef::FuncCall(call) = node else { continue };
        let texts: Vec<String> = call.args.iter().filter_map(argument).collect();
        let executed = texts.iter().flat_map(|text| statements(text, scope)).collect::<Vec<_>>();
        if !executed.is_empty() {
            effects.push(Effect::If {
                condition: Condition::Unknown,
                then: executed,
                otherwise: Vec::new(),
                reason: words.to_owned(),
            });
        }
        effects.push(call_of(call, texts, words));
    }
    effects.push(Effect::NotModelled(words.to_owned()));
    effects
}

fn call_of(call: &protobuf::FuncCall, texts: Vec<String>, words: &str) -> Effect {
    let function = parse::strings(&call.funcname).into_iter().map(str::to_owned).collect();
    Effect::Call { function, texts, reason: words.to_owned() }
}

/// CALL of a procedure.
#[must_use]
pub fn call(statement: &protobuf::CallStmt) -> Vec<Effect> {
    let called = statement.funccall.iter().map(|call| {
        let texts = call.args.iter().filter_map(argument).collect();
        call_of(call, texts, "CALL")
    });
    called.chain([Effect::NotModelled("CALL".into())]).collect()
}

/// An argument that is a string, with a name before it or not.
fn argument(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::NamedArgExpr(named) => argument(named.arg.as_deref()?),
        _ => parse::constant(node).flatten(),
    }
}

/// The effects of a string, if it is SQL that does something.
fn statements(text: &str, scope: &Scope) -> Vec<Effect> {
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    if !["alter", "create", "drop", "grant", "revoke", "comment"].contains(&first.as_str()) {
        return Vec::new();
    }
    let Ok(tree) = parse::parse(text) else { return Vec::new() };
    let effects = tree.stmts.iter().filter_map(|raw| raw.stmt.as_ref());
    let effects = effects.flat_map(|statement| super::effects(statement, scope));
    effects.filter(|effect| !matches!(effect, Effect::NotModelled(_) | Effect::SetSearchPath(_))).collect()
}

/// `set_config('search_path', VALUE, ...)`: the value has the syntax of the SET command's list.
fn set_config(value: &str) -> Vec<Effect> {
    if value.trim().is_empty() {
        return Vec::new();
    }
    let Ok(result) = parse::parse(&format!("set search_path = {value}")) else {
        return vec![Effect::NotModelled("SELECT set_config(...)".into())];
    };
    match result.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref()) {
        Some(NodeEnum::VariableSetStmt(set)) if result.stmts.len() == 1 => search_path(&set.args),
        _ => vec![Effect::NotModelled("SELECT set_config(...)".into())],
    }
}

/// The table of SELECT INTO, which a set operation has in its first branch.
pub(super) fn into(statement: &protobuf::SelectStmt) -> Option<&protobuf::RangeVar> {
    let mut branch = statement;
    loop {
        match (&branch.into_clause, &branch.larg) {
            (Some(into), _) => return into.rel.as_ref(),
            (None, Some(left)) => branch = left,
            (None, None) => return None,
        }
    }
}

/// The function of `SELECT f(...)` with nothing else.
fn only_call(statement: &protobuf::SelectStmt) -> Option<&protobuf::FuncCall> {
    let [target] = statement.target_list.as_slice() else { return None };
    match result_value(target)?.node.as_ref()? {
        NodeEnum::FuncCall(call) => Some(call),
        _ => None,
    }
}

fn result_value(target: &Node) -> Option<&Node> {
    match target.node.as_ref()? {
        NodeEnum::ResTarget(target) => target.val.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::{in_path, of};

    #[test]
    fn the_schemas_of_our_own_in_the_path_are_where_names_are_looked_up() {
        for (sql, schemas) in [
            ("set search_path = crm, public", &["crm", "public"][..]),
            ("set search_path to 'crm'", &["crm"]),
            ("set local search_path = \"$user\", pg_catalog, crm", &["crm"]),
            ("select pg_catalog.set_config('search_path', 'crm, public', false)", &["crm", "public"]),
            ("select set_config('search_path', '\"$user\", CRM', true)", &["crm"]),
        ] {
            let schemas = schemas.iter().map(|schema| Identifier::new(schema)).collect();
            assert_eq!(of(sql), [Effect::SetSearchPath(schemas)], "{sql}");
        }
        assert_eq!(of("set search_path = \"Crm Ü\""), [Effect::SetSearchPath(vec!["Crm Ü".into()])]);
    }

    #[test]
    fn a_path_that_is_taken_back_is_that_of_the_session() {
        for sql in [
            "reset search_path",
            "set search_path to default",
            "set local search_path to default",
            "reset all",
            "discard all",
            "do $$ begin reset search_path; end $$",
        ] {
            assert_eq!(in_path(&["crm"], sql), [Effect::SetSearchPath(vec!["public".into()])], "{sql}");
        }
        for sql in ["discard temp", "discard plans", "reset work_mem"] {
            assert_eq!(in_path(&["crm"], sql), [], "{sql}");
        }
    }

    #[test]
    fn an_empty_path_leaves_the_schema_as_it_is() {
        for sql in [
            "set search_path = ''",
            "set search_path = pg_catalog, pg_temp",
            "select pg_catalog.set_config('search_path', '', false)",
        ] {
            assert_eq!(of(sql), [], "{sql}");
        }
    }

    #[test]
    fn a_setting_of_the_database_or_of_a_role_is_for_sessions_to_come() {
        let later = |sql: &str| match of(sql).as_slice() {
            [Effect::SetLaterSearchPath { schemas, reason }, Effect::NotModelled(words)] => {
                assert_eq!(*reason, format!("{words} ... SET search_path"), "{sql}");
                Some(schemas.iter().map(|schema| schema.as_str().to_owned()).collect::<Vec<_>>())
            }
            [Effect::NotModelled(_)] => None,
            other => panic!("{sql}: {other:?}"),
        };
        for (sql, schemas) in [
            ("alter database d set search_path = crm, \"$user\", pg_catalog, public", &["crm", "public"][..]),
            ("alter role r set search_path to 'crm'", &["crm"]),
            ("alter user r in database d set search_path to crm", &["crm"]),
            ("alter role all set search_path = crm", &["crm"]),
            ("alter system set search_path = crm", &["crm"]),
            ("alter database d set search_path from current", &["public"]),
            (
                "do $$ begin execute format('alter database %I set search_path = crm, public', current_database()); \
                 end $$",
                &["crm", "public"],
            ),
        ] {
            assert_eq!(later(sql).unwrap_or_default(), schemas, "{sql}");
        }
        for sql in [
            "alter database d reset search_path",
            "alter role r set search_path to default",
            "alter role r set search_path = ''",
            "alter database d set work_mem = '1MB'",
            "alter database d reset all",
        ] {
            assert_eq!(later(sql), None, "{sql}");
        }
    }

    #[test]
    fn nothing_else_hides_in_the_value_of_set_config() {
        for value in ["a; drop table t", "from current", "('"] {
            let value = value.replace('\'', "''");
            let effects = of(&format!("select set_config('search_path', '{value}', false)"));
            assert!(!matches!(effects[..], [Effect::Drop { .. }, ..]), "{effects:?}");
            assert!(!matches!(effects[..], [Effect::SetSearchPath(_), ..]), "{value}: {effects:?}");
        }
    }
}
