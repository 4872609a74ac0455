//! Owners: `relowner`, `proowner`, `typowner`, `nspowner`. Required only where the audit asks for them.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::about::{self, about};
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// The owner of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The role.
    pub role: Option<Identifier>,
}

/// What owners are read of.
const OWNED: [Kind; 10] = [
    Kind::Schema,
    Kind::Extension,
    Kind::Type,
    Kind::Sequence,
    Kind::Table,
    Kind::ForeignTable,
    Kind::Index,
    Kind::View,
    Kind::MaterializedView,
    Kind::Function,
];

impl Owner {
    /// Whether the query reads the owners of objects of a kind.
    #[must_use]
    pub fn is_read_of(kind: Kind) -> bool {
        OWNED.contains(&kind)
    }
}

impl Room for Owner {
    const ABOUT: About = About {
        declared_by: "`ALTER ... OWNER TO`, `CREATE SCHEMA ... AUTHORIZATION`. Required only where the audit asks \
            for owners.",
        compared: "The role that owns the object.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("owner.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let owner = Self { role: Some(row.identifier("owner")?) };
        Ok((about(Kind::Owner, about::object(row)?, None), owner))
    }

    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        about::find(id, search)
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        let Self { role } = self;
        comparison.part("role", role.as_ref(), observed.role.as_ref(), ToString::to_string);
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(role) = &mut self.role {
            renaming.role(role);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    #[test]
    fn an_owner_is_read_and_compared() {
        let columns = [
            ("kind", Some("schema")),
            ("schema", Some("")),
            ("relation", None),
            ("name", Some("crm")),
            ("arguments", None),
            ("owner", Some("Joe")),
        ];
        let (id, shape) = decode(Kind::Owner, &columns).unwrap();
        assert_eq!(id.to_string(), "owner/schema/crm");
        let joe = Owner { role: Some("Joe".into()) };
        assert_eq!(shape, joe.clone().into());
        assert_eq!(told(&joe, &Owner { role: Some("ann".into()) }), ["role: \"Joe\" / ann"]);
    }
}
