//! The core's verbs for JavaScript.
//!
//! Text and numbers cross the boundary, structured values as JSON text that the core parses and `JSON.parse`
//! reads; what proves something (a provider, a client, a session, an authorization code) stays on this side
//! behind a handle. The JavaScript in `js/` makes plain objects of it; nothing here is called by users.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(feature = "signing")]
mod call;
mod client;
mod error;
mod flow;
#[cfg(feature = "server")]
mod logout;
mod provider;
#[cfg(feature = "signing")]
mod proving;
#[cfg(feature = "server")]
mod server;
mod session;
#[cfg(feature = "server")]
mod site;
#[cfg(feature = "signing")]
mod steps;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// The core does not panic; if it does all the same, the instance is over. Without a message there is no code that
/// makes one.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Who checks signatures in this build, as [`relyingparty::Policy`] spells it.
#[wasm_bindgen]
pub fn signatures() -> String {
    if cfg!(feature = "full") { "core" } else { "host" }.into()
}

/// Whether clients can prove themselves with keys in this build.
#[wasm_bindgen]
pub fn proves() -> bool {
    cfg!(feature = "signing")
}

/// Every code that an error may carry.
#[wasm_bindgen(js_name = errorCodes)]
pub fn error_codes() -> Vec<String> {
    relyingparty::Error::codes().iter().map(|&code| code.to_owned()).collect()
}

/// [`relyingparty::logout_token_in`]
#[cfg(feature = "server")]
#[wasm_bindgen(js_name = logoutTokenIn)]
pub fn logout_token_in(form_body: &str) -> Result<String, error::Thrown> {
    Ok(relyingparty::logout_token_in(form_body)?)
}

/// [`relyingparty::logged_out`]
#[cfg(feature = "server")]
#[wasm_bindgen(js_name = loggedOut)]
pub fn logged_out(query_or_url: &str, expected: Option<String>) -> Result<(), error::Thrown> {
    Ok(relyingparty::logged_out(query_or_url, expected.as_deref())?)
}

/// JavaScript's number of seconds as the core's time; what is no number is a clock that is not set.
fn timestamp(seconds: f64) -> relyingparty::Timestamp {
    // `as` saturates, and makes 0 of NaN.
    relyingparty::Timestamp::from_unix(seconds as i64)
}
