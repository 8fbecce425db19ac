//! Real logins at a real, certified provider, over HTTP and HTTPS, with a blocking and an async host.
//!
//! They need the provider of `conformance/op` and certificates: `cargo ci rust-live` sets both up and runs them.

mod op;
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod party;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conformance::browser::Browser;
use op::{Op, tls};
use party::{Party, entropy, network, now};
use relyingparty::{
    AuthorizeRequest, CallbackParams, Client, Coalescer, EndSessionRequest, Error, Expectations, Policy,
    Registration, TokenRequest, drive, drive_async,
};
use relyingparty_host::{ReqwestTransport, Transport};
use serde_json::json;

const REDIRECT: &str = "https://app.example/callback";
const LOGGED_OUT: &str = "https://app.example/";

impl Party {
    /// Registers a client with these members at the provider, and finds the provider.
    fn new(op: &Op, members: serde_json::Value, policy: Policy) -> Party {
        Party::trusting(op, members, policy, None).unwrap()
    }

    fn trusting(
        op: &Op,
        members: serde_json::Value,
        policy: Policy,
        ca_pem: Option<&[u8]>,
    ) -> Result<Party, Error> {
        let registered = op.register(members);
        let mut registration = Registration::new(registered["client_id"].as_str().unwrap(), REDIRECT);
        registration.client_secret = registered["client_secret"].as_str().map(Into::into);
        registration.post_logout_redirect_uri = Some(LOGGED_OUT.into());
        registration.scopes.push("offline_access".into());
        Party::at(&op.issuer, registration, policy, ca_pem)
    }
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_confidential_client_does_everything_a_session_can() {
    let op = Op::start();
    let mut party = Party::new(
        &op,
        json!({ "redirect_uris": [REDIRECT], "post_logout_redirect_uris": [LOGGED_OUT] }),
        Policy::default(),
    );
    let session = party.login().unwrap();
    assert_eq!((session.claims().iss(), session.claims().sub()), (op.issuer.as_str(), "alice"));
    assert_eq!(
        op.requests(),
        ["GET /.well-known/openid-configuration 200", "POST /token 200", "GET /jwks 200"]
    );

    let info =
        drive(party.client.userinfo(&session).unwrap(), &party.cache, now, |request| party.answer(request))
            .unwrap();
    assert_eq!(info.get("email").and_then(|email| email.as_str()), Some("alice@example.test"));
    assert!(info.email_verified());

    let refreshed =
        drive(party.client.refresh(&session).unwrap(), &party.cache, now, |request| party.answer(request))
            .unwrap();
    assert_eq!(refreshed.claims().sub(), "alice");
    assert_ne!(refreshed.refresh_token(), session.refresh_token(), "refresh tokens rotate");
    let reused =
        drive(party.client.refresh(&session).unwrap(), &party.cache, now, |request| party.answer(request))
            .unwrap_err();
    assert_eq!(reused.server_error().map(|error| error.error.as_str()), Some("invalid_grant"));

    let cache = party.cache.lock().unwrap().clone();
    let step = party
        .client
        .verify(session.id_token(), Expectations::none().subject("alice"), &cache, now())
        .unwrap();
    assert!(matches!(step, relyingparty::Step::Done(_)), "the key is known: no request");
    drive(party.client.restore(&session.encode(), &cache, now()).unwrap(), &party.cache, now, |request| {
        party.answer(request)
    })
    .unwrap();

    let mut request = EndSessionRequest::default();
    request.id_token_hint = Some(session.id_token().to_owned());
    request.state = Some("s t".into());
    let logout = party.client.end_session(&request).unwrap();
    assert_eq!(party.browser.follow(&logout, LOGGED_OUT).unwrap(), format!("{LOGGED_OUT}?state=s+t"));
}

/// Whom an access token is for. One for UserInfo is no JWT.
fn audience(access_token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(access_token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims["aud"].as_str().map(str::to_owned)
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_resource_is_asked_for_the_whole_way() {
    const RESOURCE: &str = "https://api.example/v1";
    let op = Op::start();
    let mut request = AuthorizeRequest::default();
    request.resource = vec![RESOURCE.into()];
    request.scopes = Some(["openid", "offline_access", "api"].map(str::to_owned).to_vec());
    for (sent, expected) in [(true, Some(RESOURCE)), (false, None)] {
        let mut policy = Policy::default();
        policy.resource_in_token_requests = sent;
        let mut party = Party::new(&op, json!({ "redirect_uris": [REDIRECT] }), policy);
        let (pending, response) = party.visit(&request);
        let code = party.client.callback(pending, &response, now()).unwrap();
        let step = party.client.exchange(code).unwrap();
        let session = drive(step, &party.cache, now, |request| party.answer(request)).unwrap();
        assert_eq!(audience(session.access_token().unwrap()).as_deref(), expected);
        let step = party.client.refresh(&session).unwrap();
        let session = drive(step, &party.cache, now, |request| party.answer(request)).unwrap();
        assert_eq!(audience(session.access_token().unwrap()).as_deref(), expected);
        let other = TokenRequest::from_json(r#"{"resource":"https://other.example"}"#).unwrap();
        let step = party.client.refresh_with(&session, &other).unwrap();
        let refused = drive(step, &party.cache, now, |request| party.answer(request)).unwrap_err();
        assert_eq!(refused.server_error().map(|error| error.error.as_str()), Some("invalid_target"));
    }
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn each_way_to_authenticate_and_each_algorithm_logs_in() {
    let op = Op::start();
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
            let members = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method, "id_token_signed_response_alg": alg });
            let op_client = op.register(members.clone());
            assert_eq!(op_client["token_endpoint_auth_method"], method);
            let mut party = Party::new(&op, members, Policy::default());
            if method == "client_secret_post" {
                let mut registration = party.client.registration().clone();
                registration.token_endpoint_auth_method = Some(relyingparty::AuthMethod::ClientSecretPost);
                party.client =
                    Client::new(party.client.provider().clone(), registration, Policy::default()).unwrap();
            }
            let session = party.login().unwrap_or_else(|error| panic!("{method} {alg}: {error:?}"));
            let signature =
                session.decisions().into_iter().find(|decision| decision.check == "signature").unwrap();
            assert_eq!(signature.expected, format!("a good {alg} signature"));
        }
    }
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn d1_a_rotated_key_is_fetched_once() {
    let op = Op::start();
    let mut policy = Policy::default();
    policy.key_cooldown_secs = 0;
    let mut party = Party::new(&op, json!({ "redirect_uris": [REDIRECT] }), policy);
    party.login().unwrap();
    op.rotate();
    op.requests();
    party.login().unwrap();
    party.login().unwrap();
    assert_eq!(op.requests().iter().filter(|request| request.starts_with("GET /jwks")).count(), 1);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn d4_keys_survive_a_provider_that_is_down() {
    let op = Op::start();
    let mut party = Party::new(&op, json!({ "redirect_uris": [REDIRECT] }), Policy::default());
    let session = party.login().unwrap();
    op.down();
    let later = || relyingparty::Timestamp::from_unix(now().as_unix() + 700);
    let step = party
        .client
        .verify(session.id_token(), Expectations::none(), &party.cache.lock().unwrap(), later())
        .unwrap();
    let claims = drive(step, &party.cache, later, |request| party.answer(request)).unwrap();
    assert_eq!(claims.sub(), "alice");
    let refused =
        drive(party.client.userinfo(&session).unwrap(), &party.cache, now, |request| party.answer(request))
            .unwrap_err();
    assert_eq!(refused.code(), "unreachable");
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_refused_consent_is_the_providers_error() {
    let op = Op::start();
    let mut party = Party::new(&op, json!({ "redirect_uris": [REDIRECT] }), Policy::default());
    let login = party.client.authorize(&AuthorizeRequest::default(), entropy(), now()).unwrap();
    let back = party.browser.refuse(&login.url, REDIRECT).unwrap();
    let error =
        party.client.callback(login.pending, &CallbackParams::parse(&back).unwrap(), now()).unwrap_err();
    assert_eq!(
        (error.code(), error.server_error().unwrap().error.as_str()),
        ("provider_error", "access_denied")
    );
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn e1_a_code_is_worth_nothing_without_its_login() {
    let op = Op::start();
    let mut party = Party::new(&op, json!({ "redirect_uris": [REDIRECT] }), Policy::default());
    let (_, attackers) = party.visit(&AuthorizeRequest::default());
    let (victims, _) = party.visit(&AuthorizeRequest::default());
    assert_eq!(party.client.callback(victims, &attackers, now()).unwrap_err().code(), "state_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the certified provider: cargo ci rust-live"]
async fn an_async_host_logs_in_over_https_with_a_ca_file() {
    let op = Op::start_with_tls();
    let ca_pem = tls().ca_pem;
    let mut party = tokio::task::block_in_place(|| {
        Party::trusting(
            &op,
            json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" }),
            Policy::default(),
            Some(&ca_pem),
        )
    })
    .unwrap();
    let http = ReqwestTransport::with(network(Some(&ca_pem))).unwrap();
    let coalescer = Coalescer::default();
    let host = |request| http.answer(request);
    let (pending, response) = tokio::task::block_in_place(|| party.visit(&AuthorizeRequest::default()));
    let code = party.client.callback(pending, &response, now()).unwrap();
    let step = party.client.exchange(code).unwrap();
    let session = coalescer.drive_async(step, &party.cache, now, host).await.unwrap();
    assert!(session.claims().iss().starts_with("https://127.0.0.1:"));
    let info = drive_async(party.client.userinfo(&session).unwrap(), &party.cache, now, host).await.unwrap();
    assert_eq!(info.sub(), "alice");
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn f10_a_blocking_host_logs_in_over_https_with_a_ca_file_and_not_without() {
    let op = Op::start_with_tls();
    let members = || json!({ "redirect_uris": [REDIRECT] });
    let mut party = Party::trusting(&op, members(), Policy::default(), Some(&tls().ca_pem)).unwrap();
    assert_eq!(party.login().unwrap().claims().sub(), "alice");
    let error = Party::trusting(&op, members(), Policy::default(), None).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "unreachable");
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_examples_log_in() {
    let op = Op::start();
    for example in ["login_blocking", "login_async"] {
        let app = op::Example::start(&op, example, "/auth/login");
        let mut browser = Browser::new(None);
        let page = browser.page(&app.address).unwrap();
        assert_eq!(page.trim(), format!("Hello alice of {}", op.issuer), "{example}");
        let replayed = browser.page(&format!("{}auth/login?code=x&state=y", app.address)).unwrap();
        assert_eq!(replayed.trim(), "no_pending_login", "{example}");
    }
}
