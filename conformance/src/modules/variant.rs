//! The variants of FAPI 2.0's modules: how the client says who it is, what its tokens are bound to, what is signed.

use serde_json::{Value, json};

use super::REDIRECT_URI;
use crate::provider::places::API;

/// One way to be a client under FAPI 2.0. Each logs in with OpenID Connect: there is no plain OAuth here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// How the client says who it is (`client_auth_type`).
    pub auth: Auth,
    /// What its tokens are bound to (`sender_constrain`).
    pub sender: Sender,
    /// What is signed.
    pub signed: Signed,
}

/// How a client says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By an assertion that it signs.
    PrivateKeyJwt,
    /// By its TLS certificate.
    Mtls,
}

/// What its tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A key.
    Dpop,
    /// Its TLS certificate.
    Mtls,
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Neither requests nor responses (`unsigned`, `plain_response`).
    Nothing,
    /// Requests (`signed_non_repudiation`, `plain_response`).
    Requests,
    /// Both (`signed_non_repudiation`, `jarm`).
    Both,
}

const WAYS: [(Auth, Sender); 4] = [
    (Auth::PrivateKeyJwt, Sender::Dpop),
    (Auth::PrivateKeyJwt, Sender::Mtls),
    (Auth::Mtls, Sender::Dpop),
    (Auth::Mtls, Sender::Mtls),
];

impl Variant {
    /// Those of the security profile.
    pub fn security_profile() -> impl Iterator<Item = Variant> {
        WAYS.into_iter().map(|(auth, sender)| Variant { auth, sender, signed: Signed::Nothing })
    }

    /// Those of message signing.
    pub fn message_signing() -> impl Iterator<Item = Variant> {
        let both = WAYS.into_iter().map(|way| (way, Signed::Both));
        let all = both.chain(WAYS.into_iter().map(|way| (way, Signed::Requests)));
        all.map(|((auth, sender), signed)| Variant { auth, sender, signed })
    }

    pub(super) fn has_plain_responses(self) -> bool {
        self.signed != Signed::Both
    }

    pub(super) fn has_signed_responses(self) -> bool {
        self.signed == Signed::Both
    }

    /// Its name, which is its `client_id` too.
    pub fn name(self) -> String {
        let auth = match self.auth {
            Auth::PrivateKeyJwt => "private_key_jwt",
            Auth::Mtls => "mtls",
        };
        let sender = match self.sender {
            Sender::Dpop => "dpop",
            Sender::Mtls => "mtls",
        };
        let signed = match self.signed {
            Signed::Nothing => "",
            Signed::Requests => "-signed_non_repudiation-plain_response",
            Signed::Both => "-signed_non_repudiation-jarm",
        };
        format!("{auth}-{sender}{signed}")
    }

    /// The registration, as the packages take it, with names in the places of keys. Of each kind one client has a key of its own,
    /// and another one that its host holds.
    pub fn registration(self) -> Value {
        let mut registration = json!({
            "client_id": self.name(),
            "redirect_uri": REDIRECT_URI,
            "id_token_signed_response_alg": "ES256",
            "api_origins": [API],
        });
        let held = self.auth == Auth::PrivateKeyJwt && self.sender == Sender::Mtls;
        if self.auth == Auth::PrivateKeyJwt || self.signed != Signed::Nothing {
            let key = if held { "kms-that-signs" } else { "key-that-signs" };
            registration["signing_keys"] = json!([key]);
        }
        if self.auth == Auth::Mtls || self.sender == Sender::Mtls {
            registration["tls_client_certificate"] = true.into();
        }
        if self.auth == Auth::Mtls {
            registration["token_endpoint_auth_method"] = "tls_client_auth".into();
        }
        match self.sender {
            Sender::Mtls => registration["tls_client_certificate_bound_access_tokens"] = true.into(),
            Sender::Dpop => {
                let key = if self.auth == Auth::Mtls { "kms-that-proves" } else { "key-that-proves" };
                registration["dpop_keys"] = json!([key]);
            }
        }
        if self.signed == Signed::Requests {
            registration["require_signed_request_object"] = true.into();
        }
        registration
    }

    /// The policy, as the packages take it.
    pub fn policy(self) -> Value {
        json!({ "preset": if self.signed == Signed::Both { "fapi2_message_signing" } else { "fapi2" } })
    }
}
