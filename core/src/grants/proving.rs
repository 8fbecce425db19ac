//! What a request needs before it is sent, made for each attempt: an assertion, a proof of possession.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::ops::ControlFlow;

use crate::binding::Proof;
use crate::client::{AuthMethod, Client, JWT_BEARER};
use crate::grants::challenge::Challenge;
use crate::grants::fresh::Fresh;
use crate::grants::refusal::refusal;
use crate::jose::SigningKey;
use crate::jose::jwt::Unsigned;
use crate::machine::{
    AssertionRequest, Cache, HttpRequest, HttpResponse, Reply, Request, SignRequest, is_nonce,
};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::entropy::Entropy;
use crate::text::secret::Secret;
use crate::text::time::Timestamp;
use crate::text::{origin, uri};

/// Bytes of an assertion that the host supplies.
const LONGEST_ASSERTION: usize = 65_536;

/// A request before it is sent, and what it has so far.
pub(crate) struct Proving {
    client: Client,
    /// Without credentials and proof.
    bare: HttpRequest,
    authenticates: bool,
    bound: Option<Bound>,
    entropy: Entropy,
    attempt: u32,
    assertion: Option<Secret>,
    proof: Option<String>,
    /// What is being signed.
    unsigned: Option<Unsigned>,
}

/// What is asked of the host, and what waits for it.
pub(crate) type Asking = (Request, Box<Proving>);

/// The key that a request proves possession of, and the access token that goes with it.
pub(crate) struct Bound {
    pub(crate) key: SigningKey,
    pub(crate) access_token: Option<Secret>,
}

impl fmt::Debug for Proving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proving({:?}, attempt {})", self.bare, self.attempt)
    }
}

impl Proving {
    /// A request of this client's: with its credentials if it `authenticates`, with a proof if it is `bound` to a key.
    pub(crate) fn start(
        client: &Client,
        bare: HttpRequest,
        authenticates: bool,
        bound: Option<Bound>,
        fresh: Fresh<'_>,
    ) -> Result<Asking, Error> {
        let Fresh { entropy, cache, now } = fresh;
        let now = now.plausible()?;
        let proving = Proving {
            client: client.clone(),
            bare,
            authenticates,
            bound,
            entropy,
            attempt: 0,
            assertion: None,
            proof: None,
            unsigned: None,
        };
        Box::new(proving).advance(cache, now)
    }

    /// A value that no other attempt of no other operation has.
    fn unique(&self, label: &str) -> Secret {
        self.entropy.keyed().split(&[label, "/", &self.attempt.to_string()].concat())
    }

    /// Makes what is missing, or asks for it; then sends the request.
    fn advance(mut self: Box<Self>, cache: &Cache, now: Timestamp) -> Result<Asking, Error> {
        if self.authenticates && self.assertion.is_none() {
            let jti = self.unique("client_assertion");
            match self.client.auth_method() {
                AuthMethod::ClientSecretJwt => {
                    self.assertion = Some(self.client.secret_assertion(jti.expose(), now)?);
                }
                AuthMethod::PrivateKeyJwt => {
                    let key = self.client.assertion_key()?.clone();
                    let unsigned = self.client.assertion(key.alg(), key.by(), jti.expose(), now);
                    match key.sign(unsigned.signing_input().as_bytes())? {
                        Some(signature) => self.assertion = Some(Secret::new(unsigned.signed(&signature))),
                        None => return Ok(self.sign(key, "client_assertion", unsigned)),
                    }
                }
                AuthMethod::SignedClientSecret => {
                    let key = self.client.assertion_key()?.clone();
                    let unsigned = self.client.signed_secret(&key, now);
                    match key.sign(unsigned.signing_input().as_bytes())? {
                        Some(signature) => self.assertion = Some(Secret::new(unsigned.signed(&signature))),
                        None => return Ok(self.sign(key, "client_secret", unsigned)),
                    }
                }
                AuthMethod::ClientAssertion => {
                    let request = AssertionRequest {
                        assertion_type: self.assertion_type().to_owned(),
                        audience: self.client.provider().issuer().as_str().to_owned(),
                    };
                    return Ok((Request::Assertion(request), self));
                }
                AuthMethod::None
                | AuthMethod::ClientSecretBasic
                | AuthMethod::ClientSecretPost
                | AuthMethod::TlsClientAuth
                | AuthMethod::SelfSignedTlsClientAuth => {}
            }
        }
        if let Some(bound) = &self.bound
            && self.proof.is_none()
        {
            let jti = self.unique("dpop");
            let proof = Proof {
                method: self.bare.method,
                url: &self.bare.url,
                access_token: bound.access_token.as_ref().map(Secret::expose),
                nonce: cache.dpop_nonce(&origin::origin(&self.bare.url)),
                jti: jti.expose(),
                now,
            };
            let key = bound.key.clone();
            let unsigned = proof.unsigned(&key).ok_or_else(|| {
                ErrorKind::InvalidConfiguration.with(["dpop_keys", "have one without a JWK"])
            })?;
            match key.sign(unsigned.signing_input().as_bytes())? {
                Some(signature) => self.proof = Some(unsigned.signed(&signature)),
                None => return Ok(self.sign(key, "dpop_proof", unsigned)),
            }
        }
        let request = self.dressed();
        Ok((Request::Http(request), self))
    }

    fn sign(mut self: Box<Self>, key: SigningKey, purpose: &'static str, unsigned: Unsigned) -> Asking {
        let signing_input = unsigned.signing_input().as_bytes().to_vec();
        self.unsigned = Some(unsigned);
        (Request::Sign(SignRequest { key, purpose, signing_input }), self)
    }

    fn assertion_type(&self) -> &str {
        let own = self.client.registration().client_assertion_type.as_deref();
        own.filter(|_| self.client.auth_method() == AuthMethod::ClientAssertion).unwrap_or(JWT_BEARER)
    }

    /// The request with all that it needs.
    fn dressed(&self) -> HttpRequest {
        let mut request = self.bare.clone();
        if let Some(assertion) = &self.assertion {
            let client_id = ("client_id", self.client.registration().client_id.as_str());
            let credentials = match self.client.auth_method() {
                AuthMethod::SignedClientSecret => {
                    uri::form(&[client_id, ("client_secret", assertion.expose())])
                }
                _ => uri::form(&[
                    client_id,
                    ("client_assertion_type", self.assertion_type()),
                    ("client_assertion", assertion.expose()),
                ]),
            };
            if !request.body.is_empty() {
                request.body.push(b'&');
            }
            request.body.extend_from_slice(credentials.as_bytes());
        }
        if let Some(proof) = &self.proof {
            request.headers.push(("dpop".into(), proof.clone()));
        }
        request
    }

    pub(crate) fn resume(
        mut self: Box<Self>,
        request: Request,
        reply: Reply,
        cache: &mut Cache,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<ControlFlow<HttpResponse, Asking>, Error> {
        match request {
            Request::Sign(asked) => {
                let signature = asked.signature(reply)?;
                let signed = self.unsigned.take().map(|unsigned| unsigned.signed(&signature));
                if asked.purpose == "dpop_proof" {
                    self.proof = signed;
                } else {
                    self.assertion = signed.map(Secret::new);
                }
                self.advance(cache, now).map(ControlFlow::Continue)
            }
            Request::Assertion(_) => {
                self.assertion = Some(match reply {
                    Reply::Assertion(assertion) => usable(assertion)?,
                    Reply::Unreachable { reason } => {
                        return Err(ErrorKind::Unreachable.with(["client_assertion", &reason]));
                    }
                    reply => return Err(reply.wrong("assertion")),
                });
                self.advance(cache, now).map(ControlFlow::Continue)
            }
            request => {
                let response = reply.http(&request)?;
                self.answered(response, cache, now, trace)
            }
        }
    }

    /// Remembers the nonce that came, and goes round once more if it was asked for (RFC 9449 8, 9).
    fn answered(
        mut self: Box<Self>,
        response: HttpResponse,
        cache: &mut Cache,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<ControlFlow<HttpResponse, Asking>, Error> {
        if self.bound.is_none() {
            return Ok(ControlFlow::Break(response));
        }
        let nonce = given_nonce(&response);
        if let Some(nonce) = nonce {
            cache.remember_dpop_nonce(&origin::origin(&self.bare.url), nonce);
        }
        let is_given = nonce.is_some();
        if response.status < 400 || !asks_for_nonce(&self.bare, &response) {
            return Ok(ControlFlow::Break(response));
        }
        let endpoint = self.bare.endpoint.as_str();
        if self.attempt > 0 || !is_given {
            return Err(ErrorKind::DpopNonceRefused.with([endpoint]));
        }
        trace.pass(check::DpopNonce { endpoint: endpoint.into() });
        self.attempt = self.attempt.saturating_add(1);
        (self.assertion, self.proof) = (None, None);
        self.advance(cache, now).map(ControlFlow::Continue)
    }
}

/// The nonce for the next proof, if the response has one and no more (RFC 9449 8.2).
fn given_nonce(response: &HttpResponse) -> Option<&str> {
    let mut given = response.headers_named("dpop-nonce");
    let nonce = given.next()?;
    (given.next().is_none() && is_nonce(nonce)).then_some(nonce)
}

/// Whether a refusal says that the proof wants a nonce: an API in its challenge, whatever its body says (RFC 9449 9), a provider
/// in its body (RFC 9449 8).
fn asks_for_nonce(request: &HttpRequest, response: &HttpResponse) -> bool {
    const ERROR: &str = "use_dpop_nonce";
    matches!(response.status, 400 | 401)
        && (Challenge::all(response).iter().any(|challenge| challenge.error.as_deref() == Some(ERROR))
            || refusal(request.endpoint, response).detail("error") == Some(ERROR))
}

/// An assertion of the host's, if it can stand in a form: it is not looked into.
fn usable(assertion: Secret) -> Result<Secret, Error> {
    let text = assertion.expose();
    let reason = match text.len() {
        0 => "it is empty",
        length if length > LONGEST_ASSERTION => "it is longer than 65536 bytes",
        _ if text.bytes().all(|byte| matches!(byte, b'!'..=b'~')) => return Ok(assertion),
        _ => "it has a blank, a line end or another character that is not visible: was it read from a file?",
    };
    Err(ErrorKind::AssertionUnusable.with([reason]))
}
