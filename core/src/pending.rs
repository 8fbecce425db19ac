//! A login in progress: everything its callback is checked against.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};
use crate::jose::to_base64url;
use crate::json;
use crate::requested::Requested;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How the authorization response comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// As a form that the browser posts (OAuth 2.0 Form Post Response Mode). The cookie that carries the
    /// pending login's id then needs `SameSite=None`.
    FormPost,
}

impl ResponseMode {
    /// The mode as the parameter spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ResponseMode::Query => "query",
            ResponseMode::FormPost => "form_post",
        }
    }
}

/// A login in progress, from [`Client::authorize`](crate::Client::authorize) to
/// [`Client::callback`](crate::Client::callback), which consumes it.
///
/// Keep [`encode`](PendingLogin::encode)d text on the server (or in session storage) under
/// [`id`](PendingLogin::id), and give the browser the id in a cookie named
/// [`cookie_name`](PendingLogin::cookie_name). The callback finds the cookie by
/// [`CallbackParams::cookie_name`](crate::CallbackParams::cookie_name), takes the entry out of the store,
/// and so only the browser that started a login can finish it, once. Each login has its own cookie: two
/// tabs do not disturb each other.
pub struct PendingLogin {
    pub(crate) id: Secret,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Secret,
    pub(crate) nonce: Secret,
    pub(crate) verifier: Secret,
    pub(crate) requested: Requested,
    pub(crate) scope: Vec<String>,
    pub(crate) response_mode: ResponseMode,
    pub(crate) started_at: Timestamp,
    pub(crate) lifetime: u32,
    pub(crate) return_to: Option<String>,
}

impl PendingLogin {
    /// The random handle that ties the login to its browser: the cookie's value and the store's key. Secret.
    pub fn id(&self) -> &str {
        self.id.expose()
    }

    /// The public name of the login, derived from its state by SHA-256.
    pub fn handle(&self) -> String {
        handle(self.state.expose())
    }

    /// `__Host-rp-` and the handle: the name of the cookie that holds the id. Set it with `Secure`,
    /// `HttpOnly`, `Path=/`, `SameSite=Lax` and `Max-Age` of the pending login's [`lifetime`](PendingLogin::lifetime).
    pub fn cookie_name(&self) -> String {
        cookie_name(&self.handle())
    }

    /// When the login was started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How long it may take, in seconds: `state_timeout_secs`.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// The last moment at which its callback is accepted.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.plus(self.lifetime)
    }

    /// Where the login is to lead, as given to [`Client::authorize`](crate::Client::authorize).
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// The pending login as text for a store that only the host can read: it holds the PKCE verifier.
    pub fn encode(&self) -> String {
        let stored = Stored {
            v: VERSION,
            id: self.id.expose().to_owned(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.expose().to_owned(),
            nonce: self.nonce.expose().to_owned(),
            verifier: self.verifier.expose().to_owned(),
            requested: self.requested.clone(),
            scope: self.scope.clone(),
            response_mode: self.response_mode,
            started_at: self.started_at,
            lifetime: self.lifetime,
            return_to: self.return_to.clone(),
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads what [`encode`](PendingLogin::encode) wrote; give it what the store had, if anything.
    ///
    /// # Errors
    /// `no_pending_login` for `None`; `unreadable_pending_login`.
    pub fn decode(stored: Option<&str>) -> Result<PendingLogin, Error> {
        let text = stored.ok_or(ErrorKind::NoPendingLogin)?;
        let unreadable =
            |reason: &str| Error::from(ErrorKind::UnreadablePendingLogin { reason: reason.into() });
        let members = json::own_object(text.as_bytes()).map_err(|reason| unreadable(&reason))?;
        let stored: Stored =
            serde_json::from_value(Value::Object(members)).map_err(|_| unreadable("not a pending login"))?;
        if stored.v != VERSION {
            return Err(unreadable("of another version"));
        }
        if ![&stored.id, &stored.state, &stored.nonce, &stored.verifier]
            .into_iter()
            .all(|secret| is_secret(secret))
        {
            return Err(unreadable("a secret is not one"));
        }
        Ok(PendingLogin {
            id: Secret::new(stored.id),
            issuer: stored.issuer,
            client_id: stored.client_id,
            redirect_uri: stored.redirect_uri,
            state: Secret::new(stored.state),
            nonce: Secret::new(stored.nonce),
            verifier: Secret::new(stored.verifier),
            requested: stored.requested,
            scope: stored.scope,
            response_mode: stored.response_mode,
            started_at: stored.started_at,
            lifetime: stored.lifetime,
            return_to: stored.return_to,
        })
    }
}

const VERSION: u8 = 1;

/// Whether a stored secret is as long and as random-looking as [`Entropy`](crate::Entropy) makes them.
fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u8,
    id: String,
    issuer: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    verifier: String,
    requested: Requested,
    scope: Vec<String>,
    response_mode: ResponseMode,
    started_at: Timestamp,
    lifetime: u32,
    return_to: Option<String>,
}

/// The public name of the login with this state: 128 bits of a hash, so that it tells nothing about it.
pub(crate) fn handle(state: &str) -> String {
    let digest = Sha256::new().chain_update(b"relyingparty/1/handle/").chain_update(state).finalize();
    to_base64url(digest.get(..16).unwrap_or_default())
}

pub(crate) fn cookie_name(handle: &str) -> String {
    format!("__Host-rp-{handle}")
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
