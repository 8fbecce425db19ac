//! What a client did at a provider, and what that says about it.

use serde_json::{Value, json};

use crate::http::{Request, Response};
use crate::modules::{Expect, Journey, Module, Stage};

/// The requests of a client, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    at: i64,
    endpoint: Endpoint,
    method: String,
    status: u16,
    grant_type: Option<String>,
    client_auth: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Discovery,
    Jwks,
    Authorization,
    Token,
    UserInfo,
    EndSession,
    DistributedClaims,
    Other,
}

/// What a client's requests say about it, as the Foundation's suite sees it: it passes where it goes to the end of a
/// test that it has to accept, and where it makes no further request in one that it has to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has not come to the point yet.
    Waiting,
    /// It did what it has to, up to now: whoever asks waits until no more requests are to be expected.
    Passed,
    /// It went on with what it has to refuse.
    Failed,
    /// Its requests do not tell: ask the client whether it refused.
    Unseen,
}

impl Verdict {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Waiting => "waiting",
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Unseen => "unseen",
        }
    }
}

impl Endpoint {
    fn of(path: &str) -> Self {
        match path {
            ".well-known/openid-configuration" => Endpoint::Discovery,
            "authorize" => Endpoint::Authorization,
            "token" => Endpoint::Token,
            "userinfo" => Endpoint::UserInfo,
            "end_session" => Endpoint::EndSession,
            "claims" => Endpoint::DistributedClaims,
            path if path == "jwks" || path.ends_with("/keys") => Endpoint::Jwks,
            _ => Endpoint::Other,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Endpoint::Discovery => "discovery",
            Endpoint::Jwks => "jwks",
            Endpoint::Authorization => "authorization",
            Endpoint::Token => "token",
            Endpoint::UserInfo => "userinfo",
            Endpoint::EndSession => "end_session",
            Endpoint::DistributedClaims => "distributed_claims",
            Endpoint::Other => "other",
        }
    }
}

impl Entry {
    fn is(&self, endpoint: Endpoint) -> bool {
        self.endpoint == endpoint && matches!(self.status, 200..400)
    }

    fn is_refresh(&self) -> bool {
        self.is(Endpoint::Token) && self.grant_type.as_deref() == Some("refresh_token")
    }
}

impl Log {
    /// Preflights are the browser's, not the client's.
    pub(super) fn add(&mut self, path: &str, request: &Request, response: &Response, now: i64) {
        if request.method == "OPTIONS" {
            return;
        }
        let form = request.params();
        let endpoint = Endpoint::of(path);
        let client_auth = match request.header("authorization") {
            _ if endpoint != Endpoint::Token => None,
            Some(_) => Some("client_secret_basic"),
            None if form.get("client_secret").is_some() => Some("client_secret_post"),
            None => Some("none"),
        };
        self.0.push(Entry {
            at: now,
            endpoint,
            method: request.method.clone(),
            status: response.status,
            grant_type: form.get("grant_type").map(str::to_owned),
            client_auth,
        });
    }

    pub(super) fn requests(&self) -> Value {
        let entry = |entry: &Entry| {
            let mut line = json!({
                "at": entry.at,
                "endpoint": entry.endpoint.as_str(),
                "method": entry.method,
                "status": entry.status,
            });
            if let Some(grant_type) = &entry.grant_type {
                line["grant_type"] = grant_type.as_str().into();
            }
            if let Some(client_auth) = entry.client_auth {
                line["client_auth"] = client_auth.into();
            }
            line
        };
        self.0.iter().map(entry).collect()
    }

    pub(super) fn verdict(&self, module: &Module) -> Verdict {
        match module.expect {
            Expect::Accept if self.ended(module.journey) => Verdict::Passed,
            Expect::Accept => Verdict::Waiting,
            Expect::Reject(stage, _) => self.refused(stage),
            Expect::Either(..) if self.last_login().iter().any(|entry| entry.is(Endpoint::Token)) => {
                Verdict::Passed
            }
            Expect::Either(..) => Verdict::Waiting,
        }
    }

    /// Whether the client came to the end of its journey.
    fn ended(&self, journey: Journey) -> bool {
        let logins = self.0.iter().filter(|entry| entry.is(Endpoint::Authorization)).count();
        let in_last = |what: fn(&Entry) -> bool| self.last_login().iter().any(what);
        let asked = in_last(|entry| entry.is(Endpoint::UserInfo));
        match journey {
            Journey::Discovery => self.0.iter().any(|entry| entry.is(Endpoint::Discovery)),
            Journey::Login | Journey::LoginWithKeys => asked,
            Journey::TwoLogins => asked && logins > 1,
            Journey::Refresh => {
                let refreshed = self.last_login().iter().position(Entry::is_refresh);
                refreshed.is_some_and(|at| {
                    self.last_login()[at..].iter().any(|entry| entry.is(Endpoint::UserInfo))
                })
            }
            Journey::Logout => self.0.iter().any(|entry| entry.is(Endpoint::EndSession)),
        }
    }

    /// Whether the client stopped once it had what it has to refuse.
    fn refused(&self, stage: Stage) -> Verdict {
        let (requests, bad, next): (_, fn(&Entry) -> bool, &[Endpoint]) = match stage {
            Stage::Discovery => (
                &self.0[..],
                |entry| entry.is(Endpoint::Discovery),
                &[Endpoint::Authorization, Endpoint::Token, Endpoint::UserInfo],
            ),
            Stage::Callback => (
                self.last_login(),
                |entry| entry.is(Endpoint::Authorization),
                &[Endpoint::Token, Endpoint::UserInfo],
            ),
            Stage::Exchange => {
                (self.last_login(), |entry| entry.is(Endpoint::Token), &[Endpoint::Token, Endpoint::UserInfo])
            }
            Stage::Refresh => (self.last_login(), Entry::is_refresh, &[Endpoint::Token, Endpoint::UserInfo]),
            Stage::UserInfo => {
                let asked = self.last_login().iter().any(|entry| entry.is(Endpoint::UserInfo));
                return if asked { Verdict::Unseen } else { Verdict::Waiting };
            }
        };
        let Some(handed_out) = requests.iter().position(bad) else { return Verdict::Waiting };
        let went_on = requests[handed_out + 1..].iter().any(|entry| next.contains(&entry.endpoint));
        if went_on { Verdict::Failed } else { Verdict::Passed }
    }

    /// The requests from the last authorization request on.
    fn last_login(&self) -> &[Entry] {
        let started = self.0.iter().rposition(|entry| entry.endpoint == Endpoint::Authorization);
        started.map_or(&[], |started| &self.0[started..])
    }
}
