//! A request with an access token (RFC 6750 2.1, RFC 9449 7.1).

use crate::client::Client;
#[cfg(feature = "signing")]
use crate::grants::fresh::Known;
use crate::grants::fresh::{Binding, Fresh};
use crate::grants::grant::Grant;
use crate::grants::proven::Proven;
#[cfg(feature = "signing")]
use crate::grants::proving::{Bound, Proving};
use crate::machine::HttpRequest;
#[cfg(feature = "signing")]
use crate::report::check;
use crate::report::{Error, ErrorKind, Trace};
#[cfg(feature = "signing")]
use crate::text::Secret;

/// The request with the access token of the grant: as a bearer token, or with a proof where it is bound to a key, and over a
/// connection with the certificate where it is bound to that.
#[cfg_attr(not(feature = "signing"), allow(unused_variables))]
pub(crate) fn request(
    client: &Client,
    mut request: HttpRequest,
    grant: &Grant,
    fresh: Option<Fresh<'_>>,
    trace: &mut Trace,
) -> Result<Proven, Error> {
    let access_token = grant.access_token().ok_or_else(|| ErrorKind::NoAccessToken.bare())?;
    let known = grant.known();
    #[cfg(feature = "signing")]
    check_profile(client, grant, known, trace)?;
    let binding = Binding::of(client, known, trace)?;
    let scheme = if known.jkt.is_some() { "DPoP " } else { "Bearer " };
    request.headers.push(("authorization".into(), [scheme, access_token].concat()));
    request.client_certificate = binding.certificate;
    #[cfg(feature = "signing")]
    if let Some(key) = binding.key {
        let bound = Bound { key, access_token: Some(Secret::new(access_token)) };
        let fresh = fresh.ok_or_else(|| ErrorKind::EntropyMissing.bare())?;
        return Proving::start(client, request, false, Some(bound), fresh).map(Proven::proving);
    }
    Ok(Proven::plain(request))
}

/// A profile whose tokens are bound sends no other, such as one that was stored before.
#[cfg(feature = "signing")]
fn check_profile(client: &Client, grant: &Grant, known: Known<'_>, trace: &mut Trace) -> Result<(), Error> {
    if !client.policy().profile.is_fapi() || known.jkt.is_some() || known.certificate {
        return Ok(());
    }
    Err(trace.fail(check::TokenBound { actual: grant.token_type().into() }))
}
