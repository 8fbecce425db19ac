//! HTTP as data: the requests the core emits and the responses it consumes.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Error, ErrorKind};
use crate::json::{Bounds, Object};
use crate::policy::Policy;
use crate::uri;

/// Which endpoint of the provider a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The provider's metadata (OIDC Discovery 4).
    Discovery,
    /// The provider's signing keys, its `jwks_uri`.
    Jwks,
    /// The token endpoint. Never repeat a request to it: codes and refresh tokens are for one use.
    Token,
    /// The UserInfo endpoint.
    UserInfo,
}

impl Endpoint {
    /// The endpoint's name in errors and traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Endpoint::Discovery => "discovery",
            Endpoint::Jwks => "jwks",
            Endpoint::Token => "token",
            Endpoint::UserInfo => "userinfo",
        }
    }

    /// Whether concurrent requests for one URL may share one answer. Such a request is a plain GET
    /// without credentials and may also be retried.
    pub const fn coalesces(self) -> bool {
        match self {
            Endpoint::Discovery | Endpoint::Jwks => true,
            Endpoint::Token | Endpoint::UserInfo => false,
        }
    }
}

/// The request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

impl Method {
    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// What the host must enforce while it fetches. Beside these, always: redirects are not followed, and no
/// ambient credentials (cookies, netrc, proxy logins) are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Stop reading the body, after any decompression, when it grows past this many bytes.
    pub max_response_bytes: usize,
    /// Give up after this many seconds in all, from connecting to the last byte.
    pub timeout_secs: u32,
}

/// A request for the host to send. `Debug` shows endpoint, method and origin only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// Where it goes, and so what the host may do with it.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The absolute URL: from configuration or the issuer's metadata, never from a token or a callback.
    pub url: String,
    /// All headers that matter, names in lower case. The host may add `user-agent`.
    pub headers: Vec<(String, String)>,
    /// The body; empty for GET.
    pub body: Vec<u8>,
    /// What the host must enforce.
    pub limits: Limits,
}

impl HttpRequest {
    /// A GET for JSON.
    pub(crate) fn get(endpoint: Endpoint, url: &str, policy: &Policy) -> HttpRequest {
        HttpRequest {
            endpoint,
            method: Method::Get,
            url: url.to_owned(),
            headers: vec![("accept".into(), "application/json".into())],
            body: Vec::new(),
            limits: policy.limits(endpoint),
        }
    }

    /// A POST of a form, for JSON.
    pub(crate) fn post_form(
        endpoint: Endpoint,
        url: &str,
        form: &[(&str, &str)],
        policy: &Policy,
    ) -> HttpRequest {
        let mut request = HttpRequest::get(endpoint, url, policy);
        request.method = Method::Post;
        request.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
        request.body = uri::form(form).into_bytes();
        request
    }

    /// The URL's scheme and authority.
    pub fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |colon| colon.saturating_add(3));
        let rest = self.url.get(start..).unwrap_or_default();
        let authority = rest.find(['/', '?']).unwrap_or(rest.len());
        self.url.get(..start.saturating_add(authority)).unwrap_or_default()
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpRequest({} {} {})", self.endpoint.as_str(), self.method.as_str(), self.origin())
    }
}

/// A response that the host received. `Debug` shows the status and the size only.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The URL that answered, if the host's client followed a redirect although it must not: any other than the
    /// request's is refused.
    pub final_url: Option<String>,
}

impl HttpResponse {
    /// A response from its parts.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> HttpResponse {
        HttpResponse { status, headers, body, final_url: None }
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers of this name, in any case.
    pub(crate) fn headers_named(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(header, _): &&(String, String)| header.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// Checks what can be seen of the transport's promises: no redirect, no oversize.
    pub(crate) fn check_limits(&self, request: &HttpRequest) -> Result<(), Error> {
        let endpoint = request.endpoint.as_str();
        let elsewhere = self.final_url.as_ref().is_some_and(|url| *url != request.url);
        if elsewhere || (300..400).contains(&self.status) {
            return Err(ErrorKind::RedirectRefused.with([endpoint, &self.status.to_string()]));
        }
        let limit = request.limits.max_response_bytes;
        if self.body.len() > limit {
            return Err(ErrorKind::ResponseTooLarge.with([endpoint, &limit.to_string()]));
        }
        Ok(())
    }

    /// The media type that the body is declared as, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let declared = self.header("content-type").unwrap_or_default();
        declared.split(';').next().unwrap_or_default().trim()
    }

    /// Whether the body is declared as one of these.
    pub(crate) fn is_one_of(&self, media_types: &[&str]) -> bool {
        media_types.iter().any(|accepted| self.media_type().eq_ignore_ascii_case(accepted))
    }

    pub(crate) fn unexpected_content_type(&self, endpoint: Endpoint) -> Error {
        let declared: String = self.header("content-type").unwrap_or_default().chars().take(100).collect();
        ErrorKind::UnexpectedContentType.with([endpoint.as_str(), &declared])
    }

    /// The status, if it is not the one that this endpoint answers with.
    pub(crate) fn expect_ok(&self, endpoint: Endpoint) -> Result<(), Error> {
        if self.status == 200 {
            return Ok(());
        }
        Err(ErrorKind::UnexpectedStatus.with([endpoint.as_str(), &self.status.to_string()]))
    }

    /// The body as a strict JSON object, if it is declared as one of `media_types`.
    pub(crate) fn json(
        &self,
        endpoint: Endpoint,
        media_types: &[&str],
        bounds: Bounds,
    ) -> Result<Object<'_>, Error> {
        if !self.is_one_of(media_types) {
            return Err(self.unexpected_content_type(endpoint));
        }
        Object::parse_within(&self.body, bounds)
            .map_err(|reason| ErrorKind::MalformedJson.with([endpoint.as_str(), &reason]))
    }

    /// How long the response may be kept in seconds, if it says (RFC 9111 5.2.2).
    pub(crate) fn max_age(&self) -> Option<u32> {
        let mut max_age = None;
        let directives = self.headers_named("cache-control").flat_map(|header| header.split(','));
        for directive in directives.map(|directive| directive.trim().to_ascii_lowercase()) {
            if directive == "no-store" || directive == "no-cache" {
                return Some(0);
            }
            if let Some(seconds) = directive.strip_prefix("max-age=") {
                max_age = seconds.trim_matches('"').parse().ok().or(max_age);
            }
        }
        max_age
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpResponse({}, {} bytes)", self.status, self.body.len())
    }
}

#[cfg(feature = "http")]
mod convert {
    use super::{HttpRequest, HttpResponse};
    use crate::error::{Error, ErrorKind};

    impl TryFrom<HttpRequest> for http::Request<Vec<u8>> {
        type Error = Error;

        /// The limits are not part of `http::Request`: read them first.
        fn try_from(request: HttpRequest) -> Result<Self, Error> {
            let mut builder = http::Request::builder().method(request.method.as_str()).uri(&request.url);
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            builder
                .body(request.body)
                .map_err(|_| ErrorKind::InvalidConfiguration.with(["request", "not expressible in HTTP"]))
        }
    }

    impl From<http::Response<Vec<u8>>> for HttpResponse {
        fn from(response: http::Response<Vec<u8>>) -> Self {
            let headers = response
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect();
            HttpResponse::new(response.status().as_u16(), headers, response.into_body())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HttpRequest {
        let policy = Policy::default();
        let mut request = HttpRequest::post_form(
            Endpoint::Token,
            "https://op.example/token?x=canary",
            &[("code", "canary")],
            &policy,
        );
        request.headers.push(("authorization".into(), "canary".into()));
        request
    }

    #[test]
    fn f7_debug_shows_no_header_body_or_query() {
        assert_eq!(format!("{:?}", request()), "HttpRequest(token POST https://op.example)");
    }

    #[test]
    fn d6_redirects_are_refused_followed_or_not() {
        for status in [301, 302, 303, 307, 308] {
            let response = HttpResponse::new(status, vec![], vec![]);
            assert_eq!(response.check_limits(&request()).unwrap_err().code(), "redirect_refused");
        }
        let mut followed = HttpResponse::new(200, vec![], vec![]);
        followed.final_url = Some("https://elsewhere.example/".into());
        assert_eq!(followed.check_limits(&request()).unwrap_err().code(), "redirect_refused");
        followed.final_url = Some(request().url);
        assert!(followed.check_limits(&request()).is_ok());
    }

    #[test]
    fn f4_size_is_checked_at_the_byte() {
        let limit = request().limits.max_response_bytes;
        assert!(HttpResponse::new(200, vec![], vec![b' '; limit]).check_limits(&request()).is_ok());
        let error =
            HttpResponse::new(200, vec![], vec![b' '; limit + 1]).check_limits(&request()).unwrap_err();
        assert_eq!(error.code(), "response_too_large");
    }

    #[test]
    fn only_declared_json_is_read() {
        let typed = |media_type: &str| {
            HttpResponse::new(200, vec![("Content-Type".into(), media_type.into())], b"{}".to_vec())
        };
        let read = |media_type: &str| {
            let response = typed(media_type);
            response
                .json(Endpoint::Token, &["application/json"], Policy::default().json())
                .map_or_else(|error| error.code(), |_| "ok")
        };
        assert_eq!([read("application/json"), read("Application/JSON; charset=utf-8")], ["ok"; 2]);
        for other in ["text/html", "application/jsonp", ""] {
            assert_eq!(read(other), "unexpected_content_type", "{other}");
        }
    }

    #[test]
    fn cache_control_is_understood() {
        let with = |value: &str| {
            HttpResponse::new(200, vec![("Cache-Control".into(), value.into())], vec![]).max_age()
        };
        assert_eq!(with("public, max-age=3600, must-revalidate"), Some(3600));
        assert_eq!(with("max-age=3600, no-cache"), Some(0));
        assert_eq!(with("public"), None);
        assert_eq!(with("max-age=x"), None);
    }

    #[cfg(feature = "http")]
    #[test]
    fn requests_and_responses_convert_to_the_http_crate() {
        let converted = http::Request::try_from(request()).unwrap();
        assert_eq!(
            (converted.method().as_str(), converted.body().as_slice()),
            ("POST", b"code=canary".as_slice())
        );
        let response = http::Response::builder().status(201).header("x-a", "b").body(b"c".to_vec()).unwrap();
        assert_eq!(
            HttpResponse::from(response),
            HttpResponse::new(201, vec![("x-a".into(), "b".into())], b"c".to_vec())
        );
    }
}
