use serde_json::Value;

use super::*;

fn object(text: &[u8]) -> Result<Object<'_>, String> {
    Object::parse(text)
}

#[test]
fn plain_objects_are_read_whole() {
    let text = r#" {"a":[1,-2,1.5e-3,"x",null,true, false ,[ ],{ }],"b" : {"c":"\u00e9\ud83d\ude00\n\/"}, "d":"é" } "#;
    let read = object(text.as_bytes()).unwrap();
    assert_eq!(read.members().iter().map(|member| member.name.clone()).collect::<Vec<_>>(), ["a", "b", "d"]);
    let inner = read.get("b").unwrap().as_object().unwrap();
    assert_eq!(inner.get("c").unwrap().as_text().unwrap(), "é😀\n/");
    assert_eq!(read.members()[0].raw, r#"[1,-2,1.5e-3,"x",null,true, false ,[ ],{ }]"#);
}

#[test]
fn a12_duplicates_are_refused_at_every_level_and_in_any_spelling() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"iss":1,"\u0069ss":2}"#,
        r#"{"x":{"a":1,"a":2}}"#,
        r#"{"x":[{"a":1,"a":2}]}"#,
    ] {
        assert!(object(text.as_bytes()).err().unwrap().starts_with("duplicate member"), "{text}");
    }
}

#[test]
fn a13_depth_is_bounded_also_where_nobody_looks() {
    let nested = |levels: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(object(nested(15).as_bytes()).is_ok());
    assert!(object(nested(16).as_bytes()).err().unwrap().starts_with("nested too deeply"));
    assert!(object(nested(100_000).as_bytes()).is_err());
}

#[test]
fn width_is_bounded() {
    let wide = |members: usize| format!(r#"{{"x":[{}]}}"#, vec!["0"; members].join(","));
    assert!(object(wide(512).as_bytes()).is_ok());
    assert!(object(wide(513).as_bytes()).err().unwrap().starts_with("too many members"));
}

#[test]
fn anything_but_one_object_is_refused_without_echo() {
    for text in [
        "",
        "[]",
        "1",
        "null",
        "{} {}",
        "{}x",
        "\u{feff}{}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":[",
        "{\"a\":\"canary",
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"a":"\x"}"#,
        "{\"a\":\"\n\"}",
        r#"{"canary":canary}"#,
        r#"{"a":1,}"#,
        r#"{,}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":[,]}"#,
        r#"{"a" 1}"#,
        r#"{a:1}"#,
        r#"{'a':1}"#,
        r#"{"a":truE}"#,
        r#"{"a":NaN}"#,
    ] {
        let reason = object(text.as_bytes()).err().unwrap_or_else(|| panic!("{text}"));
        assert!(!reason.contains("canary"), "{reason}");
    }
    assert!(object(b"{\"a\":\"\xff\"}").is_err());
}

#[test]
fn numbers_are_those_of_json_within_a_double() {
    let number = |text: &str| object(format!(r#"{{"a":{text}}}"#).as_bytes()).map(drop);
    for good in ["0", "-0", "10", "0.5", "1e5", "1E+5", "1.25e-250", "1e307", "9007199254740993"] {
        assert_eq!(number(good), Ok(()), "{good}");
    }
    for bad in ["01", "+1", "1.", ".5", "1e", "1e+", "-", "--1", "0x1", "1_0", "Infinity"] {
        assert!(number(bad).is_err(), "{bad}");
    }
    for beyond in ["1e308", "10e307", "1e99999999", "1e-99999", &"9".repeat(41)] {
        assert!(number(beyond).unwrap_err().starts_with("a number out of range"), "{beyond}");
    }
}

/// A second opinion: what this reader accepts, serde_json accepts too, and reads the same.
#[test]
fn serde_json_agrees() {
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    const PIECES: [&str; 26] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "1",
        "-1.5",
        "0",
        "00",
        "1e2",
        "1e999",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\"é\"",
        "\"\\",
        "\"\t\"",
        "x",
    ];
    let mut accepted = 0;
    for _ in 0..200_000 {
        let middle: String = (0..random(9)).map(|_| PIECES[random(PIECES.len())]).collect();
        let text = format!(r#"{{"x":{middle}}}"#);
        let theirs = serde_json::from_str::<Value>(&text);
        if let Ok(ours) = object(text.as_bytes()) {
            accepted += 1;
            assert_eq!(Value::Object(ours.to_map()), theirs.unwrap(), "{text}");
        }
    }
    assert!(accepted > 500, "{accepted}");
}

impl Object<'_> {
    fn to_map(&self) -> serde_json::Map<String, Value> {
        self.members().iter().map(|member| (member.name.clone().into(), member.value.to_value())).collect()
    }
}

impl Json<'_> {
    fn to_value(self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => serde_json::from_str(number).unwrap(),
            Json::Text(text) => Value::String(text.text().into()),
            Json::Array(_) => self.elements().unwrap().map(Json::to_value).collect(),
            Json::Object(_) => Value::Object(self.as_object().unwrap().to_map()),
        }
    }
}

/// Texts of an object with so many members in one place, each of another kind.
fn wide(members: usize) -> Vec<String> {
    let list = |member: &dyn Fn(usize) -> String| (0..members).map(member).collect::<Vec<_>>().join(",");
    vec![
        format!("{{{}}}", list(&|n| format!(r#""name-{n}":{n}"#))),
        format!("{{{}}}", list(&|n| format!(r#""\u0061-{n}":"\n""#))),
        format!(r#"{{"a":[{{{}}}]}}"#, list(&|n| format!(r#""\u0061{n}":0"#))),
        format!(r#"{{"a":[{}]}}"#, list(&|n| n.to_string())),
        format!(r#"{{"a":[{}]}}"#, list(&|n| format!(r#"{{"a":{{"\u0062":[{n}]}}}}"#))),
        format!(r#"{{"a":"{}"}}"#, r"\u00e9".repeat(members)),
        format!(r#"{{"{}":0}}"#, r"\u00e9".repeat(members)),
        format!("{{{}}}", list(&|n| format!(r#""{}{n:06}":0"#, "p".repeat(40)))),
    ]
}

#[test]
fn a12_a_duplicate_is_found_wherever_it_stands_in_a_wide_object() {
    for members in [2, 23, 24, 25, 26, 100, 400] {
        let names: Vec<String> = (0..members).map(|n| format!(r#""n{n}":0"#)).collect();
        for place in [0, 1, members / 2, members - 2, members - 1] {
            for twin in [format!(r#""n{place}":1"#), format!(r#""\u006e{place}":1"#)] {
                for at in [0, members / 2, members] {
                    let mut doubled = names.clone();
                    doubled.insert(at, twin.clone());
                    let refused = object(format!("{{{}}}", doubled.join(",")).as_bytes()).err();
                    assert!(
                        refused.is_some_and(|why| why.starts_with("duplicate")),
                        "{twin} at {at} of {members}"
                    );
                }
            }
        }
        assert!(object(format!("{{{}}}", names.join(",")).as_bytes()).is_ok());
    }
}

#[test]
fn u17_the_map_of_a_document_is_what_was_read_and_built_without_another_parser() {
    for text in wide(40).into_iter().chain([
        r#"{"sub":"s","x":{"$serde_json::private::Number":"not a number"},"blocked":true}"#.to_owned(),
        r#"{"$serde_json::private::Number":"1"}"#.to_owned(),
        r#"{"n":[-0,0.1,1e3,18446744073709551615,-9223372036854775808,36893488147419103232,-1.5E-7]}"#
            .to_owned(),
        r#" {"a" : [ ] , "b" : { } , "c":[ 1 , "\ud83d\ude00" ] } "#.to_owned(),
    ]) {
        let document = crate::text::json::Document::of(text.clone());
        let read = object(text.as_bytes()).unwrap();
        assert_eq!(document.as_map().len(), read.members().len(), "{text}");
        assert_eq!(*document.as_map(), read.to_map(), "{text}");
    }
    let claims =
        crate::text::json::Document::of(r#"{"x":{"$serde_json::private::Number":"!"},"sub":"s"}"#.into());
    assert_eq!(claims.as_map().get("sub"), Some(&Value::from("s")));
    assert!(claims.as_map()["x"].is_object());
}
