//! A certificate authority for the tests, a certificate from it for 127.0.0.1, localhost and op.example, and some that are not to be
//! trusted.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::wire::Identity;

/// An authority that a client is told to trust, and one that nobody knows. Their keys are new each time.
#[derive(Debug)]
pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    stranger: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    /// Two authorities.
    pub fn issue() -> Result<Self, rcgen::Error> {
        Ok(Self { authority: authority("relyingparty test authority")?, stranger: authority("a stranger")? })
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

/// Writes `ca.pem`, `cert.pem` and `key.pem` into `folder`, new ones each time.
pub fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    let certificates = Certificates::issue()?;
    let (certificate, key) = certificates.certificate(Identity::Trusted)?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("ca.pem"), certificates.ca_pem())?;
    fs::write(folder.join("cert.pem"), certificate.pem())?;
    fs::write(folder.join("key.pem"), key.serialize_pem())?;
    Ok(())
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut ca = CertificateParams::new([])?;
    ca.distinguished_name.push(DnType::CommonName, name);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(ca, KeyPair::generate()?)
}
