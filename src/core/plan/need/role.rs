//! What statements about roles and their rights need.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterDefaultPrivilegesStmt, GrantStmt, Node, RoleSpec, RoleSpecType};

use super::{Need, Needs};
use crate::core::kind::privilege::Privilege;
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, GrantChange, GrantTarget, grant};

impl Needs<'_> {
    pub(super) fn role(&mut self, role: Option<&RoleSpec>) {
        if let Some(name) = role_name(role) {
            self.add(Need::Role(name));
        }
    }

    pub(super) fn roles(&mut self, nodes: &[Node]) {
        for node in nodes {
            if let Some(NodeEnum::RoleSpec(role)) = &node.node {
                self.role(Some(role));
            }
        }
    }

    pub(super) fn member(&mut self, role: Option<&RoleSpec>) {
        self.role(role);
        if let Some(name) = role_name(role) {
            self.add(Need::Member(name));
        }
    }

    /// Who changes what later objects of a role carry must be a member of it.
    pub(super) fn default_privileges(&mut self, defaults: &AlterDefaultPrivilegesStmt) {
        self.roles(defaults.action.as_ref().map_or(&[][..], |action| &action.grantees));
        for node in &defaults.options {
            if let Some(NodeEnum::DefElem(option)) = &node.node
                && option.defname == "roles"
                && let Some(Some(NodeEnum::List(list))) = option.arg.as_deref().map(|arg| &arg.node)
            {
                for node in &list.items {
                    if let Some(NodeEnum::RoleSpec(role)) = &node.node {
                        self.member(Some(role));
                    }
                }
            }
        }
    }

    /// GRANT and REVOKE on what all databases share. Without the right to, PostgreSQL only warns where the role holds any
    /// privilege itself (`restrict_and_check_grant` in `aclchk.c`), and nothing is granted.
    pub(super) fn grant_shared(&mut self, statement: &GrantStmt) {
        for effect in grant::effects(statement, self.scope) {
            let Effect::Grant(GrantChange { target: GrantTarget::Shared { class, names }, rights, .. }) =
                effect
            else {
                continue;
            };
            let named: Option<Vec<Privilege>> = rights.iter().map(|right| right.privilege).collect();
            let privileges = named.unwrap_or_else(|| Privilege::all_of_shared(class).to_vec());
            for name in names {
                self.add(Need::GrantShared { class, name, privileges: privileges.clone() });
            }
        }
    }

    pub(super) fn role_options(&mut self, options: &[Node]) {
        for node in options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let is_on = match option.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
                Some(NodeEnum::Boolean(value)) => value.boolval,
                _ => true,
            };
            if option.defname == "superuser" && is_on {
                self.add(Need::Superuser("a role that is SUPERUSER"));
            }
        }
    }
}

/// A role by its name; whoever runs the statement is there, and so is PUBLIC.
fn role_name(role: Option<&RoleSpec>) -> Option<Identifier> {
    let role = role.filter(|role| role.roletype() == RoleSpecType::RolespecCstring)?;
    Some(Identifier::new(&role.rolename))
}
