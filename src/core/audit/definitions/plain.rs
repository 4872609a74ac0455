//! Defaults that are equal without asking anybody: the same constant, or the same call of a built-in function.
//!
//! Only equality is ever decided here. What is not plainly equal may be so all the same, and is for the server to say.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, SqlValueFunctionOp, a_const::Val};

use crate::core::definition::Definition;
use crate::core::sql::parse;
use crate::core::type_name::TypeName;

/// A default that means the same wherever it stands.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Number(String),
    Text(String),
    Boolean(bool),
    /// A function of `pg_catalog` without arguments.
    Call(String),
    /// `CURRENT_DATE` and its like, with the precision.
    Value(SqlValueFunctionOp, i32),
    /// The next value of a sequence, by its qualified name.
    Sequence(String),
}

/// Whether a declared default is plainly the one whose text the catalog gives, for a column of this (observed) type.
#[must_use]
pub fn is_same(declared: &Definition, observed: &str, data_type: Option<&TypeName>) -> bool {
    // Where pg_catalog is named, something else may come before it and hide what is built in.
    if !may_be_plain(&declared.text) || !may_be_plain(observed) {
        return false;
    }
    let built_in_first = !declared.search_path.iter().any(|schema| schema.as_str() == "pg_catalog");
    let (Some(declared), Some(observed)) = (read(&declared.text, data_type), read(observed, data_type))
    else {
        return false;
    };
    declared == observed && (built_in_first || !matches!(declared, Plain::Call(_)))
}

/// A quick look that spares most texts the parser: whether it begins as a constant does, or is one word or one call.
fn may_be_plain(text: &str) -> bool {
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '\'' | '-' | '(' | '.'))
        || text.starts_with("nextval(")
        || text.starts_with("pg_catalog.nextval(")
        || word(text.strip_suffix("()").unwrap_or(text))
        || word(text.split_once("::").map_or(text, |(constant, _)| constant))
}

fn read(text: &str, data_type: Option<&TypeName>) -> Option<Plain> {
    let tree = parse::parse(&format!("select\n{text}\n")).ok()?;
    let [statement] = tree.stmts.as_slice() else { return None };
    let NodeEnum::SelectStmt(select) = statement.stmt.as_ref()?.node.as_ref()? else { return None };
    let [Node { node: Some(NodeEnum::ResTarget(target)) }] = select.target_list.as_slice() else {
        return None;
    };
    plain(target.val.as_deref()?, data_type)
}

fn plain(node: &Node, data_type: Option<&TypeName>) -> Option<Plain> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) if !constant.isnull => match constant.val.as_ref()? {
            Val::Ival(value) => Some(Plain::Number(value.ival.to_string())),
            Val::Fval(value) => Some(Plain::Number(value.fval.clone())),
            Val::Boolval(value) => Some(Plain::Boolean(value.boolval)),
            Val::Sval(value) => Some(Plain::Text(value.sval.clone())),
            Val::Bsval(_) => None,
        },
        NodeEnum::AExpr(negated) if negated.lexpr.is_none() && parse::strings(&negated.name) == ["-"] => {
            match plain(negated.rexpr.as_deref()?, data_type)? {
                Plain::Number(number) if !number.starts_with('-') => {
                    Some(Plain::Number(format!("-{number}")))
                }
                _ => None,
            }
        }
        // A cast to what the column is anyway.
        NodeEnum::TypeCast(cast) if is_type(cast.type_name.as_ref()?, data_type?) => {
            match plain(cast.arg.as_deref()?, data_type)? {
                constant @ (Plain::Number(_) | Plain::Text(_) | Plain::Boolean(_)) => Some(constant),
                _ => None,
            }
        }
        NodeEnum::SqlvalueFunction(value) => Some(match value.op() {
            SqlValueFunctionOp::SvfopCurrentTimestamp => Plain::Call("now".into()),
            op => Plain::Value(op, value.typmod),
        }),
        NodeEnum::FuncCall(call) => function(call),
        _ => None,
    }
}

fn function(call: &protobuf::FuncCall) -> Option<Plain> {
    let bare = call.agg_order.is_empty()
        && call.agg_filter.is_none()
        && call.over.is_none()
        && !(call.agg_within_group || call.agg_star || call.agg_distinct || call.func_variadic);
    let name = match parse::strings(&call.funcname).as_slice() {
        [name] | ["pg_catalog", name] if bare => (*name).to_owned(),
        _ => return None,
    };
    match call.args.as_slice() {
        [] => Some(Plain::Call(name)),
        [argument] if name == "nextval" => sequence(argument).map(Plain::Sequence),
        _ => None,
    }
}

/// The sequence that `nextval` is given, where its name is qualified.
fn sequence(argument: &Node) -> Option<String> {
    let name = match argument.node.as_ref()? {
        NodeEnum::TypeCast(cast) => {
            let names = parse::strings(&cast.type_name.as_ref()?.names);
            if !matches!(names.as_slice(), ["regclass"] | ["pg_catalog", "regclass"]) {
                return None;
            }
            cast.arg.as_deref()?.node.as_ref()?
        }
        other => other,
    };
    match name {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            Val::Sval(name) if name.sval.contains('.') => Some(name.sval.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a written type is the column's own. A name without a schema is only taken for a built-in type.
fn is_type(written: &protobuf::TypeName, data_type: &TypeName) -> bool {
    let Some(written) = parse::type_name(written) else { return false };
    let built_in = data_type.schema.as_ref().is_none_or(|schema| schema.as_str() == "pg_catalog");
    written.is_same_ignoring_modifier(data_type)
        && (written.modifier.is_none() || written.modifier == data_type.modifier)
        && (written.schema.is_some() || built_in)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::name::Identifier;

    #[test]
    fn constants_and_calls_of_what_is_built_in_are_plainly_equal() {
        let of = |declared: &str, observed: &str, data_type: &str, schemas: &[&str]| {
            let path: Arc<[Identifier]> = schemas.iter().map(|schema| Identifier::new(schema)).collect();
            let data_type = crate::core::kind::format_type::parse(data_type);
            is_same(&Definition::declared(declared.into(), &path), observed, Some(&data_type))
        };
        for (declared, observed, data_type) in [
            ("0", "0", "integer"),
            ("-1.5", "'-1.5'::numeric", "numeric"),
            ("'x'", "'x'::text", "text"),
            ("'x'", "'x'::character varying", "character varying(10)"),
            ("'x'::varchar", "'x'::character varying", "character varying(10)"),
            ("'new'", "'new'::app.status", "app.status"),
            ("true", "true", "boolean"),
            ("now()", "now()", "timestamp with time zone"),
            ("pg_catalog.now()", "CURRENT_TIMESTAMP", "timestamp with time zone"),
            ("CURRENT_DATE", "CURRENT_DATE", "date"),
            ("nextval('app.s'::regclass)", "nextval('app.s'::regclass)", "bigint"),
        ] {
            let equal = of(declared, observed, data_type, &["app"]);
            // A number in quotes may be equal, but that is for the server to say.
            assert_eq!(equal, !observed.starts_with("'-"), "{declared} {observed}");
        }
        for (declared, observed, data_type) in [
            ("0", "1", "integer"),
            ("'x'", "'X'::text", "text"),
            ("'x'", "'x'::app.status", "text"),
            ("'x'::status", "'x'::app.status", "app.status"),
            ("null", "NULL::text", "text"),
            ("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP", "timestamp with time zone"),
            ("now() + '1 day'", "(now() + '1 day'::interval)", "timestamp with time zone"),
            ("app.now()", "app.now()", "timestamp with time zone"),
            ("nextval('s'::regclass)", "nextval('app.s'::regclass)", "bigint"),
            ("f(1)", "f(1)", "integer"),
        ] {
            assert!(!of(declared, observed, data_type, &["app"]), "{declared} {observed}");
        }
        assert!(!of("now()", "now()", "timestamp with time zone", &["app", "pg_catalog"]));
        assert!(of("0", "0", "integer", &["app", "pg_catalog"]));
    }
}
