//! The one table of component kinds.
//!
//! Everything about a kind lives in its room, the module of the same name: the shape that SQL declares and the
//! catalog holds, the query that finds the wanted ones, the decoding of its rows, the comparison part by part. This
//! file only lists the rooms; adding a kind is a line in [`kinds!`] and a room.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::core::catalog::{Catalog, Row};
use crate::core::component::ComponentId;

pub mod column;
pub mod constraint;
pub mod extension;
pub mod function;
pub mod index;
pub mod materialized_view;
pub mod policy;
pub mod query;
pub mod schema;
pub mod seed_row;
pub mod sequence;
pub mod table;
pub mod trigger;
pub mod type_;
pub mod view;

/// What every room offers. The shape is the implementing type itself: parts that SQL may leave open are options.
pub trait Room: Sized {
    /// The query that reads the wanted components of this kind from the catalog: raw rows only, so that it waits for
    /// no lock and needs no privilege (it must never raise). `None` where the edge looks by other means.
    ///
    /// The query sees two placeholders, both of type `text[]` and of equal length: `:'schemas'` and `:'names'`, the
    /// pairs that [`Room::wanted`] collected. They are written as psql variables so that the file runs in psql too.
    const QUERY: Option<&'static str>;

    /// Adds what the catalog must be asked for this requirement: a schema and the name of a relation, or whatever
    /// pair the room's query joins on.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted);

    /// Makes a component of one row of [`Room::QUERY`].
    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError>;

    /// Which observed component this requirement is about: the one of the same identity, unless the room knows
    /// better (a constraint without a name of its own matches by shape). `taken` holds what other requirements are
    /// already matched with.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing }
    }

    /// Compares what is declared with what was observed, part by part; open parts are equal to everything.
    fn compare(&self, observed: &Self) -> Comparison;
}

/// The pairs of schema and name that a room's query is scoped to; each pair once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pairs: std::collections::BTreeSet<(String, String)>,
}

impl Wanted {
    /// Adds a pair. Kinds without a schema use the empty string for it.
    pub fn add(&mut self, schema: &str, name: &str) {
        self.pairs.insert((schema.to_owned(), name.to_owned()));
    }

    /// Whether nothing is wanted, so that the query need not be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(schema, name)| (schema.as_str(), name.as_str()))
    }
}

/// Where [`Room::find`] looks.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What was observed.
    pub catalog: &'a Catalog,
    /// Observed components that another requirement is matched with already.
    pub taken: &'a std::collections::BTreeSet<ComponentId>,
    /// Whether PostgreSQL chose the required name, not the author: then the shape decides, not the name.
    pub name_is_generated: bool,
}

/// What [`Room::find`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This observed component is the one.
    Is(ComponentId),
    /// Nothing observed is it.
    Nothing,
    /// It cannot be decided, for this reason.
    Undecided(String),
}

/// The result of comparing one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The parts that differ. Empty: the shapes agree as far as they were compared.
    pub differences: Vec<Difference>,
    /// Parts that could not be compared soundly yet: expressions, view bodies. Never a difference.
    pub not_compared: Vec<&'static str>,
}

/// One part of a component that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The part, in words: `type`, `not null`, `columns`.
    pub part: &'static str,
    /// What is declared.
    pub expected: String,
    /// What the database holds.
    pub actual: String,
}

impl Comparison {
    /// Compares one part: an open (`None`) declared part, or an unread observed one, is equal to everything.
    pub fn part<T: PartialEq>(
        &mut self,
        part: &'static str,
        expected: Option<&T>,
        actual: Option<&T>,
        show: impl Fn(&T) -> String,
    ) {
        if let (Some(expected), Some(actual)) = (expected, actual)
            && expected != actual
        {
            self.differs(part, show(expected), show(actual));
        }
    }

    /// Records a difference.
    pub fn differs(&mut self, part: &'static str, expected: impl Into<String>, actual: impl Into<String>) {
        self.differences.push(Difference { part, expected: expected.into(), actual: actual.into() });
    }

    /// Records a part that was not compared.
    pub fn not_compared(&mut self, part: &'static str) {
        self.not_compared.push(part);
    }
}

/// A row of a catalog query that is not what its room expects: a bug of this program or a server that is not
/// PostgreSQL, never a state of the user's objects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalog's answer about {kind} cannot be read: {message}")]
pub struct DecodeError {
    /// The kind whose query it was.
    pub kind: Kind,
    /// The column and what is wrong with it.
    pub message: String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $room:path, $id:literal, $plural:literal, $title:literal;)+) => {
        /// The kinds of components, in the order in which reports show them and in which one needs the other.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        /// The shape of a component, of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Shape { $($(#[$doc])* $variant($room),)+ }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in component identities and metric labels: `materialized_view`.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$variant => $id,)+ } }

            /// The plural, as the key of lists in reports: `materialized_views`.
            #[must_use]
            pub const fn plural(self) -> &'static str { match self { $(Self::$variant => $plural,)+ } }

            /// The heading for people: `Materialized views`.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)+ } }

            /// The name in the Kubernetes API: `MaterializedView`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => stringify!($variant),)+ } }

            /// The query of the kind's room.
            #[must_use]
            pub const fn query(self) -> Option<&'static str> {
                match self { $(Self::$variant => <$room as Room>::QUERY,)+ }
            }

            /// Decodes a row of the kind's query.
            pub fn decode(self, row: &Row<'_>) -> Result<(ComponentId, Shape), DecodeError> {
                match self {
                    $(Self::$variant => <$room as Room>::decode(row).map(|(id, shape)| (id, Shape::$variant(shape))),)+
                }
            }
        }

        impl Shape {
            /// The kind of this shape.
            #[must_use]
            pub const fn kind(&self) -> Kind { match self { $(Self::$variant(_) => Kind::$variant,)+ } }

            /// See [`Room::wanted`].
            pub fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
                match self { $(Self::$variant(shape) => shape.wanted(id, wanted),)+ }
            }

            /// See [`Room::find`].
            #[must_use]
            pub fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
                match self { $(Self::$variant(shape) => shape.find(id, search),)+ }
            }

            /// See [`Room::compare`]. `None` when the two are of different kinds.
            #[must_use]
            pub fn compare(&self, observed: &Self) -> Option<Comparison> {
                match (self, observed) {
                    $((Self::$variant(required), Self::$variant(observed)) => Some(required.compare(observed)),)+
                    _ => None,
                }
            }

            /// The shape with every part left open: a requirement by name only.
            #[must_use]
            pub fn open(kind: Kind) -> Self {
                match kind { $(Kind::$variant => Self::$variant(<$room>::default()),)+ }
            }
        }

        $(impl From<$room> for Shape { fn from(shape: $room) -> Self { Self::$variant(shape) } })+
    };
}

kinds! {
    /// A schema.
    Schema = schema::Schema, "schema", "schemas", "Schemas";
    /// An extension, with the least version.
    Extension = extension::Extension, "extension", "extensions", "Extensions";
    /// An enum, domain, composite or range type.
    Type = type_::Type, "type", "types", "Types";
    /// A sequence.
    Sequence = sequence::Sequence, "sequence", "sequences", "Sequences";
    /// A table, partitioned or not.
    Table = table::Table, "table", "tables", "Tables";
    /// A column of a table.
    Column = column::Column, "column", "columns", "Columns";
    /// A constraint of a table: primary key, unique, foreign key, check, exclusion.
    Constraint = constraint::Constraint, "constraint", "constraints", "Constraints";
    /// An index that is not made by a constraint.
    Index = index::Index, "index", "indexes", "Indexes";
    /// A view.
    View = view::View, "view", "views", "Views";
    /// A materialized view.
    MaterializedView = materialized_view::MaterializedView, "materialized_view", "materialized_views", "Materialized views";
    /// A function or procedure.
    Function = function::Function, "function", "functions", "Functions";
    /// A trigger.
    Trigger = trigger::Trigger, "trigger", "triggers", "Triggers";
    /// A row-level security policy.
    Policy = policy::Policy, "policy", "policies", "Policies";
    /// A row that must be in a table.
    SeedRow = seed_row::SeedRow, "seed_row", "seed_rows", "Seed rows";
    /// A read-only SELECT that must return true.
    Query = query::Query, "query", "queries", "Queries";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
