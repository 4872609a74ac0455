//! squawk, a linter for migrations, about plans: every finding of it is a hazard of ours, or is about what cannot hurt.
//!
//! A plan is read as people get it, as a script: what it says of a statement stands in comments before it.

#![allow(dead_code, reason = "each test binary uses its own part of this module")]
#![allow(clippy::expect_used, clippy::panic, reason = "what tests stand on fails as tests do")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use schema_audit::core::plan::hazard::RULES;

/// Rules about what authors should have designed otherwise: the features say what is required, and a plan runs their
/// statements as they are.
pub const ABOUT_DESIGN: [&str; 8] = [
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
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/squawk");
        let output = Command::new(script).stderr(Stdio::inherit()).output().expect("bash runs");
        assert!(output.status.success(), "tests/postgres/squawk failed");
        String::from_utf8(output.stdout).expect("a path").trim().to_owned()
    })
}

/// The findings of squawk about a script: rule and line, from 0.
pub fn findings(script: &str, major: u32) -> Vec<(String, usize)> {
    let mut squawk = Command::new(program())
        .args(["--reporter", "json", "--pg-version", &format!("{major}.0"), "--stdin-filepath", "plan.sql"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("squawk runs");
    // The lines for psql itself are no SQL.
    let sql: Vec<&str> = script.lines().map(|line| if line.starts_with('\\') { "" } else { line }).collect();
    let mut stdin = squawk.stdin.take().expect("a pipe");
    stdin.write_all(sql.join("\n").as_bytes()).expect("squawk reads");
    drop(stdin);
    let output = squawk.wait_with_output().expect("squawk ends");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let finding = |entry: &serde_json::Value| {
        let line = entry["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        (entry["rule_name"].as_str().expect("a name").to_owned(), line)
    };
    found.as_array().expect("a list").iter().map(finding).collect()
}

/// What the script says before the statement that a line is of; nothing where it is of none.
fn said_of<'s>(lines: &[&'s str], line: usize) -> Option<Vec<&'s str>> {
    let is_heading = |line: &&str| line.starts_with("-- ") && line.contains(", feature ");
    let heading = lines.get(..=line)?.iter().rposition(is_heading)?;
    Some(
        lines[heading..]
            .iter()
            .map_while(|line| line.strip_prefix("--   ").or(line.strip_prefix("-- ")))
            .collect(),
    )
}

/// Why a finding is none of ours, or the hazard that says the same; `None` where nothing explains it.
fn explanation(rule: &str, said: &[&str]) -> Option<&'static str> {
    if ABOUT_DESIGN.contains(&rule) {
        return Some("it is about design");
    }
    let known: Vec<_> = RULES.iter().filter(|ours| ours.squawk.contains(&rule)).collect();
    let hazards: Vec<_> =
        said.iter().filter_map(|line| line.strip_prefix("hazard: ")?.split(':').next()).collect();
    if let Some(ours) = known.iter().find(|ours| hazards.contains(&ours.name)) {
        return Some(ours.name);
    }
    let mut locks = said.iter().filter(|line| line.starts_with("locks "));
    let Some(first) = locks.next() else {
        return (!known.is_empty())
            .then_some("the plan makes it itself, in this transaction or in an earlier one");
    };
    // The first lock is that on the table whose rows count.
    let is_empty = first.ends_with(" (no rows)");
    (is_empty && known.iter().any(|ours| ours.needs_rows)).then_some("the table holds no rows")
}

/// What squawk finds in the script of a plan for a server of a major version, and nothing explains.
pub fn unexplained(script: &str, major: u32) -> Vec<String> {
    let lines: Vec<&str> = script.lines().collect();
    let about = |(rule, line): (String, usize)| match said_of(&lines, line) {
        Some(said) if explanation(&rule, &said).is_some() => None,
        Some(said) => Some(format!("{rule}, line {}: {said:?}", line + 1)),
        None => Some(format!("{rule}, line {}: in no statement", line + 1)),
    };
    findings(script, major).into_iter().filter_map(about).collect()
}

/// Fails where squawk finds in a script what nothing explains. The same script is looked at only once.
pub fn accept(script: &str, major: u32) {
    static ACCEPTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if ACCEPTED.lock().expect("no test failed with it").contains(script) {
        return;
    }
    let unexplained = unexplained(script, major);
    assert!(unexplained.is_empty(), "squawk finds what no hazard says: {unexplained:#?}\n{script}");
    ACCEPTED.lock().expect("no test failed with it").insert(script.to_owned());
}

/// The major version of the server of the tests.
pub fn major() -> u32 {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| {
        let server = crate::support::postgres().session("postgres");
        server.query("show server_version_num").concat().parse::<u32>().expect("a number") / 10_000
    })
}
