//! Why a login did not work: the core's error, or a problem of the demo itself.

use std::fmt;

use relyingparty::{Error, ServerError};

/// Everything that is told about a failed login.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) category: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<(String, String)>,
    /// What a person might try.
    pub(crate) hint: Option<String>,
    /// The provider's own words: untrusted.
    pub(crate) server_error: Option<Box<ServerError>>,
}

impl Failure {
    /// A problem outside the core.
    pub(crate) fn demo(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            category: "Demo",
            message: message.into(),
            details: Vec::new(),
            hint: None,
            server_error: None,
        }
    }
}

impl Failure {
    pub(crate) fn no_randomness(error: &dyn fmt::Display) -> Self {
        Self::demo("no_randomness", format!("no randomness: {error}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let details: Vec<_> =
            error.details().iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self {
            code: error.code(),
            category: error.category().as_str(),
            message: error.to_string(),
            hint: hint(error.code(), &details),
            details,
            server_error: error.server_error().cloned().map(Box::new),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nHint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What most often is behind an error.
fn hint(code: &str, details: &[(String, String)]) -> Option<String> {
    let detail = |name: &str| details.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    match code {
        "metadata_issuer_mismatch" => {
            let (expected, actual) = (detail("expected"), detail("actual"));
            (expected.trim_end_matches('/') == actual.trim_end_matches('/')).then(|| {
                format!(
                    "the two differ in the slash at the end only, and issuers are compared exactly: \
                     write \"issuer\": \"{actual}\" in the settings"
                )
            })
        }
        "invalid_issuer" => Some(
            "an issuer is an https URL, or an http one on this machine (127.0.0.1, [::1], localhost)".into(),
        ),
        _ => None,
    }
}
