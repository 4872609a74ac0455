//! CREATE, ALTER and DROP ROLE, and GRANT and REVOKE of roles. Passwords are not looked at.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterRoleStmt, CreateRoleStmt, DefElem, DropBehavior, DropOwnedStmt, DropRoleStmt, GrantRoleStmt, Node,
    ReassignOwnedStmt, RoleStmtType,
};

use super::grant::unnamed;
use super::owner::role_name;
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::membership::Membership;
use crate::core::kind::role::Role;
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists};

/// The role, and its memberships. CREATE USER says LOGIN.
#[must_use]
pub fn create(statement: &CreateRoleStmt) -> Vec<Effect> {
    let name = Identifier::new(&statement.role);
    let mut shape = attributes(&statement.options);
    if statement.stmt_type() == RoleStmtType::RolestmtUser {
        shape.login.get_or_insert(true);
    }
    let id = ComponentId::global(Kind::Role, name.clone());
    let mut effects = vec![Effect::Create { id, shape: shape.into(), if_exists: IfExists::Refuse }];
    for option in options(&statement.options) {
        let others = named(list(option));
        let admin = (option.defname == "adminmembers").then_some(true);
        let member = Membership { member: Some(true), admin, ..Membership::default() };
        for other in others {
            let id = match option.defname.as_str() {
                "addroleto" => Membership::id(other, name.clone()),
                "rolemembers" | "adminmembers" => Membership::id(name.clone(), other),
                _ => continue,
            };
            effects.push(Effect::Change { id, change: member.clone().into() });
        }
    }
    effects
}

/// The attributes that are named; of ALTER GROUP, its members.
#[must_use]
pub fn alter(statement: &AlterRoleStmt) -> Vec<Effect> {
    let Some(name) = statement.role.as_ref().and_then(role_name) else {
        return vec![Effect::NotModelled("ALTER ROLE of whoever runs the statement".to_owned())];
    };
    let mut effects = Vec::new();
    let change = attributes(&statement.options);
    if change != Role::default() {
        let id = ComponentId::global(Kind::Role, name.clone());
        effects.push(Effect::Change { id, change: change.into() });
    }
    let members = options(&statement.options).filter(|option| option.defname == "rolemembers");
    for member in members.flat_map(|option| named(list(option))) {
        let change = Membership { member: Some(statement.action > 0), ..Membership::default() };
        effects.push(Effect::Change { id: Membership::id(name.clone(), member), change: change.into() });
    }
    if effects.is_empty() {
        effects.push(Effect::NotModelled("ALTER ROLE ... PASSWORD or VALID UNTIL".to_owned()));
    }
    effects
}

/// The roles go.
#[must_use]
pub fn drop(statement: &DropRoleStmt) -> Vec<Effect> {
    let drop = |name| Effect::Drop {
        id: ComponentId::global(Kind::Role, name),
        if_exists: statement.missing_ok,
        cascade: false,
    };
    named(&statement.roles).map(drop).collect()
}

/// DROP OWNED.
#[must_use]
pub fn drop_owned(statement: &DropOwnedStmt) -> Vec<Effect> {
    let roles: Vec<Identifier> = named(&statement.roles).collect();
    let cascade = statement.behavior() == DropBehavior::DropCascade;
    vec![Effect::DropOwned { roles: (roles.len() == statement.roles.len()).then_some(roles), cascade }]
}

/// REASSIGN OWNED.
#[must_use]
pub fn reassign_owned(statement: &ReassignOwnedStmt) -> Vec<Effect> {
    let to = statement.newrole.as_ref().and_then(role_name);
    vec![Effect::ReassignOwned { from: named(&statement.roles).collect(), to }]
}

/// GRANT and REVOKE of roles, or of single options of a membership.
#[must_use]
pub fn grant(statement: &GrantRoleStmt) -> Vec<Effect> {
    let mut change = Membership::default();
    for option in options(&statement.opt) {
        let value = Some(statement.is_grant && boolean(option).unwrap_or(true));
        match option.defname.as_str() {
            "admin" => change.admin = value,
            "inherit" => change.inherit = value,
            "set" => change.set = value,
            _ => {}
        }
    }
    if statement.is_grant || statement.opt.is_empty() {
        change.member = Some(statement.is_grant);
    }
    let roles = statement.granted_roles.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::AccessPriv(role)) => Some(Identifier::new(&role.priv_name)),
        _ => None,
    });
    let verb = if statement.is_grant { "GRANT" } else { "REVOKE" };
    let mut effects = Vec::new();
    for role in roles {
        for node in &statement.grantee_roles {
            let Some(NodeEnum::RoleSpec(member)) = &node.node else { continue };
            effects.push(match role_name(member) {
                Some(member) => {
                    let id = Membership::id(role.clone(), member);
                    Effect::Change { id, change: change.clone().into() }
                }
                None => unnamed(verb, statement.is_grant),
            });
        }
    }
    effects
}

fn options(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) => Some(&**option),
        _ => None,
    })
}

/// What is stated. The option of the password is not even matched.
fn attributes(nodes: &[Node]) -> Role {
    let mut role = Role::default();
    for option in options(nodes) {
        let value = boolean(option);
        match option.defname.as_str() {
            "superuser" => role.superuser = value,
            "createdb" => role.create_database = value,
            "createrole" => role.create_role = value,
            "inherit" => role.inherit = value,
            "canlogin" => role.login = value,
            "isreplication" => role.replication = value,
            "bypassrls" => role.bypass_row_security = value,
            "connectionlimit" => {
                role.connection_limit = match option.arg.as_deref().and_then(|node| node.node.as_ref()) {
                    Some(NodeEnum::Integer(limit)) => Some(i64::from(limit.ival)),
                    _ => None,
                }
            }
            _ => {}
        }
    }
    role
}

fn boolean(option: &DefElem) -> Option<bool> {
    match option.arg.as_deref()?.node.as_ref()? {
        NodeEnum::Boolean(value) => Some(value.boolval),
        _ => None,
    }
}

fn list(option: &DefElem) -> &[Node] {
    match option.arg.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

fn named(nodes: &[Node]) -> impl Iterator<Item = Identifier> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::RoleSpec(role)) => role_name(role),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, of};

    fn role(sql: &str) -> Role {
        match created(sql) {
            (id, Shape::Role(role), IfExists::Refuse) => {
                assert_eq!(id, "role/app");
                *role
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn only_attributes_that_are_stated_are_declared() {
        assert_eq!(role("create role app"), Role::default());
        assert_eq!(role("create user app").login, Some(true));
        assert_eq!(role("create user app nologin").login, Some(false));
        assert_eq!(
            role(
                "create role app superuser nocreatedb createrole noinherit login replication nobypassrls connection limit 5"
            ),
            Role {
                superuser: Some(true),
                create_database: Some(false),
                create_role: Some(true),
                inherit: Some(false),
                login: Some(true),
                replication: Some(true),
                bypass_row_security: Some(false),
                connection_limit: Some(5),
            }
        );
    }

    #[test]
    fn c10_a_password_reaches_no_text() {
        for sql in [
            "create role app login password 'tell-nobody'",
            "create user app encrypted password 'tell-nobody' valid until '2030-01-01'",
            "alter role app password 'tell-nobody'",
            "alter user app with login password 'tell-nobody'",
        ] {
            let effects = format!("{:?}", of(sql));
            assert!(!effects.contains("tell-nobody"), "{effects}");
        }
    }

    /// The memberships that the SQL changes.
    fn memberships(sql: &str) -> Vec<(String, Membership)> {
        let read = |effect: &Effect| match effect {
            Effect::Change { id, change: Shape::Membership(change) } => {
                Some((id.to_string(), Membership::clone(change)))
            }
            _ => None,
        };
        of(sql).iter().filter_map(read).collect()
    }

    #[test]
    fn members_are_told_where_a_role_is_made_granted_or_altered() {
        let is = |member: bool, admin: Option<bool>| Membership {
            member: Some(member),
            admin,
            ..Membership::default()
        };
        for (sql, expected) in [
            ("create role app in role readers", vec![("readers to app", is(true, None))]),
            (
                "create role app role ann admin joe",
                vec![("app to ann", is(true, None)), ("app to joe", is(true, Some(true)))],
            ),
            ("grant a, b to app", vec![("a to app", is(true, None)), ("b to app", is(true, None))]),
            ("grant a to app with admin option", vec![("a to app", is(true, Some(true)))]),
            ("revoke a from app", vec![("a to app", is(false, None))]),
            ("alter group a add user app", vec![("a to app", is(true, None))]),
            ("alter group a drop user app", vec![("a to app", is(false, None))]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(id, shape)| (format!("membership/{id}"), shape)).collect();
            assert_eq!(memberships(sql), expected, "{sql}");
        }
    }

    #[test]
    fn options_of_a_membership_are_read() {
        let [(_, granted)] = &memberships("grant a to app with inherit false, set true")[..] else {
            panic!()
        };
        assert_eq!((granted.inherit, granted.set), (Some(false), Some(true)));
        for (sql, admin, inherit) in [
            ("revoke admin option for a from app", Some(false), None),
            ("revoke inherit option for a from app", None, Some(false)),
        ] {
            let [(_, revoked)] = &memberships(sql)[..] else { panic!() };
            assert_eq!((revoked.member, revoked.admin, revoked.inherit), (None, admin, inherit), "{sql}");
        }
    }

    #[test]
    fn dropped_roles_go() {
        let effects = of("drop role if exists a, b");
        assert!(matches!(&effects[..], [Effect::Drop { if_exists: true, .. }, Effect::Drop { .. }]));
    }
}
