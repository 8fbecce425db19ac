//! The examples of the RFCs: 7515 appendices A and E, 7520 section 4, 8037 appendix A. Those that an ID token must not be like
//! say why they are `refused`.

use relyingparty::Alg;
use relyingparty::bindings::verify_request_of_jws;
use serde_json::{Value, json};

use crate::Case;

pub(crate) fn cases() -> Vec<Case> {
    let examples: Vec<Value> = serde_json::from_str(include_str!("../data/rfc_jws.json")).unwrap();
    let case = |example: &Value| {
        let text = |name: &str| example[name].as_str().unwrap();
        let keys = json!({ "keys": [example["jwk"]] }).to_string();
        let asked = verify_request_of_jws(&keys, Alg::from_name(text("alg")).unwrap(), text("jws"));
        let good = Some(example["refused"].is_null());
        Case { name: text("name").into(), asked, good, flags: Vec::new() }
    };
    examples.iter().map(case).collect()
}
