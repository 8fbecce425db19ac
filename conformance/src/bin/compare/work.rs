//! The work of every side: one client at one provider, three keys, an ID token of 15 claims for each algorithm, and a
//! whole login that was answered beforehand, which fixed entropy makes possible; and a session that came of such a login.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use conformance::encoding::base64url;
use conformance::provider::SigningKey;
use relyingparty::{
    AuthorizeRequest, Client, Entropy, Error, Issuer, Metadata, Policy, Provider, Registration, Timestamp,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::session;

pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const CLIENT_ID: &str = "s6BhdRkqt3";
pub(crate) const CLIENT_SECRET: &str = "ZJYCqe3GGRvdrudKyZS0XhGv_Z45DuKhCUk0gBR1vZk";
const REDIRECT_URI: &str = "https://app.example/callback";
const ACCESS_TOKEN: &str = "SlAV32hkKGSlAV32hkKGSlAV32hkKGSlAV32hkKGSlA";
const REFRESH_TOKEN: &str = "8xLOxBtZp8SlAV32hkKG8xLOxBtZp8SlAV32hkKG8xL";
const CODE: &str = "SplxlOBeZQQYbYS6WxSbIASplxlOBeZQQYbYS6WxSbI";
/// The largest key set that is read. A policy may allow 1,000 keys, but no array has more elements than these.
const MANY_KEYS: u16 = 1_000;

/// All of it as JSON, valid for an hour from now.
pub(crate) fn make() -> Result<Value, Error> {
    let signing_keys = [
        SigningKey::rs256_test_key("2026-rsa"),
        SigningKey::es256("2026-p256", [7; 32]),
        SigningKey::eddsa("2026-ed25519", [8; 32]),
    ];
    let metadata = metadata(&signing_keys);
    let now = unix_now();
    let entropy: Vec<u8> = (1..=32).collect();
    let url = authorize(&metadata, &entropy, now)?;
    let (state, nonce) = (parameter(&url, "state"), parameter(&url, "nonce"));

    let tokens = signing_keys.iter().map(|key| (key.alg(), key.sign(&claims(&nonce, key.alg(), now))));
    let tokens: BTreeMap<&str, String> = tokens.collect();
    let responses = tokens.iter().map(|(alg, id_token)| (*alg, token_response(id_token).to_string()));
    let responses: BTreeMap<&str, String> = responses.collect();
    let jwks = json!({ "keys": signing_keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() });
    let session = session::make(&signing_keys[0], &metadata, &jwks, now)?;
    Ok(json!({
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT_URI,
        "metadata": metadata,
        "jwks": jwks,
        "private_jwks": private_jwks(&signing_keys),
        "many_keys": { "keys": many_keys(&signing_keys[1]) },
        "id_tokens": tokens,
        "token_responses": responses,
        "callback": response_query(&state),
        "code": CODE,
        "entropy": entropy,
        "state": state,
        "nonce": nonce,
        "access_token": ACCESS_TOKEN,
        "refresh_token": REFRESH_TOKEN,
        "api": "https://api.example/v1/items",
        "session": session,
    }))
}

fn metadata(signing_keys: &[SigningKey]) -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "end_session_endpoint": format!("{ISSUER}/logout"),
        "id_token_signing_alg_values_supported": signing_keys.iter().map(SigningKey::alg).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "profile", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// What a client signs with, by algorithm. An RSA key serves two.
fn private_jwks([rsa, p256, _]: &[SigningKey; 3]) -> Value {
    let mut pss = rsa.private_jwk();
    pss["alg"] = "PS256".into();
    json!({ "ES256": p256.private_jwk(), "RS256": rsa.private_jwk(), "PS256": pss })
}

pub(crate) fn claims(nonce: &str, alg: &str, now: i64) -> Value {
    let at_hash = match alg {
        "EdDSA" => base64url(&Sha512::digest(ACCESS_TOKEN)[..32]),
        _ => base64url(&Sha256::digest(ACCESS_TOKEN)[..16]),
    };
    json!({
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": CLIENT_ID,
        "exp": now + 3_600,
        "iat": now,
        "auth_time": now - 5,
        "nonce": nonce,
        "at_hash": at_hash,
        "acr": "urn:mace:incommon:iap:silver",
        "amr": ["pwd", "otp"],
        "name": "Jane Doe",
        "given_name": "Jane",
        "family_name": "Doe",
        "email": "janedoe@mail.example",
        "email_verified": true,
    })
}

pub(crate) fn token_response(id_token: &str) -> Value {
    json!({
        "access_token": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 3_600,
        "refresh_token": REFRESH_TOKEN,
        "scope": "openid profile email",
        "id_token": id_token,
    })
}

/// The URL of the login that this entropy begins, in whatever language.
fn authorize(metadata: &Value, entropy: &[u8], now: i64) -> Result<String, Error> {
    let metadata = Metadata::parse(&Issuer::parse(ISSUER)?, metadata.to_string().as_bytes())?;
    let registration = Registration::new(CLIENT_ID, REDIRECT_URI).with_secret(CLIENT_SECRET);
    let client = Client::new(Provider::from_metadata(metadata), registration, Policy::default())?;
    let now = Timestamp::from_unix(now);
    Ok(client.authorize(&AuthorizeRequest::default(), Entropy::new(entropy)?, now)?.url)
}

/// What the browser brings back.
pub(crate) fn response_query(state: &str) -> String {
    format!("code={CODE}&state={state}&iss=https%3A%2F%2Fop.example")
}

pub(crate) fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(found, _)| found == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Keys that sign nothing, and last the one that does.
fn many_keys(signing: &SigningKey) -> Vec<Value> {
    let idle = (1..MANY_KEYS).map(|number| {
        let seed = Sha256::digest(number.to_be_bytes()).into();
        SigningKey::es256(&format!("idle-{number}"), seed).jwk()
    });
    idle.chain([signing.jwk()]).collect()
}

pub(crate) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
