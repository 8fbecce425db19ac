//! What is known of single providers, as data. `docs/providers.md` has each row's source, and the providers that need none.
//!
//! A row is chosen by the configured issuer alone. It sets options that a host may set itself at any issuer, and none that the
//! host has set; [`use_known_provider`](crate::Policy::use_known_provider) leaves all of them out.

#[cfg(feature = "signing")]
use crate::jose::Alg;
use crate::provider::Issuer;
use crate::text::uri;

/// What the logins of one provider need.
pub(crate) struct Known {
    /// The issuer, or `*` and the end of its host.
    issuer: &'static str,
    /// Another issuer of its ID tokens, if there is one.
    pub(crate) issuer_alias: &'static str,
    pub(crate) max_sub_bytes: u32,
    pub(crate) accept_missing_access_token: Option<bool>,
    /// The algorithm of the client secret, where the client signs it itself.
    #[cfg(feature = "signing")]
    pub(crate) signed_secret_alg: Option<Alg>,
}

const NOTHING: Known = Known {
    issuer: "",
    issuer_alias: "",
    max_sub_bytes: 0,
    accept_missing_access_token: None,
    #[cfg(feature = "signing")]
    signed_secret_alg: None,
};

const KNOWN: [Known; 4] = [
    Known { issuer: "https://accounts.google.com", issuer_alias: "accounts.google.com", ..NOTHING },
    Known {
        issuer: "https://appleid.apple.com",
        issuer_alias: "https://account.apple.com",
        #[cfg(feature = "signing")]
        signed_secret_alg: Some(Alg::Es256),
        ..NOTHING
    },
    Known { issuer: "https://token.actions.githubusercontent.com", max_sub_bytes: 1_024, ..NOTHING },
    Known { issuer: "*.b2clogin.com", accept_missing_access_token: Some(true), ..NOTHING },
];

/// What is known of this issuer.
pub(crate) fn known(issuer: &Issuer) -> Option<&'static Known> {
    let issuer = issuer.as_str();
    let host = uri::split(issuer).map_or("", |parts| parts.host);
    KNOWN.iter().find(|known| match known.issuer.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => issuer == known.issuer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_issuer_alone() {
        let of = |issuer: &str| known(&Issuer::parse(issuer).unwrap()).map(|known| known.issuer);
        assert_eq!(of("https://accounts.google.com"), Some("https://accounts.google.com"));
        assert_eq!(of("https://acme.b2clogin.com/tfp/1/b2c_1/v2.0/"), Some("*.b2clogin.com"));
        for other in [
            "https://accounts.google.com/",
            "https://accounts.google.com.example",
            "https://b2clogin.com",
            "https://evilb2clogin.com/a",
            "https://op.example/acme.b2clogin.com",
            "https://acme.b2clogin.com.example/",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn the_page_about_providers_names_every_row() {
        let page = include_str!("../../../docs/providers.md");
        for known in &KNOWN {
            assert!(page.contains(&["`", known.issuer, "`"].concat()), "{}", known.issuer);
        }
    }
}
