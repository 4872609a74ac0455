//! A diagnosis for the tests of the reports.

use crate::core::diagnose::check::named;
use crate::core::diagnose::diagnosis::{Answers, Diagnosis};
use crate::core::diagnose::facts::Facts;
use crate::core::server::Server;

/// A sequence near its end, two foreign keys without an index, an unused index, and a sequence that cannot be seen.
pub(super) fn diagnosis() -> Diagnosis {
    let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
    let sequence = |name: &str, last: &str, hidden: &str| {
        format!(
            r#"{{"schema":"public","sequence":"{name}","column_schema":"public","column_table":"orders","column":"id",
            "type":"integer","sequence_maximum":9223372036854775807,"sequence_minimum":1,"column_maximum":2147483647,
            "start":1,"increment":1,"hidden":{hidden},"last_value":{last}}}"#
        )
    };
    let foreign_key = |table: &str| {
        format!(
            r#"{{"schema":"public","table":"{table}","constraint":"{table}_customer_fkey","referenced_schema":"public",
            "referenced_table":"customers","columns":["customer_id"],"partitioned":false}}"#
        )
    };
    Diagnosis::of(Answers {
        server: Server { version: "15.18".to_owned(), database: "shop".to_owned(), ..Server::default() },
        facts: Facts {
            track_counts: true,
            role: "auditor".to_owned(),
            statistics_age: Some(1_900_000),
            ..Facts::default()
        },
        objects: rows(&[
            r#"{"schema":"crm","kind":"table","count":1,"names":null}"#,
            r#"{"schema":"public","kind":"index","count":12,"names":null}"#,
            r#"{"schema":"public","kind":"table","count":2,"names":null}"#,
        ]),
        sizes: rows(&[
            r#"{"oid":1,"schema":"public","name":"orders","rows":120000,"table_bytes":8192,"index_bytes":0}"#,
            r#"{"oid":2,"schema":"crm","name":"Leads","rows":null,"table_bytes":0,"index_bytes":8192}"#,
        ]),
        exact_sizes: rows(&[r#"{"oid":1,"table_bytes":13000000,"index_bytes":5000000}"#]),
        checks: vec![
            (named("wraparound").unwrap(), Ok(Vec::new())),
            (
                named("sequence-near-end").unwrap(),
                Ok(vec![sequence("orders_id_seq", "2000000000", "null"), sequence("secret", "null", "\"denied\"")]),
            ),
            (named("foreign-key-without-index").unwrap(), Ok(vec![foreign_key("orders"), foreign_key("refunds")])),
            (
                named("unused-index").unwrap(),
                Ok(rows(&[
                    r#"{"schema":"public","index":"old_idx","table":"orders","partitioned":false,"bytes":2097152}"#,
                ])),
            ),
            (named("extension-behind").unwrap(), Err("it took longer than 3 s".to_owned())),
        ],
    })
    .unwrap()
}
