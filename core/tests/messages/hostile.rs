//! Five hundred hostile texts, on every way into an error.

use relyingparty::{
    CallbackParams, Endpoint, Error, Expectations, HttpResponse, Issuer, PendingLogin, Provider, Reply,
    bindings,
};
use serde_json::{Value, json};

use crate::support::{START, World};
use crate::{answered, callback, claim, keys, member, metadata, refused, served, token};

/// A way for a text from outside into an error; none where the text leads to no error.
type Way = fn(&str) -> Option<Error>;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

const WAYS: &[(&str, Way)] = &[
    ("a parameter's name", |text| CallbackParams::parse(&format!("{0}=1&{0}=2", encoded(text))).err()),
    ("a parameter's name, raw", |text| CallbackParams::parse(&format!("{text}=1&{text}=2")).err()),
    ("a posted parameter's name", |text| {
        CallbackParams::parse_form_post(&format!("{0}=1&{0}=2", encoded(text))).err()
    }),
    ("state", |text| {
        let mut world = World::new();
        let login = world.begin();
        world.callback(login, &format!("code=c&state={}", encoded(text))).err()
    }),
    ("iss", |text| callback(&format!("code=c&iss={}", encoded(text)))),
    ("error", |text| callback(&format!("error={}", encoded(text)))),
    ("error, without iss", |text| {
        let mut world = World::new();
        world.op.metadata["authorization_response_iss_parameter_supported"] = true.into();
        let login = world.begin();
        let sent = world.op.authorize(&login.url);
        let state = sent.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        world.callback(login, &format!("{state}&error={}", encoded(text))).err()
    }),
    ("error_description", |text| {
        callback(&format!("error=access_denied&error_description={0}&error_uri={0}", encoded(text)))
    }),
    ("a stored login", |text| PendingLogin::decode(Some(text)).err()),
    ("alg", |text| token(&json!({ "alg": text }), |_| ())),
    ("typ", |text| token(&json!({ "alg": "EdDSA", "typ": text }), |_| ())),
    ("kid", |text| token(&json!({ "alg": "EdDSA", "kid": text }), |_| ())),
    ("a header's member", |text| token(&json!({ "alg": "EdDSA", "crit": [text], text: 1 }), |_| ())),
    ("a token", |text| World::new().verify(text).err()),
    ("a token's claims", |text| {
        let mut world = World::new();
        let token = world.op.key.token_of(r#"{"alg":"EdDSA"}"#, text);
        world.verify(&token).err()
    }),
    ("the claim iss", |text| claim("iss", text.into())),
    ("the claim aud", |text| claim("aud", text.into())),
    ("the claim aud, a list", |text| claim("aud", json!(["client", text]))),
    ("the claim azp", |text| claim("azp", text.into())),
    ("the claim exp", |text| claim("exp", text.into())),
    ("the claim sub", |text| claim("sub", format!("\u{e9}{text}").into())),
    ("the claim typ", |text| claim("typ", text.into())),
    ("the claim events", |text| claim("events", json!({ text: text }))),
    ("the claim acr", |text| {
        let mut world = World::new();
        world.op.claim("acr", text);
        let token = world.op.key.token(&world.claims());
        world.verify_with(&token, Expectations::none().acr_values(vec!["gold".into()])).err()
    }),
    ("the claim nonce", |text| {
        let mut world = World::new();
        world.op.claim("nonce", text);
        world.try_login().err()
    }),
    ("a key's members", |text| {
        let set = json!({ "keys": [{ "kty": text, "crv": text, "alg": text, "kid": "k1" }] });
        keys("application/json", &set.to_string())
    }),
    ("a key set", |text| keys("application/json", text)),
    ("a content type of keys", |text| keys(text, "{}")),
    ("issuer", |text| metadata("issuer", text.into())),
    ("issuer, fetched", |text| {
        let mut world = World::new();
        let step = Provider::discover(&world.issuer(), &world.policy, &world.cache, START).unwrap();
        world.op.metadata["issuer"] = text.into();
        world.run(step).err()
    }),
    ("jwks_uri", |text| metadata("jwks_uri", text.into())),
    ("token_endpoint", |text| metadata("token_endpoint", format!("https://op.example/{text}").into())),
    ("token_endpoint_auth_methods_supported", |text| {
        metadata("token_endpoint_auth_methods_supported", json!([text]))
    }),
    ("id_token_signing_alg_values_supported", |text| {
        metadata("id_token_signing_alg_values_supported", json!([text]))
    }),
    ("code_challenge_methods_supported", |text| metadata("code_challenge_methods_supported", json!([text]))),
    ("a content type", |text| served(Endpoint::Token, 200, text, "{}")),
    ("a body", |text| served(Endpoint::Token, 200, "application/json", text)),
    ("a body that is an error's", |text| served(Endpoint::Token, 500, "text/html", text)),
    ("a member's name", |text| {
        let twice = format!("{{{0}:1,{0}:2}}", Value::from(text));
        served(Endpoint::Token, 200, "application/json", &twice)
    }),
    ("token_type", |text| member("token_type", text)),
    ("the provider's error", |text| {
        let body = json!({ "error": text, "error_description": text, "error_uri": text }).to_string();
        refused(400, vec![], &body)
    }),
    ("the provider's challenge", |text| {
        let challenge = format!("Bearer error=\"{text}\", error_description=\"{text}\"");
        refused(401, vec![("www-authenticate".into(), challenge)], "")
    }),
    ("where a redirect leads", |text| {
        let mut response = HttpResponse::new(302, vec![("location".into(), text.into())], vec![]);
        response.final_url = Some(text.into());
        answered(Endpoint::Token, Reply::Http(response))
    }),
    ("what a transport says", |text| {
        answered(Endpoint::Token, Reply::Unreachable { reason: text.to_owned() })
    }),
    ("an issuer that is asked for", |text| Issuer::parse(text).err()),
];

/// What hostile texts are made of.
const PIECES: [&str; 26] = [
    "<script>alert(1)</script>",
    "\" onmouseover=alert(1) x=\"",
    "' or '1'='1",
    "`id`",
    "$(id)",
    "&lt;b&gt;",
    "\\u003cb\\u003e",
    "\\",
    "\u{202e}evil",
    "\u{2066}a\u{2069}",
    "\u{200b}\u{feff}",
    "\u{2028}b\u{2029}",
    "\0",
    "\r\nSet-Cookie: a=b",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "\u{7f}\u{85}",
    "], actual: [k",
    "(code: \"x\")",
    "{{7*7}}${7*7}",
    "%3Cb%3E%0A",
    "\u{e9}\u{1f600}\u{fffd}",
    "\u{e0041}\u{ad}",
    "access_denied",
    "https://evil.example/?a=b#c",
    "javascript:alert(1)",
];

/// Hostile texts, each of a few pieces, the same every time.
fn hostile() -> Vec<String> {
    let mut draw = 7_usize;
    let mut next = |below: usize| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005_usize).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 33) % below
    };
    let mut texts: Vec<String> = PIECES.iter().map(|piece| (*piece).to_owned()).collect();
    while texts.len() < 499 {
        texts.push((0..=next(4)).map(|_| PIECES[next(PIECES.len())]).collect());
    }
    texts.push("<\u{202e}\u{1f600}".repeat(300));
    texts
}

fn shown(error: &Error) -> [String; 4] {
    [error.to_string(), bindings::message(error), format!("{error:?}"), format!("{error:#?}")]
}

fn is_quiet(character: char) -> bool {
    character.is_ascii_alphanumeric() || " ._~:/?#@!$()*+,;=-[]\u{fffd}".contains(character)
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || "\u{ad}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0041}"
            .contains(character)
}

#[test]
fn u4_no_text_from_outside_does_anything_in_a_message() {
    let texts = hostile();
    assert!(texts.len() == 500 && texts.iter().any(|text| text.contains('<')));
    for (place, (way, lead)) in WAYS.iter().enumerate() {
        let mut errors = 0;
        // The plain ones everywhere, and of the mixtures each a dozen ways.
        let chosen = |number: usize| number < PIECES.len() || number % 4 == place % 4;
        for (_, text) in texts.iter().enumerate().filter(|(number, _)| chosen(*number)) {
            let Some(error) = lead(text) else { continue };
            errors += 1;
            for message in shown(&error) {
                assert!(message.chars().all(is_quiet), "{way}: {message:?}");
                // Brackets are the library's: each detail has its own pair, whatever is in it.
                let pairs = message.matches('[').count();
                assert!(
                    pairs <= error.details().len() && pairs == message.matches(']').count(),
                    "{way}: {message}"
                );
            }
            for (name, value) in error.details() {
                assert!(
                    !value.contains(is_hidden) && value.chars().count() <= 512,
                    "{way}: {name} {value:?}"
                );
            }
            for decision in error.decisions() {
                assert!(!decision.found.contains(is_hidden), "{way}: {decision:?}");
            }
        }
        assert!(errors > 100, "{way}: {errors} errors");
    }
}

#[test]
fn u4_details_keep_what_came() {
    let lead = |way: &str, text: &str| {
        let (_, lead) = WAYS.iter().find(|(name, _)| *name == way).unwrap();
        lead(text).unwrap()
    };
    let text = "<b title='\"&\\`'>";
    for (way, detail) in [
        ("iss", "actual"),
        ("alg", "actual"),
        ("typ", "actual"),
        ("kid", "kid"),
        ("the claim iss", "actual"),
        ("issuer", "actual"),
        ("a content type", "actual"),
        ("what a transport says", "reason"),
        ("code_challenge_methods_supported", "advertised"),
    ] {
        let error = lead(way, text);
        assert_eq!(error.detail(detail), Some(text), "{way}");
        let message =
            format!("{detail}: [\u{fffd}b title=\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}]");
        assert!(error.to_string().contains(&message), "{way}: {error}");
    }
}

#[test]
fn u4_a_doubled_parameter_is_named_only_if_the_library_knows_it() {
    for (query, named) in [
        ("code=1&code=1", "code"),
        ("iss=1&%69ss=1", "iss"),
        ("session_state=1&session_state=1", "session_state"),
        ("response=1&response=1", "response"),
        ("Code=1&Code=1", "other"),
        ("x=1&x=1", "other"),
        ("=1&=1", "other"),
        ("<script>alert(1)</script>=1&<script>alert(1)</script>=2", "other"),
    ] {
        let error = CallbackParams::parse(query).unwrap_err();
        assert_eq!((error.code(), error.detail("parameter")), ("callback_duplicate", Some(named)), "{query}");
    }
}
