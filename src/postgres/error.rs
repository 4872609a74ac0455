//! Why a database could not be looked at: a closed set, told without secrets.

/// The ways in which a look can fail as a whole. What fails for one component only is a finding, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// The connection string cannot be read.
    InvalidConnectionString,
    /// The host's name does not resolve, or nothing answers there.
    HostUnreachable,
    /// The server does not offer TLS, or its certificate is not trusted.
    TlsFailed,
    /// The user or the password is wrong (SQLSTATE class 28).
    AuthenticationFailed,
    /// There is no such database (SQLSTATE 3D000).
    DatabaseNotFound,
    /// The role may not connect (SQLSTATE 42501 at the start).
    PermissionDenied,
    /// The server has no free connection (SQLSTATE 53300) or is starting up or shutting down (57P0x).
    ServerUnavailable,
    /// What answers is not PostgreSQL, or not a version that is supported.
    UnsupportedServer,
    /// The time limit of the audit passed.
    TimedOut,
    /// The connection broke, or the server answered what it should not.
    Interrupted,
}

/// A failed look. `Display` is one sentence for people, without host, user, password or driver text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which way it failed.
    pub failure: Failure,
    /// What happened and what to do, without a full stop.
    pub message: String,
}
