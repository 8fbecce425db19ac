//! What clients with keys and certificates are refused. That honest ones are not is shown by the cases.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::compact;
use super::*;
use crate::encoding::base64url;
use crate::http;

const ISSUER: &str = "https://op.example";
const NOW: i64 = 1_700_000_000;
const CALLBACK: &str = "https://app.example/callback";
const VERIFIER: &str = "a-verifier-that-is-at-least-forty-three-characters";
const CERTIFICATE: (&str, &str) = (CERTIFICATE_HEADER, "a certificate");

fn signing() -> SigningKey {
    SigningKey::es256("signing", [3; 32])
}

fn proving() -> SigningKey {
    SigningKey::eddsa("proving", [4; 32])
}

struct Scene {
    provider: Provider,
    draws: u8,
}

/// A request to be, which a test changes.
type Change = fn(&mut Value);

impl Scene {
    /// Two clients that push their requests: one with a key and tokens that are bound to another, one with a certificate for both.
    fn new() -> Self {
        let client =
            |id: &str| RegisteredClient { pushes: true, ..RegisteredClient::new(id, None, CALLBACK) };
        let keyed = RegisteredClient {
            proof: Proof::Key,
            bound: Bound::Key,
            keys: vec![signing().jwk()],
            ..client("keyed")
        };
        let certified =
            RegisteredClient { proof: Proof::Certificate, bound: Bound::Certificate, ..client("certified") };
        let keys = vec![SigningKey::es256("k1", [1; 32])];
        Self { provider: Provider::new(ISSUER, keys, vec![keyed, certified]).asking_nobody(), draws: 0 }
    }

    fn send(&mut self, request: &Request) -> Response {
        self.draws += 1;
        self.provider.handle(request, NOW, [self.draws; 32])
    }

    /// What differs from one request to the next.
    fn unique(&mut self) -> String {
        self.draws += 1;
        format!("jti-{}", self.draws)
    }

    fn assertion(&mut self, change: Change) -> String {
        let mut claims = json!({
            "iss": "keyed", "sub": "keyed", "aud": ISSUER, "jti": self.unique(), "iat": NOW, "exp": NOW + 60,
        });
        change(&mut claims);
        signed("client-authentication+jwt", &claims)
    }

    fn proof(&mut self, method: &str, url: &str, token: Option<&str>, change: Change) -> String {
        let nonce = if url.starts_with(ISSUER) { "a-nonce-of-the-provider" } else { "a-nonce-of-the-api" };
        let mut claims =
            json!({ "jti": self.unique(), "htm": method, "htu": url, "iat": NOW, "nonce": nonce });
        if let Some(token) = token {
            claims["ath"] = base64url(Sha256::digest(token)).into();
        }
        change(&mut claims);
        let key = proving();
        let mut jwk = key.jwk();
        jwk.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x"].contains(&name.as_str()));
        compact(&json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk }), &claims, |it| key.signature(it))
    }

    /// A form of the client with a key, with its assertion.
    fn form(&mut self, path: &str, fields: &[(&str, &str)], assertion: &str) -> Request {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let own = [("client_assertion_type", kind), ("client_assertion", assertion)];
        Request::post(path, &[fields, &own].concat())
    }

    fn push_with(&mut self, assertion: &str) -> Response {
        let challenge = base64url(Sha256::digest(VERIFIER));
        let fields = [
            ("client_id", "keyed"),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let request = self.form("/par", &fields, assertion);
        self.send(&request)
    }

    fn pushed(&mut self) -> String {
        let assertion = self.assertion(|_| {});
        let response = self.push_with(&assertion);
        assert_eq!(response.status, 201, "{}", text(&response));
        json(&response)["request_uri"].as_str().unwrap().to_owned()
    }

    fn browse(&mut self, query: &[(&str, &str)]) -> Response {
        self.send(&Request::get(http::with_query("/authorize", query)))
    }

    fn redeem(&mut self, proof: impl FnOnce(&mut Scene) -> Option<String>) -> Response {
        let request_uri = self.pushed();
        let back = self.browse(&[("client_id", "keyed"), ("request_uri", &request_uri)]);
        let (_, query) = back.header("location").unwrap().split_once('?').unwrap();
        let code = http::Params::parse(query).get("code").unwrap().to_owned();
        let assertion = self.assertion(|_| {});
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let mut request = self.form("/token", &fields, &assertion);
        if let Some(proof) = proof(self) {
            request = request.with_header("dpop", proof);
        }
        self.send(&request)
    }

    fn access_token(&mut self) -> String {
        let response =
            self.redeem(|scene| Some(scene.proof("POST", "https://op.example/token", None, |_| {})));
        assert_eq!(response.status, 200, "{}", text(&response));
        json(&response)["access_token"].as_str().unwrap().to_owned()
    }

    fn call(&mut self, scheme: &str, token: &str, proof: Option<String>) -> Response {
        let mut request =
            Request::get("/api/accounts").with_header("authorization", format!("{scheme} {token}"));
        if let Some(proof) = proof {
            request = request.with_header("dpop", proof);
        }
        self.send(&request)
    }
}

fn signed(typ: &str, claims: &Value) -> String {
    let key = signing();
    compact(&json!({ "typ": typ, "alg": "ES256", "kid": "signing" }), claims, |input| key.signature(input))
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

#[test]
fn an_assertion_is_for_this_provider_and_for_this_once() {
    let mut scene = Scene::new();
    let changes: [Change; 7] = [
        |claims| claims["aud"] = "https://op.example/token".into(),
        |claims| claims["aud"] = json!([ISSUER]),
        |claims| claims["iss"] = "another".into(),
        |claims| claims["exp"] = (NOW - 1).into(),
        |claims| drop(claims.as_object_mut().unwrap().remove("exp")),
        |claims| claims["iat"] = (NOW - 600).into(),
        |claims| drop(claims.as_object_mut().unwrap().remove("jti")),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let assertion = scene.assertion(change);
        assert_eq!(scene.push_with(&assertion).status, 401, "{number}");
    }
    let assertion = scene.assertion(|_| {});
    assert_eq!(scene.push_with(&assertion).status, 201);
    assert_eq!(scene.push_with(&assertion).status, 401, "the second time");
    let other = signed(
        "JWT",
        &json!({ "iss": "keyed", "sub": "keyed", "aud": ISSUER, "jti": "x", "iat": NOW, "exp": NOW + 60 }),
    );
    assert_eq!(scene.push_with(&other).status, 401, "of another type");
    let mut spoiled = scene.assertion(|_| {});
    spoiled.pop();
    assert_eq!(scene.push_with(&(spoiled + "A")).status, 401, "by nobody");
}

#[test]
fn a_pushed_request_is_for_one_browser_and_has_nothing_beside_it() {
    let mut scene = Scene::new();
    let request_uri = scene.pushed();
    let beside = [("client_id", "keyed"), ("request_uri", request_uri.as_str()), ("scope", "openid")];
    assert_eq!(scene.browse(&beside).status, 400);
    assert_eq!(scene.browse(&beside[..2]).status, 303);
    assert_eq!(scene.browse(&beside[..2]).status, 400, "the second time");
    let request_uri = scene.pushed();
    let other = [("client_id", "certified"), ("request_uri", request_uri.as_str())];
    assert_eq!(scene.browse(&other).status, 400, "of another client");
    let open =
        [("client_id", "keyed"), ("response_type", "code"), ("redirect_uri", CALLBACK), ("scope", "openid")];
    assert_eq!(scene.browse(&open).status, 400, "in the open");
}

#[test]
fn a_request_object_is_for_this_provider_and_for_this_once() {
    let mut scene = Scene::new();
    let object = |jti: &str, change: Change| {
        let mut claims = json!({
            "iss": "keyed", "aud": ISSUER, "client_id": "keyed", "response_type": "code", "scope": "openid",
            "redirect_uri": CALLBACK, "jti": jti, "nbf": NOW, "exp": NOW + 300,
        });
        change(&mut claims);
        signed("oauth-authz-req+jwt", &claims)
    };
    let changes: [Change; 6] = [
        |claims| claims["aud"] = "https://other.example".into(),
        |claims| claims["iss"] = "another".into(),
        |claims| claims["exp"] = NOW.into(),
        |claims| claims["nbf"] = (NOW + 60).into(),
        |claims| claims["sub"] = "keyed".into(),
        |claims| drop(claims.as_object_mut().unwrap().remove("nbf")),
    ];
    let mut push = |object: &str| {
        let assertion = scene.assertion(|_| {});
        let request = scene.form("/par", &[("client_id", "keyed"), ("request", object)], &assertion);
        scene.send(&request).status
    };
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(push(&object(&format!("bad-{number}"), change)), 400, "{number}");
    }
    assert_eq!(push(&object("good", |_| {})), 201);
    assert_eq!(push(&object("good", |_| {})), 400, "the second time");
}

#[test]
fn a_proof_is_about_one_request() {
    let mut scene = Scene::new();
    const TOKEN: &str = "https://op.example/token";
    assert_eq!(scene.redeem(|_| None).status, 400, "without one");
    let changes: [(Change, &str); 6] = [
        (|claims| claims["htm"] = "GET".into(), "invalid_dpop_proof"),
        (|claims| claims["htu"] = "https://op.example/par".into(), "invalid_dpop_proof"),
        (|claims| claims["ath"] = "x".into(), "invalid_dpop_proof"),
        (|claims| claims["iat"] = (NOW - 600).into(), "invalid_dpop_proof"),
        (|claims| claims["nonce"] = "a-nonce-of-the-api".into(), "use_dpop_nonce"),
        (|claims| drop(claims.as_object_mut().unwrap().remove("nonce")), "use_dpop_nonce"),
    ];
    for (change, error) in changes {
        let response = scene.redeem(|scene| Some(scene.proof("POST", TOKEN, None, change)));
        assert_eq!((response.status, &json(&response)["error"]), (400, &error.into()));
    }
    let proof = scene.proof("POST", TOKEN, None, |_| {});
    assert_eq!(scene.redeem(|_| Some(proof.clone())).status, 200);
    assert_eq!(scene.redeem(|_| Some(proof)).status, 400, "the second time");
}

#[test]
fn a_bound_token_is_worth_nothing_without_its_key() {
    let mut scene = Scene::new();
    const ACCOUNTS: &str = "https://api.example/accounts";
    let token = scene.access_token();
    let proof = scene.proof("GET", ACCOUNTS, Some(&token), |_| {});
    assert_eq!(scene.call("DPoP", &token, Some(proof)).status, 200);
    assert_eq!(scene.call("Bearer", &token, None).status, 401);
    assert_eq!(scene.call("DPoP", &token, None).status, 401);
    let proof = scene.proof("GET", ACCOUNTS, Some(&token), |_| {});
    assert_eq!(scene.call("Bearer", &token, Some(proof)).status, 401, "as a bearer token");
    let proof = scene.proof("GET", ACCOUNTS, Some("another"), |_| {});
    assert_eq!(scene.call("DPoP", &token, Some(proof)).status, 401, "of another token");
}

#[test]
fn a_client_with_a_certificate_has_its_own_endpoints() {
    let mut scene = Scene::new();
    let form = [("client_id", "certified"), ("response_type", "code"), ("redirect_uri", CALLBACK)];
    let push = |path: &str| Request::post(path, &form);
    assert_eq!(scene.send(&push("/mtls/par")).status, 401, "without it");
    assert_eq!(scene.send(&push("/par").with_header(CERTIFICATE.0, CERTIFICATE.1)).status, 401, "elsewhere");
    assert_eq!(scene.send(&push("/mtls/par").with_header(CERTIFICATE.0, CERTIFICATE.1)).status, 201);
    scene.provider.mutation.mtls_aliases = false;
    assert_eq!(scene.send(&push("/par").with_header(CERTIFICATE.0, CERTIFICATE.1)).status, 201);
}
