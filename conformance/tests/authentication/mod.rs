//! Each way to authenticate that is not a key: a secret, an assertion from elsewhere, a certificate; what is refused beside it.

use std::future::ready;
use std::path::Path;
use std::{env, fs, process};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::browser::Browser;
use conformance::serve::{entropy, unix_now};
use rcgen::{CertificateParams, DnType, KeyPair};
use relyingparty_host::{
    Alg, AuthMethod, Config, LoginCookies, Network, RelyingParty, ReqwestTransport, SigningKey,
    UreqTransport, blocking, token_file,
};
use serde_json::{Value, json};

use super::op::{Op, tls};
use super::{REDIRECT, block_on, both, both_go_on, config, consent, made_key};

/// One login that the provider refuses at the token endpoint.
macro_rules! is_refused {
    ($rp:expr, $browser:expr, $error:expr $(, $await:ident)?) => {{
        let (rp, mut browser) = ($rp, $browser);
        let refused = log_in!(rp, browser, &consent() $(, $await)?).unwrap_err();
        let said = ["error", "endpoint"].map(|detail| refused.detail(detail));
        assert_eq!((refused.code(), said), ("provider_error", [Some($error), Some("token")]));
    }};
}

/// The provider refuses both.
fn both_are_refused(
    network: &Network,
    browser: impl Fn() -> Browser,
    error: &str,
    config: impl Fn() -> Config,
) {
    let (rp, async_rp) = both(network, config);
    is_refused!(rp, browser(), error);
    block_on(async { is_refused!(async_rp, browser(), error, await) });
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_with_a_secret_in_each_way_that_there_is_and_not_with_another_secret() {
    let op = Op::start();
    for (method, name) in [
        (AuthMethod::ClientSecretBasic, "client_secret_basic"),
        (AuthMethod::ClientSecretPost, "client_secret_post"),
        (AuthMethod::ClientSecretJwt, "client_secret_jwt"),
    ] {
        // The provider takes no other method of a client that is registered with this one.
        let config = |secret: Option<&str>| {
            config(&op, json!({ "token_endpoint_auth_method": name }), |client| {
                client.token_endpoint_auth_method = Some(method);
                if let Some(secret) = secret {
                    client.client_secret = Some(secret.into());
                }
            })
        };
        let another = Some("another secret, which is as long as client_secret_jwt wants it");
        both_go_on(&Network::new(), || Browser::new(None), &consent(), || config(None));
        both_are_refused(&Network::new(), || Browser::new(None), "invalid_client", || config(another));
    }
    let none = || {
        config(&op, json!({ "token_endpoint_auth_method": "none" }), |client| {
            client.token_endpoint_auth_method = Some(AuthMethod::None);
        })
    };
    both_go_on(&Network::new(), || Browser::new(None), &consent(), none);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_sign_client_secret_jwt_with_the_algorithm_that_is_registered() {
    let op = Op::start();
    let config = |registered: &str, alg: Alg| {
        let members = json!({
            "token_endpoint_auth_method": "client_secret_jwt",
            "token_endpoint_auth_signing_alg": registered,
        });
        config(&op, members, |client| {
            client.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt);
            client.token_endpoint_auth_signing_alg = Some(alg);
        })
    };
    let (network, browser) = (Network::new(), || Browser::new(None));
    both_go_on(&network, browser, &consent(), || config("HS384", Alg::Hs384));
    both_go_on(&network, browser, &consent(), || config("HS512", Alg::Hs512));
    both_are_refused(&network, browser, "invalid_client", || config("HS512", Alg::Hs256));
}

/// A login with the assertion of a file, and a refresh with the one that is there by then: the provider takes each once.
macro_rules! reads_the_file {
    ($rp:expr, $write:expr $(, $await:ident)?) => {{
        let (rp, mut browser) = ($rp, Browser::new(None));
        $write;
        let session = log_in!(rp, browser, &consent() $(, $await)?).unwrap();
        let spent = rp.refresh(&session)$(.$await)?.unwrap_err();
        assert_eq!((spent.code(), spent.detail("error")), ("provider_error", Some("invalid_client")));
        $write;
        let refreshed = rp.refresh(&session)$(.$await)?.unwrap();
        assert_eq!(rp.userinfo(&refreshed)$(.$await)?.unwrap().sub(), "alice");
    }};
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn both_log_in_with_the_assertion_that_a_file_holds_at_the_time() {
    let (op, (made, _)) = (Op::start(), made_key());
    let config = || {
        let members =
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [made.jwk()] } });
        let mut id = String::new();
        let config = config(&op, members, |client| {
            client.client_secret = None;
            id.clone_from(&client.client_id);
        });
        (config, id)
    };
    let file = env::temp_dir().join(format!("relyingparty-assertion-{}", process::id()));
    let write = |client_id: &str, file: &Path| {
        let (now, jti) = (unix_now(), STANDARD.encode(entropy().unwrap()));
        let claims = json!({ "iss": client_id, "sub": client_id, "aud": op.issuer, "iat": now, "exp": now + 60, "jti": jti });
        fs::write(file, made.sign(&claims) + "\n").unwrap();
    };

    let (blocking_config, id) = config();
    let ureq = UreqTransport::new().unwrap();
    let rp = blocking::RelyingParty::builder(blocking_config, ureq).assertions(token_file(&file));
    reads_the_file!(rp.build().unwrap(), write(&id, &file));

    let (async_config, id) = config();
    let (reqwest, token) = (ReqwestTransport::new().unwrap(), token_file(&file));
    let rp = RelyingParty::builder(async_config, reqwest).assertions(move |request| ready(token(request)));
    block_on(async { reads_the_file!(rp.build().unwrap(), write(&id, &file), await) });
    fs::remove_file(&file).unwrap();
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
fn both_log_in_with_a_certificate_of_their_own_that_is_registered_and_with_no_other() {
    let (op, ca_pem) = (Op::start_with_client_ca(), tls().ca_pem);
    let (network, jwk) = of_its_own(&ca_pem);
    let (stranger, _) = of_its_own(&ca_pem);
    let config = || {
        let members = json!({
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "jwks": { "keys": [jwk] },
            "tls_client_certificate_bound_access_tokens": true,
        });
        config(&op, members, |client| {
            client.token_endpoint_auth_method = Some(AuthMethod::SelfSignedTlsClientAuth);
            client.tls_client_certificate_bound_access_tokens = true;
        })
    };
    let browser = || Browser::new(Some(&ca_pem));
    both_go_on(&network, browser, &consent(), config);
    both_are_refused(&stranger, browser, "invalid_client", config);
}

/// A network with a new certificate that its own key signed, and what a client registers of it.
fn of_its_own(ca_pem: &[u8]) -> (Network, Value) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a client of its own");
    let certificate = params.self_signed(&key).unwrap();
    let public = SigningKey::from_pem(&key.serialize_pem()).unwrap().public_jwk().unwrap();
    let mut jwk: Value = serde_json::from_str(&public).unwrap();
    jwk["x5c"] = json!([STANDARD.encode(certificate.der())]);
    let network = Network::new().ca_pem(ca_pem).unwrap();
    (network.client_cert(certificate.pem(), key.serialize_pem()).unwrap(), jwk)
}
