//! Values as the world writes them, and as each language has to read them.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::super::exchange::{Body, Part, Reply};
use super::super::format::Call;
use super::{Scenario, USUAL, http};
use crate::provider::Mutation;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "claims-of-every-kind",
        about: "UserInfo and ID token have claims that are nested, empty, null, beyond ASCII, and named like a language's own.",
        mutation: Mutation {
            id_token: |token| {
                token.claims.extend(odd_claims().as_object().cloned().unwrap_or_default());
            },
            userinfo: |person| {
                person.claims.extend(odd_claims().as_object().cloned().unwrap_or_default());
            },
            ..Mutation::NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.userinfo("alice")?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })
        },
        ..USUAL
    },
    Scenario {
        name: "headers-in-any-case",
        about: "The keys come with Content-Type: Application/JSON; charset=UTF-8.",
        play: |scene| {
            scene.set_up()?;
            let headers = [
                ("Content-Type", "Application/JSON; charset=UTF-8"),
                ("CACHE-CONTROL", "Public, Max-Age=60"),
            ];
            let headers = headers.map(|(name, value)| (name.into(), value.into()));
            let keys = json!({ "keys": [super::scene::key(1).jwk()] }).to_string();
            scene.instead(Endpoint::Jwks, http(200, headers.into(), keys));
            scene.refresh_keys()?;
            scene.at(59);
            let token = scene.token(|_| {});
            scene.verify(token.clone())?;
            scene.at(60);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-body-that-is-not-utf-8",
        about: "The token response has a byte that no character has.",
        ends: "malformed_json",
        play: |scene| {
            let parts =
                [Part::Text(r#"{"a":""#.into()), Part::Hex { hex: "ff".into() }, Part::Text(r#""}"#.into())];
            let headers = vec![("content-type".into(), "application/json".into())];
            let reply =
                Reply::Http { status: 200, headers, body: Body::Parts(parts.into()), final_url: None };
            scene.instead(Endpoint::Token, reply);
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-body-with-a-byte-order-mark",
        about: "The token response begins with a byte order mark.",
        ends: "malformed_json",
        play: |scene| {
            let headers = vec![("content-type".into(), "application/json".into())];
            scene.instead(Endpoint::Token, http(200, headers, "\u{feff}{}".into()));
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-code-with-every-character",
        about: "The code has characters that have to be encoded, and is sent on as it came.",
        ends: "provider_error",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let odd = "code=%C3%A4+%20%2B%26%3D%25%27%22%3C%3E%F0%9F%94%91~*-._";
            scene.changed_callback("alice", |url| {
                let (before, after) = url.split_once("code=").unwrap_or_default();
                let (_, after) = after.split_once('&').unwrap_or_default();
                format!("{before}{odd}&{after}&user=%7B%22name%22%3A%22%C3%84%22%7D")
            })?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-secret-with-every-character",
        about: "client_secret_post with characters that have to be encoded in a form.",
        ends: "provider_error",
        registration: r#"{"client_secret":"ä +&=%'\"<>🔑~*-._","token_endpoint_auth_method":"client_secret_post"}"#,
        ..USUAL
    },
    Scenario {
        name: "an-id-and-a-secret-with-every-character",
        about: "client_secret_basic with an id and a secret that have to be encoded in a form before they are in base64.",
        ends: "provider_error",
        registration: r#"{"client_secret":"ä +&=%'\"<>🔑:~*-._"}"#,
        ..USUAL
    },
];

fn odd_claims() -> Value {
    json!({
        "": "nameless",
        "__proto__": { "sub": "mallory" },
        "constructor": "c",
        "empty": [{}, [], "", 0, false],
        "family_name": "Größenwahn 🔑 \u{202e}\u{0} \\ \" / \u{2028}",
        "half": 0.5,
        "large": 9_007_199_254_740_991_i64,
        "negative": -1,
        "nothing": null,
        "toString": ["t"],
    })
}
