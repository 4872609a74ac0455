//! CREATE STATISTICS and ALTER STATISTICS.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, StatsElem};

use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::statistics::{Statistics, StatisticsKind};
use crate::core::name::Identifier;
use crate::core::sql::{expression, parse};

/// The statistics of one table. Without a name (PostgreSQL 16), the fold makes up PostgreSQL's.
#[must_use]
pub fn effects(statement: &protobuf::CreateStatsStmt, scope: &Scope) -> Vec<Effect> {
    let [Node { node: Some(NodeEnum::RangeVar(relation)) }] = statement.relations.as_slice() else {
        return vec![Effect::NotModelled("CREATE STATISTICS".into())];
    };
    let relation = parse::relation(relation, scope);
    let elements: Vec<&StatsElem> = statement.exprs.iter().filter_map(element).collect();
    let column = |element: &&StatsElem| {
        // A column in parentheses is a column.
        let bare = match element.expr.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::ColumnRef(column)) => parse::strings(&column.fields).last().copied(),
            _ => None,
        };
        let name = if element.name.is_empty() { bare } else { Some(element.name.as_str()) };
        name.map(Identifier::new)
    };
    let columns: Vec<Option<Identifier>> = elements.iter().map(column).collect();
    let expressions = elements.iter().zip(&columns).filter(|(_, column)| column.is_none());
    let expressions = expressions.map(|(element, _)| expression::definition(element.expr.as_deref()?, scope));
    let statistics = Statistics {
        relation: Some(relation),
        kinds: Some(match parse::strings(&statement.stat_types).as_slice() {
            // Of one expression, there is nothing to compute together.
            [] if elements.len() == 1 => std::collections::BTreeSet::new(),
            [] => StatisticsKind::ALL.into(),
            named => StatisticsKind::ALL.into_iter().filter(|kind| named.contains(&kind.sql())).collect(),
        }),
        columns: Some(columns.iter().flatten().cloned().collect()),
        expressions: Some(expressions.collect()),
        target: Some(-1),
    };
    vec![Effect::CreateStatistics {
        name: parse::qualified(&statement.defnames, scope),
        statistics,
        if_exists: if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse },
        name_parts: columns.into_iter().map(|column| column.unwrap_or_else(|| "expr".into())).collect(),
    }]
}

/// SET STATISTICS; without a number it is the server's default.
#[must_use]
pub fn alter(statement: &protobuf::AlterStatsStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::named(Kind::Statistics, &statement.defnames, scope) else {
        return vec![Effect::NotModelled("ALTER STATISTICS".into())];
    };
    let target = match statement.stxstattarget.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::Integer(number)) => i64::from(number.ival),
        _ => -1,
    };
    vec![Effect::Change {
        id: ComponentId::in_schema(Kind::Statistics, name),
        change: Statistics { target: Some(target), ..Statistics::default() }.into(),
    }]
}

fn element(node: &Node) -> Option<&StatsElem> {
    match node.node.as_ref()? {
        NodeEnum::StatsElem(element) => Some(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::name::QualifiedName;
    use crate::core::sql::effect::tests::of;

    fn statistics(sql: &str) -> (Option<String>, Statistics, Vec<String>) {
        match &of(sql)[..] {
            [Effect::CreateStatistics { name, statistics, name_parts, .. }] => (
                name.as_ref().map(ToString::to_string),
                statistics.clone(),
                name_parts.iter().map(ToString::to_string).collect(),
            ),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn k30_extended_statistics_are_read_whole() {
        let (name, shape, _) = statistics("create statistics crm.s (mcv, dependencies) on a, b from crm.t");
        assert_eq!(name.as_deref(), Some("crm.s"));
        assert_eq!(
            shape,
            Statistics {
                relation: Some(QualifiedName::new("crm", "t")),
                kinds: Some([StatisticsKind::Mcv, StatisticsKind::Dependencies].into()),
                columns: Some(["a".into(), "b".into()].into()),
                expressions: Some(Vec::new()),
                target: Some(-1),
            }
        );
        let (_, all, parts) = statistics("create statistics on a, (b + 1), (c) from t");
        assert_eq!(all.kinds, Some(StatisticsKind::ALL.into()));
        assert_eq!(all.columns, Some(["a".into(), "c".into()].into()));
        let shown: Vec<String> = all.expressions.unwrap().iter().flatten().map(ToString::to_string).collect();
        assert_eq!(shown, ["b + 1"]);
        assert_eq!(parts, ["a", "expr", "c"]);
        let (_, one, _) = statistics("create statistics s on (a + b) from t");
        assert_eq!(one.kinds, Some([].into()));
    }

    #[test]
    fn the_target_is_set_and_reset() {
        for (number, target) in [("100", 100), ("-1", -1), ("default", -1)] {
            let effects = of(&format!("alter statistics s set statistics {number}"));
            let [Effect::Change { id, change: Shape::Statistics(change) }] = &effects[..] else {
                panic!("{effects:?}")
            };
            assert_eq!(id.to_string(), "statistics/public.s");
            assert_eq!(**change, Statistics { target: Some(target), ..Statistics::default() });
        }
    }
}
