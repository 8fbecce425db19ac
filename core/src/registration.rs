//! What the provider knows the client by.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::config::{Config, invalid};
use crate::error::{Error, ErrorKind};
use crate::jose::Alg;
use crate::logout::{self, REDIRECT};
use crate::metadata::Metadata;
use crate::secret::Secret;
use crate::uri;

/// How the client proves itself at the token endpoint (OIDC Core 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// HTTP Basic, id and secret form-urlencoded first (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// In the form body.
    ClientSecretPost,
}

impl AuthMethod {
    const ALL: [AuthMethod; 3] =
        [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];

    fn from_name(name: &str) -> Option<AuthMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The method's registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
        }
    }
}

/// A client as it is registered at the provider (OIDC Dynamic Registration 2). Member names are the
/// specification's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registration {
    /// The client's identifier at the provider.
    pub client_id: String,
    /// Its secret, if it is a confidential client. Never in a browser.
    pub client_secret: Option<Secret>,
    /// Where the browser comes back to: exactly as registered, from configuration, never from a request.
    pub redirect_uri: String,
    /// Scopes to ask for: `openid profile email`. `openid` has to be among them.
    pub scopes: Vec<String>,
    /// How to authenticate; chosen from the metadata when not set.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The one algorithm of ID tokens; when not set, what the metadata advertises and we support, symmetric
    /// algorithms left out. HS256, HS384 and HS512 take the client secret as their key.
    pub id_token_signed_response_alg: Option<Alg>,
    /// The one algorithm of UserInfo responses that are signed; an unsigned response is then refused. When not
    /// set, a response is plain JSON, or signed with what the metadata advertises and we support.
    pub userinfo_signed_response_alg: Option<Alg>,
    /// Where the browser goes after logout, exactly as registered.
    pub post_logout_redirect_uri: Option<String>,
    /// Audiences an ID token may name beside the client (OIDC Core 3.1.3.7 (3)): none.
    pub trusted_audiences: Vec<String>,
    /// Other spellings of the issuer in this provider's tokens, such as Google's `accounts.google.com`: none.
    pub issuer_aliases: Vec<String>,
    /// A logout URL for providers whose metadata has none (Auth0, Cognito).
    pub end_session_endpoint: Option<String>,
    /// What that URL calls `post_logout_redirect_uri` (Auth0 `returnTo`, Cognito `logout_uri`).
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
            id_token_signed_response_alg: None,
            userinfo_signed_response_alg: None,
            post_logout_redirect_uri: None,
            trusted_audiences: Vec::new(),
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

    /// Reads a registration from a JSON object with these members.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn from_json(text: &str) -> Result<Registration, Error> {
        let mut given = Config::parse(text, "registration")?;
        let registration = Registration {
            client_id: given.required("client_id", Config::text),
            client_secret: given.text("client_secret").map(Secret::new),
            redirect_uri: given.required("redirect_uri", Config::text),
            scopes: given.texts("scopes").unwrap_or_else(default_scopes),
            token_endpoint_auth_method: given.word("token_endpoint_auth_method", AuthMethod::from_name),
            id_token_signed_response_alg: given.word("id_token_signed_response_alg", Alg::from_name),
            userinfo_signed_response_alg: given.word("userinfo_signed_response_alg", Alg::from_name),
            post_logout_redirect_uri: given.text("post_logout_redirect_uri"),
            trusted_audiences: given.texts("trusted_audiences").unwrap_or_default(),
            issuer_aliases: given.texts("issuer_aliases").unwrap_or_default(),
            end_session_endpoint: given.text("end_session_endpoint"),
            end_session_redirect_parameter: given.text("end_session_redirect_parameter"),
        };
        given.end(registration)
    }

    pub(crate) fn check(&self, metadata: &Metadata) -> Result<(), Error> {
        if self.client_id.is_empty() {
            return Err(invalid("client_id", "is empty"));
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose().is_empty()) {
            return Err(invalid("client_secret", "is empty"));
        }
        check_redirect("redirect_uri", &self.redirect_uri)?;
        if let Some(uri) = &self.post_logout_redirect_uri {
            check_redirect("post_logout_redirect_uri", uri)?;
        }
        check_scopes(&self.scopes)?;
        let redirect_name = self.end_session_redirect_parameter.as_deref();
        if redirect_name
            .is_some_and(|name| name.is_empty() || (name != REDIRECT && logout::RESERVED.contains(&name)))
        {
            return Err(invalid("end_session_redirect_parameter", "is not a name for the redirect URI"));
        }
        if let Some(url) = &self.end_session_endpoint {
            metadata
                .issuer()
                .check_endpoint(url)
                .map_err(|reason| invalid("end_session_endpoint", reason))?;
        }
        Ok(())
    }

    /// The method to authenticate with: the pinned one, else the first that both sides have.
    pub(crate) fn auth_method(&self, metadata: &Metadata) -> Result<AuthMethod, Error> {
        let method = match (self.token_endpoint_auth_method, &self.client_secret) {
            (Some(method), _) => method,
            (None, None) => AuthMethod::None,
            (None, Some(_)) => {
                let advertised = metadata.list("token_endpoint_auth_methods_supported");
                let offers = |method: AuthMethod| match advertised {
                    None => method == AuthMethod::ClientSecretBasic,
                    Some(methods) => methods.iter().any(|offered| offered == method.as_str()),
                };
                [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost]
                    .into_iter()
                    .find(|method| offers(*method))
                    .ok_or_else(|| {
                        let advertised = advertised.unwrap_or_default().join(" ");
                        ErrorKind::AuthMethodUnsupported.with([&advertised])
                    })?
            }
        };
        match (method, &self.client_secret) {
            (AuthMethod::None, Some(_)) => {
                Err(invalid("client_secret", "is given although the client does not authenticate"))
            }
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                Err(invalid("client_secret", "is missing"))
            }
            _ => Ok(method),
        }
    }

    /// The algorithms an ID token may have: the pinned one, else what is advertised and supported.
    pub(crate) fn id_token_algs(&self, metadata: &Metadata) -> Result<Vec<Alg>, Error> {
        if let Some(alg) = self.id_token_signed_response_alg {
            self.check_secret(alg)?;
            return Ok(vec![alg]);
        }
        let Some(advertised) = metadata.list("id_token_signing_alg_values_supported") else {
            return Ok(vec![Alg::Rs256]);
        };
        let algs = supported(advertised);
        if algs.is_empty() {
            return Err(ErrorKind::SigningAlgUnsupported.with([&advertised.join(" ")]));
        }
        Ok(algs)
    }

    /// The algorithms a signed UserInfo response may have: the pinned one, else what is advertised and supported,
    /// else those of ID tokens.
    pub(crate) fn userinfo_algs(
        &self,
        metadata: &Metadata,
        id_token_algs: &[Alg],
    ) -> Result<Vec<Alg>, Error> {
        if let Some(alg) = self.userinfo_signed_response_alg {
            self.check_secret(alg)?;
            return Ok(vec![alg]);
        }
        let advertised = metadata.list("userinfo_signing_alg_values_supported").unwrap_or_default();
        let algs = supported(advertised);
        Ok(if algs.is_empty() { id_token_algs.to_vec() } else { algs })
    }

    /// A key as long as the hash (RFC 7518 3.2, OIDC Core 16.19).
    fn check_secret(&self, alg: Alg) -> Result<(), Error> {
        let length = self.client_secret.as_ref().map_or(0, |secret| secret.expose().len());
        if alg.is_symmetric() && length < alg.hash().length() {
            return Err(invalid("client_secret", "is shorter than the hash of the signing algorithm"));
        }
        Ok(())
    }
}

/// What of a list of algorithms can be used without a shared secret.
fn supported(advertised: &[String]) -> Vec<Alg> {
    let named = |alg: &&Alg| !alg.is_symmetric() && advertised.iter().any(|name| name == alg.as_str());
    Alg::ALL.iter().filter(named).copied().collect()
}

/// Scopes as RFC 6749 3.3 writes them, `openid` among them (OIDC Core 3.1.2.1).
pub(crate) fn check_scopes(scopes: &[String]) -> Result<(), Error> {
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(invalid("scopes", "lacks openid"));
    }
    let token = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if scopes.iter().all(token) {
        Ok(())
    } else {
        Err(invalid("scopes", "has something that is not a scope"))
    }
}

/// A redirect URI: https, or http on loopback, or an application's own scheme (RFC 8252 7).
fn check_redirect(member: &str, redirect_uri: &str) -> Result<(), Error> {
    let scheme = redirect_uri.split(':').next().unwrap_or_default();
    if scheme == "https" || scheme == "http" {
        let parts = uri::split(redirect_uri).map_err(|reason| invalid(member, reason))?;
        if parts.scheme == "http" && !parts.is_loopback() {
            return Err(invalid(member, "is http on another machine"));
        }
        return Ok(());
    }
    let printable = redirect_uri.bytes().all(|byte| byte.is_ascii_graphic());
    if scheme.contains('.') && printable && !redirect_uri.contains('#') && redirect_uri.len() > scheme.len() {
        return Ok(());
    }
    Err(invalid(member, "is neither an https URL nor an application's own"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::Issuer;

    fn metadata(more: &str) -> Metadata {
        let document =
            format!(r#"{{"issuer":"https://op.example","jwks_uri":"https://op.example/jwks"{more}}}"#);
        Metadata::parse(&Issuer::parse("https://op.example").unwrap(), document.as_bytes()).unwrap()
    }

    fn registration() -> Registration {
        Registration::new("client", "https://rp.example/cb")
    }

    fn code<T>(result: Result<T, Error>) -> &'static str {
        result.map(|_| "ok").unwrap_or_else(|error| error.code())
    }

    #[test]
    fn the_scopes_are_those_of_openidconnect_jl() {
        assert_eq!(registration().scopes, ["openid", "profile", "email"]);
    }

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

    #[test]
    fn algorithms_are_what_both_sides_have() {
        let advertised =
            |list: &str| metadata(&format!(r#","id_token_signing_alg_values_supported":{list}"#));
        assert_eq!(registration().id_token_algs(&metadata("")).unwrap(), [Alg::Rs256]);
        assert_eq!(
            registration().id_token_algs(&advertised(r#"["none","HS256","ES256","RS256","ES256"]"#)).unwrap(),
            [Alg::Rs256, Alg::Es256]
        );
        assert_eq!(
            code(registration().id_token_algs(&advertised(r#"["none","HS256"]"#))),
            "signing_alg_unsupported"
        );
        let mut pinned = registration();
        pinned.id_token_signed_response_alg = Some(Alg::EdDsa);
        assert_eq!(pinned.id_token_algs(&advertised(r#"["RS256"]"#)).unwrap(), [Alg::EdDsa]);
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let check = |change: fn(&mut Registration)| {
            let mut changed = registration();
            change(&mut changed);
            code(changed.check(&metadata("")))
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
        ] {
            let error = Registration::from_json(bad).unwrap_err();
            assert_eq!(error.code(), "invalid_configuration");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
