//! Applies effects in order to the declared catalog, so that a history of statements yields its final state.
//!
//! - `table` makes tables and columns, with what hangs on them; `constraint` constraints, indexes and sequences, with
//!   the names that PostgreSQL makes up; `seed` rows; `access` and `about` what is said of objects; `drop` takes away what went, and marks what is no longer known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::core::component::{ComponentId, ComponentName, Shared};
use crate::core::definition::Clause;
use crate::core::kind::constraint::Constraint;
use crate::core::kind::trigger::Firing;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, NameSet, QualifiedName};
use crate::core::problem::Position;
use crate::core::sql::effect::{ColumnChange, Effect, IfExists};

mod about;
mod access;
mod cascade;
mod components;
mod computed;
mod conditional;
mod constraint;
mod dependent;
mod domain;
mod doubt;
mod drop;
mod function;
mod obscure;
mod rename;
mod rows;
mod seed;
mod sequence;
mod statistics;
mod table;
mod taken;
#[cfg(test)]
mod tests;
mod type_;

pub use components::Components;

/// Where an effect comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The feature.
    pub feature: Arc<str>,
    /// Source and line of the statement.
    pub position: Position,
    /// The bytes of the statement in its source.
    pub range: Range<usize>,
}

/// A declared component.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its shape, after all statements so far.
    pub shape: Shape,
    /// The statements that made it what it is, in order; the first created it.
    pub made_by: Vec<Origin>,
    /// Whether PostgreSQL chose its name.
    pub name_is_generated: bool,
    /// Why it is not surely as declared.
    pub obscured_by: Option<Obscured>,
}

/// Why a declared component is not surely as declared: the statement in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obscured {
    /// After this statement, its shape is no longer known.
    Shape(String),
    /// This statement may not have made it: then it is not there, or it is what another statement made of it.
    Presence(String),
    /// This statement may have changed it, or taken it away: nobody can tell which objects it names.
    Change(String),
}

/// The declared catalog. Components come and go by [`Declared::apply`] alone, which keeps the private parts in step.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its components.
    pub components: Components,
    /// The columns of each table in their order, where all of them are known.
    columns: BTreeMap<QualifiedName, Vec<Identifier>>,
    /// The tables that inherit from each table, partitions included.
    children: BTreeMap<QualifiedName, BTreeSet<QualifiedName>>,
    /// Which of the children are partitions.
    partitions: BTreeSet<QualifiedName>,
    /// The columns that a child both inherits and has of its own.
    own_columns: BTreeSet<ComponentId>,
    /// The names that constraints have, by schema.
    constraint_names: taken::ConstraintNames,
    /// What the shape of an index does not hold.
    indexes: BTreeMap<QualifiedName, IndexNotes>,
    /// The sequences of serial and identity columns.
    owned_sequences: BTreeMap<(QualifiedName, Identifier), BTreeSet<QualifiedName>>,
    /// Who is said to own what all databases share.
    shared_owners: BTreeMap<(Shared, Identifier), Identifier>,
    /// What DROP ... CASCADE is about to take away: views may name each other in a circle.
    cascading: BTreeSet<ComponentId>,
    /// The event trigger that may alter the tables that are made from then on, and itself.
    altered_by: Option<(ComponentId, String)>,
    /// What conditions have cost so far, in components that were looked at.
    work: usize,
}

/// What the fold remembers of an index.
#[derive(Debug, Clone)]
struct IndexNotes {
    /// What it lends to a made-up name.
    name_parts: Vec<Identifier>,
    /// Every column that it depends on; `None` where that is not known.
    columns: Option<NameSet>,
}

/// What applying an effect gives: the words for what it makes that is not modelled, most often none; or a sentence
/// about why PostgreSQL would refuse it.
pub type Applied = Result<Vec<String>, String>;

impl Declared {
    /// Applies one effect of a statement.
    ///
    /// Gives the words for what is not modelled (`INSERT ... SELECT into public.badges`), for the caller to report. An
    /// error is a sentence about the statement (it creates what is there); the catalog stays as it was, but for the
    /// other parts of a table of which one part was refused.
    pub fn apply(&mut self, effect: Effect, origin: &Origin) -> Applied {
        // What answers is returned; what only happens leaves nothing to say.
        match effect {
            Effect::Create { id, shape, if_exists } => {
                return self.create(id, shape, if_exists, origin).map(nothing);
            }
            Effect::CreateWith { id, shape, if_exists, parts } => {
                return self.create_with(id, shape, if_exists, parts, origin);
            }
            Effect::CopyTable { relation, from, options } => {
                return Ok(self.copy_table(&relation, &from, options, origin));
            }
            Effect::IfThere { relation, effects } => return self.if_there(&relation, effects, origin),
            Effect::Inherit { relation, from, inherits, partition } => {
                self.inherit(&relation, &from, inherits, partition);
            }
            Effect::AddConstraint { relation, name, constraint, name_parts } => {
                return self.add_constraint(&relation, name, constraint, &name_parts, origin).map(nothing);
            }
            Effect::ConstraintFromIndex { relation, name, index, primary, constraint } => {
                let index = QualifiedName { schema: relation.schema.clone(), name: index };
                let made = self.constraint_from_index(&relation, name, &index, primary, constraint, origin);
                return made.map(nothing);
            }
            Effect::CreateIndex { relation, name, index, if_exists, name_parts, columns } => {
                let notes = IndexNotes { name_parts, columns };
                return self.create_index(&relation, name, index, if_exists, notes, origin).map(nothing);
            }
            Effect::CreateStatistics { name, statistics, if_exists, name_parts } => {
                let made = self.create_statistics(name, statistics, if_exists, &name_parts, origin);
                return made.map(nothing);
            }
            Effect::OwnedSequence { relation, column, name, sequence } => {
                self.owned_sequence(relation, column, name, sequence, origin);
            }
            Effect::OwnSequence { sequence, owner } => self.own_sequence(&sequence, owner),
            Effect::ChangeColumn { relation, column, change, only } => {
                let children = table::Children::of(&change, only);
                self.change_column(&relation, &column, change, children, origin);
            }
            Effect::RowSecurity { relation, enabled, forced } => {
                self.row_security(relation, enabled, forced, origin);
            }
            Effect::AddEnumLabel { id, label, place, if_not_exists } => {
                return self.add_enum_label(id, label, place, if_not_exists, origin);
            }
            Effect::EnableTrigger { relation, name, enabled } => {
                return Ok(self.enable_trigger(&relation, name, enabled, origin));
            }
            Effect::ValidateConstraint { relation, name } => self.validate_constraint(relation, name, origin),
            Effect::InsertRows { relation, columns, rows, conflict_columns } => {
                return Ok(self.insert_rows(&relation, columns, rows, conflict_columns.as_deref(), origin));
            }
            Effect::Drop { id, if_exists: _, cascade } => self.drop_by_name(id, cascade, origin),
            Effect::ChangeRows { relation, change, rows, reason } => {
                self.change_rows(&relation, &change, &rows, &reason);
            }
            Effect::Obscure { ids, reason } => ids.iter().for_each(|id| self.obscure(id, &reason)),
            Effect::Call { function, texts, reason } => self.call(&function, &texts, &reason),
            Effect::MayChange { text, reason } => self.text_may_change(&text, &reason),
            // What makes the function takes the type.
            Effect::SetSearchPath(_) | Effect::SetLaterSearchPath { .. } | Effect::TypeOfColumn { .. } => {}
            Effect::Change { id, change } => {
                let id = self.as_declared(id);
                self.part_of(id, origin).change(change);
            }
            Effect::Rename { from, to } => return self.rename(from, to, origin),
            Effect::MoveExtension { id, change } => self.move_extension(id, change, origin),
            Effect::ChangeSequence { sequence, options } => self.change_sequence(sequence, &options, origin),
            Effect::ChangeAttribute { id, attribute, change } => {
                self.change_attribute(id, attribute, change, origin);
            }
            Effect::ChangeDomain { id, change } => self.change_domain(&id, change, origin),
            Effect::RenameEnumLabel { id, from, to } => self.rename_enum_label(&id, &from, &to, origin),
            Effect::UnknownColumns(relation) => {
                self.columns.remove(&relation);
                return Ok(vec![format!("the columns of {relation}, which come from a query")]);
            }
            Effect::Grant(change) => return Ok(self.grant(change, origin)),
            Effect::ChangeShared { class, name, to } => {
                self.change_shared(class, &name, to.as_ref(), origin);
            }
            Effect::OwnShared { class, name, role } => self.own_shared(class, name, role, origin),
            Effect::DropOwned { roles, cascade } => self.drop_owned(roles.as_deref(), cascade, origin),
            Effect::ReassignOwned { from, to } => self.reassign_owned(&from, to.as_ref(), origin),
            Effect::Comment { object, .. } if self.is_row_type(&object) => {
                return Ok(vec!["COMMENT ON TYPE of the rows of a table".to_owned()]);
            }
            Effect::Comment { object, text } => self.comment(object, text, origin),
            Effect::Owner { object, role } => self.own(object, role, origin),
            Effect::If { condition, then, otherwise, reason } => {
                return Ok(self.apply_if(&condition, then, otherwise, &reason, origin));
            }
            Effect::Attempt { effects, caught, handler, reason } => {
                return Ok(self.attempt(effects, caught, handler, &reason, origin));
            }
            Effect::NotModelled(words) => return Ok(vec![words]),
        }
        Ok(Vec::new())
    }

    /// Makes a component. Gives whether it came into being, or was replaced or merged, rather than kept as it was.
    fn create(
        &mut self,
        id: ComponentId,
        shape: Shape,
        if_exists: IfExists,
        origin: &Origin,
    ) -> Result<bool, String> {
        let id = if if_exists == IfExists::Refuse { id } else { self.as_declared(id) };
        let relation_is_there = matches!(id.kind, Kind::Table | Kind::ForeignTable | Kind::Sequence)
            && matches!(&id.name, ComponentName::InSchema(name) if self.relation_is_taken(name));
        if if_exists == IfExists::Refuse {
            self.forget_renamed(&id);
        }
        let shape = self.with_named_checks(&id, shape);
        let Some(first) = self.components.get_mut(&id) else {
            if relation_is_there && if_exists == IfExists::Keep {
                return Ok(false);
            }
            self.insert(id, shape, false, origin);
            return Ok(true);
        };
        match if_exists {
            IfExists::Keep => return Ok(false),
            IfExists::Refuse => {
                return Err(created_twice(&id, first));
            }
            IfExists::Replace => {
                first.shape = shape;
                first.obscured_by = None;
            }
            IfExists::Merge => match (&mut first.shape, shape) {
                (Shape::Column(inherited), Shape::Column(own)) => {
                    table::merge_column(inherited, *own);
                    self.own_columns.insert(id.clone());
                }
                (first, shape) => *first = shape,
            },
        }
        first.changed_by(origin);
        Ok(true)
    }

    /// The identity as the first statement spelled it: the types of a function's arguments, and of a cast, may be written
    /// with their schema or without; in an ALTER, arguments may be left out.
    fn as_declared(&self, id: ComponentId) -> ComponentId {
        if self.components.contains_key(&id) {
            return id;
        }
        if let ComponentName::Cast { from, to } = &id.name {
            let mut casts = self.of_kind(Kind::Cast).map(|(id, _)| id).filter(|id| match &id.name {
                ComponentName::Cast { from: source, to: target } => {
                    from.is_same_ignoring_modifier(source) && to.is_same_ignoring_modifier(target)
                }
                _ => false,
            });
            return casts.next().cloned().unwrap_or(id);
        }
        let ComponentName::Routine { name, arguments } = &id.name else { return id };
        let mut overloads = self.of_kind(id.kind).map(|(id, _)| id).filter(|id| match &id.name {
            ComponentName::Routine { name: found, arguments: declared } if found == name => {
                match (arguments, declared) {
                    (Some(written), Some(declared)) => drop::same_arguments(written, declared),
                    _ => true,
                }
            }
            _ => false,
        });
        overloads.next().cloned().unwrap_or(id)
    }

    /// What was renamed, or otherwise is no longer known, leaves its name to a new component. What may have been made was
    /// not, and what may have been made on it neither.
    fn forget_renamed(&mut self, id: &ComponentId) {
        match self.components.get(id).map(|first| &first.obscured_by) {
            None | Some(None) => return,
            Some(Some(Obscured::Shape(_) | Obscured::Change(_))) => {}
            Some(Some(Obscured::Presence(_))) => {
                if let ComponentName::InSchema(name) = &id.name {
                    for part in self.hanging_on(id.kind, name) {
                        self.remove_if_it_may_be_absent(&part);
                    }
                }
            }
        }
        self.remove(id);
    }

    fn remove_if_it_may_be_absent(&mut self, id: &ComponentId) {
        let obscured = self.components.get(id).and_then(|declaration| declaration.obscured_by.as_ref());
        if matches!(obscured, Some(Obscured::Presence(_))) {
            self.remove(id);
        }
    }

    /// Inserts a component that is not there yet.
    fn insert(&mut self, id: ComponentId, shape: Shape, name_is_generated: bool, origin: &Origin) {
        match (&id.name, &shape) {
            (ComponentName::OnRelation { relation, name }, Shape::Constraint(constraint)) => {
                self.constraint_names.add(&relation.schema, name, constraint);
            }
            (ComponentName::OnRelation { relation, name }, Shape::Column(_)) => {
                if let Some(columns) = self.columns.get_mut(relation) {
                    columns.push(name.clone());
                }
            }
            _ => {}
        }
        self.watch_event_trigger(&id, &shape, origin);
        self.schema_is_there(&id);
        let obscured_by = self.may_be_altered(&id);
        let declaration =
            Declaration { shape, made_by: vec![origin.clone()], name_is_generated, obscured_by };
        self.components.insert(id, declaration);
    }

    /// What is made in a schema shows that the schema is there, whatever may have become of it before.
    fn schema_is_there(&mut self, made: &ComponentId) {
        let Some(schema) = made.schema() else { return };
        let id = ComponentId::global(Kind::Schema, schema.clone());
        if self.components.get(&id).is_some_and(|declaration| declaration.obscured_by.is_some())
            && let Some(declaration) = self.components.get_mut(&id)
        {
            declaration.obscured_by = None;
        }
    }

    /// The component, made with every part open if it is not declared: it is another document's, and only what is
    /// said about it here is required of it.
    fn part_of(&mut self, id: ComponentId, origin: &Origin) -> &mut Shape {
        if let (Kind::Constraint, ComponentName::OnRelation { relation, name }) = (id.kind, &id.name)
            && !self.components.contains_key(&id)
        {
            self.constraint_names.add(&relation.schema, name, &Constraint::default());
        }
        let declaration = self.components.or_insert_with(id, |id| Declaration {
            shape: Shape::open(id.kind),
            made_by: Vec::new(),
            name_is_generated: false,
            obscured_by: None,
        });
        declaration.changed_by(origin);
        &mut declaration.shape
    }

    /// The components of one kind that hang on a relation, by name.
    fn hanging(
        &self,
        kind: Kind,
        relation: &QualifiedName,
    ) -> impl Iterator<Item = (&ComponentId, &Declaration)> {
        let first = match kind {
            Kind::SeedRow => {
                ComponentId { kind, name: ComponentName::Row { relation: relation.clone(), key: Vec::new() } }
            }
            _ => ComponentId::on_relation(kind, relation.clone(), ""),
        };
        self.components
            .range(first..)
            .take_while(move |(id, _)| id.kind == kind && id.relation() == Some(relation))
    }

    /// All components of one kind.
    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&ComponentId, &Declaration)> {
        self.components.range(ComponentId::global(kind, "")..).take_while(move |(id, _)| id.kind == kind)
    }

    /// IF EXISTS of an ALTER: nothing happens to what is not there, and of what is not declared here nobody knows. What
    /// is only taken away, as by `pg_dump --clean` at its beginning, is not required afterwards either way.
    fn if_there(&mut self, relation: &QualifiedName, effects: Vec<Effect>, origin: &Origin) -> Applied {
        if self.relation_kind(relation).is_none() {
            if effects.iter().all(takes_away) {
                return Ok(Vec::new());
            }
            return Ok(vec![format!("ALTER ... IF EXISTS of {relation}, which is not declared here")]);
        }
        let mut notes = Vec::new();
        for effect in effects {
            notes.extend(self.apply(effect, origin)?);
        }
        Ok(notes)
    }

    fn enable_trigger(
        &mut self,
        relation: &QualifiedName,
        name: Option<Identifier>,
        enabled: Firing,
        origin: &Origin,
    ) -> Vec<String> {
        let ids: Vec<ComponentId> = match name {
            Some(name) => vec![ComponentId::on_relation(Kind::Trigger, relation.clone(), name)],
            None => self.hanging(Kind::Trigger, relation).map(|(id, _)| id.clone()).collect(),
        };
        let mut notes = Vec::new();
        for id in ids {
            if !self.components.contains_key(&id) && self.partitions.contains(relation) {
                // It is the one that the partitioned table has.
                notes.push(format!("ENABLE or DISABLE TRIGGER of the partition {relation} alone"));
            } else if let Shape::Trigger(trigger) = self.part_of(id, origin) {
                trigger.enabled = Some(enabled);
            }
        }
        notes
    }
}

impl Origin {
    /// A statement in words, and where it stands, as findings say it.
    fn words(&self, statement: &str) -> String {
        format!("{statement} at {}", self.position)
    }
}

impl Declaration {
    /// Its shape is no longer known after a statement in words.
    fn obscure(&mut self, words: &str) {
        if !matches!(self.obscured_by, Some(Obscured::Shape(_))) {
            self.obscured_by = Some(Obscured::Shape(words.to_owned()));
        }
    }

    /// Records a statement that changed it; once, though a statement may change it in several ways.
    fn changed_by(&mut self, origin: &Origin) {
        if self.made_by.last() != Some(origin) {
            self.made_by.push(origin.clone());
        }
    }
}

fn created_twice(id: &ComponentId, first: &Declaration) -> String {
    let words = format!("{} {} is created twice", id.kind.id().replace('_', " "), id.name);
    match first.made_by.first() {
        Some(origin) => format!("{words}; the first time at {}", origin.position),
        None => words,
    }
}

/// Whether an effect leaves nothing that is required.
fn takes_away(effect: &Effect) -> bool {
    match effect {
        Effect::Drop { .. } => true,
        Effect::ChangeColumn { change, .. } => {
            matches!(change, ColumnChange::Default(Clause::Absent) | ColumnChange::NotNull(false))
        }
        _ => false,
    }
}

/// For effects after which nothing is left to say.
fn nothing<T>(_: T) -> Vec<String> {
    Vec::new()
}
