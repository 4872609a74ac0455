//! Requirements by name: each name is read by PostgreSQL's own grammar, so that quotes, case folding and length mean
//! what they mean in SQL.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, ObjectType, ScanToken, Token};

use crate::core::component::{ComponentId, ComponentName};
use crate::core::feature::{RequiredQuery, Requires};
use crate::core::kind::extension::Extension;
use crate::core::kind::query::Query;
use crate::core::kind::{Kind, Shape};
use crate::core::name::Identifier;
use crate::core::sql::effect::{Scope, object};
use crate::core::sql::parse;

/// The required components, in the order of the lists, and a sentence for each name that cannot be read.
///
/// Must run on the stack of [`parse::on_big_stack`].
#[must_use]
pub fn required(requires: &Requires, scope: &Scope) -> (Vec<(ComponentId, Shape)>, Vec<String>) {
    // Without `..`: a new list must be read here, or names in it would be required in silence by nobody.
    let Requires {
        schemas,
        extensions,
        types,
        sequences,
        tables,
        columns,
        constraints,
        indexes,
        views,
        materialized_views,
        functions,
        triggers,
        policies,
        queries,
    } = requires;
    let mut found = Found { scope, components: Vec::new(), problems: Vec::new() };
    found.names("schemas", schemas, |name, _| schema(name));
    found.extensions(extensions);
    found.names("types", types, in_schema(Kind::Type));
    found.names("sequences", sequences, in_schema(Kind::Sequence));
    found.names("tables", tables, in_schema(Kind::Table));
    found.names("columns", columns, on_relation(Kind::Column));
    found.names("constraints", constraints, on_relation(Kind::Constraint));
    found.names("indexes", indexes, in_schema(Kind::Index));
    found.names("views", views, in_schema(Kind::View));
    found.names("materializedViews", materialized_views, in_schema(Kind::MaterializedView));
    found.names("functions", functions, function);
    found.names("triggers", triggers, on_relation(Kind::Trigger));
    found.names("policies", policies, on_relation(Kind::Policy));
    found.queries(queries);
    (found.components, found.problems)
}

struct Found<'a> {
    scope: &'a Scope,
    components: Vec<(ComponentId, Shape)>,
    problems: Vec<String>,
}

impl Found<'_> {
    fn names(
        &mut self,
        list: &str,
        names: &[String],
        read: impl Fn(&str, &Scope) -> Result<ComponentId, String>,
    ) {
        for (position, name) in names.iter().enumerate() {
            match read(name, self.scope) {
                Ok(id) => {
                    let shape = Shape::open(id.kind);
                    self.components.push((id, shape));
                }
                Err(reason) => self.problem(list, position, name, &reason),
            }
        }
    }

    fn extensions(&mut self, entries: &[String]) {
        for (position, entry) in entries.iter().enumerate() {
            match extension(entry) {
                Ok((name, version)) => self.components.push((
                    ComponentId::global(Kind::Extension, name),
                    Extension { version, ..Extension::default() }.into(),
                )),
                Err(reason) => self.problem("extensions", position, entry, &reason),
            }
        }
    }

    fn queries(&mut self, queries: &[RequiredQuery]) {
        for (position, query) in queries.iter().enumerate() {
            let RequiredQuery { name, sql } = query;
            let read =
                if name.trim().is_empty() { Err("a query needs a name".to_owned()) } else { select(sql) };
            match read {
                Ok(sql) => self.components.push((
                    ComponentId { kind: Kind::Query, name: ComponentName::Free(name.clone()) },
                    Query { sql: sql.to_owned() }.into(),
                )),
                Err(reason) => self.problem("queries", position, name, &reason),
            }
        }
    }

    fn problem(&mut self, list: &str, position: usize, entry: &str, reason: &str) {
        self.problems.push(format!("requires.{list}[{position}], {entry:?}: {reason}"));
    }
}

/// The object of `comment on OBJECT NAME is null`, the statement with the tightest grammar around a name: nothing
/// else can hide in it.
fn commented(object: &str, name: &str) -> Result<Box<Node>, String> {
    let remedy = "; a name with capitals, spaces or of a reserved word stands in double quotes";
    if name.trim().is_empty() {
        return Err("a name is missing".to_owned());
    }
    if has_comment(name) {
        return Err("a comment is no part of a name".to_owned());
    }
    let result = parse::parse(&format!("comment on {object} {name} is null"))
        .map_err(|message| format!("{}{remedy}", without_frame(&message)))?;
    match result.stmts.into_iter().next().and_then(|raw| raw.stmt?.node) {
        Some(NodeEnum::CommentStmt(comment)) => comment.object.ok_or_else(|| "not a name".to_owned()),
        _ => Err(format!("not a name{remedy}")),
    }
}

/// A message of the parser without what [`commented`] put behind the name.
fn without_frame(message: &str) -> String {
    match message {
        "syntax error at or near \"is\"" | "syntax error at or near \"null\"" => {
            "syntax error at its end".to_owned()
        }
        _ => message.replace(" is null\"", "\""),
    }
}

/// Whether the scanner finds a comment; what it cannot scan, the parser refuses.
fn has_comment(text: &str) -> bool {
    let is_comment = |token: &ScanToken| matches!(token.token(), Token::SqlComment | Token::CComment);
    pg_query::scan(text).is_ok_and(|result| result.tokens.iter().any(is_comment))
}

fn schema(name: &str) -> Result<ComponentId, String> {
    Ok(ComponentId::global(Kind::Schema, global_name("schema", name)?))
}

fn global_name(object: &str, name: &str) -> Result<Identifier, String> {
    match &commented(object, name)?.node {
        Some(NodeEnum::String(string)) => Ok(Identifier::new(&string.sval)),
        _ => Err("not a name".to_owned()),
    }
}

/// `table` stands for whatever has a name of its schema: their names have one grammar.
fn in_schema(kind: Kind) -> impl Fn(&str, &Scope) -> Result<ComponentId, String> {
    move |name, scope| {
        let parts = parts("table", name)?;
        let name = parse::qualified(&parts, scope).ok_or("more than three parts")?;
        Ok(ComponentId::in_schema(kind, name))
    }
}

/// `column` stands for whatever has a name of its relation.
fn on_relation(kind: Kind) -> impl Fn(&str, &Scope) -> Result<ComponentId, String> {
    move |name, scope| {
        let parts = parts("column", name)?;
        let form = || format!("write table.{kind} or schema.table.{kind}");
        let (last, relation) =
            parts.split_last().filter(|(_, relation)| !relation.is_empty()).ok_or_else(form)?;
        let relation = parse::qualified(relation, scope).ok_or_else(form)?;
        let name = parse::identifiers(std::slice::from_ref(last)).pop().ok_or_else(form)?;
        Ok(ComponentId::on_relation(kind, relation, name))
    }
}

fn parts(object: &str, name: &str) -> Result<Vec<Node>, String> {
    match commented(object, name)?.node {
        Some(NodeEnum::List(list)) => Ok(list.items),
        _ => Err("not a name".to_owned()),
    }
}

/// A function or procedure; without parentheses any overload.
fn function(name: &str, scope: &Scope) -> Result<ComponentId, String> {
    let routine = commented("routine", name)?;
    object::component(ObjectType::ObjectRoutine, &routine, scope).ok_or_else(|| "not a function".to_owned())
}

/// Name and least version of an extension. Names like `uuid-ossp` need no quotes here: no other word could follow.
fn extension(entry: &str) -> Result<(Identifier, Option<String>), String> {
    let (name, version) = match entry.split_once(">=") {
        Some((name, version)) => (name.trim(), Some(version.trim())),
        None => (entry.trim(), None),
    };
    if let Some(version) = version {
        let is_version = version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+".contains(c));
        if !is_version {
            return Err("after >= stands a version, such as 0.5.0".to_owned());
        }
    } else if name.contains(['<', '>', '=', '!', '~']) {
        return Err("only >= is understood: vector >= 0.5.0".to_owned());
    }
    let is_hyphenated = name.contains('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !name.contains("--");
    let name = if is_hyphenated { Identifier::new(name) } else { global_name("extension", name)? };
    Ok((name, version.map(str::to_owned)))
}

/// The text of exactly one SELECT, without the semicolon.
fn select(sql: &str) -> Result<&str, String> {
    let result = parse::parse(sql)?;
    let [statement] = result.stmts.as_slice() else {
        return Err(format!("a query is one SELECT, not {} statements", result.stmts.len()));
    };
    match statement.stmt.as_ref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::SelectStmt(select)) if select.into_clause.is_none() => {}
        Some(NodeEnum::SelectStmt(_)) => return Err("a query is a SELECT without INTO".to_owned()),
        _ => return Err("a query is a SELECT; another statement is refused".to_owned()),
    }
    let start = usize::try_from(statement.stmt_location).unwrap_or(0);
    let length = usize::try_from(statement.stmt_len).unwrap_or(0);
    let end = if length == 0 { sql.len() } else { start + length };
    Ok(sql.get(start..end).unwrap_or(sql).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::of("public".into())
    }

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The components, as they print, and the problems.
    fn read(requires: &Requires) -> (Vec<String>, Vec<String>) {
        let (components, problems) = required(requires, &scope());
        (components.iter().map(|(id, _)| id.to_string()).collect(), problems)
    }

    #[test]
    fn each_list_names_components_of_its_kind() {
        let requires = Requires {
            schemas: list(&["crm"]),
            extensions: list(&["vector"]),
            types: list(&["lead_status"]),
            sequences: list(&["invoice_no"]),
            tables: list(&["crm.leads"]),
            columns: list(&["leads.email"]),
            constraints: list(&["crm.leads.leads_pkey"]),
            indexes: list(&["leads_idx"]),
            views: list(&["open_leads"]),
            materialized_views: list(&["totals"]),
            functions: list(&["touch", "total(bigint, text)", "now_utc()"]),
            triggers: list(&["leads.touch"]),
            policies: list(&["leads.own"]),
            queries: vec![RequiredQuery { name: "badges".into(), sql: "select true".into() }],
        };
        let (components, problems) = read(&requires);
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            components,
            [
                "schema/crm",
                "extension/vector",
                "type/public.lead_status",
                "sequence/public.invoice_no",
                "table/crm.leads",
                "column/public.leads.email",
                "constraint/crm.leads.leads_pkey",
                "index/public.leads_idx",
                "view/public.open_leads",
                "materialized_view/public.totals",
                "function/public.touch",
                "function/public.total(bigint, text)",
                "function/public.now_utc()",
                "trigger/public.leads.touch",
                "policy/public.leads.own",
                "query/badges",
            ]
        );
    }

    #[test]
    fn c12_names_are_folded_and_quoted_as_in_sql() {
        let requires = Requires {
            tables: list(&["Leads", "\"Leads\"", "\"جداول\".\"عملاء\"", "\"a.b\".\"c \"\"d\"\"\""]),
            ..Requires::default()
        };
        let (components, problems) = read(&requires);
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            components,
            [
                "table/public.leads",
                "table/public.\"Leads\"",
                "table/\"جداول\".\"عملاء\"",
                "table/\"a.b\".\"c \"\"d\"\"\""
            ]
        );
    }

    #[test]
    fn c13_names_are_cut_at_63_bytes() {
        let (long, exact) = ("a".repeat(70), "a".repeat(63));
        let requires = Requires {
            tables: vec![long.clone(), exact.clone(), format!("\"{}\"", "é".repeat(40))],
            columns: vec![format!("t.{long}")],
            ..Requires::default()
        };
        let (components, _) = read(&requires);
        assert_eq!(components[0], components[1]);
        assert_eq!(components[0], format!("table/public.{exact}"));
        assert_eq!(components[2], format!("table/public.\"{}\"", "é".repeat(31)));
        assert_eq!(components[3], format!("column/public.t.{exact}"));
    }

    #[test]
    fn c14_keywords_are_names_where_sql_takes_them_as_names() {
        let requires = Requires {
            columns: list(&["extension.type", "mode.order"]),
            tables: list(&["order"]),
            ..Requires::default()
        };
        let (components, problems) = read(&requires);
        assert_eq!(components, ["column/public.extension.type", "column/public.mode.order"]);
        assert_eq!(
            problems,
            [
                "requires.tables[0], \"order\": syntax error at or near \"order\"; a name with capitals, spaces or of a \
              reserved word stands in double quotes"
            ]
        );
    }

    #[test]
    fn nothing_but_a_name_is_a_name() {
        for bad in [
            "",
            " ",
            "a b",
            "a; drop table b",
            "a is null --",
            "a is null; select 1 --",
            "a /*",
            "a, b",
            "'a'",
        ] {
            let requires = Requires { tables: list(&[bad]), ..Requires::default() };
            let (components, problems) = read(&requires);
            assert_eq!((components.len(), problems.len()), (0, 1), "{bad}: {components:?}");
            assert!(problems[0].starts_with("requires.tables[0], "), "{problems:?}");
        }
    }

    #[test]
    fn a_column_needs_its_table() {
        let requires = Requires { columns: list(&["email"]), ..Requires::default() };
        assert_eq!(
            read(&requires).1,
            ["requires.columns[0], \"email\": write table.column or schema.table.column"]
        );
    }

    #[test]
    fn extensions_may_ask_for_a_least_version() {
        let entries = ["vector >= 0.5.0", "uuid-ossp", "\"uuid-ossp\">=1.1", "PostGIS"];
        let requires = Requires { extensions: list(&entries), ..Requires::default() };
        let (components, problems) = required(&requires, &scope());
        assert_eq!(problems, [""; 0]);
        let version = |text: &str| Some(text.to_owned());
        for ((id, shape), (name, version)) in components.iter().zip([
            ("vector", version("0.5.0")),
            ("uuid-ossp", None),
            ("uuid-ossp", version("1.1")),
            ("postgis", None),
        ]) {
            assert_eq!(*id, ComponentId::global(Kind::Extension, name));
            assert_eq!(*shape, Extension { version, ..Extension::default() }.into());
        }
    }

    #[test]
    fn other_operators_and_versions_are_refused() {
        for bad in
            ["vector = 0.5", "vector > 0.5", "vector < 1", "vector >=", "vector >= latest", ">= 1", "a--b"]
        {
            let requires = Requires { extensions: list(&[bad]), ..Requires::default() };
            let (components, problems) = read(&requires);
            assert_eq!((components.len(), problems.len()), (0, 1), "{bad}: {components:?}");
        }
    }

    #[test]
    fn a_query_is_one_select() {
        assert_eq!(select(" select 1 > 0 ; "), Ok("select 1 > 0"));
        assert_eq!(select("-- why\nselect true"), Ok("select true"));
        for bad in ["", "select 1; select 2", "delete from t", "select 1 into t", "create table t()", "selec"]
        {
            assert!(select(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_message_quotes_nothing_that_the_author_did_not_write() {
        for name in ["\"open", "f(int", "a.", ""] {
            let message = commented("function", name).unwrap_err();
            assert!(!message.contains("null") && !message.contains("\"is\""), "{name}: {message}");
        }
    }
}
