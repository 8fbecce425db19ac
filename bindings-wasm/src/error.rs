//! The core's errors as JavaScript's: `js/errors.js` has the classes.

use relyingparty::Error;
use relyingparty::bindings::{self, Writer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = errorFromJson)]
    fn error_from_json(text: &str) -> JsValue;
}

/// An error on its way to JavaScript: `?` makes it of the core's.
#[derive(Debug)]
pub struct Thrown(Error);

impl From<Error> for Thrown {
    fn from(error: Error) -> Thrown {
        Thrown(error)
    }
}

impl From<Thrown> for JsValue {
    fn from(Thrown(error): Thrown) -> JsValue {
        let mut details = Writer::new();
        for (name, value) in error.details() {
            details.text(name, value);
        }
        let mut text = Writer::new();
        text.text("message", &bindings::message(&error))
            .text("code", error.code())
            .text("category", error.category().as_str())
            .bool("retryable", error.is_retryable())
            .raw("details", &details.end())
            .raw("decisions", &bindings::decisions(&error.decisions()));
        if let Some(server) = error.server_error() {
            let mut server_error = Writer::new();
            server_error.text("error", &server.error);
            for (name, value) in
                [("error_description", &server.error_description), ("error_uri", &server.error_uri)]
            {
                if let Some(value) = value {
                    server_error.text(name, value);
                }
            }
            text.raw("server_error", &server_error.end());
        }
        error_from_json(&text.end())
    }
}
