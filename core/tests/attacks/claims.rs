//! B: what a token or a stored text is, and what it says.

use relyingparty::{AuthorizeRequest, Cache, Endpoint, PendingLogin};
use serde_json::{Value, json};

use crate::support::{World, b64, code, typed_response};

/// A JWE has five parts. Whatever is in it, and whoever it comes from, it is not a signature.
#[test]
fn b1_what_is_encrypted_is_not_taken_for_signed() {
    let mut world = World::new();
    let (signed, claims) = (world.op.key.token(&world.claims()), world.claims().to_string());
    let plain = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(&claims));
    for (alg, inner) in [
        ("dir", plain.as_str()),
        ("RSA-OAEP-256", &plain),
        ("RSA1_5", &plain),
        ("ECDH-ES", &signed),
        ("PBES2-HS256+A128KW", &claims),
        ("EdDSA", &signed),
    ] {
        let header =
            json!({ "alg": alg, "enc": "A256GCM", "cty": "JWT", "zip": "DEF", "p2c": 2_000_000_000 });
        let jwe = format!("{}..{}.{}.{}", b64(header.to_string()), b64([0; 12]), b64(inner), b64([0; 16]));
        assert_eq!(code(&world.verify(&jwe)), "malformed_token", "{alg}");
        let mut asking = World::new();
        let session = asking.login();
        asking.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", jwe.clone()));
        let step = asking.client().userinfo(&session).unwrap();
        assert_eq!(code(&asking.run(step)), "malformed_token", "{alg}");
        let mut request = AuthorizeRequest::default();
        request.id_token_hint = Some(jwe);
        assert_eq!(code(&world.try_begin(&request)), "invalid_configuration", "{alg}");
        // And its algorithms are none of a signature's.
        let header = json!({ "alg": alg, "kid": "k1" }).to_string();
        if alg != "EdDSA" {
            assert_eq!(code(&world.verify(&world.op.key.token_of(&header, &claims))), "alg_refused", "{alg}");
        }
    }
    assert_eq!(world.op.log.len(), 0);
}

/// Each text that the host keeps for us, given to the reader of each.
#[test]
fn b2_what_was_stored_for_one_purpose_serves_no_other() {
    let mut world = World::new();
    let session = world.login();
    let texts = [
        ("pending login", world.begin().pending.encode()),
        ("session", session.encode()),
        ("cache", world.cache.to_json()),
        ("token", session.id_token().to_owned()),
        ("claims", session.claims().as_json().to_owned()),
    ];
    for (kind, text) in &texts {
        let restored = world.client().restore(text, &world.cache, world.now);
        let read = [
            ("pending login", PendingLogin::decode(Some(text)).is_ok()),
            ("session", restored.is_ok()),
            (
                "cache",
                Cache::from_json(text).is_ok_and(|cache| cache.to_json() != Cache::default().to_json()),
            ),
            ("token", world.verify(text).is_ok()),
        ];
        for (reader, taken) in read {
            assert_eq!(taken, reader == *kind, "a {kind} given to the reader of a {reader}");
        }
    }
}

/// Truly signed by the provider for this client, and of another kind by its claims or its header.
#[test]
fn b2_no_other_kind_of_token_is_an_id_token() {
    let kinds: [(&str, Value); 7] = [
        ("at+jwt", json!({ "aud": "api", "client_id": "client", "scope": "openid", "jti": "1" })),
        ("logout+jwt", json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } })),
        ("secevent+jwt", json!({ "events": {} })),
        ("dpop+jwt", json!({ "htm": "POST", "htu": "https://op.example/token", "jti": "1" })),
        ("oauth-authz-req+jwt", json!({ "response_type": "code", "client_id": "client" })),
        ("token-introspection+jwt", json!({ "token_introspection": { "active": true } })),
        ("client-authentication+jwt", json!({ "sub": "client", "jti": "1" })),
    ];
    for (typ, members) in kinds {
        for prefix in ["", "application/", "APPLICATION/"] {
            let mut world = World::new();
            let mut claims = world.claims();
            for (name, value) in members.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let header = json!({ "alg": "EdDSA", "kid": "k1", "typ": format!("{prefix}{typ}") });
            let token = world.op.key.token_of(&header.to_string(), &claims.to_string());
            assert_eq!(code(&world.verify(&token)), "typ_refused", "{prefix}{typ}");
            world.op.tokens.push(("id_token".into(), Some(token.into())));
            assert_eq!(code(&world.try_login()), "typ_refused", "{prefix}{typ}");
        }
    }
}

#[test]
fn b4_a_client_without_a_name_is_not_made() {
    let mut world = World::new();
    world.registration.client_id.clear();
    assert_eq!(code(&world.try_client()), "invalid_configuration");
}

#[test]
fn b8_a_skew_of_more_than_five_minutes_is_refused_when_the_client_is_made() {
    for (skew, outcome) in [(300, "ok"), (301, "policy_out_of_range"), (u32::MAX, "policy_out_of_range")] {
        let mut world = World::new();
        world.policy.allowed_skew_secs = skew;
        assert_eq!(code(&world.try_client()), outcome, "{skew}");
    }
}

#[test]
fn b10_the_nonce_of_a_token_from_the_token_endpoint_is_checked_before_any_token_is_handed_out() {
    let mut world = World::new();
    world.op.claim("nonce", "another login's");
    let error = world.try_login().unwrap_err();
    assert_eq!(error.code(), "nonce_mismatch");
    assert!(!format!("{error:?} {:?}", error.details()).contains("access-1"));
}

#[test]
fn b11_half_a_hash_of_another_algorithm_and_pieces_of_the_right_one_are_refused() {
    for alg in relyingparty::Alg::ALL {
        let world = World::with_alg(*alg);
        let right = world.op.key.at_hash("access-1");
        for wrong in ["", &right[..right.len() - 1], &format!("{right}A"), &right.to_lowercase(), "AAAA"] {
            let mut world = World::with_alg(*alg);
            world.op.claim("at_hash", wrong);
            assert_eq!(code(&world.try_login()), "at_hash_mismatch", "{alg:?} {wrong}");
        }
    }
}
