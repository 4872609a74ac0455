//! Indexes, in the words of `pg_get_indexdef`.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Index;

/// CREATE INDEX; `Err` says why there is none.
pub fn index(row: Index) -> Result<Object, String> {
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
        definition,
    } = row;
    let Some(mut definition) = definition else {
        return Err(format!("index {schema}.{name}: it is invalid; drop it, or build it anew"));
    };
    if partitioned {
        // Without ONLY, the indexes of the partitions are made and attached too.
        let unique = if is_unique { "UNIQUE " } else { "" };
        let start = format!("CREATE {unique}INDEX {quoted} ON ");
        if let Some(rest) = definition.strip_prefix(&start).and_then(|rest| rest.strip_prefix("ONLY ")) {
            definition = format!("{start}{rest}");
        }
    }
    Ok(Object {
        node: Node::new(Class::PgClass, oid),
        words: "index",
        key: format!("{schema}.{relation_name}"),
        schema: Some(schema),
        name,
        with: Some(Node::new(Class::PgClass, relation)),
        stage: if of_view { Stage::View } else { Stage::Table },
        text: Text::Statements(vec![definition]),
        after: Vec::new(),
        has_checked_body: false,
    })
}
