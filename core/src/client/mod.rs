//! The client: a provider, a registration and a policy that fit together. Its verbs stand in the rooms of what they do.

mod algs;
mod authentication;
#[cfg(feature = "signing")]
mod profile;
mod redirect;
mod registration;
#[cfg(feature = "signing")]
mod request_object;
mod values;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

pub use authentication::AuthMethod;
#[cfg(feature = "signing")]
pub use authentication::assertion::AssertionAudience;
#[cfg(feature = "signing")]
pub(crate) use authentication::assertion::JWT_BEARER;
pub(crate) use authentication::basic;
#[cfg(feature = "signing")]
use profile::Judged;
pub(crate) use redirect::check_redirect;
pub use registration::Registration;
pub(crate) use registration::{REDIRECT, RESERVED};
pub(crate) use values::{check_resources, check_scopes};

#[cfg(feature = "sealed")]
use crate::jose::SealingKeys;
use crate::jose::{Alg, BACKEND_AVAILABLE};
#[cfg(not(feature = "signing"))]
use crate::machine::Profile;
use crate::machine::{Cache, Policy, Signatures};
use crate::provider::{Issuer, Metadata, Provider, known};
use crate::report::{Error, ErrorKind};
use crate::text::Timestamp;
use crate::text::json::Writer;
use crate::token::rules::{Algs, Rules, Tenants};

/// One registration at one provider: everything that a login needs except the network, the clock and randomness.
///
/// Immutable and cheap to clone. `authorize` sends the browser to the provider, `callback` checks what it comes back
/// with. `exchange`, `refresh`, `userinfo`, `verify` and `restore` yield a [`Step`](crate::Step) for a driver.
/// `end_session` makes the logout URL.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    provider: Provider,
    registration: Registration,
    auth_method: AuthMethod,
    rules: Arc<Rules>,
    #[cfg(feature = "sealed")]
    sealing_keys: Option<SealingKeys>,
}

impl Client {
    /// Makes a client. A configuration that cannot work is refused here.
    ///
    /// # Errors
    /// `invalid_configuration`, `policy_out_of_range`, `auth_method_unsupported`, `signing_alg_unsupported`,
    /// `no_signature_backend`
    pub fn new(
        provider: Provider,
        mut registration: Registration,
        mut policy: Policy,
    ) -> Result<Client, Error> {
        policy.check()?;
        apply_known(provider.issuer(), &mut registration, &mut policy);
        #[cfg(feature = "signing")]
        profile::switch_on(policy.profile, &mut registration);
        #[cfg(not(feature = "signing"))]
        if policy.profile != Profile::None {
            return Err(ErrorKind::ProfileUnmet.with([
                policy.profile.as_str(),
                "profile",
                "is not in this build",
            ]));
        }
        registration.check(provider.issuer())?;
        registration.check_tenants(provider.metadata())?;
        if policy.signatures == Signatures::Core && !BACKEND_AVAILABLE {
            return Err(ErrorKind::NoSignatureBackend.bare());
        }
        let auth_method = registration.auth_method(provider.metadata())?;
        #[cfg(feature = "signing")]
        registration.check_algs(auth_method, provider.metadata())?;
        #[cfg(feature = "signing")]
        registration.check_request_uri(provider.metadata())?;
        #[cfg(feature = "signing")]
        Judged {
            registration: &registration,
            metadata: provider.metadata(),
            policy: &policy,
            method: auth_method,
        }
        .check()?;
        let algs = registration.id_token_algs(provider.metadata())?;
        #[cfg(feature = "signing")]
        let algs = profile::allowed(policy.profile, algs)?;
        let userinfo_algs = registration.userinfo_algs(provider.metadata(), &algs)?;
        #[cfg(feature = "signing")]
        let userinfo_algs = profile::retain(policy.profile, userinfo_algs);
        #[cfg(feature = "signing")]
        let response_algs =
            profile::allowed_responses(policy.profile, registration.response_algs(provider.metadata())?)?;
        let rules = Arc::new(Rules {
            issuer: provider.issuer().shared(),
            issuer_aliases: registration.issuer_aliases.clone(),
            jwks_uri: provider.metadata().shared_jwks_uri(),
            client_id: registration.client_id.clone(),
            tenants: provider
                .metadata()
                .template()
                .map(|template| Tenants { template: template.into(), allowed: registration.tenants.clone() }),
            trusted_audiences: registration.trusted_audiences.clone(),
            trusted_azp: registration.trusted_azp.clone(),
            client_secret: registration.client_secret.clone(),
            id_token_algs: Algs::new(algs),
            userinfo_algs: Algs::new(userinfo_algs),
            #[cfg(feature = "signing")]
            response_algs: Algs::new(response_algs),
            policy,
        });
        Ok(Client(Arc::new(Inner {
            provider,
            registration,
            auth_method,
            rules,
            #[cfg(feature = "sealed")]
            sealing_keys: None,
        })))
    }

    /// Checks a configuration before anything is fetched: what cannot work with any provider is refused with the error
    /// that [`new`](Client::new) would have later.
    ///
    /// # Errors
    /// `invalid_configuration`, `policy_out_of_range`, `no_signature_backend`
    pub fn check(issuer: &Issuer, registration: &Registration, policy: &Policy) -> Result<(), Error> {
        let methods: Vec<String> = AuthMethod::ALL.iter().map(|method| method.as_str().to_owned()).collect();
        let algs: Vec<String> = Alg::ALL.iter().map(|alg| alg.as_str().to_owned()).collect();
        // Of many tenants, where some are named.
        let template = if registration.tenants.is_empty() { None } else { Some(issuer.template()) };
        let document = Writer::new()
            .text("issuer", template.as_deref().unwrap_or(issuer.as_str()))
            .text("jwks_uri", issuer.as_str())
            .texts("token_endpoint_auth_methods_supported", &methods)
            .texts("id_token_signing_alg_values_supported", &algs)
            .texts("authorization_signing_alg_values_supported", &algs)
            .texts("code_challenge_methods_supported", &["S256".to_owned()])
            .text("pushed_authorization_request_endpoint", issuer.as_str())
            .bool("authorization_response_iss_parameter_supported", true)
            .end();
        let metadata = Metadata::parse(issuer, document.as_bytes())?;
        Client::new(Provider::from_metadata(metadata), registration.clone(), policy.clone()).map(drop)
    }

    /// The same client with keys for the sessions that it stores. `Client::seal` uses the first key,
    /// [`restore`](Client::restore) all of them. `restore` then refuses a session that is not sealed, unless
    /// [`accept_unsealed_sessions`](Policy::accept_unsealed_sessions) is set.
    ///
    /// To introduce keys in a running fleet: set the keys and `accept_unsealed_sessions` everywhere, then write with
    /// `seal`, then unset it.
    #[cfg(feature = "sealed")]
    #[must_use]
    pub fn with_sealing_keys(mut self, sealing_keys: SealingKeys) -> Client {
        Arc::make_mut(&mut self.0).sealing_keys = Some(sealing_keys);
        self
    }

    #[cfg(feature = "sealed")]
    pub(crate) fn sealing_keys(&self) -> Option<&SealingKeys> {
        self.0.sealing_keys.as_ref()
    }

    /// Whether the cache still holds the metadata that this client was made with, and they are fresh. If not,
    /// [discover](Provider::discover) the provider again and make a new client.
    pub fn is_current(&self, cache: &Cache, now: Timestamp) -> bool {
        self.0.provider.is_current(self.policy(), cache, now)
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    /// The registration.
    pub fn registration(&self) -> &Registration {
        &self.0.registration
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.0.rules.policy
    }

    /// Whose grants are this client's.
    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner { issuer: self.provider().issuer().as_str(), client_id: &self.registration().client_id }
    }

    /// What it demands of every token.
    pub(crate) fn rules(&self) -> &Arc<Rules> {
        &self.0.rules
    }

    pub(crate) fn auth_method(&self) -> AuthMethod {
        self.0.auth_method
    }

    /// Whether requests of this client need randomness and the time: then its verbs are those of
    /// [`proving`](Client::proving). So it is with keys of its own, with `client_secret_jwt`, and with the host's assertions.
    pub fn needs_entropy(&self) -> bool {
        #[cfg(feature = "signing")]
        let bound = !self.registration().dpop_keys.is_empty();
        #[cfg(not(feature = "signing"))]
        let bound = false;
        bound || self.auth_method().is_fresh()
    }
}

/// What is known of the provider takes the place of what the host has not set.
pub(crate) fn apply_known(issuer: &Issuer, registration: &mut Registration, policy: &mut Policy) {
    let Some(known) = known(issuer).filter(|_| policy.use_known_provider) else { return };
    if policy.accept_missing_access_token.is_none() {
        policy.accept_missing_access_token = known.accept_missing_access_token;
    }
    policy.max_sub_bytes = policy.max_sub_bytes.max(known.max_sub_bytes);
    if !known.issuer_alias.is_empty() {
        registration.issuer_aliases.push(known.issuer_alias.into());
    }
    #[cfg(feature = "signing")]
    if let Some(alg) = known.signed_secret_alg {
        registration.sign_secret_with(alg);
    }
}

/// Whose a grant is: of this client at this issuer.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
}

impl Owner<'_> {
    /// Refuses what belongs to another.
    pub(crate) fn check(self, other: Owner<'_>) -> Result<(), Error> {
        let member = match (self.issuer == other.issuer, self.client_id == other.client_id) {
            (true, true) => return Ok(()),
            (false, _) => "issuer",
            (true, false) => "client_id",
        };
        Err(ErrorKind::SessionMismatch.with([member]))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.0.registration.client_id, self.0.provider.issuer())
    }
}

#[cfg(test)]
mod tests;
