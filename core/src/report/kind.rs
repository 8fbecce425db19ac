//! The table of errors: kind, stable code, category, message, and the names of the details.

/// Whose fault an error is, and so what a host does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// What came through the browser, an authorization response or a logout request, does not belong to what is in progress: offer
    /// to log in again.
    Callback,
    /// The relying party is set up in a way that cannot work: an administrator mends it.
    Configuration,
    /// The host called the library in a way its contract excludes: a developer mends it.
    Misuse,
    /// The provider's answer breaks the specification.
    Protocol,
    /// The provider refused or failed: with an OAuth error of its own (see [`Error::server_error`](crate::Error::server_error)), or with a status alone.
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

/// Whether the same call may succeed later.
#[derive(Clone, Copy)]
pub(in crate::report) enum Again {
    No,
    Later,
    /// The detail `status` says.
    ByStatus,
    /// The provider's own error says.
    ByServerError,
}

macro_rules! errors {
    (@again) => { Again::No };
    (@again $again:ident) => { Again::$again };
    ($($(#[doc = $doc:literal])* $(#[cfg($when:meta)])? $kind:ident $(($($detail:ident),+))? = $code:literal, $category:ident, $message:literal
        $(, again $again:ident)?;)+) => {
        /// What went wrong. New kinds may be added; match with a wildcard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[doc = $doc])* $(#[cfg($when)])?
            #[doc = concat!("\n\nCode `", $code, "`, category [`", stringify!($category), "`](Category::", stringify!($category), ")",
                $(", details", $(" `", stringify!($detail), "`",)+)? ".")]
            $kind,)+
        }

        impl ErrorKind {
            #[cfg(test)]
            pub(in crate::report) const ALL: &'static [ErrorKind] = &[$($(#[cfg($when)])? ErrorKind::$kind),+];
            #[cfg(test)]
            const PAGES: &'static [&'static str] =
                &[$($(#[cfg($when)])? include_str!(concat!("../../../docs/errors/", $code, ".md"))),+];
            pub(in crate::report) const CODES: &'static [&'static str] = &[$($(#[cfg($when)])? $code),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $($(#[cfg($when)])? Self::$kind => $code,)+ }
            }

            /// Whose fault it is.
            pub const fn category(self) -> Category {
                match self { $($(#[cfg($when)])? Self::$kind => Category::$category,)+ }
            }

            /// The names of what an error of this kind tells beside its code.
            pub const fn details(self) -> &'static [&'static str] {
                match self { $($(#[cfg($when)])? Self::$kind => &[$($(stringify!($detail)),+)?],)+ }
            }

            pub(in crate::report) const fn again(self) -> Again {
                match self { $($(#[cfg($when)])? Self::$kind => errors!(@again $($again)?),)+ }
            }

            pub(in crate::report) const fn message(self) -> &'static str {
                match self { $($(#[cfg($when)])? Self::$kind => $message,)+ }
            }
        }
    };
}

errors! {
    /// No login waits for the response. `reason` is the word of a [`LoginMissing`](crate::LoginMissing).
    NoPendingLogin(reason) = "no_pending_login", Callback, "no login is in progress for this browser";
    /// The login was started longer ago than `state_timeout_secs` (in seconds). Both details are empty where it is the store
    /// that says so.
    PendingLoginExpired(age, limit) = "pending_login_expired", Callback, "the login took too long";
    /// The pending login was started with another issuer, client or redirect URI: `member` says which.
    PendingLoginMismatch(member, expected, actual) = "pending_login_mismatch", Callback, "the pending login belongs to another client";
    /// The authorization response carries no `state`.
    StateMissing = "state_missing", Callback, "the authorization response has no state";
    /// The `state` is not the one of this browser's login (RFC 6749 10.12).
    StateMismatch = "state_mismatch", Callback, "the state belongs to another login";
    /// The response's `iss` is another issuer (RFC 9207 2.4).
    ResponseIssuerMismatch(expected, actual) = "response_issuer_mismatch", Callback, "the authorization response comes from another issuer";
    /// The provider announces `iss` in its responses and this one has none (RFC 9207 2.4). `error` is the error that it
    /// carried, if it is a registered one.
    ResponseIssuerMissing(expected, error) = "response_issuer_missing", Callback, "the authorization response has no iss although the provider announces it";
    /// The response arrived in another mode than the requested one.
    ResponseModeMismatch(expected, actual) = "response_mode_mismatch", Callback, "the authorization response arrived in another response mode";
    /// The response has neither `code` nor `error`.
    CodeMissing = "code_missing", Callback, "the authorization response has neither code nor error";
    /// The response cannot be read.
    CallbackMalformed(reason) = "callback_malformed", Callback, "the authorization response cannot be read";
    /// A parameter is there twice (RFC 6749 3.1): one that the library knows by its name, or `other`.
    CallbackDuplicate(parameter) = "callback_duplicate", Callback, "a parameter occurs twice in the authorization response";
    /// A parameter must not be in a code response: a token, or `code` beside `error`.
    CallbackUnexpected(parameter) = "callback_unexpected", Callback, "a parameter does not belong in the authorization response";

    /// A logout request, or what the browser came back with after a logout, cannot be read.
    #[cfg(feature = "logout")]
    LogoutMalformed(reason) = "logout_malformed", Callback, "the logout request or response cannot be read";
    /// A front-channel logout request names another issuer (OIDC Front-Channel Logout 3).
    #[cfg(feature = "logout")]
    LogoutIssuerMismatch(expected, actual) = "logout_issuer_mismatch", Callback, "the logout request comes from another issuer";
    /// The browser came back from a logout without `state`.
    #[cfg(feature = "logout")]
    LogoutStateMissing = "logout_state_missing", Callback, "the browser came back from a logout without state";
    /// The `state` is not the one of this browser's logout (OIDC RP-Initiated Logout 3), or this browser began none.
    #[cfg(feature = "logout")]
    LogoutStateMismatch = "logout_state_mismatch", Callback, "the state belongs to another logout";
    /// A route that changes something was asked for by a page of another site, or by something that does not say where it comes
    /// from: `Sec-Fetch-Site` and `Origin` are both missing.
    #[cfg(feature = "site")]
    CrossSiteRequest = "cross_site_request", Callback, "the request does not come from a page of this site";
    /// The provider ended the session while its login was under way.
    #[cfg(feature = "site")]
    SessionOver = "session_over", Callback, "the provider ended the session before the login was over";
    /// The site has no provider of the name or the issuer that the request names.
    #[cfg(feature = "site")]
    UnknownProvider = "unknown_provider", Callback, "the site has no such provider";

    /// The issuer identifier is not usable (OIDC Discovery 2).
    InvalidIssuer(reason) = "invalid_issuer", Configuration, "the issuer is not a usable https URL";
    /// A member of the configuration has a value that cannot be used.
    InvalidConfiguration(member, reason) = "invalid_configuration", Configuration, "the configuration cannot be used";
    /// A number of the policy is outside what is safe.
    PolicyOutOfRange(member, minimum, maximum, actual) = "policy_out_of_range", Configuration, "a policy value is out of range";
    /// A parameter that the library sets itself was given as an extra one.
    ReservedParameter(parameter) = "reserved_parameter", Configuration, "the library sets this parameter itself";
    /// The set-up cannot meet the [profile](crate::Policy::profile): `member` of the registration, the policy or the provider's
    /// metadata, and why.
    ProfileUnmet(profile, member, reason) = "profile_unmet", Configuration, "the configuration does not meet its profile";
    /// The cookies of the site are larger than they may be together (in bytes): keep the sessions in a
    /// [store](crate::SitePolicy::store), ask for fewer scopes, or raise
    /// [`cookie_budget_bytes`](crate::SitePolicy::cookie_budget_bytes) as far as every proxy allows.
    #[cfg(feature = "site")]
    CookieTooLarge(size, limit) = "cookie_too_large", Configuration, "the session does not fit into cookies";
    /// The provider's metadata has no such endpoint.
    EndpointMissing(member) = "endpoint_missing", Configuration, "the provider has no such endpoint";
    /// None of the provider's client authentication methods can be used.
    AuthMethodUnsupported(advertised) = "auth_method_unsupported", Configuration, "the provider offers no client authentication method that this client can use";
    /// The provider announces PKCE methods and S256 is not among them (RFC 7636 4.2).
    PkceUnsupported(advertised) = "pkce_unsupported", Configuration, "the provider does not offer PKCE with S256";
    /// None of the provider's ID token algorithms is supported here.
    SigningAlgUnsupported(advertised) = "signing_alg_unsupported", Configuration, "the provider signs ID tokens with no algorithm that this client accepts";
    /// Signatures are to be checked in the core, and no cryptography is compiled in.
    NoSignatureBackend = "no_signature_backend", Configuration, "this build has no cryptography: the policy has to leave signatures to the host";

    /// The reply does not answer the request the flow waits on.
    WrongReply(expected, actual) = "wrong_reply", Misuse, "the reply does not answer the request";
    /// The host answered that it has no answer to requests of this kind: `http`, `verified` or `waited`.
    UnsupportedRequest(expected) = "unsupported_request", Misuse, "the host cannot answer the request that the flow waits on";
    /// The client signs its requests, and the verb was called without what that needs. Call it on
    /// [`Client::proving`](crate::Client::proving).
    EntropyMissing = "entropy_missing", Misuse, "the client signs its requests and has no entropy to do so";
    /// The host answered a request to sign with something that is no signature by that key.
    SignatureUnusable(alg, reason) = "signature_unusable", Misuse, "what the host answered is no signature by its key";
    /// The host answered with an assertion that cannot be sent.
    AssertionUnusable(reason) = "assertion_unusable", Misuse, "what the host answered is no assertion";
    /// The access token is not for this origin: neither the login's `resource` nor the registration's `api_origins` has it.
    OriginNotAllowed(origin) = "origin_not_allowed", Misuse, "the access token is not for this origin";
    /// The access token is bound to another key than the client has (RFC 9449 6): its thumbprints.
    DpopKeyMismatch(expected, actual) = "dpop_key_mismatch", Misuse, "the access token is bound to another key";
    /// The authorization request has to be pushed or signed, as the provider demands or the registration asks: begin the login with
    /// [`Client::proving`](crate::Client::proving). `demand` is `require_pushed_authorization_requests` or
    /// `require_signed_request_object`.
    ProvingNeeded(demand) = "proving_needed", Misuse, "the authorization request has to be pushed or signed";
    /// The entropy is too short or visibly not random.
    WeakEntropy(reason) = "weak_entropy", Misuse, "the entropy is too short or not random";
    /// The clock shows a time before this library existed, or tells milliseconds instead of seconds.
    ImplausibleClock(now) = "implausible_clock", Misuse, "the clock shows an impossible time";
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
    /// The session has no access token: the provider sent none, and the policy takes a login without.
    NoAccessToken = "no_access_token", Misuse, "the session has no access token";

    /// The endpoint redirected; redirects are never followed. `url` is what was asked for, without its query.
    RedirectRefused(endpoint, status, url) = "redirect_refused", Protocol, "the provider redirected a request that must not be redirected";
    /// The response is of another media type. `url` is what was asked for, without its query.
    UnexpectedContentType(endpoint, actual, url) = "unexpected_content_type", Protocol, "the response has another content type";
    /// The response is compressed: the transport asked for no compression (RFC 9110 12.5.3), and did not undo it. `coding` is one
    /// of the registered codings, or `other`. `url` is what was asked for, without its query.
    CompressedResponse(endpoint, coding, url) = "compressed_response", Protocol, "the response is compressed although that was not asked for";
    /// The response is larger than the limit in bytes, which is the member `policy` of the policy.
    ResponseTooLarge(endpoint, limit, policy) = "response_too_large", Protocol, "the response is too large";
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
    /// The request proved possession of a key, and the access token is not bound to it (RFC 9449 5).
    TokenNotBound(actual) = "token_not_bound", Protocol, "the access token is not bound to the key of the client";
    /// The provider asked for a nonce in the DPoP proof and gave none that can be used, or refused the proof that had it
    /// (RFC 9449 8).
    DpopNonceRefused(endpoint) = "dpop_nonce_refused", Protocol, "the provider does not accept the nonce that it gave";
    /// UserInfo speaks of another `sub` than the ID token (OIDC Core 5.3.2).
    UserInfoSubMismatch = "userinfo_sub_mismatch", Protocol, "the UserInfo response is about another subject";

    /// The provider refused with an OAuth error: its code, at most 64 characters of it, and where it came from
    /// (`authorization`, `token`, `userinfo`).
    ProviderError(error, endpoint) = "provider_error", Provider, "the provider answered with an error", again ByServerError;
    /// The provider revokes no token now: assume that the token still works (RFC 7009 2.2.1). The next attempt is due in `retry_after`
    /// seconds, if the provider says it.
    #[cfg(feature = "logout")]
    RevocationUnavailable(retry_after) = "revocation_unavailable", Provider, "the provider revokes no tokens now", again Later;
    /// Metadata or keys were not served: a status other than 200. `url` is what was asked for, without its query.
    UnexpectedStatus(endpoint, status, url) = "unexpected_status", Provider, "the provider answered with an unexpected status", again ByStatus;
    /// The provider refused without saying why in OAuth's words. `url` is what was asked for, without its query.
    ProviderStatus(endpoint, status, url) = "provider_status", Provider, "the provider refused the request", again ByStatus;

    /// The token is not a compact JWS (RFC 7515 7.1).
    MalformedToken(reason) = "malformed_token", Token, "the token cannot be read";
    /// The token is longer than the limit in bytes, which is the member `policy` of the policy.
    TokenTooLarge(limit, policy) = "token_too_large", Token, "the token is too large";
    /// The JOSE header has a member that must not be there: `crit` or `b64`.
    HeaderRefused(member) = "header_refused", Token, "the header of the token has a member that is refused";
    /// The logout token was used before (OIDC Back-Channel Logout 2.6).
    #[cfg(feature = "site")]
    LogoutTokenReplayed = "logout_token_replayed", Token, "the logout token was used before";
    /// The token's algorithm is not one this client accepts.
    AlgRefused(expected, actual) = "alg_refused", Token, "the algorithm of the token is not accepted";
    /// The token says that it is of another kind (RFC 8725 3.11).
    TypRefused(actual) = "typ_refused", Token, "the token is of another type";
    /// No key of the provider fits the token. `left_out` says why its key is not usable, if the provider has one of that `kid`.
    UnknownKey(kid, alg, left_out) = "unknown_key", Token, "no key of the provider fits the token";
    /// More than one key fits the token (OIDC Core 10.1).
    AmbiguousKey(kid, alg) = "ambiguous_key", Token, "more than one key of the provider fits the token";
    /// The provider's keys could not be had. `reason` is the code of the last attempt's failure, or `cooldown` when that was a
    /// moment ago and nothing was asked now; the next attempt is due in `retry_after` seconds.
    KeysUnavailable(reason, retry_after) = "keys_unavailable", Transport, "the keys of the provider could not be fetched", again Later;
    /// The provider's metadata could not be fetched a moment ago, and none are held; the next attempt is due in `retry_after`
    /// seconds.
    MetadataUnavailable(retry_after) = "metadata_unavailable", Transport, "the metadata of the provider could not be fetched a moment ago", again Later;
    /// The signature is wrong.
    BadSignature(alg, kid) = "bad_signature", Token, "the signature of the token is wrong";
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
    /// The logout token was issued longer ago than `limit` seconds (the policy's `max_logout_token_age_secs`; times in Unix seconds).
    #[cfg(feature = "logout")]
    LogoutTokenTooOld(iat, now, limit) = "logout_token_too_old", Token, "the logout token was issued too long ago";
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
    RefreshedClaimChanged(claim) = "refreshed_claim_changed", Token, "a claim of the refreshed ID token changed";

    /// The store that all processes share did not answer.
    #[cfg(feature = "site")]
    StoreUnavailable(reason) = "store_unavailable", Transport, "the store could not be reached", again Later;
    /// The access token of the session has expired and could not be renewed yet: a refresh failed a moment ago, and the next one is due
    /// in `retry_after` seconds, or somebody else's did not end in time. The session is kept.
    #[cfg(feature = "site")]
    RefreshPending(retry_after) = "refresh_pending", Transport, "the session could not be refreshed yet", again Later;
    /// No response arrived.
    Unreachable(endpoint, reason) = "unreachable", Transport, "the provider could not be reached", again Later;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::printable::is_harmless;

    #[test]
    fn codes_are_unique_and_speak_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorKind::CODES {
            assert!(seen.insert(code), "{code} twice");
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
    }
    #[test]
    fn the_page_of_a_code_has_its_words() {
        for (kind, text) in ErrorKind::ALL.iter().zip(ErrorKind::PAGES) {
            let details: Vec<_> = kind.details().iter().map(|name| format!("`{name}`")).collect();
            let details = if details.is_empty() { "none".into() } else { details.join(", ") };
            let category = kind.category().as_str().to_lowercase();
            assert!(text.contains(&format!("\n> {}\n", kind.message())), "{}", kind.code());
            let facts = format!("**Category:** `{category}`. **Details:** {details}.\n");
            assert!(text.ends_with(&facts), "{}: {facts}", kind.code());
        }
    }

    #[test]
    fn u4_no_message_of_ours_has_a_character_that_means_something_elsewhere() {
        for kind in ErrorKind::ALL {
            let words = kind.details().iter().copied().chain([kind.message()]);
            assert!(words.flat_map(str::chars).all(is_harmless), "{kind:?}");
        }
    }

    #[test]
    fn u22_what_may_be_tried_again_is_the_providers_or_the_networks_fault() {
        let again = |kind: &&ErrorKind| !matches!(kind.again(), Again::No);
        let kinds: Vec<_> = ErrorKind::ALL.iter().filter(again).map(|kind| kind.code()).collect();
        assert_eq!(
            kinds,
            [
                "provider_error",
                #[cfg(feature = "logout")]
                "revocation_unavailable",
                "unexpected_status",
                "provider_status",
                "keys_unavailable",
                "metadata_unavailable",
                #[cfg(feature = "site")]
                "store_unavailable",
                #[cfg(feature = "site")]
                "refresh_pending",
                "unreachable"
            ]
        );
        for kind in ErrorKind::ALL.iter().filter(again) {
            assert!(matches!(kind.category(), Category::Provider | Category::Transport), "{kind:?}");
            let by_status = matches!(kind.again(), Again::ByStatus);
            assert_eq!(by_status, kind.details().contains(&"status"), "{kind:?}");
        }
    }
}
