//! What unqualified names may mean, where a statement sets the search path of sessions to come.
//!
//! ALTER DATABASE, ROLE or SYSTEM ... SET `search_path` changes nothing in its own session, and everything in those that
//! begin after it. Nobody can tell which sources run in one session and which in their own, nor as which role. So what
//! comes after is read in each way in which it may run, and the database says which one it was: what it holds in one of
//! the schemas is that one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::audit::read_set::{HeldSource, ReadStatement};
use crate::core::audit::requirement::{Requirements, Undecidable};
use crate::core::audit::set_fold::SetFold;
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::feature::FeatureSet;
use crate::core::kind::about::RELATIONS;
use crate::core::kind::{Found, Search, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Problem;
use crate::core::sql::effect::{Effect, Scope};
use crate::core::sql::fold::Declaration;

/// In how many ways sources are read at most; each costs as much as the first. A path beyond them is passed over.
const MOST_READINGS: usize = 8;

/// The search paths that later sessions may begin with.
#[derive(Debug, Clone, Default)]
pub struct LaterPaths {
    paths: Vec<Vec<Identifier>>,
    /// The first statement that sets one, in words, and where it stands.
    reason: Option<String>,
}

impl LaterPaths {
    /// Learns what a statement sets, under a condition or not.
    pub fn learn(&mut self, statement: &ReadStatement) {
        statement.effects.iter().for_each(|effect| self.learn_from(effect, statement));
    }

    fn learn_from(&mut self, effect: &Effect, statement: &ReadStatement) {
        match effect {
            Effect::SetLaterSearchPath { schemas, reason } => {
                if !self.paths.contains(schemas) {
                    self.paths.push(schemas.clone());
                }
                self.reason.get_or_insert_with(|| format!("{reason} at {}", statement.origin.position));
            }
            Effect::If { then, otherwise, .. } => {
                then.iter().chain(otherwise).for_each(|effect| self.learn_from(effect, statement));
            }
            Effect::Attempt { effects, handler, .. } => {
                effects.iter().chain(handler).for_each(|effect| self.learn_from(effect, statement));
            }
            _ => {}
        }
    }

    /// What unqualified names may mean instead in a source that starts with `scope`.
    #[must_use]
    pub fn other_scopes(&self, scope: &Scope) -> Vec<Scope> {
        let others = self.paths.iter().filter(|path| **path != *scope.search_path);
        others.map(|path| scope.in_session_with(path)).take(MOST_READINGS - 1).collect()
    }

    /// Why nobody can tell, if so.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// A component that may be in one of several places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Its identities; the first one is what it is called where none of them is there.
    pub ids: Vec<ComponentId>,
    /// Why nobody can tell, in a clause.
    pub reason: Arc<str>,
}

/// The sources of a feature set, folded in each way in which they may run.
#[derive(Debug)]
pub struct Readings<'a> {
    /// The first is as if no session began with another path.
    all: Vec<Reading<'a>>,
    paths: LaterPaths,
    /// Whether the author or the user says what unqualified names mean, so that there is one way only.
    is_told: bool,
}

#[derive(Debug)]
struct Reading<'a> {
    scope: Scope,
    fold: SetFold<'a>,
}

/// What came out of all readings.
#[derive(Debug, Default)]
pub struct Read {
    /// The components of all readings.
    pub components: BTreeMap<ComponentId, Declaration>,
    /// See [`SetFold::kept`].
    pub kept: Vec<(ComponentId, Arc<str>)>,
    /// What is wrong, or not modelled.
    pub problems: Vec<Problem>,
    /// What may be in one of several places.
    pub places: Vec<Places>,
    /// What not every reading makes, or not as it is here, with the reason.
    pub unsure: Vec<(ComponentId, Arc<str>)>,
}

impl<'a> Readings<'a> {
    /// Starts with nothing declared; names mean what `scope` says.
    #[must_use]
    pub fn new(set: &'a FeatureSet, scope: Scope, is_told: bool) -> Self {
        let all = vec![Reading { scope, fold: SetFold::new(set) }];
        Self { all, paths: LaterPaths::default(), is_told }
    }

    /// Reads the next source, as far as its statements belong to wanted features.
    pub fn source(&mut self, set: &FeatureSet, source: &HeldSource<'_>, is_wanted: &dyn Fn(&str) -> bool) {
        self.fork();
        for (nth, Reading { scope, fold }) in self.all.iter_mut().enumerate() {
            // What could not be read comes before what is wrong with what could.
            let before = fold.problems.len();
            let mut scope = scope.clone();
            if source.sets_search_path() || scope.search_path.len() > 1 {
                scope.objects = Some(fold.declared.objects());
            }
            let problems = source.read(set, scope, &mut |statement| {
                if is_wanted(&statement.origin.feature) {
                    if nth == 0 {
                        self.paths.learn(&statement);
                    }
                    fold.statement(statement);
                }
            });
            if is_wanted(&source.feature) {
                fold.problems.splice(before..before, problems);
            }
        }
    }

    /// From the next source on, names may mean something else.
    fn fork(&mut self) {
        if self.is_told {
            return;
        }
        let Some(Reading { scope, fold }) = self.all.first() else { return };
        let known = |scope: &Scope| self.all.iter().any(|it| it.scope.search_path == scope.search_path);
        let new = self.paths.other_scopes(scope).into_iter().filter(|scope| !known(scope));
        let new: Vec<Reading<'_>> = new.map(|scope| Reading { scope, fold: fold.clone() }).collect();
        self.all.extend(new);
    }

    /// What all readings declare.
    #[must_use]
    pub fn finish(self) -> Read {
        let reason = self.paths.reason.unwrap_or_default();
        let mut read = Read::default();
        let mut all = Vec::with_capacity(self.all.len());
        for (nth, Reading { fold, .. }) in self.all.into_iter().enumerate() {
            let SetFold { mut declared, kept, problems, .. } = fold;
            declared.name_sequences();
            all.push(declared.components.into_map());
            read.kept.extend(kept);
            if nth == 0 {
                // The others have the same, about the same statements.
                read.problems = problems;
            }
        }
        if all.len() > 1 {
            let reason: Arc<str> = format!(
                "{reason} may have been in force by then: unqualified names mean another schema with it"
            )
            .into();
            read.tell_apart(&mut all, &reason);
        }
        let mut all = all.into_iter();
        read.components = all.next().unwrap_or_default();
        for (id, declaration) in all.flatten() {
            read.components.entry(id).or_insert(declaration);
        }
        read
    }
}

impl Read {
    /// Finds what the readings make of one another's components.
    fn tell_apart(&mut self, all: &mut [BTreeMap<ComponentId, Declaration>], reason: &Arc<str>) {
        let mut alike: BTreeMap<_, Vec<Vec<ComponentId>>> = BTreeMap::new();
        let mut everywhere = Vec::new();
        for (nth, components) in all.iter().enumerate() {
            for (id, declaration) in components {
                if all.iter().all(|components| components.contains_key(id)) {
                    if nth == 0 {
                        everywhere.push(id.clone());
                    }
                    continue;
                }
                let origin = declaration.made_by.first();
                let origin = origin.map(|origin| (origin.position.source.clone(), origin.range.start));
                let ids = alike.entry((origin, without_schemas(id)));
                let ids = ids.or_insert_with(|| vec![Vec::new(); all.len()]);
                if let Some(ids) = ids.get_mut(nth) {
                    ids.push(id.clone());
                }
            }
        }
        for (_, ids) in alike {
            let is_one = ids.iter().all(|ids| ids.len() == 1);
            let mut ids: Vec<ComponentId> = ids.into_iter().flatten().collect();
            let mut seen = std::collections::BTreeSet::new();
            ids.retain(|id| seen.insert(id.clone()));
            if is_one {
                self.places.push(Places { ids, reason: reason.clone() });
            } else {
                self.unsure.extend(ids.into_iter().map(|id| (id, reason.clone())));
            }
        }
        for id in everywhere {
            self.agree(id, all, reason);
        }
    }

    /// One component of all readings: its expressions may mean something else in each; if more than that is not the same,
    /// it is not known.
    fn agree(&mut self, id: ComponentId, all: &mut [BTreeMap<ComponentId, Declaration>], reason: &Arc<str>) {
        let Some((first, others)) = all.split_first_mut() else { return };
        let Some(first) = first.get_mut(&id) else { return };
        let others: Vec<&Declaration> = others.iter().filter_map(|components| components.get(&id)).collect();
        let same =
            |other: &&Declaration| other.shape == first.shape && other.obscured_by == first.obscured_by;
        if others.iter().all(same) {
            return;
        }
        let bare = |declaration: &Declaration| {
            let mut shape = declaration.shape.clone();
            shape.definitions(&mut |_, definition| {
                if let Some(definition) = definition {
                    definition.search_path = Arc::from([]);
                }
            });
            (shape, declaration.obscured_by.clone())
        };
        let own = bare(first);
        if others.iter().any(|other| bare(other) != own) {
            self.unsure.push((id, reason.clone()));
        }
        first.shape.definitions(&mut |_, definition| {
            if let Some(definition) = definition {
                definition.doubt.get_or_insert_with(|| reason.to_string());
            }
        });
    }
}

/// The identity with every schema left out, but for those of built-in types.
fn without_schemas(id: &ComponentId) -> ComponentId {
    let bare = |name: &QualifiedName| QualifiedName { schema: Identifier::new(""), name: name.name.clone() };
    let mut id = id.clone();
    match &mut id.name {
        ComponentName::InSchema(name) | ComponentName::ForMethod { name, .. } => *name = bare(name),
        ComponentName::OnRelation { relation, .. } | ComponentName::Row { relation, .. } => {
            *relation = bare(relation);
        }
        ComponentName::Routine { name, arguments } => {
            *name = bare(name);
            for argument in arguments.iter_mut().flatten() {
                argument.schema.take_if(|schema| schema.as_str() != "pg_catalog");
            }
        }
        ComponentName::OnObject { object, .. } => **object = without_schemas(object),
        ComponentName::Global(_)
        | ComponentName::Free(_)
        | ComponentName::Cast { .. }
        | ComponentName::DefaultPrivilege { .. }
        | ComponentName::OnShared { .. }
        | ComponentName::Membership { .. } => {}
    }
    id
}

impl Requirements {
    /// These requirements, without the places of a component in which it is not, where it is in another one.
    #[must_use]
    pub fn placed(&self, catalog: &Catalog) -> Cow<'_, Self> {
        if self.places.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut placed = self.clone();
        for Places { ids, reason } in &self.places {
            let mut there: Vec<&ComponentId> = ids.iter().filter(|id| self.is_there(id, catalog)).collect();
            if there.is_empty() {
                there.extend(ids.first());
            }
            for id in ids.iter().filter(|id| !there.contains(id)) {
                placed.components.remove(id);
            }
            if there.len() > 1 {
                for id in there {
                    placed.doubt(id, reason);
                }
            }
        }
        Cow::Owned(placed)
    }

    /// Whether it is there, or what it is a part of.
    fn is_there(&self, id: &ComponentId, catalog: &Catalog) -> bool {
        let relation = self.components.get(id).and_then(|requirement| requirement.shape.relation(id));
        match (relation, &id.name) {
            (Some(relation), _) => {
                let id = |kind: &_| ComponentId::in_schema(*kind, relation.clone());
                RELATIONS.iter().any(|kind| catalog.contains(&id(kind)))
            }
            (None, ComponentName::OnObject { object, .. }) => self.is_there(object, catalog),
            (None, _) => {
                let taken = std::collections::BTreeSet::new();
                let search = Search { catalog, taken: &taken, name_is_generated: false };
                Shape::open(id.kind).find(id, &search) != Found::Nothing
            }
        }
    }

    /// Only where it is as declared, something is known of it.
    pub(super) fn doubt(&mut self, id: &ComponentId, reason: &Arc<str>) {
        if let Some(requirement) = self.components.get_mut(id) {
            let undecidable = || Box::new(Undecidable::Presence(reason.to_string()));
            requirement.undecidable.get_or_insert_with(undecidable);
        }
    }

    /// It is required under this identity, whatever the others are: each is then on its own.
    pub(super) fn is_required_here(&mut self, id: &ComponentId) {
        for Places { ids, reason } in
            self.places.extract_if(.., |places| places.ids.contains(id)).collect::<Vec<_>>()
        {
            for other in ids.iter().filter(|other| *other != id) {
                self.doubt(other, &reason);
            }
        }
    }
}

#[cfg(test)]
mod tests;
