//! CREATE POLICY and ALTER POLICY.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, RoleSpecType};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::policy::{Policy, PolicyCommand};
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists, Scope};
use crate::core::sql::{expression, parse};

/// The policy.
#[must_use]
pub fn effects(statement: &protobuf::CreatePolicyStmt, scope: &Scope) -> Vec<Effect> {
    let Some(table) = &statement.table else { return vec![Effect::NotModelled("CREATE POLICY".into())] };
    let shape = Policy {
        permissive: Some(statement.permissive),
        command: match statement.cmd_name.as_str() {
            "select" => Some(PolicyCommand::Select),
            "insert" => Some(PolicyCommand::Insert),
            "update" => Some(PolicyCommand::Update),
            "delete" => Some(PolicyCommand::Delete),
            _ => Some(PolicyCommand::All),
        },
        roles: roles(&statement.roles),
        using: Some(expression::clause(statement.qual.as_deref(), scope)),
        check: Some(expression::clause(statement.with_check.as_deref(), scope)),
    };
    vec![Effect::Create {
        id: ComponentId::on_relation(
            Kind::Policy,
            parse::relation(table, scope),
            statement.policy_name.as_str(),
        ),
        shape: shape.into(),
        if_exists: IfExists::Refuse,
    }]
}

/// The roles by name. `CURRENT_USER` and its like become whoever runs the statement, so they leave the roles open.
fn roles(nodes: &[Node]) -> Option<BTreeSet<Identifier>> {
    let role = |node: &Node| match node.node.as_ref()? {
        NodeEnum::RoleSpec(role) => match role.roletype() {
            RoleSpecType::RolespecCstring => Some(Identifier::new(&role.rolename)),
            RoleSpecType::RolespecPublic => Some(Identifier::new("public")),
            _ => None,
        },
        _ => None,
    };
    nodes.iter().map(role).collect()
}

/// ALTER POLICY: the clauses that it says take the place of the old ones.
#[must_use]
pub fn alter(statement: &protobuf::AlterPolicyStmt, scope: &Scope) -> Vec<Effect> {
    let Some(table) = &statement.table else { return vec![Effect::NotModelled("ALTER POLICY".into())] };
    let relation = parse::relation(table, scope);
    let id = ComponentId::on_relation(Kind::Policy, relation, statement.policy_name.as_str());
    let clause = |written: Option<&Node>| written.map(|written| expression::clause(Some(written), scope));
    let new_roles = roles(&statement.roles);
    if new_roles.is_none() {
        // To whoever runs the statement: no role that can be compared.
        return vec![Effect::Obscure {
            ids: BTreeSet::from([id]),
            reason: "ALTER POLICY ... TO CURRENT_USER".into(),
        }];
    }
    let change = Policy {
        roles: new_roles.filter(|roles| !roles.is_empty()),
        using: clause(statement.qual.as_deref()),
        check: clause(statement.with_check.as_deref()),
        ..Policy::default()
    };
    vec![Effect::Change { id, change: change.into() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::definition::{Clause, Definition};
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, obscured, of};

    fn policy(sql: &str) -> Policy {
        match created(sql).1 {
            Shape::Policy(policy) => *policy,
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn declared(text: &str) -> Clause {
        Clause::Defined(Some(Definition::declared(text.into(), &Scope::of("public".into()).search_path)))
    }

    #[test]
    fn defaults_are_filled_in() {
        assert_eq!(created("create policy \"Own rows\" on leads").0, "policy/public.leads.\"Own rows\"");
        assert_eq!(
            policy("create policy own on leads"),
            Policy {
                permissive: Some(true),
                command: Some(PolicyCommand::All),
                roles: Some(BTreeSet::from(["public".into()])),
                using: Some(Clause::Absent),
                check: Some(Clause::Absent),
            }
        );
    }

    #[test]
    fn a_policy_is_read_whole() {
        assert_eq!(
            policy(
                "create policy p on t as restrictive for update to a, \"B\" using (true) with check (true)"
            ),
            Policy {
                permissive: Some(false),
                command: Some(PolicyCommand::Update),
                roles: Some(BTreeSet::from(["a".into(), "B".into()])),
                using: Some(declared("true")),
                check: Some(declared("true")),
            }
        );
        for (words, command) in [
            ("select", PolicyCommand::Select),
            ("insert", PolicyCommand::Insert),
            ("delete", PolicyCommand::Delete),
        ] {
            assert_eq!(policy(&format!("create policy p on t for {words}")).command, Some(command));
        }
    }

    #[test]
    fn whoever_runs_the_statement_is_no_role_that_can_be_compared() {
        assert_eq!(policy("create policy p on t to a, current_user").roles, None);
    }

    #[test]
    fn an_altered_policy_says_only_what_changes() {
        let [Effect::Change { id, change: Shape::Policy(change) }] =
            &of("alter policy p on t to a with check (false)")[..]
        else {
            panic!("not one change")
        };
        assert_eq!(id.to_string(), "policy/public.t.p");
        let roles = Some(BTreeSet::from(["a".into()]));
        assert_eq!(**change, Policy { roles, check: Some(declared("false")), ..Policy::default() });
        assert_eq!(obscured("alter policy p on t to current_user").0, "policy/public.t.p");
    }
}
