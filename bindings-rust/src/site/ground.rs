//! A site, whichever way it sends: the core's, with the relying parties that answer for it.

use std::sync::{Arc, Mutex};

use relyingparty::{
    AuthorizeRequest, Cache, Event, Flow, Incoming, Reply, Request, SealingKeys, Sequence, Site, SitePolicy,
    Step, StoreRequest, Timestamp, Visit,
};

use super::handled::Handled;
use super::turns::{Question, Turns};
use crate::config::{Clock, Config, Random, drawn, now, random};
use crate::host::{Driven, Host};
use crate::party::{Party, Shared, locked};
use crate::{Error, StoreError};

type Hear = Box<dyn Fn(&Event) + Send + Sync>;

/// What a site is built from.
pub(crate) struct Plan<H: Host> {
    pub(crate) base_url: String,
    pub(crate) keys: SealingKeys,
    pub(crate) policy: SitePolicy,
    pub(crate) providers: Vec<Offer<H>>,
    pub(crate) store: Option<Box<H::Sessions>>,
    pub(crate) cache: Cache,
    pub(crate) clock: Clock,
    pub(crate) entropy: Random,
    pub(crate) hear: Option<Hear>,
}

/// What a provider of a site is made of.
pub(crate) struct Offer<H> {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) host: H,
    pub(crate) authorize: AuthorizeRequest,
}

/// A site that runs.
pub(crate) struct Ground<H: Host> {
    shared: Arc<Shared>,
    store: Option<Box<H::Sessions>>,
    clock: Clock,
    entropy: Random,
    hear: Option<Hear>,
    base_url: String,
    standing: Mutex<Arc<Standing<H>>>,
    turns: Turns,
}

/// What a request finds. What is changed meanwhile is for the next one.
struct Standing<H> {
    site: Site,
    parties: Vec<(String, Arc<Party<H>>)>,
}

impl<H> Clone for Standing<H> {
    fn clone(&self) -> Standing<H> {
        Standing { site: self.site.clone(), parties: self.parties.clone() }
    }
}

/// What a request's questions are answered with.
pub(crate) struct Answers<'a, H: Host> {
    standing: &'a Standing<H>,
    speaker: Speaker,
    pub(crate) store: Option<&'a H::Sessions>,
    pub(crate) question: Question<'a>,
    failure: Mutex<Option<Arc<dyn std::error::Error + Send + Sync>>>,
}

/// The name of the provider whose client a flow speaks for.
type Speaker = Arc<Mutex<Option<String>>>;

/// A flow of a site that tells for whom it speaks.
pub(crate) struct Spoken<T> {
    sequence: Sequence<T>,
    speaker: Speaker,
}

impl<H: Host> Plan<H> {
    pub(crate) fn new(base_url: &str, keys: SealingKeys) -> Plan<H> {
        Plan {
            base_url: base_url.into(),
            keys,
            policy: SitePolicy::default(),
            providers: Vec::new(),
            store: None,
            cache: Cache::default(),
            clock: Arc::new(now),
            entropy: Arc::new(random),
            hear: None,
        }
    }

    pub(crate) fn build(mut self) -> Result<Arc<Ground<H>>, Error> {
        self.policy.store = self.store.is_some();
        let site = Site::new(&self.base_url, self.keys, self.policy)?;
        let ground = Ground {
            shared: Shared::new(self.cache),
            store: self.store,
            clock: self.clock,
            entropy: self.entropy,
            hear: self.hear,
            base_url: self.base_url,
            standing: Mutex::new(Arc::new(Standing { site, parties: Vec::new() })),
            turns: Turns::default(),
        };
        self.providers.into_iter().try_for_each(|offer| ground.add(offer))?;
        Ok(Arc::new(ground))
    }
}

impl<H: Host> Ground<H> {
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn cache(&self) -> Cache {
        self.shared.cache()
    }

    #[cfg(feature = "axum")]
    pub(crate) fn is_stored(&self) -> bool {
        self.store.is_some()
    }

    pub(crate) fn add(&self, offer: Offer<H>) -> Result<(), Error> {
        let Offer { name, config, host, authorize } = offer;
        let party = Party::sharing(config, host, Arc::clone(&self.shared))?;
        let mut standing = locked(&self.standing);
        let site = standing.site.clone().with_provider(party.on_site(&name, authorize))?;
        let mut parties = standing.parties.clone();
        parties.push((name, Arc::new(party)));
        *standing = Arc::new(Standing { site, parties });
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut standing = locked(&self.standing);
        if standing.party(name).is_none() {
            return false;
        }
        let Standing { site, mut parties } = Standing::clone(&standing);
        parties.retain(|(own, _)| own != name);
        *standing = Arc::new(Standing { site: site.without_provider(name), parties });
        true
    }

    pub(crate) fn party(&self, name: &str) -> Option<Arc<Party<H>>> {
        self.standing().party(name).cloned()
    }

    pub(crate) fn handles(&self, url: &str) -> bool {
        self.standing().site.handles(url)
    }

    pub(crate) async fn handle(&self, incoming: Incoming) -> Result<Handled, Error> {
        let (standing, now) = (self.standing(), (self.clock)());
        let step = standing.site.handle(incoming, drawn(&self.entropy)?, &mut self.cache(), now)?;
        let handled = self.run(&standing, step).await?;
        self.tell(handled.event.as_ref());
        Ok(Handled::from(handled))
    }

    pub(crate) async fn visit(&self, incoming: &Incoming) -> Result<Visit, Error> {
        let (standing, now) = (self.standing(), (self.clock)());
        let step = standing.site.visit(incoming, drawn(&self.entropy)?, &mut self.cache(), now)?;
        let visit = self.run(&standing, step).await?;
        self.tell(visit.event.as_ref());
        Ok(visit)
    }

    fn standing(&self) -> Arc<Standing<H>> {
        Arc::clone(&locked(&self.standing))
    }

    fn tell(&self, event: Option<&Event>) {
        if let (Some(hear), Some(event)) = (&self.hear, event) {
            hear(event);
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        standing: &Standing<H>,
        step: Step<Sequence<T>>,
    ) -> Result<T, Error> {
        let sequence = match step {
            Step::Done(output) => return Ok(output),
            Step::Pending(sequence) => sequence,
        };
        let (speaker, store) = (Speaker::default(), self.store.as_deref());
        let flow = Spoken::new(sequence, Arc::clone(&speaker));
        let question = self.turns.question();
        let answers = Answers { standing, speaker, store, question, failure: Mutex::default() };
        let with = Driven { shared: &self.shared, clock: &self.clock };
        H::drive_site(with, Step::Pending(flow), &answers).await.map_err(|error| answers.explained(error))
    }
}

impl<H> Standing<H> {
    fn party(&self, name: &str) -> Option<&Arc<Party<H>>> {
        self.parties.iter().find(|(own, _)| own == name).map(|(_, party)| party)
    }
}

impl<'a, H: Host> Answers<'a, H> {
    /// Who answers what is asked now, if it is not the store.
    pub(crate) fn host(&self) -> Option<&'a H> {
        let speaker = locked(&self.speaker);
        self.standing.party(speaker.as_deref()?).map(|party| party.host())
    }

    /// What the store came to. What it failed with stays here: it could show a secret.
    pub(crate) fn stored(&self, outcome: Result<Reply, StoreError>) -> Reply {
        outcome.unwrap_or_else(|error| {
            *locked(&self.failure) = Some(error.into());
            Reply::Unreachable { reason: "the session store failed".into() }
        })
    }

    fn explained(&self, error: relyingparty::Error) -> Error {
        match locked(&self.failure).take() {
            Some(cause) if error.code() == "store_unavailable" => Error::SessionStore { error, cause },
            _ => Error::Core(error),
        }
    }
}

/// What the store is asked, or whatever else.
pub(crate) enum Asked {
    Store(StoreRequest),
    Other(Request),
}

impl From<Request> for Asked {
    fn from(request: Request) -> Asked {
        match request {
            Request::Store(request) => Asked::Store(request),
            request => Asked::Other(request),
        }
    }
}

impl<T: 'static> Spoken<T> {
    fn new(sequence: Sequence<T>, speaker: Speaker) -> Spoken<T> {
        *locked(&speaker) = sequence.provider();
        Spoken { sequence, speaker }
    }
}

impl<T: 'static> Flow for Spoken<T> {
    type Output = T;

    fn request(&self) -> &Request {
        self.sequence.request()
    }

    fn resume(
        self,
        reply: Reply,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<Step<Self>, relyingparty::Error> {
        Ok(match self.sequence.resume(reply, cache, now)? {
            Step::Done(output) => Step::Done(output),
            Step::Pending(sequence) => Step::Pending(Spoken::new(sequence, self.speaker)),
        })
    }
}
