//! What the server says of what a plan needs: the rows of the queries beside this file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::super::need::Object;
use crate::core::name::{Identifier, QualifiedName};

/// The answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// `server.sql`.
    pub server: Server,
    /// `schemas.sql`, by name.
    pub schemas: BTreeMap<Identifier, Schema>,
    /// `relations.sql`, by name.
    pub relations: BTreeMap<QualifiedName, Relation>,
    /// `objects.sql`.
    pub objects: Vec<ObjectRow>,
    /// `names.sql`: form, schema, name.
    pub names: BTreeSet<(String, String, String)>,
    /// `roles.sql`: whether the role is a member, by name.
    pub roles: BTreeMap<Identifier, bool>,
    /// `places.sql`, by form and name.
    pub places: BTreeMap<(String, Identifier), Place>,
    /// `shared.sql` and `parameters.sql`: the privileges that the role may pass on, by class and name.
    pub shared: BTreeMap<(String, Identifier), Vec<String>>,
    /// `installed.sql`.
    pub installed: BTreeSet<Identifier>,
    /// `extensions.sql`, or why the server did not say.
    pub extensions: Available,
    /// The tables that hold no row, of those that may hold none: seen by a query.
    pub empty: BTreeSet<QualifiedName>,
}

/// The versions of extensions that the server has, or why it did not say.
#[derive(Debug, Clone, PartialEq)]
pub enum Available {
    /// These.
    Versions(Vec<Release>),
    /// Not known, for this reason.
    Unknown(String),
}

impl Default for Available {
    fn default() -> Self {
        Self::Versions(Vec::new())
    }
}

/// A row of `server.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
pub struct Server {
    /// The role that asks.
    pub role: String,
    /// `server_version_num`.
    pub version: i32,
    /// The size of a page, in bytes.
    pub block_size: u64,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// Whether transactions of this session are read-only unless they say otherwise.
    pub read_only: bool,
    /// The database.
    pub database: String,
    /// Whether the role may make schemas in it.
    pub may_create: bool,
    /// Whether the role is a superuser.
    pub superuser: bool,
    /// Whether the role may make roles.
    pub create_role: bool,
    /// Whether the role is what a provider gives in place of a superuser: what that may do is not in the catalog.
    pub provider_admin: bool,
    /// `shared_preload_libraries`; `None` where the role may not see it.
    pub preloaded: Option<String>,
}

/// A row of `schemas.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Whether the role may create in it.
    pub may_create: bool,
    /// Its owner.
    pub owner: String,
    /// Whether the role is its owner, or a member of it.
    pub owned: bool,
    /// Whether the owner is a superuser.
    pub owner_is_superuser: bool,
    /// Whether the role may pass privileges on.
    pub may_grant: bool,
}

/// A row of `relations.sql`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// Whether the role is its owner, or a member of it.
    pub owned: bool,
    /// Whether the owner is a superuser.
    pub owner_is_superuser: bool,
    /// Whether its rows are those of its partitions.
    pub is_partitioned: bool,
    /// The rows of it and its partitions, as counted.
    pub rows: f64,
    /// Whether all of them were counted.
    pub is_counted: bool,
    /// Their pages, with those of their TOAST tables.
    pub pages: u64,
    /// The columns of its primary key, in their order.
    pub primary_key: Option<Vec<String>>,
    /// SELECT on all columns.
    pub may_select: bool,
    /// REFERENCES on all columns.
    pub may_reference: bool,
    /// REFERENCES on some column.
    pub may_reference_columns: bool,
    /// TRIGGER.
    pub may_trigger: bool,
    /// INSERT on some column.
    pub may_insert: bool,
    /// UPDATE on some column.
    pub may_update: bool,
    /// DELETE.
    pub may_delete: bool,
    /// Whether the role may pass some privilege on.
    pub may_grant: bool,
}

/// A row of `objects.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ObjectRow {
    /// `type` or `routine`.
    pub form: String,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// Whether the role is its owner, or a member of it.
    pub owned: bool,
    /// Whether the owner is a superuser.
    pub owner_is_superuser: bool,
    /// Whether the role may pass privileges on.
    pub may_grant: bool,
}

/// A row of `extensions.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
pub struct Release {
    /// The extension.
    pub name: String,
    /// The version.
    pub version: String,
    /// Whether it is there already.
    pub installed: bool,
    /// Whether only a superuser may make it, unless it is trusted.
    pub superuser: bool,
    /// Whether who may create in the database may make it.
    pub trusted: bool,
    /// The extensions that must be there before.
    pub requires: Vec<String>,
    /// Whether it is made where the statement says no version.
    pub is_default: bool,
}

/// A row of `names.sql`.
#[derive(Debug, Clone, Deserialize)]
struct There {
    form: String,
    schema: String,
    name: String,
}

/// A row of `roles.sql`.
#[derive(Debug, Clone, Deserialize)]
struct Role {
    name: String,
    member: bool,
}

/// A row of `places.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// `tablespace` or `language`.
    pub form: String,
    /// Its name.
    pub name: String,
    /// Whether others than superusers may use it at all.
    pub trusted: bool,
    /// Whether the role has the right to.
    pub allowed: bool,
}

/// A row of `shared.sql` or `parameters.sql`.
#[derive(Debug, Clone, Deserialize)]
struct SharedRow {
    class: String,
    name: String,
    grantable: Vec<String>,
}

/// A row of `installed.sql`.
#[derive(Debug, Clone, Deserialize)]
struct Installed {
    name: String,
}

impl Server {
    /// The major version.
    pub(super) fn major(&self) -> u32 {
        u32::try_from(self.version / 10_000).unwrap_or_default()
    }
}

/// The owner of an object, and what the role may do with it.
pub(super) struct Ownership<'f> {
    pub owner: &'f str,
    pub owned: bool,
    pub owner_is_superuser: bool,
    pub may_grant: bool,
}

impl Facts {
    /// Reads one row of a query; `false` where it is not one of its rows. One of what was dropped after the server's
    /// snapshot was taken, of which the functions about privileges say null, is passed over: it is not there any more.
    pub fn read(&mut self, query: super::Query, row: &str) -> bool {
        self.try_read(query, row).is_some() || Self::default().try_read(query, &without_nulls(row)).is_some()
    }

    fn try_read(&mut self, query: super::Query, row: &str) -> Option<()> {
        fn parsed<'r, T: Deserialize<'r>>(row: &'r str) -> Option<T> {
            serde_json::from_str(row).ok()
        }
        match query {
            super::Query::Server => self.server = parsed(row)?,
            super::Query::Schemas => {
                let schema: Schema = parsed(row)?;
                self.schemas.insert(Identifier::new(&schema.name), schema);
            }
            super::Query::Relations => {
                let relation: Relation = parsed(row)?;
                self.relations
                    .insert(QualifiedName::new(relation.schema.as_str(), relation.name.as_str()), relation);
            }
            super::Query::Objects => self.objects.push(parsed(row)?),
            super::Query::Names => {
                let There { form, schema, name } = parsed(row)?;
                self.names.insert((form, schema, name));
            }
            super::Query::Roles => {
                let Role { name, member } = parsed(row)?;
                self.roles.insert(Identifier::new(&name), member);
            }
            super::Query::Places => {
                let place: Place = parsed(row)?;
                self.places.insert((place.form.clone(), Identifier::new(&place.name)), place);
            }
            super::Query::Shared | super::Query::Parameters => {
                let SharedRow { class, name, grantable } = parsed(row)?;
                self.shared.insert((class, Identifier::new(&name)), grantable);
            }
            super::Query::Installed => {
                let Installed { name } = parsed(row)?;
                self.installed.insert(Identifier::new(&name));
            }
            super::Query::Extensions => {
                let version = parsed(row)?;
                match &mut self.extensions {
                    Available::Versions(versions) => versions.push(version),
                    Available::Unknown(_) => self.extensions = Available::Versions(vec![version]),
                }
            }
        }
        Some(())
    }

    /// Who owns an object; `None` where it is not there. Of overloads, the one that the role owns.
    pub(super) fn ownership(&self, object: &Object) -> Option<Ownership<'_>> {
        macro_rules! ownership {
            ($it:expr) => {
                Ownership {
                    owner: &$it.owner,
                    owned: $it.owned,
                    owner_is_superuser: $it.owner_is_superuser,
                    may_grant: $it.may_grant,
                }
            };
        }
        let of = |form: &str, name: &QualifiedName| {
            let mut found: Vec<&ObjectRow> = self
                .objects
                .iter()
                .filter(|it| {
                    it.form == form && it.schema == name.schema.as_str() && it.name == name.name.as_str()
                })
                .collect();
            found.sort_by_key(|it| !it.owned);
            let it = found.into_iter().next()?;
            Some(ownership!(it))
        };
        match object {
            Object::Relation(name) => {
                let it = self.relations.get(name)?;
                Some(ownership!(it))
            }
            Object::Schema(name) => {
                let it = self.schemas.get(name)?;
                Some(ownership!(it))
            }
            Object::Type(name) => of("type", name),
            Object::Routine(name) => of("routine", name),
        }
    }
}

/// A row in which each null that stands for yes or no is `false`.
fn without_nulls(row: &str) -> String {
    use serde_json::{Map, Value};
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(row) else { return String::new() };
    for (name, value) in fields.iter_mut().filter(|(_, value)| value.is_null()) {
        // What may be null has no other value here.
        if !matches!(name.as_str(), "primary_key" | "preloaded") {
            *value = Value::Bool(false);
        }
    }
    Value::Object(fields).to_string()
}
