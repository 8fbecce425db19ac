//! Tokens that are given back (RFC 7009).

#![cfg(feature = "logout")]

mod support;

use relyingparty::{Endpoint, Error, Method, Revocable, Revoked, Session};
use serde_json::json;
use support::{World, code, detail, json_response, parameters, typed_response};

const AT: &str = "https://op.example/revoke";

fn logged_in() -> (World, Session) {
    let mut world = World::new();
    world.op.metadata["revocation_endpoint"] = AT.into();
    let session = world.login();
    world.op.log.clear();
    world.op.answer_with(Endpoint::Revocation, typed_response(200, "text/plain", ""));
    (world, session)
}

fn revoke<'a>(world: &mut World, what: impl Into<Revocable<'a>>) -> Result<Revoked, Error> {
    let step = world.client().revoke(what)?;
    world.run(step)
}

/// The form that was sent.
fn form(world: &World) -> Vec<(String, String)> {
    let [request] = world.op.log.as_slice() else { panic!("{:?}", world.op.log) };
    assert_eq!(
        (request.endpoint, request.method, request.url.as_str()),
        (Endpoint::Revocation, Method::Post, AT)
    );
    parameters(str::from_utf8(&request.body).unwrap())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn of_a_session_the_refresh_token_is_revoked_or_else_the_access_token() {
    let (mut world, session) = logged_in();
    let revoked = revoke(&mut world, &session).unwrap();
    let refresh_token =
        [("token", "refresh-1"), ("token_type_hint", "refresh_token"), ("client_id", "client")];
    assert_eq!(form(&world), pairs(&refresh_token));
    let checks: Vec<_> = revoked.decisions().iter().map(|decision| decision.check).collect();
    assert_eq!(checks, ["client_authentication", "revocation"]);

    world.op.log.clear();
    revoke(&mut world, session.grant()).unwrap();
    assert_eq!(form(&world), pairs(&refresh_token), "of its grant the same");

    world.op.without_member("refresh_token");
    let session = world.login();
    world.op.log.clear();
    revoke(&mut world, &session).unwrap();
    let access_token = [("token", "access-2"), ("token_type_hint", "access_token"), ("client_id", "client")];
    assert_eq!(form(&world), pairs(&access_token));
}

#[test]
fn a_bare_token_is_revoked_with_or_without_a_hint() {
    for (what, hint) in [
        (Revocable::refresh_token("t"), Some("refresh_token")),
        (Revocable::access_token("t"), Some("access_token")),
        (Revocable::token("t", None).unwrap(), None),
        (Revocable::token("t", Some("access_token")).unwrap(), Some("access_token")),
    ] {
        let (mut world, _) = logged_in();
        revoke(&mut world, what).unwrap();
        let sent = form(&world);
        let named = |name: &str| sent.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!((named("token"), named("token_type_hint")), (Some("t"), hint));
    }
    assert_eq!(code(&Revocable::token("t", Some("id_token"))), "invalid_configuration");
    let (mut world, _) = logged_in();
    for nothing in ["", "a\nb", " "] {
        assert_eq!(code(&revoke(&mut world, Revocable::access_token(nothing))), "no_access_token");
    }
}

#[test]
fn the_client_authenticates_as_at_the_token_endpoint() {
    let (mut world, session) = logged_in();
    world.registration = world.registration.clone().with_secret("secret");
    let step = world.client().revoke(&session).unwrap();
    world.run(step).unwrap();
    let sent = world.op.log.pop().unwrap();
    assert!(sent.headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Basic ")));
    assert!(!str::from_utf8(&sent.body).unwrap().contains("secret"));

    world.op.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    revoke(&mut world, &session).unwrap();
    assert!(form(&world).contains(&("client_secret".into(), "secret".into())));
}

#[test]
fn a_token_that_the_provider_does_not_know_is_as_good_as_revoked() {
    for (status, body) in [(200, ""), (200, "{}"), (200, "<html>"), (204, "")] {
        let (mut world, session) = logged_in();
        world.op.answer_with(Endpoint::Revocation, typed_response(status, "text/html", body));
        assert_eq!(code(&revoke(&mut world, &session)), "ok", "{status} {body}");
    }
}

#[test]
fn a_refusal_says_why() {
    let (mut world, session) = logged_in();
    let refusal = json!({ "error": "unsupported_token_type", "error_description": "not that one" });
    world.op.answer_with(Endpoint::Revocation, json_response(400, &refusal));
    let refused = revoke(&mut world, &session);
    let details = (detail(&refused, "error"), detail(&refused, "endpoint"));
    assert_eq!(code(&refused), "provider_error");
    assert_eq!(details, ("unsupported_token_type".into(), "revocation".into()));

    for (status, outcome) in [(400, "provider_status"), (404, "provider_status"), (302, "redirect_refused")] {
        world.op.answer_with(Endpoint::Revocation, typed_response(status, "text/html", "no"));
        assert_eq!(code(&revoke(&mut world, &session)), outcome, "{status}");
    }
    world.op.unreachable(Endpoint::Revocation);
    assert_eq!(code(&revoke(&mut world, &session)), "unreachable");
}

#[test]
fn a_provider_that_cannot_now_says_when() {
    let (mut world, session) = logged_in();
    for (retry_after, seconds) in [
        (None, ""),
        (Some("120"), "120"),
        (Some("Fri, 15 Jan 2027 08:02:00 GMT"), "120"),
        (Some("Fri, 15 Jan 2027 07:00:00 GMT"), "0"),
        (Some("soon"), ""),
        (Some("-1"), ""),
        (Some("99999999999"), ""),
    ] {
        let mut response = typed_response(503, "text/html", "");
        response.headers.extend(retry_after.map(|value| ("Retry-After".into(), value.into())));
        world.op.answer_with(Endpoint::Revocation, response);
        let refused = revoke(&mut world, &session);
        assert_eq!(
            (code(&refused), detail(&refused, "retry_after").as_str()),
            ("revocation_unavailable", seconds)
        );
        assert!(refused.unwrap_err().is_retryable());
    }
}

#[test]
fn l12_a_token_is_revoked_where_its_provider_says_and_by_its_client_alone() {
    let (mut world, session) = logged_in();
    world.registration.client_id = "client-2".into();
    assert_eq!(code(&revoke(&mut world, &session)), "session_mismatch");
    world.registration.client_id = "client".into();
    for (endpoint, outcome) in [
        (json!(null), "endpoint_missing"),
        (json!(1), "metadata_member_invalid"),
        (json!("/revoke"), "metadata_member_invalid"),
        (json!("http://op.example/revoke"), "metadata_member_invalid"),
        (json!("https://10.0.0.1/revoke"), "metadata_member_invalid"),
    ] {
        world.op.metadata["revocation_endpoint"] = endpoint.clone();
        let refused = revoke(&mut world, &session);
        assert_eq!((code(&refused), detail(&refused, "member").as_str()), (outcome, "revocation_endpoint"));
    }
    assert!(world.op.log.is_empty(), "nothing was sent to anybody");
}

#[cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]
#[test]
fn a_client_with_keys_signs_an_assertion_and_no_proof() {
    use relyingparty::SigningKey;
    use support::entropy;

    let keys: serde_json::Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
    let key = SigningKey::from_jwk(&keys["keys"]["P-256"]["jwk"].to_string()).unwrap();
    let (mut world, session) = logged_in();
    world.registration = world.registration.clone().with_signing_keys([key.clone()]).with_dpop_keys([key]);
    assert_eq!(code(&world.client().revoke(&session)), "entropy_missing");
    let client = world.client();
    let step = client.proving(entropy(9), &world.cache, world.now).revoke(&session).unwrap();
    world.run(step).unwrap();
    let sent = world.op.log.pop().unwrap();
    let named = parameters(str::from_utf8(&sent.body).unwrap());
    let names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
    let credentials = ["client_id", "client_assertion_type", "client_assertion"];
    assert_eq!(names, [&["token", "token_type_hint"][..], &credentials].concat());
    assert!(!sent.headers.iter().any(|(name, _)| name == "dpop"), "no token is asked for or used");
}

#[test]
fn a_client_with_a_certificate_goes_to_the_alias() {
    let (mut world, session) = logged_in();
    world.registration.tls_client_certificate = true;
    world.op.metadata["mtls_endpoint_aliases"] =
        json!({ "revocation_endpoint": "https://mtls.op.example/revoke" });
    revoke(&mut world, &session).unwrap();
    let sent = &world.op.log[0];
    assert_eq!((sent.url.as_str(), sent.client_certificate), ("https://mtls.op.example/revoke", true));
}
