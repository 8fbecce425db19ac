//! One request under way: who sends it, who waits, and how it ends.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::machine::flow::Reply;

/// A request under way, and who waits for it.
#[derive(Debug)]
pub(super) struct Flight {
    state: Mutex<State>,
    ended: Condvar,
    /// As long as anybody waits.
    patience: Duration,
}

#[derive(Debug)]
enum State {
    UnderWay(UnderWay),
    Ended(End),
}

#[derive(Debug)]
struct UnderWay {
    waiting: Vec<Waker>,
    /// The thread that is sending at this moment, if one is.
    sending: Option<ThreadId>,
    /// Whether a thread keeps the time for tasks.
    is_timed: bool,
}

/// How a flight ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    Landed(Reply),
    /// The one who sent it went away: somebody else has to.
    Abandoned,
    /// The one who sent it may be waiting for one of those who wait: somebody else has to.
    Overdue,
}

/// What a flight is to somebody who asks for the same.
pub(super) enum Standing {
    /// There is a reply to wait for.
    Open,
    /// Whoever sends it called the one who asks: waiting would be for ever.
    SentFromHere,
    /// It ended without a reply.
    InVain,
}

impl Flight {
    pub(super) fn new(timeout_secs: u32, sending: Option<ThreadId>) -> Flight {
        let under_way = UnderWay { waiting: Vec::new(), sending, is_timed: false };
        Flight {
            state: Mutex::new(State::UnderWay(under_way)),
            ended: Condvar::new(),
            patience: Duration::from_secs(u64::from(timeout_secs).saturating_add(1)),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match &*locked(&self.state) {
            State::UnderWay(under_way) if under_way.is_sent_from_here() => Standing::SentFromHere,
            State::UnderWay(_) | State::Ended(End::Landed(_)) => Standing::Open,
            State::Ended(End::Abandoned | End::Overdue) => Standing::InVain,
        }
    }

    /// Does a part of the sending, on this thread.
    pub(super) fn sending<T>(&self, part: impl FnOnce() -> T) -> T {
        self.note_sender(Some(thread::current().id()));
        let done = part();
        self.note_sender(None);
        done
    }

    fn note_sender(&self, sender: Option<ThreadId>) {
        if let State::UnderWay(under_way) = &mut *locked(&self.state) {
            under_way.sending = sender;
        }
    }

    /// The first end counts.
    pub(super) fn end(&self, end: End) {
        let mut state = locked(&self.state);
        if let State::UnderWay(under_way) = &mut *state {
            let waiting = std::mem::take(&mut under_way.waiting);
            *state = State::Ended(end);
            drop(state);
            self.ended.notify_all();
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Waits for the end on this thread, and ends it when that takes too long.
    pub(super) fn wait(&self) -> End {
        let is_under_way = |state: &mut State| matches!(state, State::UnderWay(_));
        let waited = self.ended.wait_timeout_while(locked(&self.state), self.patience, is_under_way);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let State::Ended(end) = &*state {
            return end.clone();
        }
        drop(state);
        self.end(End::Overdue);
        End::Overdue
    }

    /// Waits for the end in a task.
    pub(super) async fn ended(self: Arc<Self>) -> End {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(self: &Arc<Self>, context: &Context<'_>) -> Poll<End> {
        let mut state = locked(&self.state);
        let under_way = match &mut *state {
            State::Ended(end) => return Poll::Ready(end.clone()),
            State::UnderWay(under_way) => under_way,
        };
        if under_way.is_sent_from_here() {
            return Poll::Ready(End::Abandoned);
        }
        // Who waits beside other things is polled often.
        if !under_way.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            under_way.waiting.push(context.waker().clone());
        }
        let is_timed = std::mem::replace(&mut under_way.is_timed, true);
        drop(state);
        if !is_timed {
            let flight = Arc::clone(self);
            let keep_time = move || {
                flight.wait();
            };
            // Where there are no threads, nobody keeps the time.
            drop(thread::Builder::new().name("relyingparty-wait".into()).spawn(keep_time));
        }
        Poll::Pending
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        match &*locked(&self.state) {
            State::UnderWay(under_way) => under_way.waiting.len(),
            State::Ended(_) => 0,
        }
    }
}

impl UnderWay {
    fn is_sent_from_here(&self) -> bool {
        self.sending == Some(thread::current().id())
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
