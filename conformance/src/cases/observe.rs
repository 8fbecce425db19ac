//! What there is to see of an outcome: the values that a case names, under the same names in each language.

use std::collections::BTreeMap;

use relyingparty::{
    ApiResponse, AssertionRequest, Authorization, CallbackParams, Decision, Error, ErrorKind,
    FrontChannelLogout, HttpRequest, Logout, Outcome as Yield, Session, SignRequest,
};
use serde_json::{Value, json};

use super::exchange::{Asked, Assertion, Limits, Request, Sign};
use super::format::Outcome;

pub(super) fn request(request: &HttpRequest) -> Request {
    Request {
        endpoint: request.endpoint.as_str().into(),
        method: request.method.as_str().into(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        limits: Limits {
            max_response_bytes: request.limits.max_response_bytes,
            timeout_secs: request.limits.timeout_secs,
        },
        client_certificate: request.client_certificate,
    }
}

pub(super) fn sign(request: &SignRequest) -> Asked {
    Asked::Sign {
        sign: Sign {
            key: request.key().name().into(),
            alg: request.alg().as_str().into(),
            purpose: request.purpose().into(),
            signing_input: String::from_utf8_lossy(request.signing_input()).into_owned(),
        },
    }
}

pub(super) fn assertion(request: &AssertionRequest) -> Asked {
    let (kind, audience) = (request.assertion_type.clone(), request.audience.clone());
    Asked::Assertion { assertion: Assertion { kind, audience } }
}

/// An error. Of its details those that say which cause it has.
pub(super) fn error(error: &Error) -> Outcome {
    let mut details = error.details();
    details.retain(|(name, _)| match error.kind() {
        ErrorKind::NoPendingLogin => true,
        ErrorKind::ProfileUnmet => *name == "member",
        _ => false,
    });
    Outcome::Error {
        code: error.code().into(),
        server_error: error.server_error().map(|server| server.error.clone()),
        details: details.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

pub(super) fn outcome(outcome: &Yield) -> Outcome {
    Outcome::Ok(match outcome {
        Yield::Provider(provider) => {
            noted(json!({ "issuer": provider.issuer().as_str() }), &provider.decisions())
        }
        Yield::Keys(report) => json!({ "usable": report.usable.len(), "dropped": report.dropped.len() }),
        Yield::Session(found) => session(found),
        Yield::UserInfo(info) => noted(json!({ "claims": info.as_map() }), &info.decisions()),
        Yield::Claims(claims) => noted(json!({ "claims": claims.as_map() }), &claims.decisions()),
        Yield::LogoutToken(token) => json!({
            "issuer": token.issuer(),
            "subject": token.subject(),
            "session_id": token.session_id(),
            "jti": token.jti(),
            "issued_at": token.issued_at().as_unix(),
            "expires_at": token.expires_at().as_unix(),
            "replay_key": token.replay_key(),
            "remember_until": token.remember_until().as_unix(),
        }),
        Yield::Revoked(_) => json!({}),
        Yield::Authorization(started) => authorization(started),
        Yield::Code(_) => json!({}),
        Yield::Answer(answer) => api_response(answer),
        _ => Value::Null,
    })
}

/// Where a logout leads, in the order of the fields' names.
pub(super) fn logout(logout: &Logout) -> Outcome {
    let fields = logout.fields.as_ref().map(|fields| fields.iter().cloned().collect::<BTreeMap<_, _>>());
    Outcome::Ok(json!({ "url": logout.url, "fields": fields, "state": logout.state }))
}

pub(super) fn front_channel(request: &FrontChannelLogout) -> Outcome {
    Outcome::Ok(json!({ "issuer": request.issuer(), "session_id": request.session_id() }))
}

/// The start of a login.
pub(super) fn authorization(started: &Authorization) -> Value {
    let pending = &started.pending;
    json!({ "url": started.url, "id": pending.id(), "cookie_name": pending.cookie_name() })
}

fn api_response(answer: &ApiResponse) -> Value {
    let body = String::from_utf8_lossy(&answer.response.body);
    let mut seen = json!({ "status": answer.response.status, "body": body });
    if let Some(challenge) = &answer.challenge {
        seen["challenge"] = json!({
            "scheme": challenge.scheme,
            "error": challenge.error,
            "scope": challenge.scope,
            "acr_values": challenge.acr_values,
            "max_age": challenge.max_age,
        });
    }
    seen
}

pub(super) fn parameters(parameters: &CallbackParams) -> Outcome {
    Outcome::Ok(json!({ "cookie_name": parameters.cookie_name(), "state": parameters.get("state") }))
}

/// Decisions that say what was not as it is specified: their names.
const NOTED: [&str; 2] = ["left_out", "leniency"];

/// What was not as it is specified, if there is any: name, what was expected, what was there.
fn noted(mut seen: Value, decisions: &[Decision]) -> Value {
    let noted = decisions.iter().filter(|decision| NOTED.contains(&decision.check));
    let noted: Vec<Value> =
        noted.map(|decision| json!([decision.check, decision.expected, decision.found])).collect();
    if !noted.is_empty() {
        seen["noted"] = noted.into();
    }
    seen
}

fn session(session: &Session) -> Value {
    let mut seen = json!({
        "claims": session.claims().as_map(),
        "scope": session.scope(),
        "token_type": session.token_type(),
        "access_token": session.access_token(),
        "refresh_token": session.refresh_token(),
        "expires_at": session.expires_at().map(|at| at.as_unix()),
        "return_to": session.return_to(),
    });
    if let Some(session_state) = session.session_state() {
        seen["session_state"] = session_state.into();
    }
    if let Some(details) = session.authorization_details() {
        seen["authorization_details"] = serde_json::from_str(details).unwrap_or_default();
    }
    noted(seen, &session.decisions())
}
