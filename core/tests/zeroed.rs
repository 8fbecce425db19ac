//! What is given back to the allocator holds no secret: this allocator looks at every block that is freed.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use relyingparty::{CallbackParams, Entropy, Expectations, PendingLogin, Secret};
use serde_json::Value;
use support::{START, World, code};

struct Watching;

/// The most secrets that are looked for at once, and the octets of each that are compared.
const SECRETS: usize = 8;
const OCTETS: usize = 24;

thread_local! {
    static LOOKED_FOR: Cell<[Option<[u8; OCTETS]>; SECRETS]> = const { Cell::new([None; SECRETS]) };
    static FOUND: Cell<[usize; SECRETS]> = const { Cell::new([0; SECRETS]) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is the system allocator's; a block is only read, while it still belongs to its owner.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + layout.size());
        // What an earlier owner left in it is not this owner's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let looked_for = LOOKED_FOR.get();
        let watching = looked_for.iter().any(Option::is_some);
        let places = if watching { (layout.size() + 1).saturating_sub(OCTETS) } else { 0 };
        for start in 0..places {
            for (place, secret) in looked_for.iter().enumerate() {
                let Some(secret) = secret else { continue };
                let same =
                    |offset: usize| unsafe { block.add(start + offset).read_volatile() } == secret[offset];
                if (0..OCTETS).all(same) {
                    let mut found = FOUND.get();
                    found[place] += 1;
                    FOUND.set(found);
                }
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// How often each secret is in what is freed during `work`. What `work` yields is not.
fn freed<T>(secrets: &[&str], work: impl FnOnce() -> T) -> (T, Vec<usize>) {
    let mut looked_for = [None; SECRETS];
    for (place, secret) in looked_for.iter_mut().zip(secrets) {
        *place = Some(secret.as_bytes()[..OCTETS].try_into().unwrap());
    }
    FOUND.set([0; SECRETS]);
    LOOKED_FOR.set(looked_for);
    let output = work();
    LOOKED_FOR.set([None; SECRETS]);
    (output, FOUND.get()[..secrets.len()].to_vec())
}

const CANARY: &str = "a canary of more than twenty-four octets";

#[test]
fn f7_the_search_finds_what_is_freed_as_it_is() {
    let text = CANARY.to_owned();
    assert_eq!(freed(&[CANARY], || drop(text)).1, [1]);
    let mut text = CANARY.to_owned();
    assert_eq!(freed(&[CANARY], || text.push('!')).1, [1], "a copy that a growing text leaves behind");
}

#[test]
fn f7_a_secret_is_zeroed_when_it_is_dropped() {
    let secret = Secret::new(CANARY.to_owned());
    let copy = secret.clone();
    assert_eq!(freed(&[CANARY], || drop((secret, copy))).1, [0]);
}

#[test]
fn f7_entropy_is_zeroed_with_the_bytes_that_it_was_made_of() {
    let bytes = CANARY.as_bytes().to_vec();
    assert_eq!(freed(&[CANARY], || drop(Entropy::new(bytes))).1, [0]);
    let weak = CANARY.as_bytes()[..31].to_vec();
    assert_eq!(freed(&[CANARY], || code(&Entropy::new(weak))), ("weak_entropy", vec![0]));
}

/// The secrets of a pending login, as its encoded text has them.
fn secrets_of(pending: &PendingLogin) -> Vec<String> {
    let stored: Value = serde_json::from_str(&pending.encode()).unwrap();
    ["id", "state", "nonce", "verifier"].map(|name| stored[name].as_str().unwrap().to_owned()).to_vec()
}

fn texts(secrets: &[String]) -> Vec<&str> {
    secrets.iter().map(String::as_str).collect()
}

#[cfg(feature = "sealed")]
const CANARY_KEY: &str = "canary-sealing-key-of-32-octets!";
const CODE: &str = "canary-code-of-more-than-24-octets";
const CLIENT_SECRET: &str = "canary-client-secret-of-more-than-24-octets";
const TOKENS: [&str; 2] = ["canary-access-token-of-more-than-24", "canary-refresh-token-of-more-than-24"];

/// What the host is handed as text or as data (URLs, encoded logins and sessions, requests, responses) is the host's;
/// what the core keeps for itself between two calls is zeroed.
#[test]
fn f7_the_secrets_of_a_login_are_zeroed_with_what_holds_them() {
    let mut world = World::new();
    world.op.code = CODE.into();
    world.registration = world.registration.with_secret(CLIENT_SECRET);
    let login = world.begin();
    let secrets = secrets_of(&login.pending);
    let query = world.op.authorize(&login.url);
    let text = login.pending.encode();
    let nothing = vec![0; 4];
    assert_eq!(freed(&texts(&secrets), || drop(login.pending)).1, nothing, "a pending login");
    let (pending, found) = freed(&texts(&secrets), || PendingLogin::decode(Some(&text)).unwrap());
    assert_eq!(found, nothing, "while it is decoded");

    let with_code = [&texts(&secrets)[..], &[CODE]].concat();
    let (client, response) = (world.client(), CallbackParams::parse(&query).unwrap());
    let (code, found) = freed(&with_code, || client.callback(pending, &response, START).unwrap());
    assert_eq!(found, [0; 5], "while the callback is checked");
    assert_eq!(freed(&with_code, || drop(code)).1, [0; 5], "an authorization code");

    let registration = world.registration.clone();
    let dropped = freed(&[CLIENT_SECRET], || drop((client, registration, world))).1;
    assert_eq!(dropped, [0], "a client and its registration");
}

#[test]
fn f7_the_tokens_of_a_session_are_zeroed_with_it() {
    let mut world = World::new();
    for (name, token) in ["access_token", "refresh_token"].into_iter().zip(TOKENS) {
        world.op.member(name, token);
    }
    world.op.without_claim("at_hash");
    let session = world.login();
    let text = session.encode();
    let signature = session.id_token().rsplit_once('.').unwrap().1.to_owned();
    let secrets = [TOKENS[0], TOKENS[1], &signature];
    let other = session.clone();
    assert_eq!(freed(&secrets, || drop((session, other))).1, [0; 3], "a session");
    let client = world.client();
    let (restored, found) = freed(&secrets, || client.restore(&text, &world.cache, START));
    assert_eq!(found, [0; 3], "while it is restored");
    assert_eq!(freed(&secrets, || drop(restored)).1, [0; 3], "a restored session");
    let expectations = Expectations::none().access_token(TOKENS[0]).nonce(TOKENS[1]);
    assert_eq!(freed(&TOKENS, || drop(expectations)).1, [0; 2], "expectations");
}

#[cfg(feature = "sealed")]
#[test]
fn f7_what_is_sealed_is_zeroed_while_it_is_sealed_and_opened() {
    let mut world = World::new();
    for (name, token) in ["access_token", "refresh_token"].into_iter().zip(TOKENS) {
        world.op.member(name, token);
    }
    world.op.without_claim("at_hash");
    let session = world.login();
    let (keys, found) = freed(&[CANARY_KEY], || relyingparty::SealingKeys::new([CANARY_KEY]).unwrap());
    assert_eq!(found, [0], "while keys are taken");
    let client = world.client().with_sealing_keys(keys);
    let signature = session.id_token().rsplit_once('.').unwrap().1.to_owned();
    let secrets = [TOKENS[0], TOKENS[1], &signature, CANARY_KEY];
    let (text, found) = freed(&secrets, || client.seal(&session, support::entropy(1)).unwrap());
    assert_eq!(found, [0; 4], "while it is sealed");
    let (restored, found) = freed(&secrets, || client.restore(&text, &world.cache, START));
    assert_eq!(found, [0; 4], "while it is opened");
    assert_eq!(freed(&secrets, || drop((restored, client))).1, [0; 4], "what was restored, and the keys");
}

/// RFC 7519 tokens of any size: what is too large costs nothing.
#[test]
fn a14_a_token_that_is_too_large_costs_no_memory() {
    let world = World::new();
    let client = world.client();
    for token in [".".repeat(10 << 20), "a".repeat(10 << 20), format!("{}.", "a.".repeat(5 << 20))] {
        let before = ALLOCATED.get();
        let refused = client.verify(&token, Expectations::none(), &world.cache, START);
        assert_eq!(code(&refused), "token_too_large");
        let allocated = ALLOCATED.get() - before;
        assert!(allocated < 4_096, "{allocated} bytes");
    }
    let dots = ".".repeat(16_384);
    let before = ALLOCATED.get();
    assert_eq!(code(&client.verify(&dots, Expectations::none(), &world.cache, START)), "malformed_token");
    assert!(ALLOCATED.get() - before < 4_096, "nothing is allocated for each of many dots");
}
