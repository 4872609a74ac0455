//! What has to be done again and again: freezing, analyzing, vacuuming, updating extensions.

use serde::Deserialize;

use super::{Check, Found, RestsOn, Severity, Verdict, object, read, sql_identifier, sql_name};
use crate::core::diagnose::facts::Facts;
use crate::core::diagnose::words;
use crate::core::name::{Identifier, QualifiedName};

pub(super) const WRAPAROUND: Check = Check {
    name: "wraparound",
    title: "Transaction ids that run out",
    severity: Severity::Critical,
    when: "The oldest transaction or multixact id of the database is more than twice as old as autovacuum is to let it \
           become, and at least 500 million ids (warning), or 1.6 billion ids (critical), of 2.1 billion that there are.",
    why: "When no id is left, the server takes no more writes until the tables are vacuumed.",
    advice: "Find what keeps vacuum from freezing (old transactions, prepared ones, replication slots), then vacuum the \
             oldest tables.",
    query: include_str!("wraparound.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: wraparound,
};

pub(super) const STALE_STATISTICS: Check = Check {
    name: "stale-statistics",
    title: "Tables with old statistics",
    severity: Severity::Warning,
    when: "More than half of the rows of a table of 1,000 rows or more changed since it was last analyzed, or a \
           partitioned table of as many was never analyzed. Before 14, nothing is known of partitioned tables.",
    why: "The planner guesses, and takes slow plans.",
    advice: "Analyze it, and see why autovacuum did not. Partitioned tables need an ANALYZE of their own after large changes.",
    query: include_str!("stale_statistics.sql"),
    apart: false,
    rests_on: RestsOn::Writes,
    judge: stale_statistics,
};

pub(super) const DEAD_ROWS: Check = Check {
    name: "dead-rows",
    title: "Tables with many dead rows",
    severity: Severity::Warning,
    when: "A table has 10,000 dead rows or more, and they are more than a fifth of the living ones.",
    why: "Reads step over them, and the table grows.",
    advice: "Vacuum it, and see why autovacuum did not: it is off, too slow, or an old transaction holds the rows.",
    query: include_str!("dead_rows.sql"),
    apart: false,
    rests_on: RestsOn::Writes,
    judge: dead_rows,
};

pub(super) const EXTENSION_BEHIND: Check = Check {
    name: "extension-behind",
    title: "Extensions with a newer version on the server",
    severity: Severity::Notice,
    when: "The default version of an installed extension is another one, and an update leads from the installed to it.",
    why: "Corrections in its SQL objects are not in effect; after an upgrade of the server they can be necessary.",
    advice: "Read its release notes, and update it.",
    query: include_str!("extension_behind.sql"),
    apart: true,
    rests_on: RestsOn::Catalog,
    judge: extension_behind,
};

/// Both counters end here.
const IDS: i64 = 1 << 31;
/// From here on vacuum gives up everything else to freeze (`vacuum_failsafe_age`, its default).
const CRITICAL_AGE: i64 = 1_600_000_000;
/// Below, there is nothing to worry about whatever autovacuum is set to.
const HARMLESS_AGE: i64 = 500_000_000;

#[derive(Deserialize)]
struct AgesRow {
    database: String,
    transactions: i64,
    multixacts: i64,
    freeze_maximum: i64,
    multixact_maximum: i64,
    schema: Option<String>,
    table: Option<String>,
}

fn wraparound(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: AgesRow = read(row)?;
    let transactions = (row.transactions, "transaction", row.freeze_maximum);
    let multixacts = (row.multixacts, "multixact", row.multixact_maximum);
    let severity = |(age, _, maximum): (i64, &str, i64)| match age {
        CRITICAL_AGE.. => Some(Severity::Critical),
        HARMLESS_AGE.. if age / 2 > maximum => Some(Severity::Warning),
        _ => None,
    };
    let both = [transactions, multixacts].map(|ids| severity(ids).map(|severity| (severity, ids)));
    // The worse one; of two that are as bad, the older.
    let worst = both.into_iter().flatten().min_by_key(|(severity, (age, _, _))| (*severity, -age));
    let Some((severity, (age, what, _))) = worst else { return Ok(Verdict::Fine) };
    let (oldest, remedy) = match (row.schema, row.table) {
        (Some(schema), Some(table)) => (
            format!("; the oldest table is {}", QualifiedName::new(&*schema, &*table)),
            vec![format!("VACUUM (FREEZE, VERBOSE) {};", sql_name(&schema, &table))],
        ),
        _ => (String::new(), Vec::new()),
    };
    let percent = age.saturating_mul(100) / IDS;
    Ok(Verdict::Found(Found {
        severity,
        object: format!("database/{}", Identifier::new(&row.database)),
        what: format!(
            "its oldest {what} id is {} ids old, {percent} % of what there is{oldest}",
            words::count(age)
        ),
        remedy,
    }))
}

#[derive(Deserialize)]
struct StatisticsRow {
    schema: String,
    table: String,
    partitioned: bool,
    rows: i64,
    modified: i64,
    analyzed: bool,
}

fn stale_statistics(row: &str, facts: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: StatisticsRow = read(row)?;
    let rows = words::count(row.rows);
    let modified = words::count(row.modified);
    let what = match (row.partitioned, row.analyzed, facts.statistics_age) {
        (true, _, _) => format!("{rows} rows, and never analyzed: autovacuum analyzes only its partitions"),
        (false, true, _) => format!("{modified} changes since it was last analyzed, with {rows} rows in it"),
        (false, false, Some(age)) => format!(
            "{modified} changes, {rows} rows, and not analyzed in the {} since the counters were reset",
            words::age(age)
        ),
        (false, false, None) => {
            format!("{modified} changes, {rows} rows, and not analyzed since the counters began")
        }
    };
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: object("table", &row.schema, &row.table),
        what,
        remedy: vec![format!("ANALYZE {};", sql_name(&row.schema, &row.table))],
    }))
}

#[derive(Deserialize)]
struct DeadRow {
    schema: String,
    table: String,
    dead: i64,
    live: i64,
    autovacuum_off: bool,
}

fn dead_rows(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: DeadRow = read(row)?;
    let table = sql_name(&row.schema, &row.table);
    let mut what =
        format!("{} dead rows beside {} living ones", words::count(row.dead), words::count(row.live));
    let mut remedy = vec![format!("VACUUM (ANALYZE) {table};")];
    if row.autovacuum_off {
        what.push_str("; autovacuum is off for the table");
        remedy.push(format!("ALTER TABLE {table} RESET (autovacuum_enabled);"));
    }
    let object = object("table", &row.schema, &row.table);
    Ok(Verdict::Found(Found { severity: Severity::Warning, object, what, remedy }))
}

#[derive(Deserialize)]
struct ExtensionRow {
    extension: String,
    installed: String,
    available: String,
}

fn extension_behind(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let ExtensionRow { extension, installed, available } = read(row)?;
    Ok(Verdict::Found(Found {
        severity: Severity::Notice,
        object: format!("extension/{}", Identifier::new(&extension)),
        what: format!("version {installed} is installed, and the server has {available}"),
        remedy: vec![format!("ALTER EXTENSION {} UPDATE;", sql_identifier(&extension))],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(transactions: i64, multixacts: i64, freeze_maximum: i64) -> Option<(Severity, String)> {
        let row = serde_json::json!({
            "database": "shop", "transactions": transactions, "multixacts": multixacts,
            "freeze_maximum": freeze_maximum, "multixact_maximum": 400_000_000,
            "schema": "public", "table": "Old",
        });
        match wraparound(&row.to_string(), &Facts::default()).unwrap() {
            Verdict::Found(found) => {
                assert_eq!(found.remedy, [r#"VACUUM (FREEZE, VERBOSE) "public"."Old";"#]);
                Some((found.severity, found.what))
            }
            Verdict::Fine => None,
            other @ Verdict::Undecided { .. } => panic!("{other:?}"),
        }
    }

    #[test]
    fn ids_are_counted_against_what_autovacuum_is_to_allow() {
        const DEFAULT: i64 = 200_000_000;
        assert_eq!(age(210_000_000, 0, DEFAULT), None);
        assert_eq!(age(499_000_000, 0, DEFAULT), None);
        assert_eq!(age(900_000_000, 0, 500_000_000), None);
        let (severity, what) = age(900_000_000, 0, DEFAULT).unwrap();
        assert_eq!(severity, Severity::Warning);
        assert!(what.starts_with("its oldest transaction id is 900,000,000 ids old, 41 %"), "{what}");
        assert!(what.ends_with("the oldest table is public.\"Old\""), "{what}");
        let (severity, what) = age(900_000_000, 1_700_000_000, DEFAULT).unwrap();
        assert!(severity == Severity::Critical && what.contains("multixact"), "{what}");
        assert_eq!(age(1_600_000_000, 0, 2_000_000_000).unwrap().0, Severity::Critical);
    }
}
