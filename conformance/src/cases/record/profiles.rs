//! Profiles: what cannot meet one is refused by name, and what one demands is switched on.

use serde_json::{Value, json};

use super::{Scenario, USUAL};
use crate::provider::Mutation;
use crate::provider::mutation::Object;

const FAPI2: &str = r#"{"preset":"fapi2"}"#;
const REGISTRATION: &str = r#"{"client_secret":null,"signing_keys":["key-1"],"dpop_keys":["key-2"]}"#;

/// A set-up that meets FAPI 2.0.
const MEETS: Scenario = Scenario { policy: FAPI2, registration: REGISTRATION, ..USUAL };
/// One that does not.
const UNMET: Scenario =
    Scenario { policy: FAPI2, registration: REGISTRATION, ends: "profile_unmet", ..USUAL };

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fapi2-is-met-by-a-key-and-bound-tokens",
        about: "The profile pushes the request without being told.",
        ..MEETS
    },
    Scenario {
        name: "fapi2-message-signing-is-met-by-the-same",
        about: "The profile signs the request, pushes it and asks for a signed response without being told.",
        policy: r#"{"preset":"fapi2_message_signing"}"#,
        ..MEETS
    },
    Scenario {
        name: "oauth2-1-is-met-by-a-secret",
        about: "The profile wants a provider that says it checks PKCE.",
        policy: r#"{"preset":"oauth2_1"}"#,
        ..USUAL
    },
    Scenario {
        name: "oauth2-1-is-not-met-by-a-provider-that-does-not-say-pkce",
        about: "The metadata do not say which PKCE methods there are.",
        ends: "profile_unmet",
        policy: r#"{"preset":"oauth2_1"}"#,
        mutation: Mutation {
            metadata: |metadata| without(metadata, "code_challenge_methods_supported"),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "fapi2-takes-no-secret",
        about: "The client has a secret and no key.",
        registration: r#"{"dpop_keys":["key-2"]}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-assertion-for-the-token-endpoint",
        about: "The registration wants assertions for the token endpoint.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"],"dpop_keys":["key-2"],"client_assertion_audience":"token_endpoint"}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-bearer-tokens",
        about: "The client's tokens are bound to nothing.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"]}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-rs256",
        about: "The registration pins RS256 for ID tokens.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"],"dpop_keys":["key-2"],"id_token_signed_response_alg":"RS256"}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-provider-that-signs-with-rs256-alone",
        about: "The metadata name RS256 for ID tokens, and nothing else.",
        mutation: Mutation {
            metadata: |metadata| list(metadata, "id_token_signing_alg_values_supported", json!(["RS256"])),
            ..Mutation::NONE
        },
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-provider-without-pkce",
        about: "The metadata do not say which PKCE methods there are.",
        mutation: Mutation {
            metadata: |metadata| without(metadata, "code_challenge_methods_supported"),
            ..Mutation::NONE
        },
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-provider-without-pushed-requests",
        about: "The metadata have no endpoint for pushed requests.",
        mutation: Mutation {
            metadata: |metadata| without(metadata, "pushed_authorization_request_endpoint"),
            ..Mutation::NONE
        },
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-provider-without-iss-in-responses",
        about: "The metadata do not announce iss in responses.",
        mutation: Mutation {
            metadata: |metadata| without(metadata, "authorization_response_iss_parameter_supported"),
            ..Mutation::NONE
        },
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-plain-http",
        about: "The redirect URI is on this machine, over http.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"],"dpop_keys":["key-2"],"redirect_uri":"http://127.0.0.1:8080/callback"}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-takes-no-hosts-over-http",
        about: "The policy lists a host that may be asked over http.",
        policy: r#"{"preset":"fapi2","danger_http_hosts":["keycloak"]}"#,
        ..UNMET
    },
    Scenario {
        name: "fapi2-message-signing-takes-no-provider-that-signs-responses-with-rs256-alone",
        about: "The metadata name RS256 for authorization responses, and nothing else.",
        policy: r#"{"preset":"fapi2_message_signing"}"#,
        mutation: Mutation {
            metadata: |metadata| {
                list(metadata, "authorization_signing_alg_values_supported", json!(["RS256"]))
            },
            ..Mutation::NONE
        },
        ..UNMET
    },
    Scenario {
        name: "fapi2-message-signing-asks-for-no-plain-response",
        about: "The host asks for a response in the query that nobody signs.",
        policy: r#"{"preset":"fapi2_message_signing"}"#,
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "response_mode": "query" }))
        },
        ..UNMET
    },
    Scenario {
        name: "a-token-that-is-bound-to-nothing-is-not-sent-under-fapi2",
        about: "The session is of a time before the profile: its token is bound to nothing.",
        ends: "token_not_bound",
        policy: "{}",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"]}"#,
        play: |scene| {
            scene.log_in("alice")?;
            scene.change(json!({ "dpop_keys": ["key-2"] }), Some(json!({ "preset": "fapi2" })))?;
            scene.userinfo("alice")
        },
        ..USUAL
    },
];

fn without(metadata: &mut Object, member: &str) {
    metadata.remove(member);
}

fn list(metadata: &mut Object, member: &str, algs: Value) {
    metadata.insert(member.into(), algs);
}
