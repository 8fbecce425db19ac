//! A certificate authority for the tests, a certificate from it for 127.0.0.1, localhost and op.example, and some that are not to be
//! trusted.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::wire::Identity;

/// An authority that a client is told to trust, one that nobody knows, and one of clients. Their keys are new each time.
#[derive(Debug)]
pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    stranger: CertifiedIssuer<'static, KeyPair>,
    of_clients: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    /// The authorities.
    pub fn issue() -> Result<Self, rcgen::Error> {
        Ok(Self {
            authority: authority("relyingparty test authority")?,
            stranger: authority("a stranger")?,
            of_clients: authority("relyingparty test clients")?,
        })
    }

    /// The certificate of the authority to trust.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// The server's side of TLS with such a certificate.
    pub fn server(&self, identity: Identity) -> io::Result<Arc<ServerConfig>> {
        let (certificate, key) = self.certificate(identity).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
            });
        config.map(Arc::new).map_err(io::Error::other)
    }

    /// The same, which asks clients for a certificate of theirs (RFC 8705), and lets in who has none.
    pub fn server_asking_clients(&self) -> io::Result<Arc<ServerConfig>> {
        let (certificate, key) = self.certificate(Identity::Trusted).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let mut clients = RootCertStore::empty();
        clients.add(self.of_clients.der().clone()).map_err(io::Error::other)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_client_cert_verifier(verifier)
                    .with_single_cert(vec![certificate.der().clone()], key)
            });
        config.map(Arc::new).map_err(io::Error::other)
    }

    /// A certificate of a client's, `CN=client`, and its key, in PEM.
    pub fn client(&self) -> Result<(String, String), rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut client = CertificateParams::new([])?;
        client.distinguished_name = DistinguishedName::new();
        client.distinguished_name.push(DnType::CommonName, "client");
        client.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        client.use_authority_key_identifier_extension = true;
        Ok((client.signed_by(&key, &self.of_clients)?.pem(), key.serialize_pem()))
    }

    fn certificate(&self, identity: Identity) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
        let names = match identity {
            Identity::WrongName => vec!["elsewhere.example".to_owned()],
            _ => ["127.0.0.1", "localhost", "op.example"].map(str::to_owned).into(),
        };
        let issuer = match identity {
            Identity::UnknownAuthority => &self.stranger,
            _ => &self.authority,
        };
        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "relyingparty test provider");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        if identity == Identity::Expired {
            server.not_after = date_time_ymd(2020, 1, 1);
        }
        Ok((server.signed_by(&key, issuer)?, key))
    }
}

/// Writes `ca.pem`, `cert.pem` and `key.pem` into `folder`, and of a client `client-ca.pem`, `client-cert.pem` and `client-key.pem`;
/// new ones each time.
pub fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    let certificates = Certificates::issue()?;
    let (certificate, key) = certificates.certificate(Identity::Trusted)?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("ca.pem"), certificates.ca_pem())?;
    fs::write(folder.join("cert.pem"), certificate.pem())?;
    fs::write(folder.join("key.pem"), key.serialize_pem())?;
    let (certificate, key) = certificates.client()?;
    fs::write(folder.join("client-ca.pem"), certificates.of_clients.pem())?;
    fs::write(folder.join("client-cert.pem"), certificate)?;
    fs::write(folder.join("client-key.pem"), key)?;
    Ok(())
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut ca = CertificateParams::new([])?;
    ca.distinguished_name.push(DnType::CommonName, name);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(ca, KeyPair::generate()?)
}
