//! All that is remembered between logins, as data: metadata and keys, with the time they were fetched.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::issuer::Issuer;
use crate::jose::{Alg, Choice, KeySet, MOST_KEYS};
use crate::json::{Json, Object, Writer, list};
use crate::metadata::Metadata;
use crate::policy::Policy;
use crate::time::Timestamp;

/// Metadata by issuer and key sets by `jwks_uri`, each with the time it was fetched.
///
/// Losing it costs a fetch, never a check, so any cache is safe to pass: empty, old, shared. The host
/// decides where it lives; [`to_json`](Cache::to_json) and [`from_json`](Cache::from_json) carry it anywhere (serde
/// too, as that text). It holds nothing secret, but whoever can write it can replace keys: keep it where only the
/// host writes. A clone is cheap: a snapshot that shares what is in it.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    metadata: Shelf<Stored>,
    keys: Shelf<Arc<KeySet>>,
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
}

#[derive(Clone, Debug)]
struct Fetched<T> {
    value: T,
    fetched_at: Timestamp,
    /// The response's own word on how long it is fresh, in seconds.
    max_age: Option<u32>,
}

/// A metadata document, and what became of it when it was read for an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    document: Arc<str>,
    parsed: OnceBox<Metadata>,
}

impl Stored {
    /// The metadata, read for `issuer`. What was read for the same issuer before is not read again.
    pub(crate) fn metadata(&self, issuer: &Issuer) -> Result<Metadata, Error> {
        if let Some(metadata) = self.parsed.get().filter(|metadata| metadata.issuer() == issuer) {
            return Ok(metadata.clone());
        }
        let metadata = Metadata::parse_own(issuer, self.document.as_bytes())?;
        // The first one stays.
        let _ = self.parsed.set(Box::new(metadata.clone()));
        Ok(metadata)
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

    fn put(&mut self, name: &str, attempted_at: Timestamp, held: Option<Fetched<T>>) {
        let position = self.position(name);
        let entries = Arc::make_mut(&mut self.0);
        match position {
            Ok(position) => {
                if let Some((_, entry)) = entries.get_mut(position) {
                    entry.attempted_at = attempted_at;
                    if let Some(held) = held {
                        entry.replace(held);
                    }
                }
            }
            Err(position) => entries.insert(position, (name.into(), Entry { held, attempted_at })),
        }
    }
}

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

    /// Replaces what is held, whole, unless that was fetched later. What seems to be from the more distant future is
    /// another clock's and gives way.
    fn replace(&mut self, fetched: Fetched<T>) {
        let ahead = self.held.as_ref().map_or(0, |held| held.fetched_at.since(fetched.fetched_at));
        if !(1..60).contains(&ahead) {
            self.held = Some(fetched);
        }
    }
}

impl Cache {
    /// Reads a cache that [`to_json`](Cache::to_json) wrote.
    ///
    /// # Errors
    /// `unreadable_cache`: start with an empty one.
    pub fn from_json(text: &str) -> Result<Cache, Error> {
        let unreadable = |reason: &str| ErrorKind::UnreadableCache.with([reason]);
        let stored = Config::parse_own(text).map_err(|reason| unreadable(&reason))?;
        Cache::read(stored).ok_or_else(|| unreadable("not a cache"))
    }

    fn read(mut stored: Config<'_>) -> Option<Cache> {
        let mut cache = Cache::default();
        for record in stored.member("metadata")?.value.elements()? {
            let Record { of, attempted_at, fetched } = Record::read(record)?;
            let held = fetched.map(|fetched| {
                fetched.map(|document| Stored { document: document.into(), parsed: OnceBox::new() })
            });
            cache.metadata.put(&of, attempted_at, held);
        }
        for record in stored.member("keys")?.value.elements()? {
            let Record { of, attempted_at, fetched } = Record::read(record)?;
            let held = match fetched {
                None => None,
                Some(fetched) => {
                    let document = Object::parse_own(fetched.value.as_bytes()).ok()?;
                    let set = KeySet::parse(&document, MOST_KEYS).ok()?;
                    Some(fetched.map(|_| Arc::new(set)))
                }
            };
            cache.keys.put(&of, attempted_at, held);
        }
        stored.end(cache).ok()
    }

    /// The cache as JSON text.
    pub fn to_json(&self) -> String {
        let metadata = self.metadata.0.iter();
        let metadata =
            metadata.map(|(issuer, entry)| record(issuer, entry, |stored| stored.document.to_string()));
        let keys = self.keys.0.iter().map(|(jwks_uri, entry)| record(jwks_uri, entry, |set| set.to_json()));
        Writer::new().raw("metadata", &list(metadata)).raw("keys", &list(keys)).end()
    }

    pub(crate) fn metadata(&self, issuer: &str, policy: &Policy, now: Timestamp) -> LookUp<Stored> {
        let Some(entry) = self.metadata.get(issuer) else { return LookUp::Fetch };
        let usable = entry.fresh(policy, now).or_else(|| {
            entry.cooling(policy, now)?;
            entry.within_hard_age(policy, now)
        });
        usable.map_or(LookUp::Fetch, |(stored, age)| LookUp::Use(stored.clone(), age))
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

    pub(crate) fn metadata_attempted(&mut self, issuer: &str, now: Timestamp) {
        self.metadata.put(issuer, now, None);
    }

    pub(crate) fn store_metadata(&mut self, metadata: &Metadata, max_age: Option<u32>, now: Timestamp) {
        let value = Stored {
            document: metadata.as_json().into(),
            parsed: OnceBox::with_value(Box::new(metadata.clone())),
        };
        let fetched = Fetched { value, fetched_at: now, max_age };
        self.metadata.put(metadata.issuer().as_str(), now, Some(fetched));
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

    pub(crate) fn keys_attempted(&mut self, jwks_uri: &str, now: Timestamp) {
        self.keys.put(jwks_uri, now, None);
    }

    /// Keeps a set that was fetched now.
    pub(crate) fn store_keys(
        &mut self,
        jwks_uri: &str,
        set: &Arc<KeySet>,
        max_age: Option<u32>,
        now: Timestamp,
    ) {
        let fetched = Fetched { value: Arc::clone(set), fetched_at: now, max_age };
        self.keys.put(jwks_uri, now, Some(fetched));
    }
}

/// An entry as it is written down.
struct Record<'a> {
    of: String,
    attempted_at: Timestamp,
    fetched: Option<Fetched<&'a str>>,
}

impl<'a> Record<'a> {
    fn read(record: Json<'a>) -> Option<Record<'a>> {
        let mut record = Config::of(record.as_object()?);
        let of = record.required("of", Config::text);
        let attempted_at = Timestamp::from_unix(record.required("attempted_at", Config::time));
        let fetched_at = record.time("fetched_at").map(Timestamp::from_unix);
        let max_age = record.number("max_age");
        let fetched = match (record.member("document"), fetched_at) {
            (Some(document), Some(fetched_at)) => Some(Fetched { value: document.raw, fetched_at, max_age }),
            (None, None) => None,
            _ => return None,
        };
        record.end(Record { of, attempted_at, fetched }).ok()
    }
}

impl<T> Fetched<T> {
    fn map<U>(self, value: impl FnOnce(T) -> U) -> Fetched<U> {
        Fetched { value: value(self.value), fetched_at: self.fetched_at, max_age: self.max_age }
    }
}

fn record<T>(of: &str, entry: &Entry<T>, document: impl FnOnce(&T) -> String) -> String {
    let mut record = Writer::new();
    record.text("of", of).number("attempted_at", entry.attempted_at.as_unix());
    if let Some(held) = &entry.held {
        record.number("fetched_at", held.fetched_at.as_unix());
        if let Some(max_age) = held.max_age {
            record.number("max_age", max_age.into());
        }
        record.raw("document", &document(&held.value));
    }
    record.end()
}

impl Serialize for Cache {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for Cache {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cache::from_json(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
