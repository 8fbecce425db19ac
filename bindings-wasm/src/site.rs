//! A web application's whole login: its routes, the session of every other request, and what it asks of a store.

use alloc::string::String;

use relyingparty::bindings::{self, Writer, list, quoted};
use relyingparty::{
    AuthorizeRequest, Entropy, Error, Event, Issuer, Outcome, Policy, Reply, Request, SitePolicy,
    SiteProvider, StoreEntry, StoreRequest, Stored,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Thrown;
use crate::flow::Flow;
use crate::provider::Cache;
use crate::server::SealingKeys;
use crate::timestamp;

/// [`relyingparty::Incoming`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Incoming(relyingparty::Incoming);

#[wasm_bindgen]
impl Incoming {
    /// With the headers that the core reads, each as one text.
    #[wasm_bindgen(constructor)]
    pub fn new(
        method: &str,
        url: &str,
        cookie: Option<String>,
        origin: Option<String>,
        sec_fetch_site: Option<String>,
        form: Option<String>,
    ) -> Incoming {
        let mut incoming = relyingparty::Incoming::new(method, url);
        for (name, value) in [("cookie", cookie), ("origin", origin), ("sec-fetch-site", sec_fetch_site)] {
            if let Some(value) = value {
                incoming = incoming.header(name, &value);
            }
        }
        if let Some(form) = form {
            incoming = incoming.form(&form);
        }
        Incoming(incoming)
    }
}

/// [`relyingparty::Site`]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Site(relyingparty::Site);

#[wasm_bindgen]
impl Site {
    #[wasm_bindgen(constructor)]
    pub fn new(base_url: &str, keys: SealingKeys, policy: &str) -> Result<Site, Thrown> {
        Ok(Site(relyingparty::Site::new(base_url, keys.take()?, SitePolicy::from_json(policy)?)?))
    }

    #[wasm_bindgen(js_name = withProvider)]
    pub fn with_provider(&self, provider: Joining) -> Result<Site, Thrown> {
        Ok(Site(self.0.clone().with_provider(provider.0)?))
    }

    #[wasm_bindgen(js_name = withoutProvider)]
    pub fn without_provider(&self, name: &str) -> Site {
        Site(self.0.clone().without_provider(name))
    }

    pub fn handles(&self, url: &str) -> bool {
        self.0.handles(url)
    }

    pub fn handle(
        &self,
        incoming: Incoming,
        entropy: &[u8],
        cache: &mut Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let entropy = Entropy::new(entropy)?;
        Ok(self.0.handle(incoming.0, entropy, &mut cache.0, timestamp(now))?.erase().into())
    }

    pub fn visit(
        &self,
        incoming: Incoming,
        entropy: &[u8],
        cache: &mut Cache,
        now: f64,
    ) -> Result<Flow, Thrown> {
        let entropy = Entropy::new(entropy)?;
        Ok(self.0.visit(&incoming.0, entropy, &mut cache.0, timestamp(now))?.erase().into())
    }
}

/// [`relyingparty::SiteProvider`], on its way to a site.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Joining(SiteProvider);

#[wasm_bindgen]
impl Joining {
    /// `others` are names that were given beside the registration's, in one text.
    #[wasm_bindgen(constructor)]
    pub fn new(
        name: String,
        issuer: &str,
        allow_insecure_loopback: bool,
        registration: &str,
        policy: &str,
        others: &str,
    ) -> Result<Joining, Thrown> {
        let policy = Policy::from_json(policy)?;
        let issuer = Issuer::under(issuer, allow_insecure_loopback, &policy)?;
        let others: alloc::vec::Vec<&str> = others.split(' ').collect();
        let registration = bindings::registration_beside(registration, &others)?;
        Ok(Joining(SiteProvider::new(name, issuer, registration).with_policy(policy)))
    }

    /// What each of its logins asks for.
    pub fn authorizing(self, request: &str) -> Result<Joining, Thrown> {
        Ok(Joining(self.0.with_authorize(AuthorizeRequest::from_json(request)?)))
    }
}

#[wasm_bindgen]
impl Flow {
    /// Throws the error of what happened: that of the event, or the visit's own.
    pub fn failed(&self, event: bool) -> Result<(), Thrown> {
        let happened = match self.done() {
            Some(Outcome::Handled(handled)) => handled.event.as_ref(),
            Some(Outcome::Visit(visit)) if event => visit.event.as_ref(),
            Some(Outcome::Visit(visit)) => {
                return visit.error.clone().map_or(Ok(()), |error| Err(error.into()));
            }
            _ => None,
        };
        happened.and_then(error_of).cloned().map_or(Ok(()), |error| Err(error.into()))
    }

    /// The name of the provider for whose client it asks.
    #[wasm_bindgen(js_name = speaksFor)]
    pub fn speaks_for(&self) -> Option<String> {
        self.speaker()
    }

    #[wasm_bindgen(js_name = resumeEntry)]
    pub fn resume_entry(
        &mut self,
        value: String,
        version: String,
        cache: &mut Cache,
        now: f64,
    ) -> Result<(), Thrown> {
        self.resume(Reply::Stored(Stored::Entry { value, version }), cache, now)
    }

    /// Without an entry: whether the store did what was asked.
    #[wasm_bindgen(js_name = resumeStored)]
    pub fn resume_stored(&mut self, done: bool, cache: &mut Cache, now: f64) -> Result<(), Thrown> {
        let reply = match self.pending() {
            _ if done => Reply::Stored(Stored::Done),
            Some(Request::Store(StoreRequest::Add { .. } | StoreRequest::Put { .. })) => Reply::Conflict,
            Some(Request::Store(StoreRequest::Lock { .. })) => Reply::Busy,
            _ => Reply::Stored(Stored::Nothing),
        };
        self.resume(reply, cache, now)
    }
}

/// What is asked of the store: the name of the question, and what its method takes.
pub(crate) fn store_request(view: &mut Writer, request: &StoreRequest) {
    view.text("ask", request.name());
    match request {
        StoreRequest::Get { key } | StoreRequest::Take { key } | StoreRequest::Delete { key } => {
            view.text("key", key);
        }
        StoreRequest::Add { entry } => stored(view, entry),
        StoreRequest::Put { entry, version } => {
            stored(view, entry);
            view.text("version", version);
        }
        StoreRequest::DeleteLabelled { label } => {
            view.text("label", label);
        }
        StoreRequest::Lock { key, owner, lifetime, wait } => {
            view.text("key", key)
                .text("owner", owner)
                .number("lifetime", (*lifetime).into())
                .number("wait", (*wait).into());
        }
        StoreRequest::Unlock { key, owner } => {
            view.text("key", key).text("owner", owner);
        }
        // Its name says it all.
        _ => {}
    }
}

fn stored(view: &mut Writer, entry: &StoreEntry) {
    view.text("key", &entry.key)
        .text("value", &entry.value)
        .number("expires_at", entry.expires_at.as_unix())
        .texts("labels", &entry.labels);
}

/// What a browser is sent, as JSON text. The session of the event is beside it.
pub(crate) fn handled(handled: &relyingparty::Handled) -> String {
    let mut view = Writer::new();
    view.number("status", handled.answer.status.into()).raw("headers", &pairs(&handled.answer.headers));
    if let Some(form) = &handled.answer.form {
        let fields = form.fields.as_deref().unwrap_or_default();
        view.raw("form", &Writer::new().text("url", &form.url).raw("fields", &pairs(fields)).end());
    }
    if let Some(happened) = &handled.event {
        view.raw("event", &event(happened));
    }
    view.end()
}

/// Whose request it is, as JSON text. The session is beside it.
pub(crate) fn visit(visit: &relyingparty::Visit) -> String {
    let mut view = Writer::new();
    view.texts("set_cookies", &visit.set_cookies);
    if let Some(provider) = &visit.provider {
        view.text("provider", provider);
    }
    if let Some(happened) = &visit.event {
        view.raw("event", &event(happened));
    }
    if visit.error.is_some() {
        view.bool("fails", true);
    }
    view.end()
}

/// The session that an event is about.
pub(crate) fn session_of(event: &Event) -> Option<&relyingparty::Session> {
    match event {
        Event::LoggedIn { session, .. } | Event::SessionChanged { session } => Some(session),
        Event::LoggedOut { session, .. } => session.as_ref(),
        _ => None,
    }
}

/// An event without what is beside it: its session, and its error if it says `fails`.
fn event(event: &Event) -> String {
    let mut view = Writer::new();
    match event {
        Event::LoggedIn { provider, .. } => view.text("kind", "logged_in").text("provider", provider),
        Event::SessionChanged { .. } => view.text("kind", "session_changed"),
        Event::LoggedOut { .. } => view.text("kind", "logged_out"),
        Event::SessionEnded { .. } => view.text("kind", "session_ended"),
        Event::Failed { .. } => view.text("kind", "failed"),
        _ => &mut view,
    };
    if error_of(event).is_some() {
        view.bool("fails", true);
    }
    view.end()
}

fn error_of(event: &Event) -> Option<&Error> {
    match event {
        Event::LoggedOut { error, .. } => error.as_ref(),
        Event::SessionEnded { error } | Event::Failed { error } => Some(error),
        _ => None,
    }
}

fn pairs(pairs: &[(String, String)]) -> String {
    list(pairs.iter().map(|(name, value)| list([name, value].into_iter().map(|text| quoted(text)))))
}
