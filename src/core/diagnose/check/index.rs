//! Indexes: those that are missing, and those that are too many.

use serde::Deserialize;

use super::{Check, Found, RestsOn, Severity, Verdict, object, on_table, read, sql_identifier, sql_name};
use crate::core::diagnose::facts::Facts;
use crate::core::diagnose::words;
use crate::core::kind::list;
use crate::core::name::{Identifier, QualifiedName};

pub(super) const FOREIGN_KEY: Check = Check {
    name: "foreign-key-without-index",
    title: "Foreign keys without an index",
    severity: Severity::Warning,
    when: "No valid index without a predicate starts with the columns of an enforced foreign key, in any order.",
    why: "Deleting a referenced row, or changing its key, reads the whole referencing table.",
    advice: "Create the index, unless referenced rows are never deleted and nobody looks rows up by these columns.",
    query: include_str!("foreign_key_without_index.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: foreign_key,
};

pub(super) const INVALID: Check = Check {
    name: "invalid-index",
    title: "Invalid indexes",
    severity: Severity::Warning,
    when: "An index is not valid or not ready, and no session holds the lock under which indexes are built concurrently.",
    why: "Queries do not use it, writes still pay for it, and a unique one guards only part of the rows.",
    advice: "Build it again, or drop it. One of a partitioned table lacks an index on a partition: create and attach that.",
    query: include_str!("invalid_index.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: invalid,
};

pub(super) const DUPLICATE: Check = Check {
    name: "duplicate-index",
    title: "Duplicate indexes",
    severity: Severity::Warning,
    when: "Another valid index of the table has the same method, keys, order, classes, collations and predicate, \
           includes at least the same columns, and is unique if this one is. Of two such indexes one is named: not the \
           one of a constraint, the replica identity, the one the table is clustered on, or the older.",
    why: "Each write maintains both, and queries need one.",
    advice: "Drop it.",
    query: include_str!("duplicate_index.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: duplicate,
};

pub(super) const REDUNDANT: Check = Check {
    name: "redundant-index",
    title: "Redundant indexes",
    severity: Severity::Notice,
    when: "A b-tree index that is not unique has the keys that another valid index of the table starts with, and is \
           otherwise as under duplicate-index.",
    why: "Each write maintains both, and the longer one answers the same queries.",
    advice: "Drop it, unless the longer one is so much larger that reads would suffer.",
    query: include_str!("duplicate_index.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: redundant,
};

pub(super) const UNUSED: Check = Check {
    name: "unused-index",
    title: "Unused indexes",
    severity: Severity::Notice,
    when: "No scan used the index since the counters began, at least a day ago or at an unknown time, and its table has \
           1,000 rows or more. Unique indexes and the replica identity are left out; an index of a partitioned table \
           counts with those of its partitions.",
    why: "Each write maintains it, and nothing has read it here.",
    advice: "Drop it, if the counters are old enough to have seen the month's end, and no standby uses it.",
    query: include_str!("unused_index.sql"),
    apart: false,
    rests_on: RestsOn::AllReads,
    judge: unused,
};

pub(super) const SEQUENTIAL_SCANS: Check = Check {
    name: "sequential-scans",
    title: "Large tables that are read whole",
    severity: Severity::Notice,
    when: "A table of 10,000 rows or more was read from end to end 100 times or more since the counters began, 10,000 \
           rows at a time on average, and in at least every tenth scan.",
    why: "An index may be missing.",
    advice: "Look for the queries (pg_stat_statements), and EXPLAIN them. Reports that want every row need no index.",
    query: include_str!("sequential_scans.sql"),
    apart: false,
    rests_on: RestsOn::Reads,
    judge: sequential_scans,
};

#[derive(Deserialize)]
struct ForeignKeyRow {
    schema: String,
    table: String,
    constraint: String,
    referenced_schema: String,
    referenced_table: String,
    columns: Vec<String>,
    partitioned: bool,
}

fn foreign_key(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: ForeignKeyRow = read(row)?;
    let names: Vec<Identifier> = row.columns.iter().map(|column| Identifier::new(column)).collect();
    let columns: Vec<String> = row.columns.iter().map(|column| sql_identifier(column)).collect();
    let concurrently = if row.partitioned { "" } else { "CONCURRENTLY " };
    let referenced = QualifiedName::new(&*row.referenced_schema, &*row.referenced_table);
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: on_table("constraint", &row.schema, &row.table, &row.constraint),
        what: format!("no index starts with {}, which references {referenced}", list(&names)),
        remedy: vec![format!(
            "CREATE INDEX {concurrently}ON {} ({});",
            sql_name(&row.schema, &row.table),
            columns.join(", ")
        )],
    }))
}

#[derive(Deserialize)]
struct InvalidRow {
    schema: String,
    table: String,
    index: String,
    partitioned: bool,
    of_constraint: bool,
    may_be_under_way: bool,
}

fn invalid(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: InvalidRow = read(row)?;
    let object = object("index", &row.schema, &row.index);
    let table = QualifiedName::new(&*row.schema, &*row.table);
    if row.may_be_under_way {
        let reason = format!(
            "it may be in the making: a session holds a lock on {table} as CREATE INDEX CONCURRENTLY does"
        );
        return Ok(Verdict::Undecided { object, reason });
    }
    let index = sql_name(&row.schema, &row.index);
    let (what, remedy) = if row.partitioned {
        let template = format!("CREATE INDEX ON ...; ALTER INDEX {index} ATTACH PARTITION ...;");
        ("a partition lacks its part of it", vec![template])
    } else {
        let again = format!("REINDEX INDEX CONCURRENTLY {index};");
        let drop = format!("DROP INDEX CONCURRENTLY {index};");
        ("queries cannot use it", if row.of_constraint { vec![again] } else { vec![again, drop] })
    };
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object,
        what: format!("on {table}: {what}"),
        remedy,
    }))
}

#[derive(Deserialize)]
struct PairRow {
    schema: String,
    table: String,
    index: String,
    other: String,
    same_keys: bool,
    partitioned: bool,
    bytes: i64,
}

fn duplicate(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let pair: PairRow = read(row)?;
    Ok(if pair.same_keys { pair.found(Severity::Warning, "does the same") } else { Verdict::Fine })
}

fn redundant(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let pair: PairRow = read(row)?;
    Ok(if pair.same_keys { Verdict::Fine } else { pair.found(Severity::Notice, "starts with its keys") })
}

impl PairRow {
    fn found(&self, severity: Severity, does: &str) -> Verdict {
        let table = QualifiedName::new(&*self.schema, &*self.table);
        let other = Identifier::new(&self.other);
        Verdict::Found(Found {
            severity,
            object: object("index", &self.schema, &self.index),
            what: format!("on {table}: {other} {does}{}", size(self.bytes)),
            remedy: vec![drop_index(&self.schema, &self.index, self.partitioned)],
        })
    }
}

#[derive(Deserialize)]
struct UnusedRow {
    schema: String,
    index: String,
    table: String,
    partitioned: bool,
    bytes: i64,
}

fn unused(row: &str, facts: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: UnusedRow = read(row)?;
    let since = match facts.statistics_age {
        Some(age) => format!("in the {} since the counters were reset", words::age(age)),
        None => "since the counters began, which nobody has reset".to_owned(),
    };
    let table = QualifiedName::new(&*row.schema, &*row.table);
    Ok(Verdict::Found(Found {
        severity: Severity::Notice,
        object: object("index", &row.schema, &row.index),
        what: format!("on {table}: no scan used it {since}{}", size(row.bytes)),
        remedy: vec![drop_index(&row.schema, &row.index, row.partitioned)],
    }))
}

/// PostgreSQL drops no index of a partitioned table concurrently.
fn drop_index(schema: &str, index: &str, partitioned: bool) -> String {
    let concurrently = if partitioned { "" } else { "CONCURRENTLY " };
    format!("DROP INDEX {concurrently}{};", sql_name(schema, index))
}

/// What an index takes, where that is known.
fn size(bytes: i64) -> String {
    if bytes > 0 { format!("; about {}", words::bytes(bytes)) } else { String::new() }
}

#[derive(Deserialize)]
struct ScansRow {
    schema: String,
    table: String,
    scans: i64,
    rows_per_scan: i64,
    index_scans: i64,
}

fn sequential_scans(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: ScansRow = read(row)?;
    Ok(Verdict::Found(Found {
        severity: Severity::Notice,
        object: object("table", &row.schema, &row.table),
        what: format!(
            "read whole {} times, {} rows each time on average; {} index scans",
            words::count(row.scans),
            words::count(row.rows_per_scan),
            words::count(row.index_scans)
        ),
        remedy: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(judge: fn(&str, &Facts) -> Result<Verdict, serde_json::Error>, row: &str) -> Found {
        match judge(row, &Facts::default()).unwrap() {
            Verdict::Found(found) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_in_statements_are_quoted() {
        let row = r#"{"schema":"Shop","table":"we\"ird","constraint":"fk","referenced_schema":"public",
            "referenced_table":"users","columns":["user","Id"],"partitioned":false}"#;
        let found = found(foreign_key, row);
        assert_eq!(found.object, r#"constraint/"Shop"."we""ird".fk"#);
        assert_eq!(found.what, r#"no index starts with (user, "Id"), which references public.users"#);
        assert_eq!(found.remedy, [r#"CREATE INDEX CONCURRENTLY ON "Shop"."we""ird" ("user", "Id");"#]);
    }

    #[test]
    fn an_index_that_may_be_in_the_making_is_undecided() {
        let row = |under_way: bool| {
            format!(
                r#"{{"schema":"public","table":"t","index":"i","partitioned":false,"of_constraint":true,
                "may_be_under_way":{under_way}}}"#
            )
        };
        let verdict = invalid(&row(true), &Facts::default()).unwrap();
        assert!(matches!(verdict, Verdict::Undecided { object, .. } if object == "index/public.i"));
        assert_eq!(found(invalid, &row(false)).remedy, [r#"REINDEX INDEX CONCURRENTLY "public"."i";"#]);
    }

    #[test]
    fn the_age_of_the_counters_is_named() {
        let row = r#"{"schema":"public","table":"t","index":"i","partitioned":true,"bytes":2097152}"#;
        let facts = Facts { statistics_age: Some(1_900_000), ..Facts::default() };
        let Verdict::Found(found) = unused(row, &facts).unwrap() else { panic!("nothing found") };
        assert_eq!(
            found.what,
            "on public.t: no scan used it in the 21 days since the counters were reset; about 2 MB"
        );
        assert_eq!(found.remedy, [r#"DROP INDEX "public"."i";"#]);
    }
}
