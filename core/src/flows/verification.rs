//! Checking an ID token: its form, its claims, its key, its signature.
//!
//! ```text
//! start ── claims checked, key at hand ──────────────────────────▶ signature ──▶ Done
//!   │                                                               ▲    │ (signatures: host)
//!   └── claims checked, key wanted ──▶ Keys ── reply ── key found ──┘    └──▶ Signature ── reply ──▶ Done
//! ```
//! There is no way back from `Signature` to `Keys`: a bad signature fetches nothing.

use std::fmt;

use crate::cache::{Cache, LookUp};
use crate::checks::{Checks, Demand};
use crate::claims::IdTokenClaims;
use crate::client::Client;
use crate::decision::{Check, Trace};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step, VerifyRequest};
use crate::flows::accept_keys;
use crate::http::{Endpoint, HttpRequest};
use crate::jose::{Alg, Choice, Jws, KeySet};
use crate::json::{self, Object};
use crate::policy::Signatures;
use crate::time::Timestamp;

/// Checking an ID token. Yields its [claims](IdTokenClaims), without a request if the key is known and
/// the core checks signatures.
#[derive(Debug)]
pub struct Verification {
    client: Client,
    token: Token,
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
struct Token {
    alg: Alg,
    kid: Option<String>,
    signing_input: Vec<u8>,
    signature: Vec<u8>,
    members: Object,
    iss: String,
    sub: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.alg.as_str())
    }
}

impl Verification {
    pub(crate) fn start(
        client: &Client,
        id_token: &str,
        demand: &Demand,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Verification>, Error> {
        let mut trace = Trace::new(client.policy().record_decisions);
        let token = Token::check(client, id_token, demand, now, &mut trace);
        let token = trace.attach(token)?;
        let jwks_uri = client.provider().metadata().jwks_uri();
        let request = || Request::Http(HttpRequest::get(Endpoint::Jwks, jwks_uri, client.policy()));
        let mut verification =
            Verification { client: client.clone(), token, state: State::Keys, request: request(), trace };
        match cache.keys(jwks_uri, verification.token.wanted(), client.policy(), now) {
            LookUp::Fetch => Ok(Step::Pending(verification)),
            LookUp::Use(set, age) => verification.with_keys(&set, format_args!("in the cache, {age} s old")),
            LookUp::Wait(retry_after) => verification
                .trace
                .attach(Err(ErrorKind::KeysUnavailable { retry_after: retry_after.to_string() }.into())),
        }
    }

    fn keys_arrived(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::Verified(_) = reply {
            return self.trace.attach(Err(reply.wrong("http")));
        }
        let jwks_uri = self.client.provider().metadata().jwks_uri().to_owned();
        match accept_keys(reply, &self.request, &jwks_uri, cache, now) {
            Ok(set) => {
                let dropped = set.dropped.len();
                self.trace.pass(
                    Check::Keys,
                    format_args!("the keys at {jwks_uri}"),
                    format_args!("fetched: {} usable, {dropped} left out", set.len()),
                );
                self.with_keys(&set, format_args!("fetched just now"))
            }
            Err(error) => match cache.stale_keys(&jwks_uri, self.client.policy(), now) {
                Some((set, age)) if !matches!(self.token.choose(&set), Choice::None) => self.with_keys(
                    &set,
                    format_args!("not refreshed ({}); in the cache, {age} s old", error.code()),
                ),
                _ => self.trace.attach(Err(error)),
            },
        }
    }

    fn with_keys(mut self, set: &KeySet, origin: fmt::Arguments<'_>) -> Result<Step<Self>, Error> {
        let (alg, kid) = (self.token.alg.as_str(), self.token.kid.clone().unwrap_or_default());
        let named =
            self.token.kid.as_ref().map_or_else(|| "the only one".to_owned(), |kid| format!("kid {kid}"));
        let wanted = format_args!("one key for {alg}, {named}");
        let key = match self.token.choose(set) {
            Choice::One(key) => key,
            Choice::None => {
                return Err(self.trace.fail(
                    Check::Key,
                    wanted,
                    format_args!("none"),
                    ErrorKind::UnknownKey { kid, alg: alg.into() },
                ));
            }
            Choice::Ambiguous => {
                return Err(self.trace.fail(
                    Check::Key,
                    wanted,
                    format_args!("several"),
                    ErrorKind::AmbiguousKey { kid, alg: alg.into() },
                ));
            }
        };
        self.trace.pass(Check::Key, wanted, origin);
        if !key.fits(&self.token.signature) {
            return self.finish(false).map(Step::Done);
        }
        match self.client.policy().signatures {
            Signatures::Core => {
                let good = key.verify(self.token.alg, &self.token.signing_input, &self.token.signature);
                self.finish(good).map(Step::Done)
            }
            Signatures::Host => {
                self.request = Request::Verify(VerifyRequest {
                    alg: self.token.alg,
                    jwk: key.jwk.clone(),
                    signing_input: self.token.signing_input.clone(),
                    signature: self.token.signature.clone(),
                });
                self.state = State::Signature;
                Ok(Step::Pending(self))
            }
        }
    }

    fn finish(mut self, good: bool) -> Result<IdTokenClaims, Error> {
        let alg = self.token.alg.as_str();
        let found = if good { "good" } else { "wrong" };
        let checked = self.trace.check(
            Check::Signature,
            good,
            format_args!("a good {alg} signature"),
            format_args!("{found}"),
            || ErrorKind::BadSignature { alg: alg.into(), kid: self.token.kid.clone().unwrap_or_default() },
        );
        self.trace.attach(checked)?;
        Ok(IdTokenClaims::verified(self.token.members, self.token.iss, self.token.sub, self.trace))
    }
}

impl Token {
    /// All that can be checked without a key: cheap checks come before a fetch of keys.
    fn check(
        client: &Client,
        id_token: &str,
        demand: &Demand,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Token, Error> {
        now.plausible()?;
        let jws = Jws::parse(id_token)?;
        let typ = jws.typ.as_deref().unwrap_or("JWT");
        let short = if typ.get(..12).is_some_and(|prefix| prefix.eq_ignore_ascii_case("application/")) {
            typ.get(12..).unwrap_or(typ)
        } else {
            typ
        };
        let is_jwt = short.eq_ignore_ascii_case("JWT");
        trace.check(
            Check::Typ,
            is_jwt,
            format_args!("JWT, or none"),
            format_args!("{}", jws.typ.as_deref().unwrap_or("none")),
            || ErrorKind::TypRefused { actual: typ.chars().take(64).collect() },
        )?;
        let accepted = client.algs().iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(" or ");
        let alg = jws.alg(client.algs());
        trace.check(
            Check::Alg,
            alg.is_ok(),
            format_args!("{accepted}"),
            format_args!("{}", jws.alg),
            || ErrorKind::AlgRefused {
                expected: accepted.clone(),
                actual: jws.alg.chars().take(32).collect(),
            },
        )?;
        let alg = alg?;
        let members = json::object(&jws.payload)
            .map_err(|reason| ErrorKind::MalformedToken { reason: format!("claims: {reason}") })?;
        let (iss, sub) = Checks { client, demand, members: &members, alg, now, trace }.run()?;
        Ok(Token {
            alg,
            kid: jws.kid,
            signing_input: jws.signing_input.as_bytes().to_vec(),
            signature: jws.signature,
            members,
            iss,
            sub,
        })
    }

    fn wanted(&self) -> (Option<&str>, Alg) {
        (self.kid.as_deref(), self.alg)
    }

    fn choose<'a>(&self, set: &'a KeySet) -> Choice<'a> {
        set.choose(self.kid.as_deref(), self.alg)
    }
}

impl Flow for Verification {
    type Output = IdTokenClaims;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// `unknown_key`, `ambiguous_key`, `bad_signature`; and when keys were wanted and none are held:
    /// `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`, `response_too_large`, `malformed_json`.
    fn resume(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match (&self.state, reply) {
            (State::Keys, reply) => self.keys_arrived(reply, cache, now),
            (State::Signature, Reply::Verified(good)) => self.finish(good).map(Step::Done),
            (State::Signature, Reply::Unreachable { reason }) => {
                self.trace.attach(Err(ErrorKind::Unreachable { endpoint: "signature".into(), reason }.into()))
            }
            (State::Signature, reply @ Reply::Http(_)) => self.trace.attach(Err(reply.wrong("verified"))),
        }
    }
}
