//! Real logins with `relyingparty-host` at a real, certified provider: both relying parties, over https, with each way to
//! authenticate, with bound tokens and the nonces that they need, with authorization details, through a proxy.
//!
//! They need the provider of `conformance/op` and certificates: `cargo ci rust-live` sets both up and runs them.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod op;

use conformance::agent;
use conformance::browser::Browser;
use conformance::serve::entropy;
use op::{Op, Proxy, tls};
use relyingparty_host::{
    Alg, ApiRequest, AuthorizeRequest, Config, EndSessionRequest, Expectations, LoginCookies, Method,
    Network, Policy, Registration, RelyingParty, ReqwestTransport, ResponseMode, SealingKeys, SigningKey,
    UreqTransport, blocking,
};
use serde_json::{Value, json};

const REDIRECT: &str = "https://app.example/callback";
const LOGGED_OUT: &str = "https://app.example/";

/// One login, up to what `callback` comes to.
macro_rules! log_in {
    ($rp:expr, $browser:expr, $request:expr $(, $await:ident)?) => {{
        let login = $rp.authorize($request)$(.$await)?.unwrap();
        let back = $browser.follow(&login.url, REDIRECT).unwrap();
        let cookies = LoginCookies::parse(login.pending.set_cookie().split(';').next().unwrap());
        $rp.callback(&back, &cookies)$(.$await)?
    }};
}

mod authentication;

/// One login, and what a session can do.
macro_rules! goes_on {
    ($rp:expr, $browser:expr, $request:expr $(, $await:ident)?) => {{
        let (rp, mut browser) = ($rp, $browser);
        let session = log_in!(rp, browser, $request $(, $await)?).unwrap();
        assert_eq!(rp.userinfo(&session)$(.$await)?.unwrap().sub(), "alice");
        let refreshed = rp.refresh(&session)$(.$await)?.unwrap();
        assert_ne!(refreshed.refresh_token(), session.refresh_token());
        assert_eq!(rp.userinfo(&refreshed)$(.$await)?.unwrap().sub(), "alice");
        let restored = rp.restore(&rp.encode(&refreshed).unwrap())$(.$await)?.unwrap();
        let claims = rp.verify(restored.id_token(), Expectations::none())$(.$await)?.unwrap();
        assert_eq!(claims.sub(), "alice");
        rp.revoke(&restored)$(.$await)?.unwrap();
        assert_eq!(rp.refresh(&restored)$(.$await)?.unwrap_err().code(), "provider_error", "it is revoked");
        let mut request = EndSessionRequest::default().of(&restored);
        request.state = Some("s t".into());
        let logout = rp.end_session(&request)$(.$await)?.unwrap();
        assert_eq!(browser.follow(&logout, LOGGED_OUT).unwrap(), format!("{LOGGED_OUT}?state=s+t"));
        let logout = rp.log_out(&EndSessionRequest::default().of(&restored))$(.$await)?.unwrap();
        let back = browser.follow(&logout.url, LOGGED_OUT).unwrap();
        let state = logout.state.as_deref();
        assert!(state.is_some() && relyingparty_host::logged_out(&back, state).is_ok(), "{back}");
        assert!(relyingparty_host::logged_out(&back, Some("another")).is_err());
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
        .sealing_keys(SealingKeys::new([entropy().unwrap()]).unwrap())
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
    let (rp, async_rp) = both(network, config);
    goes_on!(rp, browser(), request);
    block_on(async { goes_on!(async_rp, browser(), request, await) });
}

/// Both relying parties, each with a client of its own.
fn both(network: &Network, config: impl Fn() -> Config) -> (blocking::RelyingParty, RelyingParty) {
    let ureq = UreqTransport::with(network.clone()).unwrap();
    let reqwest = ReqwestTransport::with(network.clone()).unwrap();
    (blocking::RelyingParty::new(config(), ureq).unwrap(), RelyingParty::new(config(), reqwest).unwrap())
}

fn block_on(asynchronous: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(asynchronous);
}

/// A key of a client's, for both sides.
fn made_key() -> (conformance::provider::SigningKey, SigningKey) {
    let made = conformance::provider::SigningKey::es256("key", entropy().unwrap());
    let key = SigningKey::from_jwk(&made.private_jwk().to_string()).unwrap().with_alg(Alg::Es256).unwrap();
    (made, key)
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
    let (made, key) = made_key();
    let members = || {
        json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [made.jwk()] },
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
                client.signing_keys = vec![key.clone()];
                client.dpop_keys = vec![key.clone()];
                client.require_pushed_authorization_requests = true;
                client.require_signed_request_object = true;
                client.authorization_signed_response_alg = Some(Alg::Es256);
            })
        },
    );
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_as_fapi_2_message_signing_demands_with_the_preset_alone() {
    let (op, ca_pem) = (Op::start_with_tls(), tls().ca_pem);
    let ((made, key), (_, dpop_key)) = (made_key(), made_key());
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [made.jwk()] },
        "dpop_bound_access_tokens": true,
        "require_pushed_authorization_requests": true,
        "require_signed_request_object": true,
        "id_token_signed_response_alg": "ES256",
        "authorization_signed_response_alg": "ES256",
    });
    let network = Network::new().ca_pem(&ca_pem).unwrap();
    both_go_on(
        &network,
        || Browser::new(Some(&ca_pem)),
        &consent(),
        || {
            let config = config(&op, members.clone(), |client| {
                client.signing_keys = vec![key.clone()];
                client.dpop_keys = vec![dpop_key.clone()];
            });
            config.policy(Policy::fapi2_message_signing())
        },
    );
    let pushed = op.requests().iter().filter(|line| *line == "POST /request 201").count();
    assert_eq!(pushed, 2, "one for each");
}

/// Bound tokens: the provider asks for a nonce at each endpoint where the last one no longer serves, and is sent the next.
macro_rules! proves_with_nonces {
    ($rp:expr, $op:expr, $jkt:expr $(, $await:ident)?) => {{
        let (rp, op, mut browser) = ($rp, $op, Browser::new(None));
        let asked = || {
            let mut asked = op.requests();
            asked.retain(|line| line.contains("/token") || line.contains("/me"));
            asked
        };
        let session = log_in!(rp, browser, &consent() $(, $await)?).unwrap();
        assert_eq!((session.token_type(), session.dpop_jkt()), ("DPoP", Some($jkt)));
        assert_eq!(rp.userinfo(&session)$(.$await)?.unwrap().sub(), "alice");
        assert_eq!(asked(), ["POST /token 400", "POST /token 200", "GET /me 200"]);
        op.control("nonces", &json!({}));
        assert_eq!(rp.userinfo(&session)$(.$await)?.unwrap().sub(), "alice");
        op.control("nonces", &json!({}));
        let session = rp.refresh(&session)$(.$await)?.unwrap();
        assert_eq!(asked(), ["GET /me 401", "GET /me 200", "POST /token 400", "POST /token 200"]);
        op.control("nonces", &json!({}));
        let request = || ApiRequest::new(Method::Get, format!("{}/me", op.issuer));
        for _ in 0..2 {
            let called = rp.call(&session, request())$(.$await)?.unwrap();
            let body: Value = serde_json::from_slice(&called.response.body).unwrap();
            assert_eq!((called.response.status, &body["sub"]), (200, &json!("alice")));
        }
        assert_eq!(asked(), ["GET /me 401", "GET /me 200", "GET /me 200"]);
    }};
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_prove_possession_of_the_key_with_the_nonces_that_the_provider_asks_for() {
    let (op, (_, key)) = (Op::start(), made_key());
    let jkt = key.thumbprint().unwrap();
    let (rp, async_rp) = both(&Network::new(), || {
        config(&op, json!({ "dpop_bound_access_tokens": true }), |client| {
            client.dpop_keys = vec![key.clone()];
            client.api_origins = vec![op.issuer.clone()];
        })
    });
    proves_with_nonces!(rp, &op, jkt.as_str());
    block_on(async { proves_with_nonces!(async_rp, &op, jkt.as_str(), await) });
}

/// What is granted is what was asked for, after a refresh as well; nothing where nothing was asked for.
macro_rules! is_allowed {
    ($rp:expr, $details:expr $(, $await:ident)?) => {{
        let (rp, mut browser) = ($rp, Browser::new(None));
        let granted = |text: Option<&str>| text.map(|text| serde_json::from_str::<Value>(text).unwrap());
        let mut request = consent();
        request.authorization_details = Some($details.to_string());
        request.resource = vec!["https://api.example".into()];
        request.scopes = Some(["openid", "api", "offline_access"].map(str::to_owned).to_vec());
        let session = log_in!(rp, browser, &request $(, $await)?).unwrap();
        assert_eq!(granted(session.authorization_details()), Some($details));
        let restored = rp.restore(&rp.encode(&session).unwrap())$(.$await)?.unwrap();
        let refreshed = rp.refresh(&restored)$(.$await)?.unwrap();
        assert_eq!(granted(refreshed.authorization_details()), Some($details));
        let session = log_in!(rp, Browser::new(None), &consent() $(, $await)?).unwrap();
        assert_eq!(granted(session.authorization_details()), None);
    }};
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_are_granted_the_authorization_details_that_they_ask_for() {
    let (op, details) = (Op::start(), json!([{ "type": "payment", "amount": "12.50" }]));
    for pushed in [false, true] {
        let members = json!({ "authorization_details_types": ["payment"], "require_pushed_authorization_requests": pushed });
        let (rp, async_rp) = both(&Network::new(), || {
            config(&op, members.clone(), |client| client.require_pushed_authorization_requests = pushed)
        });
        is_allowed!(rp, details.clone());
        block_on(async { is_allowed!(async_rp, details.clone(), await) });
    }
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
