//! What is remembered of metadata and keys, and for how long: one scenario for each rule.

use relyingparty::Endpoint;
use serde_json::{Value, json};

use super::super::format::Call;
use super::{Scenario, USUAL, unreachable};
use crate::provider::Mutation;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "keys-are-used-while-they-are-fresh",
        about: "Keys that were fetched 599 seconds ago are used without a question.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(599);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "stale-keys-are-fetched-again",
        about: "Keys that were fetched 600 seconds ago are fetched again, although the one that is wanted is there.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(600);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "cache-control-counts-from-a-minute-on",
        about: "max-age=5 is too short for keys: they are fresh for a minute.",
        play: |scene| {
            scene.set_up()?;
            scene.with_header(Endpoint::Jwks, "cache-control", "max-age=5");
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
        name: "cache-control-counts-up-to-a-day",
        about: "max-age=10000000 is too long for keys: they are fresh for a day.",
        play: |scene| {
            scene.set_up()?;
            scene.with_header(Endpoint::Jwks, "cache-control", "public, max-age=10000000");
            scene.refresh_keys()?;
            scene.at(86_399);
            let token = scene.token(|_| {});
            scene.verify(token.clone())?;
            scene.at(86_400);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-rotated-key-is-fetched-once",
        about: "A key that is not there is asked for, once the last attempt was 30 seconds ago.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.rotate(&[2]);
            scene.at(30);
            let token = scene.token(|_| {});
            scene.verify(token.clone())?;
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-herd-meets-a-rotated-key",
        about: "Two logins wait for the same keys at once, and each goes on with them; the third asks nobody.",
        play: |scene| {
            scene.set_up()?;
            scene.refresh_keys()?;
            scene.rotate(&[2]);
            scene.at(60);
            let herd = ["alice in one tab", "alice in another"];
            for login in herd {
                scene.authorize(login, json!({}))?;
                scene.callback(login)?;
            }
            scene.wait_at(Endpoint::Jwks);
            for login in herd {
                scene.exchange(login)?;
            }
            for login in herd {
                scene.resume(login)?;
            }
            scene.go_through("alice, late", json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "a-key-that-is-nowhere-is-asked-for-once",
        about: "The keys are fetched, the wanted one is not among them, and that is the end: there is no second try.",
        ends: "unknown_key",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|_| {});
            scene.rotate(&[2]);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "an-unknown-key-within-the-cooldown-asks-nobody",
        about: "29 seconds after the last attempt an unknown key is unknown; a second later it is asked for.",
        ends: "unknown_key",
        play: |scene| {
            scene.log_in("alice")?;
            let token = scene.token(|_| {});
            scene.rotate(&[2]);
            let unknown = scene.token(|_| {});
            scene.rotate(&[3]);
            scene.at(29);
            let _ = scene.verify(unknown.clone());
            scene.verify(token)?;
            scene.at(30);
            scene.verify(unknown)
        },
        ..USUAL
    },
    Scenario {
        name: "keys-from-the-future-are-stale",
        about: "Keys that were fetched by another machine, whose clock is ahead, are fetched again.",
        play: |scene| {
            scene.set_up()?;
            scene.at(3_600);
            scene.refresh_keys()?;
            scene.at(0);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "keys-are-replaced-whole",
        about: "A key that is not in the newer set is gone.",
        ends: "unknown_key",
        play: |scene| {
            scene.log_in("alice")?;
            let token = scene.token(|_| {});
            scene.rotate(&[2]);
            scene.at(60);
            scene.refresh_keys()?;
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "keys-give-way-to-later-ones-whatever-the-clock-says",
        about: "The clock is set back by five seconds, and the keys are fetched again: a key that is gone is gone.",
        ends: "unknown_key",
        play: |scene| {
            scene.set_up()?;
            scene.rotate(&[2]);
            let token = scene.token(|_| {});
            scene.at(10);
            scene.refresh_keys()?;
            scene.rotate(&[1]);
            scene.at(5);
            scene.refresh_keys()?;
            scene.at(11);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "the-last-good-keys-serve-while-the-provider-is-down",
        about: "Stale keys cannot be refreshed, and are used.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(86_399);
            let token = scene.token(|_| {});
            scene.instead(Endpoint::Jwks, unreachable());
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "the-last-good-keys-serve-for-a-day-and-no-longer",
        about: "Keys that could not be refreshed for a day are not used any more.",
        ends: "unreachable",
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(86_400);
            let token = scene.token(|_| {});
            scene.instead(Endpoint::Jwks, unreachable());
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "keys-that-could-not-be-fetched-are-not-asked-for-at-once",
        about: "A failed attempt is an attempt: the next is due in 30 seconds.",
        ends: "keys_unavailable",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|_| {});
            scene.instead(Endpoint::Jwks, unreachable());
            let _ = scene.verify(token.clone());
            scene.at(29);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "keys-that-could-not-be-fetched-are-asked-for-again",
        about: "30 seconds after a failed attempt there is another.",
        play: |scene| {
            scene.set_up()?;
            let token = scene.token(|_| {});
            scene.instead(Endpoint::Jwks, unreachable());
            let _ = scene.verify(token.clone());
            scene.at(30);
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "an-unusable-key-does-not-spoil-the-set",
        about: "Keys of unknown kinds, on unknown curves, too weak or with private members are left out, and counted.",
        mutation: Mutation { jwks: add_unusable_keys, ..Mutation::NONE },
        play: |scene| {
            scene.set_up()?;
            scene.refresh_keys()?;
            scene.go_through("alice", json!({}))
        },
        ..USUAL
    },
    Scenario {
        name: "losing-the-cache-costs-a-fetch-and-no-check",
        about: "With an empty cache the keys are fetched, and a bad signature is a bad signature.",
        ends: "bad_signature",
        play: |scene| {
            scene.log_in("alice")?;
            let (good, bad) = (scene.token(|_| {}), scene.token(|token| token.damaged = true));
            scene.call(Call::Cache { stored: None })?;
            scene.verify(good)?;
            scene.call(Call::Cache { stored: None })?;
            scene.verify(bad)
        },
        ..USUAL
    },
    Scenario {
        name: "a-stored-cache-is-as-good-as-the-one-it-was",
        about: "The cache goes through a store as text, and nothing is fetched again.",
        play: |scene| {
            scene.log_in("alice")?;
            let stored = Some(scene.cache());
            scene.call(Call::Cache { stored })?;
            scene.at(300);
            scene.discover()?;
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "a-cache-that-is-none-is-refused",
        about: "The stored cache cannot be read.",
        ends: "unreadable_cache",
        play: |scene| scene.call(Call::Cache { stored: Some(r#"{"metadata":[]}"#.into()) }),
        ..USUAL
    },
    Scenario {
        name: "metadata-are-used-while-they-are-fresh",
        about: "Metadata that were fetched 599 seconds ago are used without a question, a second later they are not.",
        play: |scene| {
            scene.discover()?;
            scene.at(599);
            scene.discover()?;
            scene.at(600);
            scene.discover()
        },
        ..USUAL
    },
    Scenario {
        name: "the-last-good-metadata-serve-while-the-provider-is-down",
        about: "Stale metadata cannot be refreshed, and are used.",
        play: |scene| {
            scene.discover()?;
            scene.at(86_399);
            scene.instead(Endpoint::Discovery, unreachable());
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "metadata-that-could-not-be-fetched-are-not-asked-for-at-once",
        about: "No metadata are held and an attempt failed: the next is due in 30 seconds.",
        ends: "metadata_unavailable",
        play: |scene| {
            scene.instead(Endpoint::Discovery, unreachable());
            let _ = scene.discover();
            scene.at(29);
            scene.discover()
        },
        ..USUAL
    },
    Scenario {
        name: "slow-keys-count-from-their-arrival",
        about: "Keys that took three seconds are fresh for 600 seconds from then on.",
        play: |scene| {
            scene.set_up()?;
            scene.delay(3);
            scene.refresh_keys()?;
            scene.delay(0);
            scene.at(602);
            let token = scene.token(|_| {});
            scene.verify(token.clone())?;
            scene.at(603);
            scene.verify(token)
        },
        ..USUAL
    },
];

fn add_unusable_keys(keys: &mut Vec<Value>) {
    let private = keys.first().cloned().map(|mut key| {
        key["kid"] = "private".into();
        key["d"] = "AQAB".into();
        key
    });
    keys.splice(
        0..0,
        [
            json!({ "kty": "XYZ", "kid": "odd" }),
            json!({ "kty": "oct", "kid": "symmetric", "k": "AAAA" }),
            json!({ "kty": "EC", "crv": "P-1", "kid": "curve", "x": "AA", "y": "AA" }),
            json!({ "kty": "EC", "crv": "P-256", "kid": "point", "x": "AA", "y": "AA" }),
            json!({ "kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB" }),
            json!("not even an object"),
        ]
        .into_iter()
        .chain(private),
    );
}
