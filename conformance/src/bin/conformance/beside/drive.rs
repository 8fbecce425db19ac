//! What users do with an application, and whether it went well.

use std::thread;
use std::time::Duration;

use conformance::browser::{Browser, Stuck, Walk};
use ureq::Agent;

use super::applications::Application;
use super::op::{Op, TOKEN_SECS};
use super::running::Running;

/// How one step went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Went {
    Well,
    /// It went well in another way than was looked for.
    Otherwise(&'static str),
    /// The library has no such thing.
    Absent,
    Badly(String),
}

/// How each step went.
pub(super) struct Seen {
    two_tabs: Went,
    reloaded: Went,
    refresh: Went,
    logout: Went,
    back_channel: Went,
}

/// Somebody called alice, with a browser for each thing to do.
pub(super) struct Visitor<'a> {
    home: &'a str,
    op: &'a Op,
    application: &'a Application,
}

impl Went {
    pub(super) fn is_well(&self) -> bool {
        matches!(self, Went::Well)
    }

    fn of(outcome: Result<Went, String>) -> Went {
        outcome.unwrap_or_else(Went::Badly)
    }
}

impl Seen {
    pub(super) fn steps(&self) -> [(&'static str, &Went); 5] {
        [
            ("two tabs", &self.two_tabs),
            ("callback reloaded", &self.reloaded),
            ("refresh", &self.refresh),
            ("logout", &self.logout),
            ("back-channel logout", &self.back_channel),
        ]
    }
}

impl<'a> Visitor<'a> {
    pub(super) fn new(running: &'a Running, op: &'a Op, application: &'a Application) -> Visitor<'a> {
        Visitor { home: &running.base_url, op, application }
    }

    /// A page for everybody, and a login that starts at a page for users and ends there.
    pub(super) fn logs_in(&self) -> Result<(), String> {
        let public = self.go(&mut browser(), "/")?;
        if !shows(&public, "For everybody") {
            return Err("the page for everybody is not there".into());
        }
        self.logged_in().map(drop)
    }

    /// The same, and the next two visits are those of a user.
    pub(super) fn logs_in_and_stays(&self) -> Result<(), String> {
        let (mut browser, _) = self.logged_in()?;
        let authorize = format!("{}/auth", self.op.issuer);
        for _ in 0..2 {
            let url = format!("{}/private", self.home);
            let walk = browser.walk(&url, self.home, Some(&authorize)).map_err(text)?;
            if !is_private(&walk) {
                return Err(end(&walk));
            }
        }
        Ok(())
    }

    pub(super) fn look(&self) -> Seen {
        Seen {
            two_tabs: Went::of(self.two_tabs()),
            reloaded: Went::of(self.reloaded()),
            refresh: Went::of(self.refresh()),
            logout: Went::of(self.logout()),
            back_channel: Went::of(self.back_channel()),
        }
    }

    /// Two tabs of one browser are sent to the provider before either logs in.
    fn two_tabs(&self) -> Result<Went, String> {
        let mut browser = browser();
        let (first, second) = (self.sent_to_login(&mut browser)?, self.sent_to_login(&mut browser)?);
        for (tab, url) in [("first", first), ("second", second)] {
            let walk = browser.walk(&url, self.home, None).map_err(text)?;
            if walk.page.as_ref().is_none_or(|(status, _)| *status != 200) {
                return Err(format!("the {tab} tab ended at {}", end(&walk)));
            }
        }
        let page = self.go(&mut browser, "/private")?;
        if !is_private(&page) {
            return Err(format!("afterwards {}", end(&page)));
        }
        Ok(Went::Well)
    }

    /// The user goes back to the callback, or reloads it.
    fn reloaded(&self) -> Result<Went, String> {
        let (mut browser, walk) = self.logged_in()?;
        let is_callback = |url: &&String| url.starts_with(self.home) && url.contains("code=");
        let callback = walk.urls.iter().find(is_callback).ok_or("no callback was seen")?;
        let again = browser.walk(callback, self.home, None).map_err(text)?;
        if again.page.as_ref().is_none_or(|(status, _)| *status != 200) {
            return Err(end(&again));
        }
        let page = self.go(&mut browser, "/private")?;
        if is_private(&page) { Ok(Went::Well) } else { Err(format!("afterwards {}", end(&page))) }
    }

    /// The tokens expire, and the user goes on.
    fn refresh(&self) -> Result<Went, String> {
        let (mut browser, _) = self.logged_in()?;
        thread::sleep(Duration::from_secs(TOKEN_SECS + 1));
        self.op.requests()?;
        let page = self.go(&mut browser, "/private")?;
        let requests = self.op.requests()?;
        if !is_private(&page) {
            return Err(end(&page));
        }
        match requests.iter().any(|request| request == "POST /token 200") {
            true if requests.iter().any(|request| request.starts_with("GET /auth")) => {
                Ok(Went::Otherwise("by a redirect"))
            }
            true => Ok(Went::Well),
            false => Err("nothing was refreshed".into()),
        }
    }

    /// The user logs out, by the form of the page or by its link: here, and at the provider.
    fn logout(&self) -> Result<Went, String> {
        let (mut browser, page) = self.logged_in()?;
        self.op.requests()?;
        let walk = match browser.press(&page, self.home) {
            Some(walk) => walk.map_err(text)?,
            None => self.go(&mut browser, "/logout")?,
        };
        let requests = self.op.requests()?;
        if !shows(&walk, "For everybody") {
            return Err(format!("it ended at {}", end(&walk)));
        }
        if !requests.iter().any(|request| request.starts_with("POST /session/end/confirm")) {
            return Err("the provider was not told".into());
        }
        self.sent_to_login(&mut browser)?;
        Ok(Went::Well)
    }

    /// The user logs out at the provider, which tells the application.
    fn back_channel(&self) -> Result<Went, String> {
        if self.application.back_channel.is_none() {
            return Ok(Went::Absent);
        }
        let (mut browser, _) = self.logged_in()?;
        let url = format!("{}/session/end", self.op.issuer);
        browser.walk(&url, self.home, None).map_err(text)?;
        self.sent_to_login(&mut browser)?;
        Ok(Went::Well)
    }

    fn logged_in(&self) -> Result<(Browser, Walk), String> {
        let mut browser = browser();
        let walk = self.go(&mut browser, "/private")?;
        if is_private(&walk) {
            Ok((browser, walk))
        } else {
            Err(format!("the login ended at {}", end(&walk)))
        }
    }

    fn go(&self, browser: &mut Browser, path: &str) -> Result<Walk, String> {
        browser.walk(&format!("{}{path}", self.home), self.home, None).map_err(text)
    }

    /// Where the browser is sent that wants the page for users.
    fn sent_to_login(&self, browser: &mut Browser) -> Result<String, String> {
        let authorize = format!("{}/auth", self.op.issuer);
        let url = format!("{}/private", self.home);
        let walk = browser.walk(&url, self.home, Some(&authorize)).map_err(text)?;
        match (&walk.page, walk.urls.last()) {
            (None, Some(url)) => Ok(url.clone()),
            _ => Err(format!("not sent to log in, but {}", end(&walk))),
        }
    }
}

/// A browser that makes a connection for each request, so that each may meet another process.
fn browser() -> Browser {
    let config = Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0);
    Browser::with(config.build().into())
}

fn is_private(walk: &Walk) -> bool {
    shows(walk, "For alice")
}

fn shows(walk: &Walk, words: &str) -> bool {
    walk.page.as_ref().is_some_and(|(status, text)| *status == 200 && text.contains(words))
}

fn end(walk: &Walk) -> String {
    let url = walk.urls.last().and_then(|url| url.split('?').next()).unwrap_or_default();
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    match &walk.page {
        Some((status, _)) => format!("/{path} with {status}"),
        None => format!("/{path}"),
    }
}

fn text(stuck: Stuck) -> String {
    stuck.to_string()
}
