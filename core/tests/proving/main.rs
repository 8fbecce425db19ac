//! Clients that prove themselves with keys: what they send, how often, and what becomes of an answer that does not fit.

#![cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod assertions;
mod attacks;
mod dpop;
mod signed_secret;

#[path = "../support/mod.rs"]
mod support;

use relyingparty::{
    Alg, AssertionAudience, AuthMethod, Client, Endpoint, Error, Flow, HttpRequest, HttpResponse, Reply,
    Request, Session, SigningKey, Step, bindings, drive,
};
use serde_json::{Value, json};
use support::{ISSUER, START, World, code, detail, entropy, json_response, parameter, unb64};

fn keys() -> Value {
    serde_json::from_str::<Value>(include_str!("../data/signing_keys.json")).unwrap()["keys"].clone()
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_jwk(&keys()[name]["jwk"].to_string()).unwrap().with_kid(name).unwrap()
}

/// The same key, held by the host.
fn of_host(name: &str) -> SigningKey {
    let key = key(name);
    SigningKey::held_by_host(name, key.alg(), Some(&key.public_jwk().unwrap())).unwrap()
}

fn secret_client() -> World {
    let mut world = World::new();
    world.registration = world.registration.with_secret("a secret of at least thirty-two octets");
    world
}

fn key_client() -> World {
    let mut world = World::new();
    world.registration = world.registration.with_signing_keys([key("P-256")]);
    world
}

fn dpop_client() -> World {
    let mut world = World::new();
    world.registration = world.registration.with_dpop_keys([key("P-256")]);
    world.op.member("token_type", "DPoP");
    world
}

/// What a host does: it signs with the keys that the names stand for.
fn sign(request: &Request) -> Option<Reply> {
    let Request::Sign(asked) = request else { return None };
    let held = key(asked.key().name());
    // The one public verb that signs is a login's: the same token as of a client that holds the key.
    Some(Reply::Signature(by(&held, asked.signing_input())))
}

/// A signature by a test key, made outside the library.
fn by(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    use p256::ecdsa::signature::Signer as _;
    let d = unb64(keys()[key.kid().unwrap()]["jwk"]["d"].as_str().unwrap());
    let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from_slice(&d).unwrap().sign(message);
    signature.to_bytes().to_vec()
}

struct Proven {
    session: Result<Session, Error>,
    sent: Vec<HttpRequest>,
    signed: Vec<&'static str>,
}

/// A login whose exchange proves itself. `tamper` may answer instead of the provider.
fn login(world: &mut World, mut tamper: impl FnMut(&HttpRequest, usize) -> Option<HttpResponse>) -> Proven {
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let exchange = world.callback(authorization, &query).unwrap();
    let client = world.client();
    let step = client.proving(entropy(200), &world.cache, world.now).exchange(exchange);
    run(world, step, &mut tamper)
}

fn refresh(world: &mut World, session: &Session, draw: u8) -> Proven {
    let client = world.client();
    let step = client.proving(entropy(draw), &world.cache, world.now).refresh(session);
    run(world, step, &mut |_, _| None)
}

fn run<F: Flow<Output = Session>>(
    world: &mut World,
    step: Result<Step<F>, Error>,
    tamper: &mut impl FnMut(&HttpRequest, usize) -> Option<HttpResponse>,
) -> Proven {
    let (now, op) = (world.now, &mut world.op);
    let (mut sent, mut signed) = (Vec::new(), Vec::new());
    let session = step.and_then(|step| {
        drive(
            step,
            &mut world.cache,
            || now,
            |request| {
                if let Request::Sign(asked) = request {
                    signed.push(asked.purpose());
                }
                if let Some(reply) = sign(request) {
                    return reply;
                }
                if let Request::Http(request) = request
                    && request.endpoint == Endpoint::Token
                {
                    sent.push(request.clone());
                    if let Some(response) = tamper(request, sent.len()) {
                        return Reply::Http(response);
                    }
                }
                op.answer(request, now)
            },
        )
    });
    Proven { session, sent, signed }
}

fn form(request: &HttpRequest, name: &str) -> Option<String> {
    parameter(std::str::from_utf8(&request.body).unwrap(), name)
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    let mut named = request.headers.iter().filter(|(header, _)| header == name);
    let value = named.next().map(|(_, value)| value.clone());
    assert!(named.next().is_none(), "{name} twice");
    value
}

fn part(jwt: &str, place: usize) -> Value {
    serde_json::from_slice(&unb64(jwt.split('.').nth(place).unwrap())).unwrap()
}

fn is_good(jwt: &str, key: &SigningKey) -> bool {
    let keys = json!({ "keys": [serde_json::from_str::<Value>(&key.public_jwk().unwrap()).unwrap()] });
    let request = bindings::verify_request_of_jws(&keys.to_string(), key.alg(), jwt).unwrap();
    matches!(request.check(), Reply::Verified(true))
}
