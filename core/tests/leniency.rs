//! What an option allows at any issuer, and what it never does.

mod support;

use relyingparty::{Alg, Decision, Endpoint, Error, Session};
use serde_json::{Value, json};
use support::{Key, START, World, code, detail, typed_response};

fn options(decisions: &[Decision]) -> Vec<&str> {
    let used = decisions.iter().filter(|made| made.check == "leniency");
    used.map(|made| made.expected.as_str()).collect()
}

#[test]
fn a_session_without_an_access_token_is_stored_refreshed_and_hinted() {
    let mut world = World::new();
    world.policy.accept_missing_access_token = Some(true);
    world.op.without_member("access_token");
    world.op.without_claim("at_hash");
    let session = world.login();
    assert_eq!((session.access_token(), session.token_type()), (None, "Bearer"));
    assert_eq!(options(&session.decisions()), ["accept_missing_access_token"]);
    let step = world.client().restore(&session.encode(), &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    assert_eq!((restored.access_token(), restored.encode()), (None, session.encode()));
    assert_eq!(world.refresh(&restored).unwrap().access_token(), None);
    assert_eq!(code(&world.client().userinfo(&session)), "no_access_token");
}

#[test]
fn an_access_token_may_be_missing_only_where_that_is_allowed_and_an_id_token_is_there() {
    let login = |accept: Option<bool>, value: Option<Value>| -> Result<Session, Error> {
        let mut world = World::new();
        world.policy.accept_missing_access_token = accept;
        world.op.tokens.push(("access_token".into(), value));
        world.op.without_claim("at_hash");
        world.try_login()
    };
    for accept in [None, Some(false)] {
        assert_eq!(code(&login(accept, None)), "response_member_missing");
    }
    assert_eq!(code(&login(Some(true), Some(Value::Null))), "ok");
    for odd in [json!(""), json!(1), json!([]), json!("a\nb")] {
        assert_eq!(code(&login(Some(true), Some(odd.clone()))), "response_member_invalid", "{odd}");
    }
    let mut world = World::new();
    world.policy.accept_missing_access_token = Some(true);
    let session = world.login();
    for member in ["access_token", "id_token"] {
        world.op.without_member(member);
    }
    assert_eq!(code(&world.refresh(&session)), "response_member_missing", "a refresh with neither is none");
}

#[test]
fn an_issuers_own_typ_is_for_id_tokens_alone() {
    let with = |accepted: &str, typ: &str| {
        let mut world = World::new();
        world.policy.accepted_typ = vec![accepted.into()];
        world.op.header = Some(json!({ "alg": "EdDSA", "kid": "k1", "typ": typ }));
        world.try_login()
    };
    for (accepted, typ) in
        [("ID+JWT", "id+jwt"), ("application/id+jwt", "ID+JWT"), ("idtoken", "application/IDToken")]
    {
        let session = with(accepted, typ).unwrap();
        assert_eq!(options(&session.decisions()), ["accepted_typ"], "{accepted} {typ}");
    }
    for typ in ["at+jwt", "logout+jwt", "id", "id+jwtx", ""] {
        assert_eq!(code(&with("id+jwt", typ)), "typ_refused", "{typ}");
    }
    assert_eq!(
        options(&with("id+jwt", "JWT").unwrap().decisions()),
        [""; 0],
        "what is usual needs no option"
    );
    for kind in ["at+jwt", "AT+JWT", "application/dpop+jwt", "logout+jwt", "secevent+jwt", "vc+sd-jwt", ""] {
        let mut world = World::new();
        world.policy.accepted_typ = vec![kind.into()];
        let refused = world.try_client();
        assert_eq!(
            (code(&refused), detail(&refused, "member")),
            ("invalid_configuration", "accepted_typ".into())
        );
    }
    // Signed claims of UserInfo are no ID token.
    let mut world = World::new();
    world.policy.accepted_typ = vec!["id+jwt".into()];
    let session = world.login();
    let claims = json!({ "iss": world.op.issuer(), "aud": "client", "sub": "subject-1" });
    let jwt = world.op.key.token_of(r#"{"alg":"EdDSA","kid":"k1","typ":"id+jwt"}"#, &claims.to_string());
    world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", jwt));
    let step = world.client().userinfo(&session).unwrap();
    assert_eq!(code(&world.run(step)), "typ_refused");
}

#[test]
fn a_trusted_azp_is_no_audience_and_no_continuation() {
    let mut world = World::new();
    world.registration.trusted_azp = vec!["android".into()];
    world.op.claim("azp", "android");
    let session = world.login();
    assert_eq!(options(&session.decisions()), ["trusted_azp"]);
    assert_eq!(code(&world.refresh(&session)), "ok");
    world.op.claim("azp", "client");
    assert_eq!(detail(&world.refresh(&session), "claim"), "azp", "it has to stay the same");
    let mut world = World::new();
    world.registration.trusted_azp = vec!["android".into()];
    world.op.claim("azp", "android");
    world.op.claim("aud", json!(["client", "android"]));
    assert_eq!(code(&world.try_login()), "aud_untrusted");
    world.op.claim("aud", "client");
    for odd in [json!(null), json!(1), json!(["android"]), json!("")] {
        world.op.claim("azp", odd.clone());
        assert!(world.try_login().is_err(), "{odd}");
    }
}

#[test]
fn signed_claims_without_iss_and_aud_need_tls_and_the_option() {
    let ask = |issuer: &str, accept: bool, claims: Value| {
        let mut world = World::at(issuer, Alg::EdDsa);
        world.policy.accept_userinfo_without_iss_aud = accept;
        let session = world.login();
        let jwt = world.op.key.token(&claims);
        world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", jwt));
        let step = world.client().userinfo(&session).unwrap();
        world.run(step)
    };
    let (public, local) = ("https://op.example", "http://127.0.0.1:9");
    let bare = || json!({ "sub": "subject-1" });
    let used = ask(public, true, bare()).unwrap();
    assert_eq!(options(&used.decisions()), ["accept_userinfo_without_iss_aud"; 2]);
    assert_eq!(code(&ask(public, false, bare())), "claim_missing");
    assert_eq!(code(&ask(local, true, bare())), "claim_missing", "nobody vouches for a response over http");
    assert_eq!(code(&ask(public, true, json!({ "sub": "subject-2" }))), "userinfo_sub_mismatch");
    for (claim, value, expected) in [
        ("iss", json!("https://other.example"), "iss_mismatch"),
        ("iss", json!(null), "claim_invalid"),
        ("iss", json!(""), "iss_mismatch"),
        ("aud", json!("other"), "aud_mismatch"),
        ("aud", json!([]), "claim_invalid"),
        ("aud", json!(null), "claim_invalid"),
    ] {
        let mut claims = bare();
        claims[claim] = value.clone();
        assert_eq!(code(&ask(public, true, claims)), expected, "{claim}: {value}");
    }
}

#[test]
fn what_an_id_token_lacks_is_never_allowed_by_an_option_for_userinfo() {
    for claim in ["iss", "aud"] {
        let mut world = World::new();
        world.policy.accept_userinfo_without_iss_aud = true;
        world.op.without_claim(claim);
        assert_eq!(code(&world.try_login()), "claim_missing", "{claim}");
    }
}

#[test]
fn new_claims_at_a_refresh_are_not_other_ones() {
    let refresh = |accept: bool, first: Option<(&str, Value)>, later: (&str, Value)| {
        let mut world = World::new();
        world.policy.accept_new_claims_at_refresh = accept;
        if let Some((claim, value)) = first {
            world.op.claim(claim, value);
        }
        let session = world.login();
        world.op.claim(later.0, later.1);
        world.wait(600);
        world.refresh(&session)
    };
    let then = START.as_unix();
    for (claim, value) in
        [("azp", json!("client")), ("auth_time", json!(then)), ("auth_time", json!(then - 9))]
    {
        let refused = refresh(false, None, (claim, value.clone()));
        assert_eq!((code(&refused), detail(&refused, "claim")), ("refreshed_claim_changed", claim.into()));
        let session = refresh(true, None, (claim, value)).unwrap();
        assert_eq!(options(&session.decisions()), ["accept_new_claims_at_refresh"]);
    }
    for (first, later) in [
        (None, ("auth_time", json!(then + 300))),
        (Some(("auth_time", json!(then))), ("auth_time", json!(then - 1))),
        (None, ("sub", json!("subject-2"))),
        (None, ("nonce", json!("another"))),
    ] {
        assert_eq!(code(&refresh(true, first, later.clone())), "refreshed_claim_changed", "{later:?}");
    }
    assert_eq!(code(&refresh(true, None, ("azp", json!("android")))), "azp_mismatch");
}

#[test]
fn keys_in_any_base64_are_the_same_keys() {
    for alg in [Alg::Rs256, Alg::Es256, Alg::EdDsa] {
        for spelling in [
            |text: &str| format!("{text}{}", &"=="[..(4 - text.len() % 4) % 4]),
            |text: &str| text.replace('-', "+").replace('_', "/"),
            |text: &str| {
                let padded = format!("{text}{}", &"=="[..(4 - text.len() % 4) % 4]);
                padded.replace('-', "+").replace('_', "/")
            },
        ] {
            let mut world = World::with_alg(alg);
            let usual = world.op.key.jwk();
            for member in ["n", "e", "x", "y"] {
                if let Some(text) = usual[member].as_str() {
                    world.op.jwks["keys"][0][member] = spelling(text).into();
                }
            }
            assert_eq!(code(&world.try_login()), "ok", "{alg:?}");
        }
    }
    for odd in ["A B", "A\nB", "====", "=AAA", "AA=A", "\u{e9}"] {
        let mut world = World::new();
        world.op.jwks["keys"][0]["x"] = odd.into();
        assert_eq!(code(&world.try_login()), "unknown_key", "{odd:?}");
    }
}

#[test]
fn a_key_that_is_listed_twice_is_one_and_a_twin_is_another() {
    let login = |keys: &dyn Fn(Value, Value) -> Value, kid: bool| {
        let mut world = World::with_alg(Alg::Es256);
        let twin = Key::seeded(Alg::Es256, "k1", "twin").jwk();
        world.op.jwks = json!({ "keys": keys(world.op.key.jwk(), twin) });
        if !kid {
            world.op.header = Some(json!({ "alg": "ES256" }));
        }
        code(&world.try_login())
    };
    for kid in [true, false] {
        assert_eq!(login(&|own, _| json!([own, own, own]), kid), "ok");
        assert_eq!(login(&|own, twin| json!([own, twin]), kid), "ambiguous_key");
        assert_eq!(login(&|own, twin| json!([own, own, twin]), kid), "ambiguous_key");
        assert_eq!(login(&|own, twin| json!([twin, own, own]), kid), "ambiguous_key");
    }
}

#[test]
fn what_is_known_of_a_provider_is_told_and_can_be_switched_off() {
    let google = |known: bool| {
        let mut world = World::at("https://accounts.google.com", Alg::EdDsa);
        world.policy.use_known_provider = known;
        world.op.claim("iss", "accounts.google.com");
        world.try_login()
    };
    let session = google(true).unwrap();
    assert_eq!(options(&session.decisions()), ["issuer_aliases"]);
    assert_eq!(session.claims().iss(), "https://accounts.google.com");
    assert_eq!(code(&google(false)), "iss_mismatch");
    let mut world = World::new();
    world.op.claim("iss", "accounts.google.com");
    assert_eq!(code(&world.try_login()), "iss_mismatch", "it is known of one issuer");
}
