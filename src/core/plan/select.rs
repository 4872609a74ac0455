//! Which statements run: those of which something is missing, and those that touch what the plan makes.
//!
//! The statements are walked in the order in which they would build everything. One is *needed* if something that it
//! makes is missing, if it touches what the plan made before, or if it puts right what is different. It *may* run only
//! where nothing of what it does is a guess: what it makes was seen to be missing, what it changes was made by this plan,
//! or is known to be as it was before it, and it destroys nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, Step};
use super::look::{Look, Presence, RELATIONS};
use super::order::{is_named_alone, words};
use super::replace::to_put_right;
use super::statement::Form;
use super::{Skipped, template};
use crate::core::audit::finding::State;
use crate::core::audit::requirement::FeatureRef;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::index::KeyTarget;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::mentioned::Mentioned;

/// The statements that run.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// By their places in the history.
    pub steps: BTreeMap<usize, Choice>,
    /// What they create.
    pub made: BTreeSet<ComponentId>,
    /// What they create that in the end is gone, goes by another name, or is made anew.
    pub passing: BTreeSet<ComponentId>,
    /// What they put right.
    pub put_right: BTreeSet<ComponentId>,
    /// Why what is missing or different is not made by a statement that makes it.
    pub refused: BTreeMap<ComponentId, Refusal>,
    /// What does not run, though something of it may be wanted.
    pub skipped: Vec<Skipped>,
    /// Statements that ran, but for which a later one that changes what they make may not run.
    stopped: BTreeMap<usize, String>,
    /// The features in the middle of whose history the database stands, with the statement.
    unfinished: BTreeMap<FeatureRef, String>,
}

/// Why a statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What it creates that is missing.
    pub makes: Vec<ComponentId>,
    /// Whether it changes what was there before the plan.
    pub replaces: bool,
    /// What it destroys, where its author allows that.
    pub destroys: Option<String>,
}

/// Why a component is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub reason: String,
    pub template: Vec<String>,
}

impl Chosen {
    /// Whether the plan makes a relation of this name.
    pub(super) fn is_new_relation(&self, relation: &QualifiedName) -> bool {
        RELATIONS.iter().any(|kind| {
            let id = ComponentId::in_schema(*kind, relation.clone());
            self.made.contains(&id) || self.passing.contains(&id)
        })
    }
}

/// Chooses the statements.
pub(super) fn select(history: &History, look: &Look<'_>) -> Chosen {
    let (put_right, refused) = to_put_right(history, look);
    let from_nothing = is_nothing_there(history, look);
    let mut on_the_way = BTreeSet::new();
    let mut without_ground = BTreeMap::new();
    // Each round adds to one of the two, so that it comes to an end.
    loop {
        let walk = Walk {
            history,
            look,
            from_nothing,
            put_right: &put_right,
            on_the_way: &on_the_way,
            without_ground: &without_ground,
            chosen: Chosen { refused: refused.clone(), ..Chosen::default() },
        };
        let chosen = walk.run();
        let more = needed_on_the_way(history, &chosen, &on_the_way);
        let mut stopped = resting_on_nothing(history, look, &chosen);
        stopped.extend(chosen.stopped.clone());
        if more.is_empty() && stopped.is_empty() {
            return chosen;
        }
        on_the_way.extend(more);
        without_ground.extend(stopped);
    }
}

/// Whether nothing that statements make was seen, but for what may be there without them: schemas, extensions, roles.
fn is_nothing_there(history: &History, look: &Look<'_>) -> bool {
    let counts =
        |id: &&ComponentId| is_named_alone(id.kind) && !matches!(id.kind, Kind::Schema | Kind::Extension);
    let made = history.steps.iter().flat_map(|step| step.makes.iter().chain(&step.passing));
    let required = look.report.findings.iter().map(|finding| &finding.component);
    made.chain(required).filter(counts).all(|id| look.is_absent(id))
}

/// Statements that name what is missing and is not made by the plan, each with what that is: they would fail.
fn resting_on_nothing(history: &History, look: &Look<'_>, chosen: &Chosen) -> BTreeMap<usize, String> {
    let made: BTreeSet<String> = chosen.made.union(&chosen.passing).filter_map(own_name).collect();
    // Of what is no partitioned table, there are no partitions.
    let cannot_carry = |id: &ComponentId| {
        let parts = look.finding(id).into_iter().flat_map(|finding| &finding.differences);
        parts.into_iter().any(|difference| difference.part == "partitioning")
    };
    let is_left = |id: &&ComponentId| look.presence(id) == Presence::Missing && !chosen.made.contains(*id);
    let missing = || look.report.findings.iter().map(|finding| &finding.component);
    let alone = missing().filter(|id| is_named_alone(id.kind) && (is_left(id) || cannot_carry(id)));
    let by_name: BTreeMap<String, &ComponentId> =
        alone.filter_map(|id| Some((own_name(id)?, id))).filter(|(name, _)| !made.contains(name)).collect();
    let mut columns: BTreeMap<&QualifiedName, Vec<(String, &ComponentId)>> = BTreeMap::new();
    for id in missing().filter(|id| id.kind == Kind::Column && is_left(id)) {
        if let (Some(relation), Some(name)) = (id.relation(), own_name(id))
            && !chosen.is_new_relation(relation)
        {
            columns.entry(relation).or_default().push((name, id));
        }
    }
    let keys: BTreeSet<&QualifiedName> = missing()
        .filter(|id| matches!(id.kind, Kind::Constraint | Kind::Index) && is_left(id))
        .filter_map(|id| look.requirements.components.get(id)?.shape.relation(id))
        .collect();
    if by_name.is_empty() && columns.is_empty() && keys.is_empty() {
        return BTreeMap::new();
    }
    let named = |at: &usize| {
        let step = history.steps.get(*at)?;
        let left =
            |id: &ComponentId| format!("it names {id}, which is missing or different, and not planned");
        if let Some(id) = missing_key(look, step, &keys, is_left) {
            return Some((*at, format!("it needs {id}, which is missing and not planned")));
        }
        if by_name.is_empty() && columns.is_empty() {
            return None;
        }
        let mentioned = Mentioned::of(step.text())?;
        let relations = mentioned.relations.iter().map(|(name, _)| name);
        let names = relations.chain(&mentioned.types).chain(&mentioned.functions);
        let mut names = names.filter_map(|name| name.last()).filter(|name| !mentioned.with.contains(*name));
        let by_name = |name: &String| by_name.get(&name.to_lowercase());
        // nextval('s')
        let in_strings = || {
            let ends = mentioned.strings.iter().filter_map(|string| string.rsplit(['.', ' ']).next());
            let mut ends = ends.map(|end| end.trim_matches('"').to_owned());
            ends.find_map(|end| by_name(&end).filter(|id| id.kind == Kind::Sequence))
        };
        if let Some(id) = names.find_map(by_name).or_else(in_strings) {
            return Some((*at, left(id)));
        }
        let relations = mentioned.relations.iter().filter_map(|(name, _)| name.last());
        let relations: BTreeSet<&str> = relations.map(String::as_str).collect();
        let mut columns = columns
            .iter()
            .filter(|(relation, _)| relations.contains(relation.name.as_str()))
            .flat_map(|(_, columns)| columns)
            .peekable();
        columns.peek()?;
        let words = words(step);
        let (_, id) = columns.find(|(name, _)| words.contains(name))?;
        Some((*at, left(id)))
    };
    chosen.steps.keys().filter_map(named).collect()
}

/// The key that a foreign key needs of a table that stands there without it.
fn missing_key<'a>(
    look: &Look<'a>,
    step: &Step,
    tables: &BTreeSet<&QualifiedName>,
    is_left: impl Fn(&&ComponentId) -> bool,
) -> Option<&'a ComponentId> {
    let constraint = |id: &ComponentId| match &look.requirements.components.get(id)?.shape {
        Shape::Constraint(constraint) => constraint.form.as_ref(),
        _ => None,
    };
    let (table, wanted) = step.makes.iter().find_map(|id| match constraint(id)? {
        ConstraintForm::ForeignKey { references, referenced_columns, .. } if tables.contains(references) => {
            Some((references, referenced_columns.as_ref()))
        }
        _ => None,
    })?;
    let is_key = |shape: &Shape| {
        let (columns, is_primary): (Vec<&Identifier>, bool) = match shape {
            Shape::Constraint(constraint) => match &constraint.form {
                Some(ConstraintForm::PrimaryKey { columns }) => (columns.iter().collect(), true),
                Some(ConstraintForm::Unique { columns, .. }) => (columns.iter().collect(), false),
                _ => return false,
            },
            Shape::Index(index) if index.unique == Some(true) => {
                let keys = index.keys.iter().flatten();
                let columns = keys.filter_map(|key| match &key.target {
                    KeyTarget::Column(column) => Some(column),
                    KeyTarget::Expression(_) => None,
                });
                (columns.collect(), false)
            }
            _ => return false,
        };
        let columns: BTreeSet<&Identifier> = columns.into_iter().collect();
        wanted.map_or(is_primary, |wanted| wanted.iter().collect::<BTreeSet<_>>() == columns)
    };
    let of_table =
        look.requirements.components.iter().filter(|(id, it)| it.shape.relation(id) == Some(table));
    of_table.filter(|(_, it)| is_key(&it.shape)).map(|(id, _)| id).find(is_left)
}

/// Statements that only make what in the end is gone, where one that runs names it before it goes.
fn needed_on_the_way(history: &History, chosen: &Chosen, known: &BTreeSet<usize>) -> BTreeSet<usize> {
    let only_passing = |step: &Step| !step.passing.is_empty() && step.makes.is_empty();
    let mut candidates = history.steps.iter().enumerate().filter(|(_, step)| only_passing(step)).peekable();
    if candidates.peek().is_none() {
        return BTreeSet::new();
    }
    let named: BTreeMap<usize, BTreeSet<String>> =
        chosen.steps.keys().filter_map(|at| Some((*at, words(history.steps.get(*at)?)))).collect();
    let is_named = |at: usize, id: &ComponentId| {
        let gone = |step: &Step| step.touch.drops.iter().any(|(dropped, _)| dropped == id);
        let end = (at + 1..history.steps.len()).find(|at| history.steps.get(*at).is_some_and(gone));
        let Some(name) = own_name(id) else { return false };
        named.range(at + 1..=end.unwrap_or(usize::MAX)).any(|(_, words)| words.contains(&name))
    };
    candidates
        .filter(|(at, _)| !known.contains(at) && !chosen.steps.contains_key(at))
        .filter(|(at, step)| step.passing.iter().any(|id| is_named_alone(id.kind) && is_named(*at, id)))
        .map(|(at, _)| at)
        .collect()
}

/// The last part of a name, in lower case.
pub(super) fn own_name(id: &ComponentId) -> Option<String> {
    let name = match &id.name {
        ComponentName::Global(name) | ComponentName::OnRelation { name, .. } => name,
        ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => &name.name,
        _ => return None,
    };
    Some(name.as_str().to_lowercase())
}

struct Walk<'a> {
    history: &'a History,
    look: &'a Look<'a>,
    /// Whether nothing of the whole history is there.
    from_nothing: bool,
    /// What each statement puts right when it runs again.
    put_right: &'a BTreeMap<usize, BTreeSet<ComponentId>>,
    /// The statements that are needed for what they make on the way.
    on_the_way: &'a BTreeSet<usize>,
    /// Statements that cannot run, with the reason: they name what is missing and not planned, or what comes after them
    /// in the history of a component cannot run.
    without_ground: &'a BTreeMap<usize, String>,
    chosen: Chosen,
}

impl Walk<'_> {
    fn run(mut self) -> Chosen {
        let history = self.history;
        for (at, step) in history.steps.iter().enumerate() {
            match &step.traits.form {
                Form::Transaction | Form::Setting(..) | Form::Discard { .. } => {}
                Form::Unlocks => self.skip(
                    step,
                    "gives back the lock of migrations, without which another one may begin: it is never planned",
                ),
                Form::Destroys => self.skip(step, "drops what it does not name: it is never planned"),
                Form::Copy => self.skip(step, "the data of COPY are not planned: load them by hand"),
                _ if step.markers.when_missing.is_some() => self.marked(at, step),
                _ => self.step(at, step),
            }
        }
        for (feature, place) in &self.chosen.unfinished {
            let reason = format!(
                "the database stands in the middle of a history, at {place}, after which names mean something \
                 else: a person must finish that first"
            );
            let of_feature =
                |at: &&usize| history.steps.get(**at).is_some_and(|step| step.feature == *feature);
            let stopped: Vec<usize> = self.chosen.steps.keys().filter(of_feature).copied().collect();
            self.chosen.stopped.extend(stopped.into_iter().map(|at| (at, reason.clone())));
        }
        self.chosen
    }

    fn step(&mut self, at: usize, step: &Step) {
        let missing = self.missing(step);
        let puts_right = self.put_right.get(&at);
        let is_needed = !missing.is_empty()
            || puts_right.is_some()
            || self.on_the_way.contains(&at)
            || step.alters.iter().any(|id| self.is_new(id))
            || self.goes_on_with_what_is_new(step)
            || self.touches_new_rows(step)
            || self.is_on_what_is_new(step)
            || (!step.touch.drops.is_empty()
                && step.touch.drops.iter().all(|(id, _)| self.is_new_by_name(at, id)));
        if !is_needed {
            return self.pass_over(at, step);
        }
        match self.may_run(at, step) {
            Ok(destroys) => self.choose(at, step, missing, destroys),
            Err(reason) => {
                if self.stands_in_the_middle(step) {
                    self.chosen.unfinished.entry(step.feature.clone()).or_insert_with(|| step.place());
                }
                self.stop_history(at, step, &reason);
                self.refuse(at, step, missing, &reason);
            }
        }
    }

    /// What the statement would rename, and was there before the plan.
    fn to_be_renamed<'s>(&self, step: &'s Step) -> Option<&'s ComponentId> {
        step.touch.renames_from.iter().find(|id| !self.is_new(id) && !self.look.is_absent(id))
    }

    /// Whether the database stands in the middle of a history that gives things other names: what a name in a later
    /// statement means is then a guess.
    fn stands_in_the_middle(&self, step: &Step) -> bool {
        let is_there =
            |id: &ComponentId| !self.is_new(id) && !self.is_part_of(step, id) && !self.look.is_absent(id);
        self.to_be_renamed(step).is_some() || step.passing.iter().any(is_there)
    }

    /// A component is made by all statements of its history or by none: those that made what this one would change
    /// must not run either.
    fn stop_history(&mut self, at: usize, step: &Step, reason: &str) {
        let touched = |choice: &Choice, other: &Step| {
            step.alters
                .iter()
                .chain(&step.passing)
                .any(|id| choice.makes.contains(id) || other.alters.contains(id) && self.is_new(id))
        };
        let makers = self.chosen.steps.iter().filter(|(other, choice)| {
            **other != at && self.history.steps.get(**other).is_some_and(|other| touched(choice, other))
        });
        let makers: Vec<usize> = makers.map(|(other, _)| *other).collect();
        self.chosen.stopped.extend(makers.into_iter().map(|other| (other, reason.to_owned())));
    }

    /// Whether it changes, renames, or puts for a while onto something, what this plan made.
    fn goes_on_with_what_is_new(&self, step: &Step) -> bool {
        let touch = &step.touch;
        let mut touched = touch.changes.iter().chain(&touch.renames_from).chain(&step.passing);
        touched.any(|id| self.is_new(id))
    }

    /// Whether it is about a relation that the plan makes: a key or an index without a name of its author's, gone again in
    /// the end, is what others may rest on meanwhile.
    fn is_on_what_is_new(&self, step: &Step) -> bool {
        step.traits.concerns.first().is_some_and(|concern| self.chosen.is_new_relation(&concern.relation))
    }

    /// What a statement makes that is missing yet. What it would keep (IF NOT EXISTS) counts where the statement that
    /// should have made it could not.
    fn missing(&self, step: &Step) -> Vec<ComponentId> {
        let is_missing = |id: &&ComponentId| !self.is_made(id) && self.look.presence(id) == Presence::Missing;
        let kept = step.touch.keeps.iter().filter(|id| !step.makes.contains(id));
        step.makes.iter().chain(kept).filter(is_missing).cloned().collect()
    }

    fn is_made(&self, id: &ComponentId) -> bool {
        self.chosen.made.contains(id)
    }

    /// Whether the plan makes it, or what it hangs on.
    fn is_new(&self, id: &ComponentId) -> bool {
        let object = match &id.name {
            ComponentName::OnObject { object, .. } => Some(&**object),
            _ => None,
        };
        self.is_made(id)
            || self.chosen.passing.contains(id)
            || id.relation().is_some_and(|relation| self.chosen.is_new_relation(relation))
            || object.is_some_and(|object| self.is_new(object))
            || id
                .schema()
                .is_some_and(|schema| self.is_made(&ComponentId::global(Kind::Schema, schema.clone())))
    }

    /// Whether the plan makes what goes by this name when a statement runs: what gets the name in a later statement, or
    /// is made there, is not it. A routine may be named without its arguments.
    fn is_new_by_name(&self, at: usize, id: &ComponentId) -> bool {
        if let ComponentName::Routine { name, arguments: None } = &id.name {
            let chosen = self.chosen.made.iter().chain(&self.chosen.passing);
            return chosen.filter(|made| made.kind == id.kind).any(
                |made| matches!(&made.name, ComponentName::Routine { name: other, .. } if other == name),
            );
        }
        if !self.is_new(id) {
            return false;
        }
        let is_named_by = |other: &usize| {
            let touch = self.history.steps.get(*other).map(|step| &step.touch);
            touch.is_some_and(|touch| touch.renames_to.contains(id))
        };
        let renamed = self.history.made_by.get(id).into_iter().flatten().find(|other| is_named_by(other));
        let is_made_by = |other: &usize| {
            self.history.steps.get(*other).is_some_and(|step| step.touch.creates.contains(id))
        };
        self.chosen.passing.contains(id)
            || renamed.is_none_or(|renamed| *renamed < at)
            || self.chosen.steps.range(..at).any(|(other, _)| is_made_by(other))
    }

    /// Whether it writes rows of tables that the plan makes, or only columns that it makes.
    fn touches_new_rows(&self, step: &Step) -> bool {
        let (Form::Insert(into) | Form::Refresh(into)) = &step.traits.form else {
            let changed = &step.touch.changes_rows;
            return !changed.is_empty()
                && changed.iter().all(|(relation, columns)| {
                    let is_new = |column: &Identifier| {
                        self.is_made(&ComponentId::on_relation(
                            Kind::Column,
                            relation.clone(),
                            column.clone(),
                        ))
                    };
                    self.chosen.is_new_relation(relation)
                        || (!columns.is_empty() && columns.iter().all(is_new))
                });
        };
        self.chosen.is_new_relation(into)
    }

    /// Whether nothing that the statement does is a guess, or the reason why something is. Gives what it destroys, where
    /// a marker allows that.
    fn may_run(&self, at: usize, step: &Step) -> Result<Option<String>, String> {
        if let Some(reason) = self.without_ground.get(&at) {
            return Err(reason.clone());
        }
        if let Some(reason) = &step.unsettled {
            return Err(reason.clone());
        }
        let put_right = self.put_right.get(&at);
        let is_put_right = |id: &ComponentId| put_right.is_some_and(|ids| ids.contains(id));
        let kept = step.touch.keeps.iter().filter(|id| !step.makes.contains(id));
        let repeats = step.traits.may_repeat || step.touch.idempotent;
        for id in step.makes.iter().chain(kept) {
            match self.look.presence(id) {
                _ if self.is_new(id) || is_put_right(id) => {}
                Presence::Missing => self.rests_on(step, id)?,
                Presence::Unknown(why) => {
                    return Err(format!("it is not known whether {id} is there: {why}"));
                }
                Presence::Present | Presence::Different if !repeats => {
                    return Err(format!("{} makes it together with {id}, which is there", step.place()));
                }
                Presence::Present | Presence::Different | Presence::NotRequired => {}
            }
        }
        if let Some(id) = self.to_be_renamed(step) {
            return Err(format!("{} renames {id}, which is there and not made by this plan", step.place()));
        }
        for id in &step.alters {
            self.may_alter(at, step, id, is_put_right(id), repeats)?;
        }
        for id in &step.passing {
            if !self.is_new(id) && !self.is_part_of(step, id) && !self.look.is_absent(id) {
                return Err(format!(
                    "{} made {id}, which later statements change into something else, and {id} is there: what \
                     remains to be done must be judged by a person",
                    step.place()
                ));
            }
        }
        self.may_drop(at, step)
    }

    fn may_alter(
        &self,
        at: usize,
        step: &Step,
        id: &ComponentId,
        puts_right: bool,
        repeats: bool,
    ) -> Result<(), String> {
        if puts_right || self.is_new(id) {
            return Ok(());
        }
        match self.look.presence(id) {
            Presence::Missing if step.traits.may_repeat => Ok(()),
            Presence::Missing => {
                Err(format!("{} changes {id}, which is missing and not planned", step.place()))
            }
            Presence::Unknown(why) => {
                Err(format!("it is not known how {id} is, which {} changes: {why}", step.place()))
            }
            Presence::Different if self.is_not_null_already(step, id) => Ok(()),
            Presence::Different => {
                Err(format!("{} changes {id} too, which is not as declared", step.place()))
            }
            Presence::Present | Presence::NotRequired => {
                let is_last = self.history.made_by.get(id).and_then(|made_by| made_by.last()) == Some(&at);
                let touch = &step.touch;
                let is_said = touch.changes.contains(id) && !touch.once.contains(id);
                let repeats = (repeats || is_said) && !step.traits.converts;
                if repeats && is_last || self.is_not_null_already(step, id) {
                    Ok(())
                } else {
                    Err(format!("{} changes {id} too, which is as it should be", step.place()))
                }
            }
        }
    }

    /// Whether all that the statement would do to a column is that a key makes it NOT NULL, which it is, as declared.
    fn is_not_null_already(&self, step: &Step, id: &ComponentId) -> bool {
        let declared = self.look.requirements.components.get(id).map(|requirement| &requirement.shape);
        let is_declared = matches!(declared, Some(Shape::Column(column)) if column.not_null == Some(true));
        let differences = self.look.finding(id).into_iter().flat_map(|finding| &finding.differences);
        is_declared
            && differences.into_iter().all(|difference| difference.part != "not null")
            && step.touch.implies.contains(id)
            && !step.touch.changes.contains(id)
    }

    /// What a component hangs on must be there, or be made before or by the same statement.
    fn rests_on(&self, step: &Step, id: &ComponentId) -> Result<(), String> {
        let Some(because_of) = self.look.finding(id).and_then(|finding| finding.because_of.as_ref()) else {
            return Ok(());
        };
        // A sequence may get its owner later.
        if id.kind == Kind::Sequence && !step.touch.changes.contains(id) {
            return Ok(());
        }
        // What goes elsewhere later rests on nothing there yet.
        let is_final = step.passing.is_empty() || step.touch.creates.contains(id);
        if !is_final
            || self.is_new(because_of)
            || step.makes.contains(because_of)
            || self.look.presence(because_of) != Presence::Missing
        {
            return Ok(());
        }
        Err(format!("{because_of} is missing and not planned"))
    }

    /// Whether something hangs on what the same statement makes.
    fn is_part_of(&self, step: &Step, id: &ComponentId) -> bool {
        let makes = |relation: &QualifiedName| {
            step.makes.iter().any(|made| {
                made.kind.is_relation()
                    && matches!(&made.name, ComponentName::InSchema(name) if name == relation)
                    && self.look.presence(made) == Presence::Missing
            })
        };
        id.relation().is_some_and(makes)
    }

    fn may_drop(&self, at: usize, step: &Step) -> Result<Option<String>, String> {
        for (id, if_exists) in &step.touch.drops {
            if self.is_new_by_name(at, id) || (*if_exists && self.look.is_absent(id)) {
                continue;
            }
            return match &step.markers.allow_destructive {
                Some(reason) => Ok(Some(format!("drops {id}, which its author allows: {reason}"))),
                None => Err(format!(
                    "{} drops {id}: nothing is dropped without the marker allow-destructive",
                    step.place()
                )),
            };
        }
        Ok(None)
    }

    fn choose(&mut self, at: usize, step: &Step, makes: Vec<ComponentId>, destroys: Option<String>) {
        let puts_right = self.put_right.get(&at);
        self.chosen.put_right.extend(puts_right.into_iter().flatten().cloned());
        for id in &makes {
            self.chosen.refused.remove(id);
        }
        self.chosen.made.extend(makes.iter().cloned());
        self.chosen.passing.extend(step.passing.iter().cloned());
        self.chosen.steps.insert(at, Choice { makes, replaces: puts_right.is_some(), destroys });
    }

    fn refuse(&mut self, at: usize, step: &Step, missing: Vec<ComponentId>, reason: &str) {
        let puts_right = self.put_right.get(&at).into_iter().flatten().cloned();
        let ids: Vec<ComponentId> = missing.into_iter().chain(puts_right).collect();
        if ids.is_empty() {
            return self.skip(step, reason);
        }
        for id in ids {
            let template = template::of(&id, self.look);
            self.chosen.refused.entry(id).or_insert_with(|| Refusal { reason: reason.to_owned(), template });
        }
    }

    /// What is not needed for a component, but may be wanted all the same.
    fn pass_over(&mut self, at: usize, step: &Step) {
        let touch = &step.touch;
        if let Some((id, _)) = touch.drops.iter().find(|(id, _)| !self.look.is_absent(id)) {
            let is_required = self.look.finding(id).is_some();
            return match &step.markers.allow_destructive {
                Some(reason) if !is_required => {
                    let destroys = Some(format!("drops {id}, which its author allows: {reason}"));
                    self.choose(at, step, Vec::new(), destroys);
                }
                // What is made anew afterwards, and is there.
                _ if is_required => {}
                _ => self.skip(
                    step,
                    &format!(
                        "drops {id}, which is there: it is not dropped without the marker allow-destructive"
                    ),
                ),
            };
        }
        if !step.makes.is_empty() || !step.alters.is_empty() || !touch.drops.is_empty() {
            return self.skip_unknown(step);
        }
        match &step.traits.form {
            Form::Insert(into) => {
                return self.skip(
                    step,
                    &format!("which rows it makes is not known, and {into} is not made by this plan"),
                );
            }
            Form::Refresh(_) => return,
            _ => {}
        }
        if !step.passing.is_empty() {
            // Gone again in the end, and nothing that runs needs it.
            return;
        }
        if let Some((relation, _)) = touch.changes_rows.first() {
            if step.markers.allow_destructive.is_some() && self.is_absent_feature(step) {
                let destroys = Some(format!("changes rows of {relation}, which its author allows"));
                return self.choose(at, step, Vec::new(), destroys);
            }
            return self.skip(step, &format!("changes rows of {relation}, which were there before"));
        }
        if touch.is_modelled && !touch.not_modelled {
            return;
        }
        if self.is_absent_feature(step) && !self.without_ground.contains_key(&at) {
            self.choose(at, step, Vec::new(), None);
        } else if touch.not_modelled {
            self.skip(
                step,
                "what it does is not known, and a part of its feature is there: the marker when-missing COMPONENT \
                 says when it is to run",
            );
        }
    }

    /// Nothing is planned for what could not be seen.
    fn skip_unknown(&mut self, step: &Step) {
        let unknown = step.makes.iter().find_map(|id| match self.look.presence(id) {
            Presence::Unknown(why) => Some(format!("it is not known whether {id} is there: {why}")),
            _ => None,
        });
        if let Some(reason) = unknown {
            self.skip(step, &reason);
        }
    }

    /// A statement whose author says when it is to run.
    fn marked(&mut self, at: usize, step: &Step) {
        let wanted = step.markers.when_missing.as_deref().unwrap_or_default();
        let schema = self.look.requirements.default_schema.as_ref();
        let is_meant = |id: &&ComponentId| {
            let shown = id.to_string();
            let short = schema.map(|schema| shown.replacen(&format!("/{schema}."), "/", 1));
            shown == wanted || short.as_deref() == Some(wanted)
        };
        let Some(id) = self.look.requirements.components.keys().find(is_meant) else {
            return self
                .skip(step, &format!("its marker when-missing names {wanted}, which is not required"));
        };
        match self.look.presence(id) {
            Presence::Missing if self.without_ground.contains_key(&at) => {
                let reason = self.without_ground.get(&at).cloned().unwrap_or_default();
                self.skip(step, &reason);
            }
            Presence::Missing => match self.may_drop(at, step) {
                Ok(destroys) => {
                    let makes = self.missing(step);
                    self.choose(at, step, makes, destroys);
                }
                Err(reason) => self.skip(step, &reason),
            },
            Presence::Unknown(why) => {
                self.skip(step, &format!("it is not known whether {id} is there: {why}"));
            }
            Presence::Present | Presence::Different | Presence::NotRequired => {}
        }
    }

    /// Whether nothing of the feature is there. Where it leaves nothing in the end, nothing of all features must be.
    fn is_absent_feature(&self, step: &Step) -> bool {
        let mut own = self
            .look
            .report
            .findings
            .iter()
            .filter(|finding| finding.features.first() == Some(&step.feature))
            .peekable();
        (own.peek().is_some() || self.from_nothing)
            && own.all(|finding| {
                finding.state == State::Missing || self.look.presence(&finding.component) == Presence::Missing
            })
    }

    fn skip(&mut self, step: &Step, reason: &str) {
        self.chosen.skipped.push(Skipped {
            feature: Some(step.feature.clone()),
            position: Some(step.position.clone()),
            component: None,
            reason: reason.to_owned(),
        });
    }
}

impl Step {
    /// The statement by its place.
    pub(super) fn place(&self) -> String {
        format!("the statement at {}", self.position)
    }
}
