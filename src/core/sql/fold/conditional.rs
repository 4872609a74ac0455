//! What happens under a condition, or fails and is undone.
//!
//! A condition is decided by what is declared. What is not declared is taken to be absent only where the statement
//! itself makes it (`if not exists (...) then create ...`): it is there afterwards either way. Where a condition cannot
//! be decided, the effects are tried: what they make may be there, and whatever else they change is no longer known.

use std::collections::{BTreeMap, BTreeSet};

use super::components::{Before, Changed};
use super::{Declaration, Declared, IndexNotes, Obscured, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::type_::TypeForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::condition::COMPUTED;
use crate::core::sql::effect::{Caught, ColumnChange, Condition, Effect, IfExists, Sought};
use crate::core::type_name::TypeName;

/// How many components conditions may look at, all together. Beyond it, everything that a condition guards is said to
/// be too much, so that a file of nothing but conditions is still read in a bounded time.
const MOST_WORK: usize = 20_000_000;

/// The answer to a condition, with those absences that it rests on: what is not declared may be there all the same.
#[derive(Debug)]
struct Answer<'a> {
    /// `None`: it cannot be told.
    is_so: Option<bool>,
    absent: Vec<&'a Sought>,
}

/// What is kept beside the components, as it was before.
struct Notes {
    columns: BTreeMap<QualifiedName, Vec<Identifier>>,
    children: BTreeMap<QualifiedName, BTreeSet<QualifiedName>>,
    indexes: BTreeMap<QualifiedName, IndexNotes>,
    owned_sequences: BTreeMap<(QualifiedName, Identifier), BTreeSet<QualifiedName>>,
}

impl Declared {
    /// Applies one branch where the condition can be decided, and what neither decides as a possibility.
    pub(super) fn apply_if(
        &mut self,
        condition: &Condition,
        then: Vec<Effect>,
        otherwise: Vec<Effect>,
        reason: &str,
        origin: &Origin,
    ) -> Vec<String> {
        let Answer { is_so, absent } = self.answer(condition);
        let Some(is_so) = is_so else {
            let mut notes = self.maybe(then, reason, origin);
            notes.extend(self.maybe(otherwise, reason, origin));
            return notes;
        };
        let (taken, left) = if is_so { (then, otherwise) } else { (otherwise, then) };
        if absent.iter().all(|sought| taken.iter().any(|effect| makes(effect, sought))) {
            return self.apply_all(taken, origin);
        }
        let mut notes = self.maybe(taken, reason, origin);
        notes.extend(self.maybe(left, reason, origin));
        notes
    }

    /// Applies effects that are undone as a whole where one fails.
    pub(super) fn attempt(
        &mut self,
        effects: Vec<Effect>,
        caught: Caught,
        handler: Vec<Effect>,
        reason: &str,
        origin: &Origin,
    ) -> Vec<String> {
        if caught.missing && !caught.other && self.lacks_label(&effects) {
            return self.apply_all(handler, origin);
        }
        let unsure = (caught.other && !effects.iter().all(|effect| self.goes_for_certain(effect)))
            || (caught.missing && !self.has_subjects(&effects));
        if !unsure && !caught.duplicates {
            return self.apply_all(effects, origin);
        }
        match (unsure, duplicates(&effects)) {
            (false, Some(made)) => {
                let there: Vec<&Declaration> = made.iter().filter_map(|id| self.components.get(id)).collect();
                if there.iter().any(|declaration| declaration.obscured_by.is_none()) {
                    return self.apply_all(handler, origin);
                }
                if there.is_empty() {
                    return self.apply_all(effects, origin);
                }
            }
            (false, None) if effects.len() == 1 => {
                // One effect alone is refused as a whole.
                let applied = effects.into_iter().next().map(|effect| self.apply(effect, origin));
                return match applied {
                    Some(Ok(notes)) => notes,
                    _ => self.apply_all(handler, origin),
                };
            }
            _ => {}
        }
        let mut notes = self.maybe(effects, reason, origin);
        notes.extend(self.maybe(handler, reason, origin));
        notes
    }

    /// Applies effects up to the first that the server would refuse; what it would say is a note.
    fn apply_all(&mut self, effects: Vec<Effect>, origin: &Origin) -> Vec<String> {
        let mut notes = Vec::new();
        for effect in effects {
            match self.apply(effect, origin) {
                Ok(more) => notes.extend(more),
                Err(sentence) => {
                    notes.push(sentence);
                    break;
                }
            }
        }
        notes
    }

    /// Applies effects that may have happened or not: what they make, change or take away is no longer known.
    fn maybe(&mut self, effects: Vec<Effect>, reason: &str, origin: &Origin) -> Vec<String> {
        let only_words = effects
            .iter()
            .all(|effect| matches!(effect, Effect::NotModelled(_) | Effect::SetLaterSearchPath { .. }));
        if only_words {
            return self.apply_all(effects, origin);
        }
        // A copy costs about as much as looking at each of them twenty times.
        let copied =
            self.columns.len() + self.children.len() + self.indexes.len() + self.owned_sequences.len();
        if !self.spend(copied.saturating_mul(20)) {
            for effect in &effects {
                let ids = self.touched_by(effect);
                self.mark_changed(&ids, reason);
            }
            return vec![format!("{reason}, after very many conditions")];
        }
        let notes_before = Notes {
            columns: self.columns.clone(),
            children: self.children.clone(),
            indexes: self.indexes.clone(),
            owned_sequences: self.owned_sequences.clone(),
        };
        self.components.remember();
        let perhaps: Vec<ComponentId> =
            effects.iter().flat_map(|effect| self.may_be_changed_by(effect)).collect();
        let mut notes = Vec::new();
        for effect in effects {
            // What is refused does not happen, and that is as it may be.
            notes.extend(self.apply(effect, origin).unwrap_or_default());
        }
        let Changed { before, copies } = self.components.changed();
        self.spend(copies.saturating_mul(20));
        self.settle_neither(before, notes_before, reason);
        self.mark_changed(&perhaps, reason);
        notes
    }

    /// Marks whatever is not as it was.
    fn settle_neither(&mut self, before: Before, notes: Notes, reason: &str) {
        for (relation, columns) in &notes.columns {
            if self.columns.get(relation).is_some_and(|now| now != columns) {
                self.columns.remove(relation);
            }
        }
        for (relation, children) in notes.children {
            self.children.entry(relation).or_default().extend(children);
        }
        for (id, old) in before {
            match old {
                Some(old) if !self.components.contains_key(&id) => {
                    self.put_back(id, old, &notes.indexes, reason);
                }
                old => self.settle_changed(&id, old.as_ref(), reason),
            }
        }
        for (column, sequences) in notes.owned_sequences {
            self.owned_sequences.entry(column).or_default().extend(sequences);
        }
    }

    /// What was made or changed, if it was.
    fn settle_changed(&mut self, id: &ComponentId, old: Option<&Declaration>, reason: &str) {
        if self.components.get(id) == old {
            return;
        }
        if old.is_none() && id.to_string().contains(COMPUTED) {
            self.remove(id);
            return;
        }
        let Some(declaration) = self.components.get_mut(id) else { return };
        // Made here, or made again as it may have been made before.
        let is_made = old.is_none_or(|old| {
            matches!(old.obscured_by, Some(Obscured::Presence(_))) && old.shape == declaration.shape
        });
        match declaration.obscured_by {
            None if is_made => declaration.obscured_by = Some(Obscured::Presence(reason.to_owned())),
            Some(_) if is_made => {}
            // What may have changed it says so already.
            Some(Obscured::Change(_)) if old.is_some_and(|old| old.shape == declaration.shape) => {}
            _ => declaration.obscure(reason),
        }
    }

    /// What went, if it went.
    fn put_back(
        &mut self,
        id: ComponentId,
        mut declaration: Declaration,
        indexes: &BTreeMap<QualifiedName, IndexNotes>,
        reason: &str,
    ) {
        if let (ComponentName::OnRelation { relation, name }, Shape::Constraint(constraint)) =
            (&id.name, &declaration.shape)
        {
            self.constraint_names.add(&relation.schema, name, constraint);
        }
        if let ComponentName::InSchema(name) = &id.name {
            if let Some(notes) = indexes.get(name) {
                self.indexes.entry(name.clone()).or_insert_with(|| notes.clone());
            }
            self.columns.remove(name);
        }
        // What may have been made may be gone just as well.
        if declaration.obscured_by.is_none() {
            declaration.obscure(reason);
        }
        self.components.insert(id, declaration);
    }

    /// What an effect names, with what hangs on it: more than it may change, found without trying it.
    fn touched_by(&self, effect: &Effect) -> Vec<ComponentId> {
        let of_table = |relation: &QualifiedName| {
            let mut ids = Vec::new();
            for relation in std::iter::once(relation).chain(&self.descendants(relation)) {
                ids.extend(self.hanging_on(Kind::Table, relation));
                ids.push(ComponentId::in_schema(Kind::Table, relation.clone()));
            }
            ids
        };
        match effect {
            Effect::If { then, otherwise, .. } => {
                then.iter().chain(otherwise).flat_map(|effect| self.touched_by(effect)).collect()
            }
            Effect::Attempt { effects, handler, .. } => {
                effects.iter().chain(handler).flat_map(|effect| self.touched_by(effect)).collect()
            }
            Effect::IfThere { relation, effects } => {
                let mut ids = of_table(relation);
                ids.extend(effects.iter().flat_map(|effect| self.touched_by(effect)));
                ids
            }
            Effect::AddConstraint { relation, .. }
            | Effect::ConstraintFromIndex { relation, .. }
            | Effect::ChangeColumn { relation, .. }
            | Effect::RowSecurity { relation, .. }
            | Effect::ChangeRows { relation, .. }
            | Effect::EnableTrigger { relation, .. } => of_table(relation),
            Effect::Drop { id, .. }
            | Effect::Rename { from: id, .. }
            | Effect::Change { id, .. }
            | Effect::Create { id, .. }
            | Effect::CreateWith { id, .. }
            | Effect::AddEnumLabel { id, .. }
            | Effect::RenameEnumLabel { id, .. }
            | Effect::ChangeDomain { id, .. }
            | Effect::ChangeAttribute { id, .. } => {
                let mut ids = match (&id.name, id.relation()) {
                    (ComponentName::InSchema(name), _) => of_table(name),
                    (_, Some(relation)) => of_table(relation),
                    _ => self.may_be_changed_by(effect),
                };
                ids.push(id.clone());
                ids
            }
            _ => Vec::new(),
        }
    }

    /// Takes from what conditions may cost; `false` where nothing is left.
    fn spend(&mut self, work: usize) -> bool {
        self.work = self.work.saturating_add(work);
        self.work <= MOST_WORK
    }

    fn answer<'a>(&mut self, condition: &'a Condition) -> Answer<'a> {
        match condition {
            Condition::Exists(sought) => {
                let is_so = self.exists(sought);
                let absent = if is_so == Some(false) { vec![sought] } else { Vec::new() };
                Answer { is_so, absent }
            }
            Condition::Not(condition) => {
                let Answer { is_so, absent } = self.answer(condition);
                Answer { is_so: is_so.map(|is_so| !is_so), absent }
            }
            Condition::All(all) => self.combined(all, false),
            Condition::Any(any) => self.combined(any, true),
            Condition::Unknown => Answer { is_so: None, absent: Vec::new() },
        }
    }

    /// AND and OR: one answer settles it (`decisive`), if it rests on nothing; else all must be known.
    fn combined<'a>(&mut self, conditions: &'a [Condition], decisive: bool) -> Answer<'a> {
        let answers: Vec<Answer<'a>> = conditions.iter().map(|condition| self.answer(condition)).collect();
        if answers.iter().any(|answer| answer.is_so == Some(decisive) && answer.absent.is_empty()) {
            return Answer { is_so: Some(decisive), absent: Vec::new() };
        }
        let is_so = if answers.iter().any(|answer| answer.is_so.is_none()) {
            None
        } else {
            Some(answers.iter().any(|answer| answer.is_so == Some(decisive)) == decisive)
        };
        Answer { is_so, absent: answers.into_iter().flat_map(|answer| answer.absent).collect() }
    }

    /// Whether what is sought is declared; `None` where that is not known, or more is asked of it than its name.
    fn exists(&mut self, sought: &Sought) -> Option<bool> {
        let kinds: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| sought.kinds.contains(&kind.id())).collect();
        if kinds.is_empty() {
            return None;
        }
        let (mut looked_at, mut found) = (0, None);
        // The index of a key is listed among the indexes.
        let keys = kinds.contains(&Kind::Index).then_some(Kind::Constraint);
        for kind in kinds.into_iter().chain(keys) {
            for (id, declaration) in self.of_kind(kind) {
                looked_at += 1;
                let is_it = if kind == Kind::Constraint && keys.is_some() {
                    is_key(id, declaration, sought)
                } else {
                    sought.is(id)
                };
                if is_it {
                    let is_known = declaration.obscured_by.is_none() && !sought.more;
                    let is_so = if is_known { has_label(declaration, sought) } else { None };
                    found = Some(match (found, is_so) {
                        (None, is_so) => is_so,
                        (Some(one), another) if one == another => one,
                        (Some(Some(true)), _) | (_, Some(true)) => Some(true),
                        _ => None,
                    });
                }
            }
        }
        if !self.spend(looked_at) {
            return None;
        }
        found.unwrap_or(Some(false))
    }

    /// Whether an effect takes away what nothing that is declared rests on, or makes such a column a text, so that only what
    /// nobody can tell from the SQL (a privilege, a lock) keeps it: then it is no requirement either.
    fn goes_for_certain(&self, effect: &Effect) -> bool {
        match effect {
            Effect::NotModelled(_) => true,
            Effect::Drop { id, if_exists: true, .. } => self.is_rested_on_by_nothing(id),
            // Every value has a text.
            Effect::ChangeColumn {
                relation,
                column,
                change: ColumnChange::DataType(Some(data_type), _),
                only: false,
            } => data_type.is(&TypeName::built_in("text")) && self.only_keys_rest_on(relation, column),
            _ => false,
        }
    }

    /// Whether the first of the effects renames a label that is known not to be there.
    fn lacks_label(&self, effects: &[Effect]) -> bool {
        match effects.first() {
            Some(Effect::RenameEnumLabel { id, from, .. }) => self.known_label(id, from) == Some(false),
            _ => false,
        }
    }

    /// Whether an enum has the label; `None` where that is not known.
    fn known_label(&self, id: &ComponentId, label: &str) -> Option<bool> {
        let declaration = self.components.get(id).filter(|declaration| declaration.obscured_by.is_none())?;
        match declaration.shape.type_form() {
            Some(TypeForm::Enum { labels }) => Some(labels.iter().any(|own| own == label)),
            _ => None,
        }
    }

    /// Whether all that these effects change, or hang something on, is declared, so that it cannot be missing.
    fn has_subjects(&self, effects: &[Effect]) -> bool {
        let is_known = |id: &ComponentId| {
            self.components.get(id).is_some_and(|declaration| declaration.obscured_by.is_none())
        };
        effects.iter().all(|effect| match effect {
            // What is not there is gone already.
            Effect::Drop { .. } | Effect::NotModelled(_) => true,
            Effect::Rename { from, .. } => is_known(from),
            Effect::Create { id, .. } | Effect::CreateWith { id, .. } => match id.relation() {
                Some(relation) => is_known(&ComponentId::in_schema(Kind::Table, relation.clone())),
                None => false,
            },
            Effect::ChangeColumn { relation, column, .. } => {
                is_known(&ComponentId::on_relation(Kind::Column, relation.clone(), column.clone()))
            }
            Effect::RowSecurity { relation, .. } | Effect::InsertRows { relation, .. } => {
                is_known(&ComponentId::in_schema(Kind::Table, relation.clone()))
            }
            Effect::AddEnumLabel { id, .. } | Effect::Change { id, .. } => is_known(id),
            Effect::RenameEnumLabel { id, from, .. } => self.known_label(id, from) == Some(true),
            Effect::Obscure { ids, .. } => ids.iter().all(is_known),
            _ => false,
        })
    }
}

/// Whether a constraint is one whose index has the name that is sought.
fn is_key(id: &ComponentId, declaration: &Declaration, sought: &Sought) -> bool {
    let (ComponentName::OnRelation { relation, name }, Shape::Constraint(constraint)) =
        (&id.name, &declaration.shape)
    else {
        return false;
    };
    let has_index =
        !matches!(constraint.form, Some(ConstraintForm::ForeignKey { .. } | ConstraintForm::Check { .. }));
    has_index
        && *name == sought.name
        && sought.schema.as_ref().is_none_or(|schema| *schema == relation.schema)
}

/// Whether an enum has the label that is sought, where one is.
fn has_label(declaration: &Declaration, sought: &Sought) -> Option<bool> {
    let Some(label) = &sought.label else { return Some(true) };
    match declaration.shape.type_form() {
        Some(TypeForm::Enum { labels }) => Some(labels.contains(label)),
        _ => None,
    }
}

/// Whether an effect makes what is sought.
fn makes(effect: &Effect, sought: &Sought) -> bool {
    match effect {
        Effect::AddEnumLabel { id, label, .. } => sought.is(id) && sought.label.as_ref() == Some(label),
        Effect::If { then, otherwise, .. } => {
            [then, otherwise].iter().all(|branch| branch.iter().any(|effect| makes(effect, sought)))
        }
        Effect::Attempt { effects, caught, .. } => {
            !caught.other && effects.iter().any(|effect| makes(effect, sought))
        }
        Effect::Rename { to, .. } => sought.is(to) && sought.label.is_none(),
        other => made_by(other).is_some_and(|(id, _)| sought.is(&id)) && sought.label.is_none(),
    }
}

/// What must not be there before, so that none of these effects fails because of a duplicate; `None` where that is not
/// known beforehand.
fn duplicates(effects: &[Effect]) -> Option<BTreeSet<ComponentId>> {
    let mut made = BTreeSet::new();
    for effect in effects {
        match (effect, made_by(effect)) {
            (_, Some((id, IfExists::Refuse))) => {
                // Made twice, it fails the second time.
                made.insert(id).then_some(())?;
            }
            (_, Some(_)) => {}
            (Effect::Rename { to, .. }, _) => made.insert(to.clone()).then_some(())?,
            (Effect::Drop { .. }, _) if effects.len() > 1 => return None,
            (Effect::AddEnumLabel { .. } | Effect::If { .. } | Effect::Attempt { .. }, _) => return None,
            _ => {}
        }
    }
    Some(made)
}

/// The component that an effect makes, and what if it is there; `None` where it makes none whose name is known.
fn made_by(effect: &Effect) -> Option<(ComponentId, IfExists)> {
    match effect {
        Effect::Create { id, if_exists, .. } | Effect::CreateWith { id, if_exists, .. } => {
            Some((id.clone(), *if_exists))
        }
        Effect::AddConstraint { relation, name: Some(name), .. }
        | Effect::ConstraintFromIndex { relation, name: Some(name), .. } => {
            let id = ComponentId::on_relation(Kind::Constraint, relation.clone(), name.clone());
            Some((id, IfExists::Refuse))
        }
        Effect::CreateIndex { relation, name: Some(name), if_exists, .. } => {
            let name = QualifiedName { schema: relation.schema.clone(), name: name.clone() };
            Some((ComponentId::in_schema(Kind::Index, name), *if_exists))
        }
        _ => None,
    }
}
