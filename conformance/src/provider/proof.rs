//! What clients prove: who they are, by an assertion or a certificate, and that they have what a token is bound to.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::client::{Bound, Proof, RegisteredClient, authenticate};
use super::jws::{Jws, public, thumbprint};
use super::store::{GrantId, Held};
use super::{Provider, places};
use crate::encoding::base64url;
use crate::http::{Params, Request, Response};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How assertions begin whose makers the provider believes.
pub const BELIEVED: &str = "an-assertion-from-elsewhere-";
/// What says of a request that it came over a connection with this certificate (RFC 9440 2).
pub const CERTIFICATE_HEADER: &str = "client-cert";
/// Seconds for which an assertion may be good, and by which a proof may be off.
const ASSERTION_SECS: i64 = 60;
const PROOF_SECS: i64 = 60;

/// Why a proof of possession is not taken.
pub(super) enum Unproven {
    /// It wants a nonce of this server's (RFC 9449 8).
    Nonce,
    /// It is not about this request, or not by its key.
    Proof(&'static str),
}

impl Provider {
    /// The client that sent this request to an endpoint at which clients say who they are.
    pub(super) fn authenticated(
        &mut self,
        request: &Request,
        path: &str,
        form: &Params,
        now: i64,
    ) -> Option<RegisteredClient> {
        if let Some(assertion) = form.get("client_assertion") {
            return self.by_assertion(assertion, form, now);
        }
        let named = form.get("client_id").and_then(|id| self.client(id));
        if let Some(client) = named.filter(|client| client.proof == Proof::Certificate) {
            let in_place = !self.mutation.mtls_aliases || path.starts_with("/mtls");
            return (in_place && request.header(CERTIFICATE_HEADER).is_some()).then(|| client.clone());
        }
        authenticate(&self.clients, request, form, self.mutation.basic_only).cloned()
    }

    pub(super) fn client(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// RFC 7523 3, and `aud` as FAPI 2.0 wants it: the issuer alone.
    fn by_assertion(&mut self, assertion: &str, form: &Params, now: i64) -> Option<RegisteredClient> {
        let named = form.get("client_id").and_then(|id| self.client(id)).cloned();
        if let Some(client) = named.filter(|client| client.proof == Proof::Elsewhere) {
            return (assertion.starts_with(BELIEVED) && self.store.is_new(assertion)).then_some(client);
        }
        let jws = Jws::parse(assertion)?;
        let client_id = jws.text("sub")?;
        let client = self.client(client_id)?.clone();
        let is_own = match (client.proof, &client.client_secret) {
            (Proof::Key, _) => jws.is_by_one_of(&client.keys),
            (Proof::Secret, Some(secret)) => jws.is_by_secret(secret),
            _ => false,
        };
        let good = form.get("client_assertion_type") == Some(JWT_BEARER)
            && form.get("client_id").is_none_or(|named| named == client_id)
            && jws.is_of_type("client-authentication+jwt")
            && jws.text("iss") == Some(client_id)
            && jws.text("aud") == Some(&self.issuer)
            && jws.claims["exp"].is_i64()
            && jws.is_fresh(now, ASSERTION_SECS)
            && is_own;
        (good && self.store.is_new(jws.text("jti")?)).then_some(client)
    }

    /// The thumbprint of the key that a request proves possession of, if it proves one (RFC 9449 4.3).
    pub(super) fn possession(
        &mut self,
        request: &Request,
        path: &str,
        access_token: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, Unproven> {
        let mut proofs = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("dpop"));
        let Some((_, proof)) = proofs.next() else { return Ok(None) };
        if proofs.next().is_some() {
            return Err(Unproven::Proof("there is more than one"));
        }
        let jws = Jws::parse(proof).ok_or(Unproven::Proof("it cannot be read"))?;
        let jwk = &jws.header["jwk"];
        if !jws.is_of_type("dpop+jwt") || *jwk != public(jwk) || !jws.is_by(jwk) {
            return Err(Unproven::Proof("it is not by the key that it names"));
        }
        let here = places::departure(&self.issuer, path);
        if jws.text("htm") != Some(&request.method) || jws.text("htu") != Some(&here) {
            return Err(Unproven::Proof("it is about another request"));
        }
        let hash = access_token.map(|token| base64url(Sha256::digest(token)));
        if jws.text("ath") != hash.as_deref() {
            return Err(Unproven::Proof("it is about another access token"));
        }
        if self.mutation.nonces && jws.text("nonce") != Some(nonce(path)) {
            return Err(Unproven::Nonce);
        }
        let is_new = jws.text("jti").is_some_and(|jti| self.store.is_new(jti));
        if !is_new || !jws.is_fresh(now, PROOF_SECS) {
            return Err(Unproven::Proof("it was made before"));
        }
        Ok(thumbprint(jwk))
    }

    /// What the tokens of a client are to be bound to, by what its request proves.
    pub(super) fn holding(
        &self,
        client: &RegisteredClient,
        request: &Request,
        possession: Option<String>,
    ) -> Option<Held> {
        match client.bound {
            Bound::Nothing => Some(possession.map_or(Held::Nothing, Held::Key)),
            Bound::Key => possession.map(Held::Key),
            Bound::Certificate => {
                request.header(CERTIFICATE_HEADER).map(|certificate| Held::Certificate(certificate.into()))
            }
        }
    }

    /// The grant behind the access token of a request, or what refuses it (RFC 6750 3, RFC 9449 7.1).
    pub(super) fn access(&mut self, request: &Request, path: &str, now: i64) -> Result<GrantId, Response> {
        let header = request.header("authorization").and_then(|header| header.split_once(' '));
        let Some((scheme, token)) = header else {
            return Err(Response::json(401, &json!({})).with_header("www-authenticate", "Bearer"));
        };
        let token = token.trim();
        let found = self.store.access_tokens.get(token).filter(|token| token.expires_at > now).cloned();
        let invalid = |scheme: &str| {
            let challenge = format!("{scheme} error=\"invalid_token\"");
            Response::json(401, &json!({ "error": "invalid_token" }))
                .with_header("www-authenticate", challenge)
        };
        let Some(found) = found else { return Err(invalid("Bearer")) };
        let own = match &found.held {
            Held::Key(jkt) => {
                let possession = self.possession(request, path, Some(token), now);
                let challenge = self.mutation.challenge_scheme;
                match possession {
                    Err(Unproven::Nonce) => {
                        let wanted = format!("{challenge} error=\"use_dpop_nonce\"");
                        return Err(Response::json(401, &json!({ "error": "use_dpop_nonce" }))
                            .with_header("www-authenticate", wanted)
                            .with_header("dpop-nonce", nonce(path)));
                    }
                    Err(Unproven::Proof(_)) => false,
                    Ok(proven) => scheme.eq_ignore_ascii_case("DPoP") && proven.as_ref() == Some(jkt),
                }
            }
            Held::Certificate(certificate) => {
                scheme.eq_ignore_ascii_case("Bearer")
                    && request.header(CERTIFICATE_HEADER) == Some(certificate.as_str())
            }
            Held::Nothing => scheme.eq_ignore_ascii_case("Bearer"),
        };
        match own {
            true => Ok(found.grant),
            false => Err(invalid(if matches!(found.held, Held::Key(_)) { "DPoP" } else { "Bearer" })),
        }
    }

    /// `GET` and `POST` below `/api`: an API that takes this provider's access tokens.
    pub(super) fn api(&mut self, request: &Request, path: &str, now: i64) -> Response {
        let grant = match self.access(request, path, now) {
            Ok(grant) => grant,
            Err(refusal) => return refusal,
        };
        let calls = self.store.calls.entry(grant).or_default();
        *calls += 1;
        if *calls <= self.mutation.refused_calls || self.store.grant(grant).is_none() {
            return Response::json(401, &json!({ "error": "invalid_token" }))
                .with_header("www-authenticate", "Bearer error=\"invalid_token\"");
        }
        Response::json(200, &json!({ "accounts": [{ "id": "account-1" }] }))
    }
}

/// The nonce that each server wants in the proofs that it is sent.
pub(super) fn nonce(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("api") => "a-nonce-of-the-api",
        Some("mtls") => "a-nonce-of-the-provider-where-clients-have-certificates",
        _ => "a-nonce-of-the-provider",
    }
}
