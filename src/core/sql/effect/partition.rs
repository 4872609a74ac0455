//! PARTITION BY, and FOR VALUES of a partition.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, PartitionStrategy};

use super::{Scope, index};
use crate::core::kind::partition::{Bound, Datum, PartitionKey, Strategy};
use crate::core::sql::{expression, parse};

/// The key; `None` where the tree is not as expected.
#[must_use]
pub(super) fn key(spec: &protobuf::PartitionSpec, scope: &Scope) -> Option<PartitionKey> {
    let strategy = match spec.strategy() {
        PartitionStrategy::Range => Strategy::Range,
        PartitionStrategy::List => Strategy::List,
        PartitionStrategy::Hash => Strategy::Hash,
        PartitionStrategy::Undefined => return None,
    };
    let keys = spec.part_params.iter().map(|node| match &node.node {
        Some(NodeEnum::PartitionElem(element)) => Some(index::key_of(
            &index::Written {
                name: &element.name,
                expression: element.expr.as_deref(),
                collation: &element.collation,
                operator_class: &element.opclass,
            },
            scope,
        )),
        _ => None,
    });
    Some(PartitionKey { strategy, keys: keys.collect::<Option<_>>()? })
}

/// The bound; `None` where the tree is not as expected.
#[must_use]
pub(super) fn bound(spec: &protobuf::PartitionBoundSpec, scope: &Scope) -> Option<Bound> {
    let data = |nodes: &[Node]| nodes.iter().map(|node| datum(node, scope)).collect();
    if spec.is_default {
        return Some(Bound::Default);
    }
    Some(match spec.strategy.as_str() {
        "h" => Bound::Hash { modulus: spec.modulus.into(), remainder: spec.remainder.into() },
        "l" => Bound::List(data(&spec.listdatums)),
        "r" => Bound::Range { from: data(&spec.lowerdatums), to: data(&spec.upperdatums) },
        _ => return None,
    })
}

/// One value. MINVALUE and MAXVALUE are column references to the grammar (`transformPartitionRangeBounds` in
/// PostgreSQL's `parse_utilcmd.c`). A cast is left to the server.
fn datum(node: &Node, scope: &Scope) -> Datum {
    let plain = !matches!(node.node, Some(NodeEnum::TypeCast(_)));
    if let Some(NodeEnum::ColumnRef(reference)) = &node.node {
        match parse::strings(&reference.fields).as_slice() {
            ["minvalue"] => return Datum::Least,
            ["maxvalue"] => return Datum::Greatest,
            _ => {}
        }
    }
    match parse::constant(node) {
        Some(None) => Datum::Null,
        Some(Some(text)) if plain => Datum::Constant(text),
        _ => Datum::Expression(
            expression::definition(node, scope)
                .map_or_else(|| "an expression".into(), |printed| printed.to_string()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::kind::Shape;
    use crate::core::kind::partition::Partition;
    use crate::core::kind::table::Table;
    use crate::core::sql::effect::Effect;
    use crate::core::sql::effect::tests::of;

    fn table(sql: &str) -> Table {
        match of(sql).remove(0) {
            Effect::CreateWith { shape: Shape::Table(table), .. }
            | Effect::Change { change: Shape::Table(table), .. } => *table,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_partition_key_is_read_with_its_strategy_and_columns() {
        for (written, shown) in [
            ("range (a, b)", "range (a, b)"),
            ("list (lower(a))", "list ((lower(a)))"),
            ("hash (a text_pattern_ops)", "hash (a text_pattern_ops)"),
            ("range (a collate \"C\")", "range (a collate \"C\")"),
        ] {
            let table = table(&format!("create table t (a text, b int) partition by {written}"));
            assert_eq!(table.partitioned, Some(true));
            assert_eq!(table.partition_key.unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_bound_is_read_from_partition_of_and_from_attach() {
        for (written, shown) in [
            ("default", "default"),
            ("for values with (modulus 4, remainder 1)", "with (modulus 4, remainder 1)"),
            ("for values in ('a', null, 1, true)", "in ('a', null, '1', 'true')"),
            (
                "for values from (minvalue, -1) to (maxvalue, 2.50)",
                "from (minvalue, '-1') to (maxvalue, '2.50')",
            ),
            ("for values from (now()) to ('2024-01-01'::date)", "from (now()) to ('2024-01-01'::date)"),
        ] {
            for sql in [
                format!("create table t partition of crm.p {written}"),
                format!("alter table crm.p attach partition t {written}"),
            ] {
                let Some(Partition::Of { parent, bound }) = table(&sql).partition else { panic!("{sql}") };
                assert_eq!(parent.to_string(), "crm.p");
                assert_eq!(bound.unwrap().to_string(), shown, "{sql}");
            }
        }
    }

    #[test]
    fn a_detached_partition_is_a_table_of_its_own() {
        assert_eq!(table("alter table p detach partition t").partition, Some(Partition::No));
        assert_eq!(table("create table t (a int)").partition, None);
    }
}
