//! The store in memory is bounded, forgets, and gives each login once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use relyingparty_host::blocking::Store;
use relyingparty_host::{LoginMissing, MemoryStore};

/// A store of at most `capacity` logins, and its time in seconds.
fn store(capacity: usize) -> (MemoryStore, Arc<AtomicU64>) {
    let time = Arc::new(AtomicU64::new(0));
    let shown = time.clone();
    let clock = move || Duration::from_secs(shown.load(Ordering::Relaxed));
    (MemoryStore::with_capacity(capacity).with_clock(clock), time)
}

#[test]
fn a_login_is_taken_once() {
    let (store, _) = store(10);
    store.put("id", "login", 600).unwrap();
    assert_eq!(store.take("id").unwrap().as_deref(), Some("login"));
    assert_eq!(store.take("id").unwrap(), None);
}

#[test]
fn of_threads_that_take_one_login_one_gets_it() {
    let (store, _) = store(10);
    store.put("id", "login", 600).unwrap();
    let got = std::thread::scope(|scope| {
        let taking: Vec<_> = (0..8).map(|_| scope.spawn(|| store.take("id").unwrap())).collect();
        taking.into_iter().filter_map(|taking| taking.join().unwrap()).count()
    });
    assert_eq!(got, 1);
}

#[test]
fn a_login_has_expired_after_its_time() {
    let (store, time) = store(10);
    store.put("a", "login", 600).unwrap();
    store.put("b", "login", 600).unwrap();
    time.store(599, Ordering::Relaxed);
    assert!(store.take("a").unwrap().is_some());
    time.store(600, Ordering::Relaxed);
    assert!(store.take("b").unwrap().is_none());
}

#[test]
fn e13_however_many_logins_are_begun_the_store_stays_as_large_as_it_may_be() {
    let (store, _) = store(3);
    for number in 0..1_000 {
        store.put(&number.to_string(), "login", 600).unwrap();
        assert!(store.len() <= 3);
    }
    assert!(store.take("996").unwrap().is_none() && store.take("997").unwrap().is_some());
}

#[test]
fn what_has_expired_makes_room_before_what_waits() {
    let (store, time) = store(3);
    store.put("old", "login", 10).unwrap();
    time.store(20, Ordering::Relaxed);
    for id in ["a", "b", "c"] {
        store.put(id, "login", 600).unwrap();
    }
    assert!(["a", "b", "c"].iter().all(|id| store.take(id).unwrap().is_some()));
    assert!(store.is_empty());
}

#[test]
fn a_mark_says_what_became_of_a_login_for_ten_minutes() {
    let (store, time) = store(10);
    store.begun("used", 600).unwrap();
    store.begun("waits", 600).unwrap();
    store.used("used").unwrap();
    assert_eq!(store.why_missing("used").unwrap(), Some(LoginMissing::Used));
    assert_eq!(store.why_missing("waits").unwrap(), None);
    assert_eq!(store.why_missing("nobody's").unwrap(), None);
    time.store(600, Ordering::Relaxed);
    assert_eq!(store.why_missing("waits").unwrap(), Some(LoginMissing::Expired));
    time.store(1_200, Ordering::Relaxed);
    store.begun("another", 600).unwrap();
    assert_eq!(store.why_missing("used").unwrap(), None);
}

#[test]
fn e13_marks_are_bounded_and_push_no_login_out() {
    let (store, _) = store(10);
    store.put("id", "login", 600).unwrap();
    for number in 0..20_000 {
        store.begun(&number.to_string(), 600).unwrap();
    }
    store.used("0").unwrap();
    assert_eq!(store.why_missing("0").unwrap(), Some(LoginMissing::Used));
    assert!(store.take("id").unwrap().is_some());
}
