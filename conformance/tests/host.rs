//! `relyingparty-host` at the scripted provider: its two relying parties, with the transports that they ship.

mod scripted;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use conformance::browser::Browser;
use conformance::serve;
use relyingparty_host::{
    AuthorizeRequest, BoxFuture, EndSessionRequest, Error, Expectations, LoginCookies, MemoryStore,
    PendingLogin, Policy, Registration, RelyingParty, SealingKeys, Session, SignRequest, Signatures, Store,
    StoreError, Timestamp, TokenRequest, Unreachable, UreqTransport, blocking,
};
use scripted::{LOGGED_OUT, REDIRECT, Scripted, Watched};

type Asynchronous = RelyingParty;
type Blocking = blocking::RelyingParty;

/// The browser's part: where it comes back with.
fn visit(url: &str) -> String {
    Browser::new(None).follow(url, REDIRECT).unwrap()
}

/// What the browser sends with its next request.
fn cookie(pending: &PendingLogin) -> LoginCookies {
    LoginCookies::parse(pending.set_cookie().split(';').next().unwrap())
}

fn offline() -> AuthorizeRequest {
    let mut request = AuthorizeRequest::default();
    request.scopes = Some(["openid", "offline_access"].map(str::to_owned).to_vec());
    request.prompt = Some("consent".into());
    request.return_to = Some("/inbox".into());
    request
}

fn now() -> Timestamp {
    Timestamp::from_unix(serve::unix_now())
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
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

/// One login from start to session.
fn log_in(rp: &Blocking) -> Session {
    let login = rp.authorize(&offline()).unwrap();
    rp.callback(&visit(&login.url), &cookie(&login.pending)).unwrap()
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
        builder.store(Shared(store.clone())).build().unwrap()
    };
    let one = party(Registration::new("my-client", REDIRECT).with_secret("…"));
    let other = party(Registration::new("other-client", REDIRECT));
    let login = one.authorize(&AuthorizeRequest::default()).unwrap();
    let back = visit(&login.url);
    let refused = other.callback(&back, &cookie(&login.pending)).unwrap_err();
    assert_eq!(refused.code(), "pending_login_mismatch");
    one.callback(&back, &cookie(&login.pending)).unwrap();
}

/// One store of two relying parties.
struct Shared(Arc<MemoryStore>);

impl blocking::Store for Shared {
    fn put(&self, id: &str, pending: &str, max_age: u32) -> Result<(), StoreError> {
        blocking::Store::put(&*self.0, id, pending, max_age)
    }

    fn take(&self, id: &str) -> Result<Option<String>, StoreError> {
        blocking::Store::take(&*self.0, id)
    }
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

#[test]
fn u15_threads_that_refresh_one_session_share_one_request() {
    let op = Scripted::start();
    let watched = Watched::ureq().slowly(Duration::from_millis(100));
    let rp = Blocking::new(op.config(), watched.clone()).unwrap();
    let session = log_in(&rp);
    watched.asked();
    // Half of them from the session's text.
    let restored = rp.restore(&session.encode()).unwrap();
    let refreshed: Vec<Session> = std::thread::scope(|scope| {
        let asking = (0..8).map(|number| {
            let session = if number % 2 == 0 { &session } else { &restored };
            let rp = rp.clone();
            scope.spawn(move || rp.refresh(session).unwrap())
        });
        asking.collect::<Vec<_>>().into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert_eq!(watched.asked(), ["token"]);
    assert!(refreshed.iter().all(|session| session.access_token() == refreshed[0].access_token()));
    // Who still holds the old session a moment later gets the same.
    assert_eq!(rp.refresh(&session).unwrap().access_token(), refreshed[0].access_token());
    assert_eq!(watched.asked(), [""; 0]);
}

#[test]
fn u15_tasks_that_refresh_one_session_share_one_request_also_when_the_first_gives_up() {
    let op = Scripted::start();
    let watched = Watched::reqwest().slowly(Duration::from_millis(100));
    let rp = Asynchronous::new(op.config(), watched.clone()).unwrap();
    on_tokio(async {
        let login = rp.authorize(&offline()).await.unwrap();
        let session = rp.callback(&visit(&login.url), &cookie(&login.pending)).await.unwrap();
        watched.asked();
        let refresh = || {
            let (rp, session) = (rp.clone(), session.clone());
            tokio::spawn(async move { rp.refresh(&session).await })
        };
        let first = refresh();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let others: Vec<_> = (0..4).map(|_| refresh()).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Before it was sent: nobody has spent the token.
        first.abort();
        let mut tokens = Vec::new();
        for other in others {
            tokens.push(other.await.unwrap().unwrap().access_token().unwrap().to_owned());
        }
        tokens.dedup();
        assert_eq!((tokens.len(), watched.asked()), (1, vec!["token"; 2]));
    });
}

#[test]
fn a_session_is_refreshed_anew_when_the_moment_has_passed_and_an_error_is_told() {
    let op = Scripted::start();
    let (ahead, watched) = (Arc::new(AtomicI64::new(0)), Watched::ureq());
    let later = ahead.clone();
    let clock = move || Timestamp::from_unix(now().as_unix() + later.load(Ordering::Relaxed));
    let rp = Blocking::new(op.config().clock(clock), watched.clone()).unwrap();
    let session = log_in(&rp);
    rp.refresh(&session).unwrap();
    ahead.store(11, Ordering::Relaxed);
    let reused = rp.refresh(&session).unwrap_err();
    assert_eq!(reused.server_error().map(|told| told.error.as_str()), Some("invalid_grant"));
}

#[test]
fn refreshes_that_ask_for_different_things_run_one_after_the_other() {
    let op = Scripted::start();
    let watched = Watched::ureq().slowly(Duration::from_millis(100));
    let rp = Blocking::new(op.config(), watched.clone()).unwrap();
    let session = log_in(&rp);
    watched.asked();
    let mut fewer = TokenRequest::default();
    fewer.scopes = Some(vec!["openid".into()]);
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| rp.refresh(&session).unwrap());
        let other = scope.spawn(|| rp.refresh_with(&session, &fewer).unwrap());
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(watched.asked(), ["token", "token"]);
    assert_ne!(one.access_token(), other.access_token());
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
