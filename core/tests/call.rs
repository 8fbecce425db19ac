//! Calling APIs with an access token, and the client's certificate.

#![cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod support;

use relyingparty::{
    ApiRequest, ApiResponse, AuthorizationCode, AuthorizeRequest, Call, Error, Flow, HttpRequest,
    HttpResponse, Method, Reply, Request, Session, SigningKey, Step, TokenRequest,
};
use serde_json::{Value, json};
use support::{World, code, detail, entropy};

fn key() -> SigningKey {
    let keys: Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
    SigningKey::from_jwk(&keys["keys"]["P-256"]["jwk"].to_string()).unwrap()
}

/// A login that asked for a token for an API.
fn logged_in() -> (World, Session) {
    let mut world = World::new();
    let mut request = AuthorizeRequest::default();
    request.resource = vec!["https://api.example/v1".into()];
    let session = world.try_login_with(&request).unwrap();
    (world, session)
}

/// A login whose tokens are to be bound to a key, up to its code, and an API that they are for.
fn bound_code() -> (World, AuthorizationCode) {
    let mut world = World::new();
    world.registration = world.registration.with_dpop_keys([key()]);
    world.registration.api_origins = vec!["https://api.example".into()];
    world.op.member("token_type", "DPoP");
    let begun = world.begin();
    let query = world.op.authorize(&begun.url);
    let code = world.callback(begun, &query).unwrap();
    (world, code)
}

fn sent(step: &Step<Call>) -> &HttpRequest {
    let Step::Pending(flow) = step else { panic!("nobody was asked") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    request
}

fn answer(world: &mut World, step: Step<Call>, response: HttpResponse) -> Result<Step<Call>, Error> {
    let Step::Pending(flow) = step else { panic!("nobody was asked") };
    flow.resume(Reply::Http(response), &mut world.cache, world.now)
}

fn done(step: Step<Call>) -> ApiResponse {
    match step {
        Step::Done(response) => response,
        Step::Pending(flow) => panic!("waits for {:?}", flow.request()),
    }
}

#[test]
fn a_call_is_the_hosts_request_with_the_token() {
    let (mut world, session) = logged_in();
    let request = ApiRequest::new(Method::Put, "https://api.example/v1/items?page=2")
        .header("Content-Type", "application/json")
        .body("{}")
        .limits(1 << 24, 30);
    let step = world.client().call(&session, request).unwrap();
    let request = sent(&step);
    assert_eq!((request.method, request.url.as_str()), (Method::Put, "https://api.example/v1/items?page=2"));
    assert_eq!((request.limits.max_response_bytes, request.limits.timeout_secs), (1 << 24, 30));
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(headers, [("content-type", "application/json"), ("authorization", "Bearer access-1")]);
    for status in [200, 204, 304, 404, 500] {
        let step =
            world.client().call(&session, ApiRequest::new(Method::Get, "https://api.example/v1")).unwrap();
        let answered = done(answer(&mut world, step, HttpResponse::new(status, vec![], vec![1])).unwrap());
        assert_eq!((answered.response.status, answered.response.body.as_slice()), (status, &[1][..]));
        assert_eq!(answered.challenge, None);
    }
    let step = world.client().call(&session, ApiRequest::new(Method::Get, "https://api.example/v1")).unwrap();
    assert_eq!(code(&answer(&mut world, step, HttpResponse::new(302, vec![], vec![]))), "redirect_refused");
}

#[test]
fn k10_a_token_goes_to_no_origin_that_it_is_not_for() {
    let (mut world, session) = logged_in();
    let call = |world: &World, url: &str| {
        let step = world.client().call(&session, ApiRequest::new(Method::Get, url));
        let member = step.as_ref().err().map(|error| error.details()[0].1.to_owned());
        (code(&step), member.unwrap_or_default())
    };
    for url in [
        "https://evil.example/v1",
        "https://api.example.evil.example/",
        "https://api.example:8443/v1",
        "https://op.example/userinfo",
    ] {
        assert_eq!(call(&world, url).0, "origin_not_allowed", "{url}");
    }
    for url in
        ["http://api.example/v1", "https://user@api.example/v1", "//api.example", "", "https://10.0.0.1/"]
    {
        assert_eq!(call(&world, url), ("invalid_configuration", "url".into()), "{url}");
    }
    assert_eq!(call(&world, "https://other.example/").0, "origin_not_allowed");
    world.registration.api_origins = vec!["https://other.example".into()];
    assert_eq!(call(&world, "https://other.example/").0, "ok");
    for name in ["Authorization", "DPoP"] {
        let request = ApiRequest::new(Method::Get, "https://api.example/v1").header(name, "x");
        assert_eq!(detail(&world.client().call(&session, request), "member"), "headers");
    }
    for (name, value) in [
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Host", "other.example"),
        ("Connection", "x"),
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("a\r\nb", "x"),
        ("a", "x\r\nb: y"),
        ("a", "\0"),
    ] {
        let request = ApiRequest::new(Method::Get, "https://api.example/v1").header(name, value);
        assert_eq!(
            detail(&world.client().call(&session, request), "member"),
            "headers",
            "{name:?}: {value:?}"
        );
    }
    let request = ApiRequest::new(Method::Get, "https://api.example/v1").header("a", "\u{e4}\tb, c");
    assert_eq!(code(&world.client().call(&session, request)), "ok");
    let mut other = World::at("https://other-op.example", relyingparty::Alg::EdDsa);
    other.registration.api_origins = vec!["https://api.example".into()];
    let request = ApiRequest::new(Method::Get, "https://api.example/v1");
    assert_eq!(code(&other.client().call(&session, request)), "session_mismatch");
}

#[test]
fn a_refusal_says_what_is_wanted() {
    let (mut world, session) = logged_in();
    let mut refused = |status, challenge: &str| {
        let step =
            world.client().call(&session, ApiRequest::new(Method::Get, "https://api.example/v1")).unwrap();
        let headers = vec![("WWW-Authenticate".into(), challenge.into())];
        done(answer(&mut world, step, HttpResponse::new(status, headers, vec![])).unwrap()).challenge
    };
    let error = |challenge: Option<relyingparty::Challenge>| challenge.unwrap().error.unwrap();
    assert_eq!(error(refused(401, r#"Bearer error="invalid_token""#)), "invalid_token");
    assert_eq!(
        error(refused(403, r#"Bearer error="insufficient_scope", scope="write""#)),
        "insufficient_scope"
    );
    let step_up =
        refused(401, r#"Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="60""#);
    assert_eq!(step_up.as_ref().unwrap().max_age, Some(60));
    assert_eq!(error(step_up), "insufficient_user_authentication");
    assert_eq!(refused(200, r#"Bearer error="invalid_token""#), None, "it is no refusal");
}

#[test]
fn a_bound_token_is_called_with_its_proof() {
    let (mut world, session) = bound();
    let request = || ApiRequest::new(Method::Post, "https://api.example/v1?x=1");
    assert_eq!(code(&world.client().call(&session, request())), "entropy_missing");
    let client = world.client();
    let step = client.proving(entropy(6), &world.cache, world.now).call(&session, request()).unwrap();
    let header = |step: &Step<Call>, name: &str| {
        sent(step).headers.iter().find(|(own, _)| own == name).unwrap().1.clone()
    };
    assert_eq!(header(&step, "authorization"), "DPoP access-1");
    let proof = |step: &Step<Call>| -> Value {
        serde_json::from_slice(&support::unb64(header(step, "dpop").split('.').nth(1).unwrap())).unwrap()
    };
    assert_eq!(
        (&proof(&step)["htm"], &proof(&step)["htu"]),
        (&json!("POST"), &json!("https://api.example/v1"))
    );
    let wants = |nonce: &str| {
        let headers = vec![
            ("WWW-Authenticate".into(), "DPoP error=\"use_dpop_nonce\"".into()),
            ("DPoP-Nonce".into(), nonce.into()),
        ];
        HttpResponse::new(401, headers, vec![])
    };
    let first = proof(&step)["jti"].clone();
    let step = answer(&mut world, step, wants("rs-1")).unwrap();
    assert_eq!(proof(&step)["nonce"], "rs-1");
    assert_ne!(proof(&step)["jti"], first);
    assert_eq!(code(&answer(&mut world, step, wants("rs-2"))), "dpop_nonce_refused", "once");
}

#[test]
fn a_certificate_goes_with_the_request_or_the_request_does_not_go() {
    let mut world = World::new();
    world.op.metadata["mtls_endpoint_aliases"] = json!({
        "token_endpoint": "https://mtls.op.example/token",
        "userinfo_endpoint": "https://mtls.op.example/userinfo",
    });
    world.registration.tls_client_certificate = true;
    world.registration.tls_client_certificate_bound_access_tokens = true;
    world.registration.api_origins = vec!["https://api.example".into()];
    let session = world.try_login().unwrap();
    let token =
        world.op.log.iter().find(|request| request.endpoint == relyingparty::Endpoint::Token).unwrap();
    assert!(token.client_certificate);
    assert_eq!(token.url, "https://mtls.op.example/token");
    assert_eq!(support::parameter(std::str::from_utf8(&token.body).unwrap(), "client_id").unwrap(), "client");
    assert!(session.grant().is_certificate_bound());
    let jwks = world.op.log.iter().find(|request| request.endpoint == relyingparty::Endpoint::Jwks).unwrap();
    assert!(!jwks.client_certificate, "keys are public");

    let client = world.client();
    let Step::Pending(flow) = client.userinfo(&session).unwrap() else { panic!("done") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(
        (request.url.as_str(), request.client_certificate),
        ("https://mtls.op.example/userinfo", true)
    );
    let step = client.call(&session, ApiRequest::new(Method::Get, "https://api.example/")).unwrap();
    assert!(sent(&step).client_certificate);

    world.registration.tls_client_certificate_bound_access_tokens = false;
    let step = world.client().restore(&session.encode(), &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    let step = world.client().call(&restored, ApiRequest::new(Method::Get, "https://api.example/")).unwrap();
    assert!(sent(&step).client_certificate, "what is bound stays bound");

    world.registration.tls_client_certificate = false;
    world.registration.tls_client_certificate_bound_access_tokens = true;
    assert_eq!(detail(&world.try_client(), "member"), "tls_client_certificate");
}

#[test]
fn an_alias_leads_where_an_endpoint_may_lead() {
    for (aliases, expected) in [
        (json!({ "token_endpoint": "http://mtls.op.example/token" }), "metadata_member_invalid"),
        (json!({ "token_endpoint": "https://10.0.0.1/token" }), "metadata_member_invalid"),
        (json!({ "token_endpoint": 1 }), "metadata_member_invalid"),
        (json!("https://mtls.op.example"), "metadata_member_invalid"),
        (json!({}), "ok"),
        (json!(null), "ok"),
        (json!({ "token_endpoint": null }), "ok"),
    ] {
        let mut world = World::new();
        world.registration.tls_client_certificate = true;
        world.op.metadata["mtls_endpoint_aliases"] = aliases.clone();
        assert_eq!(code(&world.try_login()), expected, "{aliases}");
    }
}

#[test]
fn k3_a_nonce_is_for_the_server_that_gave_it() {
    let (mut world, exchange) = bound_code();
    let client = world.client();
    let step = client.proving(entropy(5), &world.cache, world.now).exchange(exchange).unwrap();
    let Step::Pending(flow) = step else { panic!("nobody was asked") };
    let Reply::Http(mut tokens) = world.op.answer(flow.request(), world.now) else { panic!("no response") };
    tokens.headers.push(("DPoP-Nonce".into(), "of-the-provider".into()));
    let step = flow.resume(Reply::Http(tokens), &mut world.cache, world.now).unwrap();
    let session = world.run(step).unwrap();
    let nonce = |request: &HttpRequest| -> Value {
        let proof = &request.headers.iter().find(|(name, _)| name == "dpop").unwrap().1;
        let claims = support::unb64(proof.split('.').nth(1).unwrap());
        serde_json::from_slice::<Value>(&claims).unwrap()["nonce"].clone()
    };
    let client = world.client();
    let request = ApiRequest::new(Method::Get, "https://api.example/");
    let step = client.proving(entropy(6), &world.cache, world.now).call(&session, request).unwrap();
    assert_eq!(nonce(sent(&step)), Value::Null, "an API has its own");
    let Step::Pending(flow) = client.proving(entropy(7), &world.cache, world.now).refresh(&session).unwrap()
    else {
        panic!("nobody was asked")
    };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(nonce(request), "of-the-provider", "given with a good response, used with the next request");
}

#[test]
fn an_origin_that_is_none_is_refused_when_it_is_given() {
    for odd in [
        "api.example",
        "http://api.example",
        "https://api.example/",
        "https://api.example/v1",
        "https://u@api.example",
        "",
    ] {
        let mut world = World::new();
        world.registration.api_origins = vec![odd.into()];
        assert_eq!(detail(&world.try_client(), "member"), "api_origins", "{odd}");
    }
}

/// What an API says that wants its nonce in the proof, with a body of its own.
fn wants_nonce(status: u16, challenges: &[&str], body: &str) -> HttpResponse {
    let mut headers: Vec<(String, String)> =
        challenges.iter().map(|challenge| ("WWW-Authenticate".into(), (*challenge).into())).collect();
    headers.push(("DPoP-Nonce".into(), "rs-1".into()));
    headers.push(("Content-Type".into(), "application/json".into()));
    HttpResponse::new(status, headers, body.into())
}

/// A login with a bound token for an API.
fn bound() -> (World, Session) {
    let (mut world, exchange) = bound_code();
    let step = world.client();
    let step = step.proving(entropy(5), &world.cache, world.now).exchange(exchange).unwrap();
    let session = world.run(step).unwrap();
    (world, session)
}

fn prove(world: &World, session: &Session, url: &str) -> Step<Call> {
    let request = ApiRequest::new(Method::Get, url);
    world.client().proving(entropy(6), &world.cache, world.now).call(session, request).unwrap()
}

fn proof(step: &Step<Call>) -> Value {
    let proof = &sent(step).headers.iter().find(|(own, _)| own == "dpop").unwrap().1;
    serde_json::from_slice(&support::unb64(proof.split('.').nth(1).unwrap())).unwrap()
}

#[test]
fn k1_a_nonce_is_asked_for_in_the_challenge_whatever_the_body_says() {
    for (challenges, body) in [
        (&[r#"DPoP error="use_dpop_nonce""#][..], r#"{"error":"Unauthorized"}"#),
        (&[r#"DPoP error="use_dpop_nonce""#], r#"{"error":"invalid_token"}"#),
        (&["dPoP error=use_dpop_nonce, algs=\"ES256\""], ""),
        (&[r#"DPoP realm="a", error = "use_dpop_nonce""#], ""),
        (&[r#"Bearer error="invalid_token", DPoP error="use_dpop_nonce""#], ""),
        (&[r#"Bearer error="invalid_token""#, r#"DPoP error="use_dpop_nonce""#], ""),
        (&[r#"Negotiate YWJj, DPoP error="use_dpop_nonce""#], ""),
        (&[r#"Negotiate YWI=, DPoP error="use_dpop_nonce""#], ""),
        (&[r#"Negotiate YQ== , DPoP error="use_dpop_nonce""#], ""),
    ] {
        let (mut world, session) = bound();
        let step = prove(&world, &session, "https://api.example/v1");
        let step = answer(&mut world, step, wants_nonce(401, challenges, body)).unwrap();
        assert!(matches!(step, Step::Pending(_)), "{challenges:?} {body}");
        assert_eq!(proof(&step)["nonce"], "rs-1", "{challenges:?} {body}");
    }
    for (status, challenges) in [
        (401, &[r#"DPoP error="invalid_token", error_description="use_dpop_nonce""#][..]),
        (401, &[r#"Basic error="use_dpop_nonce""#]),
        (401, &[r#"DPoP realm="a, error=use_dpop_nonce""#]),
        (403, &[r#"DPoP error="use_dpop_nonce""#]),
        (500, &[r#"DPoP error="use_dpop_nonce""#]),
    ] {
        let (mut world, session) = bound();
        let step = prove(&world, &session, "https://api.example/v1");
        let step = answer(&mut world, step, wants_nonce(status, challenges, "")).unwrap();
        assert_eq!(done(step).response.status, status, "{challenges:?}");
    }
}

#[test]
fn k2_a_proof_names_the_url_as_it_is_sent() {
    for (url, htu) in [
        ("https://API.Example:443/V1/a%2Fb?x=1", "https://api.example/V1/a%2Fb"),
        ("https://api.example", "https://api.example/"),
        ("https://api.example?x=/y", "https://api.example/"),
        ("https://api.example/?x", "https://api.example/"),
    ] {
        let (mut world, session) = bound();
        let step = prove(&world, &session, url);
        assert_eq!((sent(&step).url.as_str(), &proof(&step)["htu"]), (url, &json!(htu)));
        let ok = wants_nonce(200, &[], "");
        done(answer(&mut world, step, ok).unwrap());
        let again = prove(&world, &session, "https://api.example/v1");
        assert_eq!(proof(&again)["nonce"], "rs-1", "it is the same server: {url}");
    }
}

#[test]
fn k10_a_token_that_a_refresh_asked_for_goes_where_it_is_for() {
    let (mut world, session) = logged_in();
    let call = |world: &World, session: &Session, url: &str| {
        code(&world.client().call(session, ApiRequest::new(Method::Get, url)))
    };
    let mut other = TokenRequest::default();
    other.resource = Some(vec!["https://other.example/v1".into()]);
    let step = world.client().refresh_with(&session, &other).unwrap();
    let refreshed = world.run(step).unwrap();
    let step = world.client().restore(&refreshed.encode(), &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    for session in [&refreshed, &restored] {
        assert_eq!(call(&world, session, "https://other.example/v1"), "ok");
        assert_eq!(call(&world, session, "https://api.example/v1"), "origin_not_allowed");
        assert_eq!(session.resource(), ["https://api.example/v1"], "for this refresh alone");
    }
    let again = world.refresh(&restored).unwrap();
    let asked = world.op.log.last().unwrap();
    let asked = support::parameter(std::str::from_utf8(&asked.body).unwrap(), "resource");
    assert_eq!(asked.as_deref(), Some("https://api.example/v1"));
    assert_eq!(call(&world, &again, "https://api.example/v1"), "ok");
    assert_eq!(call(&world, &again, "https://other.example/v1"), "origin_not_allowed");
}

#[test]
fn k9_what_is_bound_to_a_certificate_stays_bound_through_a_refresh() {
    let mut world = World::new();
    world.op.metadata["mtls_endpoint_aliases"] = json!({ "token_endpoint": "https://mtls.op.example/token" });
    world.registration.tls_client_certificate = true;
    world.registration.token_endpoint_auth_method = Some(relyingparty::AuthMethod::None);
    world.registration.tls_client_certificate_bound_access_tokens = true;
    let session = world.try_login().unwrap();
    world.registration.tls_client_certificate_bound_access_tokens = false;
    let refreshed = world.refresh(&session).unwrap();
    let asked = world.op.log.last().unwrap();
    assert_eq!((asked.url.as_str(), asked.client_certificate), ("https://mtls.op.example/token", true));
    assert!(refreshed.grant().is_certificate_bound());

    world.registration.tls_client_certificate = false;
    let client = world.client();
    world.registration.api_origins = vec!["https://api.example".into()];
    assert_eq!(detail(&client.refresh(&session), "member"), "tls_client_certificate");
    assert_eq!(detail(&client.userinfo(&session), "member"), "tls_client_certificate");
    let request = ApiRequest::new(Method::Get, "https://api.example/");
    assert_eq!(detail(&world.client().call(&session, request), "member"), "tls_client_certificate");
}
