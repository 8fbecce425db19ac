//! A bare refresh token, from another library: tokens of our own, and a session where the ID token proves one.

mod support;

use relyingparty::{Endpoint, Error, RefreshedGrant};
use support::{World, code, parameter};

fn refreshed(world: &mut World, token: &str, sub: &str) -> Result<RefreshedGrant, Error> {
    // No login of this library's asked for one.
    world.op.without_claim("nonce");
    let step = world.client().refresh_token(token, sub)?;
    world.run(step)
}

#[test]
fn a_token_with_a_valid_id_token_makes_a_session() {
    let mut world = World::new();
    let refreshed = refreshed(&mut world, "from-elsewhere", "subject-1").unwrap();
    let form = String::from_utf8(world.op.log[0].body.clone()).unwrap();
    assert_eq!(parameter(&form, "refresh_token").as_deref(), Some("from-elsewhere"));
    let session = refreshed.session().unwrap();
    assert_eq!((session.claims().sub(), session.access_token()), ("subject-1", Some("access-1")));
    assert_eq!(
        (refreshed.grant().access_token(), refreshed.grant().refresh_token()),
        (Some("access-1"), Some("refresh-1"))
    );
    // It goes on as any other.
    assert_eq!(world.refresh(session).unwrap().access_token(), Some("access-2"));
}

#[test]
fn without_an_id_token_there_is_a_grant_and_no_session() {
    let mut world = World::new();
    world.op.without_member("id_token");
    world.op.without_member("refresh_token");
    let refreshed = refreshed(&mut world, "from-elsewhere", "subject-1").unwrap();
    assert!(refreshed.session().is_none());
    assert_eq!(
        refreshed.grant().refresh_token(),
        Some("from-elsewhere"),
        "the old one is kept when no new one comes"
    );
}

#[test]
fn without_the_key_there_is_a_grant_and_no_session() {
    let mut world = World::new();
    world.op.unreachable(Endpoint::Jwks);
    let refreshed = refreshed(&mut world, "from-elsewhere", "subject-1").unwrap();
    assert!(refreshed.session().is_none());
    assert_eq!((refreshed.grant().refresh_token(), world.op.waits), (Some("refresh-1"), 2));
}

#[test]
fn an_id_token_about_somebody_else_or_out_of_order_is_refused() {
    for (sub, claim, value, outcome) in [
        ("subject-2", "x", "y", "sub_mismatch"),
        ("subject-1", "iss", "https://evil.example", "iss_mismatch"),
        ("subject-1", "aud", "other", "aud_mismatch"),
        ("subject-1", "at_hash", "AAAA", "at_hash_mismatch"),
    ] {
        let mut world = World::new();
        world.op.claim(claim, value);
        assert_eq!(code(&refreshed(&mut world, "from-elsewhere", sub)), outcome);
    }
}

#[test]
fn what_is_no_token_and_nobody_are_refused_before_anything_is_sent() {
    let mut world = World::new();
    for bad in ["", " ", "a\r\nX: y", "é"] {
        assert_eq!(code(&refreshed(&mut world, bad, "subject-1")), "no_refresh_token", "{bad:?}");
    }
    assert_eq!(code(&refreshed(&mut world, "from-elsewhere", "")), "invalid_configuration");
    assert!(world.op.log.is_empty());
}
