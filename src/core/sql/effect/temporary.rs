//! Temporary objects: they are gone with the session, and hide those of the same name until then.
//!
//! What is said of them concerns no schema that is audited. An unqualified relation is looked up among them first,
//! whatever the search path (`RangeVarGetRelidExtended` in PostgreSQL's `namespace.c`).

use pg_query::NodeEnum;
use pg_query::protobuf::{DiscardMode, Node, ObjectType, RangeVar};

use super::{Scope, object};
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// What PostgreSQL calls the schema of the session's temporary objects.
const SCHEMA: &str = "pg_temp";

/// Whether all that a statement makes or changes is temporary.
#[must_use]
pub fn is_about(statement: &NodeEnum, scope: &Scope) -> bool {
    if let Some(made) = made(statement) {
        return is_made_so(made);
    }
    let relations = relations(statement);
    if !relations.is_empty() {
        return relations.into_iter().all(|relation| is(relation, scope));
    }
    let names = match statement {
        NodeEnum::CreateFunctionStmt(statement) => &statement.funcname,
        NodeEnum::CreateEnumStmt(statement) => &statement.type_name,
        NodeEnum::CreateRangeStmt(statement) => &statement.type_name,
        NodeEnum::CreateDomainStmt(statement) => &statement.domainname,
        NodeEnum::DefineStmt(statement) => &statement.defnames,
        NodeEnum::AlterFunctionStmt(statement) => match &statement.func {
            Some(routine) => &routine.objname,
            None => return false,
        },
        NodeEnum::CommentStmt(statement) => {
            let object = statement.object.as_deref();
            return object.is_some_and(|object| is_named(statement.objtype(), object, scope));
        }
        _ => return false,
    };
    matches!(parse::strings(names).as_slice(), [schema, _] if *schema == SCHEMA)
}

/// Whether a relation is temporary.
#[must_use]
pub fn is(relation: &RangeVar, scope: &Scope) -> bool {
    relation.schemaname == SCHEMA
        || relation.schemaname.is_empty() && scope.temporary.contains(&Identifier::new(&relation.relname))
}

/// Whether the object that a DROP or COMMENT names is temporary, or hangs on what is.
#[must_use]
pub fn is_named(object_type: ObjectType, node: &Node, scope: &Scope) -> bool {
    let names = match &node.node {
        Some(NodeEnum::List(list)) => &list.items,
        Some(NodeEnum::ObjectWithArgs(routine)) => &routine.objname,
        Some(NodeEnum::TypeName(name)) => &name.names,
        _ => return false,
    };
    let names = parse::strings(names);
    match (object::relation_in(object_type, &names), names.as_slice()) {
        (Some([name]), _) => scope.temporary.contains(&Identifier::new(name)),
        (Some([schema, _]), _) | (None, [schema, _]) => *schema == SCHEMA,
        _ => false,
    }
}

impl Scope {
    /// Learns which unqualified names mean something temporary after a statement.
    pub(super) fn learn_temporary(&mut self, statement: &NodeEnum) {
        if let Some(made) = made(statement) {
            let name = Identifier::new(&made.relname);
            if is_made_so(made) {
                self.temporary.insert(name);
            }
        }
        match statement {
            NodeEnum::DropStmt(drop) if !self.temporary.is_empty() => {
                for object in &drop.objects {
                    if is_named(drop.remove_type(), object, self)
                        && let Some(NodeEnum::List(names)) = &object.node
                        && let Some(name) = parse::strings(&names.items).last()
                    {
                        self.temporary.remove(&Identifier::new(name));
                    }
                }
            }
            NodeEnum::RenameStmt(rename)
                if rename.rename_type() == ObjectType::ObjectTable
                    && rename.relation.as_ref().is_some_and(|relation| is(relation, self)) =>
            {
                self.temporary.insert(Identifier::new(&rename.newname));
            }
            NodeEnum::DiscardStmt(discard)
                if matches!(discard.target(), DiscardMode::DiscardAll | DiscardMode::DiscardTemp) =>
            {
                self.temporary.clear();
            }
            _ => {}
        }
    }
}

/// The temporary relation that a statement makes.
#[must_use]
pub fn made_by(statement: &NodeEnum) -> Option<Identifier> {
    made(statement).filter(|made| is_made_so(made)).map(|made| Identifier::new(&made.relname))
}

/// The relation that a statement makes.
fn made(statement: &NodeEnum) -> Option<&RangeVar> {
    match statement {
        NodeEnum::CreateStmt(statement) => statement.relation.as_ref(),
        NodeEnum::CreateTableAsStmt(statement) => statement.into.as_ref()?.rel.as_ref(),
        NodeEnum::SelectStmt(statement) => super::set::into(statement),
        NodeEnum::ViewStmt(statement) => statement.view.as_ref(),
        NodeEnum::CreateSeqStmt(statement) => statement.sequence.as_ref(),
        NodeEnum::CompositeTypeStmt(statement) => statement.typevar.as_ref(),
        _ => None,
    }
}

fn is_made_so(relation: &RangeVar) -> bool {
    relation.relpersistence == "t" || relation.schemaname == SCHEMA
}

/// The relations that a statement changes, or makes something on.
fn relations(statement: &NodeEnum) -> Vec<&RangeVar> {
    let one = match statement {
        NodeEnum::IndexStmt(statement) => &statement.relation,
        NodeEnum::AlterTableStmt(statement) => &statement.relation,
        NodeEnum::AlterSeqStmt(statement) => &statement.sequence,
        NodeEnum::CreateTrigStmt(statement) => &statement.relation,
        NodeEnum::RuleStmt(statement) => &statement.relation,
        NodeEnum::CreatePolicyStmt(statement) => &statement.table,
        NodeEnum::AlterPolicyStmt(statement) => &statement.table,
        NodeEnum::RenameStmt(statement) => &statement.relation,
        NodeEnum::AlterObjectSchemaStmt(statement) => &statement.relation,
        NodeEnum::InsertStmt(statement) => &statement.relation,
        NodeEnum::UpdateStmt(statement) => &statement.relation,
        NodeEnum::DeleteStmt(statement) => &statement.relation,
        NodeEnum::MergeStmt(statement) => &statement.relation,
        NodeEnum::CopyStmt(statement) => &statement.relation,
        NodeEnum::TruncateStmt(statement) => {
            let relations = statement.relations.iter().filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(relation)) => Some(relation),
                _ => None,
            });
            return relations.collect();
        }
        _ => &None,
    };
    one.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::effects;
    use crate::core::sql::effect::tests::of;

    #[test]
    fn what_is_discarded_hides_nothing_any_more() {
        for discard in ["discard temp", "discard all"] {
            let mut scope = Scope::of("public".into());
            for (sql, hidden) in [("create temp table t (a int)", 1), ("discard plans", 1), (discard, 0)] {
                let result = parse::parse(sql).unwrap();
                let statement = result.stmts[0].stmt.as_ref().unwrap();
                scope.follow(statement, &effects(statement, &scope));
                assert_eq!(scope.temporary.len(), hidden, "{sql}");
            }
        }
    }

    #[test]
    fn c15_what_is_made_on_temporary_objects_is_none_of_the_schemas() {
        for sql in [
            "create index on pg_temp.t (a)",
            "create function pg_temp.f() returns int language sql as 'select 1'",
            "alter function pg_temp.f() stable",
            "drop function pg_temp.f()",
            "create type pg_temp.pair as (a int, b int)",
            "create view pg_temp.v as select 1",
            "create table pg_temp.t as select 1 as a",
            "comment on table pg_temp.t is 'passing'",
            "insert into pg_temp.t values (1)",
            "delete from pg_temp.t",
        ] {
            assert_eq!(of(sql), [], "{sql}");
        }
    }
}
