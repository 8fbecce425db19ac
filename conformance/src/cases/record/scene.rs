//! A client, a provider and a browser, whose calls are written down.

use relyingparty::Endpoint;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::format::{Call, Case, Outcome, Reply, Step};
use super::super::player::Player;
use super::Scenario;
use super::world::World;
use crate::browser::posted;
use crate::http;
use crate::modules::{POST_LOGOUT_REDIRECT_URI, PUBLIC_CLIENT, REDIRECT_URI};
use crate::provider::{Draft, Provider, RegisteredClient, SigningKey};

/// The issuer of every case.
pub(super) const ISSUER: &str = "https://op.example";
/// What time it is at first: 2027-01-15 08:00:00 UTC.
pub(super) const START: i64 = 1_800_000_000;
/// The client of every case that needs no other.
pub(super) const CLIENT_ID: &str = "relying-party";

/// Whether a scenario goes on. It does not after a call that ended with an error.
pub(super) type Ended = Result<(), Stopped>;

/// The last call ended with an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped;

/// A scenario while it is played.
pub(super) struct Scene {
    case: Case,
    player: Player,
    world: World,
}

pub(super) fn record(scenario: &Scenario) -> Case {
    let mut client =
        RegisteredClient::new(CLIENT_ID, Some("a-client-secret-that-everybody-may-read"), REDIRECT_URI);
    client.post_logout_redirect_uris.push(POST_LOGOUT_REDIRECT_URI.into());
    let mut public = RegisteredClient::new(PUBLIC_CLIENT, None, REDIRECT_URI);
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("a table has JSON");
    let mut registration = json!({
        "client_id": CLIENT_ID,
        "client_secret": "a-client-secret-that-everybody-may-read",
        "redirect_uri": REDIRECT_URI,
    });
    for (member, value) in parse(scenario.registration).as_object().cloned().unwrap_or_default() {
        registration[member] = value;
    }
    if let Some(members) = registration.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    if let Some(other) = registration["redirect_uri"].as_str().filter(|uri| *uri != REDIRECT_URI) {
        for client in [&mut client, &mut public] {
            client.redirect_uris.push(other.into());
        }
    }
    let signing = vec![key(1)];
    let provider =
        Provider::new(ISSUER, signing.clone(), vec![client, public]).asking_nobody().with(scenario.mutation);
    let expect = if scenario.ends == "ok" { "accept" } else { "reject" };
    let case = Case {
        name: scenario.name.into(),
        source: scenario.name.starts_with("oidcc-client-test").then(|| scenario.name.into()),
        about: scenario.about.into(),
        expect: expect.into(),
        issuer: ISSUER.into(),
        registration,
        policy: parse(scenario.policy),
        now: START,
        steps: Vec::new(),
    };
    let mut scene = Scene::new(case, provider, signing);
    // Where it stops is where its last step is.
    let _ = (scenario.play)(&mut scene);
    scene.case
}

/// A callback of the named login.
pub(super) fn callback(login: &str, query: Option<String>, form: Option<String>) -> Call {
    Call::Callback { login: login.into(), cookies: None, id: None, told: None, stored: None, query, form }
}

/// A callback for which the store has something else than a login of its own, or nothing.
pub(super) fn stored(stored: Option<&str>, query: Option<String>, form: Option<String>) -> Call {
    let stored = Some(stored.map(str::to_owned));
    Call::Callback { login: "alice".into(), cookies: None, id: None, told: None, stored, query, form }
}

/// One of the provider's keys: `k1`, `k2` and so on.
pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::es256(&format!("k{number}"), [number; 32])
}

impl Scene {
    pub(super) fn new(case: Case, provider: Provider, signing: Vec<SigningKey>) -> Self {
        let player = Player::new(&case);
        let world = World::new(provider, signing);
        Self { case, player, world }
    }

    pub(super) fn into_case(self) -> Case {
        self.case
    }

    /// Lets time go on to so many seconds after the start.
    pub(super) fn at(&mut self, seconds: i64) {
        self.player.now = START + seconds;
    }

    /// Makes a call, and writes it down.
    pub(super) fn call(&mut self, call: Call) -> Ended {
        let before = self.case.steps.iter().fold(self.case.now, |now, step| {
            let last = step.exchanges.iter().rev().find_map(|exchange| exchange.now);
            last.or(step.now).unwrap_or(now)
        });
        let now = (self.player.now != before).then_some(self.player.now);
        let outcome = self.player.play(&call, &mut self.world);
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", self.case.name));
        let exchanges = std::mem::take(&mut self.world.exchanges);
        let ended = if let Outcome::Error { .. } = outcome { Err(Stopped) } else { Ok(()) };
        self.case.steps.push(Step { now, call, exchanges, outcome });
        ended
    }

    /// Has the next request to an endpoint answered otherwise than by the provider.
    pub(super) fn instead(&mut self, endpoint: Endpoint, reply: Reply) {
        self.world.instead.push_back((endpoint, reply));
    }

    /// Adds a header to each answer of an endpoint.
    pub(super) fn with_header(&mut self, endpoint: Endpoint, name: &str, value: &str) {
        self.world.headers.push((endpoint, (name.into(), value.into())));
    }

    /// Has the provider sign and publish other keys.
    pub(super) fn rotate(&mut self, keys: &[u8]) {
        self.world.signing = keys.iter().copied().map(key).collect();
        self.world.provider.rotate(self.world.signing.clone());
    }

    /// Has the provider sign with and publish this key alone.
    pub(super) fn rotate_to(&mut self, key: SigningKey) {
        self.world.signing = vec![key];
        self.world.provider.rotate(self.world.signing.clone());
    }

    /// Has answers take so many seconds.
    pub(super) fn delay(&mut self, seconds: i64) {
        self.world.delay = seconds;
    }

    /// Lets requests to an endpoint wait, until [`resume`](Self::resume).
    pub(super) fn wait_at(&mut self, endpoint: Endpoint) {
        self.world.waits_at = Some(endpoint);
    }

    /// Goes on with what waits.
    pub(super) fn resume(&mut self, login: &str) -> Ended {
        self.world.waits_at = None;
        self.call(Call::Resume { login: login.into() })
    }

    /// Finds the provider.
    pub(super) fn discover(&mut self) -> Ended {
        self.call(Call::Discover { issuer: None })
    }

    /// Makes the client.
    pub(super) fn client(&mut self) -> Ended {
        self.call(Call::Client { registration: None, policy: None })
    }

    /// Makes the client again, with another registration.
    pub(super) fn other_client(&mut self, member: &str, value: &str) -> Ended {
        let mut registration = self.case.registration.clone();
        registration[member] = value.into();
        self.call(Call::Client { registration: Some(registration), policy: None })
    }

    /// Finds the provider and makes the client.
    pub(super) fn set_up(&mut self) -> Ended {
        self.discover()?;
        self.client()
    }

    /// Starts a login.
    pub(super) fn authorize(&mut self, login: &str, request: Value) -> Ended {
        let entropy = Sha256::digest(login).iter().map(|byte| format!("{byte:02x}")).collect();
        self.call(Call::Authorize { login: login.into(), request, entropy })
    }

    /// Sends the browser to the provider, and yields what it came back with: a URL, or a form's body.
    pub(super) fn browse(&mut self, login: &str) -> (Option<String>, Option<String>) {
        let url = self.started(login)["url"].as_str();
        let target = url.and_then(|url| url.strip_prefix(ISSUER)).expect("the login was started");
        let response = self.world.send(&http::Request::get(target), self.player.now);
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
        self.call(callback(login, query, form))
    }

    /// Takes a way back on which the parameters were changed.
    pub(super) fn changed_callback(&mut self, login: &str, change: impl FnOnce(&str) -> String) -> Ended {
        let query = self.browse(login).0.map(|url| change(&url));
        self.call(callback(login, query, None))
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
        self.call(Call::Callback { login, cookies, id: None, told: None, stored: None, query, form })
    }

    /// Takes a way back over plain http, to which the browser brings no cookie.
    pub(super) fn plain_callback(&mut self, login: &str) -> Ended {
        let query = self.browse(login).0.map(|url| url.replace("https://app.example", "http://app.example"));
        let (login, cookies) = (login.into(), Some(String::new()));
        self.call(Call::Callback { login, cookies, id: None, told: None, stored: None, query, form: None })
    }

    /// Takes a way back for which the host has this in the place of an id.
    pub(super) fn callback_of(&mut self, login: &str, id: Option<&str>) -> Ended {
        let (query, form) = self.browse(login);
        let (login, id) = (login.into(), Some(id.map(str::to_owned)));
        self.call(Call::Callback { login, cookies: None, id, told: None, stored: None, query, form })
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
        self.call(Call::Callback { login, cookies, id: None, told, stored: Some(None), query, form })
    }

    /// Exchanges the code.
    pub(super) fn exchange(&mut self, login: &str) -> Ended {
        self.call(Call::Exchange { login: login.into(), request: None })
    }

    /// Refreshes the session.
    pub(super) fn refresh(&mut self, login: &str) -> Ended {
        self.call(Call::Refresh { login: login.into(), request: None })
    }

    /// Asks for the end user's claims.
    pub(super) fn userinfo(&mut self, login: &str) -> Ended {
        self.call(Call::Userinfo { login: login.into() })
    }

    /// Fetches the keys.
    pub(super) fn refresh_keys(&mut self) -> Ended {
        self.call(Call::RefreshKeys)
    }

    /// A login of a client that is made already.
    pub(super) fn go_through(&mut self, login: &str, request: Value) -> Ended {
        self.authorize(login, request)?;
        self.callback(login)?;
        self.exchange(login)
    }

    /// Everything from discovery to the session.
    pub(super) fn log_in(&mut self, login: &str) -> Ended {
        self.set_up()?;
        self.go_through(login, json!({}))
    }

    /// A token about alice of the provider's first key, changed.
    pub(super) fn token(&self, change: impl FnOnce(&mut Draft)) -> String {
        let now = self.player.now;
        let claims = json!({ "iss": ISSUER, "sub": "alice", "aud": CLIENT_ID, "iat": now, "exp": now + 600 });
        let mut draft = Draft::new(claims.as_object().cloned().unwrap_or_else(Map::new), "ES256", now);
        change(&mut draft);
        draft.sign(&self.world.signing, None).expect("the provider has the key")
    }

    /// Checks an ID token.
    pub(super) fn verify(&mut self, id_token: String) -> Ended {
        self.expecting(id_token, json!({}))
    }

    /// Checks an ID token that has to answer to something.
    pub(super) fn expecting(&mut self, id_token: String, expectations: Value) -> Ended {
        self.call(Call::Verify { id_token, expectations })
    }

    /// A text that the last call yielded.
    pub(super) fn last(&self, member: &str) -> String {
        let text = self.case.steps.last().and_then(|step| match &step.outcome {
            Outcome::Ok(seen) => seen[member].as_str(),
            _ => None,
        });
        text.expect("the last call yielded it").into()
    }

    /// What the cache has now.
    pub(super) fn cache(&self) -> String {
        self.player.cache.to_json()
    }

    /// Sends the browser to a URL of the provider's, and yields where it is sent from there.
    pub(super) fn follow(&mut self) -> String {
        let url = self.case.steps.last().and_then(|step| match &step.outcome {
            Outcome::Ok(seen) => seen["url"].as_str(),
            _ => None,
        });
        let target = url.and_then(|url| url.strip_prefix(ISSUER)).expect("the last call made a URL");
        let response = self.world.send(&http::Request::get(target), self.player.now);
        response.header("location").expect("the provider sends the browser back").into()
    }
}
