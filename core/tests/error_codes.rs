//! Every error code can be provoked, by the shortest way there, and none says a secret.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use relyingparty::{
    AuthMethod, AuthorizeRequest, Cache, CallbackParams, Endpoint, Entropy, Error, Expectations, Flow,
    Issuer, Metadata, PendingLogin, Provider, Reply, Step, Timestamp,
};
use serde_json::{Value, json};
use support::{Key, START, World, canary_world, secrets_in, typed_response};

/// The error that a canary world ends with.
type Provoke = fn(World) -> Error;

fn set(world: &mut World, member: &str, value: impl Into<Value>) {
    world.op.metadata[member] = value.into();
}

/// The error of a callback whose query is made from the query that the provider meant to send.
fn callback(mut world: World, query: impl Fn(&str) -> String) -> Error {
    let authorization = world.begin();
    let sent = world.op.authorize(&authorization.url);
    world.callback(authorization, &query(&sent)).unwrap_err()
}

/// The error of a callback after the world has changed.
fn callback_after(mut world: World, change: impl Fn(&mut World)) -> Error {
    let authorization = world.begin();
    let sent = world.op.authorize(&authorization.url);
    change(&mut world);
    world.callback(authorization, &sent).unwrap_err()
}

fn login(mut world: World, change: impl Fn(&mut World)) -> Error {
    change(&mut world);
    world.try_login().unwrap_err()
}

fn claim(world: World, name: &str, value: impl Into<Value>) -> Error {
    let value = value.into();
    login(world, |world| world.op.claim(name, value.clone()))
}

fn begin(mut world: World, request: Value) -> Error {
    world.try_begin(&AuthorizeRequest::from_json(&request.to_string()).unwrap()).unwrap_err()
}

fn client(mut world: World, change: impl Fn(&mut World)) -> Error {
    change(&mut world);
    world.try_client().unwrap_err()
}

fn parse(world: &World) -> Error {
    Metadata::parse(&Issuer::parse(support::ISSUER).unwrap(), world.op.metadata.to_string().as_bytes())
        .unwrap_err()
}

fn metadata(mut world: World, member: &str, value: impl Into<Value>) -> Error {
    set(&mut world, member, value);
    parse(&world)
}

fn answered(world: World, endpoint: Endpoint, status: u16, media_type: &str, body: &str) -> Error {
    login(world, |world| world.op.answer_with(endpoint, typed_response(status, media_type, body)))
}

/// The error of a truly signed token with another header.
fn header(mut world: World, header: &Value) -> Error {
    let token = world.op.key.token_of(&header.to_string(), &world.claims().to_string());
    world.verify(&token).unwrap_err()
}

fn after_login(mut world: World, end: impl Fn(&mut World, &relyingparty::Session) -> Error) -> Error {
    let session = world.login();
    end(&mut world, &session)
}

const JSON: &str = "application/json";

/// Of the category `Callback`, and of what a host stores.
const CALLBACK: &[(&str, Provoke)] = &[
    ("no_pending_login", |_| PendingLogin::decode(None).unwrap_err()),
    ("pending_login_expired", |w| callback_after(w, |w| w.wait(601))),
    ("pending_login_mismatch", |w| callback_after(w, |w| w.registration.client_id = "other".into())),
    ("state_missing", |w| callback(w, |_| "code=canary".into())),
    ("state_mismatch", |w| callback(w, |_| "code=canary&state=canary".into())),
    ("response_issuer_mismatch", |w| callback(w, |sent| format!("{sent}&iss=https://evil.example"))),
    ("response_issuer_missing", |mut w| {
        set(&mut w, "authorization_response_iss_parameter_supported", true);
        callback(w, str::to_owned)
    }),
    ("response_mode_mismatch", |mut w| {
        let authorization = w.begin();
        let posted = CallbackParams::parse_form_post(&w.op.authorize(&authorization.url)).unwrap();
        w.client().callback(authorization.pending, &posted, START).unwrap_err()
    }),
    ("code_missing", |w| callback(w, |sent| sent.split_once('&').unwrap().1.to_owned())),
    ("callback_malformed", |_| CallbackParams::parse("code=canary%zz").unwrap_err()),
    ("callback_duplicate", |_| CallbackParams::parse("code=canary&code=canary").unwrap_err()),
    ("callback_unexpected", |w| callback(w, |sent| format!("{sent}&access_token=canary"))),
    ("unreadable_pending_login", |_| PendingLogin::decode(Some(r#"{"state":"canary"}"#)).unwrap_err()),
    ("unreadable_session", |w| w.client().restore("canary", &w.cache, START).unwrap_err()),
    ("unreadable_cache", |_| Cache::from_json("canary").unwrap_err()),
];

/// Of the categories `Configuration` and `Misuse`.
const HOST: &[(&str, Provoke)] = &[
    ("invalid_issuer", |_| Issuer::parse("http://op.example").unwrap_err()),
    ("invalid_configuration", |w| {
        client(w, |w| w.registration.token_endpoint_auth_method = Some(AuthMethod::None))
    }),
    ("policy_out_of_range", |w| client(w, |w| w.policy.allowed_skew_secs = 301)),
    ("reserved_parameter", |w| begin(w, json!({ "extra": { "state": "canary" } }))),
    ("endpoint_missing", |mut w| {
        set(&mut w, "token_endpoint", Value::Null);
        begin(w, json!({}))
    }),
    ("proving_needed", |mut w| {
        set(&mut w, "require_pushed_authorization_requests", true);
        begin(w, json!({}))
    }),
    ("auth_method_unsupported", |w| {
        client(w, |w| set(w, "token_endpoint_auth_methods_supported", json!(["private_key_jwt"])))
    }),
    ("pkce_unsupported", |mut w| {
        set(&mut w, "code_challenge_methods_supported", json!(["plain"]));
        begin(w, json!({}))
    }),
    ("signing_alg_unsupported", |w| {
        client(w, |w| set(w, "id_token_signing_alg_values_supported", json!(["none"])))
    }),
    #[cfg(not(any(feature = "rustcrypto", feature = "aws-lc-rs")))]
    ("no_signature_backend", |w| client(w, |w| w.policy.signatures = relyingparty::Signatures::Core)),
    ("unsupported_request", |w| {
        let step = w.provider().refresh_keys(&w.policy).unwrap();
        relyingparty::drive(step, &mut w.cache.clone(), || START, |_| Reply::Unsupported).unwrap_err()
    }),
    ("wrong_reply", |mut w| {
        let step = w.provider().refresh_keys(&w.policy).unwrap();
        let Step::Pending(flow) = step else { panic!("it asks") };
        flow.resume(Reply::Verified(true), &mut w.cache, START).unwrap_err()
    }),
    ("weak_entropy", |_| Entropy::new(*b"canary").unwrap_err()),
    ("implausible_clock", |mut w| {
        w.now = Timestamp::from_unix(0);
        begin(w, json!({}))
    }),
    ("session_mismatch", |w| {
        after_login(w, |w, session| {
            w.registration.client_id = "other".into();
            w.refresh(session).unwrap_err()
        })
    }),
    ("no_refresh_token", |mut w| {
        w.op.without_member("refresh_token");
        after_login(w, |w, session| w.refresh(session).unwrap_err())
    }),
    ("no_access_token", |mut w| {
        w.op.without_member("access_token");
        w.op.without_claim("at_hash");
        w.policy.accept_missing_access_token = Some(true);
        after_login(w, |w, session| w.client().userinfo(session).unwrap_err())
    }),
];

/// Of the categories `Protocol`, `Provider` and `Transport`.
const PROVIDER: &[(&str, Provoke)] = &[
    ("unexpected_status", |mut w| {
        w.op.answer_with(Endpoint::Jwks, typed_response(500, JSON, "canary"));
        let step = w.provider().refresh_keys(&w.policy).unwrap();
        w.run(step).unwrap_err()
    }),
    ("redirect_refused", |w| answered(w, Endpoint::Token, 302, JSON, "canary")),
    ("unexpected_content_type", |w| answered(w, Endpoint::Token, 200, "text/html", "canary")),
    ("compressed_response", |w| {
        let body = *b"\x1f\x8bcanary";
        login(w, |w| w.op.answer_with(Endpoint::Token, typed_response(200, JSON, body)))
    }),
    ("response_too_large", |w| answered(w, Endpoint::Token, 200, JSON, &"canary".repeat(50_000))),
    ("malformed_json", |w| answered(w, Endpoint::Token, 200, JSON, "canary")),
    ("metadata_member_missing", |w| metadata(w, "jwks_uri", Value::Null)),
    ("metadata_member_invalid", |w| metadata(w, "jwks_uri", "http://op.example/jwks")),
    ("metadata_issuer_mismatch", |mut w| {
        let step = Provider::discover(&w.issuer(), &w.policy, &w.cache, START).unwrap();
        set(&mut w, "issuer", "https://evil.example");
        w.run(step).unwrap_err()
    }),
    ("response_member_missing", |w| login(w, |w| w.op.without_member("id_token"))),
    ("response_member_invalid", |w| login(w, |w| w.op.member("access_token", "canary\n"))),
    ("token_type_unsupported", |w| login(w, |w| w.op.member("token_type", "mac"))),
    ("userinfo_sub_mismatch", |mut w| {
        w.op.userinfo = json!({ "sub": "canary" });
        after_login(w, |w, session| {
            let step = w.client().userinfo(session).unwrap();
            w.run(step).unwrap_err()
        })
    }),
    ("provider_error", |w| {
        answered(w, Endpoint::Token, 400, JSON, r#"{"error":"invalid_grant","error_description":"canary"}"#)
    }),
    ("provider_status", |w| answered(w, Endpoint::Token, 500, "text/html", "canary")),
    ("metadata_unavailable", |mut w| {
        w.op.unreachable(Endpoint::Discovery);
        let discover = |w: &mut World| {
            let step = Provider::discover(&w.issuer(), &w.policy, &w.cache, START)?;
            w.run(step)
        };
        discover(&mut w).unwrap_err();
        discover(&mut w).unwrap_err()
    }),
    ("keys_unavailable", |mut w| {
        w.op.unreachable(Endpoint::Jwks);
        w.try_login().unwrap_err();
        w.try_login().unwrap_err()
    }),
    ("unreachable", |w| login(w, |w| w.op.unreachable(Endpoint::Token))),
];

/// Of the category `Token`.
const TOKEN: &[(&str, Provoke)] = &[
    ("malformed_token", |w| login(w, |w| w.op.member("id_token", "canary"))),
    ("token_too_large", |w| login(w, |w| w.op.member("id_token", "canary".repeat(3_000)))),
    ("header_refused", |w| header(w, &json!({ "alg": "EdDSA", "crit": ["canary"] }))),
    ("alg_refused", |w| header(w, &json!({ "alg": "none" }))),
    ("typ_refused", |w| header(w, &json!({ "alg": "EdDSA", "typ": "at+jwt" }))),
    ("unknown_key", |w| header(w, &json!({ "alg": "EdDSA", "kid": "k2" }))),
    ("ambiguous_key", |mut w| {
        let twin = Key::seeded(w.op.key.alg, "k1", "twin").jwk();
        w.op.jwks = json!({ "keys": [w.op.key.jwk(), twin] });
        w.try_login().unwrap_err()
    }),
    ("bad_signature", |mut w| {
        w.op.key = Key::seeded(w.op.key.alg, "k1", "forger");
        w.try_login().unwrap_err()
    }),
    ("claim_missing", |w| login(w, |w| w.op.without_claim("nonce"))),
    ("claim_invalid", |w| claim(w, "nonce", json!(["canary"]))),
    ("iss_mismatch", |w| claim(w, "iss", "https://evil.example")),
    ("aud_mismatch", |w| claim(w, "aud", "other")),
    ("aud_untrusted", |w| claim(w, "aud", json!(["client", "other"]))),
    ("azp_mismatch", |w| claim(w, "azp", "other")),
    ("token_expired", |w| claim(w, "exp", START.as_unix() - 60)),
    ("issued_in_future", |w| claim(w, "iat", START.as_unix() + 61)),
    ("not_yet_valid", |w| claim(w, "nbf", START.as_unix() + 61)),
    ("nonce_mismatch", |w| claim(w, "nonce", "canary")),
    ("authentication_too_old", |mut w| {
        w.op.claim("auth_time", START.as_unix() - 100);
        let token = w.op.key.token(&w.claims());
        w.verify_with(&token, Expectations::none().max_age(1)).unwrap_err()
    }),
    ("acr_mismatch", |mut w| {
        w.op.claim("acr", "bronze");
        let token = w.op.key.token(&w.claims());
        w.verify_with(&token, Expectations::none().acr_values(vec!["gold".into()])).unwrap_err()
    }),
    ("sub_mismatch", |mut w| {
        let token = w.op.key.token(&w.claims());
        w.verify_with(&token, Expectations::none().subject("canary")).unwrap_err()
    }),
    ("at_hash_mismatch", |w| claim(w, "at_hash", "canary")),
    ("refreshed_claim_changed", |w| {
        after_login(w, |w, session| {
            w.op.claim("sub", "subject-2");
            w.refresh(session).unwrap_err()
        })
    }),
];

/// Of clients that prove themselves with keys: of the categories `Configuration` and `Misuse`.
#[cfg(feature = "signing")]
mod proving {
    use relyingparty::{ApiRequest, Method, Policy, Request, SigningKey};

    use super::*;

    /// A public key; the host has the other half, as far as anybody here knows.
    const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn key() -> SigningKey {
        SigningKey::held_by_host("canary", relyingparty::Alg::EdDsa, Some(JWK)).unwrap()
    }

    /// A step of a login whose exchange signs, after this reply.
    fn exchange(mut world: World, change: impl Fn(&mut World), replies: Vec<Reply>) -> Error {
        change(&mut world);
        let authorization = world.begin();
        let sent = world.op.authorize(&authorization.url);
        let code = world.callback(authorization, &sent).unwrap();
        let client = world.client();
        let mut step = client.proving(support::entropy(9), &world.cache, START).exchange(code).unwrap();
        for reply in replies {
            let Step::Pending(flow) = step else { panic!("nobody was asked") };
            step = match flow.resume(reply, &mut world.cache, START) {
                Ok(step) => step,
                Err(error) => return error,
            };
        }
        panic!("no error: {step:?}")
    }

    fn signature() -> Reply {
        Reply::Signature(vec![7; 64])
    }

    fn tokens(body: &str) -> Reply {
        Reply::Http(typed_response(200, JSON, body))
    }

    fn bound(world: &mut World) {
        world.registration.dpop_keys = vec![key()];
    }

    pub(super) const HOST: &[(&str, Provoke)] = &[
        ("profile_unmet", |w| client(w, |w| w.policy.profile = Policy::fapi2().profile)),
        ("entropy_missing", |mut w| {
            w.registration.signing_keys = vec![key()];
            w.registration.client_secret = None;
            w.try_login().unwrap_err()
        }),
        ("signature_unusable", |w| exchange(w, bound, vec![Reply::Signature(b"canary".to_vec())])),
        ("assertion_unusable", |w| {
            let by_host = |w: &mut World| w.registration.client_assertion_type = Some("urn:x".into());
            exchange(w, by_host, vec![Reply::Assertion("canary canary".into())])
        }),
        ("dpop_key_mismatch", |mut w| {
            bound(&mut w);
            let authorization = w.begin();
            let sent = w.op.authorize(&authorization.url);
            let code = w.callback(authorization, &sent).unwrap();
            w.registration.dpop_keys.clear();
            w.client().exchange(code).unwrap_err()
        }),
        ("origin_not_allowed", |w| {
            after_login(w, |w, session| {
                let request = ApiRequest::new(Method::Get, "https://api.example/canary");
                w.client().call(session, request).unwrap_err()
            })
        }),
    ];

    pub(super) const PROVIDER: &[(&str, Provoke)] = &[
        ("token_not_bound", |w| {
            let reply = tokens(r#"{"access_token":"canary","id_token":"canary","token_type":"Bearer"}"#);
            exchange(w, bound, vec![signature(), reply])
        }),
        ("dpop_nonce_refused", |w| {
            let mut refusal = typed_response(400, JSON, r#"{"error":"use_dpop_nonce"}"#);
            refusal.headers.push(("dpop-nonce".into(), "canary canary".into()));
            exchange(w, bound, vec![signature(), Reply::Http(refusal)])
        }),
    ];

    #[test]
    fn every_request_to_sign_can_be_answered_wrongly() {
        let error = exchange(canary_world(), bound, vec![Reply::Verified(true)]);
        assert_eq!(error.code(), "wrong_reply");
        let mut world = canary_world();
        bound(&mut world);
        let authorization = world.begin();
        let sent = world.op.authorize(&authorization.url);
        let code = world.callback(authorization, &sent).unwrap();
        let client = world.client();
        let step = client.proving(support::entropy(9), &world.cache, START).exchange(code).unwrap();
        let Step::Pending(flow) = step else { panic!("nobody was asked") };
        assert!(matches!(flow.request(), Request::Sign(_)));
    }
}

#[cfg(not(feature = "signing"))]
mod proving {
    use super::Provoke;

    pub(super) const HOST: &[(&str, Provoke)] = &[];
    pub(super) const PROVIDER: &[(&str, Provoke)] = &[];

    /// Nothing is signed in this build.
    pub(super) const OUT_OF_REACH: [&str; 8] = [
        "assertion_unusable",
        "dpop_key_mismatch",
        "dpop_nonce_refused",
        "entropy_missing",
        "origin_not_allowed",
        "profile_unmet",
        "signature_unusable",
        "token_not_bound",
    ];
}

/// Of logouts.
#[cfg(feature = "logout")]
mod logout {
    use relyingparty::Revocable;

    use super::*;

    pub(super) const LOGOUT: &[(&str, Provoke)] = &[
        ("logout_malformed", |_| relyingparty::logout_token_in("canary").unwrap_err()),
        ("logout_issuer_mismatch", |w| {
            w.client().front_channel_logout("iss=https://evil.example&sid=canary").unwrap_err()
        }),
        ("logout_state_missing", |_| relyingparty::logged_out("", Some("canary")).unwrap_err()),
        ("logout_state_mismatch", |_| {
            relyingparty::logged_out("state=canary", Some("canary-2")).unwrap_err()
        }),
        ("logout_token_too_old", |mut w| {
            let (iat, event) = (START.as_unix() - 661, "http://schemas.openid.net/event/backchannel-logout");
            let claims = json!({
                "iss": w.op.issuer(), "aud": "client", "iat": iat, "exp": START.as_unix(), "jti": "canary",
                "sub": "canary", "events": { event: {} },
            });
            let step = w.client().logout_token(&w.op.key.token(&claims), &w.cache, START);
            step.and_then(|step| w.run(step)).unwrap_err()
        }),
        ("revocation_unavailable", |mut w| {
            set(&mut w, "revocation_endpoint", "https://op.example/revoke");
            w.op.answer_with(Endpoint::Revocation, typed_response(503, "text/html", "canary"));
            let step = w.client().revoke(Revocable::access_token("canary")).unwrap();
            w.run(step).unwrap_err()
        }),
    ];
}

#[cfg(not(feature = "logout"))]
mod logout {
    use super::Provoke;

    pub(super) const LOGOUT: &[(&str, Provoke)] = &[];
}

fn all() -> impl Iterator<Item = &'static (&'static str, Provoke)> {
    [CALLBACK, HOST, PROVIDER, TOKEN, logout::LOGOUT, proving::HOST, proving::PROVIDER].into_iter().flatten()
}

/// Of a whole site: `core/tests/site` provokes them.
#[cfg(feature = "site")]
const OF_A_SITE: [&str; 7] = [
    "cookie_too_large",
    "cross_site_request",
    "logout_token_replayed",
    "refresh_pending",
    "session_over",
    "store_unavailable",
    "unknown_provider",
];

/// With cryptography compiled in there is no asking for it in vain.
fn out_of_reach() -> BTreeSet<&'static str> {
    let mut codes = BTreeSet::new();
    #[cfg(feature = "site")]
    codes.extend(OF_A_SITE);
    if cfg!(any(feature = "rustcrypto", feature = "aws-lc-rs")) {
        codes.insert("no_signature_backend");
    }
    #[cfg(not(feature = "signing"))]
    codes.extend(proving::OUT_OF_REACH);
    codes
}

#[test]
fn each_way_leads_to_its_code() {
    for (code, provoke) in all() {
        let error = provoke(canary_world());
        assert_eq!(error.code(), *code, "{error:?}");
    }
}

#[test]
fn the_codes_that_can_be_provoked_are_the_codes_there_are() {
    let provoked: BTreeSet<&str> = all().map(|(code, _)| *code).chain(out_of_reach()).collect();
    assert_eq!(provoked, Error::codes().iter().copied().collect());
    assert_eq!(all().count() + out_of_reach().len(), Error::codes().len(), "one way each");
}

#[test]
fn f7_no_error_says_a_secret() {
    let mut leaks = BTreeMap::new();
    for (code, provoke) in all() {
        let error = provoke(canary_world());
        let decisions = serde_json::to_string(&error.decisions()).unwrap();
        let shown =
            format!("{error} {error:?} {error:#?} {:?} {:?} {decisions}", error.details(), error.kind());
        if !secrets_in(&shown).is_empty() {
            leaks.insert(*code, shown);
        }
    }
    assert_eq!(leaks, BTreeMap::new());
}

#[test]
fn the_servers_own_words_are_reached_by_name_only() {
    let (_, provoke) = all().find(|(code, _)| *code == "provider_error").unwrap();
    let error = provoke(canary_world());
    assert_eq!(error.server_error().unwrap().error_description.as_deref(), Some("canary"));
    let others = all().filter(|(code, _)| *code != "provider_error");
    assert!(others.map(|(_, provoke)| provoke(canary_world())).all(|error| error.server_error().is_none()));
}

#[test]
fn every_error_has_a_category_that_fits_its_place() {
    let names = |table: &[(&str, Provoke)]| -> BTreeSet<&'static str> {
        table.iter().map(|(_, provoke)| provoke(canary_world()).category().as_str()).collect()
    };
    assert_eq!(names(CALLBACK), BTreeSet::from(["Callback", "Misuse"]));
    assert_eq!(names(HOST), BTreeSet::from(["Configuration", "Misuse"]));
    assert_eq!(names(PROVIDER), BTreeSet::from(["Protocol", "Provider", "Transport"]));
    assert_eq!(names(TOKEN), BTreeSet::from(["Token"]));
}

#[test]
fn a_failed_check_is_the_only_decision_that_did_not_pass() {
    for (code, provoke) in all() {
        let error = provoke(canary_world());
        let failed = error.decisions().iter().position(|decision| !decision.passed);
        assert!(failed.is_none_or(|position| position + 1 == error.decisions().len()), "{code}");
    }
}
