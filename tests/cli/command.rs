//! Runs of the binary.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::linter;
use crate::support::{self, Database};

/// One call of `schema-audit`, in an environment of its own.
pub struct Call {
    command: Command,
    secrets: Vec<String>,
    /// Goes with the call.
    home: TempDir,
}

/// What came of a call.
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// `schema-audit audit` without any setting.
pub fn audit() -> Call {
    call("audit")
}

/// `schema-audit audit` of a database, which is named by `DATABASE_URL`.
pub fn audit_of(database: &Database) -> Call {
    audit().environment("DATABASE_URL", &database.url())
}

/// `schema-audit SUBCOMMAND` without any setting.
pub fn call(subcommand: &str) -> Call {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_schema-audit"));
    command.env_clear().env("HOME", home.path()).env("USER", "nobody").arg(subcommand);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    // A call that hangs would hang the tests.
    Call { command, secrets: vec![support::postgres().password().to_owned()], home }
}

impl Call {
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn features(mut self, path: &Path) -> Self {
        self.command.arg("--features").arg(path);
        self
    }

    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// A text that must not be in any output.
    pub fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    /// Starts it, and lets it run.
    pub fn start(mut self) -> Running {
        lint(&self.command);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().expect("the binary runs");
        Running { child, secrets: self.secrets, home: self.home, said: Vec::new() }
    }

    /// Runs it. Whatever it is about: no secret comes out, and nothing panics.
    pub fn run(mut self) -> Outcome {
        lint(&self.command);
        let output = self.command.output().expect("the binary runs");
        drop(self.home);
        outcome(output, &self.secrets)
    }

    /// Runs it with `--format json` and reads the report.
    pub fn report(self) -> (i32, Value) {
        let outcome = self.arguments(&["--format", "json"]).run();
        let report = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", outcome.stdout, outcome.stderr));
        (outcome.code, report)
    }

    /// Runs it in vain: exit code 2, nothing on standard output. Gives what is on standard error.
    pub fn fail(self) -> String {
        let outcome = self.run();
        assert_eq!(outcome.code, 2, "{}\n{}", outcome.stdout, outcome.stderr);
        assert_eq!(outcome.stdout, "");
        outcome.stderr
    }
}

/// Runs the plan that a call prints or applies through squawk, if it does. It is planned once more, before.
fn lint(call: &Command) {
    static MAJOR: LazyLock<u32> = LazyLock::new(linter::major);
    let mut arguments = call.get_args();
    if !arguments.next().is_some_and(|subcommand| subcommand == "plan" || subcommand == "apply") {
        return;
    }
    let mut plan = Command::new(call.get_program());
    plan.env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).arg("plan");
    plan.envs(call.get_envs().filter_map(|(name, value)| Some((name, value?))));
    while let Some(argument) = arguments.next() {
        match argument.to_str().unwrap_or_default() {
            "--yes" | "--dry-run" | "--backup-only" => {}
            "--expect-plan"
            | "--backup"
            | "--lock-wait"
            | "--retries"
            | "--format"
            | "--output"
            | "--termination-message" => drop(arguments.next()),
            _ => drop(plan.arg(argument)),
        }
    }
    // Where there is no plan, the call says why.
    let script = plan.output().expect("the binary runs").stdout;
    let script = String::from_utf8(script).expect("the output is UTF-8");
    if script.contains("\nbegin;\n") || script.contains("\nreset all;\n") {
        linter::accept(&script, *MAJOR);
    }
}

#[test]
fn a_plan_that_does_not_say_what_squawk_finds_is_refused() {
    let database = Database::with("create table a (x int); insert into a values (1); analyze a");
    let documents = Documents::new(&[("a.sql", "create table a (x int);\ncreate index a_x\n  on a (x)")]);
    let plan = call("plan").environment("DATABASE_URL", &database.url()).features(documents.path());
    let script = plan.run().stdout;
    let said = script.lines().find(|line| line.contains("hazard: index-build-locks-writes")).expect(&script);
    assert_eq!(linter::unexplained(&script, linter::major()), [""; 0]);
    let unexplained = linter::unexplained(&script.replace(said, "--"), linter::major());
    assert!(unexplained[0].starts_with("require-concurrent-index-creation, line "), "{unexplained:#?}");
}

/// A call that runs.
pub struct Running {
    child: Child,
    secrets: Vec<String>,
    home: TempDir,
    /// What was read of its standard error.
    said: Vec<u8>,
}

impl Running {
    /// Sends a signal: `INT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until this is on its standard error, which [`Running::wait`] gives all the same.
    pub fn wait_for_error(&mut self, part: &str) {
        let stderr = self.child.stderr.as_mut().expect("standard error is a pipe");
        let mut byte = [0];
        while !String::from_utf8_lossy(&self.said).contains(part) {
            assert_eq!(stderr.read(&mut byte).expect("it can be read"), 1, "it ended without: {part}");
            self.said.push(byte[0]);
        }
    }

    /// Waits for its end, whatever it is. The code of one that was killed is -1.
    pub fn wait(self) -> Outcome {
        let Self { child, secrets, home, said } = self;
        let mut output = child.wait_with_output().expect("the binary ends");
        output.stderr.splice(0..0, said);
        drop(home);
        outcome(output, &secrets)
    }
}

fn outcome(output: std::process::Output, secrets: &[String]) -> Outcome {
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    let outcome = Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!outcome.stdout.contains(secret), "a secret is in the output: {}", outcome.stdout);
        assert!(!outcome.stderr.contains(secret), "a secret is in the messages: {}", outcome.stderr);
    }
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    outcome
}

/// `STATE COMPONENT` of each finding.
pub fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| format!("{} {}", text(&finding["state"]), text(&finding["component"])))
        .collect()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

/// Files of a feature set, in a directory that goes with the test.
pub struct Documents(TempDir);

impl Documents {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("the file can be written");
        }
        Self(directory)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A file of the example.
pub fn example(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/sales-flow").join(path)
}
