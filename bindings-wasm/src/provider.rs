//! The cache, and the provider found with its help.

use alloc::borrow::ToOwned;
use alloc::string::String;

use relyingparty::{Issuer, Metadata, Policy, bindings};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Thrown;
use crate::flow::Flow;
use crate::timestamp;

/// [`relyingparty::Cache`]
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Cache(pub(crate) relyingparty::Cache);

#[wasm_bindgen]
impl Cache {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Cache {
        Cache::default()
    }

    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(text: &str) -> Result<Cache, Thrown> {
        Ok(Cache(relyingparty::Cache::from_json(text)?))
    }

    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }
}

/// [`relyingparty::Provider`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Provider(pub(crate) relyingparty::Provider);

#[wasm_bindgen]
impl Provider {
    pub fn discover(
        issuer: &str,
        allow_insecure_loopback: bool,
        policy: &str,
        cache: &Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let policy = Policy::from_json(policy)?;
        let issuer = Issuer::under(issuer, allow_insecure_loopback, &policy)?;
        Ok(relyingparty::Provider::discover(&issuer, &policy, &cache.0, timestamp(now))?.erase().into())
    }

    #[wasm_bindgen(js_name = fromMetadata)]
    pub fn from_metadata(
        issuer: &str,
        allow_insecure_loopback: bool,
        policy: &str,
        document: &str,
    ) -> Result<Provider, Thrown> {
        let issuer = Issuer::under(issuer, allow_insecure_loopback, &Policy::from_json(policy)?)?;
        let metadata = Metadata::parse(&issuer, document.as_bytes())?;
        Ok(Provider(relyingparty::Provider::from_metadata(metadata)))
    }

    #[wasm_bindgen(js_name = refreshKeys)]
    pub fn refresh_keys(&self, policy: &str) -> Result<Flow, Thrown> {
        Ok(self.0.refresh_keys(&Policy::from_json(policy)?)?.erase().into())
    }

    pub fn issuer(&self) -> String {
        self.0.issuer().as_str().to_owned()
    }

    pub fn metadata(&self) -> String {
        self.0.metadata().as_json().to_owned()
    }

    pub fn decisions(&self) -> String {
        bindings::decisions(&self.0.decisions())
    }
}
