//! The authorization request (OIDC Core 3.1.2.1), and what of it is remembered.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::config::{Config, invalid};
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind};
use crate::jose::{Jws, to_base64url};
use crate::json::{Json, Object};
use crate::pending::{PendingLogin, ResponseMode};
use crate::policy::Policy;
use crate::registration::check_scopes;
use crate::requested::Requested;
use crate::time::Timestamp;
use crate::uri;

/// What to ask of the provider for one login. Everything is optional; names are the specification's.
///
/// `state`, `nonce` and PKCE (S256) are always on and have no switch. What is requested here is checked on
/// return: `max_age`, essential `acr` in `claims`, the subject of `id_token_hint`.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct AuthorizeRequest {
    /// Scopes instead of the registration's.
    pub scopes: Option<Vec<String>>,
    /// `none`, `login`, `consent`, `select_account`, separated by spaces.
    pub prompt: Option<String>,
    /// `page`, `popup`, `touch`, `wap`.
    pub display: Option<String>,
    /// The longest time in seconds since the end user last authenticated; `auth_time` is then required.
    pub max_age: Option<u32>,
    /// Preferred languages of the pages, separated by spaces.
    pub ui_locales: Option<String>,
    /// Preferred languages of the claims, separated by spaces.
    pub claims_locales: Option<String>,
    /// An ID token of the end user who should log in; another one's login is then refused.
    pub id_token_hint: Option<String>,
    /// What the end user may have typed as their name.
    pub login_hint: Option<String>,
    /// Preferred authentication contexts, separated by spaces: a wish. For a demand use `claims`.
    pub acr_values: Option<String>,
    /// The `claims` parameter (OIDC Core 5.5), a JSON object as text. Essential `acr` and `auth_time` and a `sub`
    /// value of the ID token are checked on return.
    pub claims: Option<String>,
    /// How the response comes back; the query when not set.
    pub response_mode: Option<ResponseMode>,
    /// Resources the access token is for (RFC 8707).
    pub resource: Vec<String>,
    /// Further parameters, each once; never one that the library knows.
    pub extra: Vec<(String, String)>,
    /// A path of the application to go to after the login. Not sent to the provider.
    pub return_to: Option<String>,
}

impl AuthorizeRequest {
    /// Reads a request from a JSON object with these members, `claims` an object.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<AuthorizeRequest, Error> {
        let mut given = Config::parse(text, "authorize request")?;
        let request = AuthorizeRequest {
            scopes: given.texts("scopes"),
            prompt: given.text("prompt"),
            display: given.text("display"),
            max_age: given.number("max_age"),
            ui_locales: given.text("ui_locales"),
            claims_locales: given.text("claims_locales"),
            id_token_hint: given.text("id_token_hint"),
            login_hint: given.text("login_hint"),
            acr_values: given.text("acr_values"),
            claims: given.object("claims"),
            response_mode: given.word("response_mode", ResponseMode::from_name),
            resource: given.texts("resource").unwrap_or_default(),
            extra: given.pairs("extra"),
            return_to: given.text("return_to"),
        };
        given.end(request)
    }
}

impl fmt::Debug for AuthorizeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeRequest")
            .field("scopes", &self.scopes)
            .field("prompt", &self.prompt)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// A login that has begun: send the browser to `url`, keep `pending`.
#[non_exhaustive]
pub struct Authorization {
    /// The address to send the browser to.
    pub url: String,
    /// What the callback will be checked against.
    pub pending: PendingLogin,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// Parameters that are the library's business.
const RESERVED: [&str; 24] = [
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
    "code",
    "iss",
];
/// Characters of `return_to`, so that a pending login stays small.
const MAX_RETURN_TO: usize = 1_024;

pub(crate) fn authorize(
    client: &Client,
    request: &AuthorizeRequest,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Authorization, Error> {
    let (registration, metadata) = (client.registration(), client.provider().metadata());
    let endpoint = metadata.endpoint("authorization_endpoint")?;
    metadata.endpoint("token_endpoint")?;
    check_pkce(client)?;
    let scope = request.scopes.as_ref().unwrap_or(&registration.scopes);
    check_scopes(scope)?;
    let started_at = now.plausible()?;
    if let Some(path) = &request.return_to {
        check_return_to(path)?;
    }
    let pending = PendingLogin {
        requested: requested(request, client.policy())?,
        id: entropy.split("id"),
        issuer: client.provider().issuer().as_str().to_owned(),
        client_id: registration.client_id.clone(),
        redirect_uri: registration.redirect_uri.clone(),
        state: entropy.split("state"),
        nonce: entropy.split("nonce"),
        verifier: entropy.split("code_verifier"),
        scope: scope.clone(),
        response_mode: request.response_mode.unwrap_or_default(),
        started_at,
        lifetime: client.policy().state_timeout_secs,
        return_to: request.return_to.clone(),
    };
    Ok(Authorization { url: url(endpoint, request, &pending)?, pending })
}

fn url(endpoint: &str, request: &AuthorizeRequest, pending: &PendingLogin) -> Result<String, Error> {
    let challenge = to_base64url(&Sha256::digest(pending.verifier.expose()));
    let scope = pending.scope.join(" ");
    let max_age = request.max_age.map(|seconds| seconds.to_string());
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", &pending.client_id),
        ("redirect_uri", &pending.redirect_uri),
        ("scope", &scope),
        ("state", pending.state.expose()),
        ("nonce", pending.nonce.expose()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let optional = [
        ("response_mode", request.response_mode.map(ResponseMode::as_str)),
        ("prompt", request.prompt.as_deref()),
        ("display", request.display.as_deref()),
        ("max_age", max_age.as_deref()),
        ("ui_locales", request.ui_locales.as_deref()),
        ("claims_locales", request.claims_locales.as_deref()),
        ("id_token_hint", request.id_token_hint.as_deref()),
        ("login_hint", request.login_hint.as_deref()),
        ("acr_values", request.acr_values.as_deref()),
        ("claims", request.claims.as_deref()),
    ];
    parameters.extend(optional.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
    parameters.extend(request.resource.iter().map(|resource| ("resource", resource.as_str())));
    add_extra(&mut parameters, &request.extra, &RESERVED)?;
    extend_endpoint(endpoint, &parameters)
        .map_err(|reason| ErrorKind::MetadataMemberInvalid.with(["authorization_endpoint", reason]))
}

/// Adds parameters to an endpoint; its own query is kept, and may not clash with them.
pub(crate) fn extend_endpoint(endpoint: &str, parameters: &[(&str, &str)]) -> Result<String, &'static str> {
    let own = uri::query_names(endpoint)?;
    if own.iter().any(|name| parameters.iter().any(|(parameter, _)| parameter == name)) {
        return Err("its query has a parameter of the request");
    }
    Ok(uri::with_query(endpoint, parameters))
}

/// Adds parameters of the host's own: each once, and none that the library knows.
pub(crate) fn add_extra<'a>(
    parameters: &mut Vec<(&'a str, &'a str)>,
    extra: &'a [(String, String)],
    reserved: &[&str],
) -> Result<(), Error> {
    for (name, value) in extra {
        let known = reserved.contains(&name.as_str()) || parameters.iter().any(|(own, _)| own == name);
        if name.is_empty() || known {
            return Err(ErrorKind::ReservedParameter.with([name]));
        }
        parameters.push((name, value));
    }
    Ok(())
}

/// A provider that lists PKCE methods has to list S256 (RFC 7636 4.2, RFC 8414 2).
fn check_pkce(client: &Client) -> Result<(), Error> {
    match client.provider().metadata().list("code_challenge_methods_supported") {
        Some(methods) if !methods.iter().any(|method| method == "S256") => {
            Err(ErrorKind::PkceUnsupported.with([&methods.join(" ")]))
        }
        _ => Ok(()),
    }
}

/// What the ID token will have to answer to.
fn requested(request: &AuthorizeRequest, policy: &Policy) -> Result<Requested, Error> {
    let mut requested = Requested::of_claims(request.claims.as_deref())?;
    requested.max_age = request.max_age;
    if let Some(hint) = &request.id_token_hint {
        let hinted = hinted_sub(hint, policy)?;
        if requested.sub.as_ref().is_some_and(|asked| !asked.contains(&hinted)) {
            return Err(invalid("id_token_hint", "is about another end user than claims"));
        }
        requested.sub = Some(vec![hinted]);
    }
    Ok(requested)
}

/// The subject of the host's own ID token. It is not verified: it can only narrow what is accepted.
fn hinted_sub(id_token_hint: &str, policy: &Policy) -> Result<String, Error> {
    let sub = |jws: Jws<'_>| {
        let members = Object::parse_within(&jws.payload, policy.json()).ok()?;
        members.get("sub").and_then(Json::as_text).map(Cow::into_owned)
    };
    Jws::parse(id_token_hint, policy)
        .ok()
        .and_then(sub)
        .ok_or_else(|| invalid("id_token_hint", "is not a signed ID token"))
}

/// A path within the application, so that it cannot lead anywhere else, whoever decodes it on the way.
fn check_return_to(path: &str) -> Result<(), Error> {
    let local = |path: &str| {
        let mut characters = path.chars();
        let rooted = characters.next() == Some('/') && characters.next() != Some('/');
        rooted && !path.chars().any(|character| character.is_control() || character == '\\')
    };
    let decoded = uri::percent_decode(path);
    if path.len() > MAX_RETURN_TO || !local(path) || !decoded.is_ok_and(|decoded| local(&decoded)) {
        return Err(invalid("return_to", "is not a path of the application"));
    }
    Ok(())
}
