//! The authorization request: what the browser is sent to the provider with.

mod support;

use relyingparty::{AuthorizeRequest, Entropy, ResponseMode, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{REDIRECT_URI, START, World, b64, code, detail, entropy, parameter, parameters, query};

fn url(world: &mut World, request: &AuthorizeRequest) -> String {
    world.try_begin(request).unwrap().url
}

fn refusal(change: impl FnOnce(&mut AuthorizeRequest)) -> (&'static str, String) {
    let mut request = AuthorizeRequest::default();
    change(&mut request);
    let refused = World::new().try_begin(&request);
    let text = refused.as_ref().err().map(|error| format!("{:?}", error.details())).unwrap_or_default();
    (code(&refused), text)
}

fn claims(claims: Value) -> AuthorizeRequest {
    AuthorizeRequest::from_json(&json!({ "claims": claims }).to_string()).unwrap()
}

#[test]
fn e2_state_nonce_and_pkce_are_always_there() {
    let mut world = World::new();
    let authorization = world.begin();
    assert!(authorization.url.starts_with("https://op.example/authorize?"));
    let stored: Value = serde_json::from_str(&authorization.pending.encode()).unwrap();
    let stored = |name: &str| stored[name].as_str().unwrap().to_owned();
    let challenge = b64(Sha256::digest(stored("verifier")));
    let (state, nonce) = (stored("state"), stored("nonce"));
    let expected = [
        ("response_type", "code"),
        ("client_id", "client"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile email"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(parameters(query(&authorization.url)), expected);
}

#[test]
fn e14_the_values_of_a_login_are_independent_and_of_43_url_safe_characters() {
    let mut world = World::new();
    let stored: Value = serde_json::from_str(&world.begin().pending.encode()).unwrap();
    let other: Value = serde_json::from_str(&world.begin().pending.encode()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for name in ["id", "state", "nonce", "verifier"] {
        for value in [stored[name].as_str().unwrap(), other[name].as_str().unwrap()] {
            assert_eq!(value.len(), 43, "{name}");
            assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            assert!(seen.insert(value.to_owned()), "{name} is one of the others");
        }
    }
}

#[test]
fn e14_entropy_that_is_visibly_weak_is_refused() {
    let half: Vec<u8> = (0..32).collect();
    for weak in [vec![], vec![0; 32], vec![255; 64], half[..31].to_vec(), [half.clone(), half].concat()] {
        assert_eq!(code(&Entropy::new(weak)), "weak_entropy");
    }
}

#[test]
fn the_same_draw_makes_the_same_login() {
    let client = World::new().client();
    let begin = |draw| client.authorize(&AuthorizeRequest::default(), entropy(draw), START).unwrap().url;
    assert_eq!(begin(1), begin(1));
    assert_ne!(begin(1), begin(2));
}

#[test]
fn every_parameter_that_is_asked_for_is_sent_once_and_spelled_as_given() {
    let mut world = World::new();
    let hint = world.hint("subject-1");
    let request = json!({
        "scopes": ["openid", "a&b"],
        "prompt": "login consent",
        "display": "popup",
        "max_age": 0,
        "ui_locales": "de-CH fr",
        "claims_locales": "de",
        "id_token_hint": hint,
        "login_hint": "ä+b@c.example",
        "acr_values": "urn:a urn:b",
        "claims": { "userinfo": { "email": null }, "id_token": { "acr": { "essential": true } } },
        "response_mode": "form_post",
        "resource": ["https://api.example/1", "https://api.example/2"],
        "extra": { "audience": "x y", "tenant": "" },
        "return_to": "/kept/here",
    });
    let request = AuthorizeRequest::from_json(&request.to_string()).unwrap();
    let url = url(&mut world, &request);
    let sent = parameters(query(&url));
    let of = |name: &str| -> Vec<&str> {
        sent.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    };
    for (name, expected) in [
        ("scope", "openid a&b"),
        ("prompt", "login consent"),
        ("display", "popup"),
        ("max_age", "0"),
        ("ui_locales", "de-CH fr"),
        ("claims_locales", "de"),
        ("id_token_hint", hint.as_str()),
        ("login_hint", "ä+b@c.example"),
        ("acr_values", "urn:a urn:b"),
        ("claims", r#"{"id_token":{"acr":{"essential":true}},"userinfo":{"email":null}}"#),
        ("response_mode", "form_post"),
        ("audience", "x y"),
        ("tenant", ""),
    ] {
        assert_eq!(of(name), [expected], "{name}");
    }
    assert_eq!(of("resource"), ["https://api.example/1", "https://api.example/2"]);
    assert_eq!(sent.len(), 8 + 9 + 1 + 2 + 2, "nothing else, return_to least of all");
    assert!(!url.contains('+'), "spaces are %20: Cognito refuses +");
}

#[test]
fn a_query_of_the_endpoints_own_is_kept() {
    let mut world = World::new();
    world.op.metadata["authorization_endpoint"] = "https://op.example/authorize?tenant=a%20b&flag".into();
    let url = world.begin().url;
    assert!(url.starts_with("https://op.example/authorize?tenant=a%20b&flag&response_type=code&"), "{url}");
}

#[test]
fn e11_the_endpoints_query_may_not_clash_with_the_request() {
    for clash in ["state=x", "%73tate=x", "client_id", "redirect_uri=https://evil.example", "a=%zz"] {
        let mut world = World::new();
        world.op.metadata["authorization_endpoint"] = format!("https://op.example/authorize?{clash}").into();
        let refused = world.try_begin(&AuthorizeRequest::default());
        assert_eq!(code(&refused), "metadata_member_invalid", "{clash}");
        assert_eq!(detail(&refused, "member"), "authorization_endpoint");
    }
}

#[test]
fn e11_extra_parameters_are_never_the_librarys_own() {
    let reserved = "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method \
                    response_mode prompt display max_age ui_locales claims_locales id_token_hint login_hint \
                    acr_values claims resource request request_uri client_secret";
    for name in reserved.split(' ').chain([""]) {
        let extra = vec![(name.to_owned(), "x".to_owned())];
        let (refused, details) = refusal(|request| request.extra = extra);
        assert_eq!((refused, details), ("reserved_parameter", format!("[(\"parameter\", {name:?})]")));
    }
    assert_eq!(refusal(|request| request.extra = vec![("State".into(), "x".into())]).0, "ok");
    let twice = || vec![("x".into(), "1".into()), ("x".into(), "2".into())];
    assert_eq!(refusal(|request| request.extra = twice()).0, "reserved_parameter");
}

/// What becomes of a `return_to`: kept, or dropped for this reason.
fn returned(return_to: &str, change: impl FnOnce(&mut World)) -> Result<String, &'static str> {
    let mut world = World::new();
    change(&mut world);
    let mut request = AuthorizeRequest::default();
    request.return_to = Some(return_to.into());
    let begun = world.try_begin(&request).unwrap();
    assert_eq!(begun.pending.issuer(), world.op.issuer());
    match (begun.pending.return_to(), begun.return_to_dropped) {
        (Some(kept), None) => Ok(kept.into()),
        (None, Some(reason)) => Err(reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn u10_a_return_to_is_any_url_of_the_application_and_kept_as_it_is() {
    for good in ["/", "/a/b?c=d&e=//f#g", "/new?body=a%0Ab", "/?q=%5C", "/?q=100%", "/r%E9sum%E9", "/a%20b"] {
        assert_eq!(returned(good, |_| {}).as_deref(), Ok(good));
    }
    let long = format!("/?{}", "a".repeat(4_094));
    assert_eq!(returned(&long, |_| {}).as_deref(), Ok(&*long));
}

#[test]
fn u10_one_that_leads_elsewhere_ends_no_login_and_is_said_to_be_dropped() {
    for bad in
        ["", "a", "//e", "/\\e", "https://e.example", "/\te", "/a\r\nb", "/ä", "/%252fe", "/.//e", "/%09/e"]
    {
        assert!(returned(bad, |_| {}).is_err(), "{bad:?}");
    }
    assert_eq!(World::new().try_begin(&AuthorizeRequest::default()).unwrap().return_to_dropped, None);
}

/// A visitor's link, whatever a framework made of it, is no reason to refuse a login.
#[test]
fn a_return_to_of_any_type_ends_no_login() {
    for given in [
        "null",
        "true",
        "7",
        "[]",
        "[\"/a\"]",
        "{\"/a\":\"/b\"}",
        "\"\"",
        "\"me\"",
        "\"https://evil.example/\"",
    ] {
        let request = AuthorizeRequest::from_json(&format!("{{\"return_to\":{given}}}")).unwrap();
        let begun = World::new().try_begin(&request).unwrap();
        assert_eq!(begun.pending.return_to(), None, "{given}");
        assert_eq!(begun.return_to_dropped, Some("is not a path of the application"), "{given}");
        let decisions = begun.decisions();
        assert_eq!(decisions.iter().filter(|decision| decision.check == "return_to").count(), 1, "{given}");
    }
}

#[test]
fn u10_its_length_is_the_policys() {
    let of = |bytes: usize| format!("/?{}", "a".repeat(bytes - 2));
    let dropped = Err("is longer than max_return_to_bytes allows");
    assert_eq!(returned(&of(4_097), |_| {}), dropped);
    let raised = |world: &mut World| world.policy.max_return_to_bytes = 16_384;
    assert_eq!((returned(&of(16_384), raised).is_ok(), returned(&of(16_385), raised)), (true, dropped));
}

#[test]
fn scopes_have_openid_and_are_scopes() {
    for (scopes, outcome) in [
        (vec!["openid"], "ok"),
        (vec!["profile"], "invalid_configuration"),
        (vec![], "invalid_configuration"),
        (vec!["openid", "a b"], "invalid_configuration"),
        (vec!["openid", "a\"b"], "invalid_configuration"),
        (vec!["openid", ""], "invalid_configuration"),
    ] {
        let scopes: Vec<String> = scopes.into_iter().map(str::to_owned).collect();
        assert_eq!(refusal(|request| request.scopes = Some(scopes.clone())).0, outcome, "{scopes:?}");
    }
}

#[test]
fn e3_pkce_methods_without_s256_are_refused() {
    for (methods, outcome) in [
        (json!(["plain", "S256"]), "ok"),
        (json!(null), "ok"),
        (json!(["plain"]), "pkce_unsupported"),
        (json!(["s256"]), "pkce_unsupported"),
        (json!([]), "pkce_unsupported"),
    ] {
        let mut world = World::new();
        world.op.metadata["code_challenge_methods_supported"] = methods.clone();
        assert_eq!(code(&world.try_begin(&AuthorizeRequest::default())), outcome, "{methods}");
    }
}

#[test]
fn a_login_does_not_begin_without_the_endpoints_it_needs() {
    for member in ["authorization_endpoint", "token_endpoint"] {
        let mut world = World::new();
        world.op.metadata[member] = Value::Null;
        let refused = world.try_begin(&AuthorizeRequest::default());
        assert_eq!((code(&refused), detail(&refused, "member")), ("endpoint_missing", member.to_owned()));
    }
}

#[test]
fn a_hint_that_is_no_id_token_is_refused_without_echo() {
    for bad in ["", "a.b", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let (refused, details) = refusal(|request| request.id_token_hint = Some(bad.into()));
        assert_eq!(refused, "invalid_configuration");
        assert!(bad.is_empty() || !details.contains(bad), "{details}");
    }
}

#[test]
fn a_hint_and_a_claims_request_about_different_end_users_cannot_both_be_met() {
    let mut world = World::new();
    let mut request = claims(json!({ "id_token": { "sub": { "value": "subject-2" } } }));
    request.id_token_hint = Some(world.hint("subject-1"));
    assert_eq!(code(&world.try_begin(&request)), "invalid_configuration");
}

#[test]
fn b6_a_demand_that_cannot_be_checked_is_refused_and_not_forgotten() {
    for demand in [
        json!({ "id_token": { "acr": { "essential": true, "values": [1] } } }),
        json!({ "id_token": { "acr": { "essential": true, "values": "urn:a" } } }),
        json!({ "id_token": { "acr": { "essential": true, "value": 2 } } }),
        json!({ "id_token": { "acr": { "essential": "true", "value": "urn:a" } } }),
        json!({ "id_token": { "sub": { "value": 248_289 } } }),
        json!({ "id_token": ["acr"] }),
    ] {
        let refused = World::new().try_begin(&claims(demand.clone()));
        assert_eq!(code(&refused), "invalid_configuration", "{demand}");
    }
}

#[test]
fn the_time_a_login_may_take_is_told() {
    let mut world = World::new();
    let pending = world.begin().pending;
    assert_eq!((pending.started_at(), pending.lifetime()), (START, 600));
    assert_eq!(pending.expires_at(), START.plus(600));
    world.policy = relyingparty::Policy::openidconnect_jl();
    world.policy.signatures = support::policy().signatures;
    assert_eq!(world.begin().pending.expires_at(), Timestamp::from_unix(START.as_unix() + 60));
}

#[test]
fn the_response_mode_is_only_sent_when_asked_for() {
    let mut world = World::new();
    let plain = url(&mut world, &AuthorizeRequest::default());
    assert_eq!(parameter(query(&plain), "response_mode"), None);
    let mut request = AuthorizeRequest::default();
    request.response_mode = Some(ResponseMode::Query);
    assert_eq!(parameter(query(&url(&mut world, &request)), "response_mode").as_deref(), Some("query"));
}

#[test]
fn a_request_in_json_is_refused_when_it_is_misspelt() {
    for bad in [r#"{"nonce":"x"}"#, r#"{"pkce":false}"#, r#"{"max_age":"60"}"#, r#"{"max_age":-1}"#, "[]", ""]
    {
        assert_eq!(code(&AuthorizeRequest::from_json(bad)), "invalid_configuration", "{bad}");
    }
}
