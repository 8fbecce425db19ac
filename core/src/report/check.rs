//! The table of checks: all there is to say about each, so that code only says how it went and with which values.
//!
//! A row names the values it speaks of. Texts and details take them by name, and so does the code that makes the check: a name
//! that is not the row's does not compile.

use crate::report::kind::ErrorKind;

/// A value that a check is about.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Value::Number(number.into())
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text)
    }
}

/// Values of one check, at most.
pub(in crate::report) const VALUES: usize = 4;

/// A piece of what is said: text, one of the row's values by its place, or what one value is more than another.
pub(in crate::report) enum Part {
    Text(&'static str),
    Value(u8),
    Difference(u8, u8),
}

/// What there is to say about a check.
pub(crate) struct Row {
    pub(in crate::report) name: &'static str,
    pub(in crate::report) rule: &'static str,
    pub(in crate::report) expected: &'static [Part],
    pub(in crate::report) found: &'static [Part],
    pub(in crate::report) found_instead: &'static [Part],
    pub(in crate::report) failure: Option<Failure>,
}

/// What an operation ends with when a check does not pass, and the places of the values that are its details.
pub(in crate::report) struct Failure {
    pub(in crate::report) kind: ErrorKind,
    pub(in crate::report) details: [u8; VALUES],
}

/// One row of the table, with its values.
pub(crate) trait Check<'a> {
    const ROW: &'static Row;

    fn values(self) -> [Value<'a>; VALUES];
}

fn padded<'a, const N: usize>(given: [Value<'a>; N]) -> [Value<'a>; VALUES] {
    let mut values = [Value::Number(0); VALUES];
    values.iter_mut().zip(given).for_each(|(value, given)| *value = given);
    values
}

/// The places of the kind's details among the row's names: each has to be there.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler alone runs it")]
const fn places(kind: ErrorKind, names: &[&str]) -> [u8; VALUES] {
    let (details, mut places, mut detail) = (kind.details(), [0; VALUES], 0);
    while detail < details.len() {
        let mut place = 0;
        while !same(details[detail].as_bytes(), names[place].as_bytes()) {
            place += 1;
        }
        places[detail] = place as u8;
        detail += 1;
    }
    places
}

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler alone runs it")]
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut place = 0;
    while place < a.len() {
        if a[place] != b[place] {
            return false;
        }
        place += 1;
    }
    true
}

macro_rules! checks {
    (@part $Place:ident $text:literal) => { Part::Text($text) };
    (@part $Place:ident ($more:ident - $less:ident)) => { Part::Difference($Place::$more as u8, $Place::$less as u8) };
    (@part $Place:ident $value:ident) => { Part::Value($Place::$value as u8) };
    (@failure [$($name:ident)*]) => { None };
    (@failure [$($name:ident)*] $kind:ident) => {
        Some(Failure { kind: ErrorKind::$kind, details: places(ErrorKind::$kind, &[$(stringify!($name)),*]) })
    };
    (@row [$($value:ident)*] $name:literal $rule:literal
        [$($expected:tt)*] [$($found:tt)*] [$($instead:tt)*] [$($kind:ident)?]) => {{
        #[allow(non_camel_case_types, dead_code)]
        enum Place { $($value,)* None }
        &Row {
            name: $name,
            rule: $rule,
            expected: &[$(checks!(@part Place $expected)),*],
            found: &[$(checks!(@part Place $found)),*],
            found_instead: &[$(checks!(@part Place $instead)),*],
            failure: checks!(@failure [$($value)*] $($kind)?),
        }
    }};
    (@check [$($lint:tt)*] [$($when:tt)*] $Check:ident [] $($row:tt)+) => {
        $($lint)*
        $($when)*
        pub(crate) struct $Check;

        $($when)*
        impl<'a> Check<'a> for $Check {
            const ROW: &'static Row = checks!(@row [] $($row)+);

            fn values(self) -> [Value<'a>; VALUES] {
                padded([])
            }
        }
    };
    (@check [$($lint:tt)*] [$($when:tt)*] $Check:ident [$($value:ident)+] $($row:tt)+) => {
        $($lint)*
        $($when)*
        pub(crate) struct $Check<'a> { $(pub(crate) $value: Value<'a>),+ }

        $($when)*
        impl<'a> Check<'a> for $Check<'a> {
            const ROW: &'static Row = checks!(@row [$($value)+] $($row)+);

            fn values(self) -> [Value<'a>; VALUES] {
                padded([$(self.$value),+])
            }
        }
    };
    ($($(#[cfg_attr($($lint:tt)*)])? $(#[cfg($when:meta)])? $Check:ident $({ $($value:ident),+ })? = $name:literal, $rule:literal: [$($expected:tt)+]
        $(, passed: [$($found:tt)+])? $(, failed: [$($instead:tt)+] => $kind:ident)?;)+) => {
        $(checks!(@check [$(#[cfg_attr($($lint)*)])?] [$(#[cfg($when)])?] $Check [$($($value)+)?] $name $rule
            [$($expected)+] [$($($found)+)?] [$($($instead)+)?] [$($kind)?]);)+

        #[cfg(test)]
        pub(in crate::report) const ROWS: &[&Row] = &[$($(#[cfg($when)])? $Check::ROW),+];
    };
}

checks! {
    MetadataCached { issuer, age } = "metadata", "OIDC Discovery 4": ["metadata of " issuer],
        passed: ["in the cache, " age " s old"];
    MetadataFetched { issuer } = "metadata", "OIDC Discovery 4": ["metadata of " issuer],
        passed: ["fetched"];
    MetadataStale { issuer, reason, age } = "metadata", "OIDC Discovery 4": ["metadata of " issuer],
        passed: ["not refreshed (" reason "); in the cache, " age " s old"];
    MetadataIssuer { expected, actual } = "metadata_issuer", "OIDC Discovery 4.3": [expected],
        passed: [actual],
        failed: [actual] => MetadataIssuerMismatch;

    LeftOut { member, reason } = "left_out", "RFC 9413 4.1": [member],
        passed: ["left out: " reason];
    Leniency { option, found } = "leniency", "RFC 9413 4.2": [option],
        passed: [found];
    ReturnToLeftOut { reason } = "return_to", "RFC 9700 4.11.1": ["a URL of the application"],
        passed: ["left out: " reason];
    PendingClient { member, expected, actual } = "pending_login", "RFC 9700 4.4.2": [member " " expected],
        passed: [actual],
        failed: [actual] => PendingLoginMismatch;
    ResponseMode { expected, actual } = "response_mode", "OAuth 2.0 Multiple Response Types 2.1": [expected],
        passed: [actual],
        failed: [actual] => ResponseModeMismatch;
    State = "state", "RFC 6749 10.12": ["the state of this browser's login"],
        passed: ["that one"],
        failed: ["another one"] => StateMismatch;
    StateMissing = "state", "RFC 6749 10.12": ["the state of this browser's login"],
        failed: ["none"] => StateMissing;
    StateAge { age, limit } = "state_age", "RFC 9700 4.7.1": ["at most " limit " s"],
        passed: [age " s"],
        failed: [age " s"] => PendingLoginExpired;
    ResponseIssuer { expected, actual } = "response_iss", "RFC 9207 2.4": [expected],
        passed: [actual],
        failed: [actual] => ResponseIssuerMismatch;
    ResponseIssuerMissing { expected, error } = "response_iss", "RFC 9207 2.4": [expected],
        failed: ["none"] => ResponseIssuerMissing;
    ResponseIssuerNotAnnounced = "response_iss", "RFC 9207 2.4": ["nothing: the provider does not announce it"],
        passed: ["none"];
    Code = "code", "OIDC Core 3.1.2.7": ["a code"],
        passed: ["one"];
    CodeMissing = "code", "OIDC Core 3.1.2.7": ["a code or an error"],
        failed: ["neither"] => CodeMissing;
    CodeError = "code", "OIDC Core 3.1.2.7": ["a code or an error"],
        passed: ["an error"];
    CodeUnexpected { parameter } = "code", "OIDC Core 3.1.2.7": ["a code or an error, no token"],
        failed: [parameter " too"] => CallbackUnexpected;

    ClientAuth { method } = "client_authentication", "OIDC Core 9": ["a method that the provider offers"],
        passed: [method];
    TokenType { actual } = "token_type", "OIDC Core 3.1.3.3": ["Bearer"],
        passed: [actual],
        failed: [actual] => TokenTypeUnsupported;
    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    TokenBound { actual } = "token_type", "RFC 9449 5": ["DPoP"],
        passed: [actual],
        failed: [actual] => TokenNotBound;
    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    DpopNonce { endpoint } = "dpop_nonce", "RFC 9449 8": ["no nonce, or the one that the " endpoint " endpoint gave last"],
        passed: ["another one: sent once more, with a new proof"];
    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    Pushed { seconds } = "pushed", "RFC 9126 2.2": ["a request_uri"],
        passed: ["one, for " seconds " s"];
    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    RequestObject { alg } = "request_object", "RFC 9101 4": ["a request that nobody can change"],
        passed: ["signed with " alg];
    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    DpopKey { expected, actual } = "dpop_key", "RFC 9449 6": ["the key of thumbprint " expected],
        passed: ["it is there"],
        failed: [actual] => DpopKeyMismatch;

    #[cfg_attr(not(feature = "signing"), allow(dead_code))]
    AuthorizationDetails { endpoint, member, expected, reason } = "authorization_details", "RFC 9396 7": ["types among " expected],
        passed: [reason],
        failed: [reason] => ResponseMemberInvalid;

    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    Revoked { kind } = "revocation", "RFC 7009 2.2": ["the " kind " to be revoked"],
        passed: ["it is"];
    #[cfg(feature = "logout")]
    FrontChannelIss { expected, actual } = "logout_iss", "OIDC Front-Channel Logout 3": [expected],
        passed: [actual],
        failed: [actual] => LogoutIssuerMismatch;
    #[cfg(feature = "logout")]
    LogoutState = "logout_state", "OIDC RP-Initiated Logout 3": ["the state of this browser's logout"],
        passed: ["that one"],
        failed: ["another one"] => LogoutStateMismatch;
    #[cfg(feature = "logout")]
    LogoutStateMissing = "logout_state", "OIDC RP-Initiated Logout 3": ["the state of this browser's logout"],
        failed: ["none"] => LogoutStateMissing;

    Typ { actual } = "typ", "RFC 8725 3.11": ["JWT, or none"],
        passed: [actual],
        failed: [actual] => TypRefused;
    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    LogoutTyp { actual } = "typ", "OIDC Back-Channel Logout 2.4": ["logout+jwt, JWT, or none"],
        passed: [actual],
        failed: [actual] => TypRefused;
    TypEvents { claim, reason } = "typ", "RFC 8725 3.12": ["no events claim"],
        failed: ["one"] => ClaimInvalid;
    Kind { claim, expected, actual } = "typ", "RFC 8725 3.12": [claim " " expected ", or none"],
        failed: [actual] => TypRefused;
    Alg { expected, actual } = "alg", "OIDC Core 3.1.3.7 (7)": [expected],
        passed: [actual],
        failed: [actual] => AlgRefused;
    KeysCached { jwks_uri, age } = "keys", "OIDC Core 10.1.1": ["the keys at " jwks_uri],
        passed: ["in the cache, " age " s old"];
    KeysFetched { jwks_uri, usable, dropped } = "keys", "OIDC Core 10.1.1": ["the keys at " jwks_uri],
        passed: ["fetched: " usable " usable, " dropped " left out"];
    KeysStale { jwks_uri, reason, age } = "keys", "OIDC Core 10.1.1": ["the keys at " jwks_uri],
        passed: ["not refreshed (" reason "); in the cache, " age " s old"];
    KeysAwaited { jwks_uri, reason, seconds } = "keys", "OIDC Core 10.1.1": ["the keys at " jwks_uri],
        passed: [reason ": another attempt in " seconds " s"];
    IdTokenLeftOut { reason } = "id_token", "OIDC Core 12.2": ["the key of the new ID token"],
        passed: ["not to be had (" reason "): the new tokens are kept, and the claims that were verified before"];
    #[cfg_attr(not(feature = "sealed"), allow(dead_code))]
    Sealed = "sealed", "RFC 8439 2.8": ["a text that this application sealed"],
        passed: ["one"];
    Key { alg, kid, left_out } = "key", "OIDC Core 10.1": ["one key for " alg ", kid " kid],
        passed: ["one"],
        failed: ["none usable " left_out] => UnknownKey;
    KeyWithoutKid { alg, kid, left_out } = "key", "OIDC Core 10.1": ["one key for " alg ", the only one"],
        passed: ["one"],
        failed: ["none usable " left_out] => UnknownKey;
    KeyAmbiguous { alg, kid } = "key", "OIDC Core 10.1": ["one key for " alg ", kid " kid],
        failed: ["several"] => AmbiguousKey;
    KeyWithoutKidAmbiguous { alg, kid } = "key", "OIDC Core 10.1": ["one key for " alg ", the only one"],
        failed: ["several"] => AmbiguousKey;
    Signature { alg, kid } = "signature", "OIDC Core 3.1.3.7 (6)": ["a good " alg " signature"],
        passed: ["good"],
        failed: ["wrong"] => BadSignature;

    Iss { expected, actual } = "iss", "OIDC Core 3.1.3.7 (2)": [expected],
        passed: [actual],
        failed: [actual] => IssMismatch;
    Aud { expected, actual } = "aud", "OIDC Core 3.1.3.7 (3)": [expected],
        passed: [actual],
        failed: [actual] => AudMismatch;
    AudUntrusted { actual } = "aud", "OIDC Core 3.1.3.7 (3)": ["no audience that is not trusted"],
        failed: [actual] => AudUntrusted;
    Azp { expected, actual } = "azp", "OIDC Core 3.1.3.7 (5)": [expected],
        passed: [actual],
        failed: [actual] => AzpMismatch;
    AzpMissing { claim, expected } = "azp", "OIDC Core 3.1.3.7 (4)": [expected ", as there are several audiences"],
        failed: ["none"] => ClaimMissing;
    Sub { sub } = "sub", "OIDC Core 2": ["printable ASCII, up to `max_sub_bytes` of it"],
        passed: [sub];
    Exp { skew, exp, now } = "exp", "OIDC Core 3.1.3.7 (9)": ["later than now, give or take " skew " s"],
        passed: [exp ", " (exp - now) " s from now"],
        failed: [exp ", " (exp - now) " s from now"] => TokenExpired;
    Iat { skew, iat, now } = "iat", "OIDC Core 3.1.3.7 (10)": ["not later than now, give or take " skew " s"],
        passed: [iat ", " (now - iat) " s ago"],
        failed: [iat ", " (now - iat) " s ago"] => IssuedInFuture;
    Nbf { skew, nbf, now } = "nbf", "RFC 7519 4.1.5": ["not later than now, give or take " skew " s"],
        passed: [nbf ", " (now - nbf) " s ago"],
        failed: [nbf ", " (now - nbf) " s ago"] => NotYetValid;
    #[cfg(feature = "logout")]
    LogoutAge { skew, iat, now, limit } = "iat", "OIDC Back-Channel Logout 4": ["at most " limit " s ago, give or take " skew " s"],
        passed: [iat ", " (now - iat) " s ago"],
        failed: [iat ", " (now - iat) " s ago"] => LogoutTokenTooOld;
    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    LogoutEvents { claim, reason } = "events", "OIDC Back-Channel Logout 2.6 (6)": ["the event of a back-channel logout"],
        passed: ["it is there"],
        failed: [reason] => ClaimInvalid;
    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    LogoutNonce { claim, reason } = "nonce", "OIDC Back-Channel Logout 2.6 (7)": ["no nonce"],
        passed: ["none"],
        failed: ["one"] => ClaimInvalid;
    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    LogoutSubject { claim } = "logout_subject", "OIDC Back-Channel Logout 2.6 (5)": ["sub, sid or both"],
        passed: [claim],
        failed: ["neither"] => ClaimMissing;
    #[cfg_attr(not(feature = "logout"), allow(dead_code))]
    Jti = "jti", "OIDC Back-Channel Logout 2.4": ["a name of its own, which the host remembers"],
        passed: ["one"];
    Nonce = "nonce", "OIDC Core 3.1.3.7 (11)": ["the nonce of this login"],
        passed: ["that one"],
        failed: ["another one"] => NonceMismatch;
    Acr { expected, actual } = "acr", "OIDC Core 3.1.3.7 (12)": [expected],
        passed: [actual],
        failed: [actual] => AcrMismatch;
    AuthTime { skew, auth_time, now, max_age } = "auth_time", "OIDC Core 3.1.3.7 (13)": ["at most " max_age " s ago, give or take " skew " s"],
        passed: [auth_time ", " (now - auth_time) " s ago"],
        failed: [auth_time ", " (now - auth_time) " s ago"] => AuthenticationTooOld;
    AuthTimePresent { auth_time } = "auth_time", "OIDC Core 3.1.3.7 (13)": ["to be there"],
        passed: [auth_time];
    AtHash = "at_hash", "OIDC Core 3.1.3.8": ["to fit the access token"],
        passed: ["it does"],
        failed: ["it does not"] => AtHashMismatch;
    RequestedSub = "requested_sub", "OIDC Core 3.1.2.2": ["the end user who was asked for"],
        passed: ["that one"],
        failed: ["another one"] => SubMismatch;
    RequestedClaims { claim, reason } = "requested_claims", "OIDC Core 5.5.1": ["the values that were asked for"],
        passed: ["those"],
        failed: [claim ": " reason] => ClaimInvalid;
    Refreshed { claim } = "refreshed", "OIDC Core 12.2": [claim " as in the first ID token"],
        passed: ["the same, or not there"],
        failed: ["another"] => RefreshedClaimChanged;
    UserInfoSub = "userinfo_sub", "OIDC Core 5.3.2": ["to be the ID token's"],
        passed: ["it is"],
        failed: ["it is not"] => UserInfoSubMismatch;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_says_what_it_found() {
        for row in ROWS {
            let said = if row.failure.is_some() { row.found_instead } else { row.found };
            assert!(!said.is_empty() && !row.expected.is_empty(), "{}", row.name);
        }
    }
}
