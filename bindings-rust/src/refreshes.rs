//! One refresh for each session at a time, however many threads and tasks ask for it.
//!
//! Refresh tokens rotate: who spends one twice is taken for a thief, and the provider ends the session. So a refresh is shared by
//! all who ask for it while it goes on, also where the session was restored from its text more than once. Who still holds the old
//! session a moment later gets the same result.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use relyingparty::{Session, Timestamp, TokenRequest};
use sha2::{Digest, Sha256};

use crate::flight::{End, Flight};

/// How long the result of a refresh serves who holds the old session, in seconds.
const GRACE: u64 = 10;
/// How many results are kept so.
const MOST_KEPT: usize = 1_000;

/// What came of a refresh that asked for `asked`.
#[derive(Clone)]
pub(crate) struct Refreshed {
    pub(crate) asked: Asked,
    pub(crate) outcome: Result<Session, relyingparty::Error>,
}

/// What tells apart the refreshes of one session that ask for different things.
pub(crate) type Asked = [u8; 32];

pub(crate) fn asked(request: &TokenRequest) -> Asked {
    let list = |list: &Option<Vec<String>>| list.as_ref().map(|list| digest(list));
    let extra: Vec<&String> = request.extra.iter().flat_map(|(name, value)| [name, value]).collect();
    let parts = [list(&request.scopes), list(&request.resource), Some(digest(&extra))];
    let details = request.authorization_details.as_deref();
    digest(&[format!("{parts:?}"), format!("{details:?}")])
}

/// The refreshes of one relying party.
#[derive(Default)]
pub(crate) struct Refreshes(Mutex<State>);

#[derive(Default)]
struct State {
    /// By the refresh token: one at a time spends it, whatever session it is of.
    open: BTreeMap<[u8; 32], Arc<Flight<Refreshed>>>,
    /// By the whole session: what it became a moment ago is kept for it alone.
    kept: BTreeMap<[u8; 32], (Timestamp, Refreshed)>,
}

/// What somebody does about a refresh.
pub(crate) enum Entered<'a> {
    /// It was done a moment ago, whatever was asked for.
    Kept(Refreshed),
    Waits(Arc<Flight<Refreshed>>),
    Leads(Leader<'a>),
}

/// Whoever refreshes; however that ends, the others are told.
pub(crate) struct Leader<'a> {
    refreshes: &'a Refreshes,
    token: [u8; 32],
    session: [u8; 32],
    flight: Arc<Flight<Refreshed>>,
}

impl Refreshes {
    /// `given_up` was waited for in vain.
    pub(crate) fn enter(
        &self,
        session: &Session,
        now: Timestamp,
        given_up: Option<&Arc<Flight<Refreshed>>>,
    ) -> Entered<'_> {
        let token = session.refresh_token().unwrap_or_default();
        let whole = digest(&[token, session.id_token(), session.access_token().unwrap_or_default()]);
        let token = digest(&[token]);
        let mut state = self.state();
        state.kept.retain(|_, (at, _)| is_recent(*at, now));
        if let Some((_, kept)) = state.kept.get(&whole) {
            return Entered::Kept(kept.clone());
        }
        if let Some(flight) = state.open.get(&token)
            && given_up.is_none_or(|given_up| !Arc::ptr_eq(flight, given_up))
        {
            return Entered::Waits(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::new());
        state.open.insert(token, Arc::clone(&flight));
        Entered::Leads(Leader { refreshes: self, token, session: whole, flight })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leader<'_> {
    /// It is over: a session is kept for those who hold the old one.
    pub(crate) fn leave(self, refreshed: Refreshed, now: Timestamp) {
        let mut state = self.refreshes.state();
        if refreshed.outcome.is_ok() {
            while state.kept.len() >= MOST_KEPT {
                let oldest = state.kept.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| *key);
                oldest.map(|oldest| state.kept.remove(&oldest));
            }
            state.kept.insert(self.session, (now, refreshed.clone()));
        }
        drop(state);
        self.close();
        self.flight.end(End::Done(refreshed));
    }

    /// Whoever comes from now on does it anew.
    fn close(&self) {
        let mut state = self.refreshes.state();
        if state.open.get(&self.token).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            state.open.remove(&self.token);
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.close();
        self.flight.end(End::Abandoned);
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at).unsigned_abs() < GRACE
}

/// What tells tokens apart, without the tokens themselves.
fn digest(parts: &[impl AsRef<str>]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        let part = part.as_ref().as_bytes();
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
