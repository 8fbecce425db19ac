//! One fault has one category, and each error says whether the same call may succeed later.

use relyingparty::{Category, Endpoint, Provider, Reply};
use serde_json::json;

use crate::support::{START, World, typed_response};
use crate::{answered, callback, claim, member, metadata, served};

#[test]
fn u22_a_status_names_what_was_asked_for_and_is_the_providers_fault_everywhere() {
    let json = "application/json";
    for (endpoint, path, code) in [
        (Endpoint::Jwks, "jwks", "unexpected_status"),
        (Endpoint::Token, "token", "provider_status"),
        (Endpoint::UserInfo, "userinfo", "provider_status"),
        (Endpoint::Discovery, ".well-known/openid-configuration", "unexpected_status"),
    ] {
        for (status, retryable) in
            [(503, true), (500, true), (429, true), (425, true), (408, true), (404, false), (403, false)]
        {
            let mut world = World::new();
            let session = world.login();
            world.cache = Default::default();
            for member in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
                let url = format!("{}?key=canary", world.op.metadata[member].as_str().unwrap());
                world.op.metadata[member] = url.into();
            }
            world.op.answer_with(endpoint, typed_response(status, json, "{}"));
            let error = match endpoint {
                Endpoint::Jwks => {
                    let step = world.provider().refresh_keys(&world.policy).unwrap();
                    world.run(step).unwrap_err()
                }
                Endpoint::Token => world.refresh(&session).unwrap_err(),
                Endpoint::UserInfo => {
                    let step = world.client().userinfo(&session).unwrap();
                    world.run(step).unwrap_err()
                }
                _ => {
                    let step =
                        Provider::discover(&world.issuer(), &world.policy, &world.cache, START).unwrap();
                    world.run(step).unwrap_err()
                }
            };
            assert_eq!((error.code(), error.category()), (code, Category::Provider), "{error}");
            assert_eq!(error.detail("url"), Some(&*format!("https://op.example/{path}")), "{error}");
            assert!(!error.to_string().contains("canary"));
            assert_eq!(error.is_retryable(), retryable, "{error}");
        }
    }
}

#[test]
fn u22_errors_say_whether_the_same_call_may_succeed_later() {
    let server = |status: u16, error: &str| {
        let body = json!({ "error": error }).to_string();
        served(Endpoint::Token, status, "application/json", &body).unwrap()
    };
    for (status, error, retryable) in [
        (400, "temporarily_unavailable", true),
        (400, "server_error", true),
        (400, "slow_down", true),
        (503, "temporarily_unavailable", true),
        (429, "rate_limited", true),
        (503, "overloaded", true),
        (400, "overloaded", false),
        (400, "invalid_grant", false),
        (500, "invalid_grant", false),
        (401, "invalid_client", false),
        (200, "server_error", true),
    ] {
        let found = server(status, error);
        assert_eq!((found.code(), found.is_retryable()), ("provider_error", retryable), "{status} {error}");
    }
    assert!(callback("error=temporarily_unavailable").unwrap().is_retryable());
    assert!(!callback("error=access_denied").unwrap().is_retryable());
    let unreachable = answered(Endpoint::Token, Reply::Unreachable { reason: "refused".into() }).unwrap();
    assert!(unreachable.is_retryable());
    for not in [claim("iss", "x".into()), metadata("jwks_uri", 1.into()), member("token_type", "mac")] {
        assert!(!not.unwrap().is_retryable());
    }
    let mut world = World::new();
    world.op.unreachable(Endpoint::Discovery);
    let discover = |world: &mut World| {
        let step = Provider::discover(&world.issuer(), &world.policy, &world.cache, START)?;
        world.run(step)
    };
    let codes = [discover(&mut world), discover(&mut world)].map(|result| {
        let error = result.unwrap_err();
        (error.code(), error.is_retryable())
    });
    assert_eq!(codes, [("unreachable", true), ("metadata_unavailable", true)]);
}
