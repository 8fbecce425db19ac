//! Answers that no provider should give, and what is made of them.

use relyingparty::Endpoint;
use serde_json::json;

use super::super::exchange::{Body, Part, Reply};
use super::super::format::Call;
use super::{Ended, Scenario, Scene, USUAL, http, json_answer, unreachable};
use crate::provider::Mutation;

/// A login whose request to this endpoint is answered so.
fn answered(scene: &mut Scene, endpoint: Endpoint, reply: Reply) -> Ended {
    scene.instead(endpoint, reply);
    scene.log_in("alice")?;
    scene.userinfo("alice")
}

/// A response in gzip that nobody undid: its bytes in hexadecimal.
fn gzipped(hex: &str) -> Reply {
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let headers = headers.map(|(name, value)| (name.into(), value.into())).into();
    Reply::Http {
        status: 200,
        headers,
        body: Body::Parts(vec![Part::Hex { hex: hex.into() }]),
        final_url: None,
    }
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "metadata-that-are-not-there",
        about: "The metadata's URL answers 404.",
        ends: "unexpected_status",
        play: |scene| answered(scene, Endpoint::Discovery, http(404, vec![], "not here".into())),
        ..USUAL
    },
    Scenario {
        name: "keys-that-are-elsewhere",
        about: "The keys' URL redirects; redirects are not followed.",
        ends: "keys_unavailable",
        play: |scene| {
            let location = vec![("location".into(), "https://keys.example/jwks".into())];
            scene.set_up()?;
            let elsewhere = http(302, location, String::new());
            (0..3).for_each(|_| scene.instead(Endpoint::Jwks, elsewhere.clone()));
            scene.go_through("alice", json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "a-redirect-that-the-host-followed",
        about: "The host's HTTP client followed a redirect although it must not.",
        ends: "redirect_refused",
        play: |scene| {
            let Reply::Http { status, headers, body, .. } = json_answer(200, "{}") else { return Ok(()) };
            let final_url = Some("https://elsewhere.example/token".into());
            answered(scene, Endpoint::Token, Reply::Http { status, headers, body, final_url })
        },
        ..USUAL
    },
    Scenario {
        name: "tokens-as-a-page",
        about: "The token endpoint answers 200 with HTML.",
        ends: "unexpected_content_type",
        play: |scene| {
            let html = vec![("content-type".into(), "text/html".into())];
            answered(scene, Endpoint::Token, http(200, html, "<html>".into()))
        },
        ..USUAL
    },
    Scenario {
        name: "metadata-that-stayed-compressed",
        about: "The metadata are gzip, which was not asked for, and the host handed them over as they came.",
        ends: "compressed_response",
        play: |scene| {
            answered(scene, Endpoint::Discovery, gzipped("1f8b0800000000000203abae050043bfa6a302000000"))
        },
        ..USUAL
    },
    Scenario {
        name: "tokens-that-stayed-compressed",
        about: "The token endpoint refuses with an error that is gzip, and the host handed it over as it came.",
        ends: "compressed_response",
        play: |scene| {
            let Reply::Http { headers, body, .. } = gzipped("1f8b0800000000000203abae050043bfa6a302000000")
            else {
                return Ok(());
            };
            answered(scene, Endpoint::Token, Reply::Http { status: 400, headers, body, final_url: None })
        },
        ..USUAL
    },
    Scenario {
        name: "metadata-without-end",
        about: "The metadata are one byte larger than the limit.",
        ends: "response_too_large",
        play: |scene| {
            let parts = [
                Part::Text(r#"{"x":""#.into()),
                Part::Repeat { repeat: "x".into(), times: 262_144 - 7 },
                Part::Text(r#""}"#.into()),
            ];
            let headers = vec![("content-type".into(), "application/json".into())];
            let body = Body::Parts(parts.into());
            answered(scene, Endpoint::Discovery, Reply::Http { status: 200, headers, body, final_url: None })
        },
        ..USUAL
    },
    Scenario {
        name: "a-member-that-occurs-twice",
        about: "The token response has two access tokens.",
        ends: "malformed_json",
        play: |scene| {
            let twice = r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#;
            answered(scene, Endpoint::Token, json_answer(200, twice))
        },
        ..USUAL
    },
    Scenario {
        name: "a-document-that-is-too-deep",
        about: "The metadata are a list in a list in a list, ten thousand times.",
        ends: "malformed_json",
        play: |scene| {
            let parts = [
                Part::Text(r#"{"x":"#.into()),
                Part::Repeat { repeat: "[".into(), times: 10_000 },
                Part::Repeat { repeat: "]".into(), times: 10_000 },
                Part::Text("}".into()),
            ];
            let headers = vec![("content-type".into(), "application/json".into())];
            let body = Body::Parts(parts.into());
            answered(scene, Endpoint::Discovery, Reply::Http { status: 200, headers, body, final_url: None })
        },
        ..USUAL
    },
    Scenario {
        name: "metadata-without-keys",
        about: "The metadata have no jwks_uri.",
        ends: "metadata_member_missing",
        mutation: Mutation { metadata: |metadata| drop(metadata.remove("jwks_uri")), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-endpoint-over-http",
        about: "The metadata's token_endpoint is http.",
        ends: "metadata_member_invalid",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("token_endpoint".into(), "http://op.example/token".into());
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "tokens-without-an-id-token",
        about: "The token response has no id_token.",
        ends: "response_member_missing",
        mutation: Mutation { token_response: |tokens| drop(tokens.remove("id_token")), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-access-token-with-a-line-end",
        about: "The access token could end a header.",
        ends: "response_member_invalid",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("access_token".into(), "a\r\nx: y".into())),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-that-is-no-bearer-token",
        about: "The token_type is DPoP, which nobody asked for.",
        ends: "token_type_unsupported",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.insert("token_type".into(), "DPoP".into())),
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "a-code-that-was-used-before",
        about: "The token endpoint answers invalid_grant.",
        ends: "provider_error",
        play: |scene| {
            let refusal = r#"{"error":"invalid_grant","error_description":"the code was used before"}"#;
            answered(scene, Endpoint::Token, json_answer(400, refusal))
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-endpoint-that-is-broken",
        about: "The token endpoint answers 503 with a page.",
        ends: "provider_status",
        play: |scene| {
            let html = vec![("content-type".into(), "text/html".into())];
            answered(scene, Endpoint::Token, http(503, html, "<html>".into()))
        },
        ..USUAL
    },
    Scenario {
        name: "an-access-token-that-has-expired",
        about: "UserInfo says invalid_token in a header.",
        ends: "provider_error",
        play: |scene| {
            let challenge =
                vec![("www-authenticate".into(), r#"Bearer realm="x", error="invalid_token""#.into())];
            answered(scene, Endpoint::UserInfo, http(401, challenge, String::new()))
        },
        ..USUAL
    },
    Scenario {
        name: "a-provider-that-is-down",
        about: "The token endpoint cannot be reached.",
        ends: "unreachable",
        play: |scene| answered(scene, Endpoint::Token, unreachable()),
        ..USUAL
    },
    Scenario {
        name: "a-request-that-the-host-cannot-answer",
        about: "The host says that it has no answer to requests of this kind.",
        ends: "unsupported_request",
        play: |scene| answered(scene, Endpoint::Discovery, Reply::Unsupported { unsupported: true }),
        ..USUAL
    },
    Scenario {
        name: "an-answer-to-another-question",
        about: "The host answers a request for metadata as if a signature had to be checked.",
        ends: "wrong_reply",
        play: |scene| answered(scene, Endpoint::Discovery, Reply::Verified { verified: true }),
        ..USUAL
    },
    Scenario {
        name: "a-session-is-restored",
        about: "A session comes back from a store an hour later; its ID token is checked again, but for its expiry.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(3_600);
            scene.call(Call::Restore { login: "alice".into(), stored: None })?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-session-whose-key-was-withdrawn-is-not-restored",
        about: "The provider no longer publishes the key that signed the stored ID token.",
        ends: "unknown_key",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            scene.at(3_600);
            scene.call(Call::Restore { login: "alice".into(), stored: None })
        },
        ..USUAL
    },
    Scenario {
        name: "a-stored-session-that-is-none-is-refused",
        about: "What the store has is not a session.",
        ends: "unreadable_session",
        play: |scene| {
            scene.set_up()?;
            scene.call(Call::Restore { login: "alice".into(), stored: Some(r#"{"v":1}"#.into()) })
        },
        ..USUAL
    },
    Scenario {
        name: "a-session-of-another-client-is-refused",
        about: "The client has another client_id now.",
        ends: "session_mismatch",
        play: |scene| {
            scene.log_in("alice")?;
            scene.other_client("client_id", "another-client")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-session-without-a-refresh-token",
        about: "The token response had no refresh_token.",
        ends: "no_refresh_token",
        mutation: Mutation {
            token_response: |tokens| drop(tokens.remove("refresh_token")),
            ..Mutation::NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-without-tokens-of-its-own",
        about: "A refresh yields an access token only: ID token and refresh token stay.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(60);
            let answer = json!({ "access_token": "another", "token_type": "Bearer", "expires_in": 60 });
            scene.instead(Endpoint::Token, json_answer(200, &answer.to_string()));
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-response-as-some-write-it",
        about: "expires_in is a string, scope is a list, and there is a member that nobody knows.",
        mutation: Mutation {
            token_response: |tokens| {
                tokens.insert("expires_in".into(), "3600".into());
                tokens.insert("scope".into(), json!(["openid", "email"]));
                tokens.insert("session_state".into(), json!({ "a": [1, null] }));
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
];
