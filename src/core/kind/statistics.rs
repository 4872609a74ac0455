//! Extended statistics: `pg_statistic_ext`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, Wanted, list};
use crate::core::name::{NameSet, QualifiedName};
use crate::core::renaming::Renaming;

/// Statistics over several columns or expressions of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The table.
    pub relation: Option<QualifiedName>,
    /// What is computed.
    pub kinds: Option<BTreeSet<StatisticsKind>>,
    /// The columns.
    pub columns: Option<NameSet>,
    /// The expressions: declared, as they are written; observed, `None` each until its text is read. They are a set.
    pub expressions: Option<Vec<Option<Definition>>>,
    /// SET STATISTICS; `-1` is the default of the server.
    pub target: Option<i64>,
}

/// What extended statistics compute (`pg_statistic_ext.stxkind`; statistics of expressions come by themselves).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatisticsKind {
    /// Numbers of distinct values.
    Ndistinct,
    /// Functional dependencies.
    Dependencies,
    /// Most common values.
    Mcv,
}

impl Room for Statistics {
    const ABOUT: About = About {
        declared_by: "`CREATE STATISTICS`, `ALTER STATISTICS`.",
        compared: "The table, the kinds, the columns, the expressions, and the target.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("statistics.sql"));

    /// Its own name, and its table: statistics whose name PostgreSQL chose may be there under another one.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        wanted.add_id(id);
        if let Some(relation) = &self.relation {
            wanted.add_name(relation);
        }
    }

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let letters: Vec<String> = row.json_or_default("kinds")?;
        let kinds = letters.iter().filter_map(|letter| match letter.as_str() {
            "d" => Some(StatisticsKind::Ndistinct),
            "f" => Some(StatisticsKind::Dependencies),
            "m" => Some(StatisticsKind::Mcv),
            _ => None,
        });
        let statistics = Self {
            relation: Some(row.qualified("relation_schema", "relation")?),
            kinds: Some(kinds.collect()),
            columns: Some(row.identifiers("columns")?),
            expressions: Some(vec![None; usize::try_from(row.integer("expressions")?).unwrap_or_default()]),
            target: Some(row.integer("target")?),
        };
        Ok((ComponentId::in_schema(Kind::Statistics, row.qualified("schema", "name")?), statistics))
    }

    /// As an index: a name that the author chose decides, for any other the shape does.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let Some(relation) = self.relation.as_ref().filter(|_| search.name_is_generated) else {
            return if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing };
        };
        let of_table = search.catalog.statistics_of(relation).filter_map(|(candidate, shape)| match shape {
            Shape::Statistics(observed) => Some((candidate, self.compare(observed))),
            _ => None,
        });
        search.by_shape(id, of_table)
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { relation, kinds, columns, expressions, target } = self;
        let mut comparison = Comparison::default();
        comparison.part("table", relation.as_ref(), observed.relation.as_ref(), ToString::to_string);
        comparison.part("kinds", kinds.as_ref(), observed.kinds.as_ref(), |kinds| {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.sql()).collect();
            if kinds.is_empty() { "none".into() } else { kinds.join(", ") }
        });
        comparison.part("columns", columns.as_ref(), observed.columns.as_ref(), |columns| list(columns));
        if let (Some(expected), Some(actual)) = (expressions, &observed.expressions) {
            if expected.len() == actual.len() {
                let another = "another expression of the statistics is not known";
                comparison.definition_set("expression", another, expected, actual);
            } else {
                let (expected, actual) = (expected.len().to_string(), actual.len().to_string());
                comparison.differs("number of expressions", expected, actual);
            }
        }
        comparison.part("target", target.as_ref(), observed.target.as_ref(), |target| match target {
            -1 => "the default".into(),
            target => target.to_string(),
        });
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { relation, kinds, columns, expressions, target } = change;
        self.relation = relation.or(self.relation.take());
        self.kinds = kinds.or(self.kinds.take());
        self.columns = columns.or(self.columns.take());
        self.expressions = expressions.or(self.expressions.take());
        self.target = target.or(self.target);
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        for (position, slot) in self.expressions.iter_mut().flatten().enumerate() {
            visit(Part { name: "expression", position }, slot);
        }
    }

    fn may_have_definitions(&self) -> bool {
        self.expressions.as_ref().is_some_and(|expressions| !expressions.is_empty())
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let (Some(relation), Some(columns)) = (&self.relation, &mut self.columns) {
            renaming.column_set(relation, columns);
        }
        if let Some(relation) = &mut self.relation {
            renaming.relation(relation);
        }
    }
}

impl StatisticsKind {
    /// All of them, which a statement means that names none.
    pub const ALL: [Self; 3] = [Self::Ndistinct, Self::Dependencies, Self::Mcv];

    /// The word of SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Ndistinct => "ndistinct",
            Self::Dependencies => "dependencies",
            Self::Mcv => "mcv",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    fn observed(name: &str, kinds: &str, columns: &str, expressions: &str) -> (ComponentId, Statistics) {
        let columns = [
            ("schema", Some("public")),
            ("name", Some(name)),
            ("relation_schema", Some("public")),
            ("relation", Some("users")),
            ("kinds", Some(kinds)),
            ("columns", Some(columns)),
            ("expressions", Some(expressions)),
            ("target", Some("-1")),
        ];
        let (id, shape) = decode(Kind::Statistics, &columns).unwrap();
        let Shape::Statistics(statistics) = shape else { panic!("statistics") };
        (id, *statistics)
    }

    #[test]
    fn k30_each_part_of_extended_statistics_is_compared() {
        let (id, seen) = observed("s", r#"["d", "e"]"#, r#"["a", "b"]"#, "1");
        assert_eq!(id.to_string(), "statistics/public.s");
        assert_eq!(told(&Statistics::default(), &seen), Vec::<String>::new());
        assert_eq!(told(&seen, &seen), ["not compared: expression"]);
        let declared = Statistics {
            relation: Some(QualifiedName::new("crm", "users")),
            kinds: Some([StatisticsKind::Mcv, StatisticsKind::Dependencies].into()),
            columns: Some(["a".into()].into()),
            expressions: Some(Vec::new()),
            target: Some(100),
        };
        assert_eq!(
            told(&declared, &seen),
            [
                "table: crm.users / public.users",
                "kinds: dependencies, mcv / ndistinct",
                "columns: (a) / (a, b)",
                "number of expressions: 0 / 1",
                "target: 100 / the default"
            ]
        );
    }

    #[test]
    fn statistics_whose_name_was_made_up_are_found_by_their_shape() {
        let mut catalog = Catalog::default();
        for (name, columns) in [("other", r#"["a", "b"]"#), ("users_a_b_stat", r#"["b", "c"]"#)] {
            let (id, statistics) = observed(name, r#"["d"]"#, columns, "0");
            catalog.insert(id, statistics.into());
        }
        let (id, declared) = observed("users_a_b_stat", r#"["d"]"#, r#"["a", "b"]"#, "0");
        let taken = BTreeSet::new();
        let find = |name_is_generated| {
            declared.find(&id, &Search { catalog: &catalog, taken: &taken, name_is_generated })
        };
        assert_eq!(find(false), Found::Is(id.clone()));
        let other = ComponentId::in_schema(Kind::Statistics, QualifiedName::new("public", "other"));
        assert_eq!(find(true), Found::Is(other));
    }
}
