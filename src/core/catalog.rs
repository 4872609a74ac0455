//! A catalog: components by identity. The declared one comes from SQL, the observed one from the database.

use std::collections::BTreeMap;

use crate::core::component::ComponentId;
use crate::core::kind::{DecodeError, Kind, Shape};

/// Components by identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    components: BTreeMap<ComponentId, Shape>,
}

impl Catalog {
    /// Adds or replaces a component.
    pub fn insert(&mut self, id: ComponentId, shape: Shape) {
        self.components.insert(id, shape);
    }

    /// The shape of a component.
    #[must_use]
    pub fn get(&self, id: &ComponentId) -> Option<&Shape> {
        self.components.get(id)
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

    /// An error about this row.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> DecodeError {
        DecodeError { kind: self.kind, message: message.into() }
    }
}
