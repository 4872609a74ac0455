//! What is said of another object (its owner, its comment, what a role may do with it): which object that is.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::{DecodeError, Found, Kind, Search, format_type};
use crate::core::name::QualifiedName;
use crate::core::type_name::TypeName;

/// The kinds that are said of other objects.
pub const ABOUT: [Kind; 3] = [Kind::Owner, Kind::Grant, Kind::Comment];

/// The kinds that GRANT ... ON TABLE and ALTER TABLE ... OWNER TO may mean: SQL names them all by one grammar.
pub const RELATIONS: [Kind; 5] =
    [Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView, Kind::Sequence];

/// The object of a row, by the columns `kind`, `schema` (empty for objects of the database), `relation` (null for what
/// does not hang on one), `name` and `arguments`.
pub fn object(row: &Row<'_>) -> Result<ComponentId, DecodeError> {
    let text = row.text("kind")?;
    let kind = Kind::ALL.iter().copied().find(|kind| kind.id() == text);
    let kind = kind.ok_or_else(|| row.unknown_value("kind", text))?;
    let name = match (kind, row.text("schema")?, row.optional("relation")?) {
        (Kind::Function, ..) => {
            let arguments: Vec<String> = row.json_or_default("arguments")?;
            let arguments = arguments.iter().map(|printed| format_type::parse(printed)).collect();
            ComponentName::Routine { name: row.qualified("schema", "name")?, arguments: Some(arguments) }
        }
        (_, "", _) => ComponentName::Global(row.identifier("name")?),
        (_, _, None) => ComponentName::InSchema(row.qualified("schema", "name")?),
        (_, schema, Some(relation)) => ComponentName::OnRelation {
            relation: QualifiedName::new(schema, relation),
            name: row.identifier("name")?,
        },
    };
    Ok(ComponentId { kind, name })
}

/// The identity of what `kind` says of an object.
#[must_use]
pub fn about(kind: Kind, object: ComponentId, grantee: Option<Grantee>) -> ComponentId {
    ComponentId { kind, name: ComponentName::OnObject { object: Box::new(object), grantee } }
}

/// Finds what is said of the object that a statement names: a relation may be of another kind than the statement's
/// words say, and the types of a function's arguments may lack their schema.
#[must_use]
pub fn find(id: &ComponentId, search: &Search<'_>) -> Found {
    if search.catalog.contains(id) {
        return Found::Is(id.clone());
    }
    let ComponentName::OnObject { object, grantee } = &id.name else { return Found::Nothing };
    let found = match &object.name {
        ComponentName::InSchema(_) if object.kind.is_relation() => RELATIONS
            .into_iter()
            .map(|kind| about(id.kind, ComponentId { kind, ..(**object).clone() }, grantee.clone()))
            .find(|candidate| search.catalog.contains(candidate)),
        ComponentName::Routine { name, arguments } => search
            .catalog
            .about_overloads(id.kind, name)
            .find(|(_, observed, of)| *of == grantee && same_arguments(arguments.as_deref(), observed))
            .map(|(candidate, ..)| candidate.clone()),
        _ => None,
    };
    found.map_or(Found::Nothing, Found::Is)
}

fn same_arguments(declared: Option<&[TypeName]>, observed: &[TypeName]) -> bool {
    declared.is_none_or(|declared| {
        declared.len() == observed.len()
            && declared.iter().zip(observed).all(|(one, other)| one.is_same_ignoring_modifier(other))
    })
}
