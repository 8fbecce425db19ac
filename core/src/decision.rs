//! What was checked, as data: for a trace a person can read, and for tests.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

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

/// What there is to say about a check: all of it here, so that code only says how it went and with which values.
struct Row {
    name: &'static str,
    rule: &'static str,
    /// In these, `{1}` stands for the second value, `{1-2}` for what it is more than the third.
    expected: &'static str,
    found: &'static str,
    found_instead: &'static str,
    /// What the operation ends with, and which of the values are its details.
    failure: Option<(ErrorKind, &'static [usize])>,
}

macro_rules! checks {
    (@found) => { "" };
    (@found $found:literal) => { $found };
    (@failure) => { None };
    (@failure $kind:ident $($detail:literal)*) => { Some((ErrorKind::$kind, &[$($detail),*])) };
    ($($check:ident = $name:literal, $rule:literal: $expected:literal
        $(, passed: $found:literal)? $(, failed: $instead:literal => $kind:ident($($detail:literal),*))?;)+) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Check { $($check),+ }

        const ROWS: &[Row] = &[$(Row {
            name: $name,
            rule: $rule,
            expected: $expected,
            found: checks!(@found $($found)?),
            found_instead: checks!(@found $($instead)?),
            failure: checks!(@failure $($kind $($detail)*)?),
        }),+];
    };
}

checks! {
    MetadataCached = "metadata", "OIDC Discovery 4": "metadata of {0}",
        passed: "in the cache, {1} s old";
    MetadataFetched = "metadata", "OIDC Discovery 4": "metadata of {0}",
        passed: "fetched";
    MetadataStale = "metadata", "OIDC Discovery 4": "metadata of {0}",
        passed: "not refreshed ({1}); in the cache, {2} s old";
    MetadataIssuer = "metadata_issuer", "OIDC Discovery 4.3": "{0}",
        passed: "{1}", failed: "{1}" => MetadataIssuerMismatch(0, 1);

    PendingClient = "pending_login", "RFC 9700 4.4.2": "{0} {1}",
        passed: "{2}", failed: "{2}" => PendingLoginMismatch(0, 1, 2);
    ResponseMode = "response_mode", "OAuth 2.0 Multiple Response Types 2.1": "{0}",
        passed: "{1}", failed: "{1}" => ResponseModeMismatch(0, 1);
    State = "state", "RFC 6749 10.12": "the state of this browser's login",
        passed: "that one", failed: "another one" => StateMismatch();
    StateMissing = "state", "RFC 6749 10.12": "the state of this browser's login",
        failed: "none" => StateMissing();
    StateAge = "state_age", "RFC 9700 4.7.1": "at most {1} s",
        passed: "{0} s", failed: "{0} s" => PendingLoginExpired(0, 1);
    ResponseIssuer = "response_iss", "RFC 9207 2.4": "{0}",
        passed: "{1}", failed: "{1}" => ResponseIssuerMismatch(0, 1);
    ResponseIssuerMissing = "response_iss", "RFC 9207 2.4": "{0}",
        failed: "none" => ResponseIssuerMissing(0);
    ResponseIssuerNotAnnounced = "response_iss", "RFC 9207 2.4": "nothing: the provider does not announce it",
        passed: "none";
    Code = "code", "OIDC Core 3.1.2.7": "a code",
        passed: "one";
    CodeMissing = "code", "OIDC Core 3.1.2.7": "a code or an error",
        failed: "neither" => CodeMissing();
    CodeError = "code", "OIDC Core 3.1.2.7": "a code or an error",
        passed: "an error";
    CodeUnexpected = "code", "OIDC Core 3.1.2.7": "a code or an error, no token",
        failed: "{0} too" => CallbackUnexpected(0);

    ClientAuth = "client_authentication", "OIDC Core 9": "a method that the provider offers",
        passed: "{0}";
    TokenType = "token_type", "OIDC Core 3.1.3.3": "Bearer",
        passed: "{0}", failed: "{0}" => TokenTypeUnsupported(0);

    Typ = "typ", "RFC 8725 3.11": "JWT, or none",
        passed: "{0}", failed: "{0}" => TypRefused(0);
    TypEvents = "typ", "RFC 8725 3.12": "no events claim",
        failed: "one" => ClaimInvalid(0, 1);
    Alg = "alg", "OIDC Core 3.1.3.7 (7)": "{0}",
        passed: "{1}", failed: "{1}" => AlgRefused(0, 1);
    KeysCached = "keys", "OIDC Core 10.1.1": "the keys at {0}",
        passed: "in the cache, {1} s old";
    KeysFetched = "keys", "OIDC Core 10.1.1": "the keys at {0}",
        passed: "fetched: {1} usable, {2} left out";
    KeysStale = "keys", "OIDC Core 10.1.1": "the keys at {0}",
        passed: "not refreshed ({1}); in the cache, {2} s old";
    Key = "key", "OIDC Core 10.1": "one key for {0}, kid {1}",
        passed: "one", failed: "none" => UnknownKey(1, 0);
    KeyWithoutKid = "key", "OIDC Core 10.1": "one key for {0}, the only one",
        passed: "one", failed: "none" => UnknownKey(1, 0);
    KeyAmbiguous = "key", "OIDC Core 10.1": "one key for {0}, kid {1}",
        failed: "several" => AmbiguousKey(1, 0);
    KeyWithoutKidAmbiguous = "key", "OIDC Core 10.1": "one key for {0}, the only one",
        failed: "several" => AmbiguousKey(1, 0);
    Signature = "signature", "OIDC Core 3.1.3.7 (6)": "a good {0} signature",
        passed: "good", failed: "wrong" => BadSignature(0, 1);

    Iss = "iss", "OIDC Core 3.1.3.7 (2)": "{0}",
        passed: "{1}", failed: "{1}" => IssMismatch(0, 1);
    Aud = "aud", "OIDC Core 3.1.3.7 (3)": "{0}",
        passed: "{1}", failed: "{1}" => AudMismatch(0, 1);
    AudUntrusted = "aud", "OIDC Core 3.1.3.7 (3)": "no audience that is not trusted",
        failed: "{0}" => AudUntrusted(0);
    Azp = "azp", "OIDC Core 3.1.3.7 (5)": "{0}",
        passed: "{1}", failed: "{1}" => AzpMismatch(0, 1);
    AzpMissing = "azp", "OIDC Core 3.1.3.7 (4)": "{1}, as there are several audiences",
        failed: "none" => ClaimMissing(0);
    Sub = "sub", "OIDC Core 2": "1 to 255 ASCII characters",
        passed: "{0}";
    Exp = "exp", "OIDC Core 3.1.3.7 (9)": "later than now, give or take {0} s",
        passed: "{1}, {1-2} s from now", failed: "{1}, {1-2} s from now" => TokenExpired(1, 2, 0);
    Iat = "iat", "OIDC Core 3.1.3.7 (10)": "not later than now, give or take {0} s",
        passed: "{1}, {2-1} s ago", failed: "{1}, {2-1} s ago" => IssuedInFuture(1, 2, 0);
    Nbf = "nbf", "RFC 7519 4.1.5": "not later than now, give or take {0} s",
        passed: "{1}, {2-1} s ago", failed: "{1}, {2-1} s ago" => NotYetValid(1, 2, 0);
    Nonce = "nonce", "OIDC Core 3.1.3.7 (11)": "the nonce of this login",
        passed: "that one", failed: "another one" => NonceMismatch();
    Acr = "acr", "OIDC Core 3.1.3.7 (12)": "{0}",
        passed: "{1}", failed: "{1}" => AcrMismatch(0, 1);
    AuthTime = "auth_time", "OIDC Core 3.1.3.7 (13)": "at most {3} s ago, give or take {0} s",
        passed: "{1}, {2-1} s ago", failed: "{1}, {2-1} s ago" => AuthenticationTooOld(1, 3, 2);
    AuthTimePresent = "auth_time", "OIDC Core 3.1.3.7 (13)": "to be there",
        passed: "{0}";
    AtHash = "at_hash", "OIDC Core 3.1.3.8": "to fit the access token",
        passed: "it does", failed: "it does not" => AtHashMismatch();
    RequestedSub = "requested_sub", "OIDC Core 3.1.2.2": "the end user who was asked for",
        passed: "that one", failed: "another one" => SubMismatch();
    Refreshed = "refreshed", "OIDC Core 12.2": "{0} as in the first ID token",
        passed: "the same, or not there", failed: "another" => RefreshedClaimChanged(0);
    UserInfoSub = "userinfo_sub", "OIDC Core 5.3.2": "to be the ID token's",
        passed: "it is", failed: "it is not" => UserInfoSubMismatch();
}

impl Check {
    /// Its row: they stand in the order of the variants.
    fn row(self) -> Option<&'static Row> {
        ROWS.get(self as usize)
    }
}

/// A value that a check is about.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

/// How often most operations decide something, and how much text that takes.
const USUAL_ENTRIES: usize = 20;
const USUAL_TEXT: usize = 256;
/// Values of one check.
const VALUES: usize = 4;

/// Collects decisions on the way through an operation, not yet in words: most of them are made and never read.
#[derive(Clone, Default)]
pub(crate) struct Trace {
    silent: bool,
    entries: Vec<Entry>,
    text: String,
}

#[derive(Clone)]
struct Entry {
    check: Check,
    outcome: Outcome,
    values: [Kept; VALUES],
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    /// There was nothing that could be checked: the second value says why, or that it was not there.
    Unusable,
}

#[derive(Clone, Copy)]
enum Kept {
    Number(i64),
    /// A stretch of the trace's text.
    Text(usize, usize),
}

impl Trace {
    /// A trace that keeps what it is told only if `record`.
    pub(crate) fn new(record: bool) -> Trace {
        let (entries, text) = if record { (USUAL_ENTRIES, USUAL_TEXT) } else { (0, 0) };
        Trace { silent: !record, entries: Vec::with_capacity(entries), text: String::with_capacity(text) }
    }

    /// Notes a check, and ends the operation if it did not pass.
    pub(crate) fn check(&mut self, check: Check, passed: bool, values: &[Value<'_>]) -> Result<(), Error> {
        if !passed {
            return Err(self.fail(check, values));
        }
        self.pass(check, values);
        Ok(())
    }

    /// Notes a check that did not pass. Makes the error that ends the operation.
    #[cold]
    pub(crate) fn fail(&mut self, check: Check, values: &[Value<'_>]) -> Error {
        self.note(check, Outcome::Failed, values);
        let (kind, details) =
            check.row().and_then(|row| row.failure).unwrap_or((ErrorKind::MalformedToken, &[]));
        let detail = |place: &usize| match values.get(*place) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => (*text).to_owned(),
            None => String::new(),
        };
        Error::new(kind, details.iter().map(detail).collect())
    }

    /// Notes a check that has no values to show.
    pub(crate) fn plain(&mut self, check: Check, passed: bool) -> Result<(), Error> {
        self.check(check, passed, &[])
    }

    /// Notes a check of one text.
    pub(crate) fn text(&mut self, check: Check, passed: bool, text: &str) -> Result<(), Error> {
        self.check(check, passed, &[Value::Text(text)])
    }

    /// Notes a check of one text against another.
    pub(crate) fn texts(
        &mut self,
        check: Check,
        passed: bool,
        first: &str,
        second: &str,
    ) -> Result<(), Error> {
        self.check(check, passed, &[Value::Text(first), Value::Text(second)])
    }

    /// Notes something that was chosen or found in order.
    pub(crate) fn pass(&mut self, check: Check, values: &[Value<'_>]) {
        self.note(check, Outcome::Passed, values);
    }

    /// Notes that a claim cannot be checked, for this reason or, if there is none, because it is missing. Makes the
    /// error that ends the operation.
    pub(crate) fn unusable(&mut self, check: Check, claim: &str, reason: &str) -> Error {
        self.note(check, Outcome::Unusable, &[Value::Text(claim), Value::Text(reason)]);
        if reason.is_empty() {
            ErrorKind::ClaimMissing.with([claim])
        } else {
            ErrorKind::ClaimInvalid.with([claim, reason])
        }
    }

    /// Puts the decisions made so far into an error that ends the operation.
    pub(crate) fn attach<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.after(core::mem::take(self)))
    }

    pub(crate) fn extend(&mut self, later: &Trace) {
        let base = self.text.len();
        self.text.push_str(&later.text);
        self.entries.extend(later.entries.iter().cloned().map(|mut entry| {
            for value in &mut entry.values {
                if let Kept::Text(start, _) = value {
                    *start = start.saturating_add(base);
                }
            }
            entry
        }));
    }

    pub(crate) fn decisions(&self) -> Vec<Decision> {
        self.entries.iter().filter_map(|entry| self.decision(entry)).collect()
    }

    fn note(&mut self, check: Check, outcome: Outcome, values: &[Value<'_>]) {
        if self.silent {
            return;
        }
        let mut kept = [Kept::Number(0); VALUES];
        for (kept, value) in kept.iter_mut().zip(values) {
            *kept = match value {
                Value::Number(number) => Kept::Number(*number),
                Value::Text(text) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    Kept::Text(start, text.len())
                }
            };
        }
        self.entries.push(Entry { check, outcome, values: kept });
    }

    fn decision(&self, entry: &Entry) -> Option<Decision> {
        let row = entry.check.row()?;
        let (expected, found) = match entry.outcome {
            Outcome::Passed => (row.expected, row.found),
            Outcome::Failed => (row.expected, row.found_instead),
            Outcome::Unusable if self.value(entry, 1).is_empty() => {
                ("to be there and well-formed", "not there")
            }
            Outcome::Unusable => ("to be there and well-formed", "{0}: {1}"),
        };
        Some(Decision {
            check: row.name,
            rule: row.rule,
            expected: self.in_words(entry, expected),
            found: self.in_words(entry, found),
            passed: entry.outcome == Outcome::Passed,
        })
    }

    /// A form with its values in their places.
    fn in_words(&self, entry: &Entry, form: &str) -> String {
        let mut words = String::new();
        let mut rest = form;
        while let Some((plain, place, after)) = next_place(rest) {
            rest = after;
            words.push_str(plain);
            match place.split_once('-') {
                None => words.push_str(&self.value(entry, position(place))),
                Some((first, second)) => {
                    let difference =
                        number(entry, position(first)).saturating_sub(number(entry, position(second)));
                    words.push_str(&difference.to_string());
                }
            }
        }
        words.push_str(rest);
        printable(&words)
    }

    fn value(&self, entry: &Entry, position: usize) -> String {
        match entry.values.get(position) {
            Some(Kept::Number(number)) => number.to_string(),
            Some(Kept::Text(start, length)) => {
                self.text.get(*start..start.saturating_add(*length)).unwrap_or_default().to_owned()
            }
            None => String::new(),
        }
    }
}

impl core::fmt::Debug for Trace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.decisions()).finish()
    }
}

fn number(entry: &Entry, position: usize) -> i64 {
    match entry.values.get(position) {
        Some(Kept::Number(number)) => *number,
        Some(Kept::Text(..)) | None => 0,
    }
}

/// What is before the first place of a form, what stands in it, and what is after it.
fn next_place(form: &str) -> Option<(&str, &str, &str)> {
    let (plain, rest) = form.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((plain, place, after))
}

fn position(digit: &str) -> usize {
    digit.parse().unwrap_or(VALUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_the_details_that_its_kind_names() {
        for row in ROWS {
            if let Some((kind, details)) = row.failure {
                assert_eq!(details.len(), kind.details().len(), "{}", row.name);
                assert!(details.iter().all(|place| *place < VALUES), "{}", row.name);
                assert!(!row.found_instead.is_empty(), "{}", row.name);
            } else {
                assert!(!row.found.is_empty(), "{}", row.name);
            }
        }
    }

    #[test]
    fn forms_take_their_values() {
        let mut trace = Trace::new(true);
        trace.texts(Check::Iss, true, "a", "b\n").unwrap();
        let values = [60, 1_000, 1_100].map(Value::Number);
        let error = trace.check(Check::Exp, false, &values).unwrap_err();
        assert_eq!(error.details(), [("exp", "1000"), ("now", "1100"), ("skew", "60")]);
        let mut longer = Trace::new(true);
        longer.text(Check::Sub, true, "subject").unwrap();
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
                row("sub", "1 to 255 ASCII characters", "subject", true),
                row("iss", "a", "b\u{fffd}", true),
                row("exp", "later than now, give or take 60 s", "1000, -100 s from now", false),
            ]
        );
    }

    #[test]
    fn a_silent_trace_keeps_nothing_and_refuses_all_the_same() {
        let mut trace = Trace::new(false);
        assert_eq!(trace.plain(Check::Nonce, false).unwrap_err().code(), "nonce_mismatch");
        assert!(trace.decisions().is_empty());
    }
}
