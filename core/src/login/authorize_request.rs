//! What one login asks for (OIDC Core 3.1.2.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::login::details;
use crate::login::pending::ResponseMode;
use crate::report::Error;
use crate::text::config::Config;

/// What one login asks for. Everything is optional; the names are the specification's.
///
/// `state`, `nonce` and PKCE (S256) are always sent and are not options. What is requested here is checked in the
/// callback: `max_age`, an essential `acr` in `claims`, the subject of `id_token_hint`.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct AuthorizeRequest {
    /// Scopes instead of those of the registration. `offline_access` (with `prompt` `consent`) asks for a refresh
    /// token.
    pub scopes: Option<Vec<String>>,
    /// `none`, `login`, `consent`, `select_account`, separated by spaces.
    pub prompt: Option<String>,
    /// How the provider shows its pages: `page`, `popup`, `touch` or `wap`.
    pub display: Option<String>,
    /// The user must have authenticated at most this long ago, in seconds; otherwise the provider asks again.
    /// `auth_time` is then required.
    pub max_age: Option<u32>,
    /// The preferred languages of the provider's pages, separated by spaces.
    pub ui_locales: Option<String>,
    /// The preferred languages of the claims, separated by spaces (OIDC Core 5.2).
    pub claims_locales: Option<String>,
    /// An earlier ID token. The login must be by the same user.
    pub id_token_hint: Option<String>,
    /// What the user may have typed as their name, such as an e-mail address.
    pub login_hint: Option<String>,
    /// The preferred authentication contexts, separated by spaces. The provider may ignore them; to require one, use
    /// `claims`.
    pub acr_values: Option<String>,
    /// The `claims` parameter (OIDC Core 5.5), a JSON object as text with the members `id_token` and `userinfo`.
    /// Checked on return: an essential `acr` (with its values, if it has any) and an essential `auth_time` of the ID
    /// token, the values (strings, numbers, booleans) of its other essential claims, and the values of `sub`, wherever they
    /// are asked for. Values of claims that are not essential, or of UserInfo, are wishes. A claim that is `null` is asked for without a demand (5.5.1); a value that is `null` or
    /// empty, or an empty list of values, is `invalid_configuration`.
    pub claims: Option<String>,
    /// How the response comes back. Default: in the query.
    pub response_mode: Option<ResponseMode>,
    /// Where the access token will be used (RFC 8707). It is sent here, with the code and with every refresh.
    pub resource: Vec<String>,
    /// What the application asks to be allowed, a JSON array of objects as text, each with a `type` (RFC 9396). What is granted is
    /// compared with it: see [`Grant::authorization_details`](crate::Grant::authorization_details).
    pub authorization_details: Option<String>,
    /// Further parameters, each once, but none that the library knows (`reserved_parameter`).
    pub extra: Vec<(String, String)>,
    /// The page of the application to return to after the login: a path with its query and fragment, in printable
    /// ASCII. It is not sent to the provider. A value that could lead a browser to another site is dropped and the
    /// login goes on: see [`Authorization::return_to_dropped`](crate::Authorization::return_to_dropped).
    pub return_to: Option<String>,
}

impl AuthorizeRequest {
    /// Asks for nothing in particular.
    pub fn new() -> AuthorizeRequest {
        AuthorizeRequest::default()
    }

    /// The same, for these [`scopes`](AuthorizeRequest::scopes).
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> AuthorizeRequest {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The same with a [`prompt`](AuthorizeRequest::prompt).
    #[must_use]
    pub fn with_prompt(mut self, prompt: impl Into<String>) -> AuthorizeRequest {
        self.prompt = Some(prompt.into());
        self
    }

    /// The same with a [`max_age`](AuthorizeRequest::max_age), in seconds.
    #[must_use]
    pub fn with_max_age(mut self, seconds: u32) -> AuthorizeRequest {
        self.max_age = Some(seconds);
        self
    }

    /// The same with a [`login_hint`](AuthorizeRequest::login_hint).
    #[must_use]
    pub fn with_login_hint(mut self, hint: impl Into<String>) -> AuthorizeRequest {
        self.login_hint = Some(hint.into());
        self
    }

    /// The same with [`acr_values`](AuthorizeRequest::acr_values).
    #[must_use]
    pub fn with_acr_values(mut self, values: impl Into<String>) -> AuthorizeRequest {
        self.acr_values = Some(values.into());
        self
    }

    /// The same with [`claims`](AuthorizeRequest::claims), a JSON object as text.
    #[must_use]
    pub fn with_claims(mut self, claims: impl Into<String>) -> AuthorizeRequest {
        self.claims = Some(claims.into());
        self
    }

    /// The same with another [`response_mode`](AuthorizeRequest::response_mode).
    #[must_use]
    pub fn with_response_mode(mut self, mode: ResponseMode) -> AuthorizeRequest {
        self.response_mode = Some(mode);
        self
    }

    /// The same with one more [`resource`](AuthorizeRequest::resource).
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> AuthorizeRequest {
        self.resource.push(resource.into());
        self
    }

    /// The same with one more parameter ([`extra`](AuthorizeRequest::extra)).
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<String>) -> AuthorizeRequest {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The same, returning to this page ([`return_to`](AuthorizeRequest::return_to)).
    #[must_use]
    pub fn with_return_to(mut self, page: impl Into<String>) -> AuthorizeRequest {
        self.return_to = Some(page.into());
        self
    }

    /// Reads a request from a JSON object with these members. `claims` is an object, `resource` a string or a list,
    /// `authorization_details` a list. A
    /// `return_to` that is not a string is dropped.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<AuthorizeRequest, Error> {
        let mut given = Config::parse(text, "authorize request")?;
        let request = AuthorizeRequest {
            scopes: given.texts("scopes"),
            prompt: given.text("prompt"),
            display: given.text("display"),
            max_age: given.number("max_age"),
            ui_locales: given.text("ui_locales"),
            claims_locales: given.text("claims_locales"),
            id_token_hint: given.text("id_token_hint"),
            login_hint: given.text("login_hint"),
            acr_values: given.text("acr_values"),
            claims: given.object("claims"),
            response_mode: given.word("response_mode", ResponseMode::from_name),
            resource: given.text_or_texts("resource").unwrap_or_default(),
            authorization_details: given.array(details::NAME),
            extra: given.pairs("extra"),
            return_to: given
                .member("return_to")
                .map(|given| given.value.as_text().map(Cow::into_owned).unwrap_or_default()),
        };
        given.end(request)
    }
}

impl fmt::Debug for AuthorizeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeRequest")
            .field("scopes", &self.scopes)
            .field("prompt", &self.prompt)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}
