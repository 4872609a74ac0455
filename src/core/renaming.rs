//! An object that goes under another name, or in another schema: every place that says the old one is told the new.
//!
//! PostgreSQL refers to objects by number, so that there a rename changes one row; here, names refer to names. What hangs
//! on an object, and what PostgreSQL named after it, keeps its own name.

use std::collections::BTreeSet;

use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::Kind;
use crate::core::name::{Identifier, NameSet, QualifiedName};
use crate::core::type_name::TypeName;

/// One object under its old and its new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renaming {
    /// A schema.
    Schema {
        /// The old name.
        from: Identifier,
        /// The new one.
        to: Identifier,
    },
    /// What has a name in `pg_class`: a table, view, index or sequence. The row type of a table goes with it.
    Relation {
        /// The old name.
        from: QualifiedName,
        /// The new one.
        to: QualifiedName,
        /// Whether its rows are of a type of the same name.
        has_rows: bool,
    },
    /// A type.
    Type {
        /// The old name.
        from: QualifiedName,
        /// The new one.
        to: QualifiedName,
    },
    /// A column.
    Column {
        /// Its table, with all that inherit from it.
        relations: BTreeSet<QualifiedName>,
        /// The old name.
        from: Identifier,
        /// The new one.
        to: Identifier,
    },
    /// A function, procedure or aggregate.
    Routine {
        /// The old name, of that kind, with the arguments as declared.
        from: ComponentId,
        /// The new name.
        to: QualifiedName,
        /// Whether what names it without arguments means this one: a trigger.
        is_called_without: bool,
    },
    /// A role.
    Role {
        /// The old name.
        from: Identifier,
        /// The new one.
        to: Identifier,
    },
    /// What nothing else names: a constraint, trigger, policy, extension.
    Other {
        /// The old identity.
        from: ComponentId,
        /// The new one, of the same kind.
        to: ComponentId,
    },
}

impl Renaming {
    /// Renames a schema where it is said.
    pub fn schema(&self, name: &mut Identifier) {
        if let Self::Schema { from, to } = self
            && name == from
        {
            name.clone_from(to);
        }
    }

    /// Renames a role where it is said: an owner, whom a policy is for.
    pub fn role(&self, name: &mut Identifier) {
        if let Self::Role { from, to } = self
            && name == from
        {
            name.clone_from(to);
        }
    }

    /// Renames an object of the database where it is said: the server of a foreign table, the language of a function.
    pub fn global(&self, kind: Kind, name: &mut Identifier) {
        if let Self::Other { from, to } = self
            && from.kind == kind
            && let (ComponentName::Global(from), ComponentName::Global(to)) = (&from.name, &to.name)
            && name == from
        {
            name.clone_from(to);
        }
    }

    /// Renames a relation where it is said: the target of a foreign key, the table of an index.
    pub fn relation(&self, name: &mut QualifiedName) {
        if let Some(new) = self.new_relation(name) {
            *name = new;
        }
    }

    /// Renames a column of `relation` where it is said.
    pub fn column(&self, relation: &QualifiedName, name: &mut Identifier) {
        if let Self::Column { relations, from, to } = self
            && name == from
            && relations.contains(relation)
        {
            name.clone_from(to);
        }
    }

    /// As [`Renaming::column`], for several.
    pub fn columns<'a>(&self, relation: &QualifiedName, names: impl IntoIterator<Item = &'a mut Identifier>) {
        names.into_iter().for_each(|name| self.column(relation, name));
    }

    /// As [`Renaming::column`], for a set.
    pub fn column_set(&self, relation: &QualifiedName, names: &mut NameSet) {
        if let Self::Column { relations, from, to } = self
            && relations.contains(relation)
        {
            names.rename(from, to);
        }
    }

    /// Renames a type where it is said: of a column, an argument, an array's element.
    pub fn data_type(&self, data_type: &mut TypeName) {
        if let Some(new) = self.new_type(data_type) {
            *data_type = new;
        }
    }

    /// Renames a function where it is said without arguments; one without a schema is looked up, and means the only one
    /// that is renamed here.
    pub fn trigger_function(&self, schema: &mut Option<Identifier>, name: &mut Identifier) {
        if let Some(schema) = schema {
            self.schema(schema);
        }
        if let Self::Routine { from, to, is_called_without: true } = self
            && let ComponentName::Routine { name: from, .. } = &from.name
            && *name == from.name
            && schema.as_ref().is_none_or(|schema| *schema == from.schema)
        {
            name.clone_from(&to.name);
            if schema.is_some() || from.schema != to.schema {
                *schema = Some(to.schema.clone());
            }
        }
    }

    /// The new identity of a component; `None` where it keeps its own.
    #[must_use]
    pub fn id(&self, id: &ComponentId) -> Option<ComponentId> {
        match self {
            Self::Other { from, to } if from == id => return Some(to.clone()),
            Self::Routine { from, to, .. } if from == id => {
                return match &from.name {
                    ComponentName::Routine { arguments, .. } => Some(ComponentId {
                        kind: id.kind,
                        name: ComponentName::Routine { name: to.clone(), arguments: arguments.clone() },
                    }),
                    _ => None,
                };
            }
            _ => {}
        }
        let name = match self {
            Self::Role { .. } => self.of_role(id.kind, &id.name),
            _ => self.name(id.kind, &id.name),
        };
        Some(ComponentId { kind: id.kind, name: name? })
    }

    /// The text that a definition may say the object by; `None` where no expression names such an object.
    #[must_use]
    pub fn old_name(&self) -> Option<&Identifier> {
        match self {
            Self::Schema { from, .. } | Self::Column { from, .. } => Some(from),
            Self::Relation { from, .. } | Self::Type { from, .. } => Some(&from.name),
            Self::Routine { from, .. } => match &from.name {
                ComponentName::Routine { name, .. } => Some(&name.name),
                _ => None,
            },
            Self::Role { .. } | Self::Other { .. } => None,
        }
    }

    /// The name with a role renamed.
    fn of_role(&self, kind: Kind, name: &ComponentName) -> Option<ComponentName> {
        let mut renamed = name.clone();
        match &mut renamed {
            ComponentName::Global(role) if kind == Kind::Role => self.role(role),
            ComponentName::Membership { role, member } => {
                self.role(role);
                self.role(member);
            }
            ComponentName::OnObject { object, grantee } => {
                if let Some(Grantee::Role(role)) = grantee {
                    self.role(role);
                }
                if let Some(new) = self.id(object) {
                    **object = new;
                }
            }
            ComponentName::OnShared { grantee, .. } => {
                if let Grantee::Role(role) = &mut **grantee {
                    self.role(role);
                }
            }
            ComponentName::DefaultPrivilege { role, grantee, .. } => {
                if let Some(role) = role {
                    self.role(role);
                }
                if let Grantee::Role(role) = &mut **grantee {
                    self.role(role);
                }
            }
            _ => {}
        }
        (renamed != *name).then_some(renamed)
    }

    fn name(&self, kind: Kind, name: &ComponentName) -> Option<ComponentName> {
        match name {
            ComponentName::Global(schema) if kind == Kind::Schema => {
                self.new_schema(schema).map(ComponentName::Global)
            }
            ComponentName::InSchema(name) => self.new_object(kind, name).map(ComponentName::InSchema),
            ComponentName::OnRelation { relation, name } => self.on_relation(kind, relation, name),
            ComponentName::Routine { name, arguments } => self.routine(name, arguments.as_deref()),
            ComponentName::Row { relation, key } => self.row(relation, key),
            ComponentName::OnObject { object, grantee } => self
                .id(object)
                .map(|object| ComponentName::OnObject { object: Box::new(object), grantee: grantee.clone() }),
            ComponentName::Cast { from, to } => {
                let (new_from, new_to) = (self.new_type(from), self.new_type(to));
                (new_from.is_some() || new_to.is_some()).then(|| ComponentName::Cast {
                    from: new_from.map_or_else(|| from.clone(), Box::new),
                    to: new_to.map_or_else(|| to.clone(), Box::new),
                })
            }
            ComponentName::ForMethod { name, method } => {
                self.in_new_schema(name).map(|name| ComponentName::ForMethod { name, method: method.clone() })
            }
            ComponentName::DefaultPrivilege { role, schema, objects, grantee } => {
                let schema = self.new_schema(schema.as_ref()?)?;
                Some(ComponentName::DefaultPrivilege {
                    role: role.clone(),
                    schema: Some(schema),
                    objects,
                    grantee: grantee.clone(),
                })
            }
            ComponentName::Global(_)
            | ComponentName::OnShared { .. }
            | ComponentName::Membership { .. }
            | ComponentName::Free(_) => None,
        }
    }

    fn on_relation(&self, kind: Kind, relation: &QualifiedName, name: &Identifier) -> Option<ComponentName> {
        let new_relation = match kind {
            // A part of a type.
            Kind::Type => self.new_object(kind, relation),
            _ => self.new_relation(relation),
        };
        let mut new_name = name.clone();
        if kind == Kind::Column {
            self.column(relation, &mut new_name);
        }
        (new_relation.is_some() || new_name != *name).then(|| ComponentName::OnRelation {
            relation: new_relation.unwrap_or_else(|| relation.clone()),
            name: new_name,
        })
    }

    fn routine(&self, name: &QualifiedName, arguments: Option<&[TypeName]>) -> Option<ComponentName> {
        let new_name = self.in_new_schema(name);
        let changes = arguments.into_iter().flatten().any(|argument| self.new_type(argument).is_some());
        (new_name.is_some() || changes).then(|| {
            let rename = |argument: &TypeName| self.new_type(argument).unwrap_or_else(|| argument.clone());
            ComponentName::Routine {
                name: new_name.unwrap_or_else(|| name.clone()),
                arguments: arguments.map(|arguments| arguments.iter().map(rename).collect()),
            }
        })
    }

    fn row(&self, relation: &QualifiedName, key: &[(Identifier, Option<String>)]) -> Option<ComponentName> {
        let new_relation = self.new_relation(relation);
        let mut new_key = key.to_vec();
        self.columns(relation, new_key.iter_mut().map(|(column, _)| column));
        (new_relation.is_some() || new_key != key).then(|| ComponentName::Row {
            relation: new_relation.unwrap_or_else(|| relation.clone()),
            key: new_key,
        })
    }

    fn new_schema(&self, name: &Identifier) -> Option<Identifier> {
        match self {
            Self::Schema { from, to } if from == name => Some(to.clone()),
            _ => None,
        }
    }

    fn in_new_schema(&self, name: &QualifiedName) -> Option<QualifiedName> {
        let schema = self.new_schema(&name.schema)?;
        Some(QualifiedName { schema, name: name.name.clone() })
    }

    fn new_relation(&self, name: &QualifiedName) -> Option<QualifiedName> {
        match self {
            Self::Relation { from, to, .. } if from == name => Some(to.clone()),
            _ => self.in_new_schema(name),
        }
    }

    fn new_object(&self, kind: Kind, name: &QualifiedName) -> Option<QualifiedName> {
        match self {
            Self::Relation { .. } if kind.is_relation() => self.new_relation(name),
            Self::Type { from, to } if kind == Kind::Type && from == name => Some(to.clone()),
            _ => self.in_new_schema(name),
        }
    }

    fn new_type(&self, data_type: &TypeName) -> Option<TypeName> {
        match self {
            Self::Schema { from, to } if data_type.schema.as_ref() == Some(from) => {
                Some(TypeName { schema: Some(to.clone()), ..data_type.clone() })
            }
            Self::Relation { from, to, has_rows: true } | Self::Type { from, to }
                if data_type.may_be(from) =>
            {
                let moves = data_type.schema.is_some() || from.schema != to.schema;
                let schema = moves.then(|| to.schema.clone());
                Some(TypeName { schema, name: to.name.clone(), ..data_type.clone() })
            }
            _ => None,
        }
    }
}
