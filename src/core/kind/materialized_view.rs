//! Materialized views: `pg_class` of relkind `m`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::{Comparison, DecodeError, Kind, Room};

/// A materialized view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaterializedView {
    /// The body as declared; observed, `None` until its text is read.
    pub body: Option<Definition>,
    /// Whether it holds data (WITH DATA); a query of one that does not fails.
    pub populated: Option<bool>,
}

impl Room for MaterializedView {
    const QUERY: Option<&'static str> = Some(include_str!("materialized_view.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let id = ComponentId::in_schema(Kind::MaterializedView, row.qualified("schema", "name")?);
        Ok((id, Self { body: None, populated: Some(row.boolean("populated")?) }))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { body, populated } = self;
        let mut comparison = Comparison::default();
        comparison.either("data", *populated, observed.populated, ("populated", "not populated"));
        if body.is_some() {
            comparison.definition("definition", body.as_ref(), observed.body.as_ref());
        }
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        visit(Part::only("definition"), &mut self.body);
    }
}
