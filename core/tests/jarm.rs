//! Authorization responses that the provider signed (JARM).

#![cfg(all(feature = "signing", any(feature = "rustcrypto", feature = "aws-lc-rs")))]

mod support;

use relyingparty::{
    Alg, Authorization, AuthorizationCode, AuthorizeRequest, CallbackParams, Endpoint, Error, LoginCookies,
    LoginMissing, ResponseMode,
};
use serde_json::{Value, json};
use support::{CLIENT_ID, ISSUER, Key, START, World, code, detail, parameter, query};

fn world() -> World {
    let mut world = World::new();
    world.op.metadata["authorization_signing_alg_values_supported"] = json!(["EdDSA"]);
    world
}

fn begin(world: &mut World, mode: ResponseMode) -> Authorization {
    let mut request = AuthorizeRequest::default();
    request.response_mode = Some(mode);
    let begun = world.try_begin(&request).unwrap();
    assert_eq!(parameter(query(&begun.url), "response_mode").unwrap(), mode.as_str());
    begun
}

/// What a provider says in order, and what is changed of it.
fn claims(begun: &Authorization, edits: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": CLIENT_ID, "exp": START.as_unix() + 60,
        "code": "code-1", "state": parameter(query(&begun.url), "state").unwrap(),
    });
    for (name, value) in edits.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn take(
    world: &mut World,
    begun: Authorization,
    response: CallbackParams,
) -> Result<AuthorizationCode, Error> {
    assert!(response.is_signed() || response.get("response").is_none());
    let step = world.client().signed_callback(begun.pending, response, &world.cache, world.now)?;
    world.run(step)
}

fn in_query(token: &str) -> CallbackParams {
    CallbackParams::parse(&format!("response={token}")).unwrap()
}

#[test]
fn a_signed_response_is_a_code_like_any_other() {
    for mode in [ResponseMode::QueryJwt, ResponseMode::FormPostJwt] {
        let mut world = world();
        let begun = begin(&mut world, mode);
        world.op.authorize(&begun.url);
        let token = world.op.key.token(&claims(&begun, json!({})));
        let response = match mode {
            ResponseMode::QueryJwt => in_query(&token),
            _ => CallbackParams::parse_form_post(&format!("response={token}")).unwrap(),
        };
        assert_eq!(response.handle(), Some(begun.pending.handle()), "the login is found by the state inside");
        assert_eq!(response.get("state"), None, "which is read for nothing else");
        let exchange = take(&mut world, begun, response).unwrap();
        let checks: Vec<_> = exchange.decisions().iter().map(|decision| decision.check).collect();
        for check in ["iss", "aud", "exp", "signature", "response_mode", "state", "code"] {
            assert!(checks.contains(&check), "{check}");
        }
        let step = world.client().exchange(exchange).unwrap();
        assert_eq!(world.run(step).unwrap().claims().sub(), "subject-1");
        assert_eq!(world.op.count(Endpoint::Jwks), 1);
    }
}

#[test]
fn a_signed_response_finds_the_login_that_it_names_and_no_other() {
    let mut world = world();
    let (begun, other) =
        (begin(&mut world, ResponseMode::QueryJwt), begin(&mut world, ResponseMode::QueryJwt));
    let response = in_query(&world.op.key.token(&claims(&begun, json!({}))));
    let cookies =
        |login: &Authorization| LoginCookies::parse(login.pending.set_cookie().split(';').next().unwrap());
    let client = world.client();
    assert_eq!(client.login_id(&response, &cookies(&begun)).unwrap(), begun.pending.id());
    assert_eq!(detail(&client.login_id(&response, &cookies(&other)), "reason"), "other_cookies");
    assert_eq!(response.unclaimed(LoginMissing::Used).code(), "no_pending_login");
    assert!(client.owns(&begun.pending, &response));
    assert!(!client.owns(&other.pending, &response));
    let nameless = in_query(&world.op.key.token(&claims(&begun, json!({ "state": "" }))));
    assert_eq!(nameless.unclaimed(LoginMissing::Used).code(), "state_missing");
    assert!(!client.owns(&begun.pending, &nameless));
}

#[test]
fn the_name_jwt_is_the_query() {
    let request = AuthorizeRequest::from_json(r#"{"response_mode":"jwt"}"#).unwrap();
    assert_eq!(request.response_mode, Some(ResponseMode::QueryJwt));
}

#[test]
fn a_signed_response_that_is_not_in_order_is_refused() {
    let expired = START.as_unix() - 61;
    for (edits, expected) in [
        (json!({ "iss": "https://evil.example" }), "iss_mismatch"),
        (json!({ "iss": null }), "claim_missing"),
        (json!({ "aud": "another" }), "aud_mismatch"),
        (json!({ "aud": [CLIENT_ID, "another"] }), "aud_untrusted"),
        (json!({ "aud": null }), "claim_missing"),
        (json!({ "exp": expired }), "token_expired"),
        (json!({ "exp": null }), "claim_missing"),
        (json!({ "nbf": START.as_unix() + 3_600 }), "not_yet_valid"),
        (json!({ "iat": START.as_unix() + 3_600 }), "issued_in_future"),
        (json!({ "events": {} }), "claim_invalid"),
        (json!({ "state": "another" }), "state_mismatch"),
        (json!({ "state": null }), "state_missing"),
        (json!({ "code": null }), "code_missing"),
        (json!({ "code": 1 }), "code_missing"),
        (json!({ "access_token": "t" }), "callback_unexpected"),
        (json!({ "code": null, "error": "access_denied" }), "provider_error"),
        (json!({ "error": "access_denied" }), "callback_unexpected"),
    ] {
        let mut world = world();
        let begun = begin(&mut world, ResponseMode::QueryJwt);
        let token = world.op.key.token(&claims(&begun, edits.clone()));
        assert_eq!(code(&take(&mut world, begun, in_query(&token))), expected, "{edits}");
    }
}

#[test]
fn f13_nobody_else_signs_a_response() {
    let mut world = world();
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    let forged = Key::new(Alg::EdDsa, "k1").token(&claims(&begun, json!({})));
    let own = world.op.key.token(&claims(&begun, json!({})));
    let (input, _) = own.rsplit_once('.').unwrap();
    let (_, signature) = forged.rsplit_once('.').unwrap();
    let spoilt = format!("{input}.{}", signature.replace(char::is_alphanumeric, "A"));
    assert_eq!(code(&take(&mut world, begun, in_query(&spoilt))), "bad_signature");

    let again = begin(&mut world, ResponseMode::QueryJwt);
    let none = format!(
        "{}.{}.AA",
        support::b64(r#"{"alg":"none"}"#),
        support::b64(claims(&again, json!({})).to_string())
    );
    assert_eq!(code(&take(&mut world, again, in_query(&none))), "alg_refused");
}

#[test]
fn k5_a_plain_response_is_no_answer_to_who_asked_for_a_signed_one() {
    let mut world = world();
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    let plain = CallbackParams::parse(&world.op.authorize(&begun.url)).unwrap();
    let refused = take(&mut world, begun, plain);
    assert_eq!((code(&refused), &*detail(&refused, "expected")), ("response_mode_mismatch", "query.jwt"));

    let begun = world.begin();
    let token = world.op.key.token(&claims(&begun, json!({})));
    assert_eq!(
        code(&take(&mut world, begun, in_query(&token))),
        "response_mode_mismatch",
        "nor the other way round"
    );

    let begun = begin(&mut world, ResponseMode::FormPostJwt);
    let token = world.op.key.token(&claims(&begun, json!({})));
    assert_eq!(
        code(&take(&mut world, begun, in_query(&token))),
        "response_mode_mismatch",
        "nor in another way"
    );
}

#[test]
fn nothing_stands_beside_a_signed_response() {
    for beside in ["code=c", "state=s", "iss=https%3A%2F%2Fop.example", "error=access_denied"] {
        let mut world = world();
        let begun = begin(&mut world, ResponseMode::QueryJwt);
        let token = world.op.key.token(&claims(&begun, json!({})));
        let both = CallbackParams::parse(&format!("{beside}&response={token}")).unwrap();
        assert_eq!(code(&take(&mut world, begun, both)), "callback_unexpected", "{beside}");
    }
}

#[test]
fn f13_k6_an_id_token_is_no_response_and_a_response_no_id_token() {
    let mut world = world();
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    world.op.authorize(&begun.url);
    let id_token = world.op.key.token(&world.op.id_token_claims("access-1", world.now));
    let response = world.op.key.token(&claims(&begun, json!({ "iat": START.as_unix() })));
    assert_eq!(code(&take(&mut world, begun, in_query(&id_token))), "state_missing");
    assert_eq!(code(&world.verify(&response)), "claim_missing");
}

#[test]
fn a_response_that_cannot_be_read_names_no_login() {
    for odd in ["", "a.b.c", "a", "..", "eyJhbGciOiJFUzI1NiJ9.W10.AA"] {
        assert_eq!(in_query(odd).handle(), None, "{odd}");
    }
}

#[test]
fn k5_no_parameter_of_a_response_stands_beside_a_signed_one() {
    for beside in [
        "access_token=t",
        "id_token=t",
        "token_type=Bearer",
        "session_state=s",
        "error_description=d",
        "error_uri=u",
        "expires_in=1",
        "scope=openid",
    ] {
        let mut world = world();
        let begun = begin(&mut world, ResponseMode::QueryJwt);
        let token = world.op.key.token(&claims(&begun, json!({})));
        let both = CallbackParams::parse(&format!("response={token}&{beside}")).unwrap();
        assert_eq!(code(&take(&mut world, begun, both)), "callback_unexpected", "{beside}");
    }
    let mut world = world();
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    let token = world.op.key.token(&claims(&begun, json!({})));
    let marked = CallbackParams::parse(&format!("response={token}&utm_source=x")).unwrap();
    assert_eq!(
        code(&take(&mut world, begun, marked)),
        "ok",
        "what is no parameter of a response says nothing"
    );
}

#[test]
fn k6_an_id_tokens_own_type_is_no_responses() {
    let mut world = world();
    world.policy.accepted_typ = vec!["id+jwt".into()];
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    let header = json!({ "alg": "EdDSA", "kid": world.op.key.kid, "typ": "id+jwt" });
    let token = world.op.key.token_of(&header.to_string(), &claims(&begun, json!({})).to_string());
    assert_eq!(code(&take(&mut world, begun, in_query(&token))), "typ_refused");
}

#[test]
fn a_response_as_long_as_the_policy_allows_finds_its_login() {
    let mut world = world();
    (world.policy.max_token_bytes, world.policy.max_callback_bytes) = (65_536, 65_536);
    world.policy.max_parameter_bytes = 32_768;
    let begun = begin(&mut world, ResponseMode::QueryJwt);
    let long = "c".repeat(16_000);
    let response = in_query(&world.op.key.token(&claims(&begun, json!({ "code": long }))));
    assert_eq!(response.handle(), Some(begun.pending.handle()));
    assert_eq!(code(&take(&mut world, begun, response)), "ok");
}

#[test]
fn a_response_that_says_two_things_in_two_types_is_refused() {
    for edits in [
        json!({ "error": {} }),
        json!({ "error": 1 }),
        json!({ "access_token": ["t"] }),
        json!({ "error": ["access_denied"], "code": "c" }),
    ] {
        let mut world = world();
        let begun = begin(&mut world, ResponseMode::QueryJwt);
        let token = world.op.key.token(&claims(&begun, edits.clone()));
        assert_eq!(code(&take(&mut world, begun, in_query(&token))), "callback_malformed", "{edits}");
    }
}
