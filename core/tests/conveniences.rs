//! What people reach for: conversions, and requests made in one expression.

mod support;

use relyingparty::{Alg, AuthorizeRequest, Endpoint, HttpRequest, Issuer, Method, ResponseMode};
use serde_json::json;
use support::{World, parameter, query};

#[test]
fn an_issuer_and_an_algorithm_are_read_from_text_and_written_as_text() {
    let issuer: Issuer = "https://op.example".parse().unwrap();
    assert_eq!((issuer.to_string(), issuer.as_ref()), ("https://op.example".into(), "https://op.example"));
    assert_eq!("http://op.example".parse::<Issuer>().unwrap_err().code(), "invalid_issuer");
    assert_eq!(serde_json::to_value(&issuer).unwrap(), json!("https://op.example"));
    assert_eq!(serde_json::from_value::<Issuer>(json!("https://op.example")).unwrap(), issuer);
    assert!(serde_json::from_value::<Issuer>(json!("http://op.example")).is_err());
    assert_eq!(("ES256".parse::<Alg>().unwrap(), Alg::EdDsa.to_string()), (Alg::Es256, "EdDSA".into()));
    assert_eq!("none".parse::<Alg>().unwrap_err().code(), "invalid_configuration");
}

#[test]
fn a_login_is_asked_for_in_one_expression() {
    let request = AuthorizeRequest::new()
        .with_scopes(["openid", "email"])
        .with_prompt("login")
        .with_max_age(60)
        .with_login_hint("alice")
        .with_acr_values("gold")
        .with_claims(r#"{"id_token":{"email":null}}"#)
        .with_response_mode(ResponseMode::FormPost)
        .with_resource("https://api.example")
        .with_extra("kc_idp_hint", "github")
        .with_return_to("/inbox");
    let mut world = World::new();
    let begun = world.try_begin(&request).unwrap();
    let sent = |name: &str| parameter(query(&begun.url), name);
    for (name, value) in [
        ("scope", "openid email"),
        ("prompt", "login"),
        ("max_age", "60"),
        ("login_hint", "alice"),
        ("acr_values", "gold"),
        ("claims", r#"{"id_token":{"email":null}}"#),
        ("response_mode", "form_post"),
        ("resource", "https://api.example"),
        ("kc_idp_hint", "github"),
    ] {
        assert_eq!(sent(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(begun.pending.return_to(), Some("/inbox"));
}

#[test]
fn a_request_for_testing_a_transport_has_the_usual_limits() {
    let request = HttpRequest::new(Endpoint::Token, Method::Post, "https://op.example/token");
    assert_eq!((request.limits.timeout_secs, request.limits.max_response_bytes), (10, 262_144));
    assert!(request.headers.is_empty() && request.body.is_empty() && !request.client_certificate);
}
