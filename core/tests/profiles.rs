//! Profiles: what cannot meet one is refused by name, and what one demands is switched on.

#![cfg(all(feature = "private-keys", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod support;

use relyingparty::{
    Alg, ApiRequest, AssertionAudience, AuthMethod, AuthorizeRequest, Client, Issuer, Metadata, Method,
    Policy, Profile, Provider, Request, ResponseMode, SigningKey, Step,
};
use serde_json::{Value, json};
use support::{ISSUER, World, code, detail, entropy};

fn key(name: &str) -> SigningKey {
    let keys: Value = serde_json::from_str(include_str!("data/signing_keys.json")).unwrap();
    SigningKey::from_jwk(&keys["keys"][name]["jwk"].to_string()).unwrap()
}

/// A set-up that meets FAPI 2.0.
fn world(policy: Policy) -> World {
    let mut world = World::with_alg(Alg::EdDsa);
    world.op.metadata["pushed_authorization_request_endpoint"] = json!("https://op.example/par");
    world.op.metadata["authorization_response_iss_parameter_supported"] = json!(true);
    world.op.metadata["code_challenge_methods_supported"] = json!(["S256"]);
    world.op.metadata["id_token_signing_alg_values_supported"] = json!(["RS256", "EdDSA", "ES256"]);
    world.op.metadata["userinfo_signing_alg_values_supported"] = json!(["RS256", "EdDSA"]);
    world.op.metadata["authorization_signing_alg_values_supported"] = json!(["RS256", "EdDSA"]);
    world.registration =
        world.registration.with_signing_keys([key("P-256")]).with_dpop_keys([key("Ed25519")]);
    let signatures = world.policy.signatures;
    world.policy = policy;
    world.policy.signatures = signatures;
    world
}

#[test]
fn what_meets_the_profile_is_taken() {
    for policy in [Policy::fapi2(), Policy::fapi2_message_signing(), Policy::oauth2_1()] {
        let world = world(policy.clone());
        assert_eq!(code(&world.try_client()), "ok", "{:?}", policy.profile);
        let issuer = Issuer::parse(ISSUER).unwrap();
        assert_eq!(code(&Client::check(&issuer, &world.registration, &world.policy)), "ok");
    }
}

#[test]
fn what_cannot_meet_it_is_refused_by_name() {
    type Change = fn(&mut World);
    let unmet: [(&str, Change); 16] = [
        ("token_endpoint_auth_method", |world| {
            world.registration.signing_keys.clear();
            world.registration.client_secret = Some("a secret of at least thirty-two octets".into());
        }),
        ("token_endpoint_auth_method", |world| world.registration.signing_keys.clear()),
        ("token_endpoint_auth_method", |world| {
            world.registration.client_secret = Some("a secret of at least thirty-two octets".into());
            world.registration.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt);
        }),
        ("client_assertion_audience", |world| {
            world.registration.client_assertion_audience = AssertionAudience::TokenEndpoint;
        }),
        ("code_challenge_methods_supported", |world| {
            world.op.metadata.as_object_mut().unwrap().remove("code_challenge_methods_supported");
        }),
        ("pushed_authorization_request_endpoint", |world| {
            world.op.metadata.as_object_mut().unwrap().remove("pushed_authorization_request_endpoint");
        }),
        ("dpop_keys", |world| world.registration.dpop_keys.clear()),
        ("signing_keys", |world| world.registration.signing_keys = vec![key("P-384")]),
        ("dpop_keys", |world| world.registration.dpop_keys = vec![key("P-521")]),
        ("id_token_signed_response_alg", |world| {
            world.registration.id_token_signed_response_alg = Some(Alg::Rs256);
        }),
        ("userinfo_signed_response_alg", |world| {
            world.registration.userinfo_signed_response_alg = Some(Alg::Rs256);
        }),
        ("authorization_signed_response_alg", |world| {
            world.registration.authorization_signed_response_alg = Some(Alg::Rs256);
        }),
        ("id_token_signing_alg_values_supported", |world| {
            world.op.metadata["id_token_signing_alg_values_supported"] = json!(["RS256", "PS384"]);
        }),
        ("authorization_response_iss_parameter_supported", |world| {
            world.op.metadata["authorization_response_iss_parameter_supported"] = json!(false);
        }),
        ("danger_http_hosts", |world| world.policy.danger_http_hosts = vec!["keycloak".into()]),
        ("redirect_uri", |world| world.registration.redirect_uri = "http://127.0.0.1/cb".into()),
    ];
    for (member, change) in unmet {
        let mut world = world(Policy::fapi2());
        change(&mut world);
        let refused = world.try_client();
        assert_eq!(code(&refused), "profile_unmet", "{member}");
        assert_eq!((&*detail(&refused, "member"), &*detail(&refused, "profile")), (member, "fapi2"));
        world.policy.profile = Profile::None;
        assert_eq!(code(&world.try_client()), "ok", "{member}: nothing else stands against it");
    }
}

#[test]
fn a_certificate_meets_it_too() {
    let mut world = world(Policy::fapi2());
    world.registration.signing_keys.clear();
    world.registration.dpop_keys.clear();
    world.registration.tls_client_certificate = true;
    assert_eq!(detail(&world.try_client(), "member"), "dpop_keys");
    world.registration.tls_client_certificate_bound_access_tokens = true;
    assert_eq!(code(&world.try_client()), "ok");
}

#[test]
fn what_it_demands_is_switched_on() {
    let world = world(Policy::fapi2());
    let client = world.client();
    assert_eq!(
        code(&client.authorize(&AuthorizeRequest::default(), entropy(1), world.now)),
        "proving_needed"
    );
    let step = client.proving(entropy(1), &world.cache, world.now).authorize(&AuthorizeRequest::default());
    let Step::Pending(flow) = step.unwrap() else { panic!("nothing is pushed") };
    use relyingparty::Flow;
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let form = std::str::from_utf8(&request.body).unwrap();
    assert_eq!(support::parameter(form, "request"), None);
    assert_eq!(support::parameter(form, "response_mode"), None);

    let world = self::world(Policy::fapi2_message_signing());
    let step = world.client();
    let step = step.proving(entropy(1), &world.cache, world.now).authorize(&AuthorizeRequest::default());
    let Step::Pending(flow) = step.unwrap() else { panic!("nothing is pushed") };
    let Request::Http(request) = flow.request() else { panic!("{:?}", flow.request()) };
    let object = support::parameter(std::str::from_utf8(&request.body).unwrap(), "request").unwrap();
    let claims = support::unb64(object.split('.').nth(1).unwrap());
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["response_mode"], "jwt");
}

#[test]
fn an_algorithm_outside_of_it_signs_no_id_token() {
    let mut world = world(Policy::fapi2());
    let rs256 = support::Key::new(Alg::Rs256, "r1");
    world.op.jwks["keys"].as_array_mut().unwrap().push(rs256.jwk());
    let token = rs256.token(&world.claims());
    assert_eq!(code(&world.verify(&token)), "alg_refused");
    world.policy.profile = Profile::None;
    assert_eq!(code(&world.verify(&token)), "ok");
}

#[test]
fn presets_have_their_names() {
    for (name, profile) in [
        ("oauth2_1", Profile::OAuth21),
        ("fapi2", Profile::Fapi2),
        ("fapi2_message_signing", Profile::Fapi2MessageSigning),
    ] {
        let policy = Policy::from_json(&format!(r#"{{"preset":"{name}"}}"#)).unwrap();
        assert_eq!((policy.profile, policy.profile.as_str()), (profile, name));
    }
}

#[test]
fn k5_a_plain_response_cannot_be_asked_for_where_signed_ones_are_demanded() {
    let world = world(Policy::fapi2_message_signing());
    for (mode, expected) in [
        (ResponseMode::Query, "profile_unmet"),
        (ResponseMode::FormPost, "profile_unmet"),
        (ResponseMode::QueryJwt, "ok"),
        (ResponseMode::FormPostJwt, "ok"),
    ] {
        let mut request = AuthorizeRequest::default();
        request.response_mode = Some(mode);
        let step = world.client().proving(entropy(1), &world.cache, world.now).authorize(&request);
        assert_eq!(code(&step), expected, "{mode:?}");
    }
}

#[test]
fn a_provider_that_signs_no_response_within_the_profile_is_refused_by_name() {
    for list in [Value::Null, json!([]), json!(["RS256"]), json!(["none", "HS256", "PS384"])] {
        let mut world = world(Policy::fapi2_message_signing());
        world.op.metadata["authorization_signing_alg_values_supported"] = list.clone();
        let refused = world.try_client();
        assert_eq!(code(&refused), "profile_unmet", "{list}");
        assert_eq!(detail(&refused, "member"), "authorization_signing_alg_values_supported");
        world.registration.authorization_signed_response_alg = Some(Alg::Es256);
        assert_eq!(code(&world.try_client()), "ok", "the registration says which it is");
    }
}

#[test]
fn plain_http_by_another_policy_meets_no_profile() {
    let mut lenient = Policy::default();
    lenient.danger_http_hosts = vec!["op.example".into()];
    for profile in [Policy::fapi2(), Policy::fapi2_message_signing()] {
        for text in ["http://op.example", "https://op.example"] {
            let mut world = world(profile.clone());
            let issuer = Issuer::under(text, false, &lenient).unwrap();
            world.op.metadata["issuer"] = json!(text);
            let metadata = Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes()).unwrap();
            let client = Client::new(
                Provider::from_metadata(metadata),
                world.registration.clone(),
                world.policy.clone(),
            );
            assert_eq!((code(&client), &*detail(&client, "member")), ("profile_unmet", "issuer"), "{text}");
        }
    }
}

#[test]
fn k9_a_token_that_is_bound_to_nothing_is_not_sent_under_a_profile_that_binds() {
    let mut world = world(Policy::fapi2());
    let profile = std::mem::replace(&mut world.policy.profile, Profile::None);
    let keys = (
        std::mem::take(&mut world.registration.signing_keys),
        std::mem::take(&mut world.registration.dpop_keys),
    );
    world.registration.api_origins = vec!["https://api.example".into()];
    world.op.metadata["authorization_response_iss_parameter_supported"] = json!(false);
    let session = world.login();
    world.op.metadata["authorization_response_iss_parameter_supported"] = json!(true);
    (world.registration.signing_keys, world.registration.dpop_keys) = keys;
    world.policy.profile = profile;
    let client = world.client();
    let request = || ApiRequest::new(Method::Get, "https://api.example/");
    assert_eq!(code(&client.call(&session, request())), "token_not_bound");
    assert_eq!(code(&client.userinfo(&session)), "token_not_bound");
    let proving = client.proving(entropy(9), &world.cache, world.now);
    assert_eq!(code(&proving.refresh(&session)), "ok", "a refresh asks for one that is bound");
}
