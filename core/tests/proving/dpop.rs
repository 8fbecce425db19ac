//! Tokens that are bound to a key.

use super::*;

#[test]
fn k2_a_proof_is_about_one_request() {
    let mut world = dpop_client();
    let authorization = world.begin();
    assert_eq!(parameter(support::query(&authorization.url), "dpop_jkt"), key("P-256").thumbprint());
    let Proven { session, sent, .. } = login(&mut world, |_, _| None);
    let session = session.unwrap();
    assert_eq!((session.token_type(), session.dpop_jkt()), ("DPoP", key("P-256").thumbprint().as_deref()));
    let proof = header(&sent[0], "dpop").unwrap();
    assert!(is_good(&proof, &key("P-256")));
    let jwk = &keys()["P-256"]["jwk"];
    let public = json!({ "kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"] });
    assert_eq!(part(&proof, 0), json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public }));
    let claims = part(&proof, 1);
    assert_eq!(
        claims,
        json!({ "jti": claims["jti"], "htm": "POST", "htu": "https://op.example/token", "iat": START.as_unix() })
    );
}

/// The answer of a server that wants its nonce in the proof.
pub(super) fn use_nonce(nonce: &str) -> HttpResponse {
    let mut response = json_response(400, &json!({ "error": "use_dpop_nonce" }));
    response.headers.push(("DPoP-Nonce".into(), nonce.into()));
    response
}

#[test]
fn k1_a_nonce_that_is_asked_for_costs_one_round_trip_and_is_remembered() {
    let mut world = dpop_client();
    world.registration = world.registration.with_signing_keys([key("P-256")]);
    let demands = |request: &HttpRequest, _| {
        let given = part(&header(request, "dpop").unwrap(), 1)["nonce"].clone();
        (given != "n-1").then(|| use_nonce("n-1"))
    };
    let Proven { session, sent, .. } = login(&mut world, demands);
    let session = session.unwrap();
    assert_eq!(sent.len(), 2);
    for name in ["dpop", "client_assertion"] {
        let jti = |request: &HttpRequest| {
            let jwt = header(request, name).filter(|_| name == "dpop").or_else(|| form(request, name));
            part(&jwt.unwrap(), 1)["jti"].clone()
        };
        assert_ne!(jti(&sent[0]), jti(&sent[1]), "each attempt has a {name} of its own");
    }
    assert!(session.decisions().iter().any(|decision| decision.check == "dpop_nonce" && decision.passed));
    let step = world.client();
    let step = step.proving(entropy(9), &world.cache, world.now).refresh(&session);
    let Proven { session, sent, .. } = run(&mut world, step, &mut |request, number| demands(request, number));
    let session = session.unwrap();
    assert_eq!(sent.len(), 1, "the nonce is remembered");
    world.cache = relyingparty::Cache::from_json(&world.cache.to_json()).unwrap();
    let step = world.client();
    let step = step.proving(entropy(10), &world.cache, world.now).refresh(&session);
    let sent = run(&mut world, step, &mut |request, number| demands(request, number)).sent;
    assert_eq!(sent.len(), 2, "its loss costs one round trip");
}

#[test]
fn k8_a_nonce_is_asked_for_once_and_nothing_else_is_signed() {
    for (nonces, expected) in [(["n-1", "n-2"], 2), (["", ""], 1), (["a b", "a b"], 1), (["n\"1", "n-2"], 1)]
    {
        let mut world = dpop_client();
        let asked = |_: &HttpRequest, number: usize| Some(use_nonce(nonces[number - 1]));
        let Proven { session, sent, .. } = login(&mut world, asked);
        assert_eq!((code(&session), sent.len()), ("dpop_nonce_refused", expected), "{nonces:?}");
    }
}

#[test]
fn a_client_without_a_key_goes_round_for_no_nonce() {
    let mut world = World::new();
    let Proven { session, sent, .. } = login(&mut world, |_, _| Some(use_nonce("n-1")));
    assert_eq!((code(&session), sent.len()), ("provider_error", 1));
}

#[test]
fn k9_a_bearer_token_is_no_answer_to_a_proof() {
    for token_type in [json!("Bearer"), json!("bearer"), json!("N_A"), json!("")] {
        let mut world = dpop_client();
        world.op.member("token_type", token_type.clone());
        let session = login(&mut world, |_, _| None).session;
        let expected = if token_type == "" { "response_member_invalid" } else { "token_not_bound" };
        assert_eq!(code(&session), expected, "{token_type}");
    }
    let mut world = dpop_client();
    world.policy.accept_missing_token_type = true;
    world.op.without_member("token_type");
    assert_eq!(code(&login(&mut world, |_, _| None).session), "response_member_missing");
    let mut world = dpop_client();
    world.op.member("token_type", "dpop");
    assert_eq!(code(&login(&mut world, |_, _| None).session), "ok", "types have no case");
}

#[test]
fn a_bound_token_is_no_answer_without_a_proof() {
    let mut world = World::new();
    world.op.member("token_type", "DPoP");
    assert_eq!(code(&world.try_login()), "token_type_unsupported");
}

#[test]
fn k2_userinfo_is_asked_for_with_a_proof_of_the_token() {
    let mut world = dpop_client();
    let session = login(&mut world, |_, _| None).session.unwrap();
    let client = world.client();
    assert_eq!(code(&client.userinfo(&session)), "entropy_missing");
    let step = client.proving(entropy(7), &world.cache, world.now).userinfo(&session).unwrap();
    let Step::Pending(flow) = step else { panic!("nobody was asked") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(header(request, "authorization").unwrap(), "DPoP access-1");
    let claims = part(&header(request, "dpop").unwrap(), 1);
    assert_eq!((&claims["htm"], &claims["htu"]), (&json!("GET"), &json!("https://op.example/userinfo")));
    use sha2::Digest;
    assert_eq!(claims["ath"], support::b64(sha2::Sha256::digest("access-1")));
    let mut challenge = HttpResponse::new(401, vec![], vec![]);
    challenge.headers.push(("WWW-Authenticate".into(), "DPoP error=\"use_dpop_nonce\"".into()));
    challenge.headers.push(("DPoP-Nonce".into(), "rs-1".into()));
    let Step::Pending(flow) = flow.resume(Reply::Http(challenge), &mut world.cache, world.now).unwrap()
    else {
        panic!("done")
    };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(part(&header(request, "dpop").unwrap(), 1)["nonce"], "rs-1");
}

#[test]
fn k9_a_session_serves_with_its_own_key_alone() {
    let mut world = dpop_client();
    let session = login(&mut world, |_, _| None).session.unwrap();
    let stored = session.encode();
    let restored = |world: &mut World| {
        let step = world.client().restore(&stored, &world.cache, world.now)?;
        world.run(step)
    };
    assert_eq!(restored(&mut world).unwrap().dpop_jkt(), session.dpop_jkt());

    world.registration.dpop_keys = vec![key("Ed25519"), key("P-256")];
    let kept = restored(&mut world).unwrap();
    assert_eq!(code(&refresh(&mut world, &kept, 1).session), "ok", "keys are changed one after the other");

    world.registration.dpop_keys = vec![key("Ed25519")];
    let kept = restored(&mut world).unwrap();
    let refused = refresh(&mut world, &kept, 1);
    assert_eq!((code(&refused.session), refused.sent.len()), ("dpop_key_mismatch", 0));

    world.registration.dpop_keys = vec![];
    let kept = restored(&mut world).unwrap();
    let client: Client = world.client();
    assert_eq!(
        code(&client.refresh(&kept)),
        "dpop_key_mismatch",
        "a bound token is not sent as a bearer token"
    );
    assert_eq!(code(&client.userinfo(&kept)), "dpop_key_mismatch");
}

#[test]
fn k9_a_code_is_exchanged_with_the_key_that_its_login_named() {
    let mut world = dpop_client();
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let stored = authorization.pending.encode();
    world.registration.dpop_keys = vec![key("Ed25519")];
    let pending = relyingparty::PendingLogin::decode(Some(&stored)).unwrap();
    let params = relyingparty::CallbackParams::parse(&query).unwrap();
    let client = world.client();
    let exchange = client.callback(pending, &params, world.now).unwrap();
    let refused = client.proving(entropy(3), &world.cache, world.now).exchange(exchange);
    assert_eq!(code(&refused), "dpop_key_mismatch");
}
