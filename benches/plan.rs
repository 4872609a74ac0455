//! What a plan costs after the audit: 1,000 missing components become statements, an order, segments, a digest, the
//! question of the preflight and a script. It needs no server.
#![allow(missing_docs, reason = "a program to run, not a library")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "it measures or fails")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::observation::Observation;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::component::ComponentId;
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::plan::preflight::{Facts, Question, judge};
use schema_audit::core::plan::{History, plan, render};

mod schema;

use schema::feature_set;

const ROUNDS: usize = 11;

/// The most that all of it may take.
const BUDGET: Duration = Duration::from_millis(100);

fn main() {
    let set = feature_set(&schema(100));
    let requirements = Requirements::of(&set, &Selection::default());
    let mut observation = Observation::default();
    "18.0".clone_into(&mut observation.server.version);
    observation.catalog.insert(ComponentId::global(Kind::Schema, "public"), Shape::open(Kind::Schema));
    let report = compare(&requirements, &observation, Depth::Shape);
    let missing = requirements.components.len() - 1;
    assert!(missing >= 1_000, "{missing}");

    let mut times: Vec<[Duration; 3]> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let history = History::of(&[(&set, Selection::default())]);
            let read = start.elapsed();
            let start = Instant::now();
            let mut plan = plan(&history, &requirements, &observation, &report);
            let planned = start.elapsed();
            let start = Instant::now();
            let question = Question::of(&plan);
            judge(&mut plan, &question, &Facts::default());
            let script = render::sql::render(&plan);
            assert_eq!(plan.statements().count(), 200);
            assert!(script.len() > 10_000);
            [read, planned, start.elapsed()]
        })
        .collect();
    times.sort_by_key(|parts| parts.iter().sum::<Duration>());
    let [read, planned, rest] = times[ROUNDS / 2];
    let total = read + planned + rest;
    println!(
        "a plan of {missing} missing components: {:.1} ms (reading the SQL {:.1}, choosing and ordering {:.1}, \
         preflight and script {:.1}); at most {} ms",
        milliseconds(total),
        milliseconds(read),
        milliseconds(planned),
        milliseconds(rest),
        BUDGET.as_millis()
    );
    assert!(total <= BUDGET, "over the budget");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The SQL of tables with ten components each, in two statements.
fn schema(tables: usize) -> String {
    let mut sql = String::new();
    for n in 0..tables {
        let parent = n / 2;
        let reference = if n == 0 { String::new() } else { format!(" references t{parent}") };
        write!(
            sql,
            "create table t{n} (id bigint primary key, name varchar(80) not null, price numeric(12,2) default 0, \
             created_at timestamptz not null default now(), note text, parent bigint{reference}, check (price >= 0));\n\
             create index t{n}_name on t{n} (name, created_at desc);\n"
        )
        .unwrap();
    }
    sql
}
