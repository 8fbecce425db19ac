//! Sites: what a browser gets, what the store is asked, and how sessions last and end.

use relyingparty::Endpoint;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::format::{BrowserRequest, Call, Outcome, SiteProvider};
use super::scene::{Ended, ISSUER, Scene, hex};
use super::{Scenario, USUAL, http, json_answer, unreachable};
use crate::browser::posted;
use crate::http::Request;
use crate::provider::{Draft, Mutation, SigningKey};

const NONE: Mutation = Mutation::NONE;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const BASE: &str = "https://app.example/auth";
/// The registration of a site.
const AT_SITE: &str = r#"{
    "redirect_uri":"https://app.example/auth/callback",
    "post_logout_redirect_uri":"https://app.example/auth/logged-out"
}"#;
/// A session that has a name at the provider.
const NAMED: Mutation = Mutation { id_token: |token| token.set("sid", "a-session"), ..NONE };
const SITE: Scenario = Scenario { registration: AT_SITE, ..USUAL };
const SITE_NAMED: Scenario = Scenario { mutation: NAMED, ..SITE };

/// A browser: it sends the cookies that it was given.
#[derive(Clone, Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    fn request(&self, method: &str, url: &str) -> BrowserRequest {
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

fn one_provider() -> Vec<SiteProvider> {
    vec![SiteProvider { name: "op".into(), issuer: None, registration: None, authorize: None }]
}

impl Scene {
    /// Makes a site with this policy.
    fn open(&mut self, site_policy: Value, providers: Vec<SiteProvider>) -> Ended {
        let sealing_keys = vec![hex(&Sha256::digest("a sealing key"))];
        self.call(Call::Site { base_url: BASE.into(), sealing_keys, site_policy, providers })
    }

    fn stored_site(&mut self) -> Ended {
        self.open(json!({ "store": true }), one_provider())
    }

    fn entropy(&self) -> String {
        hex(&Sha256::digest(format!("site draw {}", self.case.steps.len())))
    }

    /// What the last call showed.
    fn seen(&self) -> &Value {
        match self.case.steps.last().map(|step| &step.outcome) {
            Some(Outcome::Ok(seen)) => seen,
            _ => &Value::Null,
        }
    }

    fn handle(&mut self, browser: &mut Browser, request: BrowserRequest) -> Ended {
        let entropy = self.entropy();
        self.call(Call::Handle { flow: None, request, entropy })?;
        browser.keep(self.seen());
        Ok(())
    }

    fn get_page(&mut self, browser: &mut Browser, url: &str) -> Ended {
        let request = browser.request("GET", url);
        self.handle(browser, request)
    }

    /// A form of the site's own page.
    fn post(&mut self, browser: &mut Browser, url: &str, form: &str) -> Ended {
        let mut request = browser.request("POST", url);
        request.headers.push(("Sec-Fetch-Site".into(), "same-origin".into()));
        request.form = Some(form.into());
        self.handle(browser, request)
    }

    /// A form that comes from somewhere else, without cookies.
    fn send_form(&mut self, url: &str, form: &str) -> Ended {
        let mut request = Browser::default().request("POST", url);
        request.form = Some(form.into());
        self.handle(&mut Browser::default(), request)
    }

    fn visit_site(&mut self, browser: &mut Browser) -> Ended {
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

    fn go_on(&mut self, flow: &str) -> Ended {
        self.call(Call::GoOn { flow: flow.into() })
    }

    fn location(&self) -> String {
        let headers = self.seen()["headers"].as_array();
        let mut leads = headers.into_iter().flatten().filter(|header| header[0] == "Location");
        leads.next().and_then(|header| header[1].as_str()).expect("the answer leads somewhere").into()
    }

    /// Follows the answer to the provider and comes back: a URL of the site's, or the form that was posted.
    fn way_of_browser(&mut self) -> Result<String, String> {
        let location = self.location();
        let target = location.strip_prefix(ISSUER).expect("it leads to the provider");
        let response = self.world.send(&Request::get(target), self.player.now);
        match response.header("location") {
            Some(location) => Ok(location.replace("https://app.example", "")),
            None => Err(posted(&String::from_utf8_lossy(&response.body)).expect("the provider sends a form")),
        }
    }

    /// A login from start to session.
    fn enter(&mut self, browser: &mut Browser, login: &str) -> Ended {
        self.get_page(browser, login)?;
        let back = self.way_of_browser().expect("the provider answers in the query");
        self.get_page(browser, &back)
    }

    fn entered(&mut self) -> Result<Browser, super::scene::Stopped> {
        self.stored_site()?;
        let mut browser = Browser::default();
        self.enter(&mut browser, "/auth/login?return_to=/inbox")?;
        Ok(browser)
    }
}

/// A logout token as the Foundation's suite sends it, and what is changed of it.
fn logout_token(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    let token = scene.token(|token| {
        token.set("exp", token.now + 120);
        token.set("jti", "a-logout-token");
        token.set("sid", "a-session");
        token.set("events", json!({ EVENT: {} }));
        change(token);
    });
    ["logout_token=", &token].concat()
}

/// A login, a logout token, and a visit.
fn ended_from_behind(scene: &mut Scene, change: impl FnOnce(&mut Draft)) -> Ended {
    let mut browser = scene.entered()?;
    scene.at(10);
    let form = logout_token(scene, change);
    scene.visit_site(&mut browser)?;
    scene.send_form("/auth/backchannel-logout", &form)
}

/// A logout in a frame of the provider's.
fn ended_in_frame(scene: &mut Scene, query: &str) -> Ended {
    let mut browser = scene.entered()?;
    scene.get_page(&mut Browser::default(), &["/auth/frontchannel-logout?", query].concat())?;
    scene.visit_site(&mut browser)
}

fn initiated(scene: &mut Scene, query: &str) -> Ended {
    scene.stored_site()?;
    let mut browser = Browser::default();
    scene.get_page(&mut browser, &["/auth/initiate?", query].concat())?;
    match scene.seen()["status"] == 303 {
        true => {
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.get_page(&mut browser, &back)
        }
        false => Ok(()),
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
    Scenario {
        name: "a-site-logs-out-and-comes-back",
        about: "A logout by the site's own form: the session is taken first, then the provider is told, and the way back is checked.",
        play: |scene| {
            let mut browser = scene.entered()?;
            scene.post(&mut browser, "/auth/logout", "return_to=/goodbye")?;
            let back = scene.way_of_browser().expect("the provider sends the browser back");
            scene.get_page(&mut browser, &back)?;
            scene.visit_site(&mut browser)
        },
        ..SITE
    },
    Scenario {
        name: "a-site-revokes-tokens-at-logout",
        about: "The policy says so: refresh token and access token are revoked before the browser is sent on.",
        mutation: Mutation {
            metadata: |metadata| {
                metadata.insert("revocation_endpoint".into(), "https://op.example/revoke".into());
            },
            ..NONE
        },
        play: |scene| {
            scene.open(json!({ "store": true, "revoke_at_logout": true }), one_provider())?;
            let mut browser = Browser::default();
            scene.enter(&mut browser, "/auth/login")?;
            for _ in 0..2 {
                scene.instead(Endpoint::Revocation, http(200, Vec::new(), String::new()));
            }
            scene.post(&mut browser, "/auth/logout", "")
        },
        ..SITE
    },
    Scenario {
        name: "a-sites-logout-is-for-its-own-pages",
        about: "A page of another site posts to the logout.",
        ends: "cross_site_request",
        play: |scene| {
            let mut browser = scene.entered()?;
            let mut request = browser.request("POST", "/auth/logout");
            request.headers.push(("Sec-Fetch-Site".into(), "cross-site".into()));
            request.form = Some(String::new());
            scene.handle(&mut browser, request)
        },
        ..SITE
    },
    Scenario {
        name: "a-return-to-a-site-with-another-state",
        about: "The browser comes back from a logout that it did not begin.",
        ends: "logout_state_mismatch",
        play: |scene| {
            scene.stored_site()?;
            scene.get_page(&mut Browser::default(), "/auth/logged-out?state=another")
        },
        ..SITE
    },
    Scenario {
        name: "a-session-that-ended-during-its-login-is-over",
        about: "The provider ends the session while the code is exchanged: what is stored afterwards does not stay.",
        ends: "session_over",
        mutation: NAMED,
        play: |scene| {
            scene.stored_site()?;
            let mut browser = Browser::default();
            scene.get_page(&mut browser, "/auth/login")?;
            let back = scene.way_of_browser().expect("the provider answers in the query");
            scene.world.stops_after = Some(2);
            let (request, entropy) = (browser.request("GET", &back), scene.entropy());
            scene.call(Call::Handle { flow: Some("login".into()), request, entropy })?;
            scene.world.stops_after = None;
            let query = ["/auth/frontchannel-logout?iss=", ISSUER, "&sid=a-session"].concat();
            scene.get_page(&mut Browser::default(), &query)?;
            scene.go_on("login")
        },
        ..SITE
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout",
        about: "A logout token in order ends the session of its sid, and answers 200.",
        play: |scene| {
            let mut browser = scene.entered()?;
            let form = logout_token(scene, |token| token.set("a-claim-that-nobody-knows", true));
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.visit_site(&mut browser)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
        about: "The logout token is not signed: 400.",
        ends: "malformed_token",
        play: |scene| ended_from_behind(scene, |token| token.alg = "none".into()),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
        about: "The logout token is signed by a key of the provider's, with EdDSA where ES256 is registered: 400.",
        ends: "alg_refused",
        registration: r#"{
            "redirect_uri":"https://app.example/auth/callback",
            "post_logout_redirect_uri":"https://app.example/auth/logged-out",
            "id_token_signed_response_alg":"ES256"
        }"#,
        play: |scene| {
            scene.entered()?;
            scene.rotate_to(SigningKey::eddsa("k2", [2; 32]));
            let form = logout_token(scene, |token| token.alg = "EdDSA".into());
            scene.send_form("/auth/backchannel-logout", &form)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
        about: "The logout token has no events: 400.",
        ends: "claim_missing",
        play: |scene| ended_from_behind(scene, |token| token.remove("events")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
        about: "The logout token has another event: 400.",
        ends: "claim_invalid",
        play: |scene| {
            let other = json!({ "http://schemas.openid.net/event/foobar": {} });
            ended_from_behind(scene, |token| token.set("events", other))
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
        about: "The logout token has a nonce: 400.",
        ends: "claim_invalid",
        play: |scene| ended_from_behind(scene, |token| token.set("nonce", "a-nonce")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
        about: "The logout token is for another client: 400.",
        ends: "aud_mismatch",
        play: |scene| ended_from_behind(scene, |token| token.append("aud", "INVALID")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
        about: "The logout token comes from another issuer: 400.",
        ends: "iss_mismatch",
        play: |scene| ended_from_behind(scene, |token| token.append("iss", "INVALID")),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-logout-token-that-comes-to-a-site-again",
        about: "The same logout token comes a second time: 400.",
        ends: "logout_token_replayed",
        play: |scene| {
            scene.entered()?;
            let form = logout_token(scene, |_| {});
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.send_form("/auth/backchannel-logout", &form)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-logout-token-of-an-end-user-ends-all-sessions-of-a-site",
        about: "The logout token has no sid: both browsers of its sub are logged out.",
        play: |scene| {
            let mut one = scene.entered()?;
            let mut other = Browser::default();
            scene.enter(&mut other, "/auth/login")?;
            let form = logout_token(scene, |token| token.remove("sid"));
            scene.send_form("/auth/backchannel-logout", &form)?;
            scene.visit_site(&mut one)?;
            scene.visit_site(&mut other)
        },
        ..SITE_NAMED
    },
    Scenario {
        name: "a-site-at-oidcc-client-test-rp-frontchannel-opinitlogout",
        about: "The provider's page makes a logout request with iss and sid, to which no cookie comes: the session ends.",
        play: |scene| ended_in_frame(scene, &["iss=", ISSUER, "&sid=a-session"].concat()),
        ..SITE_NAMED
    },
    Scenario {
        name: "a-front-channel-logout-of-another-issuer-ends-nothing-at-a-site",
        about: "The logout request's iss has a slash too many.",
        play: |scene| ended_in_frame(scene, "iss=https%3A%2F%2Fop.example%2F&sid=a-session"),
        ..SITE_NAMED
    },
    Scenario {
        name: "oidcc-client-test-3rd-party-init-login",
        about: "A login that the provider begins, with its iss and a login_hint.",
        play: |scene| initiated(scene, &["iss=", ISSUER, "&login_hint=alice"].concat()),
        ..SITE
    },
    Scenario {
        name: "a-login-that-somebody-else-begins-leads-to-a-page-of-the-site",
        about: "The target_link_uri is a page of the site's own origin.",
        play: |scene| {
            let target = "&target_link_uri=https%3A%2F%2Fapp.example%2Finbox";
            initiated(scene, &["iss=", ISSUER, target].concat())
        },
        ..SITE
    },
    Scenario {
        name: "a-login-that-somebody-else-begins-leads-nowhere-else",
        about: "The target_link_uri is a page of another site: the login leads to the usual page.",
        play: |scene| {
            let target = "&target_link_uri=https%3A%2F%2Fevil.example%2Finbox";
            initiated(scene, &["iss=", ISSUER, target].concat())
        },
        ..SITE
    },
    Scenario {
        name: "a-login-at-a-provider-that-a-site-does-not-have",
        about: "Somebody begins a login with the iss of another provider.",
        ends: "unknown_provider",
        play: |scene| initiated(scene, "iss=https%3A%2F%2Fevil.example"),
        ..SITE
    },
];
