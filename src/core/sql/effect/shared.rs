//! What all databases of a server share (databases, tablespaces, parameters): that privileges are granted on it, that it
//! goes, that it gets another name.

use pg_query::protobuf::{Node, ObjectType};

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
