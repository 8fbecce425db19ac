//! A client secret that the client signs itself: a JWT for each request, of a team that has several keys ([Apple]).
//!
//! [Apple]: https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret

use crate::client::{AuthMethod, Client, Registration};
use crate::jose::jwt::Unsigned;
use crate::jose::{Alg, SigningKey};
use crate::report::Error;
use crate::text::config::invalid;
use crate::text::json::Writer;
use crate::text::time::Timestamp;

/// For how long a secret is good, in seconds: it is made for one request. Apple allows 15,777,000, which are six months.
const LIFETIME: u32 = 300;

impl Registration {
    /// Where the provider is known to want such a secret, under this algorithm: what the host has not set.
    pub(crate) fn sign_secret_with(&mut self, alg: Alg) {
        if self.token_endpoint_auth_method.is_none() && (self.has_signing_key() || self.team_id.is_some()) {
            self.token_endpoint_auth_method = Some(AuthMethod::SignedClientSecret);
        }
        if self.token_endpoint_auth_method == Some(AuthMethod::SignedClientSecret) {
            self.token_endpoint_auth_signing_alg.get_or_insert(alg);
        }
    }

    /// A key that has a name, a team that it belongs to, and no other secret.
    pub(super) fn check_signed_secret(&self) -> Result<(), Error> {
        if self.client_secret.is_some() {
            return Err(invalid("client_secret", "is given although signed_client_secret makes one"));
        }
        if self.team_id.as_ref().is_none_or(|team| team.trim_ascii().is_empty()) {
            return Err(invalid("team_id", "is missing: signed_client_secret needs it"));
        }
        match self.signing_keys.first().map(SigningKey::kid) {
            None => Err(invalid("signing_keys", "are missing: signed_client_secret needs one")),
            Some(None) => {
                Err(invalid("signing_keys", "have a first one without a kid: signed_client_secret needs it"))
            }
            Some(Some(_)) => Ok(()),
        }
    }
}

impl Client {
    /// The secret, to be signed: the team's word for the client, for the provider, for now.
    pub(crate) fn signed_secret(&self, key: &SigningKey, now: Timestamp) -> Unsigned {
        let registration = self.registration();
        let mut claims = Writer::new();
        claims
            .text("iss", registration.team_id.as_deref().unwrap_or_default())
            .text("sub", &registration.client_id)
            .text("aud", self.provider().issuer().as_str())
            .number("iat", now.as_unix())
            .number("exp", now.plus(LIFETIME).as_unix());
        Unsigned::new("JWT", key.alg(), key.by(), &claims.end())
    }
}
