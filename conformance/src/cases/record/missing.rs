//! Callbacks for which no login waits: each cause has a word of its own.

use serde_json::json;

use super::{Scenario, USUAL};

const LOCALHOST: &str = r#"{"redirect_uri":"http://localhost:8000/callback"}"#;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-login-that-its-cookie-finds",
        about: "The browser sends the cookie of the login among others.",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.authorize("other", json!({}))?;
            let cookies = ["theme=dark", &scene.cookie("other"), &scene.cookie("alice")].join("; ");
            scene.callback_with("alice", cookies)?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-at-localhost-has-a-cookie-without-prefix",
        about: "The redirect URI is plain http on this machine, where Safari keeps neither __Host- nor Secure cookies.",
        registration: LOCALHOST,
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_with("alice", scene.cookie("alice"))?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-cookie-without-prefix-is-not-read-over-https",
        about: "A page of a sibling domain planted the cookie that a login at localhost would have.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let planted = scene.cookie("alice").replace("__Host-", "");
            scene.callback_with("alice", planted)
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-without-an-id",
        about: "The host hands over no id, and no cookies.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_of("alice", None)
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-with-an-empty-id",
        about: "What the host hands over as the id is empty.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_of("alice", Some(""))
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-with-what-is-no-id",
        about: "What the host hands over is not the id of a login.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_of("alice", Some("session:alice"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-without-a-cookie-of-a-login",
        about: "The request has cookies, and none of a login.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_with("alice", "theme=dark; session=1".into())
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-with-cookies-of-other-logins",
        about: "The request has the cookie of another login of this browser.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.authorize("other", json!({}))?;
            scene.callback_with("alice", scene.cookie("other"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-whose-cookie-holds-no-id",
        about: "The cookie of the login holds something else.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let name = scene.cookie("alice").split('=').next().map(str::to_owned);
            scene.callback_with("alice", format!("{}=alice", name.unwrap_or_default()))
        },
        ..USUAL
    },
    Scenario {
        name: "a-callback-at-plain-http-without-its-cookie",
        about: "The URL of the callback is plain http where the redirect URI is https: browsers dropped the cookie.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.plain_callback("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-that-was-used-before",
        about: "A reload: the store remembers that a callback used the login, and its cookie is cleared.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            scene.exchange("alice")?;
            scene.callback_told("alice", Some("theme=dark".into()), "used")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-that-expired-in-the-store",
        about: "The store does not have the login any more, and remembers that it expired.",
        ends: "pending_login_expired",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_told("alice", Some(scene.cookie("alice")), "expired")
        },
        ..USUAL
    },
    Scenario {
        name: "a-store-that-tells-something-else",
        about: "What the store tells of a login that it does not have is no word that it can tell.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback_told("alice", Some(scene.cookie("alice")), "no_cookie")
        },
        ..USUAL
    },
];
