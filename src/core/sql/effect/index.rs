//! CREATE INDEX.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{IndexElem, IndexStmt, Node, SortByDir, SortByNulls};

use super::{Effect, IfExists, Scope};
use crate::core::kind::index::{Index, IndexKey, KeyTarget};
use crate::core::name::Identifier;
use crate::core::sql::{expression, generated_name, parse};

/// The effect of a CREATE INDEX.
#[must_use]
pub fn effects(statement: &IndexStmt, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref() else { return Vec::new() };
    if range_var.schemaname == "pg_temp" {
        return Vec::new();
    }
    let relation = parse::relation(range_var, scope);
    let keys: Vec<&IndexElem> = elements(&statement.index_params).collect();
    let included: Vec<&IndexElem> = elements(&statement.index_including_params).collect();
    let name_parts =
        generated_name::index_columns(keys.iter().chain(&included).map(|element| column_name(element)));
    let method = if statement.access_method.is_empty() { "btree" } else { &statement.access_method };
    let predicate = expression::clause(statement.where_clause.as_deref(), scope);
    let index = Index {
        relation: Some(relation.clone()),
        method: Some(Identifier::new(method)),
        unique: Some(statement.unique),
        nulls_not_distinct: Some(statement.nulls_not_distinct),
        keys: Some(keys.iter().map(|element| key(element, scope)).collect()),
        include: Some(included.iter().map(|element| Identifier::new(&element.name)).collect()),
        predicate: Some(predicate),
        valid: Some(true),
    };
    let name = Some(&statement.idxname).filter(|name| !name.is_empty()).map(|name| Identifier::new(name));
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    let columns = columns(statement, &keys, &included, &relation.name);
    vec![Effect::CreateIndex { relation, name, index, if_exists, name_parts, columns }]
}

/// Every column that the index depends on.
fn columns(
    statement: &IndexStmt,
    keys: &[&IndexElem],
    included: &[&IndexElem],
    table: &Identifier,
) -> Option<BTreeSet<Identifier>> {
    let mut columns = BTreeSet::new();
    for element in keys.iter().chain(included) {
        match element.expr.as_deref() {
            Some(written) => columns.extend(expression::columns(written, table)?),
            None => columns.extend([Identifier::new(&element.name)]),
        }
    }
    if let Some(predicate) = statement.where_clause.as_deref() {
        columns.extend(expression::columns(predicate, table)?);
    }
    Some(columns)
}

fn elements(nodes: &[Node]) -> impl Iterator<Item = &IndexElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::IndexElem(element)) => Some(&**element),
        _ => None,
    })
}

fn key(element: &IndexElem, scope: &Scope) -> IndexKey {
    let (column, collated) = if element.name.is_empty() {
        element.expr.as_deref().map(bare_column).unwrap_or_default()
    } else {
        (Some(element.name.as_str()), &[][..])
    };
    let target = match column {
        Some(column) => KeyTarget::Column(Identifier::new(column)),
        None => KeyTarget::Expression(element.expr.as_deref().and_then(|e| expression::definition(e, scope))),
    };
    let descending = element.ordering() == SortByDir::SortbyDesc;
    let nulls_first = match element.nulls_ordering() {
        SortByNulls::SortbyNullsFirst => true,
        SortByNulls::SortbyNullsLast => false,
        SortByNulls::SortbyNullsDefault | SortByNulls::Undefined => descending,
    };
    let last = |names: &[Node]| parse::strings(names).last().map(|name| Identifier::new(name));
    IndexKey {
        target,
        descending,
        nulls_first,
        operator_class: last(&element.opclass),
        implied_operator_class: None,
        collation: last(&element.collation).or_else(|| last(collated)),
        implied_collation: None,
    }
}

/// The column that a parenthesized key comes down to, and its collation: PostgreSQL takes a column in parentheses, with
/// or without COLLATE, for the column itself (`ComputeIndexAttrs` in `indexcmds.c`).
fn bare_column(expression: &Node) -> (Option<&str>, &[Node]) {
    match &expression.node {
        Some(NodeEnum::CollateClause(clause)) => {
            let (column, inner) = clause.arg.as_deref().map(bare_column).unwrap_or_default();
            if column.is_none() {
                return (None, &[]);
            }
            (column, if clause.collname.is_empty() { inner } else { &clause.collname })
        }
        Some(NodeEnum::ColumnRef(reference)) => (parse::strings(&reference.fields).last().copied(), &[]),
        _ => (None, &[]),
    }
}

/// What an element lends to a made-up name: its column, or what its expression is called.
pub(super) fn column_name(element: &IndexElem) -> Option<String> {
    if element.name.is_empty() {
        element.expr.as_deref().and_then(expression::column_name)
    } else {
        Some(element.name.clone())
    }
}
