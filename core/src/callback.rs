//! The authorization response (OIDC Core 3.1.2.5), and what makes it ours.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::Client;
use crate::decision::{Check, Decision, Trace, Value};
use crate::error::{Error, ErrorKind};
use crate::pending::{self, PendingLogin, ResponseMode};
use crate::policy::size;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::server_error;
use crate::uri;

/// Bytes of a query or form, whatever the policy.
const MAX_RESPONSE: usize = 16 * 1024;
/// Bytes of one parameter, whatever the policy.
const MAX_PARAMETER: usize = 8 * 1024;
/// Parameters of one response.
const MAX_PARAMETERS: usize = 256;

/// The parameters of an authorization response, read strictly. Nothing in them is believed yet.
pub struct CallbackParams {
    mode: ResponseMode,
    parameters: Vec<(String, String)>,
    /// Bytes of the text it was read from.
    length: usize,
}

impl CallbackParams {
    /// Reads a response in the query: the raw query string, with or without `?`, or the whole URL.
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
        Self::read(ResponseMode::Query, query)
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
        for (position, (name, value)) in parameters.iter().enumerate() {
            if position == MAX_PARAMETERS {
                return Err(malformed("has too many parameters"));
            }
            if value.len() > MAX_PARAMETER {
                return Err(malformed("has a parameter that is too large"));
            }
            if parameters.iter().take(position).any(|(earlier, _)| earlier == name) {
                let parameter: String =
                    name.chars().filter(|character| character.is_ascii_graphic()).take(64).collect();
                return Err(ErrorKind::CallbackDuplicate.with([&parameter]));
            }
        }
        Ok(CallbackParams { mode, parameters, length: text.len() })
    }

    /// The public name of the login that this response claims to belong to, if it has a `state`.
    pub fn handle(&self) -> Option<String> {
        self.get("state").map(pending::handle)
    }

    /// The name of the cookie to look for: see [`PendingLogin::cookie_name`].
    pub fn cookie_name(&self) -> Option<String> {
        self.handle().map(|handle| pending::cookie_name(&handle))
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

/// An authorization code that came back to the login that asked for it. Good for one
/// [`exchange`](crate::Client::exchange).
#[must_use]
pub struct AuthorizationCode {
    pub(crate) code: Secret,
    pub(crate) login: PendingLogin,
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

pub(crate) fn callback(
    client: &Client,
    login: PendingLogin,
    response: &CallbackParams,
    now: Timestamp,
) -> Result<AuthorizationCode, Error> {
    let mut trace = Trace::new(client.policy().record_decisions);
    let code = Callback { client, login: &login, response, now, trace: &mut trace }.run();
    let code = trace.attach(code)?;
    Ok(AuthorizationCode { code, login, trace })
}

/// A login goes on only at the provider, for the client and the redirect URI that it was begun with.
pub(crate) fn same_client(client: &Client, login: &PendingLogin, trace: &mut Trace) -> Result<(), Error> {
    let registration = client.registration();
    let members = [
        ("issuer", client.provider().issuer().as_str(), login.issuer.as_str()),
        ("client_id", &registration.client_id, &login.client_id),
        ("redirect_uri", &registration.redirect_uri, &login.redirect_uri),
    ];
    members.into_iter().try_for_each(|(member, expected, actual)| {
        let values = [member, expected, actual].map(Value::Text);
        trace.check(Check::PendingClient, expected == actual, &values)
    })
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
            (None | Some(""), None) => Err(self.trace.fail(Check::CodeMissing, &[])),
            (Some(code), None) => {
                self.trace.pass(Check::Code, &[]);
                Ok(Secret::new(code))
            }
            (None, Some(error)) => {
                self.trace.pass(Check::CodeError, &[]);
                let text = |name: &str| self.response.get(name).map(str::to_owned);
                let server_error =
                    server_error(error.to_owned(), text("error_description"), text("error_uri"));
                Err(match server_error {
                    Some(server_error) => Error::server(server_error),
                    None => ErrorKind::CallbackMalformed.with(["has an error that is not one"]),
                })
            }
        }
    }

    fn size(&self) -> Result<(), Error> {
        let policy = self.client.policy();
        let malformed = |reason: &str| Err(ErrorKind::CallbackMalformed.with([reason]));
        if self.response.length > size(policy.max_callback_bytes) {
            return malformed("is too large");
        }
        let longest = self.response.parameters.iter().map(|(_, value)| value.len()).max();
        if longest.is_some_and(|longest| longest > size(policy.max_parameter_bytes)) {
            return malformed("has a parameter that is too large");
        }
        Ok(())
    }

    fn unexpected(&mut self, parameter: &str) -> Error {
        self.trace.fail(Check::CodeUnexpected, &[Value::Text(parameter)])
    }

    fn response_mode(&mut self) -> Result<(), Error> {
        let (expected, actual) = (self.login.response_mode.as_str(), self.response.mode.as_str());
        self.trace.texts(Check::ResponseMode, expected == actual, expected, actual)
    }

    fn state(&mut self) -> Result<(), Error> {
        match self.response.get("state") {
            None => Err(self.trace.fail(Check::StateMissing, &[])),
            Some(state) => self.trace.plain(Check::State, self.login.state.matches(state)),
        }
    }

    /// The shorter of the time it was started with and the time that is set now.
    fn age(&mut self) -> Result<(), Error> {
        let limit = i64::from(self.login.lifetime.min(self.client.policy().state_timeout_secs));
        let age = self.now.since(self.login.started_at);
        let skew = i64::from(self.client.policy().allowed_skew_secs);
        let passed = age <= limit && age >= skew.saturating_neg();
        self.trace.check(Check::StateAge, passed, &[age, limit].map(Value::Number))
    }

    fn issuer(&mut self) -> Result<(), Error> {
        let expected = self.login.issuer.as_str();
        match self.response.get("iss") {
            Some(actual) => self.trace.texts(Check::ResponseIssuer, actual == expected, expected, actual),
            None if self.client.provider().metadata().announces_iss() => {
                Err(self.trace.fail(Check::ResponseIssuerMissing, &[Value::Text(expected)]))
            }
            None => {
                self.trace.pass(Check::ResponseIssuerNotAnnounced, &[]);
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
        for (text, name, value) in [
            ("code=/a?b&state=s", "code", "/a?b"),
            ("urn:code=a&state=s", "state", "s"),
            ("code&state=https://rp.example/?x", "state", "https://rp.example/?x"),
        ] {
            assert_eq!(CallbackParams::parse(text).unwrap().get(name), Some(value), "a query: {text}");
        }
    }
}
