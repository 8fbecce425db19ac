//! What a client is put to, and what is made of where it came to an end.

use serde_json::{Value, json};

use super::driver::End;
use super::matrix::Cell;
use super::stage::Scene;
use crate::modules::{Expect, Module, Stage};
use crate::wire::{self, Except, Row};

/// Seconds within which a client has to find out what it can find out without its clock, and how long it would wait.
const PROMPT: f64 = 30.0;
const PATIENT: u32 = 60;
/// How long a client waits, in seconds, where nothing but its clock helps.
const QUICK: u32 = 1;

/// At which modules a transport comes to something else than the others; [`crate::wire`] has its own.
pub(super) const EXCEPTIONS: &[(&[&str], Except)] = &[(
    &["fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails"],
    Except {
        transports: &["chromium"],
        code: Some("no_pending_login"),
        repeats: false,
        why: "a page keeps its logins in session storage, each under a name derived from its state: with another \
              state there is none",
    },
)];

/// One row.
#[derive(Debug)]
pub(super) enum Case {
    Module(&'static Module),
    Wire(Row),
}

impl Case {
    pub(super) fn name(&self) -> &str {
        match self {
            Case::Module(module) => module.name,
            Case::Wire(row) => &row.name,
        }
    }

    /// What its driver is told.
    pub(super) fn plan(&self, scene: &Scene) -> Value {
        match self {
            Case::Module(module) => json!({
                "name": module.name,
                "issuer": scene.module(module),
                "registration": module.registration(),
                "policy": {},
                "asks": serde_json::from_str::<Value>(module.asks).unwrap_or_default(),
                "journey": format!("{:?}", module.journey),
            }),
            Case::Wire(row) => json!({
                "name": row.name,
                "issuer": scene.wire.issuer(row),
                "registration": wire::Server::registration(),
                "policy": { "metadata_timeout_secs": seconds(row), "token_timeout_secs": seconds(row) },
                "asks": {},
                "journey": "Login",
            }),
        }
    }

    /// `accept`, `reject` or `either`, and the code.
    pub(super) fn expect(&self) -> Expect {
        self.expected(None)
    }

    /// What a client has to come to, or one to which an exception applies.
    fn expected(&self, except: Option<&Except>) -> Expect {
        match self {
            Case::Wire(row) => row.expected(except),
            Case::Module(module) => match (module.expect, except.and_then(|except| except.code)) {
                (Expect::Reject(stage, _), Some(code)) => Expect::Reject(stage, code),
                (expect, _) => expect,
            },
        }
    }

    /// What lets that transport come to something else than the others.
    fn exception(&self, transport: &str) -> Option<&'static Except> {
        match self {
            Case::Wire(row) => row.exception(transport),
            Case::Module(module) => EXCEPTIONS
                .iter()
                .find(|(modules, except)| {
                    modules.contains(&module.name) && except.transports.contains(&transport)
                })
                .map(|(_, except)| except),
        }
    }

    /// Strictly, or else as far as the transport's platform lets it be strict.
    pub(super) fn judge(&self, end: &End, transport: &str, scene: &Scene) -> Cell {
        let exception = self.exception(transport);
        match (self.complaint(end, None, scene), exception) {
            (None, _) => Cell::Passed,
            (Some(complaint), None) => Cell::Failed(complaint),
            (Some(_), Some(except)) => match self.complaint(end, exception, scene) {
                None => Cell::Platform(except.code.unwrap_or("ok"), except.why),
                Some(complaint) => Cell::Failed(complaint),
            },
        }
    }

    /// What the driver says has to be what is expected, and what the provider saw must not contradict it.
    fn complaint(&self, end: &End, except: Option<&Except>, scene: &Scene) -> Option<String> {
        let (verb, code) = match self.expected(except) {
            Expect::Accept => ("", "ok"),
            Expect::Reject(stage, code) | Expect::Either(stage, code) => (verb(stage), code),
        };
        if end.code != code || !end.call.starts_with(verb) {
            return Some(format!("{} at {} instead of {code}", end.code, end.call));
        }
        if end.seconds > PROMPT {
            return Some(format!("it took {:.0} s", end.seconds));
        }
        match self {
            Case::Module(module) => scene.objection(module),
            Case::Wire(row) => scene.wire.objection(row, except),
        }
    }
}

/// How long a client waits there.
fn seconds(row: &Row) -> u32 {
    if row.slow { QUICK } else { PATIENT }
}

/// The verb of the packages in which that happens; that of `callback` is also the beginning of its variant.
fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Discovery => "authorize",
        Stage::Callback | Stage::Exchange => "callback",
        Stage::Refresh => "refresh",
        Stage::UserInfo => "userinfo",
    }
}
