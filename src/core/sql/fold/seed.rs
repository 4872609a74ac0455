//! Rows of constants: which columns are the key that a row is looked for by.

use super::{Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::seed_row::SeedRow;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::RowValue;

/// A key: columns with their constants.
type Key = Vec<(Identifier, Option<String>)>;

impl Declared {
    /// Makes a component of each row whose key is known; gives words for what is not.
    pub(super) fn insert_rows(
        &mut self,
        relation: &QualifiedName,
        columns: Option<Vec<Identifier>>,
        rows: Vec<Vec<RowValue>>,
        conflict_columns: Option<&[Identifier]>,
        origin: &Origin,
    ) -> Vec<String> {
        if self.components.contains_key(&ComponentId::in_schema(Kind::ForeignTable, relation.clone())) {
            // Whether the rows are there is a question to another server.
            return vec![format!("INSERT into the foreign table {relation}")];
        }
        let Some(columns) = columns.or_else(|| self.columns.get(relation).cloned()) else {
            return vec![format!(
                "INSERT into {relation} without a list of columns, whose order is not declared here"
            )];
        };
        let keys = self.keys(relation, conflict_columns, &columns, &rows);
        let mut without_key = 0_usize;
        for row in rows {
            let row: Vec<(&Identifier, RowValue)> = columns.iter().zip(row).collect();
            match key_of(&row, &keys, conflict_columns.is_some()) {
                Some(key) => self.insert_row(relation, key, origin),
                None => without_key += 1,
            }
        }
        if without_key == 0 {
            return Vec::new();
        }
        let rows = if without_key == 1 { "a row" } else { "rows" };
        vec![format!("INSERT into {relation} of {rows} whose key is not a constant")]
    }

    /// The keys to try: of ON CONFLICT alone where it names one, else the primary key, then the unique ones, which take
    /// a look at every index, so that only rows without the primary key ask for them.
    fn keys(
        &self,
        relation: &QualifiedName,
        conflict_columns: Option<&[Identifier]>,
        columns: &[Identifier],
        rows: &[Vec<RowValue>],
    ) -> Vec<Vec<Identifier>> {
        if let Some(columns) = conflict_columns {
            return vec![columns.to_vec()];
        }
        let primary = self.primary_key(relation).map(<[Identifier]>::to_vec);
        let has = |row: &Vec<RowValue>, key: &Identifier| {
            let position = columns.iter().position(|column| column == key);
            matches!(position.and_then(|at| row.get(at)), Some(RowValue::Constant(Some(_))))
        };
        if let Some(key) = &primary
            && rows.iter().all(|row| key.iter().all(|column| has(row, column)))
        {
            return primary.into_iter().collect();
        }
        primary.into_iter().chain(self.unique_keys(relation)).collect()
    }

    /// A row that is inserted twice (ON CONFLICT makes it harmless) is one.
    fn insert_row(&mut self, relation: &QualifiedName, key: Key, origin: &Origin) {
        let name = ComponentName::Row { relation: relation.clone(), key };
        let id = ComponentId { kind: Kind::SeedRow, name };
        match self.components.get_mut(&id) {
            Some(declaration) => {
                declaration.obscured_by = None;
                declaration.changed_by(origin);
            }
            None => self.insert(id, SeedRow {}.into(), false, origin),
        }
    }
}

/// The first key of which every column has a constant; without any, all constants of the row, unless ON CONFLICT said
/// what the key is.
fn key_of(row: &[(&Identifier, RowValue)], keys: &[Vec<Identifier>], key_is_settled: bool) -> Option<Key> {
    let constant = |column: &Identifier| {
        row.iter().find_map(|(name, value)| match value {
            RowValue::Constant(value) if *name == column => Some((column.clone(), value.clone())),
            _ => None,
        })
    };
    // A null in a key is a row of its own, however often it is there: no row is known by it.
    let by_key = keys.iter().find_map(|key| {
        key.iter()
            .map(|column| constant(column).filter(|(_, value)| value.is_some()))
            .collect::<Option<Key>>()
    });
    let all = || -> Option<Key> {
        let all: Key = row.iter().filter_map(|(name, _)| constant(name)).collect();
        (!all.is_empty() && !key_is_settled).then_some(all)
    };
    by_key.or_else(all)
}
