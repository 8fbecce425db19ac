//! Our side of what a client signs: flows of the crate's `Client`, up to the request that carries it.

use std::hint::black_box;

use relyingparty::{
    ApiRequest, Cache, Client, Entropy, Flow, Grant, HttpResponse, Issuer, Metadata, Method, Policy,
    Provider, Registration, Reply, Request, SigningKey, Step, Timestamp, drive,
};

use crate::work::{Work, unix_now};

const SUB: &str = "248289761001";

/// Calls an API with a token that is bound to a key.
pub(crate) struct Prover {
    client: Client,
    cache: Cache,
    grant: Grant,
    url: String,
}

/// Asks for tokens, authenticated with a key.
pub(crate) struct Asserter {
    client: Client,
    cache: Cache,
    refresh_token: String,
}

impl Prover {
    pub(crate) fn new(work: &Work, alg: &str) -> Prover {
        let mut registration = Registration::new(&work.client_id, &work.redirect_uri)
            .with_secret(&*work.client_secret)
            .with_dpop_keys([key(work, alg)]);
        registration.api_origins = vec!["https://api.example".into()];
        let (client, mut cache) = (client(work, registration), Cache::default());
        let bound =
            client.proving(entropy(), &cache, now()).refresh_token(&*work.refresh_token, SUB).unwrap();
        let tokens = serde_json::json!({ "access_token": work.access_token, "token_type": "DPoP", "expires_in": 3_600 });
        let refreshed = drive(bound, &mut cache, now, |_| {
            let content_type = ("Content-Type".into(), "application/json".into());
            Reply::Http(HttpResponse::new(200, vec![content_type], tokens.to_string().into_bytes()))
        });
        let grant = refreshed.unwrap().grant().clone();
        Prover { client, cache, grant, url: work.api.clone() }
    }

    pub(crate) fn sign(&self) {
        let request = ApiRequest::new(Method::Get, &*self.url);
        sent(self.client.proving(entropy(), &self.cache, now()).call(&self.grant, request).unwrap());
    }
}

impl Asserter {
    pub(crate) fn new(work: &Work, alg: &str) -> Asserter {
        let registration =
            Registration::new(&work.client_id, &work.redirect_uri).with_signing_keys([key(work, alg)]);
        Asserter {
            client: client(work, registration),
            cache: Cache::default(),
            refresh_token: work.refresh_token.clone(),
        }
    }

    pub(crate) fn sign(&self) {
        let proving = self.client.proving(entropy(), &self.cache, now());
        sent(proving.refresh_token(&*self.refresh_token, SUB).unwrap());
    }
}

fn client(work: &Work, registration: Registration) -> Client {
    let issuer = Issuer::parse(&work.issuer).unwrap();
    let metadata = Metadata::parse(&issuer, work.metadata.to_string().as_bytes()).unwrap();
    Client::new(Provider::from_metadata(metadata), registration, Policy::default()).unwrap()
}

fn key(work: &Work, alg: &str) -> SigningKey {
    SigningKey::from_jwk(&work.private_jwks[alg].to_string()).unwrap()
}

/// The request that is made already: nobody was asked to sign.
fn sent<F: Flow>(step: Step<F>) {
    match &step {
        Step::Pending(flow) => match flow.request() {
            Request::Http(request) => black_box(request),
            other => panic!("{other:?}: the key is the core's"),
        },
        Step::Done(_) => panic!("nothing was asked"),
    };
}

fn entropy() -> Entropy {
    let mut drawn = [0; 32];
    aws_lc_rs::rand::fill(&mut drawn).unwrap();
    Entropy::new(drawn).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix(unix_now())
}
