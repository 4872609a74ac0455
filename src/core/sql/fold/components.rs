//! The declared components, which remember what was changed while somebody asks for it: what a condition may have done
//! is compared with what was there before, without a copy of everything.

use std::collections::BTreeMap;
use std::collections::btree_map::{IntoIter, Iter};
use std::ops::Deref;

use super::Declaration;
use crate::core::component::ComponentId;

/// What components were before they were changed; `None` where they were not there.
pub(super) type Before = BTreeMap<ComponentId, Option<Declaration>>;

/// What was changed while somebody asked for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Changed {
    pub before: Before,
    /// How many copies were made to know that: also of what was as before in the end.
    pub copies: usize,
}

/// Components by identity, in order. Whatever changes them goes through this type's own methods, which remember.
#[derive(Debug, Clone, Default)]
pub struct Components {
    map: BTreeMap<ComponentId, Declaration>,
    /// One for each [`Components::remember`] that is under way, the innermost last.
    remembered: Vec<Changed>,
}

impl Components {
    /// The components alone.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<ComponentId, Declaration> {
        self.map
    }

    /// From here on, remembers what is changed.
    pub(super) fn remember(&mut self) {
        self.remembered.push(Changed::default());
    }

    /// What was changed since the last [`Components::remember`], as it was then.
    pub(super) fn changed(&mut self) -> Changed {
        let changed = self.remembered.pop().unwrap_or_default();
        if let Some(outer) = self.remembered.last_mut() {
            for (id, declaration) in &changed.before {
                outer.keep(id, declaration.as_ref());
            }
        }
        changed
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

    /// Changes each that `may_change`; what is as it was afterwards does not count as changed.
    pub(super) fn change_each(
        &mut self,
        may_change: impl Fn(&ComponentId, &Declaration) -> bool,
        mut change: impl FnMut(&ComponentId, &mut Declaration),
    ) {
        let mut remembered = self.remembered.last_mut();
        for (id, declaration) in &mut self.map {
            if !may_change(id, declaration) {
                continue;
            }
            match &mut remembered {
                Some(changed) if !changed.before.contains_key(id) => {
                    let old = declaration.clone();
                    changed.copies += 1;
                    change(id, declaration);
                    if *declaration != old {
                        changed.before.insert(id.clone(), Some(old));
                    }
                }
                _ => change(id, declaration),
            }
        }
    }

    /// As it is before it is changed for the first time.
    fn keep(&mut self, id: &ComponentId) {
        if let Some(changed) = self.remembered.last_mut() {
            changed.keep(id, self.map.get(id));
        }
    }
}

impl Changed {
    fn keep(&mut self, id: &ComponentId, declaration: Option<&Declaration>) {
        if !self.before.contains_key(id) {
            self.copies += 1;
            self.before.insert(id.clone(), declaration.cloned());
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
