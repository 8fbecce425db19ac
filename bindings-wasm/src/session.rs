//! Verified values as JSON text.

use relyingparty::{IdTokenClaims, KeyReport, Timestamp, UserInfo};
use serde_json::{Map, Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// [`relyingparty::Session`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(pub(crate) relyingparty::Session);

#[wasm_bindgen]
impl Session {
    /// All there is to read.
    pub fn view(&self) -> String {
        let Session(session) = self;
        let claims = session.claims();
        let mut view = json!({
            "claims": claims.as_map(),
            "email_verified": claims.email_verified(),
            "email_verified_lenient": claims.email_verified_lenient(),
            "id_token": session.id_token(),
            "access_token": session.access_token(),
            "token_type": session.token_type(),
            "scope": session.scope(),
            "other_members": session.other_members(),
            "decisions": session.decisions(),
            "encoded": session.encode(),
        });
        if let Value::Object(members) = &mut view {
            insert_some(members, "refresh_token", session.refresh_token());
            insert_some(members, "expires_at", session.expires_at().map(Timestamp::as_unix));
            insert_some(members, "return_to", session.return_to());
        }
        view.to_string()
    }
}

pub(crate) fn id_token_claims(claims: &IdTokenClaims) -> String {
    json!({
        "claims": claims.as_map(),
        "email_verified": claims.email_verified(),
        "email_verified_lenient": claims.email_verified_lenient(),
        "decisions": claims.decisions(),
    })
    .to_string()
}

pub(crate) fn userinfo(userinfo: &UserInfo) -> String {
    json!({
        "claims": userinfo.as_map(),
        "email_verified": userinfo.email_verified(),
        "email_verified_lenient": userinfo.email_verified_lenient(),
        "decisions": userinfo.decisions(),
    })
    .to_string()
}

pub(crate) fn key_report(report: &KeyReport) -> String {
    let dropped: Vec<Value> = report
        .dropped
        .iter()
        .map(|key| {
            let mut members = Map::from_iter([
                ("index".to_owned(), key.index.into()),
                ("reason".to_owned(), key.reason.into()),
            ]);
            insert_some(&mut members, "kid", key.kid.as_deref());
            Value::Object(members)
        })
        .collect();
    json!({ "usable": report.usable, "dropped": dropped }).to_string()
}

/// What is not there is absent, not null.
pub(crate) fn insert_some(members: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.into());
    }
}
