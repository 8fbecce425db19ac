//! The claims of an ID token: each check, at its edge.

mod support;

use relyingparty::{AuthorizeRequest, Error, IdTokenClaims};
use serde_json::{Value, json};
use support::{ISSUER, START, World, b64, code, detail, printable};

const NOW: i64 = START.as_unix();

/// The outcome for an otherwise good token with this claim.
fn with(claim: &str, value: impl Into<Value>) -> Result<IdTokenClaims, Error> {
    changed(|claims| claims[claim] = value.into())
}

fn without(claim: &str) -> Result<IdTokenClaims, Error> {
    changed(|claims| drop(claims.as_object_mut().unwrap().remove(claim)))
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<IdTokenClaims, Error> {
    let mut world = World::new();
    let mut claims = world.claims();
    change(&mut claims);
    world.verify_claims(&claims)
}

#[test]
fn a_good_token_yields_its_claims() {
    let claims = with("https://op.example/groups", json!(["a"])).unwrap();
    assert_eq!((claims.iss(), claims.sub()), (ISSUER, "subject-1"));
    assert_eq!(claims.get("https://op.example/groups"), Some(&json!(["a"])));
    assert_eq!(claims.as_map()["aud"], "client");
    assert_eq!(serde_json::from_str::<Value>(claims.as_json()).unwrap()["sub"], "subject-1");
}

#[test]
fn b3_iss_is_the_issuer_byte_for_byte() {
    for bad in [
        "https://op.example/",
        "https://OP.example",
        "https://op.example:443",
        "http://op.example",
        "op.example",
        "https://op.example.evil.example",
        "https://op.example@evil.example",
        "https://evil.example/https://op.example",
        "https://op%2Eexample",
        " https://op.example",
        "https://op.example\n",
        "",
    ] {
        let refused = with("iss", bad);
        assert_eq!((code(&refused), detail(&refused, "actual")), ("iss_mismatch", printable(bad)));
    }
    assert_eq!(code(&with("iss", json!([ISSUER]))), "claim_invalid");
    assert_eq!(code(&without("iss")), "claim_missing");
}

#[test]
fn b3_another_spelling_of_the_issuer_is_taken_only_when_registered() {
    let mut world = World::new();
    let mut claims = world.claims();
    claims["iss"] = "accounts.google.com".into();
    assert_eq!(code(&world.verify_claims(&claims)), "iss_mismatch");
    world.registration.issuer_aliases = vec!["accounts.google.com".into()];
    let verified = world.verify_claims(&claims).unwrap();
    assert_eq!(verified.iss(), "https://op.example", "u20: one end user has one name");
    let iss = verified.decisions().into_iter().find(|decision| decision.check == "iss").unwrap();
    assert_eq!((iss.expected.as_str(), iss.found.as_str()), ("https://op.example", "accounts.google.com"));
    claims["iss"] = "accounts.google.com.evil.example".into();
    assert_eq!(code(&world.verify_claims(&claims)), "iss_mismatch");
}

#[test]
fn b4_aud_names_the_client() {
    assert_eq!(code(&with("aud", "client")), "ok");
    assert_eq!(code(&with("aud", json!(["client"]))), "ok");
    for other in [
        json!(""),
        json!("other"),
        json!("client2"),
        json!("Client"),
        json!(" client"),
        json!(["other"]),
        json!("client other"),
    ] {
        assert_eq!(code(&with("aud", other.clone())), "aud_mismatch", "{other}");
    }
    for bad in [
        json!(null),
        json!([]),
        json!([null]),
        json!([["client"]]),
        json!(["client", 1]),
        json!(1),
        json!({ "client": 1 }),
        json!(true),
    ] {
        assert_eq!(code(&with("aud", bad.clone())), "claim_invalid", "{bad}");
    }
    assert_eq!(code(&without("aud")), "claim_missing");
}

#[test]
fn b5_further_audiences_are_trusted_only_when_registered_and_then_want_azp() {
    let mut world = World::new();
    let mut claims = world.claims();
    claims["aud"] = json!(["client", "api"]);
    claims["azp"] = "client".into();
    let refused = world.verify_claims(&claims);
    assert_eq!((code(&refused), detail(&refused, "actual")), ("aud_untrusted", "client api".to_owned()));
    world.registration.trusted_audiences = vec!["api".into()];
    assert_eq!(code(&world.verify_claims(&claims)), "ok");
    claims["azp"] = "api".into();
    assert_eq!(code(&world.verify_claims(&claims)), "azp_mismatch");
    claims.as_object_mut().unwrap().remove("azp");
    assert_eq!(code(&world.verify_claims(&claims)), "claim_missing");
    claims["aud"] = json!(["api"]);
    assert_eq!(code(&world.verify_claims(&claims)), "aud_mismatch");
}

#[test]
fn b5_azp_is_the_client_whenever_it_is_there() {
    assert_eq!(code(&with("azp", "client")), "ok");
    for other in ["other", "", "Client"] {
        let refused = with("azp", other);
        assert_eq!((code(&refused), detail(&refused, "expected")), ("azp_mismatch", "client".to_owned()));
    }
}

#[test]
fn b8_exp_counts_to_the_second_with_the_skew() {
    for (past, outcome) in [(-1, "ok"), (0, "ok"), (59, "ok"), (60, "token_expired"), (61, "token_expired")] {
        assert_eq!(code(&with("exp", NOW - past)), outcome, "{past}");
    }
    assert_eq!(code(&with("exp", (NOW - 59) as f64 + 0.9)), "ok");
    assert_eq!(code(&with("exp", (NOW - 60) as f64 + 0.9)), "token_expired", "fractions go the stricter way");
    let refused = with("exp", NOW - 60);
    assert_eq!(detail(&refused, "exp"), (NOW - 60).to_string());
    assert_eq!((detail(&refused, "now"), detail(&refused, "skew")), (NOW.to_string(), "60".to_owned()));
    assert_eq!(code(&without("exp")), "claim_missing");
}

#[test]
fn b8_the_skew_is_the_policys_and_one_for_all() {
    for skew in [0, 300] {
        for (claim, value, outcome) in [
            ("exp", NOW - i64::from(skew) + 1, "ok"),
            ("exp", NOW - i64::from(skew), "token_expired"),
            ("iat", NOW + i64::from(skew), "ok"),
            ("iat", NOW + i64::from(skew) + 1, "issued_in_future"),
            ("nbf", NOW + i64::from(skew), "ok"),
            ("nbf", NOW + i64::from(skew) + 1, "not_yet_valid"),
        ] {
            let mut world = World::new();
            world.policy.allowed_skew_secs = skew;
            let mut claims = world.claims();
            claims[claim] = value.into();
            assert_eq!(code(&world.verify_claims(&claims)), outcome, "{claim} at skew {skew}");
        }
    }
}

#[test]
fn b9_iat_and_nbf_are_not_in_the_future() {
    for (claim, refusal) in [("iat", "issued_in_future"), ("nbf", "not_yet_valid")] {
        for (ahead, outcome) in [(-604_800, "ok"), (0, "ok"), (59, "ok"), (60, "ok"), (61, refusal)] {
            assert_eq!(code(&with(claim, NOW + ahead)), outcome, "{claim} {ahead}");
        }
        assert_eq!(code(&with(claim, NOW as f64 + 60.5)), refusal, "fractions go the stricter way");
    }
    assert_eq!(code(&without("iat")), "claim_missing");
}

#[test]
fn b7_numeric_dates_are_seconds_and_nothing_else() {
    for (text, outcome) in [
        ("-1", "claim_invalid"),
        ("0", "token_expired"),
        ("-0", "token_expired"),
        ("1.5", "token_expired"),
        ("1e3", "token_expired"),
        ("1.8e9", "ok"),
        ("2147483648", "ok"),
        ("253402300799", "ok"),
        ("253402300800", "claim_invalid"),
        ("9007199254740993", "claim_invalid"),
        ("9223372036854775808", "claim_invalid"),
        ("1800003600000", "claim_invalid"),
        ("1e300", "claim_invalid"),
        ("1e999", "malformed_token"),
        ("NaN", "malformed_token"),
        ("\"1800003600\"", "claim_invalid"),
        ("true", "claim_invalid"),
        ("null", "claim_invalid"),
    ] {
        let mut world = World::new();
        let mut claims = world.claims();
        claims["exp"] = "EXP".into();
        let header = r#"{"alg":"EdDSA","kid":"k1"}"#;
        let token = world.op.key.token_of(header, &claims.to_string().replace("\"EXP\"", text));
        assert_eq!(code(&world.verify(&token)), outcome, "{text}");
    }
}

#[test]
fn b13_sub_is_one_to_255_ascii_characters() {
    for (sub, outcome) in [
        (json!("s".repeat(255)), "ok"),
        (json!("s".repeat(256)), "claim_invalid"),
        (json!(""), "claim_invalid"),
        (json!("ä"), "claim_invalid"),
        (json!(7), "claim_invalid"),
    ] {
        assert_eq!(code(&with("sub", sub.clone())), outcome, "{sub}");
    }
    assert_eq!(code(&without("sub")), "claim_missing");
}

#[test]
fn b10_the_nonce_is_this_logins_own() {
    let mut world = World::new();
    let earlier = world.login().claims().get("nonce").unwrap().clone();
    for (claim, outcome) in [
        (earlier.clone(), "nonce_mismatch"),
        (json!(""), "nonce_mismatch"),
        (json!("x"), "nonce_mismatch"),
        (json!(null), "claim_invalid"),
        (json!([earlier]), "claim_invalid"),
    ] {
        world.op.claim("nonce", claim.clone());
        assert_eq!(code(&world.try_login()), outcome, "{claim}");
    }
    world.op.without_claim("nonce");
    let missing = world.try_login();
    assert_eq!((code(&missing), detail(&missing, "claim")), ("claim_missing", "nonce".to_owned()));
}

#[test]
fn a_check_that_failed_is_the_last_decision_of_the_error() {
    for (claim, last) in [("nonce", "nonce"), ("exp", "exp"), ("aud", "aud"), ("iss", "iss"), ("sub", "sub")]
    {
        let mut world = World::new();
        world.op.without_claim(claim);
        let error = world.try_login().unwrap_err();
        let decision = error.decisions().pop().unwrap();
        assert_eq!((decision.check, decision.passed), (last, false), "{claim} is missing");
    }
}

#[test]
fn b11_at_hash_fits_the_access_token_whenever_it_is_there() {
    for alg in [
        relyingparty::Alg::EdDsa,
        relyingparty::Alg::Rs256,
        relyingparty::Alg::Rs384,
        relyingparty::Alg::Es256,
    ] {
        let world = World::with_alg(alg);
        let (hash, other) = (world.op.key.hash("access-1"), world.op.key.at_hash("access-2"));
        let half = hash.len() / 2;
        let longer_hash = World::with_alg(relyingparty::Alg::Rs512).op.key.at_hash("access-1");
        for (at_hash, outcome) in [
            (b64(&hash[..half]), "ok"),
            (other, "at_hash_mismatch"),
            (b64(&hash), "at_hash_mismatch"),
            (b64(&hash[..half - 1]), "at_hash_mismatch"),
            (b64(&hash[half..]), "at_hash_mismatch"),
            (format!("{}=", b64(&hash[..half])), "at_hash_mismatch"),
            (String::new(), "at_hash_mismatch"),
            (longer_hash, if half == 32 { "ok" } else { "at_hash_mismatch" }),
        ] {
            let mut world = World::with_alg(alg);
            world.op.claim("at_hash", at_hash.clone());
            assert_eq!(code(&world.try_login()), outcome, "{alg:?} {at_hash}");
        }
        let mut world = World::with_alg(alg);
        world.op.without_claim("at_hash");
        assert_eq!(code(&world.try_login()), "ok", "the code flow does not ask for one");
    }
}

#[test]
fn f9_an_access_token_that_was_swapped_is_found_out() {
    let mut world = World::new();
    world.op.member("access_token", "another-ones");
    assert_eq!(code(&world.try_login()), "at_hash_mismatch");
}

#[test]
fn b6_a_claim_of_the_wrong_type_is_not_taken_as_absent() {
    let texts = ["iss", "sub", "azp", "nonce", "acr", "at_hash"];
    let dates = ["exp", "iat", "nbf", "auth_time"];
    let request = json!({ "max_age": 60, "claims": { "id_token": { "acr": { "essential": true } } } });
    let common = [json!(null), json!(true), json!([]), json!({}), json!([["x"]]), json!({ "x": null })];
    let wrong_text = common.iter().cloned().chain([json!(1), json!(1.5)]);
    let wrong_date = common.iter().cloned().chain([json!("1800000000"), json!("")]);
    let cases = texts
        .iter()
        .flat_map(|claim| wrong_text.clone().map(move |value| (*claim, value)))
        .chain(dates.iter().flat_map(|claim| wrong_date.clone().map(move |value| (*claim, value))));
    for (claim, value) in cases {
        let mut world = World::new();
        for (name, good) in
            [("auth_time", json!(NOW)), ("acr", json!("a")), ("azp", json!("client")), ("nbf", json!(NOW))]
        {
            world.op.claim(name, good);
        }
        world.op.claim(claim, value.clone());
        let result = world.try_login_with(&AuthorizeRequest::from_json(&request.to_string()).unwrap());
        assert_eq!((code(&result), detail(&result, "claim")), ("claim_invalid", claim.to_owned()), "{value}");
    }
}

#[test]
fn a_claim_that_decides_nothing_may_be_of_any_type() {
    for (claim, value) in [
        ("updated_at", json!("2019-12-02T15:12:34.000Z")),
        ("email_verified", json!("false")),
        ("name", json!(null)),
    ] {
        assert_eq!(code(&with(claim, value)), "ok", "{claim}");
    }
}

#[test]
fn b2_a_security_event_is_no_id_token() {
    let logout = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    for events in [logout, json!({}), json!(null)] {
        let refused = with("events", events);
        assert_eq!((code(&refused), detail(&refused, "claim")), ("claim_invalid", "events".to_owned()));
    }
}

#[test]
fn b13_an_email_is_verified_only_where_the_provider_says_so() {
    let mut world = World::new();
    for (value, strict, lenient) in [
        (json!(true), true, true),
        (json!("true"), false, true),
        (json!(false), false, false),
        (json!(1), false, false),
    ] {
        let mut claims = world.claims();
        claims["email_verified"] = value.clone();
        let claims = world.verify_claims(&claims).unwrap();
        assert_eq!((claims.email_verified(), claims.email_verified_lenient()), (strict, lenient), "{value}");
    }
}

#[test]
fn u18_a_claim_that_names_another_kind_of_token_refuses_it() {
    for (claim, kind) in [
        ("typ", "Bearer"),
        ("typ", "Refresh"),
        ("typ", "Offline"),
        ("typ", "Logout"),
        ("typ", "JWT"),
        ("typ", ""),
        ("token_use", "access"),
        ("token_use", "ID token"),
    ] {
        let mut world = World::new();
        let mut claims = world.claims();
        claims[claim] = kind.into();
        assert_eq!(code(&world.verify_claims(&claims)), "typ_refused", "{claim} {kind}");
        world.op.claim(claim, kind);
        assert_eq!(code(&world.try_login()), "typ_refused", "{claim} {kind}");
    }
    for (claim, kind) in
        [("typ", json!("ID")), ("token_use", json!("id")), ("use", json!("x")), ("use", json!(1))]
    {
        let mut world = World::new();
        world.op.claim(claim, kind);
        assert_eq!(code(&world.try_login()), "ok", "{claim}");
    }
    for claim in ["typ", "token_use"] {
        for odd in [json!(1), json!(null), json!(true), json!(["ID"]), json!({ "id": "id" })] {
            let mut world = World::new();
            world.op.claim(claim, odd.clone());
            assert_eq!(code(&world.try_login()), "claim_invalid", "{claim} {odd}");
        }
    }
}
