//! Requests to the web app, and what it does about them.

use conformance::encoding::base64url;
use conformance::http::{Request, Response};
use conformance::serve;
use relyingparty::{
    CallbackParams, Error, LoginCookies, LoginMissing, PendingLogin, Session, UserInfo, clear_cookie,
};

use super::cookie;
use super::page;
use super::store::Store;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::party::Party;
use crate::settings::Settings;

/// Logins under way and sessions are both kept to this number.
const CAPACITY: usize = 1_000;
/// Eight hours.
const SESSION_SECS: i64 = 8 * 60 * 60;
/// How long it is remembered that a login was used.
const USED_SECS: i64 = 600;

pub(super) struct App {
    party: Party,
    do_refresh: bool,
    origin: String,
    callback_path: String,
    /// The authorities under which a browser may ask: anything else is another site's name for this address.
    authorities: [String; 3],
    /// Pending logins, encoded, by id.
    logins: Store<(String, Journal)>,
    /// That logins were used, by handle: their cookies are cleared by then.
    used: Store<()>,
    sessions: Store<SignedIn>,
}

/// A session with what the page shows of it.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) session: Session,
    pub(super) userinfo: Option<UserInfo>,
    pub(super) journal: Journal,
    /// What went wrong since the login.
    pub(super) trouble: Option<Failure>,
    pub(super) can_refresh: bool,
    pub(super) now: i64,
}

impl App {
    pub(super) fn new(settings: &Settings, redirect_uri: &str, port: u16) -> Result<Self, Failure> {
        let party = Party::new(settings, redirect_uri)?;
        let authority = redirect_uri.find("://").map_or(0, |i| i + 3);
        let path = redirect_uri[authority..].find('/').map_or(redirect_uri.len(), |i| authority + i);
        let callback_path = redirect_uri[path..].split('?').next().unwrap_or_default();
        Ok(Self {
            party,
            do_refresh: settings.do_refresh,
            origin: redirect_uri[..path].into(),
            callback_path: callback_path.into(),
            authorities: [
                redirect_uri[authority..path].into(),
                format!("127.0.0.1:{port}"),
                format!("localhost:{port}"),
            ],
            logins: Store::new(CAPACITY),
            used: Store::new(CAPACITY),
            sessions: Store::new(CAPACITY),
        })
    }

    /// Scheme and authority a person opens.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn handle(&self, request: &Request) -> Response {
        let response = self.route(request);
        let is_page = response.header("content-type").is_some_and(|media| media.starts_with("text/html"));
        let response = response.with_header("x-content-type-options", "nosniff");
        match is_page {
            true => response
                .with_header(
                    "content-security-policy",
                    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
                )
                .with_header("referrer-policy", "same-origin")
                .with_header("cache-control", "no-store"),
            false => response,
        }
    }

    fn route(&self, request: &Request) -> Response {
        let host = request.header("host").unwrap_or_default();
        if !self.authorities.iter().any(|authority| authority == host) {
            return Response::new(421, "text/plain", "this app does not go by that name");
        }
        match (request.method.as_str(), request.path()) {
            ("GET", "/style.css") => Response::new(200, "text/css; charset=utf-8", page::STYLE),
            // Cookies belong to a host name: begin where the provider will lead back to.
            ("GET", "/" | "/login") if host != self.authorities[0] => {
                Response::see_other(&format!("{}/", self.origin))
            }
            ("GET", "/") => self.home(request),
            ("GET", "/login") => self.log_in(request),
            ("GET", path) if path == self.callback_path => self.come_back(request),
            ("POST", _) if !self.is_same_origin(request) => {
                Response::new(403, "text/plain", "sent from another site")
            }
            ("POST", "/refresh") => self.refresh(request),
            ("POST", "/logout") => self.log_out(request),
            _ => Response::new(404, "text/plain", "no such page"),
        }
    }

    /// Whether a page of this app sent the form. `SameSite` cookies say the same for other sites; this says it for other
    /// ports of this machine, too.
    fn is_same_origin(&self, request: &Request) -> bool {
        match request.header("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => request.header("origin") == Some(&self.origin),
        }
    }

    fn home(&self, request: &Request) -> Response {
        match self.signed_in(request) {
            Some(mut signed_in) => {
                signed_in.now = serve::unix_now();
                page::signed_in(&signed_in)
            }
            None => page::signed_out(self.party.issuer()),
        }
    }

    fn log_in(&self, request: &Request) -> Response {
        let mut journal = Journal::default();
        let authorization = match self.party.start(&mut journal) {
            Ok(authorization) => authorization,
            Err(failure) => return page::failed(&failure, &journal),
        };
        let (pending, now) = (authorization.pending, serve::unix_now());
        self.logins.put(pending.id(), (pending.encode(), journal), pending.expires_at().as_unix(), now);
        let cookies = LoginCookies::of(cookie::all(request));
        let begun = Response::see_other(&authorization.url).with_header("set-cookie", pending.set_cookie());
        cleared(begun, &cookies.surplus())
    }

    fn come_back(&self, request: &Request) -> Response {
        let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
        let (response, cookies) = (CallbackParams::parse(query), LoginCookies::of(cookie::all(request)));
        let ended = response.as_ref().map_or_else(|_| cookies.surplus(), |response| cookies.ended(response));
        let (mut journal, now) = (Journal::default(), serve::unix_now());
        let session = response
            .and_then(|response| self.take(&response, &cookies, &mut journal, now))
            .map_err(Failure::from)
            .and_then(|pending| self.party.finish(pending, query, &mut journal));
        let response = match session {
            Ok(session) => {
                let mut signed_in =
                    SignedIn { session, userinfo: None, journal, trouble: None, can_refresh: false, now };
                self.ask_userinfo(&mut signed_in);
                self.keep(signed_in, cookie::get(request, cookie::SESSION))
            }
            Err(failure) => page::failed(&failure, &journal),
        };
        cleared(response, &ended)
    }

    /// Takes the login that the browser comes back from, and what was written down when it began.
    fn take(
        &self,
        response: &CallbackParams,
        cookies: &LoginCookies,
        journal: &mut Journal,
        now: i64,
    ) -> Result<PendingLogin, Error> {
        let handle = response.handle().unwrap_or_default();
        let missing = |cause: LoginMissing| {
            response.unclaimed(cause.told(self.used.get(&handle, now).map(|()| "used")))
        };
        let id = response.login_id(cookies, self.party.redirect_uri()).map_err(missing)?;
        let (stored, begun) = self.logins.take(id, now).ok_or_else(|| missing(LoginMissing::NotInStore))?;
        *journal = begun;
        self.used.put(&handle, (), now + USED_SECS, now);
        PendingLogin::decode(Some(&stored))
    }

    /// Puts a session under a new name, whatever the browser had before (session fixation).
    fn keep(&self, mut signed_in: SignedIn, earlier: Option<&str>) -> Response {
        let Ok(bytes) = serve::entropy() else {
            return Response::new(500, "text/plain", "no randomness");
        };
        let (name, now) = (base64url(bytes), serve::unix_now());
        if let Some(earlier) = earlier {
            self.sessions.take(earlier, now);
        }
        signed_in.can_refresh = self.do_refresh && signed_in.session.refresh_token().is_some();
        self.sessions.put(&name, signed_in, now + SESSION_SECS, now);
        Response::see_other("/").with_header("set-cookie", cookie::set(cookie::SESSION, &name, SESSION_SECS))
    }

    fn refresh(&self, request: &Request) -> Response {
        // Taken, not copied: a second refresh at the same time would use the same token twice.
        let earlier = cookie::get(request, cookie::SESSION);
        let Some(mut signed_in) = earlier.and_then(|name| self.sessions.take(name, serve::unix_now())) else {
            return Response::see_other("/");
        };
        signed_in.trouble = None;
        match self.party.refresh(&signed_in.session, &mut signed_in.journal) {
            Ok(session) => {
                signed_in.session = session;
                self.ask_userinfo(&mut signed_in);
            }
            Err(failure) => signed_in.trouble = Some(failure),
        }
        self.keep(signed_in, None)
    }

    fn ask_userinfo(&self, signed_in: &mut SignedIn) {
        match self.party.userinfo(&signed_in.session, &mut signed_in.journal) {
            Ok(userinfo) => signed_in.userinfo = userinfo,
            Err(failure) => signed_in.trouble = Some(failure),
        }
    }

    fn log_out(&self, request: &Request) -> Response {
        let session = cookie::get(request, cookie::SESSION)
            .and_then(|name| self.sessions.take(name, serve::unix_now()));
        let at_provider = session.map(|signed_in| self.party.end_session(&signed_in.session));
        let response = match at_provider {
            Some(Ok(Some(url))) => page::leaving(&url),
            Some(Err(failure)) => page::failed(&failure, &Journal::default()),
            Some(Ok(None)) | None => Response::see_other("/"),
        };
        response.with_header("set-cookie", cookie::set(cookie::SESSION, "", 0))
    }

    fn signed_in(&self, request: &Request) -> Option<SignedIn> {
        self.sessions.get(cookie::get(request, cookie::SESSION)?, serve::unix_now())
    }
}

/// The response, with headers that clear these login cookies.
fn cleared(response: Response, names: &[String]) -> Response {
    names.iter().fold(response, |response, name| response.with_header("set-cookie", clear_cookie(name)))
}
