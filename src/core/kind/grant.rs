//! What a role may do with an object: the access lists `relacl`, `attacl`, `proacl`, `typacl`, `nspacl`, `lanacl`,
//! `srvacl`, `fdwacl`, `datacl`, `spcacl`, `paracl`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName, Grantee, Shared};
use crate::core::kind::about::{self, about};
use crate::core::kind::privilege::{Privilege, Privileges};
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search};
use crate::core::name::Identifier;

/// What one role, or PUBLIC, may do with one object. Only what was granted counts, not what comes of being a superuser,
/// the owner or a member of another role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Declared, what must be granted and what must not be; observed, all that is granted, by whomever.
    pub privileges: Privileges,
    /// Observed: whether the role owns the object.
    pub is_owner: bool,
    /// Observed: the privileges that the server has for such an object; `None` where that does not depend on its version.
    pub known: Option<BTreeSet<Privilege>>,
}

/// The first major version with privileges on parameters.
pub const PARAMETERS_SINCE: u32 = 15;

/// The identity of what a role may do with something that all databases share.
#[must_use]
pub fn on_shared(class: Shared, name: Identifier, grantee: Grantee) -> ComponentId {
    let name = ComponentName::OnShared { class, name, grantee: Box::new(grantee) };
    ComponentId { kind: Kind::Grant, name }
}

/// What all databases share of which the columns `kind` and `name` speak, if they speak of such a thing.
fn shared(row: &Row<'_>) -> Result<Option<(Shared, Identifier)>, DecodeError> {
    let class = match row.text("kind")? {
        "database" => Shared::Database,
        "tablespace" => Shared::Tablespace,
        "parameter" => Shared::Parameter,
        _ => return Ok(None),
    };
    Ok(Some((class, row.identifier("name")?)))
}

impl Grant {
    /// The query about privileges on parameters, whose catalog came with PostgreSQL [`PARAMETERS_SINCE`]: a query that
    /// names it is refused by those before. It gives rows as [`Room::QUERY`] does, for the same placeholders.
    pub const PARAMETERS: &'static str = include_str!("grant_parameter.sql");

    /// What SQL declares.
    #[must_use]
    pub fn declared(privileges: Privileges) -> Self {
        Self { privileges, ..Self::default() }
    }
}

impl Room for Grant {
    const ABOUT: About = About {
        declared_by: "`GRANT` and `REVOKE` of privileges on objects and columns, on databases and tablespaces by their \
            names, and on configuration parameters.",
        compared: "That what is granted is granted to this role or to `PUBLIC`, with the grant option where SQL \
            gives or takes it, and that what is revoked is not. More than what SQL says is no \
            difference.",
        not_compared: "Large objects, which are reported as not audited. Databases and tablespaces themselves: \
            `generate` writes no privileges on them, nor on parameters, as they belong to the server. Who granted it. What comes of \
            being a superuser or a member of another role does not count.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("grant.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let known: Option<Vec<String>> = row.json_or_default("known")?;
        let grant = Self {
            privileges: Privileges::observed(row.json("privileges")?),
            is_owner: row.boolean("is_owner")?,
            known: known.map(|words| words.iter().filter_map(|word| Privilege::named(word)).collect()),
        };
        let id = match shared(row)? {
            Some((class, name)) => on_shared(class, name, grantee(row)?),
            None => about(Kind::Grant, about::object(row)?, Some(grantee(row)?)),
        };
        Ok((id, grant))
    }

    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        about::find(id, search)
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        let Self { privileges, is_owner: _, known: _ } = self;
        privileges.compare(&observed.privileges, observed.known.as_ref(), observed.is_owner, &mut comparison);
        comparison
    }

    fn is_met_by_absence(&self) -> bool {
        self.privileges.only_forbid()
    }

    fn change(&mut self, change: Self) {
        self.privileges.change(change.privileges);
    }
}

/// The columns `is_public` and `grantee`.
pub(super) fn grantee(row: &Row<'_>) -> Result<Grantee, DecodeError> {
    if row.boolean("is_public")? {
        return Ok(Grantee::Public);
    }
    row.text("grantee").map(Identifier::new).map(Grantee::Role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::privilege::Stance;
    use crate::core::kind::testing::told;

    fn row<'a>(kind: &'a str, name: &'a str, privileges: &'a str) -> Vec<(&'static str, Option<&'a str>)> {
        vec![
            ("kind", Some(kind)),
            ("schema", Some(if kind == "schema" { "" } else { "public" })),
            ("relation", (kind == "column").then_some("users")),
            ("name", Some(name)),
            ("arguments", (kind == "function").then_some(r#"["bigint"]"#)),
            ("is_public", Some("f")),
            ("grantee", Some("app")),
            ("is_owner", Some("f")),
            ("privileges", Some(privileges)),
            ("known", None),
        ]
    }

    fn select() -> Grant {
        Grant::declared(Privileges::of([Privilege::Select], Stance::granted(false)))
    }

    fn catalog(rows: &[Vec<(&'static str, Option<&str>)>]) -> Catalog {
        let mut catalog = Catalog::default();
        for row in rows {
            let (id, shape) = decode(Kind::Grant, row).unwrap();
            catalog.insert(id, shape);
        }
        catalog
    }

    #[test]
    fn what_all_databases_share_is_read_by_its_name() {
        for (kind, name, privileges, id) in [
            ("database", "Shop", r#"[["CONNECT",false]]"#, r#"grant/database/"Shop" to app"#),
            ("tablespace", "fast", r#"[["CREATE",false]]"#, "grant/tablespace/fast to app"),
            (
                "parameter",
                "my.app",
                r#"[["SET",true],["ALTER SYSTEM",false]]"#,
                "grant/parameter/my.app to app",
            ),
        ] {
            let mut columns = row(kind, name, privileges);
            columns[1].1 = Some("");
            let (found, shape) = decode(Kind::Grant, &columns).unwrap();
            assert_eq!(found.to_string(), id);
            let Shape::Grant(grant) = shape else { panic!("{kind}") };
            assert!(!grant.privileges.is_open(), "{kind}");
        }
    }

    #[test]
    fn k24_access_lists_of_objects_and_columns_are_read() {
        for (kind, name, id) in [
            ("table", "users", "grant/table/public.users to app"),
            ("column", "email", "grant/column/public.users.email to app"),
            ("function", "total", "grant/function/public.total(bigint) to app"),
            ("schema", "crm", "grant/schema/crm to app"),
            ("type", "mood", "grant/type/public.mood to app"),
        ] {
            let (found, shape) = decode(Kind::Grant, &row(kind, name, r#"[["SELECT", true]]"#)).unwrap();
            assert_eq!(found.to_string(), id);
            let Shape::Grant(grant) = shape else { panic!("{shape:?}") };
            assert_eq!(told(&select(), &grant), [""; 0]);
        }
        let mut public = row("table", "users", "[]");
        public[5].1 = Some("t");
        assert_eq!(decode(Kind::Grant, &public).unwrap().0.to_string(), "grant/table/public.users to public");
        assert!(decode(Kind::Grant, &row("castle", "x", "[]")).is_err());
    }

    #[test]
    fn an_object_is_found_as_whatever_relation_it_is_and_by_its_arguments() {
        let catalog = catalog(&[
            row("view", "users", r#"[["SELECT", false]]"#),
            row("function", "total", r#"[["EXECUTE", false]]"#),
        ]);
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let find = |object: ComponentId, role: &str| {
            let id = about(Kind::Grant, object, Some(Grantee::Role(role.into())));
            match select().find(&id, &search) {
                Found::Is(found) => found.to_string(),
                other => format!("{other:?}"),
            }
        };
        let name = |name| crate::core::name::QualifiedName::new("public", name);
        let table = || ComponentId::in_schema(Kind::Table, name("users"));
        assert_eq!(find(table(), "app"), "grant/view/public.users to app");
        assert_eq!(find(table(), "other"), "Nothing");
        let int8 = |schema: Option<&str>| crate::core::type_name::TypeName {
            schema: schema.map(Identifier::new),
            ..crate::core::type_name::TypeName::built_in("int8")
        };
        let total = |schema| ComponentId::routine(name("total"), Some(vec![int8(schema)]));
        assert_eq!(find(total(None), "app"), "grant/function/public.total(bigint) to app");
        assert_eq!(find(total(Some("crm")), "app"), "Nothing");
        assert_eq!(
            find(ComponentId::routine(name("total"), None), "app"),
            "grant/function/public.total(bigint) to app"
        );
    }

    #[test]
    fn only_what_must_not_be_held_is_met_by_absence() {
        assert!(!select().is_met_by_absence());
        let mut grant = select();
        grant.change(Grant::declared(Privileges::of([Privilege::Select], Stance::revoked())));
        assert!(grant.is_met_by_absence());
    }
}
