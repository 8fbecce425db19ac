//! The FAPI 2.0 security profile's mutations that a client can be put to whether it has keys and certificates or not. ID tokens are
//! signed with ES256, which is what the metadata name.

use serde_json::{Value, json};

use super::{Expect, Module, Stage, USUAL, Variant};
use crate::provider::Mutation;
use crate::provider::mutation::{Object, append, remove, replace};

pub(super) const PROFILE: Mutation = Mutation { metadata: profile, decoys: true, ..Mutation::NONE };

/// What the profile allows to sign with (FAPI 2.0 Security Profile 5.4.1).
fn profile(metadata: &mut Object) {
    metadata.insert("id_token_signing_alg_values_supported".into(), json!(["PS256", "ES256"]));
}

pub(super) const FAPI: Module =
    Module { registers: &[("id_token_signed_response_alg", "ES256")], mutation: PROFILE, ..USUAL };

fn invert_token_type(tokens: &mut Object) {
    let invert =
        |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
    if let Some(Value::String(token_type)) = tokens.get_mut("token_type") {
        *token_type = token_type.chars().map(invert).collect();
    }
}

pub(super) const MODULES: &[Module] = &[
    Module {
        name: "fapi2-security-profile-final-client-test-happy-path",
        about: "Everything is in order; keys of other kinds share the signing key's kid.",
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-valid-aud-as-array",
        about: "The ID token's aud is a list with the client_id only.",
        mutation: Mutation {
            id_token: |token| {
                let aud = token.claims.remove("aud");
                token.set("aud", json!([aud]));
            },
            ..PROFILE
        },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in",
        about: "The token response has no expires_in.",
        mutation: Mutation { token_response: |tokens| drop(tokens.remove("expires_in")), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-token-type-case-insensitivity",
        about: "The token response's token_type has its capitals the other way round: bEARER, dpOp.",
        mutation: Mutation { token_response: invert_token_type, ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-discovery-issuer-mismatch",
        about: "The metadata's issuer is another.",
        expect: Expect::Reject(Stage::Discovery, "metadata_issuer_mismatch"),
        mutation: Mutation {
            metadata: |metadata| {
                profile(metadata);
                append(metadata, "issuer", "INVALID");
            },
            ..PROFILE
        },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-iss",
        about: "The ID token's iss has a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "iss_mismatch"),
        mutation: Mutation { id_token: |token| token.append("iss", "1"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-aud",
        about: "The ID token's aud is the client_id with a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "aud_mismatch"),
        mutation: Mutation { id_token: |token| token.append("aud", "1"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-secondary-aud",
        about: "The ID token has a further audience that nobody knows, and no azp.",
        expect: Expect::Reject(Stage::Exchange, "aud_untrusted"),
        mutation: Mutation {
            id_token: |token| {
                let aud = token.claims.get("aud").and_then(|aud| aud.as_str()).unwrap_or_default().to_owned();
                token.set("aud", json!([aud, format!("{aud}1")]));
            },
            ..PROFILE
        },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-null-alg",
        about: "The ID token is not signed.",
        expect: Expect::Reject(Stage::Exchange, "malformed_token"),
        mutation: Mutation { id_token: |token| token.alg = "none".into(), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-alternate-alg",
        about: "The ID token is signed with RS256 and a key of the provider's.",
        expect: Expect::Reject(Stage::Exchange, "alg_refused"),
        mutation: Mutation { id_token: |token| token.alg = "RS256".into(), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-expired-exp",
        about: "The ID token expired six minutes ago.",
        expect: Expect::Reject(Stage::Exchange, "token_expired"),
        mutation: Mutation { id_token: |token| token.set("exp", token.now - 360), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-missing-exp",
        about: "The ID token has no exp.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("exp"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-missing-aud",
        about: "The ID token has no aud.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("aud"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-missing-iss",
        about: "The ID token has no iss.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("iss"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-nonce",
        about: "The ID token's nonce has a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "nonce_mismatch"),
        mutation: Mutation { id_token: |token| token.append("nonce", "1"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-missing-nonce",
        about: "The ID token has no nonce.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("nonce"), ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-invalid-authorization-response-iss",
        about: "The authorization response's iss has a 1 too many.",
        expect: Expect::Reject(Stage::Callback, "response_issuer_mismatch"),
        mutation: Mutation {
            authorization_response: |response| replace(response, "iss", |iss| format!("{iss}1")),
            ..PROFILE
        },
        applies: Variant::has_plain_responses,
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-remove-authorization-response-iss",
        about: "The authorization response has no iss, although the metadata announce it.",
        expect: Expect::Reject(Stage::Callback, "response_issuer_missing"),
        mutation: Mutation { authorization_response: |response| remove(response, "iss"), ..PROFILE },
        applies: Variant::has_plain_responses,
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails",
        about: "The authorization response's state has a 1 too many.",
        expect: Expect::Reject(Stage::Callback, "state_mismatch"),
        mutation: Mutation {
            authorization_response: |response| replace(response, "state", |state| format!("{state}1")),
            ..PROFILE
        },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails",
        about: "The authorization response has no state.",
        expect: Expect::Reject(Stage::Callback, "state_missing"),
        mutation: Mutation { authorization_response: |response| remove(response, "state"), ..PROFILE },
        ..FAPI
    },
];
