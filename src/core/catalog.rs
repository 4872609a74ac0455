//! A catalog: components by identity. The declared one comes from SQL, the observed one from the database.

use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;

use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::definition::{Definition, Part};
use crate::core::kind::about::about;
use crate::core::kind::parameters::Parameters;
use crate::core::kind::{DecodeError, Kind, Shape, format_type};
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::type_name::TypeName;

/// Components by identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    components: BTreeMap<ComponentId, Shape>,
    /// The indexes of each relation: their own names do not say on which one they are.
    indexes: BTreeMap<QualifiedName, Vec<ComponentId>>,
}

/// What was read of a database. Of two components of one identity, the last one counts.
impl From<Vec<(ComponentId, Shape)>> for Catalog {
    fn from(components: Vec<(ComponentId, Shape)>) -> Self {
        // All at once: a tree that is built of sorted entries has no half-empty nodes.
        let components: BTreeMap<_, _> = components.into_iter().collect();
        // Most relations have few indexes: a tree for each would be larger than its only entry.
        let mut indexes: BTreeMap<QualifiedName, Vec<ComponentId>> = BTreeMap::new();
        for (id, shape) in &components {
            if let Some(relation) = indexed_relation(shape) {
                let of_relation = indexes.entry(relation.clone()).or_default();
                of_relation.reserve_exact(1);
                of_relation.push(id.clone());
            }
        }
        Self { components, indexes }
    }
}

impl Catalog {
    /// Adds or replaces a component.
    pub fn insert(&mut self, id: ComponentId, shape: Shape) {
        if let Some(relation) = self.get(&id).and_then(indexed_relation).cloned()
            && let Some(indexes) = self.indexes.get_mut(&relation)
        {
            indexes.retain(|of_relation| *of_relation != id);
        }
        if let Some(relation) = indexed_relation(&shape) {
            let indexes = self.indexes.entry(relation.clone()).or_default();
            let place = indexes.partition_point(|of_relation| *of_relation < id);
            indexes.insert(place, id.clone());
        }
        self.components.insert(id, shape);
    }

    /// Takes a component away.
    pub fn remove(&mut self, id: &ComponentId) {
        if let Some(relation) = self.components.remove(id).as_ref().and_then(indexed_relation)
            && let Some(indexes) = self.indexes.get_mut(relation)
        {
            indexes.retain(|of_relation| of_relation != id);
        }
    }

    /// Takes over what became known of one definition of a component.
    pub fn learn(&mut self, id: &ComponentId, part: Part, definition: Definition) {
        let mut definition = Some(definition);
        if let Some(shape) = self.components.get_mut(id) {
            shape.definitions(&mut |at, slot| {
                if at == part && definition.is_some() {
                    *slot = definition.take();
                }
            });
        }
    }

    /// The shape of a component.
    #[must_use]
    pub fn get(&self, id: &ComponentId) -> Option<&Shape> {
        self.components.get(id)
    }

    /// The component, with its identity as the catalog holds it.
    #[must_use]
    pub fn get_with_id(&self, id: &ComponentId) -> Option<(&ComponentId, &Shape)> {
        self.components.get_key_value(id)
    }

    /// Looks up components whose identities come in their order.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { ahead: self.components.iter().peekable() }
    }

    /// Whether the component is there.
    #[must_use]
    pub fn contains(&self, id: &ComponentId) -> bool {
        self.components.contains_key(id)
    }

    /// All components, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ComponentId, &Shape)> {
        self.components.iter()
    }

    /// The components of one kind, in order of their names.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&ComponentId, &Shape)> {
        // The smallest name of all, so that the range starts at the first component of the kind.
        let first = ComponentId::global(kind, "");
        self.components.range(first..).take_while(move |(id, _)| id.kind == kind)
    }

    /// The components of one kind that hang on `relation` (columns, constraints, triggers, policies), by name.
    pub fn on_relation<'a>(
        &'a self,
        kind: Kind,
        relation: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a Shape)> {
        let first = ComponentId::on_relation(kind, relation.clone(), "");
        self.components
            .range(first..)
            .take_while(move |(id, _)| id.kind == kind && id.relation() == Some(relation))
    }

    /// The indexes of `relation`, by name.
    pub fn indexes_of(&self, relation: &QualifiedName) -> impl Iterator<Item = (&ComponentId, &Shape)> {
        let ids = self.indexes.get(relation).into_iter().flatten();
        ids.filter_map(|id| self.components.get_key_value(id))
    }

    /// The functions and procedures called `name`, by their arguments.
    pub fn overloads<'a>(
        &'a self,
        name: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Shape)> {
        let first = ComponentId::routine(name.clone(), None);
        self.components.range(first..).map_while(move |(id, shape)| match &id.name {
            ComponentName::Routine { name: found, arguments } if found == name => {
                Some((id, arguments.as_deref().unwrap_or_default(), shape))
            }
            _ => None,
        })
    }

    /// What components of `kind` say of the functions called `name`: the arguments of each, and who is concerned.
    pub fn about_overloads<'a>(
        &'a self,
        kind: Kind,
        name: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Option<Grantee>)> {
        let first = about(kind, ComponentId::routine(name.clone(), None), None);
        self.components.range(first..).map_while(move |(id, _)| match &id.name {
            ComponentName::OnObject { object, grantee } if id.kind == kind => match &object.name {
                ComponentName::Routine { name: found, arguments } if found == name => {
                    Some((id, arguments.as_deref().unwrap_or_default(), grantee))
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// How many components there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }
}

/// Looks up one component after the other. Of what is required and what is there, both in order and mostly the same, a
/// walk along both finds each at its turn, where a search would start at the root of a tree for each.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    ahead: Peekable<btree_map::Iter<'a, ComponentId, Shape>>,
}

impl<'a> Cursor<'a> {
    /// The component of this identity, which is none before the one asked for last.
    pub fn find(&mut self, id: &ComponentId) -> Option<(&'a ComponentId, &'a Shape)> {
        while let Some((at, shape)) = self.ahead.peek().copied() {
            match at.cmp(id) {
                Ordering::Less => self.ahead.next(),
                Ordering::Equal => return Some((at, shape)),
                Ordering::Greater => return None,
            };
        }
        None
    }
}

fn indexed_relation(shape: &Shape) -> Option<&QualifiedName> {
    match shape {
        Shape::Index(index) => index.relation.as_ref(),
        _ => None,
    }
}

/// One row of a room's catalog query: text columns by name, as the simple protocol delivers them.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    kind: Kind,
    names: &'a [String],
    values: &'a [Option<&'a str>],
}

impl<'a> Row<'a> {
    /// Joins the names of the columns and the values of one row.
    #[must_use]
    pub fn new(kind: Kind, names: &'a [String], values: &'a [Option<&'a str>]) -> Self {
        Self { kind, names, values }
    }

    /// The value of a column; `None` is null.
    pub fn optional(&self, column: &str) -> Result<Option<&'a str>, DecodeError> {
        let position = self.names.iter().position(|name| name == column);
        let value = position.and_then(|position| self.values.get(position));
        value.copied().ok_or_else(|| self.error(format!("there is no column {column}")))
    }

    /// The value of a column that is never null.
    pub fn text(&self, column: &str) -> Result<&'a str, DecodeError> {
        self.optional(column)?.ok_or_else(|| self.error(format!("column {column} is null")))
    }

    /// A column that holds a name.
    pub fn identifier(&self, column: &str) -> Result<Identifier, DecodeError> {
        Ok(Identifier::new(self.text(column)?))
    }

    /// The columns `schema` and `column`, together the name of something in a schema.
    pub fn qualified(&self, schema: &str, column: &str) -> Result<QualifiedName, DecodeError> {
        Ok(QualifiedName { schema: self.identifier(schema)?, name: self.identifier(column)? })
    }

    /// A column that holds a JSON array of names; null is none.
    pub fn identifiers<T: FromIterator<Identifier>>(&self, column: &str) -> Result<T, DecodeError> {
        let names: Vec<String> = self.json_or_default(column)?;
        Ok(names.iter().map(|name| Identifier::new(name)).collect())
    }

    /// A column that holds storage parameters as a JSON array of `name=value`; null is none.
    pub fn parameters(&self, column: &str) -> Result<Parameters, DecodeError> {
        let entries: Vec<String> = self.json_or_default(column)?;
        Ok(Parameters::stored(&entries, ""))
    }

    /// A column that holds a JSON array of schema and name, or null.
    pub fn partial_name(&self, column: &str) -> Result<Option<PartialName>, DecodeError> {
        let name: Option<(String, String)> = self.json_or_default(column)?;
        Ok(name.map(|(schema, name)| PartialName::of(&schema, &name)))
    }

    /// A column that holds a type as `format_type` prints it.
    pub fn type_name(&self, column: &str) -> Result<TypeName, DecodeError> {
        self.text(column).map(format_type::parse)
    }

    /// A column that holds an integer.
    pub fn integer(&self, column: &str) -> Result<i64, DecodeError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.error(format!("column {column} holds {text:?}, not an integer")))
    }

    /// A boolean column, in the form of the wire (`t`, `f`).
    pub fn boolean(&self, column: &str) -> Result<bool, DecodeError> {
        match self.text(column)? {
            "t" => Ok(true),
            "f" => Ok(false),
            other => Err(self.error(format!("column {column} holds {other:?}, not a boolean"))),
        }
    }

    /// A column that holds JSON (arrays travel as `to_json(...)::text`).
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, DecodeError> {
        serde_json::from_str(self.text(column)?)
            .map_err(|error| self.error(format!("column {column} does not hold the expected JSON: {error}")))
    }

    /// As [`Row::json`]; null is the default value.
    pub fn json_or_default<T>(&self, column: &str) -> Result<T, DecodeError>
    where
        T: serde::de::DeserializeOwned + Default,
    {
        if self.optional(column)?.is_some() { self.json(column) } else { Ok(T::default()) }
    }

    /// An error about a column whose value is none of those that its room knows.
    #[must_use]
    pub fn unknown_value(&self, column: &str, value: &str) -> DecodeError {
        self.error(format!("column {column} holds {value:?}, which this version does not know"))
    }

    /// An error about this row.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> DecodeError {
        DecodeError { kind: self.kind, message: message.into() }
    }
}

/// Rows for the tests of the rooms.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Decodes a row given as pairs of column and value.
    pub(crate) fn decode(
        kind: Kind,
        columns: &[(&str, Option<&str>)],
    ) -> Result<(ComponentId, Shape), DecodeError> {
        let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values: Vec<Option<&str>> = columns.iter().map(|(_, value)| *value).collect();
        kind.decode(&Row::new(kind, &names, &values))
    }
}

#[cfg(test)]
mod tests {
    use super::testing::decode;
    use super::*;
    use crate::core::kind::index::Index;

    fn index_on(table: &str) -> Shape {
        Index { relation: Some(QualifiedName::new("public", table)), ..Index::default() }.into()
    }

    fn ids<'a>(components: impl Iterator<Item = (&'a ComponentId, &'a Shape)>) -> Vec<String> {
        components.map(|(id, _)| id.to_string()).collect()
    }

    #[test]
    fn what_hangs_on_a_relation_is_found_by_it_and_by_kind() {
        let mut catalog = Catalog::default();
        let users = QualifiedName::new("public", "users");
        for (kind, table, name) in [
            (Kind::Column, "users", "a"),
            (Kind::Column, "users", "z"),
            (Kind::Column, "user", "a"),
            (Kind::Column, "users2", "a"),
            (Kind::Constraint, "users", "a"),
        ] {
            let id = ComponentId::on_relation(kind, QualifiedName::new("public", table), name);
            catalog.insert(id, Shape::open(kind));
        }
        assert_eq!(
            ids(catalog.on_relation(Kind::Column, &users)),
            ["column/public.users.a", "column/public.users.z"]
        );
    }

    #[test]
    fn indexes_are_found_by_their_relation_and_move_with_it() {
        let mut catalog = Catalog::default();
        let (users, leads) = (QualifiedName::new("public", "users"), QualifiedName::new("public", "leads"));
        let index = ComponentId::in_schema(Kind::Index, QualifiedName::new("public", "i"));
        catalog.insert(index.clone(), index_on("users"));
        assert_eq!(ids(catalog.indexes_of(&users)), ["index/public.i"]);
        catalog.insert(index, index_on("leads"));
        assert_eq!(ids(catalog.indexes_of(&users)), Vec::<String>::new());
        assert_eq!(ids(catalog.indexes_of(&leads)), ["index/public.i"]);
    }

    #[test]
    fn k18_overloads_are_found_by_name() {
        let mut catalog = Catalog::default();
        let total = QualifiedName::new("public", "total");
        for (name, arguments) in [
            ("total", Vec::new()),
            ("total", vec![TypeName::built_in("int8")]),
            ("totals", Vec::new()),
            ("tota", Vec::new()),
        ] {
            let id = ComponentId::routine(QualifiedName::new("public", name), Some(arguments));
            catalog.insert(id, Shape::open(Kind::Function));
        }
        let found: Vec<String> = catalog.overloads(&total).map(|(id, _, _)| id.to_string()).collect();
        assert_eq!(found, ["function/public.total()", "function/public.total(bigint)"]);
    }

    #[test]
    fn decoding_errors_name_the_kind_and_the_column() {
        for (columns, message) in [
            (vec![("schema", Some("public"))], "there is no column persistence"),
            (vec![("persistence", None)], "column persistence is null"),
            (
                vec![("persistence", Some("x"))],
                "column persistence holds \"x\", which this version does not know",
            ),
            (
                vec![("persistence", Some("p")), ("partitioned", Some("yes"))],
                "column partitioned holds \"yes\", not a boolean",
            ),
        ] {
            let error = decode(Kind::Table, &columns).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the catalog's answer about table cannot be read: {message}")
            );
        }
        let columns = [("labels", Some("not json")), ("form", Some("e"))];
        assert!(decode(Kind::Type, &columns).unwrap_err().message.starts_with("column labels does not hold"));
        let columns = [("data_type", Some("bigint")), ("start", Some("x"))];
        assert_eq!(
            decode(Kind::Sequence, &columns).unwrap_err().message,
            "column start holds \"x\", not an integer"
        );
    }
}
