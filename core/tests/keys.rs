//! The provider's keys: when they are fetched, kept, replaced and given up.

mod support;

use relyingparty::{Alg, Cache, Endpoint, Error, HttpResponse, IdTokenClaims};
use serde_json::{Value, json};
use support::{Key, START, World, code, detail, json_response, typed_response};

/// Checks a good token now; yields the outcome and how many fetches there have been.
fn check(world: &mut World) -> (&'static str, usize) {
    let claims = world.claims();
    let outcome = code(&world.verify_claims(&claims));
    (outcome, world.op.count(Endpoint::Jwks))
}

/// Checks a token of a key that the provider never published.
fn check_unknown(world: &mut World, kid: &str) -> (&'static str, usize) {
    let token = Key::new(Alg::EdDsa, kid).token(&world.claims());
    let outcome = code(&world.verify(&token));
    (outcome, world.op.count(Endpoint::Jwks))
}

/// A relying party that holds the provider's keys, fetched at the start.
fn warm() -> World {
    let mut world = World::new();
    assert_eq!(check(&mut world), ("ok", 1));
    world
}

fn serve(world: &mut World, keys: &[Value]) {
    world.op.jwks = json!({ "keys": keys });
}

#[test]
fn d1_keys_are_fetched_once_and_used_while_they_are_fresh() {
    let mut world = warm();
    let request = &world.op.log[0];
    assert_eq!((request.url.as_str(), request.limits.timeout_secs), ("https://op.example/jwks", 5));
    world.wait(599);
    assert_eq!(check(&mut world), ("ok", 1));
    world.wait(1);
    assert_eq!(check(&mut world), ("ok", 2));
}

#[test]
fn the_fresh_age_is_the_policys_or_the_responses_within_bounds() {
    for (cache_control, fresh) in [
        (None, 600),
        (Some("max-age=3600"), 3_600),
        (Some("max-age=1"), 60),
        (Some("no-store"), 60),
        (Some("max-age=604800"), 86_400),
        (Some("private"), 600),
    ] {
        let mut world = World::new();
        world.policy.key_hard_age_secs = 604_800;
        let mut response = json_response(200, &world.op.jwks);
        response.headers.extend(cache_control.map(|value| ("Cache-Control".to_owned(), value.to_owned())));
        world.op.answer_with(Endpoint::Jwks, response);
        assert_eq!(check(&mut world), ("ok", 1));
        world.wait(fresh - 1);
        assert_eq!(check(&mut world), ("ok", 1), "{cache_control:?}");
        world.wait(1);
        assert_eq!(check(&mut world), ("ok", 2), "{cache_control:?}");
    }
}

#[test]
fn d1_a_rotated_key_is_fetched_once() {
    let mut world = warm();
    world.op.rotate("k2");
    world.wait(30);
    assert_eq!(check(&mut world), ("ok", 2));
    assert_eq!(check(&mut world), ("ok", 2));
}

#[test]
fn d1_an_unknown_kid_fetches_once_a_cooldown_and_never_twice_in_one_flow() {
    let mut world = warm();
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 1), "just fetched");
    world.wait(29);
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 1), "within the cooldown");
    world.wait(1);
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 2), "after it, once");
    assert_eq!(check_unknown(&mut world, "y"), ("unknown_key", 2), "and then not again");
    assert_eq!(check(&mut world), ("ok", 2), "known keys stay usable all along");
}

#[test]
fn d1_the_cooldown_is_the_policys() {
    let mut world = World::new();
    world.policy.key_cooldown_secs = 120;
    check(&mut world);
    world.wait(119);
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 1));
    world.wait(1);
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 2));
}

#[test]
fn d1_bad_signatures_fetch_once_a_cooldown_whatever_their_number() {
    for kid in [Some("k1"), None] {
        let mut world = warm();
        let forger = Key::seeded(Alg::EdDsa, "k1", "forger");
        let forged = |world: &mut World| {
            let token = forger.token_of(&header(kid), &world.claims().to_string());
            (code(&world.verify(&token)), world.op.log.len())
        };
        assert_eq!(forged(&mut world), ("bad_signature", 1), "just fetched: no rotation explains it");
        world.wait(29);
        assert_eq!(forged(&mut world), ("bad_signature", 1));
        world.wait(1);
        for _ in 0..100 {
            assert_eq!(forged(&mut world), ("bad_signature", 2), "once after the cooldown");
        }
        assert_eq!(check(&mut world), ("ok", 2), "known keys stay usable all along");
    }
}

#[test]
fn d1_a_rotation_that_no_kid_tells_is_found_by_one_fetch_after_the_cooldown() {
    for kid in [Some("k1"), None] {
        let mut world = warm();
        world.op.key = Key::seeded(Alg::EdDsa, "k1", "next");
        let key = world.op.key.jwk();
        serve(&mut world, &[key]);
        let rotated = |world: &mut World| {
            let token = world.op.key.token_of(&header(kid), &world.claims().to_string());
            (code(&world.verify(&token)), world.op.count(Endpoint::Jwks))
        };
        world.wait(29);
        assert_eq!(rotated(&mut world), ("bad_signature", 1));
        world.wait(1);
        assert_eq!(rotated(&mut world), ("ok", 2));
    }
}

fn header(kid: Option<&str>) -> String {
    match kid {
        Some(kid) => json!({ "alg": "EdDSA", "kid": kid }).to_string(),
        None => json!({ "alg": "EdDSA" }).to_string(),
    }
}

#[test]
fn d1_a_token_that_fails_without_a_key_never_fetches() {
    let mut world = World::new();
    for (claim, value, outcome) in [
        ("exp", json!(START.as_unix() - 60), "token_expired"),
        ("iss", json!("https://evil.example"), "iss_mismatch"),
        ("aud", json!("other"), "aud_mismatch"),
        ("iat", json!(START.as_unix() + 61), "issued_in_future"),
        ("sub", json!(1), "claim_invalid"),
    ] {
        let mut claims = world.claims();
        claims[claim] = value;
        assert_eq!(code(&world.verify_claims(&claims)), outcome);
    }
    let token = world.op.key.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &world.claims().to_string());
    assert_eq!(code(&world.verify(&token)), "alg_refused");
    assert_eq!(code(&world.verify("a.b.c")), "malformed_token");
    assert!(world.op.log.is_empty());
}

#[test]
fn d2_the_same_kid_at_two_issuers_is_two_keys() {
    let mut first = World::at("https://one.example", Alg::EdDsa);
    let mut second = World::at("https://two.example", Alg::EdDsa);
    second.op.key = Key::seeded(Alg::EdDsa, "k1", "second");
    second.op.jwks = json!({ "keys": [second.op.key.jwk()] });
    assert_eq!(check(&mut first), ("ok", 1));
    second.cache = first.cache.clone();
    assert_eq!(check(&mut second), ("ok", 1), "the other issuer's k1 is not used");
    let forged = first.op.key.token(&second.claims());
    assert_eq!(code(&second.verify(&forged)), "bad_signature");
    first.cache = second.cache.clone();
    assert_eq!(check(&mut first), ("ok", 1), "both live in one cache");
}

#[test]
fn d3_a_key_that_was_removed_is_not_trusted_after_the_refresh() {
    let mut world = warm();
    let old = world.op.key.clone();
    world.op.rotate("k2");
    world.wait(600);
    assert_eq!(check(&mut world), ("ok", 2));
    let token = old.token(&world.claims());
    assert_eq!(code(&world.verify(&token)), "unknown_key");
}

#[test]
fn d3_the_set_is_given_up_at_the_hard_age() {
    let mut world = warm();
    world.op.unreachable(Endpoint::Jwks);
    world.wait(86_399);
    assert_eq!(check(&mut world), ("ok", 2), "not refreshed, still within the hard age");
    world.wait(1);
    let claims = world.claims();
    let refused = world.verify_claims(&claims);
    assert_eq!((code(&refused), detail(&refused, "retry_after")), ("keys_unavailable", "29".to_owned()));
    world.wait(29);
    assert_eq!(check(&mut world), ("unreachable", 3), "one attempt a cooldown, and it fails closed");
    assert_eq!(check(&mut world), ("keys_unavailable", 3));
}

#[test]
fn d4_a_failed_refresh_keeps_the_last_good_set() {
    let good = World::new().op.jwks.to_string();
    let failures: [(&str, HttpResponse); 8] = [
        ("redirect_refused", typed_response(301, "application/json", good.clone())),
        ("unexpected_status", typed_response(500, "application/json", good.clone())),
        ("unexpected_content_type", typed_response(200, "text/html", "<html>")),
        ("malformed_json", typed_response(200, "application/json", "garbage")),
        ("malformed_json", json_response(200, &json!({ "keys": {} }))),
        ("malformed_json", json_response(200, &json!({ "keys": vec![json!({}); 101] }))),
        ("malformed_json", typed_response(200, "application/json", format!(r#"{{"keys":[],{}"#, &good[1..]))),
        (
            "response_too_large",
            typed_response(200, "application/json", format!("{good}{}", " ".repeat(262_144))),
        ),
    ];
    for (failure, response) in failures {
        let mut cold = World::new();
        cold.op.answer_with(Endpoint::Jwks, response.clone());
        assert_eq!(check(&mut cold), (failure, 1), "without keys it fails closed");
        assert_eq!(check(&mut cold), ("keys_unavailable", 1), "and is not tried again at once");
        let mut world = warm();
        world.op.answer_with(Endpoint::Jwks, response);
        world.wait(600);
        assert_eq!(check(&mut world), ("ok", 2), "{failure}");
        world.wait(1);
        assert_eq!(check(&mut world), ("ok", 2), "{failure}: not again within the cooldown");
        world.wait(30);
        assert_eq!(
            check_unknown(&mut world, "x"),
            (failure, 3),
            "an unknown key says why it could not be fetched"
        );
    }
}

#[test]
fn d4_the_trace_says_that_stale_keys_were_used() {
    let mut world = warm();
    world.op.answer_with(Endpoint::Jwks, typed_response(500, "text/plain", ""));
    world.wait(700);
    let claims = world.claims();
    let verified: IdTokenClaims = world.verify_claims(&claims).unwrap();
    let key = verified.decisions().into_iter().find(|decision| decision.check == "keys").unwrap();
    assert!(key.found.contains("unexpected_status") && key.found.contains("700 s old"), "{}", key.found);
}

#[test]
fn a_cache_from_another_machines_clock_costs_a_fetch_and_no_more() {
    let mut world = warm();
    world.wait(-1);
    assert_eq!(check(&mut world), ("ok", 2), "fetched in the future is stale");
    assert_eq!(check_unknown(&mut world, "x").0, "unknown_key");
}

#[test]
fn u19_a_key_that_was_withdrawn_is_gone_whatever_the_clocks_say() {
    for seconds in [-3_600, -59, -30, -1, 0, 1] {
        let mut world = warm();
        let withdrawn = world.op.key.token(&world.claims());
        world.op.rotate("k2");
        world.wait(seconds);
        let step = world.provider().refresh_keys(&world.policy).unwrap();
        let report = world.run(step).unwrap();
        assert_eq!(report.usable.iter().map(|key| key.kid.as_deref()).collect::<Vec<_>>(), [Some("k2")]);
        assert_eq!(check(&mut world), ("ok", 2), "{seconds}");
        world.wait(31);
        let refused = code(&world.verify(&withdrawn));
        assert!(["unknown_key", "issued_in_future"].contains(&refused), "{seconds}: {refused}");
    }
}

#[test]
fn a21_decoys_that_share_a_kid_do_not_fit_the_algorithm() {
    let mut world = World::with_alg(Alg::Es256);
    let decoys = [Key::new(Alg::EdDsa, "k1").jwk(), Key::new(Alg::Rs256, "k1").jwk()];
    let good = world.op.key.jwk();
    serve(&mut world, &[decoys[0].clone(), good, decoys[1].clone()]);
    assert_eq!(check(&mut world), ("ok", 1));
}

#[test]
fn a21_two_keys_that_fit_are_one_too_many() {
    let mut world = World::new();
    let (good, twin) = (world.op.key.jwk(), Key::seeded(Alg::EdDsa, "k1", "twin").jwk());
    serve(&mut world, &[good.clone(), twin]);
    assert_eq!(check(&mut world), ("ambiguous_key", 1));
    world.wait(30);
    assert_eq!(check(&mut world), ("ambiguous_key", 1), "fetching again would not help");
    let mut world = World::new();
    serve(&mut world, &[good.clone(), good]);
    assert_eq!(check(&mut world).0, "ok", "the same one twice is one");
}

#[test]
fn a21_without_a_kid_exactly_one_key_has_to_fit() {
    let outcome = |keys: &[Value]| -> Result<IdTokenClaims, Error> {
        let mut world = World::with_alg(Alg::Es256);
        serve(&mut world, keys);
        let token = world.op.key.token_of(r#"{"alg":"ES256"}"#, &world.claims().to_string());
        world.verify(&token)
    };
    let key = |alg, kid| Key::new(alg, kid).jwk();
    let (good, other_type, second) = (key(Alg::Es256, "k1"), key(Alg::EdDsa, "a"), key(Alg::Es256, "b"));
    let mut nameless = good.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    assert_eq!(code(&outcome(std::slice::from_ref(&good))), "ok");
    assert_eq!(code(&outcome(&[nameless, other_type.clone()])), "ok");
    assert_eq!(code(&outcome(&[good.clone(), other_type.clone()])), "ok");
    assert_eq!(code(&outcome(&[good, second])), "ambiguous_key");
    assert_eq!(code(&outcome(&[other_type])), "unknown_key");
    assert_eq!(code(&outcome(&[])), "unknown_key");
}

/// What becomes of one key: how many are usable, and why it was dropped.
fn reported(key: Value) -> (usize, Option<&'static str>) {
    let mut world = World::new();
    serve(&mut world, &[key]);
    let step = world.provider().refresh_keys(&world.policy).unwrap();
    let report = world.run(step).unwrap();
    (report.usable.len(), report.dropped.first().map(|dropped| dropped.reason))
}

#[test]
fn a20_use_key_ops_and_alg_have_to_allow_it() {
    for (member, value, usable) in [
        ("use", json!("sig"), 1),
        ("use", json!(null), 1),
        ("use", json!("enc"), 0),
        ("use", json!("SIG"), 0),
        ("use", json!(1), 0),
        ("key_ops", json!(["verify"]), 1),
        ("key_ops", json!(["sign", "verify"]), 1),
        ("key_ops", json!(["sign"]), 0),
        ("key_ops", json!([]), 0),
        ("key_ops", json!("verify"), 0),
        ("alg", json!("EdDSA"), 1),
        ("alg", json!("Ed25519"), 1),
        ("alg", json!("eddsa"), 0),
        ("alg", json!("none"), 0),
        ("alg", json!("ES256"), 0),
        ("alg", json!("HS256"), 0),
        ("kid", json!(7), 0),
        ("crv", json!("X25519"), 0),
        ("kty", json!("EC"), 0),
        ("kty", json!(null), 0),
    ] {
        let mut key = Key::new(Alg::EdDsa, "k1").jwk();
        key[member] = value.clone();
        assert_eq!(reported(key).0, usable, "{member} {value}");
    }
}

#[test]
fn a22_a_symmetric_or_private_key_is_dropped_and_reported() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        let mut key = Key::new(Alg::EdDsa, "k1").jwk();
        key[member] = "AQAB".into();
        assert_eq!(reported(key), (0, Some("has a private or symmetric member")), "{member}");
    }
    let mut world = World::new();
    let (good, secret) = (world.op.key.jwk(), json!({ "kty": "oct", "kid": "k1", "k": "c2VjcmV0" }));
    serve(&mut world, &[secret, good]);
    assert_eq!(check(&mut world), ("ok", 1), "one bad key does not spoil the set");
}

#[test]
fn a_key_refresh_asks_whatever_the_cache_holds_and_leaves_it_alone_when_it_fails() {
    let mut world = warm();
    world.op.rotate("k2");
    let step = world.provider().refresh_keys(&world.policy).unwrap();
    assert_eq!(world.run(step).unwrap().usable.len(), 1);
    assert_eq!(check(&mut world), ("ok", 2));
    world.op.answer_with(Endpoint::Jwks, typed_response(500, "text/plain", ""));
    let step = world.provider().refresh_keys(&world.policy).unwrap();
    assert_eq!(code(&world.run(step)), "unexpected_status");
    assert_eq!(check(&mut world), ("ok", 3));
}

#[test]
fn the_cache_goes_through_json_and_still_serves() {
    let mut world = warm();
    world.cache = Cache::from_json(&world.cache.to_json()).unwrap();
    assert_eq!(check(&mut world), ("ok", 1));
    assert_eq!(check_unknown(&mut world, "x"), ("unknown_key", 1), "the cooldown travels too");
    world.cache = Cache::default();
    assert_eq!(check(&mut world), ("ok", 2), "losing it costs a fetch");
}

#[test]
fn a12_a_stored_cache_is_read_as_strictly_as_what_came_from_the_network() {
    let good = warm().cache.to_json();
    for bad in [
        good.replacen(r#""kty":"#, r#""kty":"oct","kty":"#, 1),
        good.replacen(r#""attempted_at":"#, r#""attempted_at":0,"attempted_at":"#, 1),
        good.replacen(r#""kty":"#, &format!(r#""x":{}{},"kty":"#, "[".repeat(64), "]".repeat(64)), 1),
    ] {
        assert_ne!(bad, good);
        assert_eq!(code(&Cache::from_json(&bad)), "unreadable_cache", "{bad}");
    }
}

#[test]
fn d1_the_pause_after_a_failed_fetch_survives_a_store() {
    let mut world = World::new();
    let token = world.op.key.token(&world.claims());
    world.op.unreachable(Endpoint::Jwks);
    assert_eq!(code(&world.verify(&token)), "unreachable");
    world.cache = Cache::from_json(&world.cache.to_json()).unwrap();
    world.wait(29);
    assert_eq!(code(&world.verify(&token)), "keys_unavailable");
    world.wait(1);
    assert_eq!(code(&world.verify(&token)), "unreachable");
    assert_eq!(world.op.count(Endpoint::Jwks), 2);
}
