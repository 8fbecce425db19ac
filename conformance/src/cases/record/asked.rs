//! What is asked for travels the whole way: to the token endpoint and into every refresh.

use serde_json::{Value, json};

use super::super::format::Call;
use super::scene::{Ended, Scene};
use super::{Scenario, USUAL};

const RESOURCE: &str = "https://mcp.example/mcp";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-resource-in-every-request-of-its-login",
        about: "The login asks for a resource: it is in the authorization request, the token request and every refresh, also \
                after the session was stored.",
        play: |scene| stored_and_refreshed(scene, json!({ "resource": RESOURCE })),
        ..USUAL
    },
    Scenario {
        name: "several-resources-in-every-request-of-their-login",
        about: "The login asks for two resources: both are in every request, as a parameter each.",
        play: |scene| stored_and_refreshed(scene, json!({ "resource": [RESOURCE, "urn:api:1"] })),
        ..USUAL
    },
    Scenario {
        name: "a-resource-where-the-token-endpoint-refuses-it",
        about: "The policy keeps the resource of a login out of token requests.",
        policy: r#"{"resource_in_token_requests":false}"#,
        play: |scene| stored_and_refreshed(scene, json!({ "resource": RESOURCE })),
        ..USUAL
    },
    Scenario {
        name: "a-resource-with-a-fragment-is-refused",
        about: "A resource is a URI without a fragment.",
        ends: "invalid_configuration",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "resource": "https://mcp.example/#mcp" }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-that-names-its-scope",
        about: "The policy has every refresh name the scope of the login, as Microsoft Entra ID needs it.",
        policy: r#"{"scope_in_refreshes":true}"#,
        registration: r#"{"scopes":["openid","offline_access","api://0a1b2c3d/Access"]}"#,
        play: |scene| stored_and_refreshed(scene, json!({})),
        ..USUAL
    },
    Scenario {
        name: "token-requests-with-parameters-of-the-hosts-own",
        about: "The exchange and a refresh name a scope, a resource and further parameters; the next refresh does not.",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({ "resource": [RESOURCE, "urn:api:1"] }))?;
            scene.callback("alice")?;
            let own = json!({ "resource": "urn:api:1", "extra": { "tenant": "a b", "audience": "ä" } });
            scene.call(Call::Exchange { login: "alice".into(), request: Some(own), entropy: None })?;
            refreshed(scene, json!({ "scopes": ["openid", "email"], "resource": [RESOURCE] }))?;
            refreshed(scene, json!({ "resource": [], "extra": { "tenant": "c" } }))?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-cannot-set-what-is-the-librarys",
        about: "The refresh token is given as an extra parameter.",
        ends: "reserved_parameter",
        play: |scene| {
            scene.log_in("alice")?;
            refreshed(scene, json!({ "extra": { "refresh_token": "mine" } }))
        },
        ..USUAL
    },
    Scenario {
        name: "an-exchange-cannot-set-what-is-the-librarys",
        about: "The code verifier is given as an extra parameter.",
        ends: "reserved_parameter",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            let own = json!({ "extra": { "code_verifier": "mine" } });
            scene.call(Call::Exchange { login: "alice".into(), request: Some(own), entropy: None })
        },
        ..USUAL
    },
];

/// A login, two refreshes, and between them a store.
fn stored_and_refreshed(scene: &mut Scene, request: Value) -> Ended {
    scene.set_up()?;
    scene.go_through("alice", request)?;
    scene.refresh("alice")?;
    scene.call(Call::Restore { login: "alice".into(), stored: None })?;
    scene.refresh("alice")
}

fn refreshed(scene: &mut Scene, request: Value) -> Ended {
    scene.call(Call::Refresh { login: "alice".into(), request: Some(request), entropy: None })
}
