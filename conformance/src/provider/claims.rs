//! What the provider says about a person: the ID token and the UserInfo response.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::Provider;
use super::client::RegisteredClient;
use super::store::Grant;
use crate::encoding::base64url;
use crate::http::{Request, Response};

/// Ten minutes.
const ID_TOKEN_SECS: i64 = 600;

impl Provider {
    /// A signed ID token (OIDC Core 2), or `None` when no key serves the client's algorithm.
    pub(super) fn id_token(
        &self,
        client: &RegisteredClient,
        grant: &Grant,
        nonce: Option<&str>,
        access_token: &str,
        now: i64,
    ) -> Option<String> {
        let key = match client.id_token_signed_response_alg.as_deref() {
            Some(alg) => self.keys.iter().find(|key| key.alg() == alg),
            None => self.keys.first(),
        }?;
        let mut claims = about(grant);
        claims.insert("iss".into(), self.issuer.as_str().into());
        claims.insert("aud".into(), grant.client_id.as_str().into());
        claims.insert("iat".into(), now.into());
        claims.insert("exp".into(), (now + ID_TOKEN_SECS).into());
        claims.insert("auth_time".into(), grant.auth_time.into());
        claims.insert("at_hash".into(), at_hash(key.alg(), access_token).into());
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        if let Some(acr) = &grant.acr {
            claims.insert("acr".into(), acr.as_str().into());
        }
        Some(key.sign(&Value::Object(claims)))
    }

    /// `GET /userinfo` and `POST /userinfo`, with a bearer token in the header (OIDC Core 5.3).
    pub(super) fn userinfo(&self, request: &Request, now: i64) -> Response {
        let bearer = request
            .header("authorization")
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let Some(bearer) = bearer else {
            return Response::json(401, &json!({})).with_header("www-authenticate", "Bearer");
        };
        let token = self.store.access_tokens.get(bearer).filter(|token| token.expires_at > now);
        match token.and_then(|token| self.store.grant(token.grant)) {
            Some(grant) => {
                Response::json(200, &Value::Object(about(grant))).with_header("cache-control", "no-store")
            }
            None => Response::json(401, &json!({ "error": "invalid_token" }))
                .with_header("www-authenticate", "Bearer error=\"invalid_token\""),
        }
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
    claims
}

/// The left half of the hash that goes with the algorithm (OIDC Core 3.1.3.6).
fn at_hash(alg: &str, access_token: &str) -> String {
    match alg {
        "EdDSA" => base64url(&Sha512::digest(access_token)[..32]),
        _ => base64url(&Sha256::digest(access_token)[..16]),
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}
