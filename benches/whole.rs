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

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_schema-audit");

fn main() {
    first_bytes();
    let server = std::env::var("BENCH_DATABASE_URL")
        .expect("BENCH_DATABASE_URL names a server; benches/run starts one");
    let tables = std::env::var("BENCH_TABLES").map_or(10_000, |text| text.parse().unwrap());
    let url = server.replacen("/postgres?", "/bench_whole?", 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(make(&server, &url, tables));
    let directory = std::env::temp_dir().join(format!("schema-audit-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (file, document) = (directory.join("whole.sql"), directory.join("whole.yaml"));
    std::fs::write(&file, schema(0..tables)).unwrap();
    println!("database of {tables} tables, every object required:");
    let features = ["audit", "--timeout", "5m", "--features", file.to_str().unwrap()];
    report("audit", &run(&url, &features, 7), "budget 1500 ms, 150 MiB");
    let presence = [&features[..], &["--compare", "presence"]].concat();
    report("audit, presence only", &run(&url, &presence, 3), "");
    let generate = ["generate", "--timeout", "5m", "--format", "sql-directory", "--output"];
    let generate = [&generate[..], &[document.to_str().unwrap()]].concat();
    report("generate", &run(&url, &generate, 3), "");
    std::fs::remove_dir_all(&directory).unwrap();
}

/// The SQL of `tables` tables of 10 columns, 3 indexes and a check each, and for every one of them half a trigger and a
/// fifth of a view, a function and a policy.
fn schema(tables: std::ops::Range<usize>) -> String {
    let mut sql = String::new();
    if tables.start == 0 {
        sql.push_str(
            "create function touch() returns trigger language plpgsql as \
             $$ begin new.updated_at := now(); return new; end $$;\n",
        );
    }
    for n in tables {
        write!(
            sql,
            "create table t{n} (\n    id bigint primary key,\n    name varchar(80) not null,\n    \
             price numeric(12,2) default 0,\n    quantity integer not null default 1,\n    \
             created_at timestamptz not null default now(),\n    updated_at timestamptz,\n    note text default '',\n    \
             tags text[],\n    parent bigint,\n    payload jsonb not null default '{{}}',\n    \
             constraint t{n}_price_check check (price >= 0)\n);\n\
             create index t{n}_name on t{n} (name, created_at desc);\n\
             create index t{n}_parent on t{n} (parent) where parent is not null;\n\
             create index t{n}_lower on t{n} (lower(name));\n"
        )
        .unwrap();
        if n % 5 == 0 {
            write!(
                sql,
                "create view v{n} as select id, name, price * quantity as total from t{n} where price > 0;\n\
                 create function f{n}(wanted bigint) returns numeric language sql stable as \
                 $$ select price from t{n} where id = wanted $$;\n\
                 alter table t{n} enable row level security;\n\
                 create policy p{n} on t{n} for select using (parent is null);\n"
            )
            .unwrap();
        }
        if n % 2 == 0 {
            writeln!(
                sql,
                "create trigger t{n}_touch before update on t{n} for each row execute function touch();"
            )
            .unwrap();
        }
    }
    sql
}

async fn make(server: &str, url: &str, tables: usize) {
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
