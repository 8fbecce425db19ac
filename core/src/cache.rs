//! All that is remembered between logins, as data: metadata and keys, with the time they were fetched.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::jose::{Alg, Choice, KeySet};
use crate::json::{self, Object};
use crate::policy::Policy;
use crate::time::Timestamp;

/// Metadata by issuer and key sets by `jwks_uri`, each with the time it was fetched.
///
/// Losing it costs a fetch, never a check, so any cache is safe to pass: empty, old, shared. The host
/// decides where it lives; [`to_json`](Cache::to_json) and [`from_json`](Cache::from_json) carry it anywhere.
/// It holds nothing secret, but whoever can write it can replace keys: keep it where only the host writes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    metadata: BTreeMap<String, Entry<Document>>,
    keys: BTreeMap<String, Entry<Keys>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct Entry<T: Held> {
    /// The last good answer.
    held: Option<Fetched<T>>,
    /// When the last attempt ended, good or not.
    attempted_at: Timestamp,
}

impl<T: Held> Default for Entry<T> {
    fn default() -> Self {
        Entry { held: None, attempted_at: Timestamp::from_unix(i64::MIN) }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct Fetched<T: Held> {
    value: T,
    fetched_at: Timestamp,
    /// The response's own word on how long it is fresh, in seconds.
    max_age: Option<u32>,
}

/// What an entry holds: written as the document it came from, parsed when it enters.
trait Held: Clone + Serialize + for<'de> Deserialize<'de> {}

/// A metadata document: an object that has passed no check yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Document(Arc<Object>);

/// A key set, parsed.
#[derive(Clone, Debug)]
struct Keys(Arc<KeySet>);

impl Held for Document {}
impl Held for Keys {}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_document().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let set = KeySet::parse(&Object::deserialize(deserializer)?).map_err(serde::de::Error::custom)?;
        Ok(Keys(Arc::new(set)))
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

impl<T: Held> Entry<T> {
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

    fn store(&mut self, value: T, max_age: Option<u32>, now: Timestamp) {
        let later =
            self.held.as_ref().is_some_and(|held| held.fetched_at > now && held.fetched_at.since(now) < 60);
        if !later {
            self.held = Some(Fetched { value, fetched_at: now, max_age });
        }
    }
}

impl Cache {
    /// Reads a cache that [`to_json`](Cache::to_json) wrote.
    ///
    /// # Errors
    /// `unreadable_cache`: start with an empty one.
    pub fn from_json(text: &str) -> Result<Cache, Error> {
        let unreadable = |reason: String| Error::from(ErrorKind::UnreadableCache { reason });
        let members = json::own_object(text.as_bytes()).map_err(unreadable)?;
        serde_json::from_value(members.into()).map_err(|_| unreadable("not a cache".into()))
    }

    /// The cache as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn metadata(&self, issuer: &str, policy: &Policy, now: Timestamp) -> LookUp<Arc<Object>> {
        let Some(entry) = self.metadata.get(issuer) else { return LookUp::Fetch };
        let usable = entry.fresh(policy, now).or_else(|| {
            entry.cooling(policy, now)?;
            entry.within_hard_age(policy, now)
        });
        usable.map_or(LookUp::Fetch, |(document, age)| LookUp::Use(Arc::clone(&document.0), age))
    }

    /// The last good metadata within the hard age, for when it cannot be refreshed.
    pub(crate) fn stale_metadata(
        &self,
        issuer: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<(Arc<Object>, i64)> {
        let (document, age) = self.metadata.get(issuer)?.within_hard_age(policy, now)?;
        Some((Arc::clone(&document.0), age))
    }

    pub(crate) fn metadata_attempted(&mut self, issuer: &str, now: Timestamp) {
        self.metadata.entry(issuer.to_owned()).or_default().attempted_at = now;
    }

    pub(crate) fn store_metadata(
        &mut self,
        issuer: &str,
        document: Object,
        max_age: Option<u32>,
        now: Timestamp,
    ) {
        self.metadata.entry(issuer.to_owned()).or_default().store(Document(Arc::new(document)), max_age, now);
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
        let here = !matches!(keys.0.choose(wanted.0, wanted.1), Choice::None);
        let fresh = entry.fresh(policy, now).is_some();
        if (fresh && here) || cooling.is_some() {
            LookUp::Use(Arc::clone(&keys.0), age)
        } else {
            LookUp::Fetch
        }
    }

    /// The last good keys within the hard age, for when they cannot be refreshed.
    pub(crate) fn stale_keys(
        &self,
        jwks_uri: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<(Arc<KeySet>, i64)> {
        let (keys, age) = self.keys.get(jwks_uri)?.within_hard_age(policy, now)?;
        Some((Arc::clone(&keys.0), age))
    }

    pub(crate) fn keys_attempted(&mut self, jwks_uri: &str, now: Timestamp) {
        self.keys.entry(jwks_uri.to_owned()).or_default().attempted_at = now;
    }

    /// Replaces the set whole, unless the one that is held was fetched later.
    pub(crate) fn store_keys(
        &mut self,
        jwks_uri: &str,
        document: &Object,
        max_age: Option<u32>,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, Error> {
        let set = KeySet::parse(document)
            .map(Arc::new)
            .map_err(|reason| ErrorKind::MalformedJson { document: "jwks".into(), reason: reason.into() })?;
        self.keys.entry(jwks_uri.to_owned()).or_default().store(Keys(Arc::clone(&set)), max_age, now);
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "https://op.example/jwks";
    const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    const START: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn cache() -> Cache {
        let mut cache = Cache::default();
        cache.store_keys(URI, &json::object(KEYS.as_bytes()).unwrap(), None, START).unwrap();
        cache.keys_attempted(URI, START);
        cache
    }

    fn look_up(cache: &Cache, kid: &str, seconds: i64) -> &'static str {
        let now = Timestamp::from_unix(START.as_unix() + seconds);
        match cache.keys(URI, (Some(kid), Alg::EdDsa), &Policy::default(), now) {
            LookUp::Use(set, _) if matches!(set.choose(Some(kid), Alg::EdDsa), Choice::One(_)) => "found",
            LookUp::Use(..) => "unknown",
            LookUp::Fetch => "fetch",
            LookUp::Wait(_) => "wait",
        }
    }

    #[test]
    fn without_an_entry_the_keys_are_fetched() {
        assert_eq!(look_up(&Cache::default(), "a", 0), "fetch");
    }

    #[test]
    fn a_known_key_is_used_until_the_fresh_age() {
        assert_eq!(look_up(&cache(), "a", 0), "found");
        assert_eq!(look_up(&cache(), "a", 599), "found");
        assert_eq!(look_up(&cache(), "a", 600), "fetch");
    }

    #[test]
    fn an_unknown_key_is_asked_for_once_a_cooldown() {
        let mut cache = cache();
        assert_eq!(look_up(&cache, "b", 29), "unknown");
        assert_eq!(look_up(&cache, "b", 30), "fetch");
        cache.keys_attempted(URI, START.plus(30));
        assert_eq!(look_up(&cache, "b", 31), "unknown");
        assert_eq!(look_up(&cache, "a", 31), "found");
    }

    #[test]
    fn a_failed_refresh_keeps_the_last_good_set_until_the_hard_age() {
        let mut cache = cache();
        cache.keys_attempted(URI, START.plus(700));
        assert_eq!(look_up(&cache, "a", 701), "found");
        assert_eq!(look_up(&cache, "a", 730), "fetch");
        cache.keys_attempted(URI, START.plus(86_399));
        assert_eq!(look_up(&cache, "a", 86_399), "found");
        assert_eq!(look_up(&cache, "a", 86_400), "wait");
        assert!(cache.stale_keys(URI, &Policy::default(), START.plus(86_400)).is_none());
    }

    #[test]
    fn an_entry_from_the_future_is_stale() {
        assert_eq!(look_up(&cache(), "a", -1), "fetch");
    }

    #[test]
    fn a_set_is_replaced_whole_and_only_by_a_later_one() {
        let mut cache = cache();
        let empty = || json::object(br#"{"keys":[]}"#).unwrap();
        cache.store_keys(URI, &empty(), None, Timestamp::from_unix(START.as_unix() - 1)).unwrap();
        assert_eq!(look_up(&cache, "a", 0), "found");
        cache.store_keys(URI, &empty(), None, START).unwrap();
        assert_eq!(look_up(&cache, "a", 0), "unknown");
    }

    #[test]
    fn max_age_decides_within_bounds() {
        let mut cache = cache();
        cache.store_keys(URI, &json::object(KEYS.as_bytes()).unwrap(), Some(3_600), START).unwrap();
        assert_eq!(look_up(&cache, "a", 3_599), "found");
        assert_eq!(look_up(&cache, "a", 3_600), "fetch");
    }

    #[test]
    fn whatever_was_accepted_survives_a_trip_through_json() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(15), "]".repeat(15));
        let mut cache = cache();
        for issuer in 0..600 {
            let document = json::object(deep.as_bytes()).unwrap();
            cache.store_metadata(&format!("https://{issuer}.example"), document, None, START);
        }
        assert_eq!(Cache::from_json(&cache.to_json()).unwrap().to_json(), cache.to_json());
    }

    #[test]
    fn it_survives_a_trip_through_json() {
        let copy = Cache::from_json(&cache().to_json()).unwrap();
        assert_eq!(look_up(&copy, "a", 10), "found");
        assert_eq!(copy.to_json(), cache().to_json());
        for bad in
            ["", "{}", "[]", r#"{"metadata":{},"keys":{"u":1}}"#, r#"{"metadata":{},"keys":{},"more":1}"#]
        {
            assert_eq!(Cache::from_json(bad).unwrap_err().code(), "unreadable_cache", "{bad}");
        }
    }
}
