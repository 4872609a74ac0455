//! Statements that change more than they name: a key makes its columns NOT NULL.

use super::*;

const KEY: &str = "alter table t add primary key (id)";

#[test]
fn a_missing_primary_key_is_planned_where_its_column_may_not_be_null_already() {
    let plan =
        planned(&format!("create table t (id int not null); {KEY}"), "create table t (id int not null)");
    assert_eq!((run(&plan), left(&plan)), (vec![KEY.to_owned()], Vec::new()));
    let statement = plan.statements().next().unwrap();
    let hazards: Vec<&str> = statement.hazards.iter().map(|hazard| hazard.rule.name).collect();
    assert_eq!(hazards, ["constraint-builds-index", "unique-fails-on-duplicates"]);
    assert_eq!(statement.locks[0].mode.name(), "ACCESS EXCLUSIVE");
}

#[test]
fn a_missing_primary_key_is_planned_with_the_not_null_that_it_brings() {
    for sql in [
        "create table t (id int, x int); alter table t add primary key (id)",
        "create table t (id int, x int); alter table t add constraint k primary key (id, x)",
        "create table t (id int, x int); alter table t add column y int, add primary key (id)",
        "create table t (id int, x int); alter table t add primary key (id), alter column x set default 3",
    ] {
        let plan = planned(sql, "create table t (id int, x int)");
        let last = sql.split("; ").last().unwrap();
        assert_eq!((run(&plan), left(&plan)), (vec![format!("~ {last}")], Vec::new()), "{sql}");
        let statement = plan.statements().next().unwrap();
        let reads = statement.hazards.iter().find(|hazard| hazard.rule.name == "set-not-null-reads-table");
        assert!(reads.is_some_and(|hazard| hazard.relation.is_some()), "{sql}: {:?}", statement.hazards);
    }
}

#[test]
fn a_key_of_a_table_that_other_sql_makes_is_planned() {
    for there in ["create table t (id int)", "create table t (id int not null)"] {
        let plan = planned(KEY, there);
        assert_eq!(left(&plan), NOTHING, "{there}");
        assert_eq!(run(&plan).len(), 1, "{there}");
    }
    assert!(planned(KEY, "create table t (id int primary key)").is_empty());
    let plan = planned("alter table t alter column id set not null", "create table t (id int)");
    assert_eq!(run(&plan), ["~ alter table t alter column id set not null"]);
}

#[test]
fn what_tables_that_inherit_take_over_changes_with_it() {
    let inherited = "create table t (x int); create table child () inherits (t); create table grandchild () inherits (child)";
    let parts = "create table t (x int, k int) partition by range (k);
                 create table p partition of t for values from (0) to (9)";
    for there in [inherited, parts] {
        for last in [
            "alter table t alter column x set not null",
            "alter table t alter column x set default 3",
            "alter table t alter column x type bigint using x * 2",
            "alter table t add column y int not null default 1",
            "alter table t add constraint c check (x > 0)",
        ] {
            let plan = planned(&format!("{there}; {last}"), there);
            let ran: Vec<String> =
                run(&plan).iter().map(|text| text.trim_start_matches("~ ").to_owned()).collect();
            assert_eq!((ran, left(&plan)), (vec![last.to_owned()], Vec::new()), "{there}; {last}");
        }
    }
    let half = format!("{inherited}; alter table child alter column x set not null");
    let last = "alter table t alter column x set not null";
    assert_eq!(run(&planned(&format!("{inherited}; {last}"), &half)), [format!("~ {last}")]);
}

#[test]
fn a_key_over_a_column_that_is_different_otherwise_is_left_to_a_person() {
    let plan = planned(&format!("create table t (id bigint); {KEY}"), "create table t (id text)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(left(&plan).len(), 2, "{:#?}", left(&plan));
}

#[test]
fn a_key_from_an_index_is_planned_with_its_index() {
    let sql = "create table t (id int); create unique index i on t (id);
               alter table t add constraint k primary key using index i";
    assert_eq!(run(&planned(sql, "create table t (id int)")).len(), 2);
    assert_eq!(run(&planned(sql, "create table t (id int not null)")).len(), 2);
    assert!(planned(sql, "create table t (id int, constraint k primary key (id))").is_empty());
}

#[test]
fn a_column_with_all_that_hangs_on_it_is_planned_by_its_own_statement() {
    let there = "create table b (id int primary key); create table t (x int)";
    for last in [
        "alter table t add column id int primary key",
        "alter table t add column y int unique",
        "alter table t add column y int references b",
        "alter table t add column y int not null default 1 check (y > 0) unique references b",
        "alter table t add column id bigint generated always as identity primary key",
        "alter table t add column id bigserial primary key",
    ] {
        let plan = planned(&format!("{there}; {last}"), there);
        assert_eq!((run(&plan), left(&plan)), (vec![last.to_owned()], Vec::new()), "{last}");
    }
}

#[test]
fn an_identity_is_planned_over_a_column_that_may_not_be_null() {
    let identity = "alter table t alter column id add generated always as identity";
    let sql = format!("create table t (id int not null); {identity}");
    assert_eq!(run(&planned(&sql, "create table t (id int not null)")), [format!("~ {identity}")]);
    let sql = format!("create table t (id int); {KEY}; {identity}");
    let plan = planned(&sql, "create table t (id int)");
    assert_eq!(run(&plan), [format!("~ {KEY}"), format!("~ {identity}")]);
    assert_eq!(run(&planned(&sql, "create table t (id int not null)")).len(), 2);
}

#[test]
fn what_converts_rows_is_not_run_again_for_another_column() {
    let sql = "create table t (x int, y int);
               alter table t alter column x type bigint using x * 2, alter column y set not null";
    let plan = planned(sql, "create table t (x bigint, y int)");
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(left(&plan).len(), 1, "{:#?}", left(&plan));
}

#[test]
fn what_changes_the_session_that_runs_a_plan_is_no_part_of_it() {
    for statement in ["discard all", "discard plans", "discard sequences", "reset all", "set session role r"]
    {
        let plan = planned(&format!("create table a (x int); {statement}; create table b (x int)"), "");
        assert_eq!(run(&plan), ["create table a (x int)", "create table b (x int)"], "{statement}");
    }
    for statement in
        ["select pg_advisory_unlock_all()", "do $$ begin perform pg_catalog.pg_advisory_unlock_all(); end $$"]
    {
        let plan = planned(&format!("create table a (x int); {statement}"), "");
        assert_eq!(run(&plan), ["create table a (x int)"], "{statement}");
        assert!(skipped(&plan)[0].contains("the lock of migrations"), "{:?}", skipped(&plan));
    }
}

#[test]
fn after_discard_all_names_mean_what_they_mean_in_a_new_session() {
    for statement in ["discard all", "reset all", "reset search_path"] {
        let sql = format!(
            "create schema s; set search_path = s; create table a (x int); {statement}; create table b (x int)"
        );
        let plan = planned(&sql, "");
        let paths = plan.statements().map(|it| (it.text.as_str(), it.search_path[0].as_str()));
        let expected = [
            ("create schema s", "public"),
            ("create table a (x int)", "s"),
            ("create table b (x int)", "public"),
        ];
        assert_eq!(paths.collect::<Vec<_>>(), expected, "{statement}");
    }
}

#[test]
fn reset_all_leaves_the_role_and_discard_all_does_not() {
    let roles = |reset: &str| {
        let sql = format!("set role app; set timezone = 'UTC'; {reset}; create table a (x int)");
        let plan = planned(&sql, "");
        let settings = plan.statements().next().unwrap().settings.clone();
        settings.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(roles("reset all"), ["role"]);
    assert_eq!(roles("discard all"), [""; 0]);
}

#[test]
fn a_table_is_planned_whose_key_is_of_columns_that_it_has_from_another_one() {
    let sql = "create table u (id int); create table t (like u, x int, primary key (id));
               alter table t alter column id set not null";
    assert_eq!(run(&planned(sql, "")).len(), 3);
    let plan = planned(sql, "create table u (id int)");
    assert_eq!((run(&plan).len(), left(&plan)), (2, Vec::new()));
}
