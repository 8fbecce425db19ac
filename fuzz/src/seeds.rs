//! Writes the seeds that the repository's own documents make: provider documents, token responses with quirks, published
//! signatures, the bodies in conformance cases. A text goes to every target that reads such texts.
//!
//! `cargo run --release --bin seeds -- <folder>`

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use fuzz::keys::{ALGS, JWKS, token};
use fuzz::world::{CACHE, METADATA, SECRETS, SESSION, claims};
// The counters that it is compiled with, as everything here is, want their runtime.
use libfuzzer_sys as _;
use serde_json::{Value, json};

/// Texts by target.
type Seeds = BTreeMap<&'static str, BTreeSet<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("which folder?")?;
    let mut seeds = own();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for documents in ["core/tests/data", "core/tests/data/providers", "conformance/cases"] {
        // What is not there has nothing to offer.
        for file in fs::read_dir(repository.join(documents)).into_iter().flatten() {
            let text = fs::read_to_string(file?.path()).unwrap_or_default();
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                harvest(&document, &mut seeds);
            }
        }
    }
    for (target, texts) in seeds {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        for (number, text) in texts.iter().enumerate() {
            fs::write(folder.join(number.to_string()), text)?;
        }
    }
    Ok(())
}

/// What a login as it should be is made of.
fn own() -> Seeds {
    let mut seeds = Seeds::new();
    let mut add = |target, text: String| {
        seeds.entry(target).or_default().insert(text);
    };
    for alg in ALGS {
        let header = json!({ "alg": alg, "kid": alg, "typ": "JWT" }).to_string();
        add("compact_jws", token(alg, header.as_bytes(), claims().to_string().as_bytes()));
        add("jose_header", header);
        add("jose_header", json!({ "alg": alg, "x5t": "", "typ": "application/jwt" }).to_string());
    }
    for (name, value) in [
        ("nbf", json!(1_800_000_060)),
        ("azp", json!("client")),
        ("aud", json!(["client"])),
        ("acr", json!("0")),
        ("auth_time", json!(1.8e9)),
        ("at_hash", json!("x")),
        ("email_verified", json!("true")),
    ] {
        let mut claims = claims();
        claims[name] = value;
        add("claims", claims.to_string());
        add("userinfo", claims.to_string());
    }
    add("jwks", JWKS.to_string());
    add("metadata", METADATA.to_string());
    for more in ["", r#","scope":"openid email""#, r#","refresh_token":"canary-refresh","session_state":"s""#]
    {
        let response = r#"{"access_token":"canary-access-token","token_type":"Bearer","expires_in":300,"id_token":"ID_TOKEN""#;
        add("token_response", format!("{response}{more}}}"));
    }
    let userinfo = r#"{"sub":"subject-1","email":"a@b.example","email_verified":true}"#;
    add("userinfo", userinfo.into());
    for query in [
        "code=canary-code&state=STATE",
        "https://rp.example/cb?code=canary-code&state=STATE&iss=https%3A%2F%2Fop.example",
        "error=access_denied&error_description=no+more&error_uri=u&state=STATE",
        "?code=canary-code&state=other&session_state=x#_=_",
        "code=canary-code&code=2&state=STATE&id_token=e&token_type=b&access_token=a",
    ] {
        add("callback", query.into());
    }
    add("pending_login", SECRETS.stored.clone());
    let mut asked: Value = serde_json::from_str(&SECRETS.stored).expect("it is JSON");
    for (name, value) in [
        ("max_age", json!(1)),
        ("auth_time", json!(true)),
        ("acr", json!(true)),
        ("acr_values", json!(["a"])),
        ("sub", json!(["s"])),
        ("return_to", json!("/inbox")),
        ("response_mode", json!("form_post")),
    ] {
        asked[name] = value;
        add("pending_login", asked.to_string());
    }
    add("session", SESSION.encode().replace(SESSION.id_token(), "ID_TOKEN"));
    for text in ["SEALED", "v1.", "v1.AAAA", "SEALEDA", " SEALED", "v2.SEALED"] {
        add("sealed", text.into());
    }
    add("sealed", SESSION.encode());
    add("cache", CACHE.to_json());
    let fetched = json!({ "of": METADATA["issuer"], "attempted_at": 1_800_000_000, "fetched_at": 1_800_000_000,
                          "max_age": 60, "document": *METADATA });
    add("cache", json!({ "metadata": [fetched], "keys": [] }).to_string());
    for response in [
        r#"{"request_uri":"urn:ietf:params:oauth:request_uri:1","expires_in":60}"#,
        r#"{"error":"invalid_request","error_description":"no"}"#,
        r#"{"request_uri":"https://op.example/r","expires_in":3.6e1,"more":[]}"#,
    ] {
        add("pushed", response.into());
    }
    let said = json!({ "iss": METADATA["issuer"], "aud": "client", "exp": 1_800_000_060, "code": "canary-code", "state": "STATE" });
    for (name, value) in
        [("iat", json!(1_800_000_000)), ("error", json!("access_denied")), ("aud", json!(["client"]))]
    {
        let mut said = said.clone();
        said[name] = value;
        add("signed_response", said.to_string());
    }
    add("signed_response", said.to_string());
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for (name, value) in [
        ("sid", json!("session-1")),
        ("sub", Value::Null),
        ("nonce", json!("")),
        ("events", json!({ event: [] })),
        ("iat", json!(1_799_999_339)),
        ("aud", json!(["client", "client"])),
    ] {
        let mut claims = claims();
        claims["events"] = json!({ event: {} });
        claims["jti"] = "token-1".into();
        claims[name] = value.clone();
        if let Some(claims) = claims.as_object_mut() {
            claims.retain(|own, value| !value.is_null() && (own != "nonce" || name == "nonce"));
        }
        add("logout_token", claims.to_string());
    }
    for challenge in [
        "DPoP error=\"use_dpop_nonce\"\nnonce-1",
        "DPoP error=\"use_dpop_nonce\", algs=\"ES256\", Bearer\n",
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"a b\", max_age=5",
        "Basic realm=\"a \\\"b\", DPoP error=invalid_token,scope=\"c\"\nn",
    ] {
        add("challenge", challenge.into());
    }
    let keys: Value =
        serde_json::from_str(include_str!("../../core/tests/data/signing_keys.json")).expect("it is JSON");
    for key in keys["keys"].as_object().expect("they have names").values() {
        add("private_key", key["jwk"].to_string());
        for form in ["pkcs8", "encrypted", "public", "traditional"] {
            add("private_key", key[form].as_str().unwrap_or_default().to_owned());
        }
    }
    // No byte: an honest login. Then one that goes wrong at each of the first places.
    for place in 0..12 {
        add("login", format!("{}\u{7}\u{4}\u{1}\u{2}\u{3}", "\0".repeat(place)));
    }
    add("login", String::new());
    seeds
}

/// Finds in a document what is like something that a target reads.
fn harvest(value: &Value, seeds: &mut Seeds) {
    let mut add = |target, text: &str| {
        seeds.entry(target).or_default().insert(text.to_owned());
    };
    match value {
        Value::Object(members) => {
            let text = value.to_string();
            for (member, targets) in [
                ("jwks_uri", &["metadata"][..]),
                ("keys", &["jwks"]),
                ("access_token", &["token_response"]),
                ("error", &["token_response", "userinfo"]),
                ("sub", &["userinfo", "claims"]),
                ("alg", &["jose_header"]),
                ("verifier", &["pending_login"]),
            ] {
                if members.contains_key(member) {
                    targets.iter().for_each(|target| add(target, &text));
                }
            }
            if members.contains_key("kty") {
                add("jwks", &json!({ "keys": [value] }).to_string());
            }
            members.values().for_each(|member| harvest(member, seeds));
        }
        Value::Array(elements) => elements.iter().for_each(|element| harvest(element, seeds)),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(document @ Value::Object(_)) => harvest(&document, seeds),
            _ if text.split('.').count() == 3 && text.len() > 60 => add("compact_jws", text),
            _ if text.contains("state=") => add("callback", text),
            _ => {}
        },
        _ => {}
    }
}
