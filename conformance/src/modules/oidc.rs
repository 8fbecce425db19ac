//! The code-flow modules of the Foundation's OpenID Connect plans for relying parties: basic, config, form post,
//! refresh, RP-initiated logout, and what the comprehensive plan adds.

use serde_json::json;

use super::{Expect, Journey, Module, Stage, USUAL};
use crate::provider::mutation::{append, remove, replace};
use crate::provider::{Mutation, Rotation};

const NONE: Mutation = Mutation::NONE;

pub(super) const MODULES: &[Module] = &[
    Module { name: "oidcc-client-test", about: "Everything is in order.", ..USUAL },
    Module {
        name: "oidcc-client-test-invalid-iss",
        about: "The ID token's iss has a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "iss_mismatch"),
        mutation: Mutation { id_token: |token| token.append("iss", "1"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-missing-sub",
        about: "The ID token has no sub.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("sub"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-invalid-aud",
        about: "The ID token's aud is the client_id with a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "aud_mismatch"),
        mutation: Mutation { id_token: |token| token.append("aud", "1"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-missing-aud",
        about: "The ID token has no aud.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("aud"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-missing-iat",
        about: "The ID token has no iat.",
        expect: Expect::Reject(Stage::Exchange, "claim_missing"),
        mutation: Mutation { id_token: |token| token.remove("iat"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-kid-absent-single-jwks",
        about: "Neither the ID token nor a key has a kid; one key fits the algorithm.",
        mutation: Mutation {
            id_token: |token| token.with_kid = false,
            jwks: |keys| {
                keys.iter_mut().for_each(|key| drop(key.as_object_mut().map(|key| key.remove("kid"))))
            },
            keys_of_each: 1,
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-kid-absent-multiple-jwks",
        about: "Neither the ID token nor a key has a kid; three keys fit the algorithm.",
        expect: Expect::Either(Stage::Exchange, "ambiguous_key"),
        mutation: Mutation {
            id_token: |token| token.with_kid = false,
            jwks: |keys| {
                keys.iter_mut().for_each(|key| drop(key.as_object_mut().map(|key| key.remove("kid"))))
            },
            keys_of_each: 3,
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-idtoken-sig-rs256",
        about: "The metadata name RS256 only.",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("id_token_signing_alg_values_supported".into(), json!(["RS256"]));
            },
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-idtoken-sig-none",
        about: "The ID token is not signed.",
        expect: Expect::Either(Stage::Exchange, "malformed_token"),
        mutation: Mutation { id_token: |token| token.alg = "none".into(), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-invalid-sig-rs256",
        about: "A bit of the ID token's RS256 signature is another.",
        expect: Expect::Reject(Stage::Exchange, "bad_signature"),
        mutation: Mutation { id_token: |token| token.damaged = true, ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-invalid-sig-es256",
        about: "A bit of the ID token's ES256 signature is another.",
        expect: Expect::Reject(Stage::Exchange, "bad_signature"),
        registers: &[("id_token_signed_response_alg", "ES256")],
        mutation: Mutation { id_token: |token| token.damaged = true, ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-invalid-sig-hs256",
        about: "A bit of the ID token's HS256 signature is another.",
        expect: Expect::Reject(Stage::Exchange, "bad_signature"),
        registers: &[("id_token_signed_response_alg", "HS256")],
        mutation: Mutation { id_token: |token| token.damaged = true, ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-userinfo-invalid-sub",
        about: "The UserInfo response is about another sub.",
        expect: Expect::Reject(Stage::UserInfo, "userinfo_sub_mismatch"),
        mutation: Mutation { userinfo: |person| append(&mut person.claims, "sub", "invalid"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-nonce-invalid",
        about: "The ID token's nonce has a 1 too many.",
        expect: Expect::Reject(Stage::Exchange, "nonce_mismatch"),
        mutation: Mutation { id_token: |token| token.append("nonce", "1"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-scope-userinfo-claims",
        about: "The client asks for profile, email, address and phone, and gets their claims.",
        asks: r#"{"scopes":["openid","profile","email","address","phone"]}"#,
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-client-secret-basic",
        about: "Only client_secret_basic will do, and id and secret have to be form-urlencoded first.",
        client: ("relying:party", "a+secret %of&thirty=two/bytes:or more"),
        mutation: Mutation {
            metadata: |metadata| {
                metadata
                    .insert("token_endpoint_auth_methods_supported".into(), json!(["client_secret_basic"]));
            },
            basic_only: true,
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-userinfo-bearer-header",
        about: "UserInfo takes the access token in the header only.",
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-form-post",
        variant_of: Some("oidcc-client-test"),
        about: "The authorization response comes as a form that the browser posts.",
        asks: r#"{"response_mode":"form_post"}"#,
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-form-post-error",
        about: "The posted authorization response is the error login_required.",
        expect: Expect::Reject(Stage::Callback, "provider_error"),
        asks: r#"{"response_mode":"form_post","max_age":0,"prompt":"none"}"#,
        mutation: Mutation {
            authorization_response: |response| {
                remove(response, "code");
                response.insert(0, ("error".into(), "login_required".into()));
            },
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-aggregated-claims",
        about: "The UserInfo response has claims in a token of somebody else's, which nobody signed.",
        mutation: Mutation { userinfo: |person| person.aggregate(), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-distributed-claims",
        about: "The UserInfo response points to claims that another server has.",
        mutation: Mutation { userinfo: |person| person.distribute(), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-discovery-openid-config",
        about: "The metadata are read.",
        journey: Journey::Discovery,
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-discovery-jwks-uri-keys",
        about: "The keys are where only the metadata say.",
        mutation: Mutation { jwks_path: "/somewhere/5d41402abc4b/keys", ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-discovery-issuer-mismatch",
        about: "The metadata's issuer is another.",
        expect: Expect::Reject(Stage::Discovery, "metadata_issuer_mismatch"),
        mutation: Mutation { metadata: |metadata| append(metadata, "issuer", "INVALID"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-signing-key-rotation",
        about: "The second login's ID token is signed with a key that was not there at the first.",
        journey: Journey::TwoLogins,
        mutation: Mutation { rotation: Rotation::AtTheSecondAuthorization, ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-signing-key-rotation-just-before-signing",
        about: "The keys are replaced just before the ID token is signed.",
        journey: Journey::LoginWithKeys,
        mutation: Mutation { rotation: Rotation::BeforeSigning, ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-userinfo-signed",
        about: "The UserInfo response is signed.",
        registers: &[("userinfo_signed_response_alg", "RS256")],
        mutation: Mutation { userinfo: |person| person.signed = Some("RS256"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-refresh-token",
        about: "A refresh yields another ID token.",
        journey: Journey::Refresh,
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-refresh-token-invalid-issuer",
        about: "The refreshed ID token's iss has a 1 too many.",
        expect: Expect::Reject(Stage::Refresh, "iss_mismatch"),
        journey: Journey::Refresh,
        mutation: Mutation { refreshed_id_token: |token| token.append("iss", "1"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-refresh-token-invalid-sub",
        about: "The refreshed ID token is about another sub.",
        expect: Expect::Reject(Stage::Refresh, "refreshed_claim_changed"),
        journey: Journey::Refresh,
        mutation: Mutation { refreshed_id_token: |token| token.append("sub", "1"), ..NONE },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-rp-init-logout",
        about: "The browser goes to the end session endpoint and comes back.",
        journey: Journey::Logout,
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-rp-init-logout-other-state",
        about: "After the logout the browser comes back with another state.",
        journey: Journey::Logout,
        mutation: Mutation {
            logout_response: |response| replace(response, "state", |state| format!("{state}_INVALID")),
            ..NONE
        },
        ..USUAL
    },
    Module {
        name: "oidcc-client-test-rp-init-logout-no-state",
        about: "After the logout the browser comes back without a state.",
        journey: Journey::Logout,
        mutation: Mutation { logout_response: |response| remove(response, "state"), ..NONE },
        ..USUAL
    },
];
