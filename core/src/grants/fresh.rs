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

/// The key that tokens are bound to, if they are.
#[cfg(feature = "signing")]
pub(crate) type Binding = Option<SigningKey>;
/// Tokens are bound to no key without the feature `signing`.
#[cfg(not(feature = "signing"))]
pub(crate) type Binding = Option<core::convert::Infallible>;

/// The key to bind tokens to: the one of this thumbprint, which is known of a login or a session, else the client's first.
#[cfg(feature = "signing")]
pub(crate) fn binding(client: &Client, jkt: Option<&str>, trace: &mut Trace) -> Result<Binding, Error> {
    let keys = &client.registration().dpop_keys;
    let Some(jkt) = jkt else { return Ok(keys.first().cloned()) };
    let key = keys.iter().find(|key| key.thumbprint().as_deref() == Some(jkt));
    let other = keys.first().and_then(SigningKey::thumbprint);
    let actual = if key.is_some() { jkt } else { other.as_deref().unwrap_or("none") };
    trace.check(check::DpopKey { expected: jkt.into(), actual: actual.into() }, key.is_some())?;
    Ok(key.cloned())
}

#[cfg(not(feature = "signing"))]
pub(crate) fn binding(_: &Client, jkt: Option<&str>, _: &mut Trace) -> Result<Binding, Error> {
    match jkt {
        Some(jkt) => Err(ErrorKind::DpopKeyMismatch.with([jkt, "none"])),
        None => Ok(None),
    }
}

#[cfg(feature = "signing")]
pub(crate) fn thumbprint(binding: &Binding) -> Option<String> {
    binding.as_ref().and_then(SigningKey::thumbprint)
}

#[cfg(not(feature = "signing"))]
pub(crate) fn thumbprint(_: &Binding) -> Option<String> {
    None
}
