//! What a client was granted (RFC 6749 1.4, 1.5, 5.1), without a word on who the end user is.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};

use crate::client::{Client, Owner};
use crate::grants::fresh::Known;
use crate::grants::token_endpoint::Tokens;
use crate::report::Error;
use crate::text::json::Document;
use crate::text::{Secret, Timestamp};

/// What a client was granted: an access token, perhaps a refresh token, their scope and expiry.
///
/// A grant names no end user. A [`Session`](crate::Session) has a grant and says who logged in; a grant cannot be
/// turned into a session. A grant comes only from a token response. It belongs to the client that asked, and other
/// clients refuse it. Immutable, cheap to clone.
#[derive(Clone)]
pub struct Grant(Arc<Inner>);

struct Inner {
    issuer: String,
    client_id: String,
    access_token: Option<Secret>,
    token_type: String,
    refresh_token: Option<Secret>,
    scope: Vec<String>,
    expires_at: Option<Timestamp>,
    dpop_jkt: Option<String>,
    certificate_bound: bool,
    authorization_details: Option<String>,
    more: Document,
}

impl Grant {
    /// For the flows. `scope` and `refresh_token` hold where the response does not say: what was asked for, and what was
    /// used (RFC 6749 5.1, 6).
    pub(crate) fn new(
        owner: Owner<'_>,
        tokens: Tokens,
        scope: Vec<String>,
        refresh_token: Option<Secret>,
        authorization_details: Option<String>,
    ) -> Grant {
        Grant(Arc::new(Inner {
            issuer: owner.issuer.to_owned(),
            client_id: owner.client_id.to_owned(),
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            refresh_token: tokens.refresh_token.or(refresh_token),
            scope: tokens.scope.unwrap_or(scope),
            expires_at: tokens.expires_at,
            dpop_jkt: tokens.dpop_jkt,
            certificate_bound: tokens.certificate_bound,
            authorization_details,
            more: Document::of(tokens.more),
        }))
    }

    /// The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
    /// [`accept_missing_access_token`](crate::Policy::accept_missing_access_token).
    pub fn access_token(&self) -> Option<&str> {
        self.0.access_token.as_ref().map(Secret::expose)
    }

    /// The thumbprint of the key that the access token is bound to (DPoP, RFC 9449 6.1): whoever sends the token has to prove
    /// that they have the key. None for a bearer token.
    pub fn dpop_jkt(&self) -> Option<&str> {
        self.0.dpop_jkt.as_deref()
    }

    /// Whether the access token is bound to the client's TLS certificate (RFC 8705 3): it is sent over connections with it and no
    /// others.
    pub fn is_certificate_bound(&self) -> bool {
        self.0.certificate_bound
    }

    /// What the application may do, as a JSON array (RFC 9396 7): as the response says, else as an earlier one said. None where no
    /// response said it, whatever was asked for.
    pub fn authorization_details(&self) -> Option<&str> {
        self.0.authorization_details.as_deref()
    }

    /// What its tokens are bound to.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { jkt: self.dpop_jkt(), certificate: self.0.certificate_bound }
    }

    /// The type of the access token: `Bearer` or `DPoP`, as the provider spells it.
    pub fn token_type(&self) -> &str {
        &self.0.token_type
    }

    /// The refresh token, if the provider sent one.
    pub fn refresh_token(&self) -> Option<&str> {
        self.0.refresh_token.as_ref().map(Secret::expose)
    }

    /// The granted scopes: those of the token response, else those asked for (RFC 6749 5.1).
    pub fn scope(&self) -> &[String] {
        &self.0.scope
    }

    /// When the access token expires, if the provider says it.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// Another member of the token response, such as `not-before-policy`.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.other_members().get(member)
    }

    /// All other members of the token response, by name.
    pub fn other_members(&self) -> &Map<String, Value> {
        self.0.more.as_map()
    }

    /// All other members of the token response, as a JSON object.
    pub fn other_members_as_json(&self) -> &str {
        self.0.more.as_json()
    }

    /// The same without its refresh token.
    #[cfg(feature = "site")]
    pub(crate) fn without_refresh_token(&self) -> Grant {
        let inner = &self.0;
        Grant(Arc::new(Inner {
            issuer: inner.issuer.clone(),
            client_id: inner.client_id.clone(),
            access_token: inner.access_token.clone(),
            token_type: inner.token_type.clone(),
            refresh_token: None,
            scope: inner.scope.clone(),
            expires_at: inner.expires_at,
            dpop_jkt: inner.dpop_jkt.clone(),
            certificate_bound: inner.certificate_bound,
            authorization_details: inner.authorization_details.clone(),
            more: Document::of(inner.more.as_json().to_owned()),
        }))
    }

    /// What a later response leaves unsaid holds on.
    pub(crate) fn shared_refresh_token(&self) -> Option<Secret> {
        self.0.refresh_token.clone()
    }

    /// Whose it is.
    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner { issuer: &self.0.issuer, client_id: &self.0.client_id }
    }

    /// A grant goes back only to the client it came from.
    pub(crate) fn check_client(&self, client: &Client) -> Result<(), Error> {
        client.owner().check(self.owner())
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grant({} to {})", self.0.issuer, self.0.client_id)
    }
}
