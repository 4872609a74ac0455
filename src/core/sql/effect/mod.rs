//! What one statement does to a catalog.
//!
//! One function per statement family turns a parse tree into effects; [`crate::core::sql::fold`] applies them. Effects
//! are data: names are resolved already, names that PostgreSQL makes up are not (only the fold knows what is taken).

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableStmt, DefineStmt, DiscardMode, ObjectType};

use crate::core::component::{ComponentId, Shared};
use crate::core::kind::column::Column;
use crate::core::name::{Identifier, QualifiedName};

pub mod aggregate;
pub mod alter_table;
pub mod built_in_name;
pub mod built_in_type;
pub mod cast;
mod change;
pub mod collation;
mod column;
pub mod comment;
pub mod condition;
mod constraint;
pub mod create_table;
pub mod do_block;
pub mod drop;
pub mod element;
pub mod event_trigger;
pub mod extension;
pub mod foreign;
pub mod function;
pub mod grant;
pub mod index;
pub mod insert;
pub mod language;
pub mod looks;
pub mod not_modelled;
pub mod object;
pub mod operator;
pub mod owner;
mod parameters;
mod partition;
pub mod policy;
pub mod publication;
pub mod rename;
pub mod role;
pub mod rows;
pub mod rule;
pub mod schema;
mod scope;
pub mod sequence;
pub mod set;
pub mod shared;
pub mod statistics;
pub mod temporary;
pub mod text_search;
pub mod trigger;
pub mod type_;
pub mod view;

pub use change::{
    AttributeChange, ColumnChange, CopyOptions, DomainChange, Effect, GrantChange, GrantTarget, GrantedRight,
    IfExists, RowChange, RowValue, SequenceOf, SequenceOptions, WhichRows,
};
pub use condition::{Caught, Condition, Sought};
pub use scope::{Scope, known_as};

/// The column of a `CREATE TABLE` or `ADD COLUMN` as an effect.
#[must_use]
pub fn create_column(
    relation: &QualifiedName,
    name: Identifier,
    column: Column,
    if_exists: IfExists,
) -> Effect {
    Effect::Create {
        id: ComponentId::on_relation(crate::core::kind::Kind::Column, relation.clone(), name),
        shape: column.into(),
        if_exists,
    }
}

/// The effects of one statement, in order. A statement of a kind that is not modelled gives [`Effect::NotModelled`];
/// one that changes nothing that is audited (`SET`, `BEGIN`, `COMMIT`, `ANALYZE`) gives none.
#[must_use]
pub fn effects(node: &pg_query::protobuf::Node, scope: &Scope) -> Vec<Effect> {
    let Some(statement) = &node.node else { return Vec::new() };
    if temporary::is_about(statement, scope) {
        return Vec::new();
    }
    match statement {
        NodeEnum::CreateStmt(statement) => create_table::effects(statement, scope),
        NodeEnum::AlterTableStmt(statement) if owner::is_all(statement) => {
            owner::of_relation(statement, scope)
        }
        NodeEnum::AlterTableStmt(statement) => alter_relation(statement, scope),
        NodeEnum::IndexStmt(statement) => index::effects(statement, scope),
        NodeEnum::InsertStmt(statement) => insert::effects(statement, scope),
        NodeEnum::CreateSchemaStmt(statement) => schema::effects(statement, scope),
        NodeEnum::CreateExtensionStmt(statement) => extension::effects(statement, scope),
        NodeEnum::AlterExtensionStmt(statement) => extension::update(statement, scope),
        NodeEnum::CreateEnumStmt(statement) => type_::create_enum(statement, scope),
        NodeEnum::CompositeTypeStmt(statement) => type_::create_composite(statement, scope),
        NodeEnum::CreateRangeStmt(statement) => type_::create_range(statement, scope),
        NodeEnum::CreateDomainStmt(statement) => type_::create_domain(statement, scope),
        NodeEnum::AlterEnumStmt(statement) => type_::alter_enum(statement, scope),
        NodeEnum::AlterDomainStmt(statement) => type_::alter_domain(statement, scope),
        NodeEnum::CreateSeqStmt(statement) => sequence::effects(statement, scope),
        NodeEnum::AlterSeqStmt(statement) => sequence::alter(statement, scope),
        NodeEnum::ViewStmt(statement) => view::effects(statement, scope),
        NodeEnum::CreateTableAsStmt(statement) => view::create_as(statement, scope),
        NodeEnum::CreateFunctionStmt(statement) => function::effects(statement, scope),
        NodeEnum::AlterFunctionStmt(statement) => function::alter(statement, scope),
        NodeEnum::CreateTrigStmt(statement) => trigger::effects(statement, scope),
        NodeEnum::CreatePolicyStmt(statement) => policy::effects(statement, scope),
        NodeEnum::AlterPolicyStmt(statement) => policy::alter(statement, scope),
        NodeEnum::RuleStmt(statement) => rule::effects(statement, scope),
        NodeEnum::CreateEventTrigStmt(statement) => event_trigger::effects(statement, scope),
        NodeEnum::AlterEventTrigStmt(statement) => event_trigger::alter(statement, scope),
        NodeEnum::CreatePublicationStmt(statement) => publication::effects(statement, scope),
        NodeEnum::AlterPublicationStmt(statement) => publication::alter(statement, scope),
        NodeEnum::CreateStatsStmt(statement) => statistics::effects(statement, scope),
        NodeEnum::AlterStatsStmt(statement) => statistics::alter(statement, scope),
        NodeEnum::CreateCastStmt(statement) => cast::effects(statement, scope),
        NodeEnum::CreateConversionStmt(statement) => cast::conversion(statement, scope),
        NodeEnum::AlterOperatorStmt(statement) => operator::alter(statement, scope),
        NodeEnum::CreateOpClassStmt(statement) => operator::class(statement, scope),
        NodeEnum::CreateOpFamilyStmt(statement) => operator::family(statement, scope),
        NodeEnum::CreatePlangStmt(statement) => language::effects(statement, scope),
        NodeEnum::CreateAmStmt(statement) => language::access_method(statement, scope),
        NodeEnum::CreateFdwStmt(statement) => foreign::wrapper(statement, scope),
        NodeEnum::AlterFdwStmt(statement) => foreign::alter_wrapper(statement, scope),
        NodeEnum::CreateForeignServerStmt(statement) => foreign::server(statement, scope),
        NodeEnum::AlterForeignServerStmt(statement) => foreign::alter_server(statement, scope),
        NodeEnum::CreateUserMappingStmt(statement) => foreign::user_mapping(statement, scope),
        NodeEnum::DropUserMappingStmt(statement) => foreign::drop_user_mapping(statement, scope),
        NodeEnum::CreateForeignTableStmt(statement) => foreign::table(statement, scope),
        NodeEnum::DefineStmt(statement) => define(statement, scope),
        NodeEnum::AlterTsconfigurationStmt(statement) => text_search::alter(statement, scope),
        NodeEnum::GrantStmt(statement) => grant::effects(statement, scope),
        NodeEnum::AlterDefaultPrivilegesStmt(statement) => grant::defaults(statement),
        NodeEnum::CommentStmt(statement) => comment::effects(statement, scope),
        NodeEnum::AlterOwnerStmt(statement) => owner::effects(statement, scope),
        NodeEnum::CreateRoleStmt(statement) => role::create(statement),
        NodeEnum::AlterRoleStmt(statement) => role::alter(statement),
        NodeEnum::DropRoleStmt(statement) => role::drop(statement),
        NodeEnum::DropOwnedStmt(statement) => role::drop_owned(statement),
        NodeEnum::ReassignOwnedStmt(statement) => role::reassign_owned(statement),
        NodeEnum::GrantRoleStmt(statement) => role::grant(statement),
        NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::TruncateStmt(_) => rows::effects(statement, scope),
        NodeEnum::DoStmt(statement) => do_block::effects(statement, scope),
        NodeEnum::DropStmt(statement) => drop::effects(statement, scope),
        NodeEnum::RenameStmt(statement) => rename::rename(statement, scope),
        NodeEnum::AlterObjectSchemaStmt(statement) => rename::set_schema(statement, scope),
        NodeEnum::VariableSetStmt(statement) => set::effects(statement, scope),
        NodeEnum::DiscardStmt(statement) if statement.target() == DiscardMode::DiscardAll => {
            vec![set::back(scope)]
        }
        NodeEnum::AlterDatabaseSetStmt(statement) => {
            set::later(statement.setstmt.as_ref(), "ALTER DATABASE", scope)
        }
        NodeEnum::AlterRoleSetStmt(statement) => set::later(statement.setstmt.as_ref(), "ALTER ROLE", scope),
        NodeEnum::AlterSystemStmt(statement) => set::later(statement.setstmt.as_ref(), "ALTER SYSTEM", scope),
        NodeEnum::SelectStmt(statement) => set::select(statement, scope),
        NodeEnum::CallStmt(statement) => set::call(statement),
        NodeEnum::DropdbStmt(statement) => shared::dropped(Shared::Database, &statement.dbname),
        NodeEnum::DropTableSpaceStmt(statement) => {
            shared::dropped(Shared::Tablespace, &statement.tablespacename)
        }
        NodeEnum::CreatedbStmt(statement) => {
            let owner = shared::owner_option(statement);
            shared::created(Shared::Database, &statement.dbname, owner.as_ref())
        }
        NodeEnum::CreateTableSpaceStmt(statement) => {
            shared::created(Shared::Tablespace, &statement.tablespacename, statement.owner.as_ref())
        }
        other => not_modelled(other),
    }
}

fn not_modelled(statement: &NodeEnum) -> Vec<Effect> {
    not_modelled::words(statement).map(Effect::NotModelled).into_iter().collect()
}

/// CREATE AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH ..., which share their grammar with base types.
fn define(statement: &DefineStmt, scope: &Scope) -> Vec<Effect> {
    let made = match statement.kind() {
        ObjectType::ObjectAggregate => Some(aggregate::effects(statement, scope)),
        ObjectType::ObjectOperator => Some(operator::effects(statement, scope)),
        ObjectType::ObjectCollation => Some(collation::effects(statement, scope)),
        _ => text_search::effects(statement, scope),
    };
    made.unwrap_or_else(|| vec![Effect::NotModelled(not_modelled::defined(statement))])
}

/// ALTER TABLE and what shares its grammar: composite types are types, and the columns of views are not audited.
fn alter_relation(statement: &AlterTableStmt, scope: &Scope) -> Vec<Effect> {
    match statement.objtype() {
        ObjectType::ObjectType => type_::alter_composite(statement, scope),
        ObjectType::ObjectView => view::alter(statement, scope),
        _ => alter_table::effects(statement, scope),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::core::kind::{Kind, Shape};

    /// The effects of SQL text whose unqualified names mean `public`.
    pub(crate) fn of(sql: &str) -> Vec<Effect> {
        in_path(&["public"], sql)
    }

    /// The effects of SQL text whose unqualified names mean the first of these schemas, and are looked up in all.
    pub(crate) fn in_path(path: &[&str], sql: &str) -> Vec<Effect> {
        let result = crate::core::sql::parse::parse(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let mut scope = Scope::of("public".into());
        scope.set_search_path(&path.iter().map(|schema| (*schema).into()).collect::<Vec<_>>());
        result.stmts.iter().flat_map(|raw| effects(raw.stmt.as_ref().unwrap(), &scope)).collect()
    }

    /// The one component that the SQL creates.
    pub(crate) fn created(sql: &str) -> (String, Shape, IfExists) {
        match of(sql).as_slice() {
            [Effect::Create { id, shape, if_exists } | Effect::CreateWith { id, shape, if_exists, .. }] => {
                (id.to_string(), shape.clone(), *if_exists)
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// The one component that the SQL obscures, and the reason.
    pub(crate) fn obscured(sql: &str) -> (String, String) {
        match of(sql).as_slice() {
            [Effect::Obscure { ids, reason, .. }] if ids.len() == 1 => {
                (ids.first().unwrap().to_string(), reason.clone())
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// What the report says of each command of PostgreSQL that this version does not model.
    #[test]
    fn c16_what_is_not_modelled_is_said_in_the_words_of_sql() {
        for (sql, words) in [
            ("alter collation c refresh version", "ALTER COLLATION"),
            ("alter database d set a = 1", "ALTER DATABASE"),
            ("alter extension e add table t", "ALTER EXTENSION ... ADD or DROP"),
            ("alter extension e update", "ALTER EXTENSION ... UPDATE"),
            ("alter index i depends on extension e", "ALTER INDEX ... DEPENDS ON EXTENSION"),
            ("alter operator family f using btree add function 1 g(int)", "ALTER OPERATOR FAMILY"),
            ("alter role r set a = 1", "ALTER ROLE"),
            ("alter subscription s disable", "ALTER SUBSCRIPTION"),
            ("alter system set a = 1", "ALTER SYSTEM"),
            ("alter text search dictionary d (a = b)", "ALTER TEXT SEARCH DICTIONARY"),
            ("alter type t set (storage = plain)", "ALTER TYPE ... SET"),
            ("alter user mapping for u server s options (a 'b')", "ALTER USER MAPPING"),
            ("alter view v alter column c set default 1", "ALTER VIEW"),
            ("call p()", "CALL"),
            ("comment on database d is 'x'", "COMMENT ON DATABASE"),
            ("copy t from '/x'", "COPY"),
            ("create database d", "CREATE DATABASE"),
            ("create operator ! (function = f, leftarg = int)", "CREATE OPERATOR"),
            ("create rule \"_RETURN\" as on select to t do instead select 1", "CREATE RULE ... ON SELECT"),
            ("create schema authorization current_user", "CREATE SCHEMA AUTHORIZATION CURRENT_USER"),
            ("create subscription s connection '' publication p", "CREATE SUBSCRIPTION"),
            ("create tablespace s location '/x'", "CREATE TABLESPACE"),
            ("create transform for int language l (from sql with function f(int))", "CREATE TRANSFORM"),
            ("create type t", "CREATE TYPE without a definition"),
            ("create type t (input = f, output = g)", "CREATE TYPE of a base type"),
            ("create user mapping for current_user server s", "CREATE USER MAPPING FOR CURRENT_USER"),
            ("delete from t", "DELETE"),
            ("do language plperl $$ 1 $$", "DO in the language plperl"),
            ("execute p", "EXECUTE"),
            ("grant set on parameter ssl_ecdh_curve to r", "GRANT ON PARAMETER"),
            ("grant select on t to current_user", "GRANT to whoever runs the statement"),
            ("grant r to session_user", "GRANT to whoever runs the statement"),
            ("alter role current_user login", "ALTER ROLE of whoever runs the statement"),
            ("alter role r password 'x'", "ALTER ROLE ... PASSWORD or VALID UNTIL"),
            (
                "alter default privileges grant select on tables to current_role",
                "GRANT to whoever runs the statement",
            ),
            ("import foreign schema s from server x into y", "IMPORT FOREIGN SCHEMA"),
            ("merge into t using s on true when matched then delete", "MERGE"),
            ("revoke select on large object 1 from r", "REVOKE ON LARGE OBJECT"),
            ("rollback", "ROLLBACK"),
            ("security label on table t is 'x'", "SECURITY LABEL ON TABLE"),
            ("select f(1)", "SELECT f(...)"),
            ("select * from t where f(a)", "SELECT"),
            ("with d as (delete from t returning 1) select 1", "SELECT"),
            ("truncate t", "TRUNCATE"),
            ("update t set a = 1", "UPDATE"),
        ] {
            let mut effects = of(sql);
            effects.retain(|effect| !matches!(effect, Effect::ChangeRows { .. } | Effect::Call { .. }));
            assert_eq!(effects, [Effect::NotModelled(words.into())], "{sql}");
        }
    }

    #[test]
    fn what_changes_nothing_audited_is_passed_over() {
        for sql in [
            "analyze t",
            "begin",
            "checkpoint",
            "cluster t",
            "close c",
            "commit",
            "create temporary view v as select 1",
            "create temp table t as select 1",
            "create temp sequence s",
            "deallocate p",
            "declare c cursor for select 1",
            "discard plans",
            "do $$ begin raise notice 'done'; end $$",
            "drop subscription s",
            "explain select 1",
            "fetch c",
            "listen l",
            "load 'x'",
            "lock t",
            "notify l",
            "prepare p as select 1",
            "refresh materialized view m",
            "reindex table t",
            "release s",
            "savepoint s",
            "select 1, 'a', null",
            "select a from t",
            "select setval('s', 5, true)",
            "select pg_catalog.set_config('work_mem', '1MB', false)",
            "set constraints all deferred",
            "set work_mem = '1MB'",
            "set role r",
            "show all",
            "unlisten l",
            "vacuum t",
        ] {
            assert_eq!(of(sql), [], "{sql}");
        }
    }

    #[test]
    fn every_command_that_is_modelled_has_an_effect() {
        for sql in [
            "alter default privileges grant select on tables to r",
            "alter domain d set not null",
            "alter event trigger e disable",
            "alter extension e update to '2'",
            "alter foreign data wrapper w options (a 'b')",
            "alter foreign table t add column c int",
            "alter function f() stable",
            "alter operator +(int, int) set (join = none)",
            "alter policy p on t using (true)",
            "alter publication p add table t",
            "alter function f() owner to o",
            "alter role r login",
            "alter sequence s increment 2",
            "alter server s version '1'",
            "alter statistics s set statistics 1",
            "alter table t add c int",
            "alter table t disable rule r",
            "alter table t rename to u",
            "alter type t add value 'x'",
            "create access method a type table handler h",
            "create aggregate a(int) (sfunc = f, stype = int)",
            "create cast (int as text) without function",
            "create collation c (locale = 'de')",
            "create conversion c for 'a' to 'b' from f",
            "alter view v owner to o",
            "comment on table t is 'x'",
            "create domain d as int",
            "create event trigger e on ddl_command_start execute function f()",
            "create extension e",
            "create foreign data wrapper w",
            "create foreign table t (a int) server s",
            "create function f() returns int language sql return 1",
            "create index on t (a)",
            "create language l handler h",
            "create materialized view m as select 1",
            "create operator + (function = f, leftarg = int, rightarg = int)",
            "create operator class c for type int using btree as operator 1 <",
            "create operator family f using btree",
            "create policy p on t",
            "create procedure p() language sql as ''",
            "create publication p for all tables",
            "create rule r as on insert to t do nothing",
            "create role r",
            "create schema s",
            "create sequence s",
            "create server s foreign data wrapper w",
            "create statistics s on a, b from t",
            "create table t (a int)",
            "create table t as select 1",
            "create text search configuration c (copy = simple)",
            "create text search dictionary d (template = simple)",
            "create text search parser p (start = f)",
            "create text search template t (lexize = f)",
            "create trigger t before insert on t execute function f()",
            "create type t as (a int)",
            "create user mapping for u server s",
            "create view v as select 1",
            "drop aggregate a(int)",
            "drop cast (int as text)",
            "drop operator +(int, int)",
            "drop rule r on t",
            "drop role r",
            "drop table t",
            "grant r to s",
            "grant select on t to r",
            "insert into t (a) values (1)",
            "select 1 into t",
            "set search_path = s",
        ] {
            let effects = of(sql);
            assert!(!effects.is_empty(), "{sql}");
            assert!(!matches!(effects[0], Effect::NotModelled(_)), "{sql}: {effects:?}");
        }
    }

    #[test]
    fn an_attribute_of_a_composite_type_is_no_column() {
        assert!(matches!(of("alter type t add attribute a int")[..], [Effect::ChangeAttribute { .. }]));
    }

    #[test]
    fn names_are_resolved_in_the_default_schema() {
        assert_eq!(created("create view v as select 1").0, "view/public.v");
        assert_eq!(created("create view crm.v as select 1").0, "view/crm.v");
        assert_eq!(Kind::View.id(), "view");
    }
}
