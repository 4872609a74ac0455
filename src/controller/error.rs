//! What keeps an audit from being looked at, and what keeps a reconciliation from ending well.
//!
//! The first is told in the status ([`Trouble`]); the second cannot be, because telling is what failed ([`Error`]).

use crate::api::Reason;
use crate::kubernetes::secret::SecretError;
use crate::kubernetes::{CallError, CallFailure};
use crate::postgres;
use crate::translate::reason_of;

/// Why the database was not read. Its message goes into the status: it carries no secret and no driver text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Why, of the closed set.
    pub reason: Reason,
    /// Why, in a sentence without a full stop.
    pub message: String,
}

impl From<&CallError> for Trouble {
    fn from(error: &CallError) -> Self {
        let reason = match error.failure {
            CallFailure::Forbidden(_) => Reason::ReferenceForbidden,
            CallFailure::NotFound
            | CallFailure::TimedOut
            | CallFailure::Refused { .. }
            | CallFailure::Transport(_) => Reason::KubernetesApiFailed,
        };
        Self { reason, message: error.to_string() }
    }
}

impl From<SecretError> for Trouble {
    fn from(error: SecretError) -> Self {
        let reason = match &error {
            SecretError::NotFound { .. } => Reason::SecretNotFound,
            SecretError::KeyMissing { .. } => Reason::SecretKeyMissing,
            SecretError::NotText { .. } => Reason::InvalidConnection,
            SecretError::InvalidConnection { problem, .. } => reason_of(problem.failure),
            SecretError::Call(error) => return error.into(),
        };
        Self { reason, message: error.to_string() }
    }
}

impl From<postgres::Error> for Trouble {
    fn from(error: postgres::Error) -> Self {
        Self { reason: reason_of(error.failure), message: error.message }
    }
}

/// Why a reconciliation did not end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not take or give what it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The report could not be written as text.
    #[error("the report could not be written as JSON")]
    Report(#[source] serde_json::Error),
    /// A task of this process ended before its work was done.
    #[error("{0} was cut off")]
    CutOff(&'static str),
    /// The limit of a whole reconciliation passed.
    #[error("the reconciliation did not end within its time limit")]
    TimedOut,
    /// The operator is shutting down.
    #[error("the operator is shutting down")]
    Stopping,
}
