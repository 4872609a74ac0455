//! Parsing with PostgreSQL's own grammar, and the few things that every reader of a parse tree needs.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::thread::ScopedJoinHandle;

use pg_query::NodeEnum;
use pg_query::protobuf;

use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Scope, built_in_type};
use crate::core::type_name::TypeName;

/// The stack of the thread that parses. Parse trees are decoded and walked recursively: with 64 MiB, thousands of
/// nested expressions fit, and only what is used becomes resident.
const STACK_BYTES: usize = 64 << 20;

thread_local! {
    /// Whether this thread has a big stack.
    static BIG_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a thread with a big stack: this one, if it is one. Whatever holds parse trees must be made and dropped
/// inside.
///
/// # Panics
/// Where `work` panics, and where the system refuses a thread.
#[expect(
    clippy::expect_used,
    reason = "without a thread or with a panic inside there is nothing to go on with"
)]
pub fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if BIG_STACK.get() {
        return work();
    }
    std::thread::scope(|scope| {
        spawn_on_big_stack(scope, work)
            .expect("a thread can be started")
            .join()
            .expect("the parser does not panic")
    })
}

/// Runs `work` beside whatever this thread does, on a thread with a big stack.
///
/// # Errors
/// Where the system refuses a thread.
pub fn spawn_on_big_stack<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> std::io::Result<ScopedJoinHandle<'scope, T>> {
    let thread = std::thread::Builder::new().name("parser".into()).stack_size(STACK_BYTES);
    thread.spawn_scoped(scope, || {
        BIG_STACK.set(true);
        work()
    })
}

/// Parses SQL text, on any number of threads at once: the state of the parser is each thread's own. The error is the
/// server's own message, without a position (the grammar gives none).
pub fn parse(sql: &str) -> Result<protobuf::ParseResult, String> {
    enter();
    match pg_query::parse(sql, pg_query::ParserOptions::default()) {
        Ok(result) => Ok(result.protobuf),
        Err(pg_query::Error::Parse(message)) => Err(message),
        Err(other) => Err(other.to_string()),
    }
}

/// Lets the parser make its state for this thread, one thread after the other: `pg_query_init` in `pg_query.c` of
/// `libpg_query` writes to the only variable of the parser that all threads share, the key under which the state is given
/// back when the thread ends.
fn enter() {
    thread_local! {
        static ENTERED: Cell<bool> = const { Cell::new(false) };
    }
    static FIRST: Mutex<()> = Mutex::new(());
    if !ENTERED.replace(true) {
        let _turn = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = pg_query::parse("", pg_query::ParserOptions::default());
    }
}

/// Parses the body of a DO statement in PL/pgSQL. Gives the parser's own JSON of the function, whose form is
/// `pg_query_json_plpgsql.c` of `libpg_query`; the error is the parser's message.
///
/// Takes no other routine: of a body in standard SQL, debug builds of the parser abort.
pub fn parse_plpgsql(body: &str) -> Result<serde_json::Value, String> {
    let mut tag = "$do$".to_owned();
    while body.contains(tag.trim_end_matches('$')) {
        tag.insert(1, 'x');
    }
    let statement = format!("do {tag}{body}{tag}");
    enter();
    match pg_query::parse_plpgsql(&statement) {
        Ok(functions) => Ok(functions[0]["PLpgSQL_function"].clone()),
        Err(pg_query::Error::Parse(message)) => Err(message),
        Err(other) => Err(other.to_string()),
    }
}

/// The strings of a list of string nodes; other nodes are passed over.
#[must_use]
pub fn strings(nodes: &[protobuf::Node]) -> Vec<&str> {
    nodes
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::String(string)) => Some(string.sval.as_str()),
            _ => None,
        })
        .collect()
}

/// Identifiers from a list of string nodes.
#[must_use]
pub fn identifiers(nodes: &[protobuf::Node]) -> Vec<Identifier> {
    strings(nodes).into_iter().map(Identifier::new).collect()
}

/// The name of a relation, resolved.
#[must_use]
pub fn relation(range_var: &protobuf::RangeVar, scope: &Scope) -> QualifiedName {
    scope.relation(&range_var.schemaname, &range_var.relname)
}

/// A dotted name of an object of this kind that is there by now.
#[must_use]
pub fn named(kind: Kind, names: &[protobuf::Node], scope: &Scope) -> Option<QualifiedName> {
    match strings(names).as_slice() {
        [name] => Some(scope.named(kind, "", name)),
        _ => qualified(names, scope),
    }
}

/// The name of a relation that a statement makes.
#[must_use]
pub fn new_relation(range_var: &protobuf::RangeVar, scope: &Scope) -> QualifiedName {
    scope.resolve(&range_var.schemaname, &range_var.relname)
}

/// A dotted name (`name`, `schema.name`, `database.schema.name`), resolved.
#[must_use]
pub fn qualified(names: &[protobuf::Node], scope: &Scope) -> Option<QualifiedName> {
    match strings(names).as_slice() {
        [name] => Some(scope.resolve("", name)),
        [schema, name] | [_, schema, name] => Some(scope.resolve(schema, name)),
        _ => None,
    }
}

/// A data type. `None` where the SQL does not settle it (`table.column%TYPE`). The array types of the built-in ones have
/// names of their own, which old dumps write: `_int8`.
#[must_use]
pub fn type_name(type_name: &protobuf::TypeName) -> Option<TypeName> {
    if type_name.pct_type {
        return None;
    }
    let (schema, name) = match strings(&type_name.names).as_slice() {
        [name] => (None, Identifier::new(name)),
        [schema, name] | [_, schema, name] => (Some(Identifier::new(schema)), Identifier::new(name)),
        _ => return None,
    };
    let built_in = schema.as_ref().is_none_or(|schema| schema.as_str() == "pg_catalog");
    let element = name.as_str().strip_prefix('_').filter(|name| built_in && built_in_type::is_built_in(name));
    let is_array = element.is_some() || !type_name.array_bounds.is_empty();
    let name = element.map_or(name.clone(), Identifier::new);
    let modifier = match name.as_str() {
        "interval" if built_in => interval_modifier(&type_name.typmods),
        "numeric" | "decimal" if built_in && type_name.typmods.len() == 1 => {
            modifier(&type_name.typmods).map(|precision| format!("{precision},0"))
        }
        "timestamp" | "timestamptz" | "time" | "timetz" if built_in => {
            modifier(&type_name.typmods).map(|precision| microseconds_at_most(&precision))
        }
        _ => modifier(&type_name.typmods),
    };
    Some(TypeName { schema, name, modifier, array: is_array })
}

/// A precision of seconds that is higher than the server keeps is the highest that it does, with a warning
/// (`anytimestamp_typmod_check` in PostgreSQL's `timestamp.c`, `MAX_TIMESTAMP_PRECISION`).
fn microseconds_at_most(precision: &str) -> String {
    match precision.parse::<i64>() {
        Ok(7..) => "6".to_owned(),
        _ => precision.to_owned(),
    }
}

/// The modifiers of a type joined by commas, as `format_type` prints them.
fn modifier(typmods: &[protobuf::Node]) -> Option<String> {
    let texts: Vec<String> = typmods.iter().filter_map(modifier_text).collect();
    if texts.is_empty() { None } else { Some(texts.join(",")) }
}

fn modifier_text(node: &protobuf::Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::AConst(_) => constant(node).flatten(),
        NodeEnum::ColumnRef(column) => Some(strings(&column.fields).join(".")),
        _ => None,
    }
}

/// The fields and precision of an interval. The grammar gives a bit mask of fields (`INTERVAL_MASK` in PostgreSQL's
/// `timestamp.h`) and a precision; all fields are 0x7FFF.
fn interval_modifier(typmods: &[protobuf::Node]) -> Option<String> {
    const MONTH: i64 = 1 << 1;
    const YEAR: i64 = 1 << 2;
    const DAY: i64 = 1 << 3;
    const HOUR: i64 = 1 << 10;
    const MINUTE: i64 = 1 << 11;
    const SECOND: i64 = 1 << 12;
    let mut numbers = typmods.iter().filter_map(modifier_text).filter_map(|text| text.parse::<i64>().ok());
    let (mask, precision) = (numbers.next()?, numbers.next().map(|precision| precision.min(6)));
    let fields = [
        (YEAR, "year"),
        (MONTH, "month"),
        (DAY, "day"),
        (HOUR, "hour"),
        (MINUTE, "minute"),
        (SECOND, "second"),
        (YEAR | MONTH, "year to month"),
        (DAY | HOUR, "day to hour"),
        (DAY | HOUR | MINUTE, "day to minute"),
        (DAY | HOUR | MINUTE | SECOND, "day to second"),
        (HOUR | MINUTE, "hour to minute"),
        (HOUR | MINUTE | SECOND, "hour to second"),
        (MINUTE | SECOND, "minute to second"),
    ];
    let fields = fields.iter().find(|(bits, _)| *bits == mask).map(|(_, words)| *words);
    match (fields, precision) {
        (Some(words), Some(precision)) => Some(format!("{words}({precision})")),
        (Some(words), None) => Some(words.to_owned()),
        (None, Some(precision)) => Some(precision.to_string()),
        (None, None) => None,
    }
}

/// The text of an option: a string, a number or a name.
#[must_use]
pub fn constant_or_string(node: &protobuf::Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::String(string) => Some(string.sval.clone()),
        _ => constant(node).flatten(),
    }
}

/// A constant as text: `Some(Some(text))`, `Some(None)` for null, `None` where the node is no constant. Casts of
/// constants to a type count as the constant; a minus sign before a number belongs to it.
#[must_use]
pub fn constant(node: &protobuf::Node) -> Option<Option<String>> {
    use protobuf::a_const::Val;
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) if constant.isnull => Some(None),
        NodeEnum::AConst(constant) => Some(Some(match constant.val.as_ref()? {
            Val::Ival(value) => value.ival.to_string(),
            Val::Fval(value) => value.fval.clone(),
            Val::Boolval(value) => value.boolval.to_string(),
            Val::Sval(value) => value.sval.clone(),
            Val::Bsval(value) => value.bsval.clone(),
        })),
        NodeEnum::TypeCast(cast) => constant(cast.arg.as_deref()?),
        NodeEnum::AExpr(expression)
            if expression.lexpr.is_none() && strings(&expression.name).as_slice() == ["-"] =>
        {
            let number = constant(expression.rexpr.as_deref()?)??;
            number.starts_with(|c: char| c.is_ascii_digit() || c == '.').then(|| Some(format!("-{number}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The type of `create table t (c TYPE)`, as this program prints it.
    fn printed(type_text: &str) -> String {
        let result = parse(&format!("create table t (c {type_text})")).unwrap();
        let Some(NodeEnum::CreateStmt(create)) = result.stmts[0].stmt.as_ref().unwrap().node.as_ref() else {
            panic!("not a CREATE TABLE")
        };
        let Some(NodeEnum::ColumnDef(column)) = create.table_elts[0].node.as_ref() else {
            panic!("not a column")
        };
        type_name(column.type_name.as_ref().unwrap()).unwrap().to_string()
    }

    #[test]
    fn types_are_read_as_format_type_prints_them() {
        for (written, read) in [
            ("int", "integer"),
            ("decimal(12, 2)", "numeric(12,2)"),
            ("numeric(5)", "numeric(5,0)"),
            ("varchar(255)", "character varying(255)"),
            ("char", "character(1)"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("interval", "interval"),
            ("timestamp(8)", "timestamp(6) without time zone"),
            ("time(9) with time zone", "time(6) with time zone"),
            ("interval(7)", "interval(6)"),
            ("interval(3)", "interval(3)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("interval year to month", "interval year to month"),
            ("text[][]", "text[]"),
            ("_int8", "bigint[]"),
            ("pg_catalog._varchar[]", "character varying[]"),
            ("_status", "_status"),
            ("crm._int8", "crm._int8"),
            ("bit varying(8)", "bit varying(8)"),
            ("crm.status", "crm.status"),
            ("vector(1536)", "vector(1536)"),
        ] {
            assert_eq!(printed(written), read, "{written}");
        }
    }

    #[test]
    fn p4_deep_nesting_is_parsed_on_the_big_stack() {
        let deep = format!("select {}1{}", "(select ".repeat(100), ")".repeat(100));
        assert_eq!(on_big_stack(move || parse(&deep).err()), None);
    }

    #[test]
    fn a_syntax_error_is_the_message_of_the_grammar() {
        assert_eq!(parse("selec 1").unwrap_err(), "syntax error at or near \"selec\"");
    }
}
