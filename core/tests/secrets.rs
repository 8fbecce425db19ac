//! Nothing that is secret shows in anything one might print.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Coalescer, Decision, EndSessionRequest, Entropy, Expectations,
    Flow, Issuer, Provider, Reply, Request, Secret, Signatures, Step,
};
use serde_json::json;
use support::{START, World, canary_world, json_response, secrets_in};

/// Public names that hold no value of a login: functions, traits, and plain numbers and names.
const WITHOUT_SECRETS: &str = "Alg AuthMethod CacheAccess Category Endpoint ErrorKind Flow Limits Method ResponseMode \
                               Signatures Timestamp UsableKey";
/// Public names whose secrets are looked for elsewhere: in error_codes.rs, for every code there is.
const ELSEWHERE: &str = "Error ServerError";

/// Every public type, shown while it holds secrets.
#[derive(Default)]
struct Shown(BTreeMap<&'static str, String>);

impl Shown {
    fn show(&mut self, name: &'static str, value: &impl Debug) {
        let text = self.0.entry(name).or_default();
        *text += &format!("{value:?} {value:#?}\n");
    }

    fn decisions(&mut self, decisions: &[Decision]) {
        assert!(!decisions.is_empty());
        self.show("Decision", &decisions);
        *self.0.entry("Decision").or_default() += &serde_json::to_string(decisions).unwrap();
    }
}

fn pending<F: Flow>(step: Step<F>) -> F {
    match step {
        Step::Pending(flow) => flow,
        Step::Done(_) => panic!("it should wait"),
    }
}

/// One login with everything that follows it, each value shown on the way.
fn everything() -> Shown {
    let mut shown = Shown::default();
    let mut world = canary_world();
    world.policy.signatures = Signatures::Host;
    let client = world.client();
    shown.show("Registration", &world.registration);
    shown.show("Policy", &world.policy);
    shown.show("Client", &client);
    shown.show("Issuer", &world.issuer());
    shown.show("Metadata", client.provider().metadata());
    shown.show("Provider", client.provider());
    shown.show("Secret", &Secret::new("canary"));
    shown.show("Entropy", &Entropy::new(*b"canary-canary-canary-canary-0123456789").unwrap());
    shown.show("Expectations", &Expectations::none().nonce("canary").access_token("canary").subject("s"));
    let issuer = Issuer::parse(world.op.issuer()).unwrap();
    let coalescer = Coalescer::default();
    let unsent = Request::clone(pending(client.provider().refresh_keys(&world.policy).unwrap()).request());
    coalescer.answer(&unsent, |_| {
        shown.show("Coalescer", &coalescer);
        Reply::Verified(false)
    });
    let discovery = pending(Provider::discover(&issuer, &world.policy, &Cache::default(), START).unwrap());
    shown.show("Discovery", &discovery);

    let authorization = world.begin();
    shown.show("Authorization", &authorization);
    shown.show("PendingLogin", &authorization.pending);
    let response = CallbackParams::parse(&world.op.authorize(&authorization.url)).unwrap();
    shown.show("CallbackParams", &response);
    let code = client.callback(authorization.pending, &response, START).unwrap();
    shown.show("AuthorizationCode", &code);
    shown.decisions(&code.decisions());

    let exchange = pending(client.exchange(code).unwrap());
    shown.show("Exchange", &exchange);
    let Request::Http(request) = exchange.request() else { panic!("a token request") };
    shown.show("HttpRequest", request);
    let reply = world.op.answer(exchange.request(), START);
    let Reply::Http(response) = &reply else { panic!("a token response") };
    shown.show("HttpResponse", response);
    shown.show("Reply", &reply);
    let waiting_for_keys = exchange.resume(reply, &mut world.cache, START).unwrap();
    shown.show("Step", &waiting_for_keys);
    let waiting_for_keys = pending(waiting_for_keys);
    let keys = world.op.answer(waiting_for_keys.request(), START);
    let waiting_for_host = pending(waiting_for_keys.resume(keys, &mut world.cache, START).unwrap());
    shown.show("Exchange", &waiting_for_host);
    shown.show("Request", waiting_for_host.request());
    let Request::Verify(request) = waiting_for_host.request() else { panic!("a signature") };
    shown.show("VerifyRequest", request);
    let done = waiting_for_host.resume(Reply::Verified(true), &mut world.cache, START).unwrap();
    shown.show("Step", &done);
    let Step::Done(session) = done else { panic!("a session") };
    shown.show("Session", &session);
    shown.show("IdTokenClaims", session.claims());
    shown.decisions(&session.decisions());

    let refresh = pending(client.refresh(&session).unwrap());
    shown.show("Refresh", &refresh);
    let reply = world.op.answer(refresh.request(), START);
    shown.show("Refresh", &pending(refresh.resume(reply, &mut world.cache, START).unwrap()));
    let fetch = client.userinfo(&session).unwrap();
    shown.show("UserInfoFetch", &fetch);
    world.op.userinfo["email"] = "canary@b.example".into();
    let info = world.run(fetch).unwrap();
    shown.show("UserInfo", &info);
    shown.decisions(&info.decisions());
    let expectations = Expectations::none().access_token("canary");
    let verification = pending(client.verify(session.id_token(), expectations, &world.cache, START).unwrap());
    shown.show("Verification", &verification);
    shown.show("Restoration", &client.restore(&session.encode(), &world.cache, START).unwrap());
    let erased = client.refresh(&session).unwrap().erase();
    shown.show("AnyFlow", &erased);
    shown.show("Outcome", &world.run(erased).unwrap());
    shown.show("KeyRefresh", &client.provider().refresh_keys(&world.policy).unwrap());
    let step = client.provider().refresh_keys(&world.policy).unwrap();
    world.op.jwks = json!({ "keys": [{ "kty": "oct", "kid": "k", "k": "canary" }] });
    let report = world.run(step).unwrap();
    shown.show("KeyReport", &report);
    shown.show("DroppedKey", &report.dropped);
    shown.show("Cache", &world.cache);

    let request = json!({ "id_token_hint": session.id_token() });
    shown.show("AuthorizeRequest", &AuthorizeRequest::from_json(&request.to_string()).unwrap());
    let request = json!({ "id_token_hint": session.id_token(), "state": "canary" });
    shown.show("EndSessionRequest", &EndSessionRequest::from_json(&request.to_string()).unwrap());
    shown
}

/// The types that `lib.rs` exports.
fn exported() -> BTreeSet<&'static str> {
    let source = include_str!("../src/lib.rs");
    let uses = source.split("pub use ").skip(1).map(|rest| rest.split_once(';').unwrap().0);
    uses.flat_map(|list| list.split(['{', '}', ',', ':', ' ', '\n']))
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_uppercase()))
        .collect()
}

#[test]
fn f7_every_public_type_is_looked_at() {
    let mut looked_at: BTreeSet<&str> = everything().0.into_keys().collect();
    looked_at.extend(WITHOUT_SECRETS.split_whitespace().chain(ELSEWHERE.split_whitespace()));
    assert_eq!(exported().difference(&looked_at).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(looked_at.difference(&exported()).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn f7_no_debug_output_shows_a_secret() {
    let leaks: Vec<_> = everything()
        .0
        .into_iter()
        .filter(|(_, text)| !secrets_in(text).is_empty())
        .map(|(name, text)| (name, secrets_in(&text)))
        .collect();
    assert_eq!(leaks, []);
}

#[test]
fn f7_the_stored_cache_holds_nothing_of_a_login() {
    let mut world = canary_world();
    world.login();
    assert_eq!(secrets_in(&world.cache.to_json()), [""; 0]);
}

#[test]
fn f7_the_search_finds_what_it_looks_for() {
    let mut world = canary_world();
    let authorization = world.begin();
    assert_eq!(secrets_in(&authorization.url).len(), 2, "state and nonce");
    assert_eq!(secrets_in(&authorization.pending.encode()).len(), 4);
    assert_eq!(secrets_in(&format!("{:?}", b"xeyJx")), ["eyJ"]);
    assert!(secrets_in("nothing").is_empty());
}

#[test]
fn f7_a_host_that_prints_a_session_shows_whose_issuer_it_is_and_no_more() {
    let mut world = World::new();
    let session = world.login();
    assert_eq!(format!("{session:?}"), "Session(IdTokenClaims(7 claims of https://op.example))");
    world
        .op
        .answer_with(relyingparty::Endpoint::UserInfo, json_response(200, &json!({ "sub": "subject-1" })));
    assert!(!format!("{session:#?}").contains("subject-1"));
}
