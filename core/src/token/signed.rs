//! Checking a signed token: its form, its claims, its key, its signature.
//!
//! ```text
//! start ── claims checked ──▶ Open ── key at hand ──▶ signature ── good ─────────────▶ Done(Verified)
//!                              │ ▲                        │ bad, or no key
//!                              │ └── Waited ── Waiting ◀──┤ (own tokens: a few tries in a bounded time)
//!                              ▼                          │
//!                             Keys ── reply ──────────────┘────────────────────────▶ Done(NoKey), or an error
//! ```
//! Anybody can send a token that fits no key. So one that came from anybody leads to at most one fetch, and only when the last
//! attempt was a cooldown ago. One that the provider itself sent, over TLS in answer to a request of this client, cannot be
//! had again: it earns a fetch whatever the cooldown says, and more tries if that one was in vain. A signature that is wrong by
//! keys fetched for it is wrong.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

use crate::jose::{Choice, Key, KeySet, verify_with_secret};
use crate::machine::cache::{Cache, LookUp, Version};
use crate::machine::flow::{Flow, Reply, Request, Step, VerifyRequest, WaitRequest};
use crate::machine::{Endpoint, HttpRequest, Signatures};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::Timestamp;
use crate::text::json::Document;
use crate::token::claims::Verified;
use crate::token::demand::Demand;
use crate::token::keys::accept_keys;
use crate::token::read::Token;
use crate::token::rules::Rules;

/// Checking a signed token, suspended on its keys or its signature.
#[derive(Debug)]
pub(crate) struct Signed {
    open: Open<'static>,
    state: State,
    request: Request,
}

#[derive(Debug)]
enum State {
    /// On a key set; what the cache had seen of it when the request was made.
    Keys(Version),
    /// Until another attempt; why the last one was in vain.
    Waiting(&'static str),
    /// On the host's verdict on the signature by a key of this set.
    Signature(Source, Arc<KeySet>),
}

/// How a check of a signed token ends, if not with an error.
pub(crate) enum Verdict {
    /// Every check passed.
    Verified(Verified),
    /// Everything that can be read without the key is in order, and the key could not be had, for this reason.
    NoKey(Error),
}

impl Verdict {
    /// What is verified; without a key, nothing is.
    pub(crate) fn verified(self) -> Result<Verified, Error> {
        match self {
            Verdict::Verified(verified) => Ok(verified),
            Verdict::NoKey(error) => Err(error),
        }
    }
}

/// A token whose key or signature is open.
struct Open<'a> {
    rules: Arc<Rules>,
    token: Token<'a>,
    /// Whether the provider itself sent it.
    own: bool,
    attempts: Attempts,
    trace: Trace,
}

/// The attempts to fetch keys for a token.
#[derive(Clone, Debug, Default)]
struct Attempts {
    made: u32,
    /// When the first one was asked for.
    since: Option<Timestamp>,
    /// The set that made another attempt worth while: the same one is no answer.
    refused: Option<Arc<KeySet>>,
    /// Whether a signature was wrong by keys that were fetched, and others were asked for.
    doubted: bool,
}

/// Where a key set comes from.
#[derive(Clone, Debug)]
enum Source {
    /// Fetched for this token.
    Fetched,
    /// The cache; and what stood against better ones, if they were asked for.
    Cached(Option<&'static str>),
}

impl fmt::Debug for Open<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({}, {:?})", self.token.alg.as_str(), self.attempts.made)
    }
}

impl Signed {
    pub(crate) fn start(
        rules: &Arc<Rules>,
        token: &str,
        demand: &Demand,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let mut trace = Trace::new(rules.policy.record_decisions);
        let token = Token::check(rules, token, demand, now, &mut trace);
        let token = trace.attach(token)?;
        let (rules, own, attempts) = (Arc::clone(rules), demand.is_own(), Attempts::default());
        let open = Open { rules, token, own, attempts, trace };
        if open.token.alg.is_symmetric() {
            let good = open.rules.client_secret.as_ref().is_some_and(|secret| {
                let (key, token) = (secret.expose().as_bytes(), &open.token);
                verify_with_secret(key, token.alg, token.signing_input.as_bytes(), &token.signature)
            });
            return open.finish(good).map(Step::Done);
        }
        open.look(cache, now)
    }
}

impl Open<'_> {
    fn into_owned(self) -> Open<'static> {
        let token = self.token;
        let token = Token { signing_input: Cow::Owned(token.signing_input.into_owned()), ..token };
        Open { rules: self.rules, token, own: self.own, attempts: self.attempts, trace: self.trace }
    }

    /// The key as the cache has it, or a request for keys.
    fn look(mut self, cache: &Cache, now: Timestamp) -> Result<Step<Signed>, Error> {
        let wanted = (self.token.kid.as_deref(), self.token.alg);
        match cache.keys(&self.rules.jwks_uri, wanted, &self.rules.policy, now) {
            LookUp::Use(set, age) => {
                if self.attempts.refused.as_ref().is_some_and(|refused| Arc::ptr_eq(refused, &set)) {
                    return Ok(self.fetch(cache, now));
                }
                self.trace
                    .pass(check::KeysCached { jwks_uri: (&*self.rules.jwks_uri).into(), age: age.into() });
                self.judge(&set, Source::Cached(None), cache, now)
            }
            LookUp::Fetch => Ok(self.fetch(cache, now)),
            LookUp::Wait(_) if self.own => Ok(self.fetch(cache, now)),
            LookUp::Wait(_) => {
                let error = unavailable(&self.rules, "cooldown", cache, now);
                self.trace.attach(Err(error))
            }
        }
    }

    fn fetch(mut self, cache: &Cache, now: Timestamp) -> Step<Signed> {
        self.attempts.since.get_or_insert(now);
        let jwks_uri = &self.rules.jwks_uri;
        let request = HttpRequest::get(Endpoint::Jwks, jwks_uri, self.rules.policy.limits(Endpoint::Jwks));
        let state = State::Keys(cache.keys_version(jwks_uri));
        Step::Pending(Signed { open: self.into_owned(), state, request: Request::Http(request) })
    }

    /// The keys that a reply brought, or those that must serve since it brought none.
    fn arrived(
        mut self,
        reply: Reply,
        request: &Request,
        seen: Version,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let rules = Arc::clone(&self.rules);
        let jwks_uri = &*rules.jwks_uri;
        let reply = self.trace.attach(reply.expect_http())?;
        self.attempts.made = self.attempts.made.saturating_add(1);
        match accept_keys(reply, request, jwks_uri, seen, &rules.policy, cache, now) {
            Ok(set) => {
                let (usable, dropped) = (set.len().into(), set.dropped.len().into());
                self.trace.pass(check::KeysFetched { jwks_uri: jwks_uri.into(), usable, dropped });
                self.judge(&set, Source::Fetched, cache, now)
            }
            Err(error) => {
                if let Some((set, age)) = cache.stale_keys(jwks_uri, &rules.policy, now)
                    && !matches!(self.choose(&set), Choice::None)
                {
                    let (reason, age) = (error.code().into(), age.into());
                    self.trace.pass(check::KeysStale { jwks_uri: jwks_uri.into(), reason, age });
                    return self.judge(&set, Source::Cached(Some(error.code())), cache, now);
                }
                if !self.own {
                    return self.trace.attach(Err(error));
                }
                self.again(error.code(), cache, now)
            }
        }
    }

    fn choose<'s>(&self, set: &'s KeySet) -> Choice<'s> {
        set.choose(self.token.kid.as_deref(), self.token.alg)
    }

    /// Of an issuer of many tenants, whether the key is for the tenant that the token names: some keys are for one alone.
    fn is_of_the_tenant(&self, key: &Key) -> bool {
        let Some(tenants) = &self.rules.tenants else { return true };
        let own = |issuer: &String| *issuer == tenants.template || **issuer == *self.token.iss;
        key.issuer.as_ref().is_none_or(own)
    }

    /// The signature by the key of this set that fits.
    fn judge(
        mut self,
        set: &Arc<KeySet>,
        source: Source,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let key = match self.choose(set) {
            Choice::One(key) if self.is_of_the_tenant(key) => Arc::clone(key),
            Choice::One(_) | Choice::None => {
                return self.obstructed(Obstacle::NoKey, set, source, cache, now);
            }
            Choice::Ambiguous => return self.obstructed(Obstacle::SeveralKeys, set, source, cache, now),
        };
        self.at_hash()?;
        let token = &self.token;
        let good = if !key.fits(&token.signature) {
            false
        } else if self.rules.policy.signatures == Signatures::Host {
            let request = VerifyRequest {
                alg: token.alg,
                key,
                signing_input: token.signing_input.as_bytes().to_vec(),
                signature: token.signature.clone(),
            };
            let state = State::Signature(source, Arc::clone(set));
            return Ok(Step::Pending(Signed {
                open: self.into_owned(),
                state,
                request: Request::Verify(request),
            }));
        } else {
            key.verify(token.alg, token.signing_input.as_bytes(), &token.signature)
        };
        self.judged(good, set, source, cache, now)
    }

    fn judged(
        self,
        good: bool,
        set: &Arc<KeySet>,
        source: Source,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        if good {
            return self.finish(true).map(Step::Done);
        }
        self.obstructed(Obstacle::BadSignature, set, source, cache, now)
    }

    /// Whether other keys can help: they are fetched, now or after a pause. Otherwise this is how it ends.
    fn obstructed(
        mut self,
        obstacle: Obstacle,
        set: &Arc<KeySet>,
        source: Source,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let policy = &self.rules.policy;
        match (source, obstacle) {
            (Source::Cached(None), _) if self.own && self.attempts.made < policy.key_tries => {
                self.attempts.refused = Some(Arc::clone(set));
                return Ok(self.fetch(cache, now));
            }
            // A rotation under one kid, or without any. Where the key is not there, the cache has said what to do.
            (Source::Cached(None), Obstacle::BadSignature)
                if self.attempts.made == 0 && cache.may_fetch_keys(&self.rules.jwks_uri, policy, now) =>
            {
                self.attempts.refused = Some(Arc::clone(set));
                return Ok(self.fetch(cache, now));
            }
            (Source::Cached(Some(reason)), _) if self.own => return self.again(reason, cache, now),
            (Source::Fetched, Obstacle::NoKey) if self.own => {
                self.attempts.refused = Some(Arc::clone(set));
                return self.again(UNKNOWN, cache, now);
            }
            // Hosts share answers, so this may be one to a request that was under way when the key was changed. The next
            // one is not: its request is made now, or by who was answered after this token came.
            (Source::Fetched, Obstacle::BadSignature)
                if self.own && !self.attempts.doubted && self.attempts.made < policy.key_tries =>
            {
                self.attempts.doubted = true;
                self.attempts.refused = Some(Arc::clone(set));
                return Ok(self.fetch(cache, now));
            }
            _ => {}
        }
        match obstacle {
            Obstacle::BadSignature => self.finish(false).map(Step::Done),
            Obstacle::NoKey => {
                let error = self.missing(set.left_out(self.token.kid.as_deref()));
                self.no_key(error)
            }
            Obstacle::SeveralKeys => {
                let (alg, kid) = (self.token.alg.as_str(), self.token.kid.clone());
                let error = match kid.as_deref() {
                    Some(kid) => self.trace.fail(check::KeyAmbiguous { alg: alg.into(), kid: kid.into() }),
                    None => {
                        self.trace.fail(check::KeyWithoutKidAmbiguous { alg: alg.into(), kid: "".into() })
                    }
                };
                self.no_key(error)
            }
        }
    }

    /// Another attempt after a pause, if there is one left and time for it.
    fn again(mut self, reason: &'static str, cache: &Cache, now: Timestamp) -> Result<Step<Signed>, Error> {
        let policy = &self.rules.policy;
        let pause = policy.key_wait_secs.checked_div(policy.key_tries).unwrap_or_default().max(1);
        let since = self.attempts.since.unwrap_or(now);
        let in_time = now.since(since).saturating_add(pause.into()) <= policy.key_wait_secs.into();
        if self.attempts.made >= policy.key_tries || !in_time {
            return self.given_up(reason, cache, now);
        }
        let jwks_uri = (&*self.rules.jwks_uri).into();
        self.trace.pass(check::KeysAwaited { jwks_uri, reason: reason.into(), seconds: pause.into() });
        let request = Request::Wait(WaitRequest::from(now, pause));
        Ok(Step::Pending(Signed { open: self.into_owned(), state: State::Waiting(reason), request }))
    }

    fn given_up(
        mut self,
        reason: &'static str,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let left_out = self.attempts.refused.take();
        let error = if reason == UNKNOWN {
            self.missing(left_out.as_ref().and_then(|set| set.left_out(self.token.kid.as_deref())))
        } else {
            unavailable(&self.rules, reason, cache, now)
        };
        self.no_key(error)
    }

    fn missing(&mut self, left_out: Option<&'static str>) -> Error {
        let alg = self.token.alg.as_str().into();
        let left_out = left_out.unwrap_or_default().into();
        match self.token.kid.as_deref() {
            Some(kid) => self.trace.fail(check::Key { alg, kid: kid.into(), left_out }),
            None => self.trace.fail(check::KeyWithoutKid { alg, kid: "".into(), left_out }),
        }
    }

    /// The end without a key.
    fn no_key(mut self, error: Error) -> Result<Step<Signed>, Error> {
        if !self.own {
            return self.trace.attach(Err(error));
        }
        let error = error.after(self.trace.clone());
        self.at_hash()?;
        Ok(Step::Done(Verdict::NoKey(error)))
    }

    fn at_hash(&mut self) -> Result<(), Error> {
        match self.token.at_hash.take() {
            None => Ok(()),
            Some(passed) => {
                let checked = self.trace.check(check::AtHash, passed);
                self.trace.attach(checked)
            }
        }
    }

    fn finish(mut self, good: bool) -> Result<Verdict, Error> {
        self.at_hash()?;
        let alg = self.token.alg.as_str().into();
        let kid = self.token.kid.as_deref().unwrap_or_default();
        if !self.token.alg.is_symmetric() {
            match self.token.kid.as_deref() {
                Some(kid) => self.trace.pass(check::Key { alg, kid: kid.into(), left_out: "".into() }),
                None => self.trace.pass(check::KeyWithoutKid { alg, kid: "".into(), left_out: "".into() }),
            }
        }
        let checked = self.trace.check(check::Signature { alg, kid: kid.into() }, good);
        self.trace.attach(checked)?;
        let Token { claims, iss, sub, .. } = self.token;
        Ok(Verdict::Verified(Verified { claims: Document::of(claims), iss, sub, trace: self.trace }))
    }
}

/// What stands between a token and its verdict.
#[derive(Clone, Copy)]
enum Obstacle {
    NoKey,
    SeveralKeys,
    BadSignature,
}

/// Why keys that arrived do not help.
const UNKNOWN: &str = "unknown_key";

fn unavailable(rules: &Rules, reason: &str, cache: &Cache, now: Timestamp) -> Error {
    let retry_after = cache.keys_retry_after(&rules.jwks_uri, &rules.policy, now);
    ErrorKind::KeysUnavailable.with([reason, &retry_after.to_string()])
}

impl Flow for Signed {
    type Output = Verdict;

    fn request(&self) -> &Request {
        &self.request
    }

    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let Signed { mut open, state, request } = self;
        match (state, reply) {
            (State::Keys(_), Reply::LookAgain) => open.look(cache, now),
            (State::Keys(seen), reply) => open.arrived(reply, &request, seen, cache, now),
            (State::Waiting(_), Reply::Waited) => open.look(cache, now),
            (State::Waiting(reason), Reply::Unsupported | Reply::Unreachable { .. }) => {
                open.given_up(reason, cache, now)
            }
            (State::Waiting(_), reply) => open.trace.attach(Err(reply.wrong("waited"))),
            (State::Signature(source, set), Reply::Verified(good)) => {
                open.judged(good, &set, source, cache, now)
            }
            (State::Signature(..), Reply::Unreachable { reason }) => {
                let error = ErrorKind::Unreachable.with(["signature", &reason]);
                open.no_key(error)
            }
            (State::Signature(..), reply) => open.trace.attach(Err(reply.wrong("verified"))),
        }
    }
}
