//! What every room offers: the trait that the table of kinds calls.

use super::{Comparison, Found, Kind, Search, Wanted};
use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::renaming::Renaming;

/// What the documentation says of a kind, in PostgreSQL's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The statements that declare it.
    pub declared_by: &'static str,
    /// The parts that [`Room::compare`] compares.
    pub compared: &'static str,
    /// What it does not compare, or cannot; empty where there is nothing to say.
    pub not_compared: &'static str,
}

/// What every room offers. The shape is the implementing type itself: parts that SQL may leave open are options.
pub trait Room: Sized {
    /// What the documentation says of the kind. It changes with [`Room::compare`].
    const ABOUT: About;

    /// The query that reads the wanted components of this kind from the catalog: raw rows only, so that it waits for
    /// no lock and needs no privilege (it must never raise). `None` where the edge looks by other means.
    ///
    /// The query sees two placeholders, both of type `text[]` and of equal length: `:'schemas'` and `:'names'`, the
    /// pairs that [`Room::wanted`] collected. They are written as psql variables so that the file runs in psql too.
    const QUERY: Option<&'static str>;

    /// Adds what the catalog must be asked for this requirement: a schema and the name of a relation, or whatever
    /// pair the room's query joins on.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        wanted.add_id(id);
    }

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

    /// Visits the place of each definition that this component has, known or not: expressions, bodies. What is put
    /// there counts in [`Room::compare`].
    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        let _ = visit;
    }

    /// A quick look at whether [`Room::definitions`] may have anything to visit, so that the great majority of shapes need
    /// not be copied for it.
    fn may_have_definitions(&self) -> bool {
        true
    }

    /// Whether the requirement is met when nothing is observed: a privilege that must not be granted.
    fn is_met_by_absence(&self) -> bool {
        false
    }

    /// Takes over what an ALTER says; parts that it leaves open stay.
    fn change(&mut self, change: Self) {
        *self = change;
    }

    /// Another object, or a column, goes under another name: says that one from now on, wherever this shape says the old
    /// one. `id` is this component's own identity before.
    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let _ = (id, renaming);
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
