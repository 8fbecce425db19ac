//! The authorization request (OIDC Core 3.1.2.1), and what of it is remembered.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::client::{check_resources, check_scopes};
use crate::login::authorize_request::AuthorizeRequest;
use crate::login::id::id_at;
use crate::login::pending::{PendingLogin, ResponseMode};
#[cfg(feature = "signing")]
use crate::login::request_object::RequestObject;
use crate::login::return_to::usable_return_to;
use crate::login::{details, hint};
#[cfg(feature = "signing")]
use crate::machine::Profile;
use crate::provider::Metadata;
use crate::report::{Decision, Error, ErrorKind, Trace, check};
use crate::text::base64::to_base64url;
use crate::text::config::invalid;
use crate::text::entropy::Entropy;
use crate::text::limits::size;
use crate::text::order::{distinct, repeats};
use crate::text::time::Timestamp;
use crate::text::uri;
use crate::token::requested::Requested;

/// A login that has started. Send the browser to `url`, and keep `pending`.
#[non_exhaustive]
pub struct Authorization {
    /// Where to send the browser. It contains the login's `state`.
    pub url: String,
    /// What the callback will be checked against.
    pub pending: PendingLogin,
    /// Why the `return_to` was dropped. `None` if it was kept, or if there was none.
    pub return_to_dropped: Option<&'static str>,
    /// What the provider fetches, for a client with a [`request_uri_base`](crate::Registration::request_uri_base).
    #[cfg(feature = "signing")]
    pub request_object: Option<RequestObject>,
    trace: Trace,
}

impl Authorization {
    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// Parameters that are the library's business.
const RESERVED: [&str; 28] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "prompt",
    "display",
    "max_age",
    "ui_locales",
    "claims_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "resource",
    "request",
    "request_uri",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "iss",
    "dpop_jkt",
    "authorization_details",
];

impl Client {
    /// Starts a login: where to send the browser, and what to keep for the callback. A client whose requests are pushed or
    /// signed starts it with `Proving::authorize`.
    ///
    /// # Errors
    /// `endpoint_missing`, `pkce_unsupported`, `reserved_parameter`, `invalid_configuration`, `session_mismatch`,
    /// `implausible_clock`, `proving_needed`
    pub fn authorize(
        &self,
        request: &AuthorizeRequest,
        entropy: Entropy,
        now: Timestamp,
    ) -> Result<Authorization, Error> {
        if let Some(demand) = self.demands_proving() {
            return Err(ErrorKind::ProvingNeeded.with([demand]));
        }
        let begun = Begun::new(self, request, &entropy, now)?;
        let url = begun.with_parameters(request, |parameters| begun.url(self, parameters))?;
        Ok(begun.at(url))
    }
}

/// A login that has begun, before its URL is known.
#[derive(Debug)]
pub(crate) struct Begun {
    pending: PendingLogin,
    /// Whether its parameters are the claims of a request object.
    is_signed: bool,
    #[cfg(feature = "signing")]
    profile: Profile,
    return_to_dropped: Option<&'static str>,
    pub(crate) trace: Trace,
}

/// Parameters of a request, in their order.
pub(crate) type Parameters<'a> = [(&'a str, &'a str)];

impl Begun {
    pub(crate) fn new(
        client: &Client,
        request: &AuthorizeRequest,
        entropy: &Entropy,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let (registration, metadata) = (client.registration(), client.provider().metadata());
        metadata.endpoint("authorization_endpoint")?;
        metadata.endpoint("token_endpoint")?;
        check_pkce(metadata)?;
        let scope = request.scopes.as_ref().unwrap_or(&registration.scopes);
        check_scopes(scope, true)?;
        check_resources(&request.resource)?;
        request.authorization_details.as_deref().map_or(Ok(()), details::check_asked)?;
        let started_at = now.plausible()?;
        let mut trace = Trace::new(client.policy().record_decisions);
        let (return_to, return_to_dropped) = return_to(client, request, &mut trace);
        let entropy = entropy.keyed();
        let pending = PendingLogin {
            requested: requested(client, request)?,
            id: id_at(&registration.redirect_uri, entropy.split("id")),
            issuer: client.provider().issuer().as_str().to_owned(),
            client_id: registration.client_id.clone(),
            redirect_uri: registration.redirect_uri.clone(),
            state: entropy.split("state"),
            nonce: entropy.split("nonce"),
            verifier: entropy.split("code_verifier"),
            scope: scope.clone(),
            resource: request.resource.clone(),
            response_mode: response_mode(client, request)?,
            started_at,
            lifetime: client.policy().state_timeout_secs,
            return_to,
            dpop_jkt: dpop_jkt(client),
            authorization_details: request.authorization_details.clone(),
        };
        Ok(Begun {
            pending,
            is_signed: client.signs_requests(),
            #[cfg(feature = "signing")]
            profile: client.policy().profile,
            return_to_dropped,
            trace,
        })
    }

    /// The scopes that are asked for.
    #[cfg(feature = "signing")]
    pub(crate) fn scope(&self) -> String {
        self.pending.scope.join(" ")
    }

    #[cfg(feature = "signing")]
    pub(crate) fn started_at(&self) -> Timestamp {
        self.pending.started_at
    }

    #[cfg(feature = "signing")]
    pub(crate) fn scopes(&self) -> &[String] {
        &self.pending.scope
    }

    /// The address of the authorization endpoint with these parameters.
    pub(crate) fn url(&self, client: &Client, parameters: &Parameters<'_>) -> Result<String, Error> {
        let endpoint = client.provider().metadata().endpoint("authorization_endpoint")?;
        extend_endpoint(endpoint, parameters)
            .map_err(|reason| ErrorKind::MetadataMemberInvalid.with(["authorization_endpoint", reason]))
    }

    pub(crate) fn at(self, url: String) -> Authorization {
        let Begun { pending, return_to_dropped, trace, .. } = self;
        Authorization {
            url,
            pending,
            return_to_dropped,
            #[cfg(feature = "signing")]
            request_object: None,
            trace,
        }
    }

    /// The mode as a request names it: not the one that a code comes back in anyway.
    fn asked_mode(&self, request: &AuthorizeRequest) -> Option<&'static str> {
        let mode = self.pending.response_mode;
        #[cfg(feature = "signing")]
        if self.profile == Profile::Fapi2MessageSigning && mode == ResponseMode::QueryJwt {
            return Some(SIGNED);
        }
        let mode = request.response_mode.or(Some(mode).filter(|mode| *mode != ResponseMode::Query));
        mode.map(ResponseMode::as_str)
    }

    /// Lends the parameters of the authorization request to `work`.
    pub(crate) fn with_parameters<R>(
        &self,
        request: &AuthorizeRequest,
        work: impl FnOnce(&Parameters<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let pending = &self.pending;
        let challenge = to_base64url(&Sha256::digest(pending.verifier.expose()));
        let scope = pending.scope.join(" ");
        let max_age = request.max_age.map(|seconds| seconds.to_string());
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", pending.client_id.as_str()),
            ("redirect_uri", &pending.redirect_uri),
            ("scope", &scope),
            ("state", pending.state.expose()),
            ("nonce", pending.nonce.expose()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let optional = [
            ("response_mode", self.asked_mode(request)),
            ("prompt", request.prompt.as_deref()),
            ("display", request.display.as_deref()),
            ("max_age", max_age.as_deref()),
            ("ui_locales", request.ui_locales.as_deref()),
            ("claims_locales", request.claims_locales.as_deref()),
            ("id_token_hint", request.id_token_hint.as_deref()),
            ("login_hint", request.login_hint.as_deref()),
            ("acr_values", request.acr_values.as_deref()),
            ("claims", request.claims.as_deref()),
            ("dpop_jkt", pending.dpop_jkt.as_deref()),
            (details::NAME, pending.authorization_details.as_deref()),
        ];
        parameters.extend(optional.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
        parameters.extend(request.resource.iter().map(|resource| ("resource", resource.as_str())));
        let claims: &[&str] = if self.is_signed { &CLAIMS } else { &[] };
        add_extra(&mut parameters, &request.extra, &[&RESERVED[..], claims].concat())?;
        work(&parameters)
    }
}

/// Claims of a request object that are no parameters: of a signed request they are the library's business (RFC 9101 4, 10.8).
const CLAIMS: [&str; 6] = ["aud", "exp", "iat", "jti", "nbf", "sub"];

/// What the profile calls a signed response in the way that a code comes back in anyway (FAPI 2.0 Message Signing 5.4.2, JARM 2.3.4).
#[cfg(feature = "signing")]
const SIGNED: &str = "jwt";

/// How the response comes back: signed, where the profile demands it, whatever the login says.
#[cfg(feature = "signing")]
fn response_mode(client: &Client, request: &AuthorizeRequest) -> Result<ResponseMode, Error> {
    let profile = client.policy().profile;
    if profile != Profile::Fapi2MessageSigning {
        return Ok(request.response_mode.unwrap_or_default());
    }
    let mode = request.response_mode.unwrap_or(ResponseMode::QueryJwt);
    if mode != mode.signed() {
        return Err(ErrorKind::ProfileUnmet.with([profile.as_str(), "response_mode", "is not a signed one"]));
    }
    Ok(mode)
}

#[cfg(not(feature = "signing"))]
#[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
fn response_mode(_: &Client, request: &AuthorizeRequest) -> Result<ResponseMode, Error> {
    Ok(request.response_mode.unwrap_or_default())
}

/// The thumbprint of the key that the code is to be bound to.
#[cfg(feature = "signing")]
fn dpop_jkt(client: &Client) -> Option<String> {
    client.registration().dpop_keys.first()?.thumbprint()
}

#[cfg(not(feature = "signing"))]
fn dpop_jkt(_: &Client) -> Option<String> {
    None
}

/// Where the login leads. What would lead elsewhere is left out: a visitor's link is no reason to refuse a login.
fn return_to(
    client: &Client,
    request: &AuthorizeRequest,
    trace: &mut Trace,
) -> (Option<String>, Option<&'static str>) {
    let Some(url) = &request.return_to else { return (None, None) };
    match usable_return_to(url, size(client.policy().max_return_to_bytes)) {
        Ok(()) => (Some(url.clone()), None),
        Err(reason) => {
            trace.pass(check::ReturnToLeftOut { reason: reason.into() });
            (None, Some(reason))
        }
    }
}

/// Adds parameters to an endpoint; its own query is kept, and may not clash with them.
pub(crate) fn extend_endpoint(endpoint: &str, parameters: &[(&str, &str)]) -> Result<String, &'static str> {
    let own = uri::query_names(endpoint)?;
    if !own.is_empty() && clash(&own, parameters) {
        return Err("its query has a parameter of the request");
    }
    Ok(uri::with_query(endpoint, parameters))
}

/// Whether one name is in both. A parameter may be there more than once, as `resource` is.
fn clash(own: &[String], parameters: &[(&str, &str)]) -> bool {
    let own = distinct(&own.iter().map(String::as_str).collect::<Vec<_>>());
    let sent = distinct(&parameters.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    repeats(&[own, sent].concat()).contains(&true)
}

/// Adds parameters of the host's own: each once, and none that the library knows.
pub(crate) fn add_extra<'a>(
    parameters: &mut Vec<(&'a str, &'a str)>,
    extra: &'a [(String, String)],
    reserved: &[&'a str],
) -> Result<(), Error> {
    if extra.is_empty() {
        return Ok(());
    }
    let known = parameters.iter().map(|(name, _)| *name).chain(reserved.iter().copied());
    let names: Vec<&str> = known.chain(extra.iter().map(|(name, _)| name.as_str())).collect();
    let repeats = repeats(&names).into_iter().skip(names.len().saturating_sub(extra.len()));
    for ((name, value), repeated) in extra.iter().zip(repeats) {
        if name.is_empty() || repeated {
            return Err(ErrorKind::ReservedParameter.with([name]));
        }
        parameters.push((name, value));
    }
    Ok(())
}

/// A provider that lists PKCE methods has to list S256 (RFC 7636 4.2, RFC 8414 2).
pub(crate) fn check_pkce(metadata: &Metadata) -> Result<(), Error> {
    match metadata.list("code_challenge_methods_supported") {
        Some(methods) if !methods.iter().any(|method| method == "S256") => {
            Err(ErrorKind::PkceUnsupported.with([&methods.join(" ")]))
        }
        _ => Ok(()),
    }
}

/// What the ID token will have to answer to.
fn requested(client: &Client, request: &AuthorizeRequest) -> Result<Requested, Error> {
    // A parameter without a value counts as omitted (RFC 6749 3.1).
    for (member, value) in [("prompt", &request.prompt), ("acr_values", &request.acr_values)] {
        if value.as_ref().is_some_and(|value| value.trim_ascii().is_empty()) {
            return Err(invalid(member, "is empty"));
        }
    }
    let mut requested = Requested::of_claims(request.claims.as_deref())?;
    requested.max_age = request.max_age;
    if let Some(hint) = &request.id_token_hint {
        let hinted = hint::subject(client, hint)?;
        if requested.sub.as_ref().is_some_and(|asked| !asked.contains(&hinted)) {
            return Err(invalid("id_token_hint", "is about another end user than claims"));
        }
        requested.sub = Some(vec![hinted]);
    }
    Ok(requested)
}
