//! Requests to the web app, and what it does about them. Login, session, refresh and logout are the library's site.

use std::sync::{Mutex, PoisonError};

use conformance::http::{Request, Response};
use conformance::serve;
use relyingparty::{
    Event, Handled, Incoming, MemorySessionStore, Reply, SealingKeys, Session, Site, SitePolicy,
    StoreRequest, UserInfo, Visit,
};

use super::page;
use super::store::Store;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::party::{Party, entropy, now};
use crate::settings::Settings;

/// The logins under way, and the sessions, of which a journal is kept.
const CAPACITY: usize = 1_000;
/// Eight hours.
const SESSION_SECS: i64 = 8 * 60 * 60;
const LOGIN_SECS: i64 = 600;

pub(super) struct App {
    party: Party,
    do_refresh: bool,
    origin: String,
    /// The authorities under which a browser may ask: anything else is another site's name for this address.
    authorities: [String; 3],
    site: Site,
    /// The same site, for which a session is due whenever it is asked for.
    eager: Site,
    sessions: Mutex<MemorySessionStore>,
    /// What was written down of logins under way, by the names of their cookies.
    logins: Store<Journal>,
    /// What a page shows beside a session, by the value of its cookie.
    seen: Store<Seen>,
}

/// What a page shows beside a session.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) userinfo: Option<UserInfo>,
    pub(super) journal: Journal,
    /// What went wrong since the login.
    pub(super) trouble: Option<Failure>,
}

impl App {
    pub(super) fn new(settings: &Settings, redirect_uri: &str, port: u16) -> Result<Self, Failure> {
        let party = Party::new(settings, redirect_uri)?;
        let authority = redirect_uri.find("://").map_or(0, |i| i + 3);
        let path = redirect_uri[authority..].find('/').map_or(redirect_uri.len(), |i| authority + i);
        let origin = &redirect_uri[..path];
        let keys = SealingKeys::new([serve::entropy().map_err(|error| Failure::no_randomness(&error))?])?;
        let site = |policy| Site::new(origin, keys.clone(), policy)?.with_provider(party.at_site(origin));
        let mut eager = SitePolicy::stored();
        eager.refresh_margin_secs = 3_600;
        Ok(Self {
            do_refresh: settings.do_refresh,
            authorities: [
                redirect_uri[authority..path].into(),
                format!("127.0.0.1:{port}"),
                format!("localhost:{port}"),
            ],
            site: site(SitePolicy::stored())?,
            eager: site(eager)?,
            origin: origin.into(),
            party,
            sessions: Mutex::default(),
            logins: Store::new(CAPACITY),
            seen: Store::new(CAPACITY),
        })
    }

    /// Scheme and authority a person opens.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn handle(&self, request: &Request) -> Response {
        let response =
            self.route(request).unwrap_or_else(|failure| page::failed(&failure, &Journal::default()));
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

    fn route(&self, request: &Request) -> Result<Response, Failure> {
        let host = request.header("host").unwrap_or_default();
        if !self.authorities.iter().any(|authority| authority == host) {
            return Ok(Response::new(421, "text/plain", "this app does not go by that name"));
        }
        match (request.method.as_str(), request.path()) {
            ("GET", "/style.css") => Ok(Response::new(200, "text/css; charset=utf-8", page::STYLE)),
            // Cookies belong to a host name: begin where the provider will lead back to.
            ("GET", "/" | "/login") if host != self.authorities[0] => {
                Ok(Response::see_other(&format!("{}/", self.origin)))
            }
            ("GET", "/") => self.home(request),
            ("POST", "/refresh") if request.header("sec-fetch-site") == Some("same-origin") => {
                self.refresh(request)
            }
            (_, path) if self.site.handles(path) => self.at_site(request),
            _ => Ok(Response::new(404, "text/plain", "no such page")),
        }
    }

    fn home(&self, request: &Request) -> Result<Response, Failure> {
        let mut journal = Journal::default();
        let visit = self.visit(&self.site, request, &mut journal)?;
        let response = match &visit.session {
            Some(session) => {
                let seen = self.noted(request, &visit, session, journal);
                page::signed_in(session, &seen, self.do_refresh && session.refresh_token().is_some())
            }
            None => page::signed_out(self.party.issuer()),
        };
        Ok(with_cookies(response, &visit.set_cookies))
    }

    /// Gets new tokens, due or not.
    fn refresh(&self, request: &Request) -> Result<Response, Failure> {
        let mut journal = Journal::default();
        let visit = self.visit(&self.eager, request, &mut journal)?;
        if let Some(session) = &visit.session {
            self.noted(request, &visit, session, journal);
        }
        Ok(with_cookies(Response::see_other("/"), &visit.set_cookies))
    }

    fn visit(&self, site: &Site, request: &Request, journal: &mut Journal) -> Result<Visit, Failure> {
        let step = self.party.with_cache(|cache| {
            site.visit(&incoming(request), entropy()?, cache, now()).map_err(Failure::from)
        })?;
        Ok(self.party.run(step, journal, |asked| self.stored(asked))?)
    }

    /// What is shown beside a session: what was before, and what this visit brought.
    fn noted(&self, request: &Request, visit: &Visit, session: &Session, journal: Journal) -> Seen {
        let (cookie, time) =
            (session_cookie(request.header("cookie").unwrap_or_default()), serve::unix_now());
        let mut seen = cookie.and_then(|cookie| self.seen.get(cookie, time)).unwrap_or_default();
        if !matches!(visit.event, Some(Event::SessionChanged { .. })) && visit.error.is_none() {
            return seen;
        }
        seen.trouble = visit.error.clone().map(Failure::from);
        let decisions = visit.error.as_ref().map_or_else(|| session.decisions(), |error| error.decisions());
        seen.journal.goes_on(journal, decisions);
        if seen.trouble.is_none() {
            self.ask_userinfo(session, &mut seen);
        }
        if let Some(cookie) = cookie {
            self.seen.put(cookie, seen.clone(), time + SESSION_SECS, time);
        }
        seen
    }

    fn ask_userinfo(&self, session: &Session, seen: &mut Seen) {
        match self.party.userinfo(session, &mut seen.journal) {
            Ok(userinfo) => seen.userinfo = userinfo,
            Err(failure) => seen.trouble = Some(failure),
        }
    }

    /// Has the site answer.
    fn at_site(&self, request: &Request) -> Result<Response, Failure> {
        let is_login = request.path() == "/login";
        let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
        let (login, time) = (login_cookie(query), serve::unix_now());
        let mut journal = login.and_then(|login| self.logins.take(&login, time)).unwrap_or_default();
        if is_login {
            // So that the page shows how the provider was found.
            if let Err(failure) = self.party.meet(&mut journal) {
                return Ok(page::failed(&failure, &journal));
            }
        } else if !query.is_empty() {
            journal.came_back(&format!("{}{}", self.origin, request.path_and_query));
        }
        let step = self.party.with_cache(|cache| {
            self.site.handle(incoming(request), entropy()?, cache, now()).map_err(Failure::from)
        })?;
        let Handled { answer, event, .. } = self.party.run(step, &mut journal, |asked| self.stored(asked))?;
        let location = answer.header("Location").unwrap_or_default();
        let response = match event {
            Some(Event::LoggedIn { session, .. }) => {
                journal.decisions(session.decisions());
                let mut seen = Seen { journal, ..Seen::default() };
                self.ask_userinfo(&session, &mut seen);
                let set = answer.headers.iter().find_map(|(_, value)| session_cookie(value));
                self.seen.put(set.unwrap_or_default(), seen, time + SESSION_SECS, time);
                Response::see_other(location)
            }
            Some(Event::Failed { error }) if answer.status >= 400 => {
                journal.decisions(error.decisions());
                Response { status: answer.status, ..page::failed(&error.into(), &journal) }
            }
            Some(Event::LoggedOut { .. }) if location.starts_with("http") => page::leaving(location),
            _ if is_login => {
                journal.browser("goes to", location);
                if let Some(login) = login_cookie(location) {
                    self.logins.put(&login, journal, time + LOGIN_SECS, time);
                }
                Response::see_other(location)
            }
            _ => Response { status: answer.status, ..Response::see_other(location) },
        };
        let set = answer.headers.iter().filter(|(name, _)| name == "Set-Cookie");
        Ok(with_cookies(response, set.map(|(_, value)| value)))
    }

    fn stored(&self, asked: &StoreRequest) -> Reply {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).answer(asked, now())
    }
}

fn incoming(request: &Request) -> Incoming {
    let incoming = Incoming::new(&request.method, &request.path_and_query);
    let incoming = incoming.form(&String::from_utf8_lossy(&request.body));
    request.headers.iter().fold(incoming, |incoming, (name, value)| incoming.header(name, value))
}

/// The name under which a login under way is noted: the `state` of a URL stands for it.
fn login_cookie(url_or_query: &str) -> Option<String> {
    relyingparty::CallbackParams::parse(url_or_query).ok()?.handle()
}

/// The value of the session's cookie in a `Cookie` or `Set-Cookie` header.
fn session_cookie(header: &str) -> Option<&str> {
    header.split("; ").find_map(|pair| pair.strip_prefix("rp-session="))
}

fn with_cookies<C: AsRef<str>>(response: Response, set_cookies: impl IntoIterator<Item = C>) -> Response {
    set_cookies
        .into_iter()
        .fold(response, |response, cookie| response.with_header("set-cookie", cookie.as_ref()))
}
