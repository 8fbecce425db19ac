//! A relying party that knows its provider, and a login that waits for its callback.

use std::sync::LazyLock;

use relyingparty::{
    Authorization, AuthorizationCode, AuthorizeRequest, Cache, CallbackParams, Client, Endpoint, Entropy,
    Error, Exchange, Flow, HttpResponse, Issuer, Metadata, PendingLogin, Policy, Provider, Registration,
    Reply, Request, Session, Step, Timestamp,
};
use serde_json::{Value, json};

use crate::keys::{ALGS, JWKS, id_token};

pub const ISSUER: &str = "https://op.example";
pub const CLIENT_ID: &str = "client";
pub const REDIRECT_URI: &str = "https://rp.example/cb";
pub const CODE: &str = "canary-code";
pub const ACCESS_TOKEN: &str = "canary-access-token";
pub const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// What the provider says of itself.
pub static METADATA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.example/authorize",
        "token_endpoint": "https://op.example/token",
        "userinfo_endpoint": "https://op.example/userinfo",
        "jwks_uri": "https://op.example/jwks",
        "end_session_endpoint": "https://op.example/logout",
        "id_token_signing_alg_values_supported": ALGS,
        "userinfo_signing_alg_values_supported": ALGS,
        "code_challenge_methods_supported": ["S256"],
    })
});

pub fn issuer() -> Issuer {
    Issuer::parse(ISSUER).expect("it is one")
}

/// The usual client.
pub static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let metadata = Metadata::parse(&issuer(), METADATA.to_string().as_bytes()).expect("it is metadata");
    let registration = Registration::new(CLIENT_ID, REDIRECT_URI).with_secret("canary-client-secret");
    Client::new(Provider::from_metadata(metadata), registration, Policy::default()).expect("it fits")
});

/// A cache with the provider's keys in it.
pub static CACHE: LazyLock<Cache> = LazyLock::new(|| {
    let mut cache = Cache::default();
    keys_into(&mut cache, JWKS.to_string().into_bytes()).expect("they are keys");
    cache
});

/// What a token that the provider itself sent may ask for after it came: three fetches of keys, and two pauses.
const MOST_ASKED: usize = 5;

/// Answers a flow with this reply, and whatever it asks about keys with those that the provider has always had.
pub fn answer<F: Flow>(flow: F, reply: Reply) -> Result<F::Output, Error> {
    let mut cache = CACHE.clone();
    let mut step = flow.resume(reply, &mut cache, NOW)?;
    for _ in 0..=MOST_ASKED {
        let flow = match step {
            Step::Done(output) => return Ok(output),
            Step::Pending(flow) => flow,
        };
        let reply = match flow.request() {
            Request::Http(request) if request.endpoint == Endpoint::Jwks => json_reply(200, JWKS.to_string()),
            Request::Wait(_) => Reply::Waited,
            other => panic!("asks for {other:?}"),
        };
        step = flow.resume(reply, &mut cache, NOW)?;
    }
    panic!("asks without end")
}

/// Answers a refresh of the usual client's keys with this body.
pub fn keys_into(cache: &mut Cache, body: Vec<u8>) -> Result<relyingparty::KeyReport, Error> {
    let step = CLIENT.provider().refresh_keys(CLIENT.policy()).expect("there are keys to fetch");
    let Step::Pending(flow) = step else { panic!("nobody was asked") };
    match flow.resume(json_reply(200, body), cache, NOW)? {
        Step::Done(report) => Ok(report),
        Step::Pending(_) => panic!("asks twice"),
    }
}

pub fn reply(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply::Http(HttpResponse::new(status, vec![("content-type".into(), media_type.into())], body.into()))
}

pub fn json_reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    reply(status, "application/json", body)
}

/// The login that waits: always the same.
pub fn begun() -> Authorization {
    let entropy = Entropy::new((0..32).collect::<Vec<u8>>()).expect("it is long enough");
    CLIENT.authorize(&AuthorizeRequest::default(), entropy, NOW).expect("the provider has all it takes")
}

/// What the waiting login keeps to itself.
pub struct Secrets {
    pub id: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub stored: String,
}

pub static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    let stored = begun().pending.encode();
    let members: Value = serde_json::from_str(&stored).expect("it is JSON");
    let [id, state, nonce, verifier] = ["id", "state", "nonce", "verifier"]
        .map(|name| members[name].as_str().unwrap_or_default().to_owned());
    Secrets { id, state, nonce, verifier, stored }
});

impl Secrets {
    /// All of them, and those of the registration and the code.
    pub fn all(&self) -> [&str; 6] {
        [&self.id, &self.state, &self.nonce, &self.verifier, "canary-client-secret", CODE]
    }
}

pub fn pending() -> PendingLogin {
    PendingLogin::decode(Some(&SECRETS.stored)).expect("it was encoded")
}

/// The login is back with a code.
pub fn code() -> AuthorizationCode {
    let query = format!("code={CODE}&state={}", SECRETS.state);
    let params = CallbackParams::parse(&query).expect("it is a query");
    CLIENT.callback(pending(), &params, NOW).expect("it is the login's own")
}

/// The code's exchange, waiting for the token response.
pub fn exchange() -> Exchange {
    match CLIENT.exchange(code()).expect("it begins") {
        Step::Pending(exchange) => exchange,
        Step::Done(_) => panic!("nobody was asked"),
    }
}

/// The claims of the waiting login's ID token.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "subject-1",
        "aud": CLIENT_ID,
        "exp": NOW.as_unix() + 3_600,
        "iat": NOW.as_unix(),
        "nonce": SECRETS.nonce,
    })
}

/// The usual token response.
pub fn tokens() -> Value {
    json!({
        "access_token": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": "canary-refresh-token",
        "id_token": id_token(&claims()),
    })
}

/// The session that the waiting login becomes.
pub static SESSION: LazyLock<Session> =
    LazyLock::new(|| answer(exchange(), json_reply(200, tokens().to_string())).expect("it is honest"));
