//! ALTER ... OWNER TO.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterOwnerStmt, AlterTableCmd, AlterTableStmt, AlterTableType, ObjectType, RoleSpec, RoleSpecType,
};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::owner::Owner;
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, Scope, object, shared};
use crate::core::sql::parse;

/// ALTER FUNCTION ... OWNER TO and its like. Owners of objects that are not modelled are not said to be missing: nobody
/// asked for them.
#[must_use]
pub fn effects(statement: &AlterOwnerStmt, scope: &Scope) -> Vec<Effect> {
    let object = statement.object.as_deref();
    if let Some(class) = shared::class(statement.object_type()) {
        let name = object.and_then(|node| parse::strings(std::slice::from_ref(node)).first().copied());
        return name
            .map(|name| shared::owned(class, name, statement.newowner.as_ref()))
            .into_iter()
            .collect();
    }
    let object = object.and_then(|node| object::component(statement.object_type(), node, scope));
    let object = object.filter(|object| Owner::is_read_of(object.kind));
    object.map(|object| change(object, statement.newowner.as_ref())).into_iter().collect()
}

/// Whether OWNER TO is all that an ALTER TABLE, or what shares its grammar, says.
#[must_use]
pub fn is_all(statement: &AlterTableStmt) -> bool {
    let mut commands = statement.cmds.iter().map(|node| match &node.node {
        Some(NodeEnum::AlterTableCmd(command)) => command.subtype() == AlterTableType::AtChangeOwner,
        _ => false,
    });
    !statement.cmds.is_empty() && commands.all(|is_owner| is_owner)
}

/// ALTER TABLE ... OWNER TO, and its forms for views, sequences and so on.
#[must_use]
pub fn of_relation(statement: &AlterTableStmt, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref().filter(|relation| relation.schemaname != "pg_temp")
    else {
        return Vec::new();
    };
    let kind = match statement.objtype() {
        ObjectType::ObjectView => Kind::View,
        ObjectType::ObjectMatview => Kind::MaterializedView,
        ObjectType::ObjectSequence => Kind::Sequence,
        ObjectType::ObjectIndex => Kind::Index,
        ObjectType::ObjectType => Kind::Type,
        ObjectType::ObjectForeignTable => Kind::ForeignTable,
        _ => Kind::Table,
    };
    let object = ComponentId::in_schema(kind, parse::relation(range_var, scope));
    let command = |command: &AlterTableCmd| change(object.clone(), command.newowner.as_ref());
    let commands = statement.cmds.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::AlterTableCmd(of)) => Some(command(of)),
        _ => None,
    });
    commands.collect()
}

/// The new owner of an object.
#[must_use]
pub fn change(object: ComponentId, role: Option<&RoleSpec>) -> Effect {
    Effect::Owner { object, role: role.and_then(role_name) }
}

/// The role by name; `CURRENT_USER` and its like become whoever runs the statement.
#[must_use]
pub fn role_name(role: &RoleSpec) -> Option<Identifier> {
    (role.roletype() == RoleSpecType::RolespecCstring).then(|| Identifier::new(&role.rolename))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::of;

    #[test]
    fn every_object_that_is_modelled_may_have_an_owner() {
        for (object, id) in [
            ("table t", "table/public.t"),
            ("view crm.v", "view/crm.v"),
            ("materialized view m", "materialized_view/public.m"),
            ("sequence s", "sequence/public.s"),
            ("index i", "index/public.i"),
            ("foreign table t", "foreign_table/public.t"),
            ("function f(int)", "function/public.f(integer)"),
            ("type y", "type/public.y"),
            ("domain d", "type/public.d"),
            ("schema s", "schema/s"),
        ] {
            match &of(&format!("alter {object} owner to joe"))[..] {
                [Effect::Owner { object, role: Some(role) }] => {
                    assert_eq!((object.to_string().as_str(), role.as_str()), (id, "joe"));
                }
                other => panic!("{object}: {other:?}"),
            }
        }
        assert_eq!(of("alter operator +(int, int) owner to joe"), []);
    }

    #[test]
    fn whoever_runs_the_statement_is_no_owner_that_can_be_compared() {
        let effects = of("alter table t owner to current_user");
        assert!(matches!(&effects[..], [Effect::Owner { role: None, .. }]), "{effects:?}");
    }

    #[test]
    fn an_owner_may_stand_among_other_commands() {
        let effects = of("alter table t owner to joe, alter a set not null");
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Owner { .. })), "{effects:?}");
        assert_eq!(effects.len(), 2);
    }
}
