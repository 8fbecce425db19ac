//! Assertions that say who the client is (RFC 7521 4.2, RFC 7523 2.2): `private_key_jwt`, `client_secret_jwt`, and those that the
//! host has from elsewhere.

use alloc::string::String;

use crate::client::{AuthMethod, Client, Registration};
use crate::jose::jwt::{By, Unsigned};
use crate::jose::{Alg, SigningKey, sign_with_secret};
use crate::provider::{Issuer, Metadata};
use crate::report::Error;
use crate::text::config::invalid;
use crate::text::json::{Writer, list};
use crate::text::secret::Secret;
use crate::text::time::Timestamp;
use crate::text::uri;

/// The type of an assertion that is a JWT (RFC 7523 2.2).
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// For how long an assertion is good, in seconds: it is made for one request.
const LIFETIME: u32 = 60;

/// Whom an assertion is for (`aud`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The issuer identifier, so that no other server can use it (RFC 7523bis 4, FAPI 2.0 5.3.3).
    #[default]
    Issuer,
    /// The URL of the token endpoint, for a provider that takes nothing else. Whoever can change the provider's metadata can then
    /// have assertions made for another server.
    TokenEndpoint,
}

impl AssertionAudience {
    pub(crate) fn from_name(name: &str) -> Option<AssertionAudience> {
        match name {
            "issuer" => Some(AssertionAudience::Issuer),
            "token_endpoint" => Some(AssertionAudience::TokenEndpoint),
            _ => None,
        }
    }
}

impl Registration {
    /// The public halves of the signing keys as a JWK Set: see [`Client::jwks`].
    pub fn jwks(&self) -> String {
        let keys = self.signing_keys.iter().filter_map(SigningKey::public_jwk);
        Writer::new().raw("keys", &list(keys)).end()
    }

    pub(super) fn has_signing_key(&self) -> bool {
        !self.signing_keys.is_empty()
    }

    pub(super) fn has_client_assertion(&self) -> bool {
        self.client_assertion_type.is_some()
    }

    /// The algorithm of `client_secret_jwt`.
    fn secret_alg(&self) -> Alg {
        self.token_endpoint_auth_signing_alg.filter(|alg| alg.is_symmetric()).unwrap_or(Alg::Hs256)
    }

    /// What the client signs with has to be what the registration says it signs with.
    pub(crate) fn check_signing(&self, issuer: &Issuer) -> Result<(), Error> {
        if let Some(wanted) = self.token_endpoint_auth_signing_alg
            && let Some(key) = self.signing_keys.first()
            && !wanted.is_symmetric()
            && key.alg() != wanted
        {
            let (wanted, actual) = (wanted.as_str(), key.alg().as_str());
            let reason = ["is ", wanted, ", and the first of the signing_keys signs with ", actual].concat();
            return Err(invalid("token_endpoint_auth_signing_alg", &reason));
        }
        if self.dpop_keys.iter().any(|key| key.thumbprint().is_none()) {
            return Err(invalid("dpop_keys", "have one whose public JWK is not known"));
        }
        self.check_signed_requests()?;
        let is_uri = |kind: &String| kind.contains(':') && kind.bytes().all(|byte| byte.is_ascii_graphic());
        if self.client_assertion_type.as_ref().is_some_and(|kind| !is_uri(kind)) {
            return Err(invalid("client_assertion_type", "is not a URI"));
        }
        for origin in &self.api_origins {
            issuer.check_endpoint(origin).map_err(|reason| invalid("api_origins", reason))?;
            if uri::origin(origin) != origin {
                return Err(invalid("api_origins", "have a path: an origin is a scheme, a host and a port"));
            }
        }
        Ok(())
    }
}

impl Registration {
    /// A provider that lists the algorithms that it takes has to list those of the keys.
    pub(crate) fn check_algs(&self, method: AuthMethod, metadata: &Metadata) -> Result<(), Error> {
        let symmetric = self.token_endpoint_auth_signing_alg.map(Alg::is_symmetric);
        let member = "token_endpoint_auth_signing_alg";
        match (method, symmetric) {
            (AuthMethod::ClientSecretJwt, Some(false)) => {
                return Err(invalid(member, "is for a key, and client_secret_jwt takes the secret"));
            }
            (AuthMethod::PrivateKeyJwt | AuthMethod::SignedClientSecret, Some(true)) => {
                let reason = ["is for a secret, and ", method.as_str(), " takes a key"].concat();
                return Err(invalid(member, &reason));
            }
            _ => {}
        }
        if self.team_id.is_some() && method != AuthMethod::SignedClientSecret {
            return Err(invalid(
                "team_id",
                "is given, and token_endpoint_auth_method is not signed_client_secret",
            ));
        }
        let signs_requests = self.signs_requests(metadata);
        let first = self.signing_keys.first();
        let uses = [
            (first.filter(|_| method == AuthMethod::PrivateKeyJwt), "signing_keys", ASSERTIONS),
            (first.filter(|_| signs_requests), "signing_keys", REQUESTS),
            (self.dpop_keys.first(), "dpop_keys", PROOFS),
        ];
        for (key, member, list) in uses {
            let (Some(key), Some(listed)) = (key, metadata.list(list)) else { continue };
            let fits = |name: &String| Alg::from_name(name).is_some_and(|alg| alg.same_as(key.alg()));
            if !listed.iter().any(fits) {
                let reason =
                    ["sign with ", key.alg().as_str(), ", which the provider does not list in ", list];
                return Err(invalid(member, &reason.concat()));
            }
        }
        Ok(())
    }
}

// Lists of the algorithms that a provider takes from clients.
const ASSERTIONS: &str = "token_endpoint_auth_signing_alg_values_supported";
const REQUESTS: &str = "request_object_signing_alg_values_supported";
const PROOFS: &str = "dpop_signing_alg_values_supported";

/// A secret as long as the hash (RFC 7518 3.2).
pub(super) fn check_secret(registration: &Registration, secret: &Secret) -> Result<(), Error> {
    if secret.expose().len() < registration.secret_alg().hash().length() {
        return Err(invalid(
            "client_secret",
            "is shorter than the hash of the algorithm of client_secret_jwt",
        ));
    }
    Ok(())
}

impl Client {
    /// The assertion of this client, to be signed: about itself, for the provider, for this once.
    pub(crate) fn assertion(&self, alg: Alg, by: By<'_>, jti: &str, now: Timestamp) -> Unsigned {
        let registration = self.registration();
        let audience = match registration.client_assertion_audience {
            AssertionAudience::Issuer => self.provider().issuer().as_str(),
            AssertionAudience::TokenEndpoint => {
                self.provider().metadata().endpoint("token_endpoint").unwrap_or_default()
            }
        };
        let mut claims = Writer::new();
        claims
            .text("iss", &registration.client_id)
            .text("sub", &registration.client_id)
            .text("aud", audience)
            .text("jti", jti)
            .number("iat", now.as_unix())
            .number("exp", now.plus(LIFETIME).as_unix());
        Unsigned::new("client-authentication+jwt", alg, by, &claims.end())
    }

    /// The same under an HMAC with the client secret.
    pub(crate) fn secret_assertion(&self, jti: &str, now: Timestamp) -> Result<Secret, Error> {
        let registration = self.registration();
        let alg = registration.secret_alg();
        let unsigned = self.assertion(alg, By::Kid(None), jti, now);
        let secret = registration.client_secret.as_ref().map_or("", |secret| secret.expose());
        let tag = sign_with_secret(secret.as_bytes(), alg, unsigned.signing_input().as_bytes()).ok_or_else(
            || invalid("client_secret", "is shorter than the hash of the algorithm of client_secret_jwt"),
        )?;
        Ok(Secret::new(unsigned.signed(&tag)))
    }

    /// The key that assertions are signed with: the first.
    pub(crate) fn assertion_key(&self) -> Result<&SigningKey, Error> {
        self.registration().signing_keys.first().ok_or_else(|| invalid("signing_keys", "are missing"))
    }

    /// The `jwks_uri` document of this client (RFC 7591 2): the public halves of its signing keys, as JSON text, for
    /// `application/jwk-set+json`. Keys that will sign soon and keys that signed lately stand in
    /// [`signing_keys`](Registration::signing_keys) behind the one that signs.
    pub fn jwks(&self) -> String {
        self.registration().jwks()
    }
}
