//! What a host gets to count and to trace with.

mod support;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use relyingparty::{
    Answered, Asked, CallbackParams, Coalescer, Endpoint, Error, Reply, Session, drive, drive_async,
    observed, observed_async,
};
use support::{START, World, canary_world, secrets_in, typed_response};

/// A login whose exchange is watched: each line is what was asked, and what came of it.
fn watched(world: &mut World) -> (Result<Session, Error>, Vec<String>) {
    let login = world.begin();
    let query = world.op.authorize(&login.url);
    let (client, seen) = (world.client(), RefCell::new(Vec::new()));
    let code = client.callback(login.pending, &CallbackParams::parse(&query).unwrap(), START).unwrap();
    let op = &mut world.op;
    let answer = observed(
        |request| op.answer(request, START),
        |asked: &Asked<'_>| {
            let line = format!("{} {:?} {}", asked.what, asked.method, asked.origin);
            seen.borrow_mut().push(line.clone());
            let seen = &seen;
            move |answered| seen.borrow_mut().push(format!("{line}: {answered:?}"))
        },
    );
    let session = drive(client.exchange(code).unwrap(), &mut world.cache, || START, answer);
    (session, seen.into_inner())
}

#[test]
fn a_hook_sees_each_request_before_and_after_it() {
    let (session, seen) = watched(&mut World::new());
    assert!(session.is_ok());
    let op = "https://op.example";
    let mut expected = vec![
        format!("token Some(Post) {op}"),
        format!("token Some(Post) {op}: Status(200)"),
        format!("jwks Some(Get) {op}"),
        format!("jwks Some(Get) {op}: Status(200)"),
    ];
    if support::policy().signatures == relyingparty::Signatures::Host {
        expected.extend(["signature None ".to_owned(), "signature None : Verified(true)".to_owned()]);
    }
    assert_eq!(seen, expected);
}

#[test]
fn a_hook_sees_how_it_went() {
    for (reply, last) in [
        (Reply::Unreachable { reason: "canary".into() }, "Unreachable"),
        (Reply::Http(typed_response(503, "text/html", "canary")), "Status(503)"),
        (Reply::Unsupported, "Unsupported"),
        (Reply::Verified(false), "Verified(false)"),
    ] {
        let mut world = World::new();
        world.op.instead.push((Endpoint::Token, reply));
        let (session, seen) = watched(&mut world);
        assert!(session.is_err() && seen.last().unwrap().ends_with(&format!(": {last}")), "{seen:?}");
    }
}

#[test]
fn u9_a_hook_sees_no_secret() {
    let mut world = canary_world();
    world.policy.signatures = relyingparty::Signatures::Host;
    world.op.metadata["token_endpoint"] = "https://op.example/token?key=canary".into();
    let (session, seen) = watched(&mut world);
    assert!(session.is_ok() && seen.len() == 6, "{seen:?}");
    assert_eq!(secrets_in(&seen.join(" ")), [""; 0]);
}

#[test]
fn an_asynchronous_host_is_watched_alike_and_a_request_that_is_dropped_has_no_end() {
    let mut world = World::new();
    let refresh = |world: &World| world.provider().refresh_keys(&world.policy).unwrap();
    let ends = RefCell::new(Vec::new());
    let hook = |_: &Asked<'_>| |answered| ends.borrow_mut().push(answered);
    let mut context = Context::from_waker(Waker::noop());
    {
        let (step, op) = (refresh(&world), &mut world.op);
        let answer = observed_async(|request| std::future::ready(op.answer(&request, START)), hook);
        let driven = pin!(drive_async(step, &mut world.cache, || START, answer));
        let Poll::Ready(Ok(report)) = driven.poll(&mut context) else { panic!("it is there at once") };
        assert_eq!((report.usable.len(), ends.borrow().as_slice()), (1, &[Answered::Status(200)][..]));
    }
    {
        let answer = observed_async(|_| std::future::pending(), hook);
        let driven = pin!(drive_async(refresh(&world), &mut world.cache, || START, answer));
        assert!(driven.poll(&mut context).is_pending());
    }
    assert_eq!(ends.borrow().len(), 1);
}

#[test]
fn a_coalescers_hook_sees_what_is_sent() {
    let mut world = World::new();
    let (coalescer, sent) = (Coalescer::default(), RefCell::new(0));
    for _ in 0..2 {
        let step = world.provider().refresh_keys(&world.policy).unwrap();
        let op = &mut world.op;
        let answer = observed(|request| op.answer(request, START), |_| |_| *sent.borrow_mut() += 1);
        coalescer.drive(step, &mut world.cache, || START, answer).unwrap();
    }
    assert_eq!(sent.into_inner(), 2);
}

#[test]
fn watched_drivers_are_send_where_the_host_is() {
    fn is_send<T: Send>(_: &T) {}
    let world = World::new();
    let (client, cache) = (world.client(), Mutex::new(world.cache));
    let step = client.provider().refresh_keys(client.policy()).unwrap();
    let answer = observed_async(async |_| Reply::Unsupported, |_| |_| ());
    is_send(&drive_async(step, &cache, || START, answer));
}
