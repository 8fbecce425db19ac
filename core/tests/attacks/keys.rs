//! A: keys that nobody should check a signature with, and D: where keys and metadata come from.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use relyingparty::{
    Alg, Cache, Client, Coalescer, Endpoint, Expectations, Flow, Issuer, Metadata, Provider, Registration,
    Reply, Request, Step,
};
use serde_json::{Value, json};

use crate::support::{Key, World, b64, code, detail, unb64};

/// Why the provider's key set was left with nothing to use; empty if it was not.
fn dropped(key: &Value) -> String {
    let mut world = World::new();
    world.op.jwks = json!({ "keys": [key] });
    let step = world.provider().refresh_keys(&world.policy).unwrap();
    let report = world.run(step).unwrap();
    report.dropped.first().map_or(String::new(), |dropped| dropped.reason.to_owned())
}

fn changed(mut jwk: Value, member: &str, value: impl Into<Value>) -> Value {
    jwk[member] = value.into();
    jwk
}

#[test]
fn a18_an_rsa_key_has_2048_to_8192_bits_and_a_usual_exponent() {
    let rsa = Key::new(Alg::Rs256, "k1").jwk();
    assert_eq!(dropped(&rsa), "");
    let modulus = |bits: usize| {
        let mut octets = vec![0xff; bits.div_ceil(8)];
        octets[0] >>= (8 - bits % 8) % 8;
        changed(rsa.clone(), "n", b64(octets))
    };
    for bits in [64, 512, 1024, 1536, 2047] {
        assert_eq!(dropped(&modulus(bits)), "modulus is shorter than 2048 bits", "{bits}");
        let key = modulus(bits);
        let padded = [vec![0; 256], unb64(key["n"].as_str().unwrap())].concat();
        let padded = changed(key, "n", b64(padded));
        assert_eq!(dropped(&padded), "modulus is shorter than 2048 bits", "zeros in front count for nothing");
    }
    assert_eq!(dropped(&modulus(8193)), "modulus is longer than 8192 bits");
    assert_eq!(dropped(&changed(rsa.clone(), "n", "")), "modulus is shorter than 2048 bits");
    assert_eq!(dropped(&changed(rsa.clone(), "n", b64([0; 256]))), "modulus is shorter than 2048 bits");
    assert_eq!(dropped(&changed(rsa.clone(), "n", b64([0xfe; 256]))), "modulus is even");
    for e in [0_u64, 1, 2, 3, 65_535, 65_536, 65_538, (1 << 33) + 1, u64::MAX] {
        let reason = dropped(&changed(rsa.clone(), "e", b64(e.to_be_bytes())));
        assert_eq!(reason, "exponent is not an odd number from 65537 to 2^33", "{e}");
    }
    let more_than_64_bits = [&[1], 65_537_u64.to_be_bytes().as_slice()].concat();
    let reason = dropped(&changed(rsa.clone(), "e", b64(more_than_64_bits)));
    assert_eq!(reason, "exponent is not an odd number from 65537 to 2^33");
    assert_eq!(dropped(&modulus(8192)), "");
    for e in [65_537_u64, (1 << 33) - 1] {
        assert_eq!(dropped(&changed(rsa.clone(), "e", b64(e.to_be_bytes()))), "", "{e}");
    }
}

#[test]
fn a19_a_coordinate_is_as_long_as_its_field_and_the_curve_is_the_algorithms() {
    for alg in [Alg::Es256, Alg::Es384, Alg::Es512, Alg::EdDsa] {
        let good = Key::new(alg, "k1").jwk();
        assert_eq!(dropped(&good), "", "{alg:?}");
        for member in ["x", "y"].into_iter().filter(|member| good.get(*member).is_some()) {
            let octets = unb64(good[member].as_str().unwrap());
            let shorter = octets[1..].to_vec();
            let longer = [vec![0], octets].concat();
            for odd in [shorter, longer, Vec::new()] {
                let reason = dropped(&changed(good.clone(), member, b64(odd)));
                assert_eq!(reason, "has a coordinate of the wrong length", "{alg:?} {member}");
            }
        }
        for other in
            ["ES256", "ES384", "ES512", "RS256", "EdDSA"].iter().filter(|name| **name != alg.as_str())
        {
            assert_eq!(dropped(&changed(good.clone(), "alg", *other)), "alg does not fit the key type");
        }
        for other in ["P-224", "p-256", "secp521r1", "X25519", "Ed448"] {
            let reason = dropped(&changed(good.clone(), "crv", other));
            let expected = match other {
                "P-224" | "X25519" | "Ed448" => format!("curve {other} is not supported"),
                _ => "is of an unsupported type or curve".to_owned(),
            };
            assert_eq!(reason, expected, "{alg:?} {other}");
        }
    }
}

#[cfg(any(feature = "rustcrypto", feature = "aws-lc-rs"))]
#[test]
fn a19_a_point_beside_the_curve_or_at_infinity_is_no_key() {
    for alg in [Alg::Es256, Alg::Es384, Alg::Es512] {
        let good = Key::new(alg, "k1").jwk();
        let length = unb64(good["x"].as_str().unwrap()).len();
        for (x, y) in [(0, 0), (0, 1), (1, 1), (0xff, 0xff)] {
            let point = changed(good.clone(), "x", b64(vec![x; length]));
            let reason = dropped(&changed(point, "y", b64(vec![y; length])));
            assert_eq!(reason, "is not a point on the curve", "{alg:?} {x} {y}");
        }
        let swapped = changed(good.clone(), "x", good["y"].clone());
        assert_eq!(dropped(&changed(swapped, "y", good["x"].clone())), "is not a point on the curve");
    }
}

/// A y of p = 2^255 - 19 or more is a second spelling of a small one (RFC 8032 5.1.3).
#[test]
fn a19_an_ed25519_point_has_one_spelling() {
    let good = Key::new(Alg::EdDsa, "k1").jwk();
    for (first, sign) in (0xef..=0xff).flat_map(|first| [(first, 0x7f), (first, 0xff)]) {
        let mut y = [0xff; 32];
        (y[0], y[31]) = (first, sign);
        assert_eq!(dropped(&changed(good.clone(), "x", b64(y))), "is not a point on the curve", "{first}");
    }
    // Among so many are some whose first octet is as high, or the last.
    for seed in 0..200 {
        assert_eq!(dropped(&Key::seeded(Alg::EdDsa, "k1", &seed.to_string()).jwk()), "", "{seed}");
    }
}

/// Under a key of small order, the point of order 1 and a zero are a signature of every message.
#[test]
fn a19_the_signature_that_fits_every_message_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let universal = [identity, [0; 32]].concat();
    for weak in [identity, [0; 32]] {
        let mut world = World::new();
        world.op.jwks = json!({ "keys": [changed(world.op.key.jwk(), "x", b64(weak))] });
        let token = world.op.key.token(&world.claims());
        let (input, _) = token.rsplit_once('.').unwrap();
        assert_eq!(code(&world.verify(&format!("{input}.{}", b64(&universal)))), "unknown_key");
    }
    let mut world = World::new();
    let token = world.op.key.token(&world.claims());
    let (input, _) = token.rsplit_once('.').unwrap();
    assert_eq!(code(&world.verify(&format!("{input}.{}", b64(&universal)))), "bad_signature");
}

/// The timing of RSA private-key operations (RUSTSEC-2023-0071) is nobody's concern who makes none of them with that crate.
#[test]
fn a26_no_private_rsa_operation_is_made_with_the_rsa_crate() {
    let source = include_str!("../../src/jose/backend/rustcrypto.rs");
    for word in
        ["rsa::PrivateKey", "RsaPrivateKey", "rsa::pkcs8", "rsa::pss", "rsa::signature", "decrypt", "Decrypt"]
    {
        assert!(!source.contains(word), "{word}");
    }
    let uses: Vec<&str> = source.split("rsa::").skip(1).map(|rest| &rest[..9.min(rest.len())]).collect();
    assert!(
        uses.iter().all(|used| used.starts_with("PublicKey") || used.starts_with("BoxedUint")),
        "{uses:?}"
    );
}

#[test]
fn d1_a_key_set_without_keys_is_asked_for_once_a_cooldown_too() {
    let mut world = World::new();
    world.op.jwks = json!({ "keys": [] });
    for _ in 0..100 {
        let claims = world.claims();
        assert_eq!(code(&world.verify_claims(&claims)), "unknown_key");
    }
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
}

/// Between its look into the cache and its request a flow may be held up, while others fetch what it wants.
#[test]
fn d1_whoever_was_held_up_before_the_request_asks_nobody() {
    let mut world = World::new();
    let (claims, coalescer, now) = (world.claims(), Coalescer::default(), world.now);
    let token = world.op.key.token(&claims);
    let client = world.client();
    let mut steps = [(); 3]
        .map(|()| client.verify(&token, Expectations::none(), &Cache::default(), now).unwrap())
        .into_iter();
    let mut cache = Cache::default();
    for step in steps.by_ref().take(2) {
        let verified = coalescer.drive(step, &mut cache, || now, |request| world.op.answer(request, now));
        assert_eq!(code(&verified), "ok");
    }
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
    // Nor whoever finds that the others asked a moment ago, in vain.
    world.op.unreachable(Endpoint::Jwks);
    let step = client.provider().refresh_keys(&world.policy).unwrap();
    let mut cold = Cache::default();
    let failed = coalescer.drive(step, &mut cold, || now, |request| world.op.answer(request, now));
    assert_eq!(code(&failed), "unreachable", "a refresh asks whatever the cache holds");
    let held_up =
        coalescer.drive(steps.next().unwrap(), &mut cold, || now, |request| world.op.answer(request, now));
    assert_eq!(code(&held_up), "keys_unavailable");
    assert_eq!(world.op.count(Endpoint::Jwks), 2);

    let find = |cache: &Cache| Provider::discover(&world.issuer(), &world.policy, cache, now).unwrap();
    let (first, second) = (find(&cache), find(&cache));
    let mut op = World::new().op;
    for step in [first, second] {
        let found = coalescer.drive(step, &mut cache, || now, |request| op.answer(request, now));
        assert_eq!(code(&found), "ok");
    }
    assert_eq!(op.count(Endpoint::Discovery), 1);
}

/// Who was the first to ask and is cancelled leaves it to the next.
#[test]
fn d1_a_login_that_is_cancelled_takes_no_other_with_it() {
    let world = World::new();
    let (client, now) = (world.client(), world.now);
    let token = world.op.key.token(&world.claims());
    let (cache, op, coalescer) = (Mutex::new(Cache::default()), RefCell::new(world.op), Coalescer::default());
    let verify = |stuck: bool| {
        let step = client.verify(&token, Expectations::none(), &Cache::default(), now).unwrap();
        let op = &op;
        let answer = move |request: Request| async move {
            if stuck { std::future::pending().await } else { op.borrow_mut().answer(&request, now) }
        };
        coalescer.drive_async(step, &cache, || now, answer)
    };
    let mut context = Context::from_waker(Waker::noop());
    let (mut first, mut second) = (Box::pin(verify(true)), Box::pin(verify(false)));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending(), "it waits for the first");
    drop(first);
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
}

#[test]
fn d1_looking_again_answers_no_request_but_those_that_fill_the_cache() {
    let mut world = World::new();
    let login = world.begin();
    let query = world.op.authorize(&login.url);
    let code_back = world.callback(login, &query).unwrap();
    let Step::Pending(flow) = world.client().exchange(code_back).unwrap() else {
        panic!("it waits for tokens")
    };
    let refused = flow.resume(Reply::LookAgain, &mut world.cache, world.now);
    assert_eq!((code(&refused), detail(&refused, "actual")), ("wrong_reply", "look_again".to_owned()));
}

#[test]
fn d5_a_template_in_an_issuer_stands_for_nothing() {
    let template = "https://login.example/{tenantid}/v2.0";
    let tenant = Issuer::parse("https://login.example/9122040d/v2.0").unwrap();
    let metadata = |issuer: &str| {
        let mut metadata = World::at("https://login.example/9122040d/v2.0", Alg::EdDsa).op.metadata;
        metadata["issuer"] = issuer.into();
        Metadata::parse(&tenant, &metadata.to_string().into_bytes())
    };
    assert_eq!(code(&Issuer::parse(template)), "invalid_issuer");
    for other in [
        "https://{tenantid}/9122040d/v2.0",
        "https://evil.example/{tenantid}/v2.0",
        "https://login.example/{tenantid}",
        "https://login.example/{tenantid}/v2.0/",
        "https://login.example/{issuer}/v2.0",
        "{tenantid}",
    ] {
        assert_eq!(code(&metadata(other)), "metadata_issuer_mismatch", "{other}");
    }
    // Where it has a place for a tenant, the client says which ones.
    let provider = Provider::from_metadata(metadata(template).unwrap());
    let registration = Registration::new("client", crate::support::REDIRECT_URI);
    let refused = Client::new(provider, registration, crate::support::policy());
    assert_eq!((code(&refused), detail(&refused, "member")), ("invalid_configuration", "tenants".to_owned()));
}

#[test]
fn d6_a_redirect_of_the_key_set_is_not_followed_and_costs_the_keys_nothing() {
    for status in [301, 302, 307, 308] {
        let mut world = World::new();
        let mut moved = crate::support::json_response(status, &world.op.jwks);
        moved.headers.push(("Location".into(), "https://evil.example/jwks".into()));
        world.op.answer_with(Endpoint::Jwks, moved);
        let refused = world.try_login();
        assert_eq!(
            (code(&refused), detail(&refused, "reason")),
            ("keys_unavailable", "redirect_refused".to_owned())
        );
        assert!(world.op.log.iter().all(|request| request.url.starts_with("https://op.example/")));
    }
}

#[test]
fn d7_an_issuer_is_written_in_one_way_that_every_client_understands_alike() {
    for host in [
        "",
        "user@op.example",
        "op.example@127.0.0.1",
        "op.example\\@evil.example",
        "op .example",
        "op\u{3002}example",
        "\u{43e}p.example",
        "op.example:99999",
        "op%2eexample",
    ] {
        assert_eq!(code(&Issuer::parse(&format!("https://{host}"))), "invalid_issuer", "{host:?}");
    }
    for text in ["http://op.example", "https://op.example?a=b", "https://op.example#f", "file:///etc/passwd"]
    {
        assert_eq!(code(&Issuer::parse(text)), "invalid_issuer", "{text}");
    }
}

/// Bare addresses and local names are an issuer's only by configuration; no metadata leads there.
#[test]
fn d7_no_metadata_of_a_public_issuer_leads_to_an_address_or_a_local_name() {
    let issuer = Issuer::parse("https://op.example").unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "169.254.169.254.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "op.localhost",
    ] {
        for member in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
            let mut metadata = World::new().op.metadata;
            metadata[member] = format!("https://{host}:8443/x").into();
            let refused = Metadata::parse(&issuer, metadata.to_string().as_bytes());
            assert_eq!(code(&refused), "metadata_member_invalid", "{member} {host}");
        }
    }
}
