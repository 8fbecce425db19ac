//! One suspended operation of any kind.

use alloc::string::String;
use alloc::vec::Vec;

use relyingparty::bindings::{self, Writer, list};
use relyingparty::{AnyFlow, Flow as _, HttpResponse, Outcome, Reply, Request, Step};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "signing")]
use crate::client::AuthorizationCode;
use crate::error::Thrown;
use crate::provider::{Cache, Provider};
use crate::session::{self, Session};
use crate::timestamp;

/// [`relyingparty::AnyFlow`], or what became of it. After an error there is nothing left of it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Flow(Option<Step<AnyFlow>>);

impl From<Step<AnyFlow>> for Flow {
    fn from(step: Step<AnyFlow>) -> Flow {
        Flow(Some(step))
    }
}

#[wasm_bindgen]
impl Flow {
    /// What the core wants, but for its bytes: those are `body`, `signing_input` and `signature`.
    pub fn request(&self) -> Option<String> {
        let mut text = Writer::new();
        match self.pending()? {
            Request::Http(request) => {
                let limits = Writer::new()
                    .number("max_response_bytes", request.limits.max_response_bytes as i64)
                    .number("timeout_secs", request.limits.timeout_secs.into())
                    .end();
                let headers = request
                    .headers
                    .iter()
                    .map(|(name, value)| list([name, value].into_iter().map(|text| bindings::quoted(text))));
                text.text("kind", "http")
                    .text("endpoint", request.endpoint.as_str())
                    .bool("coalesces", request.endpoint.coalesces())
                    .text("method", request.method.as_str())
                    .text("url", &request.url)
                    .raw("headers", &list(headers))
                    .raw("limits", &limits);
                if request.client_certificate {
                    text.bool("client_certificate", true);
                }
            }
            Request::Verify(request) => {
                text.text("kind", "verify").text("alg", request.alg().as_str()).text("jwk", request.jwk());
            }
            #[cfg(feature = "signing")]
            Request::Sign(request) => {
                text.text("kind", "sign")
                    .text("purpose", request.purpose())
                    .text("key", request.key().name())
                    .text("alg", request.alg().as_str());
            }
            #[cfg(feature = "signing")]
            Request::Assertion(request) => {
                text.text("kind", "assertion")
                    .text("assertion_type", &request.assertion_type)
                    .text("audience", &request.audience);
            }
            #[cfg(feature = "server")]
            Request::Store(request) => {
                text.text("kind", "store");
                crate::site::store_request(&mut text, request);
            }
            Request::Wait(request) => {
                text.text("kind", "wait")
                    .number("until", request.until.as_unix())
                    .number("seconds", request.seconds.into());
            }
            _ => return None,
        }
        Some(text.end())
    }

    #[wasm_bindgen(getter)]
    pub fn body(&self) -> Option<Vec<u8>> {
        match self.pending()? {
            Request::Http(request) if !request.body.is_empty() => Some(request.body.clone()),
            _ => None,
        }
    }

    #[wasm_bindgen(getter)]
    pub fn signing_input(&self) -> Option<Vec<u8>> {
        match self.pending()? {
            Request::Verify(request) => Some(request.signing_input().to_vec()),
            #[cfg(feature = "signing")]
            Request::Sign(request) => Some(request.signing_input().to_vec()),
            _ => None,
        }
    }

    #[wasm_bindgen(getter)]
    pub fn signature(&self) -> Option<Vec<u8>> {
        match self.pending()? {
            Request::Verify(request) => Some(request.signature().to_vec()),
            _ => None,
        }
    }

    /// `headers`: JSON text of an array of pairs; unreadable ones are none.
    #[wasm_bindgen(js_name = resumeHttp)]
    pub fn resume_http(
        &mut self,
        status: u16,
        headers: &str,
        body: Vec<u8>,
        final_url: Option<String>,
        cache: &mut Cache,
        now: f64,
    ) -> Result<(), Thrown> {
        let mut response = HttpResponse::new(status, bindings::pairs(headers), body);
        response.final_url = final_url;
        self.resume(Reply::Http(response), cache, now)
    }

    #[wasm_bindgen(js_name = resumeUnreachable)]
    pub fn resume_unreachable(&mut self, reason: String, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        self.resume(Reply::Unreachable { reason }, cache, now)
    }

    #[wasm_bindgen(js_name = resumeVerified)]
    pub fn resume_verified(&mut self, good: bool, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        self.resume(Reply::Verified(good), cache, now)
    }

    #[wasm_bindgen(js_name = resumeWaited)]
    pub fn resume_waited(&mut self, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        self.resume(Reply::Waited, cache, now)
    }

    #[wasm_bindgen(js_name = resumeUnsupported)]
    pub fn resume_unsupported(&mut self, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        self.resume(Reply::Unsupported, cache, now)
    }

    /// What the operation yielded, where it is no handle: JSON text. Like the handles, undefined while it waits.
    ///
    /// No export returns a value of any type: V8 of Node 20 dies when it deoptimises over a call that does.
    pub fn text(&self) -> Option<String> {
        Some(match self.done()? {
            #[cfg(feature = "signing")]
            Outcome::Authorization(authorization) => crate::client::login(authorization),
            #[cfg(feature = "signing")]
            Outcome::Answer(answer) => crate::call::answer(answer),
            Outcome::Claims(claims) => session::id_token_claims(claims),
            Outcome::UserInfo(userinfo) => session::userinfo(userinfo),
            #[cfg(feature = "server")]
            Outcome::Setup(report) => crate::server::setup_report(report),
            #[cfg(feature = "server")]
            Outcome::LogoutToken(token) => crate::logout::logout_token(token),
            #[cfg(feature = "server")]
            Outcome::Handled(handled) => crate::site::handled(handled),
            #[cfg(feature = "server")]
            Outcome::Visit(visit) => crate::site::visit(visit),
            Outcome::Keys(report) => session::key_report(report),
            _ => return None,
        })
    }

    pub fn provider(&self) -> Option<Provider> {
        match self.done()? {
            Outcome::Provider(provider) => Some(Provider(provider.clone())),
            _ => None,
        }
    }

    pub fn session(&self) -> Option<Session> {
        match self.done()? {
            Outcome::Session(session) => Some(Session(session.clone())),
            #[cfg(feature = "server")]
            Outcome::Handled(handled) => {
                handled.event.as_ref().and_then(crate::site::session_of).cloned().map(Session)
            }
            #[cfg(feature = "server")]
            Outcome::Visit(visit) => visit.session.clone().map(Session),
            _ => None,
        }
    }

    /// The code, once.
    #[cfg(feature = "signing")]
    pub fn code(&mut self) -> Option<AuthorizationCode> {
        let of_code = |step: &mut Step<AnyFlow>| matches!(step, Step::Done(Outcome::Code(_)));
        match self.0.take_if(of_code)? {
            Step::Done(Outcome::Code(code)) => Some(AuthorizationCode(code)),
            Step::Done(_) | Step::Pending(_) => None,
        }
    }

    /// The body of an API's response, beside its `text`.
    #[cfg(feature = "signing")]
    #[wasm_bindgen(js_name = answerBody)]
    pub fn answer_body(&self) -> Option<Vec<u8>> {
        match self.done()? {
            Outcome::Answer(answer) => Some(answer.response.body.clone()),
            _ => None,
        }
    }

    #[cfg(feature = "server")]
    pub fn grant(&self) -> Option<crate::server::RefreshedGrant> {
        match self.done()? {
            Outcome::Grant(refreshed) => Some(crate::server::RefreshedGrant(refreshed.clone())),
            _ => None,
        }
    }
}

impl Flow {
    pub(crate) fn pending(&self) -> Option<&Request> {
        match &self.0 {
            Some(Step::Pending(flow)) => Some(flow.request()),
            Some(Step::Done(_)) | None => None,
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn speaker(&self) -> Option<String> {
        match &self.0 {
            Some(Step::Pending(flow)) => flow.provider(),
            Some(Step::Done(_)) | None => None,
        }
    }

    pub(crate) fn done(&self) -> Option<&Outcome> {
        match &self.0 {
            Some(Step::Done(outcome)) => Some(outcome),
            Some(Step::Pending(_)) | None => None,
        }
    }

    pub(crate) fn resume(&mut self, reply: Reply, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        if let Some(Step::Pending(flow)) = self.0.take_if(|step| matches!(step, Step::Pending(_))) {
            self.0 = Some(flow.resume(reply, &mut cache.0, timestamp(now))?);
        }
        Ok(())
    }
}
