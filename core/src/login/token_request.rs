//! What a token request asks for beyond what its grant does (RFC 6749 6, RFC 8707 2.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::{Client, check_resources, check_scopes};
use crate::grants::fresh::{Binding, Fresh};
use crate::grants::proven::Proven;
use crate::grants::token_endpoint;
use crate::login::authorize::add_extra;
use crate::login::details;
use crate::report::{Error, Trace};
use crate::text::config::{Config, invalid};

/// What one exchange or refresh asks for. Everything is optional; the names are the specification's.
///
/// By default a token request asks for what the login asked for: its `resource`
/// ([`resource_in_token_requests`](crate::Policy::resource_in_token_requests)), and in a refresh its `scope` if the
/// policy says so ([`scope_in_refreshes`](crate::Policy::scope_in_refreshes)).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct TokenRequest {
    /// Scopes to send, out of those of the login. Without `openid` the provider may send no ID token, and an exchange
    /// needs one.
    pub scopes: Option<Vec<String>>,
    /// Resources instead of those of the login (RFC 8707 2.2); an empty list sends none. Refreshes after an exchange
    /// ask for what the exchange asked for.
    pub resource: Option<Vec<String>>,
    /// Fewer authorization details than the login asked for, a JSON array as text (RFC 9396 6).
    pub authorization_details: Option<String>,
    /// Further parameters, each once, but none that a token request sets itself (`reserved_parameter`).
    pub extra: Vec<(String, String)>,
}

impl TokenRequest {
    /// Reads a request from a JSON object with these members. `resource` is a string or a list.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<TokenRequest, Error> {
        let mut given = Config::parse(text, "token request")?;
        let request = TokenRequest {
            scopes: given.texts("scopes"),
            resource: given.text_or_texts("resource"),
            authorization_details: given.array(details::NAME),
            extra: given.pairs("extra"),
        };
        given.end(request)
    }

    /// A request to the token endpoint with a grant's parameters and what is asked for: here, or else what was `usual`.
    pub(super) fn ask(
        &self,
        client: &Client,
        grant: &[(&str, &str)],
        usual: (&[String], &[String]),
        binding: &Binding,
        fresh: Option<Fresh<'_>>,
        trace: &mut Trace,
    ) -> Result<Proven, Error> {
        let policy = client.policy();
        let resource = match &self.resource {
            Some(resource) => resource,
            None if policy.resource_in_token_requests => usual.1,
            None => &[],
        };
        let scopes = match &self.scopes {
            Some(scopes) if scopes.is_empty() => return Err(invalid("scopes", "is empty")),
            Some(scopes) => scopes,
            None => usual.0,
        };
        check_scopes(scopes, false)?;
        check_resources(resource)?;
        self.authorization_details.as_deref().map_or(Ok(()), details::check_asked)?;
        let scope = scopes.join(" ");
        let mut parameters = grant.to_vec();
        if !scopes.is_empty() {
            parameters.push(("scope", &scope));
        }
        parameters.extend(resource.iter().map(|resource| ("resource", resource.as_str())));
        parameters.extend(self.authorization_details.as_deref().map(|details| (details::NAME, details)));
        add_extra(&mut parameters, &self.extra, &RESERVED)?;
        token_endpoint::request(client, &parameters, binding, fresh, trace)
    }
}

/// Parameters of a token request that are the library's business, whichever grant it is.
const RESERVED: [&str; 12] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "resource",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "authorization_details",
];

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("scopes", &self.scopes)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
