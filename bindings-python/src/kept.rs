//! What a store in memory keeps: the newest entries, oldest first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// How many holes are left in the order before it is made anew, beside as many as there are entries.
const HOLES: usize = 32;

/// Entries by their keys, at most so many. Each is kept until its time has come, or as many newer ones have. Internal.
#[pyclass(frozen, generic, module = "relyingparty")]
pub(crate) struct Kept {
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// Oldest first, and never a hole in front.
    order: VecDeque<Option<Entry>>,
    /// How many have left the order in front.
    left: usize,
    /// Where each entry is in the order, counted with those that have left.
    places: HashMap<Arc<str>, usize>,
}

struct Entry {
    key: Arc<str>,
    until: f64,
    value: Py<PyAny>,
}

#[pymethods]
impl Kept {
    #[new]
    fn new(most: usize) -> Kept {
        Kept { most, entries: Mutex::default() }
    }

    /// Adds the newest, in the place of one of its key, when what expired and what is too many has gone, oldest first.
    fn add(&self, py: Python<'_>, key: &str, value: Py<PyAny>, until: f64, now: f64) {
        // What goes is dropped when nobody waits for it.
        let mut gone = Vec::new();
        let mut entries = self.entries(py);
        while entries.oldest().is_some_and(|oldest| now >= oldest.until) {
            gone.extend(entries.remove_oldest());
        }
        gone.extend(entries.remove(key));
        if entries.places.len() >= self.most {
            gone.extend(entries.remove_oldest());
        }
        entries.push(Entry { key: key.into(), until, value });
        drop(entries);
    }

    /// Removes and returns the value of this key; `None` if it is absent or expired.
    fn take(&self, py: Python<'_>, key: &str, now: f64) -> Option<Py<PyAny>> {
        let taken = self.entries(py).remove(key)?;
        (now < taken.until).then_some(taken.value)
    }

    /// The value of this key, which stays, or `absent`.
    fn find(&self, py: Python<'_>, key: &str, absent: Py<PyAny>) -> Py<PyAny> {
        let entries = self.entries(py);
        entries.find(key).map_or(absent, |entry| entry.value.clone_ref(py))
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.entries(py).places.len()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Kept: {}>", self.__len__(py))
    }
}

impl Kept {
    /// Whoever holds them holds the interpreter too, as a fork does: no child inherits them locked.
    fn entries(&self, py: Python<'_>) -> MutexGuard<'_, Entries> {
        self.entries.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn oldest(&self) -> Option<&Entry> {
        self.order.front()?.as_ref()
    }

    fn find(&self, key: &str) -> Option<&Entry> {
        let place = self.places.get(key)?.checked_sub(self.left)?;
        self.order.get(place)?.as_ref()
    }

    fn push(&mut self, entry: Entry) {
        self.places.insert(Arc::clone(&entry.key), self.left.saturating_add(self.order.len()));
        self.order.push_back(Some(entry));
    }

    fn remove_oldest(&mut self) -> Option<Entry> {
        let entry = self.order.front_mut()?.take()?;
        self.places.remove(&entry.key);
        self.close_up();
        Some(entry)
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let place = self.places.remove(key)?.checked_sub(self.left)?;
        let entry = self.order.get_mut(place)?.take();
        self.close_up();
        entry
    }

    /// Drops the holes in front, and the others when they are most of it.
    fn close_up(&mut self) {
        while let Some(None) = self.order.front() {
            self.order.pop_front();
            self.left = self.left.saturating_add(1);
        }
        if self.order.len() <= self.places.len().saturating_mul(2).saturating_add(HOLES) {
            return;
        }
        self.order.retain(Option::is_some);
        self.left = 0;
        for (place, entry) in self.order.iter().flatten().enumerate() {
            self.places.insert(Arc::clone(&entry.key), place);
        }
    }
}
