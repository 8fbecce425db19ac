//! Logouts through the browser: to the provider and back (OIDC RP-Initiated Logout), from the provider's page (OIDC Front-Channel
//! Logout), and what tells a page that one happened (OIDC Session Management).

#![cfg(feature = "logout")]

mod support;

use relyingparty::{CallbackParams, EndSessionRequest, Logout, Session, logged_out};
use serde_json::json;
use support::{ISSUER, World, code, detail, entropy, parameters, query};

const BYE: &str = "https://rp.example/bye";

fn logged_in() -> (World, Session) {
    let mut world = World::new();
    let session = world.login();
    world.registration.post_logout_redirect_uri = Some(BYE.into());
    (world, session)
}

fn log_out(world: &World, request: &EndSessionRequest) -> Logout {
    world.client().log_out(request, entropy(40)).unwrap()
}

fn named(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
}

#[test]
fn a_logout_has_a_state_that_its_return_is_checked_by() {
    let (world, session) = logged_in();
    let logout = log_out(&world, &EndSessionRequest::default().of(&session));
    assert_eq!(logout.fields, None);
    let sent = parameters(query(&logout.url));
    let state = logout.state.unwrap();
    assert_eq!(state.len(), 43);
    assert_eq!(named(&sent, "state").as_ref(), Some(&state));
    assert_eq!(named(&sent, "id_token_hint").as_deref(), Some(session.id_token()));
    assert_eq!(named(&sent, "post_logout_redirect_uri").as_deref(), Some(BYE));
    let client = world.client();
    for back in [format!("{BYE}?state={state}"), format!("?state={state}&x=1"), format!("state={state}")] {
        assert_eq!(code(&logged_out(&back, Some(&state))), "ok", "{back}");
    }
    let other = client.log_out(&EndSessionRequest::default(), entropy(41)).unwrap();
    assert_ne!(other.state.unwrap(), state, "each logout has its own");
}

#[test]
fn a_state_of_the_hosts_own_is_kept_and_a_logout_without_return_has_none() {
    let (mut world, _) = logged_in();
    let request = EndSessionRequest::from_json(
        r#"{"state":"mine","logout_hint":"somebody","ui_locales":"de en","extra":{"x":"1"}}"#,
    )
    .unwrap();
    let logout = log_out(&world, &request);
    assert_eq!(logout.state.as_deref(), Some("mine"));
    let sent = parameters(query(&logout.url));
    for (name, value) in [("state", "mine"), ("logout_hint", "somebody"), ("ui_locales", "de en"), ("x", "1")]
    {
        assert_eq!(named(&sent, name).as_deref(), Some(value));
    }
    assert_eq!(world.client().end_session(&request).unwrap(), logout.url, "as without a state to compare");
    world.registration.post_logout_redirect_uri = None;
    let stays = log_out(&world, &EndSessionRequest::default());
    assert_eq!((stays.state, named(&parameters(query(&stays.url)), "state")), (None, None));
}

#[test]
fn a_hint_that_is_too_long_for_a_url_goes_in_a_form() {
    let (mut world, _) = logged_in();
    world.op.metadata["end_session_endpoint"] = "https://op.example/logout?tenant=1".into();
    world.op.claim("groups", vec!["a-group-with-a-name"; 200]);
    let session = world.login();
    let request = EndSessionRequest::default().of(&session);
    let logout = log_out(&world, &request);
    assert_eq!(logout.url, "https://op.example/logout?tenant=1", "its own query stays");
    let fields = logout.fields.unwrap();
    assert_eq!(named(&fields, "id_token_hint").as_deref(), Some(session.id_token()));
    assert_eq!(named(&fields, "state"), logout.state);
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_id", "id_token_hint", "state", "post_logout_redirect_uri"]);
    assert!(world.client().end_session(&request).unwrap().len() > 2_048, "a URL is there for who wants one");
    // To the byte.
    for (length, is_form) in [(2_048, false), (2_049, true)] {
        let mut request = EndSessionRequest::default();
        request.logout_hint = Some("h".into());
        let shortest = log_out(&world, &request).url.len();
        request.logout_hint = Some("h".repeat(length - shortest + 1));
        assert_eq!(log_out(&world, &request).fields.is_some(), is_form, "{length}");
    }
}

#[test]
fn l10_a_return_from_a_logout_that_this_browser_did_not_begin_is_refused() {
    for (back, expected, outcome) in [
        ("state=mine", Some("mine"), "ok"),
        ("state=mine", Some("Mine"), "logout_state_mismatch"),
        ("state=mine_INVALID", Some("mine"), "logout_state_mismatch"),
        ("state=mine", None, "logout_state_mismatch"),
        ("state=mine", Some(""), "logout_state_mismatch"),
        ("", Some("mine"), "logout_state_missing"),
        ("", None, "logout_state_missing"),
        ("state=", Some(""), "logout_state_missing"),
        ("https://rp.example/bye", Some("mine"), "logout_state_missing"),
        ("state=mine&state=mine", Some("mine"), "logout_malformed"),
        ("state=%ff", Some("mine"), "logout_malformed"),
    ] {
        assert_eq!(code(&logged_out(back, expected)), outcome, "{back} {expected:?}");
    }
}

#[test]
fn a_front_channel_logout_names_issuer_and_session_or_neither() {
    let (world, _) = logged_in();
    let client = world.client();
    let of_one = client.front_channel_logout(&format!("?iss={ISSUER}&sid=session-1&x=1")).unwrap();
    assert_eq!((of_one.issuer(), of_one.session_id()), (Some(ISSUER), Some("session-1")));
    for neither in ["", "?", "https://rp.example/frontchannel", "iss=&sid=", "x=1"] {
        let request = client.front_channel_logout(neither).unwrap();
        assert_eq!((request.issuer(), request.session_id()), (None, None), "{neither}");
    }
}

#[test]
fn l11_a_front_channel_logout_of_another_issuer_or_by_halves_is_refused() {
    let (world, _) = logged_in();
    let client = world.client();
    for (request, outcome) in [
        ("iss=https://op.example/&sid=s", "logout_issuer_mismatch"),
        ("iss=https://OP.example&sid=s", "logout_issuer_mismatch"),
        ("iss=https://evil.example&sid=s", "logout_issuer_mismatch"),
        ("iss=https://op.example", "logout_malformed"),
        ("iss=https://op.example&sid=", "logout_malformed"),
        ("sid=s", "logout_malformed"),
        ("iss=&sid=s", "logout_malformed"),
        ("iss=https://op.example&sid=s&sid=t", "logout_malformed"),
        ("sid=%zz", "logout_malformed"),
    ] {
        assert_eq!(code(&client.front_channel_logout(request)), outcome, "{request}");
    }
    let refused = client.front_channel_logout("iss=https://evil.example&sid=s");
    assert_eq!(detail(&refused, "expected"), ISSUER);
}

#[test]
fn a_front_channel_logout_may_come_from_a_tenant_that_may_log_in() {
    let mut world = World::at("https://login.example/common/v2.0", relyingparty::Alg::EdDsa);
    world.op.metadata["issuer"] = "https://login.example/{tenantid}/v2.0".into();
    world.registration.tenants = vec!["t-1".into()];
    let issuer = relyingparty::Issuer::parse("https://login.example/common/v2.0").unwrap();
    let metadata = relyingparty::Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes()).unwrap();
    let provider = relyingparty::Provider::from_metadata(metadata);
    let client =
        relyingparty::Client::new(provider, world.registration.clone(), world.policy.clone()).unwrap();
    for (tenant, outcome) in
        [("t-1", "ok"), ("t-2", "logout_issuer_mismatch"), ("t-1/x", "logout_issuer_mismatch")]
    {
        let request = format!("iss=https://login.example/{tenant}/v2.0&sid=s");
        assert_eq!(code(&client.front_channel_logout(&request)), outcome, "{tenant}");
    }
}

#[test]
fn a_session_keeps_the_session_state_of_its_login() {
    for (sent, kept) in [("s.salt", Some("s.salt")), ("", None), ("a+b", None), ("%C3%A4", None)] {
        let mut world = World::new();
        let begun = world.begin();
        let back = format!("{}&session_state={sent}", world.op.authorize(&begun.url));
        let exchange = world.callback(begun, &back).unwrap();
        let step = world.client().exchange(exchange).unwrap();
        let session = world.run(step).unwrap();
        assert_eq!(session.session_state(), kept, "{sent}");
        let refreshed = world.refresh(&session).unwrap();
        assert_eq!(refreshed.session_state(), kept, "{sent}");
        let step = world.client().restore(&refreshed.encode(), &world.cache, world.now).unwrap();
        assert_eq!(world.run(step).unwrap().session_state(), kept, "{sent}");
    }
    assert_eq!(CallbackParams::parse("session_state=x").unwrap().get("session_state"), Some("x"));
}

#[test]
fn the_page_to_poll_is_one_that_a_frame_may_load() {
    let mut world = World::new();
    let mut page = |value| {
        world.op.metadata["check_session_iframe"] = value;
        world.provider().metadata().check_session_iframe()
    };
    assert_eq!(page(json!("https://op.example/check")), Some("https://op.example/check".into()));
    for bad in [json!(null), json!(1), json!(""), json!("/check"), json!("http://op.example/check")] {
        assert_eq!(page(bad), None);
    }
}
