//! ID tokens signed with the client secret: where the registration says so, and nowhere else.

mod support;

use relyingparty::{Alg, Endpoint, Error, Registration, Signatures};
use serde_json::json;
use support::{CLIENT_SECRET, Key, World, code, detail};

const HMACS: [Alg; 3] = [Alg::Hs256, Alg::Hs384, Alg::Hs512];

#[test]
fn a1_the_secret_is_a_key_only_where_the_registration_pins_it() {
    for alg in HMACS {
        let mut world = World::with_alg(alg);
        world.op.metadata["id_token_signing_alg_values_supported"] = json!(["RS256", alg.as_str()]);
        assert_eq!(code(&world.try_login()), "ok");
        assert_eq!(world.op.count(Endpoint::Jwks), 0, "a key set has nothing to say about it");
        world.registration.id_token_signed_response_alg = None;
        assert_eq!(code(&world.try_login()), "alg_refused");
    }
}

#[test]
fn the_secret_stays_here_even_if_the_host_checks_signatures() {
    let mut world = World::with_alg(Alg::Hs256);
    world.policy.signatures = Signatures::Host;
    assert_eq!(code(&world.try_login()), "ok");
    assert_eq!(world.op.verified, 0);
}

#[test]
fn a23_a_secret_shorter_than_the_hash_is_refused_at_once() {
    for alg in HMACS {
        let bytes = alg.as_str()[2..].parse::<usize>().unwrap() / 8;
        let client = |length: usize| {
            let mut world = World::with_alg(alg);
            world.registration = world.registration.with_secret(&CLIENT_SECRET[..length]);
            world.try_client().map(drop)
        };
        assert_eq!(code(&client(bytes)), "ok", "{alg:?}");
        assert_eq!(code(&client(bytes - 1)), "invalid_configuration", "{alg:?}");
    }
    let mut world = World::with_alg(Alg::Hs256);
    world.registration.client_secret = None;
    let refused = world.try_client();
    assert_eq!(detail(&refused, "member"), "client_secret");
}

#[test]
fn a2_the_pinned_hash_is_the_only_one() {
    let mut world = World::with_alg(Alg::Hs512);
    for other in [Alg::Hs256, Alg::Hs384, Alg::EdDsa] {
        let token = Key::new(other, "k1").token(&world.claims());
        assert_eq!(code(&world.verify(&token)), "alg_refused", "{other:?}");
    }
    let mut world = World::with_alg(Alg::EdDsa);
    world.registration = world.registration.with_secret(CLIENT_SECRET);
    let token = Key::new(Alg::Hs256, "k1").token(&world.claims());
    assert_eq!(code(&world.verify(&token)), "alg_refused");
}

#[test]
fn a17_another_secret_makes_another_signature() {
    let mut world = World::with_alg(Alg::Hs256);
    let token = world.op.key.token(&world.claims());
    assert_eq!(code(&world.verify(&token)), "ok");
    world.registration = world.registration.with_secret(format!("{CLIENT_SECRET}!"));
    let error: Error = world.verify(&token).unwrap_err();
    assert_eq!((error.code(), error.detail("alg")), ("bad_signature", Some("HS256")));
}

#[test]
fn a22_a_key_set_cannot_name_a_symmetric_algorithm() {
    let mut world = World::with_alg(Alg::Rs256);
    let mut jwk = world.op.key.jwk();
    jwk["alg"] = "HS256".into();
    world.op.jwks = json!({ "keys": [jwk] });
    let step = world.provider().refresh_keys(&world.policy).unwrap();
    let report = world.run(step).unwrap();
    assert_eq!((report.usable.len(), report.dropped[0].reason), (0, "alg does not fit the key type"));
}

#[test]
fn the_registration_names_the_algorithm_in_json_too() {
    let text =
        r#"{"client_id":"c","redirect_uri":"https://rp.example/cb","id_token_signed_response_alg":"HS384"}"#;
    let read = Registration::from_json(text).unwrap();
    assert_eq!(read.id_token_signed_response_alg, Some(Alg::Hs384));
    for unknown in ["none", "hs256", "HS1", ""] {
        let refused = Registration::from_json(&text.replace("HS384", unknown));
        assert_eq!(code(&refused), "invalid_configuration", "{unknown}");
    }
}
