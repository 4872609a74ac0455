//! Every finding of squawk is a hazard of ours, or is about what cannot hurt.

use std::process::{Command, Stdio};

use schema_audit::core::plan::hazard::RULES;
use schema_audit::core::plan::render;

use crate::linter::{ABOUT_DESIGN, findings, major, program, unexplained};
use crate::preflight::{Rows, judged_plan};
use crate::support::Database;

#[tokio::test]
async fn each_finding_about_a_table_with_rows_is_a_hazard_of_ours() {
    let there = "create table a (x int not null, y text, z int);
                 insert into a select n, n, n from generate_series(1, 100) as n;
                 create table b (id int primary key);
                 insert into b select n from generate_series(1, 100) as n;
                 create type mood as enum ('sad');
                 create domain positive as int";
    let database = Database::with(&format!("{there}; analyze a; analyze b"));
    let cases = [
        ("create index i on a (x)", "index-build-locks-writes"),
        ("create unique index i on a (x)", "index-build-locks-writes"),
        ("alter table a add column c int not null", "required-column-without-default"),
        ("alter table a add column c float not null default random()", "new-column-rewrites-table"),
        ("alter table a add column c int generated always as (x + 1) stored", "new-column-rewrites-table"),
        ("alter table a add column c serial", "new-column-rewrites-table"),
        ("alter table a add column c serial primary key", "constraint-builds-index"),
        ("alter table a add constraint k unique (x)", "constraint-builds-index"),
        ("alter table a add constraint k check (x > 0)", "check-checks-all-rows"),
        ("alter table a add constraint k foreign key (x) references b", "foreign-key-checks-all-rows"),
        ("alter table a add column c int references b", "foreign-key-locks-both-tables"),
        ("alter table a alter column y set not null", "set-not-null-reads-table"),
        ("alter type mood add value 'happy'", "enum-label-stays"),
        ("alter domain positive add constraint k check (value > 0)", "domain-checks-all-columns"),
        ("create index concurrently i on a (x)", ""),
        ("alter table a add constraint k check (x > 0) not valid", ""),
    ];
    let mut missed = Vec::new();
    for (sql, hazard) in cases {
        let plan = judged_plan(&database, &format!("{there}; {sql}"), Rows::Skip).await;
        let statement = plan.statements().find(|statement| statement.text == sql);
        let statement = statement.unwrap_or_else(|| panic!("{sql} is planned: {plan:?}"));
        let names: Vec<&str> = statement.hazards.iter().map(|hazard| hazard.rule.name).collect();
        if !hazard.is_empty() {
            assert!(names.contains(&hazard), "{sql}: {names:?}");
            let found = findings(&render::sql::render(&plan), major());
            let finds = found.iter().any(|(rule, _)| !ABOUT_DESIGN.contains(&rule.as_str()));
            // It does not know that a serial has a value of its own in each row.
            assert!(finds || sql.ends_with("c serial"), "squawk finds nothing in {sql}: {found:?}");
        }
        missed.extend(unexplained(&render::sql::render(&plan), major()));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_hazards_say_of_squawk_are_rules_that_it_has() {
    for rule in RULES.iter().flat_map(|rule| rule.squawk).chain(&ABOUT_DESIGN) {
        let output = Command::new(program())
            .args(["--exclude", rule, "--stdin-filepath", "plan.sql"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("invalid value"), "{rule}: {said}");
    }
}
