//! INSERT of constants: the rows that a feature brings along.

use pg_query::NodeEnum;
use pg_query::protobuf::{InsertStmt, Node, OnConflictClause};

use super::{Effect, RowValue, Scope};
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// The effects of an INSERT: its rows, where it lists them. Rows that a query makes are known to the database alone.
#[must_use]
pub fn effects(statement: &InsertStmt, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref() else { return Vec::new() };
    let relation = parse::relation(range_var, scope);
    let not_modelled = |words: &str| vec![Effect::NotModelled(format!("{words} into {relation}"))];
    let Some(source) = statement.select_stmt.as_deref() else {
        return not_modelled("INSERT ... DEFAULT VALUES");
    };
    let Some(NodeEnum::SelectStmt(select)) = &source.node else { return Vec::new() };
    if select.values_lists.is_empty() || statement.with_clause.is_some() || select.with_clause.is_some() {
        return not_modelled("INSERT ... SELECT");
    }
    let rows: Vec<Vec<RowValue>> = select.values_lists.iter().map(row).collect();
    if rows.iter().flatten().all(|value| *value == RowValue::Computed) {
        return not_modelled("INSERT without constants");
    }
    let Some(columns) = columns(&statement.cols) else {
        return not_modelled("INSERT into a part of a column");
    };
    vec![Effect::InsertRows {
        relation,
        columns,
        rows,
        conflict_columns: statement.on_conflict_clause.as_deref().and_then(conflict_columns),
    }]
}

fn row(node: &Node) -> Vec<RowValue> {
    let Some(NodeEnum::List(list)) = &node.node else { return Vec::new() };
    list.items
        .iter()
        .map(|item| parse::constant(item).map_or(RowValue::Computed, RowValue::Constant))
        .collect()
}

/// The named columns, `Some(None)` where none is named; `None` where a field or an element of a column is set.
#[expect(clippy::option_option, reason = "no list of columns and no readable list are different things")]
fn columns(nodes: &[Node]) -> Option<Option<Vec<Identifier>>> {
    if nodes.is_empty() {
        return Some(None);
    }
    let names = nodes.iter().map(|node| match &node.node {
        Some(NodeEnum::ResTarget(target)) if target.indirection.is_empty() => {
            Some(Identifier::new(&target.name))
        }
        _ => None,
    });
    names.collect::<Option<Vec<_>>>().map(Some)
}

/// The columns of ON CONFLICT (...), where all of them are plain columns and the index is not a partial one.
fn conflict_columns(clause: &OnConflictClause) -> Option<Vec<Identifier>> {
    let infer = clause.infer.as_deref().filter(|infer| infer.where_clause.is_none())?;
    let columns = infer.index_elems.iter().map(|node| match &node.node {
        Some(NodeEnum::IndexElem(element)) if !element.name.is_empty() => {
            Some(Identifier::new(&element.name))
        }
        _ => None,
    });
    columns.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
}
