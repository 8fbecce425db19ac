//! The provider of a scene, and who carries requests to it.

use std::collections::VecDeque;

use relyingparty::{Endpoint, HttpRequest, MemorySessionStore, StoreRequest, Stored, Timestamp};
use sha2::{Digest, Sha256};

use super::super::exchange::{Asked, Exchange, Reply};
use super::super::host::{Answer, Host};
use super::super::observe;
use super::scene::ISSUER;
use crate::encoding::base64url;
use crate::http;
use crate::provider::{BELIEVED, CERTIFICATE_HEADER, Provider, SigningKey, places};

/// The provider, and what is done to its answers on the way.
pub(super) struct World {
    pub(super) provider: Provider,
    pub(super) signing: Vec<SigningKey>,
    pub(super) draws: u32,
    pub(super) instead: VecDeque<(Endpoint, Reply)>,
    pub(super) headers: Vec<(Endpoint, (String, String))>,
    pub(super) delay: i64,
    pub(super) waits_at: Option<Endpoint>,
    /// The keys that the host holds, by their names.
    pub(super) held: Vec<(String, SigningKey)>,
    /// What the host answers when it is asked to prove something, in the place of what it would.
    pub(super) proves: VecDeque<Reply>,
    pub(super) exchanges: Vec<Exchange>,
    /// The store that all processes share.
    pub(super) store: MemorySessionStore,
    /// Whether it answers.
    pub(super) store_is_up: bool,
    /// Before how many more questions of a site the host stops for now.
    pub(super) stops_after: Option<usize>,
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
            held: Vec::new(),
            proves: VecDeque::new(),
            exchanges: Vec::new(),
            store: MemorySessionStore::new(),
            store_is_up: true,
            stops_after: None,
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
        let target = places::arrival(ISSUER, &request.url).expect("every request goes to the provider");
        let mut headers = request.headers.clone();
        if request.client_certificate {
            headers.push((CERTIFICATE_HEADER.into(), "the certificate of the client".into()));
        }
        let (method, body) = (request.method.as_str().into(), request.body.clone());
        let response = self.send(&http::Request { method, path_and_query: target, headers, body }, now);
        let body = String::from_utf8(response.body).expect("the provider speaks UTF-8");
        let own = self.headers.iter().filter(|(endpoint, _)| *endpoint == request.endpoint);
        let headers = response.headers.into_iter().chain(own.map(|(_, header)| header.clone()));
        super::http(response.status, headers.collect(), body)
    }
}

impl World {
    /// Whether the host stops before this question.
    fn stops(&mut self) -> bool {
        let left = self.stops_after.map(|left| left.checked_sub(1));
        self.stops_after = left.map(Option::unwrap_or_default);
        left == Some(None)
    }
}

impl Host for World {
    fn store(&mut self, request: &StoreRequest, now: i64) -> Result<Answer, String> {
        if self.stops() {
            return Ok(Answer::Wait);
        }
        let respond = if self.store_is_up {
            match self.store.answer(request, Timestamp::from_unix(now)) {
                relyingparty::Reply::Stored(Stored::Entry { value, version }) => {
                    Reply::Entry { value, version }
                }
                relyingparty::Reply::Stored(Stored::Nothing) => Reply::Stored { stored: "nothing".into() },
                relyingparty::Reply::Conflict => Reply::Stored { stored: "conflict".into() },
                relyingparty::Reply::Busy => Reply::Stored { stored: "busy".into() },
                _ => Reply::Stored { stored: "done".into() },
            }
        } else {
            super::unreachable()
        };
        let expect = Asked::Store { store: observe::store(request) };
        self.exchanges.push(Exchange { expect, now: None, respond: respond.clone() });
        Ok(Answer::Reply(respond, None))
    }

    fn answer(&mut self, request: &HttpRequest, now: i64) -> Result<Answer, String> {
        if self.waits_at == Some(request.endpoint) || self.stops() {
            return Ok(Answer::Wait);
        }
        let arrives = (self.delay != 0).then_some(now + self.delay);
        let respond = self.reply(request, now);
        self.exchanges.push(Exchange {
            expect: Asked::Http(observe::request(request)),
            now: arrives,
            respond: respond.clone(),
        });
        Ok(Answer::Reply(respond, arrives))
    }

    fn prove(&mut self, asked: Asked) -> Result<Reply, String> {
        let respond = match (self.proves.pop_front(), &asked) {
            (Some(reply), _) => reply,
            (None, Asked::Sign { sign }) => {
                let (_, key) = self.held.iter().find(|(name, _)| *name == sign.key).ok_or("no such key")?;
                Reply::Signature { signature: base64url(key.signature(sign.signing_input.as_bytes())) }
            }
            (None, _) => {
                self.draws += 1;
                Reply::Assertion { assertion: format!("{BELIEVED}{}", self.draws) }
            }
        };
        self.exchanges.push(Exchange { expect: asked, now: None, respond: respond.clone() });
        Ok(respond)
    }
}
