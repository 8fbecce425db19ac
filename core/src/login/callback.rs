//! The authorization response (OIDC Core 3.1.2.5), and what makes it ours.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::Client;
use crate::grants::refusal::{explained, server_error};
use crate::login::id;
use crate::login::pending::{PendingLogin, ResponseMode};
use crate::report::{Decision, Error, ErrorKind, LoginMissing, Trace, check, registered};
use crate::text::limits::size;
use crate::text::order::repeats;
use crate::text::secret::Secret;
use crate::text::time::Timestamp;
use crate::text::uri;

/// Bytes of a query or form, whatever the policy.
const MAX_RESPONSE: usize = 64 * 1024;
/// Bytes of one parameter, whatever the policy.
const MAX_PARAMETER: usize = 32 * 1024;
/// Parameters of one response.
const MAX_PARAMETERS: usize = 256;

/// The parameters that an authorization response may have (RFC 6749 4.1.2 and 4.2.2, RFC 9207 2, OIDC Core 3.2.2.5, OIDC
/// Session Management 2, JARM 2.3), by the only names that an error says.
const PARAMETERS: [&str; 13] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "access_token",
    "token_type",
    "id_token",
    "expires_in",
    "scope",
    "response",
];

/// The parameters of an authorization response (OIDC Core 3.1.2.5). Untrusted.
#[derive(Clone)]
pub struct CallbackParams {
    mode: ResponseMode,
    parameters: Vec<(String, String)>,
    /// Bytes of the text it was read from.
    length: usize,
    /// Whether it was read from a URL of plain http to another machine.
    plain_http: bool,
}

impl CallbackParams {
    /// Reads a response in a query: the query with or without `?`, or the whole URL.
    ///
    /// # Errors
    /// `callback_malformed`, `callback_duplicate`
    pub fn parse(query_or_url: &str) -> Result<CallbackParams, Error> {
        let text = query_or_url.split('#').next().unwrap_or_default();
        let query = match text.strip_prefix('?') {
            Some(query) => query,
            None if is_url(text) => text.split_once('?').map_or("", |(_, query)| query),
            // A `?` in it is part of a value.
            None => text,
        };
        let plain_http =
            text.starts_with("http://") && !id::is_local(text.split('?').next().unwrap_or_default());
        Ok(CallbackParams { plain_http, ..Self::read(ResponseMode::Query, query)? })
    }

    /// Reads a response that the browser posted as a form (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// `callback_malformed`, `callback_duplicate`
    pub fn parse_form_post(body: &str) -> Result<CallbackParams, Error> {
        Self::read(ResponseMode::FormPost, body)
    }

    fn read(mode: ResponseMode, text: &str) -> Result<CallbackParams, Error> {
        let malformed = |reason: &str| ErrorKind::CallbackMalformed.with([reason]);
        if text.len() > MAX_RESPONSE {
            return Err(malformed("is too large"));
        }
        let parameters = uri::decode_pairs(text).map_err(malformed)?;
        if parameters.len() > MAX_PARAMETERS {
            return Err(malformed("has too many parameters"));
        }
        if parameters.iter().any(|(_, value)| value.len() > MAX_PARAMETER) {
            return Err(malformed("has a parameter that is too large"));
        }
        let repeats = repeats(&parameters.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
        let twice = parameters.iter().zip(repeats).find(|(_, repeated)| *repeated);
        if let Some(((name, _), _)) = twice {
            let known = PARAMETERS.into_iter().find(|known| known == name);
            return Err(ErrorKind::CallbackDuplicate.with([known.unwrap_or("other")]));
        }
        Ok(CallbackParams { mode, parameters, length: text.len(), plain_http: false })
    }

    /// The public name of the login that the response claims to belong to; `None` without `state`. In a response that is
    /// [signed](CallbackParams::is_signed) the `state` is read before the signature is checked, for this name alone.
    pub fn handle(&self) -> Option<String> {
        // A parameter without a value counts as omitted (RFC 6749 3.1).
        self.claimed_state().map(|state| id::handle(&state))
    }

    /// The `state` that a login is found by, unless it is empty.
    pub(crate) fn claimed_state(&self) -> Option<Cow<'_, str>> {
        self.unverified_state().filter(|state| !state.is_empty())
    }

    #[cfg(feature = "signing")]
    fn unverified_state(&self) -> Option<Cow<'_, str>> {
        match self.get("response") {
            Some(response) => super::signed_callback::unverified_state(response).map(Cow::Owned),
            None => self.get("state").map(Cow::Borrowed),
        }
    }

    #[cfg(not(feature = "signing"))]
    fn unverified_state(&self) -> Option<Cow<'_, str>> {
        self.get("state").map(Cow::Borrowed)
    }

    /// Whether it is signed by the provider (JARM): then [`Client::signed_callback`](crate::Client::signed_callback) takes it.
    #[cfg(feature = "signing")]
    pub fn is_signed(&self) -> bool {
        self.get("response").is_some()
    }

    /// What a signed response said, in the mode that it came in.
    #[cfg(feature = "signing")]
    pub(crate) fn verified(&self, parameters: Vec<(String, String)>) -> CallbackParams {
        CallbackParams {
            mode: self.mode.signed(),
            parameters,
            length: self.length,
            plain_http: self.plain_http,
        }
    }

    /// A parameter of an authorization response that is here beside the one of this name.
    #[cfg(feature = "signing")]
    pub(crate) fn beside(&self, name: &str) -> Option<&'static str> {
        PARAMETERS.into_iter().find(|known| *known != name && self.get(known).is_some())
    }

    /// The name of the cookie to look for, if the redirect URI is https: see [`PendingLogin::cookie_name`]. For a redirect
    /// URI of http on this machine see [`cookie_name_at`](CallbackParams::cookie_name_at).
    pub fn cookie_name(&self) -> Option<String> {
        self.handle().map(|handle| id::cookie_name(&handle, false))
    }

    /// The name of the cookie to look for, of a client with this redirect URI.
    pub fn cookie_name_at(&self, redirect_uri: &str) -> Option<String> {
        self.handle().map(|handle| id::cookie_name(&handle, id::is_local(redirect_uri)))
    }

    /// The error for a response that belongs to no login: `state_missing` without `state`, `pending_login_expired` if the
    /// store says that the login expired, else `no_pending_login` with the cause.
    pub fn unclaimed(&self, cause: LoginMissing) -> Error {
        match self.handle() {
            None => ErrorKind::StateMissing.bare(),
            Some(_) => cause.error(),
        }
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        self.plain_http
    }

    /// Any parameter, such as Apple's `user`. Untrusted.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A URL begins with a path or a scheme; the first name of a query is followed by `=` or `&`.
fn is_url(text: &str) -> bool {
    match text.split_once(['/', ':', '=', '&', '?']) {
        Some(("", _)) => text.starts_with('/'),
        Some((scheme, rest)) => {
            text.get(scheme.len()..).is_some_and(|rest| rest.starts_with(':')) && rest.starts_with('/')
        }
        None => false,
    }
}

impl fmt::Debug for CallbackParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackParams({:?}, {} parameters)", self.mode, self.parameters.len())
    }
}

/// An authorization code that belongs to its login. An [`exchange`](crate::Client::exchange) uses it up.
#[must_use]
pub struct AuthorizationCode {
    pub(crate) code: Secret,
    pub(crate) login: PendingLogin,
    pub(crate) session_state: Option<String>,
    pub(crate) trace: Trace,
}

impl AuthorizationCode {
    /// What was checked.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationCode({:?})", self.login)
    }
}

impl Client {
    /// Checks that an authorization response belongs to `pending`: same state, issuer and client, and not too late.
    ///
    /// # Errors
    /// Every code of category `Callback`; `provider_error` when the provider says no; `implausible_clock`.
    pub fn callback(
        &self,
        login: PendingLogin,
        response: &CallbackParams,
        now: Timestamp,
    ) -> Result<AuthorizationCode, Error> {
        checked(self, login, response, now, Trace::new(self.policy().record_decisions))
    }

    /// Whether a login from the store belongs to this client and to this response. If not, put it back into the store as
    /// it was, because somebody else waits for it. [`callback`](Client::callback) returns the error.
    pub fn owns(&self, login: &PendingLogin, response: &CallbackParams) -> bool {
        members(self, login).into_iter().all(|(_, expected, actual)| expected == actual)
            && response.claimed_state().is_some_and(|state| login.state.matches(&state))
    }
}

/// The checks of a response, after those that `trace` has.
pub(crate) fn checked(
    client: &Client,
    login: PendingLogin,
    response: &CallbackParams,
    now: Timestamp,
    mut trace: Trace,
) -> Result<AuthorizationCode, Error> {
    let code = Callback { client, login: &login, response, now, trace: &mut trace }.run();
    let code = trace.attach(code)?;
    Ok(AuthorizationCode { code, login, session_state: session_state(response), trace })
}

/// The state of the end user's session at the provider, if it is one (OIDC Session Management 2): it has no space.
fn session_state(response: &CallbackParams) -> Option<String> {
    let is_one = |state: &&str| !state.is_empty() && state.bytes().all(|byte| byte.is_ascii_graphic());
    response.get("session_state").filter(is_one).map(str::to_owned)
}

/// A login goes on only at the provider, for the client and the redirect URI that it was begun with.
pub(crate) fn same_client(client: &Client, login: &PendingLogin, trace: &mut Trace) -> Result<(), Error> {
    members(client, login).into_iter().try_for_each(|(member, expected, actual)| {
        let check =
            check::PendingClient { member: member.into(), expected: expected.into(), actual: actual.into() };
        trace.check(check, expected == actual)
    })
}

/// What has to be the same, as the client and as the login have it.
fn members<'a>(client: &'a Client, login: &'a PendingLogin) -> [(&'static str, &'a str, &'a str); 3] {
    let registration = client.registration();
    [
        ("issuer", client.provider().issuer().as_str(), &login.issuer),
        ("client_id", &registration.client_id, &login.client_id),
        ("redirect_uri", &registration.redirect_uri, &login.redirect_uri),
    ]
}

struct Callback<'a> {
    client: &'a Client,
    login: &'a PendingLogin,
    response: &'a CallbackParams,
    now: Timestamp,
    trace: &'a mut Trace,
}

impl Callback<'_> {
    /// An error of the provider's is believed only after the same checks as a code.
    fn run(mut self) -> Result<Secret, Error> {
        self.now.plausible()?;
        self.size()?;
        same_client(self.client, self.login, self.trace)?;
        self.response_mode()?;
        self.state()?;
        self.age()?;
        self.issuer()?;
        for parameter in ["access_token", "id_token", "token_type"] {
            if self.response.get(parameter).is_some() {
                return Err(self.unexpected(parameter));
            }
        }
        match (self.response.get("code"), self.response.get("error")) {
            (Some(_), Some(_)) => Err(self.unexpected("code")),
            (None | Some(""), None) => Err(self.trace.fail(check::CodeMissing)),
            (Some(code), None) => {
                self.trace.pass(check::Code);
                Ok(Secret::new(code))
            }
            (None, Some(error)) => {
                self.trace.pass(check::CodeError);
                let text = |name: &str| self.response.get(name).map(str::to_owned);
                let server_error =
                    server_error(error.to_owned(), text("error_description"), text("error_uri"));
                Err(match server_error {
                    Some(server_error) => {
                        let error = Error::server(server_error, "authorization", None);
                        explained(error, self.client, "", &self.login.scope)
                    }
                    None => ErrorKind::CallbackMalformed.with(["has an error that is not one"]),
                })
            }
        }
    }

    fn size(&self) -> Result<(), Error> {
        let policy = self.client.policy();
        let malformed = |reason: &str| Err(ErrorKind::CallbackMalformed.with([reason]));
        if self.response.length > size(policy.max_callback_bytes) {
            return malformed("is too large (raise max_callback_bytes)");
        }
        let longest = self.response.parameters.iter().map(|(_, value)| value.len()).max();
        if longest.is_some_and(|longest| longest > size(policy.max_parameter_bytes)) {
            return malformed("has a parameter that is too large (raise max_parameter_bytes)");
        }
        Ok(())
    }

    fn unexpected(&mut self, parameter: &str) -> Error {
        self.trace.fail(check::CodeUnexpected { parameter: parameter.into() })
    }

    fn response_mode(&mut self) -> Result<(), Error> {
        let (expected, actual) = (self.login.response_mode.as_str(), self.response.mode.as_str());
        let check = check::ResponseMode { expected: expected.into(), actual: actual.into() };
        self.trace.check(check, expected == actual)
    }

    fn state(&mut self) -> Result<(), Error> {
        match self.response.get("state") {
            None => Err(self.trace.fail(check::StateMissing)),
            Some(state) => self.trace.check(check::State, self.login.state.matches(state)),
        }
    }

    /// The shorter of the time it was started with and the time that is set now.
    fn age(&mut self) -> Result<(), Error> {
        let limit = i64::from(self.login.lifetime.min(self.client.policy().state_timeout_secs));
        let age = self.now.since(self.login.started_at);
        let skew = i64::from(self.client.policy().allowed_skew_secs);
        let passed = age <= limit && age >= skew.saturating_neg();
        self.trace.check(check::StateAge { age: age.into(), limit: limit.into() }, passed)
    }

    fn issuer(&mut self) -> Result<(), Error> {
        let expected = self.login.issuer.as_str();
        match self.response.get("iss") {
            Some(actual) => {
                let check = check::ResponseIssuer { expected: expected.into(), actual: actual.into() };
                self.trace.check(check, actual == expected)
            }
            None if self.client.provider().metadata().announces_iss() => {
                let error = self.response.get("error").and_then(registered).unwrap_or_default();
                let check = check::ResponseIssuerMissing { expected: expected.into(), error: error.into() };
                Err(self.trace.fail(check))
            }
            None => {
                self.trace.pass(check::ResponseIssuerNotAnnounced);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_found_wherever_it_is() {
        for text in [
            "code=a?b&state=s",
            "?code=a?b&state=s",
            "/cb?code=a?b&state=s",
            "/a;v=1/cb?code=a?b&state=s",
            "https://app.example/a;v=1/cb?code=a?b&state=s#fragment",
            "http://127.0.0.1:8888/auth/login?code=a?b&state=s",
            "com.example.app:/cb?code=a?b&state=s",
        ] {
            let params = CallbackParams::parse(text).unwrap();
            assert_eq!((params.get("code"), params.get("state")), (Some("a?b"), Some("s")), "{text}");
        }
        assert_eq!(CallbackParams::parse("https://app.example/cb").unwrap().get("code"), None);
        for without in ["", "code=x", "state", "state=&code=x"] {
            let params = CallbackParams::parse(without).unwrap();
            assert_eq!((params.handle(), params.cookie_name()), (None, None), "{without}");
        }
        for (text, name, value) in [
            ("code=/a?b&state=s", "code", "/a?b"),
            ("urn:code=a&state=s", "state", "s"),
            ("code&state=https://rp.example/?x", "state", "https://rp.example/?x"),
        ] {
            assert_eq!(CallbackParams::parse(text).unwrap().get(name), Some(value), "a query: {text}");
        }
    }
}
