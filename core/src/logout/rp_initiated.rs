//! RP-initiated logout (OIDC RP-Initiated Logout 2).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::client::{Client, REDIRECT, RESERVED, check_redirect};
use crate::login::Session;
use crate::login::authorize::{add_extra, extend_endpoint};
use crate::login::hint;
use crate::report::{Error, ErrorKind};
use crate::text::config::{Config, invalid};

/// What a logout asks for. Everything is optional; the names are the specification's.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct EndSessionRequest {
    /// The session that ends. Its ID token becomes the `id_token_hint`, so that the provider need not ask the user. A
    /// session of another client or issuer is refused.
    pub session: Option<Session>,
    /// The ID token of the session that ends, if there is no [`session`](EndSessionRequest::session). An ID token of
    /// another client or issuer is refused.
    pub id_token_hint: Option<String>,
    /// Where the browser goes after logout, exactly as registered. Default: that of the registration.
    pub post_logout_redirect_uri: Option<String>,
    /// A value that comes back in the query of that URI. Compare it there.
    pub state: Option<String>,
    /// A hint about the user who logs out.
    pub logout_hint: Option<String>,
    /// The preferred languages of the provider's pages, separated by spaces.
    pub ui_locales: Option<String>,
    /// Further parameters, each once, but none that the library knows (`reserved_parameter`).
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
    /// The same request, about this session.
    #[must_use]
    pub fn of(mut self, session: &Session) -> EndSessionRequest {
        self.session = Some(session.clone());
        self
    }

    /// The same, coming back to this URL ([`post_logout_redirect_uri`](EndSessionRequest::post_logout_redirect_uri)).
    #[must_use]
    pub fn with_post_logout_redirect_uri(mut self, uri: impl Into<String>) -> EndSessionRequest {
        self.post_logout_redirect_uri = Some(uri.into());
        self
    }

    /// The same with a [`state`](EndSessionRequest::state).
    #[must_use]
    pub fn with_state(mut self, state: impl Into<String>) -> EndSessionRequest {
        self.state = Some(state.into());
        self
    }

    /// The same with a [`logout_hint`](EndSessionRequest::logout_hint).
    #[must_use]
    pub fn with_logout_hint(mut self, hint: impl Into<String>) -> EndSessionRequest {
        self.logout_hint = Some(hint.into());
        self
    }

    /// The same with one more parameter ([`extra`](EndSessionRequest::extra)).
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<String>) -> EndSessionRequest {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// Reads a request from a JSON object with these members.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<EndSessionRequest, Error> {
        let mut given = Config::parse(text, "end session request")?;
        let request = EndSessionRequest {
            session: None,
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

/// A request to the end-session endpoint: where to, with what, and both as a URL.
#[cfg_attr(not(feature = "logout"), allow(dead_code))]
pub(super) struct Request<'a> {
    pub(super) endpoint: &'a str,
    pub(super) parameters: Vec<(&'a str, &'a str)>,
    pub(super) url: String,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        client: &'a Client,
        request: &'a EndSessionRequest,
        state: Option<&'a str>,
    ) -> Result<Request<'a>, Error> {
        let (registration, metadata) = (client.registration(), client.provider().metadata());
        let endpoint = match &registration.end_session_endpoint {
            Some(url) => url,
            None => metadata.endpoint(ENDPOINT)?,
        };
        let redirect_name = registration.end_session_redirect_parameter.as_deref().unwrap_or(REDIRECT);
        if let Some(uri) = &request.post_logout_redirect_uri {
            check_redirect(REDIRECT, uri)?;
        }
        let redirect =
            request.post_logout_redirect_uri.as_ref().or(registration.post_logout_redirect_uri.as_ref());
        let mut parameters = vec![("client_id", registration.client_id.as_str())];
        let optional = [
            ("id_token_hint", id_token_hint(client, request)?),
            ("state", state),
            ("logout_hint", request.logout_hint.as_deref()),
            ("ui_locales", request.ui_locales.as_deref()),
        ];
        parameters.extend(optional.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
        parameters.extend(redirect.map(|uri| (redirect_name, uri.as_str())));
        add_extra(&mut parameters, &request.extra, &[&RESERVED[..], &[redirect_name]].concat())?;
        let url = extend_endpoint(endpoint, &parameters).map_err(|reason| {
            let kind = match registration.end_session_endpoint {
                Some(_) => ErrorKind::InvalidConfiguration,
                None => ErrorKind::MetadataMemberInvalid,
            };
            kind.with([ENDPOINT, reason])
        })?;
        Ok(Request { endpoint, parameters, url })
    }
}

impl Client {
    /// The URL that logs the user out at the provider (OIDC RP-Initiated Logout 2). `Client::log_out` (feature `logout`) also makes
    /// a form where the URL would be too long, and a `state` to compare.
    ///
    /// # Errors
    /// `session_mismatch`, `endpoint_missing`, `reserved_parameter`, `invalid_configuration`
    pub fn end_session(&self, request: &EndSessionRequest) -> Result<String, Error> {
        Ok(Request::new(self, request, request.state.as_deref())?.url)
    }
}

/// The ID token to send along, once it is known to be this client's.
fn id_token_hint<'a>(client: &Client, request: &'a EndSessionRequest) -> Result<Option<&'a str>, Error> {
    match (&request.session, request.id_token_hint.as_deref()) {
        (Some(_), Some(_)) => Err(invalid("id_token_hint", "is given beside a session")),
        (Some(session), None) => {
            session.check_client(client)?;
            Ok(Some(session.id_token()))
        }
        (None, Some(hint)) => hint::subject(client, hint).map(|_| Some(hint)),
        (None, None) => Ok(None),
    }
}
