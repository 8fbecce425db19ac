//! `relyingparty-host` at the scripted provider: its two relying parties, with the transports that they ship.

mod scripted;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use conformance::browser::Browser;
use conformance::serve;
use relyingparty_host::{
    ApiRequest, AuthorizeRequest, BoxFuture, EndSessionRequest, Error, Expectations, LoginCookies,
    MemoryStore, Method, Policy, Registration, RelyingParty, SealingKeys, SignRequest, Signatures, Store,
    StoreError, Timestamp, TokenRequest, Unreachable, UreqTransport, blocking,
};
use scripted::{LOGGED_OUT, REDIRECT, Scripted, Watched, cookie, log_in, now, offline, on_tokio, visit};

type Asynchronous = RelyingParty;
type Blocking = blocking::RelyingParty;

/// The first lines of the crate's README, which a test compares with it.
mod readme {
    // begin
    use relyingparty_host::{
        AuthorizeRequest, Config, Error, LoginCookies, Registration, RelyingParty, ReqwestTransport,
    };

    /// Once per process. A clone is the same relying party.
    pub(super) fn set_up(issuer: &str) -> Result<RelyingParty, Error> {
        let client = Registration::new("my-client", "https://app.example/callback").with_secret("…");
        // The last call is for a provider on this machine over http; it changes nothing for others.
        let config = Config::new(issuer, client).allow_insecure_loopback();
        RelyingParty::new(config, ReqwestTransport::new()?)
    }

    /// Redirect the browser to the URL, with the cookie as `Set-Cookie`.
    pub(super) async fn login(rp: &RelyingParty) -> Result<(String, String), Error> {
        let login = rp.authorize(&AuthorizeRequest::default()).await?;
        Ok((login.url, login.pending.set_cookie()))
    }

    /// The browser is back: the URL of the request, and its header `Cookie`.
    pub(super) async fn callback(rp: &RelyingParty, url: &str, cookie: &str) -> Result<String, Error> {
        let session = rp.callback(url, &LoginCookies::parse(cookie)).await?;
        Ok(session.claims().sub().to_owned()) // start a session of your own here
    }
    // end
}

/// Rust without its spaces, which formatters move.
fn packed(code: &str) -> String {
    code.replace("pub(super) ", "")
        .replace(",}", "}")
        .split_whitespace()
        .collect::<String>()
        .replace(",}", "}")
}

#[test]
fn the_first_lines_of_the_readme_log_in() {
    let (text, printed) = (include_str!("host.rs"), include_str!("../../bindings-rust/README.md"));
    let between =
        |text: &str, from: &str, to: &str| packed(text.split_once(from).unwrap().1.split_once(to).unwrap().0);
    let run = between(text, "// begin\n", "// end\n");
    assert_eq!(run, between(printed, "```rust,no_run\n", "```"));

    let op = Scripted::start();
    let rp = readme::set_up(&op.issuer).unwrap();
    on_tokio(async {
        let (url, set_cookie) = readme::login(&rp).await.unwrap();
        let cookie = set_cookie.split(';').next().unwrap();
        assert_eq!(readme::callback(&rp, &visit(&url), cookie).await.unwrap(), "alice");
    });
}

/// The same lines for both: calls that are awaited, or not.
macro_rules! everything_a_session_can {
    ($rp:expr $(, $await:ident)?) => {{
        let rp = $rp;
        assert!(rp.check()$(.$await)?.unwrap().is_ok());
        let login = rp.authorize(&offline())$(.$await)?.unwrap();
        let back = visit(&login.url);
        let session = rp.callback(&back, &cookie(&login.pending))$(.$await)?.unwrap();
        assert_eq!((session.claims().sub(), session.return_to()), ("alice", Some("/inbox")));
        assert_eq!(rp.userinfo(&session)$(.$await)?.unwrap().sub(), "alice");

        let refreshed = rp.refresh(&session)$(.$await)?.unwrap();
        assert_ne!(refreshed.access_token(), session.access_token());
        let restored = rp.restore(&rp.encode(&refreshed).unwrap())$(.$await)?.unwrap();
        assert_eq!(restored.refresh_token(), refreshed.refresh_token());
        let granted = rp
            .refresh_token(restored.refresh_token().unwrap(), "alice", &TokenRequest::default())
            $(.$await)?
            .unwrap();
        assert_ne!(granted.grant().access_token(), refreshed.access_token());
        let claims = rp.verify(session.id_token(), Expectations::none().subject("alice"))$(.$await)?.unwrap();
        assert_eq!(claims.sub(), "alice");

        let request = ApiRequest::new(Method::Get, format!("{}/userinfo", session.claims().iss()));
        assert_eq!(rp.call(&session, request)$(.$await)?.unwrap().response.status, 200);
        let elsewhere = ApiRequest::new(Method::Get, "https://api.example/");
        assert_eq!(rp.call(&session, elsewhere)$(.$await)?.unwrap_err().code(), "origin_not_allowed");

        let url = rp.end_session(&EndSessionRequest::default().of(&session))$(.$await)?.unwrap();
        assert_eq!(Browser::new(None).follow(&url, LOGGED_OUT).unwrap(), LOGGED_OUT);
        assert_eq!(rp.jwks(), r#"{"keys":[]}"#);
        session
    }};
}

#[test]
fn a_blocking_relying_party_does_everything_a_session_can() {
    let op = Scripted::start();
    let config = op.config().sealing_keys(SealingKeys::new([serve::entropy().unwrap()]).unwrap());
    let rp = Blocking::new(config, Watched::ureq()).unwrap();
    let session = everything_a_session_can!(&rp);
    // What one process learned, the next one knows.
    let watched = Watched::ureq();
    let next = Blocking::new(op.config().cache(rp.cache()), watched.clone()).unwrap();
    next.verify(session.id_token(), Expectations::none()).unwrap();
    assert_eq!(watched.asked(), [""; 0]);
}

#[test]
fn an_asynchronous_relying_party_does_everything_a_session_can() {
    let op = Scripted::start();
    let config = op.config().sealing_keys(SealingKeys::new([serve::entropy().unwrap()]).unwrap());
    let rp = Asynchronous::new(config, Watched::reqwest()).unwrap();
    on_tokio(async { everything_a_session_can!(&rp, await) });
}

fn why(error: &Error) -> (&'static str, Option<&str>) {
    (error.code(), error.detail("reason"))
}

#[test]
fn a_login_is_used_once_and_an_error_says_that_it_was() {
    let op = Scripted::start();
    let rp = Blocking::new(op.config(), Watched::ureq()).unwrap();
    let login = rp.authorize(&AuthorizeRequest::default()).unwrap();
    let (back, cookies) = (visit(&login.url), cookie(&login.pending));
    rp.callback(&back, &cookies).unwrap();
    // A reload, and one after the cookie was cleared.
    let again = rp.callback(&back, &cookies).unwrap_err();
    assert_eq!(why(&again), ("no_pending_login", Some("used")));
    let again = rp.callback(&back, &LoginCookies::parse("")).unwrap_err();
    assert_eq!(why(&again), ("no_pending_login", Some("used")));
}

#[test]
fn e1_a_response_belongs_to_the_browser_that_began_the_login() {
    let op = Scripted::start();
    let rp = Blocking::new(op.config(), Watched::ureq()).unwrap();
    let (attackers, victims) = (
        rp.authorize(&AuthorizeRequest::default()).unwrap(),
        rp.authorize(&AuthorizeRequest::default()).unwrap(),
    );
    let back = visit(&attackers.url);
    let refused = rp.callback(&back, &cookie(&victims.pending)).unwrap_err();
    assert_eq!(why(&refused), ("no_pending_login", Some("other_cookies")));
    // With the id of another login it is refused too, and both logins go on.
    let refused = rp.callback(&back, Some(victims.pending.id())).unwrap_err();
    assert_eq!(refused.code(), "state_mismatch");
    rp.callback(&visit(&victims.url), &cookie(&victims.pending)).unwrap();
    rp.callback(&back, &cookie(&attackers.pending)).unwrap();
}

#[test]
fn a_login_of_another_client_in_the_same_store_waits_on() {
    let op = Scripted::start();
    let store = Arc::new(MemoryStore::new());
    let party = |registration: Registration| {
        let builder = Blocking::builder(op.config_of(registration), Watched::ureq());
        builder.store(store.clone()).build().unwrap()
    };
    let one = party(Registration::new("my-client", REDIRECT).with_secret("…"));
    let other = party(Registration::new("other-client", REDIRECT));
    let login = one.authorize(&AuthorizeRequest::default()).unwrap();
    let back = visit(&login.url);
    let refused = other.callback(&back, &cookie(&login.pending)).unwrap_err();
    assert_eq!(refused.code(), "pending_login_mismatch");
    one.callback(&back, &cookie(&login.pending)).unwrap();
}

#[test]
fn a_login_that_took_too_long_has_expired() {
    let op = Scripted::start();
    let ahead = Arc::new(AtomicI64::new(0));
    let later = ahead.clone();
    let store = MemoryStore::new()
        .with_clock(move || Duration::from_secs(later.load(Ordering::Relaxed).try_into().unwrap()));
    let rp = Blocking::builder(op.config(), Watched::ureq()).store(store).build().unwrap();
    let login = rp.authorize(&AuthorizeRequest::default()).unwrap();
    let back = visit(&login.url);
    ahead.store(601, Ordering::Relaxed);
    let late = rp.callback(&back, &cookie(&login.pending)).unwrap_err();
    assert_eq!(late.code(), "pending_login_expired");
}

#[test]
fn metadata_and_keys_are_fetched_once_for_all_who_need_them_and_again_when_they_are_old() {
    let op = Scripted::start();
    let (ahead, watched) = (Arc::new(AtomicI64::new(0)), Watched::ureq().slowly(Duration::from_millis(50)));
    let later = ahead.clone();
    let clock = move || Timestamp::from_unix(now().as_unix() + later.load(Ordering::Relaxed));
    let rp = Blocking::new(op.config().clock(clock), watched.clone()).unwrap();
    let begin = || {
        std::thread::scope(|scope| {
            let begun: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| rp.authorize(&AuthorizeRequest::default()).unwrap().url))
                .collect();
            let mut urls: Vec<_> = begun.into_iter().map(|begun| begun.join().unwrap()).collect();
            urls.sort();
            urls.dedup();
            urls.len()
        })
    };
    assert_eq!((begin(), watched.asked()), (8, vec!["discovery"]));
    assert_eq!((begin(), watched.asked()), (8, vec![]));
    ahead.store(700, Ordering::Relaxed);
    assert_eq!((begin(), watched.asked()), (8, vec!["discovery"]));
}

/// A store that is down.
struct Down;

impl blocking::Store for Down {
    fn put(&self, _: &str, _: &str, _: u32) -> Result<(), StoreError> {
        Err("the database is down".into())
    }

    fn take(&self, _: &str) -> Result<Option<String>, StoreError> {
        Err("the database is down".into())
    }
}

impl Store for Down {
    fn put(&self, _: String, _: String, _: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Err("the database is down".into()) })
    }

    fn take(&self, _: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        Box::pin(async { Err("the database is down".into()) })
    }
}

#[test]
fn a_store_that_fails_is_an_error_of_its_own() {
    let op = Scripted::start();
    let rp = Blocking::builder(op.config(), Watched::ureq()).store(Down).build().unwrap();
    let error = rp.authorize(&AuthorizeRequest::default()).unwrap_err();
    assert_eq!((error.code(), error.category(), error.is_retryable()), ("store_failed", None, false));
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the database is down");

    let rp = Asynchronous::builder(op.config(), Watched::reqwest()).store(Down).build().unwrap();
    let error = on_tokio(rp.authorize(&AuthorizeRequest::default())).unwrap_err();
    assert_eq!(error.code(), "store_failed");
}

fn refused(config: relyingparty_host::Config) -> (&'static str, String) {
    let error = Blocking::new(config, UreqTransport::new().unwrap()).unwrap_err();
    (error.code(), error.detail("member").unwrap_or_default().to_owned())
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_fetched() {
    let client = || Registration::new("my-client", REDIRECT);
    let config = |registration| relyingparty_host::Config::new("https://op.example", registration);
    let code = "invalid_configuration";
    assert_eq!(refused(relyingparty_host::Config::new("http://127.0.0.1", client())).0, "invalid_issuer");

    let mut registration = client();
    registration.tls_client_certificate = true;
    assert_eq!(refused(config(registration)), (code, "tls_client_certificate".into()));
    let mut registration = client();
    registration.client_assertion_type = Some("urn:example".into());
    assert_eq!(refused(config(registration)), (code, "client_assertion".into()));
    let key =
        relyingparty_host::SigningKey::held_by_host("kms", relyingparty_host::Alg::Es256, None).unwrap();
    let builder = || Blocking::builder(config(client().with_signing_keys([key.clone()])), Watched::ureq());
    assert_eq!(builder().build().unwrap_err().detail("member"), Some("signer"));
    builder().signer(|_: &SignRequest| Err(Unreachable::new("asleep"))).build().unwrap();

    let mut policy = Policy::default();
    policy.signatures = Signatures::Host;
    assert_eq!(refused(config(client()).policy(policy)), (code, "signatures".into()));
}

#[test]
fn without_sealing_keys_nothing_is_sealed() {
    let op = Scripted::start();
    let rp = Blocking::new(op.config(), Watched::ureq()).unwrap();
    let session = log_in(&rp);
    assert_eq!(rp.encode(&session).unwrap_err().detail("member"), Some("sealing_keys"));
    rp.restore(&session.encode()).unwrap();
}

#[test]
fn f7_what_is_printed_of_a_relying_party_is_its_name() {
    let op = Scripted::start();
    let shown = format!("{:?}", Blocking::new(op.config(), UreqTransport::new().unwrap()).unwrap());
    assert_eq!(shown, format!("RelyingParty(my-client at {})", op.issuer));
    assert_eq!(format!("{:?}", op.config()), format!("Config(my-client at {})", op.issuer));
}
