//! Real logins with `relyingparty-host` at a real, certified provider: both relying parties, over https, with keys, with a client
//! certificate, through a proxy.
//!
//! They need the provider of `conformance/op` and certificates: `cargo ci rust-live` sets both up and runs them.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod op;

use conformance::agent;
use conformance::browser::Browser;
use op::{Op, Proxy, tls};
use relyingparty_host::{
    Alg, AuthorizeRequest, Config, EndSessionRequest, Expectations, LoginCookies, Network, Registration,
    RelyingParty, ReqwestTransport, ResponseMode, SealingKeys, SigningKey, UreqTransport, blocking,
};
use serde_json::{Value, json};

const REDIRECT: &str = "https://app.example/callback";
const LOGGED_OUT: &str = "https://app.example/";

/// One login, and what a session can do.
macro_rules! goes_on {
    ($rp:expr, $browser:expr, $request:expr $(, $await:ident)?) => {{
        let (rp, mut browser) = ($rp, $browser);
        let login = rp.authorize($request)$(.$await)?.unwrap();
        let back = browser.follow(&login.url, REDIRECT).unwrap();
        let cookies = LoginCookies::parse(login.pending.set_cookie().split(';').next().unwrap());
        let session = rp.callback(&back, &cookies)$(.$await)?.unwrap();
        assert_eq!(rp.userinfo(&session)$(.$await)?.unwrap().sub(), "alice");
        let refreshed = rp.refresh(&session)$(.$await)?.unwrap();
        assert_ne!(refreshed.refresh_token(), session.refresh_token());
        assert_eq!(rp.userinfo(&refreshed)$(.$await)?.unwrap().sub(), "alice");
        let restored = rp.restore(&rp.encode(&refreshed).unwrap())$(.$await)?.unwrap();
        let claims = rp.verify(restored.id_token(), Expectations::none())$(.$await)?.unwrap();
        assert_eq!(claims.sub(), "alice");
        let mut request = EndSessionRequest::default().of(&restored);
        request.state = Some("s t".into());
        let logout = rp.end_session(&request)$(.$await)?.unwrap();
        assert_eq!(browser.follow(&logout, LOGGED_OUT).unwrap(), format!("{LOGGED_OUT}?state=s+t"));
    }};
}

/// A client that is registered at the provider, whose secret counts if it has one.
fn config(op: &Op, mut members: Value, change: impl FnOnce(&mut Registration)) -> Config {
    members["redirect_uris"] = json!([REDIRECT]);
    members["post_logout_redirect_uris"] = json!([LOGGED_OUT]);
    let registered = op.register(members);
    let mut client = Registration::new(registered["client_id"].as_str().unwrap(), REDIRECT);
    client.client_secret = registered["client_secret"].as_str().map(Into::into);
    client.post_logout_redirect_uri = Some(LOGGED_OUT.into());
    client.scopes.push("offline_access".into());
    change(&mut client);
    Config::new(&op.issuer, client)
        .allow_insecure_loopback()
        .sealing_keys(SealingKeys::new([conformance::serve::entropy().unwrap()]).unwrap())
}

fn consent() -> AuthorizeRequest {
    let mut request = AuthorizeRequest::default();
    request.prompt = Some("consent".into());
    request
}

/// Both relying parties go on with what `config` makes, by this way, and the browser by its own.
fn both_go_on(
    network: &Network,
    browser: impl Fn() -> Browser,
    request: &AuthorizeRequest,
    config: impl Fn() -> Config,
) {
    let ureq = UreqTransport::with(network.clone()).unwrap();
    goes_on!(blocking::RelyingParty::new(config(), ureq).unwrap(), browser(), request);
    let reqwest = ReqwestTransport::with(network.clone()).unwrap();
    let rp = RelyingParty::new(config(), reqwest).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { goes_on!(rp, browser(), request, await) });
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn f10_both_log_in_over_https_with_a_ca_file_and_not_without() {
    let (op, ca_pem) = (Op::start_with_tls(), tls().ca_pem);
    let network = Network::new().ca_pem(&ca_pem).unwrap();
    both_go_on(&network, || Browser::new(Some(&ca_pem)), &consent(), || config(&op, json!({}), |_| {}));
    let rp = blocking::RelyingParty::new(config(&op, json!({}), |_| {}), UreqTransport::new().unwrap());
    let refused = rp.unwrap().authorize(&consent()).unwrap_err();
    assert_eq!(refused.code(), "unreachable");
    assert!(refused.detail("reason").unwrap().starts_with("the certificate is not trusted"));
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_with_keys_pushed_and_signed_requests_signed_responses_and_bound_tokens() {
    let op = Op::start();
    let made = conformance::provider::SigningKey::es256("key", conformance::serve::entropy().unwrap());
    let key = || SigningKey::from_jwk(&made.private_jwk().to_string()).unwrap().with_alg(Alg::Es256).unwrap();
    let jwks = format!(r#"{{"keys":[{}]}}"#, key().public_jwk().unwrap());
    let members = || {
        json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": serde_json::from_str::<Value>(&jwks).unwrap(),
            "dpop_bound_access_tokens": true,
            "require_pushed_authorization_requests": true,
            "require_signed_request_object": true,
            "request_object_signing_alg": "ES256",
            "authorization_signed_response_alg": "ES256",
        })
    };
    let mut request = consent();
    request.response_mode = Some(ResponseMode::QueryJwt);
    both_go_on(
        &Network::new(),
        || Browser::new(None),
        &request,
        || {
            config(&op, members(), |client| {
                client.client_secret = None;
                client.signing_keys = vec![key()];
                client.dpop_keys = vec![key()];
                client.require_pushed_authorization_requests = true;
                client.require_signed_request_object = true;
                client.authorization_signed_response_alg = Some(Alg::Es256);
            })
        },
    );
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_with_a_client_certificate_and_tokens_that_are_bound_to_it() {
    let op = Op::start_with_client_ca();
    let (ca_pem, network) = (tls().ca_pem, Network::new().ca_pem(tls().ca_pem).unwrap());
    let file = |name: &str| tls().file(name);
    let network = network.client_cert_files(file("client-cert.pem"), file("client-key.pem")).unwrap();
    let members = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=client",
        "tls_client_certificate_bound_access_tokens": true,
    });
    both_go_on(
        &network,
        || Browser::new(Some(&ca_pem)),
        &consent(),
        || {
            config(&op, members.clone(), |client| {
                client.client_secret = None;
                client.tls_client_certificate = true;
                client.tls_client_certificate_bound_access_tokens = true;
            })
        },
    );
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_through_a_proxy_with_a_password() {
    let (op, proxy, ca_pem) = (Op::start_far_away(), Proxy::start(), tls().ca_pem);
    let trusting = Network::new().ca_pem(&ca_pem).unwrap();
    let network = trusting.clone().proxy(&proxy.with_password()).unwrap();
    let browser = || {
        let proxy = ureq::Proxy::new(&proxy.with_password()).unwrap();
        Browser::with(agent::agent(Some(&ca_pem), Some(proxy)))
    };
    both_go_on(&network, browser, &consent(), || config(&op, json!({}), |_| {}));
    let connect = format!("CONNECT {} true", op.issuer.trim_start_matches("https://"));
    let seen = proxy.seen();
    assert!(!seen.is_empty() && seen.iter().all(|line| *line == connect), "{seen:?}");

    let nobody = UreqTransport::with(trusting.proxy(&proxy.url).unwrap()).unwrap();
    let rp = blocking::RelyingParty::new(config(&op, json!({}), |_| {}), nobody).unwrap();
    let refused = rp.authorize(&consent()).unwrap_err();
    assert_eq!(
        refused.detail("reason"),
        Some("the proxy wants a user name and a password (status 407): put them into its URL")
    );
}
