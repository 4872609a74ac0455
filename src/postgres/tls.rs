//! TLS to the server, with what libpq's modes verify.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Error, Failure};

/// How a connection is encrypted.
#[derive(Clone)]
pub(super) enum Tls {
    /// Not at all.
    Off,
    /// Where the server offers it, unverified.
    Preferred,
    /// Always.
    Required(Settings),
}

/// What a TLS connection verifies and shows.
#[derive(Clone)]
pub(super) struct Settings {
    pub trust: Trust,
    /// The certificate that the client shows.
    pub identity: Option<Arc<Identity>>,
    /// Whether the handshake comes first, without asking (`sslnegotiation=direct`).
    pub direct: bool,
}

/// Which servers are trusted.
#[derive(Clone)]
pub(super) enum Trust {
    /// Any: encrypted, unverified (`require`).
    Anyone,
    /// One whose certificate is signed by these, whatever its name (`verify-ca`).
    Chain(Roots),
    /// One whose certificate is signed by these and is for the host name (`verify-full`).
    ChainAndName(Roots),
}

/// Whose signatures are trusted.
#[derive(Clone)]
pub(super) enum Roots {
    /// Those of the platform.
    Platform,
    /// These only.
    Given(Arc<RootCertStore>),
}

/// A client certificate with its key.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// The certificates in PEM text.
pub(super) fn roots(pem: &[u8]) -> Result<Arc<RootCertStore>, Error> {
    let unusable = || {
        Error::new(
            Failure::TlsFailed,
            "the certificate of the authority (ca.crt, sslrootcert) is not PEM text of one",
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
    }
    if roots.is_empty() { Err(unusable()) } else { Ok(Arc::new(roots)) }
}

/// A client certificate and its key, both PEM text.
pub(super) fn identity(certificate: &[u8], key: &[u8]) -> Result<Arc<Identity>, Error> {
    let unusable = || {
        Error::new(Failure::TlsFailed, "sslcert or sslkey is not PEM text of a certificate and of its key")
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(unusable)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unusable())?;
    Ok(Arc::new(Identity { chain, key }))
}

/// The platform's roots, read once: the files are many, and an operator reads them for each audit otherwise.
fn platform_roots() -> Result<Arc<RootCertStore>, Error> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    if roots.is_empty() {
        return Err(Error::new(
            Failure::TlsFailed,
            "this machine has no trusted certificate authorities: install ca-certificates, or give the certificate of \
             the server's own authority (ca.crt in the Secret, or sslrootcert)",
        ));
    }
    Ok(Arc::clone(roots))
}

impl Roots {
    fn store(&self) -> Result<Arc<RootCertStore>, Error> {
        match self {
            Self::Platform => platform_roots(),
            Self::Given(roots) => Ok(Arc::clone(roots)),
        }
    }
}

/// The driver's connector for these settings.
pub(super) fn connector(settings: &Settings) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::new(Failure::TlsFailed, "TLS is not available"))?;
    let builder = match &settings.trust {
        Trust::ChainAndName(roots) => builder.with_root_certificates(roots.store()?),
        Trust::Chain(roots) => {
            let roots = Some(roots.store()?);
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { roots, provider }))
        }
        Trust::Anyone => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { roots: None, provider }))
        }
    };
    let mut config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key()).map_err(|_| {
                Error::new(Failure::TlsFailed, "sslcert and sslkey do not go together: the key must be that of the certificate, whose version must be 3")
            })?
        }
    };
    if settings.direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

/// The connector for TLS that need not be verified.
pub(super) fn unverified_connector() -> Result<MakeRustlsConnect, Error> {
    connector(&Settings { trust: Trust::Anyone, identity: None, direct: false })
}

/// Accepts a certificate whatever name it is for: of these roots, or of anyone.
///
/// The handshake's signature is checked always: the server must hold the key of the certificate that it shows, which
/// is what channel binding rests on.
#[derive(Debug)]
struct AnyName {
    roots: Option<Arc<RootCertStore>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
