//! A: the form of a token and its signature.

use relyingparty::{
    Alg, AuthorizeRequest, Cache, CallbackParams, Client, Endpoint, Error, Issuer, Metadata, PendingLogin,
    Session,
};
use serde_json::json;

use crate::support::{World, b64, code, detail, typed_response, unb64};

/// The outcome for a good token whose signature was exchanged.
fn signed_with(alg: Alg, signature: &[u8]) -> &'static str {
    let mut world = World::with_alg(alg);
    let token = world.op.key.token(&world.claims());
    let (input, _) = token.rsplit_once('.').unwrap();
    code(&world.verify(&format!("{input}.{}", b64(signature))))
}

/// The order of each curve, big-endian.
fn orders() -> [(Alg, Vec<u8>); 3] {
    let p256 = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";
    let p384 = "________________________________x2NNgfQ3Ld9YGg2ySLCneuzsGWrMxSlz";
    let p521 = "Af__________________________________________-lGGh4O_L5Zrf8wBSPcJpdA7tcm4iZxHrrtvtx6ROGQJ";
    [(Alg::Es256, p256), (Alg::Es384, p384), (Alg::Es512, p521)].map(|(alg, order)| (alg, unb64(order)))
}

#[test]
fn a5_r_and_s_are_neither_zero_nor_the_order_nor_more() {
    for (alg, order) in orders() {
        let (zero, most) = (vec![0; order.len()], vec![0xff; order.len()]);
        let mut one = zero.clone();
        *one.last_mut().unwrap() = 1;
        let out_of_range = [&zero, &order, &most];
        for r in out_of_range {
            for s in [&zero, &one, &order, &most] {
                for signature in [[&r[..], s].concat(), [&s[..], r].concat()] {
                    assert_eq!(signed_with(alg, &signature), "bad_signature", "{alg:?}");
                }
            }
        }
    }
}

#[test]
fn a6_an_ecdsa_signature_is_as_long_as_twice_the_order() {
    for (alg, order) in orders() {
        let signature = |length: usize| vec![1; length];
        for length in [0, 1, order.len(), 2 * order.len() - 1, 2 * order.len() + 1, 4 * order.len()] {
            let outcome = if length == 0 { "malformed_token" } else { "bad_signature" };
            assert_eq!(signed_with(alg, &signature(length)), outcome, "{alg:?} {length}");
        }
    }
}

#[test]
fn a9_a_kid_of_a_mebibyte_is_not_even_read() {
    let mut world = World::new();
    let header = json!({ "alg": "EdDSA", "kid": "k".repeat(1 << 20) });
    let token = world.op.key.token_of(&header.to_string(), "{}");
    assert_eq!(code(&world.verify(&token)), "token_too_large");
}

#[test]
fn a12_a_response_with_a_member_twice_is_refused_wherever_it_comes_from() {
    for (endpoint, good) in [
        (Endpoint::Token, r#"{"access_token":"a","token_type":"Bearer","token_type":"Bearer"}"#),
        (Endpoint::Jwks, r#"{"keys":[],"keys":[]}"#),
        (Endpoint::Jwks, r#"{"keys":[{"kty":"OKP","kty":"OKP"}]}"#),
    ] {
        let mut world = World::new();
        world.op.answer_with(endpoint, typed_response(200, "application/json", good));
        assert_eq!(cause(&world.try_login()), "malformed_json", "{good}");
    }
}

/// The code of what went wrong, also where the keys could not be had for it.
fn cause(outcome: &Result<Session, Error>) -> String {
    match code(outcome) {
        "keys_unavailable" => detail(outcome, "reason"),
        code => code.to_owned(),
    }
}

/// Where the stack is as small as that of a thread in a server, or of WebAssembly.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a13_a_hundred_thousand_levels_end_on_a_small_stack() {
    on_a_small_stack(|| {
        for levels in [128, 129, 100_000] {
            for [open, close] in [["[", "]"], ["{\"a\":", "}"]] {
                let nested =
                    format!("{{\"issuer\":{}1{}}}", open.repeat(levels), close.repeat(levels)).into_bytes();
                let issuer = Issuer::parse("https://op.example").unwrap();
                assert_eq!(code(&Metadata::parse(&issuer, &nested)), "malformed_json");
                for endpoint in [Endpoint::Jwks, Endpoint::Token] {
                    let mut world = World::new();
                    let body = nested[..nested.len().min(262_144)].to_vec();
                    world.op.answer_with(endpoint, typed_response(200, "application/json", body));
                    assert_eq!(cause(&world.try_login()), "malformed_json", "{levels}");
                }
                let text = String::from_utf8(nested).unwrap();
                assert_eq!(code(&AuthorizeRequest::from_json(&text)), "invalid_configuration");
                assert_eq!(code(&PendingLogin::decode(Some(&text))), "unreadable_pending_login");
            }
        }
    });
}

#[test]
fn a16_a_signature_of_several_is_not_read() {
    let mut world = World::new();
    let token = world.op.key.token(&world.claims());
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three") };
    let forged = b64("forged");
    for text in [
        format!("{header}.{payload}.{signature}.{header}.{forged}"),
        format!("{header}.{payload}.{forged}.{signature}"),
        format!("{header},{header}.{payload}.{signature}"),
        format!("{token} {token}"),
        format!("{token}\0"),
    ] {
        assert_eq!(code(&world.verify(&text)), "malformed_token", "{text}");
    }
}

/// Everything that anybody but the host can send, one after the other.
fn feed(text: &str, client: &Client) {
    let (bytes, issuer) = (text.as_bytes(), Issuer::parse("https://op.example").unwrap());
    let _ = Metadata::parse(&issuer, bytes);
    let _ = (CallbackParams::parse(text).map(drop), CallbackParams::parse_form_post(text).map(drop));
    let _ = (PendingLogin::decode(Some(text)).map(drop), Cache::from_json(text).map(drop));
    let _ = (Issuer::parse(text).map(drop), AuthorizeRequest::from_json(text).map(drop));
    for endpoint in [Endpoint::Jwks, Endpoint::Token, Endpoint::UserInfo] {
        let mut world = World::new();
        let session = (endpoint == Endpoint::UserInfo).then(|| world.login());
        world.op.answer_with(endpoint, typed_response(200, "application/json", bytes));
        let _ = match session {
            Some(session) => client.userinfo(&session).and_then(|step| world.run(step)).map(drop),
            None => world.try_login().map(drop),
        };
    }
    let _ = World::new().verify(text).map(drop);
    let mut world = World::new();
    let token = world.op.key.token_of(r#"{"alg":"EdDSA","kid":"k1"}"#, text);
    let _ = world.verify(&token).map(drop);
}

#[test]
fn a27_nothing_that_is_cut_short_or_has_one_octet_changed_makes_the_core_panic() {
    let mut world = World::new();
    let (client, session) = (world.client(), world.login());
    let texts = [
        world.op.metadata.to_string(),
        world.op.jwks.to_string(),
        world.claims().to_string(),
        session.id_token().to_owned(),
        session.encode(),
        world.begin().pending.encode(),
        world.cache.to_json(),
        "code=a%20b&state=c&iss=https%3A%2F%2Fop.example".to_owned(),
    ];
    for text in &texts {
        for place in (0..text.len()).step_by(7) {
            feed(&text[..place], &client);
            let octet = ["\0", "\"", "{", "%", "\u{7f}", "\u{10ffff}", "9", "-"][place % 8];
            feed(&format!("{}{octet}{}", &text[..place], &text[place + 1..]), &client);
        }
    }
    assert_eq!(code(&world.try_login()), "ok", "and nothing of it is remembered");
}
