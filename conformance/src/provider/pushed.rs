//! Authorization requests that are pushed (RFC 9126) or signed (RFC 9101).

use serde_json::{Value, json};

use super::client::RegisteredClient;
use super::jws::Jws;
use super::proof::{Unproven, nonce};
use super::store::{Draw, Pushed};
use super::token::{refused, wants_nonce};
use super::{Provider, page};
use crate::http::{Params, Request, Response};

/// For how long a pushed request waits for the browser.
const PUSHED_SECS: i64 = 60;
/// The longest that a signed request may be good (FAPI 2.0 Message Signing 5.3.1).
const SIGNED_SECS: i64 = 3600;
const URN: &str = "urn:ietf:params:oauth:request_uri:";

impl Provider {
    /// `POST /par`.
    pub(super) fn push(&mut self, request: &Request, path: &str, now: i64, draw: Draw) -> Response {
        let form = request.params();
        let Some(client) = self.authenticated(request, path, &form, now) else {
            return refused(401, "invalid_client", "client authentication failed");
        };
        let possession = match self.possession(request, path, None, now) {
            Ok(possession) => possession,
            Err(Unproven::Nonce) => return wants_nonce(nonce(path)),
            Err(Unproven::Proof(reason)) => return refused(400, "invalid_dpop_proof", reason),
        };
        let params = match form.get("request") {
            Some(object) => match self.opened(&client, object, now) {
                Some(params) => params,
                None => return refused(400, "invalid_request_object", "the request object is not taken"),
            },
            None if client.signs_requests => {
                return refused(400, "invalid_request", "the request has to be signed");
            }
            None => form,
        };
        let named = params.get("dpop_jkt");
        if possession.is_some() && named.is_some() && possession.as_deref() != named {
            return refused(400, "invalid_dpop_proof", "dpop_jkt is another key");
        }
        if params.repeated().is_some() || params.get("request_uri").is_some() {
            return refused(400, "invalid_request", "a parameter occurs twice, or request_uri does");
        }
        self.store.sweep(now);
        let request_uri = format!("{URN}{}", draw.token("request_uri"));
        let pushed = Pushed { client_id: client.client_id, params, expires_at: now + PUSHED_SECS };
        self.store.pushed.insert(request_uri.clone(), pushed);
        let body = json!({ "request_uri": request_uri, "expires_in": PUSHED_SECS });
        Response::json(201, &body).with_header("cache-control", "no-store")
    }

    /// What a browser's request asks for: what was pushed, what is signed, or what stands in it; or a page that says why none
    /// of them is taken.
    pub(super) fn asked(&mut self, params: Params, now: i64) -> Result<Params, Response> {
        let problem = |text: &str| Err(page::problem(text));
        let Some(client) = params.get("client_id").and_then(|id| self.client(id)).cloned() else {
            return Ok(params);
        };
        if let Some(request_uri) = params.get("request_uri").filter(|uri| uri.starts_with(URN)) {
            if params.names().any(|name| !["client_id", "request_uri"].contains(&name)) {
                return problem("Parameters stand beside a request_uri.");
            }
            let pushed = self.store.pushed.remove(request_uri);
            let own = pushed.filter(|it| it.expires_at > now && it.client_id == client.client_id);
            return own.map_or_else(|| problem("No such request was pushed."), |it| Ok(it.params));
        }
        if client.pushes {
            return problem("This client has to push its requests.");
        }
        match params.get("request") {
            Some(object) if !client.keys.is_empty() => {
                let opened = self.opened(&client, object, now);
                opened.map_or_else(|| problem("The request object is not taken."), Ok)
            }
            None if client.signs_requests => problem("This client has to sign its requests."),
            _ => Ok(params),
        }
    }

    /// The parameters in a request object of this client's (RFC 9101 4, 6).
    fn opened(&mut self, client: &RegisteredClient, object: &str, now: i64) -> Option<Params> {
        let jws = Jws::parse(object)?;
        let [nbf, exp] = ["nbf", "exp"].map(|claim| jws.claims[claim].as_i64());
        let good = jws.is_of_type("oauth-authz-req+jwt")
            && jws.is_by_one_of(&client.keys)
            && jws.text("iss") == Some(&client.client_id)
            && jws.text("client_id") == Some(&client.client_id)
            && jws.text("aud") == Some(&self.issuer)
            && nbf.is_some_and(|nbf| nbf <= now && now - nbf <= SIGNED_SECS)
            && exp.is_some_and(|exp| exp > now && exp - now <= SIGNED_SECS)
            && ["request", "request_uri", "sub"].iter().all(|claim| jws.claims[*claim].is_null())
            && self.store.is_new(jws.text("jti")?);
        let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let claims = jws.claims.as_object().filter(|_| good)?;
        Some(Params::of(claims.iter().map(|(name, value)| (name.clone(), as_text(value))).collect()))
    }
}
