//! Whose turn it is to ask the store for a lock: one visit of a site at a time, for each lock.
//!
//! The others wait until its flow is over. What it came to is in the store by then, so they need no lock: they read. A turn lasts
//! no longer than the store would give the lock to its owner, so that a visit which hangs holds up nobody for longer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use relyingparty::{Reply, StoreRequest};

use crate::StoreError;
use crate::flight::{End, Flight};
use crate::host::Host;
use crate::party::locked;

/// The turns of one site, by the keys of the locks.
#[derive(Default)]
pub(crate) struct Turns(Mutex<BTreeMap<String, Turn>>);

/// That of a visit which asks for a lock, or has it. It ends with `false` if another process kept the lock.
struct Turn {
    owner: String,
    until: Instant,
    flight: Arc<Flight<bool>>,
}

/// What a flow asks of the store. When it is dropped, its turn is over.
pub(crate) struct Question<'a> {
    turns: &'a Turns,
    lock: Mutex<Option<(String, String)>>,
}

impl Turns {
    pub(crate) fn question(&self) -> Question<'_> {
        Question { turns: self, lock: Mutex::default() }
    }

    /// Somebody else's turn, to wait for until then. `None` if it is this owner's now, also if it was before.
    fn other(&self, key: &str, owner: &str, seconds: u32) -> Option<(Arc<Flight<bool>>, Instant)> {
        let mut turns = locked(&self.0);
        match turns.get(key) {
            Some(turn) if turn.owner == owner => None,
            Some(turn) if Instant::now() < turn.until => Some((Arc::clone(&turn.flight), turn.until)),
            _ => {
                let turn =
                    Turn { owner: owner.into(), until: after(seconds), flight: Arc::new(Flight::new()) };
                turns.insert(key.into(), turn);
                None
            }
        }
    }

    /// The owner has the lock now.
    fn hold(&self, key: &str, owner: &str, lifetime: u32) {
        if let Some(turn) = locked(&self.0).get_mut(key)
            && turn.owner == owner
        {
            turn.until = after(lifetime);
        }
    }

    fn leave(&self, key: &str, owner: &str, outcome: bool) {
        let mut turns = locked(&self.0);
        if turns.get(key).is_none_or(|turn| turn.owner != owner) {
            return;
        }
        let turn = turns.remove(key);
        drop(turns);
        turn.inspect(|turn| turn.flight.end(End::Done(outcome)));
    }

    async fn lock<H: Host, A>(
        &self,
        host: &H,
        (key, owner): (String, String),
        (lifetime, mut wait): (u32, u32),
        ask: impl FnOnce(StoreRequest) -> A,
    ) -> Result<Reply, StoreError>
    where
        A: Future<Output = Result<Reply, StoreError>>,
    {
        let until = after(wait);
        while let Some((flight, ends)) = self.other(&key, &owner, lifetime.saturating_add(wait)) {
            let end = host.ended(&flight, seconds_to(ends.min(until)).saturating_add(1).min(wait)).await;
            wait = seconds_to(until);
            if wait == 0 || matches!(end, End::Done(true)) {
                return Ok(Reply::Busy);
            }
        }
        let request = StoreRequest::Lock { key: key.clone(), owner: owner.clone(), lifetime, wait };
        let reply = ask(request).await?;
        match reply {
            Reply::Busy => self.leave(&key, &owner, false),
            _ => self.hold(&key, &owner, lifetime),
        }
        Ok(reply)
    }
}

impl Question<'_> {
    /// What the store answers. One that is for a lock is asked in turn, where there is a host that can stop waiting.
    pub(crate) async fn ask<H: Host, A>(
        &self,
        host: Option<&H>,
        request: StoreRequest,
        ask: impl FnOnce(StoreRequest) -> A,
    ) -> Result<Reply, StoreError>
    where
        A: Future<Output = Result<Reply, StoreError>>,
    {
        match (request, host.filter(|host| host.has_timer())) {
            (StoreRequest::Lock { key, owner, lifetime, wait }, Some(host)) => {
                let names = (key, owner);
                *locked(&self.lock) = Some(names.clone());
                self.turns.lock(host, names, (lifetime, wait), ask).await
            }
            (request, _) => ask(request).await,
        }
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let Some((key, owner)) = locked(&self.lock).take() {
            self.turns.leave(&key, &owner, true);
        }
    }
}

fn after(seconds: u32) -> Instant {
    Instant::now() + Duration::from_secs(seconds.into())
}

/// Whole seconds.
fn seconds_to(until: Instant) -> u32 {
    let left = until.saturating_duration_since(Instant::now()).as_secs();
    u32::try_from(left).unwrap_or(u32::MAX)
}
