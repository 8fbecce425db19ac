//! The profiles that a policy may demand, by their names.

/// A profile that a client has to meet: whatever cannot is refused by name (`profile_unmet`), what it demands is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// None: the checks that are always on.
    #[default]
    None,
    /// OAuth 2.1: a provider that says it checks PKCE with S256.
    OAuth21,
    /// FAPI 2.0 Security Profile: a key or a certificate, pushed requests, bound tokens, `iss` in responses, PS256, ES256 or EdDSA.
    Fapi2,
    /// FAPI 2.0 Message Signing: the same with signed requests and signed responses.
    Fapi2MessageSigning,
}

impl Profile {
    /// The profile's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::None => "none",
            Profile::OAuth21 => "oauth2_1",
            Profile::Fapi2 => "fapi2",
            Profile::Fapi2MessageSigning => "fapi2_message_signing",
        }
    }

    #[cfg(feature = "signing")]
    pub(crate) const fn is_fapi(self) -> bool {
        matches!(self, Profile::Fapi2 | Profile::Fapi2MessageSigning)
    }
}
