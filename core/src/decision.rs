//! What was checked, as data: for a trace a person can read, and for tests.

use std::fmt;

use serde::Serialize;

use crate::error::{Error, ErrorKind, printable};

/// One thing that was checked or chosen, and how it went.
///
/// Values that are secret (state, nonce, tokens) are described, never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// What was checked: a stable name such as `state`, `key` or `aud`.
    pub check: &'static str,
    /// The section of the specification that asks for it.
    pub rule: &'static str,
    /// What was required.
    pub expected: String,
    /// What was there.
    pub found: String,
    /// Whether the check passed. Only the last decision of an error has not.
    pub passed: bool,
}

macro_rules! checks {
    ($($check:ident = $name:literal, $rule:literal;)+) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Check { $($check),+ }

        impl Check {
            const fn name(self) -> &'static str {
                match self { $(Check::$check => $name),+ }
            }
            const fn rule(self) -> &'static str {
                match self { $(Check::$check => $rule),+ }
            }
        }
    };
}

checks! {
    Metadata = "metadata", "OIDC Discovery 4";
    MetadataIssuer = "metadata_issuer", "OIDC Discovery 4.3";
    Keys = "keys", "OIDC Core 10.1.1";
    PendingClient = "pending_login", "RFC 9700 4.4.2";
    ResponseMode = "response_mode", "OAuth 2.0 Multiple Response Types 2.1";
    State = "state", "RFC 6749 10.12";
    StateAge = "state_age", "RFC 9700 4.7.1";
    ResponseIssuer = "response_iss", "RFC 9207 2.4";
    Code = "code", "OIDC Core 3.1.2.7";
    ClientAuth = "client_authentication", "OIDC Core 9";
    TokenType = "token_type", "OIDC Core 3.1.3.3";
    Typ = "typ", "RFC 8725 3.11";
    Alg = "alg", "OIDC Core 3.1.3.7 (7)";
    Key = "key", "OIDC Core 10.1";
    Signature = "signature", "OIDC Core 3.1.3.7 (6)";
    Iss = "iss", "OIDC Core 3.1.3.7 (2)";
    Aud = "aud", "OIDC Core 3.1.3.7 (3)";
    Azp = "azp", "OIDC Core 3.1.3.7 (5)";
    Sub = "sub", "OIDC Core 2";
    Exp = "exp", "OIDC Core 3.1.3.7 (9)";
    Iat = "iat", "OIDC Core 3.1.3.7 (10)";
    Nbf = "nbf", "RFC 7519 4.1.5";
    Nonce = "nonce", "OIDC Core 3.1.3.7 (11)";
    Acr = "acr", "OIDC Core 3.1.3.7 (12)";
    AuthTime = "auth_time", "OIDC Core 3.1.3.7 (13)";
    AtHash = "at_hash", "OIDC Core 3.1.3.8";
    RequestedSub = "requested_sub", "OIDC Core 3.1.2.2";
    Refreshed = "refreshed", "OIDC Core 12.2";
    UserInfoSub = "userinfo_sub", "OIDC Core 5.3.2";
}

/// Collects decisions on the way through an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    silent: bool,
    decisions: Vec<Decision>,
}

impl Trace {
    /// A trace that keeps what it is told only if `record`.
    pub(crate) fn new(record: bool) -> Trace {
        Trace { silent: !record, decisions: Vec::new() }
    }

    /// Notes something that was chosen or found in order.
    pub(crate) fn pass(&mut self, check: Check, expected: fmt::Arguments<'_>, found: fmt::Arguments<'_>) {
        self.record(check, expected, found, true);
    }

    /// Notes a check, and ends the operation with `failure` if it did not pass.
    pub(crate) fn check(
        &mut self,
        check: Check,
        passed: bool,
        expected: fmt::Arguments<'_>,
        found: fmt::Arguments<'_>,
        failure: impl FnOnce() -> ErrorKind,
    ) -> Result<(), Error> {
        self.record(check, expected, found, passed);
        if passed { Ok(()) } else { Err(failure().into()) }
    }

    /// Notes a check that did not pass, and makes the error that ends the operation.
    pub(crate) fn fail(
        &mut self,
        check: Check,
        expected: fmt::Arguments<'_>,
        found: fmt::Arguments<'_>,
        failure: ErrorKind,
    ) -> Error {
        self.record(check, expected, found, false);
        Error::from(failure).after(std::mem::take(&mut self.decisions))
    }

    /// Puts the decisions made so far into an error that ends the operation.
    pub(crate) fn attach<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.after(std::mem::take(&mut self.decisions)))
    }

    pub(crate) fn extend(&mut self, later: Trace) {
        self.decisions.extend(later.decisions);
    }

    pub(crate) fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn record(
        &mut self,
        check: Check,
        expected: fmt::Arguments<'_>,
        found: fmt::Arguments<'_>,
        passed: bool,
    ) {
        if !self.silent {
            self.decisions.push(Decision {
                check: check.name(),
                rule: check.rule(),
                expected: printable(&expected.to_string()),
                found: printable(&found.to_string()),
                passed,
            });
        }
    }
}
