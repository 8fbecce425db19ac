//! A client that proves itself with a key, and the parts that fuzz targets ask about it.

use std::sync::LazyLock;

use relyingparty::{
    Alg, AuthorizeRequest, Cache, Client, Entropy, Metadata, Policy, Provider, Push, Registration,
    ResponseMode, SigningKey, Step,
};
use serde_json::{Value, json};

use crate::world::{CLIENT_ID, METADATA, NOW, REDIRECT_URI, issuer};

pub const PAR: &str = "https://op.example/par";
/// A private key of RFC 8037 A.1.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}"#;

/// Pushes, signs, and has its tokens bound to its key.
pub static PROVING: LazyLock<Client> = LazyLock::new(|| {
    let mut document = METADATA.clone();
    document["pushed_authorization_request_endpoint"] = json!(PAR);
    document["authorization_signing_alg_values_supported"] =
        METADATA["id_token_signing_alg_values_supported"].clone();
    let metadata = Metadata::parse(&issuer(), document.to_string().as_bytes()).expect("it is metadata");
    let key = SigningKey::from_jwk(KEY).expect("it is a key");
    let mut registration = Registration::new(CLIENT_ID, REDIRECT_URI)
        .with_signing_keys([key.clone()])
        .with_dpop_keys([key.with_alg(Alg::EdDsa).expect("it can")]);
    registration.require_pushed_authorization_requests = true;
    registration.api_origins = vec!["https://api.example".into()];
    Client::new(Provider::from_metadata(metadata), registration, Policy::default()).expect("it fits")
});

pub fn entropy() -> Entropy {
    Entropy::new((0..32).collect::<Vec<u8>>()).expect("it is long enough")
}

/// A login that waits for the answer to its push; always the same.
pub fn pushing(cache: &Cache, mode: Option<ResponseMode>) -> Push {
    let mut request = AuthorizeRequest::default();
    request.response_mode = mode;
    match PROVING.proving(entropy(), cache, NOW).authorize(&request) {
        Ok(Step::Pending(push)) => push,
        other => panic!("{other:?}"),
    }
}

/// The claims of a JWT, unverified.
pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).and_then(crate::reference::base64url).expect("it is a JWT");
    serde_json::from_slice(&payload).expect("its claims are JSON")
}
