//! What costs no request: nobody can make a client ask its provider for keys by sending it rubbish.

use super::{Scenario, USUAL};
use crate::provider::SigningKey;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-rotation-that-no-kid-tells",
        about: "The new key has the old kid: 30 seconds after the last attempt a bad signature fetches it.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate_to(SigningKey::es256("k1", [7; 32]));
            scene.at(30);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "bad-signatures-fetch-once-a-cooldown",
        about: "A bad signature may come of a rotation that no kid tells: the keys are fetched once, 30 seconds after the \
            last attempt, and not again for the tokens that follow.",
        ends: "bad_signature",
        play: |scene| {
            scene.log_in("alice")?;
            let token = scene.token(|token| token.damaged = true);
            for seconds in [29, 30, 31] {
                scene.at(seconds);
                let _ = scene.verify(token.clone());
            }
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-malformed-token-fetches-nothing",
        about: "What is no token costs no request, even with an empty cache.",
        ends: "malformed_token",
        play: |scene| {
            scene.set_up()?;
            scene.verify("e30.e30".into())
        },
        ..USUAL
    },
    Scenario {
        name: "an-alg-that-is-not-accepted-fetches-nothing",
        about: "A token with another algorithm costs no request, even with an empty cache.",
        ends: "alg_refused",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|token| drop(token.header.insert("alg".into(), "RS512".into())));
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-of-another-issuer-fetches-nothing",
        about: "A token whose iss is wrong costs no request, even with an empty cache.",
        ends: "iss_mismatch",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|token| token.set("iss", "https://evil.example"));
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-for-another-audience-fetches-nothing",
        about: "A token whose aud is wrong costs no request, even with an empty cache.",
        ends: "aud_mismatch",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|token| token.set("aud", "another-client"));
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "an-expired-token-fetches-nothing",
        about: "A token that has expired costs no request, even with an empty cache.",
        ends: "token_expired",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|token| token.set("exp", token.now - 3_600));
            scene.verify(token)
        },
        ..USUAL
    },
];
