//! The token endpoint: how a client asks, and what the answer has to be (RFC 6749 3.2, 5; OIDC Core 3.1.3).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::{AuthMethod, Client, basic};
use crate::grants::fresh::{Binding, Fresh};
use crate::grants::proven::Proven;
#[cfg(feature = "signing")]
use crate::grants::proving::{Bound, Proving};
use crate::grants::refusal::refusal;
use crate::machine::http::{Endpoint, HttpRequest, HttpResponse};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::json::{Json, Object, Round, Writer, seconds};
use crate::text::odd::{Odd, Place, odd};
use crate::text::secret::Secret;
use crate::text::time::Timestamp;

/// Ten years in seconds: no access token lives longer.
const LONGEST: u32 = 315_360_000;

/// A request to the token endpoint, with the client's authentication: for tokens that are bound to this.
pub(crate) fn request(
    client: &Client,
    parameters: &[(&str, &str)],
    binding: &Binding,
    fresh: Option<Fresh<'_>>,
    trace: &mut Trace,
) -> Result<Proven, Error> {
    let proven = authenticated(client, Endpoint::Token, parameters, binding, fresh)?;
    trace.pass(check::ClientAuth { method: client.auth_method().as_str().into() });
    Ok(proven)
}

/// A form for one of the endpoints at which a client says who it is.
#[cfg_attr(not(feature = "signing"), allow(unused_variables))]
pub(crate) fn authenticated(
    client: &Client,
    endpoint: Endpoint,
    parameters: &[(&str, &str)],
    binding: &Binding,
    fresh: Option<Fresh<'_>>,
) -> Result<Proven, Error> {
    let (registration, method) = (client.registration(), client.auth_method());
    let member = match endpoint {
        Endpoint::PushedAuthorization => "pushed_authorization_request_endpoint",
        Endpoint::Revocation => "revocation_endpoint",
        _ => "token_endpoint",
    };
    let metadata = client.provider().metadata();
    let certificate = method.is_tls() || binding.certificate;
    let url = if certificate { metadata.mtls_endpoint(member)? } else { metadata.any_endpoint(member)? };
    let secret = registration.client_secret.as_ref().map_or("", |secret| secret.expose());
    let mut form = parameters.to_vec();
    match method {
        AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            form.push(("client_id", &registration.client_id))
        }
        AuthMethod::ClientSecretPost => {
            form.extend([("client_id", registration.client_id.as_str()), ("client_secret", secret)])
        }
        // An authorization request names its client, whatever the header says (RFC 6749 4.1.1, RFC 9126 2.1).
        AuthMethod::ClientSecretBasic if endpoint == Endpoint::PushedAuthorization => {
            form.push(("client_id", &registration.client_id))
        }
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretJwt
        | AuthMethod::PrivateKeyJwt
        | AuthMethod::ClientAssertion => {}
        #[cfg(feature = "signing")]
        AuthMethod::SignedClientSecret => {}
    }
    let mut request = HttpRequest::post_form(endpoint, &url, &form, client.policy().limits(endpoint));
    request.client_certificate = certificate;
    if method == AuthMethod::ClientSecretBasic {
        request.headers.push(("authorization".into(), basic(&registration.client_id, secret)));
    }
    if !method.is_fresh() && binding.key.is_none() {
        return Ok(Proven::plain(request));
    }
    #[cfg(feature = "signing")]
    {
        let bound = binding.key.clone().map(|key| Bound { key, access_token: None });
        let fresh = fresh.ok_or_else(|| ErrorKind::EntropyMissing.bare())?;
        Proving::start(client, request, method.is_fresh(), bound, fresh).map(Proven::proving)
    }
    #[cfg(not(feature = "signing"))]
    Err(ErrorKind::EntropyMissing.bare())
}

/// A token response, taken apart. The ID token in it is not verified yet.
#[derive(Clone)]
pub(crate) struct Tokens {
    /// None where a login is taken without.
    pub(crate) access_token: Option<Secret>,
    pub(crate) token_type: String,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) id_token: Option<Secret>,
    /// Why the ID token counts as absent, if one is there: an exchange cannot do without, a refresh can.
    pub(crate) odd_id_token: Option<&'static str>,
    /// What was granted, if the response says so; otherwise what was asked for.
    pub(crate) scope: Option<Vec<String>>,
    pub(crate) expires_at: Option<Timestamp>,
    /// The thumbprint of the key that the access token is bound to.
    pub(crate) dpop_jkt: Option<String>,
    /// Whether the access token is bound to the client's certificate.
    pub(crate) certificate_bound: bool,
    /// Members that are not the protocol's, as a JSON object.
    pub(crate) more: String,
}

impl Tokens {
    /// Reads the response to a token request.
    pub(crate) fn read(
        client: &Client,
        binding: &Binding,
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
        let access_token = ACCESS_TOKEN.text(&mut members, trace)?.map(Secret::new);
        let id_token = take_text(&mut members, "id_token");
        let odd_id_token = id_token.as_ref().err().copied();
        // A text that is there is a token, and is checked.
        if odd_id_token == Some(INVISIBLE) {
            return Err(invalid("id_token", INVISIBLE));
        }
        let id_token = ID_TOKEN.usable(id_token, trace)?.map(Secret::new);
        let bare = access_token.is_none();
        if bare {
            let accepted = client.policy().accept_missing_access_token.unwrap_or(false);
            if !accepted || id_token.is_none() {
                return Err(missing("access_token"));
            }
            trace.lenient("accept_missing_access_token", "no access_token");
        }
        Ok(Tokens {
            token_type: token_type(client, &mut members, bare, binding, trace)?,
            refresh_token: REFRESH_TOKEN.text(&mut members, trace)?.map(Secret::new),
            id_token,
            odd_id_token,
            scope: SCOPE.usable(scope(&mut members), trace)?,
            expires_at: EXPIRES_IN.usable(expires_in(&mut members), trace)?.map(|seconds| now.plus(seconds)),
            dpop_jkt: binding.thumbprint(),
            certificate_bound: binding.certificate,
            access_token,
            more: Writer::new().members(&members).end(),
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tokens]")
    }
}

/// A member, and what an odd value of it means.
struct Named(&'static str, Odd);

const ACCESS_TOKEN: Named = named("access_token");
const TOKEN_TYPE: Named = named("token_type");
const ID_TOKEN: Named = named("id_token");
const REFRESH_TOKEN: Named = named("refresh_token");
const EXPIRES_IN: Named = named("expires_in");
const SCOPE: Named = named("scope");

const fn named(name: &'static str) -> Named {
    Named(name, odd(Place::Tokens, name))
}

impl Named {
    /// The rule for odd values: left out and noted, or refused.
    fn odd(&self, reason: &'static str, trace: &mut Trace) -> Result<(), Error> {
        let Named(member, class) = *self;
        if class != Odd::LeftOut {
            return Err(invalid(member, reason));
        }
        trace.left_out(member, reason);
        Ok(())
    }

    fn usable<T>(
        &self,
        read: Result<Option<T>, &'static str>,
        trace: &mut Trace,
    ) -> Result<Option<T>, Error> {
        match read {
            Ok(value) => Ok(value),
            Err(reason) => self.odd(reason, trace).map(|()| None),
        }
    }

    fn text(&self, members: &mut Object<'_>, trace: &mut Trace) -> Result<Option<String>, Error> {
        self.usable(take_text(members, self.0), trace)
    }
}

/// The type of the access token; where there is none, it need not be there.
fn token_type(
    client: &Client,
    members: &mut Object<'_>,
    bare: bool,
    binding: &Binding,
    trace: &mut Trace,
) -> Result<String, Error> {
    let actual = match TOKEN_TYPE.text(members, trace)? {
        None if bare => "Bearer".to_owned(),
        // Nothing but the type says that the token is bound.
        None if client.policy().accept_missing_token_type && binding.key.is_none() => {
            trace.lenient("accept_missing_token_type", "no token_type");
            "Bearer".to_owned()
        }
        None => return Err(missing("token_type")),
        Some(actual) => actual,
    };
    let shown: String = actual.chars().take(32).collect();
    if binding.key.is_some() && !bare {
        let check = check::TokenBound { actual: shown.as_str().into() };
        return trace.check(check, actual.eq_ignore_ascii_case("DPoP")).map(|()| actual);
    }
    trace.check(check::TokenType { actual: shown.as_str().into() }, actual.eq_ignore_ascii_case("Bearer"))?;
    Ok(actual)
}

/// Some providers write the number as a string (PayPal, Entra v1), some with a fraction.
fn expires_in(members: &mut Object<'_>) -> Result<Option<u32>, &'static str> {
    let seconds = match members.take("expires_in").map(|member| member.value) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => seconds(number, Round::Down),
        Some(value) => value
            .as_text()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok()),
    };
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| *seconds <= LONGEST)
        .map(Some)
        .ok_or("not a number of seconds up to ten years")
}

/// Some providers write the scope as an array (Twitch).
fn scope(members: &mut Object<'_>) -> Result<Option<Vec<String>>, &'static str> {
    match members.take("scope").map(|member| member.value) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(scopes)) => {
            let scopes = scopes.text();
            Ok(Some(scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()))
        }
        Some(value) => value.texts().map(Some).ok_or("neither a string nor a list of strings"),
    }
}

/// Why something is no token.
const INVISIBLE: &str = "not a text of visible ASCII characters";

fn take_text(members: &mut Object<'_>, name: &str) -> Result<Option<String>, &'static str> {
    match members.take(name).map(|member| member.value) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => match value.as_text() {
            Some(text) if is_visible(&text) => Ok(Some(text.into_owned())),
            Some(text) if !text.is_empty() => Err(INVISIBLE),
            _ => Err("empty, or not a text"),
        },
    }
}

/// What tokens are made of (RFC 6749 A.12, A.17): nothing in one can end a header, or be taken for its end.
pub(crate) fn is_visible(text: &str) -> bool {
    let spaced = text.starts_with(' ') || text.ends_with(' ');
    // A token is long: sixteen of its characters are looked at in one go.
    let visible = |bytes: &[u8]| bytes.iter().fold(true, |all, byte| all & matches!(byte, 0x20..=0x7e));
    !text.is_empty() && !spaced && text.as_bytes().chunks(16).all(visible)
}

pub(crate) fn invalid(member: &str, reason: &str) -> Error {
    ErrorKind::ResponseMemberInvalid.with([Endpoint::Token.as_str(), member, reason])
}

pub(crate) fn missing(member: &str) -> Error {
    ErrorKind::ResponseMemberMissing.with([Endpoint::Token.as_str(), member])
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    #[test]
    fn f2_credentials_are_form_encoded_before_base64() {
        let decoded =
            |id, secret| String::from_utf8(Base64::decode_vec(&basic(id, secret)[6..]).unwrap()).unwrap();
        assert_eq!(decoded("a:b", "p%q+r s"), "a%3Ab:p%25q%2Br+s");
        assert_eq!(decoded("é", "~€"), "%C3%A9:%7E%E2%82%AC");
    }

    #[test]
    fn expiry_is_a_number_or_its_digits() {
        let read = |value: &str| {
            expires_in(&mut Object::parse(format!(r#"{{"expires_in":{value}}}"#).as_bytes()).unwrap())
        };
        for hour in ["3600", "3600.0", "3600.5", "3.6e3", "\"3600\""] {
            assert_eq!(read(hour), Ok(Some(3600)), "{hour}");
        }
        assert_eq!([read("null"), read("0")], [Ok(None), Ok(Some(0))]);
        for bad in ["-1", "\"-1\"", "\"1h\"", "\"\"", "true", "[]", "{}", "315360001", "1e300"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scopes_are_a_string_or_a_list() {
        let read =
            |value: &str| scope(&mut Object::parse(format!(r#"{{"scope":{value}}}"#).as_bytes()).unwrap());
        assert_eq!(read("\"openid  a\""), Ok(Some(vec!["openid".into(), "a".into()])));
        assert_eq!(read("[\"openid\",\"a\"]"), Ok(Some(vec!["openid".into(), "a".into()])));
        assert_eq!([read("\"\""), read("null")], [Ok(Some(vec![])), Ok(None)]);
        assert!(read("[1]").is_err());
    }

    #[test]
    fn f7_a_token_that_could_end_a_header_is_refused() {
        let read = |token: &str| {
            let text = Writer::new().text("access_token", token).end();
            take_text(&mut Object::parse(text.as_bytes()).unwrap(), "access_token")
        };
        assert_eq!(read("a.b~c d"), Ok(Some("a.b~c d".into())));
        for bad in ["", " ", "a ", " a", "a\r\nX-A: b", "a\n", "a\0", "\u{20ac}", "\u{7f}"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
