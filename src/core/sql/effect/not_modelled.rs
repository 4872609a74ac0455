//! Words for the statements whose effects are not modelled: silence would read as "present".

use pg_query::NodeEnum;
use pg_query::protobuf::{DefineStmt, ObjectType, TransactionStmtKind};

use crate::core::sql::effect::object;

/// The statement in the words of SQL; `None` for statements that change nothing that is audited: sessions,
/// transactions, maintenance, whole databases and servers.
#[must_use]
pub fn words(statement: &NodeEnum) -> Option<String> {
    if changes_nothing_audited(statement) {
        return None;
    }
    if let Some(words) = plain_words(statement) {
        return Some(words.to_owned());
    }
    Some(match statement {
        NodeEnum::SecLabelStmt(label) => format!("SECURITY LABEL ON {}", object::words(label.objtype())),
        NodeEnum::AlterObjectDependsStmt(depends) => {
            format!("ALTER {} ... DEPENDS ON EXTENSION", object::words(depends.object_type()))
        }
        NodeEnum::CreateTableAsStmt(_) => "CREATE TABLE AS".to_owned(),
        _ => "a statement of an unknown kind".to_owned(),
    })
}

fn changes_nothing_audited(statement: &NodeEnum) -> bool {
    match statement {
        NodeEnum::TransactionStmt(transaction) => !matches!(
            transaction.kind(),
            // What came before is undone.
            TransactionStmtKind::TransStmtRollback | TransactionStmtKind::TransStmtRollbackTo
        ),
        NodeEnum::VariableShowStmt(_)
        | NodeEnum::ConstraintsSetStmt(_)
        | NodeEnum::DiscardStmt(_)
        | NodeEnum::LockStmt(_)
        | NodeEnum::VacuumStmt(_)
        | NodeEnum::ClusterStmt(_)
        | NodeEnum::ReindexStmt(_)
        | NodeEnum::RefreshMatViewStmt(_)
        | NodeEnum::CheckPointStmt(_)
        | NodeEnum::LoadStmt(_)
        | NodeEnum::ExplainStmt(_)
        | NodeEnum::PrepareStmt(_)
        | NodeEnum::DeallocateStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::FetchStmt(_)
        | NodeEnum::ClosePortalStmt(_)
        | NodeEnum::ListenStmt(_)
        | NodeEnum::UnlistenStmt(_)
        | NodeEnum::NotifyStmt(_)
        | NodeEnum::DropSubscriptionStmt(_)
        | NodeEnum::AlterDatabaseRefreshCollStmt(_) => true,
        _ => false,
    }
}

/// The words of statements that have only one form.
fn plain_words(statement: &NodeEnum) -> Option<&'static str> {
    Some(match statement {
        NodeEnum::TransactionStmt(_) => "ROLLBACK",
        NodeEnum::UpdateStmt(_) => "UPDATE",
        NodeEnum::DeleteStmt(_) => "DELETE",
        NodeEnum::MergeStmt(_) => "MERGE",
        NodeEnum::InsertStmt(_) => "INSERT",
        NodeEnum::TruncateStmt(_) => "TRUNCATE",
        NodeEnum::CopyStmt(_) => "COPY",
        NodeEnum::ExecuteStmt(_) => "EXECUTE",
        NodeEnum::ImportForeignSchemaStmt(_) => "IMPORT FOREIGN SCHEMA",
        NodeEnum::AlterUserMappingStmt(_) => "ALTER USER MAPPING",
        NodeEnum::AlterTableSpaceOptionsStmt(_) => "ALTER TABLESPACE",
        NodeEnum::AlterTableMoveAllStmt(_) => "ALTER TABLE ALL IN TABLESPACE",
        NodeEnum::AlterDatabaseStmt(_) => "ALTER DATABASE",
        NodeEnum::AlterExtensionContentsStmt(_) => "ALTER EXTENSION ... ADD or DROP",
        NodeEnum::AlterCollationStmt(_) => "ALTER COLLATION",
        NodeEnum::AlterTypeStmt(_) => "ALTER TYPE ... SET",
        NodeEnum::AlterOpFamilyStmt(_) => "ALTER OPERATOR FAMILY",
        NodeEnum::CreateTransformStmt(_) => "CREATE TRANSFORM",
        NodeEnum::AlterTsdictionaryStmt(_) => "ALTER TEXT SEARCH DICTIONARY",
        NodeEnum::CreateSubscriptionStmt(_) => "CREATE SUBSCRIPTION",
        NodeEnum::AlterSubscriptionStmt(_) => "ALTER SUBSCRIPTION",
        _ => return None,
    })
}

/// Of types the shell (`create type t;`) and base types.
#[must_use]
pub fn defined(define: &DefineStmt) -> String {
    match define.kind() {
        ObjectType::ObjectType if define.definition.is_empty() => {
            "CREATE TYPE without a definition".to_owned()
        }
        ObjectType::ObjectType => "CREATE TYPE of a base type".to_owned(),
        other => format!("CREATE {}", object::words(other)),
    }
}
