//! What one does with a session: userinfo, a store, a logout.

mod support;

use relyingparty::{AuthorizeRequest, EndSessionRequest, Endpoint, Error, Method, Session, UserInfo};
use serde_json::{Value, json};
use support::{Key, START, World, code, detail, json_response, parameters, query, typed_response};

fn logged_in() -> (World, Session) {
    let mut world = World::new();
    let session = world.login();
    world.op.log.clear();
    (world, session)
}

fn userinfo(world: &mut World, session: &Session) -> Result<UserInfo, Error> {
    let step = world.client().userinfo(session)?;
    world.run(step)
}

fn restore(world: &mut World, stored: &str) -> Result<Session, Error> {
    let step = world.client().restore(stored, &world.cache, world.now)?;
    world.run(step)
}

#[test]
fn userinfo_is_fetched_with_the_access_token_in_the_header() {
    let (mut world, session) = logged_in();
    let info = userinfo(&mut world, &session).unwrap();
    assert_eq!((info.sub(), info.get("email")), ("subject-1", Some(&json!("a@b.example"))));
    let request = &world.op.log[0];
    assert_eq!((request.method, request.url.as_str()), (Method::Get, "https://op.example/userinfo"));
    assert_eq!(
        request.headers,
        [
            ("accept".to_owned(), "application/json".to_owned()),
            ("authorization".to_owned(), "Bearer access-1".to_owned()),
        ]
    );
    assert!(request.body.is_empty());
}

#[test]
fn b12_userinfo_speaks_of_the_same_sub() {
    for (body, outcome) in [
        (json!({ "sub": "subject-1" }), "ok"),
        (json!({ "email": "a@b.example" }), "response_member_missing"),
        (json!({ "sub": "subject-2" }), "userinfo_sub_mismatch"),
        (json!({ "sub": "Subject-1" }), "userinfo_sub_mismatch"),
        (json!({ "sub": "" }), "userinfo_sub_mismatch"),
        (json!({ "sub": 1 }), "userinfo_sub_mismatch"),
        (json!({ "sub": null }), "userinfo_sub_mismatch"),
        (json!({ "sub": ["subject-1"] }), "userinfo_sub_mismatch"),
        (json!([{ "sub": "subject-1" }]), "malformed_json"),
    ] {
        let (mut world, session) = logged_in();
        world.op.userinfo = body.clone();
        assert_eq!(code(&userinfo(&mut world, &session)), outcome, "{body}");
    }
    let (mut world, session) = logged_in();
    let doubled = typed_response(200, "application/json", r#"{"sub":"subject-2","sub":"subject-1"}"#);
    world.op.answer_with(Endpoint::UserInfo, doubled);
    assert_eq!(code(&userinfo(&mut world, &session)), "malformed_json");
}

#[test]
fn b13_an_e_mail_address_is_verified_only_if_it_says_true() {
    for (value, strict, lenient) in [
        (json!(true), true, true),
        (json!("true"), false, true),
        (json!("false"), false, false),
        (json!(1), false, false),
        (json!("True"), false, false),
        (json!(null), false, false),
        (json!(false), false, false),
    ] {
        let (mut world, session) = logged_in();
        world.op.userinfo["email_verified"] = value.clone();
        let info = userinfo(&mut world, &session).unwrap();
        assert_eq!((info.email_verified(), info.email_verified_lenient()), (strict, lenient), "{value}");
    }
}

#[test]
fn userinfo_errors_say_what_the_provider_said() {
    let (mut world, session) = logged_in();
    let mut refused = typed_response(401, "text/plain", "");
    refused.headers.push((
        "WWW-Authenticate".into(),
        r#"Bearer realm="x", error="invalid_token", error_description="no more""#.into(),
    ));
    world.op.answer_with(Endpoint::UserInfo, refused);
    let error = userinfo(&mut world, &session).unwrap_err();
    let server = error.server_error().unwrap();
    assert_eq!((error.code(), server.error.as_str()), ("provider_error", "invalid_token"));
    assert_eq!(server.error_description.as_deref(), Some("no more"));
    let mut accepted = typed_response(204, "", "");
    accepted.headers.push(("WWW-Authenticate".into(), r#"Bearer error="invalid_token""#.into()));
    world.op.answer_with(Endpoint::UserInfo, accepted);
    let result = userinfo(&mut world, &session);
    assert_eq!(code(&result), "provider_status", "a challenge counts only where the status says error");
    for (status, media_type, body, outcome) in [
        (401, "application/json", "{}", "provider_status"),
        (500, "text/html", "<html>", "provider_status"),
        (204, "", "", "provider_status"),
        (302, "application/json", "{}", "redirect_refused"),
        (200, "text/html", r#"{"sub":"subject-1"}"#, "unexpected_content_type"),
        (200, "application/json; charset=utf-8", r#"{"sub":"subject-1"}"#, "ok"),
    ] {
        world.op.answer_with(Endpoint::UserInfo, typed_response(status, media_type, body));
        assert_eq!(code(&userinfo(&mut world, &session)), outcome, "{status} {media_type}");
    }
    world.op.unreachable(Endpoint::UserInfo);
    assert_eq!(detail(&userinfo(&mut world, &session), "endpoint"), "userinfo");
    world.op.metadata["userinfo_endpoint"] = Value::Null;
    assert_eq!(code(&userinfo(&mut world, &session)), "endpoint_missing");
}

#[test]
fn a_session_survives_its_store() {
    let mut world = World::new();
    world.op.member("session_state", "x");
    let mut request = AuthorizeRequest::default();
    request.return_to = Some("/a".into());
    let session = world.try_login_with(&request).unwrap();
    let stored = session.encode();
    let restored = restore(&mut world, &stored).unwrap();
    assert_eq!(restored.encode(), stored);
    assert_eq!(restored.claims().as_json(), session.claims().as_json());
    assert_eq!((restored.return_to(), restored.expires_at()), (Some("/a"), session.expires_at()));
    assert_eq!(restored.get("session_state"), Some(&json!("x")));
    assert_eq!(world.op.log.len(), 2, "the keys are at hand");
}

#[test]
fn a_stored_session_outlives_its_id_token() {
    let (mut world, session) = logged_in();
    world.wait(30 * 86_400);
    let restored = restore(&mut world, &session.encode()).unwrap();
    assert_eq!(restored.claims().sub(), "subject-1");
    assert_eq!(world.op.count(Endpoint::Jwks), 1);
}

#[test]
fn a_stored_session_that_was_tampered_with_is_refused() {
    let (mut world, session) = logged_in();
    let good: Value = serde_json::from_str(&session.encode()).unwrap();
    let changed = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        changed.to_string()
    };
    let mut claims = world.claims();
    claims["sub"] = "admin".into();
    let other_subject = world.op.key.token(&claims);
    let signature = session.id_token().rsplit_once('.').unwrap().1;
    let spliced = format!("{}.{signature}", other_subject.rsplit_once('.').unwrap().0);
    let forged = Key::seeded(relyingparty::Alg::EdDsa, "k1", "forger").token(&claims);
    claims["aud"] = "other".into();
    let foreign = world.op.key.token(&claims);
    for (stored, outcome) in [
        (changed("id_token", spliced.into()), "bad_signature"),
        (changed("id_token", forged.into()), "bad_signature"),
        (changed("id_token", foreign.into()), "aud_mismatch"),
        (changed("id_token", "x".into()), "malformed_token"),
        (changed("id_token", Value::Null), "unreadable_session"),
        (changed("client_id", "other".into()), "session_mismatch"),
        (changed("issuer", "https://other.example".into()), "session_mismatch"),
        (changed("v", json!(2)), "unreadable_session"),
        (changed("claims", json!({ "sub": "admin" })), "unreadable_session"),
        (changed("access_token", json!(1)), "unreadable_session"),
        (changed("scope", "openid".into()), "unreadable_session"),
        (format!("{good}{good}"), "unreadable_session"),
        ("canary".into(), "unreadable_session"),
        (String::new(), "unreadable_session"),
    ] {
        let refused = restore(&mut world, &stored);
        assert_eq!(code(&refused), outcome, "{stored}");
        assert!(!refused.unwrap_err().to_string().contains("canary"));
    }
}

/// The logout URL of a client, or the refusal's code.
fn end_session(world: &World, request: Value) -> Result<String, &'static str> {
    let request = EndSessionRequest::from_json(&request.to_string()).unwrap();
    world.client().end_session(&request).map_err(|error| error.code())
}

fn sent(url: &str) -> Vec<(String, String)> {
    parameters(query(url))
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn a_logout_url_says_who_leaves_and_where_to() {
    let mut world = World::new();
    assert_eq!(end_session(&world, json!({})).unwrap(), "https://op.example/logout?client_id=client");
    world.registration.post_logout_redirect_uri = Some("https://rp.example/bye?a=b".into());
    let hint = world.hint("subject-1");
    let request = json!({ "id_token_hint": hint, "state": "s 1", "logout_hint": "h", "ui_locales": "de", "extra": { "x": "y" } });
    let expected = [
        ("client_id", "client"),
        ("id_token_hint", &hint),
        ("state", "s 1"),
        ("logout_hint", "h"),
        ("ui_locales", "de"),
        ("post_logout_redirect_uri", "https://rp.example/bye?a=b"),
        ("x", "y"),
    ];
    assert_eq!(sent(&end_session(&world, request).unwrap()), pairs(&expected));
    let elsewhere =
        end_session(&world, json!({ "post_logout_redirect_uri": "https://rp.example/2" })).unwrap();
    assert_eq!(sent(&elsewhere)[1].1, "https://rp.example/2");
}

#[test]
fn a_logout_endpoints_own_query_is_kept_and_may_not_clash() {
    let mut world = World::new();
    world.op.metadata["end_session_endpoint"] = "https://op.example/logout?federated".into();
    assert_eq!(
        end_session(&world, json!({})).unwrap(),
        "https://op.example/logout?federated&client_id=client"
    );
    world.op.metadata["end_session_endpoint"] = "https://op.example/logout?client_id=x".into();
    assert_eq!(end_session(&world, json!({})), Err("metadata_member_invalid"));
}

#[test]
fn logout_of_providers_that_announce_none_is_configured() {
    let mut world = World::new();
    world.op.metadata["end_session_endpoint"] = Value::Null;
    assert_eq!(end_session(&world, json!({})), Err("endpoint_missing"));
    world.registration.post_logout_redirect_uri = Some("https://rp.example/bye".into());
    for (endpoint, parameter) in
        [("https://t.auth0.com/v2/logout", "returnTo"), ("https://t.amazoncognito.com/logout", "logout_uri")]
    {
        world.registration.end_session_endpoint = Some(endpoint.into());
        world.registration.end_session_redirect_parameter = Some(parameter.into());
        let url = end_session(&world, json!({})).unwrap();
        assert!(url.starts_with(endpoint));
        assert_eq!(sent(&url), pairs(&[("client_id", "client"), (parameter, "https://rp.example/bye")]));
    }
    world.registration.end_session_endpoint = Some("http://t.auth0.com/v2/logout".into());
    assert_eq!(code(&world.try_client()), "invalid_configuration");
}

#[test]
fn e9_an_extra_logout_parameter_is_never_the_librarys_own() {
    let mut world = World::new();
    for name in
        ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales", ""]
    {
        assert_eq!(
            end_session(&world, json!({ "extra": { name: "x" } })),
            Err("reserved_parameter"),
            "{name}"
        );
    }
    world.registration.end_session_redirect_parameter = Some("returnTo".into());
    world.registration.post_logout_redirect_uri = Some("https://rp.example/bye".into());
    let extra = json!({ "extra": { "returnTo": "https://evil.example" } });
    assert_eq!(end_session(&world, extra), Err("reserved_parameter"), "it is sent already");
}

#[test]
fn the_configured_name_of_the_redirect_does_not_double_another_parameter() {
    for name in ["client_id", "id_token_hint", "state", ""] {
        let mut world = World::new();
        world.registration.end_session_redirect_parameter = Some(name.into());
        world.registration.post_logout_redirect_uri = Some("https://rp.example/bye".into());
        let refused = world.try_client().and_then(|client| client.end_session(&EndSessionRequest::default()));
        assert_eq!(code(&refused), "invalid_configuration", "{name:?}");
    }
}

#[test]
fn e9_a_redirect_after_logout_is_one_a_browser_may_follow() {
    let mut world = World::new();
    for bad in ["http://rp.example/bye", "javascript:alert(1)", "/bye"] {
        world.registration.post_logout_redirect_uri = Some(bad.into());
        assert_eq!(code(&world.try_client()), "invalid_configuration", "{bad}");
    }
}

#[test]
fn u3_a_logout_url_gives_no_token_of_another_issuer_or_client_away() {
    let (world, session) = logged_in();
    let of = |client: &relyingparty::Client, session| {
        code(&client.end_session(&EndSessionRequest::default().of(session)))
    };
    assert_eq!(of(&world.client(), &session), "ok");
    let url = world.client().end_session(&EndSessionRequest::default().of(&session)).unwrap();
    assert!(sent(&url).contains(&("id_token_hint".into(), session.id_token().into())));
    let mut elsewhere = World::at("https://evil.example", relyingparty::Alg::EdDsa);
    assert_eq!(of(&elsewhere.client(), &session), "session_mismatch");
    let mut other = World::new();
    other.registration.client_id = "another".into();
    assert_eq!(of(&other.client(), &session), "session_mismatch");
    // The same for the bare token, in both verbs that send one.
    for world in [&mut elsewhere, &mut other] {
        let hint = json!({ "id_token_hint": session.id_token() });
        assert_eq!(end_session(world, hint.clone()), Err("session_mismatch"));
        let request = relyingparty::AuthorizeRequest::from_json(&hint.to_string()).unwrap();
        assert_eq!(code(&world.try_begin(&request)), "session_mismatch");
    }
    for bad in ["", "a.b.c", "other"] {
        assert_eq!(
            end_session(&world, json!({ "id_token_hint": bad })),
            Err("invalid_configuration"),
            "{bad}"
        );
    }
    let mut both = EndSessionRequest::default().of(&session);
    both.id_token_hint = Some(session.id_token().into());
    assert_eq!(code(&world.client().end_session(&both)), "invalid_configuration");
}

#[test]
fn u3_a_hint_under_an_alias_of_the_issuer_is_this_clients() {
    let mut world = World::new();
    let claims = json!({ "iss": "op.example", "aud": ["x", "client"], "sub": "subject-1" });
    let hint = json!({ "id_token_hint": world.op.key.token(&claims) });
    assert_eq!(end_session(&world, hint.clone()), Err("session_mismatch"));
    world.registration.issuer_aliases = vec!["op.example".into()];
    assert!(end_session(&world, hint).is_ok());
}

#[test]
fn e9_the_redirect_of_one_logout_is_checked_as_the_registrations_is() {
    let world = World::new();
    for bad in [
        "javascript:alert(1)",
        "//evil.example",
        "https://rp.example/\r\nX: y",
        "",
        "/bye",
        "http://rp.example/",
    ] {
        let request = json!({ "post_logout_redirect_uri": bad });
        assert_eq!(end_session(&world, request), Err("invalid_configuration"), "{bad:?}");
    }
}

#[test]
fn u5_a_stored_session_of_any_length_is_not_read() {
    let (mut world, session) = logged_in();
    let padded = |size: usize| {
        let stored = session.encode();
        " ".repeat(size - stored.len()) + &stored
    };
    assert_eq!(code(&restore(&mut world, &padded(262_144))), "ok");
    assert_eq!(code(&restore(&mut world, &padded(262_145))), "unreadable_session");
}

#[test]
fn a_restored_sessions_claims_are_as_verified_as_the_first() {
    let (mut world, session) = logged_in();
    let restored = restore(&mut world, &session.encode()).unwrap();
    assert_eq!(restored.decisions().last().map(|decision| decision.check), Some("signature"));
    world.now = START;
    world.op.answer_with(Endpoint::UserInfo, json_response(200, &json!({ "sub": "subject-2" })));
    assert_eq!(code(&userinfo(&mut world, &restored)), "userinfo_sub_mismatch");
}
