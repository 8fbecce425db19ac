//! What a client that proves itself with keys takes beside, and the replies of who holds them.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use relyingparty::{Entropy, Proving, Reply, Timestamp};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::Client;
use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::Cache;
use crate::timestamp;

/// What makes the requests of one verb like no others.
#[derive(Debug)]
pub(crate) struct Fresh {
    entropy: Entropy,
    cache: relyingparty::Cache,
    now: Timestamp,
}

impl Fresh {
    pub(crate) fn prove<R>(self, client: &relyingparty::Client, verb: impl FnOnce(Proving<'_>) -> R) -> R {
        verb(client.proving(self.entropy, &self.cache, self.now))
    }
}

/// What the next verb of a client has, if it was given something.
#[derive(Default)]
pub(crate) struct Next(Cell<Option<Fresh>>);

impl Next {
    pub(crate) fn take(&self) -> Option<Fresh> {
        self.0.take()
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

#[wasm_bindgen]
impl Client {
    #[wasm_bindgen(js_name = needsEntropy)]
    pub fn needs_entropy(&self) -> bool {
        self.client.needs_entropy()
    }

    /// Gives the next verb what it proves itself with.
    pub fn prove(&self, entropy: &[u8], cache: &Cache, now: f64) -> Result<(), Thrown> {
        let fresh = Fresh { entropy: Entropy::new(entropy)?, cache: cache.0.clone(), now: timestamp(now) };
        self.next.0.set(Some(fresh));
        Ok(())
    }

    pub fn jwks(&self) -> String {
        self.client.jwks()
    }
}

#[wasm_bindgen]
impl Flow {
    #[wasm_bindgen(js_name = resumeSignature)]
    pub fn resume_signature(
        &mut self,
        signature: Vec<u8>,
        cache: &mut Cache,
        now: f64,
    ) -> Result<(), Thrown> {
        self.resume(Reply::Signature(signature), cache, now)
    }

    #[wasm_bindgen(js_name = resumeAssertion)]
    pub fn resume_assertion(&mut self, assertion: String, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        self.resume(Reply::Assertion(assertion.into()), cache, now)
    }
}
