//! Calls of APIs, and what they answer.

use alloc::string::String;
use alloc::vec::Vec;

use relyingparty::bindings::{self, Writer, list};
use relyingparty::{Access, ApiResponse, Challenge, ErrorKind, Method};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::Client;
use crate::error::Thrown;
use crate::flow::Flow;
use crate::session::Session;

/// [`relyingparty::ApiRequest`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct ApiRequest(relyingparty::ApiRequest);

#[wasm_bindgen]
impl ApiRequest {
    /// `headers`: JSON text of an array of pairs.
    #[wasm_bindgen(constructor)]
    pub fn new(method: &str, url: String, headers: &str, body: Vec<u8>) -> Result<ApiRequest, Thrown> {
        let wrong = ["method", "is none of GET, POST, HEAD, PUT, PATCH, DELETE and OPTIONS"];
        let method = Method::from_name(method)
            .ok_or_else(|| bindings::refused(ErrorKind::InvalidConfiguration, wrong))?;
        let request = relyingparty::ApiRequest::new(method, url).body(body);
        let add =
            |request: relyingparty::ApiRequest, (name, value): (String, String)| request.header(&name, value);
        Ok(ApiRequest(bindings::pairs(headers).into_iter().fold(request, add)))
    }

    pub fn limited(self, max_response_bytes: u32, timeout_secs: u32) -> ApiRequest {
        ApiRequest(self.0.limits(max_response_bytes as usize, timeout_secs))
    }
}

#[wasm_bindgen]
impl Client {
    pub fn call(&self, session: &Session, request: ApiRequest) -> Result<Flow, Thrown> {
        self.called((&session.0).into(), request)
    }

    #[cfg(feature = "server")]
    #[wasm_bindgen(js_name = callWithGrant)]
    pub fn call_with_grant(&self, grant: &crate::server::Grant, request: ApiRequest) -> Result<Flow, Thrown> {
        self.called((&grant.0).into(), request)
    }
}

impl Client {
    fn called(&self, access: Access<'_>, request: ApiRequest) -> Result<Flow, Thrown> {
        let step = match self.next.take() {
            Some(fresh) => fresh.prove(&self.client, |proving| proving.call(access, request.0))?,
            None => self.client.call(access, request.0)?,
        };
        Ok(step.erase().into())
    }
}

/// A response without its body.
pub(crate) fn answer(answer: &ApiResponse) -> String {
    let headers = answer.response.headers.iter();
    let pair =
        |(name, value): &(String, String)| list([name, value].into_iter().map(|text| bindings::quoted(text)));
    let mut view = Writer::new();
    view.number("status", answer.response.status.into())
        .raw("headers", &list(headers.map(pair)))
        .raw("decisions", &bindings::decisions(&answer.decisions()));
    if let Some(wanted) = &answer.challenge {
        view.raw("challenge", &challenge(wanted));
    }
    view.end()
}

fn challenge(wanted: &Challenge) -> String {
    let mut view = Writer::new();
    view.text("scheme", &wanted.scheme);
    for (name, value) in [
        ("error", &wanted.error),
        ("error_description", &wanted.error_description),
        ("scope", &wanted.scope),
        ("acr_values", &wanted.acr_values),
        ("resource_metadata", &wanted.resource_metadata),
    ] {
        if let Some(value) = value {
            view.text(name, value);
        }
    }
    if let Some(seconds) = wanted.max_age {
        view.number("max_age", seconds.into());
    }
    view.end()
}
