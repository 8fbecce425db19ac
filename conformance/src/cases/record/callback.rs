//! The way back: to whom it belongs, and what must not be in it.

use serde_json::json;

use super::way_back::{callback, stored};
use super::{Scenario, USUAL};
use crate::provider::Mutation;
use crate::provider::mutation::remove;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "two-tabs-are-two-logins",
        about: "Two logins of one browser are in progress at once, and end in the other order.",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("one", json!({ "return_to": "/one" }))?;
            scene.authorize("other", json!({ "return_to": "/other?x=1" }))?;
            scene.callback("other")?;
            scene.callback("one")?;
            scene.exchange("one")?;
            scene.exchange("other")
        },
        ..USUAL
    },
    Scenario {
        name: "a-response-for-another-login-is-refused",
        about: "The response belongs to another login of the same provider.",
        ends: "state_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("one", json!({}))?;
            scene.authorize("other", json!({}))?;
            let (query, form) = scene.browse("other");
            scene.call(callback("one", query, form))
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-that-nobody-started-is-refused",
        about: "The store has nothing for this browser: no login was started, or it was taken already.",
        ends: "no_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let (query, form) = scene.browse("alice");
            scene.call(stored(None, query, form))
        },
        ..USUAL
    },
    Scenario {
        name: "a-stored-login-that-is-none-is-refused",
        about: "What the store has is not a pending login.",
        ends: "unreadable_pending_login",
        play: |scene| {
            scene.set_up()?;
            scene.call(stored(Some(r#"{"v":1}"#), Some("?code=c&state=s".into()), None))
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-of-another-client-is-refused",
        about: "Between the start and the end of a login the client got another redirect URI.",
        ends: "pending_login_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.other_client("redirect_uri", "https://app.example/other")?;
            scene.callback("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-login-of-a-replaced-client-is-not-exchanged",
        about: "Between the callback and the exchange the client got another redirect URI.",
        ends: "pending_login_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            scene.other_client("redirect_uri", "https://app.example/other")?;
            scene.exchange("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-form-where-a-query-was-asked-for-is-refused",
        about: "The parameters of the query are posted as a form.",
        ends: "response_mode_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let form = scene.browse("alice").0.and_then(|url| Some(url.split_once('?')?.1.to_owned()));
            scene.call(callback("alice", None, form))
        },
        ..USUAL
    },
    Scenario {
        name: "a-response-without-code-and-error-is-refused",
        about: "The response has a state and nothing else.",
        ends: "code_missing",
        mutation: Mutation { authorization_response: |response| remove(response, "code"), ..Mutation::NONE },
        ..USUAL
    },
    Scenario {
        name: "a-response-that-cannot-be-decoded-is-refused",
        about: "The query has a percent sign with no digits after it.",
        ends: "callback_malformed",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.changed_callback("alice", |url| url.replace("code=", "code=%zz"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-parameter-that-occurs-twice-is-refused",
        about: "The response has two codes.",
        ends: "callback_duplicate",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.changed_callback("alice", |url| format!("{url}&code=another"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-token-in-the-response-is-refused",
        about: "The response has an access token beside the code.",
        ends: "callback_unexpected",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.changed_callback("alice", |url| format!("{url}&access_token=t"))
        },
        ..USUAL
    },
    Scenario {
        name: "a-code-beside-an-error-is-refused",
        about: "The response has a code and an error.",
        ends: "callback_unexpected",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.changed_callback("alice", |url| format!("{url}&error=access_denied"))
        },
        ..USUAL
    },
    Scenario {
        name: "the-user-says-no",
        about: "The response is the error access_denied.",
        ends: "provider_error",
        mutation: Mutation {
            authorization_response: |response| {
                remove(response, "code");
                response.push(("error".into(), "access_denied".into()));
                response.push(("error_description".into(), "<b>no</b>".into()));
            },
            ..Mutation::NONE
        },
        ..USUAL
    },
    Scenario {
        name: "an-error-of-another-login-is-not-believed",
        about: "The response is an error, and its state is wrong.",
        ends: "state_mismatch",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            let query = Some("https://app.example/callback?error=access_denied&state=s".into());
            scene.call(callback("alice", query, None))
        },
        ..USUAL
    },
];
