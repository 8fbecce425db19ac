//! A whole login, from the first URL to the session.

mod support;

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use relyingparty::{
    Alg, AuthorizeRequest, Cache, CallbackParams, Client, Endpoint, Expectations, Flow, Issuer, Policy,
    Provider, Reply, Request, Signatures, Step, Timestamp, drive, drive_async,
};
use serde_json::{Value, json};
use support::{START, World, b64, code, json_response, parameter, policy, query, unb64};

#[test]
fn a_login_ends_in_a_session_with_every_algorithm_and_whoever_checks_the_signature() {
    for signatures in [Signatures::Core, Signatures::Host] {
        if signatures == Signatures::Core && policy().signatures == Signatures::Host {
            continue;
        }
        for alg in Alg::ALL {
            let mut world = World::with_alg(*alg);
            world.policy.signatures = signatures;
            let session = world.login();
            assert_eq!((session.claims().iss(), session.claims().sub()), (world.op.issuer(), "subject-1"));
            assert_eq!(
                (session.access_token(), session.refresh_token()),
                (Some("access-1"), Some("refresh-1"))
            );
            let asked = [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Token, Endpoint::UserInfo];
            let (keys, by_host) = match (alg.is_symmetric(), signatures) {
                (true, _) => (0, 0),
                (false, Signatures::Host) => (1, 1),
                (false, _) => (1, 0),
            };
            assert_eq!(asked.map(|endpoint| world.op.count(endpoint)), [0, keys, 1, 0], "{alg:?}");
            assert_eq!(world.op.verified, by_host, "{alg:?}");
        }
    }
}

#[test]
fn a6_a_signature_that_no_key_makes_is_not_put_to_the_host() {
    for alg in [Alg::EdDsa, Alg::Es256, Alg::Rs256] {
        let mut world = World::with_alg(alg);
        world.policy.signatures = Signatures::Host;
        let token = world.op.key.token(&world.claims());
        let (signing_input, signature) = token.rsplit_once('.').unwrap();
        let signature = unb64(signature);
        let mut small_order = signature.clone();
        small_order[..32].copy_from_slice(&[[1].as_slice(), &[0; 31]].concat());
        for spoilt in [
            [signature.as_slice(), &[0]].concat(),
            [&[0], signature.as_slice()].concat(),
            signature[1..].to_vec(),
            vec![0x30],
            if alg == Alg::EdDsa { small_order } else { signature[..31].to_vec() },
        ] {
            let refused = world.verify(&format!("{signing_input}.{}", b64(&spoilt)));
            assert_eq!((code(&refused), world.op.verified), ("bad_signature", 0), "{alg:?} {spoilt:?}");
        }
        assert_eq!((code(&world.verify(&token)), world.op.verified), ("ok", 1), "{alg:?}");
    }
}

#[test]
fn a_host_that_says_no_to_the_signature_ends_the_login() {
    let mut world = World::new();
    world.policy.signatures = Signatures::Host;
    let token = world.op.key.token(&world.claims());
    let step = world.client().verify(&token, Expectations::none(), &world.cache, world.now);
    let keys = Reply::Http(json_response(200, &world.op.jwks));
    let Step::Pending(flow) = step.unwrap() else { panic!("no keys are held") };
    let Step::Pending(flow) = flow.resume(keys, &mut world.cache, START).unwrap() else {
        panic!("the host is asked")
    };
    let Request::Verify(request) = flow.request() else { panic!("{:?}", flow.request()) };
    assert_eq!(request.alg(), Alg::EdDsa);
    assert_eq!(request.signing_input(), token.rsplit_once('.').unwrap().0.as_bytes());
    let jwk: Value = serde_json::from_str(request.jwk()).unwrap();
    assert_eq!(jwk, json!({ "kty": "OKP", "crv": "Ed25519", "x": world.op.key.jwk()["x"] }));
    let refused = flow.resume(Reply::Verified(false), &mut world.cache, START);
    assert_eq!(code(&refused), "bad_signature");
}

#[test]
fn the_signature_check_of_an_unavailable_host_fails_closed() {
    let mut world = World::new();
    world.policy.signatures = Signatures::Host;
    world.login();
    let token = world.op.key.token(&world.claims());
    let client = world.client();
    let step = || match client.verify(&token, Expectations::none(), &world.cache, START) {
        Ok(Step::Pending(flow)) => flow,
        other => panic!("{other:?}"),
    };
    let unavailable = Reply::Unreachable { reason: "no crypto".into() };
    let mut cache = world.cache.clone();
    assert_eq!(code(&step().resume(unavailable, &mut cache, START)), "unreachable");
    let other_kind = Reply::Http(json_response(200, &json!({})));
    assert_eq!(code(&step().resume(other_kind, &mut cache, START)), "wrong_reply");
}

#[test]
fn no_scope_in_the_response_means_the_scopes_that_were_asked_for() {
    let mut world = World::new();
    assert_eq!(world.login().scope(), ["openid", "profile", "email"]);
    let mut request = AuthorizeRequest::default();
    request.scopes = Some(vec!["openid".into(), "phone".into()]);
    assert_eq!(world.try_login_with(&request).unwrap().scope(), ["openid", "phone"]);
    world.op.member("scope", "openid");
    assert_eq!(world.login().scope(), ["openid"]);
    world.op.member("scope", "");
    assert!(world.login().scope().is_empty());
}

#[test]
fn a_session_says_when_its_access_token_expires_if_the_provider_does() {
    let mut world = World::new();
    assert_eq!(world.login().expires_at(), Some(START.plus(300)));
    world.op.without_member("expires_in");
    assert_eq!(world.login().expires_at(), None);
}

#[test]
fn a_session_keeps_what_it_was_given() {
    let mut world = World::new();
    world.op.member("session_state", "s-1");
    world.op.member("not-before-policy", 0);
    world.op.member("token_type", "bEARER");
    let mut request = AuthorizeRequest::default();
    request.return_to = Some("/account?tab=1".into());
    let session = world.try_login_with(&request).unwrap();
    assert_eq!(session.get("session_state"), Some(&json!("s-1")));
    assert_eq!(session.get("not-before-policy"), Some(&json!(0)));
    assert_eq!((session.get("access_token"), session.get("refresh_token")), (None, None));
    assert_eq!((session.token_type(), session.return_to()), ("bEARER", Some("/account?tab=1")));
}

#[test]
fn the_decisions_of_a_login_are_listed_in_order_and_all_passed() {
    let mut world = World::new();
    world.policy.signatures = policy().signatures;
    let mut request = AuthorizeRequest::default();
    request.max_age = Some(60);
    world.op.claim("auth_time", START.as_unix());
    let session = world.try_login_with(&request).unwrap();
    let names: Vec<_> = session.decisions().iter().map(|decision| decision.check).collect();
    let expected = "pending_login pending_login pending_login response_mode state state_age response_iss code \
                    client_authentication token_type typ alg iss aud exp iat sub nonce auth_time keys at_hash \
                    key signature";
    assert_eq!(names.join(" "), expected);
    assert!(session.decisions().iter().all(|decision| decision.passed && !decision.rule.is_empty()));
    let of_the_token: Vec<_> = session.claims().decisions().iter().map(|decision| decision.check).collect();
    assert_eq!(of_the_token.join(" "), expected.split_once("token_type ").unwrap().1);
}

#[test]
fn decisions_are_not_kept_where_the_policy_says_so() {
    let mut world = World::new();
    world.policy.record_decisions = false;
    let session = world.login();
    assert!(session.decisions().is_empty() && session.claims().decisions().is_empty());
    world.op.claim("aud", "other");
    assert!(world.try_login().unwrap_err().decisions().is_empty());
}

#[test]
fn a_second_login_asks_for_no_keys() {
    let mut world = World::new();
    world.login();
    world.login();
    assert_eq!((world.op.count(Endpoint::Jwks), world.op.count(Endpoint::Token)), (1, 2));
}

#[test]
fn f8_no_request_url_but_the_browsers_carries_anything_of_the_login() {
    let mut world = World::new();
    world.registration = world.registration.with_secret("secret-1");
    let session = world.login();
    world.refresh(&session).unwrap();
    let step = world.client().userinfo(&session).unwrap();
    world.run(step).unwrap();
    let urls: Vec<_> = world.op.log.iter().map(|request| request.url.as_str()).collect();
    let [token, keys, userinfo] =
        ["token", "jwks", "userinfo"].map(|path| format!("https://op.example/{path}"));
    assert_eq!(urls, [&token, &keys, &token, &userinfo]);
}

#[test]
fn d8_http_is_for_loopback_issuers_that_were_asked_for_as_such() {
    let mut world = World::at("http://127.0.0.1:3000", Alg::EdDsa);
    world.registration.redirect_uri = "http://127.0.0.1:8888/auth/login".into();
    assert_eq!(world.login().claims().iss(), "http://127.0.0.1:3000");
    assert_eq!(code(&Issuer::parse("http://127.0.0.1:3000")), "invalid_issuer");
    assert_eq!(code(&Issuer::insecure_loopback("http://op.example")), "invalid_issuer");
    world.registration.redirect_uri = "http://rp.example/cb".into();
    assert_eq!(code(&world.try_client()), "invalid_configuration");
}

#[test]
fn a_reply_of_another_kind_is_the_hosts_mistake() {
    let mut world = World::new();
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let code_back = world.callback(authorization, &query).unwrap();
    let Step::Pending(flow) = world.client().exchange(code_back).unwrap() else { panic!("one exchange") };
    let error = flow.resume(Reply::Verified(true), &mut world.cache, START).unwrap_err();
    assert_eq!(error.code(), "wrong_reply");
    assert_eq!(error.details(), [("expected", "http"), ("actual", "verified")]);
}

#[test]
fn e4_a_code_is_exchanged_only_at_the_provider_that_issued_it() {
    let mut world = World::new();
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let code_back = world.callback(authorization, &query).unwrap();
    let elsewhere = World::at("https://other.example", Alg::EdDsa).client();
    assert_eq!(code(&elsewhere.exchange(code_back)), "pending_login_mismatch");
}

#[test]
fn e12_two_logins_at_once_do_not_disturb_each_other() {
    let mut world = World::new();
    let (first, second) = (world.begin(), world.begin());
    for parameter_name in ["state", "nonce", "code_challenge"] {
        let of = |url: &str| parameter(query(url), parameter_name).unwrap();
        assert_ne!(of(&first.url), of(&second.url), "{parameter_name}");
    }
    assert!(world.finish(second).is_ok());
    assert!(world.finish(first).is_ok());
}

/// Wakes whoever waits, and is polled to its end on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> (T, usize) {
    struct Quiet;
    impl Wake for Quiet {
        fn wake(self: Arc<Self>) {}
    }
    let waker = Waker::from(Arc::new(Quiet));
    let mut future = pin!(future);
    for polls in 1.. {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, polls);
        }
    }
    unreachable!("a range without an end")
}

/// A network that is not ready at first.
struct Slow(bool);

impl Future for Slow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn an_asynchronous_host_drives_the_same_login_without_a_lock_across_the_network() {
    let mut world = World::new();
    let authorization = world.begin();
    let callback = world.op.authorize(&authorization.url);
    let cache = Mutex::new(Cache::default());
    let World { op, registration, policy, .. } = world;
    let issuer = Issuer::parse(op.issuer()).unwrap();
    let op = RefCell::new(op);
    let login = async {
        let answer = async |request: Request| {
            Slow(false).await;
            assert!(cache.try_lock().is_ok(), "the cache is free while the host answers");
            op.borrow_mut().answer(&request, START)
        };
        let clock = || START;
        let step = Provider::discover(&issuer, &policy, &Cache::default(), START)?;
        let provider = drive_async(step, &cache, clock, answer).await?;
        let client = Client::new(provider, registration, policy)?;
        let code = client.callback(authorization.pending, &CallbackParams::parse(&callback)?, START)?;
        drive_async(client.exchange(code)?, &cache, clock, answer).await
    };
    let (session, polls) = block_on(login);
    assert_eq!(session.unwrap().claims().sub(), "subject-1");
    let op = op.into_inner();
    assert_eq!(polls, 1 + op.log.len() + op.verified, "one wait for each request");
}

#[test]
fn a_shared_cache_serves_a_blocking_host() {
    let cache = Mutex::new(Cache::default());
    let mut world = World::new();
    let token = world.op.key.token(&world.claims());
    for fetches in [1, 1] {
        let held = cache.lock().unwrap().clone();
        let step = world.client().verify(&token, Expectations::none(), &held, START).unwrap();
        drive(step, &cache, || START, |request| world.op.answer(request, START)).unwrap();
        assert_eq!(world.op.count(Endpoint::Jwks), fetches);
    }
}

#[test]
fn b8_a_clock_that_is_not_set_ends_every_login() {
    let unset = Timestamp::from_unix(86_400);
    let mut world = World::new();
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    world.now = unset;
    assert_eq!(code(&world.callback(authorization, &query)), "implausible_clock");
    assert_eq!(code(&world.try_begin(&AuthorizeRequest::default())), "implausible_clock");
    assert_eq!(code(&world.verify_claims(&json!({}))), "implausible_clock");
    let mut policy = Policy::default();
    policy.allowed_skew_secs = 301;
    world.policy = policy;
    assert_eq!(code(&world.try_client()), "policy_out_of_range");
}
