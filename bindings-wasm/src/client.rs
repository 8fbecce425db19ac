//! The client and its verbs.

use alloc::borrow::ToOwned;
use alloc::string::String;

use relyingparty::bindings::{self, Writer};
use relyingparty::{
    AuthorizeRequest, EndSessionRequest, Entropy, Expectations, PendingLogin, Policy, Registration,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::{Cache, Provider};
use crate::session::Session;
use crate::timestamp;

/// [`relyingparty::CallbackParams`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct CallbackParams(relyingparty::CallbackParams);

#[wasm_bindgen]
impl CallbackParams {
    pub fn parse(query_or_url: &str) -> Result<CallbackParams, Thrown> {
        Ok(CallbackParams(relyingparty::CallbackParams::parse(query_or_url)?))
    }

    #[wasm_bindgen(js_name = parseFormPost)]
    pub fn parse_form_post(body: &str) -> Result<CallbackParams, Thrown> {
        Ok(CallbackParams(relyingparty::CallbackParams::parse_form_post(body)?))
    }

    pub fn handle(&self) -> Option<String> {
        self.0.handle()
    }

    pub fn cookie_name(&self) -> Option<String> {
        self.0.cookie_name()
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(str::to_owned)
    }
}

/// [`relyingparty::AuthorizationCode`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct AuthorizationCode(relyingparty::AuthorizationCode);

#[wasm_bindgen]
impl AuthorizationCode {
    pub fn decisions(&self) -> String {
        bindings::decisions(&self.0.decisions())
    }
}

/// [`relyingparty::Client`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(relyingparty::Client);

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(constructor)]
    pub fn new(provider: &Provider, registration: &str, policy: &str) -> Result<Client, Thrown> {
        let registration = Registration::from_json(registration)?;
        let policy = Policy::from_json(policy)?;
        Ok(Client(relyingparty::Client::new(provider.0.clone(), registration, policy)?))
    }

    #[wasm_bindgen(js_name = isCurrent)]
    pub fn is_current(&self, cache: &Cache, now: f64) -> bool {
        self.0.is_current(&cache.0, timestamp(now))
    }

    pub fn authorize(&self, request: &str, entropy: &[u8], now: f64) -> Result<String, Thrown> {
        let request = AuthorizeRequest::from_json(request)?;
        let authorization = self.0.authorize(&request, Entropy::new(entropy)?, timestamp(now))?;
        let pending = authorization.pending;
        Ok(Writer::new()
            .text("url", &authorization.url)
            .text("id", pending.id())
            .text("handle", &pending.handle())
            .text("cookie_name", &pending.cookie_name())
            .number("max_age", pending.lifetime().into())
            .number("expires_at", pending.expires_at().as_unix())
            .text("pending", &pending.encode())
            .end())
    }

    pub fn callback(
        &self,
        pending: Option<String>,
        params: &CallbackParams,
        now: f64,
    ) -> Result<AuthorizationCode, Thrown> {
        let pending = PendingLogin::decode(pending.as_deref())?;
        Ok(AuthorizationCode(self.0.callback(pending, &params.0, timestamp(now))?))
    }

    pub fn exchange(&self, code: AuthorizationCode) -> Result<Flow, Thrown> {
        Ok(self.0.exchange(code.0)?.erase().into())
    }

    pub fn refresh(&self, session: &Session) -> Result<Flow, Thrown> {
        Ok(self.0.refresh(&session.0)?.erase().into())
    }

    pub fn userinfo(&self, session: &Session) -> Result<Flow, Thrown> {
        Ok(self.0.userinfo(&session.0)?.erase().into())
    }

    pub fn verify(
        &self,
        id_token: &str,
        expectations: &str,
        cache: &Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let expectations = Expectations::from_json(expectations)?;
        Ok(self.0.verify(id_token, expectations, &cache.0, timestamp(now))?.erase().into())
    }

    pub fn restore(&self, stored: &str, cache: &Cache, now: f64) -> Result<Flow, Thrown> {
        Ok(self.0.restore(stored, &cache.0, timestamp(now))?.erase().into())
    }

    #[wasm_bindgen(js_name = endSession)]
    pub fn end_session(&self, request: &str) -> Result<String, Thrown> {
        Ok(self.0.end_session(&EndSessionRequest::from_json(request)?)?)
    }
}
