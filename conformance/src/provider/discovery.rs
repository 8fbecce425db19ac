//! What the provider publishes about itself (OIDC Discovery 4) and its public keys.

use serde_json::json;

use super::{Provider, SCOPES, hostile};
use crate::http::Response;

impl Provider {
    /// `GET /.well-known/openid-configuration`.
    pub(super) fn configuration(&self) -> Response {
        let mut algs: Vec<_> = self.keys.iter().map(|key| key.alg()).collect();
        algs.dedup();
        let mut metadata = json!({
            "issuer": self.issuer,
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": self.url("/token"),
            "userinfo_endpoint": self.url("/userinfo"),
            "end_session_endpoint": self.url("/end_session"),
            "jwks_uri": self.url(self.mutation.jwks_path),
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algs,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "at_hash",
                "name", "preferred_username", "email", "email_verified"
            ],
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
        });
        if let Some(metadata) = metadata.as_object_mut() {
            if self.hostile {
                hostile::announce(metadata, &algs);
            }
            (self.mutation.metadata)(metadata);
        }
        Response::json(200, &metadata)
    }

    /// `GET /jwks`.
    pub(super) fn jwks(&self) -> Response {
        let mut keys: Vec<_> = self.keys.iter().map(|key| key.jwk()).collect();
        if self.hostile {
            hostile::publish(&mut keys, self.generation, self.mutation.keys_of_each);
        }
        if let (true, Some(key)) = (self.mutation.decoys, self.keys.iter().find(|key| key.alg() == "ES256")) {
            hostile::add_decoys(&mut keys, key);
        }
        (self.mutation.jwks)(&mut keys);
        Response::json(200, &json!({ "keys": keys }))
    }
}
