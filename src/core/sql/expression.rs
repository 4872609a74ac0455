//! What the parse tree of an expression says without knowing any table: which columns it names, and which name it
//! lends to an index.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind, MinMaxOp, Node, SqlValueFunctionOp, SubLinkType};

use crate::core::definition::{Clause, Definition};
use crate::core::name::Identifier;
use crate::core::sql::effect::Scope;
use crate::core::sql::parse;

/// The expression as a definition, printed from its tree, so that spaces and comments do not make two of one. `None`
/// where the printer gives up.
#[must_use]
pub fn definition(expression: &Node, scope: &Scope) -> Option<Definition> {
    printed(expression).map(|text| Definition::declared(text, &scope.search_path))
}

/// The expression as text. `None` where the printer gives up.
#[must_use]
pub fn printed(expression: &Node) -> Option<String> {
    plain(expression).or_else(|| deparsed(expression))
}

/// The most frequent expressions as the printer of the parser would print them, which takes much longer: a number or a
/// text, a column, a call of a function without arguments, and one comparison of such.
fn plain(expression: &Node) -> Option<String> {
    match expression.node.as_ref()? {
        NodeEnum::AExpr(e) if e.kind() == AExprKind::AexprOp => {
            let [operator @ ("=" | "<" | ">" | "<=" | ">=" | "<>")] = parse::strings(&e.name)[..] else {
                return None;
            };
            let (left, right) = (plain_operand(e.lexpr.as_deref()?)?, plain_operand(e.rexpr.as_deref()?)?);
            Some(format!("{left} {operator} {right}"))
        }
        _ => plain_operand(expression),
    }
}

fn plain_operand(expression: &Node) -> Option<String> {
    use protobuf::a_const::Val;
    match expression.node.as_ref()? {
        NodeEnum::AConst(constant) if !constant.isnull => match constant.val.as_ref()? {
            Val::Ival(value) if value.ival >= 0 => Some(value.ival.to_string()),
            Val::Boolval(value) => Some(value.boolval.to_string()),
            Val::Sval(value) if !value.sval.contains(['\\', '\'']) => Some(format!("'{}'", value.sval)),
            _ => None,
        },
        NodeEnum::ColumnRef(reference) => {
            let [name] = parse::strings(&reference.fields)[..] else { return None };
            (reference.fields.len() == 1 && is_no_word(name)).then(|| name.to_owned())
        }
        NodeEnum::FuncCall(call) => {
            let [name @ ("now" | "gen_random_uuid" | "uuid_generate_v4" | "clock_timestamp")] =
                parse::strings(&call.funcname)[..]
            else {
                return None;
            };
            let is_bare = call.args.is_empty()
                && call.over.is_none()
                && call.agg_filter.is_none()
                && !call.agg_star
                && !call.agg_distinct
                && !call.agg_within_group
                && !call.func_variadic;
            is_bare.then(|| format!("{name}()"))
        }
        _ => None,
    }
}

/// Whether a name is surely no keyword, which may need quotes: it ends as none does, or is one that is often met.
fn is_no_word(name: &str) -> bool {
    const OFTEN: &[&str] =
        &["id", "price", "amount", "quantity", "status", "email", "code", "age", "kind", "rating"];
    let is_plain = Identifier::new(name).is_plain();
    is_plain && (OFTEN.contains(&name) || name.ends_with("_id") || name.ends_with("_at"))
}

/// The expression as the parser's own printer has it.
fn deparsed(expression: &Node) -> Option<String> {
    let target = protobuf::ResTarget { val: Some(Box::new(expression.clone())), ..Default::default() };
    let select = protobuf::SelectStmt {
        target_list: vec![Node { node: Some(NodeEnum::ResTarget(Box::new(target))) }],
        limit_option: protobuf::LimitOption::Default.into(),
        op: protobuf::SetOperation::SetopNone.into(),
        ..Default::default()
    };
    let printed = NodeEnum::SelectStmt(Box::new(select)).deparse(pg_query::DeparseOptions::default()).ok()?;
    printed.strip_prefix("SELECT ").map(str::to_owned)
}

/// A definition that may be left out.
#[must_use]
pub fn clause(expression: Option<&Node>, scope: &Scope) -> Clause {
    expression.map_or(Clause::Absent, |expression| Clause::Defined(definition(expression, scope)))
}

/// The columns that an expression over one table names. `None` where they cannot be found: the expression holds a
/// part that this function does not walk through, or the row as a whole.
#[must_use]
pub fn columns(expression: &Node, table: &Identifier) -> Option<BTreeSet<Identifier>> {
    let mut found = BTreeSet::new();
    let mut rest = vec![expression];
    while let Some(node) = rest.pop() {
        match node.node.as_ref()? {
            NodeEnum::ColumnRef(reference) => {
                let Some(NodeEnum::String(last)) = reference.fields.last()?.node.as_ref() else {
                    return None;
                };
                let column = Identifier::new(&last.sval);
                if reference.fields.len() == 1 && column == *table {
                    return None;
                }
                found.insert(column);
            }
            other => push_children(other, &mut rest)?,
        }
    }
    Some(found)
}

/// Pushes the expressions inside one. `None` for a node that it does not know.
fn push_children<'a>(node: &'a NodeEnum, rest: &mut Vec<&'a Node>) -> Option<()> {
    match node {
        NodeEnum::AConst(_) | NodeEnum::SqlvalueFunction(_) | NodeEnum::String(_) | NodeEnum::AStar(_) => {}
        NodeEnum::AExpr(e) => rest.extend(e.lexpr.as_deref().into_iter().chain(e.rexpr.as_deref())),
        NodeEnum::BoolExpr(e) => rest.extend(&e.args),
        NodeEnum::NullTest(e) => rest.extend(e.arg.as_deref()),
        NodeEnum::BooleanTest(e) => rest.extend(e.arg.as_deref()),
        NodeEnum::FuncCall(e) => {
            rest.extend(&e.args);
            rest.extend(&e.agg_order);
            rest.extend(e.agg_filter.as_deref());
        }
        NodeEnum::NamedArgExpr(e) => rest.extend(e.arg.as_deref()),
        NodeEnum::TypeCast(e) => rest.extend(e.arg.as_deref()),
        NodeEnum::CollateClause(e) => rest.extend(e.arg.as_deref()),
        NodeEnum::CaseExpr(e) => {
            rest.extend(e.arg.as_deref().into_iter().chain(e.defresult.as_deref()));
            rest.extend(&e.args);
        }
        NodeEnum::CaseWhen(e) => rest.extend(e.expr.as_deref().into_iter().chain(e.result.as_deref())),
        NodeEnum::CoalesceExpr(e) => rest.extend(&e.args),
        NodeEnum::MinMaxExpr(e) => rest.extend(&e.args),
        NodeEnum::AArrayExpr(e) => rest.extend(&e.elements),
        NodeEnum::AIndirection(e) => {
            rest.extend(e.arg.as_deref());
            rest.extend(&e.indirection);
        }
        NodeEnum::AIndices(e) => rest.extend(e.lidx.as_deref().into_iter().chain(e.uidx.as_deref())),
        NodeEnum::RowExpr(e) => rest.extend(&e.args),
        NodeEnum::List(e) => rest.extend(&e.items),
        NodeEnum::JsonIsPredicate(e) => rest.extend(e.expr.as_deref()),
        NodeEnum::XmlSerialize(e) => rest.extend(e.expr.as_deref()),
        _ => return None,
    }
    Some(())
}

/// The name that an index expression lends to the index's column (`FigureIndexColname` in PostgreSQL's
/// `parse_target.c`); `None` where it lends none.
#[must_use]
pub fn column_name(expression: &Node) -> Option<String> {
    figure(expression).map(|(name, _)| name)
}

/// A name and whether it is a strong one, which a cast or a CASE around it does not replace.
fn figure(expression: &Node) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match expression.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => strong(parse::strings(&reference.fields).last()?),
        NodeEnum::AIndirection(part) => match parse::strings(&part.indirection).last() {
            Some(field) => strong(field),
            None => figure(part.arg.as_deref()?),
        },
        NodeEnum::FuncCall(call) => strong(parse::strings(&call.funcname).last()?),
        NodeEnum::AExpr(e) if e.kind() == AExprKind::AexprNullif => strong("nullif"),
        NodeEnum::TypeCast(cast) => {
            let inner = cast.arg.as_deref().and_then(figure);
            let type_name =
                || parse::strings(&cast.type_name.as_ref()?.names).last().map(|n| (*n).to_owned());
            weak_unless_strong(inner, type_name())
        }
        NodeEnum::CollateClause(clause) => figure(clause.arg.as_deref()?),
        NodeEnum::CaseExpr(case) => {
            weak_unless_strong(case.defresult.as_deref().and_then(figure), Some("case".to_owned()))
        }
        NodeEnum::SubLink(link) => figure_sublink(link),
        NodeEnum::AArrayExpr(_) => strong("array"),
        NodeEnum::RowExpr(_) => strong("row"),
        NodeEnum::CoalesceExpr(_) => strong("coalesce"),
        NodeEnum::GroupingFunc(_) => strong("grouping"),
        NodeEnum::MinMaxExpr(e) => strong(if e.op() == MinMaxOp::IsGreatest { "greatest" } else { "least" }),
        NodeEnum::SqlvalueFunction(function) => strong(value_function(function.op())?),
        NodeEnum::XmlSerialize(_) => strong("xmlserialize"),
        _ => None,
    }
}

fn weak_unless_strong(inner: Option<(String, bool)>, weak: Option<String>) -> Option<(String, bool)> {
    match (inner, weak) {
        (Some((name, true)), _) => Some((name, true)),
        (_, Some(weak)) => Some((weak, false)),
        (inner, None) => inner,
    }
}

fn figure_sublink(link: &protobuf::SubLink) -> Option<(String, bool)> {
    match link.sub_link_type() {
        SubLinkType::ExistsSublink => Some(("exists".to_owned(), true)),
        SubLinkType::ArraySublink => Some(("array".to_owned(), true)),
        _ => None,
    }
}

fn value_function(op: SqlValueFunctionOp) -> Option<&'static str> {
    use SqlValueFunctionOp as Op;
    Some(match op {
        Op::SvfopCurrentDate => "current_date",
        Op::SvfopCurrentTime | Op::SvfopCurrentTimeN => "current_time",
        Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN => "current_timestamp",
        Op::SvfopLocaltime | Op::SvfopLocaltimeN => "localtime",
        Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN => "localtimestamp",
        Op::SvfopCurrentRole => "current_role",
        Op::SvfopCurrentUser => "current_user",
        Op::SvfopUser => "user",
        Op::SvfopSessionUser => "session_user",
        Op::SvfopCurrentCatalog => "current_catalog",
        Op::SvfopCurrentSchema => "current_schema",
        Op::SqlvalueFunctionOpUndefined => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses `select EXPRESSION` and hands the expression over.
    fn with_expression<T>(text: &str, read: impl Fn(&Node) -> T) -> T {
        let tree = parse::parse(&format!("select {text}")).unwrap();
        let Some(NodeEnum::SelectStmt(select)) = &tree.stmts[0].stmt.as_ref().unwrap().node else {
            panic!("not a SELECT")
        };
        let Some(NodeEnum::ResTarget(target)) = &select.target_list[0].node else { panic!("not a target") };
        read(target.val.as_deref().unwrap())
    }

    #[test]
    fn what_is_printed_here_is_what_the_parser_prints() {
        for text in [
            "0",
            "2147483647",
            "true",
            "false",
            "''",
            "'a b'",
            "now()",
            "price >= 0",
            "user_id <> owner_id",
            "'x' = email",
            "created_at < now()",
            "status = 'Ünïcode'",
        ] {
            let both = with_expression(text, |e| (plain(e), deparsed(e)));
            assert_eq!(both, (Some(text.to_owned()), Some(text.to_owned())));
        }
        for text in [
            "-1",
            "1.5",
            "null",
            "'it''s'",
            r"E'a\\b'",
            "\"order\"",
            "\"Id\"",
            "user",
            "t.id",
            "id + 1",
            "a.now()",
            "now(1)",
            "id = (1)::int",
            "count(*)",
            "x'1f'",
            "id = any (ids)",
            "id between 1 and 2",
            "id is distinct from 1",
            "(id = 1) = true",
            "now() over ()",
            "lower(email)",
        ] {
            assert_eq!(with_expression(text, plain), None, "{text}");
        }
    }

    #[test]
    fn columns_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("a > 0", Some("a")),
            ("1 > 0", Some("")),
            ("t.a between t.b and 3 or s.t.c is null", Some("a b c")),
            ("case d when 1 then coalesce(b, lower(c)) else -a end", Some("a b c d")),
            ("a = any (array[b, c[d]]) and (e).f is not null", Some("a b c d e")),
            ("row(a, b) = (c, greatest(d, e::int)) and f collate \"C\" ~ 'x'", Some("a b c d e f")),
            ("a in (1, b) and (c is true) is distinct from d", Some("a b c d")),
            ("a is json", Some("a")),
            ("t is not null", None),
            ("a = (select 1)", None),
        ] {
            let found = with_expression(text, |e| columns(e, &Identifier::new("t")));
            let found = found.map(|names| names.iter().map(Identifier::as_str).collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_index_expression_lends_the_name_that_postgresql_figures_out() {
        for (text, expected) in [
            ("lower(a)", Some("lower")),
            ("pg_catalog.lower(a)", Some("lower")),
            ("a + 1", None),
            ("a::text", Some("a")),
            ("(a + 1)::text", Some("text")),
            ("(a ->> 'x')::int", Some("int4")),
            ("coalesce(a, 0)", Some("coalesce")),
            ("nullif(a, 0)", Some("nullif")),
            ("case when a then 1 else 2 end", Some("case")),
            ("case when a then 1 else b end", Some("b")),
            ("case when a then 1 end", Some("case")),
            ("greatest(a, b)", Some("greatest")),
            ("array[a]", Some("array")),
            ("a[1]", Some("a")),
            ("(a).b", Some("b")),
            ("current_date", Some("current_date")),
        ] {
            assert_eq!(with_expression(text, column_name).as_deref(), expected, "{text}");
        }
    }
}
