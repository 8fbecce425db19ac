//! E and F: the browser's way there and back, and the requests behind it.

use std::sync::Mutex;

use relyingparty::{
    Alg, AuthorizeRequest, Cache, CallbackParams, Client, Coalescer, Endpoint, PendingLogin, Provider,
    Request, Session, Timestamp,
};
use serde_json::{Value, json};

use crate::support::{START, World, code, entropy, parameter, query};

/// RFC 9700 4.4.1: a login begun at a provider that is the attacker's comes back with an honest provider's code.
#[test]
fn e4_the_code_of_one_provider_is_not_sent_to_another() {
    let mut honest = World::at("https://honest.example", Alg::EdDsa);
    let mut evil = World::at("https://evil.example", Alg::EdDsa);
    for world in [&mut honest, &mut evil] {
        world.op.metadata["authorization_response_iss_parameter_supported"] = true.into();
    }
    let login = evil.begin();
    let state = parameter(query(&login.url), "state").unwrap();
    let came_back = format!("code=honest-code&state={state}&iss=https%3A%2F%2Fhonest.example");
    assert_eq!(code(&evil.callback(login, &came_back)), "response_issuer_mismatch");

    // A provider that says nothing of `iss`: the code goes only to the token endpoint of the login's own provider, for
    // the redirect URI that is this provider's alone.
    let login = evil.begin();
    let response = CallbackParams::parse(&format!("code=c&state={}", {
        parameter(query(&login.url), "state").unwrap()
    }))
    .unwrap();
    let refused = honest.client().callback(login.pending, &response, START);
    assert_eq!(code(&refused), "pending_login_mismatch");
    assert!(evil.op.log.is_empty() && honest.op.log.is_empty(), "nothing was sent to anybody");
}

/// A login that was begun in one browser and is carried on in another: neither has both halves.
#[test]
fn e5_a_login_begun_in_one_browser_is_not_finished_in_another() {
    let mut world = World::new();
    let (mine, yours) = (world.begin(), world.begin());
    let lured = CallbackParams::parse(&world.op.authorize(&mine.url)).unwrap();
    let cookies_of_the_other = [yours.pending.cookie_name()];
    let found = lured.cookie_name().filter(|name| cookies_of_the_other.contains(name));
    assert_eq!(code(&PendingLogin::decode(found.as_deref())), "no_pending_login");
    assert_eq!(code(&world.client().callback(yours.pending, &lured, START)), "state_mismatch");
}

#[test]
fn e6_plus_and_percent_20_are_a_space_and_nothing_is_decoded_twice() {
    for (query, value) in
        [("code=a+b", "a b"), ("code=a%20b", "a b"), ("code=a%2Bb", "a+b"), ("code=%2520", "%20")]
    {
        assert_eq!(CallbackParams::parse(query).unwrap().get("code"), Some(value), "{query}");
    }
    for (query, outcome) in
        [("code=a&&state=b", "ok"), ("code=a&", "ok"), ("&", "ok"), ("=a&=b", "callback_duplicate")]
    {
        assert_eq!(code(&CallbackParams::parse(query)), outcome, "{query}");
    }
}

#[test]
fn e10_the_redirect_uri_is_the_registrations_and_nobody_elses() {
    let mut world = World::new();
    let mut request = AuthorizeRequest::default();
    request.extra = vec![("redirect_uri".into(), "https://evil.example".into())];
    assert_eq!(code(&world.try_begin(&request)), "reserved_parameter");
    let json = r#"{"redirect_uri":"https://evil.example"}"#;
    assert_eq!(code(&AuthorizeRequest::from_json(json)), "invalid_configuration");
    world.login();
    let form = String::from_utf8(world.op.log[0].body.clone()).unwrap();
    assert_eq!(parameter(&form, "redirect_uri").as_deref(), Some(world.registration.redirect_uri.as_str()));
}

/// What many threads share, all at once: one client, one cache, one coalescer.
#[test]
fn e12_logins_on_many_threads_do_not_mix() {
    let world = World::new();
    let client = world.client();
    let (cache, coalescer, op) = (Mutex::new(Cache::default()), Coalescer::default(), Mutex::new(world.op));
    let login = |draw: u8| -> (String, String) {
        let login = client.authorize(&AuthorizeRequest::default(), entropy(draw), START).unwrap();
        let nonce = parameter(query(&login.url), "nonce").unwrap();
        // The provider remembers one login at a time: from its page to the token.
        let mut op = op.lock().unwrap();
        let response = CallbackParams::parse(&op.authorize(&login.url)).unwrap();
        let code = client.callback(login.pending, &response, START).unwrap();
        let step = client.exchange(code).unwrap();
        let session: Session =
            coalescer.drive(step, &cache, || START, |request| op.answer(request, START)).unwrap();
        (session.claims().get("nonce").unwrap().as_str().unwrap().to_owned(), nonce)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u8)
            .map(|thread| {
                scope.spawn(move || (0..25).map(|turn| login(thread * 25 + turn)).collect::<Vec<_>>())
            })
            .collect();
        for thread in threads {
            for (found, expected) in thread.join().unwrap() {
                assert_eq!(found, expected);
            }
        }
    });
}

#[test]
fn e16_a_login_that_was_stored_for_another_provider_client_or_redirect_uri_is_refused() {
    let mut world = World::new();
    let stored: Value = serde_json::from_str(&world.begin().pending.encode()).unwrap();
    let response =
        CallbackParams::parse(&format!("code=c&state={}", stored["state"].as_str().unwrap())).unwrap();
    for (member, other) in [
        ("issuer", "https://evil.example"),
        ("client_id", "other"),
        ("redirect_uri", "https://evil.example/cb"),
    ] {
        let mut swapped = stored.clone();
        swapped[member] = other.into();
        let login = PendingLogin::decode(Some(&swapped.to_string())).unwrap();
        assert_eq!(
            code(&world.client().callback(login, &response, START)),
            "pending_login_mismatch",
            "{member}"
        );
    }
}

#[test]
fn f1_a_redirect_of_the_userinfo_endpoint_is_refused() {
    for status in [301, 302, 303, 307, 308] {
        let mut world = World::new();
        let session = world.login();
        let mut moved = crate::support::json_response(status, &json!({ "sub": "subject-1" }));
        moved.headers.push(("Location".into(), "//evil.example/userinfo".into()));
        world.op.answer_with(Endpoint::UserInfo, moved);
        let step = world.client().userinfo(&session).unwrap();
        assert_eq!(code(&world.run(step)), "redirect_refused", "{status}");
        assert_eq!(world.op.count(Endpoint::UserInfo), 1);
    }
}

#[test]
fn f12_claims_that_are_elsewhere_are_shown_and_not_fetched() {
    let mut world = World::new();
    let sources = json!({ "a": { "endpoint": "https://claims.example", "access_token": "t" }, "b": { "JWT": "a.b.c" } });
    for (name, value) in
        [("_claim_names", json!({ "email": "a", "name": "b" })), ("_claim_sources", sources.clone())]
    {
        world.op.claim(name, value.clone());
        world.op.userinfo[name] = value;
    }
    let session = world.login();
    let step = world.client().userinfo(&session).unwrap();
    let info = world.run(step).unwrap();
    assert_eq!(session.claims().get("_claim_sources"), Some(&sources));
    assert_eq!(info.get("_claim_sources"), Some(&sources));
    assert_eq!(session.claims().get("name"), None, "a claim that nobody verified is not merged");
    assert!(world.op.log.iter().all(|request| request.url.starts_with("https://op.example/")));
}

/// JARM, JAR and introspection answer in JWTs that are no ID tokens: none of them is read.
#[test]
fn f13_a_response_in_a_jwt_is_not_taken_for_parameters() {
    let mut world = World::new();
    let login = world.begin();
    let state = parameter(query(&login.url), "state").unwrap();
    let mut claims = world.claims();
    claims["code"] = "c".into();
    claims["state"] = state.as_str().into();
    let jarm = world.op.key.token(&claims);
    assert_eq!(code(&world.callback(login, &format!("response={jarm}"))), "state_missing");
    let login = world.begin();
    let state = parameter(query(&login.url), "state").unwrap();
    assert_eq!(code(&world.callback(login, &format!("response={jarm}&state={state}"))), "code_missing");
    let mut request = AuthorizeRequest::default();
    request.extra = vec![("request".into(), jarm)];
    assert_eq!(code(&world.try_begin(&request)), "reserved_parameter");
}

/// What one may share between threads, and what one may send to another.
#[test]
fn e12_what_is_shared_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>(_: &T) {}
    shared::<Client>();
    shared::<Provider>();
    shared::<Cache>();
    shared::<Coalescer>();
    shared::<Session>();
    shared::<Request>();
    shared::<Timestamp>();
    shared::<PendingLogin>();
    shared::<CallbackParams>();
    shared::<relyingparty::Authorization>();
    shared::<relyingparty::AuthorizationCode>();
    shared::<relyingparty::AuthorizeRequest>();
    shared::<relyingparty::Decision>();
    shared::<relyingparty::DroppedKey>();
    shared::<relyingparty::EndSessionRequest>();
    shared::<relyingparty::Entropy>();
    shared::<relyingparty::Error>();
    shared::<relyingparty::Expectations>();
    shared::<relyingparty::HttpRequest>();
    shared::<relyingparty::HttpResponse>();
    shared::<relyingparty::IdTokenClaims>();
    shared::<relyingparty::Issuer>();
    shared::<relyingparty::KeyReport>();
    shared::<relyingparty::Metadata>();
    shared::<relyingparty::Policy>();
    shared::<relyingparty::Registration>();
    shared::<relyingparty::Reply>();
    shared::<relyingparty::Secret>();
    shared::<relyingparty::UserInfo>();
    shared::<relyingparty::VerifyRequest>();
    shared::<relyingparty::Step<relyingparty::Exchange>>();
    shared::<relyingparty::Step<relyingparty::Refresh>>();
    shared::<relyingparty::Step<relyingparty::Restoration>>();
    shared::<relyingparty::Step<relyingparty::UserInfoFetch>>();
    shared::<relyingparty::Step<relyingparty::Verification>>();
    shared::<relyingparty::Step<relyingparty::KeyRefresh>>();
    shared::<relyingparty::AnyFlow>();
    let world = World::new();
    let (client, cache) = (world.client(), Mutex::new(Cache::default()));
    let step = client.provider().refresh_keys(&world.policy).unwrap();
    let future = relyingparty::drive_async(step, &cache, || START, async |_| panic!("not polled"));
    sent(&future);
}
