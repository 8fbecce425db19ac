//! The core's errors as JavaScript's: `js/errors.js` has the classes.

use relyingparty::Error;
use serde_json::{Map, Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::session::insert_some;

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
        let details: Map<String, Value> =
            error.details().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let server_error = error.server_error().map(|server| {
            let mut members = Map::from_iter([("error".to_owned(), server.error.as_str().into())]);
            insert_some(&mut members, "error_description", server.error_description.as_deref());
            insert_some(&mut members, "error_uri", server.error_uri.as_deref());
            members
        });
        let text = json!({
            "message": error.to_string(),
            "code": error.code(),
            "category": error.category().as_str(),
            "details": details,
            "decisions": error.decisions(),
            "server_error": server_error,
        });
        error_from_json(&text.to_string())
    }
}
