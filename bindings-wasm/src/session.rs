//! Verified values as JSON text.

use alloc::string::String;

use relyingparty::bindings::{Writer, decisions, list};
use relyingparty::{Decision, IdTokenClaims, KeyReport, UserInfo};
use wasm_bindgen::prelude::wasm_bindgen;

/// [`relyingparty::Session`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(pub(crate) relyingparty::Session);

#[wasm_bindgen]
impl Session {
    /// All there is to read, but for what few read and is more than all the rest: the decisions, and the stored text.
    pub fn view(&self) -> String {
        let Session(session) = self;
        let mut view = Writer::new();
        view.raw("claims", session.claims().as_json())
            .text("id_token", session.id_token())
            .text("token_type", session.token_type())
            .texts("scope", session.scope())
            .texts("resource", session.resource())
            .raw("other_members", session.other_members_as_json());
        if let Some(access_token) = session.access_token() {
            view.text("access_token", access_token);
        }
        if let Some(refresh_token) = session.refresh_token() {
            view.text("refresh_token", refresh_token);
        }
        if let Some(expires_at) = session.expires_at() {
            view.number("expires_at", expires_at.as_unix());
        }
        if let Some(return_to) = session.return_to() {
            view.text("return_to", return_to);
        }
        if let Some(session_state) = session.session_state() {
            view.text("session_state", session_state);
        }
        #[cfg(feature = "signing")]
        if let Some(thumbprint) = session.dpop_jkt() {
            view.text("dpop_jkt", thumbprint);
        }
        #[cfg(feature = "signing")]
        if let Some(details) = session.authorization_details() {
            view.raw("authorization_details", details);
        }
        view.end()
    }

    pub fn decisions(&self) -> String {
        decisions(&self.0.decisions())
    }

    pub fn encoded(&self) -> String {
        self.0.encode()
    }
}

pub(crate) fn id_token_claims(claims: &IdTokenClaims) -> String {
    verified_view(claims.as_json(), &claims.decisions())
}

pub(crate) fn userinfo(userinfo: &UserInfo) -> String {
    verified_view(userinfo.as_json(), &userinfo.decisions())
}

fn verified_view(claims: &str, made: &[Decision]) -> String {
    Writer::new().raw("claims", claims).raw("decisions", &decisions(made)).end()
}

pub(crate) fn key_report(report: &KeyReport) -> String {
    let usable = report.usable.iter().map(|key| {
        let mut view = Writer::new();
        if let Some(kid) = &key.kid {
            view.text("kid", kid);
        }
        if let Some(alg) = key.alg {
            view.text("alg", alg.as_str());
        }
        view.text("thumbprint", &key.thumbprint).end()
    });
    let dropped = report.dropped.iter().map(|key| {
        let mut view = Writer::new();
        view.number("index", key.index as i64).text("reason", key.reason);
        if let Some(kid) = &key.kid {
            view.text("kid", kid);
        }
        view.end()
    });
    Writer::new().raw("usable", &list(usable)).raw("dropped", &list(dropped)).end()
}
