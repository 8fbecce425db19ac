//! The browser's way back: whose login is it, and is it in time?

mod support;

use relyingparty::{
    AuthorizationCode, AuthorizeRequest, CallbackParams, Category, Error, PendingLogin, Policy, ResponseMode,
};
use serde_json::{Value, json};
use support::{START, World, code, detail};

/// The outcome of a callback whose query is made from the login's own state.
fn outcome(query: impl Fn(&str) -> String) -> Result<AuthorizationCode, Error> {
    let mut world = World::new();
    let authorization = world.begin();
    let state = state(&authorization.pending);
    world.callback(authorization, &query(&state))
}

fn state(pending: &PendingLogin) -> String {
    let stored: Value = serde_json::from_str(&pending.encode()).unwrap();
    stored["state"].as_str().unwrap().to_owned()
}

/// The outcome for a provider that announces `iss` (RFC 9207), or does not.
fn with_iss(announced: bool, more: &str) -> Result<AuthorizationCode, Error> {
    let mut world = World::new();
    world.op.metadata["authorization_response_iss_parameter_supported"] = announced.into();
    let authorization = world.begin();
    let query = format!("state={}{more}", state(&authorization.pending));
    world.callback(authorization, &query)
}

#[test]
fn a_code_for_the_login_in_progress_is_taken() {
    let code_back = outcome(|state| format!("?code=c&state={state}&session_state=x")).unwrap();
    let last = code_back.decisions().pop().unwrap();
    assert_eq!((last.check, last.passed), ("code", true));
    assert!(outcome(|state| format!("https://rp.example/cb?code=c&state={state}")).is_ok());
    assert!(outcome(|state| format!("code=c&state={state}#fragment")).is_ok());
}

#[test]
fn e1_a_callback_without_a_pending_login_is_refused() {
    let error = PendingLogin::decode(None).unwrap_err();
    assert_eq!((error.code(), error.category()), ("no_pending_login", Category::Callback));
}

#[test]
fn e1_the_state_has_to_be_there_and_this_logins_own() {
    assert_eq!(code(&outcome(|_| "code=c".into())), "state_missing");
    assert_eq!(code(&outcome(|_| "code=c&state=".into())), "state_mismatch");
    assert_eq!(code(&outcome(|_| format!("code=c&state={}", "A".repeat(43)))), "state_mismatch");
    assert_eq!(code(&outcome(|state| format!("code=c&state={}", &state[..42]))), "state_mismatch");
    assert_eq!(code(&outcome(|state| format!("code=c&state={state}A"))), "state_mismatch");
    assert_eq!(code(&outcome(|state| format!("code=c&State={state}"))), "state_missing");
    assert_eq!(code(&outcome(|state| format!("code=c&state={}", state.to_lowercase()))), "state_mismatch");
}

#[test]
fn e1_an_attackers_code_and_state_do_not_fit_the_victims_browser() {
    let mut world = World::new();
    let (attacker, victim) = (world.begin(), world.begin());
    let query = world.op.authorize(&attacker.url);
    let refused = world.callback(victim, &query);
    assert_eq!(code(&refused), "state_mismatch");
    let last = refused.unwrap_err().decisions().last().unwrap().clone();
    assert_eq!((last.check, last.passed, last.found.as_str()), ("state", false, "another one"));
}

#[test]
fn e1_two_tabs_have_two_cookies_and_each_finds_its_own_login() {
    let mut world = World::new();
    let (first, second) = (world.begin(), world.begin());
    let names = [&first, &second].map(|login| login.pending.cookie_name());
    assert_ne!(names[0], names[1]);
    for (login, name) in [(second, &names[1]), (first, &names[0])] {
        let response = CallbackParams::parse(&world.op.authorize(&login.url)).unwrap();
        assert_eq!(response.cookie_name().as_ref(), Some(name));
        assert_eq!(response.handle(), Some(login.pending.handle()));
        assert!(world.client().callback(login.pending, &response, START).is_ok());
    }
    assert!(names[0].starts_with("__Host-rp-"));
}

#[test]
fn e1_the_handle_in_the_cookies_name_tells_neither_state_nor_id() {
    let pending = World::new().begin().pending;
    let (handle, state) = (pending.handle(), state(&pending));
    assert_eq!(handle.len(), 22, "128 bits");
    assert!(!state.contains(&handle) && !pending.id().contains(&handle) && state != pending.id());
}

#[test]
fn e1_a_login_expires_at_the_second() {
    for (policy, limit) in [(Policy::default(), 600), (Policy::openidconnect_jl(), 60)] {
        for (age, outcome) in [(0, "ok"), (limit, "ok"), (limit + 1, "pending_login_expired")] {
            let mut world = World::new();
            world.policy = policy.clone();
            world.policy.signatures = support::policy().signatures;
            let authorization = world.begin();
            let query = world.op.authorize(&authorization.url);
            world.wait(age);
            let result = world.callback(authorization, &query);
            assert_eq!(code(&result), outcome, "{age} of {limit}");
            if age > limit {
                assert_eq!(detail(&result, "age"), age.to_string());
                assert_eq!(detail(&result, "limit"), limit.to_string());
            }
        }
    }
}

#[test]
fn e1_a_login_that_starts_in_the_future_is_refused_beyond_the_skew() {
    for (age, outcome) in [(-60, "ok"), (-61, "pending_login_expired")] {
        let mut world = World::new();
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        world.wait(age);
        assert_eq!(code(&world.callback(authorization, &query)), outcome, "{age}");
    }
}

#[test]
fn e1_the_shorter_of_the_old_and_the_new_timeout_counts() {
    let mut world = World::new();
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    world.policy.state_timeout_secs = 30;
    world.wait(31);
    assert_eq!(code(&world.callback(authorization, &query)), "pending_login_expired");
}

#[test]
fn d10_a_pending_login_of_another_client_is_refused_by_the_member_that_differs() {
    for (member, change) in [
        ("client_id", (|world| world.registration.client_id = "other".into()) as fn(&mut World)),
        ("redirect_uri", |world| world.registration.redirect_uri = "https://rp.example/cb2".into()),
        ("issuer", |world| world.op.metadata["issuer"] = "https://op.example/2".into()),
    ] {
        let mut world = World::new();
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        change(&mut world);
        let refused = world.callback(authorization, &query);
        assert_eq!((code(&refused), detail(&refused, "member")), ("pending_login_mismatch", member.into()));
    }
}

#[test]
fn e4_the_iss_of_the_response_is_compared_whenever_it_is_there() {
    let good = "&code=c&iss=https%3A%2F%2Fop.example";
    for (announced, more, expected) in [
        (true, good, "ok"),
        (false, good, "ok"),
        (false, "&code=c", "ok"),
        (true, "&code=c", "response_issuer_missing"),
        (true, "&code=c&iss=", "response_issuer_mismatch"),
        (false, "&code=c&iss=", "response_issuer_mismatch"),
        (false, "&code=c&iss=https%3A%2F%2Fevil.example", "response_issuer_mismatch"),
        (true, "&code=c&iss=https%3A%2F%2Fop.example%2F", "response_issuer_mismatch"),
        (true, "&code=c&iss=https%3A%2F%2FOP.example", "response_issuer_mismatch"),
        (true, "&error=access_denied&iss=https%3A%2F%2Fop.example", "provider_error"),
        (true, "&error=access_denied", "response_issuer_missing"),
        (false, "&error=access_denied&iss=https%3A%2F%2Fevil.example", "response_issuer_mismatch"),
    ] {
        assert_eq!(code(&with_iss(announced, more)), expected, "{announced} {more}");
    }
    let wrong = with_iss(true, "&code=c&iss=https%3A%2F%2Fevil.example");
    assert_eq!(detail(&wrong, "expected"), "https://op.example");
    assert_eq!(detail(&wrong, "actual"), "https://evil.example");
}

#[test]
fn e6_an_error_is_surfaced_with_all_that_the_provider_said() {
    let result = outcome(|state| {
        format!(
            "error=access_denied&error_description=not+today&error_uri=https://e.example/%3Fx&state={state}"
        )
    });
    let error = result.unwrap_err();
    let server = error.server_error().unwrap();
    assert_eq!((error.code(), error.category()), ("provider_error", Category::Provider));
    assert_eq!(server.error, "access_denied");
    assert_eq!(server.error_description.as_deref(), Some("not today"));
    assert_eq!(server.error_uri.as_deref(), Some("https://e.example/?x"));
}

#[test]
fn e6_an_error_needs_the_same_state_as_a_code() {
    assert_eq!(code(&outcome(|_| "error=access_denied".into())), "state_missing");
    assert_eq!(code(&outcome(|_| "error=access_denied&state=x".into())), "state_mismatch");
}

#[test]
fn e6_code_and_error_exclude_each_other_and_one_has_to_be_there() {
    let both = outcome(|state| format!("code=c&error=access_denied&state={state}"));
    assert_eq!((code(&both), detail(&both, "parameter")), ("callback_unexpected", "code".into()));
    assert_eq!(code(&outcome(|state| format!("error=&code=&state={state}"))), "callback_unexpected");
    assert_eq!(code(&outcome(|state| format!("state={state}"))), "code_missing");
    assert_eq!(code(&outcome(|state| format!("code=&state={state}"))), "code_missing");
    assert_eq!(code(&outcome(|state| format!("Code=c&state={state}"))), "code_missing");
}

#[test]
fn e6_a_parameter_that_is_there_twice_is_refused() {
    for query in [
        "code=a&code=b",
        "code=a&code=a",
        "state=a&code=c&state=a",
        "iss=a&iss=a",
        "error=a&error=b",
        "code=a&&cod%65=b",
        "x=1&x=2",
        "state&state",
    ] {
        assert_eq!(code(&CallbackParams::parse(query)), "callback_duplicate", "{query}");
        assert_eq!(code(&CallbackParams::parse_form_post(query)), "callback_duplicate", "{query}");
    }
}

#[test]
fn e6_junk_is_refused() {
    for query in ["code=%", "code=%zz", "code=%FF", "%C3=x", "state=%E2%82"] {
        assert_eq!(code(&CallbackParams::parse(query)), "callback_malformed", "{query}");
    }
    assert_eq!(
        code(&CallbackParams::parse(&format!("code={}", "c".repeat(32 * 1024 + 1)))),
        "callback_malformed"
    );
    assert_eq!(code(&CallbackParams::parse(&format!("code={}", "c".repeat(8 * 1024)))), "ok");
    assert_eq!(code(&CallbackParams::parse(&"&".repeat(1 << 20))), "callback_malformed");
    assert_eq!(code(&CallbackParams::parse("")), "ok", "it has no state, which the callback finds out");
}

#[test]
fn e6_a_question_mark_inside_the_query_hides_nothing() {
    let params = CallbackParams::parse("code=a?b&state=s").unwrap();
    assert_eq!((params.get("code"), params.get("state")), (Some("a?b"), Some("s")));
    let params = CallbackParams::parse("error=x&error_uri=https://op.example/e?id=1&state=s").unwrap();
    assert_eq!(params.get("error"), Some("x"));
    assert_eq!(params.get("error_uri"), Some("https://op.example/e?id=1"));
    let params = CallbackParams::parse("https://rp.example/cb?code=a?b&state=s").unwrap();
    assert_eq!(params.get("code"), Some("a?b"));
    assert_eq!(code(&CallbackParams::parse("state=a&x=?&state=b")), "callback_duplicate");
}

#[test]
fn parameters_are_decoded_once() {
    let params =
        CallbackParams::parse("code=a%2Bb+c%252B&user=%7B%22name%22%3A%22%C3%84%22%7D&&flag").unwrap();
    assert_eq!(params.get("code"), Some("a+b c%2B"));
    assert_eq!(params.get("user"), Some(r#"{"name":"Ä"}"#));
    assert_eq!((params.get("flag"), params.get("absent")), (Some(""), None));
}

#[test]
fn e7_the_response_comes_in_the_mode_that_was_asked_for() {
    for (asked, posted, expected) in [
        (None, false, "ok"),
        (None, true, "response_mode_mismatch"),
        (Some(ResponseMode::FormPost), true, "ok"),
        (Some(ResponseMode::FormPost), false, "response_mode_mismatch"),
    ] {
        let mut world = World::new();
        let mut request = AuthorizeRequest::default();
        request.response_mode = asked;
        let authorization = world.try_begin(&request).unwrap();
        let text = world.op.authorize(&authorization.url);
        let parse = if posted { CallbackParams::parse_form_post } else { CallbackParams::parse };
        let result = world.client().callback(authorization.pending, &parse(&text).unwrap(), START);
        assert_eq!(code(&result), expected, "{asked:?} {posted}");
    }
}

#[test]
fn e8_the_providers_text_reaches_no_message() {
    for text in ["<script>alert(1)</script>", "a%0d%0aSet-Cookie: x", "%E2%80%AEevil"] {
        let result = outcome(|state| {
            format!("error=access_denied&error_description={text}&error_uri={text}&state={state}")
        });
        let error = result.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.details());
        assert!(!shown.contains("script") && !shown.contains("Cookie") && !shown.contains("evil"), "{shown}");
    }
    for bad in ["", "a%22b", "a%5Cb", "a%0Ab", "%C3%A4", &"e".repeat(129)] {
        let result = outcome(|state| format!("error={bad}&state={state}"));
        assert_eq!(code(&result), "callback_malformed", "{bad}");
    }
}

#[test]
fn e17_tokens_do_not_come_through_the_browser() {
    for token in ["access_token", "id_token", "token_type"] {
        let result = outcome(|state| format!("code=c&{token}=x&state={state}"));
        assert_eq!((code(&result), detail(&result, "parameter")), ("callback_unexpected", token.into()));
    }
}

#[test]
fn a_pending_login_survives_its_store() {
    let mut world = World::new();
    let request = json!({ "max_age": 60, "return_to": "/a", "scopes": ["openid", "x"], "response_mode": "form_post",
        "claims": { "id_token": { "acr": { "essential": true, "values": ["a"] }, "sub": { "value": "s" } } } });
    let pending =
        world.try_begin(&AuthorizeRequest::from_json(&request.to_string()).unwrap()).unwrap().pending;
    let text = pending.encode();
    let copy = PendingLogin::decode(Some(&text)).unwrap();
    assert_eq!(copy.encode(), text);
    assert_eq!((copy.id(), copy.handle(), copy.return_to()), (pending.id(), pending.handle(), Some("/a")));
    assert_eq!((copy.started_at(), copy.expires_at()), (pending.started_at(), pending.expires_at()));
}

#[test]
fn a_stored_pending_login_that_was_tampered_with_is_refused() {
    let good: Value = serde_json::from_str(&World::new().begin().pending.encode()).unwrap();
    let mut spoilt = vec!["".to_owned(), "{}".into(), "null".into(), "canary".into(), format!("{good}x")];
    for member in good.as_object().unwrap().keys().filter(|member| *member != "return_to") {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(member);
        spoilt.push(without.to_string());
        let mut other_type = good.clone();
        other_type[member] = json!([[]]);
        spoilt.push(other_type.to_string());
    }
    for (member, value) in
        [("v", json!(2)), ("more", json!(1)), ("lifetime", json!(-1)), ("response_mode", json!("x"))]
    {
        let mut changed = good.clone();
        changed[member] = value;
        spoilt.push(changed.to_string());
    }
    spoilt.push(good.to_string().replacen('{', r#"{"state":"canary","#, 1));
    for text in spoilt {
        let refused = PendingLogin::decode(Some(&text));
        assert_eq!(code(&refused), "unreadable_pending_login", "{text}");
        assert!(!refused.unwrap_err().to_string().contains("canary"));
    }
}

#[test]
fn b6_a_stored_demand_that_is_not_understood_is_not_skipped() {
    let mut stored: Value = serde_json::from_str(&World::new().begin().pending.encode()).unwrap();
    stored["requested"] = json!({ "demand_of_a_later_version": true });
    assert_eq!(code(&PendingLogin::decode(Some(&stored.to_string()))), "unreadable_pending_login");
}

#[test]
fn e1_an_empty_state_nonce_or_verifier_is_never_restored() {
    for member in ["id", "state", "nonce", "verifier"] {
        let mut stored: Value = serde_json::from_str(&World::new().begin().pending.encode()).unwrap();
        stored[member] = "".into();
        assert_eq!(
            code(&PendingLogin::decode(Some(&stored.to_string()))),
            "unreadable_pending_login",
            "{member}"
        );
    }
}

#[test]
fn e13_a_plain_pending_login_fits_in_two_kibibytes() {
    let mut world = World::new();
    world.registration.client_id = "0".repeat(64) + ".apps.example";
    let request = json!({ "max_age": 3600, "prompt": "login", "return_to": format!("/{}", "a".repeat(512)),
        "id_token_hint": world.hint(&"s".repeat(255)) });
    let pending =
        world.try_begin(&AuthorizeRequest::from_json(&request.to_string()).unwrap()).unwrap().pending;
    let size = pending.encode().len();
    assert!(size <= 2_048, "{size} bytes");
}
