//! Texts that 0.1.0 stored are read, so that a fleet is upgraded in place: `data/stored-0.1` holds what 0.1.0 wrote after logins
//! at the provider of these tests.

mod support;

use relyingparty::{Cache, CallbackParams, Endpoint, Expectations, PendingLogin, Session, Step};
use serde_json::json;
use support::{START, World, parameter};

macro_rules! stored {
    ($name:literal) => {
        include_str!(concat!("data/stored-0.1/", $name))
    };
}

/// A process that knows nothing yet restores a session; the keys are fetched for it.
fn restored(text: &str) -> Session {
    let mut world = World::new();
    let step = world.client().restore(text, &Cache::default(), START).unwrap();
    let session = world.run(step).unwrap();
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
    session
}

#[test]
fn a_session_of_0_1_is_restored_with_all_that_was_in_it() {
    let session = restored(stored!("session.json"));
    assert_eq!((session.claims().iss(), session.claims().sub()), ("https://op.example", "subject-1"));
    assert_eq!((session.access_token(), session.token_type()), (Some("access-1"), "Bearer"));
    assert_eq!(session.refresh_token(), Some("refresh-1"));
    assert_eq!(session.scope(), ["openid", "profile", "email"]);
    assert_eq!(session.expires_at(), Some(START.plus(300)));
    assert_eq!(session.return_to(), Some("/orders?page=2#é"));
    assert_eq!(session.get("session_state"), Some(&json!("x.y")));
    assert_eq!(session.get("roles"), Some(&json!({ "a": [1, 2.5, null] })));
}

#[test]
fn a_session_of_0_1_that_can_do_less_is_restored_without_it() {
    let session = restored(stored!("session-without-refresh-token.json"));
    assert_eq!((session.refresh_token(), session.expires_at(), session.return_to()), (None, None, None));
    assert_eq!((session.access_token(), session.scope().len()), (Some("access-1"), 2));
    assert!(session.other_members().is_empty());
}

#[test]
fn a_session_that_0_1_refreshed_goes_on() {
    let session = restored(stored!("session-refreshed.json"));
    assert_eq!((session.access_token(), session.refresh_token()), (Some("access-2"), Some("refresh-2")));
    let mut world = World::new();
    world.op.claim("nonce", "3ZZf8caRoOjUhhq2x3VHrJVKszTsW_inhw9i8e5YfAs");
    let refreshed = world.refresh(&session).unwrap();
    assert_eq!(refreshed.claims().sub(), "subject-1");
    let form = String::from_utf8(world.op.log[0].body.clone()).unwrap();
    assert_eq!(parameter(&form, "refresh_token").as_deref(), Some("refresh-2"));
}

/// While a fleet is upgraded, 0.1.0 reads what this release writes.
#[test]
fn a_session_without_keys_is_still_written_as_0_1_wrote_it() {
    for text in [
        stored!("session.json"),
        stored!("session-without-refresh-token.json"),
        stored!("session-refreshed.json"),
    ] {
        assert_eq!(restored(text).encode(), text);
    }
}

#[test]
fn a_login_that_0_1_began_is_finished() {
    for (text, query) in [
        (stored!("pending-login.json"), stored!("pending-login.query")),
        (stored!("pending-login-with-demands.json"), stored!("pending-login-with-demands.query")),
    ] {
        let login = PendingLogin::decode(Some(text)).unwrap();
        assert_eq!((login.started_at(), login.expires_at()), (START, START.plus(600)));
        let [nonce, verifier] = ["nonce", "verifier"].map(|name| {
            let stored: serde_json::Value = serde_json::from_str(text).unwrap();
            stored[name].as_str().unwrap().to_owned()
        });
        let mut world = World::new();
        let response = if text.contains("form_post") {
            CallbackParams::parse_form_post(query).unwrap()
        } else {
            CallbackParams::parse(query).unwrap()
        };
        let code = world.client().callback(login, &response, START).unwrap();
        let Step::Pending(exchange) = world.client().exchange(code).unwrap() else { panic!("it asks") };
        let relyingparty::Request::Http(request) = relyingparty::Flow::request(&exchange) else {
            panic!("it asks the token endpoint")
        };
        let form = String::from_utf8(request.body.clone()).unwrap();
        assert_eq!(parameter(&form, "code_verifier"), Some(verifier));

        // The demands that were made then are those of the ID token now.
        let demands = text.contains("max_age");
        let claims = if demands {
            json!({ "nonce": nonce, "acr": "urn:b", "auth_time": START.as_unix() - 600 })
        } else {
            json!({ "nonce": nonce })
        };
        for (name, value) in claims.as_object().unwrap() {
            world.op.claim(name, value.clone());
        }
        let body = json!({
            "access_token": "access-1",
            "token_type": "Bearer",
            "id_token": world.op.key.token(&world.op.id_token_claims("access-1", START)),
        });
        world.op.answer_with(Endpoint::Token, support::json_response(200, &body));
        let session = world.run(Step::Pending(exchange)).unwrap();
        assert_eq!(session.return_to(), demands.then_some("/a"));
        assert_eq!(session.claims().get("acr").is_some(), demands);
    }
}

#[test]
fn the_demands_of_a_login_that_0_1_began_are_still_made() {
    let text = stored!("pending-login-with-demands.json");
    let mut world = World::new();
    let login = PendingLogin::decode(Some(text)).unwrap();
    let response = CallbackParams::parse_form_post(stored!("pending-login-with-demands.query")).unwrap();
    let code = world.client().callback(login, &response, START).unwrap();
    let nonce = "RKaAv02NyY4DExJ0X1oMD3Lm0dg-bXs7ia5tHA751qI";
    for (name, value) in [("nonce", json!(nonce)), ("acr", json!("urn:c")), ("auth_time", json!(START))] {
        world.op.claim(name, value);
    }
    let body = json!({
        "access_token": "access-1",
        "token_type": "Bearer",
        "id_token": world.op.key.token(&world.op.id_token_claims("access-1", START)),
    });
    world.op.answer_with(Endpoint::Token, support::json_response(200, &body));
    let step = world.client().exchange(code).unwrap();
    assert_eq!(support::code(&world.run(step)), "acr_mismatch");
}

#[test]
fn a_cache_of_0_1_is_read_and_its_keys_are_used() {
    for text in [stored!("cache.json"), stored!("cache-of-metadata-and-keys.json")] {
        let mut world = World::new();
        world.cache = Cache::from_json(text).unwrap();
        let token = world.op.key.token(&world.claims());
        world.verify_with(&token, Expectations::none()).unwrap();
        assert!(world.op.log.is_empty(), "the keys are at hand");
    }
    let mut world = World::new();
    world.cache = Cache::from_json(stored!("cache-of-metadata-and-keys.json")).unwrap();
    let issuer = world.issuer();
    let step = relyingparty::Provider::discover(&issuer, &world.policy, &world.cache, START).unwrap();
    assert!(matches!(step, Step::Done(_)), "the metadata are at hand");
}

/// What is longer than anything that was written is not read.
#[test]
fn u5_stored_texts_are_bounded_before_they_are_read() {
    for (text, longest) in [(stored!("pending-login.json"), 65_536), (stored!("cache.json"), 64 << 20)] {
        let read = |padded: &str| {
            if text.contains("state") {
                PendingLogin::decode(Some(padded)).map(drop)
            } else {
                Cache::from_json(padded).map(drop)
            }
        };
        let padded = format!("{text}{}", " ".repeat(longest - text.len()));
        assert_eq!(support::code(&read(&padded)), "ok");
        let error = read(&format!("{padded} ")).unwrap_err();
        assert_eq!(error.detail("reason"), Some(format!("longer than {longest} bytes").as_str()));
    }
}

#[test]
fn a_cache_of_0_1_that_holds_an_attempt_alone_is_read() {
    let text = stored!("cache-asked-in-vain.json");
    let mut world = World::new();
    world.cache = Cache::from_json(text).unwrap();
    let token = world.op.key.token(&world.claims());
    assert_eq!(support::code(&world.verify(&token)), "keys_unavailable");
}
