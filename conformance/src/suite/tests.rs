use sha2::{Digest, Sha256};

use super::*;
use crate::encoding::{base64, base64url};
use crate::http::with_query;
use crate::modules::Expect;

const NOW: i64 = 1_700_000_000;
const ORIGIN: &str = "http://127.0.0.1:9000";
const BACK: &str = "http://127.0.0.1:8000/callback";
const VERIFIER: &str = "a-verifier-that-is-at-least-forty-three-characters";

/// A client that checks nothing.
struct Careless {
    suite: Suite,
    module: &'static Module,
    draws: u8,
}

impl Careless {
    fn at(module: &str) -> Self {
        Self { suite: Suite::new(ORIGIN), module: modules::find(module).unwrap(), draws: 0 }
    }

    fn send(&mut self, mut request: Request) -> Response {
        self.draws += 1;
        request.path_and_query = format!("/{}{}", self.module.name, request.path_and_query);
        self.suite.handle(&request, NOW, [self.draws; 32])
    }

    fn authorize(&mut self) -> String {
        let challenge = base64url(Sha256::digest(VERIFIER));
        let query = [
            ("response_type", "code"),
            ("client_id", self.module.client.0),
            ("redirect_uri", BACK),
            ("scope", "openid"),
            ("state", "st"),
            ("nonce", "no"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let response = self.send(Request::get(with_query("/authorize", &query)));
        let location = response.header("location").expect("a redirect at once");
        crate::http::Params::parse(location.split_once('?').unwrap().1).get("code").unwrap().to_owned()
    }

    fn token(&mut self, form: &[(&str, &str)]) -> Value {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (id, secret) = self.module.client;
        let basic = base64(format!("{}:{}", encode(id), encode(secret)));
        let response =
            self.send(Request::post("/token", form).with_header("authorization", format!("Basic {basic}")));
        serde_json::from_slice(&response.body).unwrap()
    }

    fn exchange(&mut self, code: &str) -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.token(&form)
    }

    fn userinfo(&mut self, tokens: &Value) {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(self.send(Request::get("/userinfo").with_header("authorization", bearer)).status, 200);
    }

    fn verdict(&self) -> Verdict {
        self.suite.verdict(self.module.name).unwrap()
    }
}

#[test]
fn a_client_passes_where_it_comes_to_the_end() {
    let mut client = Careless::at("oidcc-client-test");
    let code = client.authorize();
    let tokens = client.exchange(&code);
    assert_eq!(client.verdict(), Verdict::Waiting);
    client.userinfo(&tokens);
    assert_eq!(client.verdict(), Verdict::Passed);
}

#[test]
fn a_client_that_goes_on_with_a_bad_token_fails() {
    let mut client = Careless::at("oidcc-client-test-invalid-iss");
    let code = client.authorize();
    assert_eq!(client.verdict(), Verdict::Waiting);
    let tokens = client.exchange(&code);
    assert_eq!(client.verdict(), Verdict::Passed);
    client.userinfo(&tokens);
    assert_eq!(client.verdict(), Verdict::Failed);
}

#[test]
fn a_client_that_redeems_a_code_from_another_issuer_fails() {
    let name = "fapi2-security-profile-final-client-test-invalid-authorization-response-iss";
    let mut client = Careless::at(name);
    let code = client.authorize();
    assert_eq!(client.verdict(), Verdict::Passed);
    client.exchange(&code);
    assert_eq!(client.verdict(), Verdict::Failed);
}

#[test]
fn a_client_that_believes_other_metadata_fails() {
    let mut client = Careless::at("oidcc-client-test-discovery-issuer-mismatch");
    assert_eq!(client.verdict(), Verdict::Waiting);
    client.send(Request::get("/.well-known/openid-configuration"));
    assert_eq!(client.verdict(), Verdict::Passed);
    client.authorize();
    assert_eq!(client.verdict(), Verdict::Failed);
}

#[test]
fn a_refresh_is_judged_by_what_follows_it() {
    for (name, verdict) in [
        ("oidcc-client-test-refresh-token", Verdict::Passed),
        ("oidcc-client-test-refresh-token-invalid-sub", Verdict::Failed),
    ] {
        let mut client = Careless::at(name);
        let code = client.authorize();
        let tokens = client.exchange(&code);
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let tokens = client.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
        assert_ne!(client.verdict(), Verdict::Failed, "{name}");
        client.userinfo(&tokens);
        assert_eq!(client.verdict(), verdict, "{name}");
    }
}

#[test]
fn userinfo_about_another_is_for_the_client_to_tell() {
    let mut client = Careless::at("oidcc-client-test-userinfo-invalid-sub");
    let code = client.authorize();
    let tokens = client.exchange(&code);
    client.userinfo(&tokens);
    assert_eq!(client.verdict(), Verdict::Unseen);
}

#[test]
fn every_module_has_an_issuer_whose_login_can_be_walked_through() {
    let mut suite = Suite::new(ORIGIN);
    for module in modules::all() {
        let mut client = Careless { suite, module, draws: 0 };
        let metadata = client.send(Request::get("/.well-known/openid-configuration"));
        let metadata: Value = serde_json::from_slice(&metadata.body).unwrap();
        let issuer = format!("{ORIGIN}/{}", module.name);
        assert!(metadata["issuer"].as_str().unwrap().starts_with(&issuer), "{}", module.name);
        let jwks_uri = metadata["jwks_uri"].as_str().unwrap().strip_prefix(&issuer).unwrap().to_owned();
        assert_eq!(client.send(Request::get(jwks_uri)).status, 200, "{}", module.name);
        if !matches!(module.expect, Expect::Reject(_, "provider_error")) {
            let code = client.authorize();
            let tokens = client.exchange(&code);
            assert!(tokens["id_token"].is_string(), "{}: {tokens}", module.name);
            client.userinfo(&tokens);
        }
        suite = client.suite;
    }
}

#[test]
fn distributed_claims_are_there_for_who_asks_with_the_token() {
    let mut client = Careless::at("oidcc-client-test-distributed-claims");
    let code = client.authorize();
    let tokens = client.exchange(&code);
    let bearer = |token: &Value| format!("Bearer {}", token.as_str().unwrap());
    let userinfo = Request::get("/userinfo").with_header("authorization", bearer(&tokens["access_token"]));
    let userinfo: Value = serde_json::from_slice(&client.send(userinfo).body).unwrap();
    let source = &userinfo["_claim_sources"]["src1"];
    let endpoint = source["endpoint"].as_str().unwrap();
    let path = endpoint.strip_prefix(&format!("{ORIGIN}/{}", client.module.name)).unwrap();
    assert_eq!(client.send(Request::get(path)).status, 401);
    let claims =
        client.send(Request::get(path).with_header("authorization", bearer(&source["access_token"])));
    assert_eq!((claims.status, claims.header("content-type")), (200, Some("application/jwt")));
}

#[test]
fn the_log_is_kept_until_it_is_cleared() {
    let mut client = Careless::at("oidcc-client-test");
    let code = client.authorize();
    client.exchange(&code);
    let log: Value = serde_json::from_slice(&client.send(Request::get("/log")).body).unwrap();
    assert_eq!(log["requests"][0]["endpoint"], "authorization");
    assert_eq!(log["requests"][1]["client_auth"], "client_secret_basic");
    assert_eq!(log["verdict"], "waiting");
    let mut clear = Request::get("/log");
    clear.method = "DELETE".into();
    assert_eq!(client.send(clear).status, 204);
    let log: Value = serde_json::from_slice(&client.send(Request::get("/log")).body).unwrap();
    assert_eq!(log["requests"].as_array().unwrap().len(), 0);
}
