//! An odd value that decides nothing costs no login: which members that is true of.
//!
//! A value is odd when it is empty, of another JSON type, or otherwise not what its specification says. (Null is absent, but in
//! a token's claims. A URL that leads where none may lead, over http or to an address, is not odd but refused.) Members that are not in the table are nobody's here: they are handed on as they came, never looked at.

/// What becomes of an odd value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// The member is absent, and a [decision](crate::Decision) `left_out` says so. What needs it says so when it needs it.
    LeftOut,
    /// An error: something is checked against it, or nothing works without it.
    Refused,
}

/// Documents and tokens of a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Provider metadata (OIDC Discovery 3).
    Metadata,
    /// A token response (RFC 6749 5.1, OIDC Core 3.1.3.3).
    Tokens,
    /// A key of a key set (RFC 7517 4): to refuse one is to leave that key out.
    Key,
    /// The claims of an ID token (OIDC Core 2).
    IdToken,
    /// A UserInfo response (OIDC Core 5.3.2).
    UserInfo,
}

/// Every member that each login reads, and what an odd value of it means. Who asks for `mtls_endpoint_aliases` or
/// `authorization_details` gets an error for an odd one; nobody else looks at them.
pub const MEMBERS: [(Place, &str, Odd); 45] = [
    (Place::Metadata, "issuer", Odd::Refused),
    (Place::Metadata, "jwks_uri", Odd::Refused),
    (Place::Metadata, "authorization_endpoint", Odd::Refused),
    (Place::Metadata, "token_endpoint", Odd::Refused),
    (Place::Metadata, "userinfo_endpoint", Odd::LeftOut),
    (Place::Metadata, "end_session_endpoint", Odd::LeftOut),
    (Place::Metadata, "pushed_authorization_request_endpoint", Odd::LeftOut),
    (Place::Metadata, "require_pushed_authorization_requests", Odd::Refused),
    (Place::Metadata, "require_signed_request_object", Odd::Refused),
    (Place::Metadata, "token_endpoint_auth_methods_supported", Odd::Refused),
    (Place::Metadata, "token_endpoint_auth_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "dpop_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "request_object_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "authorization_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "id_token_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "userinfo_signing_alg_values_supported", Odd::Refused),
    (Place::Metadata, "code_challenge_methods_supported", Odd::Refused),
    (Place::Metadata, "authorization_response_iss_parameter_supported", Odd::Refused),
    (Place::Tokens, "access_token", Odd::Refused),
    (Place::Tokens, "token_type", Odd::Refused),
    (Place::Tokens, "id_token", Odd::LeftOut),
    (Place::Tokens, "refresh_token", Odd::LeftOut),
    (Place::Tokens, "expires_in", Odd::LeftOut),
    (Place::Tokens, "scope", Odd::LeftOut),
    (Place::Key, "kty", Odd::Refused),
    (Place::Key, "kid", Odd::Refused),
    (Place::Key, "use", Odd::Refused),
    (Place::Key, "key_ops", Odd::Refused),
    (Place::Key, "alg", Odd::Refused),
    (Place::Key, "issuer", Odd::Refused),
    (Place::IdToken, "iss", Odd::Refused),
    (Place::IdToken, "sub", Odd::Refused),
    (Place::IdToken, "aud", Odd::Refused),
    (Place::IdToken, "exp", Odd::Refused),
    (Place::IdToken, "iat", Odd::Refused),
    (Place::IdToken, "nbf", Odd::Refused),
    (Place::IdToken, "azp", Odd::Refused),
    (Place::IdToken, "nonce", Odd::Refused),
    (Place::IdToken, "at_hash", Odd::Refused),
    (Place::IdToken, "auth_time", Odd::Refused),
    (Place::IdToken, "acr", Odd::Refused),
    (Place::IdToken, "events", Odd::Refused),
    (Place::IdToken, "typ", Odd::Refused),
    (Place::IdToken, "token_use", Odd::Refused),
    (Place::UserInfo, "sub", Odd::Refused),
];

/// What an odd value of this member means: the compiler alone asks, and the table is in no program.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler alone runs it")]
pub(crate) const fn odd(place: Place, name: &str) -> Odd {
    let mut row = 0;
    // A member that is not in the table does not compile.
    while MEMBERS[row].0 as u8 != place as u8 || !same(MEMBERS[row].1.as_bytes(), name.as_bytes()) {
        row += 1;
    }
    MEMBERS[row].2
}

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler alone runs it")]
const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}
