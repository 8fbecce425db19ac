//! The token endpoint: a code or a refresh token becomes a set of tokens (OIDC Core 3.1.3, 12).

use serde_json::json;
use sha2::{Digest, Sha256};

use super::client::RegisteredClient;
use super::proof::{Unproven, nonce};
use super::store::{Draw, GrantId, Held, Token};
use super::{Provider, Rotation};
use crate::encoding::base64url;
use crate::http::{Params, Request, Response};

/// Ten minutes.
const ACCESS_TOKEN_SECS: i64 = 600;
/// A day.
const REFRESH_TOKEN_SECS: i64 = 24 * 60 * 60;

/// Why no token is issued (RFC 6749 5.2).
struct Refusal {
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    fn grant(description: &'static str) -> Self {
        Self { error: "invalid_grant", description }
    }
}

impl Provider {
    /// `POST /token`.
    pub(super) fn token(&mut self, request: &Request, path: &str, now: i64, draw: Draw) -> Response {
        let form = request.params();
        let Some(client) = self.authenticated(request, path, &form, now) else {
            let response = refused(401, "invalid_client", "client authentication failed");
            return match request.header("authorization") {
                Some(_) => response.with_header("www-authenticate", "Basic realm=\"token\""),
                None => response,
            };
        };
        if form.repeated().is_some() {
            return refused(400, "invalid_request", "a parameter occurs twice");
        }
        let possession = match self.possession(request, path, None, now) {
            Ok(possession) => possession,
            Err(Unproven::Nonce) => return wants_nonce(nonce(path)),
            Err(Unproven::Proof(reason)) => return refused(400, "invalid_dpop_proof", reason),
        };
        let Some(held) = self.holding(&client, request, possession) else {
            return refused(400, "invalid_request", "the tokens of this client are bound");
        };
        self.store.sweep(now);
        let redeemed = match form.get("grant_type") {
            Some("authorization_code") => self.redeem_code(&client, &form, &held),
            Some("refresh_token") => self.redeem_refresh_token(&client, &form),
            _ => Err(Refusal {
                error: "unsupported_grant_type",
                description: "grant_type has to be authorization_code or refresh_token",
            }),
        };
        match redeemed {
            Ok(grant) => self.issue(&client, grant, form.get("code").is_some(), held, now, draw),
            Err(Refusal { error, description }) => refused(400, error, description),
        }
    }

    /// The grant behind a code. A code that comes twice takes its tokens with it (RFC 6749 4.1.2).
    fn redeem_code(
        &mut self,
        client: &RegisteredClient,
        form: &Params,
        held: &Held,
    ) -> Result<GrantId, Refusal> {
        let code = form.get("code").and_then(|code| self.store.codes.get_mut(code));
        let code = code.ok_or_else(|| Refusal::grant("no such code, or it has expired"))?;
        let grant = code.grant;
        if std::mem::replace(&mut code.used, true) {
            self.store.revoke(grant);
            return Err(Refusal::grant("the code was used before"));
        }
        if form.get("redirect_uri") != Some(&code.redirect_uri) {
            return Err(Refusal::grant("redirect_uri differs from the authorization request's"));
        }
        if code.jkt.as_ref().is_some_and(|jkt| *held != Held::Key(jkt.clone())) {
            return Err(Refusal::grant("the code is for another key"));
        }
        check_pkce(code.code_challenge.as_deref(), form.get("code_verifier"))?;
        self.belongs_to(client, grant)
    }

    /// The grant behind a refresh token. Each serves once; one that comes again was stolen from somebody, and ends the
    /// whole family (RFC 9700 4.14.2).
    fn redeem_refresh_token(&mut self, client: &RegisteredClient, form: &Params) -> Result<GrantId, Refusal> {
        let token = form.get("refresh_token").and_then(|token| self.store.refresh_tokens.get_mut(token));
        let token = token.ok_or_else(|| Refusal::grant("no such refresh token, or it has expired"))?;
        let grant = token.grant;
        if std::mem::replace(&mut token.used, true) {
            self.store.revoke(grant);
            return Err(Refusal::grant("the refresh token was used before"));
        }
        self.belongs_to(client, grant)
    }

    fn belongs_to(&self, client: &RegisteredClient, grant: GrantId) -> Result<GrantId, Refusal> {
        match self.store.grant(grant) {
            Some(found) if found.client_id == client.client_id => Ok(grant),
            Some(_) => Err(Refusal::grant("issued to another client")),
            None => Err(Refusal::grant("the grant was revoked")),
        }
    }

    fn issue(
        &mut self,
        client: &RegisteredClient,
        id: GrantId,
        first: bool,
        held: Held,
        now: i64,
        draw: Draw,
    ) -> Response {
        if first {
            self.rotate_on(Rotation::BeforeSigning);
        }
        let Some(grant) = self.store.grant(id) else {
            return refused(400, "invalid_grant", "the grant was revoked");
        };
        let (access_token, refresh_token) = (draw.token("access_token"), draw.token("refresh_token"));
        // A refreshed ID token carries no nonce (OIDC Core 12.2).
        let (nonce, change) = match first {
            true => (grant.nonce.as_deref(), self.mutation.id_token),
            false => (None, self.mutation.refreshed_id_token),
        };
        let Some(id_token) = self.id_token(client, grant, nonce, change, &access_token, now) else {
            return refused(500, "server_error", "no key for the algorithm this client registered");
        };
        let mut body = json!({
            "access_token": access_token,
            "token_type": if matches!(held, Held::Key(_)) { "DPoP" } else { "Bearer" },
            "expires_in": ACCESS_TOKEN_SECS,
            "refresh_token": refresh_token,
            "scope": grant.scope.join(" "),
            "id_token": id_token,
        });
        if let Some(details) = &grant.details {
            body["authorization_details"] = details.clone();
        }
        let lives = |secs| Token { grant: id, expires_at: now + secs, used: false, held: held.clone() };
        self.store.access_tokens.insert(access_token, lives(ACCESS_TOKEN_SECS));
        self.store.refresh_tokens.insert(refresh_token, lives(REFRESH_TOKEN_SECS));
        if let Some(body) = body.as_object_mut() {
            (self.mutation.token_response)(body);
        }
        Response::json(200, &body).with_header("cache-control", "no-store")
    }
}

/// RFC 7636 4.6; a verifier nobody asked for is a downgrade (RFC 9700 4.8.2).
fn check_pkce(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Refusal> {
    let matches = match (challenge, verifier) {
        (Some(challenge), Some(verifier)) => challenge == base64url(Sha256::digest(verifier)),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    matches.then_some(()).ok_or_else(|| Refusal::grant("code_verifier does not fit the code_challenge"))
}

/// RFC 9449 8.
pub(super) fn wants_nonce(nonce: &str) -> Response {
    refused(400, "use_dpop_nonce", "the proof has to have this nonce").with_header("dpop-nonce", nonce)
}

pub(super) fn refused(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &json!({ "error": error, "error_description": description }))
        .with_header("cache-control", "no-store")
}
