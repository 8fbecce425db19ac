//! The error that ends an operation, with what was decided before it.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::report::check::{Check, Row, Value};
use crate::report::decision::{Decision, Outcome, Trace};
use crate::report::kind::{Again, Category, ErrorKind};
use crate::report::printable::printable;
#[cfg(feature = "setup")]
use crate::report::printable::push_shown;
use crate::report::server_error::{ServerError, is_for_now, is_passing};

/// What went wrong: a [kind](ErrorKind) with a stable [code](Error::code), and every
/// [decision](Decision) that led there.
///
/// Codes are the interface; messages may change. A message shows of each detail ASCII letters, digits, the space and
/// `._~:/?#@!$()*+,;=-` alone, so that no text from outside does anything in a page or a log. Nothing in it is secret: details are public
/// values such as issuers, audiences and algorithms, never a code, token, state, nonce or secret.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// In the order of the kind's names for them.
    details: Vec<String>,
    server_error: Option<ServerError>,
    /// Of the response that brought the provider's own error, or 0.
    status: u16,
    /// What the reader can do about it, where more is known than the details tell: public values alone.
    hint: String,
    trace: Trace,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, details: Vec<String>) -> Error {
        let details = details.iter().map(|detail| printable(detail)).collect();
        Error(Box::new(Inner {
            kind,
            details,
            server_error: None,
            status: 0,
            hint: String::new(),
            trace: Trace::default(),
        }))
    }

    /// The provider's own error, with the text it sent: from this endpoint, with this status if it did not come through the
    /// browser.
    pub(crate) fn server(server_error: ServerError, endpoint: &str, status: Option<u16>) -> Error {
        const LONGEST: usize = 64;
        let code: String = server_error.error.chars().take(LONGEST).collect();
        let mut error = ErrorKind::ProviderError.with([&code, endpoint]);
        error.0.server_error = Some(server_error);
        error.0.status = status.unwrap_or_default();
        error
    }

    /// The same error, whose message ends with what to do about it.
    #[cfg(feature = "setup")]
    pub(crate) fn hinting(mut self, hint: &str) -> Error {
        push_shown(&mut self.0.hint, hint);
        self
    }

    pub(in crate::report) fn hint(&self) -> &str {
        &self.0.hint
    }

    /// The same error, after the decisions that were made before it.
    pub(crate) fn after(mut self, mut earlier: Trace) -> Error {
        earlier.extend(&self.0.trace);
        self.0.trace = earlier;
        self
    }

    /// What went wrong, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, one of [`Error::codes`].
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Whose fault it is.
    pub fn category(&self) -> Category {
        self.0.kind.category()
    }

    /// Whether the same call may succeed later: the provider or the network failed temporarily. The provider may have
    /// used up what can be sent only once (a code, a refresh token); the later call then ends with `invalid_grant`.
    ///
    /// True of `unreachable`, `keys_unavailable` and `metadata_unavailable`; of `unexpected_status` and `provider_status`
    /// with 408, 425, 429 or 5xx; and of a `provider_error` that is `server_error`, `temporarily_unavailable` or
    /// `slow_down`, or a code that is not registered, with such a status.
    pub fn is_retryable(&self) -> bool {
        match self.0.kind.again() {
            Again::No => false,
            Again::Later => true,
            Again::ByStatus => {
                self.detail("status").and_then(|status| status.parse().ok()).is_some_and(is_passing)
            }
            Again::ByServerError => {
                self.server_error().is_some_and(|server| is_for_now(&server.error, self.0.status))
            }
        }
    }

    /// Public values that explain the error; the [kind](ErrorKind) lists their names. Some are text from outside:
    /// escape them before you show them in a page.
    pub fn details(&self) -> Vec<(&'static str, &str)> {
        self.0.kind.details().iter().copied().zip(self.0.details.iter().map(String::as_str)).collect()
    }

    /// One of the [details](Error::details).
    pub fn detail(&self, name: &str) -> Option<&str> {
        let position = self.0.kind.details().iter().position(|detail| *detail == name)?;
        self.0.details.get(position).map(String::as_str)
    }

    /// The checks that were made. If a check failed, it is the last one.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }

    /// The provider's own OAuth error, if it sent one (category [`Category::Provider`]).
    pub fn server_error(&self) -> Option<&ServerError> {
        self.0.server_error.as_ref()
    }

    /// Where the documentation explains this code: `errors/CODE.md` in the folder `docs` of the repository.
    pub fn help(&self) -> String {
        ["errors/", self.code(), ".md"].concat()
    }

    /// Every code that an error can have.
    pub fn codes() -> &'static [&'static str] {
        ErrorKind::CODES
    }
}

impl Trace {
    /// Notes a check, and ends the operation if it did not pass.
    pub(crate) fn check<'a, C: Check<'a>>(&mut self, check: C, passed: bool) -> Result<(), Error> {
        let values = check.values();
        if !passed {
            return Err(self.failed(C::ROW, &values));
        }
        self.note(C::ROW, Outcome::Passed, &values);
        Ok(())
    }

    /// Notes a check that did not pass. Makes the error that ends the operation.
    pub(crate) fn fail<'a, C: Check<'a>>(&mut self, check: C) -> Error {
        self.failed(C::ROW, &check.values())
    }

    #[cold]
    fn failed(&mut self, row: &'static Row, values: &[Value<'_>]) -> Error {
        self.note(row, Outcome::Failed, values);
        let Some(failure) = &row.failure else { return ErrorKind::MalformedToken.with([row.name]) };
        let detail = |place: &u8| match values.get(usize::from(*place)) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => (*text).to_owned(),
            None => String::new(),
        };
        Error::new(
            failure.kind,
            failure.details.iter().take(failure.kind.details().len()).map(detail).collect(),
        )
    }

    /// Notes that a claim cannot be checked, for this reason or, if there is none, because it is missing. Makes the
    /// error that ends the operation.
    #[cold]
    pub(crate) fn unusable(&mut self, row: &'static Row, claim: &str, reason: &str) -> Error {
        let values = [Value::Text(claim), Value::Text(reason)];
        if reason.is_empty() {
            self.note(row, Outcome::Missing, &values);
            return ErrorKind::ClaimMissing.with([claim]);
        }
        self.note(row, Outcome::Unusable, &values);
        ErrorKind::ClaimInvalid.with([claim, reason])
    }

    /// Makes checks that passed before once more: they are noted only if one fails, which ends the operation.
    pub(crate) fn again(&mut self, checks: impl Fn(&mut Trace) -> Result<(), Error>) -> Result<(), Error> {
        if checks(&mut Trace::new(false)).is_ok() {
            return Ok(());
        }
        let result = checks(self);
        self.attach(result)
    }

    /// Puts the decisions made so far into an error that ends the operation.
    pub(crate) fn attach<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.after(core::mem::take(self)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.code())
    }
}

impl core::error::Error for Error {}

impl ErrorKind {
    /// An error of this kind, which has no details.
    pub(crate) fn bare(self) -> Error {
        self.with([])
    }

    /// An error of this kind with its details, in the order of their names.
    pub(crate) fn with<const N: usize>(self, details: [&str; N]) -> Error {
        debug_assert_eq!(self.details().len(), N, "{self:?}");
        Error::new(self, details.map(str::to_owned).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::check;

    #[test]
    fn the_servers_text_is_not_displayed() {
        let server_error = ServerError {
            error: "access_denied".into(),
            error_description: Some("<script>".into()),
            error_uri: None,
        };
        let error = Error::server(server_error, "token", Some(400));
        assert!(!format!("{error} {error:?} {:?}", error.server_error()).contains("script"));
        assert_eq!(error.category(), Category::Provider);
        assert_eq!(error.server_error().map(|e| e.error.as_str()), Some("access_denied"));
    }

    #[test]
    fn details_are_in_the_message() {
        let error = ErrorKind::IssMismatch.with(["a", "b\n"]);
        let message = "the token comes from another issuer (expected: [a], actual: [b\u{fffd}])";
        assert_eq!(error.to_string(), message);
        assert_eq!(error.details(), [("expected", "a"), ("actual", "b\u{fffd}")]);
        assert_eq!((error.detail("actual"), error.detail("kid")), (Some("b\u{fffd}"), None));
    }

    #[test]
    fn decisions_take_their_values_by_name() {
        let mut trace = Trace::new(true);
        trace.check(check::Iss { expected: "a".into(), actual: "b\n".into() }, true).unwrap();
        let [skew, exp, now] = [60_i64, 1_000, 1_100].map(Value::from);
        let error = trace.check(check::Exp { skew, exp, now }, false).unwrap_err();
        assert_eq!(error.details(), [("exp", "1000"), ("now", "1100"), ("skew", "60")]);
        let mut longer = Trace::new(true);
        longer.check(check::Sub { sub: "subject".into() }, true).unwrap();
        longer.extend(&trace);
        let said: Vec<_> = longer
            .decisions()
            .into_iter()
            .map(|decision| (decision.check, decision.expected, decision.found, decision.passed))
            .collect();
        let row = |check, expected: &str, found: &str, passed| {
            (check, expected.to_owned(), found.to_owned(), passed)
        };
        assert_eq!(
            said,
            [
                row("sub", "printable ASCII, up to `max_sub_bytes` of it", "subject", true),
                row("iss", "a", "b\u{fffd}", true),
                row("exp", "later than now, give or take 60 s", "1000, -100 s from now", false),
            ]
        );
    }

    #[test]
    fn checks_made_again_are_noted_only_if_one_fails() {
        let mut trace = Trace::new(true);
        trace.pass(check::Code);
        let mut twice = |last| {
            trace.again(|trace| {
                trace.check(check::Iss { expected: "a".into(), actual: "a".into() }, true)?;
                trace.check(check::Nonce, last)
            })
        };
        twice(true).unwrap();
        let error = twice(false).unwrap_err();
        let said: Vec<_> =
            error.decisions().into_iter().map(|decision| (decision.check, decision.passed)).collect();
        assert_eq!(said, [("code", true), ("iss", true), ("nonce", false)]);
    }

    #[test]
    fn a_silent_trace_keeps_nothing_and_refuses_all_the_same() {
        let mut trace = Trace::new(false);
        assert_eq!(trace.check(check::Nonce, false).unwrap_err().code(), "nonce_mismatch");
        assert!(trace.decisions().is_empty());
    }
}
