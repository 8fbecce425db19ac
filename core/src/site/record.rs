//! What is kept of a login: its session, when it began, when it was last used.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::client::Owner;
use crate::login::{Session, read_session};
use crate::site::{Site, SitePolicy, SiteProvider};
use crate::text::Timestamp;
use crate::text::base64::to_base64url;
use crate::text::config::Config;
use crate::text::json::Writer;

/// A session that is kept.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) provider: String,
    /// The provider's name for its session, as the login's ID token had it: a refreshed one need not repeat it.
    sid: Option<String>,
    pub(super) session: Session,
    pub(super) began_at: Timestamp,
    pub(super) seen_at: Timestamp,
    /// Refreshes that failed one after the other.
    pub(super) failures: u32,
    /// When the next one may be tried.
    pub(super) retry_at: Timestamp,
}

/// What a store holds where a session was whose refresh token is gone: what comes too late finds it changed.
pub(super) const ENDED: &str = "{\"v\":1,\"ended\":true}";

const VERSION: i64 = 1;

/// How many writes of the time of the last use an idle lifetime is worth.
const TOUCHES: i64 = 8;

/// The pause after the first refresh that failed, in seconds; it doubles with each.
const FIRST_PAUSE: u32 = 5;
const LONGEST_PAUSE: u32 = 300;

impl Record {
    pub(super) fn new(provider: String, session: Session, now: Timestamp) -> Record {
        let never = Timestamp::from_unix(0);
        let sid = sid_of(&session).map(String::from);
        Record { provider, sid, session, began_at: now, seen_at: now, failures: 0, retry_at: never }
    }

    /// The same with the session that a refresh brought.
    pub(super) fn refreshed(&self, session: Session, now: Timestamp) -> Record {
        Record { session, seen_at: now, failures: 0, ..self.clone() }
    }

    /// The same after a refresh that failed.
    pub(super) fn failed(&self, now: Timestamp) -> Record {
        let pause =
            FIRST_PAUSE.checked_shl(self.failures.min(16)).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        let failures = self.failures.saturating_add(1);
        Record { failures, retry_at: now.plus(pause), ..self.clone() }
    }

    /// The same, used now.
    pub(super) fn seen(&self, now: Timestamp) -> Record {
        Record { seen_at: now, ..self.clone() }
    }

    /// When it is over unless it is used.
    pub(super) fn expires_at(&self, policy: &SitePolicy) -> Timestamp {
        self.seen_at.plus(policy.idle_secs).min(self.ends_at(policy))
    }

    /// When it is over, however much it is used.
    pub(super) fn ends_at(&self, policy: &SitePolicy) -> Timestamp {
        let absolute = self.began_at.plus(policy.absolute_secs);
        let told = self.session.claims().get("session_expiry").and_then(serde_json::Value::as_i64);
        told.map_or(absolute, |told| Timestamp::from_unix(told).min(absolute))
    }

    /// Whether it was used so long ago that this use is worth being written down.
    pub(super) fn is_stale(&self, policy: &SitePolicy, now: Timestamp) -> bool {
        now.since(self.seen_at).saturating_mul(TOUCHES) >= i64::from(policy.idle_secs)
    }

    /// Whether it is to be refreshed now.
    pub(super) fn is_due(&self, policy: &SitePolicy, now: Timestamp) -> bool {
        self.session.refresh_due(now, policy.refresh_margin_secs) && self.retry_at <= now
    }

    /// Whether its access token can still be used.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        self.session.expires_at().is_none_or(|expires_at| now < expires_at)
    }

    pub(super) fn encode(&self) -> Zeroizing<String> {
        let session = self.session.encode_to_be_sealed();
        let mut stored = Writer::with_capacity(session.len().saturating_add(512));
        stored
            .number("v", VERSION)
            .text("provider", &self.provider)
            .number("began_at", self.began_at.as_unix())
            .number("seen_at", self.seen_at.as_unix())
            .number("failures", self.failures.into())
            .number("retry_at", self.retry_at.as_unix())
            .raw("session", &session);
        if let Some(sid) = &self.sid {
            stored.text("sid", sid);
        }
        Zeroizing::new(stored.end())
    }

    /// What [`encode`](Record::encode) wrote. `None` for anything else, and for a session of a provider that the site has no
    /// longer, or is another client of.
    pub(super) fn decode(site: &Site, text: &str) -> Option<Record> {
        let mut stored = Config::parse_own(text).ok()?;
        if stored.time("v") != Some(VERSION) {
            return None;
        }
        let provider = stored.required("provider", Config::text);
        let times = ["began_at", "seen_at", "retry_at"]
            .map(|name| Timestamp::from_unix(stored.required(name, Config::time)));
        let failures = stored.required("failures", Config::number);
        let session = Zeroizing::new(stored.required("session", Config::object));
        let sid = stored.text("sid");
        stored.end(()).ok()?;
        let [began_at, seen_at, retry_at] = times;
        let SiteProvider { issuer, registration, policy, .. } = site.provider(&provider)?;
        let owner = Owner { issuer: issuer.as_str(), client_id: &registration.client_id };
        let session = read_session(owner, issuer, &session, policy.record_decisions).ok()?;
        Some(Record { provider, sid, session, began_at, seen_at, failures, retry_at })
    }

    /// What the session is also found by: its provider's `sid`, now and at the login, and `sub`. Where there is no `sid`, a logout
    /// token that has one means it by its `sub`.
    pub(super) fn labels(&self) -> Vec<String> {
        let (iss, sub) = (self.session.claims().iss(), self.session.claims().sub());
        let mut sids: Vec<&str> = self.sid.as_deref().into_iter().chain(sid_of(&self.session)).collect();
        sids.dedup();
        let unnamed = sids.is_empty().then(|| label("unnamed", iss, sub));
        let sids = sids.into_iter().map(|sid| label("sid", iss, sid));
        sids.chain(unnamed).chain([label("sub", iss, sub)]).collect()
    }
}

fn sid_of(session: &Session) -> Option<&str> {
    session.claims().get("sid").and_then(serde_json::Value::as_str)
}

/// The label of the sessions of one `sid` or `sub` at an issuer: `sid`, `sub`, or `unnamed` for those of a `sub` without a `sid`.
pub(super) fn label(kind: &str, iss: &str, value: &str) -> String {
    [kind, ".", &hashed(&["label", kind, iss, value])].concat()
}

/// Where the session is kept whose cookie has this value: who can read the store learns no cookie from it.
pub(super) fn session_key(id: &str) -> String {
    ["session.", &hashed(&["session", id])].concat()
}

/// The name of the lock of a session.
pub(super) fn lock_key(session_key: &str) -> String {
    ["lock.", session_key].concat()
}

/// Where it is noted that the sessions of a label were ended.
pub(super) fn ended_key(label: &str) -> String {
    ["ended.", label].concat()
}

/// Where the page is kept that the login with this cookie leads to, if it is too long for the cookie.
pub(super) fn page_key(cookie_name: &str) -> String {
    ["page.", &hashed(&["page", cookie_name])].concat()
}

/// Where it is noted that the login with this cookie was used.
pub(super) fn used_key(cookie_name: &str) -> String {
    ["used.", &hashed(&["used", cookie_name])].concat()
}

fn hashed(parts: &[&str]) -> String {
    let mut digest = Sha256::new().chain_update(b"relyingparty/1/site/");
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    to_base64url(&digest.finalize())
}
