//! Why a database could not be looked at, as a reason of the API.

use crate::api::Reason;
use crate::postgres::Failure;

/// The reason that says the same.
#[must_use]
pub const fn reason_of(failure: Failure) -> Reason {
    match failure {
        Failure::InvalidConnectionString => Reason::InvalidConnection,
        Failure::HostUnreachable => Reason::HostUnreachable,
        Failure::TlsFailed => Reason::TlsFailed,
        Failure::AuthenticationFailed => Reason::AuthenticationFailed,
        Failure::DatabaseNotFound => Reason::DatabaseNotFound,
        Failure::PermissionDenied => Reason::PermissionDenied,
        Failure::ServerUnavailable => Reason::ServerUnavailable,
        Failure::UnsupportedServer => Reason::UnsupportedServer,
        Failure::TimedOut => Reason::TimedOut,
        Failure::Interrupted => Reason::Interrupted,
    }
}
