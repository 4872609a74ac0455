//! What a statement does to which components, as far as a plan needs to know: taken from its effects.

use std::collections::BTreeSet;

use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::column::Identity;
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::index::KeyTarget;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{ColumnChange, Effect, IfExists, RowChange, SequenceOf};
use crate::core::sql::fold::Declared;

/// What a statement does, by the names that it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a statement")]
pub(super) struct Touch {
    /// What it creates.
    pub creates: BTreeSet<ComponentId>,
    /// What of that it leaves alone where it is there (IF NOT EXISTS, a condition).
    pub keeps: BTreeSet<ComponentId>,
    /// What it makes only together with something else that it may leave alone: nothing where that is there.
    pub together: Vec<Together>,
    /// The keys that its foreign keys need: the table, and its columns, else its primary key.
    pub needs_keys: Vec<(QualifiedName, Option<Vec<Identifier>>)>,
    /// The columns that own a sequence from then on.
    pub owning: Vec<ComponentId>,
    /// The names that it gives to what went under others.
    pub renames_to: BTreeSet<ComponentId>,
    /// What it gives other names.
    pub renames_from: BTreeSet<ComponentId>,
    /// Whether it takes something away without saying its name (DROP IDENTITY).
    pub takes_away: bool,
    /// What it changes.
    pub changes: BTreeSet<ComponentId>,
    /// The columns among those whose namesakes of tables that inherit change with them.
    pub inherited: BTreeSet<(QualifiedName, Identifier)>,
    /// What of what changes would become something else if it were done again.
    pub once: BTreeSet<ComponentId>,
    /// The columns that become NOT NULL by a primary key, without a word of that.
    pub implies: BTreeSet<ComponentId>,
    /// The tables and indexes of which it makes primary keys.
    pub keys_from_indexes: Vec<(QualifiedName, QualifiedName)>,
    /// What it drops, and whether it says IF EXISTS.
    pub drops: Vec<(ComponentId, bool)>,
    /// The table that it inserts rows of constants into.
    pub inserts_into: Option<QualifiedName>,
    /// The tables whose rows it changes or deletes, with the columns that UPDATE sets; none for other statements.
    pub changes_rows: Vec<(QualifiedName, Vec<Identifier>)>,
    /// Whether it may run again over what it made.
    pub idempotent: bool,
    /// Whether it does something that is not modelled.
    pub not_modelled: bool,
    /// Whether it does anything at all that is modelled.
    pub is_modelled: bool,
}

/// A whole with its parts: `CREATE TABLE IF NOT EXISTS` makes none of the columns of a table that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Together {
    /// What is left alone where it is there, and its parts with it.
    pub whole: ComponentId,
    /// The parts that have names.
    parts: BTreeSet<ComponentId>,
    /// Whether there are parts whose names PostgreSQL chooses.
    has_unnamed: bool,
}

impl Together {
    fn of(whole: &ComponentId, parts: &[Effect]) -> Self {
        let is_unnamed = |effect: &Effect| {
            matches!(
                effect,
                Effect::AddConstraint { name: None, .. }
                    | Effect::CreateIndex { name: None, .. }
                    | Effect::OwnedSequence { name: None, .. }
                    | Effect::CopyTable { .. }
            )
        };
        let is_unnamed = |effect: &Effect| match effect {
            Effect::CreateWith { parts, .. } => parts.iter().any(is_unnamed),
            effect => is_unnamed(effect),
        };
        Self {
            whole: whole.clone(),
            parts: Touch::of(parts).creates,
            has_unnamed: parts.iter().any(is_unnamed),
        }
    }

    /// The relation that the parts are on.
    fn relation(&self) -> Option<&QualifiedName> {
        match &self.whole.name {
            ComponentName::InSchema(name) => Some(name),
            _ => self.whole.relation(),
        }
    }

    /// Whether a component is one of the parts, of those that a statement makes; `relation`: what it is on.
    pub(super) fn has(&self, id: &ComponentId, relation: Option<&QualifiedName>, touch: &Touch) -> bool {
        let is_unnamed = self.has_unnamed && !touch.creates.contains(id);
        self.parts.contains(id) || is_unnamed && relation.is_some() && relation == self.relation()
    }
}

impl Touch {
    pub(super) fn of(effects: &[Effect]) -> Self {
        let mut touch = Self {
            creates: BTreeSet::new(),
            keeps: BTreeSet::new(),
            together: Vec::new(),
            needs_keys: Vec::new(),
            owning: Vec::new(),
            renames_to: BTreeSet::new(),
            renames_from: BTreeSet::new(),
            takes_away: false,
            changes: BTreeSet::new(),
            inherited: BTreeSet::new(),
            once: BTreeSet::new(),
            implies: BTreeSet::new(),
            keys_from_indexes: Vec::new(),
            drops: Vec::new(),
            inserts_into: None,
            changes_rows: Vec::new(),
            idempotent: true,
            not_modelled: false,
            is_modelled: false,
        };
        touch.gather(effects, false);
        touch
    }

    /// What it changes with what it names: the columns of tables that inherit, and those of an index that becomes a key.
    pub(super) fn learn(&mut self, declared: &Declared) {
        let in_key = self.keys_from_indexes.iter().flat_map(|(table, index)| {
            let index = declared.components.get(&ComponentId::in_schema(Kind::Index, index.clone()));
            let columns = index.and_then(|index| columns_of(&index.shape)).into_iter().flatten();
            columns.map(|column| ComponentId::on_relation(Kind::Column, table.clone(), column))
        });
        self.implies.extend(in_key.collect::<Vec<_>>());
        for (relation, column) in &self.inherited {
            let named = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
            for child in declared.descendants(relation) {
                let id = ComponentId::on_relation(Kind::Column, child, column.clone());
                if self.once.contains(&named) {
                    self.once.insert(id.clone());
                }
                self.changes.insert(id);
            }
        }
    }

    fn gather(&mut self, effects: &[Effect], conditional: bool) {
        for effect in effects {
            self.is_modelled |= !matches!(
                effect,
                Effect::NotModelled(_)
                    | Effect::ChangeShared { .. }
                    | Effect::OwnShared { .. }
                    | Effect::SetSearchPath(_)
                    | Effect::SetLaterSearchPath { .. }
            );
            self.add(effect, conditional);
        }
    }

    fn create(&mut self, id: ComponentId, keeps: bool) {
        if keeps {
            self.keeps.insert(id.clone());
        } else {
            self.idempotent = false;
        }
        self.creates.insert(id);
    }

    fn change(&mut self, id: ComponentId, idempotent: bool) {
        self.idempotent &= idempotent;
        if !idempotent {
            self.once.insert(id.clone());
        }
        self.changes.insert(id);
    }

    /// What is made under a name that PostgreSQL chooses is made again each time, unless it is kept.
    fn create_if_named(&mut self, id: Option<ComponentId>, keeps: bool) {
        match id {
            Some(id) => self.create(id, keeps),
            None => self.idempotent &= keeps,
        }
    }

    /// What is made with its parts; none of them where it is left alone.
    fn create_with(&mut self, whole: &ComponentId, parts: &[Effect], keeps: bool) {
        self.create(whole.clone(), keeps);
        if keeps {
            self.together.push(Together::of(whole, parts));
        }
        self.gather(parts, keeps);
    }

    fn rename(&mut self, from: &ComponentId, to: &ComponentId) {
        self.renames_from.insert(from.clone());
        self.renames_to.insert(to.clone());
        self.change(to.clone(), false);
    }

    /// What the columns and the tables of a constraint have to do with it.
    fn constrain(&mut self, relation: &QualifiedName, form: Option<&ConstraintForm>) {
        match form {
            Some(ConstraintForm::PrimaryKey { columns }) => {
                self.implies.extend(columns.iter().map(|column| on(Kind::Column, relation, column)));
            }
            Some(ConstraintForm::ForeignKey { references, referenced_columns, .. }) => {
                self.needs_keys.push((references.clone(), referenced_columns.clone()));
            }
            _ => {}
        }
    }

    fn change_column(
        &mut self,
        relation: &QualifiedName,
        column: &Identifier,
        change: &ColumnChange,
        only: bool,
    ) {
        // What becomes of these in children depends on the version: the fold leaves it open.
        let is_open = matches!(change, ColumnChange::Identity(_) | ColumnChange::NotNull(false));
        if !only && !is_open {
            self.inherited.insert((relation.clone(), column.clone()));
        }
        let again = matches!(
            change,
            ColumnChange::DataType(..) | ColumnChange::NotNull(_) | ColumnChange::Default(_)
        );
        self.takes_away |= matches!(change, ColumnChange::Identity(Identity::None));
        self.change(on(Kind::Column, relation, column), again);
    }

    fn change_rows(&mut self, relation: &QualifiedName, change: &RowChange) {
        let columns = match change {
            RowChange::Set(set) => set.iter().map(|(column, _)| column.clone()).collect(),
            _ => Vec::new(),
        };
        self.changes_rows.push((relation.clone(), columns));
        self.idempotent = false;
    }

    /// Nobody can tell what it does, nor what it would do if it ran again.
    fn is_not_modelled(&mut self) {
        self.not_modelled = true;
        self.idempotent = false;
    }

    /// What an effect does to what it names; what hangs on that is learned later ([`Touch::learn`]).
    fn add(&mut self, effect: &Effect, conditional: bool) {
        match effect {
            Effect::Create { id, if_exists, .. } => {
                self.create(id.clone(), conditional || *if_exists == IfExists::Keep);
                self.idempotent |= *if_exists == IfExists::Replace && self.creates.len() == 1;
            }
            Effect::CreateWith { id, if_exists, parts, .. } => {
                self.create_with(id, parts, conditional || *if_exists == IfExists::Keep);
            }
            Effect::AddConstraint { relation, name, constraint, .. } => {
                self.constrain(relation, constraint.form.as_ref());
                let id = name.as_ref().map(|name| on(Kind::Constraint, relation, name));
                self.create_if_named(id, conditional);
            }
            Effect::ConstraintFromIndex { relation, name, index, primary, .. } => {
                if *primary {
                    self.keys_from_indexes.push((relation.clone(), beside(relation, index)));
                }
                let name = name.as_ref().unwrap_or(index);
                self.create(on(Kind::Constraint, relation, name), conditional);
            }
            Effect::CreateIndex { relation, name, if_exists, .. } => {
                let id = name.as_ref().map(|name| in_schema(Kind::Index, &beside(relation, name)));
                self.create_if_named(id, conditional || *if_exists == IfExists::Keep);
            }
            Effect::CreateStatistics { name, if_exists, .. } => {
                let id = name.as_ref().map(|name| in_schema(Kind::Statistics, name));
                self.create_if_named(id, conditional || *if_exists == IfExists::Keep);
            }
            Effect::OwnedSequence { name: Some(name), .. } => {
                self.create(in_schema(Kind::Sequence, name), conditional);
            }
            Effect::OwnedSequence { name: None, .. }
            | Effect::EnableTrigger { name: None, .. }
            | Effect::Grant(_)
            | Effect::Comment { .. }
            | Effect::Owner { .. }
            | Effect::OwnShared { .. }
            | Effect::SetSearchPath(_)
            | Effect::SetLaterSearchPath { .. }
            | Effect::TypeOfColumn { .. }
            | Effect::UnknownColumns(_) => {}
            Effect::OwnSequence { sequence, owner } => {
                self.owning.extend(owner.iter().map(|(relation, column)| on(Kind::Column, relation, column)));
                self.change(in_schema(Kind::Sequence, sequence), true);
            }
            Effect::CopyTable { .. } => self.idempotent &= conditional,
            Effect::Inherit { relation, .. } => self.change(in_schema(Kind::Table, relation), false),
            Effect::IfThere { effects, .. } => self.gather(effects, conditional),
            Effect::ChangeColumn { relation, column, change, only } => {
                self.change_column(relation, column, change, *only);
            }
            Effect::RowSecurity { relation, .. } => self.change(in_schema(Kind::Table, relation), true),
            Effect::AddEnumLabel { id, if_not_exists, .. } => self.change(id.clone(), *if_not_exists),
            Effect::EnableTrigger { relation, name: Some(name), .. } => {
                self.change(on(Kind::Trigger, relation, name), true);
            }
            Effect::ValidateConstraint { relation, name } => {
                self.change(on(Kind::Constraint, relation, name), true);
            }
            Effect::InsertRows { relation, .. } => {
                self.inserts_into = Some(relation.clone());
                self.idempotent &= conditional;
            }
            Effect::Drop { id, if_exists, .. } => {
                self.drops.push((id.clone(), *if_exists));
                self.idempotent = false;
            }
            Effect::ChangeRows { relation, change, .. } => self.change_rows(relation, change),
            Effect::Obscure { ids, .. } => {
                self.is_not_modelled();
                self.changes.extend(ids.iter().cloned());
            }
            // What is said of roles is made by being said, as a grant is.
            Effect::Change { id, .. } if matches!(id.kind, Kind::DefaultPrivilege | Kind::Membership) => {}
            Effect::Change { id, .. } => self.change(id.clone(), true),
            Effect::Rename { from, to } => self.rename(from, to),
            Effect::MoveExtension { id, .. }
            | Effect::ChangeAttribute { id, .. }
            | Effect::ChangeDomain { id, .. }
            | Effect::RenameEnumLabel { id, .. } => self.change(id.clone(), false),
            Effect::ChangeSequence { sequence, .. } => match sequence {
                SequenceOf::Name(name) => self.change(in_schema(Kind::Sequence, name), true),
                SequenceOf::Column(..) => {}
            },
            Effect::If { then, otherwise, .. } => {
                self.gather(then, true);
                self.gather(otherwise, true);
            }
            // The first error undoes the rest, so that only one of them is kept apart from the others.
            Effect::Attempt { effects, handler, .. } => {
                self.gather(effects, effects.len() == 1);
                self.gather(handler, false);
            }
            // DROP OWNED is never planned, whatever it is thought to do.
            Effect::NotModelled(_)
            | Effect::ChangeShared { .. }
            | Effect::Call { .. }
            | Effect::MayChange { .. }
            | Effect::DropOwned { .. }
            | Effect::ReassignOwned { .. } => self.is_not_modelled(),
        }
    }
}

fn on(kind: Kind, relation: &QualifiedName, name: &Identifier) -> ComponentId {
    ComponentId::on_relation(kind, relation.clone(), name.clone())
}

fn in_schema(kind: Kind, name: &QualifiedName) -> ComponentId {
    ComponentId::in_schema(kind, name.clone())
}

/// The index of this name that a table has: in the same schema.
fn beside(relation: &QualifiedName, name: &Identifier) -> QualifiedName {
    QualifiedName { schema: relation.schema.clone(), name: name.clone() }
}

/// The columns of an index of which a primary key is made.
fn columns_of(index: &Shape) -> Option<Vec<Identifier>> {
    let Shape::Index(index) = index else { return None };
    let column = |target: &KeyTarget| match target {
        KeyTarget::Column(column) => Some(column.clone()),
        KeyTarget::Expression(_) => None,
    };
    Some(index.keys.iter().flatten().filter_map(|key| column(&key.target)).collect())
}
