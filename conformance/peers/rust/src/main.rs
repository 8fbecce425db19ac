//! openidconnect, as its crate documentation has the authorization code grant: PKCE, state and nonce, `at_hash`.
//!
//! Switched on: UserInfo's `expected_subject`. What the documentation leaves to the application is done here: the
//! `state` is compared, and the keys are fetched again after `NoMatchingKey`.

mod journey;

use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier,
    CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::reqwest::Url;
use openidconnect::reqwest::blocking::Client as Http;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce, NonceVerifier,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, SignatureVerificationError, SubjectIdentifier,
    TokenResponse, UserInfoResponseType,
};

use crate::journey::{Job, Params, Peer, Result, Unsupported, http, play};

fn main() -> Result<()> {
    play::<OpenIdConnect>()
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct OpenIdConnect {
    http: Http,
    metadata: ProviderMetadataWithLogout,
    client: Client,
}

struct Login {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

struct Session {
    tokens: CoreTokenResponse,
    sub: SubjectIdentifier,
}

impl Peer for OpenIdConnect {
    type Login = Login;
    type Session = Session;

    fn client(job: &Job) -> Result<Self> {
        let http = http()?;
        let metadata = ProviderMetadataWithLogout::discover(&IssuerUrl::new(job.issuer.clone())?, &http)?;
        let client = client(job, &metadata)?;
        Ok(Self { http, metadata, client })
    }

    fn authorize(&self, job: &Job) -> Result<(Url, Login)> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let scopes = job.asks.scopes.iter().filter(|scope| *scope != "openid");
        let mut request = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge);
        if let Some(seconds) = job.asks.max_age {
            request = request.set_max_age(std::time::Duration::from_secs(seconds));
        }
        if job.asks.prompt.as_deref() == Some("none") {
            request = request.add_prompt(CoreAuthPrompt::None);
        }
        if let Some(mode) = &job.asks.response_mode {
            request = request.add_extra_param("response_mode", mode.clone());
        }
        let (url, state, nonce) = request.url();
        Ok((url, Login { state, nonce, verifier }))
    }

    fn callback(&mut self, job: &Job, login: Login, params: Params) -> Result<Session> {
        if params.get("state") != Some(login.state.secret()) {
            return Err("the state is not that of the login".into());
        }
        let code = params.get("code").ok_or("no code")?;
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code.clone()))?
            .set_pkce_verifier(login.verifier)
            .request(&self.http)?;
        let id_token = tokens.id_token().ok_or("no ID token")?;
        let claims = self.verified(job, id_token, tokens.access_token(), &login.nonce)?;
        let sub = claims.subject().clone();
        Ok(Session { tokens, sub })
    }

    fn userinfo(&self, job: &Job, session: &Session) -> Result<()> {
        let token = session.tokens.access_token().clone();
        let mut request = self.client.user_info(token, Some(session.sub.clone()))?;
        if job.registration.userinfo_signed_response_alg.is_some() {
            request = request.set_response_type(UserInfoResponseType::Jwt);
        }
        let _: CoreUserInfoClaims = request.request(&self.http)?;
        Ok(())
    }

    fn refresh(&mut self, job: &Job, Session { tokens, sub }: Session) -> Result<Session> {
        let refresh_token = tokens.refresh_token().ok_or("no refresh token")?;
        let tokens = self.client.exchange_refresh_token(refresh_token)?.request(&self.http)?;
        if let Some(id_token) = tokens.id_token() {
            // A refreshed ID token need not have a nonce.
            let any_nonce = |_: Option<&Nonce>| Ok(());
            self.verified(job, id_token, tokens.access_token(), any_nonce)?;
        }
        Ok(Session { tokens, sub })
    }

    fn end_session(&self, job: &Job, session: &Session) -> Result<Url> {
        let endpoint = self.metadata.additional_metadata().end_session_endpoint.clone();
        let back = PostLogoutRedirectUrl::new(job.registration.post_logout_redirect_uri.clone())?;
        let request = LogoutRequest::from(endpoint.ok_or("no end_session_endpoint")?)
            .set_id_token_hint(session.tokens.id_token().ok_or("no ID token")?)
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new_random());
        Ok(request.http_get_url())
    }

    fn logged_out(&self, job: &Job, _: Params) -> Result<()> {
        match job.must_notice {
            true => Err(Unsupported("the state of a logout is left to the application").into()),
            false => Ok(()),
        }
    }
}

impl OpenIdConnect {
    fn verified<N: NonceVerifier + Clone>(
        &mut self,
        job: &Job,
        id_token: &CoreIdToken,
        access_token: &AccessToken,
        nonce: N,
    ) -> Result<CoreIdTokenClaims> {
        use ClaimsVerificationError::SignatureVerification;
        use SignatureVerificationError::NoMatchingKey;

        let first = id_token.claims(&self.verifier(job)?, nonce.clone());
        if let Err(SignatureVerification(NoMatchingKey)) = first {
            let keys = CoreJsonWebKeySet::fetch(self.metadata.jwks_uri(), &self.http)?;
            self.metadata = self.metadata.clone().set_jwks(keys);
            self.client = client(job, &self.metadata)?;
        }
        let verifier = self.verifier(job)?;
        let claims = id_token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let key = id_token.signing_key(&verifier)?;
            if AccessTokenHash::from_token(access_token, id_token.signing_alg()?, key)? != *expected {
                return Err("at_hash is not that of the access token".into());
            }
        }
        Ok(claims.clone())
    }

    fn verifier(&self, job: &Job) -> Result<CoreIdTokenVerifier<'_>> {
        let verifier = self.client.id_token_verifier();
        match &job.registration.id_token_signed_response_alg {
            Some(name) => {
                let alg: CoreJwsSigningAlgorithm = serde_json::from_value(name.as_str().into())?;
                Ok(verifier.set_allowed_algs([alg]))
            }
            None => Ok(verifier),
        }
    }
}

fn client(job: &Job, metadata: &ProviderMetadataWithLogout) -> Result<Client> {
    let registration = &job.registration;
    let id = ClientId::new(registration.client_id.clone());
    let secret = ClientSecret::new(registration.client_secret.clone());
    Ok(CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(registration.redirect_uri.clone())?))
}
