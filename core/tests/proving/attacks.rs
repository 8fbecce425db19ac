//! What is sent, signed and remembered under odd conditions.

use super::*;

use relyingparty::{ApiRequest, AuthorizeRequest, Method, Timestamp};

#[test]
fn k9_a_stored_session_whose_token_lost_its_key_is_no_session() {
    let mut world = dpop_client();
    let session = login(&mut world, |_, _| None).session.unwrap();
    let mut stored: Value = serde_json::from_str(&session.encode()).unwrap();
    stored.as_object_mut().unwrap().remove("dpop_jkt").unwrap();
    for token_type in ["DPoP", "dpop"] {
        stored["token_type"] = token_type.into();
        let restored = world.client().restore(&stored.to_string(), &world.cache, world.now);
        assert_eq!(code(&restored), "unreadable_session", "it would be sent as a bearer token");
    }
}

#[test]
fn an_algorithm_that_nothing_would_be_signed_with_is_refused_by_name() {
    for (method, alg, expected) in [
        (AuthMethod::ClientSecretJwt, Alg::Es256, "invalid_configuration"),
        (AuthMethod::ClientSecretJwt, Alg::Hs256, "ok"),
        (AuthMethod::PrivateKeyJwt, Alg::Hs256, "invalid_configuration"),
        (AuthMethod::PrivateKeyJwt, Alg::Es256, "ok"),
    ] {
        let mut world = key_client();
        world.registration = world.registration.with_secret("a secret of at least thirty-two octets");
        world.registration.token_endpoint_auth_method = Some(method);
        world.registration.token_endpoint_auth_signing_alg = Some(alg);
        let client = world.try_client();
        assert_eq!(code(&client), expected, "{method:?} {alg:?}");
        if expected != "ok" {
            assert_eq!(detail(&client, "member"), "token_endpoint_auth_signing_alg");
        }
    }
}

#[test]
fn b8_no_verb_that_signs_fails_at_an_end_of_time() {
    let mut world = dpop_client();
    world.registration = world.registration.with_signing_keys([key("P-256")]);
    world.registration.api_origins = vec!["https://api.example".into()];
    world.registration.require_pushed_authorization_requests = true;
    world.registration.require_signed_request_object = true;
    world.op.metadata["pushed_authorization_request_endpoint"] = json!("https://op.example/par");
    let client = world.client();
    let mut plain = dpop_client();
    plain.registration = plain.registration.with_signing_keys([key("P-256")]);
    let session = login(&mut plain, |_, _| None).session.unwrap();
    for (now, expected) in [
        (i64::MIN, "implausible_clock"),
        (-1, "implausible_clock"),
        (0, "implausible_clock"),
        (START.as_unix(), "ok"),
        (i64::MAX, "implausible_clock"),
    ] {
        let now = Timestamp::from_unix(now);
        let proving = || client.proving(entropy(1), &world.cache, now);
        let request = ApiRequest::new(Method::Get, "https://api.example/");
        assert_eq!(code(&proving().call(&session, request)), expected, "{now:?}");
        assert_eq!(code(&proving().refresh(&session)), expected, "{now:?}");
        assert_eq!(code(&proving().userinfo(&session)), expected, "{now:?}");
        assert_eq!(code(&proving().refresh_token("refresh", "sub")), expected, "{now:?}");
        assert_eq!(code(&proving().authorize(&AuthorizeRequest::default())), expected, "{now:?}");
        // Time jumps while a nonce is asked for.
        let step = client.proving(entropy(1), &world.cache, world.now).refresh(&session).unwrap();
        let Step::Pending(flow) = step else { panic!("nobody was asked") };
        let asked = flow.resume(Reply::Http(dpop::use_nonce("n-1")), &mut plain.cache, now);
        assert_eq!(code(&asked), "ok", "{now:?}");
    }
}

#[test]
fn k8_what_a_server_says_is_in_nothing_that_is_signed_but_a_proofs_nonce() {
    let mut world = dpop_client();
    world.registration = world.registration.with_signing_keys([of_host("P-256")]);
    world.op.metadata["token_endpoint"] = json!("https://op.example/token?canary=1");
    let words = |_: &HttpRequest, number: usize| {
        (number == 1).then(|| {
            let mut response = dpop::use_nonce("canary-nonce");
            response.body =
                br#"{"error":"use_dpop_nonce","error_description":"canary","aud":"canary"}"#.into();
            response
        })
    };
    let sent = login(&mut world, words).sent;
    assert_eq!(sent.len(), 2);
    for request in &sent {
        let assertion = form(request, "client_assertion").unwrap();
        let proof = header(request, "dpop").unwrap();
        for part in [part(&assertion, 0), part(&assertion, 1), part(&proof, 0)] {
            assert!(!part.to_string().contains("canary"), "{part}");
        }
        assert_eq!(part(&proof, 1)["htu"], "https://op.example/token");
    }
    assert_eq!(part(&header(&sent[1], "dpop").unwrap(), 1)["nonce"], "canary-nonce");
}
