//! ALTER ... RENAME and ALTER ... SET SCHEMA.
//!
//! They are not folded yet: what is declared of the object under its old name may no longer hold, and says so.

use std::collections::BTreeSet;

use pg_query::protobuf::{self, Node, ObjectType, RangeVar};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::sql::effect::{Effect, Scope, object};

/// ALTER ... RENAME TO.
#[must_use]
pub fn rename(statement: &protobuf::RenameStmt, scope: &Scope) -> Vec<Effect> {
    let renamed = statement.rename_type();
    let words = object::words(renamed);
    let relation =
        |object_type| object_of(object_type, statement.relation.as_ref(), None, &statement.subname, scope);
    let (id, reason) = match renamed {
        ObjectType::ObjectColumn => {
            let of = statement.relation_type();
            // The columns of a view are part of the view.
            let id = relation(if of == ObjectType::ObjectTable { renamed } else { of });
            (id, format!("ALTER {} ... RENAME COLUMN", object::words(of)))
        }
        ObjectType::ObjectTabconstraint => {
            (relation(renamed), "ALTER TABLE ... RENAME CONSTRAINT".to_owned())
        }
        ObjectType::ObjectAttribute => {
            (relation(ObjectType::ObjectType), "ALTER TYPE ... RENAME ATTRIBUTE".to_owned())
        }
        // The name of a domain's constraint is no part of its shape.
        ObjectType::ObjectDomconstraint => (None, "ALTER DOMAIN ... RENAME CONSTRAINT".to_owned()),
        ObjectType::ObjectSchema => {
            let id = ComponentId::global(Kind::Schema, statement.subname.as_str());
            (Some(id), format!("ALTER {words} ... RENAME"))
        }
        _ => {
            let (relation, object) = (statement.relation.as_ref(), statement.object.as_deref());
            let id = object_of(renamed, relation, object, &statement.subname, scope);
            (id, format!("ALTER {words} ... RENAME"))
        }
    };
    obscure(id, reason)
}

/// ALTER ... SET SCHEMA.
#[must_use]
pub fn set_schema(statement: &protobuf::AlterObjectSchemaStmt, scope: &Scope) -> Vec<Effect> {
    let object_type = statement.object_type();
    let id = object_of(object_type, statement.relation.as_ref(), statement.object.as_deref(), "", scope);
    obscure(id, format!("ALTER {} ... SET SCHEMA", object::words(object_type)))
}

fn obscure(id: Option<ComponentId>, reason: String) -> Vec<Effect> {
    match id {
        Some(id) => vec![Effect::Obscure { ids: BTreeSet::from([id]), renames: true, reason }],
        None => vec![Effect::NotModelled(reason)],
    }
}

fn object_of(
    object_type: ObjectType,
    relation: Option<&RangeVar>,
    object: Option<&Node>,
    name: &str,
    scope: &Scope,
) -> Option<ComponentId> {
    match (relation, object) {
        // ALTER TABLE may name a view or another relation, but what is declared decides.
        (Some(relation), _) => object::of_relation(object_type, relation, name, scope),
        (None, Some(object)) => object::component(object_type, object, scope),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::sql::effect::Effect;
    use crate::core::sql::effect::tests::{obscured, of};

    #[test]
    fn a_rename_obscures_what_had_the_name() {
        for (sql, id, reason) in [
            ("alter table t rename to u", "table/public.t", "ALTER TABLE ... RENAME"),
            ("alter table t rename column a to b", "column/public.t.a", "ALTER TABLE ... RENAME COLUMN"),
            (
                "alter table t rename constraint a to b",
                "constraint/public.t.a",
                "ALTER TABLE ... RENAME CONSTRAINT",
            ),
            ("alter view v rename column a to b", "view/public.v", "ALTER VIEW ... RENAME COLUMN"),
            ("alter view v rename to w", "view/public.v", "ALTER VIEW ... RENAME"),
            ("alter index i rename to j", "index/public.i", "ALTER INDEX ... RENAME"),
            ("alter sequence s rename to u", "sequence/public.s", "ALTER SEQUENCE ... RENAME"),
            (
                "alter materialized view m rename to n",
                "materialized_view/public.m",
                "ALTER MATERIALIZED VIEW ... RENAME",
            ),
            ("alter type t rename to u", "type/public.t", "ALTER TYPE ... RENAME"),
            ("alter type t rename attribute a to b", "type/public.t", "ALTER TYPE ... RENAME ATTRIBUTE"),
            ("alter domain d rename to e", "type/public.d", "ALTER DOMAIN ... RENAME"),
            ("alter schema s rename to t", "schema/s", "ALTER SCHEMA ... RENAME"),
            ("alter function f(int) rename to g", "function/public.f(integer)", "ALTER FUNCTION ... RENAME"),
            ("alter trigger t on a rename to b", "trigger/public.a.t", "ALTER TRIGGER ... RENAME"),
            ("alter policy p on a rename to b", "policy/public.a.p", "ALTER POLICY ... RENAME"),
            ("alter table t set schema s", "table/public.t", "ALTER TABLE ... SET SCHEMA"),
            ("alter type t set schema s", "type/public.t", "ALTER TYPE ... SET SCHEMA"),
            ("alter function f() set schema s", "function/public.f()", "ALTER FUNCTION ... SET SCHEMA"),
            ("alter extension e set schema s", "extension/e", "ALTER EXTENSION ... SET SCHEMA"),
        ] {
            assert_eq!(obscured(sql), (id.to_owned(), reason.to_owned()), "{sql}");
        }
    }

    #[test]
    fn a_rename_of_what_is_not_modelled_is_not_modelled() {
        for (sql, words) in [
            ("alter role r rename to s", "ALTER ROLE ... RENAME"),
            ("alter rule r on t rename to s", "ALTER RULE ... RENAME"),
            ("alter domain d rename constraint a to b", "ALTER DOMAIN ... RENAME CONSTRAINT"),
            ("alter foreign table t rename column a to b", "ALTER FOREIGN TABLE ... RENAME COLUMN"),
        ] {
            assert_eq!(of(sql), [Effect::NotModelled(words.into())], "{sql}");
        }
    }
}
