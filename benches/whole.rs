//! What it costs to audit a whole database: the binary, as a user runs it, against a database of 10,000 tables of
//! which every object is required. And how long it takes to say anything without a database.
//!
//! `benches/run` starts a server and calls this; `BENCH_DATABASE_URL` names another one (a superuser's URL) and
//! `BENCH_TABLES` another number of tables.
#![allow(missing_docs, reason = "a program to run, not a library")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it measures or fails"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use schema::{dense, plain};
use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::definitions::Definitions;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::core::sql::parse::on_big_stack;
use schema_audit::postgres::{Limits, Origin, Target, observe_with};

mod schema;

const BINARY: &str = env!("CARGO_BIN_EXE_schema-audit");

fn main() {
    first_bytes();
    let server = std::env::var("BENCH_DATABASE_URL")
        .expect("BENCH_DATABASE_URL names a server; benches/run starts one");
    let tables = std::env::var("BENCH_TABLES").map_or(10_000, |text| text.parse().unwrap());
    for (name, schema) in
        [("ten components a table", plain as Schema), ("seventeen components a table", dense)]
    {
        whole(&server, tables, name, schema);
    }
}

/// The SQL of some tables.
type Schema = fn(std::ops::Range<usize>) -> String;

fn whole(server: &str, tables: usize, name: &str, schema: Schema) {
    let url = server.replacen("/postgres?", "/bench_whole?", 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(make(server, &url, tables, schema));
    let directory = std::env::temp_dir().join(format!("schema-audit-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (file, document) = (directory.join("whole.sql"), directory.join("whole.yaml"));
    let sql = schema(0..tables);
    std::fs::write(&file, &sql).unwrap();
    println!("database of {tables} tables, {name}, every object required:");
    engine(&url, &sql);
    let features = ["audit", "--timeout", "5m", "--features", file.to_str().unwrap()];
    report("schema-audit audit", &run(&url, &features, 5), "budget 150 MiB");
    let presence = [&features[..], &["--compare", "presence"]].concat();
    report("schema-audit audit --compare presence", &run(&url, &presence, 3), "");
    let generate = ["generate", "--timeout", "5m", "--format", "sql-directory", "--output"];
    let generate = [&generate[..], &[document.to_str().unwrap()]].concat();
    report("schema-audit generate", &run(&url, &generate, 3), "");
    std::fs::remove_dir_all(&directory).unwrap();
}

/// The audit itself, as the operator repeats it: the requirements are ready.
fn engine(url: &str, sql: &str) {
    on_big_stack(|| {
        let source = Source { name: "whole.sql".into(), text: sql.into() };
        let feature = Feature { name: "whole".into(), sources: vec![source], ..Feature::default() };
        let set = FeatureSet { name: "bench".into(), features: vec![feature], ..FeatureSet::default() };
        let start = Instant::now();
        let requirements = Requirements::of(&set, &Selection::default());
        let reading = start.elapsed();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let target = Target::parse(url, None, Origin::CommandLine).unwrap();
        let limits = Limits { total: Duration::from_mins(5), lock: Duration::from_secs(1) };
        let audit = |definitions, depth| {
            let start = Instant::now();
            let observation =
                runtime.block_on(observe_with(&target, &requirements, &limits, definitions)).unwrap();
            let report = compare(&requirements, &observation, depth);
            let time = start.elapsed();
            assert_eq!(report.summary.present, report.summary.required);
            time
        };
        let median = |definitions, depth| {
            let mut times: Vec<Duration> = (0..5).map(|_| audit(definitions, depth)).collect();
            times.sort();
            milliseconds(times[2])
        };
        println!("  {} components, read in {:.0} ms", requirements.components.len(), milliseconds(reading));
        let whole = median(Definitions::Ask, Depth::Shape);
        println!("  the audit itself: {whole:.0} ms (budget 1500 ms)");
        println!("  the same, presence only: {:.0} ms", median(Definitions::Skip, Depth::Presence));
    });
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn make(server: &str, url: &str, tables: usize, schema: Schema) {
    let client = connect(server).await;
    client.batch_execute("drop database if exists bench_whole").await.unwrap();
    client.batch_execute("create database bench_whole").await.unwrap();
    let client = connect(url).await;
    for first in (0..tables).step_by(500) {
        client.batch_execute(&schema(first..(first + 500).min(tables))).await.unwrap();
    }
    client.batch_execute("vacuum analyze").await.unwrap();
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// What a run took.
struct Run {
    time: Duration,
    /// The most that was resident, in KiB.
    resident: u64,
}

/// The median of some runs.
fn run(url: &str, arguments: &[&str], rounds: usize) -> Run {
    let mut runs: Vec<Run> = (0..rounds).map(|_| run_once(url, arguments)).collect();
    runs.sort_by_key(|run| run.time);
    let resident = runs.iter().map(|run| run.resident).max().unwrap();
    Run { time: runs[rounds / 2].time, resident }
}

fn run_once(url: &str, arguments: &[&str]) -> Run {
    let start = Instant::now();
    let mut child =
        Command::new(BINARY).args(arguments).env("DATABASE_URL", url).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut resident = 0;
    let code = loop {
        resident = peak(&status).unwrap_or(resident);
        if let Some(code) = child.try_wait().unwrap() {
            break code;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(code.success(), "{arguments:?}: {code}");
    Run { time: start.elapsed(), resident }
}

/// `VmHWM` of a process.
fn peak(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn report(what: &str, run: &Run, budget: &str) {
    let budget = if budget.is_empty() { String::new() } else { format!(" ({budget})") };
    println!(
        "  {what}: {:.0} ms, {:.0} MiB resident{budget}",
        run.time.as_secs_f64() * 1e3,
        run.resident as f64 / 1024.0
    );
}

/// From the start of the process to its end, without a database.
fn first_bytes() {
    println!("without a database (budget 20 ms):");
    for arguments in [&["--version"][..], &["--help"], &["audit", "--help"], &["audit", "--no-such-flag"]] {
        let mut times: Vec<Duration> = (0..21)
            .map(|_| {
                let start = Instant::now();
                Command::new(BINARY).args(arguments).stderr(Stdio::null()).output().unwrap();
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("  {}: {:.1} ms", arguments.join(" "), times[times.len() / 2].as_secs_f64() * 1e3);
    }
}
