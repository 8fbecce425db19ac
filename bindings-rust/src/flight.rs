//! Work that one does for all who want it.

use std::future::poll_fn;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// How the work of somebody else ended.
#[derive(Clone)]
pub(crate) enum End<T> {
    Done(T),
    /// Whoever did it left.
    Abandoned,
    /// It takes longer than is worth waiting for.
    Overdue,
}

/// Something that is being done.
pub(crate) struct Flight<T> {
    state: Mutex<State<T>>,
    over: Condvar,
}

struct State<T> {
    end: Option<End<T>>,
    waiting: Vec<Waker>,
}

impl<T: Clone> Flight<T> {
    pub(crate) fn new() -> Flight<T> {
        Flight { state: Mutex::new(State { end: None, waiting: Vec::new() }), over: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all who wait. The first end counts.
    pub(crate) fn end(&self, end: End<T>) {
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        state.end = Some(end);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.over.notify_all();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits on this thread.
    pub(crate) fn wait(&self, longest: Duration) -> End<T> {
        let until = Instant::now() + longest;
        let mut state = self.state();
        loop {
            if let Some(end) = &state.end {
                return end.clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return End::Overdue;
            }
            (state, _) = self.over.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits on any runtime, until `longest` is over.
    pub(crate) async fn ended(&self, mut longest: Option<crate::BoxFuture<'static, ()>>) -> End<T> {
        poll_fn(|context| {
            let mut state = self.state();
            if let Some(end) = &state.end {
                return Poll::Ready(end.clone());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            drop(state);
            match &mut longest {
                Some(longest) => longest.as_mut().poll(context).map(|()| End::Overdue),
                None => Poll::Pending,
            }
        })
        .await
    }
}
