//! JSON read strictly: no duplicate members, bounded depth and width, nothing after the end.
//!
//! What is read borrows from the text it was read from; a text that passed once is kept as text and handed out
//! as it was signed or served.

mod number;
mod plain;
mod reader;
mod writer;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

use serde_json::{Map, Value};

pub(crate) use number::{Round, seconds};
pub use reader::{Build, members};
pub use writer::{Writer, list, quoted};

/// How far a document may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Nesting below the top level.
    pub(crate) depth: u8,
    /// Members of one object and elements of one array.
    pub(crate) width: usize,
    /// Whether the policy set them, so that it can set others.
    pub(crate) policy: bool,
}

impl Bounds {
    /// What is given to us and has no policy of its own.
    pub(crate) const USUAL: Bounds = Bounds { depth: 16, width: 512, policy: false };
    /// Documents of our own: they hold others, as deep as any policy allows, and may have an entry per provider. How
    /// long they may be is for those to say who read them.
    const OWN: Bounds = Bounds { depth: 48, width: usize::MAX, policy: false };
}

/// A value as it stands in a text that passed every rule: what is in it is read when somebody asks.
#[derive(Clone, Copy)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As it is written, within what a double-precision number can hold.
    Number(&'a str),
    Text(Quoted<'a>),
    Array(&'a str),
    Object(&'a str),
}

/// What stands between the quotes of a string, its escapes not yet resolved.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'a> {
    raw: &'a str,
    escapes: bool,
}

/// An object's members in the order of the text.
#[derive(Clone, Default)]
pub(crate) struct Object<'a>(Vec<Member<'a>>);

/// A member: its name without escapes, its value, and the text of the value.
#[derive(Clone)]
pub(crate) struct Member<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Json<'a>,
    pub(crate) raw: &'a str,
}

impl<'a> Object<'a> {
    /// Reads one JSON object and nothing else.
    ///
    /// The reason of a refusal names the rule and the place, never the input.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Object<'a>, String> {
        Object::parse_within(text, Bounds::USUAL)
    }

    /// The same for a document whose bounds are set.
    pub(crate) fn parse_within(text: &'a [u8], bounds: Bounds) -> Result<Object<'a>, String> {
        reader::read(text, bounds)
    }

    /// The same for a document of our own, or one that was read before.
    pub(crate) fn parse_own(text: &'a [u8]) -> Result<Object<'a>, String> {
        reader::read(text, Bounds::OWN)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        self.position(name).and_then(|position| self.0.get(position)).map(|member| member.value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Member<'a>> {
        self.position(name).map(|position| self.0.swap_remove(position))
    }

    pub(crate) fn members(&self) -> &[Member<'a>] {
        &self.0
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|member| member.name == name)
    }

    /// A member as text, for members where null means absent.
    pub(crate) fn text(&self, name: &str) -> Text<'a> {
        match self.get(name) {
            None | Some(Json::Null) => Text::Absent,
            Some(Json::Text(text)) => Text::Present(text.text()),
            Some(_) => Text::WrongType,
        }
    }

    /// A member as a list of strings, for members where null means absent.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ()> {
        match self.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => value.texts().map(Some).ok_or(()),
        }
    }
}

impl<'a> Json<'a> {
    pub(crate) fn as_text(self) -> Option<Cow<'a, str>> {
        match self {
            Json::Text(text) => Some(text.text()),
            _ => None,
        }
    }

    /// An array of strings.
    pub(crate) fn texts(self) -> Option<Vec<String>> {
        self.elements()?.map(|element| element.as_text().map(Cow::into_owned)).collect()
    }

    /// What is in an array.
    pub(crate) fn elements(self) -> Option<impl Iterator<Item = Json<'a>>> {
        match self {
            Json::Array(text) => Some(reader::elements(text)),
            _ => None,
        }
    }

    /// An object within another.
    pub(crate) fn as_object(self) -> Option<Object<'a>> {
        match self {
            Json::Object(text) => Object::parse_own(text.as_bytes()).ok(),
            _ => None,
        }
    }
}

impl<'a> Quoted<'a> {
    /// The string.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if self.escapes { Cow::Owned(reader::unescaped(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether it is this string, in whatever spelling.
    #[inline]
    pub(crate) fn is(self, text: &str) -> bool {
        if self.escapes { reader::unescaped(self.raw) == text } else { self.raw == text }
    }
}

/// A member that is absent or null, of the wrong type, or a string: three different things.
pub(crate) enum Text<'a> {
    Absent,
    WrongType,
    Present(Cow<'a, str>),
}

/// The text of an object that passed every rule, and its members as serde_json has them once somebody asks.
#[derive(Clone)]
pub(crate) struct Document {
    text: String,
    map: OnceBox<Map<String, Value>>,
}

impl Document {
    /// Takes a text that was read before.
    pub(crate) fn of(text: String) -> Document {
        Document { text, map: OnceBox::new() }
    }

    pub(crate) fn as_json(&self) -> &str {
        &self.text
    }

    /// Its members, by the reader that the text passed and not by serde_json's, which may be set to other rules
    /// elsewhere in the build.
    pub(crate) fn as_map(&self) -> &Map<String, Value> {
        self.map.get_or_init(|| Box::new(reader::members(&self.text, &reader::Serde)))
    }

    /// Its members: the text was read within closer bounds before, so that it is read whole again.
    pub(crate) fn object(&self) -> Object<'_> {
        Object::parse_own(self.text.as_bytes()).unwrap_or_default()
    }
}
