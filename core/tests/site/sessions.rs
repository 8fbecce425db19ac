//! How long sessions last, and how they are refreshed, one request after the other.

use relyingparty::{Endpoint, Event, Flow, Request, SitePolicy, Step, StoreRequest};
use serde_json::json;

use crate::support::json_response;
use crate::town::{Browser, Town, failure};

#[test]
fn a_session_that_is_due_is_refreshed_once_and_for_all() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let mut other_tab = browser.clone();
    assert!(town.visit(&mut browser).event.is_none());
    town.wait(241);
    let visit = town.visit(&mut browser);
    assert!(matches!(visit.event, Some(Event::SessionChanged { .. })), "{visit:?}");
    assert_eq!(visit.session.unwrap().access_token(), Some("access-2"));
    let visit = town.visit(&mut other_tab);
    assert!(visit.event.is_none());
    assert_eq!(visit.session.unwrap().access_token(), Some("access-2"));
    assert_eq!(town.refreshes, 1);
}

#[test]
fn over_two_hundred_expiries_each_is_one_refresh() {
    let mut town = Town::stored();
    let mut browser = town.login();
    for expiry in 1..=200 {
        town.wait(250);
        for _ in 0..3 {
            assert!(town.visit(&mut browser).session.is_some());
        }
        assert_eq!(town.refreshes, expiry);
    }
}

#[test]
fn without_a_store_there_is_no_refresh_token_to_lose() {
    let mut town = Town::new(SitePolicy::default());
    let mut browser = town.login();
    let session = town.visit(&mut browser).session.unwrap();
    assert_eq!((session.refresh_token(), session.access_token()), (None, Some("access-1")));
    town.wait(1_000);
    assert!(town.visit(&mut browser).session.is_some());
    assert_eq!(town.refreshes, 0);
}

#[test]
fn an_unused_session_ends_and_a_used_one_goes_on_until_its_last_day() {
    for store in [false, true] {
        let mut policy = SitePolicy::default();
        (policy.store, policy.idle_secs, policy.absolute_secs) = (store, 3_600, 36_000);
        let mut town = Town::new(policy.clone());
        let mut browser = town.login();
        for _ in 0..10 {
            town.wait(3_500);
            assert!(town.visit(&mut browser).session.is_some(), "{store}");
        }
        town.wait(1_500);
        assert!(town.visit(&mut browser).session.is_none(), "{store}: over, however much it was used");
        assert_eq!(browser.session().is_none(), !store, "an id that leads nowhere stays");
        let mut town = Town::new(policy);
        let mut browser = town.login();
        town.wait(3_600);
        assert!(town.visit(&mut browser).session.is_none(), "{store}: nobody used it");
    }
}

#[test]
fn s15_a_provider_that_is_down_costs_no_session_and_is_not_flooded() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.op.unreachable(Endpoint::Token);
    town.wait(250);
    let visit = town.visit(&mut browser);
    assert_eq!(visit.error.map(|error| error.code()), Some("unreachable"));
    assert!(visit.session.is_some(), "its token still lives");
    for _ in 0..20 {
        assert!(town.visit(&mut browser).session.is_some());
    }
    assert_eq!(town.refreshes, 1, "the next attempt is not due");
    for _ in 0..2_000 {
        town.wait(1);
        town.visit(&mut browser);
    }
    assert!((8..=16).contains(&town.refreshes), "{}", town.refreshes);
    assert!(browser.session().is_some(), "nobody is logged out");
    town.op.instead.clear();
    town.wait(301);
    assert_eq!(town.visit(&mut browser).session.unwrap().access_token(), Some("access-2"));
}

#[test]
fn a_dead_token_that_cannot_be_renewed_is_nobodys_for_now() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.op.unreachable(Endpoint::Token);
    town.wait(301);
    let visit = town.visit(&mut browser);
    assert_eq!((visit.session.is_none(), visit.error.unwrap().code()), (true, "unreachable"));
    let visit = town.visit(&mut browser);
    let error = visit.error.unwrap();
    assert_eq!((visit.session.is_none(), error.code()), (true, "refresh_pending"));
    assert_eq!(error.detail("retry_after"), Some("5"));
    town.op.instead.clear();
    town.wait(6);
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn a_refresh_token_that_is_gone_ends_the_session_and_is_told_once() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let mut other_tab = browser.clone();
    town.good = None;
    town.wait(250);
    let visit = town.visit(&mut browser);
    assert!(matches!(visit.event, Some(Event::SessionEnded { .. })), "{visit:?}");
    assert!(browser.session().is_none());
    for _ in 0..3 {
        let visit = town.visit(&mut other_tab);
        assert!(visit.session.is_none() && visit.event.is_none() && visit.error.is_none());
    }
    assert_eq!(town.refreshes, 1);
}

#[test]
fn who_does_not_get_the_lock_goes_on_with_a_token_that_lives() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let mut other_tab = browser.clone();
    town.wait(250);
    // The first one stops with the lock in its hands, before its request.
    let mut step = town.begin_visit(&browser).unwrap();
    for _ in 0..3 {
        let Step::Pending(flow) = step else { panic!() };
        step = town.advance(flow).unwrap();
    }
    let visit = town.visit(&mut other_tab);
    assert_eq!(visit.session.unwrap().access_token(), Some("access-1"));
    town.wait(61);
    // It died: its lock is free by now.
    assert_eq!(town.visit(&mut other_tab).session.unwrap().access_token(), Some("access-2"));
    drop(step);
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn who_does_not_get_the_lock_and_has_a_dead_token_is_told_so() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.wait(301);
    let mut step = town.begin_visit(&browser).unwrap();
    for _ in 0..3 {
        let Step::Pending(flow) = step else { panic!() };
        step = town.advance(flow).unwrap();
    }
    let visit = town.visit(&mut browser);
    assert_eq!((visit.session.is_none(), visit.error.unwrap().code()), (true, "refresh_pending"));
    assert!(browser.session().is_some());
}

/// `kill -9` at every point of a refresh: whoever comes next recovers or logs in again, and nothing hangs longer than the lock.
#[test]
fn s14_a_process_that_dies_holds_nobody_up_for_longer_than_its_lock_lives() {
    for died_after in 0..8 {
        let mut town = Town::stored();
        let mut browser = town.login();
        town.wait(250);
        let mut step = town.begin_visit(&browser).unwrap();
        for _ in 0..died_after {
            let Step::Pending(flow) = step else { break };
            step = town.advance(flow).unwrap();
        }
        drop(step);
        town.wait(60);
        let visit = town.visit(&mut browser);
        let ended = matches!(visit.event, Some(Event::SessionEnded { .. }));
        assert!(visit.session.is_some() != ended, "{died_after}: {visit:?}");
        // Only who dies between the response and the write loses the refresh token.
        assert_eq!(ended, died_after == 4, "{died_after}");
        if ended {
            let mut browser = town.login();
            assert!(town.visit(&mut browser).session.is_some());
        }
    }
}

#[test]
fn a_session_is_too_large_for_cookies_and_says_so() {
    let mut town = Town::new(SitePolicy::default());
    town.op.claim("groups", json!(vec!["a group with a long name"; 200]));
    let mut browser = Browser::default();
    let handled = town.login_at(&mut browser, "/auth/login");
    assert_eq!((handled.answer.status, failure(&handled)), (500, "cookie_too_large"));
    assert_eq!(browser.cookies.len(), 0);
    let mut town = Town::stored();
    town.op.claim("groups", json!(vec!["a group with a long name"; 200]));
    assert!(town.login().header().len() < 100);
}

#[test]
fn a_session_of_several_cookies_is_put_together_and_taken_away_whole() {
    let mut town = Town::new(SitePolicy::default());
    town.op.claim("groups", json!(vec!["a group with a long name"; 80]));
    let mut browser = town.login();
    assert_eq!(browser.order, ["__Host-rp-session", "__Host-rp-session.1"]);
    assert!(browser.header().len() < 6_000);
    assert!(town.visit(&mut browser).session.is_some());
    let large = browser.clone();
    town.op.claims.clear();
    assert!(town.login_at(&mut browser, "/auth/login").event.is_some());
    assert_eq!(browser.order, ["__Host-rp-session"], "what the longer one left over is gone");
    for broken in [vec!["__Host-rp-session"], vec!["__Host-rp-session.1"]] {
        let mut browser = large.clone();
        browser.order.retain(|name| broken.contains(&name.as_str()));
        assert!(town.visit(&mut browser).session.is_none());
    }
}

#[test]
fn a_token_endpoint_that_answers_with_another_error_costs_no_session() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.op.answer_with(Endpoint::Token, json_response(400, &json!({ "error": "invalid_client" })));
    town.wait(250);
    let visit = town.visit(&mut browser);
    assert!(visit.session.is_some() && visit.error.is_some());
    town.op.instead.clear();
    town.wait(40);
    assert!(matches!(town.visit(&mut browser).event, Some(Event::SessionChanged { .. })));
}

/// A process whose clock is behind writes down that the session was used, while another one refreshes it.
#[test]
fn s12_a_use_that_is_written_meanwhile_loses_no_refresh() {
    let mut policy = SitePolicy::stored();
    policy.idle_secs = 600;
    let mut town = Town::new(policy);
    let mut browser = town.login();
    town.wait(238);
    let step = town.begin_visit(&browser).unwrap();
    let Step::Pending(flow) = step else { panic!() };
    let Step::Pending(used) = town.advance(flow).unwrap() else { panic!() };
    assert!(matches!(used.request(), Request::Store(StoreRequest::Put { .. })));
    town.wait(5);
    let mut step = town.begin_visit(&browser).unwrap();
    for _ in 0..4 {
        let Step::Pending(flow) = step else { panic!() };
        step = town.advance(flow).unwrap();
    }
    assert_eq!(town.refreshes, 1);
    let _ = town.advance(used).unwrap();
    let visit = loop {
        match step {
            Step::Done(visit) => break visit,
            Step::Pending(flow) => step = town.advance(flow).unwrap(),
        }
    };
    assert!(matches!(visit.event, Some(Event::SessionChanged { .. })), "{visit:?}");
    assert_eq!(town.visit(&mut browser).session.unwrap().access_token(), Some("access-2"));
}

#[test]
fn an_answer_that_comes_late_takes_no_newer_session_away() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let mut other_tab = browser.clone();
    town.login_at(&mut browser, "/auth/login");
    let late = town.visit(&mut other_tab);
    browser.set(&late.set_cookies);
    assert!(late.session.is_none() && town.visit(&mut browser).session.is_some());
}

#[test]
fn s7_all_cookies_stay_within_the_budget_whatever_comes_together() {
    let mut town = Town::new(SitePolicy::default());
    town.op.claim("groups", json!(vec!["a group with a long name"; 80]));
    let mut browser = Browser::default();
    for _ in 0..4 {
        town.get(&mut browser, "/auth/login");
    }
    town.login_at(&mut browser, "/auth/login");
    assert!(browser.header().len() <= 6_000, "{}", browser.header().len());
    town.get(&mut browser, &format!("/auth/login?return_to=/{}", "a".repeat(1_900)));
    assert!(browser.header().len() <= 6_000, "{}", browser.header().len());
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn a_session_ends_no_later_than_its_provider_says() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        town.op.claim("session_expiry", town.now.as_unix() + 120);
        let mut browser = town.login();
        town.wait(119);
        assert!(town.visit(&mut browser).session.is_some());
        town.wait(2);
        assert!(town.visit(&mut browser).session.is_none());
    }
}

#[test]
fn a_session_that_is_over_already_is_none() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        town.op.claim("session_expiry", town.now.as_unix());
        let mut browser = Browser::default();
        let handled = town.login_at(&mut browser, "/auth/login");
        assert_eq!((handled.answer.status, failure(&handled)), (400, "session_over"));
        assert!(browser.session().is_none());
    }
}

/// The provider has spent the refresh token by then.
#[test]
fn a_store_that_misses_one_write_after_a_refresh_loses_no_tokens() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.wait(250);
    let mut step = town.begin_visit(&browser).unwrap();
    let mut missed = 0;
    let visit = loop {
        let flow = match step {
            Step::Done(visit) => break visit,
            Step::Pending(flow) => flow,
        };
        let is_put = matches!(flow.request(), Request::Store(StoreRequest::Put { .. }));
        // The first time it was not written, the second time it was, and nobody said so.
        town.store_is_up = !(is_put && missed == 0);
        if is_put && missed == 1 {
            town.answer(flow.request());
            town.store_is_up = false;
        }
        missed += usize::from(is_put);
        step = town.advance(flow).unwrap();
        town.store_is_up = true;
    };
    assert!(visit.session.is_some() && visit.error.is_none(), "{visit:?}");
    assert_eq!(missed, 3);
    town.wait(250);
    assert!(town.visit(&mut browser).session.is_some(), "its refresh token is good");
    assert_eq!(town.refreshes, 2);
}
