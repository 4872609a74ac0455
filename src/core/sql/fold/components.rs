//! The declared components, which remember what was changed while somebody asks for it: what a condition may have done
//! is compared with what was there before, without a copy of everything.

use std::collections::BTreeMap;
use std::collections::btree_map::{IntoIter, Iter};
use std::ops::Deref;

use super::Declaration;
use crate::core::component::ComponentId;

/// What components were before they were changed; `None` where they were not there.
pub(super) type Before = BTreeMap<ComponentId, Option<Declaration>>;

/// Components by identity, in order. Whatever changes them goes through this type's own methods, which remember.
#[derive(Debug, Clone, Default)]
pub struct Components {
    map: BTreeMap<ComponentId, Declaration>,
    /// One for each [`Components::remember`] that is under way, the innermost last.
    remembered: Vec<Before>,
}

impl Components {
    /// The components alone.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<ComponentId, Declaration> {
        self.map
    }

    /// From here on, remembers what is changed.
    pub(super) fn remember(&mut self) {
        self.remembered.push(Before::new());
    }

    /// What was changed since the last [`Components::remember`], as it was then.
    pub(super) fn changed(&mut self) -> Before {
        let before = self.remembered.pop().unwrap_or_default();
        if let Some(outer) = self.remembered.last_mut() {
            for (id, declaration) in &before {
                if !outer.contains_key(id) {
                    outer.insert(id.clone(), declaration.clone());
                }
            }
        }
        before
    }

    pub(super) fn get_mut(&mut self, id: &ComponentId) -> Option<&mut Declaration> {
        self.keep(id);
        self.map.get_mut(id)
    }

    pub(super) fn insert(&mut self, id: ComponentId, declaration: Declaration) {
        self.keep(&id);
        self.map.insert(id, declaration);
    }

    pub(super) fn remove(&mut self, id: &ComponentId) -> Option<Declaration> {
        self.keep(id);
        self.map.remove(id)
    }

    /// The component; made by `make` where it is not there.
    pub(super) fn or_insert_with(
        &mut self,
        id: ComponentId,
        make: impl FnOnce(&ComponentId) -> Declaration,
    ) -> &mut Declaration {
        self.keep(&id);
        self.map.entry(id).or_insert_with_key(make)
    }

    /// All, to be changed; each counts as changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&ComponentId, &mut Declaration)> {
        if let Some(before) = self.remembered.last_mut() {
            for (id, declaration) in &self.map {
                if !before.contains_key(id) {
                    before.insert(id.clone(), Some(declaration.clone()));
                }
            }
        }
        self.map.iter_mut()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Declaration> {
        self.iter_mut().map(|(_, declaration)| declaration)
    }

    /// As it is before it is changed for the first time.
    fn keep(&mut self, id: &ComponentId) {
        if let Some(before) = self.remembered.last_mut()
            && !before.contains_key(id)
        {
            before.insert(id.clone(), self.map.get(id).cloned());
        }
    }
}

impl Deref for Components {
    type Target = BTreeMap<ComponentId, Declaration>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl IntoIterator for Components {
    type Item = (ComponentId, Declaration);
    type IntoIter = IntoIter<ComponentId, Declaration>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.into_iter()
    }
}

impl<'a> IntoIterator for &'a Components {
    type Item = (&'a ComponentId, &'a Declaration);
    type IntoIter = Iter<'a, ComponentId, Declaration>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}
