//! What a token has to answer to: everything that was requested is checked on return.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::report::Error;
use crate::text::config::Config;
use crate::text::secret::Secret;
use crate::token::requested::Requested;

/// What an ID token must contain, beside what is always checked.
///
/// Issuer, audience, times and signature are always checked. For a token that is not the answer to a request of this
/// application, such as one that an API received, use [`Expectations::none`].
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    nonce: Option<Secret>,
    pub(crate) requested: Requested,
    access_token: Option<Secret>,
}

impl Expectations {
    /// Nothing beside what is always checked.
    pub fn none() -> Expectations {
        Expectations::default()
    }

    /// Reads expectations from a JSON object with the members `nonce`, `max_age` (seconds), `auth_time`
    /// (boolean), `acr_values` (list), `sub`, `access_token`. One that is null is refused: no check is skipped
    /// because a value that should have been there is missing.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<Expectations, Error> {
        let mut given = Config::parse(text, "expectations")?;
        let expectations = Expectations {
            nonce: given.text("nonce").map(Secret::new),
            requested: Requested {
                max_age: given.number("max_age"),
                auth_time: given.bool("auth_time").unwrap_or(false),
                acr: false,
                acr_values: given.texts("acr_values"),
                sub: given.text("sub").map(|sub| vec![sub]),
                claims: Vec::new(),
            },
            access_token: given.text("access_token").map(Secret::new),
        };
        given.end(expectations)
    }

    /// The token must have this nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<Secret>) -> Expectations {
        self.nonce = Some(nonce.into());
        self
    }

    /// The user must have authenticated at most this many seconds ago.
    #[must_use]
    pub fn max_age(mut self, seconds: u32) -> Expectations {
        self.requested.max_age = Some(seconds);
        self
    }

    /// The token must have an `auth_time`.
    #[must_use]
    pub fn auth_time(mut self) -> Expectations {
        self.requested.auth_time = true;
        self
    }

    /// `acr` must be one of these. An empty list accepts none.
    #[must_use]
    pub fn acr_values(mut self, values: Vec<String>) -> Expectations {
        self.requested.acr_values = Some(values);
        self
    }

    /// The token must be about this user.
    #[must_use]
    pub fn subject(mut self, sub: impl Into<String>) -> Expectations {
        self.requested.sub = Some(vec![sub.into()]);
        self
    }

    /// `at_hash`, if the token has one, must match this access token.
    #[must_use]
    pub fn access_token(mut self, access_token: impl Into<Secret>) -> Expectations {
        self.access_token = Some(access_token.into());
        self
    }

    pub(crate) fn requested(requested: Requested) -> Expectations {
        Expectations { requested, ..Expectations::default() }
    }

    pub(crate) fn expected_nonce(&self) -> Option<&Secret> {
        self.nonce.as_ref()
    }

    pub(crate) fn expected_access_token(&self) -> Option<&Secret> {
        self.access_token.as_ref()
    }
}
