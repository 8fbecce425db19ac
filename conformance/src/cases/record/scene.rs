//! A client, a provider and a browser, whose calls are written down.

use std::collections::BTreeSet;

use relyingparty::Endpoint;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::exchange::{ApiRequest, Reply};
use super::super::format::{Call, Case, Outcome, Step};
use super::super::player::Player;
use super::world::World;
use super::{Scenario, keyring};
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
    pub(super) case: Case,
    pub(super) player: Player,
    pub(super) world: World,
    /// The logins whose responses may be signed.
    pub(super) signed: BTreeSet<String>,
    draws: u32,
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
    let held = keyring::fill_in(&mut registration);
    keyring::register(&mut client, &registration);
    let way_back = registration["post_logout_redirect_uri"].as_str();
    client.post_logout_redirect_uris.extend(way_back.map(str::to_owned));
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
    scene.world.held = held;
    // Where it stops is where its last step is.
    let _ = (scenario.play)(&mut scene);
    scene.case
}

/// One of the provider's keys: `k1`, `k2` and so on.
pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::es256(&format!("k{number}"), [number; 32])
}

impl Scene {
    pub(super) fn new(case: Case, provider: Provider, signing: Vec<SigningKey>) -> Self {
        let player = Player::new(&case);
        let world = World::new(provider, signing);
        Self { case, player, world, signed: BTreeSet::new(), draws: 0 }
    }

    /// Has the host hold these keys.
    pub(super) fn hold(&mut self, keys: Vec<(String, SigningKey)>) {
        self.world.held.extend(keys);
    }

    /// Has the host answer otherwise the next time it is asked to prove something.
    pub(super) fn prove(&mut self, reply: Reply) {
        self.world.proves.push_back(reply);
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
        self.change_client(json!({ member: value }))
    }

    /// The same with several members, of which `null` takes one away.
    pub(super) fn change_client(&mut self, changes: Value) -> Ended {
        self.change(changes, None)
    }

    /// The same with another policy, too.
    pub(super) fn change(&mut self, changes: Value, policy: Option<Value>) -> Ended {
        let mut registration = self.case.registration.clone();
        for (member, value) in changes.as_object().into_iter().flatten() {
            registration[member] = value.clone();
        }
        if let Some(members) = registration.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        self.hold(keyring::fill_in(&mut registration));
        self.call(Call::Client { registration: Some(registration), policy })
    }

    /// Finds the provider and makes the client.
    pub(super) fn set_up(&mut self) -> Ended {
        self.discover()?;
        self.client()
    }

    /// Starts a login.
    pub(super) fn authorize(&mut self, login: &str, request: Value) -> Ended {
        let in_steps = self.player.authorizes_in_steps();
        self.begin(login, request, in_steps)
    }

    /// Starts a login, in steps or not.
    pub(super) fn begin(&mut self, login: &str, request: Value, in_steps: bool) -> Ended {
        let mode = request["response_mode"].as_str();
        if in_steps || mode.is_some_and(|mode| mode.ends_with("jwt")) {
            self.signed.insert(login.into());
        }
        let entropy = hex(&Sha256::digest(login));
        self.call(Call::Authorize { login: login.into(), request, entropy, in_steps })
    }

    /// New randomness, for who needs it.
    fn draw(&mut self) -> Option<String> {
        self.draws += 1;
        let drawn = hex(&Sha256::digest(format!("draw {}", self.draws)));
        self.player.needs_entropy().then_some(drawn)
    }

    /// Exchanges the code.
    pub(super) fn exchange(&mut self, login: &str) -> Ended {
        let entropy = self.draw();
        self.call(Call::Exchange { login: login.into(), request: None, entropy })
    }

    /// Refreshes the session.
    pub(super) fn refresh(&mut self, login: &str) -> Ended {
        self.refresh_for(login, None)
    }

    /// Refreshes the session, and asks for something.
    pub(super) fn refresh_for(&mut self, login: &str, request: Option<Value>) -> Ended {
        let entropy = self.draw();
        self.call(Call::Refresh { login: login.into(), request, entropy })
    }

    /// Asks for the end user's claims.
    pub(super) fn userinfo(&mut self, login: &str) -> Ended {
        let entropy = self.draw();
        self.call(Call::Userinfo { login: login.into(), entropy })
    }

    /// Calls an API with a GET.
    pub(super) fn get(&mut self, login: &str, url: &str) -> Ended {
        let request = ApiRequest {
            method: "GET".into(),
            url: url.into(),
            headers: vec![("accept".into(), "application/json".into())],
            body: String::new(),
        };
        self.send(login, request)
    }

    /// Calls an API.
    pub(super) fn send(&mut self, login: &str, request: ApiRequest) -> Ended {
        let entropy = self.draw();
        self.call(Call::Call { login: login.into(), request, entropy })
    }

    /// The session as it is stored, without a member.
    pub(super) fn without_member_of_session(&self, login: &str, member: &str) -> String {
        let stored = self.player.stored_session(login).expect("the login has a session");
        let mut stored: Value = serde_json::from_str(&stored).expect("a stored session is JSON");
        stored.as_object_mut().and_then(|members| members.remove(member)).expect("it has the member");
        stored.to_string()
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

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
