//! Finding a provider's metadata, and what of it is believed.

mod support;

use relyingparty::{
    Alg, Client, Endpoint, Flow, HttpResponse, Issuer, Metadata, Method, Provider, Registration, Reply,
    Request, Step,
};
use serde_json::{Value, json};
use support::{REDIRECT_URI, START, World, code, detail, json_response, typed_response};

fn discover(world: &mut World) -> Result<Provider, relyingparty::Error> {
    let issuer = world.issuer();
    let step = Provider::discover(&issuer, &world.policy, &world.cache, world.now)?;
    world.run(step)
}

/// The outcome of discovery when the provider answers with this.
fn answered(response: HttpResponse) -> &'static str {
    let mut world = World::new();
    world.op.answer_with(Endpoint::Discovery, response);
    code(&discover(&mut world))
}

fn parse(metadata: &Value) -> Result<Metadata, relyingparty::Error> {
    Metadata::parse(&Issuer::parse("https://op.example").unwrap(), metadata.to_string().as_bytes())
}

fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut metadata = World::new().op.metadata;
    metadata[member] = value.into();
    metadata
}

#[test]
fn a_provider_is_found_with_one_exchange_and_then_with_none() {
    let mut world = World::new();
    assert_eq!(discover(&mut world).unwrap().issuer().as_str(), "https://op.example");
    let request = &world.op.log[0];
    assert_eq!((request.endpoint, request.method), (Endpoint::Discovery, Method::Get));
    assert_eq!(request.url, "https://op.example/.well-known/openid-configuration");
    assert_eq!(request.headers, [("accept".to_owned(), "application/json".to_owned())]);
    assert!(request.body.is_empty());
    assert_eq!((request.limits.max_response_bytes, request.limits.timeout_secs), (262_144, 5));
    world.wait(599);
    discover(&mut world).unwrap();
    assert_eq!(world.op.log.len(), 1);
    world.wait(1);
    discover(&mut world).unwrap();
    assert_eq!(world.op.log.len(), 2);
}

#[test]
fn the_metadata_says_how_long_it_is_fresh() {
    let mut world = World::new();
    let mut response = json_response(200, &world.op.metadata);
    response.headers.push(("cache-control".into(), "public, max-age=3600".into()));
    world.op.answer_with(Endpoint::Discovery, response);
    for (wait, fetches) in [(0, 1), (3_599, 1), (1, 2)] {
        world.wait(wait);
        discover(&mut world).unwrap();
        assert_eq!(world.op.log.len(), fetches);
    }
}

#[test]
fn metadata_that_cannot_be_refreshed_is_used_until_the_hard_age() {
    let mut world = World::new();
    discover(&mut world).unwrap();
    world.op.answer_with(Endpoint::Discovery, typed_response(503, "text/html", "busy"));
    world.wait(86_399);
    let provider = discover(&mut world).unwrap();
    let how = &provider.decisions()[0];
    assert_eq!((how.check, how.passed), ("metadata", true));
    assert!(how.found.contains("unexpected_status") && how.found.contains("86399 s old"), "{}", how.found);
    world.wait(1);
    let (refused, asked) = (discover(&mut world), world.op.log.len());
    assert_eq!((code(&refused), detail(&refused, "retry_after")), ("metadata_unavailable", "29".to_owned()));
    assert_eq!(world.op.log.len(), asked, "asked a second ago");
    world.wait(29);
    assert_eq!(code(&discover(&mut world)), "unexpected_status");
}

#[test]
fn u15_a_provider_that_is_down_from_the_start_is_asked_once_a_cooldown() {
    let mut world = World::new();
    world.op.unreachable(Endpoint::Discovery);
    let outcomes: Vec<_> = (0..1_000)
        .map(|_| {
            world.wait(1);
            code(&discover(&mut world))
        })
        .collect();
    assert_eq!(world.op.log.len(), 34);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "unreachable").count(), 34);
    assert!(outcomes.iter().all(|outcome| ["unreachable", "metadata_unavailable"].contains(outcome)));
    world.op.instead.clear();
    world.wait(30);
    assert_eq!(code(&discover(&mut world)), "ok");
}

#[test]
fn metadata_that_cannot_be_refreshed_is_asked_for_once_a_cooldown() {
    let mut world = World::new();
    discover(&mut world).unwrap();
    world.op.unreachable(Endpoint::Discovery);
    for (wait, fetches) in [(600, 2), (29, 2), (1, 3)] {
        world.wait(wait);
        assert_eq!(code(&discover(&mut world)), "ok");
        assert_eq!(world.op.log.len(), fetches);
    }
}

#[test]
fn d5_the_metadata_has_to_name_the_issuer_byte_for_byte() {
    for other in [
        "https://op.example/",
        "https://OP.example",
        "https://op.example:443",
        "http://op.example",
        "https://op.example.evil.example",
        "https://evil.example",
        "",
    ] {
        let refused = parse(&with("issuer", other));
        assert_eq!(code(&refused), "metadata_issuer_mismatch", "{other}");
        assert_eq!(detail(&refused, "actual"), other);
    }
    assert_eq!(code(&parse(&with("issuer", Value::Null))), "metadata_member_missing");
    assert_eq!(code(&parse(&with("issuer", json!(["https://op.example"])))), "metadata_member_invalid");
}

#[test]
fn d5_metadata_of_another_issuer_is_not_remembered() {
    let mut world = World::new();
    world.op.answer_with(Endpoint::Discovery, json_response(200, &with("issuer", "https://evil.example")));
    let error = discover(&mut world).unwrap_err();
    assert_eq!(error.code(), "metadata_issuer_mismatch");
    let last = error.decisions().pop().unwrap();
    assert_eq!((last.check, last.passed), ("metadata_issuer", false));
    assert!(!world.cache.to_json().contains("evil"), "{}", world.cache.to_json());
}

#[test]
fn d5_the_issuer_is_compared_before_anything_else_is_looked_at() {
    let mut metadata = with("issuer", "https://evil.example");
    metadata["jwks_uri"] = json!(1);
    assert_eq!(code(&parse(&metadata)), "metadata_issuer_mismatch");
}

#[test]
fn the_well_known_path_follows_the_issuers_path() {
    for (issuer, url) in [
        ("https://op.example/", "https://op.example/.well-known/openid-configuration"),
        ("https://op.example/t/1", "https://op.example/t/1/.well-known/openid-configuration"),
        ("https://op.example/t/1/", "https://op.example/t/1/.well-known/openid-configuration"),
        ("https://op.example:8443", "https://op.example:8443/.well-known/openid-configuration"),
    ] {
        let mut world = World::at(issuer, Alg::EdDsa);
        assert_eq!(discover(&mut world).unwrap().issuer().as_str(), issuer);
        assert_eq!(world.op.log[0].url, url);
    }
}

#[test]
fn d6_redirects_are_refused_followed_or_not() {
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(answered(typed_response(status, "application/json", "")), "redirect_refused");
    }
    let mut followed = json_response(200, &World::new().op.metadata);
    followed.final_url = Some("https://elsewhere.example/.well-known/openid-configuration".into());
    assert_eq!(answered(followed), "redirect_refused");
}

#[test]
fn f4_only_json_of_a_sane_size_and_status_is_read() {
    let good = World::new().op.metadata.to_string();
    for (status, media_type, body, outcome) in [
        (200, "application/json", good.clone(), "ok"),
        (200, "Application/JSON ; charset=utf-8", good.clone(), "ok"),
        (200, "text/html", good.clone(), "unexpected_content_type"),
        (200, "application/jwk-set+json", good.clone(), "unexpected_content_type"),
        (201, "application/json", good.clone(), "unexpected_status"),
        (404, "application/json", good.clone(), "unexpected_status"),
        (500, "text/html", String::new(), "unexpected_status"),
        (200, "application/json", "<html>".into(), "malformed_json"),
        (200, "application/json", format!("[{good}]"), "malformed_json"),
        (200, "application/json", format!("{good}{{}}"), "malformed_json"),
        (200, "application/json", format!("\u{feff}{good}"), "malformed_json"),
        (200, "application/json", format!("{good}{}", " ".repeat(262_144)), "response_too_large"),
    ] {
        assert_eq!(answered(typed_response(status, media_type, body)), outcome, "{status} {media_type}");
    }
}

#[test]
fn a12_duplicate_members_are_refused_at_every_level() {
    let doubled = |more: &str| {
        let text = World::new().op.metadata.to_string();
        format!("{},{more}}}", text.strip_suffix('}').unwrap())
    };
    for more in [
        r#""issuer":"https://op.example""#,
        r#""\u0069ssuer":"https://op.example""#,
        r#""x":{"a":1,"a":2}"#,
        r#""x":[{"a":1,"\u0061":2}]"#,
    ] {
        let refused = answered(typed_response(200, "application/json", doubled(more)));
        assert_eq!(refused, "malformed_json", "{more}");
    }
    assert_eq!(answered(typed_response(200, "application/json", doubled(r#""ISSUER":"x""#))), "ok");
}

#[test]
fn a13_nesting_is_bounded_where_nobody_looks() {
    for (levels, outcome) in
        [(15, "ok"), (16, "malformed_json"), (128, "malformed_json"), (100_000, "malformed_json")]
    {
        let nested = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let text = World::new().op.metadata.to_string();
        let body = format!("{},\"unknown\":{nested}}}", text.strip_suffix('}').unwrap());
        let parsed = Metadata::parse(&Issuer::parse("https://op.example").unwrap(), body.as_bytes());
        assert_eq!(code(&parsed), outcome, "{levels}");
    }
}

/// What is no URL at all leads nowhere: an endpoint that a login can do without is left out for it.
fn left_out(member: &str, value: &Value) -> bool {
    let url = value.as_str().is_some_and(|text| text.contains("://"));
    ["userinfo_endpoint", "end_session_endpoint"].contains(&member) && !url
}

#[test]
fn d8_one_http_endpoint_spoils_the_metadata() {
    for member in
        ["jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"]
    {
        for bad in [
            "http://op.example/x",
            "HTTPS://op.example/x",
            "/x",
            "",
            "https://u:p@op.example/x",
            "https://op.example/x#f",
        ] {
            let refused = parse(&with(member, bad));
            if left_out(member, &json!(bad)) {
                assert_eq!(code(&refused), "ok", "{member} {bad}");
                continue;
            }
            assert_eq!(code(&refused), "metadata_member_invalid", "{member} {bad}");
            assert_eq!(detail(&refused, "member"), member);
        }
        let list = json!(["https://op.example/x"]);
        let expected = if left_out(member, &list) { "ok" } else { "metadata_member_invalid" };
        assert_eq!(code(&parse(&with(member, list))), expected, "{member}");
    }
}

#[test]
fn d7_endpoints_of_a_public_issuer_are_public() {
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "localhost",
        "localhost.",
        "a.localhost",
    ] {
        let refused = parse(&with("jwks_uri", format!("https://{host}/jwks")));
        assert_eq!(code(&refused), "metadata_member_invalid", "{host}");
    }
}

#[test]
fn null_members_are_absent_and_unknown_ones_are_kept() {
    let mut metadata = with("userinfo_endpoint", Value::Null);
    metadata["tenant_region_scope"] = Value::Null;
    metadata["x_custom"] = json!({ "a": [1] });
    let parsed = parse(&metadata).unwrap();
    assert_eq!((parsed.get("userinfo_endpoint"), parsed.get("tenant_region_scope")), (None, None));
    assert_eq!(parsed.get("x_custom"), Some(&json!({ "a": [1] })));
    assert_eq!(parsed.jwks_uri(), "https://op.example/jwks");
}

#[test]
fn d9_members_that_decide_something_have_their_type() {
    for (member, bad) in [
        ("token_endpoint_auth_methods_supported", json!("client_secret_basic")),
        ("id_token_signing_alg_values_supported", json!(["RS256", 1])),
        ("code_challenge_methods_supported", json!({})),
        ("authorization_response_iss_parameter_supported", json!("true")),
    ] {
        let refused = parse(&with(member, bad));
        assert_eq!(
            (code(&refused), detail(&refused, "member")),
            ("metadata_member_invalid", member.to_owned())
        );
    }
}

#[test]
fn a_client_that_cannot_work_is_refused_when_it_is_made() {
    let client = |metadata: Value, secret: bool| {
        let registration = Registration::new("client", REDIRECT_URI);
        let registration = if secret { registration.with_secret("s") } else { registration };
        code(&Client::new(
            Provider::from_metadata(parse(&metadata).unwrap()),
            registration,
            support::policy(),
        ))
    };
    let algs = |list: Value| with("id_token_signing_alg_values_supported", list);
    assert_eq!(client(algs(json!(["none", "HS256"])), false), "signing_alg_unsupported");
    assert_eq!(client(algs(json!(["none", "HS256", "ES256"])), false), "ok");
    let methods = |list: Value| with("token_endpoint_auth_methods_supported", list);
    assert_eq!(client(methods(json!(["private_key_jwt"])), true), "auth_method_unsupported");
    assert_eq!(client(methods(json!(["private_key_jwt"])), false), "ok");
}

#[test]
fn a_reply_of_another_kind_costs_nothing_but_the_flow() {
    let mut world = World::new();
    let step = Provider::discover(&world.issuer(), &world.policy, &world.cache, START).unwrap();
    let Step::Pending(flow) = step else { panic!("nothing is cached") };
    assert!(matches!(flow.request(), Request::Http(request) if request.endpoint == Endpoint::Discovery));
    assert_eq!(code(&flow.resume(Reply::Verified(true), &mut world.cache, START)), "wrong_reply");
    assert_eq!(world.cache.to_json(), relyingparty::Cache::default().to_json());
}

#[test]
fn an_unreachable_provider_is_a_transport_error_that_says_where() {
    let mut world = World::new();
    world.op.unreachable(Endpoint::Discovery);
    let refused = discover(&mut world);
    assert_eq!((code(&refused), detail(&refused, "endpoint")), ("unreachable", "discovery".to_owned()));
    assert_eq!(refused.unwrap_err().category(), relyingparty::Category::Transport);
}

#[test]
fn a_cached_document_that_does_not_pass_the_checks_is_fetched_again() {
    let mut world = World::at("http://127.0.0.1:3000", Alg::EdDsa);
    discover(&mut world).unwrap();
    let poisoned = world.cache.to_json().replace("127.0.0.1:3000/token", "op.example/token");
    world.cache = relyingparty::Cache::from_json(&poisoned).unwrap();
    let before = world.op.count(Endpoint::Discovery);
    assert_eq!(code(&discover(&mut world)), "ok");
    assert_eq!(world.op.count(Endpoint::Discovery), before + 1);
}
