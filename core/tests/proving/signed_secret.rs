//! Client secrets that the client signs itself, as Apple wants them.

use super::*;

const APPLE: &str = "https://appleid.apple.com";
/// Six months in seconds: what Apple allows.
const LONGEST: i64 = 15_777_000;

fn at(issuer: &str, key: SigningKey) -> World {
    let mut world = World::at(issuer, Alg::EdDsa);
    world.registration = world.registration.with_signing_keys([key]);
    world.registration.team_id = Some("TEAM123456".into());
    world.op.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    world
}

fn member(world: &World) -> String {
    detail(&world.try_client(), "member")
}

#[test]
fn f3_at_apple_the_secret_is_signed_by_the_team_for_five_minutes() {
    for key in [key("P-256"), of_host("P-256")] {
        let mut world = at(APPLE, key.clone());
        let is_host = !key.name().is_empty();
        let Proven { session, sent, signed } = login(&mut world, |_, _| None);
        session.unwrap();
        assert_eq!(signed, if is_host { vec!["client_secret"] } else { vec![] });
        let [request] = sent.try_into().unwrap();
        assert_eq!(form(&request, "client_id").unwrap(), "client");
        for absent in ["client_assertion", "client_assertion_type"] {
            assert_eq!(form(&request, absent), None);
        }
        assert_eq!(header(&request, "authorization"), None);
        let secret = form(&request, "client_secret").unwrap();
        assert!(is_good(&secret, &key));
        assert_eq!(part(&secret, 0), json!({ "typ": "JWT", "alg": "ES256", "kid": "P-256" }));
        let now = START.as_unix();
        assert_eq!(
            part(&secret, 1),
            json!({ "iss": "TEAM123456", "sub": "client", "aud": APPLE, "iat": now, "exp": now + 300 })
        );
    }
}

#[test]
fn each_request_has_a_secret_of_its_own_and_none_lives_for_months() {
    let mut world = at(APPLE, key("P-256"));
    let session = login(&mut world, |_, _| None).session.unwrap();
    let at_time = |world: &mut World, wait: i64| {
        world.wait(wait);
        let sent = refresh(world, &session, 1).sent;
        part(&form(&sent[0], "client_secret").unwrap(), 1)
    };
    let (first, second) = (at_time(&mut world, 0), at_time(&mut world, 1_000));
    for claims in [&first, &second] {
        let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert!((1..=LONGEST).contains(&lifetime), "{lifetime} s");
    }
    assert_eq!(second["iat"].as_i64().unwrap() - first["iat"].as_i64().unwrap(), 1_000);
}

#[test]
fn apple_takes_es256_and_another_key_is_refused_by_name() {
    for name in ["P-384", "Ed25519"] {
        let refused = at(APPLE, key(name)).try_client();
        assert_eq!(detail(&refused, "member"), "token_endpoint_auth_signing_alg");
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("is ES256, and the first of the signing_keys signs with"), "{told}");
    }
    let mut symmetric = at(APPLE, key("P-256"));
    symmetric.registration.token_endpoint_auth_signing_alg = Some(Alg::Hs256);
    assert_eq!(member(&symmetric), "token_endpoint_auth_signing_alg");
}

#[test]
fn what_a_signed_secret_needs_is_named() {
    let without = |change: fn(&mut World)| {
        let mut world = at(APPLE, key("P-256"));
        change(&mut world);
        member(&world)
    };
    assert_eq!(without(|world| world.registration.team_id = None), "team_id");
    assert_eq!(without(|world| world.registration.team_id = Some(" ".into())), "team_id");
    assert_eq!(without(|world| world.registration.signing_keys.clear()), "signing_keys");
    assert_eq!(without(|world| world.registration.client_secret = Some("secret".into())), "client_secret");
    let nameless = SigningKey::from_jwk(&keys()["P-256"]["jwk"].to_string()).unwrap();
    for key in [nameless, SigningKey::held_by_host("kms", Alg::Es256, None).unwrap()] {
        assert_eq!(member(&at(APPLE, key)), "signing_keys", "it has no kid");
    }
}

#[test]
fn a_secret_that_was_made_elsewhere_is_still_taken_at_apple() {
    let mut world = World::at(APPLE, Alg::EdDsa);
    world.registration = world.registration.with_secret("a.jwt.of-the-hosts");
    world.op.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    let sent = login(&mut world, |_, _| None).sent;
    assert_eq!(form(&sent[0], "client_secret").unwrap(), "a.jwt.of-the-hosts");
}

#[test]
fn any_issuer_can_have_it_and_none_gets_it_unasked() {
    assert_eq!(member(&at(ISSUER, key("P-256"))), "team_id", "nobody asked for it");
    let mut unknown = at(APPLE, key("P-256"));
    unknown.policy.use_known_provider = false;
    assert_eq!(member(&unknown), "team_id", "the provider is not to be known");

    let mut world = at(ISSUER, key("P-384"));
    world.registration.token_endpoint_auth_method = Some(AuthMethod::SignedClientSecret);
    let client = world.client();
    assert!(client.needs_entropy());
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let code = world.callback(authorization, &query).unwrap();
    let step = client.proving(entropy(9), &world.cache, world.now).exchange(code).unwrap();
    let Step::Pending(flow) = step else { panic!("it asks for tokens") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let secret = form(request, "client_secret").unwrap();
    assert_eq!((&part(&secret, 0)["alg"], &part(&secret, 1)["aud"]), (&json!("ES384"), &json!(ISSUER)));
}

#[test]
fn a_secret_that_is_refused_says_what_to_compare() {
    let mut world = at(APPLE, key("P-256"));
    let refused = login(&mut world, |_, _| Some(json_response(400, &json!({ "error": "invalid_client" }))));
    let told = refused.session.unwrap_err().to_string();
    assert_eq!(told.contains("team_id"), cfg!(feature = "setup"), "{told}");
}

#[test]
fn k7_a_host_that_cannot_sign_the_secret_is_told_so() {
    let mut world = at(APPLE, of_host("P-256"));
    let client = world.client();
    let mut exchange = |reply: Reply| {
        let authorization = world.begin();
        let query = world.op.authorize(&authorization.url);
        let code = world.callback(authorization, &query).unwrap();
        let step = client.proving(entropy(200), &world.cache, world.now).exchange(code).unwrap();
        let Step::Pending(flow) = step else { panic!("nobody was asked") };
        flow.resume(reply, &mut world.cache, world.now)
    };
    assert_eq!(code(&exchange(Reply::Signature(vec![0x30; 70]))), "signature_unusable");
    let away = exchange(Reply::Unreachable { reason: "the KMS is away".into() });
    assert_eq!(code(&away), "unreachable");
    assert!(away.unwrap_err().to_string().starts_with("the host could not make"));
}
