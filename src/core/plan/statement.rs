//! What the grammar says of a statement that its effects do not: where it may run, what it locks, what it may cost.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableType, ConstrType, DiscardMode, Node, ObjectType, SelectStmt, TransactionStmtKind,
    VariableSetKind,
};

use super::block::ends_transactions;
use super::concern::{Concern, Danger, concerns, dangers};
use super::need::{Need, needs};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Scope, temporary};
use crate::core::sql::parse;

/// What a plan knows of one statement from its parse tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traits {
    /// What it is for a plan.
    pub form: Form,
    /// Where it may run.
    pub place: Place,
    /// Whether it says OR REPLACE.
    pub replaces: bool,
    /// Whether it may run again over what it made in part: ON CONFLICT, GRANT, COMMENT.
    pub may_repeat: bool,
    /// Whether it computes new values of a column from the old ones (ALTER COLUMN ... TYPE ... USING).
    pub converts: bool,
    /// The locks that it takes and what they may cost, if the relation is there by then.
    pub concerns: Vec<Concern>,
    /// What it may cost that is about no table by name.
    pub dangers: Vec<Danger>,
    /// What it needs to be allowed, or to be there.
    pub needs: Vec<Need>,
    /// The temporary relation that it makes.
    pub makes_temporary: Option<Identifier>,
    /// The temporary relations that it names, made by statements before it.
    pub temporary: BTreeSet<Identifier>,
}

/// What a statement is for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// BEGIN, COMMIT and the like: a plan has transactions of its own.
    Transaction,
    /// SET: a part of the context of what follows; `None` takes it back.
    Setting(String, Option<String>),
    /// DISCARD: the session is not the author's; `all`: with every setting.
    Discard { all: bool },
    /// It gives back the lock that keeps other migrations out.
    Unlocks,
    /// It drops what no effect names: a database, what a role owns.
    Destroys,
    /// COPY.
    Copy,
    /// Rows that are put into a table.
    Insert(QualifiedName),
    /// A materialized view is filled.
    Refresh(QualifiedName),
    /// A DO block.
    Block,
    /// Anything else.
    Other,
}

/// Where a statement may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a transaction with others.
    Anywhere,
    /// Outside of any transaction.
    Alone,
    /// In a transaction that is committed before the label that it adds to a type may be used, even if that made the type
    /// (`check_safe_enum_use` in PostgreSQL's `enum.c`; since 17 a new type is excepted).
    CommitAfter,
}

impl Traits {
    pub(super) fn of(node: &Node, scope: &Scope) -> Self {
        let statement = node.node.as_ref();
        Self {
            form: statement.map_or(Form::Other, |statement| form(statement, scope)),
            place: statement.map_or(Place::Anywhere, place),
            replaces: statement.is_some_and(replaces),
            may_repeat: statement.is_some_and(may_repeat),
            converts: statement.is_some_and(converts),
            concerns: statement.map(|statement| concerns(statement, scope)).unwrap_or_default(),
            dangers: statement.map(dangers).unwrap_or_default(),
            needs: statement.map(|statement| needs(statement, scope)).unwrap_or_default(),
            makes_temporary: statement.and_then(temporary::made_by),
            temporary: statement.map(|statement| temporary_in(statement, scope)).unwrap_or_default(),
        }
    }
}

/// The temporary relations that a statement names. Of a DO block, its words tell.
fn temporary_in(statement: &NodeEnum, scope: &Scope) -> BTreeSet<Identifier> {
    if scope.temporary.is_empty() {
        return BTreeSet::new();
    }
    if let NodeEnum::DoStmt(block) = statement {
        return scope.temporary.iter().filter(|name| says(&block.args, name.as_str())).cloned().collect();
    }
    let nodes = statement.nodes();
    let relations = nodes.iter().filter_map(|(node, ..)| match node {
        pg_query::NodeRef::RangeVar(relation) => Some(relation),
        _ => None,
    });
    relations
        .filter(|relation| temporary::is(relation, scope))
        .map(|relation| Identifier::new(&relation.relname))
        .collect()
}

fn form(statement: &NodeEnum, scope: &Scope) -> Form {
    match statement {
        NodeEnum::TransactionStmt(transaction) => match transaction.kind() {
            // Without the BEGIN that it belongs to, nobody knows what it undoes.
            TransactionStmtKind::TransStmtRollback => Form::Other,
            _ => Form::Transaction,
        },
        NodeEnum::VariableSetStmt(set) => match set.kind() {
            VariableSetKind::VarSetValue => {
                let values: Option<Vec<String>> =
                    set.args.iter().map(|value| parse::constant(value).flatten()).collect();
                Form::Setting(set.name.to_ascii_lowercase(), values.map(|values| values.join(", ")))
            }
            _ => Form::Setting(set.name.to_ascii_lowercase(), None),
        },
        NodeEnum::SelectStmt(select) => match set_config(select) {
            Some((name, value)) => Form::Setting(name, Some(value)),
            None if calls(statement, UNLOCKS) => Form::Unlocks,
            None => Form::Other,
        },
        NodeEnum::DoStmt(block) if says(&block.args, UNLOCKS) => Form::Unlocks,
        NodeEnum::DoStmt(_) => Form::Block,
        NodeEnum::DiscardStmt(discard) => match discard.target() {
            DiscardMode::DiscardAll => Form::Discard { all: true },
            DiscardMode::DiscardPlans | DiscardMode::DiscardSequences => Form::Discard { all: false },
            _ => Form::Other,
        },
        NodeEnum::DropdbStmt(_)
        | NodeEnum::DropSubscriptionStmt(_)
        | NodeEnum::DropTableSpaceStmt(_)
        | NodeEnum::DropOwnedStmt(_) => Form::Destroys,
        NodeEnum::CopyStmt(_) => Form::Copy,
        NodeEnum::InsertStmt(insert) => match &insert.relation {
            Some(relation) => Form::Insert(parse::relation(relation, scope)),
            None => Form::Other,
        },
        NodeEnum::RefreshMatViewStmt(refresh) => match &refresh.relation {
            Some(relation) => Form::Refresh(parse::relation(relation, scope)),
            None => Form::Other,
        },
        _ => Form::Other,
    }
}

/// Gives back every advisory lock of the session.
const UNLOCKS: &str = "pg_advisory_unlock_all";

/// Whether a statement calls a function of this name.
fn calls(statement: &NodeEnum, name: &str) -> bool {
    statement.nodes().iter().any(|(node, ..)| {
        matches!(node, pg_query::NodeRef::FuncCall(call) if parse::strings(&call.funcname).last() == Some(&name))
    })
}

/// Whether the text of a DO block has this word.
fn says(arguments: &[Node], word: &str) -> bool {
    arguments.iter().any(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) => {
            let text = option.arg.as_deref().and_then(parse::constant_or_string);
            text.is_some_and(|text| text.to_ascii_lowercase().contains(word))
        }
        _ => false,
    })
}

/// `SELECT set_config('name', 'value', ...)` alone, which is a SET.
fn set_config(select: &SelectStmt) -> Option<(String, String)> {
    let [target] = select.target_list.as_slice() else { return None };
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return None };
    let Some(NodeEnum::FuncCall(call)) = &target.val.as_deref()?.node else { return None };
    if parse::strings(&call.funcname).last() != Some(&"set_config") || !select.from_clause.is_empty() {
        return None;
    }
    let mut arguments = call.args.iter().map(|argument| parse::constant(argument).flatten());
    Some((arguments.next()??.to_ascii_lowercase(), arguments.next()??))
}

/// The statements that call `PreventInTransactionBlock` in PostgreSQL's sources, and ADD VALUE, whose label cannot be
/// used before its transaction is committed (`enum.c`).
fn place(statement: &NodeEnum) -> Place {
    let alone = match statement {
        NodeEnum::IndexStmt(index) => index.concurrent,
        NodeEnum::DropStmt(drop) => drop.concurrent,
        NodeEnum::VacuumStmt(vacuum) => vacuum.is_vacuumcmd,
        NodeEnum::ReindexStmt(reindex) => {
            let is_concurrently = |node: &Node| match &node.node {
                Some(NodeEnum::DefElem(option)) => option.defname == "concurrently",
                _ => false,
            };
            reindex.params.iter().any(is_concurrently) || reindex.relation.is_none()
        }
        NodeEnum::AlterTableStmt(alter) => alter.cmds.iter().any(|command| match &command.node {
            Some(NodeEnum::AlterTableCmd(command)) => match command.def.as_deref().map(|def| &def.node) {
                Some(Some(NodeEnum::PartitionCmd(partition))) => partition.concurrent,
                _ => false,
            },
            _ => false,
        }),
        NodeEnum::DoStmt(block) => ends_transactions(block),
        NodeEnum::CreatedbStmt(_)
        | NodeEnum::DropdbStmt(_)
        | NodeEnum::AlterDatabaseStmt(_)
        | NodeEnum::CreateTableSpaceStmt(_)
        | NodeEnum::DropTableSpaceStmt(_)
        | NodeEnum::AlterSystemStmt(_)
        | NodeEnum::CreateSubscriptionStmt(_)
        | NodeEnum::DropSubscriptionStmt(_)
        | NodeEnum::CallStmt(_) => true,
        NodeEnum::AlterEnumStmt(alter) if alter.old_val.is_empty() => return Place::CommitAfter,
        _ => false,
    };
    if alone { Place::Alone } else { Place::Anywhere }
}

fn replaces(statement: &NodeEnum) -> bool {
    match statement {
        NodeEnum::CreateFunctionStmt(function) => function.replace,
        NodeEnum::ViewStmt(view) => view.replace,
        NodeEnum::CreateTrigStmt(trigger) => trigger.replace,
        NodeEnum::DefineStmt(define) => define.replace && define.kind() == ObjectType::ObjectAggregate,
        NodeEnum::RuleStmt(rule) => rule.replace,
        _ => false,
    }
}

fn may_repeat(statement: &NodeEnum) -> bool {
    match statement {
        NodeEnum::InsertStmt(insert) => insert.on_conflict_clause.is_some(),
        NodeEnum::GrantStmt(_)
        | NodeEnum::GrantRoleStmt(_)
        | NodeEnum::AlterDefaultPrivilegesStmt(_)
        | NodeEnum::CommentStmt(_)
        | NodeEnum::AlterOwnerStmt(_) => true,
        _ => false,
    }
}

fn converts(statement: &NodeEnum) -> bool {
    let NodeEnum::AlterTableStmt(alter) = statement else { return false };
    alter.cmds.iter().any(|command| match &command.node {
        Some(NodeEnum::AlterTableCmd(command)) if command.subtype() == AlterTableType::AtAlterColumnType => {
            let def = command.def.as_deref().and_then(|def| def.node.as_ref());
            matches!(def, Some(NodeEnum::ColumnDef(column)) if column.raw_default.is_some())
        }
        _ => false,
    })
}

/// The constraints of a column, or of a table.
pub(super) fn is_constraint(node: &Node, form: ConstrType) -> bool {
    matches!(&node.node, Some(NodeEnum::Constraint(constraint)) if constraint.contype() == form)
}
