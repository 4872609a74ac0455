//! A plan, run, makes the database what the features say, and nothing of what was there is gone.
//!
//! `PLAN_CASES` says how many pairs of a database and features to try, and `PLAN_STEP` every which point of a history.
//! They are the same in each run, unless `ROUND_TRIP_RANDOM` is set.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::finding::State;
use schema_audit::core::audit::report::Report;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::core::plan::outcome::Retry;
use schema_audit::core::plan::{History, Plan, plan, render};
use schema_audit::core::sql::{parse, split};
use schema_audit::postgres::apply::{Direct, Ran};
use schema_audit::postgres::preflight::Rows;
use schema_audit::postgres::{Origin, Target};
use tokio::runtime::Runtime;

use crate::any_schema::EMPTY;
use crate::any_schema::recipe::{Recipe, recipe};
use crate::any_schema::sql::Printed;
use crate::support::Database;
use crate::wanted::look;

const CASES: u32 = 30;

/// From one point of a history to the next one, in statements.
const STEP: usize = 3;

/// Features of one source.
pub fn set(sql: &str) -> FeatureSet {
    let source = Source { name: Arc::from("any.sql"), text: Arc::from(sql) };
    let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
    FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() }
}

/// A plan, with the report that it is about.
pub async fn plan_for(database: &Database, sql: &str) -> (Plan, Report) {
    let set = set(sql);
    let selection = Selection { owners: false, ..Selection::default() };
    let requirements = Requirements::of(&set, &selection);
    let history = History::of(&[(&set, selection)]);
    let observation = look(&database.url(), &history.to_look_for(&requirements)).await;
    let report = compare(&requirements, &observation, Depth::Shape);
    (plan(&history, &requirements, &observation, &report), report)
}

/// Runs the script of a plan, without what only psql understands.
pub fn run(database: &Database, plan: &Plan) {
    let script = render::sql::render(plan);
    let session = database.session();
    let mut statements = String::new();
    for line in script.lines().filter(|line| !line.starts_with('\\')) {
        // What cannot run in a transaction must be a message of its own.
        if line.starts_with("-- Segment ") {
            session.execute(&std::mem::take(&mut statements));
        }
        statements.push_str(line);
        statements.push('\n');
    }
    session.execute(&statements);
}

/// Runs the script of a plan; gives what the server refused.
fn try_to_run(database: &Database, plan: &Plan) -> Result<(), String> {
    let run = std::panic::AssertUnwindSafe(|| run(database, plan));
    std::panic::catch_unwind(run)
        .map_err(|error| error.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panics".to_owned()))
}

/// The statements of a text.
fn statements(sql: &str) -> Vec<String> {
    let source = Source { name: Arc::from("any.sql"), text: Arc::from(sql) };
    parse::on_big_stack(|| {
        let (statements, problems) = split::split(&source);
        assert_eq!(problems, [], "{sql}");
        statements.into_iter().map(|statement| source.text[statement.range].to_owned()).collect()
    })
}

/// Every object of the database, by a name that does not change when it is replaced.
const OBJECTS: &str = "
    select 'class ' || oid from pg_class where relnamespace not in ('pg_catalog'::regnamespace,
        'information_schema'::regnamespace, 'pg_toast'::regnamespace)
    union all select 'column ' || attrelid || ' ' || attnum from pg_attribute join pg_class c on c.oid = attrelid
        where not attisdropped and attnum > 0 and attrelid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'c')
    union all select 'function ' || oid from pg_proc where oid >= 16384
    -- Before 14, TOAST tables had types of their rows, which go with them when a table is rewritten.
    union all select 'type ' || oid from pg_type where oid >= 16384 and typnamespace <> 'pg_toast'::regnamespace
    union all select 'constraint ' || conrelid || ' ' || contypid || ' ' || conname from pg_constraint
        where oid >= 16384 and contype <> 'n'
    union all select 'trigger ' || oid from pg_trigger where oid >= 16384
    union all select 'policy ' || oid from pg_policy
    union all select 'comment ' || objoid || ' ' || objsubid from pg_description where objoid >= 16384
    union all select 'statistics ' || oid from pg_statistic_ext";

struct World {
    runtime: Runtime,
    database: Database,
    /// Another one, where the same plan is applied that a script runs in the first one.
    twin: Database,
    can_dump: bool,
    /// The major version of the server.
    major: u32,
}

/// Applies a plan as `schema-audit apply` does.
async fn apply(database: &Database, plan: &Plan) -> Ran {
    let target = Target::parse(&database.url(), None, Origin::CommandLine).unwrap();
    let direct = Direct::open(&target, Duration::from_secs(30)).await.unwrap();
    let (_stopping, stop) = tokio::sync::watch::channel(false);
    direct.lock(Duration::from_secs(30), &stop, &mut |_| {}).await.unwrap();
    let ran = direct.run(plan, &Retry::default(), &stop, &mut |_| {}).await;
    direct.close().await;
    ran
}

/// The schema as `pg_dump` prints it, without what is of each run: `default 'now'` is the time at which it was made.
fn dumped(database: &Database) -> String {
    let output = Command::new("pg_dump").args(["--schema-only", &database.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let without_times = |line: &str| match line.split_once("'20") {
        Some((before, after)) => format!("{before}{}", after.split_once('\'').unwrap_or_default().1),
        None => line.to_owned(),
    };
    let lines = text.lines().filter(|line| !line.contains("restrict ")).map(without_times);
    lines.collect::<Vec<_>>().join("\n")
}

impl World {
    fn try_pair(&self, recipe: &Recipe, there: &[bool]) -> Result<(), TestCaseError> {
        let sql = Printed::of(recipe).sql;
        self.database.execute(EMPTY);
        self.twin.execute(EMPTY);
        let mut made = Vec::new();
        let statements = statements(&sql);
        for (statement, there) in statements.iter().zip(there.iter().cycle()) {
            // One that rests on what was left out fails, and is left out too.
            let guarded = statement.replace('\'', "''");
            let run =
                format!("do $guard$ begin execute '{guarded}'; exception when others then null; end $guard$");
            if *there {
                self.database.execute(&run);
                self.twin.execute(&run);
                made.push(statement.as_str());
            }
        }
        let before = self.database.query(OBJECTS);
        let fail = |what: &str, plan: &Plan, report: &Report| {
            let left: Vec<String> = report
                .findings
                .iter()
                .filter(|finding| finding.state != State::Present)
                .map(|finding| format!("{} {}", finding.state.name(), finding.component))
                .collect();
            let there = made.join(";\n");
            let script = render::sql::render(plan);
            TestCaseError::fail(format!("{what}: {left:#?}\nthere:\n{there}\nplan:\n{script}\nof:\n{sql}"))
        };
        let (plan, report) = self.runtime.block_on(plan_for(&self.database, &sql));
        if !plan.unplannable.is_empty() || !plan.skipped.is_empty() {
            return Err(fail("something is left out", &plan, &report));
        }
        let mut judged = plan.clone();
        self.runtime.block_on(crate::preflight::judge(&self.database.url(), &mut judged, Rows::Skip));
        if !judged.blockers.is_empty() {
            return Err(fail(&format!("it is blocked: {:#?}", judged.blockers), &plan, &report));
        }
        let unexplained = crate::linter::unexplained(&render::sql::render(&judged), self.major);
        if !unexplained.is_empty() {
            return Err(fail(&format!("squawk finds what no hazard says: {unexplained:#?}"), &plan, &report));
        }
        run(&self.database, &plan);
        let (same, _) = self.runtime.block_on(plan_for(&self.twin, &sql));
        if same.digest != plan.digest {
            return Err(fail("the same database gives another plan", &same, &report));
        }
        let ran = self.runtime.block_on(apply(&self.twin, &plan));
        if ran.failure.is_some() || ran.segments != plan.segments.len() {
            return Err(fail(&format!("it is not applied: {ran:?}"), &plan, &report));
        }
        // An older pg_dump refuses a newer server.
        if self.can_dump && dumped(&self.database) != dumped(&self.twin) {
            return Err(fail("applied, it makes another schema than its script", &plan, &report));
        }
        let (second, report) = self.runtime.block_on(plan_for(&self.database, &sql));
        if !report.is_compliant() {
            return Err(fail("the audit is not clean", &plan, &report));
        }
        if !second.is_empty() {
            return Err(fail("the second plan is not empty", &second, &report));
        }
        let after = self.database.query(OBJECTS);
        if let Some(gone) = before.iter().find(|object| !after.contains(object)) {
            return Err(fail(&format!("{gone} is gone"), &plan, &report));
        }
        Ok(())
    }
}

#[test]
fn any_part_of_any_schema_is_completed_by_its_plan_and_nothing_is_gone() {
    let cases = std::env::var("PLAN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let database = Database::new();
    database.execute(
        "do $$ begin create role any_schema_role; exception when duplicate_object then null; end $$",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let can_dump = Command::new("pg_dump")
        .args(["--schema-only", &database.url()])
        .output()
        .is_ok_and(|output| output.status.success());
    let world = World { runtime, database, twin: Database::new(), can_dump, major: crate::linter::major() };
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let mut runner = if std::env::var_os("ROUND_TRIP_RANDOM").is_some() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let pairs = (recipe(), vec(any::<bool>(), 1..40));
    match runner.run(&pairs, |(recipe, there)| world.try_pair(&recipe, &there)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Databases in which a history of migrations ran as far as some statement: the plan for the whole history runs, and
/// either completes it or says what it leaves to a person. Nothing that was there goes.
#[test]
fn from_any_point_of_a_history_a_plan_goes_on_or_says_why_not() {
    let step = std::env::var("PLAN_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(STEP);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let histories = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/histories.sql");
    let histories = std::fs::read_to_string(histories).unwrap();
    let version = crate::support::postgres().session("postgres").query("show server_version_num").concat();
    let major = version.parse::<u32>().unwrap() / 10_000;
    let (mut wrong, mut completed, mut tried) = (Vec::new(), 0, 0);
    for history in histories.split("\n------ ").skip(1) {
        let (title, sql) = history.split_once('\n').unwrap();
        let since = title.split_once("since ").map_or(12, |(_, major)| major.parse::<u32>().unwrap());
        let statements = statements(sql);
        // A part of a transaction that is rolled back is no state of a database.
        let has_transactions = statements.iter().any(|statement| statement.starts_with("rollback"));
        // What is of the whole server is not made for the time between two statements: a role that a history drops again.
        let makes_roles = sql.contains("create role");
        if major < since || has_transactions || makes_roles {
            continue;
        }
        for end in (0..=statements.len()).step_by(step) {
            let database = Database::new();
            let made = std::panic::AssertUnwindSafe(|| {
                let session = database.session();
                statements.iter().take(end).for_each(|statement| session.execute(statement));
                session.execute("commit");
            });
            if std::panic::catch_unwind(made).is_err() {
                break;
            }
            let before = database.query(OBJECTS);
            let (plan, _) = runtime.block_on(plan_for(&database, sql));
            let mut fail = |what: &str| {
                let script = render::sql::render(&plan);
                wrong.push(format!("{title}, after {end} statements: {what}\n{script}"));
            };
            tried += 1;
            let mut judged = plan.clone();
            runtime.block_on(crate::preflight::judge(&database.url(), &mut judged, Rows::Skip));
            if !judged.blockers.is_empty() {
                fail(&format!("it is blocked: {:#?}", judged.blockers));
            }
            let unexplained = crate::linter::unexplained(&render::sql::render(&judged), major);
            if !unexplained.is_empty() {
                fail(&format!("squawk finds what no hazard says: {unexplained:#?}"));
            }
            if let Err(refused) = try_to_run(&database, &plan) {
                fail(&refused);
                continue;
            }
            let (second, report) = runtime.block_on(plan_for(&database, sql));
            let left_out = !plan.unplannable.is_empty() || !plan.skipped.is_empty();
            // What rests on what a plan made may be seen to differ only then: it is replaced by the next one.
            let only_replaces = second.statements().all(|statement| statement.replaces);
            if !only_replaces {
                fail(&format!("the second plan is not empty: {}", render::sql::render(&second)));
            }
            // A child that is made after its parent lost a column never had that column: its own history differs.
            let is_known = title.starts_with("inheritance");
            if !report.is_compliant() && !left_out && second.is_empty() && !is_known {
                fail("it is not completed, and nothing is said of that");
            }
            completed += usize::from(report.is_compliant());
            let after = database.query(OBJECTS);
            if let Some(gone) = before.iter().find(|object| !after.contains(object)) {
                fail(&format!("{gone} is gone"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(tried > 20 && completed > 20, "{completed} of {tried} were completed");
}

#[test]
fn a_plan_finds_what_the_databases_extensions_brought_and_drops_nothing_of_their_schemas() {
    let database = Database::new();
    database.execute(
        "create schema app; create schema extensions; create extension citext schema extensions;
         create table extensions.kept (a int)",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sql = "set search_path = app; create table people (email citext);
               create function same(a text) returns boolean language sql as $$ select a::citext = a::citext $$;
               do $$ begin drop table if exists kept; create table if not exists kept (a int, b int); end $$";
    let (plan, _) = runtime.block_on(plan_for(&database, sql));
    run(&database, &plan);
    for name in ["extensions.kept", "app.people", "app.kept"] {
        let is_there = format!("select to_regclass('{name}') is not null");
        assert_eq!(database.session().query(&is_there), ["t"], "{name}");
    }
}
