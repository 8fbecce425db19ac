//! A login in progress: everything its callback is checked against.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::jose::to_base64url;
use crate::json::Writer;
use crate::requested::Requested;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How the authorization response comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    pub(crate) fn from_name(name: &str) -> Option<ResponseMode> {
        [ResponseMode::Query, ResponseMode::FormPost].into_iter().find(|mode| mode.as_str() == name)
    }

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
        let mut stored = Writer::new();
        stored
            .number("v", VERSION)
            .text("id", self.id.expose())
            .text("issuer", &self.issuer)
            .text("client_id", &self.client_id)
            .text("redirect_uri", &self.redirect_uri)
            .text("state", self.state.expose())
            .text("nonce", self.nonce.expose())
            .text("verifier", self.verifier.expose())
            .texts("scope", &self.scope)
            .text("response_mode", self.response_mode.as_str())
            .number("started_at", self.started_at.as_unix())
            .number("lifetime", self.lifetime.into());
        self.requested.write(&mut stored);
        if let Some(return_to) = &self.return_to {
            stored.text("return_to", return_to);
        }
        stored.end()
    }

    /// Reads what [`encode`](PendingLogin::encode) wrote; give it what the store had, if anything.
    ///
    /// # Errors
    /// `no_pending_login` for `None`; `unreadable_pending_login`.
    pub fn decode(stored: Option<&str>) -> Result<PendingLogin, Error> {
        let text = stored.ok_or(ErrorKind::NoPendingLogin)?;
        let unreadable = |reason: &str| ErrorKind::UnreadablePendingLogin.with([reason]);
        let mut stored = Config::parse_own(text).map_err(|reason| unreadable(&reason))?;
        if stored.time("v") != Some(VERSION) {
            return Err(unreadable("of another version"));
        }
        let login = PendingLogin::read(stored).map_err(|_| unreadable("not a pending login"))?;
        if ![&login.id, &login.state, &login.nonce, &login.verifier].into_iter().all(is_secret) {
            return Err(unreadable("a secret is not one"));
        }
        Ok(login)
    }

    fn read(mut stored: Config<'_>) -> Result<PendingLogin, Error> {
        let login = PendingLogin {
            id: Secret::new(stored.required("id", Config::text)),
            issuer: stored.required("issuer", Config::text),
            client_id: stored.required("client_id", Config::text),
            redirect_uri: stored.required("redirect_uri", Config::text),
            state: Secret::new(stored.required("state", Config::text)),
            nonce: Secret::new(stored.required("nonce", Config::text)),
            verifier: Secret::new(stored.required("verifier", Config::text)),
            requested: Requested::read(&mut stored),
            scope: stored.required("scope", Config::texts),
            response_mode: stored
                .required("response_mode", |stored, name| stored.word(name, ResponseMode::from_name)),
            started_at: Timestamp::from_unix(stored.required("started_at", Config::time)),
            lifetime: stored.required("lifetime", Config::number),
            return_to: stored.text("return_to"),
        };
        stored.end(login)
    }
}

const VERSION: i64 = 1;

/// Whether a stored secret is as long and as random-looking as [`Entropy`](crate::Entropy) makes them.
fn is_secret(secret: &Secret) -> bool {
    let text = secret.expose();
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The public name of the login with this state: 128 bits of a hash, so that it tells nothing about it.
pub(crate) fn handle(state: &str) -> String {
    let digest = Sha256::new().chain_update(b"relyingparty/1/handle/").chain_update(state).finalize();
    to_base64url(digest.get(..16).unwrap_or_default())
}

pub(crate) fn cookie_name(handle: &str) -> String {
    ["__Host-rp-", handle].concat()
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
