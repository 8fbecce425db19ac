//! Sessions that the provider ends.

use relyingparty::{Endpoint, Flow, Incoming, Issuer, Request, Site, SitePolicy, Step, StoreRequest};
use serde_json::json;

use crate::town::{BASE, Browser, Town, failure, keys, named};

fn logout_token(town: &Town, jti: &str, names: &serde_json::Value) -> String {
    let now = town.now.as_unix();
    let mut claims = json!({
        "iss": town.op.issuer(), "aud": "client", "iat": now, "exp": now + 120, "jti": jti,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let members = claims.as_object_mut().unwrap();
    members.extend(names.as_object().unwrap().clone());
    format!("logout_token={}", town.op.key.token(&claims))
}

fn back_channel(town: &mut Town, form: &str) -> u16 {
    let handled = town.handle(Incoming::new("POST", "/auth/backchannel-logout").form(form)).unwrap();
    assert_eq!(handled.answer.header("Cache-Control"), Some("no-store"));
    handled.answer.status
}

#[test]
fn s16_the_provider_ends_sessions_from_server_to_server_with_a_token_that_is_good_once() {
    let mut town = Town::stored();
    town.op.claim("sid", "s1");
    let mut first = town.login();
    town.op.claim("sid", "s2");
    let mut second = town.login();
    let form = logout_token(&town, "j1", &json!({ "sid": "s1", "sub": "subject-1" }));
    assert_eq!(back_channel(&mut town, &form), 200);
    assert!(town.visit(&mut first).session.is_none());
    assert!(town.visit(&mut second).session.is_some(), "another session of the same user");
    let again = town.handle(Incoming::new("POST", "/auth/backchannel-logout").form(&form)).unwrap();
    assert_eq!((again.answer.status, failure(&again)), (400, "logout_token_replayed"), "a second time");
    let everybody = logout_token(&town, "j2", &json!({ "sub": "subject-1" }));
    assert_eq!(back_channel(&mut town, &everybody), 200);
    assert!(town.visit(&mut second).session.is_none());
    let mut foreign = logout_token(&town, "j3", &json!({ "sub": "subject-1", "aud": "another" }));
    town.wait(1);
    let mut third = town.login();
    assert_eq!(back_channel(&mut town, &foreign), 400);
    foreign = logout_token(&town, "j4", &json!({ "sub": "subject-1", "nonce": "n" }));
    assert_eq!(back_channel(&mut town, &foreign), 400);
    for odd in ["", "logout_token=", "logout_token=a.b.c", "token=x"] {
        assert_eq!(back_channel(&mut town, odd), 400, "{odd}");
    }
    assert!(town.visit(&mut third).session.is_some());
    let mut storeless = Town::new(SitePolicy::default());
    let refused = storeless.handle(Incoming::new("POST", "/auth/backchannel-logout").form(&form)).unwrap();
    assert_eq!((refused.answer.status, failure(&refused)), (404, "invalid_configuration"));
}

/// The provider's message overtakes the login: the session that is stored after it does not stay.
#[test]
fn s17_a_session_that_ended_while_it_was_being_stored_is_over() {
    let mut over = 0;
    for ended_after in 0..12 {
        let mut town = Town::stored();
        town.op.claim("sid", "s1");
        let mut browser = Browser::default();
        let callback = town.provider_way(&mut browser, "/auth/login");
        let mut step = town.begin_handle(browser.request("GET", &callback)).unwrap();
        let mut asked = 0;
        let handled = loop {
            if asked == ended_after {
                let form = logout_token(&town, "j1", &json!({ "sid": "s1" }));
                assert_eq!(back_channel(&mut town, &form), 200);
            }
            asked += 1;
            match step {
                Step::Done(handled) => break handled,
                Step::Pending(flow) => step = town.advance(flow).unwrap(),
            }
        };
        browser.take(&handled.answer);
        if asked > ended_after {
            assert!(town.visit(&mut browser).session.is_none(), "{ended_after}: {:?}", handled.event);
            over += usize::from(failure(&handled) == "session_over");
        } else {
            assert!(town.visit(&mut browser).session.is_some(), "{ended_after}");
        }
    }
    assert!(over > 0, "none was stored after the end");
}

#[test]
fn s16_a_logout_that_was_cut_short_is_done_when_it_is_asked_for_again() {
    let mut town = Town::stored();
    town.op.claim("sid", "s1");
    let mut browser = town.login();
    let form = logout_token(&town, "j1", &json!({ "sid": "s1" }));
    let asked = |town: &mut Town| {
        town.begin_handle(Incoming::new("POST", "/auth/backchannel-logout").form(&form)).unwrap()
    };
    let mut step = asked(&mut town);
    while let Step::Pending(flow) = step {
        let is_last = matches!(flow.request(), Request::Store(StoreRequest::DeleteLabelled { .. }));
        if is_last {
            break;
        }
        step = town.advance(flow).unwrap();
    }
    assert!(town.visit(&mut browser).session.is_some());
    assert_eq!(back_channel(&mut town, &form), 200);
    assert!(town.visit(&mut browser).session.is_none());
}

#[test]
fn a_session_keeps_the_sid_of_its_login_through_refreshes_that_do_not_say_it() {
    let mut town = Town::stored();
    town.op.claim("sid", "s1");
    let mut browser = town.login();
    town.op.claims.clear();
    for _ in 0..2 {
        town.wait(250);
        assert!(town.visit(&mut browser).event.is_some());
    }
    let form = logout_token(&town, "j1", &json!({ "sid": "s1" }));
    assert_eq!(back_channel(&mut town, &form), 200);
    assert!(town.visit(&mut browser).session.is_none());
}

#[test]
fn a_token_with_a_sid_ends_the_sessions_of_its_user_that_have_none() {
    let mut town = Town::stored();
    let mut unnamed = town.login();
    town.op.claim("sid", "s2");
    let mut named = town.login();
    let form = logout_token(&town, "j1", &json!({ "sid": "s1", "sub": "subject-1" }));
    assert_eq!(back_channel(&mut town, &form), 200);
    assert!(town.visit(&mut unnamed).session.is_none());
    assert!(town.visit(&mut named).session.is_some());
}

#[test]
fn whoever_logs_in_again_after_a_logout_stays_logged_in() {
    let mut town = Town::stored();
    town.op.claim("sid", "s1");
    town.login();
    let form = logout_token(&town, "j1", &json!({ "sub": "subject-1" }));
    assert_eq!(back_channel(&mut town, &form), 200);
    town.wait(1);
    let mut browser = town.login();
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn what_one_provider_says_is_heard_though_another_is_down_or_signs_otherwise() {
    let mut town = Town::stored();
    let (mut other, mut unlike) = (named("other"), named("unlike"));
    other.issuer = Issuer::parse("https://other.example").unwrap();
    unlike.registration.id_token_signed_response_alg = Some(relyingparty::Alg::Hs512);
    let site = Site::new(BASE, keys(&[1]), SitePolicy::stored()).unwrap();
    let site = site.with_provider(other).unwrap().with_provider(unlike).unwrap();
    town.site = site.with_provider(named("op")).unwrap();
    let mut browser = Browser::default();
    let callback = town.provider_way(&mut browser, "/auth/login?provider=op");
    town.get(&mut browser, &callback.replace("/callback?", "/callback/op?"));
    assert!(town.visit(&mut browser).session.is_some());
    let form = logout_token(&town, "j1", &json!({ "sub": "subject-1" }));
    town.op.unreachable(Endpoint::Discovery);
    assert_eq!(back_channel(&mut town, &form), 200);
    assert!(town.visit(&mut browser).session.is_none());
    // What cannot be judged now is to be sent again.
    let foreign = logout_token(&town, "j2", &json!({ "iss": "https://other.example", "sub": "subject-1" }));
    assert_eq!(back_channel(&mut town, &foreign), 503);
}
