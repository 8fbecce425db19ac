//! A login that succeeded: verified claims and the tokens that came with them.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};

use crate::claims::IdTokenClaims;
use crate::client::Client;
use crate::config::Config;
use crate::decision::{Decision, Trace};
use crate::error::{Error, ErrorKind};
use crate::json::{Document, Writer};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{Tokens, is_visible};

/// A login that succeeded.
///
/// There is no way to make one but to pass every check: [`Client::exchange`](crate::Client::exchange),
/// [`refresh`](crate::Client::refresh), or [`restore`](crate::Client::restore), which verifies the ID token
/// again. Immutable, cheap to clone. Give the browser a new session identifier when you store one
/// (session fixation).
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    issuer: String,
    client_id: String,
    claims: IdTokenClaims,
    id_token: Secret,
    access_token: Secret,
    token_type: String,
    refresh_token: Option<Secret>,
    scope: Vec<String>,
    expires_at: Option<Timestamp>,
    return_to: Option<String>,
    more: Document,
    trace: Trace,
}

impl Session {
    /// For the flows, once the ID token is verified.
    pub(crate) fn new(
        client: &Client,
        claims: IdTokenClaims,
        id_token: Secret,
        tokens: Tokens,
        asked: Asked,
        trace: Trace,
    ) -> Session {
        Session(Arc::new(Inner {
            issuer: client.provider().issuer().as_str().to_owned(),
            client_id: client.registration().client_id.clone(),
            claims,
            id_token,
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            refresh_token: tokens.refresh_token.or(asked.refresh_token),
            scope: tokens.scope.unwrap_or(asked.scope),
            expires_at: tokens.expires_at,
            return_to: asked.return_to,
            more: Document::of(tokens.more),
            trace,
        }))
    }

    /// The verified claims of the ID token.
    pub fn claims(&self) -> &IdTokenClaims {
        &self.0.claims
    }

    /// The ID token itself, for `id_token_hint`.
    pub fn id_token(&self) -> &str {
        self.0.id_token.expose()
    }

    /// The access token: for the `Authorization` header, never for a URL.
    pub fn access_token(&self) -> &str {
        self.0.access_token.expose()
    }

    /// The access token's type, as the provider spells `Bearer`.
    pub fn token_type(&self) -> &str {
        &self.0.token_type
    }

    /// The refresh token, if there is one.
    pub fn refresh_token(&self) -> Option<&str> {
        self.0.refresh_token.as_ref().map(Secret::expose)
    }

    /// The scopes that were granted: as the response says, else as asked for (RFC 6749 5.1).
    pub fn scope(&self) -> &[String] {
        &self.0.scope
    }

    /// When the access token expires, if the provider says so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// Where the login was to lead, as given to [`Client::authorize`](crate::Client::authorize).
    pub fn return_to(&self) -> Option<&str> {
        self.0.return_to.as_deref()
    }

    /// Any further member of the token response, such as `session_state`.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.other_members().get(member)
    }

    /// All further members of the token response, by name.
    pub fn other_members(&self) -> &Map<String, Value> {
        self.0.more.as_map()
    }

    /// All further members of the token response, as a JSON object.
    pub fn other_members_as_json(&self) -> &str {
        self.0.more.as_json()
    }

    /// What was checked and chosen on the way here, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }

    /// The session as text, tokens and all, for the host's own store. Read it back with
    /// [`Client::restore`](crate::Client::restore).
    pub fn encode(&self) -> String {
        let session = &*self.0;
        let mut stored = Writer::new();
        stored
            .number("v", VERSION)
            .text("issuer", &session.issuer)
            .text("client_id", &session.client_id)
            .text("id_token", session.id_token.expose())
            .text("access_token", session.access_token.expose())
            .text("token_type", &session.token_type)
            .texts("scope", &session.scope)
            .raw("more", session.more.as_json());
        if let Some(refresh_token) = &session.refresh_token {
            stored.text("refresh_token", refresh_token.expose());
        }
        if let Some(expires_at) = session.expires_at {
            stored.number("expires_at", expires_at.as_unix());
        }
        if let Some(return_to) = &session.return_to {
            stored.text("return_to", return_to);
        }
        stored.end()
    }

    /// A session goes back only to the client it came from.
    pub(crate) fn check_client(&self, client: &Client) -> Result<(), Error> {
        check_client(client, &self.0.issuer, &self.0.client_id)
    }

    /// What a response to a refresh leaves unsaid.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            scope: self.0.scope.clone(),
            refresh_token: self.0.refresh_token.clone(),
            return_to: self.0.return_to.clone(),
        }
    }
}

/// What a session has when the token response does not say.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) scope: Vec<String>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) return_to: Option<String>,
}

const VERSION: i64 = 1;

/// What [`Session::encode`] wrote: tokens that have to be verified again.
struct Stored {
    issuer: String,
    client_id: String,
    id_token: Secret,
    tokens: Tokens,
    asked: Asked,
}

/// Reads a stored session of this client.
pub(crate) fn decode(client: &Client, text: &str) -> Result<(Secret, Tokens, Asked), Error> {
    let unreadable = |reason: &str| ErrorKind::UnreadableSession.with([reason]);
    let mut stored = Config::parse_own(text).map_err(|reason| unreadable(&reason))?;
    if stored.time("v") != Some(VERSION) {
        return Err(unreadable("of another version"));
    }
    let stored = Stored::read(stored).map_err(|_| unreadable("not a session"))?;
    check_client(client, &stored.issuer, &stored.client_id)?;
    let tokens = [Some(&stored.tokens.access_token), stored.tokens.refresh_token.as_ref()];
    if !tokens.into_iter().flatten().all(|token| is_visible(token.expose())) {
        return Err(unreadable("a token is not one"));
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
                access_token: Secret::new(stored.required("access_token", Config::text)),
                token_type: stored.required("token_type", Config::text),
                refresh_token: stored.text("refresh_token").map(Secret::new),
                id_token: None,
                scope: None,
                expires_at: stored.time("expires_at").map(Timestamp::from_unix),
                more: stored.required("more", Config::object),
            },
            asked: Asked {
                scope: stored.required("scope", Config::texts),
                refresh_token: None,
                return_to: stored.text("return_to"),
            },
        };
        stored.end(read)
    }
}

fn check_client(client: &Client, issuer: &str, client_id: &str) -> Result<(), Error> {
    let member =
        match (issuer == client.provider().issuer().as_str(), client_id == client.registration().client_id) {
            (true, true) => return Ok(()),
            (false, _) => "issuer",
            (true, false) => "client_id",
        };
    Err(ErrorKind::SessionMismatch.with([member]))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.0.claims)
    }
}
