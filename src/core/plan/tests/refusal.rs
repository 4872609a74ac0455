//! What must not run, though something that is missing would come of it.

use super::*;

#[test]
fn what_is_there_is_not_dropped_with_what_is_missing() {
    let there = "create table a (x int)";
    for drop in ["drop column x", "drop column if exists x"] {
        let plan = planned(&format!("{there}; alter table a {drop}, add column y int"), there);
        assert_eq!(run(&plan), NOTHING, "{drop}");
        let reason = "the statement at f.sql:1 drops column/public.a.x: nothing is dropped without the marker \
                      allow-destructive";
        assert_eq!(left(&plan), [format!("column/public.a.y: {reason}")]);
    }
    let plan = planned(&format!("{there}; alter table a drop column if exists z, add column y int"), there);
    assert_eq!(run(&plan), ["alter table a drop column if exists z, add column y int"]);
}

#[test]
fn what_makes_something_of_which_nobody_knows_whether_it_is_there_does_not_run() {
    let there = "create table a (w int)";
    let sql = format!("{there}; alter table a add column x int, add column y int");
    let mut observation = observation(there);
    let x = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "a"), "x");
    observation.unseen.insert(x, "locked".to_owned());
    let plan = plan_in(&set(vec![feature("f", &[], &sql)]), &observation);
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        left(&plan),
        ["column/public.a.y: it is not known whether column/public.a.x is there: locked"]
    );
}

#[test]
fn a_setting_that_a_later_statement_changes_is_not_put_back() {
    let there = "create table a (x int default 2)";
    let sql = "create table a (x int); alter table a alter x set default 1, add column y int;
               alter table a alter x set default 2";
    let plan = planned(sql, there);
    assert_eq!(run(&plan), NOTHING);
    assert_eq!(
        left(&plan),
        [
            "column/public.a.y: the statement at f.sql:1 changes column/public.a.x too, which is as it should be"
        ]
    );
}

#[test]
fn what_names_a_sequence_that_is_left_to_a_person_is_left_to_one_too() {
    let there = "create table a (x int)";
    let sql = format!(
        "{there}; alter table a add column w int; -- schema-audit: when-missing sequence/public.none\ncreate sequence s;
         create table b (x int default nextval('s'), y int)"
    );
    let plan = planned(&sql, there);
    assert_eq!(run(&plan), ["alter table a add column w int"]);
}

#[test]
fn a_new_type_of_the_plan_has_no_hazards() {
    let there = "create table a (x int)";
    let sql = format!("{there}; create type m as enum ('a'); alter type m add value 'b'");
    assert_eq!(planned(&sql, there).hazards(), 0);
    let plan = planned(&sql, &format!("{there}; create type m as enum ('a')"));
    let hazards: Vec<&str> =
        plan.statements().flat_map(|it| &it.hazards).map(|hazard| hazard.rule.name).collect();
    assert_eq!(hazards, ["enum-label-stays"]);
}

#[test]
fn a_statement_takes_the_strongest_lock_of_its_commands() {
    let there = "create table a (x int, y int)";
    let locks = |commands: &str| {
        let plan = planned(&format!("{there}; alter table a {commands}"), there);
        plan.statements().next().unwrap().locks[0].mode.name()
    };
    assert_eq!(locks("add column z int, alter x set statistics 7"), "ACCESS EXCLUSIVE");
    assert_eq!(locks("add foreign key (x) references a (y) not valid"), "SHARE ROW EXCLUSIVE");
}

#[test]
fn what_fills_a_new_column_decides_whether_its_constraints_read_rows() {
    let there = "create table a (x int primary key)";
    let hazards = |column: &str| -> Vec<&str> {
        let plan = planned(&format!("{there}; alter table a add column z int {column}"), there);
        plan.statements().flat_map(|it| &it.hazards).map(|hazard| hazard.rule.name).collect()
    };
    assert_eq!(hazards("references a"), ["foreign-key-locks-both-tables"]);
    assert_eq!(hazards("default 1 references a"), ["foreign-key-checks-all-rows"]);
    assert_eq!(hazards("unique"), ["constraint-builds-index"]);
    assert_eq!(hazards("unique default 1"), ["constraint-builds-index", "unique-fails-on-duplicates"]);
}
