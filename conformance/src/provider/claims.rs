//! What the provider says about a person: the ID token and the UserInfo response.

use serde_json::{Map, Value, json};

use super::Provider;
use super::client::RegisteredClient;
use super::draft::{Draft, Person, at_hash};
use super::keys::compact;
use super::store::Grant;
use crate::http::{Request, Response};

/// Where claims come from that UserInfo only points to, and the token that opens it.
pub(super) const ELSEWHERE: &str = "/claims";
const TOKEN_ELSEWHERE: &str = "a-token-for-claims-from-elsewhere";
/// Ten minutes.
const ID_TOKEN_SECS: i64 = 600;

impl Provider {
    /// A signed ID token (OIDC Core 2), or `None` when no key serves the client's algorithm.
    pub(super) fn id_token(
        &self,
        client: &RegisteredClient,
        grant: &Grant,
        nonce: Option<&str>,
        change: fn(&mut Draft),
        access_token: &str,
        now: i64,
    ) -> Option<String> {
        let registered = client.id_token_signed_response_alg.as_deref();
        let alg = registered.or_else(|| self.keys.first().map(|key| key.alg()))?;
        let mut claims = about(grant);
        claims.insert("iss".into(), self.issuer.as_str().into());
        claims.insert("aud".into(), grant.client_id.as_str().into());
        claims.insert("iat".into(), now.into());
        claims.insert("exp".into(), (now + ID_TOKEN_SECS).into());
        claims.insert("auth_time".into(), grant.auth_time.into());
        claims.insert("at_hash".into(), at_hash(alg, access_token).into());
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        if let Some(acr) = &grant.acr {
            claims.insert("acr".into(), acr.as_str().into());
        }
        let mut draft = Draft::new(claims, alg, now);
        change(&mut draft);
        draft.sign(&self.keys, client.client_secret.as_deref())
    }

    /// `GET /userinfo` and `POST /userinfo`, with an access token in the header (OIDC Core 5.3).
    pub(super) fn userinfo(&mut self, request: &Request, path: &str, now: i64) -> Response {
        let grant = match self.access(request, path, now) {
            Ok(grant) => self.store.grant(grant),
            Err(refusal) => return refusal,
        };
        match grant {
            Some(grant) if request.params().get("access_token").is_none() => self.person(grant, now),
            Some(_) => Response::json(400, &json!({ "error": "invalid_request" })),
            None => Response::json(401, &json!({ "error": "invalid_token" }))
                .with_header("www-authenticate", "Bearer error=\"invalid_token\""),
        }
    }

    fn person(&self, grant: &Grant, now: i64) -> Response {
        let (issuer, client_id) = (self.issuer.clone(), grant.client_id.clone());
        let mut person = Person { claims: about(grant), signed: None, issuer, client_id };
        (self.mutation.userinfo)(&mut person);
        let Person { mut claims, signed, issuer, client_id } = person;
        let response = match signed {
            None => Response::json(200, &Value::Object(claims)),
            Some(alg) => {
                for (claim, value) in [("iss", issuer), ("aud", client_id)] {
                    if !value.is_empty() {
                        claims.insert(claim.into(), value.into());
                    }
                }
                match Draft::new(claims, alg, now).sign(&self.keys, None) {
                    Some(jwt) => Response::new(200, "application/jwt", jwt),
                    None => Response::new(500, "text/plain", "no key for a signed response"),
                }
            }
        };
        response.with_header("cache-control", "no-store")
    }

    /// `GET /claims`: what a distributed claim points to (OIDC Core 5.6.2).
    pub(super) fn claims_from_elsewhere(&self, request: &Request) -> Response {
        match (request.header("authorization").and_then(|header| header.split_once(' ')), self.keys.first()) {
            (Some((_, TOKEN_ELSEWHERE)), Some(key)) => {
                let claims = json!({ "iss": self.issuer, "credit_score": 650, "shoe_size": "42" });
                Response::new(200, "application/jwt", key.sign(&claims))
            }
            _ => Response::json(401, &json!({ "error": "invalid_token" })),
        }
    }
}

impl Person {
    /// Adds a claim that another server has to be asked for.
    pub fn distribute(&mut self) {
        let source =
            json!({ "endpoint": format!("{}{ELSEWHERE}", self.issuer), "access_token": TOKEN_ELSEWHERE });
        self.claims.insert("_claim_names".into(), json!({ "credit_score": "src1", "shoe_size": "src1" }));
        self.claims.insert("_claim_sources".into(), json!({ "src1": source }));
    }

    /// Adds claims in a token of somebody else's, which nobody signed.
    pub fn aggregate(&mut self) {
        let claims = json!({ "iss": self.issuer, "eye_color": "blue", "shoe_size": "42" });
        let jwt = compact(&json!({ "alg": "none" }), &claims, |_| Vec::new());
        self.claims.insert("_claim_names".into(), json!({ "eye_color": "src1", "shoe_size": "src1" }));
        self.claims.insert("_claim_sources".into(), json!({ "src1": { "JWT": jwt } }));
    }
}

/// `sub`, and the claims that the granted scope stands for (OIDC Core 5.4).
fn about(grant: &Grant) -> Map<String, Value> {
    let granted = |scope: &str| grant.scope.iter().any(|s| s == scope);
    let mut claims = Map::new();
    claims.insert("sub".into(), grant.login.as_str().into());
    if granted("profile") {
        claims.insert("name".into(), capitalised(&grant.login).into());
        claims.insert("preferred_username".into(), grant.login.as_str().into());
    }
    if granted("email") {
        claims.insert("email".into(), format!("{}@example.test", grant.login).into());
        claims.insert("email_verified".into(), true.into());
    }
    if granted("address") {
        claims.insert("address".into(), json!({ "country": "XX", "locality": "Testville" }));
    }
    if granted("phone") {
        claims.insert("phone_number".into(), "+1 555 0100".into());
    }
    claims
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}
