//! The client and its verbs.

use alloc::borrow::ToOwned;
use alloc::string::String;

use relyingparty::bindings::{self, Writer};
use relyingparty::{
    Authorization, AuthorizeRequest, EndSessionRequest, Entropy, Expectations, LoginMissing, PendingLogin,
    Policy, TokenRequest,
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
pub struct CallbackParams(pub(crate) relyingparty::CallbackParams);

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

    #[wasm_bindgen(js_name = cookieNameAt)]
    pub fn cookie_name_at(&self, redirect_uri: &str) -> Option<String> {
        self.0.cookie_name_at(redirect_uri)
    }

    /// Why there is no login where the store finds none, and the id to look for, if there is one: that of a page is empty.
    #[wasm_bindgen(js_name = loginId)]
    pub fn login_id(&self, id: Option<String>, redirect_uri: &str, in_page: bool) -> String {
        let of_page = in_page && id.is_none() && self.0.handle().is_some();
        let id = if of_page { Ok("") } else { self.0.login_id(id.as_deref(), redirect_uri) };
        found(id, if in_page { LoginMissing::NotInPage } else { LoginMissing::NotInStore })
    }

    pub fn unclaimed(&self, reason: &str, told: Option<String>) -> Result<(), Thrown> {
        Err(self.0.unclaimed(LoginMissing::named(reason).told(told.as_deref())).into())
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(str::to_owned)
    }
}

impl CallbackParams {
    /// What the store had for it.
    pub(crate) fn pending(&self, stored: Option<String>) -> Result<PendingLogin, Thrown> {
        let stored = stored.ok_or_else(|| self.0.unclaimed(LoginMissing::NotInStore))?;
        Ok(PendingLogin::decode(Some(&stored))?)
    }
}

/// A login that has started, as JSON text.
pub(crate) fn login(authorization: &Authorization) -> String {
    let pending = &authorization.pending;
    let handle = pending.handle();
    let cookie = bindings::Tie::of(pending).cookie_of(&handle);
    let mut login = Writer::new();
    login
        .text("url", &authorization.url)
        .text("id", pending.id())
        .text("handle", &handle)
        .text("cookie_name", &cookie.name)
        .text("set_cookie", &bindings::set_cookie(&cookie))
        .number("max_age", pending.lifetime().into())
        .number("expires_at", pending.expires_at().as_unix())
        .text("pending", &pending.encode())
        .raw("decisions", &bindings::decisions(&authorization.decisions()));
    #[cfg(feature = "server")]
    login.raw("cookie", &crate::server::arguments(&cookie));
    if let Some(reason) = authorization.return_to_dropped {
        login.text("return_to_dropped", reason);
    }
    #[cfg(feature = "signing")]
    if let Some(object) = &authorization.request_object {
        login.raw("request_object", &crate::steps::request_object(object));
    }
    login.end()
}

/// The reason, and behind a space the id if there is one: then the reason is what it means that nothing is found under it.
pub(crate) fn found(id: Result<&str, LoginMissing>, not_found: LoginMissing) -> String {
    match id {
        Ok(id) => [not_found.as_str(), id].join(" "),
        Err(reason) => reason.as_str().into(),
    }
}

/// [`relyingparty::AuthorizationCode`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct AuthorizationCode(pub(crate) relyingparty::AuthorizationCode);

#[wasm_bindgen]
impl AuthorizationCode {
    pub fn decisions(&self) -> String {
        bindings::decisions(&self.0.decisions())
    }
}

/// [`relyingparty::Client`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    pub(crate) client: relyingparty::Client,
    #[cfg(feature = "signing")]
    pub(crate) next: crate::proving::Next,
}

impl From<relyingparty::Client> for Client {
    fn from(client: relyingparty::Client) -> Client {
        Client {
            client,
            #[cfg(feature = "signing")]
            next: crate::proving::Next::default(),
        }
    }
}

#[cfg(feature = "server")]
#[wasm_bindgen]
impl Client {
    /// `others` are names that were given beside the registration's, in one text.
    #[wasm_bindgen(constructor)]
    pub fn new(
        provider: &Provider,
        registration: &str,
        policy: &str,
        others: Option<String>,
    ) -> Result<Client, Thrown> {
        let others: alloc::vec::Vec<&str> = others.as_deref().unwrap_or_default().split(' ').collect();
        let registration = bindings::registration_beside(registration, &others)?;
        let policy = Policy::from_json(policy)?;
        Ok(relyingparty::Client::new(provider.0.clone(), registration, policy)?.into())
    }
}

#[cfg(not(feature = "server"))]
#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(constructor)]
    pub fn new(provider: &Provider, registration: &str, policy: &str) -> Result<Client, Thrown> {
        let registration = relyingparty::Registration::from_json(registration)?;
        let policy = Policy::from_json(policy)?;
        Ok(relyingparty::Client::new(provider.0.clone(), registration, policy)?.into())
    }
}

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(js_name = isCurrent)]
    pub fn is_current(&self, cache: &Cache, now: f64) -> bool {
        self.client.is_current(&cache.0, timestamp(now))
    }

    pub fn authorize(&self, request: &str, entropy: &[u8], now: f64) -> Result<String, Thrown> {
        let request = AuthorizeRequest::from_json(request)?;
        Ok(login(&self.client.authorize(&request, Entropy::new(entropy)?, timestamp(now))?))
    }

    pub fn callback(
        &self,
        pending: Option<String>,
        params: &CallbackParams,
        now: f64,
    ) -> Result<AuthorizationCode, Thrown> {
        let pending = params.pending(pending)?;
        Ok(AuthorizationCode(self.client.callback(pending, &params.0, timestamp(now))?))
    }

    /// The handle of a login that somebody else waits for.
    pub fn others(&self, pending: &str, params: &CallbackParams) -> Option<String> {
        let login = PendingLogin::decode(Some(pending)).ok()?;
        (!self.client.owns(&login, &params.0)).then(|| login.handle())
    }

    pub fn exchange(&self, code: AuthorizationCode, request: &str) -> Result<Flow, Thrown> {
        let request = TokenRequest::from_json(request)?;
        #[cfg(feature = "signing")]
        if let Some(fresh) = self.next.take() {
            return Ok(fresh
                .prove(&self.client, |proving| proving.exchange_with(code.0, &request))?
                .erase()
                .into());
        }
        Ok(self.client.exchange_with(code.0, &request)?.erase().into())
    }

    pub fn refresh(&self, session: &Session, request: &str) -> Result<Flow, Thrown> {
        let request = TokenRequest::from_json(request)?;
        #[cfg(feature = "signing")]
        if let Some(fresh) = self.next.take() {
            return Ok(fresh
                .prove(&self.client, |proving| proving.refresh_with(&session.0, &request))?
                .erase()
                .into());
        }
        Ok(self.client.refresh_with(&session.0, &request)?.erase().into())
    }

    pub fn userinfo(&self, session: &Session) -> Result<Flow, Thrown> {
        #[cfg(feature = "signing")]
        if let Some(fresh) = self.next.take() {
            return Ok(fresh.prove(&self.client, |proving| proving.userinfo(&session.0))?.erase().into());
        }
        Ok(self.client.userinfo(&session.0)?.erase().into())
    }

    pub fn verify(
        &self,
        id_token: &str,
        expectations: &str,
        cache: &Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let expectations = Expectations::from_json(expectations)?;
        Ok(self.client.verify(id_token, expectations, &cache.0, timestamp(now))?.erase().into())
    }

    pub fn restore(&self, stored: &str, cache: &Cache, now: f64) -> Result<Flow, Thrown> {
        Ok(self.client.restore(stored, &cache.0, timestamp(now))?.erase().into())
    }

    #[wasm_bindgen(js_name = endSession)]
    pub fn end_session(&self, request: &str) -> Result<String, Thrown> {
        Ok(self.client.end_session(&EndSessionRequest::from_json(request)?)?)
    }

    #[wasm_bindgen(js_name = endSessionOf)]
    pub fn end_session_of(&self, session: &Session, request: &str) -> Result<String, Thrown> {
        Ok(self.client.end_session(&EndSessionRequest::from_json(request)?.of(&session.0))?)
    }
}
