//! What there is to see of an outcome: the values that a case names, under the same names in each language.

use relyingparty::{CallbackParams, Error, HttpRequest, Outcome as Yield, Session};
use serde_json::{Value, json};

use super::format::{Limits, Outcome, Request};

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
    }
}

pub(super) fn error(error: &Error) -> Outcome {
    Outcome::Error {
        code: error.code().into(),
        server_error: error.server_error().map(|server| server.error.clone()),
    }
}

pub(super) fn outcome(outcome: &Yield) -> Outcome {
    Outcome::Ok(match outcome {
        Yield::Provider(provider) => json!({ "issuer": provider.issuer().as_str() }),
        Yield::Keys(report) => json!({ "usable": report.usable.len(), "dropped": report.dropped.len() }),
        Yield::Session(found) => session(found),
        Yield::UserInfo(info) => json!({ "claims": info.as_map() }),
        Yield::Claims(claims) => json!({ "claims": claims.as_map() }),
        _ => Value::Null,
    })
}

pub(super) fn parameters(parameters: &CallbackParams) -> Outcome {
    Outcome::Ok(json!({ "cookie_name": parameters.cookie_name(), "state": parameters.get("state") }))
}

fn session(session: &Session) -> Value {
    json!({
        "claims": session.claims().as_map(),
        "scope": session.scope(),
        "token_type": session.token_type(),
        "access_token": session.access_token(),
        "refresh_token": session.refresh_token(),
        "expires_at": session.expires_at().map(|at| at.as_unix()),
        "return_to": session.return_to(),
    })
}
