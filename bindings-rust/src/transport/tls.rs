//! TLS as both transports have it: whom to trust, who we are.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use super::network::Network;
use crate::Error;
use crate::error::invalid;

/// Certificates of authorities, one at least.
pub(super) type Authorities = Arc<Vec<CertificateDer<'static>>>;

/// The client's certificates and their key, which belong together.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    /// The same as it was given.
    #[cfg(feature = "ureq")]
    pub(super) key_pem: Arc<Vec<u8>>,
}

/// The certificates of a PEM text; `None` if there is none, or one that nobody could be verified with.
pub(super) fn authorities(pem: &[u8]) -> Option<Authorities> {
    let certificates = certificates(pem)?;
    let mut store = RootCertStore::empty();
    certificates.iter().try_for_each(|certificate| store.add(certificate.clone())).ok()?;
    Some(Arc::new(certificates))
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|certificates| !certificates.is_empty())
}

/// A certificate and the key to it.
pub(super) fn identity(certificates_pem: &[u8], key_pem: &[u8]) -> Result<Identity, Error> {
    let chain =
        certificates(certificates_pem).ok_or_else(|| invalid("client_cert", "has no certificate in PEM"))?;
    let encrypted = [&b"BEGIN ENCRYPTED"[..], b"Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|mark| key_pem.windows(mark.len()).any(|window| window == *mark));
    if encrypted {
        return Err(invalid("client_key", "is encrypted: give the key as it is without its password"));
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem)
        .map_err(|_| invalid("client_key", "has no private key in PEM"))?;
    let identity = Identity {
        chain,
        key: Arc::new(key),
        #[cfg(feature = "ureq")]
        key_pem: Arc::new(key_pem.to_vec()),
    };
    // Whether they belong together, TLS says.
    let nobody = unauthenticated(provider())?.with_root_certificates(RootCertStore::empty());
    with_identity(nobody, Some(&identity))?;
    Ok(identity)
}

/// That of the program, if it has chosen one; else ring.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}

fn unauthenticated(
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| invalid("tls", "cannot be had from the program's provider of cryptography"))
}

fn with_identity(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<&Identity>,
) -> Result<ClientConfig, Error> {
    let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
    builder
        .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(|_| invalid("client_key", "is not the key of the first certificate in client_cert"))
}

/// The client's side of TLS, with its certificate or without. Refused where there is nobody to trust.
pub(super) fn config(network: &Network, identity: Option<&Identity>) -> Result<ClientConfig, Error> {
    let provider = provider();
    let builder = unauthenticated(provider.clone())?;
    let builder = match &network.authorities {
        Some(certificates) => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(certificates.iter().cloned());
            builder.with_root_certificates(store)
        }
        None => {
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|_| {
                invalid("ca_file", "is not given, and the system has no certificate authorities")
            })?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    with_identity(builder, identity)
}
