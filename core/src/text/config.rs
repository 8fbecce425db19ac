//! Configuration and requests read from JSON, with errors that name the mistake and never echo a value.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::report::{Error, ErrorKind};
use crate::text::json::{Json, Member, Object};
#[cfg(feature = "setup")]
use crate::text::nearest;

/// Bytes of a stored session or pending login: several times what the largest response that a policy allows makes.
const LONGEST_OWN: usize = 8 << 20;

const MISSING: &str = "is missing";

/// The members of a JSON object that a host wrote, taken out one by one. A member that is there has to be usable: null
/// is not absent. The first one that is not is told at the [end](Config::end).
pub(crate) struct Config<'a> {
    object: Object<'a>,
    error: Option<Error>,
    /// The names that were asked for, where a person wrote the object and may have misspelt one.
    #[cfg(feature = "setup")]
    asked: Option<Vec<&'a str>>,
}

impl<'a> Config<'a> {
    /// Reads a strict JSON object; `what` it is stands for a member in errors.
    pub(crate) fn parse(text: &'a str, what: &str) -> Result<Config<'a>, Error> {
        Config::parse_beside(text, what, &[])
    }

    /// The same for members that are given together with others, of these names, which somebody else reads.
    pub(crate) fn parse_beside(text: &'a str, what: &str, others: &[&'a str]) -> Result<Config<'a>, Error> {
        let object = Object::parse(text.as_bytes()).map_err(|reason| invalid(what, &reason))?;
        #[cfg(not(feature = "setup"))]
        let _ = others;
        Ok(Config {
            object,
            error: None,
            #[cfg(feature = "setup")]
            asked: Some(others.to_vec()),
        })
    }

    /// What a host's own store holds for a visitor. The reason of a refusal is the caller's to report.
    pub(crate) fn parse_own(text: &'a str) -> Result<Config<'a>, String> {
        Config::parse_own_within(text, LONGEST_OWN)
    }

    /// The same for a text of at most so many bytes.
    pub(crate) fn parse_own_within(text: &'a str, longest: usize) -> Result<Config<'a>, String> {
        if text.len() > longest {
            return Err(["longer than ", &longest.to_string(), " bytes"].concat());
        }
        Object::parse_own(text.as_bytes()).map(Config::of)
    }

    /// An object within another.
    pub(crate) fn of(object: Object<'a>) -> Config<'a> {
        Config {
            object,
            error: None,
            #[cfg(feature = "setup")]
            asked: None,
        }
    }

    pub(crate) fn member(&mut self, name: &'a str) -> Option<Member<'a>> {
        #[cfg(feature = "setup")]
        if let Some(asked) = &mut self.asked {
            asked.push(name);
        }
        self.object.take(name)
    }

    pub(crate) fn text(&mut self, name: &'a str) -> Option<String> {
        let text = self.value(name)?.as_text().map(|text| text.into_owned());
        self.noted(name, "is not a string", text)
    }

    pub(crate) fn texts(&mut self, name: &'a str) -> Option<Vec<String>> {
        let value = self.value(name)?;
        let reason = match value {
            Json::Text(_) => "is one string: put it in a list",
            _ => "is not a list of strings",
        };
        self.noted(name, reason, value.texts())
    }

    /// One string, or a list of them.
    pub(crate) fn text_or_texts(&mut self, name: &'a str) -> Option<Vec<String>> {
        let value = self.value(name)?;
        let texts = match value.as_text() {
            Some(text) => Some(vec![text.into_owned()]),
            None => value.texts(),
        };
        self.noted(name, "is neither a string nor a list of strings", texts)
    }

    pub(crate) fn bool(&mut self, name: &'a str) -> Option<bool> {
        let value = match self.value(name)? {
            Json::Bool(value) => Some(value),
            _ => None,
        };
        self.noted(name, "is not true or false", value)
    }

    /// A whole number, 0 or more.
    pub(crate) fn number(&mut self, name: &'a str) -> Option<u32> {
        let number = match self.value(name)? {
            Json::Number(number) => number.parse().ok(),
            _ => None,
        };
        self.noted(name, "is not a whole number", number)
    }

    /// A time in Unix seconds.
    pub(crate) fn time(&mut self, name: &'a str) -> Option<i64> {
        let number = match self.value(name)? {
            Json::Number(number) => number.parse().ok(),
            _ => None,
        };
        self.noted(name, "is not a time in seconds", number)
    }

    /// One of the words of a type.
    pub(crate) fn word<T>(&mut self, name: &'a str, from_name: fn(&str) -> Option<T>) -> Option<T> {
        let word = self.text(name)?;
        self.noted(name, "is not one of its words", from_name(&word))
    }

    /// An object, as text.
    pub(crate) fn object(&mut self, name: &'a str) -> Option<String> {
        let object = match self.value(name)? {
            Json::Object(text) => Some(text.to_owned()),
            _ => None,
        };
        self.noted(name, "is not an object", object)
    }

    /// An array, as text.
    pub(crate) fn array(&mut self, name: &'a str) -> Option<String> {
        let array = match self.value(name)? {
            Json::Array(text) => Some(text.to_owned()),
            _ => None,
        };
        self.noted(name, "is not a list", array)
    }

    /// An object of strings.
    pub(crate) fn pairs(&mut self, name: &'a str) -> Vec<(String, String)> {
        let pair = |member: &Member<'_>| {
            Some((member.name.clone().into_owned(), member.value.as_text()?.into_owned()))
        };
        let Some(value) = self.value(name) else { return Vec::new() };
        let pairs = value.as_object().and_then(|object| object.members().iter().map(pair).collect());
        self.noted(name, "is not an object of strings", pairs).unwrap_or_default()
    }

    /// A member that has to be there.
    pub(crate) fn required<T: Default>(
        &mut self,
        name: &'a str,
        read: fn(&mut Config<'a>, &'a str) -> Option<T>,
    ) -> T {
        let value = read(self, name);
        // What was there and not usable is noted before.
        self.noted(name, MISSING, value).unwrap_or_default()
    }

    /// What was read, if every member was usable and none is left over.
    pub(crate) fn end<T>(mut self, read: T) -> Result<T, Error> {
        self.refuse_what_is_left();
        match self.error {
            None => Ok(read),
            Some(error) => Err(error),
        }
    }

    /// What is missing may be there under a name that is misspelt.
    fn refuse_what_is_left(&mut self) {
        let Some(unknown) = self.object.members().first() else { return };
        if self.error.as_ref().is_none_or(|error| error.detail("reason") == Some(MISSING)) {
            let name: String = unknown.name.chars().take(64).collect();
            self.error = Some(self.hinting(invalid(&name, "is not a member"), &name));
        }
    }

    /// The error, with the name that may have been meant.
    #[cfg(feature = "setup")]
    fn hinting(&self, error: Error, unknown: &str) -> Error {
        match &self.asked {
            Some(asked) => error.hinting(&nearest::hint(unknown, asked)),
            None => error,
        }
    }

    /// The error: a small build does without advice.
    #[cfg(not(feature = "setup"))]
    #[expect(clippy::unused_self, reason = "the other one needs it")]
    fn hinting(&self, error: Error, _: &str) -> Error {
        error
    }

    fn value(&mut self, name: &'a str) -> Option<Json<'a>> {
        self.member(name).map(|member| member.value)
    }

    fn noted<T>(&mut self, name: &str, reason: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.note(name, reason);
        }
        value
    }

    #[cold]
    fn note(&mut self, name: &str, reason: &str) {
        if self.error.is_none() {
            self.error = Some(invalid(name, reason));
        }
    }
}

pub(crate) fn invalid(member: &str, reason: &str) -> Error {
    ErrorKind::InvalidConfiguration.with([member, reason])
}
