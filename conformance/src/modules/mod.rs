//! The tests that the OpenID Foundation's suite puts to a relying party, one entry each: what the provider does, and
//! what a client has to make of it. Everything else is derived from these two tables: the cases, the issuers that are
//! served, the verdicts on a client.

mod fapi2;
mod fapi2_bound;
mod oidc;
mod variant;

use serde_json::{Value, json};

pub use self::variant::{Auth, Sender, Variant};
use crate::provider::{Mutation, Provider, RegisteredClient};

/// One test.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// The Foundation's name for it, or one of ours for a variant that has none.
    pub name: &'static str,
    /// The Foundation's name, where ours is another.
    pub variant_of: Option<&'static str>,
    /// What the provider does.
    pub about: &'static str,
    /// What a client has to make of it.
    pub expect: Expect,
    /// What the client does.
    pub journey: Journey,
    /// Members of the client's registration beside the usual.
    pub registers: &'static [(&'static str, &'static str)],
    /// What the client asks for when it starts a login: a JSON object as the authorize requests of the packages have it.
    pub asks: &'static str,
    /// Id and secret of the confidential client.
    pub client: (&'static str, &'static str),
    /// What the provider does otherwise than an honest one.
    pub mutation: Mutation,
    /// Which variants of FAPI 2.0 it applies to.
    pub applies: fn(Variant) -> bool,
}

/// What a client has to make of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Go on to the end.
    Accept,
    /// Stop here; with this code, if the client is ours.
    Reject(Stage, &'static str),
    /// The suite takes both; ours stops here, with this code.
    Either(Stage, &'static str),
}

/// What a client is about to do with what the provider handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Read the metadata.
    Discovery,
    /// Take the authorization response.
    Callback,
    /// Take the token response.
    Exchange,
    /// Take the response to a refresh.
    Refresh,
    /// Take the UserInfo response.
    UserInfo,
}

/// What a client does in a test, as long as nothing stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journey {
    /// Reads the metadata.
    Discovery,
    /// Logs in and asks for UserInfo.
    Login,
    /// Does so twice, a minute apart.
    TwoLogins,
    /// Fetches the keys first.
    LoginWithKeys,
    /// Logs in, refreshes and asks for UserInfo.
    Refresh,
    /// Logs in and out.
    Logout,
}

/// The client that most tests register.
const CLIENT: (&str, &str) = ("relying-party", "a-client-secret-that-everybody-may-read");
/// A client that has no secret.
pub const PUBLIC_CLIENT: &str = "relying-party-without-a-secret";

/// The tests that are served, to clients that need no key and no certificate.
pub fn all() -> impl Iterator<Item = &'static Module> {
    oidc::MODULES.iter().chain(fapi2::MODULES)
}

/// The tests of OpenID Connect.
pub fn oidc() -> impl Iterator<Item = &'static Module> {
    oidc::MODULES.iter()
}

/// The tests of the FAPI 2.0 security profile: those that are served, and those that only clients with bound tokens can be put to.
pub fn fapi2() -> impl Iterator<Item = &'static Module> {
    fapi2::MODULES.iter().chain(fapi2_bound::MODULES)
}

/// The tests of FAPI 2.0 message signing: the same and those of signed responses.
pub fn fapi2_message_signing() -> impl Iterator<Item = &'static Module> {
    fapi2().chain(fapi2_bound::SIGNED_RESPONSES)
}

/// The test of that name.
pub fn find(name: &str) -> Option<&'static Module> {
    all().find(|module| module.name == name)
}

impl Module {
    /// The Foundation's name for it.
    pub fn source(&self) -> &'static str {
        self.variant_of.unwrap_or(self.name)
    }

    /// The provider that does it.
    pub fn provider(&self, issuer: &str) -> Provider {
        let alg = self.registers.iter().find(|(member, _)| *member == "id_token_signed_response_alg");
        let register = |client_id: &str, secret: Option<&str>| RegisteredClient {
            id_token_signed_response_alg: alg.map(|(_, alg)| (*alg).to_owned()),
            loopback: true,
            redirect_uris: vec![REDIRECT_URI.into()],
            post_logout_redirect_uris: vec![POST_LOGOUT_REDIRECT_URI.into()],
            ..RegisteredClient::new(client_id, secret, REDIRECT_URI)
        };
        let (client_id, secret) = self.client;
        let clients = vec![register(client_id, Some(secret)), register(PUBLIC_CLIENT, None)];
        Provider::hostile(issuer, clients, self.mutation)
    }

    /// The confidential client's registration, as the packages take it.
    pub fn registration(&self) -> Value {
        let mut registration = json!({
            "client_id": self.client.0,
            "client_secret": self.client.1,
            "redirect_uri": REDIRECT_URI,
        });
        if self.journey == Journey::Logout {
            registration["post_logout_redirect_uri"] = POST_LOGOUT_REDIRECT_URI.into();
        }
        for (member, value) in self.registers {
            registration[*member] = (*value).into();
        }
        registration
    }
}

/// Where the clients of the cases are sent back to.
pub const REDIRECT_URI: &str = "https://app.example/callback";
/// Where they are sent after a logout.
pub const POST_LOGOUT_REDIRECT_URI: &str = "https://app.example/goodbye";

impl Expect {
    /// `accept`, `reject` or `either`.
    pub fn as_str(self) -> &'static str {
        match self {
            Expect::Accept => "accept",
            Expect::Reject(..) => "reject",
            Expect::Either(..) => "either",
        }
    }
}

impl Stage {
    /// The call of the packages in which it happens.
    pub fn call(self) -> &'static str {
        match self {
            Stage::Discovery => "discover",
            Stage::Callback => "callback",
            Stage::Exchange => "exchange",
            Stage::Refresh => "refresh",
            Stage::UserInfo => "userinfo",
        }
    }
}

/// What most tests have in common.
const USUAL: Module = Module {
    name: "",
    variant_of: None,
    about: "",
    expect: Expect::Accept,
    journey: Journey::Login,
    registers: &[],
    asks: "{}",
    client: CLIENT,
    mutation: Mutation::NONE,
    applies: |_| true,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_fit_for_a_path() {
        let mut seen = BTreeSet::new();
        for Module { name, about, .. } in oidc().chain(fapi2_message_signing()) {
            assert!(seen.insert(*name), "{name} twice");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{name}");
            assert!(!about.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_code_is_one_of_the_library() {
        for module in oidc().chain(fapi2_message_signing()) {
            if let Expect::Reject(_, code) | Expect::Either(_, code) = module.expect {
                assert!(relyingparty::Error::codes().contains(&code), "{}: {code}", module.name);
            }
        }
    }
}
