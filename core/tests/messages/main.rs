//! Errors speak in the library's words. Text from outside is in their details, and in their messages only as far as it can do
//! nothing there; and what a message says helps.

mod hostile;
mod retries;
#[path = "../support/mod.rs"]
mod support;

use relyingparty::{
    Alg, AuthorizeRequest, Endpoint, Error, HttpResponse, Issuer, Metadata, Provider, Reply, Secret,
};
use serde_json::{Value, json};
use support::{CLIENT_SECRET, Key, START, World, typed_response};

pub(crate) fn callback(more: &str) -> Option<Error> {
    let mut world = World::new();
    let login = world.begin();
    let sent = world.op.authorize(&login.url);
    let state = sent.split('&').find(|pair| pair.starts_with("state=")).unwrap().to_owned();
    world.callback(login, &format!("{state}&{more}")).err()
}

pub(crate) fn token(header: &Value, claims: impl Fn(&mut Value)) -> Option<Error> {
    let mut world = World::new();
    let mut body = world.claims();
    claims(&mut body);
    let token = world.op.key.token_of(&header.to_string(), &body.to_string());
    world.verify(&token).err()
}

pub(crate) fn claim(name: &str, value: Value) -> Option<Error> {
    token(&json!({ "alg": "EdDSA", "kid": "k1" }), |claims| claims[name] = value.clone())
}

pub(crate) fn served(endpoint: Endpoint, status: u16, media_type: &str, body: &str) -> Option<Error> {
    answered(endpoint, Reply::Http(typed_response(status, media_type, body)))
}

/// A token that anybody may have sent, with keys that are served like this.
pub(crate) fn keys(media_type: &str, keys: &str) -> Option<Error> {
    let mut world = World::new();
    world.op.answer_with(Endpoint::Jwks, typed_response(200, media_type, keys));
    let claims = world.claims();
    world.verify_claims(&claims).err()
}

pub(crate) fn answered(endpoint: Endpoint, reply: Reply) -> Option<Error> {
    let mut world = World::new();
    world.op.instead.push((endpoint, reply));
    world.try_login().err()
}

pub(crate) fn metadata(member: &str, value: Value) -> Option<Error> {
    let mut world = World::new();
    world.registration.client_secret = Some(Secret::new(CLIENT_SECRET));
    world.op.metadata[member] = value;
    let issuer = Issuer::parse(support::ISSUER).unwrap();
    match Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes()) {
        Err(error) => Some(error),
        Ok(_) => match world.try_client() {
            Err(error) => Some(error),
            Ok(_) => world.try_begin(&AuthorizeRequest::default()).err(),
        },
    }
}

pub(crate) fn member(name: &str, value: &str) -> Option<Error> {
    let mut world = World::new();
    world.op.member(name, value);
    world.try_login().err()
}

pub(crate) fn refused(status: u16, headers: Vec<(String, String)>, body: &str) -> Option<Error> {
    answered(Endpoint::Token, Reply::Http(HttpResponse::new(status, headers, body.as_bytes().to_vec())))
}

#[test]
fn a_providers_error_is_in_the_message_with_its_endpoint() {
    let error = refused(401, vec![], r#"{"error":"invalid_client"}"#).unwrap();
    let message = "the provider answered with an error: invalid_client, from the token endpoint";
    assert_eq!(without_advice(&error), message);
    assert_eq!(error.details(), [("error", "invalid_client"), ("endpoint", "token")]);
    let error = callback("error=access_denied").unwrap();
    let message = "the provider answered with an error: access_denied, from the authorization endpoint";
    assert_eq!((error.to_string().as_str(), error.detail("endpoint")), (message, Some("authorization")));
    let long = "e".repeat(100);
    let error = callback(&format!("error={long}")).unwrap();
    assert_eq!(error.detail("error"), Some(&long[..64]));
    assert_eq!(error.server_error().unwrap().error, long);
    let forged = callback("error=x,+from+the+token+endpoint").unwrap().to_string();
    assert!(forged.ends_with(": [x, from the token endpoint], from the authorization endpoint"), "{forged}");
    let mut world = World::new();
    let session = world.login();
    let challenge = [("www-authenticate".into(), r#"Bearer error="invalid_token""#.into())];
    let response = HttpResponse::new(401, challenge.into(), vec![]);
    world.op.answer_with(Endpoint::UserInfo, response);
    let step = world.client().userinfo(&session).unwrap();
    let error = world.run(step).unwrap_err();
    assert!(without_advice(&error).ends_with(": invalid_token, from the userinfo endpoint"), "{error}");
}

/// The message without what to do about it, with which it ends where the feature `setup` is.
fn without_advice(error: &Error) -> String {
    let message = error.to_string();
    let (said, advice) =
        message.split_once("; ").map_or((&*message, None), |(said, advice)| (said, Some(advice)));
    assert_eq!(advice.is_some(), cfg!(feature = "setup"), "{message}");
    said.to_owned()
}

#[test]
fn a_refused_algorithm_names_the_option_that_would_take_it() {
    let option = "id_token_signed_response_alg";
    for alg in ["HS256", "HS384", "HS512"] {
        let message = token(&json!({ "alg": alg }), |_| ()).unwrap().to_string();
        assert!(message.ends_with(&format!("set the option {option} to {alg}")), "{message}");
    }
    assert!(!token(&json!({ "alg": "none" }), |_| ()).unwrap().to_string().contains(option));
    let mut world = World::new();
    world.registration = world.registration.with_secret(CLIENT_SECRET);
    world.op.key = Key::new(Alg::Hs256, "k1");
    let claims = world.claims();
    let message = world.verify_claims(&claims).unwrap_err().to_string();
    assert!(message.contains(option), "{message}");
    let mut world = World::new();
    world.registration = world.registration.with_secret(CLIENT_SECRET);
    world.registration.id_token_signed_response_alg = Some(Alg::Hs256);
    let claims = world.claims();
    let message = world.verify_claims(&claims).unwrap_err().to_string();
    assert!(
        message.contains(option) && message.ends_with("leave it out if the provider signs with a key"),
        "{message}"
    );
}

#[test]
fn a_token_from_the_future_says_whose_clock_is_ahead_by_how_much_and_what_to_do() {
    let message = |seconds: i64| {
        let error = claim("iat", (START.as_unix() + seconds).into()).unwrap();
        assert_eq!(error.code(), "issued_in_future");
        error.to_string()
    };
    let ahead = "; the clock of the provider is 300 s ahead of the clock of this host: set the one that is wrong, or \
                 allow for it with allowed_skew_secs in the policy";
    assert!(message(300).ends_with(ahead), "{}", message(300));
    let far =
        "; the clock of the provider is 301 s ahead of the clock of this host: set the one that is wrong";
    assert!(message(301).ends_with(far), "more than a policy may allow: {}", message(301));
}

#[test]
fn metadata_that_are_not_there_say_to_compare_the_issuer() {
    let discovered = |status: u16| {
        let mut world = World::new();
        world.op.answer_with(Endpoint::Discovery, typed_response(status, "text/html", "<html>"));
        let step = Provider::discover(&world.issuer(), &world.policy, &world.cache, START).unwrap();
        world.run(step).unwrap_err().to_string()
    };
    let compare = "compare the issuer with the one that the provider documents";
    assert!(discovered(404).contains(compare) && discovered(410).contains(compare), "{}", discovered(404));
    assert!(!discovered(503).contains(compare));
}

#[test]
fn a_response_that_is_still_compressed_says_so_wherever_it_is_read() {
    // {} as gzip, zlib, brotli and Zstandard write it.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    let zlib = b"\x78\x9c\xab\xae\x05\x00\x01\x75\x00\xf9";
    let brotli = b"\x8b\x00\x80\x7b\x7d\x03";
    let zstd = b"\x28\xb5\x2f\xfd\x00\x58\x11\x00\x00\x7b\x7d";
    let answer = |status: u16, media_type: &str, coding: &str, body: &[u8]| {
        let mut headers = vec![("content-type".into(), media_type.into())];
        if !coding.is_empty() {
            headers.push(("Content-Encoding".into(), coding.into()));
        }
        HttpResponse::new(status, headers, body.to_vec())
    };
    let json = "application/json";
    let code = |endpoint: Endpoint, response: HttpResponse| {
        let mut world = World::new();
        let session = world.login();
        world.cache = Default::default();
        world.op.answer_with(endpoint, response);
        let ended = match endpoint {
            Endpoint::Discovery => {
                let step = Provider::discover(&world.issuer(), &world.policy, &world.cache, START).unwrap();
                world.run(step).map(drop)
            }
            Endpoint::Jwks => {
                let step = world.provider().refresh_keys(&world.policy).unwrap();
                world.run(step).map(drop)
            }
            Endpoint::Token => world.refresh(&session).map(drop),
            _ => {
                let step = world.client().userinfo(&session).unwrap();
                world.run(step).map(drop)
            }
        };
        let error = ended.unwrap_err();
        assert!(!error.is_retryable() || error.code() != "compressed_response");
        assert!(!error.to_string().contains("canary"), "{error}");
        let coding = error.detail("coding").unwrap_or_default();
        format!("{} {coding}", error.code()).trim_end().to_owned()
    };
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Token, Endpoint::UserInfo] {
        for (coding, body, said) in [
            ("gzip", &gzip[..], "gzip"),
            ("X-GZIP", gzip, "x-gzip"),
            ("", gzip, "gzip"),
            ("deflate", zlib, "deflate"),
            ("br", brotli, "br"),
            ("zstd", zstd, "zstd"),
            ("canary", zlib, "other"),
        ] {
            let said = format!("compressed_response {said}");
            assert_eq!(code(endpoint, answer(200, json, coding, body)), said, "{endpoint:?}");
        }
        // What was decompressed may still carry the header; what is refused for its status is.
        assert_ne!(code(endpoint, answer(200, json, "gzip", b"[]")), "compressed_response gzip");
        assert!(!code(endpoint, answer(503, json, "gzip", gzip)).starts_with("compressed"), "{endpoint:?}");
    }
    assert_eq!(
        code(Endpoint::UserInfo, answer(200, "application/jwt", "gzip", gzip)),
        "compressed_response gzip"
    );
    assert_eq!(code(Endpoint::Token, answer(400, json, "gzip", gzip)), "compressed_response gzip");
}

#[test]
fn an_encrypted_token_is_called_one() {
    let header = support::b64(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#);
    let error = member("id_token", &format!("{header}.a.b.c.d")).unwrap();
    assert_eq!(error.code(), "malformed_token");
    assert!(error.to_string().contains("is encrypted (JWE)"), "{error}");
}

#[test]
fn an_error_without_iss_says_which_registered_error_it_carried() {
    let refused = |more: &str| {
        let mut world = World::new();
        world.op.metadata["authorization_response_iss_parameter_supported"] = true.into();
        let login = world.begin();
        let sent = world.op.authorize(&login.url);
        let state = sent.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        let error = world.callback(login, &format!("{state}&{more}")).unwrap_err();
        assert_eq!((error.code(), error.server_error()), ("response_issuer_missing", None));
        error
    };
    for registered in ["access_denied", "login_required", "temporarily_unavailable", "invalid_scope"] {
        let error = refused(&format!("error={registered}"));
        assert_eq!(error.detail("error"), Some(registered));
        assert!(error.to_string().contains(&format!("error: [{registered}]")), "{error}");
    }
    for other in ["code=c", "error=your_account_is_locked_call_us", "error=", "error=<b>"] {
        let error = refused(other);
        assert_eq!(error.detail("error"), Some(""), "{other}");
        assert!(!error.to_string().contains("error: "), "{error}");
    }
}

#[test]
fn a_key_on_a_curve_that_is_not_supported_is_why_no_key_fits() {
    for kid in [json!("k1"), Value::Null] {
        let mut world = World::new();
        let mut key = world.op.key.jwk();
        key["crv"] = "Ed448".into();
        world.op.jwks = json!({ "keys": [key] });
        let mut header = json!({ "alg": "EdDSA" });
        if !kid.is_null() {
            header["kid"] = kid.clone();
        }
        let token = world.op.key.token_of(&header.to_string(), &world.claims().to_string());
        let error = world.verify(&token).unwrap_err();
        let left_out = Some("curve Ed448 is not supported");
        assert_eq!((error.code(), error.detail("left_out")), ("unknown_key", left_out), "{kid}");
    }
}
