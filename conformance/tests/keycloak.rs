//! Logins at Keycloak, whose keys rotate between the request of a refresh and its answer: `cargo ci keycloak`.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod party;

use std::env;

use party::Party;
use relyingparty::{EndSessionRequest, Error, Policy, Registration};
use serde_json::{Value, json};

const REDIRECT: &str = "https://app.example/callback";
const LOGGED_OUT: &str = "https://app.example/";
const REFRESHES: usize = 200;

fn about() -> Value {
    let about =
        env::var("RP_TEST_KEYCLOAK").expect("RP_TEST_KEYCLOAK tells of the server: run `cargo ci keycloak`");
    serde_json::from_str(&about).unwrap()
}

/// A relying party for each client of the realm.
fn parties() -> Vec<Party> {
    let about = about();
    let clients = about["clients"].as_array().unwrap();
    clients
        .iter()
        .map(|client| {
            let mut registration = Registration::new(client["client_id"].as_str().unwrap(), REDIRECT);
            registration.client_secret = client["client_secret"].as_str().map(Into::into);
            registration.post_logout_redirect_uri = Some(LOGGED_OUT.into());
            Party::at(about["issuer"].as_str().unwrap(), registration, Policy::default(), None).unwrap()
        })
        .collect()
}

fn rotate(keep_old: bool) {
    let url = format!("{}/rotate", about()["control"].as_str().unwrap());
    ureq::post(url).send(json!({ "keep_old": keep_old }).to_string()).unwrap();
}

fn told(error: &Error) -> Option<&str> {
    error.server_error().map(|told| told.error.as_str())
}

#[test]
#[ignore = "needs Keycloak: cargo ci keycloak"]
fn a_client_logs_in_asks_userinfo_refreshes_and_logs_out() {
    for mut party in parties() {
        let session = party.login().unwrap();
        assert_eq!(session.claims().iss(), about()["issuer"]);
        let info = party.userinfo(&session).unwrap();
        assert_eq!(info.sub(), session.claims().sub());
        assert_eq!(info.get("email").and_then(Value::as_str), Some("alice@example.test"));

        let refreshed = party.refresh(&session).unwrap();
        assert_ne!(refreshed.refresh_token(), session.refresh_token());
        let mut request = EndSessionRequest::default();
        request.id_token_hint = Some(refreshed.id_token().to_owned());
        request.state = Some("s".into());
        let logout = party.client.end_session(&request).unwrap();
        assert_eq!(party.browser.follow(&logout, LOGGED_OUT).unwrap(), format!("{LOGGED_OUT}?state=s"));
        assert_eq!(told(&party.refresh(&refreshed).unwrap_err()), Some("invalid_grant"));
    }
}

#[test]
#[ignore = "needs Keycloak: cargo ci keycloak"]
fn a_refresh_token_that_was_used_before_is_refused() {
    for mut party in parties() {
        let session = party.login().unwrap();
        party.refresh(&session).unwrap();
        let error = party.refresh(&session).unwrap_err();
        assert_eq!((error.code(), told(&error)), ("provider_error", Some("invalid_grant")));
    }
}

#[test]
#[ignore = "needs Keycloak: cargo ci keycloak"]
fn no_session_is_lost_in_200_refreshes_with_new_keys() {
    let mut party = parties().remove(0);
    let mut session = party.login().unwrap();
    for step in 1..=REFRESHES {
        // In turns: the old key is still published, it is not, and nothing happened.
        if step % 3 != 0 {
            rotate(step % 3 == 1);
        }
        let refreshed = party.refresh(&session).unwrap_or_else(|error| panic!("refresh {step}: {error:?}"));
        assert_ne!(refreshed.access_token(), session.access_token(), "{step}");
        assert!(refreshed.refresh_token().is_some(), "{step}");
        assert_ne!(refreshed.refresh_token(), session.refresh_token(), "{step}");
        assert_ne!(refreshed.id_token(), session.id_token(), "{step}");
        assert_eq!(refreshed.claims().sub(), session.claims().sub(), "{step}");
        session = refreshed;
    }
    assert_eq!(party.userinfo(&session).unwrap().sub(), session.claims().sub());
}
