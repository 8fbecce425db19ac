//! The end of a session: the Foundation's modules of back-channel and front-channel logout, logout tokens, revocation, and the way
//! back from a logout.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::super::format::Call;
use super::scene::{Ended, ISSUER, Scene};
use super::{Scenario, USUAL, http, json_answer, unreachable};
use crate::modules::POST_LOGOUT_REDIRECT_URI;
use crate::provider::{Draft, Mutation, SigningKey};

const NONE: Mutation = Mutation::NONE;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A registration with a place to come back to.
const RETURNS: &str = r#"{"post_logout_redirect_uri":"https://app.example/goodbye"}"#;
/// A provider that revokes tokens.
const REVOKES: Mutation = Mutation {
    metadata: |metadata| {
        metadata.insert("revocation_endpoint".into(), "https://op.example/revoke".into());
    },
    ..NONE
};

/// A logout token as the Foundation's suite sends it, and what is changed of it.
fn logout_token(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    scene.token(|token| {
        token.set("exp", token.now + 120);
        token.set("jti", "a-logout-token");
        token.set("sid", "a-session");
        token.set("events", json!({ EVENT: {} }));
        token.set("a-claim-that-nobody-knows", true);
        change(token);
    })
}

fn typed(token: &mut Draft, typ: &str) {
    token.header.insert("typ".into(), typ.into());
}

/// A login, and then a logout token.
fn logged_out(scene: &mut Scene, change: impl FnOnce(&mut Draft)) -> Ended {
    scene.log_in("alice")?;
    let logout_token = logout_token(scene, change);
    scene.call(Call::LogoutToken { logout_token })
}

/// A logout token alone.
fn sent(scene: &mut Scene, change: impl FnOnce(&mut Draft)) -> Ended {
    scene.set_up()?;
    let logout_token = logout_token(scene, change);
    scene.call(Call::LogoutToken { logout_token })
}

fn front_channel(scene: &mut Scene, query: &str) -> Ended {
    scene.set_up()?;
    scene.call(Call::FrontChannelLogout { query: query.into() })
}

fn log_out(scene: &mut Scene, login: Option<&str>, request: Value) -> Ended {
    let entropy = (0..32).map(|byte| format!("{byte:02x}")).collect();
    scene.call(Call::LogOut { login: login.map(str::to_owned), request, entropy })
}

/// The browser comes back from a logout whose state was this.
fn back(scene: &mut Scene, query: &str, expected: Option<&str>) -> Ended {
    let (query, expected) = (query.into(), expected.map(str::to_owned));
    scene.call(Call::LoggedOut { query, expected })
}

/// Revokes what the session of a login has.
fn revoke(scene: &mut Scene, login: &str) -> Ended {
    scene.call(Call::Revoke { login: Some(login.into()), token: None, token_type_hint: None })
}

/// Revokes with this answer.
fn answered(scene: &mut Scene, reply: super::Reply) -> Ended {
    scene.log_in("alice")?;
    scene.instead(Endpoint::Revocation, reply);
    revoke(scene, "alice")
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout",
        about: "A logout token in order, with a claim that nobody knows.",
        play: |scene| logged_out(scene, |_| {}),
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
        about: "The logout token is not signed.",
        ends: "malformed_token",
        play: |scene| logged_out(scene, |token| token.alg = "none".into()),
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
        about: "The logout token is signed by a key of the provider's, with EdDSA where ES256 is registered.",
        ends: "alg_refused",
        registration: r#"{"id_token_signed_response_alg":"ES256"}"#,
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate_to(SigningKey::eddsa("k2", [2; 32]));
            let logout_token = logout_token(scene, |token| token.alg = "EdDSA".into());
            scene.call(Call::LogoutToken { logout_token })
        },
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
        about: "The logout token has no events.",
        ends: "claim_missing",
        play: |scene| logged_out(scene, |token| token.remove("events")),
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
        about: "The logout token has another event.",
        ends: "claim_invalid",
        play: |scene| {
            let other = json!({ "http://schemas.openid.net/event/foobar": {} });
            logged_out(scene, |token| token.set("events", other))
        },
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
        about: "The logout token has a nonce.",
        ends: "claim_invalid",
        play: |scene| logged_out(scene, |token| token.set("nonce", "a-nonce")),
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
        about: "The logout token is for another client.",
        ends: "aud_mismatch",
        play: |scene| logged_out(scene, |token| token.append("aud", "INVALID")),
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
        about: "The logout token comes from another issuer.",
        ends: "iss_mismatch",
        play: |scene| logged_out(scene, |token| token.append("iss", "INVALID")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-before-any-login",
        about: "The keys are fetched for a logout token of typ logout+jwt.",
        play: |scene| sent(scene, |token| typed(token, "logout+jwt")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-of-an-end-user",
        about: "The logout token has no sid: all sessions of its sub end.",
        play: |scene| sent(scene, |token| token.remove("sid")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-of-a-session",
        about: "The logout token has no sub: the session of its sid ends.",
        play: |scene| sent(scene, |token| token.remove("sub")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-of-nobody",
        about: "The logout token has neither sub nor sid.",
        ends: "claim_missing",
        play: |scene| {
            sent(scene, |token| {
                token.remove("sub");
                token.remove("sid");
            })
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-without-a-name",
        about: "The logout token has no jti.",
        ends: "claim_missing",
        play: |scene| sent(scene, |token| token.remove("jti")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-without-end",
        about: "The logout token has no exp.",
        ends: "claim_missing",
        play: |scene| sent(scene, |token| token.remove("exp")),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-that-has-expired",
        about: "The logout token expired 60 s ago.",
        ends: "token_expired",
        play: |scene| sent(scene, |token| token.set("exp", token.now - 60)),
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-that-was-kept",
        about: "The logout token was issued 661 s ago and never expires.",
        ends: "logout_token_too_old",
        play: |scene| {
            sent(scene, |token| {
                token.set("iat", token.now - 661);
                token.set("exp", 253_402_300_799_i64);
            })
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-with-a-damaged-signature",
        about: "One bit of the logout token's signature is another.",
        ends: "bad_signature",
        play: |scene| logged_out(scene, |token| token.damaged = true),
        ..USUAL
    },
    Scenario {
        name: "an-access-token-in-place-of-a-logout-token",
        about: "The logout token's typ is at+jwt.",
        ends: "typ_refused",
        play: |scene| sent(scene, |token| typed(token, "at+jwt")),
        ..USUAL
    },
    Scenario {
        name: "an-id-token-in-place-of-a-logout-token",
        about: "An ID token of the client's is sent as a logout token.",
        ends: "claim_missing",
        play: |scene| {
            scene.set_up()?;
            let logout_token = scene.token(|_| {});
            scene.call(Call::LogoutToken { logout_token })
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-token-that-is-verified-as-an-id-token",
        about: "A logout token is sent as an ID token.",
        ends: "typ_refused",
        play: |scene| {
            scene.set_up()?;
            let id_token = logout_token(scene, |token| typed(token, "logout+jwt"));
            scene.verify(id_token)
        },
        ..USUAL
    },
    Scenario {
        name: "oidcc-client-test-rp-frontchannel-opinitlogout",
        about: "The provider's page makes a logout request with iss and sid.",
        play: |scene| {
            let url = ["https://app.example/frontchannel-logout?iss=", ISSUER, "&sid=a-session"].concat();
            front_channel(scene, &url)
        },
        ..USUAL
    },
    Scenario {
        name: "a-front-channel-logout-that-names-nobody",
        about: "The logout request has neither iss nor sid: it is about the browser that made it.",
        play: |scene| front_channel(scene, "https://app.example/frontchannel-logout"),
        ..USUAL
    },
    Scenario {
        name: "a-front-channel-logout-of-another-issuer",
        about: "The logout request's iss has a slash too many.",
        ends: "logout_issuer_mismatch",
        play: |scene| front_channel(scene, "iss=https%3A%2F%2Fop.example%2F&sid=a-session"),
        ..USUAL
    },
    Scenario {
        name: "a-front-channel-logout-by-halves",
        about: "The logout request has a sid and no iss.",
        ends: "logout_malformed",
        play: |scene| front_channel(scene, "sid=a-session"),
        ..USUAL
    },
    Scenario {
        name: "a-logout-there-and-back",
        about: "A logout with a state that is made for it, and the way back.",
        registration: RETURNS,
        play: |scene| {
            scene.log_in("alice")?;
            log_out(scene, Some("alice"), json!({ "logout_hint": "alice", "ui_locales": "de en" }))?;
            let state = scene.last("state");
            let query = scene.follow();
            back(scene, &query, Some(&state))
        },
        ..USUAL
    },
    Scenario {
        name: "a-logout-with-a-hint-too-long-for-a-url",
        about: "The ID token is so long that the logout is a form to post.",
        registration: RETURNS,
        mutation: Mutation {
            id_token: |token| token.set("groups", vec!["a-group-with-a-long-name"; 80]),
            ..NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            log_out(scene, Some("alice"), json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-from-a-logout-with-another-state",
        about: "The browser comes back from a logout with another state than this browser's.",
        ends: "logout_state_mismatch",
        play: |scene| {
            scene.set_up()?;
            back(scene, &[POST_LOGOUT_REDIRECT_URI, "?state=mine_INVALID"].concat(), Some("mine"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-from-a-logout-that-nobody-began",
        about: "The browser comes back from a logout and holds no state.",
        ends: "logout_state_mismatch",
        play: |scene| {
            scene.set_up()?;
            back(scene, "state=another", None)
        },
        ..USUAL
    },
    Scenario {
        name: "a-return-from-a-logout-without-a-state",
        about: "The browser comes back from a logout without a state.",
        ends: "logout_state_missing",
        play: |scene| {
            scene.set_up()?;
            back(scene, POST_LOGOUT_REDIRECT_URI, Some("mine"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-session-whose-tokens-are-revoked",
        about: "The refresh token of a session is revoked, and of a grant without one a bare access token.",
        mutation: REVOKES,
        play: |scene| {
            scene.set_up()?;
            scene.go_through("alice", json!({ "scopes": ["openid", "offline_access"] }))?;
            for _ in 0..2 {
                scene.instead(Endpoint::Revocation, http(200, Vec::new(), String::new()));
            }
            revoke(scene, "alice")?;
            let (token, token_type_hint) = (Some("an-access-token".into()), Some("access_token".into()));
            scene.call(Call::Revoke { login: None, token, token_type_hint })
        },
        ..USUAL
    },
    Scenario {
        name: "a-provider-that-revokes-nothing",
        about: "The metadata have no revocation_endpoint.",
        ends: "endpoint_missing",
        play: |scene| {
            scene.log_in("alice")?;
            revoke(scene, "alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-provider-that-does-not-revoke-access-tokens",
        about: "The revocation endpoint does not know the type of the token.",
        ends: "provider_error",
        mutation: REVOKES,
        play: |scene| answered(scene, json_answer(400, r#"{"error":"unsupported_token_type"}"#)),
        ..USUAL
    },
    Scenario {
        name: "a-provider-that-revokes-later",
        about: "The revocation endpoint answers 503 and says when to try again.",
        ends: "revocation_unavailable",
        mutation: REVOKES,
        play: |scene| answered(scene, http(503, vec![("Retry-After".into(), "120".into())], String::new())),
        ..USUAL
    },
    Scenario {
        name: "a-revocation-that-goes-nowhere",
        about: "The revocation endpoint cannot be reached.",
        ends: "unreachable",
        mutation: REVOKES,
        play: |scene| answered(scene, unreachable()),
        ..USUAL
    },
    Scenario {
        name: "a-revocation-of-another-clients-session",
        about: "A session is to be revoked by another client than its own.",
        ends: "session_mismatch",
        mutation: REVOKES,
        play: |scene| {
            scene.log_in("alice")?;
            scene.other_client("client_id", "another")?;
            revoke(scene, "alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-session-state-that-stays-with-its-session",
        about: "The authorization response has a session_state, which the session keeps when it is restored.",
        mutation: Mutation {
            authorization_response: |response| {
                response.push(("session_state".into(), "a-session-state.salt".into()));
            },
            ..NONE
        },
        play: |scene| {
            scene.log_in("alice")?;
            scene.call(Call::Restore { login: "alice".into(), stored: None })
        },
        ..USUAL
    },
];
