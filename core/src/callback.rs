//! The authorization response (OIDC Core 3.1.2.5), and what makes it ours.

use std::collections::BTreeMap;
use std::fmt;

use crate::client::Client;
use crate::decision::{Check, Decision, Trace};
use crate::error::{Error, ErrorKind};
use crate::pending::{self, PendingLogin, ResponseMode};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::server_error;
use crate::uri;

/// Bytes of a query or form.
const MAX_RESPONSE: usize = 16 * 1024;
/// Bytes of one parameter.
const MAX_PARAMETER: usize = 8 * 1024;

/// The parameters of an authorization response, read strictly. Nothing in them is believed yet.
pub struct CallbackParams {
    mode: ResponseMode,
    parameters: BTreeMap<String, String>,
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
        let malformed = |reason: &str| Error::from(ErrorKind::CallbackMalformed { reason: reason.into() });
        if text.len() > MAX_RESPONSE {
            return Err(malformed("is too large"));
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in uri::decode_pairs(text).map_err(malformed)? {
            if value.len() > MAX_PARAMETER {
                return Err(malformed("has a parameter that is too large"));
            }
            if parameters.insert(name.clone(), value).is_some() {
                let parameter =
                    name.chars().filter(|character| character.is_ascii_graphic()).take(64).collect();
                return Err(ErrorKind::CallbackDuplicate { parameter }.into());
            }
        }
        Ok(CallbackParams { mode, parameters })
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
        self.parameters.get(name).map(String::as_str)
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
    pub fn decisions(&self) -> &[Decision] {
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
        ("issuer", client.provider().issuer().as_str(), &login.issuer),
        ("client_id", &registration.client_id, &login.client_id),
        ("redirect_uri", &registration.redirect_uri, &login.redirect_uri),
    ];
    for (member, expected, actual) in members {
        let wanted = format_args!("{member} {expected}");
        trace.check(Check::PendingClient, expected == actual, wanted, format_args!("{actual}"), || {
            ErrorKind::PendingLoginMismatch {
                member: member.into(),
                expected: expected.into(),
                actual: actual.clone(),
            }
        })?;
    }
    Ok(())
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
            (None | Some(""), None) => Err(self.trace.fail(
                Check::Code,
                format_args!("a code or an error"),
                format_args!("neither"),
                ErrorKind::CodeMissing,
            )),
            (Some(code), None) => {
                self.trace.pass(Check::Code, format_args!("a code"), format_args!("one"));
                Ok(Secret::new(code))
            }
            (None, Some(error)) => {
                let text = |name: &str| self.response.get(name).map(str::to_owned);
                let server_error =
                    server_error(error.to_owned(), text("error_description"), text("error_uri"));
                self.trace.pass(Check::Code, format_args!("a code or an error"), format_args!("an error"));
                Err(server_error.map_or_else(
                    || ErrorKind::CallbackMalformed { reason: "has an error that is not one".into() }.into(),
                    Error::server,
                ))
            }
        }
    }

    fn unexpected(&mut self, parameter: &str) -> Error {
        let failure = ErrorKind::CallbackUnexpected { parameter: parameter.into() };
        self.trace.fail(
            Check::Code,
            format_args!("a code or an error, no token"),
            format_args!("{parameter} too"),
            failure,
        )
    }

    fn response_mode(&mut self) -> Result<(), Error> {
        let (expected, actual) = (self.login.response_mode.as_str(), self.response.mode.as_str());
        self.trace.check(
            Check::ResponseMode,
            expected == actual,
            format_args!("{expected}"),
            format_args!("{actual}"),
            || ErrorKind::ResponseModeMismatch { expected: expected.into(), actual: actual.into() },
        )
    }

    fn state(&mut self) -> Result<(), Error> {
        let wanted = format_args!("the state of this browser's login");
        let Some(state) = self.response.get("state") else {
            return self
                .trace
                .check(Check::State, false, wanted, format_args!("none"), || ErrorKind::StateMissing);
        };
        let passed = self.login.state.matches(state);
        let found = if passed { "that one" } else { "another one" };
        self.trace.check(Check::State, passed, wanted, format_args!("{found}"), || ErrorKind::StateMismatch)
    }

    /// The shorter of the time it was started with and the time that is set now.
    fn age(&mut self) -> Result<(), Error> {
        let limit = self.login.lifetime.min(self.client.policy().state_timeout_secs);
        let age = self.now.since(self.login.started_at);
        let skew = i64::from(self.client.policy().allowed_skew_secs);
        let passed = age <= i64::from(limit) && age >= skew.saturating_neg();
        self.trace.check(
            Check::StateAge,
            passed,
            format_args!("at most {limit} s"),
            format_args!("{age} s"),
            || ErrorKind::PendingLoginExpired { age: age.to_string(), limit: limit.to_string() },
        )
    }

    fn issuer(&mut self) -> Result<(), Error> {
        let expected = self.login.issuer.as_str();
        match self.response.get("iss") {
            Some(actual) => self.trace.check(
                Check::ResponseIssuer,
                actual == expected,
                format_args!("{expected}"),
                format_args!("{actual}"),
                || ErrorKind::ResponseIssuerMismatch { expected: expected.into(), actual: actual.into() },
            ),
            None => {
                let passed = !self.client.provider().metadata().announces_iss();
                let wanted = if passed { "nothing: the provider does not announce it" } else { expected };
                self.trace.check(
                    Check::ResponseIssuer,
                    passed,
                    format_args!("{wanted}"),
                    format_args!("none"),
                    || ErrorKind::ResponseIssuerMissing { expected: expected.into() },
                )
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
    }
}
