//! What a statement does to relations that are there: its lock, and what it does while it holds it.
//!
//! The locks are those of PostgreSQL's documentation: "Explicit Locking" (`explicit-locking.html`), and the pages of
//! the commands. A relation that the plan makes itself has neither rows nor other users, so that nothing is said of it.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, IndexStmt, Node,
};

use super::hazard::{
    ATTACH_READS_PARTITION, CHANGES_ROWS, CHECK_CHECKS_ROWS, COLUMN_REWRITES_TABLE, CONSTRAINT_BUILDS_INDEX,
    DESTROYS, DOMAIN_CHECKS_COLUMNS, FOREIGN_KEY_CHECKS_ROWS, FOREIGN_KEY_LOCKS_BOTH, INDEX_LOCKS_WRITES,
    INDEX_TAKES_DISK, LABEL_STAYS, LockMode, NEW_ROWS_CHANGE, NOT_NULL_READS_TABLE, NULLS_APPEAR,
    REFRESH_RUNS_QUERY, RENAME_BREAKS_USERS, REQUIRED_COLUMN, REWRITES_TABLE, ROWS_ARE_HIDDEN, Rule,
    TYPE_CHANGE_REWRITES_TABLE, UNIQUE_MAY_FAIL, VALIDATE_READS_TABLE,
};
use super::statement::is_constraint;
use crate::core::name::QualifiedName;
use crate::core::sql::effect::Scope;
use crate::core::sql::mentioned::Mentioned;
use crate::core::sql::parse;

/// What may go wrong or take long: the rule, and what is particular.
pub(super) type Danger = (&'static Rule, Option<String>);

/// What a statement does to one relation, should it be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Concern {
    pub relation: QualifiedName,
    pub lock: LockMode,
    /// What may go wrong or take long.
    pub dangers: Vec<Danger>,
}

/// What a statement does to the relations that it names.
pub(super) fn concerns(statement: &NodeEnum, scope: &Scope) -> Vec<Concern> {
    use LockMode::{
        AccessExclusive, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
    };
    let one = |relation: &Option<pg_query::protobuf::RangeVar>, lock, rules: &[&'static Rule]| {
        let dangers = rules.iter().map(|rule| (*rule, None)).collect();
        let relation = relation.as_ref().map(|name| parse::relation(name, scope));
        relation.map(|relation| Concern { relation, lock, dangers }).into_iter().collect()
    };
    match statement {
        NodeEnum::AlterTableStmt(alter) => alter_table(alter, scope),
        NodeEnum::IndexStmt(index) => {
            let lock = if index.concurrent { ShareUpdateExclusive } else { Share };
            one(&index.relation, lock, &index_rules(index))
        }
        NodeEnum::CreateStmt(create) => {
            let parent = if create.partbound.is_some() { AccessExclusive } else { ShareUpdateExclusive };
            let parents = create.inh_relations.iter().filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(name)) => Some(parse::relation(name, scope)),
                _ => None,
            });
            let referenced = create.table_elts.iter().flat_map(|element| referenced(element, scope));
            let plain = |(relation, lock)| Concern { relation, lock, dangers: Vec::new() };
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
            one(&refresh.relation, lock, &[&REFRESH_RUNS_QUERY])
        }
        NodeEnum::RenameStmt(rename) => one(&rename.relation, AccessExclusive, &[&RENAME_BREAKS_USERS]),
        NodeEnum::InsertStmt(insert) => one(&insert.relation, RowExclusive, &[]),
        NodeEnum::UpdateStmt(update) => one(&update.relation, RowExclusive, &[&CHANGES_ROWS]),
        NodeEnum::DeleteStmt(delete) => one(&delete.relation, RowExclusive, &[&CHANGES_ROWS]),
        NodeEnum::TruncateStmt(truncate) => truncate
            .relations
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(name)) => Some(parse::relation(name, scope)),
                _ => None,
            })
            .map(|relation| Concern {
                relation,
                lock: AccessExclusive,
                dangers: vec![(&DESTROYS, Some("every row".to_owned()))],
            })
            .collect(),
        NodeEnum::CreateStatsStmt(statistics) => statistics
            .relations
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::RangeVar(name)) => Some(parse::relation(name, scope)),
                _ => None,
            })
            .map(|relation| Concern { relation, lock: ShareUpdateExclusive, dangers: Vec::new() })
            .collect(),
        _ => Vec::new(),
    }
}

/// What a statement may cost that is about no table by name.
pub(super) fn dangers(statement: &NodeEnum) -> Vec<Danger> {
    match statement {
        NodeEnum::AlterEnumStmt(alter) if alter.old_val.is_empty() => vec![(&LABEL_STAYS, None)],
        // C: add a constraint, O: set not null (`AlterDomainStmt` in `parsenodes.h`).
        NodeEnum::AlterDomainStmt(alter) => {
            let unchecked = match alter.def.as_deref().and_then(|def| def.node.as_ref()) {
                Some(NodeEnum::Constraint(constraint)) => constraint.skip_validation,
                _ => false,
            };
            let checks = matches!(alter.subtype.as_str(), "C" | "O" | "V") && !unchecked;
            checks.then_some((&DOMAIN_CHECKS_COLUMNS, None)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn index_rules(index: &IndexStmt) -> Vec<&'static Rule> {
    let slow = (!index.concurrent).then_some(&INDEX_LOCKS_WRITES);
    let unique = index.unique.then_some(&UNIQUE_MAY_FAIL);
    slow.into_iter().chain(unique).chain([&INDEX_TAKES_DISK]).collect()
}

fn alter_table(alter: &AlterTableStmt, scope: &Scope) -> Vec<Concern> {
    let Some(name) = &alter.relation else { return Vec::new() };
    let mut own =
        Concern { relation: parse::relation(name, scope), lock: LockMode::RowExclusive, dangers: Vec::new() };
    let mut others = Vec::new();
    for node in &alter.cmds {
        let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
        let (lock, dangers) = command_concern(command);
        own.lock = own.lock.max(lock);
        for danger in dangers {
            if !own.dangers.contains(&danger) {
                own.dangers.push(danger);
            }
        }
        others.extend(command.def.as_deref().into_iter().flat_map(|def| referenced(def, scope)));
    }
    let locked = |relation| Concern { relation, lock: LockMode::ShareRowExclusive, dangers: Vec::new() };
    std::iter::once(own).chain(others.into_iter().map(locked)).collect()
}

/// The lock of one command, and what it may cost (`AlterTableGetLockLevel` in `tablecmds.c`).
fn command_concern(command: &AlterTableCmd) -> (LockMode, Vec<Danger>) {
    use AlterTableType as T;
    let def = command.def.as_deref().and_then(|def| def.node.as_ref());
    let only = |rule: &'static Rule| vec![(rule, None)];
    match command.subtype() {
        T::AtAddColumn => match def {
            Some(NodeEnum::ColumnDef(column)) => (LockMode::AccessExclusive, new_column(column)),
            _ => (LockMode::AccessExclusive, Vec::new()),
        },
        T::AtAddConstraint => match def {
            Some(NodeEnum::Constraint(constraint)) => new_constraint(constraint),
            _ => (LockMode::AccessExclusive, Vec::new()),
        },
        T::AtSetNotNull => {
            (LockMode::AccessExclusive, vec![(&NOT_NULL_READS_TABLE, Some(command.name.clone()))])
        }
        T::AtDropNotNull => (LockMode::AccessExclusive, vec![(&NULLS_APPEAR, Some(command.name.clone()))]),
        T::AtAlterColumnType => {
            (LockMode::AccessExclusive, vec![(&TYPE_CHANGE_REWRITES_TABLE, Some(command.name.clone()))])
        }
        T::AtSetLogged
        | T::AtSetUnLogged
        | T::AtSetAccessMethod
        | T::AtSetTableSpace
        | T::AtSetExpression => (LockMode::AccessExclusive, only(&REWRITES_TABLE)),
        T::AtDropColumn => {
            let what = format!("the column {} with its data", command.name);
            (LockMode::AccessExclusive, vec![(&DESTROYS, Some(what))])
        }
        T::AtEnableRowSecurity | T::AtForceRowSecurity => (LockMode::AccessExclusive, only(&ROWS_ARE_HIDDEN)),
        T::AtAttachPartition => (LockMode::ShareUpdateExclusive, only(&ATTACH_READS_PARTITION)),
        T::AtColumnDefault if def.is_none() => {
            (LockMode::AccessExclusive, vec![(&NEW_ROWS_CHANGE, Some(command.name.clone()))])
        }
        T::AtAddIdentity | T::AtSetIdentity | T::AtDropIdentity | T::AtDropExpression => {
            (LockMode::AccessExclusive, vec![(&NEW_ROWS_CHANGE, Some(command.name.clone()))])
        }
        T::AtDetachPartition => {
            let concurrent = matches!(def, Some(NodeEnum::PartitionCmd(partition)) if partition.concurrent);
            let lock = if concurrent { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
            (lock, vec![(&DESTROYS, Some("the rows of a partition are no longer in the table".to_owned()))])
        }
        T::AtValidateConstraint => (LockMode::ShareUpdateExclusive, only(&VALIDATE_READS_TABLE)),
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

fn new_column(column: &ColumnDef) -> Vec<Danger> {
    let has = |form| column.constraints.iter().any(|node| is_constraint(node, form));
    let of = |form| {
        column.constraints.iter().find_map(|node| match &node.node {
            Some(NodeEnum::Constraint(constraint)) if constraint.contype() == form => Some(&**constraint),
            _ => None,
        })
    };
    let serial = column
        .type_name
        .as_ref()
        .is_some_and(|name| parse::strings(&name.names).last().is_some_and(|name| name.contains("serial")));
    // A virtual column is computed when it is read (since 18); `s` is STORED.
    let stored = of(ConstrType::ConstrGenerated).is_some_and(|generated| generated.generated_kind != "v");
    let default = of(ConstrType::ConstrDefault).and_then(|default| default.raw_expr.as_deref());
    let name = &column.colname;
    let mut dangers: Vec<Danger> = Vec::new();
    let filled = serial || has(ConstrType::ConstrIdentity) || stored;
    if filled {
        let detail = format!("each row gets a value of its own in the new column {name}");
        dangers.push((&COLUMN_REWRITES_TABLE, Some(detail)));
    }
    match default {
        Some(default) => dangers.extend(volatile(default).map(|why| (&COLUMN_REWRITES_TABLE, Some(why)))),
        None if !filled && (has(ConstrType::ConstrNotnull) || has(ConstrType::ConstrPrimary)) => {
            dangers.push((&REQUIRED_COLUMN, Some(name.clone())));
        }
        None => {}
    }
    if has(ConstrType::ConstrUnique) || has(ConstrType::ConstrPrimary) {
        dangers.push((&CONSTRAINT_BUILDS_INDEX, None));
        dangers.push((&INDEX_TAKES_DISK, None));
        if default.is_some() && !filled {
            dangers.push((
                &UNIQUE_MAY_FAIL,
                Some(format!("all rows get the same {name}, where its default is one value")),
            ));
        }
    }
    if has(ConstrType::ConstrCheck) {
        dangers.push((&CHECK_CHECKS_ROWS, None));
    }
    if has(ConstrType::ConstrForeign) {
        let checks = default.is_some() || filled;
        dangers.push((if checks { &FOREIGN_KEY_CHECKS_ROWS } else { &FOREIGN_KEY_LOCKS_BOTH }, None));
    }
    dangers
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
        return Some(format!("{name}() gives each row a value of its own"));
    }
    let unknown = functions.iter().find(|name| !STABLE.contains(name))?;
    Some(format!("only if {unknown}() is volatile"))
}

fn new_constraint(constraint: &Constraint) -> (LockMode, Vec<Danger>) {
    let unchecked = constraint.skip_validation;
    let named = (!constraint.conname.is_empty()).then(|| constraint.conname.clone());
    let safer = |rule: &'static Rule| if unchecked { Vec::new() } else { vec![(rule, named.clone())] };
    match constraint.contype() {
        ConstrType::ConstrForeign => (LockMode::ShareRowExclusive, safer(&FOREIGN_KEY_CHECKS_ROWS)),
        ConstrType::ConstrCheck => (LockMode::AccessExclusive, safer(&CHECK_CHECKS_ROWS)),
        ConstrType::ConstrNotnull => (LockMode::AccessExclusive, safer(&NOT_NULL_READS_TABLE)),
        ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion
            if constraint.indexname.is_empty() =>
        {
            let rules = [&CONSTRAINT_BUILDS_INDEX, &UNIQUE_MAY_FAIL, &INDEX_TAKES_DISK];
            (LockMode::AccessExclusive, rules.into_iter().map(|rule| (rule, named.clone())).collect())
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
