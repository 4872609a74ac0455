//! User mappings: the view `pg_user_mappings`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;

/// A mapping of a role to an account of a foreign server. Its options are never read: they hold passwords.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserMapping {}

impl UserMapping {
    /// The mapping of a role on a server.
    #[must_use]
    pub fn id(server: impl Into<Identifier>, grantee: Grantee) -> ComponentId {
        let object = Box::new(ComponentId::global(Kind::Server, server));
        let name = ComponentName::OnObject { object, grantee: Some(grantee) };
        ComponentId { kind: Kind::UserMapping, name }
    }
}

impl Room for UserMapping {
    const ABOUT: About = About {
        declared_by: "`CREATE USER MAPPING`.",
        compared: "Whether it is there, for this role and server.",
        not_compared: "The options, because they hold passwords.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("user_mapping.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let grantee = if row.boolean("is_public")? {
            Grantee::Public
        } else {
            // A role that is gone leaves no name.
            Grantee::Role(Identifier::new(row.optional("role")?.unwrap_or_default()))
        };
        Ok((Self::id(row.identifier("server")?, grantee), Self {}))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        comparison.not_compared_because("options", "they hold passwords");
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;

    #[test]
    fn c10_a_mapping_is_known_by_its_server_and_role() {
        let id = |is_public: &str, role: Option<&str>| {
            let columns = [("server", Some("s")), ("is_public", Some(is_public)), ("role", role)];
            decode(Kind::UserMapping, &columns).unwrap().0.to_string()
        };
        assert_eq!(id("t", Some("public")), "user_mapping/server/s to public");
        assert_eq!(id("f", Some("App")), "user_mapping/server/s to \"App\"");
    }
}
