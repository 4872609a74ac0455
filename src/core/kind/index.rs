//! Indexes: `pg_index`. The index of a constraint belongs to the constraint, and is one here only where its own name is
//! required.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::index_key::{KeyRow, compare_keys, visit_expressions};
use crate::core::kind::parameters::Parameters;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, Wanted, list};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;

pub use crate::core::kind::index_key::{IndexKey, KeyTarget};

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// The table it is on.
    pub relation: Option<QualifiedName>,
    /// The access method (`btree`, `gin`).
    pub method: Option<Identifier>,
    /// UNIQUE.
    pub unique: Option<bool>,
    /// NULLS NOT DISTINCT (PostgreSQL 15).
    pub nulls_not_distinct: Option<bool>,
    /// The keys in order.
    pub keys: Option<Vec<IndexKey>>,
    /// The columns of INCLUDE, in order.
    pub include: Option<Vec<Identifier>>,
    /// WHERE; without one the index covers every row.
    pub predicate: Option<Clause>,
    /// WITH (...): `fillfactor` and the like.
    pub parameters: Parameters,
    /// Observed: whether the index can be used (`indisvalid` and `indisready`). An index that a failed CREATE INDEX
    /// CONCURRENTLY left behind cannot. Declared: true, unless the index of a partitioned table is made ON ONLY that
    /// table: then it is valid once every partition has one of its own.
    pub valid: Option<bool>,
}

impl Room for Index {
    const ABOUT: About = About {
        declared_by: "`CREATE INDEX`. The index of a constraint is part of the constraint.",
        compared: "The table, the access method, unique, nulls distinct or not, the keys in their order \
            (columns or expressions, operator class and its parameters, collation, order, nulls first or \
            last), the included columns, the predicate, the storage parameters that SQL names, and that \
            the index is valid. One that PostgreSQL named goes by its shape.",
        not_compared: "Tablespaces.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("index.sql"));

    /// Its own name, and its relation: an index whose name PostgreSQL chose may be there under another one.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        wanted.add_id(id);
        if let Some(relation) = &self.relation {
            wanted.add_name(relation);
        }
    }

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let (include, keys): (Vec<KeyRow>, Vec<KeyRow>) =
            row.json_or_default::<Vec<KeyRow>>("keys")?.into_iter().partition(|key| key.included);
        let predicate = if row.boolean("has_predicate")? { Clause::Defined(None) } else { Clause::Absent };
        let index = Self {
            relation: Some(row.qualified("relation_schema", "relation")?),
            method: Some(row.identifier("method")?),
            unique: Some(row.boolean("is_unique")?),
            nulls_not_distinct: Some(row.optional("nulls_not_distinct")? == Some("true")),
            keys: Some(keys.into_iter().map(KeyRow::into_key).collect()),
            include: Some(
                include.iter().flat_map(|key| &key.column).map(|(name, _)| Identifier::new(name)).collect(),
            ),
            predicate: Some(predicate),
            parameters: row.parameters("parameters")?,
            valid: Some(row.boolean("valid")?),
        };
        Ok((ComponentId::in_schema(Kind::Index, row.qualified("schema", "name")?), index))
    }

    /// As a constraint: a name that the author chose decides, for any other the shape does.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let Some(relation) = self.relation.as_ref().filter(|_| search.name_is_generated) else {
            return if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing };
        };
        let candidates = search.catalog.indexes_of(relation).filter_map(|(candidate, shape)| match shape {
            Shape::Index(observed) => Some((candidate, self.compare(observed))),
            _ => None,
        });
        search.by_shape(id, candidates)
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self {
            relation,
            method,
            unique,
            nulls_not_distinct,
            keys,
            include,
            predicate,
            parameters,
            valid,
        } = self;
        let mut comparison = Comparison::default();
        comparison.part("table", relation.as_ref(), observed.relation.as_ref(), ToString::to_string);
        comparison.part("method", method.as_ref(), observed.method.as_ref(), ToString::to_string);
        comparison.either("unique", *unique, observed.unique, ("unique", "not unique"));
        let nulls = ("not distinct", "distinct");
        comparison.either("nulls", *nulls_not_distinct, observed.nulls_not_distinct, nulls);
        if let (Some(expected), Some(actual)) = (keys, &observed.keys) {
            compare_keys(("keys", "key expression"), expected, actual, &mut comparison);
        }
        comparison.part("include", include.as_ref(), observed.include.as_ref(), |columns| list(columns));
        let words = ("a condition", "every row");
        comparison.clause("predicate", predicate.as_ref(), observed.predicate.as_ref(), words);
        parameters.compare(&observed.parameters, &mut comparison);
        // No other SQL asks for an index that cannot be used, and a requirement by name does not either.
        if observed.valid == Some(false) && *valid != Some(false) {
            let actual = "invalid (a concurrent build failed or is still running; if it failed, drop the index or reindex it)";
            comparison.differs("valid", "valid", actual);
        }
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        visit_expressions("key expression", self.keys.iter_mut().flatten(), visit);
        if let Some(slot) = self.predicate.as_mut().and_then(Clause::slot) {
            visit(Part::only("predicate"), slot);
        }
    }

    fn may_have_definitions(&self) -> bool {
        let is_expression = |key: &IndexKey| matches!(key.target, KeyTarget::Expression(_));
        self.predicate.as_ref().is_some_and(Clause::is_defined)
            || self.keys.iter().flatten().any(is_expression)
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        let Some(relation) = &mut self.relation else { return };
        self.keys.iter_mut().flatten().for_each(|key| key.rename(relation, renaming));
        renaming.columns(relation, self.include.iter_mut().flatten());
        renaming.relation(relation);
    }

    /// What ALTER INDEX says of one part leaves the others.
    fn change(&mut self, change: Self) {
        let Self {
            relation,
            method,
            unique,
            nulls_not_distinct,
            keys,
            include,
            predicate,
            parameters,
            valid,
        } = change;
        self.relation = relation.or(self.relation.take());
        self.method = method.or(self.method.take());
        self.unique = unique.or(self.unique);
        self.nulls_not_distinct = nulls_not_distinct.or(self.nulls_not_distinct);
        self.keys = keys.or(self.keys.take());
        self.include = include.or(self.include.take());
        self.predicate = predicate.or(self.predicate.take());
        self.parameters.change(parameters);
        self.valid = valid.or(self.valid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;
    use crate::core::name::PartialName;

    const ON_A: &str = r#"[{"included": false, "column": ["a", true], "option": 0, "class": ["pg_catalog", "int4_ops", true],
        "collation": null}]"#;
    const ON_EXPRESSION: &str = r#"[{"included": false, "column": null, "option": 0, "class": ["pg_catalog", "text_ops", true], "collation": ["pg_catalog", "default"]}]"#;

    fn row(name: &str, keys: &str, has_predicate: &str, valid: &str) -> (ComponentId, Index) {
        let columns = [
            ("schema", Some("public")),
            ("name", Some(name)),
            ("relation_schema", Some("public")),
            ("relation", Some("leads")),
            ("method", Some("btree")),
            ("is_unique", Some("f")),
            ("nulls_not_distinct", None),
            ("has_predicate", Some(has_predicate)),
            ("valid", Some(valid)),
            ("parameters", Some(r#"["fillfactor=70"]"#)),
            ("keys", Some(keys)),
        ];
        let (id, shape) = decode(Kind::Index, &columns).unwrap();
        let Shape::Index(index) = shape else { panic!("an index") };
        (id, *index)
    }

    fn key(target: KeyTarget) -> IndexKey {
        IndexKey::of(target)
    }

    fn on(keys: Vec<IndexKey>) -> Index {
        Index {
            relation: Some(QualifiedName::new("public", "leads")),
            method: Some("btree".into()),
            unique: Some(false),
            nulls_not_distinct: Some(false),
            keys: Some(keys),
            include: Some(Vec::new()),
            predicate: Some(Clause::Absent),
            parameters: Parameters::default(),
            valid: Some(true),
        }
    }

    fn column(name: &str) -> IndexKey {
        key(KeyTarget::Column(name.into()))
    }

    #[test]
    fn each_part_of_an_index_is_compared_and_expressions_are_not() {
        let on_a = on(vec![column("a")]);
        let expression = on(vec![key(KeyTarget::Expression(Some(Definition::observed("lower(a)".into()))))]);
        let partial = Index {
            predicate: Some(Clause::Defined(Some(Definition::observed("a > 0".into())))),
            ..on_a.clone()
        };
        let other = Index {
            relation: Some(QualifiedName::new("public", "users")),
            method: Some("gin".into()),
            unique: Some(true),
            nulls_not_distinct: Some(true),
            include: Some(vec!["b".into()]),
            ..on_a.clone()
        };
        for (declared, (keys, has_predicate), differences) in [
            (&Index::default(), (ON_EXPRESSION, "t"), vec![]),
            (&on_a, (ON_A, "f"), vec![]),
            (&on_a, (ON_A, "t"), vec!["predicate: every row / a condition"]),
            (&on_a, (ON_EXPRESSION, "f"), vec!["keys: (a) / (an expression)"]),
            (&expression, (ON_EXPRESSION, "f"), vec!["not compared: key expression"]),
            (&partial, (ON_A, "t"), vec!["not compared: predicate"]),
            (&partial, (ON_A, "f"), vec!["predicate: a > 0 / every row"]),
            (
                &other,
                (ON_A, "f"),
                vec![
                    "table: public.users / public.leads",
                    "method: gin / btree",
                    "unique: unique / not unique",
                    "nulls: not distinct / distinct",
                    "include: (b) / ()",
                ],
            ),
        ] {
            assert_eq!(told(declared, &row("i", keys, has_predicate, "t").1), differences);
        }
    }

    #[test]
    fn k11_an_invalid_index_differs_from_every_requirement() {
        let (_, invalid) = row("i", ON_A, "f", "f");
        for declared in [Index::default(), on(vec![column("a")])] {
            let [told] = &told(&declared, &invalid)[..] else { panic!("one difference") };
            assert!(told.starts_with("valid: valid / invalid"), "{told}");
        }
    }

    #[test]
    fn an_index_on_only_a_partitioned_table_may_wait_for_those_of_its_partitions() {
        let (_, invalid) = row("i", ON_A, "f", "f");
        let only = Index { valid: Some(false), ..on(vec![column("a")]) };
        assert_eq!(told(&only, &invalid), Vec::<String>::new());
        assert_eq!(told(&only, &row("i", ON_A, "f", "t").1), Vec::<String>::new());
    }

    #[test]
    fn storage_parameters_and_options_of_operator_classes_are_compared() {
        let (_, observed) = row("i", ON_A, "f", "t");
        let parameters = |value: &str| Parameters::stored(&[value.to_owned()], "");
        let declared = Index { parameters: parameters("fillfactor=80"), ..on(vec![column("a")]) };
        assert_eq!(told(&declared, &observed), ["storage parameters: fillfactor=80 / fillfactor=70"]);
        let key = IndexKey { operator_class_parameters: parameters("siglen=32"), ..column("a") };
        assert_eq!(told(&on(vec![key]), &observed), ["keys: (a (siglen=32)) / (a)"]);
    }

    #[test]
    fn d4_keys_are_equal_with_what_is_implied_and_with_what_is_said() {
        let observed = r#"[
            {"included": false, "column": ["a", true], "option": 3, "class": ["pg_catalog", "text_ops", true],
             "collation": ["pg_catalog", "C"]},
            {"included": false, "column": ["b", false], "option": 0, "class": ["pg_catalog", "text_pattern_ops", false],
             "collation": ["pg_catalog", "C"]},
            {"included": true, "column": ["c", true], "option": null, "class": null,
             "collation": null}]"#;
        let (_, observed) = row("i", observed, "f", "t");
        let named = |name: &str| Some(PartialName { schema: None, name: name.into() });
        let descending = IndexKey { descending: true, nulls_first: true, ..column("a") };
        let pattern =
            IndexKey { operator_class: named("text_pattern_ops"), collation: named("C"), ..column("b") };
        let include = Some(vec!["c".into()]);
        let implied = Index { include: include.clone(), ..on(vec![descending.clone(), pattern.clone()]) };
        assert_eq!(told(&implied, &observed), Vec::<String>::new());
        let said =
            IndexKey { operator_class: named("text_ops"), collation: named("C"), ..descending.clone() };
        let said = Index { include: include.clone(), ..on(vec![said, pattern.clone()]) };
        assert_eq!(told(&said, &observed), Vec::<String>::new());
        for (first, second, shown) in [
            (column("a"), pattern.clone(), "(a, b collate \"C\" text_pattern_ops)"),
            (descending.clone(), column("b"), "(a desc, b)"),
            (
                IndexKey { nulls_first: false, ..descending.clone() },
                pattern.clone(),
                "(a desc nulls last, b collate \"C\" text_pattern_ops)",
            ),
        ] {
            let declared = Index { include: include.clone(), ..on(vec![first, second]) };
            assert_eq!(
                told(&declared, &observed),
                [format!("keys: {shown} / (a desc, b collate \"C\" text_pattern_ops)")]
            );
        }
    }

    #[test]
    fn a_generated_name_is_matched_by_shape_on_its_table() {
        let mut catalog = Catalog::default();
        for (name, keys, valid) in [("mine", ON_A, "t"), ("broken", ON_A, "f"), ("lower", ON_EXPRESSION, "t")]
        {
            let (id, index) = row(name, keys, "f", valid);
            catalog.insert(id, index.into());
        }
        let id = |name: &str| ComponentId::in_schema(Kind::Index, QualifiedName::new("public", name));
        let find = |declared: &Index, taken: &[&str], name_is_generated| {
            let taken: Vec<ComponentId> = taken.iter().map(|name| id(name)).collect();
            let taken = taken.iter().collect();
            declared.find(&id("leads_a_idx"), &Search { catalog: &catalog, taken: &taken, name_is_generated })
        };
        let on_a = on(vec![column("a")]);
        let expression = on(vec![key(KeyTarget::Expression(None))]);
        assert_eq!(find(&on_a, &[], true), Found::Is(id("mine")));
        assert_eq!(find(&on_a, &["mine"], true), Found::Nothing);
        assert_eq!(find(&on_a, &[], false), Found::Nothing);
        assert_eq!(find(&on(vec![column("b")]), &[], true), Found::Nothing);
        assert!(
            matches!(find(&expression, &[], true), Found::Undecided(reason) if reason.contains("index/public.lower"))
        );
    }

    #[test]
    fn an_index_is_asked_for_by_its_name_and_by_its_table() {
        let mut wanted = Wanted::default();
        let id = ComponentId::in_schema(Kind::Index, QualifiedName::new("public", "i"));
        on(vec![column("a")]).wanted(&id, &mut wanted);
        assert_eq!(wanted.pairs().collect::<Vec<_>>(), [("public", "i"), ("public", "leads")]);
    }
}
