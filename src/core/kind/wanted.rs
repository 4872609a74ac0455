//! What a room's query asks the catalog for.

use smol_str::SmolStr;

use crate::core::component::{ComponentId, ComponentName};
use crate::core::name::QualifiedName;

/// For how many pairs there is room before the second one comes. A list grows where it began, and a block below a kilobyte
/// may be one that another thread made: the list would grow in that thread's part of the memory, where nothing else is put.
const PAIRS_AT_FIRST: usize = 32;

/// The pairs of schema and name that a room's query is scoped to; each pair once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In the order in which they came, but for the same one twice in a row: requirements come in order, so that it is
    /// most often the next one too.
    pairs: Vec<(SmolStr, SmolStr)>,
}

impl Wanted {
    /// Adds a pair. Kinds without a schema use the empty string for it.
    pub fn add(&mut self, schema: &str, name: &str) {
        if !self.pairs.last().is_some_and(|(of, last)| last == name && of == schema) {
            if self.pairs.is_empty() {
                self.pairs.reserve(PAIRS_AT_FIRST);
            }
            self.pairs.push((SmolStr::new(schema), SmolStr::new(name)));
        }
    }

    /// Adds the pair of a component: its own name, or the relation that it hangs on, with the schema.
    pub fn add_id(&mut self, id: &ComponentId) {
        match &id.name {
            ComponentName::Global(name) | ComponentName::OnShared { name, .. } => self.add("", name.as_str()),
            ComponentName::InSchema(name)
            | ComponentName::Routine { name, .. }
            | ComponentName::ForMethod { name, .. } => self.add_name(name),
            ComponentName::OnRelation { relation, .. } | ComponentName::Row { relation, .. } => {
                self.add_name(relation);
            }
            ComponentName::OnObject { object, .. } => self.add_id(object),
            // Their rooms know what to ask for.
            ComponentName::Free(_)
            | ComponentName::Cast { .. }
            | ComponentName::DefaultPrivilege { .. }
            | ComponentName::Membership { .. } => {}
        }
    }

    /// Adds the pair of a qualified name.
    pub fn add_name(&mut self, name: &QualifiedName) {
        self.add(name.schema.as_str(), name.name.as_str());
    }

    /// Whether nothing is wanted, so that the query need not be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs in order, each once.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut pairs: Vec<(&str, &str)> =
            self.pairs.iter().map(|(schema, name)| (schema.as_str(), name.as_str())).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter()
    }
}
