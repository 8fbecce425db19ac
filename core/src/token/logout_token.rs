//! A logout token that passed every check (OIDC Back-Channel Logout 2.4).

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::report::{Decision, Error, ErrorKind, Trace};
use crate::text::Timestamp;
use crate::text::base64::to_base64url;
use crate::text::json::{Document, Quoted, Round};
use crate::token::claims::{Verified, numeric_date, string};
use crate::token::rules::Rules;

/// A verified logout token: the provider ended sessions, and the application has to end its own.
///
/// It exists only if every check passed. It is good once: before you act on it, add [`replay_key`](LogoutToken::replay_key) to a
/// store that keeps it until [`remember_until`](LogoutToken::remember_until), and refuse the token if the key was there.
///
/// With a [`session_id`](LogoutToken::session_id), the sessions whose ID token has this `sid` end; without one, all sessions of the
/// [`subject`](LogoutToken::subject). Cheap to clone.
#[derive(Clone)]
pub struct LogoutToken(Arc<Inner>);

struct Inner {
    issuer: Arc<str>,
    subject: Option<String>,
    session_id: Option<String>,
    jti: String,
    issued_at: Timestamp,
    expires_at: Timestamp,
    replay_key: String,
    remember_until: Timestamp,
    claims: Document,
    trace: Trace,
}

impl LogoutToken {
    /// For the verifier alone.
    pub(crate) fn new(rules: &Rules, verified: Verified) -> Result<LogoutToken, Error> {
        let Verified { claims, iss, sub, trace } = verified;
        // What was checked is well-formed.
        let changed = || ErrorKind::MalformedToken.with(["claims: not what was checked"]);
        let members = claims.object();
        let text =
            |claim| string(&members, claim).ok().flatten().map(|text: Quoted<'_>| text.text().into_owned());
        let time = |claim, round| numeric_date(&members, claim, round).ok().flatten().ok_or_else(changed);
        let (issued_at, expires_at) = (time("iat", Round::Up)?, time("exp", Round::Down)?);
        let (session_id, jti) = (text("sid"), text("jti").ok_or_else(changed)?);
        let oldest = issued_at.plus(rules.policy.max_logout_token_age_secs);
        let remember_until = oldest.min(expires_at).plus(rules.policy.allowed_skew_secs).plus(1);
        let digest = Sha256::new()
            .chain_update(b"relyingparty/1/logout-token/")
            .chain_update(iss.as_bytes())
            .chain_update([0])
            .chain_update(&rules.client_id)
            .chain_update([0])
            .chain_update(&jti)
            .finalize();
        Ok(LogoutToken(Arc::new(Inner {
            issuer: iss,
            subject: Some(sub).filter(|sub| !sub.is_empty()),
            session_id,
            jti,
            issued_at,
            expires_at,
            replay_key: to_base64url(&digest),
            remember_until,
            claims,
            trace,
        })))
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The `sub` of the end user whose sessions end. If there is none, there is a [`session_id`](LogoutToken::session_id).
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The `sid` of the session that ends: the one that the ID token of that session has. Without it all sessions of the
    /// [`subject`](LogoutToken::subject) end.
    pub fn session_id(&self) -> Option<&str> {
        self.0.session_id.as_deref()
    }

    /// The token's own identifier, as the provider wrote it.
    pub fn jti(&self) -> &str {
        &self.0.jti
    }

    /// When it was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// When it expires.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// What to remember the token by: 43 characters of base64url, of issuer, client and `jti`. A second token with this key is a
    /// replay.
    pub fn replay_key(&self) -> &str {
        &self.0.replay_key
    }

    /// Until when the [`replay_key`](LogoutToken::replay_key) has to be remembered: from then on the token is refused anyway.
    pub fn remember_until(&self) -> Timestamp {
        self.0.remember_until
    }

    /// Any claim.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.as_map().get(claim)
    }

    /// All claims as a JSON object.
    pub fn as_json(&self) -> &str {
        self.0.claims.as_json()
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &Map<String, Value> {
        self.0.claims.as_map()
    }

    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }
}

impl fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogoutToken({})", self.issuer())
    }
}
