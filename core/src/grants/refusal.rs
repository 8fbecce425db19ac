//! A server that says no (RFC 6749 5.2, RFC 6750 3).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::client::Client;
use crate::grants::challenges::{challenges, parameter};
use crate::machine::{Endpoint, HttpResponse};
#[cfg(feature = "setup")]
use crate::report::{Asked, provider_advice};
use crate::report::{Error, ErrorKind, ServerError, is_passing};
use crate::text::json::{Json, Object};

/// The provider's own error in a response: in its JSON (RFC 6749 5.2), else in `WWW-Authenticate`
/// (RFC 6750 3), else only a status.
pub(crate) fn refusal(endpoint: Endpoint, response: &HttpResponse) -> Error {
    let body = Object::parse(&response.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Json::as_text).map(Cow::into_owned);
    let mut challenges = challenges(response).filter(|_| response.status >= 400);
    let telling = challenges.find_map(|(_, challenge)| Some((parameter(&challenge, "error")?, challenge)));
    let (error, challenge) =
        telling.map_or((None, Vec::new()), |(error, challenge)| (Some(error), challenge));
    let server_error = text("error").or(error).and_then(|error| {
        let description = text("error_description").or_else(|| parameter(&challenge, "error_description"));
        server_error(error, description, text("error_uri"))
    });
    if let Some(server_error) = server_error {
        return Error::server(server_error, endpoint.as_str(), Some(response.status));
    }
    match response.expect_plain(endpoint) {
        // Why it was refused is in there. A status that will pass says enough.
        Err(compressed) if !is_passing(response.status) => compressed,
        _ => {
            let status = response.status.to_string();
            ErrorKind::ProviderStatus.with([endpoint.as_str(), &status, response.asked()])
        }
    }
}

/// The same error; if the provider refused, with what to do about it. `grant_type` is that of a token request.
#[cfg(feature = "setup")]
pub(crate) fn explained(error: Error, client: &Client, grant_type: &str, scopes: &[String]) -> Error {
    let advice = match error.server_error() {
        Some(server_error) => {
            let asked = Asked {
                auth_method: client.auth_method().as_str(),
                grant_type,
                redirect_uri: &client.registration().redirect_uri,
                scopes: &scopes.join(" "),
            };
            provider_advice(&server_error.error, error.detail("endpoint").unwrap_or_default(), &asked)
        }
        None => return error,
    };
    error.hinting(&advice)
}

/// The same error: a small build does without advice.
#[cfg(not(feature = "setup"))]
#[inline]
pub(crate) fn explained(error: Error, _: &Client, _: &str, _: &[String]) -> Error {
    error
}

/// An OAuth error whose code is one (RFC 6749 4.1.2.1: visible ASCII but `"` and `\`).
pub(crate) fn server_error(
    error: String,
    error_description: Option<String>,
    error_uri: Option<String>,
) -> Option<ServerError> {
    const LONGEST_TEXT: usize = 2_048;
    let well_formed = !error.is_empty()
        && error.len() <= 128
        && error.bytes().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    let bounded = |text: String| text.chars().take(LONGEST_TEXT).collect();
    well_formed.then(|| ServerError {
        error,
        error_description: error_description.map(bounded),
        error_uri: error_uri.map(bounded),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_carry_the_servers_error_wherever_it_is() {
        let response = |status, headers: Vec<(String, String)>, body: &str| {
            HttpResponse::new(status, headers, body.as_bytes().to_vec())
        };
        let in_body = refusal(
            Endpoint::Token,
            &response(400, vec![], r#"{"error":"invalid_grant","error_description":"d","error_uri":"u"}"#),
        );
        let server = in_body.server_error().unwrap();
        assert_eq!(
            (server.error.as_str(), server.error_description.as_deref(), server.error_uri.as_deref()),
            ("invalid_grant", Some("d"), Some("u"))
        );
        let challenge = vec![(
            "WWW-Authenticate".into(),
            r#"Bearer realm="x", error="invalid_token", error_description="no more""#.into(),
        )];
        let in_header = refusal(Endpoint::UserInfo, &response(401, challenge.clone(), ""));
        assert_eq!(in_header.server_error().unwrap().error_description.as_deref(), Some("no more"));
        for silent in [
            response(503, vec![], "<html>"),
            response(400, vec![], r#"{"status":400,"message":"Invalid authorization code"}"#),
            response(400, vec![], r#"{"error":"a\nb"}"#),
            response(200, challenge, "{}"),
        ] {
            assert_eq!(refusal(Endpoint::Token, &silent).code(), "provider_status");
        }
    }
}
