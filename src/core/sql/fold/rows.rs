//! Declared rows after they were inserted: UPDATE, DELETE, TRUNCATE. One that may be gone or changed is not required where
//! the database does not hold it.

use super::Declared;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::{ConstraintForm, ReferentialAction};
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{RowChange, RowValue, WhichRows};

/// Whether a row is one of those that a statement is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Is {
    No,
    Unsure,
    Yes,
}

impl Declared {
    /// Rows go, or some of their columns get other values. Those of which it is not known are no longer known.
    pub(super) fn change_rows(
        &mut self,
        relation: &QualifiedName,
        change: &RowChange,
        rows: &WhichRows,
        reason: &str,
    ) {
        let ids: Vec<ComponentId> = self.hanging(Kind::SeedRow, relation).map(|(id, _)| id.clone()).collect();
        for id in ids {
            match (self.is_one_of(&id, rows), change) {
                (Is::No, _) => {}
                (is, RowChange::Set(values)) => self.set_in_row(&id, values, is, reason),
                (Is::Yes, RowChange::Delete | RowChange::Truncate { .. }) => {
                    self.remove(&id);
                }
                (Is::Unsure, RowChange::Delete | RowChange::Truncate { .. }) => {
                    self.mark_changed(&[id], reason);
                }
            }
        }
        match change {
            RowChange::Set(_) | RowChange::Truncate { cascade: false } => {}
            RowChange::Delete => self.delete_in_referencing(relation, reason),
            RowChange::Truncate { cascade: true } => self.truncate_referencing(relation),
        }
    }

    /// A row whose key gets constants is known by them from then on.
    fn set_in_row(&mut self, id: &ComponentId, values: &[(Identifier, RowValue)], is: Is, reason: &str) {
        let ComponentName::Row { relation, key } = &id.name else { return };
        let value_of = |column: &Identifier| values.iter().find(|(name, _)| name == column);
        if !key.iter().any(|(column, _)| value_of(column).is_some()) {
            return;
        }
        let new: Option<Vec<_>> = key
            .iter()
            .map(|(column, old)| match value_of(column) {
                None => Some((column.clone(), old.clone())),
                Some((_, RowValue::Constant(new))) => Some((column.clone(), new.clone())),
                Some((_, RowValue::Computed)) => None,
            })
            .collect();
        match new {
            Some(key) if is == Is::Yes => {
                let name = ComponentName::Row { relation: relation.clone(), key };
                if let Some(declaration) = self.components.remove(id) {
                    self.components.insert(ComponentId { kind: Kind::SeedRow, name }, declaration);
                }
            }
            _ => self.mark_changed(std::slice::from_ref(id), reason),
        }
    }

    fn is_one_of(&self, id: &ComponentId, rows: &WhichRows) -> Is {
        let ComponentName::Row { relation, key } = &id.name else { return Is::No };
        match rows {
            WhichRows::All => Is::Yes,
            WhichRows::Some => Is::Unsure,
            WhichRows::Having(columns) => columns
                .iter()
                .map(|(column, constants)| match key.iter().find(|(name, _)| name == column) {
                    None => Is::Unsure,
                    // Null equals nothing.
                    Some((_, None)) => Is::No,
                    Some((_, Some(value))) => self.is_among(relation, column, value, constants),
                })
                .min()
                .unwrap_or(Is::Yes),
        }
    }

    fn is_among(
        &self,
        relation: &QualifiedName,
        column: &Identifier,
        value: &str,
        constants: &[Option<String>],
    ) -> Is {
        let constants: Vec<&String> = constants.iter().flatten().collect();
        if constants.iter().any(|constant| *constant == value) {
            return Is::Yes;
        }
        let told_apart_by_text = self.is_told_apart_by_text(relation, column);
        let is_other = |constant: &String| {
            let numbers = (plain_number(value), plain_number(constant));
            told_apart_by_text || matches!(numbers, (Some(one), Some(other)) if one != other)
        };
        if constants.into_iter().all(is_other) { Is::No } else { Is::Unsure }
    }

    /// Whether two texts are always two values of a column: of a string type, or of an enum.
    fn is_told_apart_by_text(&self, relation: &QualifiedName, column: &Identifier) -> bool {
        let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
        let Some(Shape::Column(column)) = self.components.get(&id).map(|declaration| &declaration.shape)
        else {
            return false;
        };
        column.data_type.as_ref().is_some_and(|data_type| {
            matches!(data_type.name.as_str(), "text" | "varchar")
                || self.of_kind(Kind::Type).any(|(id, declaration)| match &id.name {
                    ComponentName::InSchema(name) => {
                        data_type.may_be(name) && super::type_::is_enum(&declaration.shape)
                    }
                    _ => false,
                })
        })
    }

    /// The rows that refer to deleted ones go, or their foreign keys change.
    fn delete_in_referencing(&mut self, relation: &QualifiedName, reason: &str) {
        let mut seen = vec![relation.clone()];
        let mut rest = vec![relation.clone()];
        while let Some(relation) = rest.pop() {
            for (table, columns, on_delete) in self.referencing(&relation) {
                let goes = on_delete == ReferentialAction::Cascade;
                let changes = matches!(on_delete, ReferentialAction::SetNull | ReferentialAction::SetDefault);
                let rows = self.hanging(Kind::SeedRow, &table).map(|(id, _)| id);
                let rows: Vec<ComponentId> = rows
                    .filter(|id| goes || changes && columns.iter().any(|column| key_has(id, column)))
                    .cloned()
                    .collect();
                self.mark_changed(&rows, reason);
                if goes && !seen.contains(&table) {
                    seen.push(table.clone());
                    rest.push(table);
                }
            }
        }
    }

    fn truncate_referencing(&mut self, relation: &QualifiedName) {
        let mut seen = vec![relation.clone()];
        let mut rest = vec![relation.clone()];
        while let Some(relation) = rest.pop() {
            for (table, _, _) in self.referencing(&relation) {
                if !seen.contains(&table) {
                    let rows: Vec<ComponentId> =
                        self.hanging(Kind::SeedRow, &table).map(|(id, _)| id.clone()).collect();
                    for id in &rows {
                        self.remove(id);
                    }
                    seen.push(table.clone());
                    rest.push(table);
                }
            }
        }
    }

    /// The tables with a foreign key to this one, its columns, and what it says of deleted rows.
    fn referencing(
        &self,
        relation: &QualifiedName,
    ) -> Vec<(QualifiedName, Vec<Identifier>, ReferentialAction)> {
        self.of_kind(Kind::Constraint)
            .filter_map(|(id, declaration)| match declaration.shape.constraint_form() {
                Some(ConstraintForm::ForeignKey { references, columns, on_delete, .. })
                    if references == relation =>
                {
                    Some((id.relation()?.clone(), columns.clone(), *on_delete))
                }
                _ => None,
            })
            .collect()
    }

    /// The rows of a table lose a column: those that no other column tells from the rest are nothing to look for.
    pub(super) fn drop_from_keys(&mut self, relation: &QualifiedName, column: &Identifier) {
        let rows = self.hanging(Kind::SeedRow, relation).map(|(id, _)| id.clone());
        let rows: Vec<ComponentId> = rows.filter(|id| key_has(id, column)).collect();
        for id in rows {
            let Some(declaration) = self.remove(&id) else { continue };
            let ComponentName::Row { relation, mut key } = id.name else { continue };
            key.retain(|(name, _)| name != column);
            if !key.is_empty() {
                let name = ComponentName::Row { relation, key };
                self.components.insert(ComponentId { kind: Kind::SeedRow, name }, declaration);
            }
        }
    }
}

/// Whether the key of a row has the column.
fn key_has(id: &ComponentId, column: &Identifier) -> bool {
    matches!(&id.name, ComponentName::Row { key, .. } if key.iter().any(|(name, _)| name == column))
}

/// A whole number in its plainest form, of which there is one for each value.
fn plain_number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}
