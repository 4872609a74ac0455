//! What the engine costs, as ratios in one run: an audit in a small database and in a large one, an audit against the
//! bare round trip of its own queries, and the reading of a megabyte of SQL.
//!
//! `benches/run` starts a server and calls this; `BENCH_DATABASE_URL` names another one (a superuser's URL).
#![allow(missing_docs, reason = "a program to run, not a library")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it measures or fails"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::time::{Duration, Instant};

use schema::{feature_set, plain};
use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::question::questions;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::postgres::{Limits, Origin, Target, observe};

mod schema;

const ROUNDS: usize = 41;
const LIMITS: Limits = Limits { total: Duration::from_secs(30), lock: Duration::from_secs(1) };

fn main() {
    let url = std::env::var("BENCH_DATABASE_URL")
        .expect("BENCH_DATABASE_URL names a server; benches/run starts one");
    parse_and_fold();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(audits(&url));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn parse_and_fold() {
    let mut sql = plain(0..4_100);
    sql.truncate(sql[..1_000_000.min(sql.len())].rfind("create table").unwrap());
    let set = feature_set(&sql);
    let mut components = 0;
    let times = (0..7)
        .map(|_| {
            let start = Instant::now();
            let requirements = Requirements::of(&set, &Selection::default());
            assert_eq!(requirements.problems, []);
            components = requirements.components.len();
            start.elapsed()
        })
        .collect();
    let time = milliseconds(median(times));
    println!(
        "parse and fold {} kB of SQL, {components} components: {time:.0} ms (budget 300)",
        sql.len() / 1000
    );
}

async fn audits(server: &str) {
    let requirements = Requirements::of(&feature_set(&plain(0..20)), &Selection::default());
    let small = database(server, "bench_small", 100).await;
    let large = database(server, "bench_large", 10_000).await;
    let huge = match std::env::var_os("BENCH_HUGE") {
        Some(_) => Some(database(server, "bench_huge", 50_000).await),
        None => None,
    };
    let (mut in_small, mut in_large, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let mut in_huge = Vec::new();
    for round in 0..=ROUNDS {
        let times = [
            audit(&small, &requirements).await,
            audit(&large, &requirements).await,
            round_trip(&small, &requirements).await,
        ];
        // The first round warms the server's caches.
        if round > 0 {
            in_small.push(times[0]);
            in_large.push(times[1]);
            bare.push(times[2]);
        }
        if let Some(huge) = &huge {
            let time = audit(huge, &requirements).await;
            if round > 0 {
                in_huge.push(time);
            }
        }
    }
    let (in_small, in_large, bare) =
        (milliseconds(median(in_small)), milliseconds(median(in_large)), milliseconds(median(bare)));
    println!("audit of {} components, connection included:", requirements.components.len());
    println!("  in a database of    100 tables: {in_small:.1} ms");
    println!(
        "  in a database of 10,000 tables: {in_large:.1} ms, {:.2} times (budget 1.5)",
        in_large / in_small
    );
    if huge.is_some() {
        let in_huge = milliseconds(median(in_huge));
        println!(
            "  in a database of 50,000 tables: {in_huge:.1} ms, {:.2} times (budget 1.5)",
            in_huge / in_small
        );
    }
    println!(
        "  bare round trip of its queries: {bare:.1} ms; the audit is {:.2} times (budget 2)",
        in_small / bare
    );
}

/// Makes a database with so many tables and gives its URL.
async fn database(server: &str, name: &str, tables: usize) -> String {
    let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
    let client = connect(server).await;
    client.batch_execute(&format!("drop database if exists {name}")).await.unwrap();
    client.batch_execute(&format!("create database {name}")).await.unwrap();
    let client = connect(&url).await;
    for first in (0..tables).step_by(500) {
        client.batch_execute(&plain(first..(first + 500).min(tables))).await.unwrap();
    }
    client.batch_execute("vacuum analyze").await.unwrap();
    url
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn audit(url: &str, requirements: &Requirements) -> Duration {
    let start = Instant::now();
    let target = Target::parse(url, None, Origin::CommandLine).unwrap();
    let observation = observe(&target, requirements, &LIMITS).await.unwrap();
    let report = compare(requirements, &observation, Depth::Shape);
    assert_eq!(report.summary.present, report.summary.required);
    start.elapsed()
}

/// The same queries on a connection of their own, with nothing done to the answer.
async fn round_trip(url: &str, requirements: &Requirements) -> Duration {
    let start = Instant::now();
    let client = connect(url).await;
    let mut message = "begin isolation level repeatable read read only;\
                       set local search_path = pg_catalog, pg_temp; set local jit = off;\n"
        .to_owned();
    for question in questions(requirements) {
        message.push_str(&question.sql);
        message.push_str(";\n");
    }
    message.push_str("commit");
    client.simple_query(&message).await.unwrap();
    start.elapsed()
}
