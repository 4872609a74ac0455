//! Operator families: `pg_opfamily`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// An operator family; its operators and functions are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorFamily {}

impl Room for OperatorFamily {
    const ABOUT: About = About {
        declared_by: "`CREATE OPERATOR FAMILY`.",
        compared: "Whether it is there, for this access method.",
        not_compared: "The operators and functions in it.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("operator_family.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let name = ComponentName::ForMethod {
            name: row.qualified("schema", "name")?,
            method: row.identifier("method")?,
        };
        Ok((ComponentId { kind: Kind::OperatorFamily, name }, Self {}))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        comparison.not_compared("operators and functions");
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;

    #[test]
    fn a_family_is_known_by_its_name_and_access_method() {
        let columns = [("schema", Some("crm")), ("name", Some("mood_ops")), ("method", Some("hash"))];
        let (id, _) = decode(Kind::OperatorFamily, &columns).unwrap();
        assert_eq!(id.to_string(), "operator_family/crm.mood_ops using hash");
    }
}
