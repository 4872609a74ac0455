//! Why a database could not be looked at: a closed set, told without secrets.
//!
//! The driver's own texts never get into a message: they can name the host, the user or the database. What a message
//! may carry is a sentence of this file and the SQLSTATE.

use std::io;

use tokio_postgres::error::SqlState;

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

impl Failure {
    /// Whether the same may go well another time without anybody's doing.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::HostUnreachable | Self::ServerUnavailable | Self::TimedOut | Self::Interrupted)
    }
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

impl Error {
    pub(super) fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Failure::InvalidConnectionString, message)
    }
}

/// Translates an error of the driver that came before the session was ready.
pub(super) fn while_connecting(error: &tokio_postgres::Error) -> Error {
    if let Some(error) = error.as_db_error() {
        return refused(error.code(), error.message());
    }
    let cause = std::error::Error::source(error);
    if let Some(error) = cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
        return match rustls_error(error) {
            Some(error) => tls_failed(error),
            None => unreachable(error),
        };
    }
    let cause = cause.map(ToString::to_string).unwrap_or_default();
    // The driver keeps its own kinds private; these texts of version 0.7 are pinned by tests against real servers.
    match (error.to_string().as_str(), cause.as_str()) {
        ("error performing TLS handshake", "server does not support TLS") => Error::new(
            Failure::TlsFailed,
            "the server does not offer TLS: turn on ssl on the server, or allow the connection to go unencrypted with \
             sslmode=disable",
        ),
        ("error performing TLS handshake", _) => Error::new(
            Failure::TlsFailed,
            "TLS could not be started: check sslmode and sslnegotiation in the connection string",
        ),
        ("invalid configuration", "password missing") => Error::new(
            Failure::AuthenticationFailed,
            "the server asks for a password, and the connection settings hold none",
        ),
        ("invalid configuration", _) => Error::invalid(
            "the connection settings do not fit together: check that there are as many ports, and addresses, as hosts",
        ),
        ("authentication error", "server did not use channel binding") => Error::new(
            Failure::AuthenticationFailed,
            "the server did not bind the login to the TLS channel: use scram-sha-256 on the server, or leave out \
             channel_binding=require",
        ),
        ("authentication error", _) => Error::new(
            Failure::AuthenticationFailed,
            "the server asks for a way of logging in that is not supported: use scram-sha-256, md5 or a password",
        ),
        _ => Error::new(
            Failure::Interrupted,
            "the connection broke during the login: check that the port is the one of a PostgreSQL server",
        ),
    }
}

/// Translates a refusal of the server at the login.
fn refused(code: &SqlState, message: &str) -> Error {
    let state = code.code();
    let (failure, sentence) = match state {
        "28P01" => (Failure::AuthenticationFailed, "the user or the password is wrong"),
        "28000" => (
            Failure::AuthenticationFailed,
            "the server does not let this user in: the role does not exist, may not log in, or pg_hba.conf does not \
             admit it from here with this kind of encryption",
        ),
        "3D000" => (Failure::DatabaseNotFound, "there is no database of the name in the connection settings"),
        "42501" => (
            Failure::PermissionDenied,
            "the role may not connect to the database: GRANT CONNECT ON DATABASE to it",
        ),
        "53300" => (Failure::ServerUnavailable, "the server has no free connection"),
        "57P01" | "57P02" | "57P03" => {
            (Failure::ServerUnavailable, "the server is starting up or shutting down")
        }
        // PgBouncer has one code for everything. Its own texts are English; the server's, which it passes on, need
        // not be, and then the last arm says enough.
        "08P01" if message.contains("authentication failed") || message.contains("no such user") => {
            (Failure::AuthenticationFailed, "the pooler says that the user or the password is wrong")
        }
        "08P01"
            if message.contains("no such database")
                || message.starts_with("database ") && message.ends_with(" does not exist") =>
        {
            (Failure::DatabaseNotFound, "the pooler says that there is no such database")
        }
        _ if state.starts_with("28") => {
            (Failure::AuthenticationFailed, "the server does not accept this login")
        }
        _ if state.starts_with("53") || state.starts_with("08") => {
            (Failure::ServerUnavailable, "the server, or the pooler before it, cannot take the connection")
        }
        _ => (Failure::Interrupted, "the server refuses the connection"),
    };
    Error::new(failure, format!("{sentence} (SQLSTATE {state})"))
}

/// Translates an error of a session that was ready, for a statement of this program itself.
pub(super) fn while_looking(error: &tokio_postgres::Error) -> Error {
    match error.code().map(SqlState::code) {
        Some(state @ ("57P01" | "57P02" | "57P03")) => Error::new(
            Failure::ServerUnavailable,
            format!("the server ended the connection, as it does when it shuts down (SQLSTATE {state})"),
        ),
        Some("57014") => {
            Error::new(Failure::TimedOut, "the catalog could not be read in time (SQLSTATE 57014)")
        }
        Some(state @ ("40001" | "40P01")) => Error::new(
            Failure::Interrupted,
            format!("the standby cancelled the query twice to go on with its replay (SQLSTATE {state})"),
        ),
        Some(state) => Error::new(
            Failure::Interrupted,
            format!("the server refuses to read its catalog (SQLSTATE {state}); its log has the details"),
        ),
        None => Error::new(Failure::Interrupted, "the connection broke while the catalog was read"),
    }
}

fn unreachable(error: &io::Error) -> Error {
    // The standard library has no kind for a failed look-up; the text is its own, not the resolver's.
    let unresolved =
        error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address");
    let (failure, sentence) = match error.kind() {
        _ if unresolved => (Failure::HostUnreachable, "the host name of the connection does not resolve"),
        io::ErrorKind::ConnectionRefused => {
            (Failure::HostUnreachable, "nothing listens at the host and port of the connection")
        }
        io::ErrorKind::NotFound => {
            (Failure::HostUnreachable, "there is no socket of a server in the directory")
        }
        io::ErrorKind::TimedOut => {
            (Failure::HostUnreachable, "nothing answers at the host and port of the connection")
        }
        io::ErrorKind::PermissionDenied => (
            Failure::HostUnreachable,
            "the server does not fit target_session_attrs, or its socket may not be opened",
        ),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::InvalidData => (
            Failure::Interrupted,
            "the connection broke during the login: check that the port is the one of a PostgreSQL server",
        ),
        _ => (Failure::HostUnreachable, "the host of the connection cannot be reached"),
    };
    Error::new(failure, sentence)
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn tls_failed(error: &rustls::Error) -> Error {
    use rustls::CertificateError as Certificate;
    let sentence = match error {
        rustls::Error::InvalidCertificate(Certificate::UnknownIssuer) => {
            "the server's certificate is not signed by a trusted authority: give the certificate of the one that \
             signed it (ca.crt in the Secret, or sslrootcert)"
        }
        rustls::Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => {
            "the server's certificate is for another host name: connect by a name that is in its subjectAltName, or \
             check only who signed it with sslmode=verify-ca"
        }
        rustls::Error::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "the server's certificate has expired"
        }
        rustls::Error::InvalidCertificate(
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. },
        ) => "the server's certificate is not valid yet",
        rustls::Error::InvalidCertificate(Certificate::Revoked) => "the server's certificate is revoked",
        rustls::Error::InvalidCertificate(_) => {
            "the server's certificate is not usable: it must be a version 3 certificate of its own, not that of the \
             authority"
        }
        rustls::Error::AlertReceived(_) => {
            "the server ended the TLS handshake: it may ask for a client certificate, or for another version of TLS"
        }
        _ => "the TLS handshake with the server failed",
    };
    Error::new(Failure::TlsFailed, sentence)
}
