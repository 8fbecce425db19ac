//! Checking a signed token: its form, its claims, its key, its signature.
//!
//! ```text
//! start ── claims checked, key at hand ──────────────────────────▶ signature ──▶ Done
//!   │                                                               ▲    │ (signatures: host)
//!   └── claims checked, key wanted ──▶ Keys ── reply ── key found ──┘    └──▶ Signature ── reply ──▶ Done
//! ```
//! There is no way back from `Signature` to `Keys`: a bad signature fetches nothing.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::cache::{Cache, LookUp};
use crate::checks::{Checks, Demand};
use crate::claims::Verified;
use crate::client::Client;
use crate::decision::{Check, Trace, Value};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step, VerifyRequest};
use crate::flows::accept_keys;
use crate::http::{Endpoint, HttpRequest};
use crate::jose::{Alg, Choice, Jws, KeySet, verify_with_secret};
use crate::json::{Document, Object};
use crate::policy::Signatures;
use crate::time::Timestamp;

/// Checking a signed token, suspended on its keys or its signature.
#[derive(Debug)]
pub(crate) struct Signed {
    client: Client,
    token: Token<'static>,
    state: State,
    request: Request,
    trace: Trace,
}

#[derive(Debug)]
enum State {
    Keys,
    Signature,
}

/// A token whose form and claims are in order and whose signature is open.
struct Token<'a> {
    alg: Alg,
    kid: Option<String>,
    signing_input: Cow<'a, str>,
    signature: Vec<u8>,
    claims: String,
    iss: Arc<str>,
    sub: String,
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.alg.as_str())
    }
}

impl Signed {
    pub(crate) fn start(
        client: &Client,
        token: &str,
        demand: &Demand,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Signed>, Error> {
        let mut trace = Trace::new(client.policy().record_decisions);
        let token = Token::check(client, token, demand, now, &mut trace);
        let token = trace.attach(token)?;
        if token.alg.is_symmetric() {
            let good = client.registration().client_secret.as_ref().is_some_and(|secret| {
                let key = secret.expose().as_bytes();
                verify_with_secret(key, token.alg, token.signing_input.as_bytes(), &token.signature)
            });
            return token.finish(good, trace).map(Step::Done);
        }
        let jwks_uri = client.provider().metadata().jwks_uri();
        match cache.keys(jwks_uri, token.wanted(), client.policy(), now) {
            LookUp::Fetch => Ok(Step::Pending(Signed {
                client: client.clone(),
                token: token.into_owned(),
                state: State::Keys,
                request: Request::Http(HttpRequest::get(Endpoint::Jwks, jwks_uri, client.policy())),
                trace,
            })),
            LookUp::Use(set, age) => token.with_cached_keys(client, &set, age, trace),
            LookUp::Wait(retry_after) => wait(retry_after, &mut trace),
        }
    }

    fn look_again(mut self, cache: &Cache, now: Timestamp) -> Result<Step<Signed>, Error> {
        let (client, jwks_uri) = (&self.client, self.client.provider().metadata().jwks_uri());
        match cache.keys(jwks_uri, self.token.wanted(), client.policy(), now) {
            LookUp::Fetch => Ok(Step::Pending(self)),
            LookUp::Use(set, age) => self.token.with_cached_keys(client, &set, age, self.trace),
            LookUp::Wait(retry_after) => wait(retry_after, &mut self.trace),
        }
    }

    fn keys_arrived(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match reply {
            Reply::Verified(_) => return self.trace.attach(Err(reply.wrong("http"))),
            Reply::LookAgain => return self.look_again(cache, now),
            Reply::Http(_) | Reply::Unreachable { .. } => {}
        }
        let jwks_uri = self.client.provider().metadata().jwks_uri();
        match accept_keys(reply, &self.request, jwks_uri, self.client.policy(), cache, now) {
            Ok(set) => {
                let [usable, dropped] = [set.len(), set.dropped.len()]
                    .map(|number| Value::Number(i64::try_from(number).unwrap_or(i64::MAX)));
                self.trace.pass(Check::KeysFetched, &[Value::Text(jwks_uri), usable, dropped]);
                self.token.with_keys(&self.client, &set, self.trace)
            }
            Err(error) => match cache.stale_keys(jwks_uri, self.client.policy(), now) {
                Some((set, age)) if !matches!(self.token.choose(&set), Choice::None) => {
                    let reason = [Value::Text(jwks_uri), Value::Text(error.code()), Value::Number(age)];
                    self.trace.pass(Check::KeysStale, &reason);
                    self.token.with_keys(&self.client, &set, self.trace)
                }
                _ => self.trace.attach(Err(error)),
            },
        }
    }
}

impl<'a> Token<'a> {
    /// All that can be checked without a key: cheap checks come before a fetch of keys.
    fn check(
        client: &Client,
        token: &'a str,
        demand: &Demand,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Token<'a>, Error> {
        now.plausible()?;
        let jws = Jws::parse(token, client.policy())?;
        check_typ(jws.typ.as_deref(), trace)?;
        let alg = check_alg(&jws, client, demand, trace)?;
        let claims = |reason: &str| ErrorKind::MalformedToken.with([&["claims: ", reason].concat()]);
        let members =
            Object::parse_within(&jws.payload, client.policy().json()).map_err(|reason| claims(&reason))?;
        let (iss, sub) = Checks { client, demand, members: &members, alg, now, trace }.run()?;
        Ok(Token {
            alg,
            kid: jws.kid,
            signing_input: Cow::Borrowed(jws.signing_input),
            signature: jws.signature,
            claims: String::from_utf8(jws.payload).map_err(|_| claims("not UTF-8"))?,
            iss,
            sub,
        })
    }

    fn into_owned(self) -> Token<'static> {
        Token { signing_input: Cow::Owned(self.signing_input.into_owned()), ..self }
    }

    fn wanted(&self) -> (Option<&str>, Alg) {
        (self.kid.as_deref(), self.alg)
    }

    fn choose<'s>(&self, set: &'s KeySet) -> Choice<'s> {
        set.choose(self.kid.as_deref(), self.alg)
    }

    fn with_cached_keys(
        self,
        client: &Client,
        set: &KeySet,
        age: i64,
        mut trace: Trace,
    ) -> Result<Step<Signed>, Error> {
        let jwks_uri = client.provider().metadata().jwks_uri();
        trace.pass(Check::KeysCached, &[Value::Text(jwks_uri), Value::Number(age)]);
        self.with_keys(client, set, trace)
    }

    fn with_keys(self, client: &Client, set: &KeySet, mut trace: Trace) -> Result<Step<Signed>, Error> {
        let (alg, kid) = (self.alg.as_str(), self.kid.as_deref());
        let (key, check) = match (self.choose(set), kid) {
            (Choice::One(key), Some(_)) => (Some(key), Check::Key),
            (Choice::One(key), None) => (Some(key), Check::KeyWithoutKid),
            (Choice::None, Some(_)) => (None, Check::Key),
            (Choice::None, None) => (None, Check::KeyWithoutKid),
            (Choice::Ambiguous, Some(_)) => (None, Check::KeyAmbiguous),
            (Choice::Ambiguous, None) => (None, Check::KeyWithoutKidAmbiguous),
        };
        let values = [Value::Text(alg), Value::Text(kid.unwrap_or_default())];
        let Some(key) = key else {
            let error = trace.fail(check, &values);
            return trace.attach(Err(error));
        };
        trace.pass(check, &values);
        if !key.fits(&self.signature) {
            return self.finish(false, trace).map(Step::Done);
        }
        match client.policy().signatures {
            Signatures::Core => {
                let good = key.verify(self.alg, self.signing_input.as_bytes(), &self.signature);
                self.finish(good, trace).map(Step::Done)
            }
            Signatures::Host => Ok(Step::Pending(Signed {
                client: client.clone(),
                state: State::Signature,
                request: Request::Verify(VerifyRequest {
                    alg: self.alg,
                    key: key.clone(),
                    signing_input: self.signing_input.as_bytes().to_vec(),
                    signature: self.signature.clone(),
                }),
                // What was signed is the host's now.
                token: Token { signing_input: Cow::Borrowed(""), ..self },
                trace,
            })),
        }
    }

    fn finish(self, good: bool, mut trace: Trace) -> Result<Verified, Error> {
        let kid = self.kid.as_deref().unwrap_or_default();
        let checked = trace.texts(Check::Signature, good, self.alg.as_str(), kid);
        trace.attach(checked)?;
        Ok(Verified { claims: Document::of(self.claims), iss: self.iss, sub: self.sub, trace })
    }
}

/// Asked a moment ago, in vain.
fn wait(retry_after: i64, trace: &mut Trace) -> Result<Step<Signed>, Error> {
    trace.attach(Err(ErrorKind::KeysUnavailable.with([&retry_after.to_string()])))
}

/// A token that says what it is has to say that it is a JWT (RFC 8725 3.11, RFC 7515 4.1.9).
fn check_typ(typ: Option<&str>, trace: &mut Trace) -> Result<(), Error> {
    let declared = typ.unwrap_or("JWT");
    let prefix = declared.get(..12).filter(|prefix| prefix.eq_ignore_ascii_case("application/"));
    let kind = declared.get(prefix.map_or(0, str::len)..).unwrap_or(declared);
    let shown = match typ {
        None => "none".to_owned(),
        Some(typ) => typ.chars().take(64).collect(),
    };
    trace.text(Check::Typ, kind.eq_ignore_ascii_case("JWT"), &shown)
}

fn check_alg(jws: &Jws<'_>, client: &Client, demand: &Demand, trace: &mut Trace) -> Result<Alg, Error> {
    let accepted = match demand {
        Demand::UserInfo { .. } => client.userinfo_algs(),
        Demand::Fresh(_) | Demand::Refreshed { .. } | Demand::Restored => client.id_token_algs(),
    };
    match jws.alg(accepted.algs()) {
        Some(alg) => {
            trace.texts(Check::Alg, true, accepted.names(), alg.as_str())?;
            Ok(alg)
        }
        None => {
            let shown: String = jws.alg.chars().take(32).collect();
            Err(trace.fail(Check::Alg, &[Value::Text(accepted.names()), Value::Text(&shown)]))
        }
    }
}

impl Flow for Signed {
    type Output = Verified;

    fn request(&self) -> &Request {
        &self.request
    }

    fn resume(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match (&self.state, reply) {
            (State::Keys, reply) => self.keys_arrived(reply, cache, now),
            (State::Signature, Reply::Verified(good)) => self.token.finish(good, self.trace).map(Step::Done),
            (State::Signature, Reply::Unreachable { reason }) => {
                self.trace.attach(Err(ErrorKind::Unreachable.with(["signature", &reason])))
            }
            (State::Signature, reply @ (Reply::Http(_) | Reply::LookAgain)) => {
                self.trace.attach(Err(reply.wrong("verified")))
            }
        }
    }
}
