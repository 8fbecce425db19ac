//! Signed authorization requests that the provider fetches from the application (RFC 9101 5.2).

#![cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod support;

use std::collections::BTreeSet;

use relyingparty::{
    Authorization, AuthorizeRequest, Client, Error, Flow, Reply, Request, SigningKey, Step, Timestamp,
    bindings,
};
use serde_json::{Value, json};
use support::{ISSUER, START, World, code, detail, entropy, parameters, query, unb64};

const BASE: &str = "https://app.example/requests/";

fn key() -> SigningKey {
    let keys: Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
    SigningKey::from_jwk(&keys["keys"]["P-256"]["jwk"].to_string()).unwrap().with_kid("k1").unwrap()
}

fn world(base: &str) -> World {
    let mut world = World::new();
    world.registration = world.registration.with_signing_keys([key()]);
    world.registration.request_uri_base = Some(base.into());
    world
}

fn begin(world: &World, draw: u8) -> Authorization {
    let proving = world.client();
    let step =
        proving.proving(entropy(draw), &world.cache, world.now).authorize(&AuthorizeRequest::default());
    match step.unwrap() {
        Step::Done(authorization) => authorization,
        Step::Pending(flow) => panic!("waits for {:?}", flow.request()),
    }
}

fn part(jwt: &str, place: usize) -> Value {
    serde_json::from_slice(&unb64(jwt.split('.').nth(place).unwrap())).unwrap()
}

fn refused(change: impl FnOnce(&mut World)) -> (String, String) {
    let mut world = world(BASE);
    change(&mut world);
    let refused = world.try_client();
    (detail(&refused, "member"), detail(&refused, "reason"))
}

#[test]
fn k5_the_browser_carries_a_reference_and_the_application_serves_the_object() {
    let world = world(BASE);
    assert!(world.client().authorizes_in_steps());
    let begun = begin(&world, 1);
    let hosted = begun.request_object.as_ref().unwrap();
    let name = hosted.request_uri.strip_prefix(BASE).unwrap();
    assert!(name.len() == 43 && unb64(name).len() == 32, "{name}");
    assert_eq!(hosted.content_type, "application/oauth-authz-req+jwt");
    assert_eq!(hosted.expires_at, Timestamp::from_unix(START.as_unix() + 300));
    let sent = parameters(query(&begun.url));
    let expected = [
        ("response_type", "code"),
        ("client_id", "client"),
        ("scope", "openid profile email"),
        ("request_uri", hosted.request_uri.as_str()),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let object = hosted.body.as_str();
    assert_eq!(part(object, 0), json!({ "typ": "oauth-authz-req+jwt", "alg": "ES256", "kid": "k1" }));
    let said = part(object, 1);
    assert_eq!((&said["iss"], &said["aud"]), (&json!("client"), &json!(ISSUER)));
    assert_eq!(said["exp"], hosted.expires_at.as_unix());
    assert!(said.get("request_uri").is_none() && said.get("request").is_none(), "RFC 9101 4");
    let keys = json!({ "keys": [serde_json::from_str::<Value>(&key().public_jwk().unwrap()).unwrap()] });
    let request = bindings::verify_request_of_jws(&keys.to_string(), key().alg(), object).unwrap();
    assert!(matches!(request.check(), Reply::Verified(true)));

    let state = said["state"].as_str().unwrap();
    let params = relyingparty::CallbackParams::parse(&format!("code=c&state={state}")).unwrap();
    assert_eq!(begun.pending.handle(), params.handle().unwrap(), "the same login comes back");
    assert!(begun.decisions().iter().any(|decision| decision.check == "request_object"));
}

#[test]
fn each_login_has_a_name_of_its_own_that_tells_nothing() {
    let world = world(BASE);
    let names: BTreeSet<_> =
        (1..=8).map(|draw| begin(&world, draw).request_object.unwrap().request_uri).collect();
    assert_eq!(names.len(), 8);
    let begun = begin(&world, 1);
    let hosted = begun.request_object.as_ref().unwrap();
    let name = hosted.request_uri.strip_prefix(BASE).unwrap();
    let said = part(&hosted.body, 1);
    for secret in ["state", "nonce", "jti", "code_challenge"] {
        assert_ne!(said[secret], name);
    }
    assert_ne!(begun.pending.id(), name);
    let shown = format!("{begun:?} {hosted:?}");
    assert!(!shown.contains(name) && !shown.contains(&hosted.body), "{shown}");
}

#[test]
fn a_host_signs_the_object_and_it_expires_when_its_claims_say() {
    let mut world = world(BASE);
    let held = SigningKey::held_by_host("kms", key().alg(), Some(&key().public_jwk().unwrap())).unwrap();
    world.registration = world.registration.with_signing_keys([held]);
    let client = world.client();
    let step = client.proving(entropy(1), &world.cache, world.now).authorize(&AuthorizeRequest::default());
    let Step::Pending(flow) = step.unwrap() else { panic!("nobody was asked") };
    let Request::Sign(asked) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(asked.purpose(), "request_object");
    let later = Timestamp::from_unix(START.as_unix() + 20);
    let Step::Done(begun) = flow.resume(Reply::Signature(vec![7; 64]), &mut world.cache, later).unwrap()
    else {
        panic!("it waits")
    };
    let hosted = begun.request_object.unwrap();
    assert_eq!(part(&hosted.body, 1)["exp"], hosted.expires_at.as_unix());
}

#[test]
fn only_by_reference_is_there_anything_to_serve() {
    let mut world = world(BASE);
    world.registration.request_uri_base = None;
    assert!(begin(&world, 1).request_object.is_none());
    world.registration.require_signed_request_object = true;
    let begun = begin(&world, 1);
    assert!(begun.request_object.is_none() && begun.url.contains("request=ey"));
}

#[test]
fn k5_a_provider_that_fetches_nothing_is_refused_by_name() {
    let flag = "request_uri_parameter_supported";
    let (member, reason) = refused(|world| world.op.metadata[flag] = json!(false));
    assert_eq!(member, "request_uri_base");
    assert!(reason.contains("request_uri_parameter_supported: false"), "{reason}");
    for takes in [json!(true), json!(null)] {
        let mut world = world(BASE);
        world.op.metadata[flag] = takes;
        assert!(world.try_client().is_ok());
    }
    let mut world = world(BASE);
    world.op.metadata[flag] = json!("false");
    let odd = world.try_client();
    assert_eq!((code(&odd), &*detail(&odd, "member")), ("metadata_member_invalid", flag));
    world.registration.request_uri_base = None;
    assert!(world.try_client().is_ok(), "who refers to nothing does not ask");
}

#[test]
fn what_is_pushed_refers_to_nothing() {
    let (member, reason) = refused(|world| world.registration.require_pushed_authorization_requests = true);
    assert_eq!(member, "request_uri_base");
    assert!(reason.contains("pushed"), "{reason}");
    let (member, _) = refused(|world| {
        world.op.metadata["require_pushed_authorization_requests"] = json!(true);
        world.op.metadata["pushed_authorization_request_endpoint"] = json!("https://op.example/par");
    });
    assert_eq!(member, "request_uri_base");
}

#[test]
fn a_base_is_an_https_url_that_ends_in_a_slash() {
    for good in ["https://app.example/", "https://app.example:8443/a/b/", "http://127.0.0.1:8080/r/"] {
        assert_eq!(code(&world(good).try_client()), "ok", "{good}");
    }
    let long = ["https://app.example/", &"a".repeat(430), "/"].concat();
    for bad in [
        "",
        "/requests/",
        "https://app.example",
        "https://app.example/requests",
        "https://app.example/?a=/",
        "https://app.example/#/",
        "http://app.example/",
        "com.example.app:/",
        "urn:a:/",
        "https://a b/",
        "https://user@app.example/",
        &long,
    ] {
        let refused: Result<Client, Error> = world(bad).try_client();
        assert_eq!(
            (code(&refused), &*detail(&refused, "member")),
            ("invalid_configuration", "request_uri_base")
        );
    }
    let (member, reason) = refused(|world| world.registration.signing_keys.clear());
    assert_eq!(member, "signing_keys");
    assert!(reason.contains("request_uri_base"), "{reason}");
}
