//! What the provider publishes about itself (OIDC Discovery 4) and its public keys.

use serde_json::json;

use super::mutation::Object;
use super::{Provider, SCOPES, hostile, places};
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
            if self.proves() {
                self.announce_proofs(metadata, &algs);
            }
            (self.mutation.metadata)(metadata);
        }
        Response::json(200, &metadata)
    }

    /// What clients that prove themselves with keys and certificates can do here.
    fn announce_proofs(&self, metadata: &mut Object, algs: &[&str]) {
        let of_clients = json!(["PS256", "ES256", "EdDSA"]);
        let modes = json!(["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]);
        let methods = json!(["private_key_jwt", "tls_client_auth", "client_secret_basic"]);
        for (member, value) in [
            ("pushed_authorization_request_endpoint", json!(self.url("/par"))),
            ("token_endpoint_auth_methods_supported", methods),
            ("token_endpoint_auth_signing_alg_values_supported", of_clients.clone()),
            ("request_object_signing_alg_values_supported", of_clients.clone()),
            ("request_parameter_supported", json!(true)),
            ("dpop_signing_alg_values_supported", of_clients),
            ("authorization_signing_alg_values_supported", json!(algs)),
            ("authorization_details_types_supported", json!(["payment"])),
            ("response_modes_supported", modes),
            ("tls_client_certificate_bound_access_tokens", json!(true)),
        ] {
            metadata.insert(member.into(), value);
        }
        if self.mutation.mtls_aliases {
            let at = |path: &str| places::departure(&self.issuer, &format!("/mtls{path}"));
            let aliases = json!({
                "pushed_authorization_request_endpoint": at("/par"),
                "token_endpoint": at("/token"),
                "userinfo_endpoint": at("/userinfo"),
            });
            metadata.insert("mtls_endpoint_aliases".into(), aliases);
        }
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
