//! The rules of a plan, each on the smallest document that shows it.

use std::sync::Arc;

use super::*;
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::requirement::Selection;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentName;
use crate::core::feature::{Feature, FeatureSet, Source};
use crate::core::kind::Kind;

mod implied;

fn feature(name: &str, depends_on: &[&str], sql: &str) -> Feature {
    let source = Source { name: format!("{name}.sql").into(), text: Arc::from(sql) };
    let depends_on = depends_on.iter().map(|name| (*name).to_owned()).collect();
    Feature { name: name.into(), depends_on, sources: vec![source], ..Feature::default() }
}

fn set(features: Vec<Feature>) -> FeatureSet {
    FeatureSet { name: "set".into(), features, ..FeatureSet::default() }
}

/// What a database holds in which this SQL ran: the declared catalog stands for the observed one.
fn database(sql: &str) -> Catalog {
    let required = Requirements::of(&set(vec![feature("there", &[], sql)]), &Selection::default());
    assert_eq!(required.problems.iter().filter(|it| it.message.contains("twice")).count(), 0);
    let mut catalog = Catalog::default();
    for (id, requirement) in required.components {
        catalog.insert(id, requirement.shape);
    }
    let public = ComponentId::global(Kind::Schema, "public");
    catalog.insert(public, crate::core::kind::Shape::open(Kind::Schema));
    catalog
}

fn plan_in(set: &FeatureSet, observation: &Observation) -> Plan {
    let requirements = Requirements::of(set, &Selection::default());
    let history = History::of(&[(set, Selection::default())]);
    let report = compare(&requirements, observation, Depth::Shape);
    plan(&history, &requirements, observation, &report)
}

fn observation(there: &str) -> Observation {
    let mut observation = Observation { catalog: database(there), ..Observation::default() };
    observation.server.version = "18.0".to_owned();
    observation
}

/// The plan of one feature for a database in which `there` ran.
pub(super) fn planned(sql: &str, there: &str) -> Plan {
    plan_in(&set(vec![feature("f", &[], sql)]), &observation(there))
}

/// The texts of the statements; those that replace something start with `~`.
fn run(plan: &Plan) -> Vec<String> {
    plan.statements()
        .map(|statement| format!("{}{}", if statement.replaces { "~ " } else { "" }, statement.text))
        .collect()
}

fn left(plan: &Plan) -> Vec<String> {
    plan.unplannable.iter().map(|entry| format!("{}: {}", entry.component, entry.reason)).collect()
}

fn skipped(plan: &Plan) -> Vec<String> {
    plan.skipped
        .iter()
        .map(|entry| {
            let place = entry.position.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{place}: {}", entry.reason)
        })
        .collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_statement_runs_if_what_it_makes_is_missing_and_its_text_is_the_authors() {
    let sql = "create table a (x int);\n\n-- why\nCREATE  TABLE b(y int) ;create index on a (x)";
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["CREATE  TABLE b(y int)", "create index on a (x)"]);
    let first = plan.statements().next().unwrap();
    assert_eq!(first.position.to_string(), "f.sql:4");
    assert_eq!(
        first.makes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["table/public.b", "column/public.b.y"]
    );
    assert_eq!((left(&plan), skipped(&plan)), (Vec::new(), Vec::new()));
}

#[test]
fn nothing_is_planned_where_nothing_is_missing() {
    let sql = "create table a (x int); comment on table a is 'x'; alter table a enable row level security;
               insert into a values (1)";
    let plan = planned(sql, sql);
    assert!(plan.is_empty(), "{:?}", run(&plan));
    assert_eq!(left(&plan), NOTHING);
}

#[test]
fn what_touches_a_table_of_the_plan_runs_with_it() {
    let sql = "create table a (x int); insert into a select 1; update a set x = 2; delete from a;
               alter table a alter column x set default 3";
    assert_eq!(run(&planned(sql, "")).len(), 5);
    let plan = planned(sql, "create table a (x int default 3)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        skipped(&plan),
        [
            "f.sql:1: which rows it makes is not known, and public.a is not made by this plan",
            "f.sql:1: changes rows of public.a, which were there before",
            "f.sql:1: changes rows of public.a, which were there before",
        ]
    );
}

#[test]
fn rows_that_are_missing_are_inserted_where_the_others_are_left_alone() {
    let there = "create table a (x int primary key); insert into a values (1)";
    let plan = planned("create table a (x int primary key); insert into a values (1), (2)", there);
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        left(&plan),
        ["seed_row/public.a(x='2'): the statement at f.sql:1 makes it together with \
          seed_row/public.a(x='1'), which is there"]
    );
    assert_eq!(plan.unplannable[0].template, [r#"insert into "public"."a" ("x", ...) values ('2', ...);"#]);
    let sql = "create table a (x int primary key); insert into a values (1), (2) on conflict do nothing";
    assert_eq!(run(&planned(sql, there)).len(), 1);
}

#[test]
fn a_backfill_of_a_column_of_the_plan_runs_with_it() {
    let there = "create table a (x int)";
    let sql = "create table a (x int); alter table a add column y int; update a set y = x;
               alter table a alter column y set not null";
    let plan = planned(sql, there);
    assert_eq!(
        run(&plan),
        ["alter table a add column y int", "update a set y = x", "alter table a alter column y set not null"]
    );
    assert_eq!(plan.statements().nth(1).unwrap().hazards[0].rule.name, "changes-rows");
}

#[test]
fn a_missing_column_of_a_present_table_is_left_to_a_person_with_a_template() {
    let plan = planned("create table a (x int, y text not null default 'z')", "create table a (x int)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        left(&plan),
        ["column/public.a.y: the statement at f.sql:1 makes it together with table/public.a, which is there"]
    );
    assert_eq!(
        plan.unplannable[0].template,
        [r#"alter table "public"."a" add column "y" text default 'z' not null;"#]
    );
}

#[test]
fn a_missing_column_is_planned_where_another_statement_makes_just_it() {
    for later in ["alter table a add column y int", "alter table a add column if not exists y int"] {
        let sql = format!("create table a (x int); {later}");
        assert_eq!(run(&planned(&sql, "create table a (x int)")), [later]);
    }
    let both = "create table a (x int, y int); alter table a add column if not exists y int";
    let plan = planned(both, "create table a (x int)");
    assert_eq!(run(&plan), ["alter table a add column if not exists y int"]);
    assert_eq!(left(&plan), NOTHING);
}

#[test]
fn a_history_is_replayed_whole_where_none_of_it_is_there() {
    let sql =
        "create table a (x int, z int); alter table a rename column x to y; alter table a drop column z;
               alter table a alter column y type bigint";
    assert_eq!(run(&planned(sql, "")).len(), 4);
    assert_eq!(run(&planned(sql, "create table a (y bigint)")), NOTHING);
}

#[test]
fn the_missing_end_of_a_history_is_planned_where_the_earlier_part_is_there() {
    let sql = "create type t as enum ('a'); alter type t add value 'b'; alter type t add value 'c';
               create table a (x int); alter table a alter column x type bigint;
               alter table a enable row level security";
    let there = "create type t as enum ('a', 'b'); create table a (x int);
                 alter table a disable row level security";
    let plan = planned(sql, there);
    assert_eq!(
        run(&plan),
        [
            "~ alter type t add value 'c'",
            "~ alter table a alter column x type bigint",
            "~ alter table a enable row level security"
        ]
    );
    assert_eq!(left(&plan), NOTHING);
}

#[test]
fn a_shape_that_no_part_of_the_history_explains_is_left_to_a_person() {
    let sql = "create table a (x int); alter table a alter column x type bigint";
    let plan = planned(sql, "create table a (x text)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        plan.unplannable[0].template,
        ["type: expected bigint, actual text", r#"alter table "public"."a" alter column "x" type bigint;"#]
    );
    assert_eq!(plan.unplannable[0].state, State::Different);
}

#[test]
fn what_was_made_under_another_name_that_is_there_is_not_made_again() {
    let sql = "create table old (x int); alter table old rename to new";
    assert_eq!(run(&planned(sql, "")).len(), 2);
    let plan = planned(sql, "create table old (x int)");
    assert_eq!(run(&plan), NOTHING);
    assert!(left(&plan)[0].contains("table/public.old is there"), "{:?}", left(&plan));
}

#[test]
fn what_is_gone_in_the_end_is_made_only_for_those_that_need_it() {
    let sql = "create table unused (x int); drop table unused;
               create type mood as enum ('a'); create table a (x mood);
               alter table a alter column x type text; drop type mood";
    let plan = planned(sql, "");
    assert_eq!(
        run(&plan),
        [
            "create type mood as enum ('a')",
            "create table a (x mood)",
            "alter table a alter column x type text",
            "drop type mood"
        ]
    );
}

#[test]
fn nothing_that_is_there_is_dropped_unless_its_author_allows_it() {
    let there = "create table a (x int); create table b (x int)";
    let plan = planned("create table a (x int); drop table b", there);
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        skipped(&plan),
        ["f.sql:1: drops table/public.b, which is there: it is not dropped without the marker \
          allow-destructive"]
    );
    let sql = "create table a (x int);\n-- schema-audit: allow-destructive nobody uses it\ndrop table b";
    let plan = planned(sql, there);
    assert_eq!(run(&plan), ["drop table b"]);
    assert_eq!(
        plan.statements().next().unwrap().hazards.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "destroys-what-is-there: destroys what is there: drops table/public.b, which its author allows: nobody uses it"
        ]
    );
    assert_eq!(run(&planned(sql, "create table a (x int)")), NOTHING);
}

#[test]
fn what_is_not_known_runs_only_with_a_wholly_missing_feature_or_as_its_marker_says() {
    let sql = "create table a (x int); select f(); create table b (x int)";
    assert_eq!(run(&planned(sql, "")).len(), 3);
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["create table b (x int)"]);
    assert!(skipped(&plan)[0].starts_with("f.sql:1: what it does is not known"), "{:?}", skipped(&plan));
    let marked = "create table a (x int);\n-- schema-audit: when-missing table/b\nselect f();
                  create table b (x int)";
    assert_eq!(run(&planned(marked, "create table a (x int)")).len(), 2);
    assert_eq!(run(&planned(marked, "create table b (x int)")), ["create table a (x int)"]);
}

#[test]
fn functions_and_views_are_replaced_where_replacing_them_is_enough() {
    let f = |body: &str| format!("create or replace function f() returns int language sql as $${body}$$");
    let plan = planned(&f("select 2"), &f("select 1"));
    assert_eq!(run(&plan), [format!("~ {}", f("select 2"))]);
    let other = "create function f() returns text language sql as $$select 'a'$$";
    assert_eq!(run(&planned(&f("select 2"), other)), NOTHING);
    let without = "create function f() returns int language sql as $$select 2$$";
    assert_eq!(run(&planned(without, &f("select 1"))), NOTHING);
}

#[test]
fn comments_and_grants_are_said_again() {
    let sql = "create table a (x int); comment on table a is 'new'; grant select, insert on a to r";
    let plan = planned(sql, "create table a (x int); comment on table a is 'old'; grant select on a to r");
    assert_eq!(run(&plan), ["~ comment on table a is 'new'", "~ grant select, insert on a to r"]);
}

#[test]
fn nothing_is_planned_for_what_could_not_be_seen() {
    let set = set(vec![feature("f", &[], "create table a (x int)")]);
    let mut observation = observation("");
    let id = ComponentId::in_schema(Kind::Table, QualifiedName::new("public", "a"));
    observation.unseen.insert(id, "locked".to_owned());
    let plan = plan_in(&set, &observation);
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(left(&plan), NOTHING);
    assert!(skipped(&plan)[0].contains("locked"), "{:?}", skipped(&plan));
}

#[test]
fn a_requirement_by_name_is_left_to_a_person() {
    let mut wanted = feature("f", &[], "create table b (x int)");
    wanted.requires.tables = vec!["a".to_owned()];
    let plan = plan_in(&set(vec![wanted]), &observation(""));
    assert_eq!(left(&plan), ["table/public.a: no SQL of the features makes it: it is required by name"]);
    assert_eq!(run(&plan), ["create table b (x int)"]);
}

#[test]
fn features_come_in_the_order_of_their_dependencies() {
    let features = vec![
        feature("late", &["early"], "create table b (x int references a)"),
        feature("early", &[], "create table a (x int primary key)"),
    ];
    let plan = plan_in(&set(features), &observation(""));
    assert_eq!(run(&plan), ["create table a (x int primary key)", "create table b (x int references a)"]);
}

#[test]
fn a_statement_comes_after_what_it_names_and_else_stays() {
    let function = "create function touch() returns trigger language plpgsql as $$begin return new; end$$";
    let trigger = "create trigger t before update on a for each row execute function touch()";
    let table = "create table a (x int)";
    let features = vec![feature("a", &[], &format!("{table}; {trigger}")), feature("b", &[], function)];
    let plan = plan_in(&set(features), &observation(""));
    assert_eq!(run(&plan), [table, function, trigger]);
    // A column that is called as a later table is no reason to move it.
    let sql = ["create table a (notes int)", "create table notes (a int)"];
    assert_eq!(run(&planned(&sql.join(";"), "")), sql);
}

#[test]
fn what_cannot_run_in_a_transaction_is_a_segment_of_its_own() {
    let sql = "create table b (x int); create index concurrently i on a (x); create table c (x int);
               alter type t add value 'b'; create table d (x t default 'b')";
    let there = "create table a (x int); create type t as enum ('a')";
    let plan = planned(&format!("{there};{sql}"), there);
    let segments: Vec<(bool, usize)> =
        plan.segments.iter().map(|segment| (segment.transactional, segment.statements.len())).collect();
    assert_eq!(segments, [(true, 1), (false, 1), (true, 2), (true, 1)]);
}

#[test]
fn k17_a_label_is_committed_before_it_is_used_even_where_the_type_is_as_new() {
    let sql =
        "create type t as enum ('a'); alter type t add value 'b'; alter type t add value 'c' before 'b';
               create table d (x t default 'b'); create table e (x t)";
    let plan = planned(sql, "");
    let lengths: Vec<usize> = plan.segments.iter().map(|segment| segment.statements.len()).collect();
    assert_eq!(lengths, [3, 2]);
}

#[test]
fn what_an_author_set_before_a_statement_is_set_again() {
    let sql = "set role app; set search_path = crm, public; create table a (x int); reset role;
               create table b (x int)";
    let plan = planned(&format!("create schema crm; {sql}"), "create schema crm");
    let script = render::sql::render(&plan);
    let lines: Vec<&str> = script
        .lines()
        .filter(|line| line.starts_with("set local") || line.starts_with("create"))
        .skip(2)
        .collect();
    assert_eq!(
        lines,
        [
            "set local role to 'app';",
            r#"set local search_path to "crm", "public";"#,
            "create table a (x int);",
            "set local role to default;",
            "create table b (x int);",
        ]
    );
}

#[test]
fn a_statement_whose_names_depend_on_the_session_is_left_to_a_person() {
    let set = |schema: Option<&str>| FeatureSet {
        schema: schema.map(Into::into),
        ..set(vec![
            feature("a", &[], "create schema crm; alter database d set search_path = crm, public"),
            feature(
                "b",
                &["a"],
                "create table here (); create table crm.there (); create view public.v as select 1",
            ),
            feature("c", &["a"], "set search_path = crm; create table said ();"),
        ])
    };
    let there = observation("create schema crm");
    let plan = plan_in(&set(None), &there);
    assert_eq!(run(&plan), ["create table crm.there ()", "create table said ()"]);
    let reason = "nobody can tell in which schema its unqualified names are, because of ALTER DATABASE ... SET \
                  search_path at a.sql:1: say so by SET search_path before it, or by the schema of the feature set";
    assert_eq!(left(&plan), [format!("table/public.here: {reason}"), format!("view/public.v: {reason}")]);
    assert_eq!(run(&plan_in(&set(Some("crm")), &there)).len(), 4);
}

#[test]
fn locks_and_hazards_are_told_of_what_is_there_already_alone() {
    for (sql, lock, hazard) in [
        ("create index on a (x)", "SHARE", "index-build-locks-writes"),
        (
            "create unique index concurrently i on a (x)",
            "SHARE UPDATE EXCLUSIVE",
            "unique-fails-on-duplicates",
        ),
        ("alter table a add column y int not null", "ACCESS EXCLUSIVE", "required-column-without-default"),
        (
            "alter table a add column y uuid default gen_random_uuid()",
            "ACCESS EXCLUSIVE",
            "new-column-rewrites-table",
        ),
        ("alter table a add column y timestamptz default now()", "ACCESS EXCLUSIVE", ""),
        ("alter table a add column y serial", "ACCESS EXCLUSIVE", "new-column-rewrites-table"),
        ("alter table a add column y int generated always as (x) virtual", "ACCESS EXCLUSIVE", ""),
        ("alter table a add constraint k check (x > 0)", "ACCESS EXCLUSIVE", "check-checks-all-rows"),
        ("alter table a add constraint k check (x > 0) not valid", "ACCESS EXCLUSIVE", ""),
        (
            "alter table a add constraint k foreign key (x) references c",
            "SHARE ROW EXCLUSIVE",
            "foreign-key-checks-all-rows",
        ),
        ("alter table a add constraint k unique (x)", "ACCESS EXCLUSIVE", "constraint-builds-index"),
        ("create trigger t after insert on a execute function f()", "SHARE ROW EXCLUSIVE", ""),
        ("create policy p on a", "ACCESS EXCLUSIVE", ""),
    ] {
        let there = "create table a (x int); create table c (x int primary key)";
        let plan = planned(&format!("{there}; {sql}"), there);
        assert_eq!(run(&plan), [sql]);
        let statement = plan.statements().next().unwrap();
        let locked = statement.locks.iter().find(|locked| locked.relation.name.as_str() == "a").unwrap();
        assert_eq!(locked.mode.name(), lock, "{sql}");
        match hazard {
            "" => assert_eq!(statement.hazards, [], "{sql}"),
            hazard => {
                assert!(statement.hazards.iter().any(|it| it.rule.name == hazard), "{sql}: {statement:?}");
            }
        }
        let plan = planned(&format!("{there}; {sql}"), "");
        assert_eq!(plan.statements().map(|it| it.locks.len() + it.hazards.len()).sum::<usize>(), 0, "{sql}");
    }
}

#[test]
fn the_digest_is_of_the_terms_too_where_there_are_some() {
    let plan = planned("create table a (x int)", "");
    let under = |said: &[(&str, &str)], database: Option<&str>| {
        let said = said.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        plan.clone().with_terms(Terms { said, database: database.map(str::to_owned) })
    };
    let digests = [
        plan.digest.clone(),
        under(&[], None).digest,
        under(&[], Some("1/2")).digest,
        under(&[], Some("1/3")).digest,
        under(&[("a", "b")], Some("1/2")).digest,
        under(&[("a", "c")], Some("1/2")).digest,
        under(&[("a", "b"), ("c", "d")], Some("1/2")).digest,
    ];
    for (number, digest) in digests.iter().enumerate() {
        assert!(!digests[number + 1..].contains(digest), "{number}");
    }
    let terms = under(&[("a", "b")], Some("1/2"));
    assert_ne!(terms.clone().with_settings(Settings::new(SHORT, SHORT)).digest, terms.digest);
    assert!(render::sql::render(&terms).contains("--     a: b\n--     database: 1/2\n"));
}

const SHORT: Duration = Duration::from_secs(1);

#[test]
fn the_digest_is_of_what_runs_and_of_nothing_else() {
    let digest = |sql: &str, there: &str| planned(sql, there).digest;
    let sql = "create table a (x int); create table b (x int)";
    assert_eq!(digest(sql, ""), digest(sql, ""));
    assert_eq!(digest(sql, ""), digest("-- moved\ncreate table a (x int);\n\ncreate table b (x int);", ""));
    let others = [
        digest(sql, "create table a (x int)"),
        digest("create table a (x int); create table b  (x int)", ""),
        digest("create table b (x int); create table a (x int)", ""),
        digest(&format!("set role r; {sql}"), ""),
    ];
    for other in &others {
        assert_ne!(*other, digest(sql, ""));
        assert!(other.starts_with("sha256:") && other.len() == 71, "{other}");
    }
}

#[test]
fn what_is_left_of_a_plan_after_a_segment_is_the_plan_of_then() {
    let sql = "create table a (x int); create index concurrently i on a (x); create table b (x int);
               create type t as enum ('a'); alter type t add value 'b'; create table d (x t default 'b');
               create index concurrently j on b (x); alter table a add primary key (x)";
    let whole = planned(sql, "");
    let rests = whole.rests();
    assert_eq!((rests.len(), &rests[0]), (whole.segments.len(), &whole.digest));
    let mut there = String::new();
    for (segment, rest) in whole.segments.iter().zip(&rests) {
        assert_eq!(planned(sql, &there).digest, *rest, "{there}");
        there.extend(segment.statements.iter().map(|statement| format!("{};", statement.text)));
    }
    assert!(planned("", "").rests().is_empty());
}

#[test]
fn no_name_leaves_its_comment() {
    let sql = "create table a (x int);";
    let evil = "f\ndrop table users; --";
    let mut wanted = feature("f", &[], sql);
    wanted.name = evil.into();
    wanted.requires.tables = vec!["\"x\ndrop table users\"".to_owned()];
    let plan = plan_in(&set(vec![wanted]), &observation(""));
    let script = render::sql::render(&plan);
    assert!(script.contains("drop table users"));
    assert!(!script.lines().any(|line| line.starts_with("drop")), "{script}");
    let page = render::markdown::render(&plan);
    assert!(!page.lines().any(|line| line.starts_with("drop")), "{page}");
}

#[test]
fn every_component_that_is_not_as_declared_is_accounted_for() {
    let sql = "create table a (x int, y int); create view v as select 1 as c; create table b (x int);
               comment on column a.y is 'z'";
    let set = set(vec![feature("f", &[], sql)]);
    let observation = observation("create table a (x text); create view v as select 1 as d");
    let plan = plan_in(&set, &observation);
    let report = compare(&Requirements::of(&set, &Selection::default()), &observation, Depth::Shape);
    for finding in report.findings.iter().filter(|finding| finding.state != State::Present) {
        let id = &finding.component;
        let is_made = plan.statements().any(|statement| statement.makes.contains(id));
        let is_left = plan.unplannable.iter().any(|entry| entry.component == *id);
        let is_on_another = finding.because_of.is_some();
        assert!(is_made || is_left || is_on_another, "{id}");
    }
    assert!(
        plan.unplannable.iter().any(|entry| matches!(entry.component.name, ComponentName::OnRelation { .. }))
    );
}

#[test]
fn what_names_a_column_or_a_key_that_is_left_to_a_person_is_left_to_one_too() {
    let sql = "create table a (x int, y int, unique (y)); create index i on a (y); create index j on a (x);
               create table b (y int references a (y)); create view v as select y from a";
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["create index j on a (x)"]);
    let reasons = left(&plan);
    let said = |component: &str, reason: &str| {
        assert!(reasons.iter().any(|it| it.starts_with(component) && it.contains(reason)), "{reasons:#?}");
    };
    said("index/public.i:", "it names column/public.a.y, which is missing");
    said("view/public.v:", "it names column/public.a.y, which is missing");
    said("table/public.b:", "it needs constraint/public.a.a_y_key, which is missing");
    let sql = "create table a (x int, constraint k unique (x)); create table b (y int);
               alter table b add foreign key (y) references a (x)";
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["create table b (y int)"]);
    assert!(
        left(&plan)
            .iter()
            .any(|it| it.ends_with("it needs constraint/public.a.k, which is missing and not planned"))
    );
}

#[test]
fn a_sequence_is_made_before_the_table_that_will_own_it() {
    let sql = "create sequence s as integer; create table t (id bigint default nextval('s'));
               alter sequence s owned by t.id";
    assert_eq!(run(&planned(sql, "")).len(), 3);
    assert_eq!(run(&planned(sql, sql)), NOTHING);
}

#[test]
fn what_is_said_of_roles_is_planned() {
    let roles = "create role a; create role b; create schema s;";
    let sql = format!(
        "{roles} alter default privileges in schema s grant select on tables to a;
         alter default privileges in schema s grant update on tables to a; grant a to b"
    );
    let plan = planned(&sql, roles);
    assert_eq!(left(&plan), NOTHING);
    assert_eq!(
        run(&plan),
        [
            "alter default privileges in schema s grant select on tables to a",
            "alter default privileges in schema s grant update on tables to a",
            "grant a to b",
        ]
    );
}

#[test]
fn what_moves_takes_along_what_its_body_names_before_it() {
    let first = "create type act as enum ('deny'); create function p() returns int language sql begin atomic select deny(); end";
    let second = "create type st as enum ('x');
                  create function deny() returns int language plpgsql as $$ declare a st; begin return 1; end $$";
    let starts = |sql: &str| {
        let plan = plan_in(&set(vec![feature("f", &[], first), feature("g", &[], sql)]), &observation(""));
        let run = run(&plan);
        run.iter()
            .map(|text| text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        starts(second),
        ["create type act", "create type st", "create function deny()", "create function p()"]
    );
}

#[test]
fn from_nothing_everything_runs_even_what_is_not_known() {
    let sql = "create table a (id serial primary key); create function f() returns void language plpgsql as
               $$ begin execute 'drop table ' || 'a'; end $$; select f(); drop function f()";
    let plan = planned(sql, "create table other (x int)");
    assert_eq!(run(&plan).len(), 4, "{:?} {:?}", run(&plan), left(&plan));
    assert_eq!(left(&plan), NOTHING);
    let plan = planned(sql, "create table a (id serial primary key)");
    assert_eq!(run(&plan), NOTHING);
}

#[test]
fn set_config_is_a_setting_of_what_follows() {
    let sql = "select pg_catalog.set_config('search_path', '', false); create table public.t (a int);
               select set_config('timezone', 'UTC', false); create table u (a timestamptz default '2020-01-01')";
    let plan = planned(sql, "");
    assert_eq!(run(&plan).len(), 2, "{:?}", run(&plan));
    let last = plan.statements().last().unwrap();
    assert_eq!(last.settings.get("timezone").map(String::as_str), Some("UTC"));
}

#[test]
fn what_makes_room_for_a_name_stays_before_what_takes_it() {
    // The view names a table that comes later, and that comes before it then.
    let sql = "create schema s; create view v as select * from s.t; drop table if exists s.t;
               create table s.t (a int)";
    assert_eq!(
        run(&planned(sql, "")),
        [
            "create schema s",
            "drop table if exists s.t",
            "create table s.t (a int)",
            "create view v as select * from s.t"
        ]
    );
    // What moves takes along what it may rest on.
    let sql = "create table a (x int); create view v as select * from b; alter table a add unique (x);
               create table b (x int references a (x))";
    assert_eq!(
        run(&planned(sql, "")),
        [
            "create table a (x int)",
            "alter table a add unique (x)",
            "create table b (x int references a (x))",
            "create view v as select * from b",
        ]
    );
    let sql = "create table if not exists a (x text); alter table a add y int; alter table a drop x;
               alter table a rename y to x";
    assert_eq!(run(&planned(sql, "")).len(), 4, "{:#?}", run(&planned(sql, "")));
    // Neither is the key of a document.
    let sql =
        "create table a (x jsonb); create view v as select x ->> 't' as t from a; drop view if exists t;
               create table t (a int)";
    assert_eq!(run(&planned(sql, ""))[1], "create view v as select x ->> 't' as t from a");
    // A column is no table.
    let sql = "create table a (t int); drop view if exists t; create table t (a int)";
    assert_eq!(run(&planned(sql, ""))[0], "create table a (t int)");
    // What comes later may rest on an extension without a word of it.
    let sql = "create view v as select * from t; create extension btree_gist;
               create table t (a text, b int4range, exclude using gist (a with =, b with &&))";
    assert_eq!(run(&planned(sql, ""))[0], "create extension btree_gist");
}

#[test]
fn a_name_that_is_given_later_is_not_dropped_before() {
    let sql = "create table t (a int, b int); create index old on t (a); create index new on t (a, b);
               drop index old; alter index new rename to old";
    let whole = run(&planned(sql, ""));
    assert_eq!(whole.len(), 5, "{whole:#?}");
    // Over a table that is there, the first index is not made, so that there is nothing to drop.
    assert_eq!(
        run(&planned(sql, "create table t (a int, b int)")),
        ["create index new on t (a, b)", "alter index new rename to old"]
    );
    let sql = "create function f() returns int return 1; drop function if exists f;
               create function f() returns int return 2";
    assert_eq!(
        run(&planned(sql, "")).last().map(String::as_str),
        Some("create function f() returns int return 2")
    );
    assert_eq!(run(&planned(sql, "")).len() % 2, 1);
}

#[test]
fn a_key_that_is_gone_in_the_end_is_made_for_those_that_need_it_meanwhile() {
    let sql = "create table a (x int); alter table a add unique (x); create unique index i on a (x);
               create table b (x int references a (x)); alter table b drop constraint b_x_fkey;
               alter table a drop constraint a_x_key; drop index i";
    assert_eq!(run(&planned(sql, "")).len(), 7, "{:#?}", run(&planned(sql, "")));
    assert_eq!(run(&planned(sql, "create table a (x int); create table b (x int)")), NOTHING);
}
