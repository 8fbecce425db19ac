//! One error type, one table: kind, stable code, category, message.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::decision::{Decision, Trace};

/// Whose fault an error is, and so what a host does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// The authorization response does not belong to a login in progress: offer to log in again.
    Callback,
    /// The relying party is set up in a way that cannot work: an administrator mends it.
    Configuration,
    /// The host called the library in a way its contract excludes: a developer mends it.
    Misuse,
    /// The provider's answer breaks the specification.
    Protocol,
    /// The provider answered with an OAuth error of its own (see [`Error::server_error`]).
    Provider,
    /// A token failed a check.
    Token,
    /// The provider could not be reached.
    Transport,
}

impl Category {
    /// The category's name, as the bindings' error classes carry it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::Callback => "Callback",
            Category::Configuration => "Configuration",
            Category::Misuse => "Misuse",
            Category::Protocol => "Protocol",
            Category::Provider => "Provider",
            Category::Token => "Token",
            Category::Transport => "Transport",
        }
    }
}

/// The provider's own OAuth error (RFC 6749 4.1.2.1 and 5.2): untrusted text.
///
/// `Display` of the [`Error`] never contains it. Escape it before it reaches a page or a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// `error`: a code such as `access_denied`.
    pub error: String,
    /// `error_description`: for developers, not for end users.
    pub error_description: Option<String>,
    /// `error_uri`: a page about the error.
    pub error_uri: Option<String>,
}

/// What went wrong: a [kind](ErrorKind) with a stable [code](Error::code), and every
/// [decision](Decision) that led there.
///
/// Codes are the interface; messages may change. Nothing in it is secret: details are public
/// values such as issuers, audiences and algorithms, never a code, token, state, nonce or secret.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// In the order of the kind's names for them.
    details: Vec<String>,
    server_error: Option<ServerError>,
    trace: Trace,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, details: Vec<String>) -> Error {
        let details = details.iter().map(|detail| printable(detail)).collect();
        Error(Box::new(Inner { kind, details, server_error: None, trace: Trace::default() }))
    }

    /// The provider's own error, with the text it sent.
    pub(crate) fn server(server_error: ServerError) -> Error {
        let mut error = Error::from(ErrorKind::ProviderError);
        error.0.server_error = Some(server_error);
        error
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

    /// Public values that explain the error, by the names that the [kind](ErrorKind) lists.
    pub fn details(&self) -> Vec<(&'static str, &str)> {
        self.0.kind.details().iter().copied().zip(self.0.details.iter().map(String::as_str)).collect()
    }

    /// One of the [details](Error::details).
    pub fn detail(&self, name: &str) -> Option<&str> {
        let position = self.0.kind.details().iter().position(|detail| *detail == name)?;
        self.0.details.get(position).map(String::as_str)
    }

    /// What was checked before the error, and last, if it was a check that failed, that one.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }

    /// The provider's own words, when the category is [`Category::Provider`] and it sent some.
    pub fn server_error(&self) -> Option<&ServerError> {
        self.0.server_error.as_ref()
    }

    /// Every code there is.
    pub fn codes() -> &'static [&'static str] {
        ErrorKind::CODES
    }

    /// What `Display` shows.
    pub(crate) fn message(&self) -> String {
        let mut message = self.0.kind.message().to_owned();
        for (position, (name, value)) in self.details().into_iter().enumerate() {
            message.push_str(if position == 0 { " (" } else { ", " });
            message.extend([name, ": \"", value, "\""]);
        }
        if !self.0.details.is_empty() {
            message.push(')');
        }
        message
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Error::new(kind, Vec::new())
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

/// Text from outside, fit for a log: bounded, and without characters that could forge a line.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 512;
    // Most text is plain, and needs no look at each character.
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars()
        .take(LONGEST)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

macro_rules! errors {
    ($($(#[$doc:meta])* $kind:ident $(($($detail:ident),+))? = $code:literal, $category:ident, $message:literal;)+) => {
        /// What went wrong. New kinds may be added; match with a wildcard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])*
            #[doc = concat!("\n\nCode `", $code, "`, category [`", stringify!($category), "`](Category::", stringify!($category), ")",
                $(", details", $(" `", stringify!($detail), "`",)+)? ".")]
            $kind,)+
        }

        impl ErrorKind {
            const CODES: &'static [&'static str] = &[$($code),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)+ }
            }

            /// Whose fault it is.
            pub const fn category(self) -> Category {
                match self { $(Self::$kind => Category::$category,)+ }
            }

            /// The names of what an error of this kind tells beside its code.
            pub const fn details(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($(stringify!($detail)),+)?],)+ }
            }

            const fn message(self) -> &'static str {
                match self { $(Self::$kind => $message,)+ }
            }
        }
    };
}

impl ErrorKind {
    /// An error of this kind with its details, in the order of their names.
    pub(crate) fn with<const N: usize>(self, details: [&str; N]) -> Error {
        debug_assert_eq!(self.details().len(), N, "{self:?}");
        Error::new(self, details.map(str::to_owned).into())
    }
}

errors! {
    /// No login is in progress for this browser: the handle was unknown, used already, or never set.
    NoPendingLogin = "no_pending_login", Callback, "no login is in progress for this browser";
    /// The login was started longer ago than `state_timeout_secs` (in seconds).
    PendingLoginExpired(age, limit) = "pending_login_expired", Callback, "the login took too long";
    /// The pending login was started with another issuer, client or redirect URI: `member` says which.
    PendingLoginMismatch(member, expected, actual) = "pending_login_mismatch", Callback, "the pending login belongs to another client";
    /// The authorization response carries no `state`.
    StateMissing = "state_missing", Callback, "the authorization response has no state";
    /// The `state` is not the one of this browser's login (RFC 6749 10.12).
    StateMismatch = "state_mismatch", Callback, "the state belongs to another login";
    /// The response's `iss` is another issuer (RFC 9207 2.4).
    ResponseIssuerMismatch(expected, actual) = "response_issuer_mismatch", Callback, "the authorization response comes from another issuer";
    /// The provider announces `iss` in its responses and this one has none (RFC 9207 2.4).
    ResponseIssuerMissing(expected) = "response_issuer_missing", Callback, "the authorization response has no iss although the provider announces it";
    /// The response arrived in another mode than the requested one.
    ResponseModeMismatch(expected, actual) = "response_mode_mismatch", Callback, "the authorization response arrived in another response mode";
    /// The response has neither `code` nor `error`.
    CodeMissing = "code_missing", Callback, "the authorization response has neither code nor error";
    /// The response cannot be read.
    CallbackMalformed(reason) = "callback_malformed", Callback, "the authorization response cannot be read";
    /// A parameter is there twice (RFC 6749 3.1).
    CallbackDuplicate(parameter) = "callback_duplicate", Callback, "a parameter occurs twice in the authorization response";
    /// A parameter must not be in a code response: a token, or `code` beside `error`.
    CallbackUnexpected(parameter) = "callback_unexpected", Callback, "a parameter does not belong in the authorization response";

    /// The issuer identifier is not usable (OIDC Discovery 2).
    InvalidIssuer(reason) = "invalid_issuer", Configuration, "the issuer is not a usable https URL";
    /// A member of the configuration has a value that cannot be used.
    InvalidConfiguration(member, reason) = "invalid_configuration", Configuration, "the configuration cannot be used";
    /// A number of the policy is outside what is safe.
    PolicyOutOfRange(member, minimum, maximum, actual) = "policy_out_of_range", Configuration, "a policy value is out of range";
    /// A parameter that the library sets itself was given as an extra one.
    ReservedParameter(parameter) = "reserved_parameter", Configuration, "the parameter is set by the library";
    /// The provider's metadata has no such endpoint.
    EndpointMissing(member) = "endpoint_missing", Configuration, "the provider has no such endpoint";
    /// None of the provider's client authentication methods can be used.
    AuthMethodUnsupported(advertised) = "auth_method_unsupported", Configuration, "no common client authentication method";
    /// The provider announces PKCE methods and S256 is not among them (RFC 7636 4.2).
    PkceUnsupported(advertised) = "pkce_unsupported", Configuration, "the provider does not offer PKCE with S256";
    /// None of the provider's ID token algorithms is supported here.
    SigningAlgUnsupported(advertised) = "signing_alg_unsupported", Configuration, "no common ID token signing algorithm";
    /// Signatures are to be checked in the core, and no cryptography is compiled in.
    NoSignatureBackend = "no_signature_backend", Configuration, "this build leaves signature checks to the host";

    /// The reply does not answer the request the flow waits on.
    WrongReply(expected, actual) = "wrong_reply", Misuse, "the reply is of another kind than the request";
    /// The entropy is too short or visibly not random.
    WeakEntropy(reason) = "weak_entropy", Misuse, "the entropy is not random";
    /// The clock shows a time before this library existed.
    ImplausibleClock(now) = "implausible_clock", Misuse, "the clock is not set";
    /// The stored pending login is not one that this library encoded.
    UnreadablePendingLogin(reason) = "unreadable_pending_login", Misuse, "the stored pending login cannot be read";
    /// The stored session is not one that this library encoded.
    UnreadableSession(reason) = "unreadable_session", Misuse, "the stored session cannot be read";
    /// The stored cache is not one that this library encoded.
    UnreadableCache(reason) = "unreadable_cache", Misuse, "the stored cache cannot be read";
    /// The session was made by another client or issuer: `member` says which differs.
    SessionMismatch(member) = "session_mismatch", Misuse, "the session belongs to another client";
    /// The session has no refresh token.
    NoRefreshToken = "no_refresh_token", Misuse, "the session has no refresh token";

    /// A status that this endpoint must not answer with.
    UnexpectedStatus(endpoint, status) = "unexpected_status", Protocol, "the provider answered with an unexpected status";
    /// The endpoint redirected; redirects are never followed.
    RedirectRefused(endpoint, status) = "redirect_refused", Protocol, "the provider redirected a request that must not be redirected";
    /// The response is of another media type.
    UnexpectedContentType(endpoint, actual) = "unexpected_content_type", Protocol, "the response has another content type";
    /// The response is larger than the limit in bytes.
    ResponseTooLarge(endpoint, limit) = "response_too_large", Protocol, "the response is too large";
    /// The document is not the strict JSON object it has to be.
    MalformedJson(document, reason) = "malformed_json", Protocol, "the document is not well-formed";
    /// A member that the metadata needs is missing (OIDC Discovery 3).
    MetadataMemberMissing(member) = "metadata_member_missing", Protocol, "the provider metadata lacks a member";
    /// A member of the metadata has a value that cannot be used.
    MetadataMemberInvalid(member, reason) = "metadata_member_invalid", Protocol, "the provider metadata has an unusable member";
    /// The metadata's `issuer` is not the configured one (OIDC Discovery 4.3).
    MetadataIssuerMismatch(expected, actual) = "metadata_issuer_mismatch", Protocol, "the provider metadata names another issuer";
    /// A response lacks a member that it needs.
    ResponseMemberMissing(endpoint, member) = "response_member_missing", Protocol, "the response lacks a member";
    /// A member of a response has a value that cannot be used.
    ResponseMemberInvalid(endpoint, member, reason) = "response_member_invalid", Protocol, "the response has an unusable member";
    /// The access token is of a type other than Bearer.
    TokenTypeUnsupported(actual) = "token_type_unsupported", Protocol, "the access token has an unsupported type";
    /// UserInfo speaks of another `sub` than the ID token (OIDC Core 5.3.2).
    UserInfoSubMismatch = "userinfo_sub_mismatch", Protocol, "the userinfo response is about another subject";

    /// The provider refused with an OAuth error.
    ProviderError = "provider_error", Provider, "the provider answered with an error";
    /// The provider refused without saying why in OAuth's words.
    ProviderStatus(endpoint, status) = "provider_status", Provider, "the provider refused the request";

    /// The token is not a compact JWS (RFC 7515 7.1).
    MalformedToken(reason) = "malformed_token", Token, "the token cannot be read";
    /// The token is longer than the limit in bytes.
    TokenTooLarge(limit) = "token_too_large", Token, "the token is too large";
    /// The JOSE header has a member that must not be there, such as `crit` or `jwk`.
    HeaderRefused(member) = "header_refused", Token, "the token's header has a member that is refused";
    /// The token's algorithm is not one this client accepts.
    AlgRefused(expected, actual) = "alg_refused", Token, "the token's algorithm is not accepted";
    /// The token says that it is of another kind (RFC 8725 3.11).
    TypRefused(actual) = "typ_refused", Token, "the token is of another type";
    /// No key of the provider fits the token.
    UnknownKey(kid, alg) = "unknown_key", Token, "no key of the provider fits the token";
    /// More than one key fits the token (OIDC Core 10.1).
    AmbiguousKey(kid, alg) = "ambiguous_key", Token, "more than one key of the provider fits the token";
    /// The keys could not be fetched a moment ago; the next attempt is due in `retry_after` seconds.
    KeysUnavailable(retry_after) = "keys_unavailable", Transport, "the provider's keys could not be fetched a moment ago";
    /// The signature is wrong.
    BadSignature(alg, kid) = "bad_signature", Token, "the token's signature is wrong";
    /// A claim that must be there is not.
    ClaimMissing(claim) = "claim_missing", Token, "the token lacks a claim";
    /// A claim is of the wrong type or has an impossible value.
    ClaimInvalid(claim, reason) = "claim_invalid", Token, "the token has an unusable claim";
    /// `iss` is another issuer.
    IssMismatch(expected, actual) = "iss_mismatch", Token, "the token comes from another issuer";
    /// `aud` does not contain the client.
    AudMismatch(expected, actual) = "aud_mismatch", Token, "the token is for another audience";
    /// `aud` has a further audience that the client does not trust.
    AudUntrusted(actual) = "aud_untrusted", Token, "the token has an audience that is not trusted";
    /// `azp` is another client.
    AzpMismatch(expected, actual) = "azp_mismatch", Token, "the token was issued to another party";
    /// The token has expired (times in Unix seconds).
    TokenExpired(exp, now, skew) = "token_expired", Token, "the token has expired";
    /// The token was issued in the future (times in Unix seconds).
    IssuedInFuture(iat, now, skew) = "issued_in_future", Token, "the token was issued in the future";
    /// The token is not valid yet (times in Unix seconds).
    NotYetValid(nbf, now, skew) = "not_yet_valid", Token, "the token is not valid yet";
    /// The `nonce` is not the one that was sent (OIDC Core 3.1.3.7 (11)).
    NonceMismatch = "nonce_mismatch", Token, "the token was issued for another login";
    /// The end user authenticated longer ago than `max_age` allows (times in Unix seconds).
    AuthenticationTooOld(auth_time, max_age, now) = "authentication_too_old", Token, "the end user authenticated too long ago";
    /// `acr` is not one of those that were requested as essential.
    AcrMismatch(expected, actual) = "acr_mismatch", Token, "the authentication context is not the requested one";
    /// `sub` is not the end user that was asked for.
    SubMismatch = "sub_mismatch", Token, "the token is about another subject";
    /// `at_hash` does not fit the access token (OIDC Core 3.1.3.8).
    AtHashMismatch = "at_hash_mismatch", Token, "the access token does not belong to the ID token";
    /// A refreshed ID token differs from the first in a claim that must stay (OIDC Core 12.2).
    RefreshedClaimChanged(claim) = "refreshed_claim_changed", Token, "the refreshed ID token is about something else";

    /// No response arrived.
    Unreachable(endpoint, reason) = "unreachable", Transport, "the provider could not be reached";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_speak_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Error::codes() {
            assert!(seen.insert(code), "{code} twice");
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
    }

    #[test]
    fn the_servers_text_is_not_displayed() {
        let error = Error::server(ServerError {
            error: "access_denied".into(),
            error_description: Some("<script>".into()),
            error_uri: None,
        });
        assert!(!format!("{error} {error:?}").contains("script"));
        assert_eq!(error.category(), Category::Provider);
        assert_eq!(error.server_error().map(|e| e.error.as_str()), Some("access_denied"));
    }

    #[test]
    fn details_are_in_the_message() {
        let error = ErrorKind::IssMismatch.with(["a", "b\n"]);
        let message = "the token comes from another issuer (expected: \"a\", actual: \"b\u{fffd}\")";
        assert_eq!(error.to_string(), message);
        assert_eq!(error.details(), [("expected", "a"), ("actual", "b\u{fffd}")]);
        assert_eq!((error.detail("actual"), error.detail("kid")), (Some("b\u{fffd}"), None));
    }
}
