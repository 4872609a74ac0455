//! What a database must carry: the components that the wanted features declare.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::core::audit::feature_order::{FeatureOrder, feature_order};
use crate::core::audit::read_set::{HeldSource, ReadSet};
use crate::core::audit::reading::{Places, Read, Readings};
use crate::core::audit::required_name::required;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::feature::FeatureSet;
use crate::core::kind::extension::Extension;
use crate::core::kind::{Kind, Room as _, Shape};
use crate::core::name::Identifier;
use crate::core::problem::{Position, Problem, Severity};
use crate::core::sql::effect::Scope;
use crate::core::sql::fold::{Declaration, Obscured, Origin};
use crate::core::sql::parse;
use crate::core::threads::side_by_side;

/// A feature of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FeatureRef {
    /// The set.
    pub set: Arc<str>,
    /// The feature.
    pub name: Arc<str>,
}

/// A component that some wanted feature needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// Its declared shape, open parts left open.
    pub shape: Shape,
    /// The features that need it; the first one declared it.
    pub features: Arc<[FeatureRef]>,
    /// The statement that created it; `None` for a requirement by name.
    pub position: Option<Position>,
    /// Whether PostgreSQL chose its name, so that it matches by shape.
    pub name_is_generated: bool,
    /// Why it cannot be decided in every case, if it cannot.
    pub undecidable: Option<Box<Undecidable>>,
}

/// Why a requirement cannot be decided, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecidable {
    /// Its shape cannot be known: it is Unknown, whatever the database holds.
    Shape(String),
    /// It may never have been made, or by another statement: where the database does not hold it as declared, it is
    /// Unknown.
    Presence(String),
}

/// All requirements of an audit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirements {
    /// By identity, so that each component is required once.
    pub components: BTreeMap<ComponentId, Requirement>,
    /// The wanted features with their dependencies, in order.
    pub features: Vec<FeatureRef>,
    /// What is wrong with the documents.
    pub problems: Vec<Problem>,
    /// The schema of unqualified names, for reports that show names without it.
    pub default_schema: Option<Identifier>,
    /// What may be in one of several schemas: of each, one place is required.
    pub places: Vec<Places>,
}

/// How many entries are put into a tree at once, at least: two megabytes.
const ENTRIES_AT_ONCE: usize = 12_288;

/// What of a feature set is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// The wanted features; none means all. What they depend on is added.
    pub features: Vec<String>,
    /// Overrides the set's schema (one schema per tenant).
    #[serde(with = "crate::core::name::exact")]
    pub schema: Option<Identifier>,
    /// Whether the owners that the SQL declares are required.
    pub owners: bool,
}

impl Requirements {
    /// The requirements of the wanted features of one set.
    ///
    /// Never fails: duplicate names, cycles, unknown features, broken statements are problems, and the rest counts.
    #[must_use]
    pub fn of(set: &FeatureSet, selection: &Selection) -> Self {
        parse::on_big_stack(|| {
            let schema = selection.schema.clone().or_else(|| set.schema.clone());
            let is_told = schema.is_some();
            let scope = Scope::of(schema.unwrap_or_else(|| Identifier::new("public")));
            let ReadSet { features, sources } = ReadSet::new(set);
            let order = feature_order(&features, &selection.features);
            let mut requirements =
                Self { default_schema: Some(scope.default_schema.clone()), ..Self::default() };
            for (feature, message) in &order.problems {
                requirements.problem(set, feature.map(Arc::from), None, message.clone());
            }
            requirements.declare(set, &order, sources, Readings::new(set, scope.clone(), is_told));
            if !selection.owners {
                requirements.components.retain(|id, _| id.kind != Kind::Owner);
            }
            requirements.require_names(set, &order, &scope);
            requirements
        })
    }

    /// The requirements of several sets. Where two declare one component differently, that is a problem and the first
    /// one counts.
    #[must_use]
    pub fn merge(all: Vec<Self>) -> Self {
        let mut merged = Self::default();
        for Self { components, features, problems, default_schema, places } in all {
            merged.places.extend(places);
            merged.features.extend(features);
            merged.problems.extend(problems);
            merged.default_schema = merged.default_schema.or(default_schema);
            if merged.components.is_empty() {
                merged.components = components;
                continue;
            }
            for (id, requirement) in components {
                if merged.components.contains_key(&id) {
                    merged.is_required_here(&id);
                }
                if let Some(problem) = merged.add(id, requirement) {
                    merged.problems.push(problem);
                }
            }
        }
        merged
    }

    /// Folds the statements of the wanted features into components.
    fn declare(
        &mut self,
        set: &FeatureSet,
        order: &FeatureOrder<'_>,
        mut sources: Vec<HeldSource<'_>>,
        mut readings: Readings<'_>,
    ) {
        let wanted = order.all.iter().filter(|feature| order.wanted.contains(&*feature.name));
        self.features = wanted.map(|feature| reference(set, &feature.name)).collect();
        let place: BTreeMap<&str, usize> =
            order.all.iter().enumerate().map(|(place, feature)| (&*feature.name, place)).collect();
        sources.sort_by_key(|source| place.get(&*source.feature).copied());
        for source in sources {
            readings.source(set, &source, &|feature| order.wanted.contains(feature));
        }
        let Read { components, kept, problems, places, unsure } = readings.finish();
        self.problems.extend(problems);
        self.places = places;
        self.components = required_components(set, components);
        for (id, reason) in unsure {
            self.doubt(&id, &reason);
        }
        for (id, feature) in kept {
            if let Some(requirement) = self.components.get_mut(&id) {
                requirement.needed_by(&[reference(set, &feature)]);
            }
        }
    }

    /// Adds what the wanted features require by name, after all SQL is read: a name that SQL declares keeps its shape.
    fn require_names(&mut self, set: &FeatureSet, order: &FeatureOrder<'_>, scope: &Scope) {
        for feature in order.all.iter().filter(|feature| order.wanted.contains(&*feature.name)) {
            let (components, problems) = required(&feature.requires, scope);
            for message in problems {
                self.problem(set, Some(feature.name.clone()), None, message);
            }
            for (id, shape) in components {
                let by_name = Requirement {
                    shape,
                    features: [reference(set, &feature.name)].into(),
                    position: None,
                    name_is_generated: false,
                    undecidable: None,
                };
                self.require_name(set, &feature.name, id, &by_name);
            }
        }
    }

    /// Adds one requirement by name. One for any overload of a function is met by the declared overloads.
    fn require_name(&mut self, set: &FeatureSet, feature: &Arc<str>, id: ComponentId, by_name: &Requirement) {
        let overloads: Vec<ComponentId> = match &id.name {
            ComponentName::Routine { name: wanted, arguments: None } => {
                let is_overload = |other: &&ComponentId| match &other.name {
                    ComponentName::Routine { name, .. } => name == wanted,
                    _ => false,
                };
                self.components.keys().filter(is_overload).cloned().collect()
            }
            _ => Vec::new(),
        };
        let ids = if overloads.is_empty() { vec![id] } else { overloads };
        for id in ids {
            self.is_required_here(&id);
            if let Some(problem) = self.add(id, by_name.clone()) {
                let message = format!("requires: {}", problem.message);
                self.problem(set, Some(feature.clone()), None, message);
            }
        }
    }

    /// Adds a requirement to those that are there. The same component with another shape is a problem.
    fn add(&mut self, id: ComponentId, new: Requirement) -> Option<Problem> {
        let Some(old) = self.components.get_mut(&id) else {
            self.components.insert(id, new);
            return None;
        };
        let newcomer = new.features.first().cloned();
        old.needed_by(&new.features);
        let open = Shape::open(id.kind);
        if old.shape == open && new.shape != open {
            // By name only so far: what declares it knows more.
            let features = old.features.clone();
            let position = new.position.or(old.position.take());
            let undecidable = new.undecidable.or(old.undecidable.take());
            *old = Requirement { features, position, undecidable, ..new };
            return None;
        }
        if let (Shape::Extension(old), Shape::Extension(new)) = (&mut old.shape, &new.shape) {
            raise_version(old, new);
        }
        match (&mut old.shape, &new.shape) {
            (Shape::Grant(old), Shape::Grant(new)) if old.privileges.agrees_with(&new.privileges) => {
                old.privileges.change(new.privileges.clone());
            }
            (Shape::DefaultPrivilege(old), Shape::DefaultPrivilege(new))
                if old.privileges.agrees_with(&new.privileges) =>
            {
                old.privileges.change(new.privileges.clone());
            }
            _ => {}
        }
        if new.shape != open
            && new.undecidable.is_none()
            && matches!(old.undecidable.as_deref(), Some(Undecidable::Presence(_)))
        {
            // What the one may not have made, the other did.
            old.undecidable = None;
        }
        if new.shape != open && !agree(&old.shape, &new.shape) {
            let message = format!(
                "{id} is declared differently at {} and at {}; the first one counts",
                place(old),
                place(&new)
            );
            return newcomer.map(|FeatureRef { set, name }| Problem {
                severity: Severity::Error,
                set,
                feature: Some(name),
                position: new.position,
                message,
            });
        }
        None
    }

    fn problem(
        &mut self,
        set: &FeatureSet,
        feature: Option<Arc<str>>,
        position: Option<Position>,
        message: String,
    ) {
        let set = set.name.clone();
        self.problems.push(Problem { severity: Severity::Error, set, feature, position, message });
    }
}

fn reference(set: &FeatureSet, feature: &Arc<str>) -> FeatureRef {
    FeatureRef { set: set.name.clone(), name: feature.clone() }
}

impl Requirement {
    /// Adds features that need it.
    fn needed_by(&mut self, features: &[FeatureRef]) {
        if features.iter().any(|feature| !self.features.contains(feature)) {
            let others = features.iter().filter(|feature| !self.features.contains(feature));
            self.features = self.features.iter().chain(others).cloned().collect();
        }
    }
}

/// What declarations require.
fn required_components(
    set: &FeatureSet,
    mut declared: BTreeMap<ComponentId, Declaration>,
) -> BTreeMap<ComponentId, Requirement> {
    let required = |declared: BTreeMap<ComponentId, Declaration>| {
        let mut shared = SharedFeatures { set, before: Arc::from([]) };
        tree_of_sorted(
            declared.into_iter().map(|(id, declaration)| (id, requirement(&mut shared, declaration))),
        )
    };
    let Some(middle) = declared.keys().nth(declared.len() / 2).cloned() else { return BTreeMap::new() };
    let entries = declared.len();
    let upper = declared.split_off(&middle);
    let (mut upper, mut all) = side_by_side(entries, || required(upper), || required(declared));
    all.append(&mut upper);
    all
}

/// A tree of entries that come in the order of their keys. Built of whole lists of them, it has no half-empty nodes. A list
/// of all would be as big as the tree; and once such a block is given back, the allocator of glibc asks the system for no
/// smaller one any more, and keeps what it has (`M_MMAP_THRESHOLD` of mallopt(3)).
fn tree_of_sorted<K: Ord, V>(mut entries: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut all = BTreeMap::new();
    loop {
        // In proportion to what is there, which each joining moves.
        let length = ENTRIES_AT_ONCE.max(all.len() / 6);
        let mut next: BTreeMap<K, V> = entries.by_ref().take(length).collect();
        if next.is_empty() {
            return all;
        }
        all.append(&mut next);
    }
}

/// The features of the component before: nearly all components of a feature are its alone, and share the list.
struct SharedFeatures<'s> {
    set: &'s FeatureSet,
    before: Arc<[FeatureRef]>,
}

impl SharedFeatures<'_> {
    fn of(&mut self, made_by: &[Origin]) -> Arc<[FeatureRef]> {
        let mut names: Vec<&Arc<str>> = Vec::new();
        for origin in made_by {
            if !names.contains(&&origin.feature) {
                names.push(&origin.feature);
            }
        }
        let same = |(feature, name): (&FeatureRef, &&Arc<str>)| feature.name == **name;
        if self.before.len() != names.len() || !self.before.iter().zip(&names).all(same) {
            self.before = names.into_iter().map(|name| reference(self.set, name)).collect();
        }
        self.before.clone()
    }
}

/// What a declaration requires.
fn requirement(shared: &mut SharedFeatures<'_>, declaration: Declaration) -> Requirement {
    let Declaration { shape, made_by, name_is_generated, obscured_by } = declaration;
    let features = shared.of(&made_by);
    Requirement {
        shape,
        features,
        position: made_by.into_iter().next().map(|origin| origin.position),
        name_is_generated,
        undecidable: obscured_by.map(|by| {
            Box::new(match by {
                Obscured::Shape(words) => {
                    Undecidable::Shape(format!("{words} is not modelled by this version"))
                }
                Obscured::Presence(words) => Undecidable::Presence(format!("{words} may not have made it")),
                Obscured::Change(words) => Undecidable::Presence(format!("{words} may have changed it")),
            })
        }),
    }
}

/// Least versions add up: the greater one is required.
fn raise_version(old: &mut Extension, new: &Extension) {
    let version = |version: &Option<String>| Extension { version: version.clone(), schema: None };
    let will_do = version(&new.version).compare(&version(&old.version)).differences.is_empty();
    if old.version.is_none() || !will_do {
        old.version.clone_from(&new.version);
    }
}

/// Whether two declarations ask for the same, as far as their shapes can be compared.
fn agree(first: &Shape, second: &Shape) -> bool {
    // The second way round as well: what the first leaves open may be said by the second, which is no conflict; and
    // of two least versions, one will do for the other.
    let as_required = |first: &Shape, second: &Shape| {
        first.compare(second).is_some_and(|comparison| comparison.differences.is_empty())
    };
    match (first, second) {
        // The text is all there is to a query.
        (Shape::Query(first), Shape::Query(second)) => first == second,
        // Privileges add up.
        (Shape::Grant(first), Shape::Grant(second)) => first.privileges.agrees_with(&second.privileges),
        (Shape::DefaultPrivilege(first), Shape::DefaultPrivilege(second)) => {
            first.privileges.agrees_with(&second.privileges)
        }
        _ => first == second || as_required(first, second) || as_required(second, first),
    }
}

fn place(requirement: &Requirement) -> String {
    match &requirement.position {
        Some(position) => position.to_string(),
        None => "a requirement by name".to_owned(),
    }
}

#[cfg(test)]
mod tests;
