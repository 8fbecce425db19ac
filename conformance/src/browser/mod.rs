//! The browser's part of a login, for when there is no browser: follows redirects, keeps cookies, fills in forms.

mod cookies;
mod form;

use std::fmt;
use std::time::Duration;

use form_urlencoded::Serializer;
use ureq::Agent;
use ureq::http::{Request, Response, Uri};

use self::cookies::Cookies;
use self::form::{Field, Form, Page};
use crate::agent::{agent, send};

const USER: &str = "alice";
const PASSWORD: &str = "password";
/// Pages and redirects of one visit; more is a loop.
const MAX_STEPS: usize = 30;
const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_PAGE_BYTES: usize = 2 << 20;

/// A browser with its cookies, and with a user who is called alice and says yes to everything.
#[derive(Debug)]
pub struct Browser {
    agent: Agent,
    cookies: Cookies,
}

/// Where a visit came to a stop: perhaps at a page that only a person can handle.
#[derive(Debug)]
pub struct Stuck {
    /// The URL without its query.
    pub place: String,
    /// What was there.
    pub reason: String,
}

impl Stuck {
    fn new(url: &str, reason: impl Into<String>) -> Self {
        Self { place: url.split('?').next().unwrap_or_default().into(), reason: reason.into() }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl std::error::Error for Stuck {}

/// Where a walk ended, and how it got there.
#[derive(Debug)]
pub struct Walk {
    /// Every URL of the way, in order.
    pub urls: Vec<String>,
    /// Status and text of the page at its end; none where the walk stopped before one.
    pub page: Option<(u16, String)>,
}

#[derive(Clone, Copy)]
enum Answer {
    Yes,
    No,
}

/// Where a visit ends.
enum End {
    Redirect(String),
    Page(String),
}

/// What to ask for next.
struct Visit {
    url: String,
    form: Option<String>,
    /// Whether the form was on a page of the same origin, as browsers say.
    same_origin: bool,
}

impl Visit {
    fn get(url: String) -> Visit {
        Visit { url, form: None, same_origin: false }
    }
}

impl Browser {
    /// A browser without cookies. `ca_pem` takes the place of the public certificate authorities.
    pub fn new(ca_pem: Option<&[u8]>) -> Self {
        Self::with(agent(ca_pem, None))
    }

    /// The same, which sends with this.
    pub fn with(agent: Agent) -> Self {
        Self { agent, cookies: Cookies::default() }
    }

    /// Goes from `url` through whatever pages there are, signing in and agreeing, and returns the URL with which it is
    /// sent to `redirect_uri`. That one is not visited.
    pub fn follow(&mut self, url: &str, redirect_uri: &str) -> Result<String, Stuck> {
        self.sent_to(url, redirect_uri, Answer::Yes)
    }

    /// The same, declining at the first page where that is possible.
    pub fn refuse(&mut self, url: &str, redirect_uri: &str) -> Result<String, Stuck> {
        self.sent_to(url, redirect_uri, Answer::No)
    }

    /// Goes from `url` through whatever forms there are, and returns the first page without one.
    pub fn page(&mut self, url: &str) -> Result<String, Stuck> {
        match self.visit(url, None, Answer::Yes)? {
            End::Page(text) => Ok(text),
            End::Redirect(url) => Err(Stuck::new(&url, "sent on")),
        }
    }

    /// Goes from `url` through redirects and through the forms of other sites than `home`, which is an origin, to the first
    /// page that is of `home` or has no form; or to where it is sent to `before`, which is not visited.
    pub fn walk(&mut self, url: &str, home: &str, before: Option<&str>) -> Result<Walk, Stuck> {
        self.walk_on(Visit::get(url.into()), home, before)
    }

    /// Presses the button of the page at the end of a walk, and goes on in the same way. `None` if there is none.
    pub fn press(&mut self, walk: &Walk, home: &str) -> Option<Result<Walk, Stuck>> {
        let (_, text) = walk.page.as_ref()?;
        let visit = next(walk.urls.last()?, &Page::read(text), Answer::Yes)?;
        Some(self.walk_on(visit, home, None))
    }

    fn walk_on(&mut self, mut visit: Visit, home: &str, before: Option<&str>) -> Result<Walk, Stuck> {
        let mut urls = Vec::new();
        while urls.len() < MAX_STEPS {
            urls.push(visit.url.clone());
            if before.is_some_and(|before| visit.url.split('?').next() == Some(before)) {
                return Ok(Walk { urls, page: None });
            }
            let response = self.fetch(&visit)?;
            let status = response.status();
            let location = response.headers().get("location").and_then(|location| location.to_str().ok());
            let text = String::from_utf8_lossy(response.body());
            let form = || next(&visit.url, &Page::read(&text), Answer::Yes);
            visit = match location.filter(|_| status.is_redirection()) {
                Some(location) => Visit::get(resolve(&visit.url, location)),
                None if origin(&visit.url) == Some(home) => {
                    return Ok(Walk { urls, page: Some((status.as_u16(), text.into_owned())) });
                }
                None => match form() {
                    Some(visit) => visit,
                    None => return Ok(Walk { urls, page: Some((status.as_u16(), text.into_owned())) }),
                },
            };
        }
        Err(Stuck::new(&visit.url, "it went on for too many pages"))
    }

    fn sent_to(&mut self, url: &str, redirect_uri: &str, answer: Answer) -> Result<String, Stuck> {
        match self.visit(url, Some(redirect_uri), answer)? {
            End::Redirect(url) => Ok(url),
            End::Page(_) => Err(Stuck::new(url, "a page without a form")),
        }
    }

    fn visit(&mut self, url: &str, stop_at: Option<&str>, answer: Answer) -> Result<End, Stuck> {
        let mut visit = Visit::get(url.into());
        for _ in 0..MAX_STEPS {
            let response = self.fetch(&visit)?;
            let location = response.headers().get("location").and_then(|location| location.to_str().ok());
            visit = match location.filter(|_| response.status().is_redirection()) {
                Some(location) => Visit::get(resolve(&visit.url, location)),
                None => {
                    let text = String::from_utf8_lossy(response.body()).into_owned();
                    match next(&visit.url, &Page::read(&text), answer) {
                        Some(visit) => visit,
                        None if stop_at.is_none() => return Ok(End::Page(text)),
                        None => {
                            let status = response.status().as_u16();
                            return Err(Stuck::new(
                                &visit.url,
                                format!("a page with status {status} and no form"),
                            ));
                        }
                    }
                }
            };
            if stop_at.is_some_and(|stop| visit.url.split('?').next() == stop.split('?').next()) {
                return Ok(End::Redirect(visit.url));
            }
        }
        Err(Stuck::new(&visit.url, "it went on for too many pages"))
    }

    fn fetch(&mut self, visit: &Visit) -> Result<Response<Vec<u8>>, Stuck> {
        let uri: Uri = visit.url.parse().map_err(|_| Stuck::new(&visit.url, "that is no URL"))?;
        let host = uri.host().unwrap_or_default();
        let mut request = Request::builder().uri(&uri).header("accept", "text/html");
        if let Some(cookies) = self.cookies.header(host, uri.path()) {
            request = request.header("cookie", cookies);
        }
        if visit.form.is_some() {
            let site = if visit.same_origin { "same-origin" } else { "cross-site" };
            request = request.method("POST").header("content-type", "application/x-www-form-urlencoded");
            request = request.header("sec-fetch-site", site);
        }
        let body = visit.form.clone().unwrap_or_default().into_bytes();
        let request = request.body(body).map_err(|_| Stuck::new(&visit.url, "that is no request"))?;
        let response = send(&self.agent, request, TIMEOUT, MAX_PAGE_BYTES)
            .map_err(|reason| Stuck::new(&visit.url, reason))?;
        for line in response.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()) {
            self.cookies.keep(host, line);
        }
        Ok(response)
    }
}

/// What the first form of a page sends as it stands: the body of a response that is posted.
pub fn posted(html: &str) -> Option<String> {
    Page::read(html).forms.first().map(|form| filled(form, Answer::Yes))
}

/// What the user does at a page: presses a button of its form, or follows the link that declines.
fn next(url: &str, page: &Page, answer: Answer) -> Option<Visit> {
    let form = page.forms.iter().find(|form| form.method == "POST")?;
    if let Answer::No = answer
        && !form.fields.iter().any(says_no)
        && let Some(link) = page.links.iter().find(|link| link.ends_with("/abort"))
    {
        return Some(Visit::get(resolve(url, link)));
    }
    let target = resolve(url, &form.action);
    let same_origin = origin(&target) == origin(url);
    Some(Visit { url: target, form: Some(filled(form, answer)), same_origin })
}

fn filled(form: &Form, answer: Answer) -> String {
    let mut body = Serializer::new(String::new());
    for field in &form.fields {
        match field.kind.as_str() {
            "hidden" => body.append_pair(&field.name, &field.value),
            "password" => body.append_pair(&field.name, PASSWORD),
            "text" | "email" if field.value.is_empty() => body.append_pair(&field.name, USER),
            "text" | "email" => body.append_pair(&field.name, &field.value),
            "checkbox" | "radio" if field.checked => body.append_pair(&field.name, &field.value),
            _ => &mut body,
        };
    }
    let mut buttons = form.fields.iter().filter(|field| field.kind == "submit");
    let button = match answer {
        Answer::Yes => buttons.find(|button| !says_no(button)),
        Answer::No => buttons.find(|button| says_no(button)),
    };
    if let Some(button) = button {
        body.append_pair(&button.name, &button.value);
    }
    body.finish()
}

fn says_no(field: &Field) -> bool {
    let text = format!("{} {}", field.name, field.value).to_ascii_lowercase();
    field.kind == "submit" && ["deny", "cancel", "abort", "reject"].iter().any(|word| text.contains(word))
}

/// A reference in a page, as an absolute URL (RFC 3986 5.2, without `..`).
fn resolve(base: &str, reference: &str) -> String {
    let scheme_end = base.find("://").map_or(0, |i| i + 3);
    let path_start = base[scheme_end..].find('/').map_or(base.len(), |i| scheme_end + i);
    let without_query = base.split('?').next().unwrap_or_default();
    match reference {
        "" => base.into(),
        _ if reference.starts_with("//") => format!("{}{reference}", &base[..scheme_end.saturating_sub(2)]),
        _ if reference.starts_with('/') => format!("{}{reference}", &base[..path_start]),
        _ if reference.starts_with('?') => format!("{without_query}{reference}"),
        _ if reference.contains("://") => reference.into(),
        _ => {
            let folder = without_query.rfind('/').filter(|i| *i >= path_start);
            format!("{}/{reference}", folder.map_or(without_query, |i| &without_query[..i]))
        }
    }
}

fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    url.get(..scheme.len() + 3 + rest.find('/').unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        let base = "https://op.example/a/b?c=/d";
        for (reference, url) in [
            ("", base),
            ("https://x.example/y", "https://x.example/y"),
            ("//x.example/y", "https://x.example/y"),
            ("/y?u=http://z", "https://op.example/y?u=http://z"),
            ("?y", "https://op.example/a/b?y"),
            ("y", "https://op.example/a/y"),
        ] {
            assert_eq!(resolve(base, reference), url, "{reference}");
        }
        assert_eq!(resolve("https://op.example", "y"), "https://op.example/y");
    }

    #[test]
    fn a_form_is_filled_in_with_a_yes_or_a_no() {
        let page = Page::read(
            r#"<form method="post"><input type="hidden" name="h" value="1"><input name="login">
            <input type="password" name="pw"><button name="do" value="cancel"></button>
            <button name="do" value="go"></button></form>"#,
        );
        assert_eq!(filled(&page.forms[0], Answer::Yes), "h=1&login=alice&pw=password&do=go");
        assert_eq!(filled(&page.forms[0], Answer::No), "h=1&login=alice&pw=password&do=cancel");
    }

    #[test]
    fn a_link_declines_where_no_button_does() {
        let page = Page::read(r#"<form method="post" action="/in"></form><a href="/x/abort">[ Cancel ]</a>"#);
        assert_eq!(next("http://a/x", &page, Answer::No).unwrap().url, "http://a/x/abort");
        assert_eq!(next("http://a/x", &page, Answer::Yes).unwrap().url, "http://a/in");
    }
}
