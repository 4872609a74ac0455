//! Memberships of roles in roles: `pg_auth_members`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, Wanted};
use crate::core::name::Identifier;

/// That a role is a member of another one, by whomever; through a third one does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Whether it is one; observed, always true.
    pub member: Option<bool>,
    /// WITH ADMIN.
    pub admin: Option<bool>,
    /// WITH INHERIT (PostgreSQL 16).
    pub inherit: Option<bool>,
    /// WITH SET (PostgreSQL 16).
    pub set: Option<bool>,
}

impl Membership {
    /// The identity of a membership.
    #[must_use]
    pub fn id(role: Identifier, member: Identifier) -> ComponentId {
        ComponentId { kind: Kind::Membership, name: ComponentName::Membership { role, member } }
    }
}

impl Room for Membership {
    const ABOUT: About = About {
        declared_by: "`GRANT role TO role` and its `REVOKE`, the membership clauses of `CREATE ROLE`, and `ALTER GROUP`.",
        compared: "Whether the role is a member, and the options admin, inherit and set, as far as the server \
            has them and SQL says them.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("membership.sql"));

    /// The role stands in the place of the schema, the member in that of the name.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        if let ComponentName::Membership { role, member } = &id.name {
            wanted.add(role.as_str(), member.as_str());
        }
    }

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let option = |column| Ok(row.optional(column)?.map(|value| value == "t"));
        let membership = Self {
            member: Some(true),
            admin: Some(row.boolean("admin")?),
            inherit: option("inherit")?,
            set: option("set")?,
        };
        Ok((Self::id(row.identifier("role")?, row.identifier("member")?), membership))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { member, admin, inherit, set } = self;
        let mut comparison = Comparison::default();
        comparison.either("member", *member, observed.member, ("a member", "no member"));
        for (part, expected, actual) in [
            ("admin option", admin, observed.admin),
            ("inherit option", inherit, observed.inherit),
            ("set option", set, observed.set),
        ] {
            comparison.either(part, *expected, actual, ("true", "false"));
        }
        comparison
    }

    fn is_met_by_absence(&self) -> bool {
        self.member != Some(true)
    }

    /// A member that is none any more has no options either; a new one has those that are stated.
    fn change(&mut self, change: Self) {
        if change.member.is_some() && change.member != self.member {
            *self = change;
            return;
        }
        self.admin = change.admin.or(self.admin);
        self.inherit = change.inherit.or(self.inherit);
        self.set = change.set.or(self.set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    #[test]
    fn a_membership_is_read_with_the_options_that_the_server_has() {
        for (inherit, set) in [(Some("t"), Some("f")), (None, None)] {
            let columns = [
                ("role", Some("readers")),
                ("member", Some("app")),
                ("admin", Some("f")),
                ("inherit", inherit),
                ("set", set),
            ];
            let (id, shape) = decode(Kind::Membership, &columns).unwrap();
            assert_eq!(id.to_string(), "membership/readers to app");
            let option = |value: Option<&str>| value.map(|value| value == "t");
            let expected = Membership {
                member: Some(true),
                admin: Some(false),
                inherit: option(inherit),
                set: option(set),
            };
            assert_eq!(shape, expected.into());
        }
    }

    #[test]
    fn stated_options_are_compared_and_no_member_is_met_by_absence() {
        let member = Membership { member: Some(true), ..Membership::default() };
        let observed = Membership { admin: Some(false), ..member.clone() };
        assert_eq!(told(&member, &observed), [""; 0]);
        let admin = Membership { admin: Some(true), ..member.clone() };
        assert_eq!(told(&admin, &observed), ["admin option: true / false"]);
        let none = Membership { member: Some(false), ..Membership::default() };
        assert_eq!(told(&none, &observed), ["member: no member / a member"]);
        assert!(none.is_met_by_absence() && !member.is_met_by_absence());
    }

    #[test]
    fn who_becomes_a_member_anew_has_no_options_of_old() {
        let mut membership = Membership { member: Some(true), admin: Some(true), ..Membership::default() };
        membership.change(Membership { member: Some(true), set: Some(false), ..Membership::default() });
        assert_eq!((membership.admin, membership.set), (Some(true), Some(false)));
        membership.change(Membership { member: Some(false), ..Membership::default() });
        membership.change(Membership { member: Some(true), ..Membership::default() });
        assert_eq!(membership, Membership { member: Some(true), ..Membership::default() });
    }
}
