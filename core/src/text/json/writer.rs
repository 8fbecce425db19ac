//! JSON written: one object, member by member.

use alloc::string::{String, ToString};

use super::Object;
use super::plain::plain;

/// An object that is being written.
#[derive(Default)]
pub struct Writer(String);

impl core::fmt::Debug for Writer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// An object without members.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// An object without members that does not move while it grows to so many bytes: no copy of a secret stays behind.
    pub(crate) fn with_capacity(bytes: usize) -> Writer {
        Writer(String::with_capacity(bytes))
    }

    /// A member that is a string.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Writer {
        quote(self.name(name), value);
        self
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &str, value: i64) -> &mut Writer {
        self.raw(name, &value.to_string())
    }

    /// A member that is true or false.
    pub fn bool(&mut self, name: &str, value: bool) -> &mut Writer {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// A member whose value is JSON text already.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Writer {
        self.name(name).push_str(json);
        self
    }

    /// A member that is a list of strings.
    pub fn texts(&mut self, name: &str, values: &[String]) -> &mut Writer {
        self.raw(name, &list(values.iter().map(|value| quoted(value))))
    }

    /// The members of an object that was read.
    pub(crate) fn members(&mut self, object: &Object<'_>) -> &mut Writer {
        for member in object.members() {
            self.raw(&member.name, member.raw);
        }
        self
    }

    /// The object's text.
    pub fn end(&mut self) -> String {
        let mut text = core::mem::take(&mut self.0);
        if text.is_empty() {
            text.push('{');
        }
        text.push('}');
        text
    }

    fn name(&mut self, name: &str) -> &mut String {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        quote(&mut self.0, name);
        self.0.push(':');
        &mut self.0
    }
}

/// An array of values that are JSON text already.
pub fn list(values: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&value);
    }
    text.push(']');
    text
}

/// A string as JSON writes it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    quote(&mut quoted, text);
    quoted
}

fn quote(into: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    into.push('"');
    let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or('0');
    let mut rest = text;
    // What has to be escaped is ASCII: what is before it is copied in one go.
    while let Some(at) = plain(rest.as_bytes()) {
        let (plain, escaped) = rest.split_at_checked(at).unwrap_or((rest, ""));
        into.push_str(plain);
        let Some(character) = escaped.bytes().next() else { break };
        match character {
            b'"' | b'\\' => into.extend(['\\', char::from(character)]),
            _ => {
                into.push_str("\\u00");
                into.extend([digit(character >> 4), digit(character & 15)]);
            }
        }
        rest = escaped.get(1..).unwrap_or("");
    }
    into.push_str(rest);
    into.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut writer = Writer::new();
        let odd = "\"\\\n\u{1f}\u{7f}é😀";
        let text = writer
            .text("t", odd)
            .number("n", -3)
            .bool("b", true)
            .raw("r", "[1]")
            .texts("l", &[odd.into(), String::new()])
            .end();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, serde_json::json!({ "t": odd, "n": -3, "b": true, "r": [1], "l": [odd, ""] }));
        let object = Object::parse(text.as_bytes()).unwrap();
        assert_eq!(object.get("t").unwrap().as_text().unwrap(), odd);
        assert_eq!(Writer::new().members(&object).end(), text);
        assert_eq!(Writer::new().end(), "{}");
    }
}
