//! openidconnect: as its crate documentation shows, with the client kept.

use std::hint::black_box;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessTokenHash, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    RedirectUrl, Scope, TokenResponse, TokenUrl, http, url,
};

use crate::work::Work;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet>;

pub(crate) struct Peer {
    client: Client,
    verifier: CoreIdTokenVerifier<'static>,
}

impl Peer {
    pub(crate) fn new(work: &Work) -> Peer {
        let keys = serde_json::to_string(&work.jwks).unwrap();
        let keys: CoreJsonWebKeySet = serde_json::from_str(&keys).unwrap();
        let issuer = IssuerUrl::new(work.issuer.clone()).unwrap();
        let client_id = ClientId::new(work.client_id.clone());
        let secret = ClientSecret::new(work.client_secret.clone());
        let algs = [
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            CoreJwsSigningAlgorithm::EdDsa,
        ];
        let verifier = CoreIdTokenVerifier::new_confidential_client(
            client_id.clone(),
            secret.clone(),
            issuer.clone(),
            keys.clone(),
        )
        .set_allowed_algs(algs);
        let endpoint = |name: &str| work.metadata[name].as_str().unwrap().to_owned();
        let client = CoreClient::new(client_id, issuer, keys)
            .set_client_secret(secret)
            .set_auth_uri(AuthUrl::new(endpoint("authorization_endpoint")).unwrap())
            .set_token_uri(TokenUrl::new(endpoint("token_endpoint")).unwrap())
            .set_redirect_uri(RedirectUrl::new(work.redirect_uri.clone()).unwrap());
        Peer { client, verifier }
    }

    #[cfg(feature = "rustcrypto")]
    pub(crate) fn verify(&self, id_token: &str, nonce: &Nonce) {
        let id_token: openidconnect::core::CoreIdToken = id_token.parse().expect("an ID token");
        let claims = id_token.claims(&self.verifier, nonce).expect("the token is good");
        black_box(claims.subject());
    }

    /// A login: `response` is what the token endpoint answers.
    pub(crate) fn log_in(&self, work: &Work, response: &str) {
        let (state, nonce) = (work.state.clone(), work.nonce.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, csrf_token, nonce) = self
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("profile".into()))
            .add_scope(Scope::new("email".into()))
            .set_pkce_challenge(challenge)
            .url();
        black_box(url);

        let (mut code, mut returned_state) = (None, None);
        for (name, value) in url::form_urlencoded::parse(work.callback.as_bytes()) {
            match &*name {
                "code" => code = Some(value.into_owned()),
                "state" => returned_state = Some(value.into_owned()),
                _ => {}
            }
        }
        assert_eq!(returned_state.as_ref(), Some(csrf_token.secret()));
        let code = AuthorizationCode::new(code.expect("a code"));
        let answer = |request: HttpRequest| -> Result<HttpResponse, std::convert::Infallible> {
            black_box(&request);
            let answer = http::Response::builder().header("content-type", "application/json");
            Ok(answer.body(response.as_bytes().to_vec()).unwrap())
        };
        let tokens = self.client.exchange_code(code).set_pkce_verifier(verifier).request(&answer).unwrap();

        let id_token = tokens.id_token().expect("an ID token");
        // `Client::id_token_verifier` allows RS256 alone, and copies the keys: the kept one is both wider and cheaper.
        let claims = id_token.claims(&self.verifier, &nonce).expect("the token is good");
        let hash = claims.access_token_hash().expect("the token has one");
        let (alg, key) = (id_token.signing_alg().unwrap(), id_token.signing_key(&self.verifier).unwrap());
        assert_eq!(*hash, AccessTokenHash::from_token(tokens.access_token(), alg, key).unwrap());
        black_box(claims.subject());
    }
}
