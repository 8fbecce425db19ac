//! One visit of a site asks its store for the lock of a session; the others wait for what it brings, and read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use relyingparty_host::{
    BoxFuture, Error, Event, HttpRequest, HttpResponse, Incoming, MemorySessionStore, RelyingParty,
    ReqwestTransport, SessionStore, Site, SitePolicy, SiteProvider, StoreEntry, StoreError, Timestamp,
    Transport, Unreachable, Versioned, Visit, blocking,
};

use super::scripted::{Scripted, Watched, now, offline, on_tokio};
use super::{BASE, back, config, cookie, keys, request};

/// A store that counts what it is asked for.
#[derive(Clone, Default)]
struct Counting {
    kept: MemorySessionStore,
    gets: Arc<AtomicUsize>,
    locks: Arc<AtomicUsize>,
}

impl Counting {
    /// How often it was asked for entries and for locks since the last call.
    fn asked(&self) -> (usize, usize) {
        (self.gets.swap(0, Ordering::Relaxed), self.locks.swap(0, Ordering::Relaxed))
    }
}

macro_rules! awaited {
    ($told:ty) => { BoxFuture<'_, Result<$told, StoreError>> };
}

macro_rules! direct {
    ($told:ty) => { Result<$told, StoreError> };
}

macro_rules! counts {
    ($kind:path, $told:ident) => {
        impl $kind for Counting {
            fn get(&self, key: String) -> $told!(Option<Versioned>) {
                self.gets.fetch_add(1, Ordering::Relaxed);
                <MemorySessionStore as $kind>::get(&self.kept, key)
            }

            fn add(&self, entry: StoreEntry) -> $told!(bool) {
                <MemorySessionStore as $kind>::add(&self.kept, entry)
            }

            fn put(&self, entry: StoreEntry, version: String) -> $told!(bool) {
                <MemorySessionStore as $kind>::put(&self.kept, entry, version)
            }

            fn take(&self, key: String) -> $told!(Option<Versioned>) {
                <MemorySessionStore as $kind>::take(&self.kept, key)
            }

            fn delete(&self, key: String) -> $told!(()) {
                <MemorySessionStore as $kind>::delete(&self.kept, key)
            }

            fn delete_labelled(&self, label: String) -> $told!(()) {
                <MemorySessionStore as $kind>::delete_labelled(&self.kept, label)
            }

            fn lock(&self, key: String, owner: String, lifetime: u32, wait: u32) -> $told!(bool) {
                self.locks.fetch_add(1, Ordering::Relaxed);
                <MemorySessionStore as $kind>::lock(&self.kept, key, owner, lifetime, wait)
            }

            fn unlock(&self, key: String, owner: String) -> $told!(()) {
                <MemorySessionStore as $kind>::unlock(&self.kept, key, owner)
            }
        }
    };
}

counts!(SessionStore, awaited);
counts!(blocking::SessionStore, direct);

/// A transport that can lose its network, and that may have no timer.
#[derive(Clone)]
struct Lossy {
    inner: ReqwestTransport,
    is_down: Arc<AtomicBool>,
    has_timer: bool,
    /// How many visits wait for another one.
    waits: Arc<AtomicUsize>,
    /// How many have to before a refresh is sent, once the login is done.
    until: Arc<AtomicUsize>,
}

impl Lossy {
    fn new() -> Lossy {
        let inner = ReqwestTransport::new().unwrap();
        let (waits, until) = Default::default();
        Lossy { inner, is_down: Arc::default(), has_timer: true, waits, until }
    }
}

impl Transport for Lossy {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        match self.is_down.load(Ordering::Relaxed) {
            true => Box::pin(async { Err(Unreachable::new("no route")) }),
            false => Box::pin(async move {
                let is_token = request.endpoint.as_str() == "token";
                while is_token && self.waits.load(Ordering::Relaxed) < self.until.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                self.inner.send(request).await
            }),
        }
    }

    fn sleep(&self, seconds: u32) -> Option<BoxFuture<'static, ()>> {
        if seconds > 0 {
            self.waits.fetch_add(1, Ordering::Relaxed);
        }
        self.has_timer.then(|| self.inner.sleep(seconds)).flatten()
    }
}

fn policy(lock_wait_secs: u32) -> SitePolicy {
    let mut policy = SitePolicy::default();
    policy.lock_wait_secs = lock_wait_secs;
    policy
}

/// A clock, and what sets it so far ahead that the access token of a login is over.
fn clock() -> (impl Fn() -> Timestamp + Clone + Send + Sync + 'static, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let later = ahead.clone();
    (move || Timestamp::from_unix(now().as_unix() + later.load(Ordering::Relaxed)), ahead)
}

const AHEAD: i64 = 610;

/// A site whose visitor is due for a refresh, and the visitor's request.
async fn due<T: Transport + Clone + 'static>(
    op: &Scripted,
    transport: &T,
    store: &Counting,
    lock_wait_secs: u32,
) -> (Site, Incoming) {
    let (clock, ahead) = clock();
    let party = RelyingParty::builder(config(op).clock(clock.clone()), transport.clone());
    let site = Site::builder(BASE, keys())
        .provider(SiteProvider::new(party).authorize(offline()))
        .store(store.clone())
        .policy(policy(lock_wait_secs))
        .clock(clock)
        .build()
        .unwrap();
    let login = site.handle(Incoming::new("GET", "/login")).await.unwrap();
    let back = tokio::task::spawn_blocking(move || back(&login)).await.unwrap();
    let request = request(&cookie(&site.handle(back).await.unwrap()));
    ahead.store(AHEAD, Ordering::Relaxed);
    store.asked();
    (site, request)
}

type Visiting = tokio::task::JoinHandle<Result<Visit, Error>>;

fn visiting(site: &Site, request: &Incoming) -> Visiting {
    let (site, request) = (site.clone(), request.clone());
    tokio::spawn(async move { site.visit(&request).await })
}

async fn visited(visiting: Vec<Visiting>) -> Vec<Visit> {
    let mut visits = Vec::new();
    for one in visiting {
        visits.push(one.await.unwrap().unwrap());
    }
    visits
}

/// How many of them have a session: the same, which one of them brought.
fn refreshed(visits: &[Visit]) -> usize {
    let mut tokens: Vec<_> = visits
        .iter()
        .flat_map(|visit| &visit.session)
        .map(|session| session.access_token().unwrap())
        .collect();
    let number = tokens.len();
    tokens.dedup();
    assert!(tokens.len() <= 1);
    let changed = |visit: &&Visit| matches!(visit.event, Some(Event::SessionChanged { .. }));
    assert_eq!(visits.iter().filter(changed).count(), tokens.len());
    number
}

/// Since the last call. Metadata and keys are no longer fresh when the clock is so far ahead.
fn token_requests<T>(watched: &Watched<T>) -> usize {
    watched.asked().into_iter().filter(|endpoint| *endpoint == "token").count()
}

fn are_pending(visits: &[Visit]) -> bool {
    let code = |visit: &Visit| visit.error.as_ref().map(|error| error.code());
    visits.iter().all(|visit| visit.session.is_none() && code(visit) == Some("refresh_pending"))
}

/// A blocking site whose visitor is due for a refresh.
fn due_blocking(
    op: &Scripted,
    transport: impl blocking::Transport + 'static,
    store: &Counting,
    lock_wait_secs: u32,
) -> (blocking::Site, Incoming) {
    let (clock, ahead) = clock();
    let party = blocking::RelyingParty::builder(config(op).clock(clock.clone()), transport);
    let site = blocking::Site::builder(BASE, keys())
        .provider(blocking::SiteProvider::new(party).authorize(offline()))
        .store(store.clone())
        .policy(policy(lock_wait_secs))
        .clock(clock)
        .build()
        .unwrap();
    let login = site.handle(Incoming::new("GET", "/login")).unwrap();
    let request = request(&cookie(&site.handle(back(&login)).unwrap()));
    ahead.store(AHEAD, Ordering::Relaxed);
    store.asked();
    (site, request)
}

fn on_threads(number: usize, site: &blocking::Site, request: &Incoming) -> Vec<Visit> {
    thread::scope(|scope| {
        let visiting: Vec<_> = (0..number).map(|_| scope.spawn(|| site.visit(request).unwrap())).collect();
        visiting.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn a_herd_of_threads_takes_one_lock_and_one_refresh() {
    let (op, store) = (Scripted::start(), Counting::default());
    let watched = Watched::ureq().slowly(Duration::from_millis(500));
    let (site, request) = due_blocking(&op, watched.clone(), &store, 15);
    watched.asked();
    assert_eq!(refreshed(&on_threads(32, &site, &request)), 32);
    assert_eq!((token_requests(&watched), store.asked()), (1, (64, 1)));
}

#[test]
fn a_herd_of_tasks_takes_one_lock_and_one_refresh() {
    let (op, store) = (Scripted::start(), Counting::default());
    let lossy = Lossy::new();
    let watched = Watched::new(lossy.clone());
    on_tokio(async {
        let (site, request) = due(&op, &watched, &store, 60).await;
        watched.asked();
        lossy.until.store(999, Ordering::Relaxed);
        let herd = (0..1_000).map(|_| visiting(&site, &request)).collect();
        assert_eq!(refreshed(&visited(herd).await), 1_000);
    });
    assert_eq!((token_requests(&watched), store.asked()), (1, (2_000, 1)));
}

#[test]
fn a_herd_whose_first_visit_cannot_reach_the_provider_asks_it_once() {
    let (op, store, lossy) = (Scripted::start(), Counting::default(), Lossy::new());
    let watched = Watched::new(lossy.clone()).slowly(Duration::from_millis(200));
    on_tokio(async {
        let (site, request) = due(&op, &watched, &store, 15).await;
        watched.asked();
        lossy.is_down.store(true, Ordering::Relaxed);
        let (told, others): (Vec<_>, Vec<_>) = visited((0..16).map(|_| visiting(&site, &request)).collect())
            .await
            .into_iter()
            .partition(|visit| visit.error.as_ref().is_some_and(|error| error.code() == "unreachable"));
        assert_eq!((told.len(), others.len()), (1, 15));
        assert!(are_pending(&others));
    });
    assert_eq!((token_requests(&watched), store.asked()), (1, (32, 1)));
}

#[test]
fn a_herd_whose_first_visit_is_dropped_is_let_go() {
    let (op, store) = (Scripted::start(), Counting::default());
    let watched = Watched::reqwest().slowly(Duration::from_millis(1_000));
    on_tokio(async {
        let (site, request) = due(&op, &watched, &store, 60).await;
        let first = visiting(&site, &request);
        while store.locks.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let others: Vec<_> = (0..8).map(|_| visiting(&site, &request)).collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let began = Instant::now();
        first.abort();
        assert!(are_pending(&visited(others).await), "the lock lives on in the store");
        assert!(began.elapsed() < Duration::from_secs(10));
        assert_eq!(store.asked().1, 1);
    });
}

#[test]
fn nobody_waits_longer_than_the_policy_says() {
    let waits = |began: Instant| (900..3_500).contains(&began.elapsed().as_millis());
    let (op, store) = (Scripted::start(), Counting::default());
    let slowly = Duration::from_millis(4_000);
    on_tokio(async {
        let (lossy, asked) = (Lossy::new(), Arc::new(AtomicBool::new(false)));
        let slow = Slow { inner: lossy, slowly, asked: asked.clone() };
        let (site, request) = due(&op, &slow, &store, 1).await;
        asked.store(true, Ordering::Relaxed);
        let first = visiting(&site, &request);
        while store.locks.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let began = Instant::now();
        assert!(are_pending(&visited((0..8).map(|_| visiting(&site, &request)).collect()).await));
        assert!(waits(began), "{:?}", began.elapsed());
        assert_eq!((refreshed(&visited(vec![first]).await), store.asked().1), (1, 1));
    });
}

/// Takes so long from when it is told to.
#[derive(Clone)]
struct Slow {
    inner: Lossy,
    slowly: Duration,
    asked: Arc<AtomicBool>,
}

impl Transport for Slow {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        Box::pin(async move {
            if self.asked.load(Ordering::Relaxed) {
                tokio::time::sleep(self.slowly).await;
            }
            self.inner.send(request).await
        })
    }

    fn sleep(&self, seconds: u32) -> Option<BoxFuture<'static, ()>> {
        self.inner.sleep(seconds)
    }
}

#[test]
fn without_a_timer_every_visit_asks_the_store() {
    let (op, store) = (Scripted::start(), Counting::default());
    let lossy = Lossy { has_timer: false, ..Lossy::new() };
    let watched = Watched::new(lossy).slowly(Duration::from_millis(200));
    on_tokio(async {
        let (site, request) = due(&op, &watched, &store, 15).await;
        watched.asked();
        let herd = (0..16).map(|_| visiting(&site, &request)).collect();
        assert_eq!(refreshed(&visited(herd).await), 16);
    });
    assert_eq!((token_requests(&watched), store.asked().1), (1, 16));
}
