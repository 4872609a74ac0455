//! Extended statistics, with the names that PostgreSQL makes up.

use super::{Declared, Origin};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::statistics::Statistics;
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
}
