//! A set-up is judged at the provider, each thing by a line that says what to do.
#![cfg(all(feature = "setup", feature = "rustcrypto"))]

mod support;

use relyingparty::{
    Alg, AuthMethod, AuthorizeRequest, Cache, Client, Endpoint, Finding, HttpResponse, Provider, Reply,
    SetupCheck, SetupReport, Signatures, Verdict,
};
use serde_json::json;
use support::{START, World, entropy, json_response, typed_response};

fn judged(world: &mut World) -> SetupReport {
    let step = SetupCheck::start(&world.issuer(), &world.registration, &world.policy);
    world.run(step).unwrap()
}

fn found<'a>(report: &'a SetupReport, topic: &str) -> &'a Finding {
    report
        .findings
        .iter()
        .find(|finding| finding.topic == topic)
        .unwrap_or_else(|| panic!("{topic}: {report}"))
}

/// What stands of a topic, with the code.
fn verdict(world: &mut World, topic: &str) -> (Verdict, Option<&'static str>) {
    let report = judged(world);
    let Finding { verdict, code, advice, .. } = found(&report, topic);
    assert!(*verdict == Verdict::Ok || !advice.is_empty(), "what to do about {topic}?");
    assert_eq!(report.is_ok(), report.findings.iter().all(|finding| finding.verdict != Verdict::Error));
    (*verdict, *code)
}

/// What an endpoint answers instead of its own.
fn instead(world: &mut World, endpoint: Endpoint, response: HttpResponse) {
    world.op.instead.push((endpoint, Reply::Http(response)));
}

/// The metadata with a `Date`.
fn dated(world: &mut World, date: &str) {
    let mut response = json_response(200, &world.op.metadata);
    response.headers.push(("Date".into(), date.into()));
    instead(world, Endpoint::Discovery, response);
}

const NOW: &str = "Fri, 15 Jan 2027 08:00:00 GMT";

#[test]
fn all_is_well_where_it_is() {
    let mut world = World::new();
    world.op.metadata["code_challenge_methods_supported"] = json!(["plain", "S256"]);
    world.op.metadata["authorization_response_iss_parameter_supported"] = true.into();
    dated(&mut world, NOW);
    let report = judged(&mut world);
    let topics: Vec<_> = report.findings.iter().map(|finding| finding.topic).collect();
    assert_eq!(
        topics,
        [
            "redirect_uri",
            "discovery",
            "clock",
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "end_session_endpoint",
            "pkce",
            "token_endpoint_auth_method",
            "scopes",
            "iss",
            "algorithms",
            "keys",
            "registration"
        ]
    );
    assert!(report.findings.iter().all(|finding| finding.verdict == Verdict::Ok), "{report}");
    assert!(report.is_ok());
    assert_eq!(found(&report, "keys").found, "1 usable");
    assert_eq!(found(&report, "algorithms").found, "EdDSA");
    assert!(report.to_string().contains("ok       discovery: https://op.example\n"));
    let asked: Vec<_> = world.op.log.iter().map(|request| request.endpoint).collect();
    assert_eq!(asked, [Endpoint::Discovery, Endpoint::Jwks]);
}

#[test]
fn each_thing_that_lacks_is_named() {
    use Verdict::{Error, Ok, Warning};
    type Change = fn(&mut World);
    let table: &[(&str, Verdict, Option<&str>, Change)] = &[
        ("userinfo_endpoint", Warning, None, |w| w.op.metadata["userinfo_endpoint"] = json!(null)),
        ("end_session_endpoint", Warning, None, |w| w.op.metadata["end_session_endpoint"] = json!(null)),
        ("end_session_endpoint", Ok, None, |w| {
            w.op.metadata["end_session_endpoint"] = json!(null);
            w.registration.end_session_endpoint = Some("https://op.example/bye".into());
        }),
        ("token_endpoint", Error, Some("endpoint_missing"), |w| {
            w.op.metadata["token_endpoint"] = json!(null)
        }),
        ("pkce", Warning, None, |_| {}),
        ("pkce", Error, Some("pkce_unsupported"), |w| {
            w.op.metadata["code_challenge_methods_supported"] = json!(["plain"]);
        }),
        ("algorithms", Warning, None, |w| w.registration.id_token_signed_response_alg = Some(Alg::Es384)),
        ("tenants", Error, Some("invalid_configuration"), |w| w.registration.tenants = vec!["t".into()]),
        ("iss", Warning, None, |_| {}),
        ("clock", Warning, None, |_| {}),
        ("clock", Error, None, |w| dated(w, "Fri, 15 Jan 2027 08:10:00 GMT")),
        ("clock", Error, None, |w| dated(w, "Fri, 15 Jan 2027 07:50:00 GMT")),
        ("clock", Ok, None, |w| dated(w, "Fri, 15 Jan 2027 08:00:59 GMT")),
        ("redirect_uri", Warning, None, |w| w.registration.redirect_uri = "http://127.0.0.1:8080/cb".into()),
        ("redirect_uri", Ok, None, |w| w.registration.redirect_uri = "com.example.app:/cb".into()),
        ("scopes", Warning, None, |w| w.op.metadata["scopes_supported"] = json!(["openid", "email"])),
        ("scopes", Ok, None, |w| w.op.metadata["scopes_supported"] = json!(["openid", "email", "profile"])),
        ("token_endpoint_auth_method", Error, Some("auth_method_unsupported"), |w| {
            w.op.metadata["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]);
            w.registration.client_secret = Some("secret".into());
        }),
        ("token_endpoint_auth_method", Warning, None, |w| {
            w.op.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
        }),
        ("algorithms", Error, Some("signing_alg_unsupported"), |w| {
            w.op.metadata["id_token_signing_alg_values_supported"] = json!(["HS256"]);
        }),
        ("keys", Error, None, |w| w.op.jwks = json!({ "keys": [] })),
        ("keys", Error, None, |w| {
            w.op.metadata["id_token_signing_alg_values_supported"] = json!(["RS256"]);
        }),
        ("keys", Error, Some("unexpected_status"), |w| {
            instead(w, Endpoint::Jwks, json_response(503, &json!({})));
        }),
        ("discovery", Error, Some("unreachable"), |w| w.op.unreachable(Endpoint::Discovery)),
        ("discovery", Error, Some("unexpected_status"), |w| {
            instead(w, Endpoint::Discovery, json_response(404, &json!({})));
        }),
        ("discovery", Error, Some("unexpected_content_type"), |w| {
            instead(w, Endpoint::Discovery, typed_response(200, "text/html", "<p>"));
        }),
        ("discovery", Error, Some("redirect_refused"), |w| {
            instead(w, Endpoint::Discovery, HttpResponse::new(302, vec![], vec![]));
        }),
        ("discovery", Error, Some("metadata_issuer_mismatch"), |w| {
            let mut other = w.op.metadata.clone();
            other["issuer"] = "https://op.example/".into();
            instead(w, Endpoint::Discovery, json_response(200, &other));
        }),
        ("client_certificate", Warning, None, |w| {
            w.registration.token_endpoint_auth_method = Some(AuthMethod::None);
            w.registration.tls_client_certificate = true;
        }),
        ("client_certificate", Ok, None, |w| w.registration.tls_client_certificate = true),
        ("client_certificate", Ok, None, |w| {
            w.registration = w.registration.clone().with_secret("secret");
            w.registration.token_endpoint_auth_method = Some(AuthMethod::ClientSecretPost);
            w.registration.tls_client_certificate = true;
            w.registration.tls_client_certificate_bound_access_tokens = true;
        }),
        ("client_certificate", Error, Some("metadata_member_invalid"), |w| {
            w.registration.tls_client_certificate = true;
            w.op.metadata["mtls_endpoint_aliases"] = json!([]);
        }),
        ("token_endpoint_auth_method", Error, Some("invalid_configuration"), |w| {
            w.registration.token_endpoint_auth_method = Some(AuthMethod::TlsClientAuth);
        }),
        ("configuration", Error, Some("invalid_configuration"), |w| w.registration.scopes.clear()),
        ("configuration", Error, Some("invalid_configuration"), |w| {
            w.registration.redirect_uri = "/cb".into()
        }),
        ("configuration", Error, Some("policy_out_of_range"), |w| w.policy.allowed_skew_secs = 10_000),
    ];
    for (row, (topic, expected, code, change)) in table.iter().enumerate() {
        let mut world = World::new();
        change(&mut world);
        assert_eq!(verdict(&mut world, topic), (*expected, *code), "row {row}: {topic}");
    }
}

#[test]
fn a_certificate_that_is_wanted_says_where_it_is_shown() {
    let mut world = World::new();
    world.registration.tls_client_certificate = true;
    world.op.metadata["mtls_endpoint_aliases"] = json!({ "token_endpoint": "https://mtls.op.example/token" });
    let report = judged(&mut world);
    assert_eq!(
        found(&report, "client_certificate").found,
        "for tls_client_auth, at https://mtls.op.example/token"
    );
    assert!(report.is_ok(), "{report}");
}

#[cfg(feature = "private-keys")]
mod proving {
    use relyingparty::SigningKey;

    use super::*;

    fn key() -> SigningKey {
        let keys: serde_json::Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
        SigningKey::from_jwk(&keys["keys"]["P-256"]["jwk"].to_string()).unwrap().with_kid("k1").unwrap()
    }

    #[test]
    fn a_login_that_begins_in_steps_can_begin() {
        let mut world = World::new();
        world.op.metadata["require_pushed_authorization_requests"] = true.into();
        let report = judged(&mut world);
        assert_eq!(found(&report, "login").code, Some("endpoint_missing"), "{report}");
        world.op.metadata["pushed_authorization_request_endpoint"] = json!("https://op.example/par");
        assert!(judged(&mut world).is_ok());
        world.registration = world.registration.with_signing_keys([key()]);
        world.op.metadata["require_pushed_authorization_requests"] = false.into();
        world.registration.require_signed_request_object = true;
        assert!(judged(&mut world).is_ok());
        assert_eq!(world.op.log.len(), 6, "nothing was pushed");
    }

    #[test]
    fn a_signed_client_secret_is_announced_as_what_is_sent() {
        let mut world = World::at("https://appleid.apple.com", Alg::EdDsa);
        world.op.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        world.registration = world.registration.with_signing_keys([key()]);
        world.registration.team_id = Some("TEAM123456".into());
        let report = judged(&mut world);
        let method = found(&report, "token_endpoint_auth_method");
        assert_eq!((method.verdict, method.found.as_str()), (Verdict::Ok, "signed_client_secret"));
        assert!(report.is_ok(), "{report}");
    }
}

/// Whatever a provider's metadata are like: where a login cannot begin, the report says so.
#[test]
fn a_report_and_the_beginning_of_a_login_agree() {
    let odd = [
        json!(null),
        json!(1),
        json!(""),
        json!("x"),
        json!([]),
        json!(["x"]),
        json!(["none", "HS256"]),
        json!({}),
    ];
    let members: Vec<String> = World::new().op.metadata.as_object().unwrap().keys().cloned().collect();
    let further =
        ["code_challenge_methods_supported", "token_endpoint_auth_methods_supported", "scopes_supported"];
    let mut compared = 0;
    let read = |member: &&str| *member != "issuer";
    for member in members.iter().map(String::as_str).filter(read).chain(further) {
        for value in &odd {
            let mut world = World::new();
            world.registration.client_secret = Some("secret".into());
            world.op.metadata[member] = value.clone();
            let report = judged(&mut world);
            let step =
                Provider::discover(&world.issuer(), &world.policy, &Cache::default(), world.now).unwrap();
            let begun = world.run(step).and_then(|provider| {
                let client = Client::new(provider, world.registration.clone(), world.policy.clone())?;
                client.authorize(&AuthorizeRequest::default(), entropy(1), world.now)
            });
            let later = report.findings.iter().any(|finding| {
                finding.verdict == Verdict::Error && ["token_endpoint", "keys"].contains(&finding.topic)
            });
            assert!(report.is_ok() == begun.is_ok() || later, "{member} {value}: {report} {begun:?}");
            compared += 1;
        }
    }
    assert!(compared > 80);
}

#[test]
fn keys_that_are_left_out_are_counted_and_those_that_serve_suffice() {
    let mut world = World::with_alg(Alg::Es256);
    world.op.jwks["keys"].as_array_mut().unwrap().push(json!({ "kty": "oct", "kid": "k", "k": "canary" }));
    let report = judged(&mut world);
    let keys = found(&report, "keys");
    assert_eq!(keys.verdict, Verdict::Ok);
    assert!(keys.found.starts_with("1 usable, 1 not: "), "{}", keys.found);
    assert!(!report.to_string().contains("canary"));
}

#[test]
fn a_reply_of_another_kind_is_a_finding_too() {
    let world = World::new();
    for reply in [Reply::Verified(true), Reply::Waited, Reply::Unsupported] {
        let step = SetupCheck::start(&world.issuer(), &world.registration, &world.policy);
        let relyingparty::Step::Pending(flow) = step else { panic!("it asks") };
        let mut cache = relyingparty::Cache::default();
        let step = relyingparty::Flow::resume(flow, reply, &mut cache, START).unwrap();
        let relyingparty::Step::Done(report) = step else { panic!("it goes on") };
        assert!(!report.is_ok());
        assert!(found(&report, "discovery").code.is_some());
    }
}

#[test]
fn f7_a_report_shows_no_secret_and_nothing_that_forges_a_line() {
    let mut world = World::new();
    world.registration.client_secret = Some("canary-secret".into());
    world.op.metadata["code_challenge_methods_supported"] =
        json!(["S256", "a\nok       keys: forged\u{202e}"]);
    let report = judged(&mut world);
    let shown = format!("{report} {report:?}");
    assert!(!shown.contains("canary"));
    assert!(!report.to_string().contains("\nok       keys: forged"));
    let pending = SetupCheck::start(&world.issuer(), &world.registration, &world.policy);
    assert!(!format!("{pending:?}").contains("canary"));
    world.policy.signatures = Signatures::Host;
    assert!(judged(&mut world).is_ok(), "a host can check signatures");
}
