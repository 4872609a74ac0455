//! Which observed component a requirement is about, where its name alone does not say so.

use super::Comparison;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;

/// Where [`Room::find`](super::Room::find) looks.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What was observed.
    pub catalog: &'a Catalog,
    /// Observed components that another requirement is matched with already.
    pub taken: &'a std::collections::BTreeSet<&'a ComponentId>,
    /// Whether PostgreSQL chose the required name, not the author: then the shape decides, not the name.
    pub name_is_generated: bool,
}

impl<'a> Search<'a> {
    /// Finds a component whose name PostgreSQL chose, among `candidates` of its relation, each with how it compares:
    /// the one of the same name if nothing differs, else one that is wholly the same under another name, else the one
    /// of the same name after all. One that is the same as far as it could be compared may be another one: whether it
    /// is cannot be decided.
    #[must_use]
    pub fn by_shape(
        &self,
        id: &ComponentId,
        candidates: impl Iterator<Item = (&'a ComponentId, Comparison)>,
    ) -> Found {
        let free: Vec<_> = candidates.filter(|(candidate, _)| !self.taken.contains(candidate)).collect();
        let namesake = free.iter().find(|(candidate, _)| *candidate == id);
        let same = |comparison: &Comparison| comparison.differences.is_empty();
        if namesake.is_some_and(|(_, comparison)| same(comparison)) {
            return Found::Is(id.clone());
        }
        let mut alike: Vec<_> = free.iter().filter(|(_, comparison)| same(comparison)).collect();
        alike.sort_by_key(|(_, comparison)| {
            (!comparison.not_compared.is_empty(), comparison.unseen.is_some())
        });
        match (alike.first(), namesake) {
            (Some((candidate, comparison)), _) if comparison.not_compared.is_empty() => {
                Found::Is((*candidate).clone())
            }
            (Some((candidate, comparison)), _) => Found::Undecided(format!(
                "{candidate} may be it under another name, but the {} cannot be compared",
                comparison.not_compared.iter().map(|part| part.part).collect::<Vec<_>>().join(" and the ")
            )),
            (None, Some((candidate, _))) => Found::Is((*candidate).clone()),
            (None, None) => Found::Nothing,
        }
    }
}

/// What [`Room::find`](super::Room::find) found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This observed component is the one.
    Is(ComponentId),
    /// Nothing observed is it.
    Nothing,
    /// It cannot be decided, for this reason.
    Undecided(String),
}
