//! What the app remembers: bounded, expiring, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values under random names. The oldest make way for new ones.
#[derive(Debug)]
pub(super) struct Store<T> {
    entries: Mutex<BTreeMap<String, Entry<T>>>,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    expires_at: i64,
}

impl<T: Clone> Store<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: Mutex::default(), capacity }
    }

    pub(super) fn put(&self, name: &str, value: T, expires_at: i64, now: i64) {
        let mut entries = self.lock();
        entries.retain(|_, entry| entry.expires_at > now);
        while entries.len() >= self.capacity {
            let oldest =
                entries.iter().min_by_key(|(_, entry)| entry.expires_at).map(|(name, _)| name.clone());
            match oldest {
                Some(name) => entries.remove(&name),
                None => break,
            };
        }
        entries.insert(name.into(), Entry { value, expires_at });
    }

    /// A copy.
    pub(super) fn get(&self, name: &str, now: i64) -> Option<T> {
        self.lock().get(name).filter(|entry| entry.expires_at > now).map(|entry| entry.value.clone())
    }

    /// The value itself: nobody else gets it.
    pub(super) fn take(&self, name: &str, now: i64) -> Option<T> {
        self.lock().remove(name).filter(|entry| entry.expires_at > now).map(|entry| entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once() {
        let store = Store::new(2);
        store.put("a", 1, 10, 0);
        assert_eq!(store.get("a", 9), Some(1));
        assert_eq!(store.take("a", 9), Some(1));
        assert_eq!(store.take("a", 9), None);
    }

    #[test]
    fn a_value_expires() {
        let store = Store::new(2);
        store.put("a", 1, 10, 0);
        assert_eq!(store.get("a", 10), None);
        assert_eq!(store.take("a", 10), None);
    }

    #[test]
    fn the_oldest_makes_way() {
        let store = Store::new(2);
        for (name, expires_at) in [("a", 11), ("b", 10), ("c", 12)] {
            store.put(name, 1, expires_at, 0);
        }
        assert_eq!([store.get("a", 0), store.get("b", 0), store.get("c", 0)], [Some(1), None, Some(1)]);
    }
}
