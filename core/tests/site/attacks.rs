//! What somebody else puts into a browser, sends from elsewhere, or keeps for later.

use relyingparty::{Flow, Incoming, Site, SitePolicy, Step};

use crate::town::{BASE, Browser, Town, failure, keys, location, provider, sent, site_of};

#[test]
fn s1_a_logout_is_asked_for_by_a_page_of_the_site_alone() {
    for (headers, expected) in [
        (&[("Sec-Fetch-Site", "same-origin")][..], 303),
        (&[("Origin", "https://rp.example")], 303),
        (&[("Sec-Fetch-Site", "same-origin"), ("Origin", "null")], 303),
        (&[], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Sec-Fetch-Site", "same-site")], 403),
        (&[("Sec-Fetch-Site", "none")], 403),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://rp.example")], 403),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "https://rp.example.evil.example")], 403),
        (&[("Origin", "https://rp.example:444")], 403),
        (&[("Origin", "http://rp.example")], 403),
        (&[("Origin", "null")], 403),
    ] {
        let mut town = Town::stored();
        let mut browser = town.login();
        let incoming = browser.request("POST", "/auth/logout");
        let incoming = headers.iter().fold(incoming, |incoming, (name, value)| incoming.header(name, value));
        let handled = town.handle(incoming).unwrap();
        assert_eq!(handled.answer.status, expected, "{headers:?}");
        assert_eq!(failure(&handled) == "cross_site_request", expected == 403, "{headers:?}");
        assert_eq!(town.visit(&mut browser).session.is_some(), expected == 403, "{headers:?}");
    }
}

#[test]
fn s2_the_way_back_from_a_logout_is_for_the_browser_that_was_sent() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let handled = town.post(&mut browser, "/auth/logout", "return_to=/bye");
    let state = sent(&handled, "state").unwrap();
    let url = format!("/auth/logged-out?state={state}");
    let stranger = town.get(&mut Browser::default(), &url);
    assert_eq!((failure(&stranger), location(&stranger)), ("logout_state_mismatch", "/"));
    for (query, code) in [
        ("", "logout_state_missing"),
        ("?state=", "logout_state_missing"),
        ("?state=x", "logout_state_mismatch"),
    ] {
        let handled = town.get(&mut browser.clone(), &format!("/auth/logged-out{query}"));
        assert_eq!((failure(&handled), location(&handled)), (code, "/"), "{query}");
    }
    let mut late = browser.clone();
    assert_eq!(location(&town.get(&mut browser, &url)), "/bye");
    town.wait(601);
    assert_eq!(failure(&town.get(&mut late, &url)), "logout_state_mismatch");
}

/// A value that is sealed is good in its own place: not under another name, for another purpose, with other keys, at another
/// site, or changed by a character.
#[test]
fn s3_a_sealed_value_opens_in_its_own_place_alone() {
    let mut town = Town::new(SitePolicy::default());
    let mut browser = town.login();
    let callback = town.provider_way(&mut browser, "/auth/login");
    let login = browser.order.iter().find(|name| name.len() == 32).unwrap().clone();
    let (session, pending) = (browser.session().unwrap().clone(), browser.cookies[&login].clone());
    // Swapped.
    let mut swapped = browser.clone();
    swapped.cookies.insert("__Host-rp-session".into(), format!("1~{pending}"));
    swapped.cookies.insert(login.clone(), session.trim_start_matches("1~").into());
    assert_eq!(failure(&town.get(&mut swapped.clone(), &callback)), "no_pending_login");
    assert!(town.visit(&mut swapped).session.is_none());
    // Another login's, under the name of this one.
    let mut other = Browser::default();
    town.provider_way(&mut other, "/auth/login");
    let mut tossed = browser.clone();
    tossed.cookies.insert(login.clone(), other.cookies.values().next().unwrap().clone());
    tossed.cookies.remove("__Host-rp-session");
    tossed.order.retain(|name| name != "__Host-rp-session");
    assert_eq!(failure(&town.get(&mut tossed, &callback)), "no_pending_login");
    // Changed, shortened, longer; of another version.
    for place in (0..session.len()).step_by(41) {
        let mut spoilt = session.clone();
        let replaced = if spoilt.as_bytes()[place] == b'A' { "B" } else { "A" };
        spoilt.replace_range(place..=place, replaced);
        let mut browser = browser.clone();
        browser.cookies.insert("__Host-rp-session".into(), spoilt);
        assert!(town.visit(&mut browser).session.is_none(), "{place}");
    }
    for spoilt in [
        session[..session.len() - 1].to_owned(),
        format!("{session}A"),
        session.replace("v1.", "v2."),
        session.replacen("1~", "2~", 1),
        session.replacen("1~", "0~", 1),
        session.replacen("1~", "", 1),
        session.replacen("1~", "99999999999999999999~", 1),
        String::new(),
        "~".into(),
    ] {
        let mut browser = browser.clone();
        browser.cookies.insert("__Host-rp-session".into(), spoilt.clone());
        assert!(town.visit(&mut browser).session.is_none(), "{spoilt}");
    }
    // Other keys; the same keys at another site; another client.
    let mut elsewhere = provider();
    elsewhere.registration.redirect_uri = "https://other.example/auth/callback".into();
    elsewhere.registration.post_logout_redirect_uri = None;
    let other_site = Site::new("https://other.example/auth", keys(&[1]), SitePolicy::default()).unwrap();
    let mut other_client = provider();
    other_client.registration.client_id = "another".into();
    for (site, why) in [
        (site_of(keys(&[2]), SitePolicy::default(), provider()), "keys"),
        (other_site.with_provider(elsewhere).unwrap(), "site"),
        (site_of(keys(&[1]), SitePolicy::default(), other_client), "client"),
    ] {
        let own = std::mem::replace(&mut town.site, site);
        assert!(town.visit(&mut browser.clone()).session.is_none(), "{why}");
        town.site = own;
    }
    // A new key comes first, the old one opens on.
    town.site = site_of(keys(&[2, 1]), SitePolicy::default(), provider());
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn s4_what_a_store_holds_opens_under_its_own_key_and_is_no_cookie() {
    let mut town = Town::stored();
    let browser = town.login();
    let id = browser.session().unwrap().clone();
    assert_eq!(id.len(), 43);
    // The id is nowhere in the store, nor is a token.
    assert!(!format!("{:?}", town.store).contains(&id));
    for guess in
        ["", "x", &"a".repeat(43), &format!("{id}a"), "session.x", "../../etc/passwd", &"a".repeat(100_000)]
    {
        let mut thief = browser.clone();
        thief.cookies.insert("__Host-rp-session".into(), guess.to_owned());
        assert!(town.visit(&mut thief).session.is_none(), "{guess:.50}");
    }
}

#[test]
fn s5_every_login_gets_an_id_that_nobody_knew_before() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let planted = browser.session().unwrap().clone();
    let mut attacker = browser.clone();
    town.login_at(&mut browser, "/auth/login");
    assert_ne!(browser.session().unwrap(), &planted);
    assert!(town.visit(&mut browser).session.is_some());
    assert!(town.visit(&mut attacker).session.is_none(), "the earlier one is over");
}

#[test]
fn s6_a_copied_login_is_good_once_and_for_its_own_response() {
    let mut town = Town::stored();
    let mut browser = Browser::default();
    let callback = town.provider_way(&mut browser, "/auth/login");
    let mut copy = browser.clone();
    town.get(&mut browser, &callback);
    let handled = town.get(&mut copy, &callback);
    assert_eq!((handled.answer.status, failure(&handled)), (400, "no_pending_login"));
    assert_eq!(town.op.count(relyingparty::Endpoint::Token), 1);
    // Too late.
    let mut browser = Browser::default();
    let callback = town.provider_way(&mut browser, "/auth/login");
    town.wait(601);
    assert_eq!(failure(&town.get(&mut browser, &callback)), "pending_login_expired");
}

#[test]
fn s7_a_thousand_abandoned_logins_cost_neither_the_session_nor_the_budget() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        let mut browser = town.login();
        for _ in 0..200 {
            town.get(&mut browser, "/auth/login?return_to=/a/page/with/a/name");
            assert!(browser.header().len() <= 6_100, "{}", browser.header().len());
        }
        assert!(town.visit(&mut browser).session.is_some());
        assert!(browser.logins() >= 2, "{}", browser.logins());
        let callback = town.provider_way(&mut browser, "/auth/login?return_to=/end");
        assert_eq!(location(&town.get(&mut browser, &callback)), "/end");
        assert!(town.store.len() <= 3, "abandoned logins are in no store");
    }
}

#[test]
fn s8_a_login_leads_to_pages_of_the_site_alone() {
    let mut town = Town::stored();
    let long = format!("/{}", "a".repeat(4_100));
    for page in
        ["https://evil.example/", "//evil.example", "/%5Cevil.example", "javascript:alert(1)", "", &long]
    {
        let encoded: String = page.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let handled = town.login_at(&mut Browser::default(), &format!("/auth/login?return_to={encoded}"));
        assert_eq!(location(&handled), "/", "{page:.40}");
    }
}

#[test]
fn s9_a_cookie_that_is_there_twice_is_nobodys() {
    let mut town = Town::stored();
    let browser = town.login();
    let header = format!("{}; __Host-rp-session={}", browser.header(), "a".repeat(43));
    let incoming = Incoming::new("POST", "/auth/logout")
        .header("Cookie", &header)
        .header("Sec-Fetch-Site", "same-origin");
    let handled = town.handle(incoming).unwrap();
    assert!(handled.event.is_none());
    assert!(town.visit(&mut browser.clone()).session.is_some());
}

#[test]
fn s10_nothing_of_a_session_shows_in_what_may_be_logged() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.wait(250);
    let mut shown = format!("{:?} {:?}", town.site, town.store);
    let step = town.begin_visit(&browser).unwrap();
    if let Step::Pending(flow) = step {
        shown.push_str(&format!("{flow:?} {:?} {:?}", flow.request(), town.answer(flow.request())));
    }
    let visit = town.visit(&mut browser);
    shown.push_str(&format!("{visit:?}"));
    let id = browser.session().unwrap();
    for secret in [id.as_str(), "access-", "refresh-", "eyJ", BASE.trim_start_matches("https"), "v1."] {
        let own = secret == BASE.trim_start_matches("https");
        assert_eq!(shown.contains(secret), own, "{secret}: {shown}");
    }
}
