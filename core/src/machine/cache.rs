//! All that is remembered between logins, as data: metadata and keys, with the time they were fetched.

mod written;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use core::any::Any;
use core::fmt;

use once_cell::race::OnceBox;

use crate::jose::{Alg, Choice, KeySet};
#[cfg(feature = "signing")]
use crate::machine::nonces::Nonces;
use crate::machine::policy::Policy;
use crate::text::time::Timestamp;

/// Metadata by issuer and key sets by `jwks_uri`, each with the time it was fetched.
///
/// Losing it costs a fetch, never a check, so an empty or old cache is safe. The host decides where to keep it:
/// [`to_json`](Cache::to_json) and [`from_json`](Cache::from_json) write and read it as text (serde does, too). It
/// holds no secret, but whoever can write it can replace keys. A clone is a cheap snapshot.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    metadata: Shelf<Stored>,
    keys: Shelf<Arc<KeySet>>,
    #[cfg(feature = "signing")]
    nonces: Nonces,
}

/// Entries in the order of their names.
#[derive(Clone, Debug)]
struct Shelf<T>(Arc<Vec<(Arc<str>, Entry<T>)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf(Arc::default())
    }
}

#[derive(Clone, Debug)]
struct Entry<T> {
    /// The last good answer.
    held: Option<Fetched<T>>,
    /// When the last attempt ended, good or not.
    attempted_at: Timestamp,
    /// How often an answer was put here.
    version: Version,
    /// The version that was here when the request for what is held was made.
    based_on: Version,
}

/// What a request saw of an entry when it was made. Which of two answers is the later one is decided by this, since clocks
/// jump and differ: a request that was made when another's answer was already here came after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32);

impl Version {
    /// Of a request whose answer counts whatever is here.
    pub(crate) const LATEST: Version = Version(u32::MAX);

    const fn next(self) -> Version {
        Version(self.0.saturating_add(1))
    }
}

#[derive(Clone, Debug)]
struct Fetched<T> {
    value: T,
    fetched_at: Timestamp,
    /// The response's own word on how long it is fresh, in seconds.
    max_age: Option<u32>,
}

/// A metadata document, and what was read from it.
#[derive(Clone)]
pub(crate) struct Stored {
    document: Arc<str>,
    read: OnceBox<Arc<dyn Any + Send + Sync>>,
}

impl Stored {
    fn new(document: Arc<str>) -> Stored {
        Stored { document, read: OnceBox::new() }
    }

    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// What was read from the document before.
    pub(crate) fn recall<T: Any + Clone>(&self) -> Option<T> {
        self.read.get()?.downcast_ref().cloned()
    }

    /// Keeps what was read from the document; the first one stays.
    pub(crate) fn remember<T: Any + Send + Sync>(&self, read: T) {
        let _ = self.read.set(Box::new(Arc::new(read)));
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} bytes)", self.document.len())
    }
}

/// What to do about something that is wanted from the cache.
#[derive(Debug)]
pub(crate) enum LookUp<T> {
    /// It is here, and this many seconds old.
    Use(T, i64),
    /// Ask the provider.
    Fetch,
    /// Asked a moment ago, in vain: nothing to do for this many seconds.
    Wait(i64),
}

impl<T: Clone> Shelf<T> {
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(held, _)| (**held).cmp(name))
    }

    fn get(&self, name: &str) -> Option<&Entry<T>> {
        self.0.get(self.position(name).ok()?).map(|(_, entry)| entry)
    }

    fn version(&self, name: &str) -> Version {
        self.get(name).map_or(Version::default(), |entry| entry.version)
    }

    /// The entry of this name, made if it is not there. What is too old to serve gives way to it, and where the shelf is full,
    /// what helps least: first what holds nothing, then what was asked for longest ago.
    fn entry(&mut self, name: &str, policy: &Policy, now: Timestamp) -> Option<&mut Entry<T>> {
        let mut position = self.position(name);
        if position.is_err() {
            let entries = Arc::make_mut(&mut self.0);
            entries.retain(|(_, entry)| entry.cooling(policy, now).is_some() || entry.serves(policy, now));
            if entries.len() >= MOST_ENTRIES {
                let least = entries.iter().enumerate();
                let least = least.min_by_key(|(_, (_, entry))| (entry.held.is_some(), entry.attempted_at));
                if let Some((least, _)) = least {
                    entries.remove(least);
                }
            }
            position = self.position(name);
        }
        let entries = Arc::make_mut(&mut self.0);
        let position = position.unwrap_or_else(|position| {
            entries.insert(position, (name.into(), Entry::new(now)));
            position
        });
        entries.get_mut(position).map(|(_, entry)| entry)
    }

    fn attempted(&mut self, name: &str, policy: &Policy, now: Timestamp) {
        if let Some(entry) = self.entry(name, policy, now) {
            entry.attempted_at = now;
        }
    }

    /// Keeps an answer unless what is held answered a later request. Yields what is held then.
    fn store(&mut self, name: &str, answer: Fetched<T>, seen: Version, policy: &Policy, now: Timestamp) -> T {
        let value = answer.value.clone();
        match self.entry(name, policy, now) {
            Some(entry) => {
                entry.attempted_at = now;
                entry.replace(answer, seen);
                entry.held.as_ref().map_or(value, |held| held.value.clone())
            }
            None => value,
        }
    }

    fn forget(&mut self, name: &str) {
        if let Ok(position) = self.position(name) {
            Arc::make_mut(&mut self.0).remove(position);
        }
    }
}

/// Entries of each kind. An application that knows more providers than this fetches more often.
const MOST_ENTRIES: usize = 1_024;

impl<T> Entry<T> {
    /// Whether the last attempt is less than a cooldown ago, and for how long it still is. A time in the
    /// future is another clock's and does not count.
    fn cooling(&self, policy: &Policy, now: Timestamp) -> Option<i64> {
        let since = now.since(self.attempted_at);
        let cooldown = i64::from(policy.key_cooldown_secs);
        (0..cooldown).contains(&since).then(|| cooldown.saturating_sub(since))
    }

    fn fresh(&self, policy: &Policy, now: Timestamp) -> Option<(&T, i64)> {
        let held = self.held.as_ref()?;
        let age = now.since(held.fetched_at);
        (0..i64::from(policy.fresh_age(held.max_age))).contains(&age).then_some((&held.value, age))
    }

    /// What may still be used when it cannot be refreshed.
    fn within_hard_age(&self, policy: &Policy, now: Timestamp) -> Option<(&T, i64)> {
        let held = self.held.as_ref()?;
        let age = now.since(held.fetched_at);
        (age.saturating_abs() < i64::from(policy.key_hard_age_secs)).then_some((&held.value, age))
    }

    fn serves(&self, policy: &Policy, now: Timestamp) -> bool {
        self.within_hard_age(policy, now).is_some()
    }

    fn new(attempted_at: Timestamp) -> Entry<T> {
        Entry { held: None, attempted_at, version: Version::default(), based_on: Version::default() }
    }

    /// Replaces what is held, whole, unless that answered a request which was made after this one's.
    fn replace(&mut self, answer: Fetched<T>, seen: Version) {
        if self.held.is_some() && seen < self.based_on {
            return;
        }
        self.based_on = seen.min(self.version);
        self.version = self.version.next();
        self.held = Some(answer);
    }
}

impl Cache {
    pub(crate) fn metadata(&self, issuer: &str, policy: &Policy, now: Timestamp) -> LookUp<Stored> {
        let Some(entry) = self.metadata.get(issuer) else { return LookUp::Fetch };
        if let Some((stored, age)) = entry.fresh(policy, now) {
            return LookUp::Use(stored.clone(), age);
        }
        match (entry.cooling(policy, now), entry.within_hard_age(policy, now)) {
            (None, _) => LookUp::Fetch,
            (Some(_), Some((stored, age))) => LookUp::Use(stored.clone(), age),
            (Some(retry_after), None) => LookUp::Wait(retry_after),
        }
    }

    /// The last good metadata within the hard age, for when it cannot be refreshed.
    pub(crate) fn stale_metadata(
        &self,
        issuer: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<(Stored, i64)> {
        let (stored, age) = self.metadata.get(issuer)?.within_hard_age(policy, now)?;
        Some((stored.clone(), age))
    }

    /// The last good metadata, however old.
    pub(crate) fn stored_metadata(&self, issuer: &str) -> Option<Stored> {
        self.metadata.get(issuer)?.held.as_ref().map(|held| held.value.clone())
    }

    pub(crate) fn metadata_version(&self, issuer: &str) -> Version {
        self.metadata.version(issuer)
    }

    pub(crate) fn metadata_attempted(&mut self, issuer: &str, policy: &Policy, now: Timestamp) {
        self.metadata.attempted(issuer, policy, now);
    }

    /// Keeps a document that was fetched now, unless a later one is here. Yields what is here then.
    pub(crate) fn store_metadata(
        &mut self,
        issuer: &str,
        document: &str,
        max_age: Option<u32>,
        seen: Version,
        policy: &Policy,
        now: Timestamp,
    ) -> Stored {
        let answer = Fetched { value: Stored::new(document.into()), fetched_at: now, max_age };
        self.metadata.store(issuer, answer, seen, policy, now)
    }

    /// The keys to look in for a token, by the rules that this table shows (`wanted` is in the set or not):
    ///
    /// | entry | last attempt | wanted in it | |
    /// | --- | --- | --- | --- |
    /// | none, or past the hard age | a cooldown ago | | fetch |
    /// | none, or past the hard age | just now | | wait |
    /// | fresh | | yes | use |
    /// | fresh | a cooldown ago | no | fetch |
    /// | fresh or stale | just now | no | use, and not find it |
    /// | stale | a cooldown ago | | fetch |
    /// | stale | just now | yes | use |
    pub(crate) fn keys(
        &self,
        jwks_uri: &str,
        wanted: (Option<&str>, Alg),
        policy: &Policy,
        now: Timestamp,
    ) -> LookUp<Arc<KeySet>> {
        let Some(entry) = self.keys.get(jwks_uri) else { return LookUp::Fetch };
        let cooling = entry.cooling(policy, now);
        let Some((keys, age)) = entry.within_hard_age(policy, now) else {
            return cooling.map_or(LookUp::Fetch, LookUp::Wait);
        };
        let here = !matches!(keys.choose(wanted.0, wanted.1), Choice::None);
        let fresh = entry.fresh(policy, now).is_some();
        if (fresh && here) || cooling.is_some() { LookUp::Use(Arc::clone(keys), age) } else { LookUp::Fetch }
    }

    /// The last good keys within the hard age, for when they cannot be refreshed.
    pub(crate) fn stale_keys(
        &self,
        jwks_uri: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<(Arc<KeySet>, i64)> {
        let (keys, age) = self.keys.get(jwks_uri)?.within_hard_age(policy, now)?;
        Some((Arc::clone(keys), age))
    }

    pub(crate) fn keys_version(&self, jwks_uri: &str) -> Version {
        self.keys.version(jwks_uri)
    }

    /// Whether the last attempt to fetch these keys was a cooldown ago.
    pub(crate) fn may_fetch_keys(&self, jwks_uri: &str, policy: &Policy, now: Timestamp) -> bool {
        self.keys.get(jwks_uri).is_none_or(|entry| entry.cooling(policy, now).is_none())
    }

    /// Seconds until anybody's token may lead to another attempt.
    pub(crate) fn keys_retry_after(&self, jwks_uri: &str, policy: &Policy, now: Timestamp) -> i64 {
        self.keys.get(jwks_uri).and_then(|entry| entry.cooling(policy, now)).unwrap_or(0)
    }

    pub(crate) fn keys_attempted(&mut self, jwks_uri: &str, policy: &Policy, now: Timestamp) {
        self.keys.attempted(jwks_uri, policy, now);
    }

    /// Keeps a set that was fetched now, unless a later one is here. Yields what is here then.
    pub(crate) fn store_keys(
        &mut self,
        jwks_uri: &str,
        set: Arc<KeySet>,
        max_age: Option<u32>,
        seen: Version,
        policy: &Policy,
        now: Timestamp,
    ) -> Arc<KeySet> {
        self.keys.store(jwks_uri, Fetched { value: set, fetched_at: now, max_age }, seen, policy, now)
    }

    /// What this server gave for the next DPoP proof.
    #[cfg(feature = "signing")]
    pub(crate) fn dpop_nonce(&self, origin: &str) -> Option<&str> {
        self.nonces.get(origin)
    }

    #[cfg(feature = "signing")]
    pub(crate) fn remember_dpop_nonce(&mut self, origin: &str, nonce: &str) {
        self.nonces.set(origin, nonce);
    }

    /// Drops keys that a provider has moved away from.
    pub(crate) fn forget_keys(&mut self, jwks_uri: &str) {
        self.keys.forget(jwks_uri);
    }
}

#[cfg(test)]
mod tests;
