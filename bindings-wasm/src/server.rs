//! What only servers need: sealed sessions, bare refresh tokens, and the cookies of logins in progress.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use relyingparty::bindings::{Writer, list, quoted};
use relyingparty::{
    Entropy, Finding, Issuer, LoginCookie, LoginMissing, Policy, Registration, SetupCheck, SetupReport,
    TokenRequest,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::{CallbackParams, Client, found};
use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::Provider;
use crate::session::Session;

/// Keys on their way to [`relyingparty::SealingKeys`], which overwrites them.
#[wasm_bindgen]
#[derive(Default)]
pub struct SealingKeys(Vec<Vec<u8>>);

#[wasm_bindgen]
impl SealingKeys {
    #[wasm_bindgen(constructor)]
    pub fn new() -> SealingKeys {
        SealingKeys::default()
    }

    pub fn add(&mut self, key: Vec<u8>) {
        self.0.push(key);
    }
}

impl core::fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealingKeys({})", self.0.len())
    }
}

impl SealingKeys {
    pub(crate) fn take(mut self) -> Result<relyingparty::SealingKeys, Thrown> {
        Ok(relyingparty::SealingKeys::new(mem::take(&mut self.0))?)
    }
}

/// [`relyingparty::SessionSeal`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct SessionSeal(relyingparty::SessionSeal);

#[wasm_bindgen]
impl SessionSeal {
    #[wasm_bindgen(constructor)]
    pub fn new(
        keys: SealingKeys,
        issuer: &str,
        allow_insecure_loopback: bool,
        client_id: &str,
        policy: &str,
    ) -> Result<SessionSeal, Thrown> {
        let policy = Policy::from_json(policy)?;
        let issuer = Issuer::under(issuer, allow_insecure_loopback, &policy)?;
        Ok(SessionSeal(relyingparty::SessionSeal::new(keys.take()?, &issuer, client_id, &policy)))
    }

    pub fn seal(&self, session: &Session, entropy: &[u8]) -> Result<String, Thrown> {
        Ok(self.0.seal(&session.0, Entropy::new(entropy)?)?)
    }

    pub fn open(&self, stored: &str) -> Result<Option<Session>, Thrown> {
        Ok(self.0.open(stored)?.map(Session))
    }
}

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(js_name = withSealingKeys)]
    pub fn with_sealing_keys(self, keys: SealingKeys) -> Result<Client, Thrown> {
        Ok(self.client.with_sealing_keys(keys.take()?).into())
    }

    #[wasm_bindgen(js_name = refreshToken)]
    pub fn refresh_token(&self, refresh_token: &str, sub: &str, request: &str) -> Result<Flow, Thrown> {
        let request = TokenRequest::from_json(request)?;
        #[cfg(feature = "signing")]
        if let Some(fresh) = self.next.take() {
            let start =
                |proving: relyingparty::Proving<'_>| proving.refresh_token_with(refresh_token, sub, &request);
            return Ok(fresh.prove(&self.client, start)?.erase().into());
        }
        Ok(self.client.refresh_token_with(refresh_token, sub, &request)?.erase().into())
    }

    pub fn seal(&self, session: &Session, entropy: &[u8]) -> Result<String, Thrown> {
        Ok(self.client.seal(&session.0, Entropy::new(entropy)?)?)
    }
}

#[wasm_bindgen]
impl Provider {
    /// [`relyingparty::SetupCheck`]
    #[wasm_bindgen(js_name = checkSetup)]
    pub fn check_setup(
        issuer: &str,
        allow_insecure_loopback: bool,
        registration: &str,
        policy: &str,
    ) -> Result<Flow, Thrown> {
        let policy = Policy::from_json(policy)?;
        let issuer = Issuer::under(issuer, allow_insecure_loopback, &policy)?;
        let registration = Registration::from_json(registration)?;
        Ok(SetupCheck::start(&issuer, &registration, &policy).erase().into())
    }
}

pub(crate) fn setup_report(report: &SetupReport) -> String {
    let findings = report.findings.iter().map(|Finding { topic, verdict, found, advice, code, .. }| {
        let mut view = Writer::new();
        view.text("topic", topic)
            .text("verdict", verdict.as_str())
            .text("found", found)
            .text("advice", advice);
        if let Some(code) = code {
            view.text("code", code);
        }
        view.end()
    });
    Writer::new().bool("ok", report.is_ok()).raw("findings", &list(findings)).end()
}

/// [`relyingparty::LoginCookies`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct LoginCookies(relyingparty::LoginCookies);

#[wasm_bindgen]
impl LoginCookies {
    pub fn parse(header: &str) -> LoginCookies {
        LoginCookies(relyingparty::LoginCookies::parse(header))
    }

    pub fn id(&self, response: &CallbackParams) -> Option<String> {
        self.0.id(&response.0).map(str::to_owned)
    }

    #[wasm_bindgen(js_name = loginId)]
    pub fn login_id(&self, response: &CallbackParams, redirect_uri: &str) -> String {
        found(response.0.login_id(&self.0, redirect_uri), LoginMissing::NotInStore)
    }

    pub fn surplus(&self) -> Vec<String> {
        self.0.surplus()
    }

    pub fn ended(&self, response: &CallbackParams) -> Vec<String> {
        self.0.ended(&response.0)
    }

    /// [`relyingparty::clear_cookie`]
    pub fn cleared(name: &str) -> String {
        relyingparty::clear_cookie(name)
    }
}

/// What Express and Koa take to set a cookie: name, value, options.
pub(crate) fn arguments(cookie: &LoginCookie) -> String {
    let mut options = Writer::new();
    options
        .text("path", "/")
        .bool("httpOnly", true)
        .bool("secure", cookie.secure)
        .number("maxAge", i64::from(cookie.max_age).saturating_mul(1000));
    if let Some(same_site) = cookie.same_site {
        options.text("sameSite", &same_site.to_ascii_lowercase());
    }
    list([quoted(&cookie.name), quoted(cookie.value.expose()), options.end()].into_iter())
}

/// [`relyingparty::RefreshedGrant`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct RefreshedGrant(pub(crate) relyingparty::RefreshedGrant);

#[wasm_bindgen]
impl RefreshedGrant {
    pub fn grant(&self) -> Grant {
        Grant(self.0.grant().clone())
    }

    pub fn session(&self) -> Option<Session> {
        self.0.session().cloned().map(Session)
    }
}

/// [`relyingparty::Grant`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Grant(pub(crate) relyingparty::Grant);

#[wasm_bindgen]
impl Grant {
    /// All there is to read.
    pub fn view(&self) -> String {
        let Grant(grant) = self;
        let mut view = Writer::new();
        view.text("token_type", grant.token_type())
            .texts("scope", grant.scope())
            .raw("other_members", grant.other_members_as_json());
        if let Some(access_token) = grant.access_token() {
            view.text("access_token", access_token);
        }
        if let Some(refresh_token) = grant.refresh_token() {
            view.text("refresh_token", refresh_token);
        }
        if let Some(expires_at) = grant.expires_at() {
            view.number("expires_at", expires_at.as_unix());
        }
        #[cfg(feature = "signing")]
        if let Some(thumbprint) = grant.dpop_jkt() {
            view.text("dpop_jkt", thumbprint);
        }
        #[cfg(feature = "signing")]
        if let Some(details) = grant.authorization_details() {
            view.raw("authorization_details", details);
        }
        view.end()
    }
}
