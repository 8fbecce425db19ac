//! An ID token that a host sends to the provider as a hint: read to refuse what is not this client's, never believed.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::client::Client;
use crate::jose::Jws;
use crate::report::{Error, ErrorKind};
use crate::text::config::invalid;
use crate::text::json::{Json, Object};
use crate::token::claims::audiences;

/// The subject of an ID token of this client's, to be sent to its provider. The signature is not checked: what is said
/// here can only narrow what is accepted.
///
/// # Errors
/// `invalid_configuration` for what is no ID token; `session_mismatch` for one of another issuer or client, which
/// must not learn of it.
pub(crate) fn subject(client: &Client, id_token_hint: &str) -> Result<String, Error> {
    let unreadable = || invalid("id_token_hint", "is not a signed ID token");
    let jws = Jws::parse(id_token_hint, client.policy().token()).map_err(|_| unreadable())?;
    let members = Object::parse_within(&jws.payload, client.policy().json()).map_err(|_| unreadable())?;
    let text = |claim: &str| members.get(claim).and_then(Json::as_text).ok_or_else(unreadable);
    let registration = client.registration();
    let iss = text("iss")?;
    let own = match &client.rules().tenants {
        Some(tenants) => tenants.issuer(&text("tid")?).is_some_and(|issuer| *iss == *issuer),
        None => {
            iss == client.provider().issuer().as_str()
                || registration.issuer_aliases.iter().any(|own| *own == iss)
        }
    };
    if !own {
        return Err(ErrorKind::SessionMismatch.with(["issuer"]));
    }
    if !audiences(&members).map_err(|_| unreadable())?.contains(&registration.client_id) {
        return Err(ErrorKind::SessionMismatch.with(["client_id"]));
    }
    text("sub").map(Cow::into_owned)
}
