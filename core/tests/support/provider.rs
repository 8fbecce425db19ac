//! A provider without a network: it answers the core's requests and counts them.

use std::collections::BTreeMap;

use relyingparty::{Alg, Endpoint, HttpRequest, HttpResponse, Reply, Request, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::keys::{Key, b64, host_verifies};

/// A change to a JSON object: a member set, or taken away.
pub(crate) type Edit = (String, Option<Value>);

pub(crate) fn edited(mut object: Value, edits: &[Edit]) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in edits {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
    object
}

pub(crate) fn json_response(status: u16, body: &Value) -> HttpResponse {
    typed_response(status, "application/json", body.to_string())
}

pub(crate) fn typed_response(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse::new(status, vec![("Content-Type".into(), media_type.into())], body.into())
}

/// The parameters of a query or a form, decoded.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query).into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// The query of a URL.
pub(crate) fn query(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

/// The provider: its documents, its keys, what it remembers of a login, and what it was asked.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) metadata: Value,
    /// The key that signs.
    pub(crate) key: Key,
    /// What `jwks_uri` serves.
    pub(crate) jwks: Value,
    /// Changes to the claims of ID tokens.
    pub(crate) claims: Vec<Edit>,
    /// Changes to the token response.
    pub(crate) tokens: Vec<Edit>,
    pub(crate) userinfo: Value,
    /// The code that it issues.
    pub(crate) code: String,
    /// Answers instead of its own.
    pub(crate) instead: Vec<(Endpoint, Reply)>,
    /// Every HTTP request that came, in order.
    pub(crate) log: Vec<HttpRequest>,
    /// The header of ID tokens, if not the key's own.
    pub(crate) header: Option<Value>,
    /// How many answers of `jwks_uri` come without a key before its own do.
    pub(crate) late: usize,
    /// Signatures the host was asked to check.
    pub(crate) verified: usize,
    /// Pauses that the host was asked for.
    pub(crate) waits: usize,
    authorized: Map<String, Value>,
    /// What was authorized under each code.
    codes: BTreeMap<String, Map<String, Value>>,
    issued: usize,
}

impl Op {
    pub(crate) fn new(issuer: &str, alg: Alg) -> Op {
        let key = Key::new(alg, "k1");
        let base = issuer.trim_end_matches('/');
        Op {
            metadata: json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"),
                "userinfo_endpoint": format!("{base}/userinfo"),
                "jwks_uri": format!("{base}/jwks"),
                "end_session_endpoint": format!("{base}/logout"),
                "id_token_signing_alg_values_supported": [alg.as_str()],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
            }),
            jwks: json!({ "keys": [key.jwk()] }),
            key,
            claims: Vec::new(),
            tokens: Vec::new(),
            userinfo: json!({ "sub": "subject-1", "email": "a@b.example" }),
            code: "code-1".into(),
            instead: Vec::new(),
            log: Vec::new(),
            verified: 0,
            header: None,
            waits: 0,
            late: 0,
            authorized: Map::new(),
            codes: BTreeMap::new(),
            issued: 0,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        self.metadata["issuer"].as_str().unwrap()
    }

    /// How often an endpoint was asked.
    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.log.iter().filter(|request| request.endpoint == endpoint).count()
    }

    /// Sets a claim of the ID tokens to come.
    pub(crate) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.push((name.into(), Some(value.into())));
    }

    pub(crate) fn without_claim(&mut self, name: &str) {
        self.claims.push((name.into(), None));
    }

    /// Sets a member of the token responses to come.
    pub(crate) fn member(&mut self, name: &str, value: impl Into<Value>) {
        self.tokens.push((name.into(), Some(value.into())));
    }

    pub(crate) fn without_member(&mut self, name: &str) {
        self.tokens.push((name.into(), None));
    }

    /// Answers every request to an endpoint with this.
    pub(crate) fn answer_with(&mut self, endpoint: Endpoint, response: HttpResponse) {
        self.instead.push((endpoint, Reply::Http(response)));
    }

    pub(crate) fn unreachable(&mut self, endpoint: Endpoint) {
        self.instead.push((endpoint, Reply::Unreachable { reason: "connection refused".into() }));
    }

    /// Signs with another key from now on, and publishes only that.
    pub(crate) fn rotate(&mut self, kid: &str) {
        self.key = Key::new(self.key.alg, kid);
        self.jwks = json!({ "keys": [self.key.jwk()] });
    }

    /// The end user consents: what the browser brings back, as a query.
    pub(crate) fn authorize(&mut self, url: &str) -> String {
        let wanted = |name: &str| parameter(query(url), name).unwrap();
        assert_eq!(wanted("code_challenge_method"), "S256");
        self.authorized.insert("nonce".into(), wanted("nonce").into());
        self.authorized.insert("code_challenge".into(), wanted("code_challenge").into());
        self.codes.insert(self.code.clone(), self.authorized.clone());
        format!("code={}&state={}", self.code, wanted("state"))
    }

    /// The claims of the ID token that it would issue now.
    pub(crate) fn id_token_claims(&self, access_token: &str, now: Timestamp) -> Value {
        let claims = json!({
            "iss": self.issuer(),
            "sub": "subject-1",
            "aud": "client",
            "exp": now.as_unix() + 3_600,
            "iat": now.as_unix(),
            "nonce": self.authorized.get("nonce").cloned().unwrap_or_default(),
            "at_hash": self.key.at_hash(access_token),
        });
        edited(claims, &self.claims)
    }

    pub(crate) fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        let request = match request {
            Request::Verify(request) => {
                self.verified += 1;
                return Reply::Verified(host_verifies(request));
            }
            Request::Wait(_) => {
                self.waits += 1;
                return Reply::Waited;
            }
            Request::Http(request) => request,
            other => panic!("{other:?}"),
        };
        self.log.push(request.clone());
        let instead = self.instead.iter().rev().find(|(endpoint, _)| *endpoint == request.endpoint);
        if let Some((_, reply)) = instead {
            return reply.clone();
        }
        Reply::Http(json_response(
            200,
            &match request.endpoint {
                Endpoint::Discovery => self.metadata.clone(),
                Endpoint::Jwks if self.count(Endpoint::Jwks) <= self.late => json!({ "keys": [] }),
                Endpoint::Jwks => self.jwks.clone(),
                Endpoint::Token => self.tokens(&String::from_utf8(request.body.clone()).unwrap(), now),
                Endpoint::UserInfo => self.userinfo.clone(),
                other => panic!("{other:?}"),
            },
        ))
    }

    fn tokens(&mut self, form: &str, now: Timestamp) -> Value {
        if parameter(form, "grant_type").as_deref() == Some("authorization_code") {
            self.authorized = self.codes[&parameter(form, "code").unwrap()].clone();
            let challenge = b64(Sha256::digest(parameter(form, "code_verifier").unwrap()));
            assert_eq!(self.authorized["code_challenge"], Value::from(challenge), "PKCE");
        }
        self.issued += 1;
        let access_token = format!("access-{}", self.issued);
        let claims = self.id_token_claims(&access_token, now);
        let id_token = match &self.header {
            None => self.key.token(&claims),
            Some(header) => self.key.token_of(&header.to_string(), &claims.to_string()),
        };
        let response = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": format!("refresh-{}", self.issued),
            "id_token": id_token,
        });
        edited(response, &self.tokens)
    }
}
