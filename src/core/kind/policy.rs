//! Row-level security policies: `pg_policy`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::letter::Letter;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, list};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// PERMISSIVE, rather than RESTRICTIVE.
    pub permissive: Option<bool>,
    /// The command it is for.
    pub command: Option<PolicyCommand>,
    /// The roles it is for; `public` for all.
    pub roles: Option<BTreeSet<Identifier>>,
    /// USING.
    pub using: Option<Clause>,
    /// WITH CHECK.
    pub check: Option<Clause>,
}

/// The command of a policy (`pg_policy.polcmd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyCommand {
    /// ALL.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl Letter for PolicyCommand {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "*", "all"),
        (Self::Select, "r", "select"),
        (Self::Insert, "a", "insert"),
        (Self::Update, "w", "update"),
        (Self::Delete, "d", "delete"),
    ];
}

impl Room for Policy {
    const ABOUT: About = About {
        declared_by: "`CREATE POLICY`, `ALTER POLICY`.",
        compared: "Permissive or restrictive, the command, the roles, and the expressions of `USING` and `WITH \
            CHECK`.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("policy.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let policy = Self {
            permissive: Some(row.boolean("permissive")?),
            command: Some(row.letter("command")?),
            roles: Some(row.identifiers("roles")?),
            using: Some(clause(row.boolean("has_using")?)),
            check: Some(clause(row.boolean("has_check")?)),
        };
        let relation = row.qualified("schema", "relation")?;
        Ok((ComponentId::on_relation(Kind::Policy, relation, row.identifier("name")?), policy))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { permissive, command, roles, using, check } = self;
        let mut comparison = Comparison::default();
        comparison.either("mode", *permissive, observed.permissive, ("permissive", "restrictive"));
        comparison.letter("command", *command, observed.command);
        comparison.part("roles", roles.as_ref(), observed.roles.as_ref(), |roles| list(roles));
        let words = ("a condition", "no condition");
        comparison.clause("using", using.as_ref(), observed.using.as_ref(), words);
        comparison.clause("with check", check.as_ref(), observed.check.as_ref(), words);
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(roles) = &mut self.roles {
            let renamed = std::mem::take(roles).into_iter().map(|mut role| {
                renaming.role(&mut role);
                role
            });
            *roles = renamed.collect();
        }
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        for (part, clause) in [("using", &mut self.using), ("with check", &mut self.check)] {
            if let Some(slot) = clause.as_mut().and_then(Clause::slot) {
                visit(Part::only(part), slot);
            }
        }
    }

    fn may_have_definitions(&self) -> bool {
        [&self.using, &self.check].into_iter().flatten().any(Clause::is_defined)
    }

    fn change(&mut self, change: Self) {
        let Self { permissive, command, roles, using, check } = change;
        self.permissive = permissive.or(self.permissive);
        self.command = command.or(self.command);
        self.roles = roles.or(self.roles.take());
        self.using = using.or(self.using.take());
        self.check = check.or(self.check.take());
    }
}

/// A clause whose text is not read yet.
fn clause(has: bool) -> Clause {
    if has { Clause::Defined(None) } else { Clause::Absent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    #[test]
    fn each_part_of_a_policy_is_compared_and_expressions_are_not() {
        let columns = [
            ("schema", Some("public")),
            ("relation", Some("users")),
            ("name", Some("Own rows")),
            ("permissive", Some("t")),
            ("command", Some("w")),
            ("roles", Some(r#"["public"]"#)),
            ("has_using", Some("t")),
            ("has_check", Some("f")),
        ];
        let (id, shape) = decode(Kind::Policy, &columns).unwrap();
        assert_eq!(id.to_string(), "policy/public.users.\"Own rows\"");
        let Shape::Policy(observed) = shape else { panic!("a policy") };
        let observed = *observed;
        assert_eq!(told(&Policy::default(), &observed), Vec::<String>::new());
        assert_eq!(told(&observed, &observed), ["not compared: using"]);
        let declared = Policy {
            permissive: Some(false),
            command: Some(PolicyCommand::All),
            roles: Some(["app".into(), "admin".into()].into()),
            using: Some(Clause::Absent),
            check: Some(Clause::Defined(None)),
        };
        assert_eq!(
            told(&declared, &observed),
            [
                "mode: restrictive / permissive",
                "command: all / update",
                "roles: (admin, app) / (public)",
                "using: no condition / a condition",
                "with check: a condition / no condition",
            ]
        );
    }
}
