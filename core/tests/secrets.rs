//! Nothing that is secret shows in anything one might print.

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use relyingparty::{
    Answered, Asked, AuthorizeRequest, Cache, CallbackParams, Coalescer, Decision, EndSessionRequest,
    Entropy, Expectations, Flow, Held, Issuer, LoginCookies, Provider, Reply, Request, Secret, Signatures,
    Step, TokenRequest, observed, observed_async,
};
use serde_json::json;
use support::{START, World, canary_world, json_response, secrets_in};

/// Public names that hold no value of a login: functions, traits, and plain numbers and names.
const WITHOUT_SECRETS: &str = "Address Alg AssertionAudience AuthMethod CacheAccess Category Endpoint ErrorKind Flow Limits \
                               LoginMissing Method Profile ResponseMode Signatures Timestamp UsableKey WaitRequest";
/// Public names whose secrets are looked for elsewhere: in error_codes.rs, for every code there is.
const ELSEWHERE: &str = "Error RequestObject ServerError";

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
    #[cfg(feature = "sealed")]
    {
        let keys = relyingparty::SealingKeys::new([*b"canary-canary-canary-0123456789-"]).unwrap();
        shown.show("SealingKeys", &keys);
        let issuer = client.provider().issuer();
        shown.show("SessionSeal", &relyingparty::SessionSeal::new(keys, issuer, "client", &world.policy));
    }
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
    let cookies = LoginCookies::parse(authorization.pending.set_cookie().split(';').next().unwrap());
    assert_eq!(
        cookies.id(&CallbackParams::parse(&world.op.authorize(&authorization.url)).unwrap()),
        Some(authorization.pending.id())
    );
    shown.show("LoginCookies", &cookies);
    shown.show("LoginCookie", &authorization.pending.cookie());
    shown.show("Held", &[Held::from(Some(authorization.pending.id())), Held::from(&cookies)]);
    let response = CallbackParams::parse(&world.op.authorize(&authorization.url)).unwrap();
    shown.show("CallbackParams", &response);
    let code = client.callback(authorization.pending, &response, START).unwrap();
    shown.show("AuthorizationCode", &code);
    shown.decisions(&code.decisions());

    let exchange = pending(client.exchange(code).unwrap());
    shown.show("Exchange", &exchange);
    let Request::Http(request) = exchange.request() else { panic!("a token request") };
    shown.show("HttpRequest", request);
    observe(&mut shown, exchange.request(), &world.op.answer(exchange.request(), START));
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
    shown.show("Grant", session.grant());
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
    let step = client.refresh_token("canary", session.claims().sub()).unwrap();
    shown.show("TokenRefresh", &step);
    shown.show("RefreshedGrant", &world.run(step).unwrap());
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
    #[cfg(feature = "setup")]
    {
        let issuer = Issuer::parse(world.op.issuer()).unwrap();
        let step = relyingparty::SetupCheck::start(&issuer, &world.registration, &world.policy);
        let check = pending(step);
        shown.show("SetupCheck", &check);
        let report = world.run(Step::Pending(check)).unwrap();
        shown.show("SetupReport", &report);
        shown.show("Finding", &report.findings[0]);
        shown.show("Verdict", &report.findings[0].verdict);
    }
    let request = json!({ "scopes": ["openid"], "extra": { "assertion": "canary" } });
    shown.show("TokenRequest", &TokenRequest::from_json(&request.to_string()).unwrap());
    #[cfg(feature = "signing")]
    proving::everything(&mut shown);
    #[cfg(feature = "logout")]
    logout(&mut shown);
    #[cfg(feature = "site")]
    site::show(&mut shown);
    shown
}

/// The end of a session, each value shown on the way.
#[cfg(feature = "logout")]
fn logout(shown: &mut Shown) {
    use relyingparty::Revocable;

    let mut world = canary_world();
    world.op.metadata["revocation_endpoint"] = "https://op.example/canary".into();
    let session = world.login();
    let client = world.client();
    let request = EndSessionRequest::default().of(&session);
    shown.show("Logout", &client.log_out(&request, support::entropy(1)).unwrap());
    let of_one = format!("iss={}&sid=canary", world.op.issuer());
    shown.show("FrontChannelLogout", &client.front_channel_logout(&of_one).unwrap());
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let claims = json!({
        "iss": world.op.issuer(), "aud": "client", "iat": START.as_unix(), "exp": START.as_unix() + 60,
        "jti": "canary", "sub": "canary", "sid": "canary", "events": { event: {} },
    });
    let token = world.op.key.token(&claims);
    shown
        .show("LogoutVerification", &pending(client.logout_token(&token, &Cache::default(), START).unwrap()));
    let step = client.logout_token(&token, &world.cache, START).unwrap();
    shown.show("LogoutToken", &world.run(step).unwrap());
    shown.show("Revocable", &Revocable::from(&session));
    let revocation = pending(client.revoke(&session).unwrap());
    shown.show("Revocation", &revocation);
    shown.show("HttpRequest", revocation.request());
    let reply = Reply::Http(support::typed_response(200, "text/plain", "canary"));
    let Step::Done(revoked) = revocation.resume(reply, &mut world.cache, START).unwrap() else {
        panic!("asks again")
    };
    shown.show("Revoked", &revoked);
}

/// What a client does that proves itself with keys, each value shown on the way.
#[cfg(feature = "signing")]
mod proving {
    use relyingparty::{
        Access, Alg, ApiRequest, AuthorizeRequest, CallbackParams, Client, Flow, Method, Reply, Request,
        ResponseMode, SigningKey,
    };
    use serde_json::json;

    use super::{Shown, pending};
    use crate::support::{START, World, canary_world, entropy, typed_response};

    /// The public half of a key that the host has.
    const JWK: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}"#;

    fn world() -> World {
        let mut world = canary_world();
        let key = SigningKey::held_by_host("kms", Alg::EdDsa, Some(JWK)).unwrap();
        world.registration.client_secret = None;
        world.registration.token_endpoint_auth_method = None;
        world.registration = world.registration.with_signing_keys([key.clone()]).with_dpop_keys([key]);
        world.registration.require_signed_request_object = true;
        world.registration.require_pushed_authorization_requests = true;
        world.registration.api_origins = vec!["https://api.example".into()];
        world.op.metadata["pushed_authorization_request_endpoint"] = "https://op.example/par".into();
        world
    }

    fn signed<F: Flow>(shown: &mut Shown, world: &mut World, mut flow: F) -> F {
        while let Request::Sign(asked) = flow.request() {
            shown.show("SignRequest", asked);
            shown.show("SigningKey", asked.key());
            let reply = Reply::Signature(vec![7; 64]);
            flow = pending(flow.resume(reply, &mut world.cache, START).unwrap());
        }
        shown.show("HttpRequest", flow.request());
        flow
    }

    pub(super) fn everything(shown: &mut Shown) {
        let mut world = world();
        let client: Client = world.client();
        let proving = client.proving(entropy(1), &world.cache, START);
        shown.show("Proving", &proving);
        let push = pending(proving.authorize(&AuthorizeRequest::default()).unwrap());
        shown.show("Push", &push);
        let push = signed(shown, &mut world, push);
        shown.show("Push", &push);

        let mut request = AuthorizeRequest::default();
        request.response_mode = Some(ResponseMode::QueryJwt);
        let mut plain = canary_world();
        plain.registration.authorization_signed_response_alg = Some(Alg::EdDsa);
        let begun = plain.try_begin(&request).unwrap();
        let claims = json!({ "iss": plain.op.issuer(), "aud": "client", "exp": START.as_unix() + 60, "code": "canary" });
        let response = format!("response={}", plain.op.key.token(&claims));
        let response = CallbackParams::parse(&response).unwrap();
        let step = plain.client().signed_callback(begun.pending, response, &Default::default(), START);
        shown.show("SignedCallback", &pending(step.unwrap()));

        let mut plain = canary_world();
        plain.registration.api_origins = vec!["https://api.example".into()];
        let session = plain.login();
        shown.show("Access", &Access::from(&session));
        let request = ApiRequest::new(Method::Post, "https://api.example/canary").body("canary");
        shown.show("ApiRequest", &request);
        let call = pending(plain.client().call(&session, request).unwrap());
        shown.show("Call", &call);
        let mut refusal = typed_response(401, "text/plain", "canary");
        refusal.headers.push(("WWW-Authenticate".into(), "Bearer error=\"invalid_token\"".into()));
        let answered = call.resume(Reply::Http(refusal), &mut plain.cache, START).unwrap();
        let relyingparty::Step::Done(answered) = answered else { panic!("asks again") };
        shown.show("ApiResponse", &answered);
        shown.show("Challenge", &answered.challenge);

        let mut by_host = canary_world();
        by_host.registration.client_secret = None;
        by_host.registration.token_endpoint_auth_method = None;
        by_host.registration.client_assertion_type = Some("urn:x".into());
        let begun = by_host.begin();
        let query = by_host.op.authorize(&begun.url);
        let exchange = by_host.callback(begun, &query).unwrap();
        let client = by_host.client();
        let exchange = pending(client.proving(entropy(3), &by_host.cache, START).exchange(exchange).unwrap());
        let Request::Assertion(asked) = exchange.request() else { panic!("{:?}", exchange.request()) };
        shown.show("AssertionRequest", asked);
        let exchange = exchange.resume(Reply::Assertion("canary".into()), &mut by_host.cache, START);
        shown.show("Exchange", &pending(exchange.unwrap()));
    }
}

/// A site, what browsers and its store hold, and what it says.
#[cfg(feature = "site")]
mod site {
    use relyingparty::{
        Handled, Incoming, MemorySessionStore, SealingKeys, Sequence, Site, SitePolicy, SiteProvider,
    };

    use super::*;
    use crate::support::entropy;

    fn answered<T: Debug + 'static>(
        shown: &mut Shown,
        world: &mut World,
        store: &mut MemorySessionStore,
        step: Result<Step<Sequence<T>>, relyingparty::Error>,
    ) -> T {
        let mut step = step.unwrap();
        loop {
            let flow = match step {
                Step::Done(output) => return output,
                Step::Pending(flow) => flow,
            };
            // Two of its kinds have names of their own.
            for name in ["Sequence", "Handling", "Visiting"] {
                shown.show(name, &flow);
            }
            let reply = match flow.request() {
                Request::Store(asked) => {
                    shown.show("StoreRequest", asked);
                    if let relyingparty::StoreRequest::Add { entry } = asked {
                        shown.show("StoreEntry", entry);
                    }
                    let reply = store.answer(asked, START);
                    if let Reply::Stored(stored) = &reply {
                        shown.show("Stored", stored);
                    }
                    reply
                }
                other => world.op.answer(other, START),
            };
            step = flow.resume(reply, &mut world.cache, START).unwrap();
        }
    }

    pub(super) fn show(shown: &mut Shown) {
        let (mut world, mut store, mut draws) = (canary_world(), MemorySessionStore::new(), 10..);
        world.registration.redirect_uri = "https://rp.example/auth/callback".into();
        let key: Vec<u8> = (0..32).collect();
        let provider = SiteProvider::new("op", world.issuer(), world.registration.clone());
        let provider = provider.with_policy(world.policy.clone());
        shown.show("SiteProvider", &provider);
        let policy = SitePolicy::stored();
        shown.show("SitePolicy", &policy);
        let site = Site::new("https://rp.example/auth", SealingKeys::new([key]).unwrap(), policy).unwrap();
        let site = site.with_provider(provider).unwrap();
        shown.show("Site", &site);
        let mut draw = || entropy(draws.next().unwrap());
        let step =
            site.handle(Incoming::new("GET", "/login?login_hint=canary"), draw(), &mut world.cache, START);
        let begun: Handled = answered(shown, &mut world, &mut store, step);
        let cookie = |handled: &Handled| {
            handled.answer.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned()
        };
        let response = world.op.authorize(begun.answer.header("Location").unwrap());
        let incoming =
            Incoming::new("GET", &format!("/callback?{response}")).header("Cookie", &cookie(&begun));
        shown.show("Incoming", &incoming);
        let step = site.handle(incoming, draw(), &mut world.cache, START);
        let handled = answered(shown, &mut world, &mut store, step);
        shown.show("Handled", &handled);
        shown.show("Answer", &handled.answer);
        shown.show("Event", handled.event.as_ref().unwrap());
        let incoming = Incoming::new("GET", "/page").header("Cookie", &cookie(&handled));
        let step = site.visit(&incoming, draw(), &mut world.cache, START);
        let visit = answered(shown, &mut world, &mut store, step);
        assert!(visit.session.is_some());
        shown.show("Visit", &visit);
        shown.show("MemorySessionStore", &store);
    }
}

/// What a hook sees of a request and its reply.
fn observe(shown: &mut Shown, request: &Request, reply: &Reply) {
    let seen = RefCell::new(shown);
    let hook = |asked: &Asked<'_>| {
        seen.borrow_mut().show("Asked", asked);
        |answered: Answered| seen.borrow_mut().show("Answered", &answered)
    };
    observed(|_| reply.clone(), hook)(request);
    let future = observed_async(|_| std::future::ready(reply.clone()), hook)(request.clone());
    seen.borrow_mut().show("Observed", &future);
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
#[cfg_attr(not(all(feature = "setup", feature = "site")), ignore = "the list is that of all features")]
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
