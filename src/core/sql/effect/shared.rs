//! What all databases of a server share (databases, tablespaces, parameters): that privileges are granted on it, that it
//! goes, that it gets another name.

use pg_query::NodeEnum;
use pg_query::protobuf::{CreatedbStmt, Node, ObjectType, RoleSpec, RoleSpecType};

use super::owner::role_name;
use super::{Effect, GrantTarget};
use crate::core::component::Shared;
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// What the words of a statement mean, where all databases share it.
#[must_use]
pub fn class(object_type: ObjectType) -> Option<Shared> {
    match object_type {
        ObjectType::ObjectDatabase => Some(Shared::Database),
        ObjectType::ObjectTablespace => Some(Shared::Tablespace),
        ObjectType::ObjectParameterAcl => Some(Shared::Parameter),
        _ => None,
    }
}

/// The target of a GRANT or REVOKE; `None` where a name cannot be told.
#[must_use]
pub fn target(object_type: ObjectType, nodes: &[Node]) -> Option<GrantTarget> {
    let class = class(object_type)?;
    let names = parse::strings(nodes);
    let names: Option<Vec<Identifier>> = match class {
        Shared::Parameter => names.into_iter().map(parameter).collect(),
        Shared::Database | Shared::Tablespace => Some(names.into_iter().map(Identifier::new).collect()),
    };
    Some(GrantTarget::Shared { class, names: names? })
}

/// The name under which `pg_parameter_acl` holds a parameter (`convert_GUC_name_for_parameter_acl` in PostgreSQL's
/// `guc.c`): quoted or not, in lower case, and under its new name where it once had another. The one that got another
/// name with PostgreSQL 18 cannot be told.
fn parameter(name: &str) -> Option<Identifier> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "sort_mem" => Some(Identifier::new("work_mem")),
        "vacuum_mem" => Some(Identifier::new("maintenance_work_mem")),
        "ssl_ecdh_curve" => None,
        other => Some(Identifier::new(other)),
    }
}

/// DROP DATABASE and DROP TABLESPACE.
#[must_use]
pub fn dropped(class: Shared, name: &str) -> Vec<Effect> {
    vec![Effect::ChangeShared { class, name: Identifier::new(name), to: None }]
}

/// ALTER DATABASE and ALTER TABLESPACE ... RENAME TO.
#[must_use]
pub fn renamed(class: Shared, from: &str, to: &str) -> Vec<Effect> {
    vec![Effect::ChangeShared { class, name: Identifier::new(from), to: Some(Identifier::new(to)) }]
}

/// CREATE DATABASE and CREATE TABLESPACE, which are not modelled but for the owner.
#[must_use]
pub fn created(class: Shared, name: &str, owner: Option<&RoleSpec>) -> Vec<Effect> {
    let not_modelled = Effect::NotModelled(format!("CREATE {}", class.id().to_uppercase()));
    std::iter::once(not_modelled).chain(owner.map(|owner| owned(class, name, Some(owner)))).collect()
}

/// The owner in the options of CREATE DATABASE.
#[must_use]
pub fn owner_option(statement: &CreatedbStmt) -> Option<RoleSpec> {
    let owner = statement.options.iter().find_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) if option.defname == "owner" => option.arg.as_deref(),
        _ => None,
    })?;
    let rolename = parse::constant_or_string(owner)?;
    let roletype = RoleSpecType::RolespecCstring.into();
    Some(RoleSpec { roletype, rolename, location: 0 })
}

/// ALTER DATABASE and ALTER TABLESPACE ... OWNER TO.
#[must_use]
pub fn owned(class: Shared, name: &str, role: Option<&RoleSpec>) -> Effect {
    Effect::OwnShared { class, name: Identifier::new(name), role: role.and_then(role_name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::privilege::{Privilege, Stance};
    use crate::core::sql::effect::tests::of;
    use crate::core::sql::effect::{GrantChange, GrantedRight};

    fn granted(sql: &str) -> (Shared, Vec<String>, GrantChange) {
        match &of(sql)[..] {
            [Effect::Grant(change)] => match &change.target {
                GrantTarget::Shared { class, names } => {
                    (*class, names.iter().map(|name| name.as_str().to_owned()).collect(), change.clone())
                }
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn what_all_databases_share_is_granted_by_its_name() {
        for (on, class, names) in [
            ("connect, temp on database shop, \"Odd\"", Shared::Database, &["shop", "Odd"][..]),
            ("create on tablespace fast", Shared::Tablespace, &["fast"]),
            ("set, alter system on parameter work_mem, my.App", Shared::Parameter, &["work_mem", "my.app"]),
        ] {
            for sql in [format!("grant {on} to app"), format!("revoke {on} from app")] {
                let (said, names_said, _) = granted(&sql);
                assert_eq!(
                    (said, &names_said[..]),
                    (class, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..]),
                    "{sql}"
                );
            }
        }
    }

    #[test]
    fn the_privileges_of_parameters_are_two_words_and_one() {
        let (.., change) =
            granted("grant set, alter system on parameter log_statement to app with grant option");
        let right = |privilege| GrantedRight { privilege: Some(privilege), columns: Vec::new() };
        assert_eq!(change.rights, [right(Privilege::Set), right(Privilege::AlterSystem)]);
        assert_eq!(change.stance, Stance::granted(true));
    }

    #[test]
    fn a_parameter_goes_by_the_name_that_the_catalog_has() {
        for (name, held) in
            [("\"Work_Mem\"", "work_mem"), ("sort_mem", "work_mem"), ("vacuum_mem", "maintenance_work_mem")]
        {
            assert_eq!(granted(&format!("grant set on parameter {name} to app")).1, [held], "{name}");
        }
        assert_eq!(
            of("grant set on parameter ssl_ecdh_curve to app"),
            [Effect::NotModelled("GRANT ON PARAMETER".into())]
        );
    }

    #[test]
    fn what_is_shared_may_have_a_new_owner() {
        let owned = |class, name: &str, role: Option<&str>| Effect::OwnShared {
            class,
            name: name.into(),
            role: role.map(Identifier::new),
        };
        let database = owned(Shared::Database, "Shop", Some("boss"));
        assert_eq!(of("alter database \"Shop\" owner to boss"), std::slice::from_ref(&database));
        assert_eq!(
            of("alter tablespace fast owner to current_user"),
            [owned(Shared::Tablespace, "fast", None)]
        );
        let made = |words: &str, owner| vec![Effect::NotModelled(words.to_owned()), owner];
        assert_eq!(of("create database \"Shop\" owner boss"), made("CREATE DATABASE", database));
        let tablespace = owned(Shared::Tablespace, "fast", Some("boss"));
        assert_eq!(
            of("create tablespace fast owner boss location '/fast'"),
            made("CREATE TABLESPACE", tablespace)
        );
    }

    #[test]
    fn what_is_shared_may_go_or_get_another_name() {
        let changed = |class, name: &str, to: Option<&str>| {
            vec![Effect::ChangeShared { class, name: name.into(), to: to.map(Identifier::new) }]
        };
        assert_eq!(of("drop database if exists \"Shop\""), changed(Shared::Database, "Shop", None));
        assert_eq!(of("drop tablespace fast"), changed(Shared::Tablespace, "fast", None));
        assert_eq!(of("alter database a rename to b"), changed(Shared::Database, "a", Some("b")));
        assert_eq!(of("alter tablespace a rename to b"), changed(Shared::Tablespace, "a", Some("b")));
    }
}
