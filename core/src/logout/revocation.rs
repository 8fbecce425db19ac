//! Tokens that are given back (RFC 7009).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;

use crate::client::Client;
use crate::grants::Grant;
use crate::grants::fresh::{Binding, Fresh};
use crate::grants::proven::Proven;
use crate::grants::refusal::{explained, refusal};
use crate::grants::token_endpoint::{authenticated, is_visible};
#[cfg(feature = "signing")]
use crate::login::Proving;
use crate::login::Session;
use crate::machine::{Cache, Endpoint, Flow, HttpResponse, Reply, Request, Step};
use crate::report::{Decision, Error, ErrorKind, Trace, check};
use crate::text::{Secret, Timestamp, http_date};

/// What is to be revoked: a token; of a session or a grant its refresh token, or if it has none its access token.
pub struct Revocable<'a> {
    token: Secret,
    /// Its type, as a hint (RFC 7009 2.1).
    hint: Option<&'static str>,
    /// What it comes from.
    grant: Option<&'a Grant>,
}

impl Revocable<'_> {
    /// A refresh token.
    pub fn refresh_token(token: impl Into<Secret>) -> Self {
        Revocable { token: token.into(), hint: Some(REFRESH_TOKEN), grant: None }
    }

    /// An access token.
    pub fn access_token(token: impl Into<Secret>) -> Self {
        Revocable { token: token.into(), hint: Some(ACCESS_TOKEN), grant: None }
    }

    /// A token of this type: `refresh_token`, `access_token`, or `None` if it is not known.
    ///
    /// # Errors
    /// `invalid_configuration`: another type.
    pub fn token(token: impl Into<Secret>, token_type_hint: Option<&str>) -> Result<Self, Error> {
        let hint = match token_type_hint {
            None => None,
            Some(REFRESH_TOKEN) => Some(REFRESH_TOKEN),
            Some(ACCESS_TOKEN) => Some(ACCESS_TOKEN),
            Some(_) => {
                let reason = "is neither refresh_token nor access_token";
                return Err(ErrorKind::InvalidConfiguration.with(["token_type_hint", reason]));
            }
        };
        Ok(Revocable { token: token.into(), hint, grant: None })
    }
}

const REFRESH_TOKEN: &str = "refresh_token";
const ACCESS_TOKEN: &str = "access_token";

impl<'a> From<&'a Session> for Revocable<'a> {
    fn from(session: &'a Session) -> Revocable<'a> {
        session.grant().into()
    }
}

impl<'a> From<&'a Grant> for Revocable<'a> {
    fn from(grant: &'a Grant) -> Revocable<'a> {
        let (token, hint) = match (grant.refresh_token(), grant.access_token()) {
            (Some(token), _) => (token, REFRESH_TOKEN),
            (None, token) => (token.unwrap_or_default(), ACCESS_TOKEN),
        };
        Revocable { token: token.into(), hint: Some(hint), grant: Some(grant) }
    }
}

impl fmt::Debug for Revocable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revocable({})", self.hint.unwrap_or("token"))
    }
}

/// Revoking a token. Yields [`Revoked`].
#[derive(Debug)]
pub struct Revocation(Box<Revoking>);

#[derive(Debug)]
struct Revoking {
    client: Client,
    proven: Proven,
    kind: &'static str,
    trace: Trace,
}

/// The token is no longer good, or it never was: providers answer alike (RFC 7009 2.2).
#[derive(Clone, Debug)]
pub struct Revoked(Trace);

impl Revoked {
    /// What was decided on the way.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.decisions()
    }
}

impl Client {
    /// Revokes a token (RFC 7009), authenticated as at the token endpoint. With a session or a grant, its refresh token, which ends
    /// the access tokens of the same grant at providers that can do that (2.1); if there is none, its access token.
    ///
    /// # Errors
    /// `endpoint_missing` if the provider has no `revocation_endpoint`, `no_access_token` if there is nothing to revoke,
    /// `session_mismatch`, `entropy_missing`; later those of [`Revocation`].
    pub fn revoke<'a>(&self, what: impl Into<Revocable<'a>>) -> Result<Step<Revocation>, Error> {
        revoke(self, &what.into(), None)
    }
}

#[cfg(feature = "signing")]
impl Proving<'_> {
    /// As [`Client::revoke`].
    ///
    /// # Errors
    /// Also `implausible_clock`.
    pub fn revoke<'a>(self, what: impl Into<Revocable<'a>>) -> Result<Step<Revocation>, Error> {
        let (client, fresh) = self.parts();
        revoke(client, &what.into(), Some(fresh))
    }
}

fn revoke(
    client: &Client,
    what: &Revocable<'_>,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<Revocation>, Error> {
    what.grant.map_or(Ok(()), |grant| grant.check_client(client))?;
    if !is_visible(what.token.expose()) {
        return Err(ErrorKind::NoAccessToken.bare());
    }
    let mut parameters = Vec::from([("token", what.token.expose())]);
    parameters.extend(what.hint.map(|hint| ("token_type_hint", hint)));
    let bound_to_nothing = Binding { key: None, certificate: false };
    let proven = authenticated(client, Endpoint::Revocation, &parameters, &bound_to_nothing, fresh)?;
    let mut trace = Trace::new(client.policy().record_decisions);
    trace.pass(check::ClientAuth { method: client.auth_method().as_str().into() });
    let kind = what.hint.unwrap_or("token");
    Ok(Revoking { client: client.clone(), proven, kind, trace }.pending())
}

impl Revoking {
    fn pending(self) -> Step<Revocation> {
        Step::Pending(Revocation(Box::new(self)))
    }
}

/// Why a provider did not do it.
fn refused(client: &Client, response: &HttpResponse, now: Timestamp) -> Error {
    if response.status == 503 {
        return ErrorKind::RevocationUnavailable.with([&retry_after(response, now)]);
    }
    explained(refusal(Endpoint::Revocation, response), client, "", &[])
}

/// In how many seconds to try again: empty if the response does not say it (RFC 9110 10.2.3).
fn retry_after(response: &HttpResponse, now: Timestamp) -> String {
    let Some(header) = response.header("retry-after").map(str::trim) else { return String::new() };
    let seconds: Option<u32> =
        if header.bytes().all(|byte| byte.is_ascii_digit()) { header.parse().ok() } else { None };
    let until = || http_date::parse(header).map(|date| date.since(now).max(0).to_string());
    seconds.map(|seconds| seconds.to_string()).or_else(until).unwrap_or_default()
}

impl Flow for Revocation {
    type Output = Revoked;

    fn request(&self) -> &Request {
        self.0.proven.request()
    }

    /// # Errors
    /// `revocation_unavailable` with 503; `provider_error` (`unsupported_token_type`, `invalid_client` and others),
    /// `provider_status`, `compressed_response`, `unreachable`, `redirect_refused`, `response_too_large`, `signature_unusable`. After
    /// any of them the token may still work.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let Revoking { client, proven, kind, mut trace } = *self.0;
        let proceeding = proven.resume(reply, cache, now, &mut trace);
        let response = match trace.attach(proceeding)? {
            ControlFlow::Continue(proven) => return Ok(Revoking { client, proven, kind, trace }.pending()),
            ControlFlow::Break(response) => response,
        };
        if !matches!(response.status, 200 | 204) {
            return trace.attach(Err(refused(&client, &response, now)));
        }
        trace.pass(check::Revoked { kind: kind.into() });
        Ok(Step::Done(Revoked(trace)))
    }
}
