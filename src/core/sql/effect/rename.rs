//! ALTER ... RENAME and ALTER ... SET SCHEMA.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, ObjectType, RangeVar};

use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::extension::Extension;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{AttributeChange, DomainChange, Effect, Scope, object, shared};
use crate::core::sql::parse;

/// ALTER ... RENAME TO. ALTER TABLE may name a view or another relation: what is declared decides.
#[must_use]
pub fn rename(statement: &protobuf::RenameStmt, scope: &Scope) -> Vec<Effect> {
    let renamed = statement.rename_type();
    let (relation, object) = (statement.relation.as_ref(), statement.object.as_deref());
    if let Some(class) = shared::class(renamed) {
        return shared::renamed(class, &statement.subname, &statement.newname);
    }
    let from = match renamed {
        ObjectType::ObjectAttribute => return rename_attribute(statement, scope),
        ObjectType::ObjectDomconstraint => return rename_domain_constraint(statement, scope),
        ObjectType::ObjectRole => Some(ComponentId::global(Kind::Role, statement.subname.as_str())),
        ObjectType::ObjectSchema => Some(ComponentId::global(Kind::Schema, statement.subname.as_str())),
        _ => object_of(renamed, relation, object, &statement.subname, scope),
    };
    let new = Identifier::new(&statement.newname);
    match from.and_then(|from| Some((renamed_to(&from, new)?, from))) {
        Some((to, from)) => vec![Effect::Rename { from, to }],
        None => vec![Effect::NotModelled(words(statement))],
    }
}

fn words(statement: &protobuf::RenameStmt) -> String {
    let words = object::words(statement.rename_type());
    match statement.rename_type() {
        ObjectType::ObjectColumn => {
            format!("ALTER {} ... RENAME COLUMN", object::words(statement.relation_type()))
        }
        ObjectType::ObjectTabconstraint => "ALTER TABLE ... RENAME CONSTRAINT".to_owned(),
        ObjectType::ObjectDomconstraint => "ALTER DOMAIN ... RENAME CONSTRAINT".to_owned(),
        _ => format!("ALTER {words} ... RENAME"),
    }
}

fn rename_domain_constraint(statement: &protobuf::RenameStmt, scope: &Scope) -> Vec<Effect> {
    let domain = match statement.object.as_deref().and_then(|object| object.node.as_ref()) {
        Some(NodeEnum::List(names)) => parse::named(Kind::Type, &names.items, scope),
        _ => None,
    };
    let Some(domain) = domain else { return vec![Effect::NotModelled(words(statement))] };
    vec![Effect::ChangeDomain {
        id: ComponentId::in_schema(Kind::Type, domain),
        change: DomainChange::Rename {
            from: Identifier::new(&statement.subname),
            to: Identifier::new(&statement.newname),
        },
    }]
}

fn rename_attribute(statement: &protobuf::RenameStmt, scope: &Scope) -> Vec<Effect> {
    let Some(relation) = &statement.relation else {
        return vec![Effect::NotModelled("ALTER TYPE ... RENAME ATTRIBUTE".to_owned())];
    };
    vec![Effect::ChangeAttribute {
        id: ComponentId::in_schema(
            Kind::Type,
            scope.named(Kind::Type, &relation.schemaname, &relation.relname),
        ),
        attribute: Identifier::new(&statement.subname),
        change: AttributeChange::Rename(Identifier::new(&statement.newname)),
    }]
}

/// ALTER ... SET SCHEMA.
#[must_use]
pub fn set_schema(statement: &protobuf::AlterObjectSchemaStmt, scope: &Scope) -> Vec<Effect> {
    let object_type = statement.object_type();
    let schema = Identifier::new(&statement.newschema);
    let from = object_of(object_type, statement.relation.as_ref(), statement.object.as_deref(), "", scope);
    match from {
        Some(id) if id.kind == Kind::Extension => {
            vec![Effect::MoveExtension {
                id,
                change: Extension { schema: Some(schema), ..Extension::default() },
            }]
        }
        Some(from) => match moved_to(&from, schema) {
            Some(to) => vec![Effect::Rename { from, to }],
            None => Vec::new(),
        },
        None => {
            vec![Effect::NotModelled(format!("ALTER {} ... SET SCHEMA", object::words(object_type)))]
        }
    }
}

/// The identity under another name; `None` for what has no name of its own.
fn renamed_to(id: &ComponentId, new: Identifier) -> Option<ComponentId> {
    let in_schema = |name: &QualifiedName, new| QualifiedName { schema: name.schema.clone(), name: new };
    let name = match &id.name {
        ComponentName::Global(_) => ComponentName::Global(new),
        ComponentName::InSchema(name) => ComponentName::InSchema(in_schema(name, new)),
        ComponentName::OnRelation { relation, .. } => {
            ComponentName::OnRelation { relation: relation.clone(), name: new }
        }
        ComponentName::Routine { name, arguments } => {
            ComponentName::Routine { name: in_schema(name, new), arguments: arguments.clone() }
        }
        ComponentName::ForMethod { name, method } => {
            ComponentName::ForMethod { name: in_schema(name, new), method: method.clone() }
        }
        _ => return None,
    };
    Some(ComponentId { kind: id.kind, name })
}

/// The identity in another schema; `None` for what is in none.
fn moved_to(id: &ComponentId, schema: Identifier) -> Option<ComponentId> {
    let moved = |name: &QualifiedName| QualifiedName { schema, name: name.name.clone() };
    let name = match &id.name {
        ComponentName::InSchema(name) => ComponentName::InSchema(moved(name)),
        ComponentName::Routine { name, arguments } => {
            ComponentName::Routine { name: moved(name), arguments: arguments.clone() }
        }
        ComponentName::ForMethod { name, method } => {
            ComponentName::ForMethod { name: moved(name), method: method.clone() }
        }
        _ => return None,
    };
    Some(ComponentId { kind: id.kind, name })
}

fn object_of(
    object_type: ObjectType,
    relation: Option<&RangeVar>,
    object: Option<&Node>,
    name: &str,
    scope: &Scope,
) -> Option<ComponentId> {
    match (relation, object) {
        (Some(relation), _) => object::of_relation(object_type, relation, name, scope),
        (None, Some(object)) => object::component(object_type, object, scope),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::sql::effect::Effect;
    use crate::core::sql::effect::tests::of;

    fn renamed(sql: &str) -> (String, String) {
        match &of(sql)[..] {
            [Effect::Rename { from, to }] => (from.to_string(), to.to_string()),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn a_rename_tells_both_names() {
        for (sql, from, to) in [
            ("alter table t rename to u", "table/public.t", "table/public.u"),
            ("alter table if exists crm.t rename to u", "table/crm.t", "table/crm.u"),
            ("alter table t rename column a to b", "column/public.t.a", "column/public.t.b"),
            ("alter table t rename constraint a to b", "constraint/public.t.a", "constraint/public.t.b"),
            ("alter view v rename column a to b", "column/public.v.a", "column/public.v.b"),
            ("alter view v rename to w", "view/public.v", "view/public.w"),
            ("alter role r rename to s", "role/r", "role/s"),
            ("alter index i rename to j", "index/public.i", "index/public.j"),
            ("alter sequence s rename to u", "sequence/public.s", "sequence/public.u"),
            (
                "alter materialized view m rename to n",
                "materialized_view/public.m",
                "materialized_view/public.n",
            ),
            ("alter type t rename to u", "type/public.t", "type/public.u"),
            ("alter domain d rename to e", "type/public.d", "type/public.e"),
            ("alter schema s rename to t", "schema/s", "schema/t"),
            ("alter function f(int) rename to g", "function/public.f(integer)", "function/public.g(integer)"),
            ("alter trigger t on a rename to b", "trigger/public.a.t", "trigger/public.a.b"),
            ("alter policy p on a rename to b", "policy/public.a.p", "policy/public.a.b"),
            ("alter table t set schema s", "table/public.t", "table/s.t"),
            ("alter type t set schema s", "type/public.t", "type/s.t"),
            ("alter function f() set schema s", "function/public.f()", "function/s.f()"),
            ("alter rule r on t rename to s", "rule/public.t.r", "rule/public.t.s"),
            ("alter foreign table t rename column a to b", "column/public.t.a", "column/public.t.b"),
            ("alter foreign table t rename to u", "foreign_table/public.t", "foreign_table/public.u"),
            ("alter server s rename to t", "server/s", "server/t"),
            ("alter publication p rename to q", "publication/p", "publication/q"),
            ("alter event trigger e rename to f", "event_trigger/e", "event_trigger/f"),
            (
                "alter aggregate a(int) rename to b",
                "function/public.a(integer)",
                "function/public.b(integer)",
            ),
            (
                "alter operator + (int, int) set schema s",
                "operator/public.\"+\"(integer, integer)",
                "operator/s.\"+\"(integer, integer)",
            ),
            (
                "alter operator class c using btree rename to d",
                "operator_class/public.c using btree",
                "operator_class/public.d using btree",
            ),
            (
                "alter operator family crm.c using hash set schema s",
                "operator_family/crm.c using hash",
                "operator_family/s.c using hash",
            ),
            ("alter statistics s rename to t", "statistics/public.s", "statistics/public.t"),
            ("alter collation c set schema s", "collation/public.c", "collation/s.c"),
            (
                "alter text search parser p rename to q",
                "text_search_parser/public.p",
                "text_search_parser/public.q",
            ),
        ] {
            assert_eq!(renamed(sql), (from.to_owned(), to.to_owned()), "{sql}");
        }
    }
}
