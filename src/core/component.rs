//! The identity of a component: which kind of object, and which one.
//!
//! Identities are the keys of both catalogs. They print as `table/public.users`, `column/public.users.email`,
//! `function/public.total(bigint)`: the form of every report, status and message.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::type_name::TypeName;

/// One component, by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    /// The kind, which also says which form `name` has.
    pub kind: Kind,
    /// The name, resolved: schemas are always there.
    pub name: ComponentName,
}

/// The forms that names take. Ordered so that what hangs on one relation lies side by side in a catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentName {
    /// A name of the database: a schema, an extension.
    Global(Identifier),
    /// A name of a schema: a table, an index, a type, a sequence, a view.
    InSchema(QualifiedName),
    /// A name of a relation: a column, a constraint, a trigger, a policy.
    OnRelation {
        /// The table (or view) it hangs on.
        relation: QualifiedName,
        /// Its own name.
        name: Identifier,
    },
    /// A function or procedure; overloads are told by the types of their input arguments.
    Routine {
        /// Schema and name.
        name: QualifiedName,
        /// The input arguments; `None` means any overload (a requirement by name only).
        arguments: Option<Vec<TypeName>>,
    },
    /// A row of a table, by the constants in its key columns (column, value as text; `None` is null).
    Row {
        /// The table.
        relation: QualifiedName,
        /// The key, in the order of the columns.
        key: Vec<(Identifier, Option<String>)>,
    },
    /// A name that its author chose freely: a query.
    Free(String),
    /// What is said of another object: its owner, its comment, what a role may do with it.
    OnObject {
        /// The object.
        object: Box<ComponentId>,
        /// The role that has privileges; `public` without quotes is PUBLIC. `None` where no role is concerned.
        grantee: Option<Grantee>,
    },
    /// A cast from one type to another.
    Cast {
        /// The type that is cast.
        from: Box<TypeName>,
        /// The type that it becomes.
        to: Box<TypeName>,
    },
    /// An operator class or family: names are told by the access method too.
    ForMethod {
        /// Schema and name.
        name: QualifiedName,
        /// The access method.
        method: Identifier,
    },
    /// What new objects of a role come with.
    DefaultPrivilege {
        /// The role that makes the objects; `None` for the one that runs the statement.
        role: Option<Identifier>,
        /// The schema of the objects; `None` for all.
        schema: Option<Identifier>,
        /// The objects, in the words of SQL: `tables`, `functions`.
        objects: &'static str,
        /// The role that gets privileges.
        grantee: Box<Grantee>,
    },
    /// What a role may do with something that all databases of a server share, and that is no component itself.
    OnShared {
        /// What it is.
        class: Shared,
        /// Its name.
        name: Identifier,
        /// The role that has privileges; boxed, because most names take less room.
        grantee: Box<Grantee>,
    },
    /// That one role is a member of another.
    Membership {
        /// The role.
        role: Identifier,
        /// Its member.
        member: Identifier,
    },
}

/// What all databases of a server share: privileges on it are audited, it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shared {
    /// A database (`pg_database`).
    Database,
    /// A tablespace (`pg_tablespace`).
    Tablespace,
    /// A configuration parameter (`pg_parameter_acl`, from PostgreSQL 15 on).
    Parameter,
}

impl Shared {
    /// The word in identities and in the rows of the catalog's queries.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Tablespace => "tablespace",
            Self::Parameter => "parameter",
        }
    }
}

/// Who has a privilege.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// PUBLIC: every role.
    Public,
    /// One role.
    Role(Identifier),
}

impl ComponentName {
    /// A cast from one type to another.
    #[must_use]
    pub fn cast(from: TypeName, to: TypeName) -> Self {
        Self::Cast { from: Box::new(from), to: Box::new(to) }
    }
}

impl ComponentId {
    /// A schema or an extension.
    #[must_use]
    pub fn global(kind: Kind, name: impl Into<Identifier>) -> Self {
        Self { kind, name: ComponentName::Global(name.into()) }
    }

    /// A table, view, index, type or sequence.
    #[must_use]
    pub fn in_schema(kind: Kind, name: QualifiedName) -> Self {
        Self { kind, name: ComponentName::InSchema(name) }
    }

    /// A column, constraint, trigger or policy.
    #[must_use]
    pub fn on_relation(kind: Kind, relation: QualifiedName, name: impl Into<Identifier>) -> Self {
        Self { kind, name: ComponentName::OnRelation { relation, name: name.into() } }
    }

    /// A function or procedure; `None` for any overload.
    #[must_use]
    pub fn routine(name: QualifiedName, arguments: Option<Vec<TypeName>>) -> Self {
        Self { kind: Kind::Function, name: ComponentName::Routine { name, arguments } }
    }

    /// The relation that this component hangs on, if it hangs on one.
    #[must_use]
    pub fn relation(&self) -> Option<&QualifiedName> {
        match &self.name {
            // A part of a type: an attribute, a domain's constraint.
            ComponentName::OnRelation { .. } if self.kind == Kind::Type => None,
            ComponentName::OnRelation { relation, .. } | ComponentName::Row { relation, .. } => {
                Some(relation)
            }
            ComponentName::OnObject { object, .. } => object.relation_itself(),
            ComponentName::Global(_)
            | ComponentName::InSchema(_)
            | ComponentName::Routine { .. }
            | ComponentName::Cast { .. }
            | ComponentName::ForMethod { .. }
            | ComponentName::DefaultPrivilege { .. }
            | ComponentName::OnShared { .. }
            | ComponentName::Membership { .. }
            | ComponentName::Free(_) => None,
        }
    }

    /// The relation that this component is, or that it hangs on.
    fn relation_itself(&self) -> Option<&QualifiedName> {
        match (&self.name, self.kind) {
            (
                ComponentName::InSchema(name),
                Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView,
            ) => Some(name),
            _ => self.relation(),
        }
    }

    /// The schema that this component lives in, if it lives in one.
    #[must_use]
    pub fn schema(&self) -> Option<&Identifier> {
        match &self.name {
            ComponentName::InSchema(name)
            | ComponentName::Routine { name, .. }
            | ComponentName::ForMethod { name, .. } => Some(&name.schema),
            ComponentName::OnRelation { relation, .. } | ComponentName::Row { relation, .. } => {
                Some(&relation.schema)
            }
            ComponentName::OnObject { object, .. } => match &object.name {
                ComponentName::Global(schema) if object.kind == Kind::Schema => Some(schema),
                _ => object.schema(),
            },
            ComponentName::DefaultPrivilege { schema, .. } => schema.as_ref(),
            ComponentName::Global(_)
            | ComponentName::Cast { .. }
            | ComponentName::OnShared { .. }
            | ComponentName::Membership { .. }
            | ComponentName::Free(_) => None,
        }
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Nothing follows such a name, so that the hyphen that some extensions have needs no quotes to be read.
            Self::Global(name) if Identifier::new(&name.as_str().replace('-', "_")).is_plain() => {
                f.write_str(name.as_str())
            }
            Self::Global(name) => name.fmt(f),
            Self::OnRelation { relation, name } => write!(f, "{relation}.{name}"),
            Self::InSchema(name) | Self::Routine { name, arguments: None } => name.fmt(f),
            Self::Routine { name, arguments: Some(arguments) } => {
                write!(f, "{name}(")?;
                for (position, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Row { relation, key } => {
                write!(f, "{relation}(")?;
                for (position, (column, value)) in key.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    match value {
                        Some(value) => write!(f, "{comma}{column}='{}'", value.replace('\'', "''"))?,
                        None => write!(f, "{comma}{column}=null")?,
                    }
                }
                f.write_str(")")
            }
            Self::Free(name) => f.write_str(name),
            Self::OnObject { object, grantee: None } => object.fmt(f),
            Self::OnObject { object, grantee: Some(grantee) } => write!(f, "{object} to {grantee}"),
            Self::Cast { from, to } => write!(f, "({from} as {to})"),
            Self::ForMethod { name, method } => write!(f, "{name} using {method}"),
            Self::DefaultPrivilege { role, schema, objects, grantee } => {
                if let Some(role) = role {
                    write!(f, "for {role} ")?;
                }
                if let Some(schema) = schema {
                    write!(f, "in {schema} ")?;
                }
                write!(f, "on {objects} to {grantee}")
            }
            Self::OnShared { class, name, grantee } => {
                // The name of a parameter has dots, and nothing of it is folded.
                match class {
                    Shared::Parameter => write!(f, "{}/{}", class.id(), name.as_str())?,
                    Shared::Database | Shared::Tablespace => write!(f, "{}/{name}", class.id())?,
                }
                write!(f, " to {grantee}")
            }
            Self::Membership { role, member } => write!(f, "{role} to {member}"),
        }
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Role(role) => role.fmt(f),
        }
    }
}

impl Serialize for ComponentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_print_as_kind_and_name() {
        let users = QualifiedName::new("public", "users");
        let total = QualifiedName::new("public", "total");
        for (id, printed) in [
            (ComponentId::global(Kind::Extension, "uuid-ossp"), "extension/uuid-ossp"),
            (ComponentId::global(Kind::Schema, "My schema"), "schema/\"My schema\""),
            (ComponentId::in_schema(Kind::Table, users.clone()), "table/public.users"),
            (
                ComponentId::in_schema(Kind::MaterializedView, QualifiedName::new("public", "v")),
                "materialized_view/public.v",
            ),
            (ComponentId::on_relation(Kind::Column, users.clone(), "email"), "column/public.users.email"),
            (ComponentId::routine(total.clone(), None), "function/public.total"),
            (
                ComponentId::routine(
                    total,
                    Some(vec![TypeName::built_in("int8"), TypeName::built_in("text")]),
                ),
                "function/public.total(bigint, text)",
            ),
            (
                ComponentId {
                    kind: Kind::SeedRow,
                    name: ComponentName::Row {
                        relation: users,
                        key: vec![("key".into(), Some("it's".into()))],
                    },
                },
                "seed_row/public.users(key='it''s')",
            ),
        ] {
            assert_eq!(id.to_string(), printed);
        }
    }
}
