//! What a host sets and asks for: what reaches the provider, and what is refused before.

use serde_json::json;

use super::super::format::Call;
use super::{Scenario, USUAL};
use crate::provider::Mutation;
use crate::provider::mutation::Object;

/// Everything that can be asked for at once.
const EVERYTHING: &str = r#"{
    "scopes": ["openid", "address"], "prompt": "login consent", "display": "page", "max_age": 300,
    "ui_locales": "de-CH de", "claims_locales": "de", "login_hint": "alice@example.test & co", "acr_values": "gold silver",
    "claims": {"id_token": {"acr": {"essential": true, "values": ["gold", "größer"]}}}, "resource": ["https://api.example/a?b=c"],
    "extra": {"tenant": "ä/ö ü"}, "return_to": "/inbox?unread=1"
}"#;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "everything-that-can-be-asked-for",
        about: "An authorization request with every parameter, encoded as a form.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", serde_json::from_str(EVERYTHING).unwrap_or_default())
        },
        ..USUAL
    },
    Scenario {
        name: "a-client-without-a-secret",
        about: "A public client sends its client_id in the token request.",
        registration: r#"{"client_id":"relying-party-without-a-secret","client_secret":null}"#,
        ..USUAL
    },
    Scenario {
        name: "a-secret-in-the-body",
        about: "client_secret_post, because the client registered it.",
        registration: r#"{"token_endpoint_auth_method":"client_secret_post"}"#,
        ..USUAL
    },
    Scenario {
        name: "an-authorization-endpoint-with-a-query-keeps-it",
        about: "The metadata's authorization endpoint has a query of its own.",
        mutation: Mutation {
            metadata: |metadata| {
                set(metadata, "authorization_endpoint", "https://op.example/authorize?tenant=1")
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-url-of-the-registrations-own",
        about: "A provider without end_session_endpoint, whose logout URL has another name for the redirect URI.",
        registration: r#"{"end_session_endpoint":"https://op.example/v2/logout","end_session_redirect_parameter":"returnTo",
            "post_logout_redirect_uri":"https://app.example/goodbye"}"#,
        play: |scene| {
            scene.set_up()?;
            scene.call(Call::EndSession {
                login: None,
                request: json!({ "state": "s", "extra": { "federated": "1" } }),
            })
        },
        ..USUAL
    },
    Scenario {
        name: "limits-of-the-hosts-own",
        about: "The policy's limits are those that the host has to enforce.",
        policy: r#"{"max_response_bytes":4096,"metadata_timeout_secs":2,"token_timeout_secs":3}"#,
        ..USUAL
    },
    Scenario {
        name: "more-keys-than-the-policy-allows",
        about: "The key set has two keys, and the policy allows one.",
        ends: "keys_unavailable",
        policy: r#"{"max_keys":1}"#,
        mutation: Mutation { jwks: |keys| keys.extend(keys.first().cloned()), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "tokens-without-a-type",
        about: "The token response has no token_type.",
        ends: "response_member_missing",
        mutation: Mutation { token_response: |tokens| drop(tokens.remove("token_type")), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "tokens-without-a-type-where-that-is-allowed",
        about: "The token response has no token_type, and the policy takes it for Bearer.",
        policy: r#"{"accept_missing_token_type":true}"#,
        mutation: Mutation { token_response: |tokens| drop(tokens.remove("token_type")), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-issuer-over-http-is-refused",
        about: "The issuer is not an https URL.",
        ends: "invalid_issuer",
        play: |scene| scene.call(Call::Discover { issuer: Some("http://op.example".into()) }),
        ..USUAL
    },
    Scenario {
        name: "a-redirect-uri-over-http-is-refused",
        about: "The redirect URI is http on another machine.",
        ends: "invalid_configuration",
        registration: r#"{"redirect_uri":"http://app.example/callback"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-member-that-nobody-knows-is-refused",
        about: "The registration has a misspelt member.",
        ends: "invalid_configuration",
        registration: r#"{"id_token_signing_alg":"ES256"}"#,
        ..USUAL
    },
    Scenario {
        name: "alg-none-cannot-be-registered",
        about: "The registration names none as the algorithm of ID tokens.",
        ends: "invalid_configuration",
        registration: r#"{"id_token_signed_response_alg":"none"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-skew-of-an-hour-is-refused",
        about: "Clocks may not differ by more than 300 seconds.",
        ends: "policy_out_of_range",
        policy: r#"{"allowed_skew_secs":3600}"#,
        ..USUAL
    },
    Scenario {
        name: "a-parameter-of-the-librarys-cannot-be-set",
        about: "The state is given as an extra parameter.",
        ends: "reserved_parameter",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "extra": { "state": "mine" } }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-to-elsewhere-is-dropped",
        about: "The login is to lead to another site, as a visitor may ask: it goes on and leads nowhere.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "return_to": "/%252f%252fevil.example/" }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-to-that-is-no-text-is-dropped",
        about: "A visitor sent the link twice, and the framework made a list of it: the login goes on and leads nowhere.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "return_to": ["/inbox", "/inbox"] }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-to-deep-link",
        about: "The login leads to a page of the application whose query has an encoded line end.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through(
                "alice",
                json!({ "return_to": "/new?title=bug&body=line1%0Aline2%5C%E9&share=100%" }),
            )
        },
        ..USUAL
    },
    Scenario {
        name: "a-demand-without-a-value-is-refused",
        about: "An essential acr is asked for with null for its value.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.set_up()?;
            let claims = json!({ "id_token": { "acr": { "essential": true, "value": null } } });
            scene.authorize("alice", json!({ "claims": claims }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-provider-without-userinfo",
        about: "The metadata have no userinfo_endpoint.",
        ends: "endpoint_missing",
        mutation: Mutation {
            metadata: |metadata| drop(metadata.remove("userinfo_endpoint")),
            ..Mutation::NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.userinfo("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "no-common-client-authentication",
        about: "The metadata name private_key_jwt only.",
        ends: "auth_method_unsupported",
        mutation: Mutation {
            metadata: |metadata| {
                set(metadata, "token_endpoint_auth_methods_supported", json!(["private_key_jwt"]))
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "no-pkce-with-s256",
        about: "The metadata name plain as the only method of PKCE.",
        ends: "pkce_unsupported",
        mutation: Mutation {
            metadata: |metadata| set(metadata, "code_challenge_methods_supported", json!(["plain"])),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "no-common-signing-algorithm",
        about: "The metadata name none and HS256 only.",
        ends: "signing_alg_unsupported",
        mutation: Mutation {
            metadata: |metadata| {
                set(metadata, "id_token_signing_alg_values_supported", json!(["none", "HS256"]))
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "entropy-that-repeats-is-refused",
        about: "32 bytes that are all the same are not random.",
        ends: "weak_entropy",
        play: |scene| {
            scene.set_up()?;
            let entropy = "07".repeat(32);
            scene.call(Call::Authorize {
                login: "alice".into(),
                request: json!({}),
                entropy,
                in_steps: false,
            })
        },
        ..USUAL
    },
    Scenario {
        name: "a-clock-that-is-not-set-is-refused",
        about: "The clock shows 1970.",
        ends: "implausible_clock",
        play: |scene| {
            scene.set_up()?;
            scene.at(-super::scene::START);
            scene.authorize("alice", json!({}))
        },
        ..USUAL
    },
];

fn set(metadata: &mut Object, member: &str, value: impl Into<serde_json::Value>) {
    metadata.insert(member.into(), value.into());
}
