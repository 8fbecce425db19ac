//! Keys that this client signs with: its own, or its host's (RFC 7515, RFC 7517).

#[cfg(feature = "private-keys")]
mod private;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::jose::Alg;
use crate::jose::alg::KeyType;
#[cfg(feature = "private-keys")]
use crate::jose::backend::Signer;
use crate::jose::jwk::{Public, thumbprint};
use crate::jose::jws::MAX_KID;
use crate::jose::jwt::By;
use crate::report::{Error, ErrorKind};
use crate::text::base64::base64url;
use crate::text::config::{Config, invalid};
use crate::text::json::{Json, Object, Writer};

#[cfg(feature = "private-keys")]
pub(super) use private::Private;

/// A private key that the client signs with: to authenticate (`private_key_jwt`), to prove possession (DPoP).
///
/// Either the key itself, read from a JWK, PEM or PKCS#8: it never leaves this type, and is zeroed with it. Or only its public
/// half, with a name by which the host knows where the private one is (an HSM, a KMS, WebCrypto): the flow then asks for each
/// signature with [`Request::Sign`](crate::Request::Sign). Immutable, cheap to clone; `Debug` shows algorithm and `kid`.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    alg: Alg,
    kid: Option<String>,
    x5t_s256: Option<String>,
    key_type: KeyType,
    /// Of a key of the host's, what the host calls it.
    name: String,
    /// The public members in the form that RFC 7638 3 hashes; none of a key that nobody has to know.
    public: Option<String>,
    signature_length: Option<usize>,
    #[cfg(feature = "private-keys")]
    signer: Option<Arc<Signer>>,
}

impl SigningKey {
    /// A key that the host holds and calls `name`: each signature is asked for by [`Request::Sign`](crate::Request::Sign).
    ///
    /// `jwk` is the public key as JSON text. It is needed for DPoP and for [`Client::jwks`](crate::Client::jwks); a client
    /// assertion does without. Its `kid` is taken over.
    ///
    /// # Errors
    /// `invalid_configuration`: an algorithm with a shared secret, or a JWK that does not fit it or has private members.
    pub fn held_by_host(name: impl Into<String>, alg: Alg, jwk: Option<&str>) -> Result<SigningKey, Error> {
        let name = name.into();
        if alg.is_symmetric() {
            return Err(unusable("takes a shared secret: not for a signing key"));
        }
        let Some(jwk) = jwk else {
            return Ok(SigningKey::new(Inner {
                alg,
                kid: None,
                x5t_s256: None,
                key_type: alg.key_type(),
                name,
                public: None,
                signature_length: signature_length(alg.key_type()),
                #[cfg(feature = "private-keys")]
                signer: None,
            }));
        };
        let jwk = Object::parse(jwk.as_bytes()).map_err(|_| unusable("the JWK is not JSON"))?;
        if PRIVATE.iter().any(|member| jwk.has(member)) {
            return Err(unusable("the JWK of a key that the host holds has private members"));
        }
        let public = Public::parse(&jwk).map_err(unusable)?;
        public.check().map_err(unusable)?;
        let key = SigningKey::new(Inner {
            alg,
            kid: None,
            x5t_s256: None,
            key_type: public.key_type(),
            name,
            signature_length: Some(public.signature_length()),
            public: Some(public.to_jwk()),
            #[cfg(feature = "private-keys")]
            signer: None,
        });
        let key = key.with_alg(alg)?;
        match jwk.get("kid").and_then(Json::as_text) {
            Some(kid) => key.with_kid(kid),
            None => Ok(key),
        }
    }

    fn new(inner: Inner) -> SigningKey {
        SigningKey(Arc::new(inner))
    }

    /// Reads a key of the host's from a JSON object: `name`, `alg`, `kid` and `jwk`.
    pub(crate) fn of_host_from_json(object: Object<'_>) -> Result<SigningKey, Error> {
        let mut given = Config::of(object);
        let (name, kid, jwk) = (given.required("name", Config::text), given.text("kid"), given.object("jwk"));
        let (alg, x5t_s256) = (given.word("alg", Alg::from_name), given.text("x5t#S256"));
        let (name, kid, jwk) = given.end((name, kid, jwk))?;
        let alg = alg.ok_or_else(|| unusable("the alg of a key that the host holds is missing"))?;
        let key = SigningKey::held_by_host(name, alg, jwk.as_deref())?;
        let key = kid.map_or(Ok(key.clone()), |kid| key.with_kid(kid))?;
        x5t_s256.map_or(Ok(key.clone()), |thumbprint| key.with_x5t_s256(thumbprint))
    }

    /// The same key for another algorithm of its type: `PS256` for an RSA key that is read as `RS256`.
    ///
    /// # Errors
    /// `invalid_configuration` when the key cannot do it.
    pub fn with_alg(mut self, alg: Alg) -> Result<SigningKey, Error> {
        if alg.key_type() != self.0.key_type {
            return Err(unusable("is of another type than its alg"));
        }
        Arc::make_mut(&mut self.0).alg = alg;
        Ok(self)
    }

    /// The same key under this `kid`, by which the provider finds it in the registered key set.
    ///
    /// # Errors
    /// `invalid_configuration` when it is empty or longer than 1024 bytes.
    pub fn with_kid(mut self, kid: impl Into<String>) -> Result<SigningKey, Error> {
        let kid = kid.into();
        if kid.is_empty() || kid.len() > MAX_KID {
            return Err(unusable("the kid is empty, or longer than 1024 bytes"));
        }
        Arc::make_mut(&mut self.0).kid = Some(kid);
        Ok(self)
    }

    /// The same key, named in assertions by its certificate, too (`x5t#S256`, RFC 7515 4.1.8), as Microsoft Entra ID wants it: the
    /// SHA-256 of the certificate's DER in base64url.
    ///
    /// # Errors
    /// `invalid_configuration` when it is not 43 characters of base64url.
    pub fn with_x5t_s256(mut self, thumbprint: impl Into<String>) -> Result<SigningKey, Error> {
        let thumbprint = thumbprint.into();
        if base64url(&thumbprint).is_none_or(|octets| octets.len() != 32) {
            return Err(unusable("the x5t#S256 is no SHA-256 in base64url"));
        }
        Arc::make_mut(&mut self.0).x5t_s256 = Some(thumbprint);
        Ok(self)
    }

    /// How the header of a JWT names the key.
    pub(crate) fn by(&self) -> By<'_> {
        match &self.0.x5t_s256 {
            Some(thumbprint) => By::Certificate(self.kid(), thumbprint),
            None => By::Kid(self.kid()),
        }
    }

    /// The algorithm it signs with.
    pub fn alg(&self) -> Alg {
        self.0.alg
    }

    /// Its `kid`, if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// What the host calls it; empty for a key that is held here.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The public key as a JWK for a key set: with `alg`, `kid` and `use`. None where the host did not tell it.
    pub fn public_jwk(&self) -> Option<String> {
        let mut jwk = Writer::new();
        jwk.members(&Object::parse(self.0.public.as_deref()?.as_bytes()).ok()?);
        if let Some(kid) = &self.0.kid {
            jwk.text("kid", kid);
        }
        jwk.text("alg", self.0.alg.as_str()).text("use", "sig");
        Some(jwk.end())
    }

    /// The SHA-256 thumbprint of the public key in base64url (RFC 7638 3).
    pub fn thumbprint(&self) -> Option<String> {
        self.0.public.as_deref().map(thumbprint)
    }

    /// `kty` and the public members alone, as the header of a DPoP proof has them (RFC 9449 4.2).
    pub(crate) fn bare_jwk(&self) -> Option<&str> {
        self.0.public.as_deref()
    }

    /// A signature by the key itself; none where the host has to be asked.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        #[cfg(feature = "private-keys")]
        if let Some(signer) = &self.0.signer {
            let signature = signer.sign(self.0.alg, message);
            return signature.map(Some).ok_or_else(|| unusable("signs nothing with its alg"));
        }
        let _ = message;
        Ok(None)
    }

    /// What the host answered, if it can be a signature by this key (RFC 7518 3.3 to 3.5).
    pub(crate) fn accept(&self, signature: Vec<u8>) -> Result<Vec<u8>, Error> {
        let refused = |reason: &str| Err(ErrorKind::SignatureUnusable.with([self.0.alg.as_str(), reason]));
        let is_ec = !matches!(self.0.key_type, KeyType::Rsa | KeyType::Ed25519 | KeyType::Secret);
        match self.0.signature_length {
            Some(length) if signature.len() == length => Ok(signature),
            None if (256..=1_024).contains(&signature.len()) => Ok(signature),
            _ if is_ec && signature.first() == Some(&0x30) => refused("in DER, and JWS wants r and s alone"),
            _ => refused("of the wrong length"),
        }
    }
}

/// Octets of a signature where the type of the key says it.
fn signature_length(key_type: KeyType) -> Option<usize> {
    match key_type {
        KeyType::Rsa | KeyType::Secret => None,
        KeyType::P256 | KeyType::Ed25519 => Some(64),
        #[cfg(feature = "es256k")]
        KeyType::Secp256k1 => Some(64),
        KeyType::P384 => Some(96),
        KeyType::P521 => Some(132),
    }
}

/// Members of a JWK that nobody else may know (RFC 7518 6.2.2, 6.3.2, 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn unusable(reason: &str) -> Error {
    invalid("signing_key", reason)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {})", self.0.alg.as_str(), self.kid().unwrap_or("without kid"))
    }
}

/// The algorithm of a key that is not declared for one: what providers expect of its type.
#[cfg(feature = "private-keys")]
fn usual(key_type: KeyType) -> Option<Alg> {
    let usual = [Alg::Rs256, Alg::Es256, Alg::Es384, Alg::Es512, Alg::EdDsa];
    usual.into_iter().find(|alg| alg.key_type() == key_type)
}

#[cfg(all(test, feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]
mod tests;
