//! Which login a response finds in the browser that brings it, and what is said where it finds none.

mod support;

use relyingparty::{
    AuthorizeRequest, CallbackParams, Category, Error, Held, LoginCookies, LoginMissing, PendingLogin,
    ResponseMode, clear_cookie,
};
use support::{World, code, detail, parameter, query};

const LOOPBACK: &str = "http://localhost:8000/cb";

fn at(redirect_uri: &str) -> World {
    let mut world = World::new();
    world.registration.redirect_uri = redirect_uri.into();
    world
}

/// The query with which the browser comes back from this login.
fn response(login: &relyingparty::Authorization) -> String {
    format!("code=c&state={}", parameter(query(&login.url), "state").unwrap())
}

/// The `name=value` of a `Set-Cookie` header.
fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap()
}

fn reason<'a>(world: &World, response: &str, held: impl Into<Held<'a>>) -> String {
    let response = CallbackParams::parse(response).unwrap();
    let error = world.client().login_id(&response, held).unwrap_err();
    assert_eq!((error.code(), error.category()), ("no_pending_login", Category::Callback));
    assert!(!error.is_retryable());
    error.detail("reason").unwrap().to_owned()
}

#[test]
fn what_the_browser_holds_tells_the_causes_apart() {
    let mut world = World::new();
    let (mine, other) = (world.begin(), world.begin());
    let back = response(&mine);
    let other = other.pending.set_cookie();
    let broken = format!("{}=nothing", mine.pending.cookie_name());
    for (header, expected) in [
        ("", "no_cookie"),
        ("session=1; rp-theme=dark", "no_cookie"),
        (pair(&other), "other_cookies"),
        (&format!("{}; session=1", pair(&other)), "other_cookies"),
        (&broken, "id_malformed"),
    ] {
        assert_eq!(reason(&world, &back, &LoginCookies::parse(header)), expected, "{header}");
    }
    for (id, expected) in [(None, "id_missing"), (Some(""), "id_missing"), (Some("x"), "id_malformed")] {
        assert_eq!(reason(&world, &back, id), expected, "{id:?}");
    }
    let cookies = LoginCookies::parse(pair(&mine.pending.set_cookie()));
    let back = CallbackParams::parse(&back).unwrap();
    assert_eq!(world.client().login_id(&back, &cookies).unwrap(), mine.pending.id());
    assert_eq!(world.client().login_id(&back, Some(mine.pending.id())).unwrap(), mine.pending.id());
}

#[test]
fn a_callback_at_plain_http_says_that_its_cookie_was_dropped() {
    let mut world = World::new();
    let (login, other) = (world.begin(), world.begin().pending.set_cookie());
    let back = response(&login);
    let url = format!("http://rp.example/cb?{back}");
    assert_eq!(reason(&world, &url, &LoginCookies::parse("session=1")), "plain_http");
    assert_eq!(reason(&world, &url, None), "plain_http");
    // A cookie with that prefix came: it was not dropped.
    assert_eq!(reason(&world, &url, &LoginCookies::parse(pair(&other))), "other_cookies");
    for url in [
        format!("https://rp.example/cb?{back}"),
        format!("/cb?{back}"),
        format!("http://localhost/cb?{back}"),
    ] {
        assert_eq!(reason(&world, &url, None), "id_missing", "{url}");
    }
    let local = at(LOOPBACK);
    assert_eq!(reason(&local, &url, None), "id_missing");
}

#[test]
fn u7_a_response_without_a_state_finds_no_id() {
    let world = World::new();
    let id = "a".repeat(43);
    for without in ["code=x", "state=&code=x", "error=access_denied"] {
        let response = CallbackParams::parse(without).unwrap();
        assert_eq!(
            code(&world.client().login_id(&response, Some(id.as_str()))),
            "state_missing",
            "{without}"
        );
        assert_eq!(response.unclaimed(LoginMissing::Used).code(), "state_missing");
    }
}

#[test]
fn what_a_store_says_becomes_the_error() {
    let response = CallbackParams::parse("code=x&state=y").unwrap();
    let said = |word: Option<&str>| response.unclaimed(LoginMissing::NotInStore.told(word));
    let reason = |error: &Error| error.detail("reason").map(str::to_owned);
    assert_eq!(reason(&said(None)).as_deref(), Some("not_in_store"));
    assert_eq!(reason(&said(Some("anything"))).as_deref(), Some("not_in_store"));
    let used = said(Some("used"));
    assert_eq!((used.code(), reason(&used).as_deref()), ("no_pending_login", Some("used")));
    assert!(used.to_string().contains("cannot be used again") && !used.is_retryable(), "{used}");
    let expired = said(Some("expired"));
    assert_eq!((expired.code(), expired.category()), ("pending_login_expired", Category::Callback));
    assert_eq!(expired.details(), [("age", ""), ("limit", "")]);
    assert!(expired.to_string().starts_with("the login took too long; begin a new login"), "{expired}");
    assert_eq!(
        PendingLogin::decode(None).unwrap_err().detail("reason"),
        Some("not_in_store"),
        "a store without marks"
    );
}

#[test]
fn an_expired_login_says_whether_the_clock_went_back() {
    for (wait, step) in [(601, "state_timeout_secs"), (-61, "the clock of this host was set back")] {
        let mut world = World::new();
        let login = world.begin();
        let back = response(&login);
        world.wait(wait);
        let refused = world.callback(login, &back);
        assert_eq!((code(&refused), detail(&refused, "age")), ("pending_login_expired", wait.to_string()));
        let message = refused.unwrap_err().to_string();
        assert!(message.contains(step), "{message}");
    }
}

#[test]
fn a_login_of_another_client_or_response_is_nobodys_here() {
    let mut world = World::new();
    let login = world.begin();
    let own = CallbackParams::parse(&response(&login)).unwrap();
    assert!(world.client().owns(&login.pending, &own));
    for foreign in ["code=c&state=of-nobody", "code=c", "state=&code=c"] {
        let foreign = CallbackParams::parse(foreign).unwrap();
        assert!(!world.client().owns(&login.pending, &foreign));
    }
    for change in [
        (|world| world.registration.client_id = "other".into()) as fn(&mut World),
        |world| world.registration.redirect_uri = "https://rp.example/cb2".into(),
        |world| world.op.metadata["issuer"] = "https://op.example/2".into(),
    ] {
        let mut other = World::new();
        change(&mut other);
        assert!(!other.client().owns(&login.pending, &own));
    }
}

#[test]
fn a_login_at_loopback_has_a_cookie_that_every_browser_keeps() {
    for redirect_uri in [LOOPBACK, "http://127.0.0.1/cb", "http://[::1]:8/cb", "http://app.localhost/cb"] {
        let mut world = at(redirect_uri);
        let login = world.begin();
        let (cookie, back) = (login.pending.set_cookie(), CallbackParams::parse(&response(&login)).unwrap());
        let (name, id) = (login.pending.cookie_name(), login.pending.id());
        assert_eq!(name, format!("rp-{}", login.pending.handle()));
        assert_eq!(cookie, format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"));
        assert_eq!(clear_cookie(&name), format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
        assert_eq!(back.cookie_name_at(redirect_uri).as_ref(), Some(&name));
        let cookies = LoginCookies::parse(pair(&cookie));
        assert_eq!((cookies.id(&back), cookies.ended(&back)), (Some(id), vec![name]));
        assert_eq!(world.client().login_id(&back, &cookies).unwrap(), id);
        assert!(PendingLogin::decode(Some(&login.pending.encode())).is_ok());
        assert_eq!(id.len(), 43);
    }
}

#[test]
fn a_form_that_comes_back_to_loopback_has_its_cookie_too() {
    let mut request = AuthorizeRequest::default();
    request.response_mode = Some(ResponseMode::FormPost);
    let cookie = at(LOOPBACK).try_begin(&request).unwrap().pending.set_cookie();
    // Without Secure, browsers take no SameSite=None.
    assert!(cookie.ends_with("; Path=/; HttpOnly; Max-Age=600"), "{cookie}");
    let cookie = World::new().try_begin(&request).unwrap().pending.set_cookie();
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600"), "{cookie}");
}

#[test]
fn a_login_that_began_at_loopback_before_an_upgrade_ends_after_it() {
    let mut world = at(LOOPBACK);
    let login = world.begin();
    let old = format!("__Host-rp-{}={}", login.pending.handle(), "a".repeat(43));
    let back = CallbackParams::parse(&response(&login)).unwrap();
    let cookies = LoginCookies::parse(&old);
    assert_eq!(world.client().login_id(&back, &cookies).unwrap(), "a".repeat(43));
    assert_eq!(cookies.ended(&back).len(), 1);
}

/// A page of a sibling domain can plant a cookie of any name without a prefix.
#[test]
fn e16_an_https_site_reads_no_cookie_without_the_prefix() {
    let (mut world, mut local) = (World::new(), at(LOOPBACK));
    let (mine, at_loopback) = (world.begin(), local.begin());
    let back = response(&mine);
    let plain = format!("rp-{}", mine.pending.handle());
    for planted in [mine.pending.id(), at_loopback.pending.id()] {
        let cookies = LoginCookies::parse(&format!("{plain}={planted}"));
        assert_eq!(reason(&world, &back, &cookies), "no_cookie");
        let response = CallbackParams::parse(&back).unwrap();
        assert_ne!(response.cookie_name(), Some(plain.clone()));
        // Whoever asks the cookies without saying which site it is gets no id that a login over https has.
        assert_ne!(cookies.id(&response), Some(mine.pending.id()));
        if let Some(id) = cookies.id(&response) {
            assert_eq!(reason(&world, &back, Some(id)), "id_malformed");
        }
    }
}

#[test]
fn u2_planted_cookies_push_no_login_out() {
    let mut world = World::new();
    let logins: Vec<_> = (0..7).map(|_| world.begin()).collect();
    let mut local = at(LOOPBACK);
    let planted: Vec<_> = (0..40).map(|_| local.begin().pending.set_cookie()).collect();
    let own = logins.iter().map(|login| login.pending.set_cookie());
    let header: Vec<String> = own.chain(planted.clone()).map(|cookie| pair(&cookie).to_owned()).collect();
    let cleared = LoginCookies::parse(&header.join("; ")).surplus();
    assert_eq!(cleared.len(), planted.len());
    assert!(cleared.iter().all(|name| name.starts_with("rp-")), "{cleared:?}");
    let alone: Vec<&str> = planted.iter().map(|cookie| pair(cookie)).collect();
    assert_eq!(LoginCookies::parse(&alone.join("; ")).surplus().len(), 33);
}

#[test]
fn f7_the_cookie_of_a_login_does_not_show_its_id() {
    let login = World::new().begin();
    let cookie = login.pending.cookie();
    assert!(!format!("{cookie:?}").contains(login.pending.id()));
    assert_eq!((cookie.value.expose(), cookie.max_age, cookie.secure), (login.pending.id(), 600, true));
    assert_eq!((cookie.same_site, cookie.name), (Some("Lax"), login.pending.cookie_name()));
}
