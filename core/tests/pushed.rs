//! Authorization requests that nobody can change on the way, and what may be asked for in them.

#![cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod support;

use relyingparty::{
    AuthMethod, Authorization, AuthorizeRequest, Endpoint, Error, Flow, HttpResponse, Push, Reply, Request,
    SigningKey, Step, bindings,
};
use serde_json::{Value, json};
use support::{ISSUER, START, World, code, detail, entropy, json_response, parameter, query, unb64};

const PAR: &str = "https://op.example/par";

fn key() -> SigningKey {
    let keys: Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
    SigningKey::from_jwk(&keys["keys"]["P-256"]["jwk"].to_string()).unwrap().with_kid("k1").unwrap()
}

fn world() -> World {
    let mut world = World::new();
    world.op.metadata["pushed_authorization_request_endpoint"] = json!(PAR);
    world
}

fn begin(world: &World, request: &AuthorizeRequest) -> Result<Step<Push>, Error> {
    world.client().proving(entropy(1), &world.cache, world.now).authorize(request)
}

fn done(step: Step<Push>) -> Authorization {
    match step {
        Step::Done(authorization) => authorization,
        Step::Pending(flow) => panic!("waits for {:?}", flow.request()),
    }
}

fn pending(step: Step<Push>) -> Push {
    match step {
        Step::Pending(flow) => flow,
        Step::Done(_) => panic!("nobody was asked"),
    }
}

/// What is pushed, by name.
fn form(flow: &Push) -> Vec<(String, String)> {
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!((request.endpoint, request.url.as_str()), (Endpoint::PushedAuthorization, PAR));
    support::parameters(std::str::from_utf8(&request.body).unwrap())
}

fn get<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn pushed() -> HttpResponse {
    json_response(201, &json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 60 }))
}

fn answer(world: &mut World, flow: Push, response: HttpResponse) -> Result<Step<Push>, Error> {
    flow.resume(Reply::Http(response), &mut world.cache, world.now)
}

fn claims(jwt: &str, place: usize) -> Value {
    serde_json::from_slice(&unb64(jwt.split('.').nth(place).unwrap())).unwrap()
}

#[test]
fn k5_a_request_is_pushed_where_the_provider_demands_it_or_the_registration_asks() {
    let begun = done(begin(&world(), &AuthorizeRequest::default()).unwrap());
    assert_eq!(parameter(query(&begun.url), "code_challenge_method").unwrap(), "S256", "neither does");
    for asks in [true, false] {
        let mut world = world();
        world.registration = world.registration.with_secret("a secret of at least thirty-two octets");
        if asks {
            world.registration.require_pushed_authorization_requests = true;
        } else {
            world.op.metadata["require_pushed_authorization_requests"] = json!(true);
        }
        let plain = world.client().authorize(&AuthorizeRequest::default(), entropy(1), world.now);
        assert_eq!(
            (code(&plain), &*detail(&plain, "demand")),
            ("proving_needed", "require_pushed_authorization_requests")
        );

        let flow = pending(begin(&world, &AuthorizeRequest::default()).unwrap());
        let form = form(&flow);
        assert_eq!(
            (get(&form, "response_type"), get(&form, "redirect_uri")),
            (Some("code"), Some("https://rp.example/cb"))
        );
        let state = get(&form, "state").unwrap().to_owned();
        let begun = done(answer(&mut world, flow, pushed()).unwrap());
        assert_eq!(
            begun.url,
            "https://op.example/authorize?client_id=client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1"
        );
        assert!(begun.decisions().iter().any(|decision| decision.check == "pushed" && decision.passed));
        let params = relyingparty::CallbackParams::parse(&format!("code=c&state={state}")).unwrap();
        assert_eq!(begun.pending.handle(), params.handle().unwrap(), "the same login comes back");
    }
}

#[test]
fn a_client_says_its_id_once() {
    for method in [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost] {
        let mut world = world();
        if method != AuthMethod::None {
            world.registration = world.registration.with_secret("a secret of at least thirty-two octets");
        }
        world.registration.token_endpoint_auth_method = Some(method);
        world.registration.require_pushed_authorization_requests = true;
        let form = form(&pending(begin(&world, &AuthorizeRequest::default()).unwrap()));
        assert_eq!(form.iter().filter(|(name, _)| name == "client_id").count(), 1, "{method:?}");
    }
}

#[test]
fn k5_a_push_that_fails_is_not_sent_in_the_open() {
    let mut world = world();
    world.registration.require_pushed_authorization_requests = true;
    let failures = [
        (json_response(400, &json!({ "error": "invalid_request" })), "provider_error"),
        (json_response(503, &json!({})), "provider_status"),
        (HttpResponse::new(302, vec![], vec![]), "redirect_refused"),
        (json_response(201, &json!({ "expires_in": 60 })), "response_member_missing"),
        (json_response(201, &json!({ "request_uri": "urn:x" })), "response_member_missing"),
        (json_response(201, &json!({ "request_uri": "", "expires_in": 60 })), "response_member_invalid"),
        (
            json_response(201, &json!({ "request_uri": "urn:x y", "expires_in": 60 })),
            "response_member_invalid",
        ),
        (
            json_response(201, &json!({ "request_uri": ["urn:x"], "expires_in": 60 })),
            "response_member_invalid",
        ),
        (json_response(201, &json!({ "request_uri": "urn:x", "expires_in": 0 })), "response_member_invalid"),
        (
            json_response(201, &json!({ "request_uri": "urn:x", "expires_in": "60" })),
            "response_member_invalid",
        ),
        (support::typed_response(201, "text/html", "<html>"), "unexpected_content_type"),
    ];
    for (response, expected) in failures {
        let flow = pending(begin(&world, &AuthorizeRequest::default()).unwrap());
        let outcome = answer(&mut world, flow, response);
        assert_eq!(code(&outcome), expected);
    }
    world.op.metadata.as_object_mut().unwrap().remove("pushed_authorization_request_endpoint");
    assert_eq!(code(&begin(&world, &AuthorizeRequest::default())), "endpoint_missing");
}

#[test]
fn a_pushed_request_has_its_own_assertion_and_proof() {
    let mut world = world();
    world.registration.require_pushed_authorization_requests = true;
    world.registration = world.registration.with_signing_keys([key()]).with_dpop_keys([key()]);
    let flow = pending(begin(&world, &AuthorizeRequest::default()).unwrap());
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let proof = request.headers.iter().find(|(name, _)| name == "dpop").unwrap().1.clone();
    assert_eq!((&claims(&proof, 1)["htu"], &claims(&proof, 1)["htm"]), (&json!(PAR), &json!("POST")));
    let sent = form(&flow);
    assert_eq!(get(&sent, "dpop_jkt"), key().thumbprint().as_deref());
    assert_eq!(claims(get(&sent, "client_assertion").unwrap(), 1)["aud"], ISSUER);
    let mut refusal = json_response(400, &json!({ "error": "use_dpop_nonce" }));
    refusal.headers.push(("dpop-nonce".into(), "n-1".into()));
    let flow = pending(answer(&mut world, flow, refusal).unwrap());
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let proof = request.headers.iter().find(|(name, _)| name == "dpop").unwrap().1.clone();
    assert_eq!(claims(&proof, 1)["nonce"], "n-1");
    assert_eq!(get(&form(&flow), "state"), get(&sent, "state"), "the same request");
    done(answer(&mut world, flow, pushed()).unwrap());
}

#[test]
fn a_signed_request_says_all_and_nothing_beside_it() {
    let mut world = world();
    world.registration = world.registration.with_signing_keys([key()]);
    world.registration.require_signed_request_object = true;
    let plain = world.client().authorize(&AuthorizeRequest::default(), entropy(1), world.now);
    assert_eq!(
        (code(&plain), &*detail(&plain, "demand")),
        ("proving_needed", "require_signed_request_object")
    );
    let request = AuthorizeRequest::from_json(
        r#"{"scopes":["openid"],"max_age":60,"claims":{"id_token":{"acr":{"essential":true}}},"resource":["https://a.example","https://b.example"],"authorization_details":[{"type":"payment"}],"prompt":"login"}"#,
    )
    .unwrap();
    for push in [false, true] {
        world.registration.require_pushed_authorization_requests = push;
        assert!(world.client().authorizes_in_steps());
        let step = begin(&world, &request).unwrap();
        let sent = match step {
            Step::Done(begun) => support::parameters(query(&begun.url)),
            Step::Pending(flow) => form(&flow),
        };
        let object = get(&sent, "request").unwrap();
        let mut names: Vec<_> = sent.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if push {
            assert_eq!(names, ["client_assertion", "client_assertion_type", "client_id", "request"]);
        } else {
            assert_eq!(names, ["client_id", "request", "response_type", "scope"]);
            assert_eq!(
                get(&sent, "scope"),
                Some("openid"),
                "as the request asks, not as the registration does"
            );
        }
        assert_eq!(claims(object, 0), json!({ "typ": "oauth-authz-req+jwt", "alg": "ES256", "kid": "k1" }));
        let said = claims(object, 1);
        let now = START.as_unix();
        assert_eq!((&said["iss"], &said["aud"]), (&json!("client"), &json!(ISSUER)));
        assert_eq!((&said["iat"], &said["nbf"], &said["exp"]), (&json!(now), &json!(now), &json!(now + 300)));
        assert_eq!(said["max_age"], 60, "a number stays one");
        assert_eq!(said["claims"], json!({ "id_token": { "acr": { "essential": true } } }));
        assert_eq!(said["resource"], json!(["https://a.example", "https://b.example"]));
        assert_eq!(said["authorization_details"], json!([{ "type": "payment" }]));
        for name in
            ["state", "nonce", "code_challenge", "redirect_uri", "scope", "prompt", "jti", "client_id"]
        {
            assert!(said[name].is_string(), "{name}");
        }
        let keys = json!({ "keys": [serde_json::from_str::<Value>(&key().public_jwk().unwrap()).unwrap()] });
        let request = bindings::verify_request_of_jws(&keys.to_string(), key().alg(), object).unwrap();
        assert!(matches!(request.check(), Reply::Verified(true)));
    }
}

#[test]
fn a_host_signs_the_request() {
    let mut world = world();
    let held = SigningKey::held_by_host("kms", key().alg(), Some(&key().public_jwk().unwrap())).unwrap();
    world.registration = world.registration.with_signing_keys([held]);
    world.op.metadata["require_signed_request_object"] = json!(true);
    for (reply, expected) in [
        (Reply::Signature(vec![1; 64]), "ok"),
        (Reply::Signature(vec![1; 63]), "signature_unusable"),
        (Reply::Unreachable { reason: "away".into() }, "unreachable"),
        (Reply::Unsupported, "unsupported_request"),
    ] {
        let flow = pending(begin(&world, &AuthorizeRequest::default()).unwrap());
        let Request::Sign(asked) = flow.request() else { panic!("{:?}", flow.request()) };
        assert_eq!((asked.purpose(), asked.key().name()), ("request_object", "kms"));
        assert_eq!(code(&flow.resume(reply, &mut world.cache, world.now)), expected);
    }
}

#[test]
fn keys_that_the_provider_does_not_take_are_refused_by_name() {
    let refused = |list: &str, change: fn(&mut World)| {
        let mut world = world();
        world.op.metadata[list] = json!(["RS256"]);
        change(&mut world);
        let client = world.try_client();
        let member = if client.is_ok() { String::new() } else { detail(&client, "member") };
        (code(&client), member)
    };
    let no = |member: &str| ("invalid_configuration", member.to_owned());
    let assertions = "token_endpoint_auth_signing_alg_values_supported";
    assert_eq!(
        refused(assertions, |world| world.registration.signing_keys = vec![key()]),
        no("signing_keys")
    );
    assert_eq!(refused(assertions, |_| ()), ("ok", String::new()), "nothing is signed");
    let requests = "request_object_signing_alg_values_supported";
    assert_eq!(refused(requests, |world| world.registration.signing_keys = vec![key()]).0, "ok");
    let signed = |world: &mut World| {
        world.registration.signing_keys = vec![key()];
        world.registration.require_signed_request_object = true;
    };
    assert_eq!(refused(requests, signed), no("signing_keys"));
    assert_eq!(
        refused(requests, |world| world.registration.require_signed_request_object = true),
        no("signing_keys")
    );
    let proofs = "dpop_signing_alg_values_supported";
    assert_eq!(refused(proofs, |world| world.registration.dpop_keys = vec![key()]), no("dpop_keys"));
}

#[test]
fn k6_what_is_signed_says_what_it_is_for() {
    let mut world = world();
    world.registration = world.registration.with_signing_keys([key()]).with_dpop_keys([key()]);
    world.registration.require_signed_request_object = true;
    world.registration.require_pushed_authorization_requests = true;
    let flow = pending(begin(&world, &AuthorizeRequest::default()).unwrap());
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let proof = request.headers.iter().find(|(name, _)| name == "dpop").unwrap().1.clone();
    let sent = form(&flow);
    let typ = |jwt: &str| claims(jwt, 0)["typ"].as_str().unwrap().to_owned();
    let kinds = [&proof, get(&sent, "client_assertion").unwrap(), get(&sent, "request").unwrap()].map(typ);
    assert_eq!(kinds, ["dpop+jwt", "client-authentication+jwt", "oauth-authz-req+jwt"]);
    assert_eq!(claims(&proof, 1).get("aud"), None, "a proof is for a URL");
}

#[test]
fn k6_nothing_that_is_added_says_what_a_signed_request_says_itself() {
    let extra = |name: &str| {
        let mut request = AuthorizeRequest::default();
        request.extra = vec![(name.into(), "x".into())];
        request
    };
    for signed in [true, false] {
        let mut world = world();
        world.registration = world.registration.with_signing_keys([key()]);
        world.registration.require_pushed_authorization_requests = true;
        world.registration.require_signed_request_object = signed;
        for name in ["aud", "exp", "iat", "jti", "nbf", "sub"] {
            let begun = begin(&world, &extra(name));
            let expected = if signed { "reserved_parameter" } else { "ok" };
            assert_eq!(code(&begun), expected, "{name}: the claim of a request object, signed: {signed}");
        }
        for name in ["iss", "client_assertion", "client_assertion_type", "client_secret", "client_id"] {
            assert_eq!(code(&begin(&world, &extra(name))), "reserved_parameter", "{name}");
        }
        assert_eq!(code(&begin(&world, &extra("audience"))), "ok");
    }
}
