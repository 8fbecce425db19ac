//! Nobody waits for somebody who cannot answer: who asks while it sends, who is waited for by the sender, whose sender is gone.
//! Each has five seconds, and a request here one: who waits that long and a second waits no longer.
#![allow(clippy::disallowed_methods, reason = "who waits is found out with threads and a clock")]

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use relyingparty::{Cache, Coalescer, Flow, HttpResponse, KeyReport, Policy, Provider, Reply, Request, Step};
use support::{START, World};

const GUARD: Duration = Duration::from_secs(5);

/// What `work` yields, unless it hangs.
fn guarded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    match receiver.recv_timeout(GUARD) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => panic!("it panicked"),
    }
}

/// A relying party whose requests for keys take a second at most.
struct Party {
    provider: Provider,
    policy: Policy,
    jwks: String,
    coalescer: Coalescer,
    cache: Mutex<Cache>,
    sent: AtomicUsize,
}

impl Party {
    fn new(timeout_secs: u32) -> Arc<Party> {
        let mut world = World::new();
        world.policy.metadata_timeout_secs = timeout_secs;
        Arc::new(Party {
            provider: world.provider(),
            jwks: world.op.jwks.to_string(),
            policy: world.policy,
            coalescer: Coalescer::default(),
            cache: Mutex::default(),
            sent: AtomicUsize::new(0),
        })
    }

    fn request(&self) -> Request {
        let Step::Pending(flow) = self.provider.refresh_keys(&self.policy).unwrap() else {
            panic!("it asks")
        };
        flow.request().clone()
    }

    fn reply(&self) -> Reply {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let headers = vec![("content-type".into(), "application/json".into())];
        Reply::Http(HttpResponse::new(200, headers, self.jwks.clone().into_bytes()))
    }

    fn answer(&self, send: impl FnOnce(&Request) -> Reply) -> bool {
        is_good(&self.coalescer.answer(&self.request(), send))
    }

    async fn answer_async<A: Future<Output = Reply>>(&self, send: impl FnOnce(Request) -> A) -> bool {
        is_good(&self.coalescer.answer_async(self.request(), send).await)
    }

    fn refresh(&self, send: impl FnMut(&Request) -> Reply) -> KeyReport {
        let step = self.provider.refresh_keys(&self.policy).unwrap();
        self.coalescer.drive(step, &self.cache, || START, send).unwrap()
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

fn is_good(reply: &Reply) -> bool {
    matches!(reply, Reply::Http(response) if response.status == 200)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[test]
fn u8_who_asks_while_it_sends_sends_for_itself_at_once() {
    let party = Party::new(60);
    guarded(move || {
        let again = |_: &Request| {
            assert!(party.answer(|_| party.reply()));
            assert_eq!(party.refresh(|_| party.reply()).usable.len(), 1);
            let other = async {
                assert!(party.answer_async(async |_| party.reply()).await);
                party.reply()
            };
            block_on(other)
        };
        assert!(party.answer(again));
        assert_eq!(party.sent(), 4);
        assert_eq!(party.refresh(again).usable.len(), 1);
        assert_eq!(party.sent(), 8);
    });
}

#[test]
fn u8_a_future_that_asks_while_it_sends_sends_for_itself_at_once() {
    let party = Party::new(60);
    guarded(move || {
        let again = async |_: Request| {
            assert!(party.answer_async(async |_| party.reply()).await);
            assert!(party.answer(|_| party.reply()), "a blocking call in it");
            party.reply()
        };
        assert!(block_on(party.answer_async(again)));
        assert_eq!(party.sent(), 3);
        let step = party.provider.refresh_keys(&party.policy).unwrap();
        let driven = party.coalescer.drive_async(step, &party.cache, || START, again);
        assert_eq!(block_on(driven).unwrap().usable.len(), 1);
    });
}

#[test]
fn u8_a_future_that_began_to_wait_elsewhere_is_not_waited_for_by_the_one_who_sends() {
    let party = Party::new(60);
    guarded(move || {
        let shared: Mutex<Option<Pin<Box<dyn Future<Output = bool> + '_>>>> = Mutex::default();
        let leader = party.answer_async(async |_: Request| {
            // Once around, so that the other begins to wait.
            let mut turns = 0;
            std::future::poll_fn(|context: &mut Context<'_>| {
                turns += 1;
                context.waker().wake_by_ref();
                if turns < 3 { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            let follower = shared.lock().unwrap().take().unwrap();
            assert!(follower.await);
            party.reply()
        });
        let mut leader = pin!(leader);
        let mut context = Context::from_waker(Waker::noop());
        assert!(leader.as_mut().poll(&mut context).is_pending());
        let mut follower: Pin<Box<dyn Future<Output = bool>>> =
            Box::pin(party.answer_async(async |_| party.reply()));
        assert!(follower.as_mut().poll(&mut context).is_pending());
        *shared.lock().unwrap() = Some(follower);
        assert!(block_on(leader));
        assert_eq!(party.sent(), 2);
    });
}

#[test]
fn u8_a_thread_that_the_sender_waits_for_waits_no_longer_than_the_request_may_take() {
    let party = Party::new(1);
    guarded(move || {
        let since = Instant::now();
        let good = party.answer(|_| {
            thread::scope(|scope| {
                let blocking = scope.spawn(|| party.answer(|_| party.reply()));
                let task = scope.spawn(|| block_on(party.answer_async(async |_| party.reply())));
                let flow = scope.spawn(|| party.refresh(|_| party.reply()).usable.len() == 1);
                assert!([blocking, task, flow].map(|thread| thread.join().unwrap()).iter().all(|good| *good));
            });
            party.reply()
        });
        assert!(good && since.elapsed() >= Duration::from_secs(2));
    });
}

#[test]
fn u8_a_task_that_the_sender_waits_for_waits_no_longer_than_the_request_may_take() {
    let party = Party::new(1);
    guarded(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let local = tokio::task::LocalSet::new();
        let good = local.block_on(&runtime, async {
            let other = Arc::clone(&party);
            party
                .answer_async(async |_| {
                    let task =
                        tokio::task::spawn_local(
                            async move { other.answer_async(async |_| other.reply()).await },
                        );
                    assert!(task.await.unwrap());
                    party.reply()
                })
                .await
        });
        assert!(good && party.sent() == 2);
    });
}

#[test]
fn u8_a_herd_behind_a_sender_that_never_ends_sends_once_more() {
    const HERD: usize = 16;
    let party = Party::new(1);
    guarded(move || {
        let (release, released) = mpsc::channel::<()>();
        let stuck = Arc::clone(&party);
        let (begun, has_begun) = mpsc::channel();
        let leader = thread::spawn(move || {
            stuck.answer(|_| {
                begun.send(()).unwrap();
                released.recv().unwrap();
                stuck.reply()
            })
        });
        has_begun.recv().unwrap();
        let slow = |party: &Party| {
            thread::sleep(Duration::from_millis(200));
            party.reply()
        };
        thread::scope(|scope| {
            let herd: Vec<_> = (0..HERD)
                .map(|number| {
                    let party = &party;
                    scope.spawn(move || match number % 2 {
                        0 => party.answer(|_| slow(party)),
                        _ => block_on(party.answer_async(async |_| slow(party))),
                    })
                })
                .collect();
            assert!(herd.into_iter().all(|thread| thread.join().unwrap()));
        });
        assert_eq!(party.sent(), 1, "one of them for all");
        // The first one comes back to find itself replaced, and takes nothing away from who came after it.
        let (other_release, other_released) = mpsc::channel::<()>();
        let (other_begun, other_has_begun) = mpsc::channel();
        let after = Arc::clone(&party);
        let newer = thread::spawn(move || {
            after.answer(|_| {
                other_begun.send(()).unwrap();
                other_released.recv().unwrap();
                after.reply()
            })
        });
        other_has_begun.recv().unwrap();
        release.send(()).unwrap();
        assert!(leader.join().unwrap());
        let joined = Arc::clone(&party);
        let follower = thread::spawn(move || joined.answer(|_| panic!("it follows")));
        thread::sleep(Duration::from_millis(100));
        other_release.send(()).unwrap();
        assert!(newer.join().unwrap() && follower.join().unwrap());
    });
}

#[test]
fn u8_where_the_sender_panics_or_is_dropped_another_one_sends() {
    let party = Party::new(60);
    guarded(move || {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let follower = scope.spawn(|| {
                barrier.wait();
                party.answer(|_| party.reply())
            });
            let leader = catch_unwind(AssertUnwindSafe(|| {
                party.answer(|_| {
                    barrier.wait();
                    thread::sleep(Duration::from_millis(100));
                    panic!("on purpose")
                })
            }));
            assert!(leader.is_err() && follower.join().unwrap());
        });
        let mut context = Context::from_waker(Waker::noop());
        let mut dropped = Box::pin(party.answer_async(|_| std::future::pending()));
        assert!(dropped.as_mut().poll(&mut context).is_pending());
        let mut waiting = Box::pin(party.answer_async(async |_| party.reply()));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(dropped);
        assert!(block_on(waiting));
        let mut unwound = Box::pin(party.answer_async(|_| async { panic!("on purpose") }));
        let panicked = catch_unwind(AssertUnwindSafe(|| unwound.as_mut().poll(&mut context).is_pending()));
        assert!(panicked.is_err());
        drop(unwound);
        assert!(party.answer(|_| party.reply()));
    });
}

#[test]
fn u22_requests_of_other_limits_are_other_requests() {
    let party = Party::new(60);
    guarded(move || {
        let mut smaller = party.policy.clone();
        smaller.max_response_bytes = 1_024;
        let Step::Pending(flow) = party.provider.refresh_keys(&smaller).unwrap() else { panic!("it asks") };
        let mut quicker = party.policy.clone();
        quicker.metadata_timeout_secs = 5;
        let Step::Pending(quick) = party.provider.refresh_keys(&quicker).unwrap() else { panic!("it asks") };
        party.coalescer.answer(flow.request(), |_| {
            thread::scope(|scope| {
                assert!(scope.spawn(|| party.answer(|_| party.reply())).join().unwrap());
                let other = || is_good(&party.coalescer.answer(quick.request(), |_| party.reply()));
                assert!(scope.spawn(other).join().unwrap());
            });
            Reply::Unreachable { reason: "more than 1024 bytes".into() }
        });
        assert_eq!(party.sent(), 2);
    });
}
