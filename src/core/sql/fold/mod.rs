//! Applies effects in order to the declared catalog, so that a history of statements yields its final state.
//!
//! - `table` makes tables and columns, with what hangs on them; `constraint` constraints, indexes and sequences, with
//!   the names that PostgreSQL makes up; `seed` rows; `drop` takes away what went, and marks what is no longer known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::Constraint;
use crate::core::kind::type_::{Type, TypeForm};
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Position;
use crate::core::sql::effect::{Effect, IfExists};

mod constraint;
mod drop;
mod obscure;
mod seed;
mod table;
mod taken;
#[cfg(test)]
mod tests;

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
    /// The statement, in words, after which its shape is no longer known.
    pub obscured_by: Option<String>,
}

/// The declared catalog. Components come and go by [`Declared::apply`] alone, which keeps the private parts in step.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its components.
    pub components: BTreeMap<ComponentId, Declaration>,
    /// The columns of each table in their order, where all of them are known.
    columns: BTreeMap<QualifiedName, Vec<Identifier>>,
    /// The tables that inherit from each table, partitions included.
    children: BTreeMap<QualifiedName, BTreeSet<QualifiedName>>,
    /// The names that constraints have, by schema.
    constraint_names: taken::ConstraintNames,
    /// What the shape of an index does not hold.
    indexes: BTreeMap<QualifiedName, IndexNotes>,
    /// The sequences of serial and identity columns.
    owned_sequences: BTreeMap<(QualifiedName, Identifier), BTreeSet<QualifiedName>>,
}

/// What the fold remembers of an index.
#[derive(Debug, Clone)]
struct IndexNotes {
    /// What it lends to a made-up name.
    name_parts: Vec<Identifier>,
    /// Every column that it depends on; `None` where that is not known.
    columns: Option<BTreeSet<Identifier>>,
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
        match effect {
            Effect::Create { id, shape, if_exists } => self.create(id, shape, if_exists, origin).map(nothing),
            Effect::CreateWith { id, shape, if_exists, parts } => {
                self.create_with(id, shape, if_exists, parts, origin)
            }
            Effect::CopyTable { relation, from, options } => {
                Ok(self.copy_table(&relation, &from, options, origin))
            }
            Effect::Inherit { relation, from, inherits } => {
                self.inherit(relation, from, inherits);
                Ok(Vec::new())
            }
            Effect::AddConstraint { relation, name, constraint, name_parts } => {
                self.add_constraint(&relation, name, constraint, &name_parts, origin).map(nothing)
            }
            Effect::ConstraintFromIndex { relation, name, index, primary, constraint } => {
                let index = QualifiedName { schema: relation.schema.clone(), name: index };
                self.constraint_from_index(&relation, name, &index, primary, constraint, origin).map(nothing)
            }
            Effect::CreateIndex { relation, name, index, if_exists, name_parts, columns } => {
                let notes = IndexNotes { name_parts, columns };
                self.create_index(&relation, name, index, if_exists, notes, origin).map(nothing)
            }
            Effect::OwnedSequence { relation, column, name, sequence } => {
                self.owned_sequence(relation, column, name, sequence, origin);
                Ok(Vec::new())
            }
            Effect::OwnSequence { sequence, owner } => {
                self.own_sequence(&sequence, owner);
                Ok(Vec::new())
            }
            Effect::ChangeColumn { relation, column, change } => {
                self.change_column(&relation, &column, change, origin);
                Ok(Vec::new())
            }
            Effect::RowSecurity { relation, enabled, forced } => {
                self.row_security(relation, enabled, forced, origin);
                Ok(Vec::new())
            }
            Effect::AddEnumLabel { id, label, place, if_not_exists } => {
                self.add_enum_label(id, label, place, if_not_exists, origin)
            }
            Effect::EnableTrigger { relation, name, enabled } => {
                self.enable_trigger(&relation, name, enabled, origin);
                Ok(Vec::new())
            }
            Effect::ValidateConstraint { relation, name } => {
                self.validate_constraint(relation, name, origin);
                Ok(Vec::new())
            }
            Effect::InsertRows { relation, columns, rows, conflict_columns } => {
                Ok(self.insert_rows(&relation, columns, rows, conflict_columns.as_deref(), origin))
            }
            Effect::Drop { id, if_exists: _, cascade } => {
                if cascade {
                    self.obscure_views_on(&id, "DROP ... CASCADE");
                }
                self.drop(&id);
                Ok(Vec::new())
            }
            Effect::ChangeRows { relation, columns, reason } => {
                self.change_rows(&relation, columns.as_deref(), &reason);
                Ok(Vec::new())
            }
            Effect::Obscure { ids, renames, reason } => {
                for id in &ids {
                    if renames {
                        self.obscure_what_names(id, &reason);
                    }
                    self.obscure(id, &reason);
                }
                Ok(Vec::new())
            }
            Effect::SetSearchPath(_) => Ok(Vec::new()),
            Effect::Change { id, change } => {
                self.part_of(id, origin).change(change);
                Ok(Vec::new())
            }
            // Not folded yet: what is declared under the old name is no longer known.
            Effect::Rename { from, .. } => {
                self.obscure_what_names(&from, "RENAME");
                self.obscure(&from, "RENAME");
                Ok(Vec::new())
            }
            Effect::NotModelled(words) => Ok(vec![words]),
        }
    }

    /// Makes a component. Gives whether it came into being, or was replaced or merged, rather than kept as it was.
    fn create(
        &mut self,
        id: ComponentId,
        shape: Shape,
        if_exists: IfExists,
        origin: &Origin,
    ) -> Result<bool, String> {
        let relation_is_there = matches!(id.kind, Kind::Table | Kind::Sequence)
            && matches!(&id.name, ComponentName::InSchema(name) if self.relation_is_taken(name));
        if if_exists == IfExists::Refuse {
            self.forget_renamed(&id);
        }
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
                (Shape::Column(inherited), Shape::Column(own)) => table::merge_column(inherited, own),
                (first, shape) => *first = shape,
            },
        }
        first.changed_by(origin);
        Ok(true)
    }

    /// What was renamed, or otherwise is no longer known, leaves its name to a new component.
    fn forget_renamed(&mut self, id: &ComponentId) {
        if self.components.get(id).is_some_and(|first| first.obscured_by.is_some()) {
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
        let declaration =
            Declaration { shape, made_by: vec![origin.clone()], name_is_generated, obscured_by: None };
        self.components.insert(id, declaration);
    }

    /// The component, made with every part open if it is not declared: it is another document's, and only what is
    /// said about it here is required of it.
    fn part_of(&mut self, id: ComponentId, origin: &Origin) -> &mut Shape {
        if let (Kind::Constraint, ComponentName::OnRelation { relation, name }) = (id.kind, &id.name)
            && !self.components.contains_key(&id)
        {
            self.constraint_names.add(&relation.schema, name, &Constraint::default());
        }
        let declaration = self.components.entry(id).or_insert_with_key(|id| Declaration {
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

    fn add_enum_label(
        &mut self,
        id: ComponentId,
        label: String,
        place: Option<(bool, String)>,
        if_not_exists: bool,
        origin: &Origin,
    ) -> Applied {
        let Some(Shape::Type(Type { form: Some(TypeForm::Enum { labels }) })) =
            self.components.get_mut(&id).map(|declaration| &mut declaration.shape)
        else {
            let words = format!("the labels that ALTER TYPE adds to {}, which is not declared here", id.name);
            self.part_of(id, origin);
            return Ok(vec![words]);
        };
        if labels.contains(&label) {
            return if if_not_exists {
                Ok(Vec::new())
            } else {
                Err(format!("the type {} has the label '{label}' already", id.name))
            };
        }
        let position = match place {
            None => Some(labels.len()),
            Some((before, neighbour)) => labels
                .iter()
                .position(|label| *label == neighbour)
                .map(|position| if before { position } else { position + 1 }),
        };
        let Some(position) = position else {
            return Err(format!("the type {} has no such label to put '{label}' beside", id.name));
        };
        labels.insert(position, label);
        self.part_of(id, origin);
        Ok(Vec::new())
    }

    fn enable_trigger(
        &mut self,
        relation: &QualifiedName,
        name: Option<Identifier>,
        enabled: bool,
        origin: &Origin,
    ) {
        let ids: Vec<ComponentId> = match name {
            Some(name) => vec![ComponentId::on_relation(Kind::Trigger, relation.clone(), name)],
            None => self.hanging(Kind::Trigger, relation).map(|(id, _)| id.clone()).collect(),
        };
        for id in ids {
            if let Shape::Trigger(trigger) = self.part_of(id, origin) {
                trigger.enabled = Some(enabled);
            }
        }
    }
}

impl Declaration {
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

/// For effects after which nothing is left to say.
fn nothing<T>(_: T) -> Vec<String> {
    Vec::new()
}
