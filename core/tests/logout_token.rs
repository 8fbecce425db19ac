//! Logout tokens (OIDC Back-Channel Logout 2.4, 2.6): what they have to be, and what they are not taken for.

#![cfg(feature = "logout")]

mod support;

use std::collections::BTreeSet;

use relyingparty::{Alg, Endpoint, Error, LogoutToken, logout_token_in};
use serde_json::{Value, json};
use support::{CLIENT_ID, CLIENT_SECRET, ISSUER, Key, START, World, b64, code, detail};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token in order, and what is changed of them: null takes a claim away.
fn claims(edits: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": CLIENT_ID, "iat": START.as_unix(), "exp": START.as_unix() + 120, "jti": "token-1",
        "sub": "subject-1", "sid": "session-1", "events": { EVENT: {} },
    });
    for (name, value) in edits.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn token(world: &World, typ: Option<&str>, claims: &Value) -> String {
    let mut header = json!({ "alg": world.op.key.alg.as_str(), "kid": world.op.key.kid });
    if let Some(typ) = typ {
        header["typ"] = typ.into();
    }
    world.op.key.token_of(&header.to_string(), &claims.to_string())
}

fn verify(world: &mut World, token: &str) -> Result<LogoutToken, Error> {
    let step = world.client().logout_token(token, &world.cache, world.now)?;
    world.run(step)
}

fn verify_claims(claims: &Value) -> Result<LogoutToken, Error> {
    let mut world = World::new();
    let token = token(&world, Some("logout+jwt"), claims);
    verify(&mut world, &token)
}

#[test]
fn a_logout_token_says_which_sessions_end() {
    let token = verify_claims(&claims(json!({ "unknown": ["ignored"] }))).unwrap();
    assert_eq!((token.issuer(), token.jti()), (ISSUER, "token-1"));
    assert_eq!((token.subject(), token.session_id()), (Some("subject-1"), Some("session-1")));
    assert_eq!((token.issued_at(), token.expires_at()), (START, START.plus(120)));
    assert_eq!(token.get("unknown"), Some(&json!(["ignored"])));
    let checks: Vec<_> = token.decisions().iter().map(|decision| decision.check).collect();
    let all =
        ["typ", "alg", "iss", "aud", "exp", "iat", "events", "nonce", "logout_subject", "jti", "signature"];
    for check in all {
        assert!(checks.contains(&check), "{check} in {checks:?}");
    }
    let of_a_session = verify_claims(&claims(json!({ "sub": null }))).unwrap();
    assert_eq!((of_a_session.subject(), of_a_session.session_id()), (None, Some("session-1")));
    let of_a_user = verify_claims(&claims(json!({ "sid": null }))).unwrap();
    assert_eq!((of_a_user.subject(), of_a_user.session_id()), (Some("subject-1"), None));
}

#[test]
fn keys_are_fetched_for_a_logout_token_as_for_an_id_token() {
    let mut world = World::new();
    world.login();
    world.op.log.clear();
    let token_1 = token(&world, None, &claims(json!({})));
    verify(&mut world, &token_1).unwrap();
    assert!(world.op.log.is_empty(), "the key is in the cache");
    world.wait(31);
    world.op.rotate("k2");
    let token_2 = token(&world, None, &claims(json!({})));
    verify(&mut world, &token_2).unwrap();
    assert_eq!(world.op.count(Endpoint::Jwks), 1, "a new key is fetched");
}

#[test]
fn l1_a_logout_token_has_a_key_to_remember_it_by_while_it_is_good() {
    let key = |edits: Value| verify_claims(&claims(edits)).unwrap().replay_key().to_owned();
    let own = key(json!({}));
    assert_eq!(
        (own.len(), &own),
        (43, &key(json!({ "sub": "subject-2" }))),
        "the jti alone is a token's name"
    );
    assert_ne!(own, key(json!({ "jti": "token-2" })));
    let mut other = World::new();
    other.registration.client_id = "client-2".into();
    let of_another = token(&other, None, &claims(json!({ "aud": "client-2" })));
    assert_ne!(
        own,
        verify(&mut other, &of_another).unwrap().replay_key(),
        "another client's token is another"
    );
    // Until it is refused for its age, by any clock that the policy allows.
    for (exp, lifetime) in [(120, 120), (600, 600), (86_400 * 3_650, 600)] {
        let mut world = World::new();
        let token = token(&world, None, &claims(json!({ "exp": START.as_unix() + exp })));
        let until = verify(&mut world, &token).unwrap().remember_until();
        assert_eq!(until, START.plus(lifetime + 60 + 1), "{exp}");
        world.now = until;
        let refused = verify(&mut world, &token);
        assert!(["token_expired", "logout_token_too_old"].contains(&code(&refused)), "{exp} {refused:?}");
    }
}

#[test]
fn l2_a_logout_token_of_another_issuer_or_client_is_refused() {
    for (edits, outcome) in [
        (json!({ "iss": "https://op.example/" }), "iss_mismatch"),
        (json!({ "iss": null }), "claim_missing"),
        (json!({ "aud": "client-2" }), "aud_mismatch"),
        (json!({ "aud": null }), "claim_missing"),
        (json!({ "aud": [] }), "claim_invalid"),
        (json!({ "aud": [CLIENT_ID, "client-2"] }), "aud_untrusted"),
        (json!({ "aud": [CLIENT_ID] }), "ok"),
        (json!({ "azp": "client-2" }), "azp_mismatch"),
    ] {
        assert_eq!(code(&verify_claims(&claims(edits.clone()))), outcome, "{edits}");
    }
}

#[test]
fn l3_a_logout_token_that_the_provider_did_not_sign_is_refused() {
    let mut world = World::new();
    let payload = claims(json!({})).to_string();
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "typ": "logout+jwt" }).to_string();
        for signature in ["", "c2ln"] {
            let unsigned = format!("{}.{}.{signature}", b64(&header), b64(&payload));
            assert!(
                ["alg_refused", "malformed_token"].contains(&code(&verify(&mut world, &unsigned))),
                "{alg}"
            );
        }
    }
    let forged = Key::seeded(Alg::EdDsa, "k1", "forger").token(&claims(json!({})));
    assert_eq!(code(&verify(&mut world, &forged)), "bad_signature");
    let by_another_alg = Key::new(Alg::Es256, "k1").token(&claims(json!({})));
    assert_eq!(code(&verify(&mut world, &by_another_alg)), "alg_refused");
    world.registration = world.registration.clone().with_secret(CLIENT_SECRET);
    let by_the_secret = Key::new(Alg::Hs256, "k1").token(&claims(json!({})));
    assert_eq!(code(&verify(&mut world, &by_the_secret)), "alg_refused", "where nothing says HS256");
    let mut symmetric = World::with_alg(Alg::Hs256);
    assert_eq!(code(&verify(&mut symmetric, &by_the_secret)), "ok", "where the registration says so");
}

#[test]
fn l4_another_kind_of_token_is_no_logout_token() {
    let mut world = World::new();
    let session = world.login();
    assert_eq!(code(&verify(&mut world, session.id_token())), "claim_missing");
    let id_token = world.op.key.token(&world.op.id_token_claims("access-1", world.now));
    let refused = verify(&mut world, &id_token);
    assert_eq!((code(&refused), detail(&refused, "claim").as_str()), ("claim_missing", "events"));
    for (typ, outcome) in [
        (None, "ok"),
        (Some("JWT"), "ok"),
        (Some("jwt"), "ok"),
        (Some("logout+jwt"), "ok"),
        (Some("application/logout+jwt"), "ok"),
        (Some("Logout+JWT"), "ok"),
        (Some("at+jwt"), "typ_refused"),
        (Some("dpop+jwt"), "typ_refused"),
        (Some("secevent+jwt"), "typ_refused"),
        (Some("id+jwt"), "typ_refused"),
        (Some("logout"), "typ_refused"),
        (Some("logout+jwt "), "typ_refused"),
        (Some(""), "typ_refused"),
    ] {
        let token = token(&world, typ, &claims(json!({})));
        assert_eq!(code(&verify(&mut world, &token)), outcome, "{typ:?}");
    }
    world.policy.accepted_typ = vec!["id+jwt".into()];
    let of_the_issuers_id_tokens = token(&world, Some("id+jwt"), &claims(json!({})));
    assert_eq!(code(&verify(&mut world, &of_the_issuers_id_tokens)), "typ_refused");
}

#[test]
fn l5_a_logout_token_is_no_id_token() {
    let mut world = World::new();
    for typ in [None, Some("JWT"), Some("logout+jwt")] {
        let token = token(&world, typ, &claims(json!({})));
        let outcome = if typ == Some("logout+jwt") { "typ_refused" } else { "claim_invalid" };
        assert_eq!(code(&world.verify(&token)), outcome, "{typ:?}");
    }
}

#[test]
fn l6_a_logout_token_says_that_it_is_one() {
    let other = "http://schemas.openid.net/event/foobar";
    for (edits, outcome) in [
        (json!({ "events": null }), "claim_missing"),
        (json!({ "events": { other: {} } }), "claim_invalid"),
        (json!({ "events": { (EVENT.to_uppercase()): {} } }), "claim_invalid"),
        (json!({ "events": { (format!("{EVENT}/")): {} } }), "claim_invalid"),
        (json!({ "events": {} }), "claim_invalid"),
        (json!({ "events": [EVENT] }), "claim_invalid"),
        (json!({ "events": EVENT }), "claim_invalid"),
        (json!({ "events": { EVENT: null } }), "claim_invalid"),
        (json!({ "events": { EVENT: true } }), "claim_invalid"),
        (json!({ "events": { EVENT: [] } }), "claim_invalid"),
        (json!({ "events": { EVENT: { "more": 1 } } }), "ok"),
        (json!({ "events": { EVENT: {}, other: {} } }), "ok"),
        (json!({ "nonce": "" }), "claim_invalid"),
        (json!({ "nonce": "a-nonce" }), "claim_invalid"),
        (json!({ "nonce": [] }), "claim_invalid"),
    ] {
        assert_eq!(code(&verify_claims(&claims(edits.clone()))), outcome, "{edits}");
    }
    let mut world = World::new();
    let with_null = claims(json!({})).to_string().replacen('{', r#"{"nonce":null,"#, 1);
    let header = json!({ "alg": "EdDSA", "kid": "k1" }).to_string();
    let token = world.op.key.token_of(&header, &with_null);
    assert_eq!(code(&verify(&mut world, &token)), "claim_invalid", "null is there");
}

#[test]
fn l7_a_logout_token_names_an_end_user_or_a_session_and_itself() {
    for (edits, outcome) in [
        (json!({ "sub": null, "sid": null }), "claim_missing"),
        (json!({ "sub": "" }), "claim_invalid"),
        (json!({ "sub": 1 }), "claim_invalid"),
        (json!({ "sub": "a\nb" }), "claim_invalid"),
        (json!({ "sid": "" }), "claim_invalid"),
        (json!({ "sid": 1 }), "claim_invalid"),
        (json!({ "sid": "", "sub": null }), "claim_invalid"),
        (json!({ "jti": null }), "claim_missing"),
        (json!({ "jti": "" }), "claim_invalid"),
        (json!({ "jti": 1 }), "claim_invalid"),
    ] {
        assert_eq!(code(&verify_claims(&claims(edits.clone()))), outcome, "{edits}");
    }
}

#[test]
fn l8_a_logout_token_is_of_now() {
    let now = START.as_unix();
    for (edits, outcome) in [
        (json!({ "exp": null }), "claim_missing"),
        (json!({ "exp": "soon" }), "claim_invalid"),
        (json!({ "exp": now - 60 }), "token_expired"),
        (json!({ "exp": now - 59 }), "ok"),
        (json!({ "iat": null }), "claim_missing"),
        (json!({ "iat": now + 61 }), "issued_in_future"),
        (json!({ "iat": now - 660 }), "ok"),
        (json!({ "iat": now - 661 }), "logout_token_too_old"),
        (json!({ "nbf": now + 61 }), "not_yet_valid"),
    ] {
        assert_eq!(code(&verify_claims(&claims(edits.clone()))), outcome, "{edits}");
    }
    let mut world = World::new();
    world.policy.max_logout_token_age_secs = 60;
    let token = token(&world, None, &claims(json!({ "iat": now - 121 })));
    let refused = verify(&mut world, &token);
    assert_eq!((code(&refused), detail(&refused, "limit").as_str()), ("logout_token_too_old", "60"));
}

#[test]
fn l9_logout_tokens_of_strangers_have_keys_fetched_once_a_cooldown() {
    let mut world = World::new();
    for number in 0..100 {
        let stranger = Key::seeded(Alg::EdDsa, &format!("unknown-{number}"), "stranger");
        let refused = verify(&mut world, &stranger.token(&claims(json!({}))));
        assert!(["unknown_key", "keys_unavailable"].contains(&code(&refused)), "{refused:?}");
    }
    let malformed = ["", ".", "..", "a.b.c"].map(|text| code(&verify(&mut world, text)));
    assert_eq!(malformed.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["malformed_token"]));
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
}

#[test]
fn the_token_is_found_in_the_form() {
    assert_eq!(logout_token_in("logout_token=a.b.c").unwrap(), "a.b.c");
    assert_eq!(logout_token_in("x=1&logout_token=a.b.c&y=2").unwrap(), "a.b.c");
    for bad in [
        "",
        "logout_token",
        "logout_token=",
        "token=a.b.c",
        "logout_token=a&logout_token=b",
        "logout_token=%zz",
    ] {
        assert_eq!(code(&logout_token_in(bad)), "logout_malformed", "{bad}");
    }
}

#[test]
fn a_logout_token_shows_nothing_of_the_end_user() {
    let token = verify_claims(&claims(json!({}))).unwrap();
    assert_eq!(format!("{token:?}"), format!("LogoutToken({ISSUER})"));
}
