//! What a person may start from where no statement of the features makes a component. Never run: a plan shows it as a
//! comment.

use super::look::Look;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::Clause;
use crate::core::kind::{Kind, Shape};
use crate::core::sql::quoting;

/// The lines of a template.
pub(super) fn of(id: &ComponentId, look: &Look<'_>) -> Vec<String> {
    let differences = look.finding(id).map(|finding| finding.differences.as_slice()).unwrap_or_default();
    if !differences.is_empty() {
        let lines = differences.iter().map(|difference| {
            format!("{}: expected {}, actual {}", difference.part, difference.expected, difference.actual)
        });
        return lines.chain(changed(id, look)).collect();
    }
    let shape = look.requirements.components.get(id).map(|requirement| &requirement.shape);
    vec![created(id, shape)]
}

/// What changes the parts of a column that are not as declared.
fn changed(id: &ComponentId, look: &Look<'_>) -> Vec<String> {
    let (Kind::Column, ComponentName::OnRelation { relation, name }) = (id.kind, &id.name) else {
        return Vec::new();
    };
    let Some(Shape::Column(column)) = look.requirements.components.get(id).map(|it| &it.shape) else {
        return Vec::new();
    };
    let Some(finding) = look.finding(id) else { return Vec::new() };
    let start =
        format!("alter table {} alter column {}", quoting::qualified(relation), quoting::identifier(name));
    let line = |part: &str| match part {
        "type" => column.data_type.as_ref().map(|data_type| format!("{start} type {data_type};")),
        "not null" => match column.not_null {
            Some(true) => Some(format!("{start} set not null;")),
            _ => Some(format!("{start} drop not null;")),
        },
        "default" => match &column.default {
            Some(Clause::Defined(Some(definition))) => Some(format!("{start} set default {definition};")),
            Some(Clause::Absent) => Some(format!("{start} drop default;")),
            _ => None,
        },
        _ => None,
    };
    finding.differences.iter().filter_map(|difference| line(difference.part)).collect()
}

fn created(id: &ComponentId, shape: Option<&Shape>) -> String {
    match (&id.name, shape) {
        (ComponentName::OnRelation { relation, name }, Some(Shape::Column(column))) => {
            let data_type = column.data_type.as_ref().map_or_else(|| "TYPE".to_owned(), ToString::to_string);
            let default = match &column.default {
                Some(Clause::Defined(Some(definition))) => {
                    format!(" default {}", operand(&definition.to_string()))
                }
                _ => String::new(),
            };
            let not_null = if column.not_null == Some(true) { " not null" } else { "" };
            format!(
                "alter table {} add column {} {data_type}{default}{not_null};",
                quoting::qualified(relation),
                quoting::identifier(name)
            )
        }
        (ComponentName::OnRelation { relation, name }, _) if id.kind == Kind::Constraint => format!(
            "alter table {} add constraint {} ...;",
            quoting::qualified(relation),
            quoting::identifier(name)
        ),
        (ComponentName::OnRelation { relation, name }, _) => format!(
            "create {} {} on {} ...;",
            words(id.kind),
            quoting::identifier(name),
            quoting::qualified(relation)
        ),
        (ComponentName::Row { relation, key }, _) => {
            let columns: Vec<String> = key.iter().map(|(column, _)| quoting::identifier(column)).collect();
            let values: Vec<String> = key
                .iter()
                .map(|(_, value)| {
                    value
                        .as_deref()
                        .map_or_else(|| "null".to_owned(), |value| quoting::literal(value).trim().to_owned())
                })
                .collect();
            format!(
                "insert into {} ({}, ...) values ({}, ...);",
                quoting::qualified(relation),
                columns.join(", "),
                values.join(", ")
            )
        }
        (ComponentName::OnObject { .. } | ComponentName::OnShared { .. }, _) => {
            format!("{} {} ...;", words(id.kind), id.name)
        }
        (ComponentName::Free(name), _) => format!("make the query {name} return true"),
        _ => format!("create {} {} ...;", words(id.kind), id.name),
    }
}

/// An expression where only a part of the grammar may stand without parentheses (`b_expr` of PostgreSQL's `gram.y`): not
/// `now() AT TIME ZONE 'utc'`.
fn operand(expression: &str) -> String {
    if expression.contains(' ') { format!("({expression})") } else { expression.to_owned() }
}

fn words(kind: Kind) -> String {
    kind.id().replace('_', " ")
}
