//! CREATE INDEX.

use pg_query::NodeEnum;
use pg_query::protobuf::{IndexElem, IndexStmt, Node, SortByDir, SortByNulls};

use super::{Effect, IfExists, Scope, parameters};
use crate::core::kind::index::{Index, IndexKey, KeyTarget};
use crate::core::name::{Identifier, NameSet, PartialName};
use crate::core::sql::{column_name as names, expression, generated_name, parse};

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
        parameters: parameters::parameters(&statement.options),
        // ON ONLY a partitioned table: valid once every partition has one of its own. The flag is for children.
        valid: Some(range_var.inh),
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
) -> Option<NameSet> {
    let mut columns = Vec::new();
    for element in keys.iter().chain(included) {
        match element.expr.as_deref() {
            Some(written) => columns.extend(expression::columns(written, table)?),
            None => columns.extend([Identifier::new(&element.name)]),
        }
    }
    if let Some(predicate) = statement.where_clause.as_deref() {
        columns.extend(expression::columns(predicate, table)?);
    }
    Some(columns.into_iter().collect())
}

fn elements(nodes: &[Node]) -> impl Iterator<Item = &IndexElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::IndexElem(element)) => Some(&**element),
        _ => None,
    })
}

/// What a key of an index and a key of PARTITION BY have in common.
pub(super) struct Written<'a> {
    /// The column; empty for an expression.
    pub name: &'a str,
    /// The expression.
    pub expression: Option<&'a Node>,
    /// COLLATE.
    pub collation: &'a [Node],
    /// The operator class.
    pub operator_class: &'a [Node],
}

/// A key without an order of its own.
pub(super) fn key_of(written: &Written<'_>, scope: &Scope) -> IndexKey {
    let (column, collated) = if written.name.is_empty() {
        written.expression.map(bare_column).unwrap_or_default()
    } else {
        (Some(written.name), &[][..])
    };
    let target = match column {
        Some(column) => KeyTarget::Column(Identifier::new(column)),
        None => KeyTarget::Expression(written.expression.and_then(|e| expression::definition(e, scope))),
    };
    let named = |names: &[Node]| PartialName::written(&parse::strings(names));
    IndexKey {
        operator_class: named(written.operator_class),
        collation: named(written.collation).or_else(|| named(collated)),
        ..IndexKey::of(target)
    }
}

pub(super) fn key(element: &IndexElem, scope: &Scope) -> IndexKey {
    let written = Written {
        name: &element.name,
        expression: element.expr.as_deref(),
        collation: &element.collation,
        operator_class: &element.opclass,
    };
    let descending = element.ordering() == SortByDir::SortbyDesc;
    let nulls_first = match element.nulls_ordering() {
        SortByNulls::SortbyNullsFirst => true,
        SortByNulls::SortbyNullsLast => false,
        SortByNulls::SortbyNullsDefault | SortByNulls::Undefined => descending,
    };
    IndexKey {
        descending,
        nulls_first,
        operator_class_parameters: parameters::parameters(&element.opclassopts),
        ..key_of(&written, scope)
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
        element.expr.as_deref().and_then(names::of_index)
    } else {
        Some(element.name.clone())
    }
}
