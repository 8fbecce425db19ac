//! What was checked, as data: for a trace a person can read, and for tests.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::report::check::{self, Check, Part, Row, VALUES, Value};
use crate::report::printable::printable;

/// One check that was made of a login, a token or a response.
///
/// Secret values (state, nonce, tokens) are described, never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// What was checked: a stable name such as `state`, `key` or `aud`.
    pub check: &'static str,
    /// The section of the specification that requires it.
    pub rule: &'static str,
    /// The value that was required.
    pub expected: String,
    /// The value that was found.
    pub found: String,
    /// Whether the check passed. If a check failed, it is the last decision of an error.
    pub passed: bool,
}

/// How often an operation that decides anything does so, and how much text that takes.
const USUAL_ENTRIES: usize = 32;
const USUAL_TEXT: usize = 512;

/// Collects decisions on the way through an operation, not yet in words: most of them are made and never read.
#[derive(Clone, Default)]
pub(crate) struct Trace {
    silent: bool,
    entries: Vec<Entry>,
    text: String,
}

#[derive(Clone)]
struct Entry {
    row: &'static Row,
    outcome: Outcome,
    values: [Kept; VALUES],
}

#[derive(Clone, Copy, PartialEq)]
pub(in crate::report) enum Outcome {
    Passed,
    Failed,
    /// What was to be checked was not there: the first value names it.
    Missing,
    /// It could not be checked: the second value says why.
    Unusable,
}

#[derive(Clone, Copy)]
enum Kept {
    Number(i64),
    /// A stretch of the trace's text: where it starts, and its length.
    Text(u32, u32),
}

impl Trace {
    /// A trace that keeps what it is told only if `record`.
    pub(crate) fn new(record: bool) -> Trace {
        Trace { silent: !record, entries: Vec::new(), text: String::new() }
    }

    /// Notes something that was chosen or found in order.
    pub(crate) fn pass<'a, C: Check<'a>>(&mut self, check: C) {
        self.note(C::ROW, Outcome::Passed, &check.values());
    }

    /// Notes that an option made a difference.
    #[inline(never)]
    pub(crate) fn lenient(&mut self, option: &str, found: &str) {
        self.pass(check::Leniency { option: option.into(), found: found.into() });
    }

    /// Notes that something counts as absent.
    #[inline(never)]
    pub(crate) fn left_out(&mut self, member: &str, reason: &str) {
        self.pass(check::LeftOut { member: member.into(), reason: reason.into() });
    }

    pub(crate) fn extend(&mut self, later: &Trace) {
        let base = short(self.text.len());
        self.text.push_str(&later.text);
        self.entries.extend(later.entries.iter().cloned().map(|mut entry| {
            for value in &mut entry.values {
                if let Kept::Text(start, _) = value {
                    *start = start.saturating_add(base);
                }
            }
            entry
        }));
    }

    pub(crate) fn decisions(&self) -> Vec<Decision> {
        self.entries.iter().map(|entry| self.decision(entry)).collect()
    }

    pub(in crate::report) fn note(&mut self, row: &'static Row, outcome: Outcome, values: &[Value<'_>]) {
        if self.silent {
            return;
        }
        if self.entries.capacity() == 0 {
            self.entries.reserve(USUAL_ENTRIES);
            self.text.reserve(USUAL_TEXT);
        }
        let mut kept = [Kept::Number(0); VALUES];
        for (kept, value) in kept.iter_mut().zip(values) {
            *kept = match value {
                Value::Number(number) => Kept::Number(*number),
                Value::Text(text) => {
                    let start = short(self.text.len());
                    self.text.push_str(text);
                    Kept::Text(start, short(text.len()))
                }
            };
        }
        self.entries.push(Entry { row, outcome, values: kept });
    }

    fn decision(&self, entry: &Entry) -> Decision {
        const USABLE: &[Part] = &[Part::Text("to be there and well-formed")];
        const REASON: &[Part] = &[Part::Value(0), Part::Text(": "), Part::Value(1)];
        let row = entry.row;
        let (expected, found) = match entry.outcome {
            Outcome::Passed => (row.expected, row.found),
            Outcome::Failed => (row.expected, row.found_instead),
            Outcome::Missing => (USABLE, [Part::Text("not there")].as_slice()),
            Outcome::Unusable => (USABLE, REASON),
        };
        Decision {
            check: row.name,
            rule: row.rule,
            expected: self.in_words(entry, expected),
            found: self.in_words(entry, found),
            passed: entry.outcome == Outcome::Passed,
        }
    }

    fn in_words(&self, entry: &Entry, parts: &[Part]) -> String {
        let mut words = String::new();
        for part in parts {
            match part {
                Part::Text(text) => words.push_str(text),
                Part::Value(place) => match entry.value(*place) {
                    Kept::Number(number) => words.push_str(&number.to_string()),
                    Kept::Text(start, length) => {
                        words.push_str(self.stretch(start, length));
                    }
                },
                Part::Difference(more, less) => {
                    let difference = entry.number(*more).saturating_sub(entry.number(*less));
                    words.push_str(&difference.to_string());
                }
            }
        }
        printable(words.trim_end_matches(' '))
    }

    fn stretch(&self, start: u32, length: u32) -> &str {
        let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        self.text.get(place(start)..place(start.saturating_add(length))).unwrap_or_default()
    }
}

/// A place in a trace's text. No trace is longer than the texts that a policy allows, by far.
fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Entry {
    fn value(&self, place: u8) -> Kept {
        self.values.get(usize::from(place)).copied().unwrap_or(Kept::Number(0))
    }

    fn number(&self, place: u8) -> i64 {
        match self.value(place) {
            Kept::Number(number) => number,
            Kept::Text(..) => 0,
        }
    }
}

impl core::fmt::Debug for Trace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.decisions()).finish()
    }
}
