//! What `Display` shows of an error. Nothing of it means anything in a page, a shell or a line of a log, whoever wrote the
//! details: the words are the library's, and of a detail only harmless characters are shown, between brackets that none of
//! them can close.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

use crate::report::error::Error;
use crate::report::kind::ErrorKind;
use crate::report::missing::{EXPIRED, LoginMissing};
use crate::report::printable::push_shown;

/// Details that are empty where there is nothing to say.
const OPTIONAL: [&str; 5] = ["left_out", "error", "url", "age", "limit"];

/// A clock that shows more tells milliseconds: in seconds it would be the year 5138.
pub(crate) const MILLISECONDS: i64 = 100_000_000_000;

impl Error {
    /// What `Display` shows.
    pub(crate) fn message(&self) -> String {
        let mut message = self.says().to_owned();
        match self.kind() {
            ErrorKind::ProviderError => self.push_servers(&mut message),
            _ => self.push_details(&mut message),
        }
        let advice = if self.hint().is_empty() { self.advice() } else { Some(self.hint().to_owned()) };
        if let Some(advice) = advice {
            message.extend(["; ", &advice]);
        }
        message
    }

    /// What happened. Signatures and assertions are the host's to make, and no provider's.
    fn says(&self) -> &'static str {
        const BY_HOST: [&str; 5] =
            ["signature", "client_assertion", "client_secret", "dpop_proof", "request_object"];
        match self.kind() {
            ErrorKind::Unreachable if BY_HOST.contains(&self.text("endpoint")) => {
                "the host could not make what the request needs"
            }
            kind => kind.message(),
        }
    }

    fn push_details(&self, message: &mut String) {
        let told =
            self.details().into_iter().filter(|(name, value)| !value.is_empty() || !OPTIONAL.contains(name));
        let mut before = " (";
        for (name, value) in told {
            message.extend([before, name, ": ["]);
            push_shown(message, value);
            message.push(']');
            before = ", ";
        }
        if before != " (" {
            message.push(')');
        }
    }

    /// `: invalid_client, from the token endpoint`.
    fn push_servers(&self, message: &mut String) {
        let (error, endpoint) = (self.text("error"), self.text("endpoint"));
        let is_word = error.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte));
        let (before, after) = if is_word { (": ", "") } else { (": [", "]") };
        message.push_str(before);
        push_shown(message, error);
        message.extend([after, ", from the ", endpoint, " endpoint"]);
    }

    /// What the reader can do about it, where the details tell.
    fn advice(&self) -> Option<String> {
        match self.kind() {
            ErrorKind::NoPendingLogin => {
                LoginMissing::from_name(self.text("reason")).map(|cause| cause.advice().to_owned())
            }
            ErrorKind::PendingLoginExpired if self.number("age").is_some_and(|age| age < 0) => {
                Some("the clock of this host was set back; begin a new login".to_owned())
            }
            ErrorKind::PendingLoginExpired => Some(EXPIRED.to_owned()),
            ErrorKind::PendingLoginMismatch => Some(
                "only the client that began it can finish it: give each relying party its own redirect_uri or store".to_owned(),
            ),
            ErrorKind::AlgRefused => self.advice_on_alg(),
            ErrorKind::IssuedInFuture => {
                let seconds = self.number("iat")?.checked_sub(self.number("now")?)?;
                let allow = if seconds <= 300 { ", or allow for it with allowed_skew_secs in the policy" } else { "" };
                let ahead = ["the clock of the provider is ", &seconds.to_string()].concat();
                Some([&ahead, " s ahead of the clock of this host: set the one that is wrong", allow].concat())
            }
            #[cfg(feature = "setup")]
            ErrorKind::ImplausibleClock => {
                let now: i64 = self.text("now").split('.').next()?.parse().ok()?;
                let milliseconds =
                    if now > MILLISECONDS { ", and this one tells milliseconds: divide by 1000" } else { "" };
                Some(["the clock has to tell seconds since 1970-01-01", milliseconds].concat())
            }
            ErrorKind::MetadataIssuerMismatch => {
                Some("if this is your provider, write the issuer exactly as its metadata have it".to_owned())
            }
            ErrorKind::CompressedResponse => Some(
                "have the HTTP client decompress responses, or turn compression off at the provider or the proxy in front of it"
                    .to_owned(),
            ),
            ErrorKind::UnexpectedStatus
                if self.text("endpoint") == "discovery" && ["404", "410"].contains(&self.text("status")) =>
            {
                Some(
                    "no metadata are there: compare the issuer with the one that the provider documents, with its path and \
                     its last slash"
                        .to_owned(),
                )
            }
            _ => None,
        }
    }

    fn advice_on_alg(&self) -> Option<String> {
        const SYMMETRIC: [&str; 3] = ["HS256", "HS384", "HS512"];
        let named = |detail: &str| SYMMETRIC.into_iter().find(|alg| *alg == self.text(detail));
        if let Some(alg) = named("actual") {
            let set = "for ID tokens that are signed with the client secret, set the option id_token_signed_response_alg to ";
            return Some([set, alg].concat());
        }
        named("expected").map(|alg| {
            let left_out = " for ID tokens that are signed with the client secret: leave it out if the provider signs with a key";
            ["the option id_token_signed_response_alg asks with ", alg, left_out].concat()
        })
    }

    fn text(&self, detail: &str) -> &str {
        self.detail(detail).unwrap_or_default()
    }

    fn number(&self, detail: &str) -> Option<i64> {
        self.text(detail).parse().ok()
    }
}
