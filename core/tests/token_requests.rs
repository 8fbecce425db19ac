//! What a login asks for travels the whole way: `resource` with the code and every refresh (RFC 8707 2.2), `scope` where a
//! provider wants to hear it again (RFC 6749 6), and parameters of the host's own.

mod support;

#[cfg(feature = "sealed")]
use relyingparty::Step;
use relyingparty::{AuthorizeRequest, CallbackParams, Error, PendingLogin, Session, TokenRequest};
use support::{World, code, detail, parameters, query};

const RESOURCES: [&str; 2] = ["https://mcp.example/mcp", "urn:api:1"];

fn asking(resources: &[&str]) -> AuthorizeRequest {
    let mut request = AuthorizeRequest::default();
    request.resource = resources.iter().map(|resource| (*resource).to_owned()).collect();
    request
}

fn request(json: &str) -> TokenRequest {
    TokenRequest::from_json(json).unwrap()
}

/// What the last request to the provider said, by name.
fn sent(world: &World, name: &str) -> Vec<String> {
    let form = String::from_utf8(world.op.log.last().unwrap().body.clone()).unwrap();
    values(&form, name)
}

fn values(query: &str, name: &str) -> Vec<String> {
    parameters(query).into_iter().filter(|(found, _)| found == name).map(|(_, value)| value).collect()
}

/// A login up to its code, through the store, and the token request that comes of it.
fn exchange(world: &mut World, asked: &AuthorizeRequest, request: &TokenRequest) -> Result<Session, Error> {
    let started = world.try_begin(asked)?;
    let back = world.op.authorize(&started.url);
    let pending = PendingLogin::decode(Some(&started.pending.encode())).unwrap();
    let code = world.client().callback(pending, &CallbackParams::parse(&back).unwrap(), world.now)?;
    let step = world.client().exchange_with(code, request)?;
    world.op.log.clear();
    let session = world.run(step)?;
    world.op.log.truncate(1);
    Ok(session)
}

fn refresh(world: &mut World, session: &Session, request: &TokenRequest) -> Result<Session, Error> {
    let step = world.client().refresh_with(session, request)?;
    world.run(step)
}

fn restored(world: &mut World, text: &str) -> Session {
    let step = world.client().restore(text, &world.cache, world.now).unwrap();
    world.run(step).unwrap()
}

#[test]
fn a_resource_is_in_every_request_of_its_login() {
    for resources in [&RESOURCES[..0], &RESOURCES[..1], &RESOURCES] {
        let mut world = World::new();
        let started = world.try_begin(&asking(resources)).unwrap();
        assert_eq!(values(query(&started.url), "resource"), resources);
        let mut session = exchange(&mut world, &asking(resources), &TokenRequest::default()).unwrap();
        assert_eq!(sent(&world, "resource"), resources, "with the code");
        for _ in 0..3 {
            session = world.refresh(&session).unwrap();
            assert_eq!(sent(&world, "resource"), resources, "with a refresh");
            session = restored(&mut world, &session.encode());
            assert_eq!(session.resource(), resources);
        }
    }
}

#[cfg(feature = "sealed")]
#[test]
fn a_sealed_session_remembers_its_resources() {
    let mut world = World::new();
    let session = world.try_login_with(&asking(&RESOURCES)).unwrap();
    let keys = relyingparty::SealingKeys::new([(0..32).collect::<Vec<u8>>()]).unwrap();
    let client = world.client().with_sealing_keys(keys);
    let text = client.seal(&session, support::entropy(77)).unwrap();
    let Step::Done(again) = client.restore(&text, &world.cache, world.now).unwrap() else {
        panic!("it asks")
    };
    assert_eq!(again.resource(), RESOURCES);
    world.refresh(&again).unwrap();
    assert_eq!(sent(&world, "resource"), RESOURCES);
}

#[test]
fn a_provider_that_refuses_resources_there_is_spared_them() {
    let mut world = World::new();
    world.policy.resource_in_token_requests = false;
    let session = exchange(&mut world, &asking(&RESOURCES), &TokenRequest::default()).unwrap();
    assert!(sent(&world, "resource").is_empty());
    world.refresh(&session).unwrap();
    assert!(sent(&world, "resource").is_empty());
    assert_eq!(session.resource(), RESOURCES, "they are remembered");
    refresh(&mut world, &session, &request(r#"{"resource":"urn:api:1"}"#)).unwrap();
    assert_eq!(sent(&world, "resource"), ["urn:api:1"], "what a refresh asks for itself is sent");
}

#[test]
fn a_token_request_may_ask_for_other_resources() {
    let mut world = World::new();
    let one = request(r#"{"resource":["urn:api:1"]}"#);
    let session = exchange(&mut world, &asking(&RESOURCES), &one).unwrap();
    assert_eq!(sent(&world, "resource"), ["urn:api:1"]);
    assert_eq!(session.resource(), ["urn:api:1"], "an exchange decides for the session");
    let other = request(r#"{"resource":"https://mcp.example/mcp"}"#);
    let refreshed = refresh(&mut world, &session, &other).unwrap();
    assert_eq!(sent(&world, "resource"), ["https://mcp.example/mcp"]);
    world.refresh(&refreshed).unwrap();
    assert_eq!(sent(&world, "resource"), ["urn:api:1"], "a refresh decides for itself");
    refresh(&mut world, &session, &request(r#"{"resource":[]}"#)).unwrap();
    assert!(sent(&world, "resource").is_empty());
}

#[test]
fn a_refresh_names_its_scope_where_the_policy_says_so() {
    for (policy_says, granted, expected) in [
        (false, None, None),
        (false, Some("openid email"), None),
        (true, None, Some("openid profile email")),
        (true, Some("openid email"), Some("openid profile email")),
    ] {
        let mut world = World::new();
        world.policy.scope_in_refreshes = policy_says;
        if let Some(granted) = granted {
            world.op.member("scope", granted);
        }
        let mut session =
            exchange(&mut world, &AuthorizeRequest::default(), &TokenRequest::default()).unwrap();
        assert!(sent(&world, "scope").is_empty(), "not with the code");
        for _ in 0..3 {
            session = world.refresh(&session).unwrap();
            assert_eq!(sent(&world, "scope"), Vec::from_iter(expected), "{granted:?}");
            session = restored(&mut world, &session.encode());
        }
    }
}

#[test]
fn a_token_request_may_name_its_scopes() {
    let mut world = World::new();
    let api = request(r#"{"scopes":["openid","api://1/Access"]}"#);
    let session = exchange(&mut world, &AuthorizeRequest::default(), &api).unwrap();
    assert_eq!(sent(&world, "scope"), ["openid api://1/Access"]);
    assert_eq!(
        session.scope(),
        ["openid", "api://1/Access"],
        "what was asked for, where nothing else is said"
    );
    let refreshed = refresh(&mut world, &session, &request(r#"{"scopes":["email"]}"#)).unwrap();
    assert_eq!(
        (sent(&world, "scope"), refreshed.scope()),
        (vec!["email".to_owned()], &["email".to_owned()][..])
    );
    assert!(!refreshed.encode().contains("asked_scope"), "what the policy has no use for is not kept");
}

#[test]
fn a_bare_refresh_token_asks_for_what_it_is_told_to() {
    let mut world = World::new();
    let asked = request(r#"{"scopes":["openid"],"resource":"urn:api:1","extra":{"tenant":"a b"}}"#);
    world.op.without_claim("nonce");
    world.op.without_claim("at_hash");
    let step = world.client().refresh_token_with("another", "subject-1", &asked).unwrap();
    let grant = world.run(step).unwrap();
    let form = String::from_utf8(world.op.log[0].body.clone()).unwrap();
    assert_eq!(
        form,
        "grant_type=refresh_token&refresh_token=another&scope=openid&resource=urn%3Aapi%3A1&tenant=a+b&client_id=client"
    );
    assert_eq!(
        (grant.grant().scope(), grant.session().unwrap().resource()),
        (&["openid".to_owned()][..], &["urn:api:1".to_owned()][..])
    );
}

#[test]
fn a_parameter_that_a_token_request_sets_cannot_be_an_extra_one() {
    for name in [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
        "resource",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "authorization_details",
        "",
    ] {
        let extra = request(&format!(r#"{{"extra":{{"{name}":"x"}}}}"#));
        let mut world = World::new();
        let session = world.login();
        let refused = refresh(&mut world, &session, &extra);
        assert_eq!((code(&refused), detail(&refused, "parameter")), ("reserved_parameter", name.to_owned()));
        let refused = exchange(&mut world, &AuthorizeRequest::default(), &extra);
        assert_eq!(code(&refused), "reserved_parameter", "{name}");
        assert_eq!(
            code(&world.client().refresh_token_with("a", "b", &extra)),
            "reserved_parameter",
            "{name}"
        );
    }
}

#[test]
fn what_is_no_resource_or_scope_is_refused_before_anything_is_sent() {
    let mut world = World::new();
    let session = world.login();
    for bad in [
        r#"{"resource":""}"#,
        r#"{"resource":["a b"]}"#,
        r#"{"resource":["https://a.example/#b"]}"#,
        r#"{"scopes":[]}"#,
        r#"{"scopes":["a b"]}"#,
    ] {
        let refused = refresh(&mut world, &session, &request(bad));
        assert_eq!(code(&refused), "invalid_configuration", "{bad}");
    }
    for bad in
        [r#"{"resource":1}"#, r#"{"resource":[1]}"#, r#"{"scopes":"openid"}"#, r#"{"scope":["openid"]}"#]
    {
        assert_eq!(code(&TokenRequest::from_json(bad)), "invalid_configuration", "{bad}");
    }
    assert_eq!(code(&world.try_begin(&asking(&["https://a.example/#b"]))), "invalid_configuration");
}
