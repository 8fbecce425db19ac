//! ID tokens that are not what they should be.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::super::exchange::{Body, Part, Reply};
use super::{Ended, Scenario, Scene, USUAL};
use crate::provider::{Draft, Mutation, SigningKey};

const NONE: Mutation = Mutation::NONE;

/// A check of a token on its own, with the keys at hand.
fn expecting(scene: &mut Scene, change: fn(&mut Draft), expectations: Value) -> Ended {
    scene.set_up()?;
    scene.refresh_keys()?;
    let token = scene.token(change);
    scene.expecting(token, expectations)
}

fn set_all(keys: &mut [Value], member: &str, value: &str) {
    keys.iter_mut().for_each(|key| key[member] = value.into());
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-token-on-its-own",
        about: "An API checks an ID token that it was given.",
        play: |scene| expecting(scene, |_| {}, json!({})),
        ..USUAL
    },
    Scenario {
        name: "a-subject-of-300-characters-where-that-is-allowed",
        about: "GitHub Actions' subjects are longer than OIDC Core 2 allows; the policy takes them.",
        policy: r#"{"max_sub_bytes":1024}"#,
        play: |scene| expecting(scene, |token| token.set("sub", "repo:acme/a:".repeat(25)), json!({})),
        ..USUAL
    },
    Scenario {
        name: "a-subject-of-300-characters",
        about: "A subject is longer than OIDC Core 2 allows.",
        ends: "claim_invalid",
        play: |scene| expecting(scene, |token| token.set("sub", "repo:acme/a:".repeat(25)), json!({})),
        ..USUAL
    },
    Scenario {
        name: "a-subject-with-a-line-end",
        about: "A subject has a character that cannot be printed.",
        ends: "claim_invalid",
        play: |scene| expecting(scene, |token| token.set("sub", "a\r\nX: y"), json!({})),
        ..USUAL
    },
    Scenario {
        name: "many-groups-where-that-is-allowed",
        about: "The end user is in 1,100 groups, and the policy allows as many.",
        policy: r#"{"max_json_members":2000,"max_token_bytes":65536}"#,
        play: |scene| {
            let groups = |token: &mut Draft| {
                token.set("groups", (0..1_100).map(|group| format!("group-{group}")).collect::<Vec<_>>());
            };
            expecting(scene, groups, json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "an-audience-named-twice",
        about: "The ID token's aud names the client twice.",
        play: |scene| {
            expecting(scene, |token| token.set("aud", json!(["relying-party", "relying-party"])), json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-that-is-none",
        about: "The token response's id_token is a word.",
        ends: "malformed_token",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("id_token".into(), "word".into())),
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-without-end",
        about: "The ID token is longer than the limit.",
        ends: "token_too_large",
        play: |scene| {
            let parts = [
                Part::Text(r#"{"access_token":"a","token_type":"Bearer","id_token":""#.into()),
                Part::Repeat { repeat: "e30.".into(), times: 10_000 },
                Part::Text(r#""}"#.into()),
            ];
            let headers = vec![("content-type".into(), "application/json".into())];
            let body = Body::Parts(parts.into());
            scene.instead(Endpoint::Token, Reply::Http { status: 200, headers, body, final_url: None });
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-header-that-names-its-own-key",
        about: "The ID token's header has a jwk, which nobody looks at.",
        mutation: Mutation {
            id_token: |token| {
                token.header.insert("jwk".into(), json!({ "kty": "oct", "k": "AAAA" }));
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-header-with-a-critical-extension",
        about: "The ID token's header has a crit.",
        ends: "header_refused",
        mutation: Mutation {
            id_token: |token| {
                token.header.insert("crit".into(), json!(["exp"]));
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "an-access-token-in-place-of-an-id-token",
        about: "The ID token's typ is at+jwt.",
        ends: "typ_refused",
        mutation: Mutation {
            id_token: |token| {
                token.header.insert("typ".into(), "at+jwt".into());
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-in-place-of-an-id-token",
        about: "The ID token has events.",
        ends: "claim_invalid",
        mutation: Mutation { id_token: |token| token.set("events", json!({})), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "an-hmac-with-the-public-key",
        about: "The ID token is signed with HS256 and the client secret, which nobody registered.",
        ends: "alg_refused",
        mutation: Mutation { id_token: |token| token.alg = "HS256".into(), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-key-for-encryption-verifies-nothing",
        about: "The key with the token's kid is for encryption.",
        ends: "unknown_key",
        mutation: Mutation { jwks: |keys| set_all(keys, "use", "enc"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-key-for-another-algorithm-verifies-nothing",
        about: "The key with the token's kid is for ES384.",
        ends: "unknown_key",
        mutation: Mutation { jwks: |keys| set_all(keys, "alg", "ES384"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "two-keys-of-one-name",
        about: "Two keys of the same kind have the kid of the token.",
        ends: "ambiguous_key",
        mutation: Mutation { jwks: |keys| keys.push(SigningKey::es256("k1", [9; 32]).jwk()), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-claim-of-the-wrong-type",
        about: "The ID token's nonce is a list.",
        ends: "claim_invalid",
        mutation: Mutation {
            id_token: |token| {
                let nonce = token.claims.remove("nonce");
                token.set("nonce", json!([nonce]));
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-claim-that-is-null",
        about: "The ID token's azp is null, which is not the same as absent.",
        ends: "claim_invalid",
        mutation: Mutation { id_token: |token| token.set("azp", Value::Null), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-token-for-another-party",
        about: "The ID token's azp is another client.",
        ends: "azp_mismatch",
        mutation: Mutation { id_token: |token| token.set("azp", "another-client"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-trusted-audience-beside-the-client",
        about: "The ID token has a further audience that the registration trusts, and azp.",
        registration: r#"{"trusted_audiences":["https://api.example"]}"#,
        mutation: Mutation {
            id_token: |token| {
                let aud = token.claims.remove("aud").unwrap_or_default();
                token.set("azp", aud.clone());
                token.set("aud", json!(["https://api.example", aud]));
            },
            ..NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-claim-that-names-another-kind-of-token",
        about: "The claim typ says Bearer: it is an access token (Keycloak).",
        ends: "typ_refused",
        mutation: Mutation { id_token: |token| token.set("typ", "Bearer"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-claim-that-names-another-use-of-a-token",
        about: "The claim token_use says access (Cognito).",
        ends: "typ_refused",
        mutation: Mutation { id_token: |token| token.set("token_use", "access"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "a-claim-that-names-an-id-token",
        about: "The claim typ says ID.",
        mutation: Mutation { id_token: |token| token.set("typ", "ID"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "an-access-token-that-belongs-to-another-id-token",
        about: "The ID token's at_hash is another.",
        ends: "at_hash_mismatch",
        mutation: Mutation { id_token: |token| token.append("at_hash", "AA"), ..NONE },
        ..USUAL
    },
    Scenario {
        name: "an-authentication-that-is-too-old",
        about: "The client asked for max_age=300, and the end user authenticated 361 seconds ago.",
        ends: "authentication_too_old",
        mutation: Mutation { id_token: |token| token.set("auth_time", token.now - 361), ..NONE },
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "max_age": 300 }))
        },
        ..USUAL
    },
    Scenario {
        name: "an-authentication-without-a-time",
        about: "The client asked for max_age, and the ID token has no auth_time.",
        ends: "claim_missing",
        mutation: Mutation { id_token: |token| token.remove("auth_time"), ..NONE },
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "max_age": 300 }))
        },
        ..USUAL
    },
    Scenario {
        name: "an-authentication-context-that-was-not-asked-for",
        about: "The client asked for acr gold as essential, and the end user authenticated with bronze.",
        ends: "acr_mismatch",
        mutation: Mutation { id_token: |token| token.set("acr", "bronze"), ..NONE },
        play: |scene| {
            scene.set_up()?;
            let claims = json!({ "id_token": { "acr": { "essential": true, "value": "gold" } } });
            scene.go_through("alice", json!({ "claims": claims }))
        },
        ..USUAL
    },
    Scenario {
        name: "somebody-else-than-was-asked-for",
        about: "The client asked for the end user of an ID token, and another one logs in.",
        ends: "sub_mismatch",
        play: |scene| {
            scene.set_up()?;
            let hint = scene.token(|token| token.set("sub", "bob"));
            scene.go_through("alice", json!({ "id_token_hint": hint }))
        },
        ..USUAL
    },
    Scenario {
        name: "a-refreshed-token-of-a-later-authentication",
        about: "The refreshed ID token has another auth_time.",
        ends: "refreshed_claim_changed",
        mutation: Mutation { refreshed_id_token: |token| token.set("auth_time", token.now), ..NONE },
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(60);
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-without-the-nonce-that-is-expected",
        about: "An ID token that is checked on its own has no nonce.",
        ends: "claim_missing",
        play: |scene| expecting(scene, |_| {}, json!({ "nonce": "a-nonce" })),
        ..USUAL
    },
    Scenario {
        name: "signed-claims-of-somebody-else",
        about: "The signed UserInfo response is about another sub.",
        ends: "userinfo_sub_mismatch",
        registration: r#"{"userinfo_signed_response_alg":"ES256"}"#,
        mutation: Mutation {
            userinfo: |person| {
                person.signed = Some("ES256");
                person.claims.insert("sub".into(), "bob".into());
            },
            ..NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.userinfo("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "plain-claims-where-signed-ones-were-registered",
        about: "The UserInfo response is not signed, although the client registered an algorithm.",
        ends: "unexpected_content_type",
        registration: r#"{"userinfo_signed_response_alg":"ES256"}"#,
        play: |scene| {
            scene.log_in("alice")?;
            scene.userinfo("alice")
        },
        ..USUAL
    },
];
