//! The names that PostgreSQL gives to what has none: to the results of a query, and to the expressions of an index.
//!
//! The source is `FigureColnameInternal` in PostgreSQL's `parse_target.c`.

use pg_query::NodeEnum;
use pg_query::protobuf::a_const::Val;
use pg_query::protobuf::{
    self, AExprKind, MinMaxOp, Node, SelectStmt, SqlValueFunctionOp, SubLinkType, XmlExprOp,
};

use crate::core::kind::view_columns::ViewColumn;
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// What a name is figured out of.
#[derive(Debug, PartialEq, Eq)]
enum Figured {
    /// A name that a cast or a CASE around it does not replace.
    Strong(String),
    /// A name that they do replace.
    Weak(String),
    /// The expression lends no name.
    Nothing,
    /// A name that a cast or a CASE replaces, or none: it depends on the version of the server.
    WeakOrNothing,
    /// It depends on more than the expression: on the version of the server, or on a table.
    NotKnown,
}

/// The name that an index expression lends to the index's column (`FigureIndexColname` in PostgreSQL's
/// `parse_target.c`); `None` where it lends none.
#[must_use]
pub fn of_index(expression: &Node) -> Option<String> {
    match figure(expression) {
        Figured::Strong(name) | Figured::Weak(name) => Some(name),
        Figured::Nothing | Figured::WeakOrNothing | Figured::NotKnown => None,
    }
}

/// The columns of a query's result, as far as its text tells.
#[must_use]
pub fn of_results(query: &SelectStmt) -> Vec<ViewColumn> {
    if let Some(left) = &query.larg {
        return of_results(left);
    }
    if let Some(NodeEnum::List(first)) = query.values_lists.first().and_then(|row| row.node.as_ref()) {
        let name = |number| ViewColumn::Named(Identifier::new(&format!("column{number}")));
        return (1..=first.items.len()).map(name).collect();
    }
    query.target_list.iter().map(of_result).collect()
}

fn of_result(target: &Node) -> ViewColumn {
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return ViewColumn::Several };
    if !target.name.is_empty() {
        return ViewColumn::Named(Identifier::new(&target.name));
    }
    let Some(value) = target.val.as_deref() else { return ViewColumn::Several };
    if is_star(value) {
        return ViewColumn::Several;
    }
    match figure(value) {
        // Until PostgreSQL 13 it was `date_part`.
        Figured::Strong(name) if name == "extract" => ViewColumn::Unnamed,
        Figured::Strong(name) | Figured::Weak(name) => ViewColumn::Named(Identifier::new(&name)),
        Figured::Nothing => ViewColumn::Named(Identifier::new("?column?")),
        Figured::WeakOrNothing | Figured::NotKnown => ViewColumn::Unnamed,
    }
}

/// Whether an expression stands for all columns of something: `*`, `t.*`, `(f(x)).*`.
#[must_use]
pub fn is_star(value: &Node) -> bool {
    let last = match &value.node {
        Some(NodeEnum::ColumnRef(reference)) => reference.fields.last(),
        Some(NodeEnum::AIndirection(part)) => part.indirection.last(),
        _ => None,
    };
    matches!(last.and_then(|node| node.node.as_ref()), Some(NodeEnum::AStar(_)))
}

fn figure(expression: &Node) -> Figured {
    let Some(node) = &expression.node else { return Figured::NotKnown };
    let inner = |node: Option<&Node>| node.map_or(Figured::Nothing, figure);
    let strong = |name: &str| Figured::Strong(name.to_owned());
    let last = |names: &[Node]| parse::strings(names).last().map(|name| (*name).to_owned());
    match node {
        NodeEnum::ColumnRef(it) => last(&it.fields).map_or(Figured::Nothing, Figured::Strong),
        NodeEnum::AIndirection(it) => {
            last(&it.indirection).map_or_else(|| inner(it.arg.as_deref()), Figured::Strong)
        }
        NodeEnum::FuncCall(it) => last(&it.funcname).map_or(Figured::Nothing, Figured::Strong),
        NodeEnum::AExpr(e) if e.kind() == AExprKind::AexprNullif => strong("nullif"),
        NodeEnum::TypeCast(it) => {
            let name = it.type_name.as_ref().and_then(|name| last(&name.names));
            weak_unless_strong(inner(it.arg.as_deref()), name)
        }
        NodeEnum::CollateClause(it) => inner(it.arg.as_deref()),
        NodeEnum::CaseExpr(it) => weak_unless_strong(inner(it.defresult.as_deref()), Some("case".to_owned())),
        NodeEnum::SubLink(link) => figure_sublink(link),
        NodeEnum::AArrayExpr(_) => strong("array"),
        NodeEnum::RowExpr(_) => strong("row"),
        NodeEnum::CoalesceExpr(_) => strong("coalesce"),
        NodeEnum::GroupingFunc(_) => strong("grouping"),
        NodeEnum::MinMaxExpr(it) if it.op() == MinMaxOp::IsGreatest => strong("greatest"),
        NodeEnum::MinMaxExpr(_) => strong("least"),
        NodeEnum::SqlvalueFunction(it) => value_function(it.op()).map_or(Figured::NotKnown, strong),
        NodeEnum::XmlSerialize(_) => strong("xmlserialize"),
        NodeEnum::XmlExpr(it) => xml_function(it.op()).map_or(Figured::Nothing, strong),
        // Until PostgreSQL 14, `true` was the cast of a text to `bool`.
        NodeEnum::AConst(it) if matches!(it.val, Some(Val::Boolval(_))) => Figured::WeakOrNothing,
        NodeEnum::AConst(_)
        | NodeEnum::AExpr(_)
        | NodeEnum::BoolExpr(_)
        | NodeEnum::NullTest(_)
        | NodeEnum::BooleanTest(_)
        | NodeEnum::ParamRef(_)
        | NodeEnum::JsonIsPredicate(_) => Figured::Nothing,
        _ => Figured::NotKnown,
    }
}

fn weak_unless_strong(inner: Figured, weak: Option<String>) -> Figured {
    match (inner, weak) {
        (Figured::Weak(_) | Figured::Nothing | Figured::WeakOrNothing, Some(weak)) => Figured::Weak(weak),
        (inner, _) => inner,
    }
}

/// A query for one value has the name of its one result, a strong one.
fn figure_sublink(link: &protobuf::SubLink) -> Figured {
    let query = link.subselect.as_deref().and_then(|query| query.node.as_ref());
    match (link.sub_link_type(), query) {
        (SubLinkType::ExistsSublink, _) => Figured::Strong("exists".to_owned()),
        (SubLinkType::ArraySublink, _) => Figured::Strong("array".to_owned()),
        (SubLinkType::ExprSublink, Some(NodeEnum::SelectStmt(query))) => match of_results(query).as_slice() {
            [ViewColumn::Named(name)] => Figured::Strong(name.as_str().to_owned()),
            _ => Figured::NotKnown,
        },
        (SubLinkType::AllSublink | SubLinkType::AnySublink | SubLinkType::RowcompareSublink, _) => {
            Figured::Nothing
        }
        _ => Figured::NotKnown,
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

/// `IS DOCUMENT` lends no name.
fn xml_function(op: XmlExprOp) -> Option<&'static str> {
    Some(match op {
        XmlExprOp::IsXmlconcat => "xmlconcat",
        XmlExprOp::IsXmlelement => "xmlelement",
        XmlExprOp::IsXmlforest => "xmlforest",
        XmlExprOp::IsXmlparse => "xmlparse",
        XmlExprOp::IsXmlpi => "xmlpi",
        XmlExprOp::IsXmlroot => "xmlroot",
        XmlExprOp::IsXmlserialize => "xmlserialize",
        XmlExprOp::IsDocument | XmlExprOp::Undefined => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::expression::tests::with_expression;

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
            ("extract(year from a)", Some("extract")),
        ] {
            assert_eq!(with_expression(text, of_index).as_deref(), expected, "{text}");
        }
    }

    /// What real servers say of the same is in `tests/postgres/view_columns.rs`.
    #[test]
    fn results_have_names_as_far_as_the_text_tells() {
        let shown = |text: &str| {
            let tree = parse::parse(text).unwrap();
            let Some(NodeEnum::SelectStmt(query)) = &tree.stmts[0].stmt.as_ref().unwrap().node else {
                panic!("{text} is no SELECT")
            };
            of_results(query).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        for (query, names) in [
            ("select a, t.b, c as \"D\", lower(e) from t", "a b \"D\" lower"),
            ("select *, t.*, (f(a)).*, 1", "* * * \"?column?\""),
            ("select extract(year from a), json_object('a': 1), 1 as x", "? ? x"),
            ("select true, false::text, case when a then b else true end", "? text case"),
            (
                "select (select b from t), (select 1), (select * from t), (values (1))",
                "b \"?column?\" ? column1",
            ),
            ("select a from t union select b from t", "a"),
            ("values (1, 2)", "column1 column2"),
            ("table t", "*"),
            ("with x as (select 1) select y from x", "y"),
            (
                "select not a, a = any (select 1), a in (select 1), xmlelement(name foo)",
                "\"?column?\" \"?column?\" \"?column?\" xmlelement",
            ),
        ] {
            assert_eq!(shown(query), names, "{query}");
        }
    }
}
