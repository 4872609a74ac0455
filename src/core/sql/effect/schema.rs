//! CREATE SCHEMA, with the elements inside it.

use pg_query::protobuf::{self, RoleSpecType};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::schema::Schema;
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists, Scope, effects as statement_effects, owner};

/// The schema, then what its elements make: inside them, unqualified names mean the new schema. A schema that is named
/// after the current user has no name that the SQL shows.
#[must_use]
pub fn effects(statement: &protobuf::CreateSchemaStmt, _scope: &Scope) -> Vec<Effect> {
    let Some(name) = name(statement) else {
        return vec![Effect::NotModelled("CREATE SCHEMA AUTHORIZATION CURRENT_USER".into())];
    };
    let id = ComponentId::global(Kind::Schema, name.clone());
    let shape = Schema {}.into();
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    let mut effects = vec![match &statement.authrole {
        None => Effect::Create { id, shape, if_exists },
        // The owner of a schema that is there already stays.
        role => {
            let parts = vec![owner::change(id.clone(), role.as_ref())];
            Effect::CreateWith { id, shape, if_exists, parts }
        }
    }];
    let inside = Scope::of(name);
    effects.extend(statement.schema_elts.iter().flat_map(|element| statement_effects(element, &inside)));
    effects
}

/// The schema's name, which is the role's where AUTHORIZATION alone is given.
fn name(statement: &protobuf::CreateSchemaStmt) -> Option<Identifier> {
    if !statement.schemaname.is_empty() {
        return Some(Identifier::new(&statement.schemaname));
    }
    let role = statement.authrole.as_ref()?;
    (role.roletype() == RoleSpecType::RolespecCstring).then(|| Identifier::new(&role.rolename))
}

#[cfg(test)]
mod tests {
    use crate::core::sql::effect::tests::of;
    use crate::core::sql::effect::{Effect, IfExists};

    fn ids(sql: &str) -> Vec<String> {
        let id = |effect: &Effect| match effect {
            Effect::Create { id, .. } | Effect::CreateWith { id, .. } => Some(id.to_string()),
            _ => None,
        };
        of(sql).iter().filter_map(id).collect()
    }

    #[test]
    fn elements_of_a_schema_are_made_inside_it() {
        assert_eq!(
            ids("create schema crm create table leads (id int) create view v as select 1"),
            ["schema/crm", "table/crm.leads", "view/crm.v"]
        );
    }

    #[test]
    fn a_schema_without_a_name_is_named_after_its_owner() {
        assert_eq!(ids("create schema authorization joe"), ["schema/joe"]);
        assert_eq!(ids("create schema crm authorization joe"), ["schema/crm"]);
    }

    #[test]
    fn if_not_exists_keeps_what_is_there() {
        let [Effect::Create { if_exists, .. }] = &of("create schema if not exists crm")[..] else {
            panic!("not one creation")
        };
        assert_eq!(*if_exists, IfExists::Keep);
    }
}
