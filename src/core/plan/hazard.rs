//! What a statement may cost on a relation that is there: its lock, and what it does while it holds it.
//!
//! The locks are those of PostgreSQL's documentation: "Explicit Locking" (`explicit-locking.html`), and the pages of
//! the commands. A relation that the plan makes itself has neither rows nor other users, so that nothing is said of it.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, IndexStmt, Node,
};
use serde::Serialize;

use super::statement::is_constraint;
use crate::core::name::QualifiedName;
use crate::core::sql::effect::Scope;
use crate::core::sql::mentioned::Mentioned;
use crate::core::sql::parse;

/// A lock on a table, weakest first (`lockdefs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum LockMode {
    /// `ROW EXCLUSIVE`: taken by whatever writes rows.
    RowExclusive,
    /// `SHARE UPDATE EXCLUSIVE`: reads and writes go on.
    ShareUpdateExclusive,
    /// `SHARE`: writes wait.
    Share,
    /// `SHARE ROW EXCLUSIVE`: writes wait.
    ShareRowExclusive,
    /// `EXCLUSIVE`: writes wait, and reads go on.
    Exclusive,
    /// `ACCESS EXCLUSIVE`: reads and writes wait.
    AccessExclusive,
}

impl LockMode {
    /// The name in PostgreSQL's documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// What a statement does to one relation, should it be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Concern {
    pub relation: QualifiedName,
    pub lock: LockMode,
    /// What may go wrong or take long, with the safer form where there is one.
    pub hazards: Vec<String>,
}

const FAST_INDEX: &str =
    "builds an index while writes to the table wait: CREATE INDEX CONCURRENTLY lets them go on";
const SAFE_KEY: &str = "fails if rows break it, and checks all rows while others wait: add it NOT VALID, then VALIDATE \
                        CONSTRAINT in another transaction";
const NOT_NULL: &str = "reads the whole table while others wait, and fails on a null: validate CHECK (column IS NOT \
                        NULL) before, added NOT VALID";
const UNIQUE: &str = "fails if rows are not unique";
const REWRITE: &str = "writes the whole table anew while reads and writes wait";

/// What a statement does to the relations that it names.
pub(super) fn concerns(statement: &NodeEnum, scope: &Scope) -> Vec<Concern> {
    use LockMode::{
        AccessExclusive, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
    };
    let one = |relation: &Option<pg_query::protobuf::RangeVar>, lock, hazards: &[&str]| {
        let hazards = hazards.iter().map(|text| (*text).to_owned()).collect();
        let relation = relation.as_ref().map(|name| parse::relation(name, scope));
        relation.map(|relation| Concern { relation, lock, hazards }).into_iter().collect()
    };
    match statement {
        NodeEnum::AlterTableStmt(alter) => alter_table(alter, scope),
        NodeEnum::IndexStmt(index) => {
            let lock = if index.concurrent { ShareUpdateExclusive } else { Share };
            one(&index.relation, lock, &index_hazards(index))
        }
        NodeEnum::CreateStmt(create) => {
            let parent = if create.partbound.is_some() { AccessExclusive } else { ShareUpdateExclusive };
            let parents = create.inh_relations.iter().filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(name)) => Some(parse::relation(name, scope)),
                _ => None,
            });
            let referenced = create.table_elts.iter().flat_map(|element| referenced(element, scope));
            let plain = |(relation, lock)| Concern { relation, lock, hazards: Vec::new() };
            parents
                .map(|name| (name, parent))
                .chain(referenced.map(|name| (name, ShareRowExclusive)))
                .map(plain)
                .collect()
        }
        NodeEnum::CreateTrigStmt(trigger) => one(&trigger.relation, ShareRowExclusive, &[]),
        NodeEnum::CreatePolicyStmt(policy) => one(&policy.table, AccessExclusive, &[]),
        NodeEnum::AlterPolicyStmt(policy) => one(&policy.table, AccessExclusive, &[]),
        NodeEnum::RuleStmt(rule) => one(&rule.relation, AccessExclusive, &[]),
        NodeEnum::ViewStmt(view) if view.replace => one(&view.view, AccessExclusive, &[]),
        NodeEnum::RefreshMatViewStmt(refresh) => {
            let lock = if refresh.concurrent { Exclusive } else { AccessExclusive };
            one(&refresh.relation, lock, &["runs the query of the view"])
        }
        NodeEnum::RenameStmt(rename) => {
            one(&rename.relation, AccessExclusive, &["what uses the old name fails from then on"])
        }
        NodeEnum::InsertStmt(insert) => one(&insert.relation, RowExclusive, &[]),
        NodeEnum::UpdateStmt(update) => {
            let all =
                if update.where_clause.is_none() { &["changes every row"][..] } else { &["changes rows"] };
            one(&update.relation, RowExclusive, all)
        }
        NodeEnum::DeleteStmt(delete) => {
            let all =
                if delete.where_clause.is_none() { &["deletes every row"][..] } else { &["deletes rows"] };
            one(&delete.relation, RowExclusive, all)
        }
        NodeEnum::CreateStatsStmt(statistics) => statistics
            .relations
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(name)) => Some(parse::relation(name, scope)),
                _ => None,
            })
            .map(|relation| Concern { relation, lock: ShareUpdateExclusive, hazards: Vec::new() })
            .collect(),
        _ => Vec::new(),
    }
}

fn index_hazards(index: &IndexStmt) -> Vec<&'static str> {
    let slow = (!index.concurrent).then_some(FAST_INDEX);
    let unique = index.unique.then_some(UNIQUE);
    slow.into_iter().chain(unique).collect()
}

fn alter_table(alter: &AlterTableStmt, scope: &Scope) -> Vec<Concern> {
    let Some(name) = &alter.relation else { return Vec::new() };
    let mut own =
        Concern { relation: parse::relation(name, scope), lock: LockMode::RowExclusive, hazards: Vec::new() };
    let mut others = Vec::new();
    for node in &alter.cmds {
        let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
        let (lock, hazards) = command_concern(command);
        own.lock = own.lock.max(lock);
        for hazard in hazards {
            if !own.hazards.contains(&hazard) {
                own.hazards.push(hazard);
            }
        }
        others.extend(command.def.as_deref().into_iter().flat_map(|def| referenced(def, scope)));
    }
    let locked = |relation| Concern { relation, lock: LockMode::ShareRowExclusive, hazards: Vec::new() };
    std::iter::once(own).chain(others.into_iter().map(locked)).collect()
}

/// The lock of one command, and what it may cost (`AlterTableGetLockLevel` in `tablecmds.c`).
fn command_concern(command: &AlterTableCmd) -> (LockMode, Vec<String>) {
    use AlterTableType as T;
    let def = command.def.as_deref().and_then(|def| def.node.as_ref());
    let said = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match command.subtype() {
        T::AtAddColumn => match def {
            Some(NodeEnum::ColumnDef(column)) => (LockMode::AccessExclusive, new_column(column)),
            _ => (LockMode::AccessExclusive, Vec::new()),
        },
        T::AtAddConstraint => match def {
            Some(NodeEnum::Constraint(constraint)) => new_constraint(constraint),
            _ => (LockMode::AccessExclusive, Vec::new()),
        },
        T::AtSetNotNull => (LockMode::AccessExclusive, said(&[NOT_NULL])),
        T::AtAlterColumnType => {
            let text = format!("{REWRITE}, unless the old values hold for the new type as they are");
            (LockMode::AccessExclusive, said(&[text.as_str(), "narrowing fails on values that do not fit"]))
        }
        T::AtSetLogged
        | T::AtSetUnLogged
        | T::AtSetAccessMethod
        | T::AtSetTableSpace
        | T::AtSetExpression => (LockMode::AccessExclusive, said(&[REWRITE])),
        T::AtDropColumn => (LockMode::AccessExclusive, said(&["drops a column with its data"])),
        T::AtEnableRowSecurity | T::AtForceRowSecurity => {
            (LockMode::AccessExclusive, said(&["hides every row that no policy shows, from then on"]))
        }
        T::AtAttachPartition => (
            LockMode::ShareUpdateExclusive,
            said(&["reads the whole partition, unless a CHECK proves its bound"]),
        ),
        T::AtValidateConstraint => (
            LockMode::ShareUpdateExclusive,
            said(&["reads the whole table while reads and writes go on, and fails if a row breaks it"]),
        ),
        T::AtSetStatistics | T::AtClusterOn | T::AtDropCluster | T::AtSetOptions | T::AtResetOptions => {
            (LockMode::ShareUpdateExclusive, Vec::new())
        }
        T::AtEnableTrig
        | T::AtEnableAlwaysTrig
        | T::AtEnableReplicaTrig
        | T::AtDisableTrig
        | T::AtEnableTrigAll
        | T::AtDisableTrigAll
        | T::AtEnableTrigUser
        | T::AtDisableTrigUser => (LockMode::ShareRowExclusive, Vec::new()),
        _ => (LockMode::AccessExclusive, Vec::new()),
    }
}

fn new_column(column: &ColumnDef) -> Vec<String> {
    let has = |form| column.constraints.iter().any(|node| is_constraint(node, form));
    let of = |form| {
        column.constraints.iter().find_map(|node| match &node.node {
            Some(NodeEnum::Constraint(constraint)) if constraint.contype() == form => {
                constraint.raw_expr.as_deref()
            }
            _ => None,
        })
    };
    let serial = column
        .type_name
        .as_ref()
        .is_some_and(|name| parse::strings(&name.names).last().is_some_and(|name| name.contains("serial")));
    let mut hazards = Vec::new();
    let filled = serial || has(ConstrType::ConstrIdentity) || has(ConstrType::ConstrGenerated);
    if filled {
        hazards.push(format!("{REWRITE}: each gets a value of its own"));
    }
    match of(ConstrType::ConstrDefault) {
        Some(default) => hazards.extend(volatile(default)),
        None if !filled && (has(ConstrType::ConstrNotnull) || has(ConstrType::ConstrPrimary)) => {
            hazards.push("fails if the table has rows: it is NOT NULL without a default".to_owned());
        }
        None => {}
    }
    if has(ConstrType::ConstrUnique) || has(ConstrType::ConstrPrimary) {
        hazards.push("builds an index while reads and writes wait".to_owned());
    }
    if has(ConstrType::ConstrCheck) {
        hazards.push(format!("adds a CHECK, which {SAFE_KEY}"));
    }
    if has(ConstrType::ConstrForeign) && of(ConstrType::ConstrDefault).is_some() {
        hazards.push(format!("adds a foreign key, which {SAFE_KEY}"));
    }
    hazards
}

/// A default that gives each row another value makes PostgreSQL write the table anew (`ATExecAddColumn`).
fn volatile(default: &Node) -> Option<String> {
    const STABLE: [&str; 12] = [
        "now",
        "transaction_timestamp",
        "statement_timestamp",
        "timezone",
        "lower",
        "upper",
        "to_char",
        "make_interval",
        "jsonb_build_object",
        "jsonb_build_array",
        "md5",
        "abs",
    ];
    const VOLATILE: [&str; 8] = [
        "random",
        "gen_random_uuid",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
        "clock_timestamp",
        "nextval",
        "timeofday",
    ];
    let mentioned = Mentioned::in_node(default);
    let functions: Vec<&str> =
        mentioned.functions.iter().filter_map(|name| name.last()).map(String::as_str).collect();
    if let Some(name) = functions.iter().find(|name| VOLATILE.contains(name)) {
        return Some(format!("{REWRITE}: {name}() gives each row a value of its own"));
    }
    let unknown = functions.iter().find(|name| !STABLE.contains(name))?;
    Some(format!("{REWRITE}, if {unknown}() is volatile"))
}

fn new_constraint(constraint: &Constraint) -> (LockMode, Vec<String>) {
    let unchecked = constraint.skip_validation;
    let safer = |what: &str| if unchecked { Vec::new() } else { vec![format!("{what} {SAFE_KEY}")] };
    match constraint.contype() {
        ConstrType::ConstrForeign => (LockMode::ShareRowExclusive, safer("the foreign key")),
        ConstrType::ConstrCheck => (LockMode::AccessExclusive, safer("the CHECK")),
        ConstrType::ConstrNotnull => {
            (LockMode::AccessExclusive, if unchecked { Vec::new() } else { vec![NOT_NULL.to_owned()] })
        }
        ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion
            if constraint.indexname.is_empty() =>
        {
            let slow = "builds an index while reads and writes wait: CREATE UNIQUE INDEX CONCURRENTLY, then ADD \
                        CONSTRAINT ... USING INDEX";
            (LockMode::AccessExclusive, vec![slow.to_owned(), UNIQUE.to_owned()])
        }
        _ => (LockMode::AccessExclusive, Vec::new()),
    }
}

/// The tables that the foreign keys of a column or a constraint refer to.
fn referenced(node: &Node, scope: &Scope) -> Vec<QualifiedName> {
    match &node.node {
        Some(NodeEnum::Constraint(constraint)) => {
            constraint.pktable.iter().map(|table| parse::relation(table, scope)).collect()
        }
        Some(NodeEnum::ColumnDef(column)) => {
            column.constraints.iter().flat_map(|constraint| referenced(constraint, scope)).collect()
        }
        _ => Vec::new(),
    }
}
