//! What a new user gets wrong first, and what the errors say to do about it.

#![cfg(feature = "setup")]

#[path = "support/mod.rs"]
mod support;

use relyingparty::bindings::registration_beside;
use relyingparty::{
    AuthMethod, AuthorizeRequest, Endpoint, Error, Issuer, Policy, Provider, Reply, Timestamp, TokenRequest,
};
use serde_json::{Value, json};
use support::{CLIENT_SECRET, REDIRECT_URI, World, code, typed_response};

fn refused_at(endpoint: Endpoint, error: &str, world: &mut World) -> Error {
    let body = json!({ "error": error }).to_string();
    world.op.instead.push((endpoint, Reply::Http(typed_response(400, "application/json", body.as_str()))));
    world.try_login().unwrap_err()
}

fn sent_back_with(error: &str) -> String {
    let mut world = World::new();
    let login = world.begin();
    let sent = world.op.authorize(&login.url);
    let state = sent.split('&').find(|pair| pair.starts_with("state=")).unwrap().to_owned();
    world.callback(login, &format!("{state}&error={error}")).unwrap_err().to_string()
}

#[test]
fn first_use_a_refused_client_learns_how_it_authenticated_and_what_to_compare() {
    for method in [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost] {
        let mut world = World::new();
        world.registration = world.registration.with_secret(CLIENT_SECRET);
        world.registration.token_endpoint_auth_method = Some(method);
        let message = refused_at(Endpoint::Token, "invalid_client", &mut world).to_string();
        assert!(
            message.contains("invalid_client, from the token endpoint; the client authenticated with "),
            "{message}"
        );
        assert!(
            message.contains(method.as_str()) && message.contains("token_endpoint_auth_method"),
            "{message}"
        );
        assert!(!message.contains(CLIENT_SECRET), "{message}");
    }
    let public = refused_at(Endpoint::Token, "invalid_client", &mut World::new()).to_string();
    assert!(public.contains("did not authenticate") && public.contains("client_secret"), "{public}");
    assert!(
        sent_back_with("invalid_client")
            .ends_with("does not know the client_id: compare it with the registration")
    );
}

#[test]
fn first_use_a_refused_code_names_its_causes_and_a_refused_refresh_others() {
    let message = refused_at(Endpoint::Token, "invalid_grant", &mut World::new()).to_string();
    assert!(message.contains("the code was used twice") && message.contains(REDIRECT_URI), "{message}");
    let mut world = World::new();
    let session = world.login();
    let body = json!({ "error": "invalid_grant" }).to_string();
    world.op.answer_with(Endpoint::Token, typed_response(400, "application/json", body.as_str()));
    let message = world.refresh(&session).unwrap_err().to_string();
    assert!(message.contains("the refresh token was used before") && !message.contains("code"), "{message}");
}

#[test]
fn first_use_what_the_registration_at_the_provider_lacks_is_named() {
    let told = |error: &str| refused_at(Endpoint::Token, error, &mut World::new()).to_string();
    for error in ["unauthorized_client", "unsupported_grant_type"] {
        assert!(
            told(error).contains("allow this client the grant type authorization_code"),
            "{}",
            told(error)
        );
    }
    for error in ["unauthorized_client", "unsupported_response_type"] {
        assert!(sent_back_with(error).contains("allow this client the response type code"), "{error}");
    }
    for error in ["invalid_redirect_uri", "redirect_uri_mismatch"] {
        let register = format!("; register {REDIRECT_URI} at the provider, exactly as it is written here");
        assert!(told(error).ends_with(&register), "{}", told(error));
        assert!(sent_back_with(error).ends_with(&register), "{}", sent_back_with(error));
    }
    assert!(sent_back_with("invalid_scope").contains("the scopes were openid profile email"));
    assert!(sent_back_with("login_required").ends_with("begin a login without prompt=none"));
    assert!(sent_back_with("access_denied").ends_with("access_denied, from the authorization endpoint"));
}

#[test]
fn first_use_an_unknown_option_leads_to_the_one_that_was_meant() {
    let policy = |text: &str| Policy::from_json(text).unwrap_err().to_string();
    assert!(policy(r#"{"allowed_skew":60}"#).ends_with("; did you mean allowed_skew_secs?"));
    let authorize = |text: &str| AuthorizeRequest::from_json(text).unwrap_err().to_string();
    assert!(authorize(r#"{"maxAge":60}"#).ends_with("; did you mean max_age?"));
    let all = authorize(r#"{"zzzzzz":60}"#);
    assert!(all.contains("; known are scopes, ") && all.contains(", return_to"), "{all}");
    let token = TokenRequest::from_json(r#"{"resources":"https://api.example"}"#).unwrap_err();
    assert!(token.to_string().ends_with("; did you mean resource?"), "{token}");
    let registration = |text: &str| registration_beside(text, &["transport", "store"]).unwrap_err();
    let error = registration(r#"{"clientId":"canary","redirect_uri":"https://rp.example/cb"}"#);
    assert_eq!(error.detail("member"), Some("clientId"), "and not that client_id is missing");
    assert!(
        error.to_string().ends_with("; did you mean client_id?") && !error.to_string().contains("canary")
    );
    let error = registration(r#"{"client_id":"c","redirect_uri":"https://rp.example/cb","transprot":1}"#);
    assert!(error.to_string().ends_with("; did you mean transport?"), "{error}");
}

#[test]
fn first_use_a_clock_in_milliseconds_is_refused_by_the_first_verb() {
    let mut world = World::new();
    world.now = Timestamp::from_unix(world.now.as_unix() * 1_000);
    let discovery = Provider::discover(&world.issuer(), &world.policy, &world.cache, world.now);
    let message = discovery.map(drop).unwrap_err().to_string();
    assert!(message.contains("tells milliseconds: divide by 1000"), "{message}");
    assert_eq!(code(&world.try_begin(&AuthorizeRequest::default())), "implausible_clock");
    let claims = world.claims();
    assert_eq!(code(&world.verify_claims(&claims)), "implausible_clock");
}

#[test]
fn first_use_a_secret_with_a_line_end_is_refused_by_name_and_not_shown() {
    for odd in ["canary\n", "canary\r\n", "canary ", " canary", "\tcanary", "\u{feff}canary", "\n"] {
        let mut world = World::new();
        world.registration = world.registration.with_secret(odd);
        let error = world.try_client().unwrap_err();
        assert_eq!(
            (error.code(), error.detail("member")),
            ("invalid_configuration", Some("client_secret")),
            "{odd:?}"
        );
        assert!(
            error.to_string().contains("take it away") && !error.to_string().contains("canary"),
            "{error}"
        );
        let mut world = World::new();
        world.registration.client_id = odd.to_owned();
        assert_eq!(world.try_client().unwrap_err().detail("member"), Some("client_id"), "{odd:?}");
    }
    let mut world = World::new();
    world.registration = world.registration.with_secret("a canary\nwith blanks within");
    assert_eq!(code(&world.try_client()), "ok");
}

#[test]
fn first_use_a_list_of_hosts_says_what_stands_in_one() {
    let listed = |name: &str, hosts: Value| {
        let text = json!({ name: hosts }).to_string();
        let policy = Policy::from_json(&text).map_err(|error| error.to_string())?;
        Issuer::under("https://op.example", false, &policy).map(drop).map_err(|error| error.to_string())
    };
    for name in ["local_hosts", "danger_http_hosts"] {
        for url in [
            "http://keycloak:8080",
            "https://keycloak",
            "keycloak/realms/a",
            "keycloak:8080/",
            "user@keycloak",
        ] {
            let said = listed(name, json!([url])).unwrap_err();
            assert!(
                said.contains(name)
                    && said.contains("has more than a host: write it as keycloak or keycloak:8080"),
                "{said}"
            );
        }
        assert!(listed(name, json!(["*.svc"])).unwrap_err().contains("has more than a host"));
        assert!(listed(name, json!("keycloak")).unwrap_err().contains("is one string: put it in a list"));
        assert!(listed(name, json!(7)).unwrap_err().contains("is not a list of strings"));
        assert_eq!(listed(name, json!(["keycloak:8080", "keycloak"])), Ok(()));
    }
}

#[test]
fn first_use_an_issuer_over_http_names_what_takes_it() {
    let said = |text: &str| Issuer::parse(text).unwrap_err().to_string();
    assert!(said("http://localhost:8080").contains("allow_insecure_loopback"));
    assert!(said("http://keycloak:8080").contains("danger_http_hosts"));
    assert!(!said("http://op.example").contains("allow_insecure_loopback"), "it would not help");
    let said = Issuer::insecure_loopback("http://keycloak:8080").unwrap_err().to_string();
    assert!(said.contains("danger_http_hosts"), "{said}");
    let said = Issuer::parse("https://op.example/.well-known/openid-configuration").unwrap_err().to_string();
    assert!(said.contains("leave /.well-known/openid-configuration out"), "{said}");
}
