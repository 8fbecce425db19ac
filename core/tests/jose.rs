//! The form and the signature of an ID token: what a forger would try.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use relyingparty::{Alg, Endpoint, Error, IdTokenClaims};
use serde_json::json;
use sha2::Sha256;
use support::{Key, World, b64, code, detail, printable, unb64};

/// The outcome for a truly signed, otherwise good token with this header.
fn with_header(header: &str) -> Result<IdTokenClaims, Error> {
    let mut world = World::new();
    let token = world.op.key.token_of(header, &world.claims().to_string());
    world.verify(&token)
}

fn good_token(world: &World) -> String {
    world.op.key.token(&world.claims())
}

/// A good token's parts, its signature changed.
fn resigned(world: &mut World, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> &'static str {
    let token = good_token(world);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", b64(change(unb64(signature))));
    code(&world.verify(&forged))
}

#[test]
fn a1_a_public_key_is_never_a_secret() {
    let mut world = World::with_alg(Alg::Rs256);
    world.op.metadata["id_token_signing_alg_values_supported"] = json!(["HS256", "RS256"]);
    world.registration = world.registration.with_secret("client secret of more than 32 octets");
    let jwk = world.op.key.jwk();
    let modulus = unb64(jwk["n"].as_str().unwrap());
    let der = [vec![0x30, 0x82, 0x01, 0x22], modulus.clone()].concat();
    let pem = |end: &str| {
        format!("-----BEGIN PUBLIC KEY-----{end}{}{end}-----END PUBLIC KEY-----{end}", STANDARD.encode(&der))
    };
    let secrets = [
        modulus,
        der.clone(),
        pem("\n").into(),
        pem("\r\n").into(),
        format!(" {}", pem("\n")).into(),
        jwk.to_string().into(),
        Vec::new(),
        b"client secret of more than 32 octets".to_vec(),
    ];
    for alg in ["HS256", "HS384", "hs256"] {
        for secret in &secrets {
            let input = format!(
                "{}.{}",
                b64(json!({ "alg": alg, "kid": "k1" }).to_string()),
                b64(world.claims().to_string())
            );
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(input.as_bytes());
            let forged = format!("{input}.{}", b64(mac.finalize().into_bytes()));
            assert_eq!(code(&world.verify(&forged)), "alg_refused", "{alg}");
        }
    }
    assert!(world.op.log.is_empty(), "nothing is fetched for it");
}

#[test]
fn a2_without_alg_in_the_key_the_header_does_not_decide() {
    let mut world = World::with_alg(Alg::Rs256);
    let mut jwk = world.op.key.jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    world.op.jwks = json!({ "keys": [jwk] });
    assert_eq!(code(&world.try_login()), "ok");
    for alg in [
        "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "HS256",
        "rs256", "Rs256", " RS256", "RS256 ", "RS256\0", "",
    ] {
        let header = json!({ "alg": alg, "kid": "k1" }).to_string();
        let token = world.op.key.token_of(&header, &world.claims().to_string());
        let refused = world.verify(&token);
        assert_eq!(
            (code(&refused), detail(&refused, "expected")),
            ("alg_refused", "RS256".to_owned()),
            "{alg}"
        );
    }
}

#[test]
fn a3_header_policy_and_key_agree_or_the_token_is_refused() {
    let algs = [Alg::Rs256, Alg::Rs512, Alg::Ps256];
    for [header, policy, key] in (0..27).map(|n| [n / 9, n / 3 % 3, n % 3].map(|digit: usize| algs[digit])) {
        let mut world = World::with_alg(header);
        world.registration.id_token_signed_response_alg = Some(policy);
        world.op.jwks = json!({ "keys": [Key::new(key, "k1").jwk()] });
        let outcome = match (header == policy, policy == key) {
            (false, _) => "alg_refused",
            (true, false) => "unknown_key",
            (true, true) => "ok",
        };
        let token = good_token(&world);
        assert_eq!(code(&world.verify(&token)), outcome, "{header:?} {policy:?} {key:?}");
    }
}

#[test]
fn a4_none_is_not_an_algorithm() {
    let mut world = World::new();
    world.op.metadata["id_token_signing_alg_values_supported"] = json!(["none", "EdDSA"]);
    let spellings = (0..16).map(|bits| {
        let letters = "none".char_indices();
        letters.map(|(i, c)| if bits >> i & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect::<String>()
    });
    for alg in spellings.chain(["none ".into(), " none".into(), "".into()]) {
        let header = json!({ "alg": alg }).to_string();
        let input = format!("{}.{}", b64(&header), b64(world.claims().to_string()));
        assert_eq!(code(&world.verify(&format!("{input}."))), "malformed_token", "{alg}");
        assert_eq!(code(&world.verify(&input)), "malformed_token", "{alg}");
        let signed = world.op.key.token_of(&header, &world.claims().to_string());
        assert_eq!(code(&world.verify(&signed)), "alg_refused", "{alg}");
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["EdDSA"]}"#, r#"{"alg":1}"#, r#"{"Alg":"EdDSA"}"#] {
        assert_eq!(code(&with_header(header)), "malformed_token", "{header}");
    }
    assert!(world.op.log.is_empty());
}

#[test]
fn a5_a_signature_of_zeros_is_wrong() {
    for (r, s) in [(0, 0), (0, 1), (1, 0), (255, 255)] {
        let forged = [[r; 32], [s; 32]].concat();
        assert_eq!(resigned(&mut World::with_alg(Alg::Es256), |_| forged), "bad_signature");
    }
    for alg in [Alg::EdDsa, Alg::Rs256, Alg::Ps256] {
        assert_eq!(
            resigned(&mut World::with_alg(alg), |signature| vec![0; signature.len()]),
            "bad_signature"
        );
    }
}

#[test]
fn a6_an_ecdsa_signature_is_64_octets_and_not_der() {
    let es256 = |change: fn(Vec<u8>) -> Vec<u8>| resigned(&mut World::with_alg(Alg::Es256), change);
    assert_eq!(es256(|signature| signature), "ok");
    assert_eq!(es256(|signature| signature[..63].to_vec()), "bad_signature");
    assert_eq!(es256(|signature| [signature, vec![0]].concat()), "bad_signature");
    assert_eq!(es256(|signature| [vec![0], signature].concat()), "bad_signature");
    let der = |signature: Vec<u8>| {
        p256::ecdsa::Signature::from_slice(&signature).unwrap().to_der().as_bytes().to_vec()
    };
    assert_eq!(es256(der), "bad_signature");
    let mirrored = |signature: Vec<u8>| {
        let (r, s) = p256::ecdsa::Signature::from_slice(&signature).unwrap().split_scalars();
        p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_vec()
    };
    assert_eq!(
        es256(mirrored),
        "ok",
        "ECDSA is malleable: nothing here relies on a token's text being unique"
    );
}

#[test]
fn a7_a_key_in_the_token_is_not_looked_at() {
    let forger = Key::new(Alg::EdDsa, "k1-forged");
    for member in ["jwk", "jku", "x5u"] {
        for keys in [None, Some(json!({ "keys": [] }))] {
            let mut world = World::new();
            world.op.jwks = keys.unwrap_or(world.op.jwks);
            let mut header = json!({ "alg": "EdDSA", "kid": "k1" });
            header[member] = if member == "jwk" { forger.jwk() } else { "https://evil.example/jwks".into() };
            let forged = forger.token_of(&header.to_string(), &world.claims().to_string());
            let refused = world.verify(&forged);
            assert!(["bad_signature", "unknown_key"].contains(&code(&refused)), "{member}: {refused:?}");
            let error = refused.unwrap_err();
            let ignored =
                error.decisions().into_iter().find(|decision| decision.check == "left_out").unwrap();
            assert_eq!((&*ignored.expected, ignored.passed), (member, true));
            let asked: Vec<&str> = world.op.log.iter().map(|request| request.url.as_str()).collect();
            let jwks_uri = world.op.metadata["jwks_uri"].as_str().unwrap();
            assert!(
                asked.iter().all(|url| *url == jwks_uri),
                "a8: no request goes where a token says: {asked:?}"
            );
        }
    }
    for member in ["jwk", "jku", "x5u"] {
        for value in [json!({}), json!("https://op.example/jwks"), json!(null), json!(1), forger.jwk()] {
            let header = json!({ "alg": "EdDSA", "kid": "k1", member: value });
            assert_eq!(code(&with_header(&header.to_string())), "ok", "Cloud Foundry UAA and SAP send jku");
        }
    }
    let certificates = r#"{"alg":"EdDSA","kid":"k1","x5c":["AAAA"],"x5t":"AAAA","x5t#S256":"AAAA"}"#;
    assert_eq!(code(&with_header(certificates)), "ok", "Entra and ADFS send these");
}

#[test]
fn a9_a_kid_is_only_ever_compared() {
    for kid in
        ["../../dev/null", "' OR 1=1 --", "k1\0", "k1\r\nSet-Cookie: a=b", "K1", "", "https://evil.example/k"]
    {
        let refused = with_header(&json!({ "alg": "EdDSA", "kid": kid }).to_string());
        assert_eq!((code(&refused), detail(&refused, "kid")), ("unknown_key", printable(kid)));
        let error = refused.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(['\r', '\n', '\0']), "{error:?}");
    }
    for kid in [json!(1), json!(null), json!(["k1"]), json!("k".repeat(257))] {
        assert_eq!(code(&with_header(&json!({ "alg": "EdDSA", "kid": kid }).to_string())), "malformed_token");
    }
}

#[test]
fn a10_crit_is_refused_whatever_it_says() {
    for crit in [
        json!(["bork"]),
        json!([]),
        json!(["alg"]),
        json!(["exp", "exp"]),
        json!("exp"),
        json!(null),
        json!(["http://example.invalid/UNDEFINED"]),
    ] {
        let refused =
            with_header(&json!({ "alg": "EdDSA", "kid": "k1", "crit": crit, "bork": 1 }).to_string());
        assert_eq!((code(&refused), detail(&refused, "member")), ("header_refused", "crit".to_owned()));
    }
}

#[test]
fn a11_the_member_b64_is_refused_with_and_without_crit() {
    for header in [
        json!({ "alg": "EdDSA", "b64": false }),
        json!({ "alg": "EdDSA", "b64": true }),
        json!({ "alg": "EdDSA", "b64": false, "crit": ["b64"] }),
    ] {
        assert_eq!(code(&with_header(&header.to_string())), "header_refused");
    }
}

#[test]
fn a17_a_signature_is_there_whole_and_over_this_very_text() {
    for alg in Alg::ALL {
        let world = &mut World::with_alg(*alg);
        assert_eq!(resigned(world, |_| Vec::new()), "malformed_token", "{alg:?}");
        for keep in [1, 16, 31] {
            assert_eq!(resigned(world, |signature| signature[..keep].to_vec()), "bad_signature", "{alg:?}");
        }
        let mut claims = world.claims();
        let signature = good_token(world).rsplit_once('.').unwrap().1.to_owned();
        claims["sub"] = "admin".into();
        let tampered = world.op.key.token(&claims);
        let tampered = format!("{}.{signature}", tampered.rsplit_once('.').unwrap().0);
        let refused = world.verify(&tampered);
        assert_eq!((code(&refused), detail(&refused, "alg")), ("bad_signature", alg.as_str().to_owned()));
    }
}

#[test]
fn a17_a_foreign_key_under_a_known_name_is_refused() {
    let mut world = World::new();
    let forged = Key::seeded(Alg::EdDsa, "k1", "forger").token(&world.claims());
    let error = world.verify(&forged).unwrap_err();
    assert_eq!((error.code(), error.details()), ("bad_signature", vec![("alg", "EdDSA"), ("kid", "k1")]));
    let last = error.decisions().pop().unwrap();
    assert_eq!((last.check, last.passed), ("signature", false));
}

#[test]
fn b2_a_token_that_says_it_is_of_another_kind_is_refused() {
    for typ in ["JWT", "jwt", "application/jwt", "APPLICATION/JWT"] {
        assert_eq!(
            code(&with_header(&json!({ "alg": "EdDSA", "kid": "k1", "typ": typ }).to_string())),
            "ok",
            "{typ}"
        );
    }
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "token-introspection+jwt",
        "client-authentication+jwt",
        "JOSE",
        "JWT+x",
        "",
        "application/",
    ] {
        let refused = with_header(&json!({ "alg": "EdDSA", "kid": "k1", "typ": typ }).to_string());
        assert_eq!((code(&refused), detail(&refused, "actual")), ("typ_refused", typ.to_owned()));
    }
    assert_eq!(code(&with_header(r#"{"alg":"EdDSA","kid":"k1","typ":1}"#)), "malformed_token");
}

#[test]
fn a8_every_request_goes_to_the_providers_own_endpoints() {
    let mut world = World::new();
    let mut claims = world.claims();
    claims["iss"] = "https://evil.example".into();
    claims["_claim_sources"] =
        json!({ "src1": { "endpoint": "https://evil.example/claims", "access_token": "x" } });
    let token = world.op.key.token(&claims);
    assert_eq!(code(&world.verify(&token)), "iss_mismatch");
    claims["iss"] = world.op.issuer().into();
    claims["picture"] = "http://169.254.169.254/".into();
    world.verify_claims(&claims).unwrap();
    assert_eq!(world.op.count(Endpoint::Jwks), world.op.log.len());
    assert!(world.op.log.iter().all(|request| request.url == "https://op.example/jwks"));
}
