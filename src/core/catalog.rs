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
    /// Those that are looked for by something that their identities do not begin with, in their order.
    found_by: BTreeMap<Key, Vec<ComponentId>>,
}

/// What a component is looked for by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Indexes and statistics by their relation, which their own names do not say.
    Relation(QualifiedName),
    /// Casts by the names of their types, of which SQL may leave out the schemas.
    Types(Identifier, Identifier),
}

impl Key {
    fn of(id: &ComponentId, shape: &Shape) -> Option<Self> {
        let relation = match shape {
            Shape::Index(index) => index.relation.as_ref(),
            Shape::Statistics(statistics) => statistics.relation.as_ref(),
            _ => None,
        };
        match &id.name {
            ComponentName::Cast { from, to } => Some(Self::Types(from.name.clone(), to.name.clone())),
            _ => relation.cloned().map(Self::Relation),
        }
    }
}

/// What was read of a database. Of two components of one identity, the last one counts.
impl From<Vec<(ComponentId, Shape)>> for Catalog {
    fn from(components: Vec<(ComponentId, Shape)>) -> Self {
        let mut catalog = Self::default();
        catalog.add(components);
        catalog
    }
}

impl Catalog {
    /// Adds what a database answered. A component that is there already must not come again on another relation.
    pub fn add(&mut self, components: Vec<(ComponentId, Shape)>) {
        // All at once: a tree that is built of sorted entries has no half-empty nodes.
        let mut components: BTreeMap<_, _> = components.into_iter().collect();
        for (id, shape) in &components {
            if let Some(key) = Key::of(id, shape) {
                let by_key = self.found_by.entry(key).or_default();
                if let Err(place) = by_key.binary_search(id) {
                    // Most relations have few indexes: a tree for each would be larger than its only entry.
                    by_key.reserve_exact(1);
                    by_key.insert(place, id.clone());
                }
            }
        }
        self.components.append(&mut components);
    }

    /// Adds or replaces a component.
    pub fn insert(&mut self, id: ComponentId, shape: Shape) {
        self.remove(&id);
        if let Some(key) = Key::of(&id, &shape) {
            let by_key = self.found_by.entry(key).or_default();
            let place = by_key.partition_point(|other| *other < id);
            by_key.insert(place, id.clone());
        }
        self.components.insert(id, shape);
    }

    /// Takes a component away.
    pub fn remove(&mut self, id: &ComponentId) {
        let removed = self.components.remove(id);
        if let Some(key) = removed.and_then(|shape| Key::of(id, &shape))
            && let Some(by_key) = self.found_by.get_mut(&key)
        {
            by_key.retain(|other| other != id);
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
        Cursor { ahead: self.components.range::<ComponentId, _>(..).peekable() }
    }

    /// The same for identities from this one on.
    #[must_use]
    pub fn cursor_from(&self, first: &ComponentId) -> Cursor<'_> {
        Cursor { ahead: self.components.range(first..).peekable() }
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
        self.found_by(Kind::Index, Key::Relation(relation.clone()))
    }

    /// The extended statistics of `relation`, by name.
    pub fn statistics_of(&self, relation: &QualifiedName) -> impl Iterator<Item = (&ComponentId, &Shape)> {
        self.found_by(Kind::Statistics, Key::Relation(relation.clone()))
    }

    /// The cast between two types, whose schemas may be written or not.
    #[must_use]
    pub fn cast(&self, from: &TypeName, to: &TypeName) -> Option<&ComponentId> {
        let is_it = |id: &&ComponentId| match &id.name {
            ComponentName::Cast { from: source, to: target } => {
                from.is_same_ignoring_modifier(source) && to.is_same_ignoring_modifier(target)
            }
            _ => false,
        };
        let key = Key::Types(from.name.clone(), to.name.clone());
        self.found_by(Kind::Cast, key).map(|(id, _)| id).find(is_it)
    }

    #[expect(clippy::needless_pass_by_value, reason = "what it gives must not borrow it")]
    fn found_by(&self, kind: Kind, key: Key) -> impl Iterator<Item = (&ComponentId, &Shape)> {
        let ids = self.found_by.get(&key).into_iter().flatten().filter(move |id| id.kind == kind);
        ids.filter_map(|id| self.components.get_key_value(id))
    }

    /// The functions and procedures called `name`, by their arguments.
    pub fn overloads<'a>(
        &'a self,
        name: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Shape)> {
        self.routines(ComponentId::routine(name.clone(), None), name)
    }

    /// The operators called `name`, by their operands.
    pub fn operators<'a>(
        &'a self,
        name: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Shape)> {
        let operator = ComponentName::Routine { name: name.clone(), arguments: None };
        self.routines(ComponentId { kind: Kind::Operator, name: operator }, name)
    }

    /// Those called `name`, of which `first` comes before all.
    fn routines<'a>(
        &'a self,
        first: ComponentId,
        name: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Shape)> {
        let kind = first.kind;
        self.components.range(first..).map_while(move |(id, shape)| match &id.name {
            ComponentName::Routine { name: found, arguments } if found == name && id.kind == kind => {
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
    ahead: Peekable<btree_map::Range<'a, ComponentId, Shape>>,
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
    use crate::core::kind::statistics::Statistics;

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
    fn statistics_are_found_by_their_relation_and_are_no_indexes() {
        let mut catalog = Catalog::default();
        let (users, leads) = (QualifiedName::new("public", "users"), QualifiedName::new("public", "leads"));
        let on = |table: &QualifiedName| -> Shape {
            Statistics { relation: Some(table.clone()), ..Statistics::default() }.into()
        };
        for (name, table) in [("b", &users), ("a", &users), ("c", &leads)] {
            let id = ComponentId::in_schema(Kind::Statistics, QualifiedName::new("public", name));
            catalog.insert(id, on(table));
        }
        assert_eq!(ids(catalog.statistics_of(&users)), ["statistics/public.a", "statistics/public.b"]);
        assert_eq!(ids(catalog.indexes_of(&users)), Vec::<String>::new());
        catalog.remove(&ComponentId::in_schema(Kind::Statistics, QualifiedName::new("public", "a")));
        assert_eq!(ids(catalog.statistics_of(&users)), ["statistics/public.b"]);
    }

    #[test]
    fn a_cast_is_found_whichever_of_its_types_are_written_with_their_schemas() {
        let of = |schema: Option<&str>, name: &str| TypeName {
            schema: schema.map(Identifier::new),
            name: Identifier::new(name),
            modifier: None,
            array: false,
        };
        let id = |from, to| ComponentId { kind: Kind::Cast, name: ComponentName::cast(from, to) };
        let there = id(of(Some("crm"), "price"), TypeName::built_in("text"));
        let catalog = Catalog::from(vec![(there.clone(), Shape::open(Kind::Cast))]);
        for schema in [None, Some("crm")] {
            let found = catalog.cast(&of(schema, "price"), &TypeName::built_in("text"));
            assert_eq!(found, Some(&there), "{schema:?}");
        }
        for (from, to) in [(of(Some("sales"), "price"), "text"), (of(None, "price"), "json")] {
            assert_eq!(catalog.cast(&from, &TypeName::built_in(to)), None, "{from} as {to}");
        }
    }

    #[test]
    fn operators_are_found_by_name_apart_from_functions() {
        let mut catalog = Catalog::default();
        let plus = QualifiedName::new("public", "+");
        let operands = |nth| vec![TypeName::built_in("int4"); nth];
        for (kind, name, nth) in [
            (Kind::Operator, "+", 2),
            (Kind::Operator, "+", 1),
            (Kind::Operator, "++", 2),
            (Kind::Function, "+", 2),
        ] {
            let name = QualifiedName::new("public", name);
            let name = ComponentName::Routine { name, arguments: Some(operands(nth)) };
            catalog.insert(ComponentId { kind, name }, Shape::open(kind));
        }
        let found: Vec<usize> = catalog.operators(&plus).map(|(_, operands, _)| operands.len()).collect();
        assert_eq!(found, [1, 2]);
        assert_eq!(catalog.overloads(&plus).count(), 1);
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
