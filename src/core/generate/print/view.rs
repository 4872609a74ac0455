//! Views and materialized views, with the body of `pg_get_viewdef`.

use super::parameters;
use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::View;

/// CREATE VIEW or CREATE MATERIALIZED VIEW.
pub fn view(row: View) -> Object {
    let View {
        oid,
        schema,
        name,
        qualified,
        materialized,
        populated,
        options,
        access_method,
        body,
        defaults,
        columns,
    } = row;
    let body = body.trim_end().trim_end_matches(';');
    let with = parameters(options.as_deref().unwrap_or_default()).map(|with| format!(" WITH {with}"));
    let with = with.unwrap_or_default();
    let create = if materialized {
        let data = if populated { "" } else { "\nWITH NO DATA" };
        let method = access_method.map(|method| format!(" USING {method}")).unwrap_or_default();
        format!("CREATE MATERIALIZED VIEW {qualified}{method}{with} AS\n{body}{data}")
    } else if columns.is_some() {
        format!("CREATE OR REPLACE VIEW {qualified}{with} AS\n{body}")
    } else {
        format!("CREATE VIEW {qualified}{with} AS\n{body}")
    };
    // A view that reads itself became so when it was replaced.
    let first = columns.map(|columns| format!("CREATE VIEW {qualified} AS\nSELECT {columns}"));
    let defaults = defaults
        .into_iter()
        .flatten()
        .map(|row| format!("ALTER VIEW {qualified} ALTER COLUMN {} SET DEFAULT {}", row.column, row.default));
    Object {
        node: Node::new(Class::PgClass, oid),
        words: if materialized { "materialized view" } else { "view" },
        key: format!("{schema}.{name}"),
        schema: Some(schema),
        name,
        with: None,
        stage: Stage::View,
        text: Text::Statements(first.into_iter().chain([create]).chain(defaults).collect()),
        after: Vec::new(),
        has_checked_body: false,
    }
}
