//! Request objects: the parameters of an authorization request as a JWT (RFC 9101 4), and those that the provider fetches.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::Client;
use crate::jose::SigningKey;
use crate::jose::jwt::{By, Unsigned};
use crate::text::json::{Writer, list, quoted};
use crate::text::{Entropy, Timestamp};

/// A signed authorization request that the provider fetches from the application (RFC 9101 5.2), before the browser is sent there.
/// Serve it by GET at the path of its URL, to anybody who has the URL, and remove it when it has expired or was fetched.
#[derive(Clone)]
#[non_exhaustive]
pub struct RequestObject {
    /// Where the provider fetches it: the [`request_uri_base`](crate::Registration::request_uri_base) and a name that no other
    /// login has and nobody can guess.
    pub request_uri: String,
    /// The `Content-Type` to serve it with (RFC 9101 5.2.3).
    pub content_type: &'static str,
    /// What to serve.
    pub body: String,
    /// From then on no provider takes it.
    pub expires_at: Timestamp,
}

impl fmt::Debug for RequestObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestObject").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl RequestObject {
    /// The same object by reference, if the registration says where.
    pub(crate) fn of(
        client: &Client,
        object: &str,
        entropy: &Entropy,
        made_at: Timestamp,
    ) -> Option<RequestObject> {
        let base = client.registration().request_uri_base.as_deref()?;
        let name = entropy.keyed().split("request_uri");
        Some(RequestObject {
            request_uri: [base, name.expose()].concat(),
            content_type: "application/oauth-authz-req+jwt",
            body: object.into(),
            expires_at: made_at.plus(LIFETIME),
        })
    }
}

/// For how long a request object is good, in seconds: the browser goes to the provider at once.
const LIFETIME: u32 = 300;

/// Parameters whose values are JSON or numbers, and stay so in a request object (RFC 9101 4, OIDC Core 6.1).
const RAW: [&str; 3] = ["max_age", "claims", "authorization_details"];

/// All parameters as claims, for the provider, for this once.
pub(crate) fn unsigned(
    client: &Client,
    key: &SigningKey,
    parameters: &[(&str, &str)],
    jti: &str,
    now: Timestamp,
) -> Unsigned {
    let mut claims = Writer::new();
    claims
        .text("iss", &client.registration().client_id)
        .text("aud", client.provider().issuer().as_str())
        .text("jti", jti)
        .number("iat", now.as_unix())
        .number("nbf", now.as_unix())
        .number("exp", now.plus(LIFETIME).as_unix());
    let resources: Vec<&str> =
        parameters.iter().filter(|(name, _)| *name == "resource").map(|(_, value)| *value).collect();
    for (name, value) in parameters.iter().filter(|(name, _)| *name != "resource") {
        if RAW.contains(name) {
            claims.raw(name, value)
        } else {
            claims.text(name, value)
        };
    }
    match resources.as_slice() {
        [] => &mut claims,
        [resource] => claims.text("resource", resource),
        resources => claims.raw("resource", &list(resources.iter().map(|text| quoted(text)))),
    };
    Unsigned::new("oauth-authz-req+jwt", key.alg(), By::Kid(key.kid()), &claims.end())
}
