//! What the names of a statement mean where it stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Effect;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::type_name::TypeName;

/// What unqualified names mean at the statement; `SET search_path` changes it for what follows in the same source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The schema of unqualified names, in which objects are made.
    pub default_schema: Identifier,
    /// The schemas in which unqualified names are looked up, in order; the default schema is one of them.
    pub search_path: Arc<[Identifier]>,
    /// The temporary relations by now: unqualified, their names mean them.
    pub temporary: BTreeSet<Identifier>,
    /// The path that the session began with, which RESET and DISCARD ALL go back to.
    pub path_of_session: Arc<[Identifier]>,
    /// The objects that are declared by now, where they are followed: in a path of several schemas, they say which one a
    /// name means. All relations count as tables.
    pub objects: Option<Arc<BTreeSet<ComponentId>>>,
}

impl Scope {
    /// Names are looked up, and objects are made, in one schema.
    #[must_use]
    pub fn of(schema: Identifier) -> Self {
        let search_path = Arc::from([schema.clone()]);
        Self {
            path_of_session: Arc::clone(&search_path),
            search_path,
            default_schema: schema,
            temporary: BTreeSet::new(),
            objects: None,
        }
    }

    /// Names are looked up in these schemas, and objects are made in the first. With none, what unqualified names mean
    /// stays as it is.
    pub fn set_search_path(&mut self, schemas: &[Identifier]) {
        if let Some(first) = schemas.first() {
            self.default_schema = first.clone();
            self.search_path = Arc::from(schemas);
        }
    }

    /// The same in a session that begins with this path.
    #[must_use]
    pub fn in_session_with(&self, schemas: &[Identifier]) -> Self {
        let mut scope = self.clone();
        scope.set_search_path(schemas);
        scope.path_of_session = Arc::clone(&scope.search_path);
        scope
    }

    /// What unqualified names mean after a statement with these effects.
    pub fn follow(&mut self, statement: &pg_query::protobuf::Node, effects: &[Effect]) {
        for effect in effects {
            if let Effect::SetSearchPath(schemas) = effect {
                self.set_search_path(schemas);
            }
        }
        self.follow_objects(effects);
        if let Some(statement) = &statement.node {
            self.learn_temporary(statement);
        }
    }

    /// Which objects are there after a statement with these effects.
    pub fn follow_objects(&mut self, effects: &[Effect]) {
        if self.objects.is_none() {
            return;
        }
        for effect in effects {
            match effect {
                Effect::Create { id, .. } | Effect::CreateWith { id, .. } => self.know(id),
                Effect::CreateIndex { relation, name: Some(name), .. } => {
                    let name = QualifiedName { schema: relation.schema.clone(), name: name.clone() };
                    self.know(&ComponentId::in_schema(Kind::Index, name));
                }
                Effect::CreateStatistics { name: Some(name), .. } => {
                    self.know(&ComponentId::in_schema(Kind::Statistics, name.clone()));
                }
                Effect::Rename { from, to } => {
                    self.forget(from);
                    self.know(to);
                }
                Effect::Drop { id, .. } => self.forget(id),
                _ => {}
            }
        }
    }

    /// Whether what names mean depends on the objects that are there.
    #[must_use]
    pub fn looks_objects_up(&self) -> bool {
        self.search_path.len() > 1
    }

    /// What unqualified names mean, with nothing known of the objects that are there.
    #[must_use]
    pub fn without_objects(&self) -> Self {
        Self { objects: None, ..self.clone() }
    }

    fn know(&mut self, id: &ComponentId) {
        if let (Some(id), Some(objects)) = (known_as(id), &mut self.objects)
            && !objects.contains(&id)
        {
            Arc::make_mut(objects).insert(id);
        }
    }

    fn forget(&mut self, id: &ComponentId) {
        if let (Some(id), Some(objects)) = (known_as(id), &mut self.objects)
            && objects.contains(&id)
        {
            Arc::make_mut(objects).remove(&id);
        }
    }

    /// Resolves the name of a relation that is there by now.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> QualifiedName {
        self.named(Kind::Table, schema, name)
    }

    /// Resolves the name of an object that is there by now: unqualified, it is the first of the path that is known.
    #[must_use]
    pub fn named(&self, kind: Kind, schema: &str, name: &str) -> QualifiedName {
        let first = self.resolve(schema, name);
        if !schema.is_empty() {
            return first;
        }
        match self.there(ComponentId::in_schema(kind, first.clone())).name {
            ComponentName::InSchema(found) => found,
            _ => first,
        }
    }

    /// What an unqualified name means that was resolved to the default schema: the first object of the path that is
    /// known, or the same.
    #[must_use]
    pub fn there(&self, id: ComponentId) -> ComponentId {
        let Some(objects) = self.objects.as_ref().filter(|_| self.looks_objects_up()) else { return id };
        if id.schema() != Some(&self.default_schema) {
            return id;
        }
        let found = self.search_path.iter().map(|schema| in_schema(&id, schema));
        found.into_iter().find(|id| is_known(objects, id)).unwrap_or(id)
    }

    /// Resolves a name that may lack its schema (the empty string counts as lacking).
    #[must_use]
    pub fn resolve(&self, schema: &str, name: &str) -> QualifiedName {
        let schema = if schema.is_empty() { self.default_schema.clone() } else { Identifier::new(schema) };
        QualifiedName { schema, name: Identifier::new(name) }
    }
}

/// An object as [`Scope::objects`] holds it; `None` for what has no schema of its own.
#[must_use]
pub fn known_as(id: &ComponentId) -> Option<ComponentId> {
    match &id.name {
        ComponentName::InSchema(_) if id.kind.is_relation() => {
            Some(ComponentId { kind: Kind::Table, name: id.name.clone() })
        }
        ComponentName::InSchema(_) | ComponentName::Routine { .. } | ComponentName::ForMethod { .. } => {
            Some(id.clone())
        }
        _ => None,
    }
}

/// The same in another schema.
fn in_schema(id: &ComponentId, schema: &Identifier) -> ComponentId {
    let mut id = id.clone();
    if let ComponentName::InSchema(name)
    | ComponentName::Routine { name, .. }
    | ComponentName::ForMethod { name, .. } = &mut id.name
    {
        name.schema = schema.clone();
    }
    id
}

/// The types of a routine's arguments may be left out, or be written with their schemas or without.
fn is_known(objects: &BTreeSet<ComponentId>, id: &ComponentId) -> bool {
    let Some(id) = known_as(id) else { return false };
    let ComponentName::Routine { name, arguments } = &id.name else { return objects.contains(&id) };
    let first = ComponentName::Routine { name: name.clone(), arguments: None };
    let same = |known: &[TypeName], written: &[TypeName]| {
        known.len() == written.len()
            && known.iter().zip(written).all(|(one, other)| one.is_same_ignoring_modifier(other))
    };
    objects
        .range(ComponentId { kind: id.kind, name: first }..)
        .map_while(|known| match &known.name {
            ComponentName::Routine { name: of, arguments } if known.kind == id.kind && of == name => {
                Some(arguments.as_deref())
            }
            _ => None,
        })
        .any(|known| known.zip(arguments.as_deref()).is_none_or(|(known, written)| same(known, written)))
}
