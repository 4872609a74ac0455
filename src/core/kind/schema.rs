//! Schemas: `pg_namespace`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// A schema. It has no shape beyond being there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {}

impl Room for Schema {
    const ABOUT: About =
        About { declared_by: "`CREATE SCHEMA`.", compared: "Whether it is there.", not_compared: "" };

    const QUERY: Option<&'static str> = Some(include_str!("schema.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Ok((ComponentId::global(Kind::Schema, row.identifier("name")?), Self {}))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }

    fn may_have_definitions(&self) -> bool {
        false
    }
}
