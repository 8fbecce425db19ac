//! A request with an access token (RFC 6750 2.1, RFC 9449 7.1).

use crate::client::Client;
use crate::grants::fresh::Fresh;
use crate::grants::fresh::binding;
use crate::grants::proven::Proven;
#[cfg(feature = "signing")]
use crate::grants::proving::{Bound, Proving};
use crate::machine::HttpRequest;
#[cfg(feature = "signing")]
use crate::report::ErrorKind;
use crate::report::{Error, Trace};
#[cfg(feature = "signing")]
use crate::text::Secret;

/// The request with the token: as a bearer token, or with a proof where it is bound to a key of this thumbprint.
#[cfg_attr(not(feature = "signing"), allow(unused_variables))]
pub(crate) fn request(
    client: &Client,
    mut request: HttpRequest,
    access_token: &str,
    jkt: Option<&str>,
    fresh: Option<Fresh<'_>>,
    trace: &mut Trace,
) -> Result<Proven, Error> {
    let scheme = if jkt.is_some() { "DPoP " } else { "Bearer " };
    request.headers.push(("authorization".into(), [scheme, access_token].concat()));
    let Some(jkt) = jkt else { return Ok(Proven::plain(request)) };
    let key = binding(client, Some(jkt), trace)?;
    #[cfg(feature = "signing")]
    if let Some(key) = key {
        let bound = Bound { key, access_token: Some(Secret::new(access_token)) };
        let fresh = fresh.ok_or(ErrorKind::EntropyMissing)?;
        return Proving::start(client, request, false, Some(bound), fresh).map(Proven::proving);
    }
    Ok(Proven::plain(request))
}
