//! The routes, as a browser goes through them.

use relyingparty::{
    Alg, Cache, Endpoint, Event, Incoming, Issuer, ResponseMode, Site, SitePolicy, SiteProvider,
};

use crate::support::{Op, parameter, policy, typed_response};
use crate::town::{
    BASE, Browser, Town, asking, failure, keys, location, named, provider, registration, sent, site_of,
};

#[test]
fn a_login_leads_to_the_page_that_it_was_begun_for() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        let mut browser = Browser::default();
        let handled = town.login_at(&mut browser, "/auth/login?return_to=/inbox%3Fa=b");
        assert_eq!((handled.answer.status, location(&handled)), (303, "/inbox?a=b"));
        assert_eq!(handled.answer.header("Cache-Control"), Some("no-store"));
        let visit = town.visit(&mut browser);
        assert_eq!(visit.session.unwrap().claims().sub(), "subject-1");
        assert_eq!(visit.provider.as_deref(), Some("op"));
        assert_eq!((browser.logins(), browser.cookies.len()), (0, 1));
    }
}

#[test]
fn what_a_visitor_may_choose_takes_the_place_of_what_every_login_asks_for() {
    let mut town = Town::stored();
    town.site =
        site_of(keys(&[1]), SitePolicy::stored(), asking(|request| request.prompt = Some("consent".into())));
    let mut browser = Browser::default();
    let plain = town.get(&mut browser, "/auth/login");
    assert_eq!((sent(&plain, "prompt").as_deref(), sent(&plain, "login_hint")), (Some("consent"), None));
    let chosen = town.get(&mut browser, "/auth/login?prompt=login&login_hint=a%40b.example");
    assert_eq!(sent(&chosen, "prompt").as_deref(), Some("login"));
    assert_eq!(sent(&chosen, "login_hint").as_deref(), Some("a@b.example"));
    let odd = town.get(&mut browser, "/auth/login?prompt=everything&login_hint=a&login_hint=b");
    assert_eq!((sent(&odd, "prompt").as_deref(), sent(&odd, "login_hint")), (Some("consent"), None));
}

#[test]
fn two_tabs_end_their_logins_in_either_order() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        let mut browser = Browser::default();
        town.op.code = "code-a".into();
        let first = town.provider_way(&mut browser, "/auth/login?return_to=/a");
        town.op.code = "code-b".into();
        let second = town.provider_way(&mut browser, "/auth/login?return_to=/b");
        assert_eq!(browser.logins(), 2);
        assert_eq!(location(&town.get(&mut browser, &second)), "/b");
        assert_eq!(location(&town.get(&mut browser, &first)), "/a");
        assert_eq!(browser.logins(), 0);
        assert_eq!(town.store.len() % 3, 0, "two marks and one session, or nothing");
    }
}

#[test]
fn a_callback_that_comes_again_goes_on_for_whoever_is_logged_in() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        let mut browser = Browser::default();
        let callback = town.provider_way(&mut browser, "/auth/login?return_to=/a");
        town.get(&mut browser, &callback);
        let again = town.get(&mut browser, &callback);
        assert_eq!((again.answer.status, location(&again), failure(&again)), (303, "/", "no_pending_login"));
        assert!(town.visit(&mut browser).session.is_some());
        // A stranger with the same URL gets nothing.
        let stranger = town.get(&mut Browser::default(), &callback);
        assert_eq!((stranger.answer.status, failure(&stranger)), (400, "no_pending_login"));
    }
}

#[test]
fn a_response_that_is_posted_is_taken_and_its_cookie_may_cross_sites() {
    let mut town = Town::stored();
    let site = site_of(
        keys(&[1]),
        SitePolicy::stored(),
        asking(|request| request.response_mode = Some(ResponseMode::FormPost)),
    );
    town.site = site;
    let mut browser = Browser::default();
    let begun = town.get(&mut browser, "/auth/login");
    assert!(begun.answer.header("Set-Cookie").unwrap().contains("SameSite=None"));
    let url = location(&begun).to_owned();
    let form = town.op.authorize(&url);
    let incoming =
        browser.request("POST", "/auth/callback").header("Sec-Fetch-Site", "cross-site").form(&form);
    let handled = town.handle(incoming).unwrap();
    assert!(matches!(handled.event, Some(Event::LoggedIn { .. })), "{handled:?}");
    assert!(handled.answer.header("Set-Cookie").unwrap().contains("SameSite=Lax"));
}

#[test]
fn denied_consent_is_an_answer_and_an_event() {
    let mut town = Town::stored();
    let mut browser = Browser::default();
    let begun = town.get(&mut browser, "/auth/login");
    let state = sent(&begun, "state").unwrap();
    let handled = town.get(&mut browser, &format!("/auth/callback?error=access_denied&state={state}"));
    assert_eq!((handled.answer.status, failure(&handled)), (403, "provider_error"));
    assert_eq!(browser.cookies.len(), 0);
}

#[test]
fn a_provider_that_is_down_is_an_answer() {
    let mut town = Town::stored();
    town.op.unreachable(Endpoint::Discovery);
    let handled = town.get(&mut Browser::default(), "/auth/login");
    assert_eq!((handled.answer.status, failure(&handled)), (503, "unreachable"));
}

#[test]
fn a_store_that_is_down_is_the_hosts_to_answer() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.store_is_up = false;
    assert_eq!(town.try_visit(&mut browser).unwrap_err().code(), "store_unavailable");
    assert!(browser.session().is_some());
    town.store_is_up = true;
    assert!(town.visit(&mut browser).session.is_some());
}

#[test]
fn a_logout_ends_the_session_here_and_comes_back_from_the_provider() {
    for policy in [SitePolicy::default(), SitePolicy::stored()] {
        let mut town = Town::new(policy);
        let mut browser = town.login();
        let handled = town.post(&mut browser, "/auth/logout", "return_to=/bye");
        assert!(location(&handled).starts_with("https://op.example/logout?"), "{}", location(&handled));
        assert!(sent(&handled, "id_token_hint").is_some());
        assert_eq!(
            sent(&handled, "post_logout_redirect_uri").as_deref(),
            Some("https://rp.example/auth/logged-out")
        );
        assert!(matches!(&handled.event, Some(Event::LoggedOut { session: Some(_), error: None })));
        assert!(town.visit(&mut browser).session.is_none());
        let state = sent(&handled, "state").unwrap();
        let back = town.get(&mut browser, &format!("/auth/logged-out?state={state}"));
        assert_eq!((location(&back), failure(&back), browser.cookies.len()), ("/bye", "ok", 0));
    }
}

#[test]
fn a_logout_whose_url_would_be_too_long_is_a_form() {
    let mut town = Town::stored();
    town.op.claim("groups", serde_json::json!(vec!["a group with a long name"; 100]));
    let mut browser = town.login();
    let handled = town.post(&mut browser, "/auth/logout", "return_to=/bye");
    assert_eq!((handled.answer.status, handled.answer.header("Location")), (200, None));
    let form = handled.answer.form.unwrap();
    assert_eq!(form.url, "https://op.example/logout");
    let fields = form.fields.unwrap();
    assert!(fields.iter().any(|(name, value)| name == "id_token_hint" && value.len() > 2_048));
    let back = town.get(&mut browser, &format!("/auth/logged-out?state={}", form.state.unwrap()));
    assert_eq!((location(&back), failure(&back)), ("/bye", "ok"));
}

#[test]
fn a_logout_goes_through_though_the_provider_is_down_or_has_no_endpoint() {
    let mut town = Town::stored();
    let mut browser = town.login();
    town.wait(1_000_000);
    let mut policy = SitePolicy::stored();
    policy.idle_secs = 2_000_000;
    policy.absolute_secs = 2_000_000;
    town.site = site_of(keys(&[1]), policy, provider());
    town.op.unreachable(Endpoint::Discovery);
    let handled = town.post(&mut browser, "/auth/logout", "");
    assert_eq!(location(&handled), "/");
    assert_eq!(town.store.len(), 1, "the mark of the login: {handled:?}");
    let mut town = Town::stored();
    town.op.metadata.as_object_mut().unwrap().remove("end_session_endpoint");
    let mut browser = town.login();
    let handled = town.post(&mut browser, "/auth/logout", "return_to=https://evil.example/");
    assert_eq!(location(&handled), "/");
    assert!(matches!(handled.event, Some(Event::LoggedOut { error: None, .. })));
}

#[test]
fn the_provider_ends_sessions_in_a_frame_that_no_cookie_reaches() {
    let mut town = Town::stored();
    town.op.claim("sid", "s 1");
    let mut first = town.login();
    town.op.claim("sid", "other");
    let mut second = town.login();
    let frame = |sid: &str| format!("/auth/frontchannel-logout?iss=https%3A%2F%2Fop.example&sid={sid}");
    let handled = town.get(&mut Browser::default(), &frame("s%201"));
    assert_eq!(handled.answer.status, 200);
    assert!(town.visit(&mut first).session.is_none());
    assert!(town.visit(&mut second).session.is_some());
    let plain = "/auth/frontchannel-logout?iss=https://op.example&sid=nobody";
    assert_eq!(town.get(&mut Browser::default(), plain).answer.status, 200, "an iss that nobody escaped");
    let foreign = "/auth/frontchannel-logout?iss=https%3A%2F%2Fevil.example&sid=other";
    assert_eq!(town.get(&mut Browser::default(), foreign).answer.status, 400);
    assert_eq!(town.get(&mut Browser::default(), "/auth/frontchannel-logout").answer.status, 400);
    assert!(town.visit(&mut second).session.is_some());
    let mut storeless = Town::new(SitePolicy::default());
    let refused = storeless.get(&mut Browser::default(), &frame("s%201"));
    assert_eq!((refused.answer.status, failure(&refused)), (404, "invalid_configuration"));
}

#[test]
fn a_login_that_somebody_else_begins_is_for_the_sites_own_providers_and_pages() {
    let mut town = Town::stored();
    let mut browser = Browser::default();
    let url = "/auth/initiate?iss=https%3A%2F%2Fop.example&login_hint=u&target_link_uri=https%3A%2F%2Frp.example%2Finbox";
    assert_eq!(sent(&town.get(&mut browser, url), "login_hint").as_deref(), Some("u"));
    let handled = town.login_at(&mut browser, url);
    assert_eq!(location(&handled), "/inbox");
    let elsewhere =
        "/auth/initiate?iss=https%3A%2F%2Fop.example&target_link_uri=https%3A%2F%2Fevil.example%2Finbox";
    assert_eq!(location(&town.login_at(&mut browser, elsewhere)), "/");
    for foreign in
        ["/auth/initiate?iss=https%3A%2F%2Fevil.example", "/auth/initiate", "/auth/login?provider=evil"]
    {
        let handled = town.get(&mut browser, foreign);
        assert_eq!((handled.answer.status, failure(&handled)), (400, "unknown_provider"), "{foreign}");
    }
}

#[test]
fn routes_are_found_below_the_base_url_and_by_their_methods_alone() {
    let mut town = Town::stored();
    let status = |town: &mut Town, method: &str, url: &str| {
        town.handle(Incoming::new(method, url).header("Sec-Fetch-Site", "same-origin")).unwrap().answer
    };
    for url in ["/auth/login", "/login", "https://internal:8080/auth/login?x=y", "/auth/login#a"] {
        assert_eq!(status(&mut town, "GET", url).status, 303, "{url}");
    }
    for url in
        ["/auth", "/auth/", "", "/evil/login", "/evil/auth/login", "/auth/login/", "/auth/nothing", "login"]
    {
        assert_eq!(status(&mut town, "GET", url).status, 404, "{url}");
    }
    for (method, route) in [("POST", "login"), ("GET", "logout"), ("PUT", "callback"), ("POST", "logged-out")]
    {
        let answer = status(&mut town, method, &format!("/auth/{route}"));
        assert_eq!((answer.status, answer.header("Allow").is_some()), (405, true), "{method} {route}");
    }
    // A proxy may take off the front of a longer path.
    let mut long = registration();
    long.redirect_uri = "https://rp.example/app/auth/callback".into();
    long.post_logout_redirect_uri = None;
    let mut provider = provider();
    provider.registration = long;
    let site = Site::new("https://rp.example/app/auth", keys(&[1]), SitePolicy::stored()).unwrap();
    town.site = site.with_provider(provider).unwrap();
    for (url, expected) in
        [("/app/auth/login", 303), ("/auth/login", 303), ("/login", 303), ("/p/auth/login", 404)]
    {
        assert_eq!(status(&mut town, "GET", url).status, expected, "{url}");
        let own = expected == 303 && url != "/login";
        assert_eq!(town.site.handles(url), own, "{url}: a page of the application's may be called so");
    }
}

#[test]
fn a_site_that_cannot_work_is_refused() {
    let refused = |base: &str, policy: SitePolicy| Site::new(base, keys(&[1]), policy).unwrap_err().code();
    for base in ["http://rp.example", "https://rp.example/", "https://rp.example/a?b", "rp.example", ""] {
        assert_eq!(refused(base, SitePolicy::default()), "invalid_configuration", "{base}");
    }
    let mut odd = SitePolicy::default();
    odd.cookie_name = "a;b".into();
    assert_eq!(refused(BASE, odd.clone()), "invalid_configuration");
    odd.cookie_name = format!("rp-{}", "a".repeat(22));
    assert_eq!(refused(BASE, odd), "invalid_configuration");
    let mut odd = SitePolicy::default();
    odd.after_login = "https://evil.example".into();
    assert_eq!(refused(BASE, odd), "invalid_configuration");
    let mut odd = SitePolicy::default();
    odd.idle_secs = 1;
    assert_eq!(refused(BASE, odd), "policy_out_of_range");
    let with = |policy: SitePolicy, provider| {
        let site = Site::new(BASE, keys(&[1]), policy).unwrap();
        site.with_provider(provider).map(drop).unwrap_err()
    };
    for elsewhere in [
        "https://other.example/auth/callback",
        "https://rp.example",
        "https://rp.example/",
        "https://rp.example/auth/logout",
    ] {
        let mut provider = provider();
        provider.registration.redirect_uri = elsewhere.into();
        assert_eq!(
            with(SitePolicy::stored(), provider).detail("member"),
            Some("redirect_uri"),
            "{elsewhere}"
        );
    }
    let offline = asking(|request| request.scopes = Some(vec!["openid".into(), "offline_access".into()]));
    assert_eq!(with(SitePolicy::default(), offline.clone()).detail("member"), Some("store"));
    let site = site_of(keys(&[1]), SitePolicy::stored(), offline);
    assert_eq!(
        site.clone().with_provider(provider()).map(drop).unwrap_err().detail("member"),
        Some("provider")
    );
    for same in ["https://rp.example/auth/callback", "https://rp.example/callback"] {
        let mut other = named("other");
        other.registration.redirect_uri = same.into();
        let refused = site.clone().with_provider(other).map(drop).unwrap_err();
        assert_eq!(refused.detail("member"), Some("redirect_uri"), "{same}");
    }
    assert!(site.with_provider(named("other")).is_ok());
    let mut hasty = SitePolicy::stored();
    hasty.lock_secs = 44;
    assert_eq!(with(hasty, provider()).detail("member"), Some("lock_secs"));
}

#[test]
fn a_policy_is_read_from_json_with_names_that_exist() {
    let policy = SitePolicy::from_json(r#"{"store":true,"idle_secs":600,"after_login":"/home"}"#).unwrap();
    assert_eq!((policy.store, policy.idle_secs, policy.after_login.as_str()), (true, 600, "/home"));
    assert_eq!(policy.absolute_secs, SitePolicy::default().absolute_secs);
    for odd in [r#"{"idle":600}"#, r#"{"store":1}"#, r#"{"cookie_name":null}"#] {
        assert_eq!(SitePolicy::from_json(odd).unwrap_err().code(), "invalid_configuration", "{odd}");
    }
}

/// Each of several providers has a redirect URI of its own: one that passes on another's login is found out, though neither says
/// `iss` (RFC 9700 4.4.2).
#[test]
fn s18_a_response_of_another_provider_is_refused() {
    let mut town = Town::stored();
    let site = Site::new(BASE, keys(&[1]), SitePolicy::stored()).unwrap();
    town.site = site.with_provider(named("one")).unwrap().with_provider(named("two")).unwrap();
    let mut browser = Browser::default();
    let callback = town.provider_way(&mut browser, "/auth/login?provider=two");
    assert_eq!(town.get(&mut browser.clone(), &callback).answer.status, 404, "nobody's redirect URI");
    let handled = town.get(&mut browser.clone(), &callback.replace("/callback?", "/callback/one?"));
    assert_eq!((handled.answer.status, failure(&handled)), (400, "pending_login_mismatch"));
    assert_eq!(town.op.count(Endpoint::Token), 0);
    let handled = town.get(&mut browser, &callback.replace("/callback?", "/callback/two?"));
    assert!(matches!(handled.event, Some(Event::LoggedIn { .. })), "{handled:?}");
}

#[test]
fn a_posted_callback_ends_the_earlier_session_though_its_cookie_does_not_come() {
    let mut town = Town::stored();
    let mut browser = town.login();
    let form = asking(|request| request.response_mode = Some(ResponseMode::FormPost));
    town.site = site_of(keys(&[1]), SitePolicy::stored(), form);
    let mut earlier = browser.clone();
    let callback = town.provider_way(&mut browser, "/auth/login");
    browser.order.retain(|name| name != "__Host-rp-session");
    let incoming = browser.request("POST", "/auth/callback").form(callback.split_once('?').unwrap().1);
    let handled = town.handle(incoming).unwrap();
    assert!(matches!(handled.event, Some(Event::LoggedIn { .. })), "{handled:?}");
    assert!(town.visit(&mut earlier).session.is_none());
}

#[test]
fn a_logout_revokes_the_tokens_where_the_policy_says_so() {
    let tokens = |town: &Town| -> Vec<Option<String>> {
        let sent = town.op.log.iter().filter(|request| request.endpoint == Endpoint::Revocation);
        sent.map(|request| parameter(str::from_utf8(&request.body).unwrap(), "token")).collect()
    };
    for (policy, sent) in
        [(SitePolicy::default(), vec!["access-1"]), (SitePolicy::stored(), vec!["refresh-1", "access-1"])]
    {
        for revoke in [false, true] {
            let mut policy = policy.clone();
            policy.revoke_at_logout = revoke;
            let mut town = Town::new(policy);
            town.op.metadata["revocation_endpoint"] = "https://op.example/revoke".into();
            town.op.answer_with(Endpoint::Revocation, typed_response(200, "text/plain", ""));
            let mut browser = town.login();
            let handled = town.post(&mut browser, "/auth/logout", "");
            assert!(location(&handled).starts_with("https://op.example/logout?"));
            assert!(matches!(handled.event, Some(Event::LoggedOut { session: Some(_), error: None })));
            let expected = sent.iter().filter(|_| revoke).map(|token| Some((*token).to_owned()));
            assert_eq!(tokens(&town), expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_logout_goes_through_though_nothing_can_be_revoked() {
    let mut policy = SitePolicy::stored();
    policy.revoke_at_logout = true;
    let mut town = Town::new(policy);
    let mut browser = town.login();
    let handled = town.post(&mut browser, "/auth/logout", "");
    assert!(matches!(handled.event, Some(Event::LoggedOut { error: None, .. })), "no such endpoint");
    town.op.metadata["revocation_endpoint"] = "https://op.example/revoke".into();
    town.cache = Cache::default();
    town.op.unreachable(Endpoint::Revocation);
    let mut browser = town.login();
    let handled = town.post(&mut browser, "/auth/logout", "");
    assert!(location(&handled).starts_with("https://op.example/logout?"));
    let Some(Event::LoggedOut { error: Some(error), .. }) = &handled.event else {
        panic!("{:?}", handled.event)
    };
    assert_eq!(error.code(), "unreachable");
    let tried = town.op.log.iter().filter(|request| request.endpoint == Endpoint::Revocation);
    assert_eq!(tried.count(), 2, "the second one, whatever became of the first");
}

#[test]
fn a_page_too_long_for_a_cookie_waits_in_the_store_or_is_left_out() {
    let mut provider = provider();
    provider.policy.max_return_to_bytes = 8_192;
    let page = format!("/search?q={}", "a".repeat(5_000));
    for (policy, leads) in [(SitePolicy::default(), "/"), (SitePolicy::stored(), page.as_str())] {
        let mut town = Town::new(policy.clone());
        town.site = site_of(keys(&[1]), policy, provider.clone());
        let mut browser = Browser::default();
        let login = format!("/auth/login?return_to=/search%3Fq%3D{}", "a".repeat(5_000));
        let callback = town.provider_way(&mut browser, &login);
        let handled = town.get(&mut browser, &callback);
        assert_eq!(location(&handled), leads);
        let Some(Event::LoggedIn { session, .. }) = &handled.event else { panic!("{:?}", handled.event) };
        let decisions = session.decisions();
        let told = decisions.iter().find(|decision| decision.check == "return_to");
        assert_eq!(told.is_some(), leads == "/", "{told:?}");
        let keys = town.store.len();
        assert!(keys <= 2, "the session and the mark of the login: {keys}");
    }
}

#[test]
fn a_frame_of_a_tenants_ends_its_sessions() {
    const COMMON: &str = "https://login.example/common/v2.0";
    let mut town = Town::stored();
    town.op = Op::new(COMMON, Alg::Hs256);
    town.op.metadata["issuer"] = "https://login.example/{tenantid}/v2.0".into();
    town.op.claim("iss", "https://login.example/t1/v2.0");
    town.op.claim("tid", "t1");
    town.op.claim("sid", "s1");
    let mut registration = registration();
    registration.tenants = vec!["t1".into()];
    let provider = SiteProvider::new("many", Issuer::parse(COMMON).unwrap(), registration);
    town.site = site_of(keys(&[1]), SitePolicy::stored(), provider.with_policy(policy()));
    let mut browser = town.login();
    let frame = |tenant: &str| {
        format!("/auth/frontchannel-logout?iss=https%3A%2F%2Flogin.example%2F{tenant}%2Fv2.0&sid=s1")
    };
    assert_eq!(town.get(&mut Browser::default(), &frame("t2")).answer.status, 400);
    assert!(town.visit(&mut browser).session.is_some());
    assert_eq!(town.get(&mut Browser::default(), &frame("t1")).answer.status, 200);
    assert!(town.visit(&mut browser).session.is_none());
}

#[test]
fn a_provider_comes_and_goes_while_the_site_runs() {
    let mut town = Town::stored();
    town.site = site_of(keys(&[1]), SitePolicy::stored(), named("one"));
    let mut browser = Browser::default();
    assert_eq!(failure(&town.get(&mut browser, "/auth/login?provider=two")), "unknown_provider");
    town.site = town.site.clone().with_provider(named("two")).unwrap();
    let callback = town.provider_way(&mut browser, "/auth/login?provider=two");
    town.get(&mut browser, &callback.replace("/callback?", "/callback/two?"));
    assert_eq!(town.visit(&mut browser).provider.as_deref(), Some("two"));
    town.site = town.site.clone().without_provider("two");
    assert!(town.visit(&mut browser).session.is_none());
    assert_eq!(failure(&town.get(&mut browser, "/auth/login?provider=two")), "unknown_provider");
}

#[test]
fn a_redirect_uri_that_is_registered_already_stays_where_it_is() {
    let mut town = Town::stored();
    let mut provider = provider();
    provider.registration.redirect_uri = "https://rp.example/oauth2/idpresponse".into();
    town.site = site_of(keys(&[1]), SitePolicy::stored(), provider);
    assert!(town.site.handles("/oauth2/idpresponse") && !town.site.handles("/auth/callback"));
    let mut browser = Browser::default();
    let callback = town.provider_way(&mut browser, "/auth/login?return_to=/inbox");
    assert_eq!(town.get(&mut browser, &callback).answer.status, 404);
    let handled = town.get(&mut browser, &callback.replace("/auth/callback", "/oauth2/idpresponse"));
    assert_eq!(location(&handled), "/inbox");
    assert!(town.visit(&mut browser).session.is_some());
}
