//! A login that succeeded: verified claims and the tokens that came with them.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};

use crate::client::{Client, Owner};
use crate::grants::Grant;
use crate::grants::token_endpoint::{Tokens, is_visible};
use crate::login::details;
use crate::report::{Decision, Error, ErrorKind, Trace};
use crate::text::config::Config;
use crate::text::json::Writer;
use crate::text::secret::Secret;
use crate::text::time::Timestamp;
use crate::token::claims::IdTokenClaims;

/// A login that succeeded.
///
/// It exists only if every check passed. It comes from [`Client::exchange`](crate::Client::exchange),
/// [`refresh`](crate::Client::refresh), or [`restore`](crate::Client::restore), which verifies the ID token again or
/// opens what this application sealed. Immutable, cheap to clone. Give the browser a new session id when you store one
/// (session fixation).
#[derive(Clone)]
pub struct Session(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    grant: Grant,
    claims: IdTokenClaims,
    id_token: Secret,
    resource: Vec<String>,
    /// The resources that the access token was asked for, where a refresh asked for others.
    token_resource: Option<Vec<String>>,
    asked_scope: Vec<String>,
    return_to: Option<String>,
    session_state: Option<String>,
    trace: Trace,
}

impl Session {
    /// For the flows, once the ID token is verified.
    pub(crate) fn new(
        owner: Owner<'_>,
        claims: IdTokenClaims,
        id_token: Secret,
        tokens: Tokens,
        asked: Asked,
        trace: Trace,
    ) -> Session {
        let Asked {
            scope,
            asked_scope,
            resource,
            token_resource,
            refresh_token,
            return_to,
            session_state,
            authorization_details,
        } = asked;
        let token_resource = token_resource.filter(|other| *other != resource);
        let grant = Grant::new(owner, tokens, scope, refresh_token, authorization_details);
        Session(Arc::new(Inner {
            grant,
            claims,
            id_token,
            resource,
            token_resource,
            asked_scope,
            return_to,
            session_state,
            trace,
        }))
    }

    /// What the client was granted with the login.
    pub fn grant(&self) -> &Grant {
        &self.0.grant
    }

    /// The verified claims of the ID token.
    pub fn claims(&self) -> &IdTokenClaims {
        &self.0.claims
    }

    /// The ID token itself, for `id_token_hint`.
    pub fn id_token(&self) -> &str {
        self.0.id_token.expose()
    }

    /// The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
    /// [`accept_missing_access_token`](crate::Policy::accept_missing_access_token).
    pub fn access_token(&self) -> Option<&str> {
        self.0.grant.access_token()
    }

    /// The thumbprint of the key that the access token is bound to: see [`Grant::dpop_jkt`].
    pub fn dpop_jkt(&self) -> Option<&str> {
        self.0.grant.dpop_jkt()
    }

    /// What the application may do, as a JSON array: see [`Grant::authorization_details`].
    pub fn authorization_details(&self) -> Option<&str> {
        self.0.grant.authorization_details()
    }

    /// The type of the access token: `Bearer` or `DPoP`, as the provider spells it.
    pub fn token_type(&self) -> &str {
        self.0.grant.token_type()
    }

    /// The refresh token, if the provider sent one.
    pub fn refresh_token(&self) -> Option<&str> {
        self.0.grant.refresh_token()
    }

    /// The granted scopes: those of the token response, else those asked for (RFC 6749 5.1).
    pub fn scope(&self) -> &[String] {
        self.0.grant.scope()
    }

    /// The resources that the login asked for (RFC 8707). Every refresh asks for them again.
    pub fn resource(&self) -> &[String] {
        &self.0.resource
    }

    /// The resources that the access token was asked for.
    #[cfg(feature = "signing")]
    pub(crate) fn token_resource(&self) -> &[String] {
        self.0.token_resource.as_deref().unwrap_or(&self.0.resource)
    }

    /// What a refresh that names its scope asks for: what the login asked for, where that is remembered, else what was
    /// granted.
    pub(crate) fn asked_scope(&self) -> &[String] {
        if self.0.asked_scope.is_empty() { self.scope() } else { &self.0.asked_scope }
    }

    /// When the access token expires, if the provider says it.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.grant.expires_at()
    }

    /// Whether it is time to refresh it: the access token expires within `margin` seconds, and there is a refresh token.
    pub fn refresh_due(&self, now: Timestamp, margin: u32) -> bool {
        let soon = self.expires_at().is_some_and(|expires_at| expires_at <= now.plus(margin));
        soon && self.refresh_token().is_some()
    }

    /// The `return_to` that was given to [`Client::authorize`](crate::Client::authorize).
    pub fn return_to(&self) -> Option<&str> {
        self.0.return_to.as_deref()
    }

    /// The state of the end user's session at the provider when this session began, for its
    /// [`check_session_iframe`](crate::Metadata): the `session_state` of the authorization response (OIDC Session Management 2).
    pub fn session_state(&self) -> Option<&str> {
        self.0.session_state.as_deref()
    }

    /// Another member of the token response, such as `not-before-policy`.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.grant.get(member)
    }

    /// All other members of the token response, by name.
    pub fn other_members(&self) -> &Map<String, Value> {
        self.0.grant.other_members()
    }

    /// All other members of the token response, as a JSON object.
    pub fn other_members_as_json(&self) -> &str {
        self.0.grant.other_members_as_json()
    }

    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }

    /// The session with its tokens as plain text, for a store that only this application can read and write.
    /// [`Client::restore`](crate::Client::restore) reads up to 262144 bytes of it, and needs the key that signed the ID
    /// token; a text of `Client::seal` needs no key of the provider.
    pub fn encode(&self) -> String {
        self.write(Writer::new())
    }

    /// The same, zeroed after use. An escaped octet takes six at most.
    #[cfg(feature = "sealed")]
    pub(crate) fn encode_to_be_sealed(&self) -> zeroize::Zeroizing<String> {
        let grant = self.grant();
        let texts = [
            grant.owner().issuer,
            grant.owner().client_id,
            grant.access_token().unwrap_or_default(),
            grant.token_type(),
            grant.refresh_token().unwrap_or_default(),
            grant.other_members_as_json(),
            grant.dpop_jkt().unwrap_or_default(),
            grant.authorization_details().unwrap_or_default(),
            self.id_token(),
            self.return_to().unwrap_or_default(),
            self.session_state().unwrap_or_default(),
        ];
        let of_the_token = self.0.token_resource.as_deref().unwrap_or_default();
        let lists = [grant.scope(), self.asked_scope(), self.resource(), of_the_token];
        let lists = lists.into_iter().flatten();
        let listed = lists.map(|text| text.len().saturating_add(1));
        let bytes = texts.into_iter().map(str::len).chain(listed).fold(64, usize::saturating_add);
        zeroize::Zeroizing::new(self.write(Writer::with_capacity(bytes.saturating_mul(6))))
    }

    fn write(&self, mut stored: Writer) -> String {
        let grant = self.grant();
        stored
            .number("v", VERSION)
            .text("issuer", grant.owner().issuer)
            .text("client_id", grant.owner().client_id)
            .text("id_token", self.id_token());
        if let Some(access_token) = grant.access_token() {
            stored.text("access_token", access_token);
        }
        stored
            .text("token_type", grant.token_type())
            .texts("scope", grant.scope())
            .raw("more", grant.other_members_as_json());
        if self.asked_scope() != grant.scope() {
            stored.texts("asked_scope", self.asked_scope());
        }
        if !self.resource().is_empty() {
            stored.texts("resource", self.resource());
        }
        if let Some(resource) = &self.0.token_resource {
            stored.texts("token_resource", resource);
        }
        if let Some(refresh_token) = grant.refresh_token() {
            stored.text("refresh_token", refresh_token);
        }
        if let Some(details) = grant.authorization_details() {
            stored.raw(details::NAME, details);
        }
        if grant.is_certificate_bound() {
            stored.bool("certificate_bound", true);
        }
        if let Some(thumbprint) = grant.dpop_jkt() {
            stored.text("dpop_jkt", thumbprint);
        }
        if let Some(expires_at) = grant.expires_at() {
            stored.number("expires_at", expires_at.as_unix());
        }
        if let Some(return_to) = self.return_to() {
            stored.text("return_to", return_to);
        }
        if let Some(session_state) = self.session_state() {
            stored.text("session_state", session_state);
        }
        stored.end()
    }

    /// The same without its refresh token, for where nobody can use it alone.
    #[cfg(feature = "site")]
    pub(crate) fn without_refresh_token(mut self) -> Session {
        let inner = Arc::make_mut(&mut self.0);
        inner.grant = inner.grant.without_refresh_token();
        self
    }

    /// A session goes back only to the client it came from.
    pub(crate) fn check_client(&self, client: &Client) -> Result<(), Error> {
        self.0.grant.check_client(client)
    }

    /// What a response to a refresh leaves unsaid.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            scope: self.scope().to_vec(),
            asked_scope: self.0.asked_scope.clone(),
            resource: self.resource().to_vec(),
            token_resource: None,
            refresh_token: self.0.grant.shared_refresh_token(),
            return_to: self.0.return_to.clone(),
            session_state: self.0.session_state.clone(),
            authorization_details: self.authorization_details().map(str::to_owned),
        }
    }
}

/// What a session has when the token response does not say.
pub(crate) struct Asked {
    pub(crate) scope: Vec<String>,
    /// What to ask for in a refresh: remembered where the policy has it sent, else empty.
    pub(crate) asked_scope: Vec<String>,
    /// What every refresh asks for.
    pub(crate) resource: Vec<String>,
    /// What was asked for this once, if that is something else.
    pub(crate) token_resource: Option<Vec<String>>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) return_to: Option<String>,
    pub(crate) session_state: Option<String>,
    /// Authorization details that were granted before; of an exchange, those that are asked for.
    pub(crate) authorization_details: Option<String>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("scope", &self.scope)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

const VERSION: i64 = 1;

/// Bytes of a stored session, sealed or not.
const LONGEST: usize = 262_144;

/// Whether a stored session is as short as one can be.
pub(crate) fn check_length(stored: &str) -> Result<(), Error> {
    if stored.len() <= LONGEST { Ok(()) } else { Err(unreadable("longer than 262144 bytes")) }
}

pub(crate) fn unreadable(reason: &str) -> Error {
    ErrorKind::UnreadableSession.with([reason])
}

/// What [`Session::encode`] wrote: tokens that have to be verified again.
struct Stored {
    issuer: String,
    client_id: String,
    id_token: Secret,
    tokens: Tokens,
    asked: Asked,
}

/// Reads a stored session of this client.
pub(crate) fn decode(owner: Owner<'_>, text: &str) -> Result<(Secret, Tokens, Asked), Error> {
    let mut stored = Config::parse_own(text).map_err(|reason| unreadable(&reason))?;
    if stored.time("v") != Some(VERSION) {
        return Err(unreadable("of another version"));
    }
    let stored = Stored::read(stored).map_err(|_| unreadable("not a session"))?;
    owner.check(Owner { issuer: &stored.issuer, client_id: &stored.client_id })?;
    let tokens = [stored.tokens.access_token.as_ref(), stored.tokens.refresh_token.as_ref()];
    if !tokens.into_iter().flatten().all(|token| is_visible(token.expose())) {
        return Err(unreadable("a token is not one"));
    }
    // What is bound is nothing without its key: it would be sent as a bearer token.
    if stored.tokens.dpop_jkt.is_none() && stored.tokens.token_type.eq_ignore_ascii_case("DPoP") {
        return Err(unreadable("its access token is bound to a key that is not named"));
    }
    Ok((stored.id_token, stored.tokens, stored.asked))
}

impl Stored {
    fn read(mut stored: Config<'_>) -> Result<Stored, Error> {
        let read = Stored {
            issuer: stored.required("issuer", Config::text),
            client_id: stored.required("client_id", Config::text),
            id_token: Secret::new(stored.required("id_token", Config::text)),
            tokens: Tokens {
                access_token: stored.text("access_token").map(Secret::new),
                token_type: stored.required("token_type", Config::text),
                refresh_token: stored.text("refresh_token").map(Secret::new),
                id_token: None,
                odd_id_token: None,
                scope: None,
                expires_at: stored.time("expires_at").map(Timestamp::from_unix),
                dpop_jkt: stored.text("dpop_jkt"),
                certificate_bound: stored.bool("certificate_bound").unwrap_or_default(),
                more: stored.required("more", Config::object),
            },
            asked: Asked {
                scope: stored.required("scope", Config::texts),
                // The first release wrote neither.
                asked_scope: stored.texts("asked_scope").unwrap_or_default(),
                resource: stored.texts("resource").unwrap_or_default(),
                token_resource: stored.texts("token_resource"),
                refresh_token: None,
                return_to: stored.text("return_to"),
                session_state: stored.text("session_state"),
                authorization_details: stored.array(details::NAME),
            },
        };
        stored.end(read)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.0.claims)
    }
}
