//! A deterministic provider and a relying party that talks to it, with time that moves by hand.
#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(unused_imports, reason = "every test file uses a part of it")]

mod canary;
mod keys;
mod provider;

pub(crate) use canary::{canary_world, secrets_in};
pub(crate) use keys::{CLIENT_SECRET, Key, b64, unb64};
pub(crate) use provider::{Edit, Op, edited, json_response, parameter, parameters, query, typed_response};

use relyingparty::{
    Alg, Authorization, AuthorizationCode, AuthorizeRequest, Cache, CallbackParams, Client, Entropy, Error,
    Expectations, Flow, IdTokenClaims, Issuer, Metadata, Policy, Provider, Registration, Session, Signatures,
    Step, Timestamp, drive,
};
use serde_json::Value;

pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const CLIENT_ID: &str = "client";
pub(crate) const REDIRECT_URI: &str = "https://rp.example/cb";
/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_unix(1_800_000_000);

/// The code of an outcome, or `ok`.
pub(crate) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().map_or_else(Error::code, |_| "ok")
}

/// A detail of an error.
pub(crate) fn detail<T: std::fmt::Debug>(result: &Result<T, Error>, name: &str) -> String {
    let error = result.as_ref().unwrap_err();
    let found = error.details().into_iter().find(|(detail, _)| *detail == name);
    found.unwrap_or_else(|| panic!("no {name} in {error:?}")).1.to_owned()
}

/// As details show text from outside: nothing in it can forge a line of a log.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// A policy that lets this build check signatures: where no cryptography is compiled in, the host does.
pub(crate) fn policy() -> Policy {
    let mut policy = Policy::default();
    if !cfg!(any(feature = "rustcrypto", feature = "aws-lc-rs")) {
        policy.signatures = Signatures::Host;
    }
    policy
}

/// Random bytes that are not: the same for the same number.
pub(crate) fn entropy(draw: u8) -> Entropy {
    Entropy::new((0..32).map(|byte| byte ^ draw.wrapping_mul(29)).collect::<Vec<u8>>()).unwrap()
}

/// A relying party and its provider.
pub(crate) struct World {
    pub(crate) op: Op,
    pub(crate) registration: Registration,
    pub(crate) policy: Policy,
    pub(crate) cache: Cache,
    pub(crate) now: Timestamp,
    draws: u8,
}

impl World {
    pub(crate) fn new() -> World {
        World::with_alg(Alg::EdDsa)
    }

    pub(crate) fn with_alg(alg: Alg) -> World {
        World::at(ISSUER, alg)
    }

    /// With a symmetric algorithm the two share a secret, and the registration says so.
    pub(crate) fn at(issuer: &str, alg: Alg) -> World {
        let mut registration = Registration::new(CLIENT_ID, REDIRECT_URI);
        if alg.is_symmetric() {
            registration = registration.with_secret(CLIENT_SECRET);
            registration.id_token_signed_response_alg = Some(alg);
        }
        World {
            op: Op::new(issuer, alg),
            registration,
            policy: policy(),
            cache: Cache::default(),
            now: START,
            draws: 0,
        }
    }

    /// Begins again with the first draw, where more logins are wanted than there are draws.
    pub(crate) fn draw_again(&mut self) {
        self.draws = 0;
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now = Timestamp::from_unix(self.now.as_unix() + seconds);
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::insecure_loopback(self.op.issuer()).unwrap()
    }

    pub(crate) fn provider(&self) -> Provider {
        let metadata = Metadata::parse(&self.issuer(), self.op.metadata.to_string().as_bytes()).unwrap();
        Provider::from_metadata(metadata)
    }

    pub(crate) fn try_client(&self) -> Result<Client, Error> {
        Client::new(self.provider(), self.registration.clone(), self.policy.clone())
    }

    pub(crate) fn client(&self) -> Client {
        self.try_client().unwrap()
    }

    /// Carries a flow to its end.
    pub(crate) fn run<F: Flow>(&mut self, step: Step<F>) -> Result<F::Output, Error> {
        let (now, op) = (self.now, &mut self.op);
        drive(step, &mut self.cache, || now, |request| op.answer(request, now))
    }

    pub(crate) fn try_begin(&mut self, request: &AuthorizeRequest) -> Result<Authorization, Error> {
        self.draws += 1;
        self.client().authorize(request, entropy(self.draws), self.now)
    }

    pub(crate) fn begin(&mut self) -> Authorization {
        self.try_begin(&AuthorizeRequest::default()).unwrap()
    }

    /// The browser comes back with this query.
    pub(crate) fn callback(
        &self,
        authorization: Authorization,
        query: &str,
    ) -> Result<AuthorizationCode, Error> {
        self.client().callback(authorization.pending, &CallbackParams::parse(query)?, self.now)
    }

    /// From a login that has begun to its session.
    pub(crate) fn finish(&mut self, authorization: Authorization) -> Result<Session, Error> {
        let query = self.op.authorize(&authorization.url);
        let code = self.callback(authorization, &query)?;
        let step = self.client().exchange(code)?;
        self.run(step)
    }

    pub(crate) fn try_login_with(&mut self, request: &AuthorizeRequest) -> Result<Session, Error> {
        let authorization = self.try_begin(request)?;
        self.finish(authorization)
    }

    pub(crate) fn try_login(&mut self) -> Result<Session, Error> {
        self.try_login_with(&AuthorizeRequest::default())
    }

    pub(crate) fn login(&mut self) -> Session {
        self.try_login().unwrap()
    }

    pub(crate) fn refresh(&mut self, session: &Session) -> Result<Session, Error> {
        let step = self.client().refresh(session)?;
        self.run(step)
    }

    /// The claims of a token that is in order, to be spoilt.
    pub(crate) fn claims(&self) -> Value {
        let mut claims = self.op.id_token_claims("access-1", self.now);
        claims.as_object_mut().unwrap().remove("nonce");
        claims
    }

    /// An ID token of this client's about somebody, for a hint.
    pub(crate) fn hint(&self, sub: &str) -> String {
        self.op.key.token(
            &serde_json::json!({ "iss": self.op.issuer(), "aud": self.registration.client_id, "sub": sub }),
        )
    }

    /// Checks a token for its own sake, without a login.
    pub(crate) fn verify(&mut self, id_token: &str) -> Result<IdTokenClaims, Error> {
        self.verify_with(id_token, Expectations::none())
    }

    pub(crate) fn verify_with(
        &mut self,
        id_token: &str,
        expectations: Expectations,
    ) -> Result<IdTokenClaims, Error> {
        let step = self.client().verify(id_token, expectations, &self.cache, self.now)?;
        self.run(step)
    }

    /// Checks a truly signed token with these claims.
    pub(crate) fn verify_claims(&mut self, claims: &Value) -> Result<IdTokenClaims, Error> {
        let token = self.op.key.token(claims);
        self.verify(&token)
    }
}
