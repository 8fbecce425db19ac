//! The provider of a scene, and who carries requests to it.

use std::collections::VecDeque;

use relyingparty::{Endpoint, HttpRequest};
use sha2::{Digest, Sha256};

use super::super::format::{Exchange, Reply};
use super::super::host::{Answer, Host};
use super::super::observe;
use super::scene::ISSUER;
use crate::http;
use crate::provider::{Provider, SigningKey};

/// The provider, and what is done to its answers on the way.
pub(super) struct World {
    pub(super) provider: Provider,
    pub(super) signing: Vec<SigningKey>,
    pub(super) draws: u32,
    pub(super) instead: VecDeque<(Endpoint, Reply)>,
    pub(super) headers: Vec<(Endpoint, (String, String))>,
    pub(super) delay: i64,
    pub(super) waits_at: Option<Endpoint>,
    pub(super) exchanges: Vec<Exchange>,
}

impl World {
    pub(super) fn new(provider: Provider, signing: Vec<SigningKey>) -> Self {
        Self {
            provider,
            signing,
            draws: 0,
            instead: VecDeque::new(),
            headers: Vec::new(),
            delay: 0,
            waits_at: None,
            exchanges: Vec::new(),
        }
    }

    /// The provider's answer. Its randomness is the number of the request.
    pub(super) fn send(&mut self, request: &http::Request, now: i64) -> http::Response {
        self.draws += 1;
        self.provider.handle(request, now, Sha256::digest(self.draws.to_be_bytes()).into())
    }

    fn reply(&mut self, request: &HttpRequest, now: i64) -> Reply {
        let own = self.instead.iter().position(|(endpoint, _)| *endpoint == request.endpoint);
        if let Some((_, reply)) = own.and_then(|own| self.instead.remove(own)) {
            return reply;
        }
        let target = request.url.strip_prefix(ISSUER).expect("every request goes to the provider");
        let response = self.send(
            &http::Request {
                method: request.method.as_str().into(),
                path_and_query: target.into(),
                headers: request.headers.clone(),
                body: request.body.clone(),
            },
            now,
        );
        let body = String::from_utf8(response.body).expect("the provider speaks UTF-8");
        let own = self.headers.iter().filter(|(endpoint, _)| *endpoint == request.endpoint);
        let headers = response.headers.into_iter().chain(own.map(|(_, header)| header.clone()));
        super::http(response.status, headers.collect(), body)
    }
}

impl Host for World {
    fn answer(&mut self, request: &HttpRequest, now: i64) -> Result<Answer, String> {
        if self.waits_at == Some(request.endpoint) {
            return Ok(Answer::Wait);
        }
        let arrives = (self.delay != 0).then_some(now + self.delay);
        let respond = self.reply(request, now);
        self.exchanges.push(Exchange {
            expect: observe::request(request),
            now: arrives,
            respond: respond.clone(),
        });
        Ok(Answer::Reply(respond, arrives))
    }
}
