//! Our side, through the crate's public API.

use std::hint::black_box;

use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Endpoint, Entropy, Expectations, HttpResponse, Issuer,
    PendingLogin, Policy, Provider, Registration, Reply, Request, Step, Timestamp, drive,
};

use crate::work::{Jwks, Work, unix_now};

/// A client whose cache is filled.
pub(crate) struct Ours {
    client: Client,
    cache: Cache,
    provider: Provider,
    policy: Policy,
}

impl Ours {
    pub(crate) fn new(work: &Work, jwks: &Jwks) -> Ours {
        let mut policy = Policy::default();
        policy.max_keys = 1_000;
        policy.max_response_bytes = 1_048_576;
        let mut cache = Cache::default();
        let answer = |request: &Request| match request {
            Request::Http(request) if request.endpoint == Endpoint::Discovery => {
                json(work.metadata.to_string())
            }
            Request::Http(request) if request.endpoint == Endpoint::Jwks => json(to_json(jwks)),
            other => panic!("{other:?}"),
        };
        let issuer = Issuer::parse(&work.issuer).unwrap();
        let discovery = Provider::discover(&issuer, &policy, &cache, now()).unwrap();
        let provider = drive(discovery, &mut cache, now, answer).unwrap();
        drive(provider.refresh_keys(&policy).unwrap(), &mut cache, now, answer).unwrap();
        let registration =
            Registration::new(&work.client_id, &work.redirect_uri).with_secret(&*work.client_secret);
        let client = Client::new(provider.clone(), registration, policy.clone()).unwrap();
        Ours { client, cache, provider, policy }
    }

    /// Verifies an ID token.
    pub(crate) fn verify(&self, id_token: &str, nonce: &str) {
        let step = self.client.verify(id_token, Expectations::none().nonce(nonce), &self.cache, now());
        match step.expect("the token is good") {
            Step::Done(claims) => black_box(claims.sub()),
            Step::Pending(flow) => panic!("{flow:?}: the key is cached"),
        };
    }

    /// A login: `response` is what the token endpoint answers.
    pub(crate) fn log_in(&mut self, work: &Work, response: &str) {
        let entropy = Entropy::new(&*work.entropy).unwrap();
        let login = self.client.authorize(&AuthorizeRequest::default(), entropy, now()).unwrap();
        black_box(&login.url);
        let stored = login.pending.encode();

        let returned = CallbackParams::parse(&work.callback).unwrap();
        let pending = PendingLogin::decode(Some(&stored)).unwrap();
        let code = self.client.callback(pending, &returned, now()).unwrap();
        let exchange = self.client.exchange(code).unwrap();
        let session = drive(exchange, &mut self.cache, now, |request| {
            black_box(request);
            json(response)
        });
        black_box(session.expect("the response is good").claims().sub());
    }

    /// Reads a key set as if it had just been fetched.
    pub(crate) fn read_keys(&self, jwks: &str) {
        let refresh = self.provider.refresh_keys(&self.policy).unwrap();
        let report = drive(refresh, &mut Cache::default(), now, |_| json(jwks));
        black_box(report.unwrap());
    }
}

pub(crate) fn to_json(jwks: &Jwks) -> String {
    serde_json::to_string(jwks).unwrap()
}

fn json(body: impl Into<String>) -> Reply {
    let content_type = ("Content-Type".into(), "application/json".into());
    Reply::Http(HttpResponse::new(200, vec![content_type], body.into().into_bytes()))
}

fn now() -> Timestamp {
    Timestamp::from_unix(unix_now())
}
