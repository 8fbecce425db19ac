//! How a client says who it is (OIDC Core 9, RFC 7521, RFC 7523): the methods, and how one is chosen.

#[cfg(feature = "signing")]
pub(crate) mod assertion;
mod secret;
#[cfg(feature = "signing")]
pub(crate) mod signed_secret;

pub(crate) use secret::basic;

use crate::client::Registration;
use crate::provider::Metadata;
use crate::report::{Error, ErrorKind};
use crate::text::config::invalid;

/// How the client proves itself where it has to say who it is: at the token endpoint, and wherever else a provider asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// HTTP Basic, id and secret form-urlencoded first (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// In the form body.
    ClientSecretPost,
    /// A JWT under an HMAC with the client secret (OIDC Core 9). Never chosen unless it is named: a provider that offers it
    /// may not expect it of this client.
    ClientSecretJwt,
    /// A JWT that is signed with a key of the client's (OIDC Core 9, RFC 7523 2.2).
    PrivateKeyJwt,
    /// An assertion that the host has from elsewhere, such as the token of a Kubernetes service account (RFC 7521 4.2). Of
    /// [`client_assertion_type`](Registration::client_assertion_type); the name `client_assertion` is this library's.
    ClientAssertion,
    /// A client secret that the client signs itself, for each request: a JWT, as Apple wants it. Of
    /// [`team_id`](Registration::team_id); the name `signed_client_secret` is this library's.
    #[cfg(feature = "signing")]
    SignedClientSecret,
    /// The client's TLS certificate, from an authority that the provider trusts (RFC 8705 2.1).
    TlsClientAuth,
    /// The client's TLS certificate, as it is registered (RFC 8705 2.2).
    SelfSignedTlsClientAuth,
}

impl AuthMethod {
    pub(crate) const ALL: &[AuthMethod] = &[
        AuthMethod::None,
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::ClientSecretJwt,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::ClientAssertion,
        #[cfg(feature = "signing")]
        AuthMethod::SignedClientSecret,
        AuthMethod::TlsClientAuth,
        AuthMethod::SelfSignedTlsClientAuth,
    ];

    pub(crate) fn from_name(name: &str) -> Option<AuthMethod> {
        Self::ALL.iter().copied().find(|method| method.as_str() == name)
    }

    /// The method's registered name, or this library's.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
            AuthMethod::ClientSecretJwt => "client_secret_jwt",
            AuthMethod::PrivateKeyJwt => "private_key_jwt",
            AuthMethod::ClientAssertion => "client_assertion",
            #[cfg(feature = "signing")]
            AuthMethod::SignedClientSecret => "signed_client_secret",
            AuthMethod::TlsClientAuth => "tls_client_auth",
            AuthMethod::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// The name that metadata have for what is sent.
    #[cfg(feature = "setup")]
    pub(crate) const fn sent_as(self) -> &'static str {
        match self {
            #[cfg(feature = "signing")]
            AuthMethod::SignedClientSecret => "client_secret_post",
            method => method.as_str(),
        }
    }

    /// Whether the client says who it is by its certificate.
    pub(crate) const fn is_tls(self) -> bool {
        matches!(self, AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth)
    }

    /// Whether a request needs something new each time, and so randomness and the time.
    pub(crate) const fn is_fresh(self) -> bool {
        match self {
            AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt | AuthMethod::ClientAssertion => true,
            #[cfg(feature = "signing")]
            AuthMethod::SignedClientSecret => true,
            _ => false,
        }
    }
}

impl Registration {
    /// The method to authenticate with. What the registration says decides: the one it names; else a key, a certificate, an
    /// assertion, a secret, in this order, by what is there. Metadata say what a provider can do, not how this client is registered.
    pub(crate) fn auth_method(&self, metadata: &Metadata) -> Result<AuthMethod, Error> {
        let method = match self.token_endpoint_auth_method {
            Some(method) => method,
            None if self.has_signing_key() => AuthMethod::PrivateKeyJwt,
            None if self.tls_client_certificate => AuthMethod::TlsClientAuth,
            None if self.has_client_assertion() => AuthMethod::ClientAssertion,
            None if self.client_secret.is_some() => self.secret_method(metadata)?,
            None => AuthMethod::None,
        };
        self.check_credentials(method).map(|()| method)
    }

    /// Basic, or Post where the metadata lack Basic.
    fn secret_method(&self, metadata: &Metadata) -> Result<AuthMethod, Error> {
        let advertised = metadata.list("token_endpoint_auth_methods_supported");
        let offers = |method: &AuthMethod| match advertised {
            None => *method == AuthMethod::ClientSecretBasic,
            Some(methods) => methods.iter().any(|offered| offered == method.as_str()),
        };
        [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost].into_iter().find(offers).ok_or_else(
            || {
                let advertised = advertised.unwrap_or_default().join(" ");
                ErrorKind::AuthMethodUnsupported.with([&advertised])
            },
        )
    }

    /// Whether what the method needs is there.
    fn check_credentials(&self, method: AuthMethod) -> Result<(), Error> {
        match (method, &self.client_secret) {
            (AuthMethod::None, Some(_)) => {
                Err(invalid("client_secret", "is given although the client does not authenticate"))
            }
            (
                AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt,
                None,
            ) => Err(invalid("client_secret", "is missing")),
            (AuthMethod::PrivateKeyJwt, _) if !self.has_signing_key() => {
                Err(invalid("signing_keys", "are missing: private_key_jwt needs one"))
            }
            (AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth, _)
                if !self.tls_client_certificate =>
            {
                Err(invalid(
                    "tls_client_certificate",
                    "is not set: the method needs a transport that has one",
                ))
            }
            (AuthMethod::ClientAssertion, _) if !self.has_client_assertion() => {
                Err(invalid("client_assertion_type", "is missing"))
            }
            #[cfg(feature = "signing")]
            (AuthMethod::ClientSecretJwt, Some(secret)) => assertion::check_secret(self, secret),
            #[cfg(feature = "signing")]
            (AuthMethod::SignedClientSecret, _) => self.check_signed_secret(),
            _ => Ok(()),
        }
    }
}

#[cfg(not(feature = "signing"))]
impl Registration {
    fn has_signing_key(&self) -> bool {
        false
    }

    fn has_client_assertion(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{code, metadata, registration};

    #[test]
    fn the_method_is_chosen_from_the_metadata() {
        let methods = |list: &str| metadata(&format!(r#","token_endpoint_auth_methods_supported":{list}"#));
        let secret = registration().with_secret("s");
        assert_eq!(secret.auth_method(&metadata("")).unwrap(), AuthMethod::ClientSecretBasic);
        assert_eq!(
            secret.auth_method(&methods(r#"["client_secret_post","client_secret_basic"]"#)).unwrap(),
            AuthMethod::ClientSecretBasic
        );
        assert_eq!(
            secret.auth_method(&methods(r#"["private_key_jwt","client_secret_post"]"#)).unwrap(),
            AuthMethod::ClientSecretPost
        );
        assert_eq!(code(secret.auth_method(&methods(r#"["private_key_jwt"]"#))), "auth_method_unsupported");
        assert_eq!(registration().auth_method(&methods(r#"["private_key_jwt"]"#)).unwrap(), AuthMethod::None);
    }

    #[test]
    fn a_pinned_method_wins_and_needs_its_secret() {
        let pinned = |mut registration: Registration, method| {
            registration.token_endpoint_auth_method = Some(method);
            code(registration.auth_method(&metadata("")))
        };
        assert_eq!(pinned(registration().with_secret("s"), AuthMethod::ClientSecretPost), "ok");
        assert_eq!(pinned(registration(), AuthMethod::ClientSecretPost), "invalid_configuration");
        assert_eq!(pinned(registration().with_secret("s"), AuthMethod::None), "invalid_configuration");
    }
}
