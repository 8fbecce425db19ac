//! Tokens that are bound to a key or a certificate, and calls of APIs with them.

use relyingparty::Endpoint;
use serde_json::json;

use super::super::exchange::{ApiRequest, Reply};
use super::super::format::Call;
use super::scene::{Ended, Scene};
use super::{Scenario, USUAL, http};
use crate::provider::Mutation;
use crate::provider::places::API;

const KEY: &str = r#"{"dpop_keys":["key-1"],"api_origins":["https://api.example"]}"#;
const KMS: &str = r#"{"dpop_keys":["kms-1"],"api_origins":["https://api.example"]}"#;
const CERTIFICATE: &str = r#"{"tls_client_certificate":true,"tls_client_certificate_bound_access_tokens":true,"api_origins":["https://api.example"]}"#;

/// A client whose tokens are bound to a key.
const BOUND: Scenario = Scenario { registration: KEY, ..USUAL };
/// A client whose tokens are bound to nothing, and that may call the API.
const BEARER: Scenario = Scenario { registration: r#"{"api_origins":["https://api.example"]}"#, ..USUAL };
/// A provider that wants no nonces.
const NO_NONCES: Mutation = Mutation { nonces: false, ..Mutation::NONE };

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "each-request-proves-possession-of-the-key",
        about: "Tokens are bound to a key, and each server wants a nonce of its own: the provider's is not sent to the API.",
        play: everywhere,
        ..BOUND
    },
    Scenario {
        name: "a-key-that-the-host-holds-proves-each-request",
        about: "Tokens are bound to a key that is in a KMS.",
        registration: KMS,
        play: everywhere,
        ..USUAL
    },
    Scenario {
        name: "a-provider-without-nonces-gets-proofs-without",
        about: "Tokens are bound to a key, and nobody asks for a nonce.",
        mutation: NO_NONCES,
        play: everywhere,
        ..BOUND
    },
    Scenario {
        name: "nonces-that-were-lost-cost-a-request",
        about: "The cache is lost between login and refresh, and with it the nonce.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.call(Call::Cache { stored: None })?;
            scene.refresh("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-nonce-is-asked-for-once",
        about: "The token endpoint asks for a nonce, is sent it, and asks again.",
        ends: "dpop_nonce_refused",
        play: |scene| {
            scene.instead(Endpoint::Token, wants_nonce(Some("one")));
            scene.instead(Endpoint::Token, wants_nonce(Some("another")));
            scene.log_in("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-nonce-that-does-not-come-is-not-waited-for",
        about: "The token endpoint asks for a nonce and gives none.",
        ends: "dpop_nonce_refused",
        play: |scene| {
            scene.instead(Endpoint::Token, wants_nonce(None));
            scene.log_in("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "what-a-server-gives-as-a-nonce-is-one",
        about: "The token endpoint asks for a nonce and gives one with a quotation mark: nothing of it is signed.",
        ends: "dpop_nonce_refused",
        play: |scene| {
            scene.instead(Endpoint::Token, wants_nonce(Some("\",\"sub\":\"alice")));
            scene.log_in("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-bearer-token-is-no-answer-to-a-proof",
        about: "The token response says Bearer to a request with a proof.",
        ends: "token_not_bound",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("token_type".into(), "Bearer".into())),
            ..Mutation::NONE
        },
        ..BOUND
    },
    Scenario {
        name: "a-proof-that-nobody-sent-binds-no-token",
        about: "The token response says DPoP to a request without a proof.",
        ends: "token_type_unsupported",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("token_type".into(), "DPoP".into())),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-bound-token-is-not-sent-with-another-key",
        about: "The client got another key after the login.",
        ends: "dpop_key_mismatch",
        play: |scene| {
            scene.log_in("alice")?;
            scene.change_client(json!({ "dpop_keys": ["key-2"] }))?;
            scene.userinfo("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-bound-token-is-not-refreshed-with-another-key",
        about: "The client got another key after the login.",
        ends: "dpop_key_mismatch",
        play: |scene| {
            scene.log_in("alice")?;
            scene.change_client(json!({ "dpop_keys": ["key-2"] }))?;
            scene.refresh("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-bound-token-is-not-sent-without-a-key",
        about: "The client has no key any more.",
        ends: "dpop_key_mismatch",
        play: |scene| {
            scene.log_in("alice")?;
            scene.change_client(json!({ "dpop_keys": null }))?;
            scene.userinfo("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-code-is-exchanged-with-the-key-that-its-login-named",
        about: "The client got another key between the callback and the exchange.",
        ends: "dpop_key_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            scene.change_client(json!({ "dpop_keys": ["key-2"] }))?;
            scene.exchange("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-key-that-went-back-in-the-list-still-serves-its-sessions",
        about: "The client got another key, and kept the one before behind it; the session is stored and restored between.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.change_client(json!({ "dpop_keys": ["key-2", "key-1"] }))?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })?;
            scene.refresh("alice")?;
            scene.userinfo("alice")
        },
        ..BOUND
    },
    Scenario {
        name: "a-stored-session-whose-token-lost-its-key-is-no-session",
        about: "The thumbprint is gone from the stored session, and the token is still of the type DPoP.",
        ends: "unreadable_session",
        play: |scene| {
            scene.log_in("alice")?;
            let stored = scene.without_member_of_session("alice", "dpop_jkt");
            scene.call(Call::Restore { login: "alice".into(), stored: Some(stored) })
        },
        ..BOUND
    },
    Scenario {
        name: "a-token-that-is-bound-to-a-certificate-goes-over-connections-with-it",
        about: "Tokens are bound to the client's TLS certificate; the session is stored and restored between.",
        registration: CERTIFICATE,
        play: |scene| {
            scene.log_in("alice")?;
            scene.userinfo("alice")?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })?;
            scene.refresh("alice")?;
            scene.get("alice", &accounts())
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-that-is-bound-to-a-certificate-is-not-sent-without",
        about: "The client has no certificate any more.",
        ends: "invalid_configuration",
        registration: CERTIFICATE,
        play: |scene| {
            scene.log_in("alice")?;
            let without =
                json!({ "tls_client_certificate": null, "tls_client_certificate_bound_access_tokens": null });
            scene.change_client(without)?;
            scene.userinfo("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "tokens-cannot-be-bound-to-a-certificate-that-nobody-has",
        about: "Tokens are to be bound to a certificate, and the client has none.",
        ends: "invalid_configuration",
        registration: r#"{"tls_client_certificate_bound_access_tokens":true}"#,
        ..USUAL
    },
    Scenario {
        name: "a-call-takes-a-bearer-token-to-the-api",
        about: "The API is among the api_origins.",
        play: called,
        ..BEARER
    },
    Scenario {
        name: "a-token-goes-to-no-origin-that-it-is-not-for",
        about: "The API is not among the api_origins, but for its beginning.",
        ends: "origin_not_allowed",
        play: |scene| {
            scene.log_in("alice")?;
            scene.get("alice", "https://api.example.attacker.example/accounts")
        },
        ..BEARER
    },
    Scenario {
        name: "a-token-goes-to-no-other-port",
        about: "The API is among the api_origins, at another port.",
        ends: "origin_not_allowed",
        play: |scene| {
            scene.log_in("alice")?;
            scene.get("alice", "https://api.example:8443/accounts")
        },
        ..BEARER
    },
    Scenario {
        name: "a-token-goes-nowhere-over-http",
        about: "The API is among the api_origins, over https.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.log_in("alice")?;
            scene.get("alice", "http://api.example/accounts")
        },
        ..BEARER
    },
    Scenario {
        name: "a-token-goes-to-the-resource-that-it-was-asked-for",
        about: "The login asked for a resource; the client has no api_origins.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "resource": ["https://api.example/accounts"] }))?;
            scene.get("alice", &accounts())
        },
        ..USUAL
    },
    Scenario {
        name: "a-call-cannot-set-what-is-the-librarys",
        about: "The call has an Authorization header of its own.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.log_in("alice")?;
            scene.send("alice", with_header("Authorization", "Bearer mine"))
        },
        ..BEARER
    },
    Scenario {
        name: "a-call-is-one-request",
        about: "The value of a header has a line end, and another header after it.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.log_in("alice")?;
            scene.send("alice", with_header("x-request-id", "1\r\nhost: other.example"))
        },
        ..BEARER
    },
    Scenario {
        name: "an-api-that-wants-another-login-says-so",
        about: "The API answers insufficient_user_authentication, with acr_values and max_age (RFC 9470).",
        play: |scene| {
            let challenge =
                "Bearer error=\"insufficient_user_authentication\", acr_values=\"phr mfa\", max_age=\"60\"";
            refused(scene, 401, challenge)
        },
        ..BEARER
    },
    Scenario {
        name: "an-api-that-wants-another-scope-says-so",
        about: "The API answers insufficient_scope.",
        play: |scene| refused(scene, 403, "Bearer error=\"insufficient_scope\", scope=\"accounts payments\""),
        ..BEARER
    },
    Scenario {
        name: "a-token-that-was-stolen-proves-nothing",
        about: "The API answers invalid_token to a call with a proof, and is not asked again.",
        play: |scene| refused(scene, 401, "DPoP error=\"invalid_token\", algs=\"ES256 EdDSA\""),
        ..BOUND
    },
    Scenario {
        name: "an-api-asks-for-a-nonce-once",
        about: "The API asks for a nonce, is sent it, and asks again.",
        ends: "dpop_nonce_refused",
        play: |scene| {
            scene.log_in("alice")?;
            for nonce in ["one", "another"] {
                let headers = [("www-authenticate", "DPoP error=\"use_dpop_nonce\""), ("dpop-nonce", nonce)];
                let headers = headers.map(|(name, value)| (name.into(), value.into())).to_vec();
                scene.instead(Endpoint::Resource, http(401, headers, String::new()));
            }
            scene.get("alice", &accounts())
        },
        ..BOUND
    },
];

fn accounts() -> String {
    format!("{API}/accounts")
}

/// At each server.
fn everywhere(scene: &mut Scene) -> Ended {
    scene.log_in("alice")?;
    scene.userinfo("alice")?;
    scene.get("alice", &accounts())?;
    scene.refresh("alice")?;
    scene.get("alice", &format!("{}?page=2", accounts()))
}

fn called(scene: &mut Scene) -> Ended {
    scene.log_in("alice")?;
    scene.get("alice", &accounts())?;
    let headers = vec![("content-type".into(), "application/json".into())];
    let body = r#"{"name":"savings"}"#.into();
    scene.send("alice", ApiRequest { method: "POST".into(), url: accounts(), headers, body })
}

fn with_header(name: &str, value: &str) -> ApiRequest {
    let headers = vec![(name.into(), value.into())];
    ApiRequest { method: "GET".into(), url: accounts(), headers, body: String::new() }
}

fn refused(scene: &mut Scene, status: u16, challenge: &str) -> Ended {
    scene.log_in("alice")?;
    let headers = vec![("www-authenticate".into(), challenge.into())];
    scene.instead(Endpoint::Resource, http(status, headers, String::new()));
    scene.get("alice", &accounts())
}

fn wants_nonce(nonce: Option<&str>) -> Reply {
    let mut headers = vec![("content-type".into(), "application/json".into())];
    headers.extend(nonce.map(|nonce| ("dpop-nonce".into(), nonce.into())));
    http(400, headers, r#"{"error":"use_dpop_nonce"}"#.into())
}
