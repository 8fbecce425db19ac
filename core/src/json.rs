//! JSON read strictly: no duplicate members, bounded depth and width, nothing after the end.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON object, its members in the order of their names.
pub(crate) type Object = Map<String, Value>;

/// Nesting below the top level.
const MAX_DEPTH: u8 = 16;
/// Members of one object and elements of one array.
const MAX_WIDTH: usize = 512;

/// Reads one JSON object and nothing else.
///
/// The reason of a refusal names the rule and the place, never the input.
pub(crate) fn object(bytes: &[u8]) -> Result<Object, String> {
    read(bytes, MAX_DEPTH, MAX_WIDTH)
}

/// The same for a document of our own, which holds others and may have an entry per provider.
pub(crate) fn own_object(bytes: &[u8]) -> Result<Object, String> {
    read(bytes, MAX_DEPTH.saturating_mul(2), usize::MAX)
}

fn read(bytes: &[u8], depth: u8, width: usize) -> Result<Object, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { depth, width }.deserialize(&mut deserializer);
    match parsed.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| reason(&error))? {
        Value::Object(members) => Ok(members),
        _ => Err("not an object".into()),
    }
}

/// serde_json's own messages can echo input: only its category and ours are passed on.
fn reason(error: &serde_json::Error) -> String {
    let rule = match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            Rule::ALL
                .into_iter()
                .find(|rule| text.starts_with(rule.text()))
                .map_or("unusable value", Rule::text)
        }
        serde_json::error::Category::Eof => "ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
    };
    format!("{rule} at line {} column {}", error.line(), error.column())
}

#[derive(Clone, Copy)]
enum Rule {
    Duplicate,
    Depth,
    Width,
}

impl Rule {
    const ALL: [Rule; 3] = [Rule::Duplicate, Rule::Depth, Rule::Width];

    const fn text(self) -> &'static str {
        match self {
            Rule::Duplicate => "duplicate member",
            Rule::Depth => "nested too deeply",
            Rule::Width => "too many members",
        }
    }

    fn broken<E: de::Error>(self) -> E {
        E::custom(self.text())
    }
}

#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
    width: usize,
}

impl Strict {
    fn inner<E: de::Error>(self) -> Result<Strict, E> {
        self.depth.checked_sub(1).map(|depth| Strict { depth, ..self }).ok_or_else(|| Rule::Depth.broken())
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            if array.len() == self.width {
                return Err(Rule::Width.broken());
            }
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.len() == self.width {
                return Err(Rule::Width.broken());
            }
            let value = members.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(Rule::Duplicate.broken());
            }
        }
        Ok(Value::Object(object))
    }
}

/// A member that is absent or null, of the wrong type, or a string: three different things.
pub(crate) enum Text<'a> {
    Absent,
    WrongType,
    Present(&'a str),
}

/// A member as text, for members where null means absent.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Text<'a> {
    match object.get(name) {
        None | Some(Value::Null) => Text::Absent,
        Some(Value::String(text)) => Text::Present(text),
        Some(_) => Text::WrongType,
    }
}

/// A member as a list of strings, for members where null means absent.
pub(crate) fn strings(object: &Object, name: &str) -> Result<Option<Vec<String>>, ()> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(elements)) => elements
            .iter()
            .map(|element| element.as_str().map(str::to_owned).ok_or(()))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_objects_are_read_whole() {
        let read = object(br#"{"a":[1,-2,1.5,"x",null,true],"big":9007199254740993}"#).unwrap();
        assert_eq!(
            Value::Object(read).to_string(),
            r#"{"a":[1,-2,1.5,"x",null,true],"big":9007199254740993}"#
        );
    }

    #[test]
    fn duplicates_are_refused_at_every_level_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"iss":1,"\u0069ss":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
        ] {
            assert!(object(text.as_bytes()).unwrap_err().starts_with("duplicate member"), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_also_where_nobody_looks() {
        let nested = |levels: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(15).as_bytes()).is_ok());
        assert!(object(nested(16).as_bytes()).unwrap_err().starts_with("nested too deeply"));
        assert!(object(nested(100_000).as_bytes()).is_err());
    }

    #[test]
    fn width_is_bounded() {
        let wide = |members: usize| format!(r#"{{"x":[{}]}}"#, vec!["0"; members].join(","));
        assert!(object(wide(512).as_bytes()).is_ok());
        assert!(object(wide(513).as_bytes()).unwrap_err().starts_with("too many members"));
    }

    #[test]
    fn anything_but_one_object_is_refused_without_echo() {
        for text in [
            "",
            "[]",
            "1",
            "null",
            "{} {}",
            "\u{feff}{}",
            r#"{"a":"\ud800"}"#,
            r#"{"canary":canary}"#,
            "{\"a\":1,}",
        ] {
            let reason = object(text.as_bytes()).unwrap_err();
            assert!(!reason.contains("canary"), "{reason}");
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_err());
    }
}
