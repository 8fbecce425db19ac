//! One thing changed in the text of a JSON object.

use serde_json::{Map, Value};

/// Numbers that are the same in every run.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// An object's members in the order of the text.
#[derive(Clone)]
pub(crate) struct Document(pub(crate) Vec<(String, String)>);

impl Document {
    /// Takes a text without white space apart. Values stay text.
    pub(crate) fn of(text: &str) -> Document {
        let members: Map<String, Value> = serde_json::from_str(text).unwrap();
        let document =
            Document(members.iter().map(|(name, value)| (name.clone(), value.to_string())).collect());
        assert_eq!(document.text(), text, "it is written as serde_json writes it");
        document
    }

    pub(crate) fn text(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    pub(crate) fn value(&self, member: &str) -> &str {
        &self.0.iter().find(|(name, _)| name == member).unwrap_or_else(|| panic!("no {member}")).1
    }

    fn edited(&self, edit: impl FnOnce(&mut Vec<(String, String)>)) -> String {
        let mut members = self.0.clone();
        edit(&mut members);
        Document(members).text()
    }

    pub(crate) fn without(&self, member: &str) -> String {
        self.edited(|members| members.retain(|(name, _)| name != member))
    }

    pub(crate) fn with(&self, member: &str, value: &str) -> String {
        self.edited(|members| match members.iter_mut().find(|(name, _)| name == member) {
            Some((_, own)) => *own = value.to_owned(),
            None => members.push((member.to_owned(), value.to_owned())),
        })
    }

    /// The member once more, first and last, under any spelling of its name, with its own value or another.
    pub(crate) fn duplicates(&self, member: &str) -> Vec<String> {
        let escaped = format!("\\u{:04x}{}", u32::from(member.chars().next().unwrap()), &member[1..]);
        let own = self.value(member).to_owned();
        let mut texts = Vec::new();
        for name in [member.to_owned(), escaped] {
            for value in [own.clone(), "null".to_owned(), "\"another\"".to_owned()] {
                let twin = (name.clone(), value);
                texts.push(self.edited(|members| members.push(twin.clone())));
                texts.push(self.edited(|members| members.insert(0, twin)));
            }
        }
        texts
    }

    /// The member under a name that is nearly its own.
    pub(crate) fn renamed(&self, member: &str) -> Vec<String> {
        let near =
            [member.to_uppercase(), format!("{member} "), format!(" {member}"), format!("{member}\\u0000")];
        let rename = |near: String| {
            self.edited(|members| {
                members
                    .iter_mut()
                    .filter(|(name, _)| name == member)
                    .for_each(|(name, _)| name.clone_from(&near));
            })
        };
        near.into_iter().map(rename).collect()
    }

    pub(crate) fn shuffled(&self, draw: &mut Draw) -> String {
        self.edited(|members| {
            for last in (1..members.len()).rev() {
                members.swap(last, draw.below(last + 1));
            }
        })
    }

    /// The text of each member with where it begins.
    pub(crate) fn spans(&self) -> Vec<(&str, std::ops::Range<usize>)> {
        let mut at = 1;
        let span = |(name, value): &'_ (String, String)| {
            let range = at..at + name.len() + value.len() + 3;
            at = range.end + 1;
            range
        };
        let ranges: Vec<_> = self.0.iter().map(span).collect();
        self.0.iter().map(|(name, _)| name.as_str()).zip(ranges).collect()
    }
}

/// A string with one character replaced by another: not by the same letter in another case.
pub(crate) fn one_other_character(text: &str, draw: &mut Draw) -> String {
    const OTHERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-_.:/~ ";
    let mut bytes = text.as_bytes().to_vec();
    let at = draw.below(bytes.len());
    loop {
        let other = OTHERS[draw.below(OTHERS.len())];
        if !bytes[at].eq_ignore_ascii_case(&other) {
            bytes[at] = other;
            return String::from_utf8(bytes).unwrap();
        }
    }
}
