//! What new objects come with: `pg_default_acl`, per role and schema.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::grant::grantee;
use crate::core::kind::privilege::Privileges;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, Wanted};
use crate::core::name::Identifier;

/// What one role, or PUBLIC, may do with the objects that another one makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefaultPrivilege {
    /// Declared, what must be granted and what must not be; observed, all that is granted.
    pub privileges: Privileges,
    /// Declared: whether new objects come with these privileges as long as nobody says otherwise (EXECUTE and USAGE to
    /// PUBLIC, outside of a schema's own defaults).
    pub held_by_default: bool,
    /// Observed: whether the role makes the objects itself.
    pub is_owner: bool,
}

/// The sorts of objects: `pg_default_acl.defaclobjtype`, and the words of SQL.
const OBJECTS: [(&str, &str); 6] = [
    ("r", "tables"),
    ("S", "sequences"),
    ("f", "functions"),
    ("T", "types"),
    ("n", "schemas"),
    ("L", "large objects"),
];

impl Room for DefaultPrivilege {
    const ABOUT: About = About {
        declared_by: "`ALTER DEFAULT PRIVILEGES`.",
        compared: "The same as for a grant, for the objects that the role makes from then on.",
        not_compared: "Which role is meant where SQL names none: the defaults of any role will do.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("default_privilege.sql"));

    /// The schema and the role that makes the objects; either may be empty.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        if let ComponentName::DefaultPrivilege { role, schema, .. } = &id.name {
            let text = |name: &Option<Identifier>| name.as_ref().map_or("", Identifier::as_str).to_owned();
            wanted.add(&text(schema), &text(role));
        }
    }

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let code = row.text("objects")?;
        let objects = OBJECTS.iter().find(|(known, _)| *known == code);
        let name = ComponentName::DefaultPrivilege {
            role: Some(row.identifier("role")?),
            schema: row.optional("schema")?.map(Identifier::new),
            objects: objects.ok_or_else(|| row.unknown_value("objects", code))?.1,
            grantee: Box::new(grantee(row)?),
        };
        let privilege = Self {
            privileges: Privileges::observed(row.json_or_default("privileges")?),
            held_by_default: false,
            is_owner: row.boolean("is_owner")?,
        };
        Ok((ComponentId { kind: Kind::DefaultPrivilege, name }, privilege))
    }

    /// Without a role, the one that ran the statement is meant, which may be any: the defaults of one that are as
    /// declared, else those of the first.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let ComponentName::DefaultPrivilege { role: None, schema, objects, grantee } = &id.name else {
            return if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing };
        };
        let candidates = search.catalog.of_kind(Kind::DefaultPrivilege).filter_map(|(id, shape)| {
            let ComponentName::DefaultPrivilege { schema: other, objects: of, grantee: to, .. } = &id.name
            else {
                return None;
            };
            let Shape::DefaultPrivilege(observed) = shape else { return None };
            let same = (schema, objects, grantee) == (other, of, to);
            same.then(|| (id, !self.compare(observed).differences.is_empty()))
        });
        candidates.min_by_key(|(_, differs)| *differs).map_or(Found::Nothing, |(id, _)| Found::Is(id.clone()))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        let Self { privileges, held_by_default: _, is_owner: _ } = self;
        privileges.compare(&observed.privileges, None, observed.is_owner, &mut comparison);
        comparison
    }

    fn is_met_by_absence(&self) -> bool {
        if self.held_by_default { self.privileges.only_grant() } else { self.privileges.only_forbid() }
    }

    fn change(&mut self, change: Self) {
        self.privileges.change(change.privileges);
        self.held_by_default |= change.held_by_default;
    }
}

impl DefaultPrivilege {
    /// Whether new objects come with privileges of a grantee as long as nobody says otherwise (`acldefault` in
    /// PostgreSQL's `acl.c`): those of a schema's own defaults are added to the others.
    #[must_use]
    pub fn is_held_by_default(schema: Option<&Identifier>, objects: &str, grantee: &Grantee) -> bool {
        schema.is_none() && *grantee == Grantee::Public && matches!(objects, "functions" | "types")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::privilege::{Privilege, Stance};
    use crate::core::kind::testing::told;

    fn row<'a>(
        role: &'a str,
        schema: Option<&'a str>,
        privileges: &'a str,
    ) -> [(&'static str, Option<&'a str>); 7] {
        [
            ("role", Some(role)),
            ("schema", schema),
            ("objects", Some("r")),
            ("is_public", Some("f")),
            ("grantee", Some("app")),
            ("is_owner", Some("f")),
            ("privileges", Some(privileges)),
        ]
    }

    fn declared(stance: Stance) -> DefaultPrivilege {
        DefaultPrivilege {
            privileges: Privileges::of([Privilege::Select], stance),
            ..DefaultPrivilege::default()
        }
    }

    #[test]
    fn k25_defaults_are_read_per_role_and_schema() {
        let (id, shape) =
            decode(Kind::DefaultPrivilege, &row("joe", Some("crm"), r#"[["SELECT", false]]"#)).unwrap();
        assert_eq!(id.to_string(), "default_privilege/for joe in crm on tables to app");
        let Shape::DefaultPrivilege(observed) = shape else { panic!("{shape:?}") };
        assert_eq!(told(&declared(Stance::granted(false)), &observed), [""; 0]);
        assert_eq!(
            told(&declared(Stance::granted(true)), &observed),
            ["privileges: select with grant option / select"]
        );
        let global = decode(Kind::DefaultPrivilege, &row("joe", None, "[]")).unwrap().0;
        assert_eq!(global.to_string(), "default_privilege/for joe on tables to app");
    }

    #[test]
    fn k25_without_a_role_those_of_any_role_will_do() {
        let mut catalog = Catalog::default();
        for row in [
            row("ann", Some("crm"), r#"[["INSERT", false]]"#),
            row("joe", Some("crm"), r#"[["SELECT", false]]"#),
            row("sue", None, r#"[["SELECT", false]]"#),
        ] {
            let (id, shape) = decode(Kind::DefaultPrivilege, &row).unwrap();
            catalog.insert(id, shape);
        }
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let find = |schema: Option<&str>, role: &str| {
            let name = ComponentName::DefaultPrivilege {
                role: None,
                schema: schema.map(Identifier::new),
                objects: "tables",
                grantee: Box::new(Grantee::Role(role.into())),
            };
            let id = ComponentId { kind: Kind::DefaultPrivilege, name };
            match declared(Stance::granted(false)).find(&id, &search) {
                Found::Is(found) => found.to_string(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(find(Some("crm"), "app"), "default_privilege/for joe in crm on tables to app");
        assert_eq!(find(None, "app"), "default_privilege/for sue on tables to app");
        assert_eq!(find(Some("public"), "app"), "Nothing");
        assert_eq!(find(Some("crm"), "public"), "Nothing");
    }

    #[test]
    fn k23_what_everybody_has_by_default_must_be_taken_away() {
        let (granted, revoked) = (declared(Stance::granted(false)), declared(Stance::revoked()));
        assert!(!granted.is_met_by_absence() && revoked.is_met_by_absence());
        let by_default = |shape: DefaultPrivilege| DefaultPrivilege { held_by_default: true, ..shape };
        assert!(by_default(granted).is_met_by_absence() && !by_default(revoked).is_met_by_absence());
        let held = |schema: Option<&Identifier>, objects, grantee| {
            DefaultPrivilege::is_held_by_default(schema, objects, &grantee)
        };
        assert!(held(None, "functions", Grantee::Public));
        assert!(!held(None, "tables", Grantee::Public));
        assert!(!held(None, "functions", Grantee::Role("app".into())));
        assert!(!held(Some(&"crm".into()), "functions", Grantee::Public));
    }
}
