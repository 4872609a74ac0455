//! What came of an attempt to apply a plan: the result that people, scripts and the operator read, and when a segment
//! is worth another try.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::audit::report::{Counts, Report};

/// The version of the document.
pub const API_VERSION: &str = "schemaaudit.dev/apply/v1";

/// The most bytes that Kubernetes takes of a termination message (`MaxPodTerminationMessageLogLength` in the kubelet).
pub const TERMINATION_BYTES: usize = 4096;

/// How it ended, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// Every statement ran, or there was none to run. What the audit found afterwards is said beside it.
    Applied,
    /// The plan is another than the one that was approved or shown: nothing was touched.
    Outdated,
    /// A statement failed, or what had to come before could not be done. What was committed by then stays.
    Failed,
    /// The plan has blockers: nothing was touched.
    Blocked,
    /// Another session held the lock of migrations for too long: nothing was touched.
    Locked,
    /// Every statement ran, and the audit afterwards could not look.
    Unverified,
    /// It could not begin: the features or the connection settings are bad, or the database could not be reached or not
    /// be looked at. Nothing was touched.
    NotBegun,
    /// A signal, or the person who was asked, stopped it. What was committed by then stays.
    Stopped,
    /// Every statement ran in one transaction, which was rolled back.
    Tried,
    /// The backup is there, and nothing else was wanted.
    BackedUp,
    /// It ended in a way that a later version knows. Only read, never written.
    #[serde(other)]
    Other,
}

/// The exit code of one that touched nothing, and may go well another time.
pub const TRANSIENT: u8 = 4;

/// What came of it. What is read may be of another version, which has more keys, or fewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// [`API_VERSION`].
    #[serde(default)]
    pub api_version: String,
    /// How it ended.
    pub outcome: Ending,
    /// The digest of the plan that was made of what the database is, as far as it came to that.
    pub plan_digest: Option<String>,
    /// How many statements there are, and how many of them stand: those of segments that were committed.
    #[serde(default)]
    pub statements: Progress,
    /// The same for segments.
    #[serde(default)]
    pub segments: Progress,
    /// The statement that failed, or whatever else went wrong.
    pub failure: Option<Failure>,
    /// What stands and what does not, in sentences.
    #[serde(default)]
    pub message: String,
    /// The backup, where one was made.
    pub backup: Option<Backup>,
    /// What the audit found afterwards, where it could look.
    pub verified: Option<Verified>,
    /// Indexes that a concurrent build left behind and that cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalid_indexes: Vec<String>,
    /// For a dry run: the statements that could not be tried, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tried: Vec<String>,
}

/// How much of it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Run, and committed.
    pub run: usize,
    /// All.
    pub of: usize,
}

/// What went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Failure {
    /// The number of the statement, from 1; none where it was no statement of the plan.
    pub statement: Option<usize>,
    /// Source and line of the statement.
    pub position: Option<String>,
    /// The feature that it is of.
    pub feature: Option<String>,
    /// The server's SQLSTATE.
    pub sqlstate: Option<String>,
    /// The server's words, or ours.
    pub message: String,
    /// What to do: the server's words, or ours.
    pub hint: Option<String>,
    /// The line of the statement that the server points at, or its first one.
    pub context: Option<String>,
    /// Whether the same may go well another time, and left nothing behind: a lock, a deadlock, a connection.
    pub transient: bool,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// The file.
    pub file: String,
    /// The command that restores it, without a password.
    pub restore: String,
}

impl Backup {
    /// The command that restores a backup where nobody may say which server it is of: into a new, empty database, whose URL
    /// the reader puts into `NEW_DATABASE_URL`. Where the database is not empty, it is refused and changes nothing. (The
    /// schema `public` is there in every new database: `--clean` is for that.)
    #[must_use]
    pub fn restore_anywhere(file: &str) -> String {
        format!("pg_restore --clean --if-exists --single-transaction --dbname=\"$NEW_DATABASE_URL\" {file}")
    }
}

/// What the audit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Whether the database carries all that is required.
    pub compliant: bool,
    /// How many components are required.
    pub required: usize,
    /// There as declared.
    pub present: usize,
    /// Not there.
    pub missing: usize,
    /// There with another shape.
    pub different: usize,
    /// Not seen or not decided.
    pub unknown: usize,
}

impl Verified {
    /// What a report says.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let Counts { required, present, missing, different, drifted, unknown } = report.summary;
        let different = different + drifted;
        Self { compliant: report.is_compliant(), required, present, missing, different, unknown }
    }
}

impl Applied {
    /// One that ended like this before anything was run.
    #[must_use]
    pub fn new(outcome: Ending, message: impl Into<String>) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            outcome,
            plan_digest: None,
            statements: Progress::default(),
            segments: Progress::default(),
            failure: None,
            message: message.into(),
            backup: None,
            verified: None,
            invalid_indexes: Vec::new(),
            not_tried: Vec::new(),
        }
    }

    /// The exit code: 0 applied and compliant, 1 failed, or something is left to do, 2 it could not begin, 3 outdated,
    /// 4 nothing was touched, and another try may go well.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let is_transient = self.failure.as_ref().is_some_and(|failure| failure.transient);
        match self.outcome {
            Ending::Applied if self.verified.is_some_and(|verified| verified.compliant) => 0,
            Ending::Tried | Ending::BackedUp => 0,
            // Rolled back.
            Ending::Failed if is_transient && self.segments.run == 0 => TRANSIENT,
            Ending::Applied | Ending::Failed | Ending::Unverified | Ending::Stopped | Ending::Other => 1,
            Ending::NotBegun if !is_transient => 2,
            Ending::Blocked => 2,
            Ending::Outdated => 3,
            Ending::Locked | Ending::NotBegun => TRANSIENT,
        }
    }

    /// The document on one line, cut to what a termination message may hold: the longest texts are cut first, and
    /// counts and codes never are.
    #[must_use]
    pub fn termination_message(&self) -> String {
        let mut short = self.clone();
        for most in [1200, 600, 300, 120, 40, 0] {
            // Made of values that JSON can hold.
            let text = serde_json::to_string(&short).unwrap_or_default();
            if text.len() <= TERMINATION_BYTES {
                return text;
            }
            short.cut(most);
        }
        serde_json::to_string(&short).unwrap_or_default()
    }

    fn cut(&mut self, most: usize) {
        let Self { failure, message, backup, invalid_indexes, not_tried, .. } = self;
        cut(message, most);
        if let Some(Failure { position, feature, message, hint, context, .. }) = failure {
            cut(message, most);
            [position, feature, hint, context].into_iter().flatten().for_each(|text| cut(text, most));
        }
        if let Some(Backup { file, restore }) = backup {
            // A command that is cut is none.
            if restore.len() > most {
                restore.clear();
            }
            cut(file, most);
        }
        for list in [invalid_indexes, not_tried] {
            list.truncate(most / 60);
            for text in list {
                cut(text, most);
            }
        }
    }
}

/// Cuts a text at a character, and shows that.
fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let end = (0..=most.saturating_sub(3)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
    text.push_str("...");
}

/// Whether what a statement failed with may pass when its transaction is run again: a lock that was not had in time, a
/// deadlock, a conflict of snapshots. Nothing else is tried again.
#[must_use]
pub fn is_transient(sqlstate: &str) -> bool {
    matches!(sqlstate, "55P03" | "40P01" | "40001")
}

/// When a segment is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How many times at most.
    pub times: u32,
    /// The wait before the first one; each one after waits twice as long.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { times: 5, first: Duration::from_millis(500), most: Duration::from_secs(15) }
    }
}

impl Retry {
    /// How long to wait before a transaction is run again that failed `before` times, the last time with `sqlstate`;
    /// `None` where it is not. `chance` is from 0 to 1, and spreads the waits of several from a half to the whole.
    #[must_use]
    pub fn wait(&self, before: u32, sqlstate: &str, chance: f64) -> Option<Duration> {
        if before == 0 || before > self.times || !is_transient(sqlstate) {
            return None;
        }
        let whole =
            self.first.saturating_mul(1_u32.checked_shl(before - 1).unwrap_or(u32::MAX)).min(self.most);
        Some(whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_deadlocks_and_conflicts_are_tried_again() {
        let retry = Retry::default();
        for state in ["55P03", "40P01", "40001"] {
            assert!(retry.wait(1, state, 0.5).is_some(), "{state}");
        }
        for state in ["57014", "42601", "23505", "53100", "08006", ""] {
            assert_eq!(retry.wait(1, state, 0.5), None, "{state}");
        }
    }

    #[test]
    fn waits_grow_are_spread_and_end() {
        let retry = Retry { times: 4, first: Duration::from_secs(1), most: Duration::from_secs(5) };
        let waits = |chance| (1..=5).map(|before| retry.wait(before, "55P03", chance)).collect::<Vec<_>>();
        let seconds = |list: [u64; 4]| list.map(|n| Some(Duration::from_millis(n))).to_vec();
        assert_eq!(waits(1.0), [seconds([1000, 2000, 4000, 5000]), vec![None]].concat());
        assert_eq!(waits(0.0), [seconds([500, 1000, 2000, 2500]), vec![None]].concat());
        assert_eq!(Retry { times: u32::MAX, ..retry }.wait(40, "55P03", 1.0), Some(Duration::from_secs(5)));
    }

    fn verified(compliant: bool) -> Verified {
        Verified { compliant, required: 2, present: 2, missing: 0, different: 0, unknown: 0 }
    }

    #[test]
    fn the_exit_code_says_what_to_do_next() {
        let transient = Some(Failure { transient: true, ..Failure::default() });
        for (outcome, verified, failure, code) in [
            (Ending::Applied, Some(verified(true)), None, 0),
            (Ending::Applied, Some(verified(false)), None, 1),
            (Ending::Applied, None, None, 1),
            (Ending::Tried, None, None, 0),
            (Ending::BackedUp, None, None, 0),
            (Ending::Failed, None, transient.clone(), 4),
            (Ending::Failed, None, Some(Failure::default()), 1),
            (Ending::Unverified, None, None, 1),
            (Ending::Stopped, None, None, 1),
            (Ending::Blocked, None, None, 2),
            (Ending::NotBegun, None, None, 2),
            (Ending::Outdated, None, None, 3),
            (Ending::NotBegun, None, transient, 4),
            (Ending::Locked, None, None, 4),
        ] {
            let applied = Applied { failure, verified, ..Applied::new(outcome, "") };
            assert_eq!(applied.exit_code(), code, "{applied:?}");
        }
        let failure = Some(Failure { transient: true, ..Failure::default() });
        let segments = Progress { run: 1, of: 2 };
        assert_eq!(Applied { segments, failure, ..Applied::new(Ending::Failed, "") }.exit_code(), 1);
    }

    #[test]
    fn a_termination_message_fits_and_is_read_back() {
        let failure = Failure {
            statement: Some(3),
            position: Some("a.sql:12".into()),
            sqlstate: Some("23505".into()),
            message: "ü".repeat(9000),
            hint: Some("x\n".repeat(9000)),
            ..Failure::default()
        };
        let backup = Backup { file: "/b".repeat(3000), restore: "pg_restore ".repeat(900) };
        let applied = Applied {
            failure: Some(failure),
            backup: Some(backup),
            not_tried: vec!["n".repeat(500); 200],
            plan_digest: Some(format!("sha256:{}", "0".repeat(64))),
            ..Applied::new(Ending::Failed, "m".repeat(9000))
        };
        let text = applied.termination_message();
        assert!(text.len() <= TERMINATION_BYTES && text.len() > 500, "{}", text.len());
        let read: Applied = serde_json::from_str(&text).unwrap();
        let failure = read.failure.unwrap();
        assert_eq!((read.plan_digest, failure.sqlstate.as_deref()), (applied.plan_digest, Some("23505")));
        assert!(failure.message.ends_with("..."), "{}", failure.message);
        let short = Applied::new(Ending::Outdated, "the plan is another");
        assert!(short.termination_message().contains(r#""outcome":"outdated""#));
    }
}
