//! What the parse tree of an expression says without knowing any table: its text, and which columns it names.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind, LimitOption, Node, SelectStmt, SetOperation};

use crate::core::definition::{Clause, Definition};
use crate::core::name::{Identifier, NameSet};
use crate::core::sql::column_name::is_star;
use crate::core::sql::effect::Scope;
use crate::core::sql::{keyword, parse};

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
            (reference.fields.len() == 1 && is_plain(name)).then(|| name.to_owned())
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

/// Whether a name is printed as it is, without quotes: by its letters, and because it is no keyword that needs them.
fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|letter| letter.is_ascii_lowercase() || letter == b'_')
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
        && !keyword::needs_quotes(name)
}

/// The expression as the parser's own printer has it.
fn deparsed(expression: &Node) -> Option<String> {
    let target = protobuf::ResTarget { val: Some(Box::new(expression.clone())), ..Default::default() };
    let select = SelectStmt {
        target_list: vec![Node { node: Some(NodeEnum::ResTarget(Box::new(target))) }],
        limit_option: LimitOption::Default.into(),
        op: SetOperation::SetopNone.into(),
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
pub fn columns(expression: &Node, table: &Identifier) -> Option<NameSet> {
    let mut found = Vec::new();
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
                found.push(column);
            }
            other => push_children(other, &mut rest)?,
        }
    }
    Some(found.into_iter().collect())
}

/// The only statement of a text, if it is a SELECT.
#[must_use]
pub fn only_select(tree: &protobuf::ParseResult) -> Option<&SelectStmt> {
    let [statement] = tree.stmts.as_slice() else { return None };
    match statement.stmt.as_ref()?.node.as_ref()? {
        // A length is given where a semicolon ends it.
        NodeEnum::SelectStmt(select) if statement.stmt_len == 0 => Some(select),
        _ => None,
    }
}

/// The expression of a text that is `select EXPRESSION` and nothing else: without a name, and no star.
#[must_use]
pub fn only_expression(tree: &protobuf::ParseResult) -> Option<&Node> {
    let select = only_select(tree)?;
    let [target] = select.target_list.as_slice() else { return None };
    // Whatever else the grammar may ever put into a SELECT shows up as a difference.
    let bare = SelectStmt {
        target_list: select.target_list.clone(),
        limit_option: LimitOption::Default.into(),
        op: SetOperation::SetopNone.into(),
        ..SelectStmt::default()
    };
    match &target.node {
        Some(NodeEnum::ResTarget(target))
            if *select == bare && target.name.is_empty() && target.indirection.is_empty() =>
        {
            target.val.as_deref().filter(|value| !is_star(value))
        }
        _ => None,
    }
}

/// Pushes the expressions inside one. `None` for a node that it does not know.
pub(super) fn push_children<'a>(node: &'a NodeEnum, rest: &mut Vec<&'a Node>) -> Option<()> {
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

/// Whether the text of an expression is a null, with or without a type.
#[must_use]
pub fn is_null(text: &str) -> bool {
    // Of most, the first letters tell.
    if !text
        .trim_start()
        .get(..4)
        .is_some_and(|first| ["null", "cast"].iter().any(|it| first.eq_ignore_ascii_case(it)))
    {
        return false;
    }
    parse::parse(&format!("select {text}"))
        .is_ok_and(|tree| only_expression(&tree).is_some_and(|value| parse::constant(value) == Some(None)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Parses `select EXPRESSION` and hands the expression over.
    pub(in crate::core::sql) fn with_expression<T>(text: &str, read: impl Fn(&Node) -> T) -> T {
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
            "anything < _any1",
            "name = type",
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
            "\"values\" = 1",
            "\"left\" < 1",
            "a$b = 1",
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
}
