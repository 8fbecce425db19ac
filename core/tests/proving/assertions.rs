//! Assertions of the client's own and of the host's.

use super::*;

#[test]
fn f3_k4_an_assertion_is_about_the_client_for_the_issuer_for_a_minute() {
    for key in [key("P-256"), of_host("P-256")] {
        let mut world = World::new();
        world.registration = world.registration.with_signing_keys([key.clone()]);
        let is_host = !key.name().is_empty();
        let Proven { session, sent, signed } = login(&mut world, |_, _| None);
        session.unwrap();
        assert_eq!(signed, if is_host { vec!["client_assertion"] } else { vec![] });
        let [request] = sent.try_into().unwrap();
        assert_eq!(form(&request, "client_id").unwrap(), "client");
        assert_eq!(
            form(&request, "client_assertion_type").unwrap(),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!((header(&request, "authorization"), form(&request, "client_secret")), (None, None));
        let assertion = form(&request, "client_assertion").unwrap();
        assert!(is_good(&assertion, &key));
        assert_eq!(
            part(&assertion, 0),
            json!({ "typ": "client-authentication+jwt", "alg": "ES256", "kid": "P-256" })
        );
        let claims = part(&assertion, 1);
        let now = START.as_unix();
        assert_eq!(claims["jti"].as_str().unwrap().len(), 43);
        assert_eq!(
            claims,
            json!({ "iss": "client", "sub": "client", "aud": ISSUER, "jti": claims["jti"], "iat": now, "exp": now + 60 })
        );
    }
}

#[test]
fn k1_each_draw_makes_another_assertion() {
    let mut world = key_client();
    let session = login(&mut world, |_, _| None).session.unwrap();
    let mut jti = |draw| {
        let sent = refresh(&mut world, &session, draw).sent;
        part(&form(&sent[0], "client_assertion").unwrap(), 1)["jti"].clone()
    };
    assert_ne!(jti(1), jti(2));
}

#[test]
fn k4_an_assertion_for_the_token_endpoint_is_an_option_that_has_a_name() {
    let mut world = key_client();
    world.registration.client_assertion_audience = AssertionAudience::TokenEndpoint;
    let sent = login(&mut world, |_, _| None).sent;
    assert_eq!(part(&form(&sent[0], "client_assertion").unwrap(), 1)["aud"], "https://op.example/token");
}

#[test]
fn a_secret_signs_only_where_the_registration_says_so() {
    let mut world = secret_client();
    world.op.metadata["token_endpoint_auth_methods_supported"] =
        json!(["client_secret_jwt", "client_secret_post"]);
    let code_sent = login(&mut world, |_, _| None).sent;
    assert!(form(&code_sent[0], "client_secret").is_some(), "it is offered, and nobody registered for it");

    world.registration.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt);
    for (alg, name) in [(None, "HS256"), (Some(Alg::Hs256), "HS256")] {
        world.registration.token_endpoint_auth_signing_alg = alg;
        let sent = login(&mut world, |_, _| None).sent;
        let assertion = form(&sent[0], "client_assertion").unwrap();
        assert_eq!(part(&assertion, 0), json!({ "typ": "client-authentication+jwt", "alg": name }));
        assert_eq!(form(&sent[0], "client_secret"), None);
        let (input, tag) = assertion.rsplit_once('.').unwrap();
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac =
            Hmac::<sha2::Sha256>::new_from_slice(b"a secret of at least thirty-two octets").unwrap();
        mac.update(input.as_bytes());
        mac.verify_slice(&unb64(tag)).unwrap();
    }
    world.registration.token_endpoint_auth_signing_alg = Some(Alg::Hs512);
    assert_eq!(detail(&world.try_client(), "member"), "client_secret", "it is shorter than the hash");
}

#[test]
fn an_assertion_of_the_hosts_is_asked_for_and_sent_as_it_is() {
    let spiffe = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe";
    let mut world = World::new();
    world.registration.client_assertion_type = Some(spiffe.into());
    let client = world.client();
    let mut exchange = |reply: Reply| {
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        let code = world.callback(authorization, &query).unwrap();
        let step = client.proving(entropy(200), &world.cache, world.now).exchange(code).unwrap();
        let Step::Pending(flow) = step else { panic!("nobody was asked") };
        let Request::Assertion(asked) = flow.request() else { panic!("{:?}", flow.request()) };
        assert_eq!((asked.assertion_type.as_str(), asked.audience.as_str()), (spiffe, ISSUER));
        flow.resume(reply, &mut world.cache, world.now)
    };
    let Step::Pending(flow) = exchange(Reply::Assertion("a.b.c".into())).unwrap() else { panic!("done") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(form(request, "client_assertion").unwrap(), "a.b.c");
    assert_eq!(form(request, "client_assertion_type").unwrap(), spiffe);
    for unusable in ["", "a.b.c\n", "a b", "\u{e4}"] {
        let refused = exchange(Reply::Assertion(unusable.into()));
        assert_eq!(code(&refused), "assertion_unusable");
        assert!(!refused.unwrap_err().to_string().contains("a.b.c"));
    }
    assert_eq!(code(&exchange(Reply::Unreachable { reason: "no such file".into() })), "unreachable");
    assert_eq!(code(&exchange(Reply::Unsupported)), "unsupported_request");
    assert_eq!(code(&exchange(Reply::Verified(true))), "wrong_reply");
}

#[test]
fn k7_a_host_that_answers_nonsense_is_told_so() {
    let mut world = World::new();
    world.registration = world.registration.with_signing_keys([of_host("P-256")]);
    let client = world.client();
    let mut exchange = |reply: Reply| {
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        let code = world.callback(authorization, &query).unwrap();
        let step = client.proving(entropy(200), &world.cache, world.now).exchange(code).unwrap();
        let Step::Pending(flow) = step else { panic!("nobody was asked") };
        flow.resume(reply, &mut world.cache, world.now)
    };
    assert_eq!(code(&exchange(Reply::Signature(vec![1; 63]))), "signature_unusable");
    assert_eq!(code(&exchange(Reply::Signature(vec![0x30; 70]))), "signature_unusable");
    let away = exchange(Reply::Unreachable { reason: "the HSM is away".into() });
    assert_eq!(code(&away), "unreachable");
    let told = away.unwrap_err().to_string();
    assert!(told.starts_with("the host could not make") && !told.contains("provider"), "{told}");
    assert_eq!(code(&exchange(Reply::Unsupported)), "unsupported_request");
    assert_eq!(code(&exchange(Reply::Assertion("a.b.c".into()))), "wrong_reply");
}

#[test]
fn without_entropy_nothing_is_signed() {
    for mut world in [key_client(), dpop_client()] {
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        let exchange = world.callback(authorization, &query).unwrap();
        let client = world.client();
        assert!(client.needs_entropy());
        assert_eq!(code(&client.exchange(exchange)), "entropy_missing");
    }
    assert!(!secret_client().client().needs_entropy());
}

#[test]
fn the_method_is_what_the_registration_says() {
    let method = |change: fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        world.try_client().map(|client| client.needs_entropy())
    };
    assert_eq!(
        code(
            &method(|world| world.registration.token_endpoint_auth_method = Some(AuthMethod::PrivateKeyJwt))
        ),
        "invalid_configuration"
    );
    assert_eq!(
        code(&method(
            |world| world.registration.token_endpoint_auth_method = Some(AuthMethod::ClientAssertion)
        )),
        "invalid_configuration"
    );
    assert_eq!(
        code(&method(
            |world| world.registration.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt)
        )),
        "invalid_configuration"
    );
    assert!(method(|world| world.registration.signing_keys = vec![key("Ed25519")]).unwrap());
    let other = method(|world| {
        world.registration.signing_keys = vec![key("Ed25519")];
        world.registration.token_endpoint_auth_signing_alg = Some(Alg::Es256);
    });
    assert_eq!(detail(&other, "member"), "token_endpoint_auth_signing_alg");
}

#[test]
fn the_published_keys_are_public() {
    let mut world = key_client();
    world.registration.signing_keys.push(key("Ed25519"));
    let published: Value = serde_json::from_str(&world.client().jwks()).unwrap();
    let kids: Vec<_> = published["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, ["P-256", "Ed25519"]);
    for key in published["keys"].as_array().unwrap() {
        assert!(key.get("d").is_none() && key["use"] == "sig", "{key}");
    }
}
