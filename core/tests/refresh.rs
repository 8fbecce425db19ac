//! A session that goes on: refresh tokens, and what may not change on the way.

mod support;

use relyingparty::{Alg, Endpoint, Reply, Session, Step};
use serde_json::{Value, json};
use support::{START, World, code, detail, json_response, parameter};

/// A relying party that is logged in.
fn logged_in() -> (World, Session) {
    let mut world = World::new();
    let session = world.login();
    world.op.log.clear();
    (world, session)
}

#[test]
fn f6_a_refresh_replaces_every_token() {
    let (mut world, session) = logged_in();
    world.wait(200);
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!((refreshed.access_token(), refreshed.refresh_token()), (Some("access-2"), Some("refresh-2")));
    assert_ne!(refreshed.id_token(), session.id_token());
    assert_eq!(refreshed.expires_at(), Some(START.plus(500)));
    assert_eq!((refreshed.claims().sub(), refreshed.scope()), (session.claims().sub(), session.scope()));
    assert_eq!(session.access_token(), Some("access-1"), "the old session is as it was");
    let again = world.refresh(&refreshed).unwrap();
    assert_eq!(again.access_token(), Some("access-3"));
    let sent: Vec<_> =
        world.op.log.iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect();
    assert_eq!(
        sent,
        [
            "grant_type=refresh_token&refresh_token=refresh-1&client_id=client",
            "grant_type=refresh_token&refresh_token=refresh-2&client_id=client",
        ]
    );
}

#[test]
fn f6_a_refresh_token_is_kept_when_no_new_one_comes() {
    let (mut world, session) = logged_in();
    world.op.without_member("refresh_token");
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!(refreshed.refresh_token(), Some("refresh-1"));
    assert_eq!(world.refresh(&refreshed).unwrap().refresh_token(), Some("refresh-1"));
}

#[test]
fn a_refresh_without_an_id_token_keeps_the_claims() {
    let (mut world, session) = logged_in();
    world.op.without_member("id_token");
    world.op.member("scope", "openid");
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!((refreshed.access_token(), refreshed.id_token()), (Some("access-2"), session.id_token()));
    assert_eq!(refreshed.claims().as_json(), session.claims().as_json());
    assert_eq!(refreshed.scope(), ["openid"], "a narrower scope is surfaced");
}

#[test]
fn f6_a_refreshed_id_token_is_about_the_same_login() {
    let original =
        [("auth_time", json!(START.as_unix() - 5)), ("azp", json!("client")), ("acr", json!("gold"))];
    for (claim, value, outcome) in [
        ("sub", json!("subject-2"), "refreshed_claim_changed"),
        ("sub", json!("Subject-1"), "refreshed_claim_changed"),
        ("nonce", json!("another"), "refreshed_claim_changed"),
        ("nonce", json!(null), "claim_invalid"),
        ("auth_time", json!(START.as_unix() - 4), "refreshed_claim_changed"),
        ("iss", json!("https://evil.example"), "iss_mismatch"),
        ("aud", json!("other"), "aud_mismatch"),
        ("azp", json!("other"), "azp_mismatch"),
        ("exp", json!(START.as_unix() - 61), "token_expired"),
        ("at_hash", json!("AAAA"), "at_hash_mismatch"),
        ("acr", json!("silver"), "ok"),
    ] {
        let mut world = World::new();
        for (name, value) in &original {
            world.op.claim(name, value.clone());
        }
        let session = world.login();
        world.op.claim(claim, value.clone());
        let result = world.refresh(&session);
        assert_eq!(code(&result), outcome, "{claim} {value}");
        if outcome == "refreshed_claim_changed" {
            assert_eq!(detail(&result, "claim"), claim);
        }
    }
}

#[test]
fn a_refreshed_id_token_may_leave_out_nonce_and_auth_time() {
    let mut world = World::new();
    world.op.claim("auth_time", START.as_unix() - 5);
    let session = world.login();
    for claim in ["nonce", "auth_time", "at_hash"] {
        world.op.without_claim(claim);
    }
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!(code(&world.refresh(&refreshed)), "ok");
}

#[test]
fn a_claim_that_was_not_there_at_first_may_not_turn_up() {
    for claim in ["auth_time", "azp"] {
        let (mut world, session) = logged_in();
        let value = if claim == "azp" { json!("client") } else { json!(START.as_unix()) };
        world.op.claim(claim, value);
        let result = world.refresh(&session);
        assert_eq!((code(&result), detail(&result, "claim")), ("refreshed_claim_changed", claim.to_owned()));
    }
}

#[test]
fn an_azp_that_was_there_at_first_stays() {
    let mut world = World::new();
    world.op.claim("azp", "client");
    let session = world.login();
    world.op.without_claim("azp");
    assert_eq!(
        code(&world.refresh(&session)),
        "refreshed_claim_changed",
        "OIDC Core 12.2: azp MUST be the same"
    );
}

#[test]
fn u20_a_change_of_the_issuers_spelling_is_none() {
    let mut world = World::new();
    world.registration.issuer_aliases = vec!["accounts.google.com".into()];
    let session = world.login();
    world.op.claim("iss", "accounts.google.com");
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!((refreshed.claims().iss(), session.claims().iss()), (world.op.issuer(), world.op.issuer()));
}

#[test]
fn u20_whichever_way_the_claims_are_read_the_issuer_has_its_configured_name() {
    let mut world = World::new();
    world.registration.issuer_aliases = vec!["accounts.google.com".into()];
    world.op.claim("iss", "accounts.google.com");
    world.op.claim("a \"quoted\" one", json!({ "iss": "accounts.google.com", "n": 1.50 }));
    let session = world.login();
    let step = world.client().restore(&session.encode(), &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    for session in [session, restored] {
        let claims = session.claims();
        let issuer = world.op.issuer();
        assert_eq!(claims.get("iss").unwrap(), issuer);
        assert_eq!(
            claims.read::<std::collections::BTreeMap<String, serde_json::Value>>().unwrap()["iss"],
            issuer
        );
        // Nothing else is touched.
        assert_eq!(claims.get("a \"quoted\" one").unwrap()["iss"], "accounts.google.com");
        assert_eq!(claims.as_map().len(), world.claims().as_object().unwrap().len() + 1);
        let iss = claims.decisions().into_iter().find(|decision| decision.check == "iss").unwrap();
        assert_eq!(iss.found, "accounts.google.com");
    }
}

#[test]
fn continuity_reaches_back_to_the_first_login_through_every_refresh() {
    let mut world = World::new();
    let session = world.login();
    world.op.without_claim("nonce");
    let first = world.refresh(&session).unwrap();
    world.op.claim("nonce", "of-another-login");
    assert_eq!(code(&world.refresh(&first)), "refreshed_claim_changed");
}

#[test]
fn a_refreshed_id_token_fetches_keys_like_any_other() {
    let (mut world, session) = logged_in();
    world.op.rotate("k2");
    world.wait(30);
    assert_eq!(code(&world.refresh(&session)), "ok");
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
}

#[test]
fn f6_a_refresh_that_is_refused_says_so() {
    let (mut world, session) = logged_in();
    world.op.answer_with(Endpoint::Token, json_response(400, &json!({ "error": "invalid_grant" })));
    let error = world.refresh(&session).unwrap_err();
    assert_eq!(
        (error.code(), error.server_error().unwrap().error.as_str()),
        ("provider_error", "invalid_grant")
    );
    assert_eq!(world.op.count(Endpoint::Token), 1, "the token endpoint is asked once");
}

#[test]
fn a_session_without_a_refresh_token_is_not_refreshed() {
    let mut world = World::new();
    world.op.without_member("refresh_token");
    let session = world.login();
    assert_eq!(code(&world.refresh(&session)), "no_refresh_token");
}

#[test]
fn d10_a_session_goes_back_only_to_the_client_it_came_from() {
    let (world, session) = logged_in();
    let mut other_client = World::new();
    other_client.registration.client_id = "other".into();
    let other_issuer = World::at("https://other.example", Alg::EdDsa);
    for (client, member) in [(other_client.client(), "client_id"), (other_issuer.client(), "issuer")] {
        for (outcome, found) in [
            {
                let result = client.refresh(&session);
                (code(&result), detail(&result, "member"))
            },
            {
                let result = client.userinfo(&session);
                (code(&result), detail(&result, "member"))
            },
            {
                let result = client.restore(&session.encode(), &world.cache, START);
                (code(&result), detail(&result, "member"))
            },
        ] {
            assert_eq!((outcome, found.as_str()), ("session_mismatch", member));
        }
    }
}

#[test]
fn b8_a_clock_that_is_not_set_ends_a_refresh_too() {
    let (mut world, session) = logged_in();
    world.op.without_member("id_token");
    world.now = relyingparty::Timestamp::from_unix(0);
    assert_eq!(code(&world.refresh(&session)), "implausible_clock");
}

#[test]
fn a_confidential_client_authenticates_its_refresh() {
    let mut world = World::new();
    world.registration = world.registration.with_secret("s");
    let session = world.login();
    world.refresh(&session).unwrap();
    let request = world.op.log.last().unwrap();
    assert!(request.headers.contains(&("authorization".into(), "Basic Y2xpZW50OnM=".into())));
    assert_eq!(parameter(&String::from_utf8(request.body.clone()).unwrap(), "client_id"), None);
}

#[test]
fn the_refresh_flow_ends_with_a_reply_of_another_kind() {
    let (mut world, session) = logged_in();
    let Step::Pending(flow) = world.client().refresh(&session).unwrap() else { panic!("it asks") };
    assert_eq!(
        code(&relyingparty::Flow::resume(flow, Reply::Verified(true), &mut world.cache, START)),
        "wrong_reply"
    );
}

#[test]
fn a_restored_session_refreshes_like_the_first() {
    let (mut world, session) = logged_in();
    let step = world.client().restore(&session.encode(), &world.cache, START).unwrap();
    let restored = world.run(step).unwrap();
    world.op.claim("sub", Value::from("subject-2"));
    assert_eq!(code(&world.refresh(&restored)), "refreshed_claim_changed");
}
