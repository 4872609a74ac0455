//! Extended statistics, with the names that PostgreSQL makes up.

use super::{Declared, Origin};
use crate::core::component::ComponentId;
use crate::core::kind::statistics::Statistics;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::IfExists;
use crate::core::sql::generated_name;

impl Declared {
    /// A made-up name is of the table's schema (`ChooseExtendedStatisticName` in PostgreSQL's `statscmds.c`); it avoids
    /// other statistics only.
    pub(super) fn create_statistics(
        &mut self,
        name: Option<QualifiedName>,
        statistics: Statistics,
        if_exists: IfExists,
        name_parts: &[Identifier],
        origin: &Origin,
    ) -> Result<(), String> {
        let name_is_generated = name.is_none();
        let id = |name| ComponentId::in_schema(Kind::Statistics, name);
        let Some(name) = name.or_else(|| {
            let relation = statistics.relation.as_ref()?;
            let in_schema = |name| QualifiedName { schema: relation.schema.clone(), name };
            let addition = generated_name::addition(name_parts);
            let taken = |name: &Identifier| self.components.contains_key(&id(in_schema(name.clone())));
            Some(in_schema(generated_name::choose(&relation.name, Some(&addition), "stat", taken)))
        }) else {
            return Ok(());
        };
        let id = id(name);
        let came_into_being = self.create(id.clone(), statistics.into(), if_exists, origin)?;
        if let Some(declaration) = self.components.get_mut(&id).filter(|_| came_into_being) {
            declaration.name_is_generated = name_is_generated;
        }
        Ok(())
    }

    /// The statistics of LIKE get made-up names (`generateClonedExtStatsStmt` in PostgreSQL's `parse_utilcmd.c`).
    pub(super) fn copy_statistics(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        origin: &Origin,
    ) -> Vec<String> {
        let all = self.of_kind(Kind::Statistics).filter_map(|(_, declaration)| match &declaration.shape {
            Shape::Statistics(statistics) if statistics.relation.as_ref() == Some(from) => {
                Some((**statistics).clone())
            }
            _ => None,
        });
        let mut refused = Vec::new();
        for statistics in all.collect::<Vec<_>>() {
            let covered = |column: &&Identifier| {
                statistics.columns.as_ref().is_some_and(|covered| covered.contains(*column))
            };
            let mut name_parts: Vec<Identifier> =
                self.columns.get(from).into_iter().flatten().filter(covered).cloned().collect();
            let expressions = statistics.expressions.iter().flatten();
            name_parts.extend(expressions.map(|_| Identifier::new("expr")));
            // The target stays with the source.
            let copy = Statistics { relation: Some(relation.clone()), target: None, ..statistics };
            refused.extend(self.create_statistics(None, copy, IfExists::Refuse, &name_parts, origin).err());
        }
        refused
    }
}
