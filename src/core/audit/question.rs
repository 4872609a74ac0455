//! What a database is asked for a set of requirements: the SQL, already scoped to the wanted names.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::requirement::Requirements;
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName, Shared};
use crate::core::kind::about::RELATIONS;
use crate::core::kind::grant::{Grant, PARAMETERS_SINCE};
use crate::core::kind::{Kind, Shape, Wanted};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::place::fill;
use crate::core::sql::quoting;
use crate::core::type_name::TypeName;

/// The most rows that one probe looks for: a bound on the length of a statement, and on what one bad key costs.
const ROWS_PER_PROBE: usize = 200;

/// One query of phase 1. All of them go into one message and one snapshot; none can wait for a lock or raise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The kind whose rows it gives.
    pub kind: Kind,
    /// The query with the wanted names filled in, without a semicolon.
    pub sql: String,
    /// The first major version of PostgreSQL that has the catalogs which it names; 0 where all have them. Others are not
    /// asked: they have nothing of the sort.
    pub since: u32,
}

/// One probe: a statement that reads user data and may raise, so it runs in a transaction of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the probe is about, in the order of the numbers that it returns. The statement gives one row, with one
    /// column, for each that is there: its position here, from 0.
    pub components: Vec<ComponentId>,
    /// The statement, without a semicolon.
    pub sql: String,
}

/// The questions of phase 1: one per kind that is wanted at all. Schemas and tables are asked for what hangs on them
/// too, because their absence explains what is missing.
#[must_use]
pub fn questions(requirements: &Requirements) -> Vec<Question> {
    let mut wanted: BTreeMap<Kind, Wanted> = BTreeMap::new();
    let mut is_table = IsTable { requirements, last: None };
    let mut last = None;
    for (id, requirement) in &requirements.components {
        requirement.shape.wanted(id, wanted.entry(id.kind).or_default());
        if let Some(schema) = id.schema() {
            wanted.entry(Kind::Schema).or_default().add("", schema.as_str());
        }
        // The expressions of a partition key are over the columns of the table itself.
        if id.kind == Kind::Table && requirement.shape.may_have_definitions() {
            wanted.entry(Kind::Column).or_default().add_id(id);
        }
        if let ComponentName::OnObject { object, .. } = &id.name {
            Shape::open(object.kind).wanted(object, wanted.entry(object.kind).or_default());
            // One whose name PostgreSQL chose may have another there: what is said of all of its table is read.
            if let Some(of) = requirements.components.get(object).filter(|of| of.name_is_generated)
                && let Some(relation) = of.shape.relation(object)
            {
                wanted.entry(id.kind).or_default().add_name(relation);
            }
        }
        let Some(relation) = requirement.shape.relation(id) else { continue };
        let has_definitions = requirement.shape.may_have_definitions();
        // What comes next is most often on the same relation, and wants the same of it.
        if last.replace((id.kind, relation, has_definitions)) == Some((id.kind, relation, has_definitions)) {
            continue;
        }
        for kind in relation_kinds(id.kind) {
            // What is required as a table is asked for as nothing else: a query less for each kind that it could be.
            if *kind != Kind::Table && kind.is_relation() && is_table.of(relation) {
                continue;
            }
            wanted.entry(*kind).or_default().add_name(relation);
        }
        // What an expression is planned over has the columns of its table.
        if id.kind != Kind::Column && has_definitions {
            wanted.entry(Kind::Column).or_default().add_name(relation);
        }
    }
    let asked = wanted.into_iter().filter(|(_, wanted)| !wanted.is_empty());
    let question = |(kind, wanted): (Kind, Wanted)| {
        let pairs = wanted.pairs();
        let schemas = quoting::text_array(pairs.clone().map(|(schema, _)| schema));
        let names = quoting::text_array(pairs.map(|(_, name)| name));
        let sql = fill(kind.query()?, &[(":'schemas'", &schemas), (":'names'", &names)]);
        Some(Question { kind, sql, since: 0 })
    };
    asked.filter_map(question).chain(on_parameters(requirements)).collect()
}

/// The question about privileges on parameters, where such are required.
fn on_parameters(requirements: &Requirements) -> Option<Question> {
    let name = |id: &ComponentId| match &id.name {
        ComponentName::OnShared { class: Shared::Parameter, name, .. } => Some(name.clone()),
        _ => None,
    };
    let names: BTreeSet<Identifier> = requirements.components.keys().filter_map(name).collect();
    if names.is_empty() {
        return None;
    }
    let schemas = quoting::text_array(names.iter().map(|_| ""));
    let names = quoting::text_array(names.iter().map(Identifier::as_str));
    let sql = fill(Grant::PARAMETERS, &[(":'schemas'", &schemas), (":'names'", &names)]);
    Some(Question { kind: Kind::Grant, sql, since: PARAMETERS_SINCE })
}

/// Whether relations are required as tables. They come in order, most of them many times.
struct IsTable<'r> {
    requirements: &'r Requirements,
    last: Option<(&'r QualifiedName, bool)>,
}

impl<'r> IsTable<'r> {
    fn of(&mut self, relation: &'r QualifiedName) -> bool {
        if let Some((_, is_table)) = self.last.filter(|(last, _)| *last == relation) {
            return is_table;
        }
        let table = ComponentId::in_schema(Kind::Table, relation.clone());
        let is_table = self.requirements.components.contains_key(&table);
        self.last = Some((relation, is_table));
        is_table
    }
}

/// Of which kinds the relation can be that a component of `kind` is on. A seed row needs the columns of its key too.
fn relation_kinds(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Column | Kind::Trigger | Kind::Rule | Kind::Comment => {
            &[Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView]
        }
        Kind::Constraint => &[Kind::Table, Kind::ForeignTable],
        Kind::Statistics => &[Kind::Table, Kind::ForeignTable, Kind::MaterializedView],
        Kind::Grant | Kind::Owner => &RELATIONS,
        Kind::Index => &[Kind::Table, Kind::MaterializedView],
        Kind::SeedRow => &[Kind::Table, Kind::Column],
        _ => &[Kind::Table],
    }
}

/// The probes for required seed rows and queries, given what phase 1 saw. There is none for a row whose table or key
/// columns were not seen: the comparison knows what that means.
#[must_use]
pub fn probes(requirements: &Requirements, seen: &Catalog) -> Vec<Probe> {
    let mut rows: BTreeMap<(&QualifiedName, Vec<&Identifier>), Vec<&ComponentId>> = BTreeMap::new();
    let mut queries = Vec::new();
    for (id, requirement) in &requirements.components {
        match (&id.name, &requirement.shape) {
            (ComponentName::Row { relation, key }, _) if absent_key(relation, key, seen).is_none() => {
                let columns = key.iter().map(|(column, _)| column).collect();
                rows.entry((relation, columns)).or_default().push(id);
            }
            (_, Shape::Query(query)) => queries.push(query_probe(id, &query.sql)),
            _ => {}
        }
    }
    let chunks = rows.values().flat_map(|ids| ids.chunks(ROWS_PER_PROBE));
    chunks.map(|ids| row_probe(ids, seen)).chain(queries).collect()
}

/// What of a seed row's table and key was not seen, the table before its columns. `None`: all of it was.
pub(crate) fn absent_key(
    relation: &QualifiedName,
    key: &[(Identifier, Option<String>)],
    seen: &Catalog,
) -> Option<ComponentId> {
    let table = ComponentId::in_schema(Kind::Table, relation.clone());
    let columns = key
        .iter()
        .map(|(column, _)| ComponentId::on_relation(Kind::Column, relation.clone(), column.clone()));
    std::iter::once(table).chain(columns).find(|id| !seen.contains(id))
}

/// Each row on its own, so that the bare literals take the types of the columns.
fn row_probe(ids: &[&ComponentId], seen: &Catalog) -> Probe {
    let selects: Vec<String> = ids
        .iter()
        .enumerate()
        .filter_map(|(position, id)| match &id.name {
            ComponentName::Row { relation, key } => Some(row_select(position, relation, key, seen)),
            _ => None,
        })
        .collect();
    Probe { components: ids.iter().map(|id| (*id).clone()).collect(), sql: selects.join("\nunion all\n") }
}

fn row_select(
    position: usize,
    relation: &QualifiedName,
    key: &[(Identifier, Option<String>)],
    seen: &Catalog,
) -> String {
    let conditions: Vec<String> = key
        .iter()
        .map(|(name, value)| {
            let column = quoting::identifier(name);
            match value {
                Some(value) if is_json(relation, name, seen) => {
                    format!("t.{column}::pg_catalog.text = {}", quoting::literal(value))
                }
                Some(value) => format!("t.{column} = {}", quoting::literal(value)),
                None => format!("t.{column} is null"),
            }
        })
        .collect();
    let relation = quoting::qualified(relation);
    format!("select {position} where exists (select from {relation} as t where {})", conditions.join(" and "))
}

/// Whether a column is of the type `json`, which has no `=`, and keeps its text as it was given (`json_in` in
/// PostgreSQL's `json.c`).
fn is_json(relation: &QualifiedName, column: &Identifier, seen: &Catalog) -> bool {
    let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
    match seen.get(&id) {
        Some(Shape::Column(column)) => {
            column.data_type.as_ref().is_some_and(|data_type| *data_type == TypeName::built_in("json"))
        }
        _ => false,
    }
}

/// The user's SELECT as a scalar subquery: an answer of several rows or columns, or one that is no boolean, is an
/// error. The line break ends a comment that the SELECT may end with.
fn query_probe(id: &ComponentId, sql: &str) -> Probe {
    let select = sql.trim_end().trim_end_matches(';');
    Probe {
        components: vec![id.clone()],
        sql: format!("select 0 from (select (\n{select}\n) as answer) as q where q.answer"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::audit::requirement::Requirement;
    use crate::core::component::Grantee;
    use crate::core::kind::column::Column;
    use crate::core::kind::grant::on_shared;
    use crate::core::kind::query::Query;

    fn requirements(components: Vec<(ComponentId, Shape)>) -> Requirements {
        let requirement = |shape| Requirement {
            shape,
            features: Arc::from([]),
            position: None,
            name_is_generated: false,
            undecidable: None,
        };
        let components = components.into_iter().map(|(id, shape)| (id, requirement(shape))).collect();
        Requirements { components, ..Requirements::default() }
    }

    fn by_name(id: ComponentId) -> (ComponentId, Shape) {
        let shape = Shape::open(id.kind);
        (id, shape)
    }

    fn row(key: &[(&str, Option<&str>)]) -> ComponentId {
        let key = key.iter().map(|(column, value)| (Identifier::new(column), value.map(str::to_owned)));
        let name =
            ComponentName::Row { relation: QualifiedName::new("public", "badges"), key: key.collect() };
        ComponentId { kind: Kind::SeedRow, name }
    }

    fn seen(columns: &[&str]) -> Catalog {
        let badges = QualifiedName::new("public", "badges");
        let mut catalog = Catalog::default();
        catalog.insert(ComponentId::in_schema(Kind::Table, badges.clone()), Shape::open(Kind::Table));
        for column in columns {
            let id = ComponentId::on_relation(Kind::Column, badges.clone(), *column);
            catalog.insert(id, Shape::open(Kind::Column));
        }
        catalog
    }

    #[test]
    fn only_wanted_kinds_are_asked_with_what_explains_their_absence() {
        let users = QualifiedName::new("public", "users");
        for (id, kinds) in [
            (ComponentId::global(Kind::Extension, "vector"), vec![Kind::Extension]),
            (ComponentId::in_schema(Kind::Table, users.clone()), vec![Kind::Schema, Kind::Table]),
            (
                ComponentId::on_relation(Kind::Policy, users.clone(), "p"),
                vec![Kind::Schema, Kind::Table, Kind::Policy],
            ),
            (
                ComponentId::on_relation(Kind::Column, users, "email"),
                vec![
                    Kind::Schema,
                    Kind::Table,
                    Kind::ForeignTable,
                    Kind::Column,
                    Kind::View,
                    Kind::MaterializedView,
                ],
            ),
            (row(&[("key", Some("a"))]), vec![Kind::Schema, Kind::Table, Kind::Column]),
        ] {
            let questions = questions(&requirements(vec![by_name(id)]));
            assert_eq!(questions.iter().map(|question| question.kind).collect::<Vec<_>>(), kinds);
        }
        let query = ComponentId { kind: Kind::Query, name: ComponentName::Free("q".into()) };
        assert_eq!(questions(&requirements(vec![by_name(query)])), []);
    }

    #[test]
    fn parameters_are_asked_about_apart_where_the_server_has_privileges_on_them() {
        let grant = |class, name: &str| by_name(on_shared(class, name.into(), Grantee::Public));
        let required = requirements(vec![
            grant(Shared::Database, "shop"),
            grant(Shared::Parameter, "work_mem"),
            grant(Shared::Parameter, "it's.set"),
        ]);
        let asked = questions(&required);
        assert_eq!(
            asked.iter().map(|it| (it.kind, it.since)).collect::<Vec<_>>(),
            [(Kind::Grant, 0), (Kind::Grant, 15)]
        );
        assert!(asked[0].sql.contains(r#"'{"it''s.set","shop","work_mem"}'"#), "{}", asked[0].sql);
        assert!(!asked[0].sql.contains("pg_parameter_acl"));
        assert!(asked[1].sql.contains(r#"'{"it''s.set","work_mem"}'"#), "{}", asked[1].sql);
        let others = questions(&requirements(vec![grant(Shared::Tablespace, "fast")]));
        assert_eq!(others.iter().map(|it| it.since).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn f5_a_thousand_objects_take_as_many_queries_as_one() {
        let tables = |count: u32| {
            let columns = (0..count).flat_map(|number| {
                let table = QualifiedName::new(&*format!("schema{}", number % 7), &*format!("table{number}"));
                let column = ComponentId::on_relation(Kind::Column, table.clone(), "id");
                [by_name(ComponentId::in_schema(Kind::Table, table)), by_name(column)]
            });
            questions(&requirements(columns.collect()))
        };
        let kinds =
            |questions: &[Question]| questions.iter().map(|question| question.kind).collect::<Vec<_>>();
        let (one, thousand) = (tables(1), tables(1_000));
        assert_eq!(kinds(&one), kinds(&thousand));
        let selects = |questions: &[Question]| -> usize {
            questions.iter().map(|question| question.sql.matches("select").count()).sum()
        };
        assert_eq!(selects(&one), selects(&thousand));
    }

    #[test]
    fn names_are_put_into_the_query_as_literals_once() {
        let name = QualifiedName::new("it's", ":'names'");
        let id = ComponentId::in_schema(Kind::Table, name);
        let questions = questions(&requirements(vec![by_name(id)]));
        let [schema, table] = &questions[..] else { panic!("two questions") };
        assert!(schema.sql.contains(r#"unnest('{"it''s"}'::pg_catalog.text[])"#), "{}", schema.sql);
        assert!(table.sql.contains(r#"unnest('{"it''s"}'::pg_catalog.text[])"#), "{}", table.sql);
        assert!(table.sql.contains(r#"unnest('{":''names''"}'::pg_catalog.text[])"#), "{}", table.sql);
        assert!(!table.sql.contains(":'schemas'") && !table.sql.contains(":'names'"), "{}", table.sql);
        assert!(!table.sql.ends_with(';'));
    }

    #[test]
    fn rows_are_probed_by_table_with_literals_that_take_the_type_of_the_column() {
        let ids = [
            row(&[("key", Some("it's"))]),
            row(&[("key", Some("z"))]),
            row(&[("key", Some("k")), ("squad", None)]),
        ];
        let requirements = requirements(ids.iter().cloned().map(by_name).collect());
        let probes = probes(&requirements, &seen(&["key", "squad"]));
        let sql: Vec<&str> = probes.iter().map(|probe| &*probe.sql).collect();
        assert_eq!(
            sql,
            [
                "select 0 where exists (select from \"public\".\"badges\" as t where t.\"key\" = 'it''s')\n\
                 union all\n\
                 select 1 where exists (select from \"public\".\"badges\" as t where t.\"key\" = 'z')",
                "select 0 where exists (select from \"public\".\"badges\" as t \
                 where t.\"key\" = 'k' and t.\"squad\" is null)",
            ]
        );
        assert_eq!(probes[0].components, ids[..2]);
    }

    #[test]
    fn a_json_column_is_compared_by_its_text_as_it_has_no_equality() {
        let id = row(&[("args", Some("{}")), ("key", Some("a"))]);
        let mut seen = seen(&["args", "key"]);
        let args = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "badges"), "args");
        let column = Column { data_type: Some(TypeName::built_in("json")), ..Column::default() };
        seen.insert(args, column.into());
        let probes = probes(&requirements(vec![by_name(id)]), &seen);
        assert!(
            probes[0].sql.ends_with(r#"where t."args"::pg_catalog.text = '{}' and t."key" = 'a')"#),
            "{}",
            probes[0].sql
        );
    }

    #[test]
    fn a_row_is_not_probed_without_its_table_or_a_column_of_its_key() {
        let requirements = requirements(vec![by_name(row(&[("key", Some("a"))]))]);
        assert_eq!(probes(&requirements, &Catalog::default()), []);
        assert_eq!(probes(&requirements, &seen(&["other"])), []);
        assert_eq!(probes(&requirements, &seen(&["key"])).len(), 1);
    }

    #[test]
    fn many_rows_are_probed_in_several_statements() {
        let ids = (0..450).map(|number: u32| by_name(row(&[("key", Some(&number.to_string()))])));
        let probes = probes(&requirements(ids.collect()), &seen(&["key"]));
        assert_eq!(probes.iter().map(|probe| probe.components.len()).collect::<Vec<_>>(), [200, 200, 50]);
    }

    #[test]
    fn a_query_is_a_scalar_subquery_that_a_comment_does_not_break() {
        let id = ComponentId { kind: Kind::Query, name: ComponentName::Free("q".into()) };
        let query = Query { sql: "select true -- yes".into() };
        let probes = probes(&requirements(vec![(id.clone(), query.into())]), &Catalog::default());
        let expected = "select 0 from (select (\nselect true -- yes\n) as answer) as q where q.answer";
        assert_eq!(probes, [Probe { components: vec![id], sql: expected.into() }]);
    }
}
