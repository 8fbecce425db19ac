//! What a request proves, and what that takes: a key that tokens are bound to, and something that no other request has.

use alloc::string::String;

use crate::client::Client;
#[cfg(feature = "signing")]
use crate::jose::SigningKey;
use crate::machine::Cache;
#[cfg(not(feature = "signing"))]
use crate::report::ErrorKind;
#[cfg(feature = "signing")]
use crate::report::check;
use crate::report::{Error, Trace};
use crate::text::config::invalid;
#[cfg(feature = "signing")]
use crate::text::{Entropy, Timestamp};

/// What makes a request like no other: randomness for one operation, the nonces that servers gave, the time.
#[cfg(feature = "signing")]
#[derive(Debug)]
pub(crate) struct Fresh<'a> {
    pub(crate) entropy: Entropy,
    pub(crate) cache: &'a Cache,
    pub(crate) now: Timestamp,
}
/// There is none without the feature `signing`.
#[cfg(not(feature = "signing"))]
pub(crate) type Fresh<'a> = (core::convert::Infallible, core::marker::PhantomData<&'a Cache>);

/// A key that tokens are bound to, if they are.
#[cfg(feature = "signing")]
pub(crate) type Key = Option<SigningKey>;
/// Tokens are bound to no key without the feature `signing`.
#[cfg(not(feature = "signing"))]
pub(crate) type Key = Option<core::convert::Infallible>;

/// What tokens are bound to: a key, the client's certificate, both or neither.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) key: Key,
    pub(crate) certificate: bool,
}

/// What the tokens are known to be bound to that a login, a grant or nobody has: the key of this thumbprint, the certificate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    pub(crate) jkt: Option<&'a str>,
    pub(crate) certificate: bool,
}

impl Binding {
    /// What new tokens are bound to: what is bound stays so, and what the registration asks for is.
    pub(crate) fn new(client: &Client, known: Known<'_>, trace: &mut Trace) -> Result<Binding, Error> {
        let certificate = client.registration().tls_client_certificate_bound_access_tokens;
        let held = Known { certificate: certificate || known.certificate, ..known };
        let key = match known.jkt {
            Some(jkt) => key(client, jkt, trace)?,
            None => first_key(client),
        };
        held.certificate(client).map(|certificate| Binding { key, certificate })
    }

    /// What a token that is there is bound to.
    pub(crate) fn of(client: &Client, known: Known<'_>, trace: &mut Trace) -> Result<Binding, Error> {
        let key = known.jkt.map_or(Ok(None), |jkt| key(client, jkt, trace))?;
        known.certificate(client).map(|certificate| Binding { key, certificate })
    }

    #[cfg(feature = "signing")]
    pub(crate) fn thumbprint(&self) -> Option<String> {
        self.key.as_ref().and_then(SigningKey::thumbprint)
    }

    #[cfg(not(feature = "signing"))]
    #[expect(clippy::unused_self, reason = "the other one has a key")]
    pub(crate) fn thumbprint(&self) -> Option<String> {
        None
    }
}

impl Known<'_> {
    /// Whether the certificate is needed, which then has to be there.
    fn certificate(self, client: &Client) -> Result<bool, Error> {
        if self.certificate && !client.registration().tls_client_certificate {
            return Err(invalid("tls_client_certificate", "is not set: the tokens are bound to it"));
        }
        Ok(self.certificate)
    }
}

#[cfg(feature = "signing")]
fn first_key(client: &Client) -> Key {
    client.registration().dpop_keys.first().cloned()
}

#[cfg(not(feature = "signing"))]
fn first_key(_: &Client) -> Key {
    None
}

/// The key of this thumbprint.
#[cfg(feature = "signing")]
fn key(client: &Client, jkt: &str, trace: &mut Trace) -> Result<Key, Error> {
    let keys = &client.registration().dpop_keys;
    let key = keys.iter().find(|key| key.thumbprint().as_deref() == Some(jkt));
    let other = keys.first().and_then(SigningKey::thumbprint);
    let actual = if key.is_some() { jkt } else { other.as_deref().unwrap_or("none") };
    trace.check(check::DpopKey { expected: jkt.into(), actual: actual.into() }, key.is_some())?;
    Ok(key.cloned())
}

#[cfg(not(feature = "signing"))]
fn key(_: &Client, jkt: &str, _: &mut Trace) -> Result<Key, Error> {
    Err(ErrorKind::DpopKeyMismatch.with([jkt, "none"]))
}
