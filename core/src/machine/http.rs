//! HTTP as data: the requests the core emits and the responses it consumes.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::report::{Error, ErrorKind};
use crate::text::json::{Bounds, Object};
use crate::text::{origin, uri};

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
    /// The pushed authorization request endpoint (RFC 9126).
    PushedAuthorization,
    /// The revocation endpoint (RFC 7009).
    Revocation,
    /// An API of somebody's, for which the client has an access token.
    Resource,
}

impl Endpoint {
    /// The endpoint's name in errors and traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Endpoint::Discovery => "discovery",
            Endpoint::Jwks => "jwks",
            Endpoint::Token => "token",
            Endpoint::UserInfo => "userinfo",
            Endpoint::PushedAuthorization => "pushed_authorization_request",
            Endpoint::Revocation => "revocation",
            Endpoint::Resource => "resource",
        }
    }

    /// Whether concurrent requests for one URL may share one answer. Such a request is a plain GET
    /// without credentials and may also be retried.
    pub const fn coalesces(self) -> bool {
        match self {
            Endpoint::Discovery | Endpoint::Jwks => true,
            Endpoint::Token
            | Endpoint::UserInfo
            | Endpoint::PushedAuthorization
            | Endpoint::Revocation
            | Endpoint::Resource => false,
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
    /// `HEAD`
    Head,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    const ALL: [Method; 7] = [
        Method::Get,
        Method::Post,
        Method::Head,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Options,
    ];

    /// The method of this name, exactly as HTTP writes it.
    pub fn from_name(name: &str) -> Option<Method> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Head => "HEAD",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }
}

/// The limits of one exchange, which the host enforces. It also follows no redirect and sends no ambient credentials
/// (cookies, netrc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body, in bytes after decompression: stop reading past it.
    pub max_response_bytes: usize,
    /// Give up after this many seconds in all, from connecting to the last byte.
    pub timeout_secs: u32,
}

/// A request for the host to send. `Debug` shows endpoint, method and origin only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The endpoint, which decides what the host may do with the request.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The absolute URL: from configuration or the issuer's metadata, never from a token or a callback.
    pub url: String,
    /// The headers, names in lower case. The host may add `user-agent`.
    pub headers: Vec<(String, String)>,
    /// The body; empty for GET.
    pub body: Vec<u8>,
    /// The limits that the host enforces.
    pub limits: Limits,
    /// Whether to send it over TLS with the client's certificate (RFC 8705), and never without.
    pub client_certificate: bool,
}

impl HttpRequest {
    /// A GET for JSON.
    pub(crate) fn get(endpoint: Endpoint, url: &str, limits: Limits) -> HttpRequest {
        HttpRequest {
            endpoint,
            method: Method::Get,
            url: url.to_owned(),
            headers: vec![("accept".into(), "application/json".into())],
            body: Vec::new(),
            limits,
            client_certificate: false,
        }
    }

    /// A POST of a form, for JSON.
    pub(crate) fn post_form(
        endpoint: Endpoint,
        url: &str,
        form: &[(&str, &str)],
        limits: Limits,
    ) -> HttpRequest {
        let mut request = HttpRequest::get(endpoint, url, limits);
        request.method = Method::Post;
        request.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
        request.body = uri::form(form).into_bytes();
        request
    }

    /// Whether its response may bring a nonce for the next DPoP proof (RFC 9449 8).
    pub(crate) fn learns_nonce(&self) -> bool {
        cfg!(feature = "signing") && self.headers.iter().any(|(name, _)| name == "dpop")
    }

    /// The URL's scheme and authority.
    pub fn origin(&self) -> &str {
        uri::origin(&self.url)
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
    /// The body, decompressed if the host can. A compressed body ends with `compressed_response`.
    pub body: Vec<u8>,
    /// The URL that answered, if the HTTP client reports it. If it is another one than the request's, the client
    /// followed a redirect, and the response is refused. The default port and the case of scheme and host do not count.
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

    /// The response as one to `request`, if what can be seen of the transport's promises holds: no redirect, no oversize.
    pub(crate) fn answering(mut self, request: &HttpRequest) -> Result<HttpResponse, Error> {
        let endpoint = request.endpoint.as_str();
        let elsewhere = self.final_url.as_ref().is_some_and(|url| !origin::is_same_url(url, &request.url));
        self.final_url = Some(request.url.clone());
        // Nothing has changed since: an API says so to who asked on that condition (RFC 9110 15.4.5).
        let unchanged = self.status == 304 && request.endpoint == Endpoint::Resource;
        if elsewhere || (300..400).contains(&self.status) && !unchanged {
            let status = self.status.to_string();
            return Err(ErrorKind::RedirectRefused.with([endpoint, &status, self.asked()]));
        }
        let limit = request.limits.max_response_bytes;
        if self.body.len() > limit {
            return Err(ErrorKind::ResponseTooLarge.with([
                endpoint,
                &limit.to_string(),
                "max_response_bytes",
            ]));
        }
        Ok(self)
    }

    /// What was asked for, of a response to a request: origin and path, since a query may hold more than a log should.
    pub(crate) fn asked(&self) -> &str {
        let url = self.final_url.as_deref().unwrap_or_default();
        url.split(['?', '#']).next().unwrap_or_default()
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
        ErrorKind::UnexpectedContentType.with([endpoint.as_str(), &declared, self.asked()])
    }

    /// The status, if it is not the one that this endpoint answers with.
    pub(crate) fn expect_ok(&self, endpoint: Endpoint) -> Result<(), Error> {
        if self.status == 200 {
            return Ok(());
        }
        Err(ErrorKind::UnexpectedStatus.with([endpoint.as_str(), &self.status.to_string(), self.asked()]))
    }

    /// Refuses a body that is still compressed: one that says so and is no text, or that begins as gzip does. Transports that
    /// decompress may leave the header where it is.
    pub(crate) fn expect_plain(&self, endpoint: Endpoint) -> Result<(), Error> {
        const CODINGS: [&str; 7] = ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"];
        let declared = self.header("content-encoding").unwrap_or_default().trim();
        let is_gzip = self.body.starts_with(b"\x1f\x8b");
        let is_declared = !declared.is_empty() && !declared.eq_ignore_ascii_case("identity");
        if !(is_gzip || is_declared && str::from_utf8(&self.body).is_err()) {
            return Ok(());
        }
        let coding = CODINGS.into_iter().find(|coding| declared.eq_ignore_ascii_case(coding));
        let coding = coding.unwrap_or(if is_gzip { "gzip" } else { "other" });
        Err(ErrorKind::CompressedResponse.with([endpoint.as_str(), coding, self.asked()]))
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
        self.expect_plain(endpoint)?;
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
    use http::HeaderValue;

    use super::{HttpRequest, HttpResponse};
    use alloc::borrow::ToOwned;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::report::{Error, ErrorKind};

    /// Headers that authenticate somebody: the `http` crate's `Debug` does not show their values.
    const SENSITIVE: [&str; 5] = ["authorization", "proxy-authorization", "dpop", "cookie", "set-cookie"];

    impl TryFrom<HttpRequest> for http::Request<Vec<u8>> {
        type Error = Error;

        /// The limits and [`client_certificate`](HttpRequest::client_certificate) are not part of `http::Request`: read them
        /// first.
        fn try_from(request: HttpRequest) -> Result<Self, Error> {
            let mut builder = http::Request::builder().method(request.method.as_str()).uri(&request.url);
            let inexpressible =
                || ErrorKind::InvalidConfiguration.with(["request", "not expressible in HTTP"]);
            for (name, value) in &request.headers {
                let mut value = HeaderValue::from_str(value).map_err(|_| inexpressible())?;
                value.set_sensitive(SENSITIVE.iter().any(|header| name.eq_ignore_ascii_case(header)));
                builder = builder.header(name, value);
            }
            builder.body(request.body).map_err(|_| inexpressible())
        }
    }

    impl From<http::Response<Vec<u8>>> for HttpResponse {
        fn from(response: http::Response<Vec<u8>>) -> Self {
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect();
            HttpResponse::new(response.status().as_u16(), headers, response.into_body())
        }
    }
}

#[cfg(test)]
mod tests;
