//! A cache as text.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Cache, Entry, Fetched, MOST_ENTRIES, Shelf, Stored, Version};
use crate::jose::{KeySet, MOST_KEYS};
use crate::report::{Error, ErrorKind};
use crate::text::config::Config;
use crate::text::json::{Json, Object, Writer, list};
use crate::text::order::order;
use crate::text::time::Timestamp;

/// Bytes of a stored cache: 64 KiB for each of the most entries.
const LONGEST: usize = 64 << 20;

impl Cache {
    /// Reads a cache that [`to_json`](Cache::to_json) wrote, up to 64 MiB.
    ///
    /// # Errors
    /// `unreadable_cache`: start with an empty one.
    pub fn from_json(text: &str) -> Result<Cache, Error> {
        let unreadable = |reason: &str| ErrorKind::UnreadableCache.with([reason]);
        let stored = Config::parse_own_within(text, LONGEST).map_err(|reason| unreadable(&reason))?;
        Cache::read(stored).ok_or_else(|| unreadable("not a cache"))
    }

    fn read(mut stored: Config<'_>) -> Option<Cache> {
        let mut cache = Cache::default();
        for record in Record::read_all(stored.member("metadata")?.value)? {
            cache.metadata.insert(record, |document| Some(Stored::new(document.into())))?;
        }
        for record in Record::read_all(stored.member("keys")?.value)? {
            cache.keys.insert(record, |document| {
                let document = Object::parse_own(document.as_bytes()).ok()?;
                KeySet::parse(&document, MOST_KEYS).ok().map(Arc::new)
            })?;
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
}

/// An entry as it is written down.
struct Record<'a> {
    of: String,
    attempted_at: Timestamp,
    version: Version,
    based_on: Version,
    fetched: Option<Fetched<&'a str>>,
}

impl<T: Clone> Shelf<T> {
    /// Takes an entry in as it was written down.
    fn insert(&mut self, record: Record<'_>, read: impl FnOnce(&str) -> Option<T>) -> Option<()> {
        let Record { of, attempted_at, version, based_on, fetched } = record;
        let held = match fetched {
            None => None,
            Some(Fetched { value, fetched_at, max_age }) => {
                Some(Fetched { value: read(value)?, fetched_at, max_age })
            }
        };
        let entry = Entry { held, attempted_at, version, based_on };
        let entries = Arc::make_mut(&mut self.0);
        if let Err(position) = entries.binary_search_by(|(held, _)| (**held).cmp(of.as_str()))
            && entries.len() < MOST_ENTRIES
        {
            entries.insert(position, (of.into(), entry));
        }
        Some(())
    }
}

impl<'a> Record<'a> {
    /// In the order of a shelf, so that each is put at its end.
    fn read_all(records: Json<'a>) -> Option<Vec<Record<'a>>> {
        let records: Vec<_> = records.elements()?.map(Record::read).collect::<Option<_>>()?;
        let places = order(&records.iter().map(|record| record.of.as_str()).collect::<Vec<_>>());
        let mut records: Vec<_> = records.into_iter().map(Some).collect();
        Some(places.into_iter().filter_map(|place| records.get_mut(place)?.take()).collect())
    }

    fn read(record: Json<'a>) -> Option<Record<'a>> {
        let mut record = Config::of(record.as_object()?);
        let of = record.required("of", Config::text);
        let attempted_at = Timestamp::from_unix(record.required("attempted_at", Config::time));
        // The first release wrote none.
        let version = Version(record.number("version").unwrap_or_default());
        let based_on = Version(record.number("based_on").unwrap_or_default());
        let fetched_at = record.time("fetched_at").map(Timestamp::from_unix);
        let max_age = record.number("max_age");
        let fetched = match (record.member("document"), fetched_at) {
            (Some(document), Some(fetched_at)) => Some(Fetched { value: document.raw, fetched_at, max_age }),
            (None, None) => None,
            _ => return None,
        };
        record.end(Record { of, attempted_at, version, based_on, fetched }).ok()
    }
}

fn record<T>(of: &str, entry: &Entry<T>, document: impl FnOnce(&T) -> String) -> String {
    let mut record = Writer::new();
    record
        .text("of", of)
        .number("attempted_at", entry.attempted_at.as_unix())
        .number("version", entry.version.0.into())
        .number("based_on", entry.based_on.0.into());
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
