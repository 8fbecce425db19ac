//! Documents and response shapes of real providers (tests/data/providers): each is read, or refused by name.

#![allow(clippy::disallowed_methods, reason = "a test reads its data")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use relyingparty::{
    Alg, AuthorizeRequest, CallbackParams, Client, Endpoint, Error, Issuer, KeyReport, Metadata, Provider,
    Registration, Session,
};
use serde_json::{Value, json};
use support::{REDIRECT_URI, START, World, code, entropy, json_response, parameter, query, typed_response};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/providers");

/// Metadata that is refused: the file, the code, the detail that names the rule.
const REFUSED: [(&str, &str, &str); 5] = [
    ("bankid-no-federation", "metadata_member_missing", "jwks_uri"),
    ("cilogon", "metadata_member_missing", "jwks_uri"),
    ("google-legacy-schemeless", "invalid_issuer", "is not an absolute URL"),
    ("hydra", "invalid_issuer", HTTP_ON_THIS_MACHINE),
    ("spid-cie-op", "invalid_issuer", HTTP_ON_THIS_MACHINE),
];

/// Metadata of many tenants: a login begins once the registration names some.
const TENANTS: [&str; 5] =
    ["entra-common", "entra-common-2024", "entra-common-msal", "entra-organizations", "entra-v1-common"];

/// Metadata that is read and with which a client with a secret still cannot begin a login.
const NO_LOGIN: [(&str, &str, &str); 9] = [
    ("facebook", "endpoint_missing", "token_endpoint"),
    ("facebook-2024", "endpoint_missing", "token_endpoint"),
    ("fence-nci", "auth_method_unsupported", "authorization_code implicit"),
    ("firebase", "endpoint_missing", "authorization_endpoint"),
    ("github-actions", "endpoint_missing", "authorization_endpoint"),
    ("login-gov", "auth_method_unsupported", "private_key_jwt"),
    ("okta-org-early", "endpoint_missing", "token_endpoint"),
    ("openbanking-brasil", "auth_method_unsupported", "private_key_jwt tls_client_auth"),
    ("yes-com-ida", "auth_method_unsupported", "self_signed_tls_client_auth"),
];

const HTTP_ON_THIS_MACHINE: &str = "is not an https URL; for development on this machine, allow_insecure_loopback \
                                    (in Rust Issuer::insecure_loopback) takes http";

/// Keys that are dropped: the file, the reason, how many. All others are usable.
const DROPPED: [(&str, &str, usize); 3] = [
    ("paypal.jwks", "curve X25519 is not supported", 1),
    ("paypal-2024.jwks", "curve X25519 is not supported", 1),
    ("yahoo.jwks", "modulus is shorter than 2048 bits", 3),
];

/// Quirks that are not handled as wanted, and why.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("entra-x5t", "private_key_jwt is not supported yet"),
    ("is_private_email-string", "only email_verified has an accessor; the claim is handed on as it is"),
    ("linkedin-no-nonce", "the nonce has no switch: such a provider is refused"),
    ("token_type-case", "Bearer in any case; DPoP is not supported yet: refused by name"),
    ("xms_edov", "only email_verified has an accessor; the claim is handed on as it is"),
];

fn files() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
    named
        .filter(|(name, _)| !matches!(name.as_str(), "SOURCES" | "token-quirks"))
        .map(|(name, path)| (name, std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// Under the issuer that the document names, or where that has a place for a tenant, under one with `common` there.
fn metadata(text: &str) -> Result<Metadata, Error> {
    let document: Value = serde_json::from_str(text).unwrap();
    let issuer = document["issuer"].as_str().unwrap().replace("{tenantid}", "common");
    Metadata::parse(&Issuer::parse(&issuer)?, text.as_bytes())
}

fn begin(metadata: Metadata, registration: Registration) -> Result<String, Error> {
    let client = Client::new(Provider::from_metadata(metadata), registration, support::policy())?;
    match client.authorize(&AuthorizeRequest::default(), entropy(1), START) {
        #[cfg(feature = "signing")]
        Err(error) if error.code() == "proving_needed" => push(&client),
        begun => begun.map(|login| login.url),
    }
}

/// The same where the provider wants the request pushed.
#[cfg(feature = "signing")]
fn push(client: &Client) -> Result<String, Error> {
    let mut cache = relyingparty::Cache::default();
    let pushed = json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 60 });
    let step = client.proving(entropy(1), &cache, START).authorize(&AuthorizeRequest::default())?;
    let login = relyingparty::drive(
        step,
        &mut cache,
        || START,
        |_| relyingparty::Reply::Http(typed_response(201, "application/json", pushed.to_string())),
    )?;
    Ok(login.url)
}

/// The code and the last detail of a refusal: the one that names the rule.
fn named(error: &Error) -> (&'static str, String) {
    (error.code(), error.details().last().unwrap().1.to_owned())
}

fn expected(table: &[(&str, &'static str, &str)]) -> BTreeMap<String, (&'static str, String)> {
    table.iter().map(|(file, code, detail)| ((*file).to_owned(), (*code, (*detail).to_owned()))).collect()
}

#[test]
fn every_file_says_where_it_came_from() {
    let text = std::fs::read_to_string(format!("{DIRECTORY}/SOURCES.json")).unwrap();
    let sources: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let files = files();
    assert!(files.len() > 80, "{}", files.len());
    assert_eq!(files.keys().filter(|name| !sources.contains_key(*name)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_metadata_document_is_read_under_its_own_issuer_or_refused_by_a_named_rule() {
    let mut refused = BTreeMap::new();
    for (name, text) in files().into_iter().filter(|(name, _)| !name.ends_with(".jwks")) {
        match metadata(&text) {
            Ok(metadata) => {
                let document: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(serde_json::from_str::<Value>(metadata.as_json()).unwrap(), document, "{name}");
            }
            Err(error) => drop(refused.insert(name, named(&error))),
        }
    }
    assert_eq!(refused, expected(&REFUSED));
}

#[test]
fn every_document_that_is_read_begins_a_login_or_says_what_is_missing() {
    let (mut refused, mut of_many, mut begun) = (BTreeMap::new(), Vec::new(), 0);
    for (name, text) in files().into_iter().filter(|(name, _)| !name.ends_with(".jwks")) {
        let Ok(metadata) = metadata(&text) else { continue };
        let mut registration = Registration::new("client", REDIRECT_URI).with_secret("s");
        if let Err(error) = begin(metadata.clone(), registration.clone())
            && error.detail("member") == Some("tenants")
        {
            registration.tenants = vec!["9122040d-6c67-4c5b-b112-36a304b66dad".into()];
            of_many.push(name.clone());
        }
        match begin(metadata, registration) {
            Ok(url) => {
                assert!(url.starts_with("https://"), "{name}");
                begun += 1;
            }
            Err(error) => drop(refused.insert(name, named(&error))),
        }
    }
    let mut expected = expected(&NO_LOGIN);
    if !cfg!(feature = "signing") {
        let demand = "require_pushed_authorization_requests".to_owned();
        expected.insert("identityserver4".into(), ("proving_needed", demand));
    }
    let signing = usize::from(cfg!(feature = "signing"));
    assert_eq!(refused, expected);
    assert_eq!((of_many, begun), (TENANTS.map(str::to_owned).to_vec(), 55 + signing));
}

#[test]
fn what_an_error_names_lets_two_more_logins_begin() {
    let files = files();
    let hydra = &files["hydra"];
    let issuer: Value = serde_json::from_str(hydra).unwrap();
    let issuer = Issuer::insecure_loopback(issuer["issuer"].as_str().unwrap()).unwrap();
    let registration = Registration::new("client", REDIRECT_URI).with_secret("s");
    assert_eq!(code(&begin(Metadata::parse(&issuer, hydra.as_bytes()).unwrap(), registration.clone())), "ok");
    // Its token_endpoint_auth_methods_supported are grant types.
    let mut registration = registration;
    registration.token_endpoint_auth_method = Some(relyingparty::AuthMethod::ClientSecretBasic);
    assert_eq!(code(&begin(metadata(&files["fence-nci"]).unwrap(), registration)), "ok");
}

#[cfg(feature = "signing")]
#[test]
fn with_a_key_or_a_certificate_three_more_logins_begin() {
    let files = files();
    let key = relyingparty::SigningKey::held_by_host("kms", relyingparty::Alg::Rs256, None).unwrap();
    let with_key = Registration::new("client", REDIRECT_URI).with_signing_keys([key.clone()]);
    assert_eq!(code(&begin(metadata(&files["login-gov"]).unwrap(), with_key)), "ok");
    let key = key.with_alg(relyingparty::Alg::Ps256).unwrap();
    let with_key = Registration::new("client", REDIRECT_URI).with_signing_keys([key]);
    assert_eq!(code(&begin(metadata(&files["openbanking-brasil"]).unwrap(), with_key)), "ok");
    let mut with_certificate = Registration::new("client", REDIRECT_URI);
    with_certificate.tls_client_certificate = true;
    with_certificate.token_endpoint_auth_method = Some(relyingparty::AuthMethod::SelfSignedTlsClientAuth);
    assert_eq!(code(&begin(metadata(&files["yes-com-ida"]).unwrap(), with_certificate)), "ok");
}

#[test]
fn every_key_set_is_read_and_what_is_dropped_is_known() {
    let mut dropped = BTreeMap::new();
    for (name, text) in files().into_iter().filter(|(name, _)| name.ends_with(".jwks")) {
        let total = serde_json::from_str::<Value>(&text).unwrap()["keys"].as_array().unwrap().len();
        let mut world = World::new();
        world.op.answer_with(Endpoint::Jwks, typed_response(200, "application/json", text));
        let step = world.provider().refresh_keys(&world.policy).unwrap();
        let report: KeyReport = world.run(step).unwrap();
        assert_eq!(report.usable.len() + report.dropped.len(), total, "{name}");
        for key in &report.dropped {
            *dropped.entry((name.clone(), key.reason)).or_insert(0) += 1;
        }
    }
    let known = DROPPED.map(|(file, reason, count)| ((file.to_owned(), reason), count));
    assert_eq!(dropped, BTreeMap::from(known));
}

/// A login whose token response has the sample's members (its ID token made real).
fn token_response(sample: &Value) -> World {
    let mut world = World::new();
    world.op.without_claim("at_hash");
    for member in ["expires_in", "refresh_token", "token_type"] {
        world.op.without_member(member);
    }
    for (name, value) in sample.as_object().unwrap().iter().filter(|(name, _)| *name != "id_token") {
        world.op.member(name, value.clone());
    }
    world
}

/// A login whose ID token has the sample's claims.
fn id_token(sample: &Value) -> World {
    let mut world = World::new();
    for (name, value) in sample.as_object().unwrap() {
        world.op.claim(name, value.clone());
    }
    world
}

fn refused_with(status: u16, body: &Value) -> Error {
    let mut world = World::new();
    world.op.answer_with(Endpoint::Token, json_response(status, body));
    world.try_login().unwrap_err()
}

/// Shows that a quirk of a token response is handled as wanted.
fn token_response_quirk(id: &str, sample: &Value) {
    let session = || -> Session { token_response(sample).login() };
    match id {
        "twitch-scope-array" => assert_eq!(session().scope().join(" "), "openid user:read:email"),
        "expires_in-string" => assert_eq!(session().expires_at(), Some(START.plus(3_600))),
        "facebook-expires" => {
            assert_eq!((session().expires_at(), session().get("expires")), (None, sample.get("expires")))
        }
        "slack-ok-no-expires" => {
            assert_eq!((session().expires_at(), session().get("ok")), (None, Some(&json!(true))))
        }
        "no-scope-no-expires" => {
            assert_eq!(
                (session().scope().join(" "), session().expires_at()),
                ("openid profile email".into(), None)
            );
        }
        "empty-scope" => assert!(session().scope().is_empty()),
        "keycloak-extra" => {
            for member in ["refresh_expires_in", "not-before-policy", "session_state"] {
                assert_eq!(session().get(member), sample.get(member), "{member}");
            }
        }
        "token_type-case" => {
            assert_eq!(session().token_type(), "bEARER");
            let mut world = token_response(sample);
            world.op.member("token_type", "dPoP");
            assert_eq!(code(&world.try_login()), "token_type_unsupported");
        }
        "wechat-no-token_type" => {
            let mut world = token_response(sample);
            assert_eq!(code(&world.try_login()), "response_member_missing");
            world.policy.accept_missing_token_type = true;
            assert_eq!(code(&world.try_login()), "ok");
        }
        "www-authenticate-on-200" => {
            let mut world = World::new();
            let authorization = world.begin();
            world.op.authorize(&authorization.url);
            let id_token = world.op.key.token(&world.op.id_token_claims("at", START));
            let body = json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token });
            let mut response = json_response(200, &body);
            response
                .headers
                .push(("WWW-Authenticate".into(), sample["www-authenticate"].as_str().unwrap().into()));
            world.op.answer_with(Endpoint::Token, response);
            assert_eq!(code(&world.finish(authorization)), "ok");
        }
        other => panic!("no test for the token response quirk {other}"),
    }
}

/// Shows that a quirk of an ID token is handled as wanted.
fn id_token_quirk(id: &str, sample: &Value) {
    match id {
        "email_verified-string" => {
            let claims = id_token(sample).login().claims().clone();
            assert_eq!((claims.email_verified(), claims.email_verified_lenient()), (false, true));
            let claims = id_token(&json!({ "email_verified": "false" })).login().claims().clone();
            assert_eq!((claims.email_verified(), claims.email_verified_lenient()), (false, false));
        }
        "is_private_email-string" | "xms_edov" | "updated_at-string" => {
            let session = id_token(sample).login();
            for (name, value) in sample.as_object().unwrap() {
                assert_eq!(session.claims().get(name), Some(value));
            }
        }
        "exp-float" => {
            let shape = json!({ "exp": START.as_unix() as f64 + 100.5, "iat": 1.8e9 });
            assert_eq!(code(&id_token(&shape).try_login()), "ok");
            assert_eq!(code(&id_token(sample).try_login()), "token_expired", "read, and long ago");
        }
        "aud-array-one" => assert_eq!(code(&id_token(sample).try_login()), "ok"),
        "aud-second-untrusted" => {
            let mut world = id_token(sample);
            assert_eq!(code(&world.try_login()), "aud_untrusted");
            world.registration.trusted_audiences = vec!["other".into()];
            world.op.claim("azp", "client");
            assert_eq!(code(&world.try_login()), "ok");
        }
        "iss-without-scheme" | "apple-second-issuer" => {
            let mut world = id_token(sample);
            assert_eq!(code(&world.try_login()), "iss_mismatch");
            world.registration.issuer_aliases = vec![sample["iss"].as_str().unwrap().into()];
            assert_eq!(code(&world.try_login()), "ok");
        }
        "linkedin-no-nonce" => {
            let mut world = World::new();
            world.op.without_claim("nonce");
            assert_eq!(code(&world.try_login()), "claim_missing");
        }
        "iss-entra-template" => {
            let tid = "9122040d-6c67-4c5b-b112-36a304b66dad";
            let filled = |text: &str| text.replace("<tid>", tid);
            let mut world = World::at("https://login.microsoftonline.com/common/v2.0", Alg::EdDsa);
            world.op.metadata["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0".into();
            for (name, value) in sample.as_object().unwrap() {
                world.op.claim(name, filled(value.as_str().unwrap()));
            }
            world.registration.tenants = vec![tid.into()];
            let issuer = Issuer::parse("https://login.microsoftonline.com/common/v2.0").unwrap();
            let metadata = Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes()).unwrap();
            let provider = Provider::from_metadata(metadata);
            let client = Client::new(provider, world.registration.clone(), world.policy.clone()).unwrap();
            let token = world.op.key.token(&world.claims());
            let none = relyingparty::Expectations::none();
            let step = client.verify(&token, none, &world.cache, world.now).unwrap();
            assert_eq!(world.run(step).unwrap().iss(), filled(sample["iss"].as_str().unwrap()));
        }
        "line-hs256" => {
            let alg = Alg::from_name(sample["alg"].as_str().unwrap()).unwrap();
            let mut world = World::with_alg(alg);
            world.op.metadata["id_token_signing_alg_values_supported"] = json!(["ES256"]);
            assert_eq!(code(&world.try_login()), "ok");
            world.registration.id_token_signed_response_alg = None;
            assert_eq!(code(&world.try_login()), "alg_refused");
        }
        other => panic!("no test for the ID token quirk {other}"),
    }
}

/// Shows that any other quirk is handled as wanted.
fn other_quirk(id: &str, sample: &Value) {
    match id {
        "twitch-error-shape" => {
            let error = refused_with(400, sample);
            assert_eq!((error.code(), error.category().as_str()), ("provider_status", "Provider"));
        }
        "slack-http-200-error" => {
            assert_eq!(refused_with(200, sample).server_error().unwrap().error, "invalid_code");
        }
        "apple-user-form-param" => {
            let posted =
                CallbackParams::parse_form_post("code=c&state=s&user=%7B%22email%22%3A%22a%40b.c%22%7D")
                    .unwrap();
            assert_eq!(posted.get("user"), Some(r#"{"email":"a@b.c"}"#));
        }
        "userinfo-jwt-charset" => {
            let mut world = World::new();
            let session = world.login();
            let claims = json!({ "iss": world.op.issuer(), "aud": "client", "sub": "subject-1" });
            let jwt = (sample["content-type"].as_str().unwrap(), world.op.key.token(&claims));
            let json = ("application/json; charset=ISO-8859-1", r#"{"sub":"subject-1"}"#.to_owned());
            for (media_type, body) in [jwt, json] {
                world.op.answer_with(Endpoint::UserInfo, typed_response(200, media_type, body));
                let step = world.client().userinfo(&session).unwrap();
                assert_eq!(code(&world.run(step)), "ok", "{media_type}");
            }
        }
        "scope-plus-vs-%20" => assert!(World::new().begin().url.contains("scope=openid%20profile%20email")),
        "short-state-nonce" => {
            let url = World::new().begin().url;
            for name in ["state", "nonce"] {
                assert!((22..=43).contains(&parameter(query(&url), name).unwrap().len()));
            }
        }
        #[cfg(not(feature = "signing"))]
        "entra-x5t" => {}
        #[cfg(feature = "signing")]
        "entra-x5t" => {
            use relyingparty::{Alg, Flow, Request, SigningKey, Step};
            let key = SigningKey::held_by_host("kms", Alg::Ps256, None).unwrap();
            let key = key.with_x5t_s256("A".repeat(43)).unwrap();
            let mut world = World::new();
            world.registration = world.registration.with_signing_keys([key]);
            let begun = world.begin();
            let query = world.op.authorize(&begun.url);
            let exchange = world.callback(begun, &query).unwrap();
            let step = world.client();
            let step = step.proving(entropy(2), &world.cache, START).exchange(exchange).unwrap();
            let Step::Pending(flow) = step else { panic!("nobody was asked") };
            let Request::Sign(asked) = flow.request() else { panic!("{:?}", flow.request()) };
            let header = asked.signing_input().split(|byte| *byte == b'.').next().unwrap();
            let header: Value =
                serde_json::from_slice(&support::unb64(std::str::from_utf8(header).unwrap())).unwrap();
            assert_eq!(header["x5t#S256"], "A".repeat(43));
        }
        "logout-not-standard" => {
            let mut world = World::new();
            world.op.metadata["end_session_endpoint"] = Value::Null;
            world.registration.end_session_endpoint = Some("https://t.auth0.com/v2/logout".into());
            world.registration.end_session_redirect_parameter = Some("returnTo".into());
            world.registration.post_logout_redirect_uri = Some("https://rp.example/bye".into());
            let url = world.client().end_session(&relyingparty::EndSessionRequest::default()).unwrap();
            assert_eq!(parameter(query(&url), "returnTo").as_deref(), Some("https://rp.example/bye"));
        }
        other => panic!("no test for the quirk {other}"),
    }
}

#[test]
fn every_quirk_is_handled_as_wanted_or_is_a_known_exception() {
    let text = std::fs::read_to_string(format!("{DIRECTORY}/token-quirks.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut seen = BTreeSet::new();
    for quirk in document["quirks"].as_array().unwrap() {
        let id = quirk["id"].as_str().unwrap();
        match quirk["where"].as_str().unwrap() {
            place if place.starts_with("token response") => token_response_quirk(id, &quirk["sample"]),
            place if place.starts_with("ID token") => id_token_quirk(id, &quirk["sample"]),
            _ => other_quirk(id, &quirk["sample"]),
        }
        assert!(seen.insert(id), "{id} twice");
    }
    assert_eq!(seen.len(), 30);
    for (id, reason) in EXCEPTIONS {
        assert!(seen.contains(id) && !reason.is_empty(), "{id} is no quirk any more");
    }
}
