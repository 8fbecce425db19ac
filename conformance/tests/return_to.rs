//! A thousand URLs to return to and what becomes of them: `conformance/vectors/return_to.json`, where the tests of the other
//! packages show by their platforms' URL parsers that what is kept stays on the application's origin.
//! `WRITE=1 cargo test -p conformance --test return_to` writes them anew.

use std::fmt::Write;
use std::path::Path;

use relyingparty::{
    AuthorizeRequest, Client, Entropy, Issuer, Metadata, Policy, Provider, Registration, Timestamp,
};
use serde_json::Value;

/// What URLs, and those who forge them, are made of.
const PIECES: [&str; 40] = [
    "/",
    "/",
    "/",
    "//",
    "\\",
    "?",
    "#",
    ".",
    "..",
    "/./",
    "/../",
    "%2e",
    "%2E%2e",
    "%252e",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%25",
    "%252f",
    "%25252F",
    "%255c",
    "%09",
    "%0a",
    "%0D",
    "%00",
    "%",
    "%2",
    "2f",
    "5c",
    "%E9",
    "%C4%AF",
    "%20",
    " ",
    "a",
    "evil.example",
    "@",
    ":",
    "&next=",
    ";x",
];
const FIXED: [&str; 24] = [
    "/",
    "/inbox?unread=1#top",
    "/new?title=bug&body=line1%0Aline2",
    "/search?q=a%5Cb&share=100%",
    "/r%E9sum%E9",
    "/?next=https%3A%2F%2Felsewhere.example%2F",
    "/a//b",
    "/a/../b",
    "//evil.example",
    "/\\evil.example",
    "/%2fevil.example",
    "/%252fevil.example",
    "/%25252fevil.example",
    "/%25%32%66evil.example",
    "/%255cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/%2e//evil.example",
    "/%2e%2e//evil.example",
    "/a%2Fb/../%2Fevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\u{12f}evil.example",
    "https://evil.example/",
];

/// The values, the same on every machine.
fn values() -> Vec<String> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut values: Vec<String> = FIXED.map(str::to_owned).to_vec();
    while values.len() < 1_000 {
        let pieces = 1 + random(9);
        let mut value = if random(8) == 0 { String::new() } else { "/".to_owned() };
        (0..pieces).for_each(|_| value.push_str(PIECES[random(PIECES.len())]));
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

fn client() -> Client {
    let document = r#"{"issuer":"https://op.example","jwks_uri":"https://op.example/jwks",
        "authorization_endpoint":"https://op.example/authorize","token_endpoint":"https://op.example/token"}"#;
    let metadata =
        Metadata::parse(&Issuer::parse("https://op.example").unwrap(), document.as_bytes()).unwrap();
    let registration = Registration::new("client", "https://app.example/callback");
    Client::new(Provider::from_metadata(metadata), registration, Policy::default()).unwrap()
}

/// The document: a line for each value, and whether a login keeps it.
fn document() -> String {
    let client = client();
    let mut text = "{\"origin\":\"https://app.example\",\"values\":[".to_owned();
    for (position, value) in values().iter().enumerate() {
        let mut request = AuthorizeRequest::default();
        request.return_to = Some(value.clone());
        let entropy = Entropy::new((0..32).collect::<Vec<u8>>()).unwrap();
        let begun = client.authorize(&request, entropy, Timestamp::from_unix(1_800_000_000)).unwrap();
        let kept = begun.pending.return_to().is_some();
        let comma = if position == 0 { "" } else { "," };
        write!(text, "{comma}\n[{},{kept}]", Value::from(value.as_str())).unwrap();
    }
    text + "\n]}\n"
}

#[test]
fn u10_the_vectors_are_what_a_login_keeps_and_drops() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/return_to.json");
    let document = document();
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), document, "WRITE=1 writes them anew");
    let kept = document.matches(",true]").count();
    assert!((300..700).contains(&kept), "{kept} of 1,000 are kept");
}
