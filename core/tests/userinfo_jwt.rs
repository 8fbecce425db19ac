//! UserInfo as a signed JWT (OIDC Core 5.3.2): believed like an ID token, or not at all.

mod support;

use relyingparty::{Alg, Endpoint, Error, Session, Signatures, UserInfo};
use serde_json::{Value, json};
use support::{CLIENT_SECRET, Key, START, World, code, typed_response};

/// A world after a login, and what its provider says of the end user.
fn logged_in(alg: Alg) -> (World, Session, Value) {
    let mut world = World::with_alg(alg);
    let session = world.login();
    let claims =
        json!({ "iss": world.op.issuer(), "aud": "client", "sub": "subject-1", "email": "a@b.example" });
    (world, session, claims)
}

fn fetch(world: &mut World, session: &Session, body: &str) -> Result<UserInfo, Error> {
    world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", body));
    let step = world.client().userinfo(session)?;
    world.run(step)
}

/// The outcome for a truly signed response with these claims.
fn with_claims(change: impl FnOnce(&mut Value)) -> &'static str {
    let (mut world, session, mut claims) = logged_in(Alg::EdDsa);
    change(&mut claims);
    let token = world.op.key.token(&claims);
    code(&fetch(&mut world, &session, &token))
}

#[test]
fn a_signed_response_is_verified_whoever_checks_the_signature() {
    for signatures in [support::policy().signatures, Signatures::Host] {
        let (mut world, session, claims) = logged_in(Alg::Es256);
        world.policy.signatures = signatures;
        let token = world.op.key.token(&claims);
        let info = fetch(&mut world, &session, &token).unwrap();
        assert_eq!((info.sub(), &info.as_map()["email"]), ("subject-1", &json!("a@b.example")));
        let checks: Vec<_> = info.decisions().into_iter().map(|decision| decision.check).collect();
        for check in ["iss", "aud", "userinfo_sub", "signature"] {
            assert!(checks.contains(&check), "{check} {checks:?}");
        }
        assert_eq!(world.op.count(Endpoint::Jwks), 1, "the login's keys serve");
    }
}

#[test]
fn its_key_is_fetched_if_it_is_not_known() {
    let (mut world, session, claims) = logged_in(Alg::EdDsa);
    world.op.rotate("k2");
    world.wait(30);
    let token = world.op.key.token(&claims);
    assert_eq!(code(&fetch(&mut world, &session, &token)), "ok");
    assert_eq!(world.op.count(Endpoint::Jwks), 2);
}

#[test]
fn b12_it_speaks_of_the_sessions_end_user() {
    assert_eq!(with_claims(|claims| claims["sub"] = "subject-2".into()), "userinfo_sub_mismatch");
    assert_eq!(with_claims(|claims| claims["sub"] = "Subject-1".into()), "userinfo_sub_mismatch");
    assert_eq!(with_claims(|claims| claims["sub"] = 1.into()), "claim_invalid");
    assert_eq!(with_claims(|claims| claims["sub"] = Value::Null), "claim_invalid");
}

#[test]
fn b12_its_issuer_and_audience_are_checked_and_have_to_be_there() {
    let without = |claim: &str| with_claims(|claims| drop(claims.as_object_mut().unwrap().remove(claim)));
    assert_eq!([without("iss"), without("aud"), without("sub")], ["claim_missing"; 3]);
    assert_eq!(with_claims(|claims| claims["iss"] = "https://evil.example".into()), "iss_mismatch");
    assert_eq!(with_claims(|claims| claims["aud"] = "other".into()), "aud_mismatch");
    assert_eq!(with_claims(|claims| claims["aud"] = json!(["client", "other"])), "aud_untrusted");
}

#[test]
fn its_times_count_if_it_has_any() {
    let now = START.as_unix();
    assert_eq!(with_claims(|claims| claims["exp"] = (now + 1).into()), "ok");
    assert_eq!(with_claims(|claims| claims["exp"] = (now - 60).into()), "token_expired");
    assert_eq!(with_claims(|claims| claims["iat"] = (now + 61).into()), "issued_in_future");
    assert_eq!(with_claims(|claims| claims["nbf"] = (now + 61).into()), "not_yet_valid");
    assert_eq!(with_claims(|claims| claims["exp"] = "soon".into()), "claim_invalid");
}

#[test]
fn b2_a_logout_token_is_no_userinfo() {
    assert_eq!(with_claims(|claims| claims["events"] = json!({})), "claim_invalid");
}

#[test]
fn its_signature_counts() {
    let (mut world, session, claims) = logged_in(Alg::EdDsa);
    let forged = Key::seeded(Alg::EdDsa, "k1", "forger").token(&claims);
    assert_eq!(code(&fetch(&mut world, &session, &forged)), "bad_signature");
    let unsigned = world.op.key.token_of(r#"{"alg":"none"}"#, &claims.to_string());
    assert_eq!(code(&fetch(&mut world, &session, &unsigned)), "alg_refused");
    for garbage in ["", "a.b.c", "a.b.c.d.e", "{\"sub\":\"subject-1\"}", &"a".repeat(16 * 1024 + 1)] {
        let refused = code(&fetch(&mut world, &session, garbage));
        assert!(["malformed_token", "token_too_large"].contains(&refused), "{refused}");
    }
}

#[test]
fn its_algorithm_is_the_registered_one_else_one_that_is_advertised() {
    let outcome = |advertised: Value, pinned: Option<Alg>, signed: Alg| {
        let (mut world, session, claims) = logged_in(Alg::EdDsa);
        world.op.metadata["userinfo_signing_alg_values_supported"] = advertised;
        world.registration.userinfo_signed_response_alg = pinned;
        let key = Key::new(signed, "k2");
        world.op.jwks = json!({ "keys": [world.op.key.jwk(), key.jwk()] });
        world.wait(30);
        code(&fetch(&mut world, &session, &key.token(&claims)))
    };
    assert_eq!(outcome(Value::Null, None, Alg::EdDsa), "ok", "as ID tokens");
    assert_eq!(outcome(Value::Null, None, Alg::Es256), "alg_refused");
    assert_eq!(outcome(json!(["none", "ES256"]), None, Alg::Es256), "ok");
    assert_eq!(outcome(json!(["ES256"]), None, Alg::EdDsa), "alg_refused");
    assert_eq!(outcome(json!(["ES256"]), Some(Alg::Es384), Alg::Es384), "ok");
    assert_eq!(outcome(json!(["ES256"]), Some(Alg::Es384), Alg::Es256), "alg_refused");
}

#[test]
fn a_client_that_registered_for_signed_userinfo_takes_no_other() {
    let (mut world, session, claims) = logged_in(Alg::EdDsa);
    world.registration.userinfo_signed_response_alg = Some(Alg::EdDsa);
    let token = world.op.key.token(&claims);
    assert_eq!(code(&fetch(&mut world, &session, &token)), "ok");
    let asked = world.op.log.last().unwrap();
    assert_eq!(asked.headers[0], ("accept".to_owned(), "application/jwt".to_owned()));
    world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/json", claims.to_string()));
    let step = world.client().userinfo(&session).unwrap();
    assert_eq!(code(&world.run(step)), "unexpected_content_type");
}

#[test]
fn it_may_be_signed_with_the_client_secret_where_that_is_registered() {
    let (mut world, session, claims) = logged_in(Alg::EdDsa);
    let token = Key::new(Alg::Hs256, "unused").token(&claims);
    world.registration = world.registration.clone().with_secret(CLIENT_SECRET);
    assert_eq!(code(&fetch(&mut world, &session, &token)), "alg_refused");
    world.registration.userinfo_signed_response_alg = Some(Alg::Hs256);
    assert_eq!(code(&fetch(&mut world, &session, &token)), "ok");
    world.registration.userinfo_signed_response_alg = Some(Alg::Hs512);
    world.registration = world.registration.clone().with_secret(&CLIENT_SECRET[..63]);
    assert_eq!(code(&world.try_client()), "invalid_configuration");
}
