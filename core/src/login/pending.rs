//! A login in progress: everything its callback is checked against.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::login::{details, id};
use crate::report::{Error, ErrorKind, LoginMissing};
use crate::text::config::Config;
use crate::text::json::Writer;
use crate::text::secret::Secret;
use crate::text::time::Timestamp;
use crate::token::requested::Requested;

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
    /// Signed by the provider, in the query (JARM 2.3.1): take it with [`Client::signed_callback`](crate::Client::signed_callback).
    #[cfg(feature = "signing")]
    QueryJwt,
    /// Signed by the provider, as a form that the browser posts (JARM 2.3.3).
    #[cfg(feature = "signing")]
    FormPostJwt,
}

impl ResponseMode {
    const ALL: &[ResponseMode] = &[
        ResponseMode::Query,
        ResponseMode::FormPost,
        #[cfg(feature = "signing")]
        ResponseMode::QueryJwt,
        #[cfg(feature = "signing")]
        ResponseMode::FormPostJwt,
    ];

    /// The mode of this name. `jwt` is the usual way of a code, signed: in the query (JARM 2.3.4).
    pub(crate) fn from_name(name: &str) -> Option<ResponseMode> {
        let name = if name == "jwt" { "query.jwt" } else { name };
        Self::ALL.iter().copied().find(|mode| mode.as_str() == name)
    }

    /// Whether the browser posts a form.
    pub(crate) const fn is_posted(self) -> bool {
        match self {
            ResponseMode::Query => false,
            ResponseMode::FormPost => true,
            #[cfg(feature = "signing")]
            ResponseMode::QueryJwt => false,
            #[cfg(feature = "signing")]
            ResponseMode::FormPostJwt => true,
        }
    }

    /// The same way, signed.
    #[cfg(feature = "signing")]
    pub(crate) fn signed(self) -> ResponseMode {
        match self {
            ResponseMode::Query | ResponseMode::QueryJwt => ResponseMode::QueryJwt,
            ResponseMode::FormPost | ResponseMode::FormPostJwt => ResponseMode::FormPostJwt,
        }
    }

    /// The mode as the parameter spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ResponseMode::Query => "query",
            ResponseMode::FormPost => "form_post",
            #[cfg(feature = "signing")]
            ResponseMode::QueryJwt => "query.jwt",
            #[cfg(feature = "signing")]
            ResponseMode::FormPostJwt => "form_post.jwt",
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
    pub(crate) resource: Vec<String>,
    pub(crate) response_mode: ResponseMode,
    pub(crate) started_at: Timestamp,
    pub(crate) lifetime: u32,
    pub(crate) return_to: Option<String>,
    pub(crate) authorization_details: Option<String>,
    /// The thumbprint of the key that the code is bound to (RFC 9449 10).
    pub(crate) dpop_jkt: Option<String>,
}

impl PendingLogin {
    /// The random id that ties the login to its browser: the value of the cookie and the key in the store. Secret.
    pub fn id(&self) -> &str {
        self.id.expose()
    }

    /// The public name of the login, derived from its state by SHA-256.
    pub fn handle(&self) -> String {
        id::handle(self.state.expose())
    }

    /// The name of the login cookie: `__Host-rp-` and the handle, or `rp-` and the handle if the redirect URI is http on
    /// this machine. [`cookie`](PendingLogin::cookie) has the attributes to set it with.
    pub fn cookie_name(&self) -> String {
        id::cookie_name(&self.handle(), id::is_local(&self.redirect_uri))
    }

    /// The issuer of the login. If several providers share a redirect URI, the callback belongs to this one.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When the login was started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How long the login may take, in seconds: `state_timeout_secs`.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// The last moment at which its callback is accepted.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.plus(self.lifetime)
    }

    /// The `return_to` that was given to [`Client::authorize`](crate::Client::authorize).
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// The pending login as text, for a store that only this application can read: it contains the PKCE verifier.
    pub fn encode(&self) -> String {
        let mut stored = Writer::with_capacity(USUAL);
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
        if !self.resource.is_empty() {
            stored.texts("resource", &self.resource);
        }
        if let Some(return_to) = &self.return_to {
            stored.text("return_to", return_to);
        }
        if let Some(details) = &self.authorization_details {
            stored.raw(details::NAME, details);
        }
        if let Some(thumbprint) = &self.dpop_jkt {
            stored.text("dpop_jkt", thumbprint);
        }
        stored.end()
    }

    /// Reads what [`encode`](PendingLogin::encode) wrote, up to 65536 bytes. Pass what the store had; `None` if it had
    /// nothing.
    ///
    /// # Errors
    /// `no_pending_login` (`not_in_store`) for `None`; `unreadable_pending_login`.
    pub fn decode(stored: Option<&str>) -> Result<PendingLogin, Error> {
        let text = stored.ok_or_else(|| LoginMissing::NotInStore.error())?;
        let unreadable = |reason: &str| ErrorKind::UnreadablePendingLogin.with([reason]);
        let mut stored = Config::parse_own_within(text, LONGEST).map_err(|reason| unreadable(&reason))?;
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
            // The first release wrote none.
            resource: stored.texts("resource").unwrap_or_default(),
            response_mode: stored
                .required("response_mode", |stored, name| stored.word(name, ResponseMode::from_name)),
            started_at: Timestamp::from_unix(stored.required("started_at", Config::time)),
            lifetime: stored.required("lifetime", Config::number),
            return_to: stored.text("return_to"),
            authorization_details: stored.array(details::NAME),
            dpop_jkt: stored.text("dpop_jkt"),
        };
        stored.end(login)
    }
}

const VERSION: i64 = 1;

/// Bytes that are enough for nearly all stored logins.
const USUAL: usize = 1_024;

/// Bytes of a stored login. What is in it is a few hundred, but for the demands and scopes that the host gave.
const LONGEST: usize = 65_536;

/// Whether a stored secret is as long and as random-looking as [`Entropy`](crate::Entropy) makes them.
fn is_secret(secret: &Secret) -> bool {
    id::is_id(secret.expose())
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
