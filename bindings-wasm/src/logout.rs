//! The end of a session: at the provider, from the provider, and of its tokens.

use alloc::string::String;

use relyingparty::bindings::{self, Writer};
use relyingparty::{EndSessionRequest, Entropy, LogoutToken, Revocable};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::Client;
use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::Cache;
use crate::server::Grant;
use crate::session::Session;
use crate::timestamp;

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(js_name = logOut)]
    pub fn log_out(&self, request: &str, entropy: &[u8]) -> Result<String, Thrown> {
        self.begun(&EndSessionRequest::from_json(request)?, entropy)
    }

    #[wasm_bindgen(js_name = logOutOf)]
    pub fn log_out_of(&self, session: &Session, request: &str, entropy: &[u8]) -> Result<String, Thrown> {
        self.begun(&EndSessionRequest::from_json(request)?.of(&session.0), entropy)
    }

    #[wasm_bindgen(js_name = logoutToken)]
    pub fn logout_token(&self, logout_token: &str, cache: &Cache, now: f64) -> Result<Flow, Thrown> {
        Ok(self.client.logout_token(logout_token, &cache.0, timestamp(now))?.erase().into())
    }

    #[wasm_bindgen(js_name = frontChannelLogout)]
    pub fn front_channel_logout(&self, query_or_url: &str) -> Result<String, Thrown> {
        let request = self.client.front_channel_logout(query_or_url)?;
        let mut view = Writer::new();
        for (name, value) in [("issuer", request.issuer()), ("session_id", request.session_id())] {
            if let Some(value) = value {
                view.text(name, value);
            }
        }
        Ok(view.end())
    }

    #[wasm_bindgen(js_name = revokeSession)]
    pub fn revoke_session(&self, session: &Session) -> Result<Flow, Thrown> {
        self.revoked((&session.0).into())
    }

    #[wasm_bindgen(js_name = revokeGrant)]
    pub fn revoke_grant(&self, grant: &Grant) -> Result<Flow, Thrown> {
        self.revoked((&grant.0).into())
    }

    #[wasm_bindgen(js_name = revokeToken)]
    pub fn revoke_token(&self, token: &str, token_type_hint: Option<String>) -> Result<Flow, Thrown> {
        self.revoked(Revocable::token(token, token_type_hint.as_deref())?)
    }
}

impl Client {
    fn begun(&self, request: &EndSessionRequest, entropy: &[u8]) -> Result<String, Thrown> {
        let logout = self.client.log_out(request, Entropy::new(entropy)?)?;
        let mut view = Writer::new();
        view.text("url", &logout.url);
        if let Some(fields) = &logout.fields {
            let mut object = Writer::new();
            for (name, value) in fields {
                object.text(name, value);
            }
            view.raw("fields", &object.end());
        }
        if let Some(state) = &logout.state {
            view.text("state", state);
        }
        Ok(view.end())
    }

    fn revoked(&self, what: Revocable<'_>) -> Result<Flow, Thrown> {
        #[cfg(feature = "signing")]
        if let Some(fresh) = self.next.take() {
            return Ok(fresh.prove(&self.client, |proving| proving.revoke(what))?.erase().into());
        }
        Ok(self.client.revoke(what)?.erase().into())
    }
}

/// A logout token as JSON text.
pub(crate) fn logout_token(token: &LogoutToken) -> String {
    let mut view = Writer::new();
    view.text("issuer", token.issuer())
        .text("jti", token.jti())
        .number("issued_at", token.issued_at().as_unix())
        .number("expires_at", token.expires_at().as_unix())
        .text("replay_key", token.replay_key())
        .number("remember_until", token.remember_until().as_unix())
        .raw("claims", token.as_json())
        .raw("decisions", &bindings::decisions(&token.decisions()));
    for (name, value) in [("subject", token.subject()), ("session_id", token.session_id())] {
        if let Some(value) = value {
            view.text(name, value);
        }
    }
    view.end()
}
