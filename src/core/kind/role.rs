//! Roles: `pg_roles`, which every role may read. Passwords are read nowhere.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// A role, with the attributes that SQL states; what it leaves open is not compared, defaults included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// SUPERUSER.
    pub superuser: Option<bool>,
    /// CREATEDB.
    pub create_database: Option<bool>,
    /// CREATEROLE.
    pub create_role: Option<bool>,
    /// INHERIT.
    pub inherit: Option<bool>,
    /// LOGIN; CREATE USER says so too.
    pub login: Option<bool>,
    /// REPLICATION.
    pub replication: Option<bool>,
    /// BYPASSRLS.
    pub bypass_row_security: Option<bool>,
    /// CONNECTION LIMIT; -1 is none.
    pub connection_limit: Option<i64>,
}

impl Room for Role {
    const ABOUT: About = About {
        declared_by: "`CREATE ROLE`, `CREATE USER`, `CREATE GROUP`, `ALTER ROLE`.",
        compared: "The attributes that SQL says: superuser, createdb, createrole, inherit, login, replication, \
            bypassrls, and the connection limit.",
        not_compared: "Passwords and `VALID UNTIL`, and the settings of `ALTER ROLE ... SET`.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("role.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let role = Self {
            superuser: Some(row.boolean("superuser")?),
            create_database: Some(row.boolean("create_database")?),
            create_role: Some(row.boolean("create_role")?),
            inherit: Some(row.boolean("inherit")?),
            login: Some(row.boolean("login")?),
            replication: Some(row.boolean("replication")?),
            bypass_row_security: Some(row.boolean("bypass_row_security")?),
            connection_limit: Some(row.integer("connection_limit")?),
        };
        Ok((ComponentId::global(Kind::Role, row.identifier("name")?), role))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self {
            superuser,
            create_database,
            create_role,
            inherit,
            login,
            replication,
            bypass_row_security,
            connection_limit,
        } = self;
        let mut comparison = Comparison::default();
        for (part, expected, actual, words) in [
            ("superuser", superuser, observed.superuser, ("superuser", "nosuperuser")),
            ("create databases", create_database, observed.create_database, ("createdb", "nocreatedb")),
            ("create roles", create_role, observed.create_role, ("createrole", "nocreaterole")),
            ("inherit", inherit, observed.inherit, ("inherit", "noinherit")),
            ("login", login, observed.login, ("login", "nologin")),
            ("replication", replication, observed.replication, ("replication", "noreplication")),
            (
                "bypass row security",
                bypass_row_security,
                observed.bypass_row_security,
                ("bypassrls", "nobypassrls"),
            ),
        ] {
            comparison.either(part, *expected, actual, words);
        }
        let limit = |limit: &i64| if *limit < 0 { "none".to_owned() } else { limit.to_string() };
        comparison.part(
            "connection limit",
            connection_limit.as_ref(),
            observed.connection_limit.as_ref(),
            limit,
        );
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self {
            superuser,
            create_database,
            create_role,
            inherit,
            login,
            replication,
            bypass_row_security,
            connection_limit,
        } = change;
        for (own, new) in [
            (&mut self.superuser, superuser),
            (&mut self.create_database, create_database),
            (&mut self.create_role, create_role),
            (&mut self.inherit, inherit),
            (&mut self.login, login),
            (&mut self.replication, replication),
            (&mut self.bypass_row_security, bypass_row_security),
        ] {
            *own = new.or(*own);
        }
        self.connection_limit = connection_limit.or(self.connection_limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    const ROW: [(&str, Option<&str>); 9] = [
        ("name", Some("app")),
        ("superuser", Some("f")),
        ("create_database", Some("f")),
        ("create_role", Some("f")),
        ("inherit", Some("t")),
        ("login", Some("t")),
        ("replication", Some("f")),
        ("bypass_row_security", Some("f")),
        ("connection_limit", Some("-1")),
    ];

    fn observed() -> Role {
        match decode(Kind::Role, &ROW).unwrap() {
            (_, crate::core::kind::Shape::Role(role)) => *role,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn c10_a_role_is_read_without_its_password() {
        assert_eq!(decode(Kind::Role, &ROW).unwrap().0.to_string(), "role/app");
        assert_eq!(observed().login, Some(true));
        assert!(!Role::QUERY.unwrap_or_default().contains("password"));
    }

    #[test]
    fn only_what_is_stated_is_compared() {
        assert_eq!(told(&Role::default(), &observed()), [""; 0]);
        let stated =
            Role { superuser: Some(true), login: Some(true), connection_limit: Some(5), ..Role::default() };
        assert_eq!(
            told(&stated, &observed()),
            ["superuser: superuser / nosuperuser", "connection limit: 5 / none"]
        );
    }

    #[test]
    fn alter_role_changes_what_it_names() {
        let mut role = Role { login: Some(true), inherit: Some(true), ..Role::default() };
        role.change(Role { login: Some(false), connection_limit: Some(3), ..Role::default() });
        let expected =
            Role { login: Some(false), inherit: Some(true), connection_limit: Some(3), ..Role::default() };
        assert_eq!(role, expected);
    }
}
