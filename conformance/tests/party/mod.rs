//! A relying party with a blocking host, at one provider, and the browser of its one user.

use std::sync::Mutex;

use conformance::browser::Browser;
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Error, Flow, Issuer, PendingLogin, Policy, Provider,
    Registration, Reply, Request, Session, Step, UserInfo, drive,
};

use crate::hosts::{self, entropy, now};

pub(crate) struct Party {
    pub(crate) agent: ureq::Agent,
    pub(crate) browser: Browser,
    pub(crate) cache: Mutex<Cache>,
    pub(crate) client: Client,
}

impl Party {
    /// Finds the provider.
    pub(crate) fn at(
        issuer: &str,
        registration: Registration,
        policy: Policy,
        ca_pem: Option<&[u8]>,
    ) -> Result<Party, Error> {
        Party::with(hosts::ureq::agent(ca_pem, None), issuer, registration, policy)
    }

    /// The same, where both it and the browser send with `agent`.
    pub(crate) fn with(
        agent: ureq::Agent,
        issuer: &str,
        registration: Registration,
        policy: Policy,
    ) -> Result<Party, Error> {
        let mut cache = Cache::default();
        let issuer = Issuer::insecure_loopback(issuer)?;
        let step = Provider::discover(&issuer, &policy, &cache, now())?;
        let provider = drive(step, &mut cache, now, |request| hosts::ureq::answer(&agent, request))?;
        let client = Client::new(provider, registration, policy)?;
        let browser = Browser::with(agent.clone());
        Ok(Party { agent, browser, cache: Mutex::new(cache), client })
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        match request {
            // What the pauses are for is over at once here.
            Request::Wait(_) => Reply::Waited,
            request => hosts::ureq::answer(&self.agent, request),
        }
    }

    /// Begins a login and takes the browser through the provider's pages.
    pub(crate) fn visit(&mut self, request: &AuthorizeRequest) -> (PendingLogin, CallbackParams) {
        let login = self.client.authorize(request, entropy().unwrap(), now()).unwrap();
        let redirect_uri = self.client.registration().redirect_uri.clone();
        let back = self.browser.follow(&login.url, &redirect_uri).unwrap();
        (login.pending, CallbackParams::parse(&back).unwrap())
    }

    pub(crate) fn login(&mut self) -> Result<Session, Error> {
        let (pending, response) = self.visit(&AuthorizeRequest::default());
        let stored = pending.encode();
        let code = self.client.callback(PendingLogin::decode(Some(&stored))?, &response, now())?;
        self.run(self.client.exchange(code)?)
    }

    pub(crate) fn refresh(&self, session: &Session) -> Result<Session, Error> {
        self.run(self.client.refresh(session)?)
    }

    pub(crate) fn userinfo(&self, session: &Session) -> Result<UserInfo, Error> {
        self.run(self.client.userinfo(session)?)
    }

    pub(crate) fn restore(&self, stored: &str) -> Result<Session, Error> {
        let step = self.client.restore(stored, &self.cache.lock().unwrap(), now())?;
        self.run(step)
    }

    fn run<F: Flow>(&self, step: Step<F>) -> Result<F::Output, Error> {
        drive(step, &self.cache, now, |request| self.answer(request))
    }
}
