//! Requests that nobody can change on the way, responses that are signed, and what is asked for in detail.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::scene::{Ended, Scene};
use super::{Scenario, USUAL, json_answer, unreachable};
use crate::provider::Mutation;

/// A client that pushes its requests.
const PUSHES: Scenario =
    Scenario { registration: r#"{"require_pushed_authorization_requests":true}"#, ..USUAL };
/// A client that signs its requests.
const SIGNS: Scenario = Scenario {
    registration: r#"{"client_secret":null,"signing_keys":["key-1"],"require_signed_request_object":true}"#,
    ..USUAL
};
/// A client with a key, at a provider that signs its responses.
const KEYED: Scenario =
    Scenario { registration: r#"{"client_secret":null,"signing_keys":["key-1"]}"#, ..USUAL };

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-request-is-pushed-where-the-registration-asks",
        about: "The client has a secret and pushes its requests; the browser carries client_id and request_uri.",
        ..PUSHES
    },
    Scenario {
        name: "a-request-is-pushed-where-the-provider-demands-it",
        about: "The metadata demand pushed requests.",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("require_pushed_authorization_requests".into(), true.into());
            },
            ..Mutation::NONE
        },
        ..KEYED
    },
    Scenario {
        name: "a-request-that-has-to-be-pushed-is-not-sent-in-the-open",
        about: "The host starts a login without steps.",
        ends: "proving_needed",
        play: |scene| {
            scene.set_up()?;
            scene.begin("alice", json!({}), false)
        },
        ..PUSHES
    },
    Scenario {
        name: "a-request-that-has-to-be-signed-is-not-sent-in-the-open",
        about: "The host starts a login without steps.",
        ends: "proving_needed",
        play: |scene| {
            scene.set_up()?;
            scene.begin("alice", json!({}), false)
        },
        ..SIGNS
    },
    Scenario {
        name: "a-provider-without-the-endpoint-takes-no-pushed-request",
        about: "The registration asks for pushed requests, and the metadata have no endpoint for them.",
        ends: "endpoint_missing",
        mutation: Mutation {
            metadata: |metadata| drop(metadata.remove("pushed_authorization_request_endpoint")),
            ..Mutation::NONE
        },
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-that-is-refused-is-not-sent-in-the-open",
        about: "The provider refuses the pushed request: invalid_request.",
        ends: "provider_error",
        play: |scene| pushed(scene, json_answer(400, r#"{"error":"invalid_request"}"#)),
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-that-does-not-arrive-is-not-sent-in-the-open",
        about: "The provider cannot be reached.",
        ends: "unreachable",
        play: |scene| pushed(scene, unreachable()),
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-that-fails-is-not-sent-in-the-open",
        about: "The provider answers 503.",
        ends: "provider_status",
        play: |scene| pushed(scene, json_answer(503, "{}")),
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-without-a-request-uri",
        about: "The provider's answer has no request_uri.",
        ends: "response_member_missing",
        play: |scene| pushed(scene, json_answer(201, r#"{"expires_in":60}"#)),
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-with-a-request-uri-that-is-none",
        about: "The request_uri has a line end.",
        ends: "response_member_invalid",
        play: |scene| pushed(scene, json_answer(201, "{\"request_uri\":\"urn:a\\nb\",\"expires_in\":60}")),
        ..PUSHES
    },
    Scenario {
        name: "a-pushed-request-that-is-over-at-once",
        about: "The request_uri is good for no seconds.",
        ends: "response_member_invalid",
        play: |scene| pushed(scene, json_answer(201, r#"{"request_uri":"urn:a","expires_in":0}"#)),
        ..PUSHES
    },
    Scenario {
        name: "a-request-is-signed-and-goes-with-the-browser",
        about: "The request is signed and stands in the URL by value.",
        ..SIGNS
    },
    Scenario {
        name: "a-request-is-signed-where-the-provider-demands-it",
        about: "The metadata demand signed requests, and the key is in a KMS.",
        registration: r#"{"client_secret":null,"signing_keys":["kms-1"]}"#,
        mutation: Mutation {
            metadata: |metadata| drop(metadata.insert("require_signed_request_object".into(), true.into())),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-request-is-signed-and-pushed",
        about: "The request is signed and pushed; what it asks for keeps its types.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"],"require_signed_request_object":true,"require_pushed_authorization_requests":true}"#,
        play: |scene| {
            scene.set_up()?;
            let claims = json!({ "id_token": { "acr": { "essential": true, "values": ["phr"] } } });
            scene.go_through("alice", json!({ "max_age": 60, "claims": claims }))
        },
        ..USUAL
    },
    Scenario {
        name: "nobody-can-sign-a-request-without-a-key",
        about: "The registration asks for signed requests, and there is no key.",
        ends: "invalid_configuration",
        registration: r#"{"require_signed_request_object":true}"#,
        ..USUAL
    },
    Scenario {
        name: "what-is-added-to-a-request-does-not-say-what-it-says-itself",
        about: "An extra parameter has the name of a claim of the signed request.",
        ends: "reserved_parameter",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "extra": { "aud": "https://other.example" } }))
        },
        ..SIGNS
    },
    Scenario {
        name: "a-signed-response-is-verified",
        about: "The login asks for a response that is signed (JARM), in the query.",
        play: |scene| asking_for(scene, "jwt"),
        ..KEYED
    },
    Scenario {
        name: "a-signed-response-in-a-form-is-verified",
        about: "The login asks for a response that is signed, as a form.",
        play: |scene| asking_for(scene, "form_post.jwt"),
        ..KEYED
    },
    Scenario {
        name: "a-signed-error-is-an-error",
        about: "The signed response is the error access_denied.",
        ends: "provider_error",
        mutation: Mutation {
            signed_response: |response| {
                response.remove("code");
                response.set("error", "access_denied");
            },
            ..Mutation::NONE
        },
        play: |scene| asking_for(scene, "jwt"),
        ..KEYED
    },
    Scenario {
        name: "a-plain-response-is-no-answer-to-who-asked-for-a-signed-one",
        about: "The response has code, state and iss as any other, and nobody signed it.",
        ends: "response_mode_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "response_mode": "jwt" }))?;
            let plain = scene.plain_response("alice");
            scene.come_back("alice", Some(plain), None)
        },
        ..KEYED
    },
    Scenario {
        name: "a-signed-response-where-a-plain-one-was-asked-for",
        about: "The login asked for a plain response, and somebody had the provider sign it.",
        ends: "response_mode_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.signed.insert("alice".into());
            let (query, form) = scene.browse_with("alice", "&response_mode=jwt");
            scene.come_back("alice", query, form)
        },
        ..KEYED
    },
    Scenario {
        name: "a-signed-response-is-not-read-by-who-verifies-none",
        about: "The same, and the host takes responses without steps.",
        ends: "state_missing",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let (query, form) = scene.browse_with("alice", "&response_mode=jwt");
            scene.come_back("alice", query, form)
        },
        ..KEYED
    },
    Scenario {
        name: "what-stands-beside-a-signed-response-is-refused",
        about: "The response has a code that nobody signed beside what is signed.",
        ends: "callback_unexpected",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "response_mode": "jwt" }))?;
            scene.changed_callback("alice", |url| format!("{url}&code=another"))
        },
        ..KEYED
    },
    Scenario {
        name: "an-id-token-is-no-signed-response",
        about: "In the place of the response stands an ID token of the login.",
        ends: "state_missing",
        mutation: Mutation {
            signed_response: |response| {
                response.claims.remove("code");
                response.claims.remove("state");
                response.set("sub", "alice");
                response.set("iat", response.now);
            },
            ..Mutation::NONE
        },
        play: |scene| asking_for(scene, "jwt"),
        ..KEYED
    },
    Scenario {
        name: "a-signed-response-is-no-id-token",
        about: "What is checked as an ID token is a signed response.",
        ends: "claim_missing",
        play: |scene| {
            scene.set_up()?;
            let response = scene.token(|token| {
                token.remove("sub");
                token.remove("iat");
                token.set("code", "a-code");
                token.set("state", "a-state");
            });
            scene.verify(response)
        },
        ..KEYED
    },
    Scenario {
        name: "what-is-asked-for-in-detail-is-granted-and-refreshed",
        about: "The login asks for authorization details (RFC 9396), by a pushed request.",
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", details())?;
            scene.refresh("alice")
        },
        ..PUSHES
    },
    Scenario {
        name: "less-than-was-asked-for-in-detail-is-granted",
        about: "Of two authorization details the provider grants one, with a member of its own.",
        mutation: Mutation {
            token_response: |tokens| {
                let granted = json!([{ "type": "account", "identifier": "account-1" }]);
                tokens.insert("authorization_details".into(), granted);
            },
            ..Mutation::NONE
        },
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", details())
        },
        ..USUAL
    },
    Scenario {
        name: "what-nobody-asked-for-in-detail-is-refused",
        about: "The provider grants authorization details of a type that nobody asked for.",
        ends: "response_member_invalid",
        mutation: Mutation {
            token_response: |tokens| {
                tokens.insert("authorization_details".into(), json!([{ "type": "everything" }]));
            },
            ..Mutation::NONE
        },
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", details())
        },
        ..USUAL
    },
    Scenario {
        name: "details-that-are-none-are-not-asked-for",
        about: "The authorization details that the host asks for have no type.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "authorization_details": [{ "amount": "12.50" }] }))
        },
        ..USUAL
    },
];

/// A login whose pushed request is answered like this.
fn pushed(scene: &mut Scene, reply: super::Reply) -> Ended {
    scene.set_up()?;
    scene.instead(Endpoint::PushedAuthorization, reply);
    scene.authorize("alice", json!({}))
}

fn asking_for(scene: &mut Scene, mode: &str) -> Ended {
    scene.set_up()?;
    scene.go_through("alice", json!({ "response_mode": mode }))
}

fn details() -> Value {
    json!({ "authorization_details": [{ "type": "payment", "amount": "12.50", "to": null }, { "type": "account" }] })
}
