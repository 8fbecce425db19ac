//! A module with the whole core in it that asks nothing of its host: no clock, no randomness, no network, no
//! file. `cargo ci wasm` compiles it for `wasm32-unknown-unknown` and asserts that its import section is empty.
//!
//! Everything a login takes goes in as bytes, one JSON object:
//! `{ issuer, registration, policy, entropy, callback, replies: [{ status, headers, body }] }`.

use std::sync::{Mutex, PoisonError};

use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, EndSessionRequest, Entropy, Error, Flow, HttpResponse,
    Issuer, PendingLogin, Policy, Provider, Registration, Reply, Request, Step, Timestamp, drive,
};
use serde::Deserialize;
use serde_json::Value;

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[derive(Deserialize)]
struct Script {
    issuer: String,
    registration: Value,
    policy: Value,
    entropy: String,
    callback: String,
    replies: Vec<ScriptedReply>,
}

#[derive(Deserialize)]
struct ScriptedReply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Appends one byte to the input.
#[unsafe(no_mangle)]
pub extern "C" fn push(byte: u8) {
    INPUT.lock().unwrap_or_else(PoisonError::into_inner).push(byte);
}

/// Runs the script in the input at the time `now`, Unix seconds. 0: every operation succeeded; 1: one did not;
/// 2: the input is not a script.
#[unsafe(no_mangle)]
pub extern "C" fn login(now: i64) -> i32 {
    let input = std::mem::take(&mut *INPUT.lock().unwrap_or_else(PoisonError::into_inner));
    let Ok(script) = serde_json::from_slice::<Script>(&input) else { return 2 };
    i32::from(run(script, Timestamp::from_unix(now)).is_err())
}

/// Each verb of the core once.
fn run(script: Script, now: Timestamp) -> Result<String, Error> {
    let mut host = Host { cache: Cache::default(), replies: script.replies.into_iter(), now };
    let policy = Policy::from_json(&script.policy.to_string())?;
    let issuer = Issuer::parse(&script.issuer)?;
    let provider = host.drive(Provider::discover(&issuer, &policy, &host.cache, now)?)?;
    host.drive(provider.refresh_keys(&policy)?)?;
    let client = Client::new(provider, Registration::from_json(&script.registration.to_string())?, policy)?;

    let authorization = client.authorize(&AuthorizeRequest::default(), Entropy::new(script.entropy)?, now)?;
    let pending = PendingLogin::decode(Some(&authorization.pending.encode()))?;
    let code = client.callback(pending, &CallbackParams::parse(&script.callback)?, now)?;
    let session = host.drive(client.exchange(code)?)?;
    host.drive(client.userinfo(&session)?)?;
    let session = host.drive(client.refresh(&session)?)?;
    host.drive(client.restore(&session.encode(), &host.cache, now)?)?;
    client.end_session(&EndSessionRequest::default())
}

struct Host {
    cache: Cache,
    replies: std::vec::IntoIter<ScriptedReply>,
    now: Timestamp,
}

impl Host {
    fn drive<F: Flow>(&mut self, step: Step<F>) -> Result<F::Output, Error> {
        let (replies, now) = (&mut self.replies, self.now);
        drive(step, &mut self.cache, || now, |request| answer(request, replies.next()))
    }
}

fn answer(request: &Request, scripted: Option<ScriptedReply>) -> Reply {
    match (request, scripted) {
        (Request::Http(_), Some(reply)) => {
            Reply::Http(HttpResponse::new(reply.status, reply.headers, reply.body.into_bytes()))
        }
        (Request::Http(_), None) => Reply::Unreachable { reason: "the script is over".into() },
        (Request::Wait(_), _) => Reply::Waited,
        _ => Reply::Verified(false),
    }
}
