//! A scripted OpenID provider that does no I/O: keys, clock and randomness are given, so that the same requests
//! always get the same answers.
//!
//! ```
//! use conformance::http::Request;
//! use conformance::provider::{Provider, RegisteredClient, SigningKey};
//!
//! let client = RegisteredClient::new("app", None, "http://127.0.0.1:8888/auth/login");
//! let mut provider = Provider::new("http://127.0.0.1:9000", vec![SigningKey::es256("k1", [1; 32])], vec![client]);
//! let answer = provider.handle(&Request::get("/jwks"), 1_700_000_000, [2; 32]);
//! assert_eq!(answer.status, 200);
//! ```
//!
//! It believes anyone: a person signs in by naming themselves. Everything else is meant seriously: exact redirect
//! URIs, PKCE, single use of codes and refresh tokens, client authentication.
//!
//! [`Provider::hostile`] makes one that publishes what careless clients stumble over, asks nobody before it answers,
//! and does one thing wrong: a [`Mutation`].

mod authorize;
mod claims;
mod client;
mod discovery;
mod draft;
mod hostile;
mod jws;
mod keys;
mod logout;
pub mod mutation;
mod page;
pub mod places;
mod proof;
#[cfg(test)]
mod proof_tests;
mod pushed;
mod store;
#[cfg(test)]
mod tests;
mod token;

pub use self::client::{Bound, Proof, RegisteredClient};
pub use self::draft::{Draft, Person};
pub use self::keys::SigningKey;
pub use self::mutation::{Mutation, Rotation};
pub use self::page::escape;
pub use self::proof::{BELIEVED, CERTIFICATE_HEADER};

use self::store::{Draw, Store};
use crate::http::{Request, Response};

/// The scopes that mean something here; others are ignored.
const SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];
/// Who signs in where nobody is asked.
const SOMEBODY: &str = "alice";

/// One issuer with its keys, clients and grants.
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    keys: Vec<SigningKey>,
    retired_keys: Vec<SigningKey>,
    clients: Vec<RegisteredClient>,
    store: Store,
    hostile: bool,
    asks: bool,
    mutation: Mutation,
    generation: u32,
    authorizations: u32,
}

impl Provider {
    /// The first key signs, unless a client has registered the algorithm of another. `issuer` may have a path.
    pub fn new(issuer: &str, keys: Vec<SigningKey>, clients: Vec<RegisteredClient>) -> Self {
        Self {
            issuer: issuer.trim_end_matches('/').into(),
            keys,
            retired_keys: Vec::new(),
            clients,
            store: Store::default(),
            hostile: false,
            asks: true,
            mutation: Mutation::NONE,
            generation: 0,
            authorizations: 0,
        }
    }

    /// A provider that makes it hard for a client, and does what `mutation` says. It has its own keys and sends the
    /// browser back at once.
    pub fn hostile(issuer: &str, clients: Vec<RegisteredClient>, mutation: Mutation) -> Self {
        let keys = hostile::signing_keys(0, mutation.keys_of_each);
        Self { hostile: true, ..Self::new(issuer, keys, clients).asking_nobody().with(mutation) }
    }

    /// The same provider, sending the browser back at once.
    #[must_use]
    pub fn asking_nobody(mut self) -> Self {
        self.asks = false;
        self
    }

    /// The same provider, doing what `mutation` says.
    #[must_use]
    pub fn with(mut self, mutation: Mutation) -> Self {
        self.mutation = mutation;
        self
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Replaces the published keys. The old ones sign nothing any more.
    pub fn rotate(&mut self, keys: Vec<SigningKey>) {
        self.retired_keys.append(&mut self.keys);
        self.keys = keys;
    }

    fn rotate_on(&mut self, event: Rotation) {
        if self.mutation.rotation == event {
            self.generation += 1;
            self.rotate(hostile::signing_keys(self.generation, self.mutation.keys_of_each));
        }
    }

    /// Answers one request. `entropy` has to be new each time: codes and tokens come from it.
    pub fn handle(&mut self, request: &Request, now: i64, entropy: [u8; 32]) -> Response {
        let draw = Draw::new(entropy);
        let Some(path) = request.path().strip_prefix(self.path()).map(str::to_owned) else {
            return Response::new(404, "text/plain", "no such issuer");
        };
        // Clients with certificates have endpoints of their own, which are the same.
        let endpoint = path.strip_prefix("/mtls").unwrap_or(&path);
        match (request.method.as_str(), endpoint) {
            ("GET", "/.well-known/openid-configuration") => for_scripts(self.configuration()),
            ("GET", path) if path == self.mutation.jwks_path => for_scripts(self.jwks()),
            ("GET" | "POST", "/authorize") => self.authorize(request, now, draw),
            ("POST", "/authorize/decision") => self.decide(request, now, draw),
            ("POST", "/token") => for_scripts(self.token(request, &path, now, draw)),
            ("POST", "/par") => for_scripts(self.push(request, &path, now, draw)),
            ("GET" | "POST", "/userinfo") => for_scripts(self.userinfo(request, &path, now)),
            ("GET", claims::ELSEWHERE) => for_scripts(self.claims_from_elsewhere(request)),
            ("GET" | "POST", path) if path.starts_with("/api/") => for_scripts(self.api(request, path, now)),
            ("GET" | "POST", "/end_session") => self.end_session(request),
            ("OPTIONS", _) => for_scripts(Response { status: 204, headers: Vec::new(), body: Vec::new() })
                .with_header("access-control-allow-headers", "authorization, content-type"),
            _ => Response::new(404, "text/plain", "no such page"),
        }
    }

    /// Whether a client is registered that does more than to show a secret.
    fn proves(&self) -> bool {
        self.clients.iter().any(RegisteredClient::proves)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The path of the issuer, which every request's path starts with.
    fn path(&self) -> &str {
        let authority = self.issuer.find("://").map_or(0, |i| i + 3);
        self.issuer[authority..].find('/').map_or("", |i| &self.issuer[authority + i..])
    }
}

/// What a script on any page may read (CORS): nothing here depends on cookies.
fn for_scripts(response: Response) -> Response {
    response.with_header("access-control-allow-origin", "*")
}
