//! GRANT and REVOKE of privileges, and ALTER DEFAULT PRIVILEGES.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDefaultPrivilegesStmt, GrantStmt, GrantTargetType, Node, ObjectType, RoleSpecType,
};

use super::owner::role_name;
use super::{Effect, GrantChange, GrantTarget, GrantedRight, Scope, built_in_name, object, shared};
use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::Kind;
use crate::core::kind::default_privilege::DefaultPrivilege;
use crate::core::kind::privilege::{Privilege, Privileges, Stance};
use crate::core::name::Identifier;
use crate::core::sql::effect::temporary;
use crate::core::sql::parse;

/// What is granted on which objects to whom.
#[must_use]
pub fn effects(statement: &GrantStmt, scope: &Scope) -> Vec<Effect> {
    let object_type = statement.objtype();
    let target = match statement.targtype() {
        GrantTargetType::AclTargetAllInSchema => all_in_schemas(object_type, &statement.objects),
        _ if shared::class(object_type).is_some() => shared::target(object_type, &statement.objects),
        _ => objects(object_type, &statement.objects, scope).map(GrantTarget::Objects),
    };
    let Some((target, rights)) = target.zip(rights(&statement.privileges)) else {
        let words = format!("{} ON {}", verb(statement), object::words(object_type));
        return vec![Effect::NotModelled(words)];
    };
    let (grantees, mut effects) = grantees(statement);
    if newer_functions(statement, scope) {
        effects
            .push(Effect::NotModelled(format!("{} ON a function that PostgreSQL 12 lacks", verb(statement))));
    }
    if !grantees.is_empty() && target != GrantTarget::Objects(Vec::new()) {
        effects.push(Effect::Grant(GrantChange { target, grantees, rights, stance: stance(statement) }));
    }
    effects
}

/// ALTER DEFAULT PRIVILEGES: for each role, schema and grantee.
#[must_use]
pub fn defaults(statement: &AlterDefaultPrivilegesStmt) -> Vec<Effect> {
    let not_modelled = || vec![Effect::NotModelled("ALTER DEFAULT PRIVILEGES".to_owned())];
    let Some(action) = &statement.action else { return not_modelled() };
    let Some((objects, all)) = default_objects(action.objtype()) else { return not_modelled() };
    let Some(rights) = rights(&action.privileges) else { return not_modelled() };
    let roles = options(statement, "roles");
    let named: Vec<Option<Identifier>> = if roles.is_empty() {
        vec![None]
    } else {
        let role = |node: &Node| match &node.node {
            // FOR ROLE CURRENT_USER is what no role says too.
            Some(NodeEnum::RoleSpec(role)) => role_name(role),
            _ => None,
        };
        roles.iter().map(role).collect()
    };
    let schemas: Vec<Option<Identifier>> = match options(statement, "schemas") {
        [] => vec![None],
        schemas => parse::identifiers(schemas).into_iter().map(Some).collect(),
    };
    let (grantees, mut effects) = grantees(action);
    for role in &named {
        for schema in &schemas {
            for grantee in &grantees {
                let held_by_default = DefaultPrivilege::is_held_by_default(schema.as_ref(), objects, grantee);
                let mut privileges = Privileges::default();
                for right in &rights {
                    say(&mut privileges, right.privilege, all, stance(action));
                }
                let change = DefaultPrivilege { privileges, held_by_default, is_owner: false };
                let name = ComponentName::DefaultPrivilege {
                    role: role.clone(),
                    schema: schema.clone(),
                    objects,
                    grantee: Box::new(grantee.clone()),
                };
                let id = ComponentId { kind: Kind::DefaultPrivilege, name };
                effects.push(Effect::Change { id, change: change.into() });
            }
        }
    }
    effects
}

/// Adds one privilege, or all those that there are; ALL counts for what the server knows.
pub fn say(privileges: &mut Privileges, privilege: Option<Privilege>, all: &[Privilege], stance: Stance) {
    match privilege {
        Some(privilege) => privileges.say(privilege, stance),
        None => {
            for privilege in all {
                privileges.say(*privilege, Stance { by_all: true, ..stance });
            }
        }
    }
}

fn options<'a>(statement: &'a AlterDefaultPrivilegesStmt, name: &str) -> &'a [Node] {
    let option = statement.options.iter().find_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) if option.defname == name => option.arg.as_deref(),
        _ => None,
    });
    match option.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

/// The words of a component, and what ALL PRIVILEGES means. MAINTAIN is left out: what the list of an older server holds
/// does not tell whether it knows it.
fn default_objects(object_type: ObjectType) -> Option<(&'static str, &'static [Privilege])> {
    let all = Privilege::all_of;
    Some(match object_type {
        ObjectType::ObjectTable => ("tables", all(Kind::Table).split_last()?.1),
        ObjectType::ObjectSequence => ("sequences", all(Kind::Sequence)),
        ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
            ("functions", all(Kind::Function))
        }
        ObjectType::ObjectType => ("types", all(Kind::Type)),
        ObjectType::ObjectSchema => ("schemas", all(Kind::Schema)),
        _ => return None,
    })
}

fn verb(statement: &GrantStmt) -> &'static str {
    if statement.is_grant { "GRANT" } else { "REVOKE" }
}

fn stance(statement: &GrantStmt) -> Stance {
    match (statement.is_grant, statement.grant_option) {
        (true, with) => Stance::granted(with),
        (false, true) => Stance::not_grantable(),
        (false, false) => Stance::revoked(),
    }
}

/// The roles by name, and what is to be said where one is whoever runs the statement.
fn grantees(statement: &GrantStmt) -> (Vec<Grantee>, Vec<Effect>) {
    let mut grantees = Vec::new();
    let mut effects = Vec::new();
    for node in &statement.grantees {
        let Some(NodeEnum::RoleSpec(role)) = &node.node else { continue };
        match (role.roletype(), role_name(role)) {
            (RoleSpecType::RolespecPublic, _) => grantees.push(Grantee::Public),
            (_, Some(name)) => grantees.push(Grantee::Role(name)),
            (_, None) => effects.push(unnamed(verb(statement), statement.is_grant)),
        }
    }
    (grantees, effects)
}

/// What is said of a role that the statement does not name.
pub(super) fn unnamed(verb: &str, is_grant: bool) -> Effect {
    let direction = if is_grant { "to" } else { "from" };
    Effect::NotModelled(format!("{verb} {direction} whoever runs the statement"))
}

/// The privileges; `None` where one is not known. An empty list is ALL.
fn rights(nodes: &[Node]) -> Option<Vec<GrantedRight>> {
    if nodes.is_empty() {
        return Some(vec![GrantedRight { privilege: None, columns: Vec::new() }]);
    }
    let right = |node: &Node| match &node.node {
        Some(NodeEnum::AccessPriv(right)) => {
            let privilege = match right.priv_name.as_str() {
                "" => None,
                word => Some(Privilege::named(word)?),
            };
            Some(GrantedRight { privilege, columns: parse::identifiers(&right.cols) })
        }
        _ => None,
    };
    nodes.iter().map(right).collect()
}

/// Whether a function is named that is another one, or none, on older servers.
fn newer_functions(statement: &GrantStmt, scope: &Scope) -> bool {
    let is_newer = |node: &Node| {
        object::component(statement.objtype(), node, scope).is_some_and(|id| is_newer_function(node, &id))
    };
    statement.objects.iter().any(is_newer)
}

fn is_newer_function(node: &Node, id: &ComponentId) -> bool {
    matches!(&node.node, Some(NodeEnum::ObjectWithArgs(routine)) if routine.objname.len() == 1)
        && built_in_name::is_newer_function(id)
}

/// The objects by name; `None` where they are not modelled. Temporary ones are passed over.
fn objects(object_type: ObjectType, nodes: &[Node], scope: &Scope) -> Option<Vec<ComponentId>> {
    let mut objects = Vec::new();
    for node in nodes {
        let id = match node.node.as_ref()? {
            NodeEnum::RangeVar(relation) if temporary::is(relation, scope) => continue,
            NodeEnum::RangeVar(relation) => object::of_relation(object_type, relation, "", scope)?,
            _ => object::component(object_type, node, scope)?,
        };
        if is_newer_function(node, &id) {
            continue;
        }
        if Privilege::all_of(id.kind).is_empty() {
            return None;
        }
        objects.push(id);
    }
    Some(objects)
}

fn all_in_schemas(object_type: ObjectType, nodes: &[Node]) -> Option<GrantTarget> {
    let relations: &'static [Kind] = &[Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView];
    let (kinds, words, routines): (&'static [Kind], _, _) = match object_type {
        ObjectType::ObjectTable => (relations, "TABLES", (false, false)),
        ObjectType::ObjectSequence => (&[Kind::Sequence], "SEQUENCES", (false, false)),
        ObjectType::ObjectFunction => (&[Kind::Function], "FUNCTIONS", (true, false)),
        ObjectType::ObjectProcedure => (&[Kind::Function], "PROCEDURES", (false, true)),
        ObjectType::ObjectRoutine => (&[Kind::Function], "ROUTINES", (true, true)),
        _ => return None,
    };
    Some(GrantTarget::AllInSchemas { schemas: parse::identifiers(nodes), kinds, words, routines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::of;

    fn grant(sql: &str) -> GrantChange {
        match &of(sql)[..] {
            [Effect::Grant(change)] => change.clone(),
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn objects_of(sql: &str) -> Vec<String> {
        match grant(sql).target {
            GrantTarget::Objects(objects) => objects.iter().map(ToString::to_string).collect(),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn objects_are_named_by_what_the_grammar_says() {
        for (on, ids) in [
            ("select on a, crm.b", vec!["table/public.a", "table/crm.b"]),
            ("usage on sequence s", vec!["sequence/public.s"]),
            ("usage on schema a, b", vec!["schema/a", "schema/b"]),
            ("execute on function f(int), g", vec!["function/public.f(integer)", "function/public.g"]),
            ("execute on procedure p()", vec!["function/public.p()"]),
            ("usage on type crm.y", vec!["type/crm.y"]),
            ("usage on domain d", vec!["type/public.d"]),
        ] {
            assert_eq!(objects_of(&format!("grant {on} to app")), ids, "{on}");
            assert_eq!(objects_of(&format!("revoke {on} from app")), ids, "{on}");
        }
    }

    #[test]
    fn a_function_that_only_newer_servers_have_built_in_is_not_required_elsewhere() {
        for (sql, granted) in [
            ("grant execute on function gen_random_uuid() to app", 0),
            ("grant execute on function public.gen_random_uuid() to app", 1),
            ("grant execute on function gen_random_uuid(int) to app", 1),
            ("grant execute on function gen_random_uuid, f to app", 1),
        ] {
            let effects = of(sql);
            let grants = effects.iter().filter(|effect| matches!(effect, Effect::Grant(_))).count();
            assert_eq!(grants, granted, "{sql}");
            let is_said =
                effects.contains(&Effect::NotModelled("GRANT ON a function that PostgreSQL 12 lacks".into()));
            assert_eq!(is_said, !sql.contains("public.") && !sql.contains("(int)"), "{sql}");
        }
    }

    #[test]
    fn k24_privileges_may_be_for_columns() {
        let right = |privilege, columns: &[&str]| GrantedRight {
            privilege,
            columns: columns.iter().map(|name| Identifier::new(name)).collect(),
        };
        assert_eq!(
            grant("grant select (a, \"B\"), update on t to app").rights,
            [right(Some(Privilege::Select), &["a", "B"]), right(Some(Privilege::Update), &[])]
        );
        assert_eq!(grant("grant all privileges on t to app").rights, [right(None, &[])]);
        assert_eq!(grant("grant all (a) on t to app").rights, [right(None, &["a"])]);
    }

    #[test]
    fn what_is_said_and_of_whom() {
        for (sql, stance) in [
            ("grant select on t to app, public", Stance::granted(false)),
            ("grant select on t to app, public with grant option", Stance::granted(true)),
            ("revoke select on t from app, public cascade", Stance::revoked()),
            ("revoke grant option for select on t from app, public", Stance::not_grantable()),
        ] {
            let change = grant(sql);
            assert_eq!(change.stance, stance, "{sql}");
            assert_eq!(change.grantees, [Grantee::Role("app".into()), Grantee::Public], "{sql}");
        }
    }

    #[test]
    fn a_role_that_is_not_named_is_not_audited_and_the_others_are() {
        let effects = of("grant select on t to current_user, app");
        let words = Effect::NotModelled("GRANT to whoever runs the statement".into());
        assert_eq!(effects[0], words);
        assert!(matches!(&effects[1..], [Effect::Grant(change)] if change.grantees.len() == 1));
    }

    #[test]
    fn all_objects_of_a_schema_are_found_later() {
        let GrantTarget::AllInSchemas { schemas, words, .. } =
            grant("grant select on all tables in schema a, b to app").target
        else {
            panic!("not all tables")
        };
        assert_eq!((schemas, words), (vec!["a".into(), "b".into()], "TABLES"));
    }

    /// The components that the SQL changes, with what is said of them.
    fn defaults_of(sql: &str) -> Vec<(String, DefaultPrivilege)> {
        let read = |effect: &Effect| match effect {
            Effect::Change { id, change: crate::core::kind::Shape::DefaultPrivilege(change) } => {
                (id.to_string(), DefaultPrivilege::clone(change))
            }
            other => panic!("{sql}: {other:?}"),
        };
        of(sql).iter().map(read).collect()
    }

    #[test]
    fn k25_defaults_are_per_role_and_schema() {
        let ids = |sql: &str| defaults_of(sql).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(
            ids(
                "alter default privileges for role joe, ann in schema crm grant select on tables to app, public"
            ),
            [
                "default_privilege/for joe in crm on tables to app",
                "default_privilege/for joe in crm on tables to public",
                "default_privilege/for ann in crm on tables to app",
                "default_privilege/for ann in crm on tables to public",
            ]
        );
        assert_eq!(
            ids("alter default privileges for role current_user grant usage on sequences to app"),
            ["default_privilege/on sequences to app"]
        );
    }

    #[test]
    fn k23_a_default_of_public_that_is_revoked_is_told_from_one_that_never_was() {
        let of = |sql: &str| defaults_of(sql).remove(0).1;
        let functions = of("alter default privileges revoke execute on functions from public");
        assert!(functions.held_by_default);
        assert_eq!(functions.privileges, Privileges::of([Privilege::Execute], Stance::revoked()));
        assert!(
            !of("alter default privileges in schema s revoke execute on functions from public")
                .held_by_default
        );
        let all = of("alter default privileges grant all on tables to app");
        assert_eq!(all.privileges.mentioned().count(), 7);
    }
}
