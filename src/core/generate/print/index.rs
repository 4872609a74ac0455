//! Indexes, in the words of `pg_get_indexdef`.

use super::Unprintable;
use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Index, IndexStatistics};

/// CREATE INDEX; `Err` says why there is none.
pub fn index(row: Index) -> Result<Object, Unprintable> {
    let Index {
        oid,
        schema,
        name,
        quoted,
        relation,
        relation_name,
        of_view,
        partitioned,
        is_unique,
        qualified,
        relation_qualified,
        is_clustered,
        is_replica_identity,
        statistics,
        definition,
    } = row;
    let Some(mut definition) = definition else {
        let sentence = format!("index {schema}.{name}: it is invalid; drop it, or build it anew");
        return Err(Unprintable {
            node: Node::new(Class::PgClass, oid),
            schema,
            name: relation_name,
            sentence,
        });
    };
    if partitioned {
        // Without ONLY, the indexes of the partitions are made and attached too.
        let unique = if is_unique { "UNIQUE " } else { "" };
        let start = format!("CREATE {unique}INDEX {quoted} ON ");
        if let Some(rest) = definition.strip_prefix(&start).and_then(|rest| rest.strip_prefix("ONLY ")) {
            definition = format!("{start}{rest}");
        }
    }
    let mut statements = vec![definition];
    for IndexStatistics { number, target } in statistics.into_iter().flatten() {
        statements.push(format!("ALTER INDEX {qualified} ALTER COLUMN {number} SET STATISTICS {target}"));
    }
    if is_replica_identity {
        statements.push(format!("ALTER TABLE {relation_qualified} REPLICA IDENTITY USING INDEX {quoted}"));
    }
    if is_clustered {
        let kind = if of_view { "MATERIALIZED VIEW" } else { "TABLE" };
        statements.push(format!("ALTER {kind} {relation_qualified} CLUSTER ON {quoted}"));
    }
    Ok(Object {
        node: Node::new(Class::PgClass, oid),
        words: "index",
        key: format!("{schema}.{relation_name}"),
        schema: Some(schema),
        name,
        with: Some(Node::new(Class::PgClass, relation)),
        stage: if of_view { Stage::View } else { Stage::Table },
        text: Text::Statements(statements),
        after: Vec::new(),
        has_checked_body: false,
    })
}
