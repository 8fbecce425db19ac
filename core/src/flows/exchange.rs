//! An authorization code for a session (OIDC Core 3.1.3).
//!
//! ```text
//! start ──▶ Token ── tokens ──▶ IdToken (a Verification) ──▶ Done(Session)
//! ```

use alloc::boxed::Box;

use crate::cache::Cache;
use crate::callback::{AuthorizationCode, same_client};
use crate::checks::Demand;
use crate::client::Client;
use crate::decision::Trace;
use crate::error::{Error, ErrorKind};
use crate::expectations::Expectations;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::completion::{Completion, Draft};
use crate::http::Endpoint;
use crate::pending::PendingLogin;
use crate::session::{Asked, Session};
use crate::time::Timestamp;
use crate::token::{self, Tokens};

/// Exchanging an authorization code. Yields a [`Session`].
#[derive(Debug)]
pub struct Exchange(State);

#[derive(Debug)]
enum State {
    Token(Box<Asking>),
    IdToken(Box<Completion>),
}

#[derive(Debug)]
struct Asking {
    client: Client,
    login: PendingLogin,
    request: Request,
    trace: Trace,
}

impl Exchange {
    pub(crate) fn start(client: &Client, code: AuthorizationCode) -> Result<Step<Exchange>, Error> {
        let AuthorizationCode { code, login, mut trace } = code;
        let mut again = Trace::new(client.policy().record_decisions);
        let same = same_client(client, &login, &mut again);
        trace.attach(again.attach(same))?;
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &login.redirect_uri),
            ("code_verifier", login.verifier.expose()),
        ];
        let request = token::request(client, &parameters, &mut trace);
        let request = trace.attach(request)?;
        Ok(Step::Pending(Exchange(State::Token(Box::new(Asking {
            client: client.clone(),
            login,
            request,
            trace,
        })))))
    }
}

impl Asking {
    fn answered(mut self, reply: Reply, cache: &Cache, now: Timestamp) -> Result<Step<Completion>, Error> {
        let read = self.read(reply, now);
        let mut tokens = self.trace.attach(read)?;
        let Some(id_token) = tokens.id_token.take() else {
            let missing = ErrorKind::ResponseMemberMissing.with([Endpoint::Token.as_str(), "id_token"]);
            return self.trace.attach(Err(missing));
        };
        let PendingLogin { requested, nonce, scope, return_to, .. } = self.login;
        let expectations =
            Expectations::requested(requested).nonce(nonce).access_token(tokens.access_token.clone());
        let asked = Asked { scope, refresh_token: None, return_to };
        let draft = Draft { client: self.client, id_token, tokens, asked, trace: self.trace };
        Completion::start(draft, &Demand::Fresh(expectations), cache, now)
    }

    fn read(&mut self, reply: Reply, now: Timestamp) -> Result<Tokens, Error> {
        Tokens::read(&self.client, &reply.http(&self.request)?, now, &mut self.trace)
    }
}

impl Flow for Exchange {
    type Output = Session;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Token(asking) => &asking.request,
            State::IdToken(completion) => completion.request(),
        }
    }

    /// # Errors
    /// From the token endpoint: `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`,
    /// `unexpected_content_type`, `malformed_json`, `response_member_missing`, `response_member_invalid`, `token_type_unsupported`.
    /// From the ID token: every code of category `Token`, and those of fetching keys.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let step = match self.0 {
            State::Token(asking) => asking.answered(reply, cache, now)?,
            State::IdToken(completion) => completion.resume(reply, cache, now)?,
        };
        Ok(step.map(|completion| Exchange(State::IdToken(Box::new(completion)))))
    }
}
