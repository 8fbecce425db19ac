//! The login of ten lines, with the transports of `relyingparty-host`.

use std::cell::Cell;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::browser::posted;
use crate::modules::REDIRECT_URI;
use crate::{agent, serve};
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, EndSessionRequest, Entropy, Error, Flow, Issuer,
    PendingLogin, Policy, Provider, Registration, Reply, Request, Session, Step, Timestamp, drive,
};
use relyingparty_host::{Network, ReqwestTransport, Transport, UreqTransport, blocking};
use serde_json::Value;

use super::driver::End;

/// Seconds between two steps where keys may have changed meanwhile: longer than the pause between two fetches.
const PAUSE: i64 = 60;

/// Which of the transports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Host {
    Ureq,
    Reqwest,
}

/// Goes to every issuer of the plan.
pub(super) fn go(host: Host, rows: &[Value], ca_pem: &str) -> Result<Vec<End>, String> {
    let browser = agent::agent(Some(ca_pem.as_bytes()), None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let failed = |error: relyingparty_host::Error| error.to_string();
    let network = Network::new().ca_pem(ca_pem).map_err(failed)?;
    let reqwest = ReqwestTransport::with(network.clone()).map_err(failed)?;
    let ureq = UreqTransport::with(network).map_err(failed)?;
    let answer = |request: &Request| match host {
        Host::Ureq => blocking::Transport::answer(&ureq, request),
        Host::Reqwest => runtime.block_on(Transport::answer(&reqwest, request.clone())),
    };
    Ok(rows.iter().map(|row| come_to_an_end(row, &answer, &browser)).collect())
}

fn come_to_an_end(row: &Value, answer: &dyn Fn(&Request) -> Reply, browser: &ureq::Agent) -> End {
    let started = Instant::now();
    let party =
        Party { row, answer, browser, verb: Cell::new(""), ahead: Cell::new(0), cache: Mutex::default() };
    let code = match party.go() {
        Ok(()) => "ok".to_owned(),
        Err(Failure::Refused(error)) => code_of(&error),
        Err(Failure::Stuck(reason)) => reason,
    };
    let row = row["name"].as_str().unwrap_or_default().to_owned();
    End { row, call: party.verb.get().into(), code, seconds: started.elapsed().as_secs_f64() }
}

/// The code of an error; where keys could not be had, with the reason.
fn code_of(error: &relyingparty::Error) -> String {
    match error.detail("reason").filter(|_| error.code() == "keys_unavailable") {
        Some(reason) => format!("{} ({reason})", error.code()),
        None => error.code().to_owned(),
    }
}

/// A relying party at one row's issuer.
struct Party<'a> {
    row: &'a Value,
    answer: &'a dyn Fn(&Request) -> Reply,
    browser: &'a ureq::Agent,
    verb: Cell<&'static str>,
    ahead: Cell<i64>,
    cache: Mutex<Cache>,
}

enum Failure {
    Refused(Error),
    /// The browser's part failed, which is not what is tried here.
    Stuck(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl Party<'_> {
    fn go(&self) -> Result<(), Failure> {
        self.verb.set("authorize");
        let policy = Policy::from_json(&self.row["policy"].to_string())?;
        let issuer = Issuer::insecure_loopback(self.row["issuer"].as_str().unwrap_or_default())?;
        let cache = self.cache.lock().map(|cache| cache.clone()).unwrap_or_default();
        let provider = self.run(Provider::discover(&issuer, &policy, &cache, self.now())?)?;
        let journey = self.row["journey"].as_str().unwrap_or_default();
        if journey == "Discovery" {
            return Ok(());
        }
        if journey == "LoginWithKeys" {
            self.run(provider.refresh_keys(&policy)?)?;
            self.ahead.set(PAUSE);
        }
        let registration = Registration::from_json(&self.row["registration"].to_string())?;
        let client = Client::new(provider, registration, policy)?;
        let mut session = self.log_in(&client)?;
        if journey == "Logout" {
            let mut request = EndSessionRequest::default().of(&session);
            request.state = Some("a-state-of-the-logout".into());
            self.verb.set("end_session");
            return self.visit(&client.end_session(&request)?).map(drop);
        }
        if journey == "TwoLogins" {
            self.userinfo(&client, &session)?;
            self.ahead.set(PAUSE);
            session = self.log_in(&client)?;
        }
        if journey == "Refresh" {
            self.verb.set("refresh");
            session = self.run(client.refresh(&session)?)?;
        }
        self.userinfo(&client, &session)
    }

    fn log_in(&self, client: &Client) -> Result<Session, Failure> {
        self.verb.set("authorize");
        let request = AuthorizeRequest::from_json(&self.row["asks"].to_string())?;
        let random = serve::entropy().map_err(|error| Failure::Stuck(error.to_string()))?;
        let login = client.authorize(&request, Entropy::new(random)?, self.now())?;
        let stored = login.pending.encode();
        let response = self.visit(&login.url)?;
        self.verb.set("callback");
        let code = client.callback(PendingLogin::decode(Some(&stored))?, &response?, self.now())?;
        self.run(client.exchange(code)?)
    }

    fn userinfo(&self, client: &Client, session: &Session) -> Result<(), Failure> {
        self.verb.set("userinfo");
        self.run(client.userinfo(session)?).map(drop)
    }

    fn run<F: Flow>(&self, step: Step<F>) -> Result<F::Output, Failure> {
        Ok(drive(step, &self.cache, || self.now(), |request| (self.answer)(request))?)
    }

    /// The browser's part: what it comes back with, as a query or as a form.
    fn visit(&self, url: &str) -> Result<Result<CallbackParams, Error>, Failure> {
        let stuck = |reason: String| Failure::Stuck(reason);
        let request = http::Request::get(url).body(Vec::new()).map_err(|error| stuck(error.to_string()))?;
        let response = agent::send(self.browser, request, Duration::from_secs(10), 1 << 20).map_err(stuck)?;
        if let Some(location) = response.headers().get("location").and_then(|location| location.to_str().ok())
        {
            return Ok(CallbackParams::parse(location));
        }
        let form = posted(&String::from_utf8_lossy(response.body()));
        let form = form.ok_or_else(|| stuck(format!("neither sent to {REDIRECT_URI} nor a form")))?;
        Ok(CallbackParams::parse_form_post(&form))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix(serve::unix_now() + self.ahead.get())
    }
}
