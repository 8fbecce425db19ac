//! Logins whose requests are pushed or signed, and responses that are signed.

use alloc::string::String;

use relyingparty::bindings::Writer;
use relyingparty::{AuthorizeRequest, Entropy, RequestObject};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::{CallbackParams, Client};
use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::Cache;
use crate::timestamp;

/// What the provider fetches, as JSON text.
pub(crate) fn request_object(object: &RequestObject) -> String {
    Writer::new()
        .text("request_uri", &object.request_uri)
        .text("content_type", object.content_type)
        .text("body", &object.body)
        .number("expires_at", object.expires_at.as_unix())
        .end()
}

#[wasm_bindgen]
impl CallbackParams {
    #[wasm_bindgen(js_name = isJwt)]
    pub fn is_signed(&self) -> bool {
        self.0.is_signed()
    }
}

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(js_name = authorizesInSteps)]
    pub fn authorizes_in_steps(&self) -> bool {
        self.client.authorizes_in_steps()
    }

    #[wasm_bindgen(js_name = authorizeInSteps)]
    pub fn authorize_in_steps(
        &self,
        request: &str,
        entropy: &[u8],
        cache: &Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let request = AuthorizeRequest::from_json(request)?;
        let proving = self.client.proving(Entropy::new(entropy)?, &cache.0, timestamp(now));
        Ok(proving.authorize(&request)?.erase().into())
    }

    #[wasm_bindgen(js_name = callbackInSteps)]
    pub fn signed_callback(
        &self,
        pending: Option<String>,
        params: &CallbackParams,
        cache: &Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let pending = params.pending(pending)?;
        let step = self.client.signed_callback(pending, params.0.clone(), &cache.0, timestamp(now))?;
        Ok(step.erase().into())
    }
}
