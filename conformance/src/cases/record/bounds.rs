//! What is good to the second: how long a state lives, how far clocks may differ, how long keys are fresh. With the
//! numbers of this library and with OpenIDConnect.jl's.

use serde_json::json;

use super::{Scenario, USUAL};
use crate::provider::Mutation;

const JL: &str = r#"{"preset":"openidconnect_jl"}"#;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-state-is-good-for-600-seconds",
        about: "The browser comes back in the last second.",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.at(600);
            scene.callback("alice")?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-state-is-refused-after-601-seconds",
        about: "The browser comes back a second too late.",
        ends: "pending_login_expired",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.at(601);
            scene.callback("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-state-is-good-for-60-seconds",
        about: "The browser comes back in the last second of OpenIDConnect.jl's state_timeout_secs.",
        policy: JL,
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.at(60);
            scene.callback("alice")?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-state-is-refused-after-61-seconds",
        about: "The browser comes back a second after OpenIDConnect.jl's state_timeout_secs.",
        ends: "pending_login_expired",
        policy: JL,
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.at(61);
            scene.callback("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-from-the-future-is-refused",
        about: "The clock was set back by more than clocks may differ between the start and the end of a login.",
        ends: "pending_login_expired",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.at(-61);
            scene.callback("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-is-good-59-seconds-after-it-expired",
        about: "The provider's clock may be off by 60 seconds.",
        mutation: Mutation { id_token: |token| token.set("exp", token.now - 59), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-is-refused-60-seconds-after-it-expired",
        about: "The provider's clock may be off by 60 seconds, and no more.",
        ends: "token_expired",
        mutation: Mutation { id_token: |token| token.set("exp", token.now - 60), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-from-60-seconds-ahead-is-good",
        about: "The provider's clock may be off by 60 seconds.",
        mutation: Mutation { id_token: |token| token.set("iat", token.now + 60), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-from-61-seconds-ahead-is-refused",
        about: "The provider's clock may be off by 60 seconds, and no more.",
        ends: "issued_in_future",
        mutation: Mutation { id_token: |token| token.set("iat", token.now + 61), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "an-id-token-is-not-good-before-its-nbf",
        about: "The ID token is good in 61 seconds.",
        ends: "not_yet_valid",
        mutation: Mutation { id_token: |token| token.set("nbf", token.now + 61), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-skew-is-good-for-119-seconds",
        about: "An ID token that expired within OpenIDConnect.jl's allowed_skew_secs.",
        policy: JL,
        mutation: Mutation { id_token: |token| token.set("exp", token.now - 119), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-skew-ends-after-120-seconds",
        about: "An ID token that expired OpenIDConnect.jl's allowed_skew_secs ago.",
        ends: "token_expired",
        policy: JL,
        mutation: Mutation { id_token: |token| token.set("exp", token.now - 120), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-skew-reaches-120-seconds-ahead",
        about: "An ID token from OpenIDConnect.jl's allowed_skew_secs ahead.",
        policy: JL,
        mutation: Mutation { id_token: |token| token.set("iat", token.now + 120), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-skew-does-not-reach-121-seconds-ahead",
        about: "An ID token from a second more than OpenIDConnect.jl's allowed_skew_secs ahead.",
        ends: "issued_in_future",
        policy: JL,
        mutation: Mutation { id_token: |token| token.set("iat", token.now + 121), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-keys-are-fresh-for-3599-seconds",
        about: "Keys are used without a question in the last second of OpenIDConnect.jl's key_refresh_secs.",
        policy: JL,
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(3_599);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
    Scenario {
        name: "openidconnect-jl-keys-are-fetched-after-3600-seconds",
        about: "Keys are fetched again when OpenIDConnect.jl's key_refresh_secs have passed.",
        policy: JL,
        play: |scene| {
            scene.log_in("alice")?;
            scene.at(3_600);
            let token = scene.token(|_| {});
            scene.verify(token)
        },
        ..USUAL
    },
];
