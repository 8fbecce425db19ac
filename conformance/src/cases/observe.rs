//! What there is to see of an outcome: the values that a case names, under the same names in each language.

use std::collections::BTreeMap;

use relyingparty::{
    ApiResponse, AssertionRequest, Authorization, CallbackParams, Decision, Error, ErrorKind, Event,
    FrontChannelLogout, Handled, HttpRequest, Logout, Outcome as Yield, Session, SignRequest, StoreEntry,
    StoreRequest, Visit,
};
use serde_json::{Value, json};

use super::exchange::{Asked, Assertion, Limits, Request, Sign, Store};
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

/// What the store is asked.
pub(super) fn store(request: &StoreRequest) -> Store {
    let name = request.name().into();
    let of_key = |key: &String| Store { key: Some(key.clone()), ..Store::default() };
    let of_entry = |entry: &StoreEntry| Store {
        key: Some(entry.key.clone()),
        value: Some(entry.value.clone()),
        expires_at: Some(entry.expires_at.as_unix()),
        labels: Some(entry.labels.clone()),
        ..Store::default()
    };
    let asked = match request {
        StoreRequest::Get { key } | StoreRequest::Take { key } | StoreRequest::Delete { key } => of_key(key),
        StoreRequest::Add { entry } => of_entry(entry),
        StoreRequest::Put { entry, version } => Store { version: Some(version.clone()), ..of_entry(entry) },
        StoreRequest::DeleteLabelled { label } => Store { label: Some(label.clone()), ..Store::default() },
        StoreRequest::Lock { key, owner, lifetime, wait } => {
            Store { owner: Some(owner.clone()), lifetime: Some(*lifetime), wait: Some(*wait), ..of_key(key) }
        }
        StoreRequest::Unlock { key, owner } => Store { owner: Some(owner.clone()), ..of_key(key) },
        _ => Store::default(),
    };
    Store { name, ..asked }
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
        Yield::Handled(handled) => answered(handled),
        Yield::Visit(visit) => visited(visit),
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

/// What a site sends to a browser, and what happened.
fn answered(handled: &Handled) -> Value {
    let form = handled.answer.form.as_ref().map(|form| {
        let fields = form.fields.iter().flatten().cloned().collect::<BTreeMap<_, _>>();
        json!({ "url": form.url, "fields": fields })
    });
    json!({
        "status": handled.answer.status,
        "headers": handled.answer.headers,
        "form": form,
        "event": handled.event.as_ref().map(event),
    })
}

/// Whose request it is.
fn visited(visit: &Visit) -> Value {
    json!({
        "session": visit.session.as_ref().map(seen),
        "provider": visit.provider,
        "set_cookies": visit.set_cookies,
        "event": visit.event.as_ref().map(event),
        "error": visit.error.as_ref().map(Error::code),
    })
}

/// What tells sessions apart.
fn seen(session: &Session) -> Value {
    json!({
        "sub": session.claims().sub(),
        "access_token": session.access_token(),
        "refresh_token": session.refresh_token(),
    })
}

fn event(event: &Event) -> Value {
    match event {
        Event::LoggedIn { provider, session } => {
            json!({ "kind": "logged_in", "provider": provider, "session": seen(session) })
        }
        Event::SessionChanged { session } => json!({ "kind": "session_changed", "session": seen(session) }),
        Event::LoggedOut { session, error } => json!({
            "kind": "logged_out",
            "session": session.as_ref().map(seen),
            "error": error.as_ref().map(Error::code),
        }),
        Event::SessionEnded { error } => json!({ "kind": "session_ended", "error": error.code() }),
        Event::Failed { error } => json!({ "kind": "failed", "error": error.code() }),
        _ => Value::Null,
    }
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
