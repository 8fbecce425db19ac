//! The clients a provider knows, and how one proves at the token endpoint which it is.

use form_urlencoded::parse;
use serde_json::Value;

use crate::encoding::from_base64;
use crate::http::{Params, Request};

/// One client's registration.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// The name it goes by.
    pub client_id: String,
    /// Absent for a public client, which then has to use PKCE.
    pub client_secret: Option<String>,
    /// Compared character by character.
    pub redirect_uris: Vec<String>,
    /// Compared character by character.
    pub post_logout_redirect_uris: Vec<String>,
    /// The algorithm of its ID tokens; the provider's first key decides when it is absent.
    pub id_token_signed_response_alg: Option<String>,
    /// Whether the browser may go to any address of its own machine as if it were registered: for tests.
    pub loopback: bool,
    /// How it proves itself where it has no secret.
    pub proof: Proof,
    /// What its tokens are bound to.
    pub bound: Bound,
    /// The public keys that its assertions and its requests are signed with.
    pub keys: Vec<Value>,
    /// Whether it takes no authorization request that was not pushed (RFC 9126 6).
    pub pushes: bool,
    /// Whether it takes no authorization request that is not signed (RFC 9101 10.5).
    pub signs_requests: bool,
}

/// How a client proves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// With its secret, if it has one.
    #[default]
    Secret,
    /// With an assertion that it signs (`private_key_jwt`).
    Key,
    /// With its TLS certificate (`tls_client_auth`).
    Certificate,
    /// With an assertion that it has from somebody whom the provider believes.
    Elsewhere,
}

/// What the tokens of a client are bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// Nothing: who has one may use it.
    #[default]
    Nothing,
    /// A key (DPoP).
    Key,
    /// Its TLS certificate (RFC 8705 3).
    Certificate,
}

impl RegisteredClient {
    /// A client with one redirect URI and nothing else registered.
    pub fn new(client_id: &str, client_secret: Option<&str>, redirect_uri: &str) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.map(Into::into),
            redirect_uris: vec![redirect_uri.into()],
            post_logout_redirect_uris: Vec::new(),
            id_token_signed_response_alg: None,
            loopback: false,
            proof: Proof::Secret,
            bound: Bound::Nothing,
            keys: Vec::new(),
            pushes: false,
            signs_requests: false,
        }
    }

    /// Whether it does more than to show a secret.
    pub(super) fn proves(&self) -> bool {
        self.proof != Proof::Secret || self.bound != Bound::Nothing || self.pushes || !self.keys.is_empty()
    }

    /// Whether the browser may be sent to `uri`, one of the `registered` ones.
    pub(super) fn may_go_to(&self, registered: &[String], uri: &str) -> bool {
        let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"));
        let host = rest.and_then(|rest| rest.split(['/', ':', '?']).next());
        let here = matches!(host, Some("127.0.0.1" | "localhost"));
        registered.iter().any(|registered| registered == uri) || (self.loopback && here)
    }
}

/// What a token request claims to be.
struct Credentials {
    client_id: String,
    client_secret: Option<String>,
}

/// The client that sent this token request: client_secret_basic, client_secret_post or, for a public client,
/// its `client_id` alone. Two methods at once are refused (RFC 6749 2.3).
pub(super) fn authenticate<'a>(
    clients: &'a [RegisteredClient],
    request: &Request,
    form: &Params,
    basic_only: bool,
) -> Option<&'a RegisteredClient> {
    let credentials = match request.header("authorization") {
        Some(header) if form.get("client_secret").is_none() => {
            let basic = basic_credentials(header)?;
            if form.get("client_id").is_some_and(|id| id != basic.client_id) {
                return None;
            }
            basic
        }
        Some(_) => return None,
        None if basic_only && form.get("client_secret").is_some() => return None,
        None => Credentials {
            client_id: form.get("client_id")?.into(),
            client_secret: form.get("client_secret").map(Into::into),
        },
    };
    let client = clients.iter().find(|client| client.client_id == credentials.client_id)?;
    if client.proof != Proof::Secret {
        return None;
    }
    match (&client.client_secret, &credentials.client_secret) {
        (None, None) => Some(client),
        (Some(expected), Some(found)) if expected == found => Some(client),
        _ => None,
    }
}

/// Id and secret are form-urlencoded before they are joined (RFC 6749 2.3.1).
fn basic_credentials(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(from_base64(encoded.trim())?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some(Credentials { client_id: form_decoded(id), client_secret: Some(form_decoded(secret)) })
}

fn form_decoded(text: &str) -> String {
    // A lone value without `=` parses as a name.
    parse(text.replace('=', "%3D").replace('&', "%26").as_bytes())
        .next()
        .map(|(name, _)| name.into())
        .unwrap_or_default()
}
