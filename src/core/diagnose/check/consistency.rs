//! What is declared and does not hold, or is not there: keys, constraints, triggers, materialized views.

use serde::Deserialize;

use super::{Check, Found, RestsOn, Severity, Verdict, object, on_table, read, sql_identifier, sql_name};
use crate::core::diagnose::facts::Facts;
use crate::core::name::Identifier;

pub(super) const WITHOUT_PRIMARY_KEY: Check = Check {
    name: "table-without-primary-key",
    title: "Tables without a primary key",
    severity: Severity::Warning,
    when: "A table, or a partitioned table, has no primary key. Partitions are left out.",
    why: "Nothing tells two rows apart, and logical replication cannot update or delete them.",
    advice: "Add one. A unique index on columns that are not null can become it.",
    query: include_str!("table_without_primary_key.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: without_primary_key,
};

pub(super) const NOT_VALID: Check = Check {
    name: "constraint-not-valid",
    title: "Constraints that do not hold for every row",
    severity: Severity::Warning,
    when: "A foreign key, CHECK or NOT NULL constraint is NOT VALID (warning) or NOT ENFORCED (notice).",
    why: "Rows that break it may be there, and the planner does not rely on it.",
    advice: "Validate it: that reads the table and lets reads and writes go on. It fails while a row breaks it.",
    query: include_str!("constraint_not_valid.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: not_valid,
};

pub(super) const DISABLED_TRIGGER: Check = Check {
    name: "disabled-trigger",
    title: "Disabled triggers",
    severity: Severity::Warning,
    when: "A trigger is disabled, or the triggers that check a foreign key are.",
    why: "What it does is not done. A foreign key whose triggers are disabled says that it is valid, and is not checked.",
    advice: "Enable it, and look at the rows that were written meanwhile: enabling checks none of them.",
    query: include_str!("disabled_trigger.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: disabled_trigger,
};

pub(super) const NOT_POPULATED: Check = Check {
    name: "materialized-view-not-populated",
    title: "Materialized views without data",
    severity: Severity::Warning,
    when: "A materialized view was created WITH NO DATA, and not refreshed since.",
    why: "Every query on it fails.",
    advice: "Refresh it; `schema-audit refresh --only-unpopulated` refreshes them in the order of their dependencies. \
             When a view was last refreshed PostgreSQL does not keep, so nothing is said about old ones.",
    query: include_str!("materialized_view.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: not_populated,
};

pub(super) const NOT_CONCURRENTLY: Check = Check {
    name: "materialized-view-without-unique-index",
    title: "Materialized views that cannot be refreshed concurrently",
    severity: Severity::Notice,
    when: "A materialized view has no valid unique index on plain columns without a predicate.",
    why: "Refreshing it locks out everyone who reads it.",
    advice: "Create a unique index on columns that tell its rows apart.",
    query: include_str!("materialized_view.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: not_concurrently,
};

#[derive(Deserialize)]
struct TableRow {
    schema: String,
    table: String,
    unique_index: Option<String>,
}

fn without_primary_key(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let TableRow { schema, table, unique_index } = read(row)?;
    let name = sql_name(&schema, &table);
    let (what, remedy) = match unique_index {
        Some(index) => (
            format!("it has no primary key; its unique index {} can become it", Identifier::new(&index)),
            format!("ALTER TABLE {name} ADD PRIMARY KEY USING INDEX {};", sql_identifier(&index)),
        ),
        None => ("it has no primary key".to_owned(), format!("ALTER TABLE {name} ADD PRIMARY KEY (...);")),
    };
    let object = object("table", &schema, &table);
    Ok(Verdict::Found(Found { severity: Severity::Warning, object, what, remedy: vec![remedy] }))
}

#[derive(Deserialize)]
struct ConstraintRow {
    schema: String,
    table: String,
    constraint: String,
    enforced: bool,
    foreign_key: bool,
}

fn not_valid(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: ConstraintRow = read(row)?;
    let table = sql_name(&row.schema, &row.table);
    let constraint = sql_identifier(&row.constraint);
    let (severity, what, remedy) = match (row.enforced, row.foreign_key) {
        (true, _) => (
            Severity::Warning,
            "older rows were never checked against it (NOT VALID)",
            vec![format!("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};")],
        ),
        (false, true) => (
            Severity::Notice,
            "no row is checked against it (NOT ENFORCED)",
            vec![format!("ALTER TABLE {table} ALTER CONSTRAINT {constraint} ENFORCED;")],
        ),
        // 18 turns no other constraint on: it has to be dropped and added again.
        (false, false) => (Severity::Notice, "no row is checked against it (NOT ENFORCED)", Vec::new()),
    };
    let object = on_table("constraint", &row.schema, &row.table, &row.constraint);
    Ok(Verdict::Found(Found { severity, object, what: what.to_owned(), remedy }))
}

#[derive(Deserialize)]
struct TriggerRow {
    schema: String,
    table: String,
    trigger: Option<String>,
    constraint: Option<String>,
}

fn disabled_trigger(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let TriggerRow { schema, table, trigger, constraint } = read(row)?;
    let name = sql_name(&schema, &table);
    let (object, what, remedy) = match (trigger, constraint) {
        (Some(trigger), _) => (
            on_table("trigger", &schema, &table, &trigger),
            "it is disabled",
            format!("ALTER TABLE {name} ENABLE TRIGGER {};", sql_identifier(&trigger)),
        ),
        (None, constraint) => (
            on_table("constraint", &schema, &table, &constraint.unwrap_or_default()),
            "the triggers that check this foreign key are disabled on the table",
            format!("ALTER TABLE {name} ENABLE TRIGGER ALL;"),
        ),
    };
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object,
        what: what.to_owned(),
        remedy: vec![remedy],
    }))
}

#[derive(Deserialize)]
struct MaterializedViewRow {
    schema: String,
    view: String,
    populated: bool,
    usable_index: Option<String>,
}

fn not_populated(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: MaterializedViewRow = read(row)?;
    if row.populated {
        return Ok(Verdict::Fine);
    }
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: object("materialized_view", &row.schema, &row.view),
        what: "it holds no data: queries on it fail until it is refreshed".to_owned(),
        remedy: vec![format!("REFRESH MATERIALIZED VIEW {};", sql_name(&row.schema, &row.view))],
    }))
}

fn not_concurrently(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: MaterializedViewRow = read(row)?;
    if row.usable_index.is_some() {
        return Ok(Verdict::Fine);
    }
    Ok(Verdict::Found(Found {
        severity: Severity::Notice,
        object: object("materialized_view", &row.schema, &row.view),
        what: "it has no unique index that allows REFRESH MATERIALIZED VIEW CONCURRENTLY".to_owned(),
        remedy: vec![format!("CREATE UNIQUE INDEX ON {} (...);", sql_name(&row.schema, &row.view))],
    }))
}
