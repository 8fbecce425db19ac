//! Refreshes of `relyingparty-host` that meet each other, at the scripted provider: a refresh token is spent once.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod scripted;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use relyingparty_host::{
    HttpRequest, HttpResponse, Policy, RelyingParty, Session, Timestamp, TokenRequest, Unreachable,
    UreqTransport, blocking,
};
use scripted::{Scripted, Watched, cookie, log_in, now, offline, on_tokio, visit};

type Asynchronous = RelyingParty;
type Blocking = blocking::RelyingParty;

#[test]
fn f6_threads_that_refresh_one_session_share_one_request() {
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
fn f6_tasks_that_refresh_one_session_share_one_request_also_when_the_first_gives_up() {
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

/// Holds the first token request up for longer than anybody waits.
struct HeldUp {
    inner: UreqTransport,
    held: AtomicBool,
}

impl blocking::Transport for HeldUp {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let is_refresh = String::from_utf8_lossy(&request.body).contains("grant_type=refresh_token");
        if is_refresh && !self.held.swap(true, Ordering::Relaxed) {
            std::thread::sleep(Duration::from_secs(8));
        }
        self.inner.send(request)
    }
}

#[test]
fn u8_nobody_waits_without_end_for_a_transport_that_keeps_no_time() {
    let op = Scripted::start();
    let mut policy = Policy::default();
    (policy.token_timeout_secs, policy.metadata_timeout_secs, policy.key_tries, policy.key_wait_secs) =
        (1, 1, 1, 0);
    let transport = HeldUp { inner: UreqTransport::new().unwrap(), held: AtomicBool::new(false) };
    let rp = Blocking::new(op.config().policy(policy), transport).unwrap();
    let session = log_in(&rp);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| rp.refresh(&session));
        std::thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        rp.refresh(&session).unwrap();
        assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
        assert_eq!(held.join().unwrap().unwrap_err().code(), "provider_error");
    });
}
