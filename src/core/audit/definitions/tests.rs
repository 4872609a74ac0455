//! Which definitions are compared, and what the planner is asked about them, without a server.

use super::ask::Questions;
use super::pairs::Pairing;
use super::settle::Settled;
use super::text::Texts;
use super::{Definitions, NO_PLANNER, Place};
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::{Requirements, Selection, Undecidable};
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Normal, Part};
use crate::core::feature::{Feature, FeatureSet, Source};
use crate::core::kind::{Kind, Shape};
use crate::core::name::QualifiedName;
use crate::core::type_name::TypeName;

/// What SQL declares.
fn declared(sql: &str) -> Requirements {
    let source = Source { name: "core.sql".into(), text: sql.into() };
    let feature = Feature { name: "core".into(), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: "set".into(), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    assert_eq!(requirements.problems, [], "{sql}");
    requirements
}

/// A database that holds what SQL declares.
fn holding(sql: &str) -> Observation {
    let mut observation = Observation::default();
    for (id, requirement) in declared(sql).components {
        observation.catalog.insert(id, requirement.shape);
    }
    observation
}

/// The texts that such a database gives: those that were declared.
fn texts(there: &Catalog) -> Texts {
    let mut texts = Texts::new();
    for (id, shape) in there.iter() {
        shape.clone().definitions(&mut |part, slot| {
            texts.extend(slot.take().map(|definition| ((id.clone(), part), Ok(definition.text.clone()))));
        });
    }
    texts
}

fn shown((id, part): &Place) -> String {
    format!("{id} {} {}", part.name, part.position)
}

/// The pairs of what is required and what is there, each as `declared ~ observed`.
fn pairs(required: &Requirements, there: &str) -> Vec<String> {
    let observation = holding(there);
    let pairing = Pairing::new(required, &observation);
    let groups = pairing.groups(1);
    let pairs = groups.iter().flat_map(|group| pairing.pairs(group, &observation.catalog));
    pairs.map(|pair| format!("{} ~ {}", shown(&pair.declared), shown(&pair.observed))).collect()
}

/// The questions about what is required and what is there.
fn asked(required: &str, there: &str, how: Definitions) -> Questions {
    asked_of(required, &holding(there), how)
}

fn asked_of(required: &str, observation: &Observation, how: Definitions) -> Questions {
    let requirements = declared(required);
    let pairing = Pairing::new(&requirements, observation);
    let groups = pairing.groups(usize::MAX);
    let pairs: Vec<_> = groups.iter().flat_map(|group| pairing.pairs(group, &observation.catalog)).collect();
    Questions::of(&pairs, &texts(&observation.catalog), &observation.catalog, how)
}

/// The statements, without what all of them begin with, line ends and the quotes of names; those that stand alone come
/// last.
fn statements(questions: &Questions) -> Vec<String> {
    let lists = questions.lists.iter().map(super::ask::List::statement);
    let alone = questions.alone.iter().flat_map(super::ask::Alone::statements);
    let bare = |sql: String| {
        let rest = sql.strip_prefix("explain (verbose, costs off, format json) select").unwrap();
        rest.trim().replace('\n', " ").replace('"', "")
    };
    lists.chain(alone).map(bare).collect()
}

/// What has no normal form, declared or observed, with the reason.
fn without_form(questions: Questions) -> Vec<String> {
    let mut settled = Settled::default();
    questions.answers.settle(0, &mut settled);
    let observed = settled.definitions.into_iter();
    let observed = observed.filter_map(|(place, definition)| Some((place, definition.normal.clone()?)));
    let told = |(place, normal): (Place, Normal)| match normal {
        Normal::None(why) | Normal::Unseen(why) => Some(format!("{}: {why}", shown(&place))),
        Normal::Form(_) => None,
    };
    settled.normals.into_iter().chain(observed).filter_map(told).collect()
}

#[test]
fn what_is_on_one_relation_is_in_one_group_and_what_is_on_none_is_not_held_together() {
    let groups = |sql: &str, least| {
        let requirements = declared(sql);
        let observation = holding(sql);
        let pairing = Pairing::new(&requirements, &observation);
        let of = |group| pairing.pairs(group, &observation.catalog).len();
        pairing.groups(least).iter().map(of).collect::<Vec<_>>()
    };
    let table = |name: &str| format!("create table {name} (a int default 1 + 1 check (a > 0));");
    let tables = ["a", "b", "c"].map(table).concat();
    assert_eq!(groups(&tables, 1), [2, 2, 2]);
    assert_eq!(groups(&tables, 2), [2, 2, 2]);
    assert_eq!(groups(&tables, 3), [4, 2]);
    assert_eq!(groups(&tables, 100), [6]);
    let domains = ["a", "b", "c"].map(|name| format!("create domain {name} as int default 1 + 1;")).concat();
    assert_eq!(groups(&domains, 1), [1, 1, 1]);
    assert_eq!(groups("", 1), Vec::<usize>::new());
}

#[test]
fn a_requirement_whose_shape_is_not_known_is_compared_with_nothing() {
    let sql = "create table t (a int default 1 + 1)";
    let mut requirements = declared(sql);
    assert_eq!(pairs(&requirements, sql), ["column/public.t.a default 0 ~ column/public.t.a default 0"]);
    for requirement in requirements.components.values_mut() {
        requirement.undecidable = Some(Box::new(Undecidable::Presence("perhaps".into())));
    }
    assert_eq!(pairs(&requirements, sql).len(), 1);
    for requirement in requirements.components.values_mut() {
        requirement.undecidable = Some(Box::new(Undecidable::Shape("unknown".into())));
    }
    assert_eq!(pairs(&requirements, sql), Vec::<String>::new());
}

#[test]
fn where_postgres_chose_the_name_all_that_may_be_it_are_candidates() {
    let observed = |required: &str, there: &str| {
        let pairs = pairs(&declared(required), there);
        pairs.iter().map(|pair| pair.split(" ~ ").nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    // One that an author named is taken, and one of another shape is not it.
    assert_eq!(
        observed(
            "create table t (a int check (a > 0), constraint own check (a > 1))",
            "create table t (a int, constraint own check (a > 1), constraint x check (0 < a), constraint y check (a > 2),
                constraint z check (a > 0) no inherit)"
        ),
        ["own", "x", "y"].map(|name| format!("constraint/public.t.{name} expression 0"))
    );
    assert_eq!(
        observed(
            "create table t (a text); create index on t (lower(a))",
            "create table t (a text); create index x on t (lower(a)); create index y on t (upper(a));
             create unique index z on t (lower(a))"
        ),
        ["x", "y"].map(|name| format!("index/public.{name} key expression 0"))
    );
    assert_eq!(
        observed(
            "create table t (a int); create statistics on (a + 1), (a + 2) from t",
            "create table t (a int); create statistics x on (a + 1), (a + 2) from t;
             create statistics y on (a + 3), (a + 4) from t; create statistics z on (a + 1) from t"
        )
        .len(),
        8
    );
}

#[test]
fn checks_of_a_domain_are_a_set_and_arguments_are_not() {
    let of = |sql: &str| pairs(&declared(sql), sql);
    let domain = of("create domain d as int default 1 + 1 check (value > 0) check (value < 9)");
    let checks = [(0, 0), (0, 1), (1, 0), (1, 1)];
    let checks =
        checks.map(|(one, other)| format!("type/public.d check {one} ~ type/public.d check {other}"));
    assert_eq!(domain[0], "type/public.d default 0 ~ type/public.d default 0");
    assert_eq!(domain[1..], checks);
    let function = of("create function f(a int default 1 + 1, b int default 2 + 2) returns int language sql
        as 'select 1'");
    let own = |at| {
        let place = format!("function/public.f(integer, integer) argument default {at}");
        format!("{place} ~ {place}")
    };
    assert_eq!(function, [own(0), own(1)]);
}

#[test]
fn n2_n3_each_kind_of_expression_stands_over_its_own_row_and_takes_its_own_type() {
    for (sql, expected) in [
        ("create table t (a text default lower('x'))", "(( lower('x') ))::pg_catalog.text"),
        (
            "create table t (a int check (a > f(t)))",
            "( a > f(t) ) from pg_catalog.json_to_record('{}') as t(a pg_catalog.int4)",
        ),
        (
            "create table t (a int, b int) partition by range ((a + 1))",
            "( a + 1 ) from pg_catalog.json_to_record('{}') as of any table(a pg_catalog.int4)",
        ),
        (
            "create table t (a int); create trigger x before update on t for each row when (new.a > 0)
             execute function f()",
            "( new.a > 0 ) from pg_catalog.json_to_record('{}') as old(a pg_catalog.int4), \
             pg_catalog.json_to_record('{}') as new(a pg_catalog.int4)",
        ),
        ("create domain d as int default 1 + 1", "(( 1 + 1 ))::pg_catalog.int4"),
        (
            "create domain d as int check (value > 0)",
            "( value > 0 ) from pg_catalog.json_to_record('{}') as domain(value pg_catalog.int4)",
        ),
        (
            "create function f(a int default 1 + 1) returns int language sql as 'select 1'",
            "(( 1 + 1 ))::pg_catalog.int4",
        ),
        ("create function f(a anyelement default 1 + 1) returns int language sql as 'select 1'", "( 1 + 1 )"),
        ("create table t (a app.anything default 1 + 1)", "(( 1 + 1 ))::app.anything"),
        (
            "create function f(a app.anything default 1 + 1) returns int language sql as 'select 1'",
            "(( 1 + 1 ))::app.anything",
        ),
    ] {
        let statements = statements(&asked(sql, sql, Definitions::Ask));
        assert_eq!(statements.iter().map(|it| it.to_lowercase()).collect::<Vec<_>>(), [expected], "{sql}");
    }
}

#[test]
fn what_reads_tables_on_either_side_is_asked_alone_where_only_one_may_be_it() {
    let policy = |using: &str| format!("create table t (a int); create policy p on t using ({using})");
    let (plain, query) = (policy("a > 0"), policy("exists (select from u)"));
    for (required, there) in [(&plain, &query), (&query, &plain), (&query, &query)] {
        let questions = asked(required, there, Definitions::Ask);
        assert_eq!((questions.lists.len(), questions.alone.len()), (0, 1), "{required}; {there}");
    }
    let questions = asked(&plain, &plain, Definitions::Ask);
    assert_eq!((questions.lists.len(), questions.alone.len()), (1, 0));
    // The form of one expression says nothing beside that of another one over other rows.
    let rows = "create table t (a int default 1 + 1 check (a > 0))";
    let questions = asked(rows, rows, Definitions::Ask);
    assert_ne!(questions.lists[0].context(), questions.lists[1].context());
    // A set of checks: each may be any other.
    let domain = "create domain d as int check (value > 0) check (value in (select a from t))";
    let questions = asked(domain, domain, Definitions::Ask);
    assert_eq!(questions.alone.len(), 0);
    assert_eq!(
        without_form(questions),
        [0, 1].map(|at| format!("type/public.d check {at}: it reads tables, and several may be it"))
    );
}

#[test]
fn n5_a_view_is_asked_alone_with_names_for_the_columns_that_both_sides_have() {
    for view in ["view", "materialized view"] {
        let of = |name: &str, query: &str| format!("create {view} {name} as {query};");
        let required = of("v", "select a, b from t") + &of("w", "select 1 as x");
        let there = of("v", "select a, b, c from t") + &of("w", "select 1 as y");
        let questions = asked(&required, &there, Definitions::Ask);
        let names = "as v(column1, column2)";
        assert_eq!(
            statements(&questions),
            [
                format!("* from ( SELECT a, b FROM t ) {names}"),
                format!("* from ( SELECT a, b, c FROM t ) {names}"),
                "* from ( SELECT 1 AS x ) as v(column1)".to_owned(),
                "* from ( SELECT 1 AS y ) as v(column1)".to_owned(),
            ]
        );
        // What one plan shows says nothing beside that of another view.
        assert_ne!(questions.alone[0].context(), questions.alone[1].context());
    }
    let union = "create view v as select a as x from t union all select b as y from t";
    let questions = asked(union, union, Definitions::Ask);
    let [one, other] = questions.alone[0].statements_without_names().unwrap();
    assert!(one == other && !one.contains(" y "), "{one}");
    let policy = "create table t (a int); create policy p on t using (exists (select 1 union select 2))";
    assert_eq!(asked(policy, policy, Definitions::Ask).alone[0].statements_without_names(), None);
}

#[test]
fn one_text_over_one_row_is_asked_once_and_the_answer_is_for_all() {
    let table = |name: &str| format!("create table {name} (a int default 1 + 1, b int default 2 + 2);");
    let sql = table("t") + &table("u");
    let asked = || asked(&sql, &sql, Definitions::Ask);
    let expressions = "(( 1 + 1 ))::pg_catalog.int4, (( 2 + 2 ))::pg_catalog.int4";
    assert_eq!(statements(&asked()), [expressions]);
    let list = asked().lists.remove(0);
    assert_eq!((list.len(), list.is_empty(), list.only()), (2, false, None));
    let alone: Vec<_> = list.split(1).iter().map(|list| (list.len(), list.only())).collect();
    assert_eq!(alone, [(1, Some(0)), (1, Some(2))]);

    let mut questions = asked();
    let list = questions.lists.remove(0);
    list.answered(vec!["2".into(), "4".into()], &mut questions.answers);
    let mut settled = Settled::default();
    questions.answers.settle(0, &mut settled);
    let form = |table: &str, column: &str| {
        let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", table), column);
        settled.normals[&(id, Part::only("default"))].clone()
    };
    assert_eq!(form("t", "a"), form("u", "a"));
    assert_ne!(form("t", "a"), form("t", "b"));

    let mut questions = asked();
    let list = questions.lists.remove(0);
    list.failed(&Normal::None("locked".into()), &mut questions.answers);
    assert_eq!(without_form(questions).len(), 8);
}

#[test]
fn s4_a_question_has_the_declared_search_path_then_public_then_temporary_tables() {
    let path = |schema: &str| {
        let sql = format!("set search_path = {schema}; create table public.t (a int default f(1))");
        let questions = asked(&sql, &sql, Definitions::Ask);
        questions.path(questions.lists[0].context()).replace('"', "")
    };
    assert_eq!(path("crm"), "crm, public, pg_temp");
    assert_eq!(path("public, crm"), "public, crm, pg_temp");
    let table = |(name, schema)| {
        format!("set search_path = {schema}; create table public.{name} (a int default f(1));")
    };
    let several = [("a", "z"), ("b", "y"), ("c", "x")].map(table).concat();
    let questions = asked(&several, &several, Definitions::Ask);
    let paths = questions.lists.iter().map(|list| questions.path(list.context()).replace('"', ""));
    assert_eq!(paths.collect::<Vec<_>>(), ["z, public, pg_temp", "y, public, pg_temp", "x, public, pg_temp"]);
}

#[test]
fn without_the_planner_only_what_is_plainly_equal_is_compared() {
    let required = "create table t (a int default 1, b text default lower('x'))";
    let questions = asked(required, required, Definitions::NoPlanner);
    assert!(questions.is_empty());
    assert_eq!(without_form(questions), [format!("column/public.t.b default 0: {NO_PLANNER}")]);
    let questions = asked(required, required, Definitions::Ask);
    assert_eq!(statements(&questions), ["(( lower('x') ))::pg_catalog.text"]);
}

#[test]
fn the_same_default_of_another_type_is_another_question() {
    let sql = "create table t (a int default '1', b text default '1')";
    let (requirements, observation) = (declared(sql), holding(sql));
    let pairing = Pairing::new(&requirements, &observation);
    let pairs = pairing.pairs(&pairing.groups(1)[0], &observation.catalog);
    // A cast to what the column is says nothing; one to another type may.
    let texts = pairs.iter().map(|pair| (pair.observed.clone(), Ok("'1'::integer".to_owned()))).collect();
    let questions = Questions::of(&pairs, &texts, &observation.catalog, Definitions::NoPlanner);
    assert_eq!(without_form(questions), [format!("column/public.t.b default 0: {NO_PLANNER}")]);
}

#[test]
fn what_has_no_text_or_no_type_that_can_be_written_has_no_normal_form() {
    let sql = "create table t (a text default lower('x'))";
    let column = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "t"), "a");
    let requirements = declared(sql);
    let observation = holding(sql);
    let pairing = Pairing::new(&requirements, &observation);
    let pairs = pairing.pairs(&pairing.groups(1)[0], &observation.catalog);
    let locked = Normal::Unseen("locked".into());
    let texts = Texts::from([((column.clone(), Part::only("default")), Err(locked))]);
    let questions = Questions::of(&pairs, &texts, &observation.catalog, Definitions::Ask);
    assert!(questions.is_empty());
    assert_eq!(without_form(questions), ["column/public.t.a default 0: locked"]);

    let mut observation = holding(sql);
    let Some(Shape::Column(mut shape)) = observation.catalog.get(&column).cloned() else {
        panic!("a column")
    };
    shape.data_type = Some(TypeName { modifier: Some("1); drop".into()), ..TypeName::built_in("numeric") });
    observation.catalog.insert(column, Shape::Column(shape));
    let questions = asked_of(sql, &observation, Definitions::Ask);
    assert!(questions.is_empty());
    assert_eq!(without_form(questions), ["column/public.t.a default 0: its type cannot be written down"]);
}

#[test]
fn what_depended_on_when_its_statement_ran_is_equal_or_not_compared() {
    for word in ["now", "today", "tomorrow", "yesterday", "Now"] {
        let required = format!("create table t (a date default '{word}')");
        let mut questions =
            asked(&required, "create table t (a date default '2024-01-01')", Definitions::Ask);
        let [list] = questions.lists.as_slice() else { panic!("one list") };
        let list = list.clone();
        list.answered((0..list.len()).map(|at| at.to_string()).collect(), &mut questions.answers);
        assert_eq!(
            without_form(questions),
            ["column/public.t.a default 0: it depends on when its statement ran"],
            "{word}"
        );
    }
}

#[test]
fn what_came_of_answers_is_where_the_comparison_finds_it() {
    let sql = "create table t (a int default f())";
    let place = || {
        let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "t"), "a");
        (id, Part::only("default"))
    };
    let mut observation = holding(sql);
    let mut definition = Definition::observed("crm.f()".into());
    definition.normal = Some(Normal::Form("7".into()));
    let settled = Settled {
        normals: [(place(), Normal::Form("7".into()))].into(),
        definitions: vec![(place(), definition.clone())],
    };
    settled.record(&mut observation);
    assert_eq!(observation.normals, [(place(), Normal::Form("7".into()))].into());
    let mut found = Vec::new();
    let shape = observation.catalog.get(&place().0).cloned();
    shape.unwrap().definitions(&mut |_, slot| found.extend(slot.take()));
    assert_eq!(found, [definition]);
}
