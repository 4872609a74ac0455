//! The Kubernetes API at the edge: what the operator reads and writes there, one file each.
//!
//! Secrets are read by name in the audit's own namespace, never listed and never watched. Every call has a time limit:
//! the client repeats failed calls by itself, which may take minutes.

pub mod baseline;
pub mod bundle_map;
pub mod document;
pub mod event;
pub mod feature_set;
pub mod job;
pub mod plan_map;
pub mod report;
pub mod secret;
pub mod status;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// The limit of one call, the client's own repeats included.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The field manager of what the operator owns; the status has one of its own.
pub const FIELD_MANAGER: &str = "schema-audit-controller";

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
#[error("{attempted} failed: {failure}")]
pub struct CallError {
    /// What was attempted.
    pub attempted: Attempt,
    /// How it failed.
    pub failure: CallFailure,
}

/// What is attempted, and with which object: `reading ConfigMap sales-flow-sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What is done: `reading`.
    pub doing: Cow<'static, str>,
    /// The kind of the object: `ConfigMap`.
    pub kind: Cow<'static, str>,
    /// The name of the object.
    pub name: String,
}

impl Attempt {
    /// Something that is done with the object of this kind and name.
    #[must_use]
    pub fn new(
        doing: impl Into<Cow<'static, str>>,
        kind: impl Into<Cow<'static, str>>,
        name: impl Into<String>,
    ) -> Self {
        Self { doing: doing.into(), kind: kind.into(), name: name.into() }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, kind, name } = self;
        write!(f, "{doing} {kind} {name}")
    }
}

/// The ways in which a call fails.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// The operator has no right to do this.
    #[error("the operator is not allowed to do this; {0}")]
    Forbidden(String),
    /// The limit passed.
    #[error("the API server did not answer within {}s", CALL_TIMEOUT.as_secs())]
    TimedOut,
    /// The API server refused for another reason.
    #[error("the API server answered {reason}: {message}")]
    Refused {
        /// The machine-readable reason.
        reason: String,
        /// Its words.
        message: String,
    },
    /// The API server was not reached, or its answer was not understood.
    #[error("{0}")]
    Transport(String),
}

impl CallError {
    /// Whether the object is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.failure, CallFailure::NotFound)
    }

    /// Whether the operator may not do this.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self.failure, CallFailure::Forbidden(_))
    }

    /// Whether the API server refuses what the object would be: where somebody made a `ConfigMap` immutable, say.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(&self.failure, CallFailure::Refused { reason, .. } if reason == "Invalid")
    }

    /// Whether an object of that name is there already.
    #[must_use]
    pub fn is_already_there(&self) -> bool {
        matches!(&self.failure, CallFailure::Refused { reason, .. } if reason == "AlreadyExists")
    }
}

/// Calls the API server within the limit and says what was attempted if that fails.
pub async fn call<T>(
    attempted: impl FnOnce() -> Attempt,
    request: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, CallError> {
    let failure = match tokio::time::timeout(CALL_TIMEOUT, request).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => translate(error),
        Err(_elapsed) => CallFailure::TimedOut,
    };
    Err(CallError { attempted: attempted(), failure })
}

fn translate(error: kube::Error) -> CallFailure {
    match error {
        // A group that is not served is answered by a bare 404, which has no reason.
        kube::Error::Api(status) if status.is_not_found() || status.code == 404 => CallFailure::NotFound,
        kube::Error::Api(status) if status.is_forbidden() => CallFailure::Forbidden(status.message),
        kube::Error::Api(status) => CallFailure::Refused { reason: status.reason, message: status.message },
        // kube's errors print their sources themselves.
        other => CallFailure::Transport(other.to_string()),
    }
}
