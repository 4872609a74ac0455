//! Foreign-data wrappers, servers, user mappings and foreign tables.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, RoleSpecType};

use super::element::Elements;
use super::{Effect, IfExists, Scope, create_table};
use crate::core::component::{ComponentId, Grantee};
use crate::core::kind::Kind;
use crate::core::kind::foreign_data_wrapper::ForeignDataWrapper;
use crate::core::kind::foreign_table::ForeignTable;
use crate::core::kind::reference::Reference;
use crate::core::kind::server::Server;
use crate::core::kind::user_mapping::UserMapping;
use crate::core::name::{Identifier, QualifiedName};

/// CREATE FOREIGN DATA WRAPPER.
#[must_use]
pub fn wrapper(statement: &protobuf::CreateFdwStmt, _scope: &Scope) -> Vec<Effect> {
    let function = |name| function_option(&statement.func_options, name).unwrap_or_default();
    let shape = ForeignDataWrapper {
        handler: Some(function("handler")),
        validator: Some(function("validator")),
        options: Some(Elements::of(&statement.options).options()),
    };
    vec![Effect::Create {
        id: ComponentId::global(Kind::ForeignDataWrapper, statement.fdwname.as_str()),
        shape: shape.into(),
        if_exists: IfExists::Refuse,
    }]
}

/// ALTER FOREIGN DATA WRAPPER.
#[must_use]
pub fn alter_wrapper(statement: &protobuf::AlterFdwStmt, _scope: &Scope) -> Vec<Effect> {
    let change = ForeignDataWrapper {
        handler: function_option(&statement.func_options, "handler"),
        validator: function_option(&statement.func_options, "validator"),
        options: Elements::of(&statement.options).changed_options(),
    };
    let id = ComponentId::global(Kind::ForeignDataWrapper, statement.fdwname.as_str());
    vec![Effect::Change { id, change: change.into() }]
}

/// HANDLER and VALIDATOR; `None` where the statement says nothing, the inner one for NO HANDLER.
#[expect(clippy::option_option, reason = "not said, or said to be none")]
fn function_option(nodes: &[Node], name: &str) -> Option<Option<Reference>> {
    let elements = Elements::of(nodes);
    elements.has(name).then(|| elements.reference(&[name]))
}

/// CREATE SERVER.
#[must_use]
pub fn server(statement: &protobuf::CreateForeignServerStmt, _scope: &Scope) -> Vec<Effect> {
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let shape = Server {
        wrapper: Some(Identifier::new(&statement.fdwname)),
        server_type: Some(said(&statement.servertype)),
        version: Some(said(&statement.version)),
        options: Some(Elements::of(&statement.options).options()),
    };
    vec![Effect::Create {
        id: ComponentId::global(Kind::Server, statement.servername.as_str()),
        shape: shape.into(),
        if_exists: if_not_exists(statement.if_not_exists),
    }]
}

/// ALTER SERVER.
#[must_use]
pub fn alter_server(statement: &protobuf::AlterForeignServerStmt, _scope: &Scope) -> Vec<Effect> {
    let version = Some(statement.version.clone()).filter(|version| !version.is_empty());
    let change = Server {
        version: statement.has_version.then_some(version),
        options: Elements::of(&statement.options).changed_options(),
        ..Server::default()
    };
    let id = ComponentId::global(Kind::Server, statement.servername.as_str());
    vec![Effect::Change { id, change: change.into() }]
}

/// CREATE USER MAPPING. One for `CURRENT_USER` is for whoever runs the statement.
#[must_use]
pub fn user_mapping(statement: &protobuf::CreateUserMappingStmt, _scope: &Scope) -> Vec<Effect> {
    match grantee(statement.user.as_ref()) {
        Some(grantee) => vec![Effect::Create {
            id: UserMapping::id(statement.servername.as_str(), grantee),
            shape: UserMapping {}.into(),
            if_exists: if_not_exists(statement.if_not_exists),
        }],
        None => vec![Effect::NotModelled("CREATE USER MAPPING FOR CURRENT_USER".into())],
    }
}

/// DROP USER MAPPING.
#[must_use]
pub fn drop_user_mapping(statement: &protobuf::DropUserMappingStmt, _scope: &Scope) -> Vec<Effect> {
    let grantee = grantee(statement.user.as_ref()).into_iter();
    let drop = |grantee| Effect::Drop {
        id: UserMapping::id(statement.servername.as_str(), grantee),
        if_exists: statement.missing_ok,
        cascade: false,
    };
    grantee.map(drop).collect()
}

fn grantee(role: Option<&protobuf::RoleSpec>) -> Option<Grantee> {
    let role = role?;
    match role.roletype() {
        RoleSpecType::RolespecCstring => Some(Grantee::Role(Identifier::new(&role.rolename))),
        RoleSpecType::RolespecPublic => Some(Grantee::Public),
        _ => None,
    }
}

/// CREATE FOREIGN TABLE: like CREATE TABLE, with a server and options.
#[must_use]
pub fn table(statement: &protobuf::CreateForeignTableStmt, scope: &Scope) -> Vec<Effect> {
    let Some(base) = &statement.base_stmt else {
        return vec![Effect::NotModelled("CREATE FOREIGN TABLE".into())];
    };
    let has_options = |node: &Node| matches!(&node.node, Some(NodeEnum::ColumnDef(column)) if !column.fdwoptions.is_empty());
    let shape = ForeignTable {
        server: Some(Identifier::new(&statement.servername)),
        options: Some(Elements::of(&statement.options).options()),
        column_options: base.table_elts.iter().any(has_options),
    };
    create_table::relation(base, shape.into(), scope)
}

/// OPTIONS of ALTER FOREIGN TABLE.
#[must_use]
pub fn alter_table_options(relation: &QualifiedName, options: &[Node]) -> Effect {
    let options = Elements::of(options).changed_options();
    let change = ForeignTable { options, ..ForeignTable::default() };
    Effect::Change { id: ComponentId::in_schema(Kind::ForeignTable, relation.clone()), change: change.into() }
}

/// OPTIONS of a column of a foreign table.
#[must_use]
pub fn alter_column_options(relation: &QualifiedName) -> Effect {
    Effect::Change {
        id: ComponentId::in_schema(Kind::ForeignTable, relation.clone()),
        change: ForeignTable { column_options: true, ..ForeignTable::default() }.into(),
    }
}

fn if_not_exists(keep: bool) -> IfExists {
    if keep { IfExists::Keep } else { IfExists::Refuse }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::kind::entries::Options;
    use crate::core::sql::effect::tests::{created, of};

    fn options(options: &[(&str, &str)]) -> Options {
        Options::all(options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn changed(sql: &str) -> (String, Shape) {
        match &of(sql)[..] {
            [Effect::Change { id, change }] => (id.to_string(), change.clone()),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn a_wrapper_is_read_and_altered() {
        let handler = Reference { schema: Some("ext".into()), name: "h".into() };
        let (id, shape, _) =
            created("create foreign data wrapper w handler ext.h no validator options (debug 'true')");
        assert_eq!(id, "foreign_data_wrapper/w");
        assert_eq!(
            shape,
            ForeignDataWrapper {
                handler: Some(Some(handler)),
                validator: Some(None),
                options: Some(options(&[("debug", "true")])),
            }
            .into()
        );
        let (_, change) = changed("alter foreign data wrapper w no handler options (drop debug, add a 'b')");
        let parts = [("debug".to_owned(), None), ("a".to_owned(), Some("b".to_owned()))];
        assert_eq!(
            change,
            ForeignDataWrapper { handler: Some(None), validator: None, options: Some(Options::some(parts)) }
                .into()
        );
    }

    #[test]
    fn a_server_is_read_and_altered() {
        let (id, shape, if_exists) = created(
            "create server if not exists s type 'oracle' version '9' foreign data wrapper w options (host 'h')",
        );
        assert_eq!((id.as_str(), if_exists), ("server/s", IfExists::Keep));
        assert_eq!(
            shape,
            Server {
                wrapper: Some("w".into()),
                server_type: Some(Some("oracle".into())),
                version: Some(Some("9".into())),
                options: Some(options(&[("host", "h")])),
            }
            .into()
        );
        let (_, change) = changed("alter server s version '10'");
        assert_eq!(change, Server { version: Some(Some("10".into())), ..Server::default() }.into());
    }

    #[test]
    fn c10_a_user_mapping_has_no_options_here() {
        let (id, shape, _) =
            created("create user mapping for app server s options (user 'u', password 'hunter2')");
        assert_eq!(id, "user_mapping/server/s to app");
        assert_eq!(shape, UserMapping {}.into());
        assert_eq!(created("create user mapping for public server s").0, "user_mapping/server/s to public");
        let own = of("create user mapping for current_user server s");
        assert_eq!(own, [Effect::NotModelled("CREATE USER MAPPING FOR CURRENT_USER".into())]);
        let dropped = of("drop user mapping if exists for app server s");
        let [Effect::Drop { id, if_exists: true, .. }] = &dropped[..] else { panic!("{dropped:?}") };
        assert_eq!(id.to_string(), "user_mapping/server/s to app");
    }

    #[test]
    fn a_foreign_table_is_made_with_its_columns() {
        let effects = of(
            "create foreign table crm.t (a int options (column_name 'x') not null, check (a > 0)) server s \
             options (table_name 'u')",
        );
        let [Effect::CreateWith { id, shape, parts, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(id.to_string(), "foreign_table/crm.t");
        assert_eq!(
            *shape,
            ForeignTable {
                server: Some("s".into()),
                options: Some(options(&[("table_name", "u")])),
                column_options: true,
            }
            .into()
        );
        assert!(matches!(parts[..], [Effect::Create { .. }, Effect::AddConstraint { .. }]), "{parts:?}");
    }

    #[test]
    fn a_foreign_table_is_altered_as_a_table_is() {
        let effects = of("alter foreign table t add column c int, alter column a set not null");
        assert!(
            matches!(effects[..], [Effect::CreateWith { .. }, Effect::ChangeColumn { .. }]),
            "{effects:?}"
        );
        let (id, change) = changed("alter foreign table t options (set a 'b')");
        assert_eq!(id, "foreign_table/public.t");
        let parts = Options::some([("a".to_owned(), Some("b".to_owned()))]);
        assert_eq!(change, ForeignTable { options: Some(parts), ..ForeignTable::default() }.into());
        let (_, change) = changed("alter foreign table t alter column a options (add b 'c')");
        assert_eq!(change, ForeignTable { column_options: true, ..ForeignTable::default() }.into());
    }
}
