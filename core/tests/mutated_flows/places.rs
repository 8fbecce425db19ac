//! The places that are mutated, and which change may have which outcome.

use crate::login::{NOW, Texts};

/// What becomes of a login when this member is changed: codes, or `ok` for the same login as before.
pub(crate) struct Row {
    pub(crate) member: &'static str,
    pub(crate) dropped: &'static str,
    pub(crate) null: &'static str,
    /// Of another JSON type.
    pub(crate) retyped: &'static str,
    /// Another text: one of these.
    pub(crate) changed: &'static [&'static str],
}

/// A place of a login that is read from outside.
pub(crate) struct Place {
    pub(crate) text: fn(&mut Texts) -> &mut String,
    /// The code of a text that is no strict JSON object.
    pub(crate) malformed: &'static str,
    pub(crate) rows: &'static [Row],
    /// Values that have an outcome of their own, whether the member was there or not.
    pub(crate) values: &'static [(&'static str, &'static str, &'static str)],
    /// Numbers, and how far they may move before the outcome is another.
    pub(crate) numbers: &'static [(&'static str, &'static [(i64, &'static str)])],
}

macro_rules! rows {
    ($($member:literal: $dropped:literal, $null:literal, $retyped:literal, [$($changed:literal),*];)+) => {
        &[$(Row {
            member: $member,
            dropped: $dropped,
            null: $null,
            retyped: $retyped,
            changed: &[$($changed),*],
        }),+]
    };
}

/// Claims that stay as they were would stay so in a refreshed ID token too: who changes one here is found there at the latest.
pub(crate) const CLAIMS: Place = Place {
    text: |texts| &mut texts.claims,
    malformed: "malformed_token",
    rows: rows! {
        "iss": "claim_missing", "claim_invalid", "claim_invalid", ["iss_mismatch"];
        "sub": "claim_missing", "claim_invalid", "claim_invalid", ["sub_mismatch"];
        "aud": "claim_missing", "claim_invalid", "claim_invalid", ["aud_mismatch"];
        "azp": "refreshed_claim_changed", "claim_invalid", "claim_invalid", ["azp_mismatch"];
        "exp": "claim_missing", "claim_invalid", "claim_invalid", ["ok", "token_expired"];
        "iat": "claim_missing", "claim_invalid", "claim_invalid", ["ok", "issued_in_future"];
        "nbf": "ok", "claim_invalid", "claim_invalid", ["ok", "not_yet_valid"];
        "nonce": "claim_missing", "claim_invalid", "claim_invalid", ["nonce_mismatch"];
        "auth_time": "claim_missing", "claim_invalid", "claim_invalid", ["refreshed_claim_changed", "authentication_too_old"];
        "acr": "claim_missing", "claim_invalid", "claim_invalid", ["acr_mismatch"];
        "at_hash": "ok", "claim_invalid", "claim_invalid", ["at_hash_mismatch"];
        "email": "ok", "ok", "ok", ["ok"];
    },
    values: &[
        ("iss", r#""https://op.example/""#, "iss_mismatch"),
        ("iss", r#""https:\/\/op.example""#, "ok"),
        ("sub", r#""""#, "claim_invalid"),
        ("sub", "\"s\u{fc}bject\"", "claim_invalid"),
        ("aud", r#"["client"]"#, "ok"),
        ("aud", r#"["client","client"]"#, "ok"),
        ("aud", r#"["client","other"]"#, "aud_untrusted"),
        ("aud", r#"["other","another"]"#, "aud_mismatch"),
        ("aud", r#"["client",1]"#, "claim_invalid"),
        ("aud", r#"[["client"]]"#, "claim_invalid"),
        ("aud", r#""client client""#, "aud_mismatch"),
        ("at_hash", r#""""#, "at_hash_mismatch"),
        ("acr", r#""""#, "acr_mismatch"),
        ("exp", "1e300", "claim_invalid"),
        ("iat", "1e300", "claim_invalid"),
        ("nbf", "1e300", "claim_invalid"),
        ("auth_time", "1e300", "claim_invalid"),
        ("events", "{}", "claim_invalid"),
        ("events", "null", "claim_invalid"),
        ("Exp", "0", "ok"),
        ("x", "[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]", "malformed_token"),
        ("x", "1e400", "malformed_token"),
        ("x", r#"{"a":1,"a":1}"#, "malformed_token"),
        ("x", r#""\ud800""#, "malformed_token"),
    ],
    numbers: &[
        ("exp", &[(-59, "ok"), (-60, "token_expired"), (-NOW, "token_expired"), (-NOW - 1, "claim_invalid")]),
        ("iat", &[(60, "ok"), (61, "issued_in_future"), (-NOW, "ok"), (-NOW - 1, "claim_invalid")]),
        ("nbf", &[(60, "ok"), (61, "not_yet_valid"), (-NOW, "ok"), (-NOW - 1, "claim_invalid")]),
        (
            "auth_time",
            &[
                (-360, "refreshed_claim_changed"),
                (-361, "authentication_too_old"),
                (60, "refreshed_claim_changed"),
                (61, "authentication_too_old"),
                (-NOW, "authentication_too_old"),
                (-NOW - 1, "claim_invalid"),
            ],
        ),
    ],
};

/// What a refreshed ID token says is compared with the first one's (OIDC Core 12.2), not with what was asked.
pub(crate) const REFRESHED_CLAIMS: Place = Place {
    text: |texts| &mut texts.refreshed_claims,
    malformed: "malformed_token",
    rows: rows! {
        "iss": "claim_missing", "claim_invalid", "claim_invalid", ["iss_mismatch"];
        "sub": "claim_missing", "claim_invalid", "claim_invalid", ["refreshed_claim_changed"];
        "aud": "claim_missing", "claim_invalid", "claim_invalid", ["aud_mismatch"];
        "azp": "refreshed_claim_changed", "claim_invalid", "claim_invalid", ["azp_mismatch"];
        "exp": "claim_missing", "claim_invalid", "claim_invalid", ["ok", "token_expired"];
        "iat": "claim_missing", "claim_invalid", "claim_invalid", ["ok", "issued_in_future"];
        "nbf": "ok", "claim_invalid", "claim_invalid", ["ok", "not_yet_valid"];
        "nonce": "ok", "claim_invalid", "claim_invalid", ["refreshed_claim_changed"];
        "auth_time": "ok", "claim_invalid", "claim_invalid", ["refreshed_claim_changed"];
        "acr": "ok", "ok", "ok", ["ok"];
        "at_hash": "ok", "claim_invalid", "claim_invalid", ["at_hash_mismatch"];
        "email": "ok", "ok", "ok", ["ok"];
    },
    values: &[
        ("aud", r#"["client"]"#, "ok"),
        ("aud", r#"["client","other"]"#, "aud_untrusted"),
        ("events", "{}", "claim_invalid"),
    ],
    numbers: &[
        ("exp", &[(-59, "ok"), (-60, "token_expired")]),
        ("iat", &[(60, "ok"), (61, "issued_in_future")]),
        ("auth_time", &[(-10, "ok"), (-11, "refreshed_claim_changed"), (-9, "refreshed_claim_changed")]),
    ],
};

pub(crate) const HEADER: Place = Place {
    text: |texts| &mut texts.header,
    malformed: "malformed_token",
    rows: rows! {
        "alg": "malformed_token", "malformed_token", "malformed_token", ["alg_refused"];
        "kid": "ok", "malformed_token", "malformed_token", ["unknown_key"];
        "typ": "ok", "malformed_token", "malformed_token", ["typ_refused"];
    },
    values: &[
        ("alg", r#""none""#, "alg_refused"),
        ("alg", r#""HS256""#, "alg_refused"),
        ("alg", r#""Ed25519""#, "alg_refused"),
        ("alg", r#""eddsa""#, "alg_refused"),
        ("alg", r#""""#, "alg_refused"),
        ("kid", r#""""#, "unknown_key"),
        ("kid", r#""\u006b1""#, "ok"),
        ("typ", r#""jwt""#, "ok"),
        ("typ", r#""application/jwt""#, "ok"),
        ("typ", r#""at+jwt""#, "typ_refused"),
        ("typ", r#""""#, "typ_refused"),
        ("crit", "[]", "header_refused"),
        ("crit", r#"["exp"]"#, "header_refused"),
        ("b64", "true", "header_refused"),
        ("jwk", "{}", "ok"),
        ("jku", r#""https://op.example/jwks""#, "ok"),
        ("x5u", "null", "ok"),
        ("x5t", "0", "ok"),
        ("x5c", "[]", "ok"),
        ("JWK", "{}", "ok"),
    ],
    numbers: &[],
};

pub(crate) const TOKENS: Place = Place {
    text: |texts| &mut texts.tokens,
    malformed: "malformed_json",
    rows: rows! {
        "access_token": "response_member_missing", "response_member_missing", "response_member_invalid", ["at_hash_mismatch", "response_member_invalid"];
        "token_type": "response_member_missing", "response_member_missing", "response_member_invalid", ["token_type_unsupported", "response_member_invalid"];
        "expires_in": "ok", "ok", "ok", ["ok"];
        "refresh_token": "no_refresh_token", "no_refresh_token", "no_refresh_token", ["ok", "no_refresh_token"];
        "scope": "ok", "ok", "ok", ["ok"];
        "id_token": "response_member_missing", "response_member_missing", "response_member_invalid", ["malformed_token", "response_member_invalid"];
    },
    values: &[
        ("access_token", r#""""#, "response_member_invalid"),
        ("access_token", r#""access-1\n""#, "response_member_invalid"),
        ("token_type", r#""bearer""#, "ok"),
        ("token_type", r#""DPoP""#, "token_type_unsupported"),
        ("expires_in", r#""300""#, "ok"),
        ("expires_in", "0", "ok"),
        ("expires_in", "-1", "ok"),
        ("expires_in", "1.5", "ok"),
        ("expires_in", "315360001", "ok"),
        ("scope", r#"["openid"]"#, "ok"),
        ("scope", "[]", "ok"),
        ("scope", "[1]", "ok"),
        ("session_state", "0", "ok"),
    ],
    numbers: &[],
};

pub(crate) const REFRESHED_TOKENS: Place = Place {
    text: |texts| &mut texts.refreshed_tokens,
    malformed: "malformed_json",
    rows: rows! {
        "access_token": "response_member_missing", "response_member_missing", "response_member_invalid", ["at_hash_mismatch", "response_member_invalid"];
        "token_type": "response_member_missing", "response_member_missing", "response_member_invalid", ["token_type_unsupported", "response_member_invalid"];
        "expires_in": "ok", "ok", "ok", ["ok"];
        "refresh_token": "ok", "ok", "ok", ["ok"];
        "scope": "ok", "ok", "ok", ["ok"];
        "id_token": "ok", "ok", "ok", ["malformed_token", "response_member_invalid"];
    },
    values: &[("expires_in", r#""300""#, "ok"), ("scope", r#"["openid"]"#, "ok"), ("scope", "[]", "ok")],
    numbers: &[],
};

pub(crate) const USERINFO: Place = Place {
    text: |texts| &mut texts.userinfo,
    malformed: "malformed_json",
    rows: rows! {
        "sub": "response_member_missing", "userinfo_sub_mismatch", "userinfo_sub_mismatch", ["userinfo_sub_mismatch"];
        "email": "ok", "ok", "ok", ["ok"];
    },
    values: &[("sub", r#""""#, "userinfo_sub_mismatch"), ("sub", r#""\u0073ubject-1""#, "ok")],
    numbers: &[],
};

pub(crate) const METADATA: Place = Place {
    text: |texts| &mut texts.metadata,
    malformed: "malformed_json",
    rows: rows! {
        "issuer": "metadata_member_missing", "metadata_member_missing", "metadata_member_invalid", ["metadata_issuer_mismatch"];
        "jwks_uri": "metadata_member_missing", "metadata_member_missing", "metadata_member_invalid", ["ok", "metadata_member_invalid"];
        "authorization_endpoint": "endpoint_missing", "endpoint_missing", "metadata_member_invalid", ["ok", "metadata_member_invalid"];
        "token_endpoint": "endpoint_missing", "endpoint_missing", "metadata_member_invalid", ["ok", "metadata_member_invalid"];
        "userinfo_endpoint": "endpoint_missing", "endpoint_missing", "metadata_member_invalid", ["ok", "metadata_member_invalid"];
        "end_session_endpoint": "ok", "ok", "ok", ["ok", "metadata_member_invalid"];
        "id_token_signing_alg_values_supported": "alg_refused", "alg_refused", "metadata_member_invalid", ["signing_alg_unsupported"];
        "code_challenge_methods_supported": "ok", "ok", "metadata_member_invalid", ["pkce_unsupported"];
        "authorization_response_iss_parameter_supported": "ok", "ok", "metadata_member_invalid", [];
        "response_types_supported": "ok", "ok", "ok", ["ok"];
        "subject_types_supported": "ok", "ok", "ok", ["ok"];
    },
    values: &[
        ("issuer", r#""https://op.example/""#, "metadata_issuer_mismatch"),
        ("jwks_uri", r#""http://op.example/jwks""#, "metadata_member_invalid"),
        ("jwks_uri", r#""https://10.0.0.1/jwks""#, "metadata_member_invalid"),
        ("token_endpoint", r#""https://op.example/token#f""#, "metadata_member_invalid"),
        ("token_endpoint", r#""https://u@op.example/token""#, "metadata_member_invalid"),
        ("id_token_signing_alg_values_supported", "[]", "signing_alg_unsupported"),
        ("id_token_signing_alg_values_supported", r#"["none"]"#, "signing_alg_unsupported"),
        ("id_token_signing_alg_values_supported", r#"["HS256"]"#, "signing_alg_unsupported"),
        ("id_token_signing_alg_values_supported", r#"["RS256"]"#, "alg_refused"),
        ("id_token_signing_alg_values_supported", r#"["none","EdDSA"]"#, "ok"),
        ("id_token_signing_alg_values_supported", "[1]", "metadata_member_invalid"),
        ("code_challenge_methods_supported", "[]", "pkce_unsupported"),
        ("code_challenge_methods_supported", r#"["plain"]"#, "pkce_unsupported"),
        ("code_challenge_methods_supported", r#"["plain","S256"]"#, "ok"),
        ("authorization_response_iss_parameter_supported", "false", "ok"),
    ],
    numbers: &[],
};

/// The key that signs, in its set.
pub(crate) const KEY: Place = Place {
    text: |texts| &mut texts.jwks,
    malformed: "malformed_json",
    rows: rows! {
        "kty": "unknown_key", "unknown_key", "unknown_key", ["unknown_key"];
        "crv": "unknown_key", "unknown_key", "unknown_key", ["unknown_key"];
        "x": "unknown_key", "unknown_key", "unknown_key", ["unknown_key", "bad_signature"];
        "kid": "unknown_key", "unknown_key", "unknown_key", ["unknown_key"];
        "alg": "ok", "ok", "unknown_key", ["unknown_key"];
        "use": "ok", "ok", "unknown_key", ["unknown_key"];
    },
    values: &[
        ("kty", r#""oct""#, "unknown_key"),
        ("kty", r#""EC""#, "unknown_key"),
        ("crv", r#""X25519""#, "unknown_key"),
        ("x", r#""""#, "unknown_key"),
        ("x", r#""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#, "unknown_key"),
        ("alg", r#""Ed25519""#, "ok"),
        ("alg", r#""ES256""#, "unknown_key"),
        ("alg", r#""none""#, "unknown_key"),
        ("use", r#""enc""#, "unknown_key"),
        ("key_ops", r#"["verify"]"#, "ok"),
        ("key_ops", r#"["sign"]"#, "unknown_key"),
        ("key_ops", r#""verify""#, "unknown_key"),
        ("key_ops", "null", "ok"),
        ("d", r#""AA""#, "unknown_key"),
        ("k", "null", "unknown_key"),
        ("x5c", "[]", "ok"),
    ],
    numbers: &[],
};
