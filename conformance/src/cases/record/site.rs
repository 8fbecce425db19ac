//! Sites: what a browser gets, what the store is asked, and how sessions last. How they end is in `site_ends.rs`.

use relyingparty::Endpoint;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::format::{BrowserRequest, Call, Outcome, SiteProvider};
use super::scene::{Ended, ISSUER, Scene, hex};
use super::{Scenario, USUAL, json_answer, unreachable};
use crate::browser::posted;
use crate::http::Request;
use crate::provider::Mutation;

const NONE: Mutation = Mutation::NONE;
const BASE: &str = "https://app.example/auth";
/// The registration of a site.
const AT_SITE: &str = r#"{
    "redirect_uri":"https://app.example/auth/callback",
    "post_logout_redirect_uri":"https://app.example/auth/logged-out"
}"#;
/// A session that has a name at the provider.
pub(super) const NAMED: Mutation = Mutation { id_token: |token| token.set("sid", "a-session"), ..NONE };
pub(super) const SITE: Scenario = Scenario { registration: AT_SITE, ..USUAL };
pub(super) const SITE_NAMED: Scenario = Scenario { mutation: NAMED, ..SITE };

/// A browser: it sends the cookies that it was given.
#[derive(Clone, Default)]
pub(super) struct Browser(Vec<(String, String)>);

impl Browser {
    pub(super) fn request(&self, method: &str, url: &str) -> BrowserRequest {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = (!cookies.is_empty()).then(|| ("Cookie".to_owned(), cookies.join("; ")));
        let headers = headers.into_iter().collect();
        BrowserRequest { method: method.into(), url: url.into(), headers, form: None }
    }

    fn keep(&mut self, seen: &Value) {
        let set = seen["headers"].as_array().into_iter().flatten().filter(|header| header[0] == "Set-Cookie");
        let set = set.map(|header| &header[1]).chain(seen["set_cookies"].as_array().into_iter().flatten());
        for cookie in set.filter_map(Value::as_str) {
            let (pair, attributes) = cookie.split_once(';').expect("a cookie has attributes");
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            self.0.retain(|(own, _)| own != name);
            if !attributes.contains("Max-Age=0") {
                self.0.push((name.into(), value.into()));
            }
        }
    }
}

pub(super) fn one_provider() -> Vec<SiteProvider> {
    vec![SiteProvider { name: "op".into(), issuer: None, registration: None, authorize: None }]
}

impl Scene {
    /// Makes a site with this policy.
    pub(super) fn open(&mut self, site_policy: Value, providers: Vec<SiteProvider>) -> Ended {
        let sealing_keys = vec![hex(&Sha256::digest("a sealing key"))];
        self.call(Call::Site { base_url: BASE.into(), sealing_keys, site_policy, providers })
    }

    pub(super) fn stored_site(&mut self) -> Ended {
        self.open(json!({ "store": true }), one_provider())
    }

    pub(super) fn entropy(&self) -> String {
        hex(&Sha256::digest(format!("site draw {}", self.case.steps.len())))
    }

    /// What the last call showed.
    pub(super) fn seen(&self) -> &Value {
        match self.case.steps.last().map(|step| &step.outcome) {
            Some(Outcome::Ok(seen)) => seen,
            _ => &Value::Null,
        }
    }

    pub(super) fn handle(&mut self, browser: &mut Browser, request: BrowserRequest) -> Ended {
        let entropy = self.entropy();
        self.call(Call::Handle { flow: None, request, entropy })?;
        browser.keep(self.seen());
        Ok(())
    }

    pub(super) fn get_page(&mut self, browser: &mut Browser, url: &str) -> Ended {
        let request = browser.request("GET", url);
        self.handle(browser, request)
    }

    /// A form of the site's own page.
    pub(super) fn post(&mut self, browser: &mut Browser, url: &str, form: &str) -> Ended {
        let mut request = browser.request("POST", url);
        request.headers.push(("Sec-Fetch-Site".into(), "same-origin".into()));
        request.form = Some(form.into());
        self.handle(browser, request)
    }

    /// A form that comes from somewhere else, without cookies.
    pub(super) fn send_form(&mut self, url: &str, form: &str) -> Ended {
        let mut request = Browser::default().request("POST", url);
        request.form = Some(form.into());
        self.handle(&mut Browser::default(), request)
    }

    pub(super) fn visit_site(&mut self, browser: &mut Browser) -> Ended {
        let (request, entropy) = (browser.request("GET", "/page"), self.entropy());
        self.call(Call::Visit { flow: None, request, entropy })?;
        browser.keep(self.seen());
        Ok(())
    }

    /// Begins a visit and stops after so many answers.
    fn begin_visit(&mut self, flow: &str, browser: &Browser, answers: usize) -> Ended {
        self.world.stops_after = Some(answers);
        let (flow, request, entropy) = (Some(flow.into()), browser.request("GET", "/page"), self.entropy());
        let ended = self.call(Call::Visit { flow, request, entropy });
        self.world.stops_after = None;
        ended
    }

    pub(super) fn go_on(&mut self, flow: &str) -> Ended {
        self.call(Call::GoOn { flow: flow.into() })
    }

    fn location(&self) -> String {
        let headers = self.seen()["headers"].as_array();
        let mut leads = headers.into_iter().flatten().filter(|header| header[0] == "Location");
        leads.next().and_then(|header| header[1].as_str()).expect("the answer leads somewhere").into()
    }

    /// Follows the answer to the provider and comes back: a URL of the site's, or the form that was posted.
    pub(super) fn way_of_browser(&mut self) -> Result<String, String> {
        let location = self.location();
        let target = location.strip_prefix(ISSUER).expect("it leads to the provider");
        let response = self.world.send(&Request::get(target), self.player.now);
        match response.header("location") {
            Some(location) => Ok(location.replace("https://app.example", "")),
            None => Err(posted(&String::from_utf8_lossy(&response.body)).expect("the provider sends a form")),
        }
    }

    /// A login from start to session.
    pub(super) fn enter(&mut self, browser: &mut Browser, login: &str) -> Ended {
        self.get_page(browser, login)?;
        let back = self.way_of_browser().expect("the provider answers in the query");
        self.get_page(browser, &back)
    }

    pub(super) fn entered(&mut self) -> Result<Browser, super::scene::Stopped> {
        self.stored_site()?;
        let mut browser = Browser::default();
        self.enter(&mut browser, "/auth/login?return_to=/inbox")?;
        Ok(browser)
    }
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-site-logs-in-without-a-store",
        about: "The login travels in a cookie, and so does the session: without its refresh token.",
        play: |scene| {
            scene.open(json!({}), one_provider())?;
            let mut browser = Browser::default();
            scene.enter(&mut browser, "/auth/login?return_to=/inbox")?;
            scene.visit_site(&mut browser)?;
            scene.at(3_601);
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-site-logs-in-with-a-store",
        about: "The browser holds an id, the store the sealed session, and a mark that the login was used.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-login-is-used-once",
        about: "The cookie of a login was copied, and its response comes a second time, to a browser without a session.",
        ends: "no_pending_login",
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let mut copied = browser.clone();
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.get_page(&mut browser, &back)?;
            scene.get_page(&mut copied, &back)
        },
        ..SITE
    },
    Scenario {
        name: "a-reload-of-a-sites-callback-goes-on",
        about: "The browser goes back and reloads the callback: its session is there, and it is sent on.",
        ends: "no_pending_login",
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.get_page(&mut browser, &back)?;
            scene.get_page(&mut browser, &back)
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-response-may-be-posted",
        about: "The provider has the browser post the response, to which no SameSite cookie comes.",
        play: |scene| {
            let mut providers = one_provider();
            providers[0].authorize = Some(json!({ "response_mode": "form_post" }));
            scene.open(json!({ "store": true }), providers)?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let form = scene.way_of_browser().expect_err("the provider posts");
            let mut request = browser.request("POST", "/auth/callback");
            request.headers.push(("Sec-Fetch-Site".into(), "cross-site".into()));
            request.form = Some(form);
            scene.handle(&mut browser, request)
        },
        ..SITE
    },
    Scenario {
        name: "a-site-is-told-no",
        about: "The end user does not consent.",
        ends: "provider_error",
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let back = scene.way_of_browser().expect("the provider answers in the query");
            let (_, state) = back.split_once("state=").expect("the response has a state");
            scene.get_page(&mut browser, &["/auth/callback?error=access_denied&state=", state].concat())
        },
        ..SITE
    },
    Scenario {
        name: "a-site-refreshes-when-it-is-due",
        about: "A minute before the access token expires the session is locked, read again, refreshed and written.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(539);
            scene.visit_site(&mut browser)?;
            scene.at(540);
            scene.visit_site(&mut browser)?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "two-refreshes-of-a-site-are-one",
        about: "A visit finds the session due. Before it has the lock, another one refreshes: it reads again and uses what that brought.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(550);
            scene.begin_visit("late", &browser, 1)?;
            scene.visit_site(&mut browser)?;
            scene.go_on("late")
        },
        ..SITE
    },
    Scenario {
        name: "a-logout-wins-over-a-refresh-of-a-site",
        about: "A visit has refreshed the tokens. Before it has written them, the user logs out: what comes late brings nothing back.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(550);
            scene.begin_visit("late", &browser, 4)?;
            scene.post(&mut browser.clone(), "/auth/logout", "")?;
            scene.go_on("late")?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "who-lost-the-lock-of-a-site-overwrites-nothing",
        about: "A visit has refreshed the tokens and hangs. Its lock expires, and another one writes newer tokens: those stay.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(550);
            scene.begin_visit("late", &browser, 4)?;
            scene.at(611);
            let newer =
                r#"{"access_token":"newer","token_type":"Bearer","expires_in":600,"refresh_token":"newest"}"#;
            scene.instead(Endpoint::Token, json_answer(200, newer));
            scene.visit_site(&mut browser)?;
            scene.go_on("late")?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "who-does-not-get-the-lock-of-a-site-goes-on",
        about: "Somebody else refreshes and takes long: the access token still lives, and the visit goes on with it.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(550);
            scene.begin_visit("slow", &browser, 3)?;
            scene.visit_site(&mut browser)?;
            scene.go_on("slow")
        },
        ..SITE
    },
    Scenario {
        name: "a-dead-token-of-a-site-is-nobodys-for-now",
        about: "The access token has expired, and somebody else refreshes and takes long.",
        ends: "refresh_pending",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(700);
            scene.begin_visit("slow", &browser, 3)?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-refresh-token-that-is-gone-ends-a-sites-session",
        about: "The provider says invalid_grant: the session is over, and that is told once.",
        play: |scene| {
            let mut browser = scene.entered()?;
            let mut other_tab = browser.clone();
            scene.at(550);
            scene.instead(Endpoint::Token, json_answer(400, r#"{"error":"invalid_grant"}"#));
            scene.visit_site(&mut browser)?;
            scene.visit_site(&mut other_tab)
        },
        ..SITE
    },
    Scenario {
        name: "a-provider-that-is-down-costs-no-session-of-a-site",
        about: "The token endpoint cannot be reached: the session goes on while its access token lives, and the next attempt waits.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(550);
            scene.instead(Endpoint::Token, unreachable());
            scene.visit_site(&mut browser)?;
            scene.at(551);
            scene.visit_site(&mut browser)?;
            scene.at(556);
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-unused-session-is-over",
        about: "Nobody used the session for as long as it may be idle.",
        play: |scene| {
            scene.open(json!({ "store": true, "idle_secs": 600 }), one_provider())?;
            let mut browser = Browser::default();
            scene.enter(&mut browser, "/auth/login")?;
            scene.at(80);
            scene.visit_site(&mut browser)?;
            scene.at(681);
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-session-ends-when-its-provider-says",
        about: "The ID token has a session_expiry, which is earlier than the site's own.",
        mutation: Mutation { id_token: |token| token.set("session_expiry", token.now + 300), ..NONE },
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.at(299);
            scene.visit_site(&mut browser)?;
            scene.at(300);
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-store-that-does-not-answer-is-told",
        about: "The store cannot be reached: nobody is told that nobody is logged in.",
        ends: "store_unavailable",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.world.store_is_up = false;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-session-too-large-for-a-sites-cookies-is-refused",
        about: "There is no store, and the ID token is larger than all cookies may be.",
        ends: "cookie_too_large",
        mutation: Mutation {
            id_token: |token| token.set("groups", vec!["a-group-with-a-long-name"; 300]),
            ..NONE
        },
        play: |scene| {
            scene.open(json!({}), one_provider())?;
            let mut browser = Browser::default();
            scene.enter(&mut browser, "/auth/login")
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-long-page-waits-in-the-store",
        about: "The page that a login leads to is too long for its cookie.",
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            let login = ["/auth/login?return_to=/search%3Fq%3D", &"a".repeat(3_800)].concat();
            scene.enter(&mut browser, &login)
        },
        ..SITE
    },
];
