//! What a relying party is made of, beside its transport and its store.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use relyingparty::bindings::refused;
use relyingparty::{Cache, Entropy, ErrorKind, Policy, Registration, SealingKeys, Timestamp};

/// A client at one provider: the issuer, the registration, and what has a default.
///
/// ```
/// use relyingparty_host::{Config, Registration};
///
/// let client = Registration::new("my-client", "https://app.example/callback").with_secret("…");
/// let config = Config::new("https://op.example", client);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Config {
    pub(crate) issuer: String,
    pub(crate) registration: Registration,
    pub(crate) policy: Policy,
    pub(crate) cache: Cache,
    pub(crate) sealing_keys: Option<SealingKeys>,
    pub(crate) insecure_loopback: bool,
    pub(crate) clock: Clock,
    pub(crate) entropy: Random,
}

pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// `None` where the system has no randomness.
pub(crate) type Random = Arc<dyn Fn() -> Option<[u8; 32]> + Send + Sync>;

impl Config {
    /// A client of `issuer`, exactly as the provider publishes it, with the registration that it has there: client id, redirect
    /// URI, and how it authenticates.
    pub fn new(issuer: impl Into<String>, registration: Registration) -> Config {
        Config {
            issuer: issuer.into(),
            registration,
            policy: Policy::default(),
            cache: Cache::default(),
            sealing_keys: None,
            insecure_loopback: false,
            clock: Arc::new(now),
            entropy: Arc::new(random),
        }
    }

    /// Limits and choices.
    pub fn policy(mut self, policy: Policy) -> Config {
        self.policy = policy;
        self
    }

    /// Metadata and keys that an earlier process kept ([`RelyingParty::cache`](crate::RelyingParty::cache)).
    pub fn cache(mut self, cache: Cache) -> Config {
        self.cache = cache;
        self
    }

    /// Keys for [`encode`](crate::RelyingParty::encode) and [`restore`](crate::RelyingParty::restore). Keep them where the client
    /// secret is. The first key seals, all of them open, so that keys can be rotated.
    pub fn sealing_keys(mut self, keys: SealingKeys) -> Config {
        self.sealing_keys = Some(keys);
        self
    }

    /// For development: allows `http://` for an issuer on this machine.
    pub fn allow_insecure_loopback(mut self) -> Config {
        self.insecure_loopback = true;
        self
    }

    /// What tells the time; the system's clock if it is not set.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Config {
        self.clock = Arc::new(clock);
        self
    }

    /// What draws 32 secure random bytes; the system's if it is not set.
    pub fn entropy(mut self, entropy: impl Fn() -> [u8; 32] + Send + Sync + 'static) -> Config {
        self.entropy = Arc::new(move || Some(entropy()));
        self
    }

    pub(crate) fn draw(&self) -> Result<Entropy, relyingparty::Error> {
        drawn(&self.entropy)
    }
}

pub(crate) fn drawn(from: &Random) -> Result<Entropy, relyingparty::Error> {
    let none = || refused(ErrorKind::WeakEntropy, ["the system has no randomness"]);
    Entropy::new(from().ok_or_else(none)?)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({} at {})", self.registration.client_id, self.issuer)
    }
}

pub(crate) fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}
