//! Commands of ALTER TABLE that set one part of a table or of a column, and leave the others.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableType as T, Node};

use crate::core::kind::column::Column;
use crate::core::kind::index::Index;
use crate::core::kind::parameters::Parameters;
use crate::core::kind::table::{Persistence, ReplicaIdentity, Table};
use crate::core::name::Identifier;
use crate::core::sql::effect::{column, parameters};
use crate::core::sql::parse;

/// What the command says of the table; `None` where it is another command.
pub(super) fn of_table(command: &AlterTableCmd) -> Option<Table> {
    Some(match command.subtype() {
        T::AtSetRelOptions | T::AtReplaceRelOptions | T::AtResetRelOptions => {
            Table { parameters: relation_options(command)?, ..Table::default() }
        }
        T::AtSetLogged => Table { persistence: Some(Persistence::Permanent), ..Table::default() },
        T::AtSetUnLogged => Table { persistence: Some(Persistence::Unlogged), ..Table::default() },
        T::AtSetAccessMethod if !command.name.is_empty() => {
            Table { access_method: Some(Identifier::new(&command.name)), ..Table::default() }
        }
        T::AtReplicaIdentity => {
            Table { replica_identity: Some(replica_identity(command)?), ..Table::default() }
        }
        T::AtAddOf => {
            let of_type = match &command.def.as_deref()?.node {
                Some(NodeEnum::TypeName(name)) => parse::type_name(name)?,
                _ => return None,
            };
            Table { of_type: Some(of_type), ..Table::default() }
        }
        _ => return None,
    })
}

/// What the command says of an index; `None` where it is another command.
pub(super) fn of_index(command: &AlterTableCmd) -> Option<Index> {
    Some(Index { parameters: relation_options(command)?, ..Index::default() })
}

/// SET (...) and RESET (...) of a relation; `None` for other commands.
pub(in crate::core::sql::effect) fn relation_options(command: &AlterTableCmd) -> Option<Parameters> {
    match command.subtype() {
        T::AtSetRelOptions | T::AtReplaceRelOptions => Some(parameters::parameters(list(command))),
        T::AtResetRelOptions => Some(parameters::reset(list(command))),
        _ => None,
    }
}

/// What ALTER COLUMN ... SET STORAGE and its like say.
pub(super) fn of_column(command: &AlterTableCmd) -> Column {
    let word = match command.def.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::String(word)) => word.sval.as_str(),
        _ => "",
    };
    match command.subtype() {
        T::AtSetStorage => Column { storage: column::storage(word), ..Column::default() },
        T::AtSetCompression => Column { compression: column::compression(word), ..Column::default() },
        T::AtSetStatistics => Column { statistics: Some(statistics(command)), ..Column::default() },
        T::AtSetOptions => Column { options: parameters::parameters(list(command)), ..Column::default() },
        T::AtResetOptions => Column { options: parameters::reset(list(command)), ..Column::default() },
        _ => Column::default(),
    }
}

/// SET STATISTICS; DEFAULT, which has no value, is -1.
fn statistics(command: &AlterTableCmd) -> i64 {
    match command.def.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::Integer(target)) => target.ival.into(),
        _ => -1,
    }
}

fn replica_identity(command: &AlterTableCmd) -> Option<ReplicaIdentity> {
    let Some(NodeEnum::ReplicaIdentityStmt(identity)) = &command.def.as_deref()?.node else { return None };
    Some(match identity.identity_type.as_str() {
        "d" => ReplicaIdentity::Default,
        "n" => ReplicaIdentity::Nothing,
        "f" => ReplicaIdentity::Full,
        "i" => ReplicaIdentity::Index(Identifier::new(&identity.name)),
        _ => return None,
    })
}

fn list(command: &AlterTableCmd) -> &[Node] {
    match command.def.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}
