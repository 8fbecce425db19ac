//! RP-initiated logout (OIDC RP-Initiated Logout 2).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::authorize::{add_extra, extend_endpoint};
use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, ErrorKind};

/// What to tell the provider about a logout. Everything is optional; names are the specification's.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct EndSessionRequest {
    /// The ID token of the session that ends: spares the end user a question.
    pub id_token_hint: Option<String>,
    /// Where the browser goes afterwards, exactly as registered; the registration's when not set.
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back on that URI: compare it there.
    pub state: Option<String>,
    /// A hint about who logs out.
    pub logout_hint: Option<String>,
    /// Preferred languages of the pages, separated by spaces.
    pub ui_locales: Option<String>,
    /// Further parameters, each once; never one that the library knows.
    pub extra: Vec<(String, String)>,
}

impl fmt::Debug for EndSessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndSessionRequest")
            .field("post_logout_redirect_uri", &self.post_logout_redirect_uri)
            .finish_non_exhaustive()
    }
}

impl EndSessionRequest {
    /// Reads a request from a JSON object with these members.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<EndSessionRequest, Error> {
        let mut given = Config::parse(text, "end session request")?;
        let request = EndSessionRequest {
            id_token_hint: given.text("id_token_hint"),
            post_logout_redirect_uri: given.text("post_logout_redirect_uri"),
            state: given.text("state"),
            logout_hint: given.text("logout_hint"),
            ui_locales: given.text("ui_locales"),
            extra: given.pairs("extra"),
        };
        given.end(request)
    }
}

const ENDPOINT: &str = "end_session_endpoint";
pub(crate) const REDIRECT: &str = "post_logout_redirect_uri";
pub(crate) const RESERVED: [&str; 6] =
    ["id_token_hint", "client_id", REDIRECT, "state", "logout_hint", "ui_locales"];

pub(crate) fn end_session(client: &Client, request: &EndSessionRequest) -> Result<String, Error> {
    let (registration, metadata) = (client.registration(), client.provider().metadata());
    let endpoint = match &registration.end_session_endpoint {
        Some(url) => url,
        None => metadata.endpoint(ENDPOINT)?,
    };
    let redirect_name = registration.end_session_redirect_parameter.as_deref().unwrap_or(REDIRECT);
    let redirect =
        request.post_logout_redirect_uri.as_ref().or(registration.post_logout_redirect_uri.as_ref());
    let mut parameters = vec![("client_id", registration.client_id.as_str())];
    let optional = [
        ("id_token_hint", &request.id_token_hint),
        ("state", &request.state),
        ("logout_hint", &request.logout_hint),
        ("ui_locales", &request.ui_locales),
    ];
    parameters
        .extend(optional.into_iter().filter_map(|(name, value)| value.as_deref().map(|value| (name, value))));
    parameters.extend(redirect.map(|uri| (redirect_name, uri.as_str())));
    add_extra(&mut parameters, &request.extra, &[&RESERVED[..], &[redirect_name]].concat())?;
    extend_endpoint(endpoint, &parameters).map_err(|reason| {
        let kind = match registration.end_session_endpoint {
            Some(_) => ErrorKind::InvalidConfiguration,
            None => ErrorKind::MetadataMemberInvalid,
        };
        kind.with([ENDPOINT, reason])
    })
}
