//! What runs and what is left: each statement judged by what is there.

use super::*;

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
fn a_template_stands_where_only_a_part_of_the_grammar_may() {
    let plan = planned(
        "create table a (x int, y timestamp default (now() at time zone 'utc'))",
        "create table a (x int)",
    );
    let template = &plan.unplannable[0].template[0];
    assert!(template.contains("default (now() AT TIME ZONE 'utc')"), "{template}");
    assert!(parse::parse(template).is_ok(), "{template}");
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
fn from_nothing_everything_runs_even_what_is_not_known() {
    let sql = "create table a (id serial primary key); create function f() returns void language plpgsql as
               $$ begin execute 'drop table ' || 'a'; end $$; select f(); drop function f()";
    let plan = planned(sql, "create table other (x int)");
    assert_eq!(run(&plan).len(), 4, "{:?} {:?}", run(&plan), left(&plan));
    assert_eq!(left(&plan), NOTHING);
    let plan = planned(sql, "create table a (id serial primary key)");
    assert_eq!(run(&plan), NOTHING);
}
