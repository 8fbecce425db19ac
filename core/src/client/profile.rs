//! Profiles: what a client has to be, refused by name where it is not (FAPI 2.0 Security Profile 5.3.3, OAuth 2.1).

use alloc::vec::Vec;

use crate::client::authentication::AuthMethod;
use crate::client::authentication::assertion::AssertionAudience;
use crate::client::registration::Registration;
use crate::jose::Alg;
use crate::machine::{Policy, Profile};
use crate::provider::Metadata;
use crate::report::{Error, ErrorKind};

/// Algorithms that FAPI 2.0 allows (Security Profile 5.4.1).
const ALGS: [Alg; 4] = [Alg::Ps256, Alg::Es256, Alg::EdDsa, Alg::Ed25519];

/// Switches on what the profile demands and nobody has to decide.
pub(crate) fn switch_on(profile: Profile, registration: &mut Registration) {
    if profile.is_fapi() {
        registration.require_pushed_authorization_requests = true;
    }
    if profile == Profile::Fapi2MessageSigning {
        registration.require_signed_request_object = true;
    }
}

/// What of a client's set-up a profile is about.
pub(crate) struct Judged<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) metadata: &'a Metadata,
    pub(crate) policy: &'a Policy,
    pub(crate) method: AuthMethod,
}

impl Judged<'_> {
    /// Refuses the first thing that cannot meet the profile.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.policy.profile {
            Profile::None => Ok(()),
            Profile::OAuth21 => self.pkce(),
            Profile::Fapi2 | Profile::Fapi2MessageSigning => {
                self.pkce()?;
                self.authentication()?;
                self.pushed()?;
                self.bound()?;
                self.keys()?;
                self.issuer_in_responses()?;
                self.network()
            }
        }
    }

    fn unmet(&self, member: &str, reason: &str) -> Error {
        ErrorKind::ProfileUnmet.with([self.policy.profile.as_str(), member, reason])
    }

    /// Only a provider that says so is known to check the verifier.
    fn pkce(&self) -> Result<(), Error> {
        let methods = self.metadata.list("code_challenge_methods_supported").unwrap_or_default();
        if methods.iter().any(|method| method == "S256") {
            return Ok(());
        }
        Err(self.unmet("code_challenge_methods_supported", "does not list S256 in the provider's metadata"))
    }

    fn authentication(&self) -> Result<(), Error> {
        if self.method != AuthMethod::PrivateKeyJwt && !self.method.is_tls() {
            let reason =
                "is neither private_key_jwt nor tls_client_auth: set signing_keys or tls_client_certificate";
            return Err(self.unmet("token_endpoint_auth_method", reason));
        }
        if self.registration.client_assertion_audience != AssertionAudience::Issuer {
            return Err(self.unmet("client_assertion_audience", "is not the issuer"));
        }
        Ok(())
    }

    fn pushed(&self) -> Result<(), Error> {
        const ENDPOINT: &str = "pushed_authorization_request_endpoint";
        let endpoint = self.metadata.endpoint(ENDPOINT);
        endpoint.map(drop).map_err(|_| self.unmet(ENDPOINT, "is missing in the provider's metadata"))
    }

    fn bound(&self) -> Result<(), Error> {
        let registration = self.registration;
        if registration.dpop_keys.is_empty() && !registration.tls_client_certificate_bound_access_tokens {
            let reason = "are missing, and tls_client_certificate_bound_access_tokens is not set: tokens must be bound";
            return Err(self.unmet("dpop_keys", reason));
        }
        Ok(())
    }

    fn keys(&self) -> Result<(), Error> {
        let registration = self.registration;
        let keys = registration.signing_keys.iter().map(|key| ("signing_keys", key.alg()));
        let bound = registration.dpop_keys.iter().map(|key| ("dpop_keys", key.alg()));
        let pinned = [
            ("id_token_signed_response_alg", registration.id_token_signed_response_alg),
            ("userinfo_signed_response_alg", registration.userinfo_signed_response_alg),
            ("authorization_signed_response_alg", registration.authorization_signed_response_alg),
        ];
        let pinned = pinned.into_iter().filter_map(|(member, alg)| Some((member, alg?)));
        let mut all = keys.chain(bound).chain(pinned);
        match all.find(|(_, alg)| !ALGS.contains(alg)) {
            Some((member, alg)) => {
                let reason = ["is for ", alg.as_str(), ": PS256, ES256 or EdDSA is wanted"].concat();
                Err(self.unmet(member, &reason))
            }
            None => Ok(()),
        }
    }

    fn issuer_in_responses(&self) -> Result<(), Error> {
        if self.metadata.announces_iss() || self.policy.profile == Profile::Fapi2MessageSigning {
            return Ok(());
        }
        let member = "authorization_response_iss_parameter_supported";
        Err(self.unmet(member, "is not true in the provider's metadata"))
    }

    fn network(&self) -> Result<(), Error> {
        if !self.policy.danger_http_hosts.is_empty() {
            return Err(self.unmet("danger_http_hosts", "are not empty"));
        }
        if self.metadata.issuer().takes_http() {
            return Err(self.unmet("issuer", "was made with a policy that has danger_http_hosts"));
        }
        if self.registration.redirect_uri.starts_with("http:") {
            return Err(self.unmet("redirect_uri", "is not https"));
        }
        Ok(())
    }
}

/// Leaves the algorithms that the profile allows.
pub(crate) fn retain(profile: Profile, mut algs: Vec<Alg>) -> Vec<Alg> {
    algs.retain(|alg| !profile.is_fapi() || ALGS.contains(alg));
    algs
}

/// The same of the algorithms of ID tokens: one has to be left.
pub(crate) fn allowed(profile: Profile, algs: Vec<Alg>) -> Result<Vec<Alg>, Error> {
    one_left(profile, "id_token_signing_alg_values_supported", algs)
}

/// The same of those of authorization responses, where the profile demands that they are signed.
pub(crate) fn allowed_responses(profile: Profile, algs: Vec<Alg>) -> Result<Vec<Alg>, Error> {
    if profile != Profile::Fapi2MessageSigning {
        return Ok(retain(profile, algs));
    }
    one_left(profile, "authorization_signing_alg_values_supported", algs)
}

fn one_left(profile: Profile, member: &str, algs: Vec<Alg>) -> Result<Vec<Alg>, Error> {
    let names: Vec<&str> = algs.iter().map(|alg| alg.as_str()).collect();
    let names = if names.is_empty() { "what nothing here supports".into() } else { names.join(" ") };
    let kept = retain(profile, algs);
    if kept.is_empty() {
        let reason = ["has nothing but ", &names, ": PS256, ES256 or EdDSA is wanted"].concat();
        return Err(ErrorKind::ProfileUnmet.with([profile.as_str(), member, &reason]));
    }
    Ok(kept)
}
