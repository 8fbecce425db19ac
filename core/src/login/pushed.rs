//! Authorization requests that nobody can change on the way: signed (RFC 9101), pushed (RFC 9126), or both.
//!
//! ```text
//! start ── signed? ── a request object (its own key's or the host's) ── pushed? ── POST ── request_uri ──▶ Done(Authorization)
//!             └── no ──────────────────────────────────────────────────────┘ └── no ─────────────────────▶ Done(Authorization)
//! ```
//! A request that could not be pushed is not sent in the open instead.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use crate::client::Client;
use crate::grants::fresh::{Binding, Fresh, Known};
use crate::grants::proven::Proven;
use crate::grants::refusal::{explained, refusal};
use crate::grants::token_endpoint::authenticated;
use crate::jose::jwt::Unsigned;
use crate::login::authorize::{Authorization, Begun, Parameters};
use crate::login::authorize_request::AuthorizeRequest;
use crate::login::request_object::{self, RequestObject};
use crate::machine::{Cache, Endpoint, Flow, HttpResponse, Reply, Request, SignRequest, Step};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::json::{Json, Round, seconds};
use crate::text::{Entropy, Timestamp};

/// Beginning a login whose authorization request is pushed or signed. Yields an [`Authorization`].
#[derive(Debug)]
pub struct Push(State);

#[derive(Debug)]
enum State {
    /// On the host's signature.
    Signing(Box<Signing>),
    /// On the provider's answer.
    Pushing(Box<Pushing>),
}

#[derive(Debug)]
struct Signing {
    client: Client,
    begun: Begun,
    unsigned: Unsigned,
    entropy: Entropy,
    request: Request,
}

#[derive(Debug)]
struct Pushing {
    client: Client,
    begun: Begun,
    proven: Proven,
}

/// Bytes of a `request_uri`.
const LONGEST: usize = 2_048;

pub(crate) fn authorize(
    client: &Client,
    request: &AuthorizeRequest,
    fresh: Fresh<'_>,
) -> Result<Step<Push>, Error> {
    let Fresh { entropy, cache, now } = fresh;
    let begun = Begun::new(client, request, &entropy, now)?;
    if !client.signs_requests() {
        if !client.pushes() {
            let url = begun.with_parameters(request, |parameters| begun.url(client, parameters))?;
            return Ok(Step::Done(begun.at(url)));
        }
        let fresh = Fresh { entropy, cache, now };
        return begun
            .with_parameters(request, |parameters| pushed(client, parameters, fresh))
            .map(|proven| Pushing { client: client.clone(), begun, proven }.pending());
    }
    let key = client.assertion_key()?.clone();
    let jti = entropy.keyed().split("request_object");
    let unsigned = begun.with_parameters(request, |parameters| {
        Ok(request_object::unsigned(client, &key, parameters, jti.expose(), now))
    })?;
    match key.sign(unsigned.signing_input().as_bytes())? {
        Some(signature) => signed(client, begun, &unsigned.signed(&signature), Fresh { entropy, cache, now }),
        None => {
            let signing_input = unsigned.signing_input().as_bytes().to_vec();
            let request = Request::Sign(SignRequest { key, purpose: "request_object", signing_input });
            let signing = Signing { client: client.clone(), begun, unsigned, entropy, request };
            Ok(Step::Pending(Push(State::Signing(Box::new(signing)))))
        }
    }
}

/// With its request signed: pushed, by value, or by reference.
fn signed(client: &Client, mut begun: Begun, object: &str, fresh: Fresh<'_>) -> Result<Step<Push>, Error> {
    let alg = client.assertion_key()?.alg().as_str();
    begun.trace.pass(check::RequestObject { alg: alg.into() });
    let client_id = client.registration().client_id.as_str();
    if client.pushes() {
        let proven = pushed(client, &[("client_id", client_id), ("request", object)], fresh)?;
        return Ok(Pushing { client: client.clone(), begun, proven }.pending());
    }
    let by_reference = RequestObject::of(client, object, &fresh.entropy, begun.started_at());
    let object = match &by_reference {
        Some(hosted) => ("request_uri", hosted.request_uri.as_str()),
        None => ("request", object),
    };
    // OIDC Core 6.1: these two stand outside, too.
    let scope = begun.scope();
    let parameters = [("response_type", "code"), ("client_id", client_id), ("scope", scope.as_str()), object];
    let url = begun.url(client, &parameters)?;
    let mut authorization = begun.at(url);
    authorization.request_object = by_reference;
    Ok(Step::Done(authorization))
}

/// The request to push these parameters (RFC 9126 2.1).
fn pushed(client: &Client, parameters: &Parameters<'_>, fresh: Fresh<'_>) -> Result<Proven, Error> {
    let binding = Binding::new(client, Known::default(), &mut Trace::new(false))?;
    // Client authentication brings the client_id with it.
    let parameters: Vec<_> = parameters.iter().copied().filter(|(name, _)| *name != "client_id").collect();
    authenticated(client, Endpoint::PushedAuthorization, &parameters, &binding, Some(fresh))
}

impl Pushing {
    fn pending(self) -> Step<Push> {
        Step::Pending(Push(State::Pushing(Box::new(self))))
    }

    fn answered(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Push>, Error> {
        let Pushing { client, mut begun, proven } = self;
        let proceeding = proven.resume(reply, cache, now, &mut begun.trace);
        match begun.trace.attach(proceeding)? {
            ControlFlow::Continue(proven) => Ok(Pushing { client, begun, proven }.pending()),
            ControlFlow::Break(response) => {
                let read = request_uri(&client, begun.scopes(), &response);
                let (request_uri, expires_in) = begun.trace.attach(read)?;
                begun.trace.pass(check::Pushed { seconds: expires_in.into() });
                let client_id = client.registration().client_id.as_str();
                let url = begun.url(&client, &[("client_id", client_id), ("request_uri", &request_uri)])?;
                Ok(Step::Done(begun.at(url)))
            }
        }
    }
}

/// What stands for the request that was pushed (RFC 9126 2.2), and for how many seconds.
fn request_uri(client: &Client, scope: &[String], response: &HttpResponse) -> Result<(String, i64), Error> {
    const ENDPOINT: Endpoint = Endpoint::PushedAuthorization;
    let invalid = |member: &str, reason: &str| {
        ErrorKind::ResponseMemberInvalid.with([ENDPOINT.as_str(), member, reason])
    };
    let missing = |member: &str| ErrorKind::ResponseMemberMissing.with([ENDPOINT.as_str(), member]);
    if !matches!(response.status, 200 | 201) {
        return Err(explained(refusal(ENDPOINT, response), client, "", scope));
    }
    let members = response.json(ENDPOINT, &["application/json"], client.policy().json())?;
    let request_uri = members.get("request_uri").ok_or_else(|| missing("request_uri"))?;
    let request_uri = request_uri.as_text().filter(|uri| {
        (1..=LONGEST).contains(&uri.len())
            && uri.contains(':')
            && uri.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let request_uri = request_uri.ok_or_else(|| invalid("request_uri", "is not a URI"))?;
    let expires_in = match members.get("expires_in").ok_or_else(|| missing("expires_in"))? {
        Json::Number(number) => seconds(number, Round::Down).filter(|seconds| *seconds > 0),
        _ => None,
    };
    let expires_in = expires_in.ok_or_else(|| invalid("expires_in", "is not a number of seconds"))?;
    Ok((request_uri.into_owned(), expires_in))
}

impl Flow for Push {
    type Output = Authorization;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Signing(signing) => &signing.request,
            State::Pushing(pushing) => pushing.proven.request(),
        }
    }

    /// # Errors
    /// `signature_unusable`, `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`,
    /// `unexpected_content_type`, `compressed_response`, `malformed_json`, `response_member_missing`, `response_member_invalid`,
    /// `dpop_nonce_refused`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match self.0 {
            State::Pushing(pushing) => pushing.answered(reply, cache, now),
            State::Signing(signing) => {
                let Signing { client, begun, unsigned, entropy, request } = *signing;
                let Request::Sign(asked) = request else { return Err(reply.wrong("signature")) };
                let signature = asked.signature(reply)?;
                let object = unsigned.signed(&signature);
                signed(&client, begun, &object, Fresh { entropy, cache, now })
            }
        }
    }
}
