//! Sequences that run out, or fill a column that does.

use serde::Deserialize;

use super::{Check, Found, RestsOn, Severity, Verdict, object, read, sql_identifier, sql_name};
use crate::core::diagnose::facts::Facts;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;

pub(super) const NEAR_END: Check = Check {
    name: "sequence-near-end",
    title: "Sequences near their end",
    severity: Severity::Critical,
    when: "Three quarters (warning) or nine tenths (critical) of the values are used that fit the sequence and the \
           narrowest column that it fills. Sequences that start again (CYCLE) are left out.",
    why: "After the last value every insert fails.",
    advice: "Make the sequence and the column bigint. Changing the type of a column writes the table anew while nobody \
             can use it: with large tables, move over to a new column step by step.",
    query: include_str!("sequence_near_end.sql"),
    apart: true,
    rests_on: RestsOn::Catalog,
    judge: near_end,
};

#[derive(Deserialize)]
struct SequenceRow {
    schema: String,
    sequence: String,
    column_schema: Option<String>,
    column_table: Option<String>,
    column: Option<String>,
    r#type: Option<String>,
    sequence_maximum: i64,
    sequence_minimum: i64,
    column_maximum: Option<i64>,
    start: i64,
    increment: i64,
    /// Why the value is not there: `locked`, `denied`, `unlogged`.
    hidden: Option<String>,
    last_value: Option<i64>,
}

fn near_end(row: &str, facts: &Facts) -> Result<Verdict, serde_json::Error> {
    let row: SequenceRow = read(row)?;
    if let Some(hidden) = &row.hidden {
        return Ok(row.undecided(hidden, facts));
    }
    // Null: it was not used yet.
    let Some(last) = row.last_value else { return Ok(Verdict::Fine) };
    let Some(severity) = row.severity(last) else { return Ok(Verdict::Fine) };
    Ok(Verdict::Found(Found {
        severity,
        object: object("sequence", &row.schema, &row.sequence),
        what: format!(
            "{} of its values are used: it is at {last}, and {} is the last that fits{}",
            share(row.used(last)),
            row.end(),
            row.whose_end()
        ),
        remedy: row.remedy(),
    }))
}

impl SequenceRow {
    fn undecided(&self, hidden: &str, facts: &Facts) -> Verdict {
        let reason = match hidden {
            "locked" => "its value is locked by another session".to_owned(),
            "unlogged" => {
                "it is unlogged, and a standby has no unlogged data: diagnose the primary".to_owned()
            }
            _ => format!(
                "its value is hidden from the role: GRANT SELECT ON SEQUENCE {} TO {}",
                sql_name(&self.schema, &self.sequence),
                quoting::identifier(&facts.role.as_str().into())
            ),
        };
        Verdict::Undecided { object: object("sequence", &self.schema, &self.sequence), reason }
    }

    /// The column cannot hold the values that the sequence still has.
    fn column_is_narrower(&self) -> bool {
        match self.column_maximum {
            Some(maximum) if self.increment > 0 => maximum < self.sequence_maximum,
            Some(maximum) => -maximum - 1 > self.sequence_minimum,
            None => false,
        }
    }

    /// The last value that fits.
    fn end(&self) -> i64 {
        match (self.increment > 0, self.column_maximum) {
            (true, Some(maximum)) => maximum.min(self.sequence_maximum),
            (true, None) => self.sequence_maximum,
            (false, Some(maximum)) => (-maximum - 1).max(self.sequence_minimum),
            (false, None) => self.sequence_minimum,
        }
    }

    /// Which part of its values is used, in thousandths.
    fn used(&self, last: i64) -> i128 {
        let from = |value: i64| (i128::from(value) - i128::from(self.start)).abs();
        let all = from(self.end());
        if all == 0 { 1000 } else { from(last) * 1000 / all }
    }

    fn severity(&self, last: i64) -> Option<Severity> {
        match self.used(last) {
            900.. => Some(Severity::Critical),
            750.. => Some(Severity::Warning),
            _ => None,
        }
    }

    fn whose_end(&self) -> String {
        match (&self.column_schema, &self.column_table, &self.column, &self.r#type) {
            (Some(schema), Some(table), Some(column), Some(r#type)) if self.column_is_narrower() => {
                let table = QualifiedName::new(schema.as_str(), table.as_str());
                format!(" the {type} column {table}.{}", Identifier::new(column))
            }
            _ => String::new(),
        }
    }

    fn remedy(&self) -> Vec<String> {
        let mut statements = Vec::new();
        let (limit, absent) = if self.increment > 0 {
            (self.sequence_maximum, "MAXVALUE")
        } else {
            (self.sequence_minimum, "MINVALUE")
        };
        if limit != i64::MAX && limit != i64::MIN {
            let name = sql_name(&self.schema, &self.sequence);
            statements.push(format!("ALTER SEQUENCE {name} AS bigint NO {absent};"));
        }
        if let (Some(schema), Some(table), Some(column)) =
            (&self.column_schema, &self.column_table, &self.column)
            && self.column_maximum.is_some_and(|maximum| maximum != i64::MAX)
        {
            let table = sql_name(schema, table);
            statements
                .push(format!("ALTER TABLE {table} ALTER COLUMN {} TYPE bigint;", sql_identifier(column)));
        }
        statements
    }
}

/// Thousandths as per cent: `97.5 %`.
fn share(thousandths: i128) -> String {
    match (thousandths / 10, thousandths % 10) {
        (whole, 0) => format!("{whole} %"),
        (whole, tenth) => format!("{whole}.{tenth} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGER: i64 = 2_147_483_647;

    fn judged(changes: &serde_json::Value) -> Verdict {
        let mut row = serde_json::json!({
            "schema": "public", "sequence": "s", "column_schema": null, "column_table": null, "column": null,
            "type": null, "sequence_maximum": i64::MAX, "sequence_minimum": 1, "column_maximum": null, "start": 1,
            "increment": 1, "hidden": null, "last_value": null,
        });
        for (key, value) in changes.as_object().unwrap() {
            row[key] = value.clone();
        }
        near_end(&row.to_string(), &Facts { role: "auditor".to_owned(), ..Facts::default() }).unwrap()
    }

    fn found(changes: &serde_json::Value) -> Found {
        match judged(changes) {
            Verdict::Found(found) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_limits_are_those_that_are_documented() {
        for (last, severity) in [
            (Some(1), None),
            (Some(749), None),
            (Some(751), Some(Severity::Warning)),
            (Some(901), Some(Severity::Critical)),
            (Some(1000), Some(Severity::Critical)),
            (None, None),
        ] {
            let verdict = judged(&serde_json::json!({"sequence_maximum": 1000, "last_value": last}));
            let told = match verdict {
                Verdict::Found(found) => Some(found.severity),
                _ => None,
            };
            assert_eq!(told, severity, "{last:?}");
        }
    }

    #[test]
    fn an_integer_column_ends_a_bigint_sequence() {
        let found = found(&serde_json::json!({
            "column_schema": "public", "column_table": "orders", "column": "id", "type": "integer",
            "column_maximum": INTEGER, "last_value": 2_000_000_000,
        }));
        assert_eq!(
            found.what,
            "93.1 % of its values are used: it is at 2000000000, and 2147483647 is the last that fits the integer \
             column public.orders.id"
        );
        assert_eq!(found.remedy, [r#"ALTER TABLE "public"."orders" ALTER COLUMN "id" TYPE bigint;"#]);
    }

    #[test]
    fn a_serial_needs_both_and_a_bigint_column_only_the_sequence() {
        let both = found(&serde_json::json!({
            "column_schema": "public", "column_table": "t", "column": "id", "type": "integer",
            "column_maximum": INTEGER, "sequence_maximum": INTEGER, "last_value": INTEGER,
        }));
        assert_eq!(both.remedy.len(), 2);
        assert_eq!(both.remedy[0], r#"ALTER SEQUENCE "public"."s" AS bigint NO MAXVALUE;"#);
        let only = found(&serde_json::json!({
            "column_schema": "public", "column_table": "t", "column": "id", "type": "bigint",
            "column_maximum": i64::MAX, "sequence_maximum": INTEGER, "last_value": INTEGER,
        }));
        assert_eq!(only.remedy.len(), 1);
    }

    #[test]
    fn a_descending_sequence_ends_below() {
        let found = found(&serde_json::json!({
            "sequence_minimum": -100, "sequence_maximum": -1, "start": -1, "increment": -1, "last_value": -99,
        }));
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(found.remedy, [r#"ALTER SEQUENCE "public"."s" AS bigint NO MINVALUE;"#]);
    }

    #[test]
    fn c10_a_value_that_is_hidden_is_undecided() {
        for (hidden, told) in [
            ("denied", r#"GRANT SELECT ON SEQUENCE "public"."s" TO "auditor""#),
            ("locked", "locked by another session"),
            ("unlogged", "diagnose the primary"),
        ] {
            match judged(&serde_json::json!({"hidden": hidden})) {
                Verdict::Undecided { object, reason } => {
                    assert_eq!(object, "sequence/public.s");
                    assert!(reason.contains(told), "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
