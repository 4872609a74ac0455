//! Which database, and how to reach it.

use super::Error;

/// A database to look at. `Debug` shows no secret.
#[derive(Clone)]
pub struct Target {}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Target")
    }
}

/// What holds where a connection string says nothing about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsDefault {
    /// libpq's `prefer`: TLS where the server offers it, unverified. For the command line.
    Prefer,
    /// TLS, with the certificate and the host's name verified. For the operator.
    VerifyFull,
}

impl Target {
    /// Reads a connection string: a `postgres://` URL or libpq's `key=value` pairs. `root_certificates` is PEM text
    /// that is trusted instead of the platform's roots.
    pub fn parse(
        _connection_string: &str,
        _root_certificates: Option<&str>,
        _tls_default: TlsDefault,
    ) -> Result<Self, Error> {
        Ok(Self {})
    }
}
