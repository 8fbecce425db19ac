//! A site in axum: its routes, a layer that knows whose request it is, and extractors of that.

use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use relyingparty::{Event, IdTokenClaims, Incoming, Session, Visit};
use tower_layer::Layer;
use tower_service::Service;

use super::{Handled, Site};
use crate::{BoxFuture, Error};

/// Bytes of a form that are read; the core wants fewer.
const LONGEST_FORM: usize = 128 * 1024;

impl Site {
    /// The routes of the site, to be nested where the base URL leads to: `.nest("/auth", site.routes())`; to be merged where that is `/`.
    ///
    /// A request is carried to its end even if the browser goes. A response has its [`Event`](crate::Event), if there is one, as an
    /// extension: a layer around can make a page of it where the status is that of an error.
    pub fn routes(&self) -> Router {
        let routes = Router::new().route("/{route}", any(handle)).route("/callback/{provider}", any(handle));
        routes.with_state(self.clone())
    }

    /// One route of the site, for a redirect URI that is not below the base URL: `.route("/oidc/return", site.route())`.
    pub fn route(&self) -> MethodRouter {
        any(handle).with_state(self.clone())
    }

    /// What looks for the session of each request, for [`Visitor`] and [`Claims`]: a layer around the whole application.
    #[must_use]
    pub fn layer(&self) -> SiteLayer {
        SiteLayer { site: self.clone(), root_path: String::new() }
    }
}

async fn handle(State(site): State<Site>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // As the route is named here, wherever it is nested.
    let mut incoming = incoming(&parts, &path_and_query(&parts.uri));
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(is_form) {
        let Ok(form) = to_bytes(body, LONGEST_FORM).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        incoming = incoming.form(&String::from_utf8_lossy(&form));
    }
    match carried(async move { site.handle(incoming).await }).await {
        Ok(handled) => handled.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Whether a media type is that of a form, whatever its parameters (RFC 9110 8.3.1).
fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The request without its form.
fn incoming(parts: &Parts, url: &str) -> Incoming {
    let incoming = Incoming::new(parts.method.as_str(), url);
    // Somebody else's cookie may be of any bytes.
    parts.headers.iter().fold(incoming, |incoming, (name, value)| {
        incoming.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))
    })
}

/// What the application was asked for, before anything was nested.
fn asked_for(parts: &Parts) -> String {
    path_and_query(parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri))
}

fn path_and_query(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(String::new, ToString::to_string)
}

/// Carries something to its end, whatever becomes of whoever asked for it.
async fn carried<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::spawn(work).await {
        Ok(outcome) => outcome.map_err(Refusal::Failed),
        Err(_) => Err(Refusal::Stopped),
    }
}

impl IntoResponse for Handled {
    fn into_response(self) -> Response {
        let mut response = match &self.event {
            Some(Event::Failed { error }) if self.status >= 400 && self.body.is_empty() => {
                explanation(error).into_response()
            }
            _ => Response::new(Body::from(self.body)),
        };
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.headers.iter().for_each(|(name, value)| append(response.headers_mut(), name, value));
        if let Some(event) = self.event {
            response.extensions_mut().insert(event);
        }
        response
    }
}

/// What a visitor is told of a request that failed: the code alone, for messages tell of the hosts behind the application.
fn explanation(error: &relyingparty::Error) -> String {
    let code = error.code();
    let is_logout = code == "cross_site_request" || code.starts_with("logout_");
    let what = if is_logout { "logout" } else { "login" };
    let told = error.server_error().map_or(code, |refusal| refusal.error.as_str());
    format!("The {what} did not succeed: {told}\n")
}

fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.append(name, value);
    }
}

/// A [`Site`] as a layer: see [`Site::layer`]. It visits for each request and sends the cookies that come of it; a response with
/// such cookies is `no-store`, and every one says `Vary: Cookie`.
#[derive(Clone, Debug)]
pub struct SiteLayer {
    site: Site,
    root_path: String,
}

impl SiteLayer {
    /// What a proxy takes off the front of every path, such as `/tools`: a login leads back to pages with it.
    #[must_use]
    pub fn root_path(mut self, root_path: impl Into<String>) -> SiteLayer {
        self.root_path = root_path.into();
        self
    }
}

/// A service with a [`SiteLayer`] around.
#[derive(Clone, Debug)]
pub struct SiteService<S> {
    inner: S,
    outer: SiteLayer,
}

impl<S> Layer<S> for SiteLayer {
    type Service = SiteService<S>;

    fn layer(&self, inner: S) -> SiteService<S> {
        SiteService { inner, outer: self.clone() }
    }
}

impl<S> Service<Request> for SiteService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready, not the clone.
        let fresh = self.inner.clone();
        let (mut inner, outer) = (std::mem::replace(&mut self.inner, fresh), self.outer.clone());
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let (mut set_cookies, mut is_visited) = (Vec::new(), false);
            // A route finds the visitor itself.
            if !outer.site.handles(&asked_for(&parts)) {
                is_visited = true;
                let mut visited = outer.site.visited(&parts).await;
                if let Ok(visit) = &mut visited {
                    set_cookies = std::mem::take(&mut visit.set_cookies);
                }
                parts.extensions.insert(Visited { outcome: visited.map(Arc::new), outer });
            }
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            if is_visited {
                append(response.headers_mut(), "vary", "Cookie");
            }
            if !set_cookies.is_empty() {
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
            set_cookies.iter().for_each(|cookie| append(response.headers_mut(), "set-cookie", cookie));
            Ok(response)
        })
    }
}

impl Site {
    async fn visited(&self, parts: &Parts) -> Result<Visit, Refusal> {
        let (site, incoming) = (self.clone(), incoming(parts, &asked_for(parts)));
        if !self.0.is_stored() {
            // It asks nobody, and is over at once.
            return self.visit(&incoming).await.map_err(Refusal::Failed);
        }
        carried(async move { site.visit(&incoming).await }).await
    }
}

/// What the layer leaves for the extractors.
#[derive(Clone)]
pub(super) struct Visited {
    pub(super) outcome: Result<Arc<Visit>, Refusal>,
    outer: SiteLayer,
}

/// Why there is no answer.
#[derive(Clone)]
pub(super) enum Refusal {
    Failed(Error),
    /// The session could not be refreshed, and is kept: a login would be too much.
    NotNow(relyingparty::Error),
    /// The task ended before its work did.
    Stopped,
    /// There is no layer.
    Unknown,
}

impl IntoResponse for Refusal {
    /// No page but a status, and the error as an extension: for a layer around.
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Refusal::Failed(error) if error.code() == "store_unavailable" => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(error))
            }
            Refusal::NotNow(error) => (StatusCode::SERVICE_UNAVAILABLE, Some(error.into())),
            Refusal::Failed(error) => (StatusCode::INTERNAL_SERVER_ERROR, Some(error)),
            Refusal::Stopped => (StatusCode::INTERNAL_SERVER_ERROR, None),
            Refusal::Unknown => {
                let missing = "there is no Site::layer around this route";
                return (StatusCode::INTERNAL_SERVER_ERROR, missing).into_response();
            }
        };
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")]).into_response();
        if let Some(error) = error {
            response.extensions_mut().insert(error);
        }
        response
    }
}

/// Whose request it is: nobody's, or that of a session. An extractor, below a [`SiteLayer`]; it refuses with 503 where the store of the
/// sessions failed.
#[derive(Clone, Debug)]
pub struct Visitor(Arc<Visit>);

impl Deref for Visitor {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

/// The claims of whoever is logged in. An extractor, below a [`SiteLayer`], for pages that are for users alone.
///
/// Of nobody a browser's GET is sent to the login, and back to the page from there; anything else gets 401. Where the session could
/// not be refreshed now it is 503. `Option<Claims>` is `None` for nobody.
#[derive(Clone, Debug)]
pub struct Claims {
    session: Session,
    provider: String,
}

impl Claims {
    /// The session that the claims are of.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The name of the session's provider: for [`Site::relying_party`].
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }
}

impl Deref for Claims {
    type Target = IdTokenClaims;

    fn deref(&self) -> &IdTokenClaims {
        self.session.claims()
    }
}

fn visited(parts: &Parts) -> Result<(Visitor, &SiteLayer), Refusal> {
    let Visited { outcome, outer } = parts.extensions.get().ok_or(Refusal::Unknown)?;
    outcome.clone().map(|visit| (Visitor(visit), outer))
}

fn claims(visitor: &Visitor) -> Result<Option<Claims>, Refusal> {
    match (&visitor.session, &visitor.provider, &visitor.error) {
        (Some(session), Some(provider), _) => {
            Ok(Some(Claims { session: session.clone(), provider: provider.clone() }))
        }
        (_, _, Some(error)) => Err(Refusal::NotNow(error.clone())),
        (_, _, None) => Ok(None),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Response> {
        visited(parts).map(|(visitor, _)| visitor).map_err(Refusal::into_response)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Claims {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Claims>, Response> {
        visited(parts).and_then(|(visitor, _)| claims(&visitor)).map_err(Refusal::into_response)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Claims {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Claims, Response> {
        let (visitor, SiteLayer { site, root_path }) = visited(parts).map_err(Refusal::into_response)?;
        if let Some(claims) = claims(&visitor).map_err(Refusal::into_response)? {
            return Ok(claims);
        }
        let no_store = (header::CACHE_CONTROL, "no-store".to_owned());
        if !is_navigation(parts) {
            return Err((StatusCode::UNAUTHORIZED, [no_store]).into_response());
        }
        let page = encoded(&[root_path, asked_for(parts).as_str()].concat());
        let login = [site.0.base_url(), "/login?return_to=", &page].concat();
        Err((StatusCode::SEE_OTHER, [(header::LOCATION, login), no_store]).into_response())
    }
}

/// Whether a browser asks for a page: it says so itself, or it is older and takes HTML.
fn is_navigation(parts: &Parts) -> bool {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let is_page = match header("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => header("accept").is_some_and(|accept| accept.contains("text/html")),
    };
    parts.method == Method::GET && is_page
}

/// A text as the value of a parameter.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
