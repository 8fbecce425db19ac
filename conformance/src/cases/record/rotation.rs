//! Keys that rotate, or cannot be had, when a token that is spent once comes with them.

use relyingparty::Endpoint;
use serde_json::json;

use super::{Scenario, USUAL, json_answer, unreachable};
use crate::provider::{Mutation, SigningKey};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-refresh-a-moment-after-the-key-rotated",
        about: "The new ID token's key is unknown and keys were fetched a moment ago: it is fetched all the same.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            scene.refresh("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-after-a-rotation-under-one-name",
        about: "The new key has the old kid: the signature is wrong by the keys that are held, and good by fresh ones.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate_to(SigningKey::es256("k1", [7; 32]));
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-whose-keys-come-at-the-second-try",
        about: "The key cannot be fetched at first. After three seconds it can, and the new ID token counts.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            scene.instead(Endpoint::Jwks, unreachable());
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-whose-keys-cannot-be-had",
        about: "Three attempts to fetch the key fail: the new tokens count, and the claims that were verified before. \
            Later the session goes on.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            (0..3).for_each(|_| scene.instead(Endpoint::Jwks, unreachable()));
            scene.refresh("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-whose-key-is-nowhere",
        about: "The keys are fetched three times and the one that is wanted is not there: the new tokens count.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            (0..3).for_each(|_| scene.instead(Endpoint::Jwks, json_answer(200, r#"{"keys":[]}"#)));
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-whose-signature-is-wrong-by-fresh-keys",
        about: "The signature is wrong, the keys are fetched, and it is wrong: that is an error.",
        ends: "bad_signature",
        mutation: Mutation { refreshed_id_token: |token| token.damaged = true, ..Mutation::NONE },
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-refresh-about-somebody-else-whose-key-cannot-be-had",
        about: "What can be read without the key has to be in order: nothing is fetched for another end user's ID token.",
        ends: "refreshed_claim_changed",
        mutation: Mutation { refreshed_id_token: |token| token.set("sub", "mallory"), ..Mutation::NONE },
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-whose-keys-come-at-the-third-try",
        about: "The keys cannot be fetched twice, three seconds apart; the third attempt brings them.",
        play: |scene| {
            scene.set_up()?;
            (0..2).for_each(|_| scene.instead(Endpoint::Jwks, unreachable()));
            scene.go_through("alice", json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-whose-keys-cannot-be-had",
        about: "Three attempts to fetch the keys fail.",
        ends: "keys_unavailable",
        play: |scene| {
            scene.set_up()?;
            (0..3).for_each(|_| scene.instead(Endpoint::Jwks, unreachable()));
            scene.go_through("alice", json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-with-one-try-for-its-keys",
        about: "Where the policy allows one attempt, there is no pause and no second one.",
        ends: "keys_unavailable",
        policy: r#"{"key_tries":1}"#,
        play: |scene| {
            scene.set_up()?;
            scene.instead(Endpoint::Jwks, unreachable());
            scene.go_through("alice", json!({}))
        },
        ..USUAL
    },
];
