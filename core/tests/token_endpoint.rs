//! The token endpoint: what it is sent, byte for byte, and what of its answer is taken.

mod support;

use relyingparty::{AuthMethod, Endpoint, HttpRequest, Method, Registration, Session};
use serde_json::{Value, json};
use support::{REDIRECT_URI, World, code, detail, json_response, typed_response};

/// The token request of a login, the pending login's verifier, and the session.
fn logged_in(world: &mut World) -> (HttpRequest, String, Session) {
    let authorization = world.begin();
    let stored: Value = serde_json::from_str(&authorization.pending.encode()).unwrap();
    let session = world.finish(authorization).unwrap();
    let request = world.op.log.iter().find(|request| request.endpoint == Endpoint::Token).unwrap().clone();
    (request, stored["verifier"].as_str().unwrap().to_owned(), session)
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

#[test]
fn e2_a_public_client_sends_its_id_and_the_verifier_in_the_form() {
    let (request, verifier, _) = logged_in(&mut World::new());
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://op.example/token"));
    let form = format!(
        "grant_type=authorization_code&code=code-1&redirect_uri=https%3A%2F%2Frp.example%2Fcb\
         &code_verifier={verifier}&client_id=client"
    );
    assert_eq!(String::from_utf8(request.body).unwrap(), form);
    let headers = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(request.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!((request.limits.max_response_bytes, request.limits.timeout_secs), (262_144, 10));
}

#[test]
fn f2_basic_credentials_are_form_encoded_before_base64() {
    let mut world = World::new();
    world.registration = Registration::new("cli:ent é", REDIRECT_URI).with_secret("p%q+r s~/=");
    world.op.claim("aud", "cli:ent é");
    let (request, verifier, _) = logged_in(&mut world);
    // cli%3Aent+%C3%A9:p%25q%2Br+s%7E%2F%3D
    let credentials = "Basic Y2xpJTNBZW50KyVDMyVBOTpwJTI1cSUyQnIrcyU3RSUyRiUzRA==";
    assert_eq!(header(&request, "authorization"), Some(credentials));
    let form = format!(
        "grant_type=authorization_code&code=code-1&redirect_uri=https%3A%2F%2Frp.example%2Fcb\
         &code_verifier={verifier}"
    );
    assert_eq!(String::from_utf8(request.body).unwrap(), form);
}

#[test]
fn post_credentials_are_in_the_form_and_nowhere_else() {
    let mut world = World::new();
    world.registration = world.registration.with_secret("p%q+r s~/=");
    world.registration.token_endpoint_auth_method = Some(AuthMethod::ClientSecretPost);
    let (request, verifier, _) = logged_in(&mut world);
    let form = format!(
        "grant_type=authorization_code&code=code-1&redirect_uri=https%3A%2F%2Frp.example%2Fcb\
         &code_verifier={verifier}&client_id=client&client_secret=p%25q%2Br+s%7E%2F%3D"
    );
    assert_eq!(String::from_utf8(request.body.clone()).unwrap(), form);
    assert_eq!(header(&request, "authorization"), None);
}

#[test]
fn f1_a_redirect_of_the_token_endpoint_is_refused() {
    for status in [301, 302, 303, 307, 308] {
        let mut world = World::new();
        world.op.answer_with(Endpoint::Token, json_response(status, &json!({})));
        assert_eq!(code(&world.try_login()), "redirect_refused");
        assert_eq!(world.op.log.len(), 1);
    }
    let mut world = World::new();
    let mut elsewhere = json_response(200, &json!({}));
    elsewhere.final_url = Some("https://op.example/other".into());
    world.op.answer_with(Endpoint::Token, elsewhere);
    assert_eq!(code(&world.try_login()), "redirect_refused");
}

#[test]
fn f4_a_token_response_is_json_that_says_so() {
    for (media_type, outcome) in [
        ("application/json", "malformed_json"),
        ("application/json;charset=UTF-8", "malformed_json"),
        ("text/html", "unexpected_content_type"),
        ("text/json", "unexpected_content_type"),
        ("application/x-www-form-urlencoded", "unexpected_content_type"),
        ("", "unexpected_content_type"),
    ] {
        let mut world = World::new();
        world.op.answer_with(Endpoint::Token, typed_response(200, media_type, "<html>"));
        assert_eq!(code(&world.try_login()), outcome, "{media_type}");
    }
    let mut world = World::new();
    world.op.answer_with(Endpoint::Token, typed_response(200, "application/json", vec![b' '; 262_145]));
    assert_eq!(code(&world.try_login()), "response_too_large");
}

#[test]
fn f5_a_token_response_has_the_members_it_needs_in_their_types() {
    for (member, value, outcome) in [
        ("access_token", None, "response_member_missing"),
        ("access_token", Some(json!(1)), "response_member_invalid"),
        ("access_token", Some(json!("")), "response_member_invalid"),
        ("id_token", None, "response_member_missing"),
        ("id_token", Some(json!(null)), "response_member_missing"),
        ("id_token", Some(json!({})), "response_member_invalid"),
        ("token_type", None, "response_member_missing"),
        ("token_type", Some(json!("DPoP")), "token_type_unsupported"),
        ("token_type", Some(json!("mac")), "token_type_unsupported"),
        ("token_type", Some(json!("BEARER")), "ok"),
        ("refresh_token", Some(json!(["r"])), "ok"),
        ("refresh_token", Some(json!(null)), "ok"),
        ("expires_in", Some(json!(-1)), "ok"),
        ("expires_in", Some(json!("3600")), "ok"),
        ("expires_in", Some(json!(1e300)), "ok"),
        ("scope", Some(json!(["openid"])), "ok"),
        ("scope", Some(json!(7)), "ok"),
    ] {
        let mut world = World::new();
        world.op.tokens.push((member.into(), value.clone()));
        assert_eq!(code(&world.try_login()), outcome, "{member} {value:?}");
    }
}

#[test]
fn a_missing_token_type_is_taken_as_bearer_only_by_policy() {
    let mut world = World::new();
    world.policy.accept_missing_token_type = true;
    world.op.without_member("token_type");
    assert_eq!(world.login().token_type(), "Bearer");
}

#[test]
fn the_token_endpoints_error_is_surfaced_whole() {
    let mut world = World::new();
    let body =
        json!({ "error": "invalid_grant", "error_description": "used", "error_uri": "https://e.example" });
    world.op.answer_with(Endpoint::Token, json_response(400, &body));
    let error = world.try_login().unwrap_err();
    let server = error.server_error().unwrap();
    assert_eq!((error.code(), server.error.as_str()), ("provider_error", "invalid_grant"));
    assert_eq!(server.error_description.as_deref(), Some("used"));
    assert_eq!(server.error_uri.as_deref(), Some("https://e.example"));
    world.op.answer_with(Endpoint::Token, typed_response(503, "text/html", "<html>"));
    assert_eq!(detail(&world.try_login(), "status"), "503");
    world.op.unreachable(Endpoint::Token);
    assert_eq!(detail(&world.try_login(), "reason"), "connection refused");
}
