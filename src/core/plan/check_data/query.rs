//! The queries that find the rows which a statement would stumble over.

use super::DataQuery;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;

/// The rows of a table.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// `only ` where those of tables that inherit from it do not count.
    pub only: &'static str,
    pub relation: &'a QualifiedName,
}

/// Whether rows have the same key; nulls are different from each other, unless the index says otherwise.
pub(super) fn duplicates(
    Rows { only, relation }: Rows<'_>,
    keys: &[String],
    condition: Option<&str>,
    nulls_not_distinct: bool,
) -> DataQuery {
    let named: Vec<String> =
        keys.iter().enumerate().map(|(nth, key)| format!("{key} as key_{nth}")).collect();
    let places: Vec<String> = (0..keys.len()).map(|nth| format!("key_{nth}")).collect();
    let set: Vec<String> = places.iter().map(|place| format!("{place} is distinct from null")).collect();
    let condition = condition.map(|text| format!(" where {text}")).unwrap_or_default();
    let set = if nulls_not_distinct { String::new() } else { format!(" where {}", set.join(" and ")) };
    let table = quoting::qualified(relation);
    let places = places.join(", ");
    let rows = format!(
        "from (select {} from {only}{table}{condition}) as keys{set} group by {places} having pg_catalog.count(*) > 1",
        named.join(", ")
    );
    DataQuery {
        sql: format!("select exists (select {rows})"),
        name: "rows-are-not-unique",
        why: "several rows have the same key",
        show: format!("select {places}, count(*) {}", rows.replace("pg_catalog.count", "count")),
    }
}

/// Whether there are rows at all, which a new column without a value would hold nulls in.
pub(super) fn any(Rows { only, relation }: Rows<'_>) -> DataQuery {
    DataQuery {
        sql: format!("select exists (select from {only}{})", quoting::qualified(relation)),
        name: "rows-lack-a-value",
        why: "the table holds rows, and the new column is NOT NULL without a default",
        show: format!("select * from {only}{relation} limit 10"),
    }
}

/// Whether rows have a null in a column.
pub(super) fn nulls(Rows { only, relation }: Rows<'_>, column: &Identifier) -> DataQuery {
    let (table, name) = (quoting::qualified(relation), quoting::identifier(column));
    DataQuery {
        sql: format!("select exists (select from {only}{table} where {name} is null)"),
        name: "rows-hold-nulls",
        why: "rows have a null where none may be",
        show: format!("select * from {only}{relation} where {column} is null"),
    }
}

/// Whether rows do not fulfil a condition.
pub(super) fn breaches(Rows { only, relation }: Rows<'_>, condition: &str) -> DataQuery {
    let table = quoting::qualified(relation);
    DataQuery {
        sql: format!("select exists (select from {only}{table} where not ({condition}))"),
        name: "rows-break-check",
        why: "rows do not fulfil the condition",
        show: format!("select * from {only}{relation} where not ({condition})"),
    }
}

/// Whether rows refer to none of the rows `there`: each of their columns with the one that it refers to.
pub(super) fn orphans(
    Rows { only, relation }: Rows<'_>,
    there: Rows<'_>,
    columns: &[(&Identifier, &Identifier)],
    match_full: bool,
) -> DataQuery {
    let joined = |of: &dyn Fn(&(&Identifier, &Identifier)) -> String, with: &str| {
        columns.iter().map(of).collect::<Vec<_>>().join(with)
    };
    let own = |name: &Identifier| format!("own.{}", quoting::identifier(name));
    let orphan = format!(
        "not exists (select from {}{} as other where {})",
        there.only,
        quoting::qualified(there.relation),
        joined(&|(name, their)| format!("other.{} = {}", quoting::identifier(their), own(name)), " and ")
    );
    let is_null = |with| joined(&|(name, _)| format!("{} is null", own(name)), with);
    // All are null, or none is.
    let condition = if match_full {
        format!("not ({}) and ({} or {orphan})", is_null(" and "), is_null(" or "))
    } else {
        let is_set = joined(&|(name, _)| format!("{} is not null", own(name)), " and ");
        format!("{is_set} and {orphan}")
    };
    let table = quoting::qualified(relation);
    DataQuery {
        sql: format!("select exists (select from {only}{table} as own where {condition})"),
        name: "rows-refer-to-nothing",
        why: "rows refer to what is not there",
        show: format!("select own.* from {only}{table} as own where {condition}"),
    }
}
