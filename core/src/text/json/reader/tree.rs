//! What was read before, built into values of another library by the same reader, so that no other parser has a say.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::{Flaw, Json, Reader};

/// Makes the values of a library out of those of a text.
pub trait Build {
    /// Any value.
    type Value;
    /// The members of an object.
    type Members;

    /// `null`.
    fn null(&self) -> Self::Value;
    /// `true` or `false`.
    fn bool(&self, value: bool) -> Self::Value;
    /// A number as it is written, within what a double-precision number can hold.
    fn number(&self, written: &str) -> Self::Value;
    /// A string.
    fn text(&self, text: Cow<'_, str>) -> Self::Value;
    /// An array.
    fn array(&self, elements: Vec<Self::Value>) -> Self::Value;
    /// The members of an object that has none yet.
    fn no_members(&self) -> Self::Members;
    /// Adds a member. No name comes twice.
    fn member(&self, members: &mut Self::Members, name: Cow<'_, str>, value: Self::Value);
    /// An object.
    fn object(&self, members: Self::Members) -> Self::Value;
}

/// The members of an object that was read before, in the order of the text.
pub fn members<B: Build>(object: &str, build: &B) -> B::Members {
    let mut members = build.no_members();
    let mut reader = Reader { text: object, position: 0, width: usize::MAX };
    // It was read whole before, and so it is now.
    let _ = reader.members(&mut members, build);
    members
}

impl Reader<'_> {
    fn members<B: Build>(&mut self, into: &mut B::Members, build: &B) -> Result<(), Flaw> {
        self.peek()?;
        self.forward();
        let mut ended = self.ends_at_once(b'}')?;
        while !ended {
            self.peek()?;
            let name = self.string()?.text();
            self.peek()?;
            self.forward();
            build.member(into, name, self.tree(build)?);
            ended = self.ends_after_element(b'}')?;
        }
        Ok(())
    }

    fn tree<B: Build>(&mut self, build: &B) -> Result<B::Value, Flaw> {
        match self.peek()? {
            b'{' => {
                let mut members = build.no_members();
                self.members(&mut members, build)?;
                Ok(build.object(members))
            }
            b'[' => {
                self.forward();
                let mut elements = Vec::new();
                let mut ended = self.ends_at_once(b']')?;
                while !ended {
                    elements.push(self.tree(build)?);
                    ended = self.ends_after_element(b']')?;
                }
                Ok(build.array(elements))
            }
            _ => Ok(match self.value(0)? {
                Json::Bool(value) => build.bool(value),
                Json::Text(text) => build.text(text.text()),
                Json::Number(number) => build.number(number),
                Json::Null | Json::Array(_) | Json::Object(_) => build.null(),
            }),
        }
    }
}

/// Values of serde_json.
pub(in crate::text::json) struct Serde;

impl Build for Serde {
    type Value = Value;
    type Members = Map<String, Value>;

    fn null(&self) -> Value {
        Value::Null
    }

    fn bool(&self, value: bool) -> Value {
        Value::Bool(value)
    }

    /// serde_json keeps every digit if it was told to.
    fn number(&self, written: &str) -> Value {
        written.parse().map_or(Value::Null, Value::Number)
    }

    fn text(&self, text: Cow<'_, str>) -> Value {
        Value::String(text.into_owned())
    }

    fn array(&self, elements: Vec<Value>) -> Value {
        Value::Array(elements)
    }

    fn no_members(&self) -> Map<String, Value> {
        Map::new()
    }

    fn member(&self, members: &mut Map<String, Value>, name: Cow<'_, str>, value: Value) {
        members.insert(name.into_owned(), value);
    }

    fn object(&self, members: Map<String, Value>) -> Value {
        Value::Object(members)
    }
}
