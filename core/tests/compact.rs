//! The form of an ID token: a compact JWS, read strictly, before anything in it is believed.

mod support;

use relyingparty::{Error, IdTokenClaims};
use serde_json::{Value, json};
use support::{START, World, code};

/// The outcome for a truly signed, otherwise good token with this header.
fn with_header(header: &str) -> Result<IdTokenClaims, Error> {
    let mut world = World::new();
    let token = world.op.key.token_of(header, &world.claims().to_string());
    world.verify(&token)
}

/// The outcome for a truly signed token with this payload.
fn with_payload(payload: &str) -> Result<IdTokenClaims, Error> {
    let mut world = World::new();
    let token = world.op.key.token_of(r#"{"alg":"EdDSA","kid":"k1"}"#, payload);
    world.verify(&token)
}

fn good_token(world: &World) -> String {
    world.op.key.token(&world.claims())
}

#[test]
fn a12_duplicates_and_other_ambiguities_are_refused_in_header_and_claims() {
    let claims = World::new().claims().to_string();
    let with_more = |more: &str| format!("{},{more}}}", claims.strip_suffix('}').unwrap());
    for more in [
        r#""iss":"https://op.example""#,
        r#""\u0069ss":"https://evil.example""#,
        r#""aud":"client""#,
        r#""exp":1"#,
        r#""a":{"b":1,"b":2}"#,
        r#""a":[{"b":1,"b":2}]"#,
        r#""a":"\ud800""#,
    ] {
        assert_eq!(code(&with_payload(&with_more(more))), "malformed_token", "{more}");
    }
    for payload in [
        format!("\u{feff}{claims}"),
        format!("{claims}{{}}"),
        format!("[{claims}]"),
        String::new(),
        "null".into(),
    ] {
        assert_eq!(code(&with_payload(&payload)), "malformed_token", "{payload}");
    }
    assert_eq!(
        code(&with_payload(&with_more(r#""ISS":"https://evil.example","Exp":0"#))),
        "ok",
        "names are exact"
    );
    for header in [
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"none","\u0061lg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"k1","kid":"k2"}"#,
    ] {
        assert_eq!(code(&with_header(header)), "malformed_token", "{header}");
    }
}

#[test]
fn a13_nesting_is_bounded_in_header_and_claims() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for levels in [16, 128, 129, 6_000] {
        let claims = World::new().claims().to_string();
        let payload = format!("{},\"x\":{}}}", claims.strip_suffix('}').unwrap(), nested(levels));
        assert!(matches!(code(&with_payload(&payload)), "malformed_token" | "token_too_large"), "{levels}");
        let header = format!(r#"{{"alg":"EdDSA","kid":"k1","x":{}}}"#, nested(levels));
        assert!(matches!(code(&with_header(&header)), "malformed_token" | "token_too_large"), "{levels}");
    }
}

#[test]
fn a14_size_and_parts_are_checked_before_anything_else() {
    let mut world = World::new();
    for (token, outcome) in [
        (".".repeat(10 << 20), "token_too_large"),
        ("a".repeat(16 * 1024 + 1), "token_too_large"),
        ("a".repeat(16 * 1024), "malformed_token"),
        (String::new(), "malformed_token"),
        ("a.b".into(), "malformed_token"),
        ("a.b.c.d".into(), "malformed_token"),
        ("a.b.c.d.e".into(), "malformed_token"),
    ] {
        assert_eq!(code(&world.verify(&token)), outcome, "{} bytes", token.len());
    }
    assert_eq!(
        code(&with_header(&format!(r#"{{"alg":"EdDSA","x":"{}"}}"#, "x".repeat(4_096)))),
        "malformed_token"
    );
}

#[test]
fn a15_any_change_of_one_character_is_refused() {
    let mut world = World::new();
    let token = good_token(&world);
    world.verify(&token).unwrap();
    for position in 0..token.len() {
        for other in ['A', 'B', '=', '+', '/', ' ', '.', '\n', '_'] {
            let mut changed: Vec<char> = token.chars().collect();
            if std::mem::replace(&mut changed[position], other) != other {
                let changed: String = changed.into_iter().collect();
                assert_ne!(code(&world.verify(&changed)), "ok", "{other:?} at {position}");
            }
        }
    }
    for padded in [format!("{token}="), format!(" {token}"), format!("{token}\n"), token.replace('.', "=.")] {
        assert_eq!(code(&world.verify(&padded)), "malformed_token");
    }
}

#[test]
fn a16_only_the_compact_form_is_read() {
    let mut world = World::new();
    let token = good_token(&world);
    let parts: Vec<&str> = token.split('.').collect();
    let flat = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
    let general =
        json!({ "payload": parts[1], "signatures": [{ "protected": parts[0], "signature": parts[2] }] });
    for text in [flat.to_string(), general.to_string(), format!("{{\"{token}\":1}}")] {
        assert_eq!(code(&world.verify(&text)), "malformed_token");
    }
}

#[test]
fn claims_come_from_the_very_bytes_that_were_verified() {
    let odd = format!(
        "{{ \"sub\" : \"subject\\u002d1\",\n\"iss\":\"https://op.example\",\"aud\":\"client\",\"exp\":{},\"iat\":{} }}",
        START.as_unix() + 60,
        START.as_unix()
    );
    assert_eq!(with_payload(&odd).unwrap().get("sub"), Some(&Value::from("subject-1")));
}
