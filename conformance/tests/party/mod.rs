//! A relying party with a blocking host, at one provider, and the browser of its one user.

use std::sync::Mutex;

use conformance::browser::Browser;
use conformance::serve;
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Entropy, Error, Flow, Issuer, PendingLogin, Policy,
    Provider, Registration, Reply, Request, Session, Step, Timestamp, UserInfo, drive,
};
use relyingparty_host::blocking::Transport as _;
use relyingparty_host::{Network, UreqTransport};

/// Trusts these authorities, or the system's.
pub(crate) fn network(ca_pem: Option<&[u8]>) -> Network {
    ca_pem.map_or_else(Network::new, |pem| Network::new().ca_pem(pem).unwrap())
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(serve::unix_now())
}

pub(crate) fn entropy() -> Entropy {
    Entropy::new(serve::entropy().unwrap()).unwrap()
}

pub(crate) struct Party {
    pub(crate) ureq: UreqTransport,
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
        Party::with(network(ca_pem), Browser::new(ca_pem), issuer, registration, policy)
    }

    /// The same by another way, which the browser goes too.
    pub(crate) fn with(
        network: Network,
        browser: Browser,
        issuer: &str,
        registration: Registration,
        policy: Policy,
    ) -> Result<Party, Error> {
        let ureq = UreqTransport::with(network).unwrap();
        let mut cache = Cache::default();
        let issuer = Issuer::insecure_loopback(issuer)?;
        let step = Provider::discover(&issuer, &policy, &cache, now())?;
        let provider = drive(step, &mut cache, now, |request| ureq.answer(request))?;
        let client = Client::new(provider, registration, policy)?;
        Ok(Party { ureq, browser, cache: Mutex::new(cache), client })
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        match request {
            // What the pauses are for is over at once here.
            Request::Wait(_) => Reply::Waited,
            request => self.ureq.answer(request),
        }
    }

    /// Begins a login and takes the browser through the provider's pages.
    pub(crate) fn visit(&mut self, request: &AuthorizeRequest) -> (PendingLogin, CallbackParams) {
        let login = self.client.authorize(request, entropy(), now()).unwrap();
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
