//! Every finding of squawk, a linter for migrations, is a hazard of ours, or is about what cannot hurt.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use schema_audit::core::plan::hazard::RULES;
use schema_audit::core::plan::{Plan, PlannedStatement};

use crate::preflight::{Rows, judged_plan};
use crate::support::Database;

/// Rules about what authors should have designed otherwise: the features say what is required, and a plan runs their
/// statements as they are.
const ABOUT_DESIGN: [&str; 8] = [
    "ban-char-field",
    "ban-create-domain-with-constraint",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamp-tz",
    // That a statement may run twice: a plan is made anew, and holds what is missing alone.
    "prefer-robust-stmts",
];

/// The program; it is fetched at first use, and its lack fails the test.
fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/squawk");
        let output = Command::new(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "tests/postgres/squawk failed");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// The findings of squawk about a script: rule and line, from 0.
fn findings(script: &str, major: u32) -> Vec<(String, usize)> {
    let mut squawk = Command::new(program())
        .args(["--reporter", "json", "--pg-version", &format!("{major}.0"), "--stdin-filepath", "plan.sql"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    squawk.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = squawk.wait_with_output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let finding = |entry: &serde_json::Value| {
        let line = usize::try_from(entry["line"].as_u64().unwrap()).unwrap();
        (entry["rule_name"].as_str().unwrap().to_owned(), line)
    };
    found.as_array().unwrap().iter().map(finding).collect()
}

/// The script of a plan as squawk reads it, with the line from which each statement stands in it.
fn script(plan: &Plan) -> (String, BTreeMap<usize, &PlannedStatement>) {
    let (mut script, mut lines) = (String::new(), BTreeMap::new());
    for segment in &plan.segments {
        let set = if segment.transactional { "set local" } else { "set" };
        script.push_str(if segment.transactional { "begin;\n" } else { "" });
        for (name, value) in plan.settings.pairs() {
            writeln!(script, "{set} {name} to '{value}';").unwrap();
        }
        for statement in &segment.statements {
            lines.insert(script.lines().count(), statement);
            writeln!(script, "{};", statement.text).unwrap();
        }
        script.push_str(if segment.transactional { "commit;\n" } else { "" });
    }
    (script, lines)
}

/// Why a finding is none of ours, or the hazard that says the same; `None` where nothing explains it.
fn explanation(rule: &str, statement: &PlannedStatement) -> Option<&'static str> {
    if ABOUT_DESIGN.contains(&rule) {
        return Some("it is about design");
    }
    let is_ours = |hazard: &&schema_audit::core::plan::hazard::Hazard| hazard.rule.squawk.contains(&rule);
    if let Some(hazard) = statement.hazards.iter().find(is_ours) {
        return Some(hazard.rule.name);
    }
    let known: Vec<_> = RULES.iter().filter(|ours| ours.squawk.contains(&rule)).collect();
    if statement.locks.is_empty() && !known.is_empty() {
        return Some("the plan makes it itself, in this transaction or in an earlier one");
    }
    // The first lock is that on the table whose rows count.
    let locked = statement.locks.first().and_then(|lock| lock.size);
    let is_empty = locked.is_some_and(|size| size.rows == Some(0.0));
    (is_empty && known.iter().any(|ours| ours.needs_rows)).then_some("the table holds no rows")
}

/// What squawk finds in a plan, and nothing explains.
pub fn unexplained(plan: &Plan, major: u32) -> Vec<String> {
    if plan.is_empty() {
        return Vec::new();
    }
    let (script, lines) = script(plan);
    let about = |(rule, line): (String, usize)| {
        let statement = lines.range(..=line).next_back().map(|(_, statement)| *statement);
        match statement {
            Some(statement) if explanation(&rule, statement).is_some() => None,
            Some(statement) => Some(format!("{rule}: {}", statement.text)),
            None => Some(format!("{rule} in line {line}")),
        }
    };
    findings(&script, major).into_iter().filter_map(about).collect()
}

/// The version that squawk is told.
pub fn major() -> u32 {
    let version = crate::support::postgres().session("postgres").query("show server_version_num").concat();
    version.parse::<u32>().unwrap() / 10_000
}

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
            let found = findings(&script(&plan).0, major());
            let finds = found.iter().any(|(rule, _)| !ABOUT_DESIGN.contains(&rule.as_str()));
            // It does not know that a serial has a value of its own in each row.
            assert!(finds || sql.ends_with("c serial"), "squawk finds nothing in {sql}: {found:?}");
        }
        missed.extend(unexplained(&plan, major()));
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
