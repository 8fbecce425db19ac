//! The browser's way to the provider and back.

use serde_json::Value;

use super::super::format::{Call, Outcome};
use super::scene::{Ended, ISSUER, Scene};
use crate::browser::posted;
use crate::http;
use crate::modules::REDIRECT_URI;

/// A callback of the named login.
pub(super) fn callback(login: &str, query: Option<String>, form: Option<String>) -> Call {
    let (cookies, id, told, stored, in_steps) = (None, None, None, None, false);
    Call::Callback { login: login.into(), cookies, id, told, stored, query, form, in_steps }
}

/// A callback for which the store has something else than a login of its own, or nothing.
pub(super) fn stored(stored: Option<&str>, query: Option<String>, form: Option<String>) -> Call {
    let (login, stored) = ("alice".into(), Some(stored.map(str::to_owned)));
    let (cookies, id, told, in_steps) = (None, None, None, false);
    Call::Callback { login, cookies, id, told, stored, query, form, in_steps }
}

impl Scene {
    /// Sends the browser to the provider, and yields what it came back with: a URL, or a form's body.
    pub(super) fn browse(&mut self, login: &str) -> (Option<String>, Option<String>) {
        self.browse_with(login, "")
    }

    /// The same where somebody has added to the URL.
    pub(super) fn browse_with(&mut self, login: &str, more: &str) -> (Option<String>, Option<String>) {
        let url = self.started(login)["url"].as_str();
        let target = url.and_then(|url| url.strip_prefix(ISSUER)).expect("the login was started");
        let response = self.world.send(&http::Request::get(format!("{target}{more}")), self.player.now);
        match response.header("location") {
            Some(location) => (Some(location.into()), None),
            None => {
                let page = String::from_utf8_lossy(&response.body);
                (None, Some(posted(&page).expect("the provider sends a form that posts itself")))
            }
        }
    }

    /// What there was to see of the start of a login.
    fn started(&self, login: &str) -> &Value {
        let started = self.case.steps.iter().rev().find_map(|step| match (&step.call, &step.outcome) {
            (Call::Authorize { login: own, .. }, Outcome::Ok(seen)) if own == login => Some(seen),
            _ => None,
        });
        started.expect("the login was started")
    }

    /// Takes the browser's way back.
    pub(super) fn callback(&mut self, login: &str) -> Ended {
        let (query, form) = self.browse(login);
        self.come_back(login, query, form)
    }

    /// Takes a way back, in steps where the response may be signed.
    pub(super) fn come_back(&mut self, login: &str, query: Option<String>, form: Option<String>) -> Ended {
        let mut call = callback(login, query, form);
        if let Call::Callback { in_steps, .. } = &mut call {
            *in_steps = self.signed.contains(login);
        }
        self.call(call)
    }

    /// Takes a way back on which the parameters were changed.
    pub(super) fn changed_callback(&mut self, login: &str, change: impl FnOnce(&str) -> String) -> Ended {
        let query = self.browse(login).0.map(|url| change(&url));
        self.come_back(login, query, None)
    }

    /// A response to that login which nobody signed.
    pub(super) fn plain_response(&self, login: &str) -> String {
        let url = self.started(login)["url"].as_str().unwrap_or_default();
        let (_, query) = url.split_once('?').expect("a login's URL has a query");
        let params = http::Params::parse(query);
        let state = params.get("state").expect("the login has a state");
        http::with_query(REDIRECT_URI, &[("code", "a-code"), ("state", state), ("iss", ISSUER)])
    }

    /// The cookie that ties a login to its browser, as the browser sends it.
    pub(super) fn cookie(&self, login: &str) -> String {
        let seen = self.started(login);
        let text = |member: &str| seen[member].as_str().expect("a login has it").to_owned();
        format!("{}={}", text("cookie_name"), text("id"))
    }

    /// Takes the way back of a browser that sends these cookies.
    pub(super) fn callback_with(&mut self, login: &str, cookies: String) -> Ended {
        let (query, form) = self.browse(login);
        let (login, cookies) = (login.into(), Some(cookies));
        let (id, told, stored, in_steps) = (None, None, None, false);
        self.call(Call::Callback { login, cookies, id, told, stored, query, form, in_steps })
    }

    /// Takes a way back over plain http, to which the browser brings no cookie.
    pub(super) fn plain_callback(&mut self, login: &str) -> Ended {
        let query = self.browse(login).0.map(|url| url.replace("https://app.example", "http://app.example"));
        let (login, cookies) = (login.into(), Some(String::new()));
        let (id, told, stored, form, in_steps) = (None, None, None, None, false);
        self.call(Call::Callback { login, cookies, id, told, stored, query, form, in_steps })
    }

    /// Takes a way back for which the host has this in the place of an id.
    pub(super) fn callback_of(&mut self, login: &str, id: Option<&str>) -> Ended {
        let (query, form) = self.browse(login);
        let (login, id) = (login.into(), Some(id.map(str::to_owned)));
        let (cookies, told, stored, in_steps) = (None, None, None, false);
        self.call(Call::Callback { login, cookies, id, told, stored, query, form, in_steps })
    }

    /// Takes a way back, the same as before if there was one, for which the store has nothing, and tells this of it.
    pub(super) fn callback_told(&mut self, login: &str, cookies: Option<String>, told: &str) -> Ended {
        let before = self.case.steps.iter().rev().find_map(|step| match &step.call {
            Call::Callback { login: own, query, form, .. } if own == login => {
                Some((query.clone(), form.clone()))
            }
            _ => None,
        });
        let (query, form) = before.unwrap_or_else(|| self.browse(login));
        let (login, told) = (login.into(), Some(told.into()));
        let (id, stored, in_steps) = (None, Some(None), false);
        self.call(Call::Callback { login, cookies, id, told, stored, query, form, in_steps })
    }
}
