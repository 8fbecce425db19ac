use form_urlencoded::parse;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::encoding::{base64, base64url, from_base64url};

const NOW: i64 = 1_700_000_000;
const CALLBACK: &str = "http://127.0.0.1:8888/auth/login";
const GOODBYE: &str = "http://127.0.0.1:8888/";
const VERIFIER: &str = "a-verifier-that-is-at-least-forty-three-characters";

/// A provider, a user with a browser, and two clients of hers: one public, one with a secret.
struct Scene {
    provider: Provider,
    draws: u8,
}

impl Scene {
    fn new() -> Self {
        let mut app = RegisteredClient::new("app", None, CALLBACK);
        app.post_logout_redirect_uris.push(GOODBYE.into());
        let mut web = RegisteredClient::new("web:1", Some("s&cr%t=:+"), CALLBACK);
        web.id_token_signed_response_alg = Some("EdDSA".into());
        let keys = vec![SigningKey::es256("k1", [1; 32]), SigningKey::eddsa("k2", [2; 32])];
        Self { provider: Provider::new("http://127.0.0.1:9000", keys, vec![app, web]), draws: 0 }
    }

    fn send(&mut self, request: &Request) -> Response {
        self.send_at(request, NOW)
    }

    fn send_at(&mut self, request: &Request, now: i64) -> Response {
        self.draws += 1;
        self.provider.handle(request, now, [self.draws; 32])
    }

    /// The parameters with which the browser comes back, once the user has decided.
    fn decide(&mut self, client_id: &str, decision: &str) -> Vec<(String, String)> {
        let query = authorization_query(client_id);
        let page = self.send(&Request::get(format!("/authorize?{query}")));
        assert_eq!(page.status, 200, "{}", text(&page));
        let form = [("request", query.as_str()), ("login", "alice"), ("decision", decision)];
        let response = self.send(&Request::post("/authorize/decision", &form));
        assert_eq!(response.status, 303);
        let (uri, query) = response.header("location").unwrap().split_once('?').unwrap();
        assert_eq!(uri, CALLBACK);
        parse(query.as_bytes()).into_owned().collect()
    }

    fn code(&mut self, client_id: &str) -> String {
        self.decide(client_id, "allow").into_iter().find(|(name, _)| name == "code").unwrap().1
    }

    fn tokens(&mut self) -> Value {
        let code = self.code("app");
        let response = self.send(&redeem(&code, VERIFIER));
        assert_eq!(response.status, 200, "{}", text(&response));
        json(&response)
    }

    fn refresh(&mut self, tokens: &Value) -> Response {
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh_token)];
        self.send(&Request::post("/token", &form))
    }
}

fn authorization_query(client_id: &str) -> String {
    let challenge = base64url(Sha256::digest(VERIFIER));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile email"),
            ("state", "st"),
            ("nonce", "no"),
            ("acr_values", "gold silver"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish()
}

fn redeem(code: &str, verifier: &str) -> Request {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("code", code),
        ("code_verifier", verifier),
    ];
    Request::post("/token", &form)
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn part(jws: &str, index: usize) -> Value {
    let part = jws.split('.').nth(index).unwrap();
    serde_json::from_slice(&from_base64url(part).unwrap()).unwrap()
}

fn assert_refused(response: &Response, error: &str) {
    assert_eq!(json(response)["error"], error);
    assert!((400..500).contains(&response.status));
}

#[test]
fn a_login_ends_with_claims_about_the_user() {
    let mut scene = Scene::new();
    let back = scene.decide("app", "allow");
    assert!(back.contains(&("state".into(), "st".into())));
    assert!(back.contains(&("iss".into(), "http://127.0.0.1:9000".into())));
    let tokens = json(&scene.send(&redeem(&back[0].1, VERIFIER)));
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(part(id_token, 0)["kid"], "k1");
    let claims = part(id_token, 1);
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["aud"], "app");
    assert_eq!(claims["nonce"], "no");
    assert_eq!(claims["acr"], "gold");
    assert_eq!(claims["iat"], NOW);
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims["at_hash"], base64url(&Sha256::digest(access_token)[..16]));
    let request = Request::get("/userinfo").with_header("Authorization", format!("Bearer {access_token}"));
    let userinfo = json(&scene.send(&request));
    assert_eq!(userinfo["sub"], "alice");
    assert_eq!(userinfo["email"], "alice@example.test");
}

#[test]
fn the_same_requests_get_the_same_answers() {
    assert_eq!(Scene::new().tokens(), Scene::new().tokens());
}

#[test]
fn saying_no_is_access_denied() {
    let back = Scene::new().decide("app", "deny");
    assert!(back.contains(&("error".into(), "access_denied".into())));
    assert!(back.contains(&("state".into(), "st".into())));
}

#[test]
fn an_unregistered_redirect_uri_gets_a_page_and_no_redirect() {
    let query = authorization_query("app").replace("8888", "8889");
    let response = Scene::new().send(&Request::get(format!("/authorize?{query}")));
    assert_eq!(response.status, 400);
    assert_eq!(response.header("location"), None);
}

#[test]
fn another_verifier_is_refused() {
    let mut scene = Scene::new();
    let code = scene.code("app");
    assert_refused(&scene.send(&redeem(&code, "not-the-verifier")), "invalid_grant");
}

#[test]
fn a_code_serves_once_and_takes_its_tokens_with_it() {
    let mut scene = Scene::new();
    let code = scene.code("app");
    let tokens = json(&scene.send(&redeem(&code, VERIFIER)));
    assert_refused(&scene.send(&redeem(&code, VERIFIER)), "invalid_grant");
    assert_refused(&scene.refresh(&tokens), "invalid_grant");
}

#[test]
fn a_code_expires() {
    let mut scene = Scene::new();
    let code = scene.code("app");
    assert_refused(&scene.send_at(&redeem(&code, VERIFIER), NOW + 60), "invalid_grant");
}

#[test]
fn a_refresh_token_is_rotated() {
    let mut scene = Scene::new();
    let first = scene.tokens();
    let second = json(&scene.refresh(&first));
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let claims = part(second["id_token"].as_str().unwrap(), 1);
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims.get("nonce"), None);
    assert_eq!(scene.refresh(&second).status, 200);
}

#[test]
fn a_refresh_token_used_twice_ends_the_family() {
    let mut scene = Scene::new();
    let first = scene.tokens();
    let second = json(&scene.refresh(&first));
    assert_refused(&scene.refresh(&first), "invalid_grant");
    assert_refused(&scene.refresh(&second), "invalid_grant");
}

#[test]
fn basic_credentials_are_form_decoded() {
    let mut scene = Scene::new();
    let code = scene.code("web:1");
    let basic = base64(b"web%3A1:s%26cr%25t%3D%3A%2B");
    let form = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let request = Request::post("/token", &form);
    assert_refused(&scene.send(&request), "invalid_client");
    let response = scene.send(&request.with_header("Authorization", format!("Basic {basic}")));
    assert_eq!(part(json(&response)["id_token"].as_str().unwrap(), 0)["alg"], "EdDSA");
}

#[test]
fn a_secret_in_the_form_is_compared() {
    let mut scene = Scene::new();
    for (secret, error) in [("s&cr%t=:+", "unsupported_grant_type"), ("wrong", "invalid_client")] {
        let form = [("client_id", "web:1"), ("client_secret", secret)];
        assert_refused(&scene.send(&Request::post("/token", &form)), error);
    }
}

#[test]
fn rotated_keys_sign_and_are_published() {
    let mut scene = Scene::new();
    let before = json(&scene.send(&Request::get("/jwks")));
    scene.provider.rotate(vec![SigningKey::rs256_test_key("k3")]);
    let after = json(&scene.send(&Request::get("/jwks")));
    assert_eq!(before["keys"].as_array().unwrap().len(), 2);
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert_eq!(after["keys"][0]["kty"], "RSA");
    let id_token = scene.tokens()["id_token"].as_str().unwrap().to_owned();
    assert_eq!(part(&id_token, 0)["kid"], "k3");
    assert_eq!(part(&id_token, 0)["alg"], "RS256");
}

#[test]
fn logging_out_returns_to_a_registered_uri_and_ends_the_grant() {
    let mut scene = Scene::new();
    let tokens = scene.tokens();
    scene.provider.rotate(vec![SigningKey::es256("k9", [9; 32])]);
    let hint = tokens["id_token"].as_str().unwrap();
    let with = |uri| [("id_token_hint", hint), ("post_logout_redirect_uri", uri), ("state", "bye")];
    let elsewhere = scene.send(&Request::post("/end_session", &with("http://127.0.0.1:1/")));
    assert_eq!(elsewhere.status, 400);
    let response = scene.send(&Request::post("/end_session", &with(GOODBYE)));
    assert_eq!(response.header("location"), Some("http://127.0.0.1:8888/?state=bye"));
    assert_refused(&scene.refresh(&tokens), "invalid_grant");
}

#[test]
fn a_forged_hint_ends_nothing() {
    let mut scene = Scene::new();
    let forged = SigningKey::es256("k1", [7; 32]).sign(&serde_json::json!({ "aud": "app", "sub": "alice" }));
    assert_eq!(scene.send(&Request::post("/end_session", &[("id_token_hint", &forged)])).status, 400);
}

#[test]
fn an_issuer_may_have_a_path() {
    let mut provider =
        Provider::new("http://127.0.0.1:9000/one", vec![SigningKey::es256("k", [1; 32])], vec![]);
    let request = Request::get("/one/.well-known/openid-configuration");
    let metadata = json(&provider.handle(&request, NOW, [1; 32]));
    assert_eq!(metadata["token_endpoint"], "http://127.0.0.1:9000/one/token");
    assert_eq!(provider.handle(&Request::get("/jwks"), NOW, [1; 32]).status, 404);
}

#[test]
fn without_a_page_nobody_logs_in() {
    let query = authorization_query("app") + "&prompt=none";
    let response = Scene::new().send(&Request::get(format!("/authorize?{query}")));
    assert!(response.header("location").unwrap().contains("error=login_required"));
}

#[test]
fn an_answer_can_be_posted_back() {
    let query = authorization_query("app") + "&response_mode=form_post";
    let form = [("request", query.as_str()), ("login", "alice"), ("decision", "allow")];
    let response = Scene::new().send(&Request::post("/authorize/decision", &form));
    assert_eq!(response.status, 200);
    assert!(text(&response).contains(&format!("action=\"{CALLBACK}\"")));
    assert!(text(&response).contains("name=\"code\""));
}

#[test]
fn a_script_on_another_page_may_ask() {
    let mut preflight = Request::get("/userinfo");
    preflight.method = "OPTIONS".into();
    let response = Scene::new().send(&preflight);
    assert_eq!(response.status, 204);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert!(response.header("access-control-allow-headers").unwrap().contains("authorization"));
}
