//! The statements of the wanted features in order, each with the components that it made, changed or took away.
//!
//! An audit keeps only what comes out in the end; a plan must know which statement to run for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::context::NOT_RESET_BY_ALL;
use super::look::RELATIONS;
use super::statement::{Form, Traits};
use super::touch::Touch;
use crate::core::audit::feature_order::feature_order;
use crate::core::audit::read_set::{ReadSet, ReadStatement};
use crate::core::audit::reading::LaterPaths;
use crate::core::audit::requirement::{FeatureRef, Requirement, Requirements, Selection};
use crate::core::audit::set_fold::SetFold;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::feature::FeatureSet;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Position;
use crate::core::sql::effect::{Scope, effects};
use crate::core::sql::fold::Declaration;
use crate::core::sql::parse;
use crate::core::sql::split::PlanMarkers;

/// The statements of the wanted features of all sets, in the order in which they would build everything.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(super) steps: Vec<Step>,
    /// The statements that made each component what it is, in order.
    pub(super) made_by: BTreeMap<ComponentId, Vec<usize>>,
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub feature: FeatureRef,
    pub position: Position,
    source: Arc<str>,
    range: Range<usize>,
    /// What unqualified names mean in it.
    pub search_path: Arc<[Identifier]>,
    /// Why nobody can tell what its unqualified names mean, if so.
    pub unsettled: Option<String>,
    /// The settings in force that change what it means.
    pub settings: Arc<BTreeMap<String, String>>,
    pub markers: PlanMarkers,
    pub traits: Traits,
    pub touch: Touch,
    /// The components, as they are in the end, that it created.
    pub makes: Vec<ComponentId>,
    /// Those that it changed.
    pub alters: Vec<ComponentId>,
    /// What it created and what in the end is gone, goes by another name, or was made anew.
    pub passing: Vec<ComponentId>,
    /// What it changed, as it was before.
    pub before: Vec<(ComponentId, Shape)>,
}

impl Step {
    /// The statement by its place.
    pub(super) fn place(&self) -> String {
        format!("the statement at {}", self.position)
    }

    /// The statement as its author wrote it, without the semicolon.
    pub(super) fn text(&self) -> &str {
        self.source.get(self.range.clone()).unwrap_or_default()
    }
}

/// The settings that change what a statement means or makes. The others are the business of who runs it.
const SETTINGS: [&str; 11] = [
    "check_function_bodies",
    "datestyle",
    "default_table_access_method",
    "default_tablespace",
    "default_toast_compression",
    "intervalstyle",
    "role",
    "session_authorization",
    "standard_conforming_strings",
    "timezone",
    "xmloption",
];

impl History {
    /// Reads the SQL of the wanted features of several sets. What could not be read is not there: the requirements
    /// say so.
    #[must_use]
    pub fn of(sets: &[(&FeatureSet, Selection)]) -> Self {
        parse::on_big_stack(|| {
            let mut history = Self::default();
            for (set, selection) in sets {
                history.read(set, selection);
            }
            history
        })
    }

    fn read(&mut self, set: &FeatureSet, selection: &Selection) {
        let schema = selection.schema.clone().or_else(|| set.schema.clone());
        let is_told = schema.is_some();
        let scope = Scope::of(schema.unwrap_or_else(|| Identifier::new("public")));
        let mut later = LaterPaths::default();
        let ReadSet { features, mut sources } = ReadSet::new(set);
        let order = feature_order(&features, &selection.features);
        let place: BTreeMap<&str, usize> =
            order.all.iter().enumerate().map(|(place, feature)| (&*feature.name, place)).collect();
        sources.sort_by_key(|source| place.get(&*source.feature).copied());
        let first = self.steps.len();
        let mut fold = SetFold::new(set);
        for source in sources {
            let text = source.text().clone();
            let mut settings: Arc<BTreeMap<String, String>> = Arc::default();
            let mut scope = scope.clone();
            let others = if is_told { Vec::new() } else { later.other_scopes(&scope) };
            let (start, reason) = (scope.search_path.clone(), later.reason().map(unsettled));
            if source.sets_search_path() || !others.is_empty() {
                scope.objects = Some(fold.declared.objects());
            }
            source.read_with(
                set,
                scope,
                &mut |statement, scope| {
                    let traits = Traits::of(&statement.node, scope);
                    let means_the_same = |other: &Scope| {
                        let mut there = scope.clone();
                        there.set_search_path(&other.search_path);
                        effects(&statement.node, &there) == effects(&statement.node, scope)
                    };
                    let is_settled = scope.search_path != start || others.iter().all(means_the_same);
                    let unsettled = reason.clone().filter(|_| !is_settled);
                    (traits, statement.markers.clone(), scope.search_path.clone(), unsettled)
                },
                &mut |read: ReadStatement, (traits, markers, search_path, unsettled)| {
                    keep_setting(&mut settings, &traits.form);
                    if !order.wanted.contains(&*read.origin.feature) {
                        return;
                    }
                    later.learn(&read);
                    let mut touch = Touch::of(&read.effects);
                    let components = &fold.declared.components;
                    touch.learn(&fold.declared);
                    let before = touch.changes.union(&touch.implies).filter_map(|id| {
                        Some((
                            id.clone(),
                            components.get(id).filter(|it| it.obscured_by.is_none())?.shape.clone(),
                        ))
                    });
                    self.steps.push(Step {
                        feature: FeatureRef { set: set.name.clone(), name: read.origin.feature.clone() },
                        position: read.origin.position.clone(),
                        source: text.clone(),
                        range: read.origin.range.clone(),
                        search_path,
                        unsettled,
                        settings: settings.clone(),
                        markers,
                        traits,
                        before: before.collect(),
                        touch,
                        makes: Vec::new(),
                        alters: Vec::new(),
                        passing: Vec::new(),
                    });
                    fold.statement(read);
                },
            );
        }
        self.attribute(first, fold.declared.components.into_map(), selection.owners);
    }

    /// Says of each component which statements made it.
    fn attribute(&mut self, first: usize, components: BTreeMap<ComponentId, Declaration>, owners: bool) {
        let steps = self.steps.get_mut(first..).unwrap_or_default();
        let mut place: BTreeMap<(Arc<str>, Arc<str>, usize), usize> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let key = (step.feature.name.clone(), step.position.source.clone(), step.range.start);
            place.entry(key).or_insert(at);
        }
        let known: BTreeSet<ComponentId> = components.keys().cloned().collect();
        for (id, declaration) in components {
            if id.kind == Kind::Owner && !owners {
                continue;
            }
            let mut made_by = Vec::new();
            for (nth, origin) in declaration.made_by.into_iter().enumerate() {
                let key = (origin.feature, origin.position.source, origin.range.start);
                let Some(at) = place.get(&key) else { continue };
                let Some(step) = steps.get_mut(*at) else { continue };
                made_by.push(first + at);
                let Touch { creates, changes, implies, .. } = &step.touch;
                let is_changed = changes.contains(&id) || implies.contains(&id);
                // What comes with a table from another one (LIKE) has no name there.
                let is_with_relation =
                    || id.relation().is_some_and(|relation| makes_relation(creates, relation));
                let is_made = nth == 0 && (creates.contains(&id) || !is_changed || is_with_relation());
                if is_made { &mut step.makes } else { &mut step.alters }.push(id.clone());
            }
            self.made_by.entry(id).or_insert(made_by);
        }
        for (at, step) in steps.iter_mut().enumerate() {
            // What goes by that name in the end, but was made later, is something else: this one went by another name, or
            // went, before.
            let made_by = &self.made_by;
            let is_kept = |id: &ComponentId| {
                let first_maker = made_by.get(id).and_then(|made_by| made_by.first());
                first_maker.is_none_or(|maker| *maker <= first + at)
            };
            step.touch.keeps.retain(is_kept);
            let Touch { creates, keeps, renames_to, .. } = &step.touch;
            let stays = |id: &&ComponentId| {
                step.makes.contains(id)
                    || step.alters.contains(id)
                    || known.contains(*id) && keeps.contains(*id)
            };
            step.passing = creates.union(renames_to).filter(|id| !stays(id)).cloned().collect();
        }
    }

    /// Adds what a plan must look for besides what is required: what statements make on the way, and what they drop.
    /// Observe with these; judge with those that are required.
    #[must_use]
    pub fn to_look_for(&self, required: &Requirements) -> Requirements {
        let mut all = Requirements { all_extensions: true, ..required.clone() };
        for step in &self.steps {
            let dropped = step.touch.drops.iter().map(|(id, _)| id);
            for id in step.passing.iter().chain(dropped).chain(&step.touch.renames_from) {
                let can_be_looked_for = matches!(
                    id.name,
                    ComponentName::Global(_)
                        | ComponentName::InSchema(_)
                        | ComponentName::OnRelation { .. }
                        | ComponentName::Routine { .. }
                );
                if can_be_looked_for && !all.components.contains_key(id) {
                    let requirement = Requirement {
                        shape: Shape::open(id.kind),
                        features: [step.feature.clone()].into(),
                        position: Some(step.position.clone()),
                        name_is_generated: false,
                        undecidable: None,
                    };
                    all.components.insert(id.clone(), requirement);
                }
            }
        }
        all
    }
}

/// Whether a relation of this name is among what a statement creates.
fn makes_relation(creates: &BTreeSet<ComponentId>, relation: &QualifiedName) -> bool {
    RELATIONS.iter().any(|kind| creates.contains(&ComponentId::in_schema(*kind, relation.clone())))
}

fn unsettled(words: &str) -> String {
    format!(
        "nobody can tell in which schema its unqualified names are, because of {words}: say so by SET search_path \
         before it, or by the schema of the feature set"
    )
}

fn keep_setting(settings: &mut Arc<BTreeMap<String, String>>, form: &Form) {
    let (name, value) = match form {
        Form::Setting(name, value) => (name, value),
        Form::Discard { all: true } => {
            *settings = Arc::default();
            return;
        }
        _ => return,
    };
    match value {
        Some(value) if SETTINGS.contains(&name.as_str()) => {
            let value = value.clone();
            Arc::make_mut(settings).insert(name.clone(), value);
        }
        // RESET ALL has no name.
        None if name.is_empty() => {
            Arc::make_mut(settings).retain(|name, _| NOT_RESET_BY_ALL.contains(&name.as_str()));
        }
        None => {
            Arc::make_mut(settings).remove(name);
        }
        Some(_) => {}
    }
}
