//! The reader: one pass over the text, every rule on the way.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::text::order::repeats;

use super::plain::plain;
use super::{Bounds, Json, Member, Object, Quoted};

mod tree;

pub(super) use tree::Serde;
pub use tree::{Build, members};

/// Characters of a number: more than any double-precision number needs.
const MAX_NUMBER: usize = 40;
/// Digits before the point, once the exponent has moved it: no double overflows.
const MAX_MAGNITUDE: i64 = 308;
/// Members that an object is likely to have.
const USUAL_WIDTH: usize = 16;
/// Members among which a name is looked for one by one. In a wider object the names are sorted, at its end: the time
/// to read a text grows no faster than the text.
const FEW: usize = 24;

pub(super) fn read(text: &[u8], bounds: Bounds) -> Result<Object<'_>, String> {
    let text = core::str::from_utf8(text).map_err(|error| Flaw::Syntax.at(error.valid_up_to()))?;
    let mut reader = Reader { text, position: 0, width: bounds.width };
    reader.document(bounds.depth).map_err(|flaw| flaw.within(bounds, reader.position))
}

/// The elements of an array that was read before.
pub(super) fn elements(array: &str) -> impl Iterator<Item = Json<'_>> {
    // Past the bracket; then past an element and the comma or bracket behind it.
    let mut reader = Reader { text: array, position: 1, width: usize::MAX };
    core::iter::from_fn(move || {
        let element = reader.value(u8::MAX).ok()?;
        reader.peek().ok()?;
        reader.forward();
        Some(element)
    })
}

/// A string without its escapes, which were read before.
#[cold]
pub(super) fn unescaped(quoted: &str) -> String {
    let mut reader = Reader { text: quoted, position: 0, width: 0 };
    let mut text = String::with_capacity(quoted.len());
    while let Some((plain, rest)) = reader.rest().split_once('\\') {
        text.push_str(plain);
        reader.position = quoted.len().saturating_sub(rest.len());
        match reader.escaped() {
            Ok(character) => text.push(character),
            Err(_) => break,
        }
    }
    text.push_str(reader.rest());
    text
}

/// The rule that a text breaks.
#[derive(Clone, Copy)]
enum Flaw {
    Duplicate,
    Depth,
    Width,
    Range,
    End,
    Syntax,
    NotAnObject,
}

impl Flaw {
    /// The rule and the place, and which member of the policy allows more.
    fn within(self, bounds: Bounds, position: usize) -> String {
        let mut said = self.at(position);
        said.push_str(match self {
            Flaw::Depth if bounds.policy => " (raise max_json_depth)",
            Flaw::Width if bounds.policy => " (raise max_json_members)",
            _ => "",
        });
        said
    }

    fn at(self, position: usize) -> String {
        let rule = match self {
            Flaw::Duplicate => "duplicate member",
            Flaw::Depth => "nested too deeply",
            Flaw::Width => "too many members",
            Flaw::Range => "a number out of range",
            Flaw::End => "ends too early",
            Flaw::Syntax => "not JSON",
            Flaw::NotAnObject => "not an object",
        };
        [rule, " at byte ", &position.to_string()].concat()
    }
}

fn has_a_name_twice(members: &[Member<'_>]) -> bool {
    let names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
    repeats(&names).contains(&true)
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    width: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self, depth: u8) -> Result<Object<'a>, Flaw> {
        if self.peek()? != b'{' {
            self.value(depth)?;
            return Err(Flaw::NotAnObject);
        }
        let members = self.object(depth)?;
        if self.peek().is_ok() { Err(Flaw::Syntax) } else { Ok(Object(members)) }
    }

    fn value(&mut self, depth: u8) -> Result<Json<'a>, Flaw> {
        let first = self.peek()?;
        let start = self.position;
        Ok(match first {
            b'{' => {
                self.object(depth)?;
                Json::Object(self.since(start))
            }
            b'[' => {
                self.array(depth)?;
                Json::Array(self.since(start))
            }
            b'"' => Json::Text(self.string()?),
            b'-' | b'0'..=b'9' => Json::Number(self.number()?),
            b't' => {
                self.word("true")?;
                Json::Bool(true)
            }
            b'f' => {
                self.word("false")?;
                Json::Bool(false)
            }
            b'n' => {
                self.word("null")?;
                Json::Null
            }
            _ => return Err(Flaw::Syntax),
        })
    }

    fn object(&mut self, depth: u8) -> Result<Vec<Member<'a>>, Flaw> {
        let inner = depth.checked_sub(1).ok_or(Flaw::Depth)?;
        self.forward();
        let mut members: Vec<Member<'a>> = Vec::new();
        if self.ends_at_once(b'}')? {
            return Ok(members);
        }
        members.reserve(USUAL_WIDTH);
        loop {
            if self.peek()? != b'"' {
                return Err(Flaw::Syntax);
            }
            let name = self.string()?.text();
            if members.len() < FEW && members.iter().any(|member| member.name == name) {
                return Err(Flaw::Duplicate);
            }
            if members.len() == self.width {
                return Err(Flaw::Width);
            }
            if self.peek()? != b':' {
                return Err(Flaw::Syntax);
            }
            self.forward();
            self.peek()?;
            let start = self.position;
            let value = self.value(inner)?;
            members.push(Member { name, value, raw: self.since(start) });
            if self.ends_after_element(b'}')? {
                let twice = members.len() > FEW && has_a_name_twice(&members);
                return if twice { Err(Flaw::Duplicate) } else { Ok(members) };
            }
        }
    }

    fn array(&mut self, depth: u8) -> Result<(), Flaw> {
        let inner = depth.checked_sub(1).ok_or(Flaw::Depth)?;
        self.forward();
        if self.ends_at_once(b']')? {
            return Ok(());
        }
        for _ in 0..self.width {
            self.value(inner)?;
            if self.ends_after_element(b']')? {
                return Ok(());
            }
        }
        Err(Flaw::Width)
    }

    fn ends_at_once(&mut self, end: u8) -> Result<bool, Flaw> {
        let ends = self.peek()? == end;
        if ends {
            self.forward();
        }
        Ok(ends)
    }

    fn ends_after_element(&mut self, end: u8) -> Result<bool, Flaw> {
        let byte = self.peek()?;
        self.forward();
        match byte {
            b',' => Ok(false),
            byte if byte == end => Ok(true),
            _ => Err(Flaw::Syntax),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Flaw> {
        for expected in word.bytes() {
            if self.byte()? != expected {
                return Err(Flaw::Syntax);
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<&'a str, Flaw> {
        let start = self.position;
        if self.next_is(b'-') {
            self.forward();
        }
        let whole = self.position;
        match self.byte()? {
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return Err(Flaw::Syntax),
        }
        let mut magnitude = i64::try_from(self.since(whole).len()).map_err(|_| Flaw::Range)?;
        if self.next_is(b'.') {
            self.forward();
            self.digits()?;
        }
        if self.next_is(b'e') || self.next_is(b'E') {
            self.forward();
            let exponent = self.position;
            if self.next_is(b'+') || self.next_is(b'-') {
                self.forward();
            }
            self.digits()?;
            let exponent = self.since(exponent).parse::<i16>().map_err(|_| Flaw::Range)?;
            magnitude = magnitude.saturating_add(exponent.into());
        }
        let number = self.since(start);
        if magnitude > MAX_MAGNITUDE || number.len() > MAX_NUMBER { Err(Flaw::Range) } else { Ok(number) }
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), Flaw> {
        if !self.byte()?.is_ascii_digit() {
            return Err(Flaw::Syntax);
        }
        self.skip_digits();
        Ok(())
    }

    fn skip_digits(&mut self) {
        while self.text.as_bytes().get(self.position).is_some_and(u8::is_ascii_digit) {
            self.forward();
        }
    }

    /// A string, its opening quote at hand.
    fn string(&mut self) -> Result<Quoted<'a>, Flaw> {
        self.forward();
        let (start, mut escapes) = (self.position, false);
        loop {
            let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
            let length = plain(rest).ok_or(Flaw::End)?;
            self.position = self.position.saturating_add(length);
            match rest.get(length) {
                Some(b'"') => {
                    let raw = self.since(start);
                    self.forward();
                    return Ok(Quoted { raw, escapes });
                }
                Some(b'\\') => {
                    self.forward();
                    self.escaped()?;
                    escapes = true;
                }
                _ => return Err(Flaw::Syntax),
            }
        }
    }

    /// What an escape stands for, its backslash already read.
    fn escaped(&mut self) -> Result<char, Flaw> {
        Ok(match self.byte()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(Flaw::Syntax),
        })
    }

    /// `\uXXXX`, two of them for a character beyond the first plane. Half of such a pair is no character.
    fn code_point(&mut self) -> Result<char, Flaw> {
        let first = self.code_unit()?;
        let code_point = match first {
            0xd800..=0xdbff => {
                self.word("\\u")?;
                let second = self.code_unit()?;
                if !matches!(second, 0xdc00..=0xdfff) {
                    return Err(Flaw::Syntax);
                }
                0x10000_u32.saturating_add((first & 0x3ff) << 10 | second & 0x3ff)
            }
            other => other,
        };
        char::from_u32(code_point).ok_or(Flaw::Syntax)
    }

    fn code_unit(&mut self) -> Result<u32, Flaw> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()?).to_digit(16).ok_or(Flaw::Syntax)?;
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// The next byte that is not white space, which stays where it is.
    fn peek(&mut self) -> Result<u8, Flaw> {
        loop {
            match self.text.as_bytes().get(self.position).copied() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.forward(),
                Some(byte) => return Ok(byte),
                None => return Err(Flaw::End),
            }
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.text.as_bytes().get(self.position) == Some(&byte)
    }

    fn byte(&mut self) -> Result<u8, Flaw> {
        let byte = self.text.as_bytes().get(self.position).copied().ok_or(Flaw::End)?;
        self.forward();
        Ok(byte)
    }

    fn forward(&mut self) {
        self.position = self.position.saturating_add(1);
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.position).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
