//! How the Job of a migration ended: what its termination message says, or, where there is none, what is known without.

use jiff::Timestamp;

use crate::core::plan::outcome::{Applied, Ending, Failure, Progress, TRANSIENT};

/// How a Job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It ran all statements.
    Applied,
    /// The plan was another one by then; nothing was touched.
    Outdated,
    /// A statement failed, or the Job could not do its work.
    Failed,
    /// Something kept the plan from being run; nothing was touched.
    Blocked,
    /// It ran all statements, and what it saw afterwards is not what is required.
    Unverified,
    /// It could not begin, for a reason that may pass.
    Transient,
    /// The Job is gone, and nobody saw how it ended.
    Lost,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::Applied,
        Self::Outdated,
        Self::Failed,
        Self::Blocked,
        Self::Unverified,
        Self::Transient,
        Self::Lost,
    ];

    /// The name: `Applied`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "Applied",
            Self::Outdated => "Outdated",
            Self::Failed => "Failed",
            Self::Blocked => "Blocked",
            Self::Unverified => "Unverified",
            Self::Transient => "Transient",
            Self::Lost => "Lost",
        }
    }

    /// The outcome of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.name() == name)
    }
}

/// A Job that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Why, in a sentence without a full stop.
    pub message: String,
    /// How many statements ran, of how many.
    pub statements: Option<Progress>,
    /// What failed.
    pub failure: Option<Failure>,
}

impl Ended {
    /// A Job that is not there any more.
    #[must_use]
    pub fn lost(at: Timestamp) -> Self {
        let message = "the Job was deleted before its result was recorded";
        Self::without_message(at, Outcome::Lost, message.to_owned())
    }

    /// A Job that left no message of its own.
    #[must_use]
    pub fn without_message(at: Timestamp, outcome: Outcome, message: String) -> Self {
        Self { at, outcome, message, statements: None, failure: None }
    }

    /// The termination message of the container, with its exit code; `None` if that is not what `apply` writes.
    #[must_use]
    pub fn read(at: Timestamp, exit_code: i32, text: &str) -> Option<Self> {
        let Applied { outcome, statements, failure, message, .. } = serde_json::from_str(text).ok()?;
        let outcome = match outcome {
            Ending::Applied => Outcome::Applied,
            Ending::Outdated => Outcome::Outdated,
            Ending::Blocked => Outcome::Blocked,
            Ending::Unverified => Outcome::Unverified,
            _ if exit_code == i32::from(TRANSIENT) => Outcome::Transient,
            // What a later version knows of is not taken for a success.
            Ending::Failed
            | Ending::Locked
            | Ending::NotBegun
            | Ending::Stopped
            | Ending::Tried
            | Ending::BackedUp
            | Ending::Other => Outcome::Failed,
        };
        let message = said(outcome, &message, failure.as_ref());
        Some(Self { at, outcome, message, statements: Some(statements), failure })
    }
}

/// What is said of it: the failure with its place, or the Job's own words, or ours.
fn said(outcome: Outcome, own: &str, failure: Option<&Failure>) -> String {
    let general = match outcome {
        Outcome::Applied => "all statements were applied",
        Outcome::Outdated => {
            "the database or the features changed since the plan was made; nothing was touched"
        }
        Outcome::Failed => "a statement failed",
        Outcome::Blocked => "something keeps the plan from being run; nothing was touched",
        Outcome::Unverified => {
            "all statements ran, but the database does not carry everything that they should make"
        }
        Outcome::Transient => "it could not begin; nothing was touched",
        Outcome::Lost => "its result is not known",
    };
    let Some(Failure { position, sqlstate, message, hint, .. }) = failure else {
        let own = own.trim().trim_end_matches('.');
        return if own.is_empty() { general } else { own }.to_owned();
    };
    let place = position.as_ref().map(|position| format!(" at {position}")).unwrap_or_default();
    let words = if message.is_empty() { String::new() } else { format!(": {message}") };
    let code = sqlstate.as_ref().map(|code| format!(" (SQLSTATE {code})")).unwrap_or_default();
    let hint = hint.as_ref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
    format!("{general}{place}{words}{code}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(exit_code: i32, text: &str) -> Option<Ended> {
        Ended::read(Timestamp::UNIX_EPOCH, exit_code, text)
    }

    #[test]
    fn a_failure_says_place_words_code_and_hint() {
        let text = r#"{"outcome":"failed","planDigest":"sha256:1","statements":{"run":3,"of":7},"failure":{
            "statement":4,"position":"core.sql:12","sqlstate":"23505","message":"duplicate key",
            "hint":"look"}}"#;
        let ended = read(1, text).unwrap();
        assert_eq!((ended.outcome, ended.statements), (Outcome::Failed, Some(Progress { run: 3, of: 7 })));
        assert_eq!(
            ended.message,
            "a statement failed at core.sql:12: duplicate key (SQLSTATE 23505); hint: look"
        );
    }

    #[test]
    fn what_apply_writes_is_what_is_read() {
        let failure = Failure {
            statement: Some(4),
            position: Some("core.sql:12".into()),
            message: "duplicate key".into(),
            ..Failure::default()
        };
        let statements = Progress { run: 3, of: 7 };
        let applied =
            Applied { failure: Some(failure.clone()), statements, ..Applied::new(Ending::Failed, "") };
        let ended = read(applied.exit_code().into(), &applied.termination_message()).unwrap();
        assert_eq!((ended.statements, ended.failure), (Some(statements), Some(failure)));
        let own = Applied::new(Ending::NotBegun, "the plan is another format.");
        let ended = read(own.exit_code().into(), &own.termination_message()).unwrap();
        assert_eq!((ended.outcome, &*ended.message), (Outcome::Failed, "the plan is another format"));
    }

    #[test]
    fn keys_that_a_later_version_adds_or_leaves_out_are_no_obstacle() {
        let text = r#"{"outcome":"outdated","since":"v9","statements":{"run":0,"of":2,"skipped":1},
            "failure":{"sqlstate":"42501","server":"b"}}"#;
        let ended = read(3, text).unwrap();
        assert_eq!((ended.outcome, ended.statements), (Outcome::Outdated, Some(Progress { run: 0, of: 2 })));
        assert!(ended.message.ends_with("(SQLSTATE 42501)"), "{}", ended.message);
    }

    #[test]
    fn only_what_may_pass_is_transient() {
        for (exit_code, word, outcome) in [
            (0, "applied", Outcome::Applied),
            (1, "failed", Outcome::Failed),
            (4, "failed", Outcome::Transient),
            (4, "locked", Outcome::Transient),
            (3, "outdated", Outcome::Outdated),
            (1, "blocked", Outcome::Blocked),
            (1, "unverified", Outcome::Unverified),
            (4, "unreachable", Outcome::Transient),
            (2, "unreachable", Outcome::Failed),
            (1, "stopped", Outcome::Failed),
            (2, "notBegun", Outcome::Failed),
            (1, "tried", Outcome::Failed),
            (0, "postponed", Outcome::Failed),
            (4, "postponed", Outcome::Transient),
            (0, "", Outcome::Failed),
        ] {
            let ended = read(exit_code, &format!(r#"{{"outcome":"{word}"}}"#)).unwrap();
            assert_eq!(ended.outcome, outcome, "{word}");
        }
    }

    #[test]
    fn what_is_not_our_message_is_none() {
        for text in ["", "killed", "{}", r#"{"outcome":7}"#] {
            assert_eq!(read(1, text), None, "{text}");
        }
    }

    #[test]
    fn every_outcome_leads_back_from_its_name() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(*outcome));
        }
    }
}
