//! What the provider knows the client by.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::client::authentication::AuthMethod;
#[cfg(feature = "signing")]
use crate::client::authentication::assertion::AssertionAudience;
use crate::client::redirect::check_redirect;
use crate::client::values::{check_credential, check_scopes};
use crate::jose::Alg;
#[cfg(feature = "signing")]
use crate::jose::SigningKey;
use crate::provider::{Issuer, Metadata};
use crate::report::Error;
use crate::text::config::{Config, invalid};
#[cfg(feature = "signing")]
use crate::text::json::Json;
use crate::text::secret::Secret;

/// What the specification calls the place to go to after a logout.
pub(crate) const REDIRECT: &str = "post_logout_redirect_uri";
/// Parameters of the logout URL that the library sets.
pub(crate) const RESERVED: [&str; 6] =
    ["id_token_hint", "client_id", REDIRECT, "state", "logout_hint", "ui_locales"];

/// A client as it is registered at the provider (OIDC Dynamic Registration 2). The members have the specification's
/// names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registration {
    /// The client's identifier at the provider.
    pub client_id: String,
    /// The client's secret, for a confidential client. Never in a browser.
    pub client_secret: Option<Secret>,
    /// Where the browser comes back to, exactly as registered at the provider. Take it from configuration, never from a
    /// request.
    pub redirect_uri: String,
    /// The scopes to ask for, `openid` among them. Default: `openid profile email`.
    pub scopes: Vec<String>,
    /// How to authenticate. When not set: `private_key_jwt` with a signing key, the host's assertion with a
    /// `client_assertion_type`, `client_secret_basic` with a secret, or `client_secret_post` where the metadata lack it.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// Whether the host's transport has a TLS certificate of the client's (RFC 8705): no. Requests that need it say so
    /// ([`HttpRequest::client_certificate`](crate::HttpRequest::client_certificate)) and go to the provider's
    /// `mtls_endpoint_aliases` where there are any.
    pub tls_client_certificate: bool,
    /// Have access tokens bound to that certificate (RFC 8705 3): no. They are then sent over connections with it and no others.
    pub tls_client_certificate_bound_access_tokens: bool,
    /// The algorithm of `client_secret_jwt`: HS256 when not set. Of `private_key_jwt`: that of the first of the `signing_keys`, and
    /// no other.
    #[cfg(feature = "signing")]
    pub token_endpoint_auth_signing_alg: Option<Alg>,
    /// The client's keys. The first signs; all are in [`Client::jwks`](crate::Client::jwks). To change keys: publish the next one
    /// behind the first, later put it first, and leave out the last one once nothing it signed is good any more.
    #[cfg(feature = "signing")]
    pub signing_keys: Vec<SigningKey>,
    /// The `iss` of the client secret that the client signs itself (`signed_client_secret`): at Apple, the Team ID. The first of the
    /// `signing_keys` signs, under its `kid`, which is Apple's Key ID.
    #[cfg(feature = "signing")]
    pub team_id: Option<String>,
    /// Whom an assertion of the client's is for: the issuer.
    #[cfg(feature = "signing")]
    pub client_assertion_audience: AssertionAudience,
    /// The type of the assertions that the host has from elsewhere (RFC 7521 4.2), such as
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`. The flow asks for each by
    /// [`Request::Assertion`](crate::Request::Assertion).
    #[cfg(feature = "signing")]
    pub client_assertion_type: Option<String>,
    /// Push the authorization request (RFC 9126): no. It is pushed in any case where the provider's metadata demand it.
    #[cfg(feature = "signing")]
    pub require_pushed_authorization_requests: bool,
    /// Sign the authorization request with the first of the `signing_keys` (RFC 9101): no. It is signed in any case where the
    /// provider's metadata demand it.
    #[cfg(feature = "signing")]
    pub require_signed_request_object: bool,
    /// Sign the authorization request, and let the provider fetch it from here (RFC 9101 5.2): an https URL of the application's that
    /// ends in `/`. Each login adds a name that nobody can guess, and
    /// [`Authorization::request_object`](crate::Authorization::request_object) is what has to be served there.
    #[cfg(feature = "signing")]
    pub request_uri_base: Option<String>,
    /// Keys that access tokens are bound to (DPoP, RFC 9449): the first for new logins, each for the sessions that have its
    /// thumbprint. With one, a login asks for tokens of the type `DPoP` and takes no others.
    #[cfg(feature = "signing")]
    pub dpop_keys: Vec<SigningKey>,
    /// The only algorithm for ID tokens. Default: every public-key algorithm that the metadata name and the core
    /// supports. HS256, HS384 and HS512 use the client secret as their key and are accepted only if named here.
    pub id_token_signed_response_alg: Option<Alg>,
    /// The only algorithm for UserInfo responses, which then must be signed. Default: a response is plain JSON, or
    /// signed with an algorithm that the metadata name and the core supports.
    pub userinfo_signed_response_alg: Option<Alg>,
    /// The one algorithm of authorization responses that are signed (JARM 3); when not set, what the metadata advertises and we
    /// support, or RS256 where it advertises none.
    #[cfg(feature = "signing")]
    pub authorization_signed_response_alg: Option<Alg>,
    /// Origins of APIs that access tokens are sent to by `Client::call` (`https://api.example`), beside those of the login's
    /// `resource`: none.
    #[cfg(feature = "signing")]
    pub api_origins: Vec<String>,
    /// Where the browser goes after logout, exactly as registered at the provider.
    pub post_logout_redirect_uri: Option<String>,
    /// Audiences that an ID token may name beside this client (OIDC Core 3.1.3.7 (3)). Default: none.
    pub trusted_audiences: Vec<String>,
    /// Other clients that ID tokens for this client may be issued to (`azp`, OIDC Core 3.1.3.7 (5)), such as the
    /// Android client that belongs to a web client at Google. Default: none.
    pub trusted_azp: Vec<String>,
    /// The tenants (`tid`) whose users may log in, for an issuer of many tenants (Entra's `common` and
    /// `organizations`). `*` allows all of them. Each token names its tenant's own issuer, which is checked against
    /// `tid`.
    pub tenants: Vec<String>,
    /// Other spellings of the issuer in this provider's tokens, such as Google's `accounts.google.com`. Default: none.
    pub issuer_aliases: Vec<String>,
    /// The logout URL, for a provider whose metadata have none (Auth0, Cognito).
    pub end_session_endpoint: Option<String>,
    /// The name of the parameter `post_logout_redirect_uri` at that URL, if it has another one there (Auth0 `returnTo`,
    /// Cognito `logout_uri`).
    pub end_session_redirect_parameter: Option<String>,
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

impl Registration {
    /// A public client with the default scopes. Set the other members as needed.
    pub fn new(client_id: impl Into<String>, redirect_uri: impl Into<String>) -> Registration {
        Registration {
            client_id: client_id.into(),
            client_secret: None,
            redirect_uri: redirect_uri.into(),
            scopes: default_scopes(),
            token_endpoint_auth_method: None,
            tls_client_certificate: false,
            tls_client_certificate_bound_access_tokens: false,
            #[cfg(feature = "signing")]
            token_endpoint_auth_signing_alg: None,
            #[cfg(feature = "signing")]
            signing_keys: Vec::new(),
            #[cfg(feature = "signing")]
            team_id: None,
            #[cfg(feature = "signing")]
            client_assertion_audience: AssertionAudience::Issuer,
            #[cfg(feature = "signing")]
            client_assertion_type: None,
            #[cfg(feature = "signing")]
            require_pushed_authorization_requests: false,
            #[cfg(feature = "signing")]
            require_signed_request_object: false,
            #[cfg(feature = "signing")]
            request_uri_base: None,
            #[cfg(feature = "signing")]
            dpop_keys: Vec::new(),
            id_token_signed_response_alg: None,
            userinfo_signed_response_alg: None,
            #[cfg(feature = "signing")]
            authorization_signed_response_alg: None,
            #[cfg(feature = "signing")]
            api_origins: Vec::new(),
            post_logout_redirect_uri: None,
            trusted_audiences: Vec::new(),
            trusted_azp: Vec::new(),
            tenants: Vec::new(),
            issuer_aliases: Vec::new(),
            end_session_endpoint: None,
            end_session_redirect_parameter: None,
        }
    }

    /// The same client with a secret.
    #[must_use]
    pub fn with_secret(mut self, client_secret: impl Into<Secret>) -> Registration {
        self.client_secret = Some(client_secret.into());
        self
    }

    /// The same client with keys of its own: the first signs.
    #[cfg(feature = "signing")]
    #[must_use]
    pub fn with_signing_keys(mut self, keys: impl IntoIterator<Item = SigningKey>) -> Registration {
        self.signing_keys = keys.into_iter().collect();
        self
    }

    /// The same client with keys that its access tokens are bound to: the first for new logins.
    #[cfg(feature = "signing")]
    #[must_use]
    pub fn with_dpop_keys(mut self, keys: impl IntoIterator<Item = SigningKey>) -> Registration {
        self.dpop_keys = keys.into_iter().collect();
        self
    }

    /// Reads a registration from a JSON object with these members. Of keys, only those that the host holds are written in JSON:
    /// each an object with `name`, `alg`, `kid` and the public `jwk`.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<Registration, Error> {
        Registration::from_json_beside(text, &[])
    }

    /// The same for members that a host takes together with others of its own.
    pub(crate) fn from_json_beside(text: &str, others: &[&str]) -> Result<Registration, Error> {
        let mut given = Config::parse_beside(text, "registration", others)?;
        let tenants = given.texts("tenants");
        if tenants.as_ref().is_some_and(Vec::is_empty) {
            return Err(invalid("tenants", "are none"));
        }
        let registration = Registration {
            client_id: given.required("client_id", Config::text),
            client_secret: given.text("client_secret").map(Secret::new),
            redirect_uri: given.required("redirect_uri", Config::text),
            scopes: given.texts("scopes").unwrap_or_else(default_scopes),
            token_endpoint_auth_method: given.word("token_endpoint_auth_method", AuthMethod::from_name),
            tls_client_certificate: given.bool("tls_client_certificate").unwrap_or_default(),
            tls_client_certificate_bound_access_tokens: given
                .bool("tls_client_certificate_bound_access_tokens")
                .unwrap_or_default(),
            #[cfg(feature = "signing")]
            token_endpoint_auth_signing_alg: given.word("token_endpoint_auth_signing_alg", Alg::from_name),
            #[cfg(feature = "signing")]
            signing_keys: keys(&mut given, "signing_keys")?,
            #[cfg(feature = "signing")]
            team_id: given.text("team_id"),
            #[cfg(feature = "signing")]
            client_assertion_audience: given
                .word("client_assertion_audience", AssertionAudience::from_name)
                .unwrap_or_default(),
            #[cfg(feature = "signing")]
            client_assertion_type: given.text("client_assertion_type"),
            #[cfg(feature = "signing")]
            require_pushed_authorization_requests: given
                .bool("require_pushed_authorization_requests")
                .unwrap_or_default(),
            #[cfg(feature = "signing")]
            require_signed_request_object: given.bool("require_signed_request_object").unwrap_or_default(),
            #[cfg(feature = "signing")]
            request_uri_base: given.text("request_uri_base"),
            #[cfg(feature = "signing")]
            dpop_keys: keys(&mut given, "dpop_keys")?,
            id_token_signed_response_alg: given.word("id_token_signed_response_alg", Alg::from_name),
            userinfo_signed_response_alg: given.word("userinfo_signed_response_alg", Alg::from_name),
            #[cfg(feature = "signing")]
            authorization_signed_response_alg: given
                .word("authorization_signed_response_alg", Alg::from_name),
            #[cfg(feature = "signing")]
            api_origins: given.texts("api_origins").unwrap_or_default(),
            post_logout_redirect_uri: given.text("post_logout_redirect_uri"),
            trusted_audiences: given.texts("trusted_audiences").unwrap_or_default(),
            trusted_azp: given.texts("trusted_azp").unwrap_or_default(),
            tenants: tenants.unwrap_or_default(),
            issuer_aliases: given.texts("issuer_aliases").unwrap_or_default(),
            end_session_endpoint: given.text("end_session_endpoint"),
            end_session_redirect_parameter: given.text("end_session_redirect_parameter"),
        };
        given.end(registration)
    }

    pub(crate) fn check(&self, issuer: &Issuer) -> Result<(), Error> {
        check_credential("client_id", &self.client_id)?;
        self.client_secret
            .as_ref()
            .map_or(Ok(()), |secret| check_credential("client_secret", secret.expose()))?;
        check_redirect("redirect_uri", &self.redirect_uri)?;
        if let Some(uri) = &self.post_logout_redirect_uri {
            check_redirect("post_logout_redirect_uri", uri)?;
        }
        check_scopes(&self.scopes, true)?;
        if self.tls_client_certificate_bound_access_tokens && !self.tls_client_certificate {
            return Err(invalid("tls_client_certificate", "is not set: nothing can be bound to it"));
        }
        #[cfg(feature = "signing")]
        self.check_signing(issuer)?;
        let is_id = |tenant: &String| {
            let of_id = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            tenant == "*" || of_id && !tenant.is_empty()
        };
        if !self.tenants.iter().all(is_id) {
            return Err(invalid(
                "tenants",
                "has something that is neither a tenant's identifier (its tid, no domain) nor *",
            ));
        }
        let redirect_name = self.end_session_redirect_parameter.as_deref();
        if redirect_name.is_some_and(|name| name.is_empty() || (name != REDIRECT && RESERVED.contains(&name)))
        {
            return Err(invalid("end_session_redirect_parameter", "is not a name for the redirect URI"));
        }
        if let Some(url) = &self.end_session_endpoint {
            issuer.check_endpoint(url).map_err(|reason| invalid("end_session_endpoint", reason))?;
        }
        Ok(())
    }

    /// Tenants are named where there are several, and nowhere else: nothing would check them.
    pub(crate) fn check_tenants(&self, metadata: &Metadata) -> Result<(), Error> {
        match (metadata.template().is_some(), self.tenants.is_empty()) {
            (true, true) => Err(invalid("tenants", "are missing: the issuer is one of many tenants")),
            (false, false) => Err(invalid("tenants", "are named, and the issuer is not one of many tenants")),
            (true, false) | (false, true) => Ok(()),
        }
    }
}

/// Keys of the host's, as JSON.
#[cfg(feature = "signing")]
fn keys<'a>(given: &mut Config<'a>, name: &'a str) -> Result<Vec<SigningKey>, Error> {
    let Some(member) = given.member(name) else { return Ok(Vec::new()) };
    let elements = member.value.elements().ok_or_else(|| invalid(name, "are not a list"))?;
    let key = |value: Json<'_>| {
        let object = value.as_object().ok_or_else(|| invalid(name, "have one that is not an object"))?;
        SigningKey::of_host_from_json(object)
    };
    elements.map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{code, metadata, registration};

    #[test]
    fn the_scopes_are_those_of_openidconnect_jl() {
        assert_eq!(registration().scopes, ["openid", "profile", "email"]);
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let check = |change: fn(&mut Registration)| {
            let mut changed = registration();
            change(&mut changed);
            code(changed.check(metadata("").issuer()))
        };
        assert_eq!(check(|_| {}), "ok");
        assert_eq!(check(|r| r.redirect_uri = "http://127.0.0.1:8888/auth/login".into()), "ok");
        assert_eq!(check(|r| r.redirect_uri = "com.example.app:/cb".into()), "ok");
        for change in [
            (|r| r.client_id.clear()) as fn(&mut Registration),
            |r| r.client_secret = Some("".into()),
            |r| r.redirect_uri = "http://rp.example/cb".into(),
            |r| r.redirect_uri = "javascript:alert(1)".into(),
            |r| r.redirect_uri = "https://rp.example/cb#f".into(),
            |r| r.redirect_uri = "/cb".into(),
            |r| r.scopes = vec!["profile".into()],
            |r| r.scopes.push("a b".into()),
            |r| r.end_session_endpoint = Some("http://op.example".into()),
            |r| r.tenants = vec!["contoso.com".into()],
            |r| r.tenants = vec!["".into()],
        ] {
            assert_eq!(check(change), "invalid_configuration");
        }
    }

    #[test]
    fn json_says_the_same_and_leaks_nothing() {
        let text = r#"{"client_id":"c","redirect_uri":"https://rp.example/cb","client_secret":"canary","token_endpoint_auth_method":"client_secret_post"}"#;
        let read = Registration::from_json(text).unwrap();
        assert_eq!(read.token_endpoint_auth_method, Some(AuthMethod::ClientSecretPost));
        assert!(!format!("{read:?}").contains("canary"));
        for bad in [
            r#"{"client_id":"c"}"#,
            r#"{"client_id":"c","redirect_uri":"x","secret":"canary"}"#,
            r#"{"client_id":["canary"],"redirect_uri":"x"}"#,
            r#"{"client_id":"c","redirect_uri":"https://rp.example/cb","tenants":[]}"#,
        ] {
            let error = Registration::from_json(bad).unwrap_err();
            assert_eq!(error.code(), "invalid_configuration");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
