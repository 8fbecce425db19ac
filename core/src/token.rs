//! The token endpoint: how a client asks, and what the answer has to be (RFC 6749 3.2, 5; OIDC Core 3.1.3).

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::Client;
use crate::decision::{Check, Trace, Value};
use crate::error::{Error, ErrorKind, ServerError};
use crate::flow::Request;
use crate::http::{Endpoint, HttpRequest, HttpResponse};
use crate::json::{Json, Object, Writer};
use crate::registration::AuthMethod;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::uri;

/// Ten years in seconds: no access token lives longer.
const LONGEST: u32 = 315_360_000;

/// A request to the token endpoint, with the client's authentication.
pub(crate) fn request(
    client: &Client,
    parameters: &[(&str, &str)],
    trace: &mut Trace,
) -> Result<Request, Error> {
    let (registration, method) = (client.registration(), client.auth_method());
    let url = client.provider().metadata().endpoint("token_endpoint")?;
    let secret = registration.client_secret.as_ref().map_or("", |secret| secret.expose());
    let mut form = parameters.to_vec();
    match method {
        AuthMethod::None => form.push(("client_id", &registration.client_id)),
        AuthMethod::ClientSecretPost => {
            form.extend([("client_id", registration.client_id.as_str()), ("client_secret", secret)])
        }
        AuthMethod::ClientSecretBasic => {}
    }
    let mut request = HttpRequest::post_form(Endpoint::Token, url, &form, client.policy());
    if method == AuthMethod::ClientSecretBasic {
        request.headers.push(("authorization".into(), basic(&registration.client_id, secret)));
    }
    trace.pass(Check::ClientAuth, &[Value::Text(method.as_str())]);
    Ok(Request::Http(request))
}

/// Basic credentials, both parts form-urlencoded first (RFC 6749 2.3.1).
fn basic(client_id: &str, client_secret: &str) -> String {
    let mut credentials = String::new();
    uri::form_encode(&mut credentials, client_id);
    credentials.push(':');
    uri::form_encode(&mut credentials, client_secret);
    ["Basic ", &STANDARD.encode(credentials)].concat()
}

/// A token response, taken apart. The ID token in it is not verified yet.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) token_type: String,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) id_token: Option<Secret>,
    /// What was granted, if the response says so; otherwise what was asked for.
    pub(crate) scope: Option<Vec<String>>,
    pub(crate) expires_at: Option<Timestamp>,
    /// Members that are not the protocol's, as a JSON object.
    pub(crate) more: String,
}

impl Tokens {
    /// Reads the response to a token request.
    pub(crate) fn read(
        client: &Client,
        response: &HttpResponse,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Tokens, Error> {
        let now = now.plausible()?;
        if response.status != 200 {
            return Err(refusal(Endpoint::Token, response));
        }
        let mut members = response.json(Endpoint::Token, &["application/json"], client.policy().json())?;
        if !members.has("access_token") && members.has("error") {
            return Err(refusal(Endpoint::Token, response));
        }
        let access_token = take_text(&mut members, "access_token")?.ok_or_else(|| missing("access_token"))?;
        Ok(Tokens {
            token_type: token_type(client, &mut members, trace)?,
            refresh_token: take_text(&mut members, "refresh_token")?.map(Secret::new),
            id_token: take_text(&mut members, "id_token")?.map(Secret::new),
            scope: scope(&mut members)?,
            expires_at: expires_in(&mut members)?.map(|seconds| now.plus(seconds)),
            access_token: Secret::new(access_token),
            more: Writer::new().members(&members).end(),
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tokens]")
    }
}

fn token_type(client: &Client, members: &mut Object<'_>, trace: &mut Trace) -> Result<String, Error> {
    let actual = match take_text(members, "token_type")? {
        None if client.policy().accept_missing_token_type => "Bearer".to_owned(),
        None => return Err(missing("token_type")),
        Some(actual) => actual,
    };
    let shown: String = actual.chars().take(32).collect();
    trace.text(Check::TokenType, actual.eq_ignore_ascii_case("Bearer"), &shown)?;
    Ok(actual)
}

/// Some providers write the number as a string (PayPal, Entra v1).
fn expires_in(members: &mut Object<'_>) -> Result<Option<u32>, Error> {
    let seconds = match members.take("expires_in").map(|member| member.value) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => number.parse().ok(),
        Some(value) => value
            .as_text()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok()),
    };
    seconds
        .filter(|seconds| *seconds <= LONGEST)
        .map(Some)
        .ok_or_else(|| invalid("expires_in", "not a number of seconds up to ten years"))
}

/// Some providers write the scope as an array (Twitch).
fn scope(members: &mut Object<'_>) -> Result<Option<Vec<String>>, Error> {
    match members.take("scope").map(|member| member.value) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(scopes)) => {
            let scopes = scopes.text();
            Ok(Some(scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()))
        }
        Some(value) => {
            value.texts().map(Some).ok_or_else(|| invalid("scope", "neither a string nor a list of strings"))
        }
    }
}

fn take_text(members: &mut Object<'_>, name: &str) -> Result<Option<String>, Error> {
    match members.take(name).map(|member| member.value) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value
            .as_text()
            .filter(|text| is_visible(text))
            .map(|text| Some(text.into_owned()))
            .ok_or_else(|| invalid(name, "not a text of visible ASCII characters")),
    }
}

/// What tokens are made of (RFC 6749 A.12, A.17): nothing in one can end a header, or be taken for its end.
pub(crate) fn is_visible(text: &str) -> bool {
    let spaced = text.starts_with(' ') || text.ends_with(' ');
    !text.is_empty() && !spaced && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

fn missing(member: &str) -> Error {
    ErrorKind::ResponseMemberMissing.with([Endpoint::Token.as_str(), member])
}

fn invalid(member: &str, reason: &str) -> Error {
    ErrorKind::ResponseMemberInvalid.with([Endpoint::Token.as_str(), member, reason])
}

/// The provider's own error in a response: in its JSON (RFC 6749 5.2), else in `WWW-Authenticate`
/// (RFC 6750 3), else only a status.
pub(crate) fn refusal(endpoint: Endpoint, response: &HttpResponse) -> Error {
    let body = Object::parse(&response.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Json::as_text).map(Cow::into_owned);
    let challenges = response.headers_named("www-authenticate").filter(|_| response.status >= 400);
    let challenges: Vec<&str> = challenges.collect();
    let challenged =
        |name: &str| challenges.iter().find_map(|challenge| challenge_parameter(challenge, name));
    let error = text("error").or_else(|| challenged("error"));
    let server_error = error.and_then(|error| {
        let description = text("error_description").or_else(|| challenged("error_description"));
        server_error(error, description, text("error_uri"))
    });
    match server_error {
        Some(server_error) => Error::server(server_error),
        None => ErrorKind::ProviderStatus.with([endpoint.as_str(), &response.status.to_string()]),
    }
}

/// One quoted parameter of a challenge such as `Bearer error="invalid_token"`.
fn challenge_parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    loop {
        let value = rest.strip_prefix(name).and_then(|rest| rest.strip_prefix("=\""));
        if let Some((value, _)) = value.and_then(|value| value.split_once('"')) {
            return Some(value.to_owned());
        }
        (_, rest) = rest.split_once([',', ' '])?;
    }
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
    fn f2_credentials_are_form_encoded_before_base64() {
        let decoded =
            |id, secret| String::from_utf8(STANDARD.decode(&basic(id, secret)[6..]).unwrap()).unwrap();
        assert_eq!(decoded("a:b", "p%q+r s"), "a%3Ab:p%25q%2Br+s");
        assert_eq!(decoded("é", "~€"), "%C3%A9:%7E%E2%82%AC");
    }

    #[test]
    fn expiry_is_a_number_or_its_digits() {
        let read = |value: &str| {
            expires_in(&mut Object::parse(format!(r#"{{"expires_in":{value}}}"#).as_bytes()).unwrap())
                .map_err(|error| error.code())
        };
        assert_eq!(
            [read("3600"), read("\"3600\""), read("null"), read("0")],
            [Ok(Some(3600)), Ok(Some(3600)), Ok(None), Ok(Some(0))]
        );
        for bad in ["-1", "1.5", "\"-1\"", "\"1h\"", "\"\"", "true", "315360001", "1e300"] {
            assert_eq!(read(bad), Err("response_member_invalid"), "{bad}");
        }
    }

    #[test]
    fn scopes_are_a_string_or_a_list() {
        let read = |value: &str| {
            scope(&mut Object::parse(format!(r#"{{"scope":{value}}}"#).as_bytes()).unwrap())
                .map_err(|error| error.code())
        };
        assert_eq!(read("\"openid  a\""), Ok(Some(vec!["openid".into(), "a".into()])));
        assert_eq!(read("[\"openid\",\"a\"]"), Ok(Some(vec!["openid".into(), "a".into()])));
        assert_eq!([read("\"\""), read("null")], [Ok(Some(vec![])), Ok(None)]);
        assert_eq!(read("[1]"), Err("response_member_invalid"));
    }

    #[test]
    fn f7_a_token_that_could_end_a_header_is_refused() {
        let read = |token: &str| {
            let text = Writer::new().text("access_token", token).end();
            take_text(&mut Object::parse(text.as_bytes()).unwrap(), "access_token")
                .map_err(|error| error.code())
        };
        assert_eq!(read("a.b~c d"), Ok(Some("a.b~c d".into())));
        for bad in ["", " ", "a ", " a", "a\r\nX-A: b", "a\n", "a\0", "\u{20ac}", "\u{7f}"] {
            assert_eq!(read(bad), Err("response_member_invalid"), "{bad:?}");
        }
    }

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
