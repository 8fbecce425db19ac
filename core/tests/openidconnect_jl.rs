//! The table of `docs/openidconnect-jl.md`, a test for each line.

mod support;

use relyingparty::{AuthorizeRequest, CallbackParams, Category, Endpoint, Policy, Registration};
use serde_json::json;
use support::{World, code, detail, parameter, query};

/// A party with the numbers of OpenIDConnect.jl.
fn world() -> World {
    let mut world = World::new();
    let signatures = world.policy.signatures;
    world.policy = Policy::openidconnect_jl();
    world.policy.signatures = signatures;
    world
}

#[test]
fn a_context_is_a_registration_with_the_same_default_scopes() {
    let settings = json!({ "client_id": "c", "client_secret": "s", "redirect_uri": "https://rp.example/cb" });
    let registration = Registration::from_json(&settings.to_string()).unwrap();
    assert_eq!(registration.scopes, ["openid", "profile", "email"]);
    let mut world = World::new();
    world.registration = registration;
    let login = world.begin();
    assert_eq!(parameter(query(&login.url), "scope").as_deref(), Some("openid profile email"));
    assert!(world.op.log.is_empty(), "putting a client together asks for nothing");
}

#[test]
fn a_state_lives_for_60_seconds() {
    for (age, outcome) in [(60, "ok"), (61, "pending_login_expired")] {
        let mut world = world();
        let login = world.begin();
        let answer = world.op.authorize(&login.url);
        world.wait(age);
        assert_eq!(code(&world.callback(login, &answer)), outcome, "{age} s");
    }
}

#[test]
fn an_unknown_or_used_state_is_refused() {
    let mut world = world();
    let (mine, other) = (world.begin(), world.begin());
    let answer = world.op.authorize(&other.url);
    assert_eq!(code(&world.callback(mine, &answer)), "state_mismatch");
    assert_eq!(relyingparty::PendingLogin::decode(None).unwrap_err().code(), "no_pending_login");
}

#[test]
fn clocks_may_differ_by_120_seconds() {
    let mut world = world();
    let lifetime = 600;
    let mut claims = world.claims();
    claims["exp"] = json!(world.now.as_unix() + lifetime);
    world.wait(lifetime + 119);
    assert_eq!(code(&world.verify_claims(&claims)), "ok");
    world.wait(1);
    assert_eq!(code(&world.verify_claims(&claims)), "token_expired");
    claims["exp"] = json!(world.now.as_unix() + lifetime);
    claims["iat"] = json!(world.now.as_unix() + 120);
    assert_eq!(code(&world.verify_claims(&claims)), "ok");
    claims["iat"] = json!(world.now.as_unix() + 121);
    assert_eq!(code(&world.verify_claims(&claims)), "issued_in_future");
}

#[test]
fn keys_are_refreshed_every_3600_seconds_and_not_more_often() {
    let mut world = world();
    for (wait, expected) in [(0, 1), (3_599, 1), (1, 2)] {
        world.wait(wait);
        let claims = world.claims();
        world.verify_claims(&claims).unwrap();
        assert_eq!(world.op.count(Endpoint::Jwks), expected, "after {wait} s more");
    }
}

#[test]
fn each_option_of_the_authorization_request_is_sent() {
    let mut world = world();
    let options = json!({
        "display": "page", "prompt": "login", "max_age": 300, "ui_locales": "de en", "login_hint": "alice", "acr_values": "1 2",
        "claims": { "userinfo": { "name": null } }, "claims_locales": "de", "response_mode": "query",
        "resource": ["https://api.example"], "extra": { "organization": "x" }
    });
    let login = world.try_begin(&AuthorizeRequest::from_json(&options.to_string()).unwrap()).unwrap();
    let sent = |name: &str| parameter(query(&login.url), name).unwrap_or_default();
    for name in
        ["display", "prompt", "ui_locales", "login_hint", "acr_values", "claims_locales", "response_mode"]
    {
        assert_eq!(sent(name), options[name].as_str().unwrap(), "{name}");
    }
    assert_eq!(
        [sent("max_age"), sent("resource"), sent("organization")],
        ["300", "https://api.example", "x"]
    );
    assert_eq!(sent("claims"), r#"{"userinfo":{"name":null}}"#);
    assert_eq!([sent("state").len(), sent("nonce").len(), sent("code_challenge").len()], [43; 3]);
    assert_eq!(sent("code_challenge_method"), "S256");
}

#[test]
fn the_nonce_is_checked_and_not_only_sent() {
    let mut world = world();
    world.op.claims = vec![("nonce".into(), Some(json!("another")))];
    assert_eq!(code(&world.try_login()), "nonce_mismatch");
}

#[test]
fn an_earlier_id_token_can_be_a_hint_and_narrows_who_may_log_in() {
    let mut world = world();
    let session = world.login();
    let options = json!({ "id_token_hint": session.id_token() });
    let request = AuthorizeRequest::from_json(&options.to_string()).unwrap();
    assert_eq!(code(&world.try_login_with(&request)), "ok");
    world.op.claims = vec![("sub".into(), Some(json!("mallory")))];
    assert_eq!(code(&world.try_login_with(&request)), "sub_mismatch");
}

#[test]
fn a_code_is_exchanged_and_a_refresh_keeps_the_old_refresh_token() {
    let mut world = world();
    let session = world.login();
    world.op.tokens = vec![("refresh_token".into(), None)];
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!(refreshed.refresh_token(), session.refresh_token());
    world.op.claims = vec![("sub".into(), Some(json!("mallory")))];
    assert_eq!(detail(&world.refresh(&session), "claim"), "sub");
}

#[test]
fn an_id_token_of_another_client_or_issuer_is_no_longer_valid() {
    let mut world = world();
    for (claim, value, outcome) in
        [("aud", "another", "aud_mismatch"), ("iss", "https://evil.example", "iss_mismatch")]
    {
        let mut claims = world.claims();
        claims[claim] = json!(value);
        assert_eq!(code(&world.verify_claims(&claims)), outcome);
    }
}

#[test]
fn the_servers_error_carries_all_three_members() {
    let mut world = world();
    let login = world.begin();
    let state = parameter(query(&login.url), "state").unwrap();
    let answer = format!(
        "error=access_denied&error_description=no+way&error_uri=https%3A%2F%2Fop.example%2Fe&state={state}&iss=https://op.example"
    );
    let error = world.callback(login, &answer).unwrap_err();
    assert_eq!(error.category(), Category::Provider);
    let server = error.server_error().unwrap();
    let (description, uri) = (server.error_description.as_deref(), server.error_uri.as_deref());
    assert_eq!(
        (server.error.as_str(), description, uri),
        ("access_denied", Some("no way"), Some("https://op.example/e"))
    );
    assert_eq!(CallbackParams::parse("?").unwrap().handle(), None);
}

#[test]
fn the_query_of_an_authorization_endpoint_is_kept() {
    let mut world = world();
    world.op.metadata["authorization_endpoint"] = json!("https://op.example/authorize?p=policy");
    let login = world.begin();
    assert!(
        login.url.starts_with("https://op.example/authorize?p=policy&response_type=code&"),
        "{}",
        login.url
    );
}
