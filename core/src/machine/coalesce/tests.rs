use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::machine::http::{Endpoint, HttpRequest, HttpResponse};
use crate::machine::policy::Policy;

fn request(endpoint: Endpoint) -> Request {
    Request::Http(HttpRequest::get(endpoint, "https://op.example/x", Policy::default().limits(endpoint)))
}

fn ok() -> Reply {
    Reply::Http(HttpResponse::new(200, vec![], vec![]))
}

fn is_ok(reply: &Reply) -> bool {
    matches!(reply, Reply::Http(response) if response.status == 200)
}

#[test]
fn threads_share_one_answer() {
    let (coalescer, sent) = (Coalescer::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let ask = || {
            coalescer.answer(&request(Endpoint::Jwks), |_| {
                sent.fetch_add(1, Ordering::SeqCst);
                // Leader, map and seven followers hold the flight: all are there.
                while Arc::strong_count(&leader_of(&coalescer)) < 10 {
                    std::thread::yield_now();
                }
                ok()
            })
        };
        let herd: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        assert!(herd.into_iter().all(|thread| is_ok(&thread.join().unwrap())));
    });
    assert_eq!(sent.into_inner(), 1);
    assert!(coalescer.flights.into_inner().unwrap().is_empty());
}

fn leader_of(coalescer: &Coalescer) -> Arc<Flight> {
    Arc::clone(locked(&coalescer.flights).values().next().unwrap())
}

#[test]
fn tasks_share_one_answer_and_outlive_the_one_who_asked() {
    let (coalescer, sent) = (Coalescer::default(), Cell::new(0));
    let mut context = Context::from_waker(Waker::noop());
    let ask = |reply: Option<Reply>| {
        coalescer.answer_async(request(Endpoint::Discovery), |_| {
            sent.set(sent.get() + 1);
            poll_fn(move |_| reply.clone().map_or(Poll::Pending, Poll::Ready))
        })
    };
    let mut stuck = Box::pin(ask(None));
    let (mut second, mut third) = (Box::pin(ask(Some(ok()))), Box::pin(ask(Some(ok()))));
    assert!(stuck.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(third.as_mut().poll(&mut context).is_pending());
    assert_eq!(sent.get(), 1);
    drop(stuck);
    for mut waiting in [second, third] {
        assert!(matches!(waiting.as_mut().poll(&mut context), Poll::Ready(reply) if is_ok(&reply)));
    }
}

#[test]
fn a_task_that_is_polled_often_is_woken_once() {
    struct Task;
    impl std::task::Wake for Task {
        fn wake(self: Arc<Self>) {}
    }
    let coalescer = Coalescer::default();
    let waker = Arc::new(Task).into();
    let mut context = Context::from_waker(&waker);
    let ask = || coalescer.answer_async(request(Endpoint::Jwks), |_| std::future::pending());
    let (mut leader, mut follower) = (pin!(ask()), pin!(ask()));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    for _ in 0..3 {
        assert!(follower.as_mut().poll(&mut context).is_pending());
    }
    let flight = leader_of(&coalescer);
    assert_eq!(flight.waiting(), 1);
}

#[test]
fn f6_requests_with_credentials_are_never_shared() {
    let coalescer = Coalescer::default();
    coalescer.answer(&request(Endpoint::Token), |_| {
        assert!(coalescer.flights.lock().unwrap().is_empty());
        coalescer.answer(&request(Endpoint::Token), |_| ok())
    });
}
