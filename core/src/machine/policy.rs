//! The numbers and choices a host may set, each with a safe default and a bound.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::jose::TokenLimits;
use crate::jose::kind;
use crate::machine::http::{Endpoint, HttpRequest, Limits, Method};
use crate::machine::profile::Profile;
use crate::report::{Error, ErrorKind};
use crate::text::config::{Config, invalid};
use crate::text::host;
use crate::text::json::Bounds;
use crate::text::limits::size;

/// Who checks signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signatures {
    /// The core, with the cryptography compiled into it.
    Core,
    /// The host, asked by [`Request::Verify`](crate::Request::Verify): WebCrypto, `node:crypto`, an HSM.
    Host,
}

/// The numbers and choices of a client. All times are in seconds.
///
/// Change the members of the default. [`Client::new`](crate::Client::new) refuses values out of bounds with
/// `policy_out_of_range`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a login may take from its start to the callback, in seconds. Default: 600; from 1 to 3600.
    pub state_timeout_secs: u32,
    /// How far the provider's clock may be off, in seconds. Default: 60; from 0 to 300.
    pub allowed_skew_secs: u32,
    /// How long metadata and keys are fresh, in seconds, if the response has no `Cache-Control: max-age`; its value is kept
    /// between 60 and 86400. Default: 600; from 60 to 86400.
    pub key_refresh_secs: u32,
    /// The pause between two attempts to fetch keys, in seconds. Default: 30; from 0 to 3600.
    pub key_cooldown_secs: u32,
    /// Attempts to fetch keys for a token from the provider's own token endpoint. Default: 3; from 1 to 10.
    pub key_tries: u32,
    /// How long these attempts may take together, in seconds. Between two of them the flow asks its host to
    /// [wait](crate::Request::Wait). Default: 10; from 0 to 60.
    pub key_wait_secs: u32,
    /// How long metadata and keys are used when they cannot be refreshed, in seconds. Default: 86400; from 60 to 604800.
    pub key_hard_age_secs: u32,
    /// The largest number of keys in a key set. Default: 100; from 1 to 1000.
    pub max_keys: u32,
    /// The largest response, in bytes after decompression. Default: 262144; from 1024 to 1048576.
    pub max_response_bytes: u32,
    /// The largest token that is read, in bytes. Its claims are at most three quarters of that. Default: 16384; from 512 to
    /// 65536.
    pub max_token_bytes: u32,
    /// The largest decoded header of a token, in bytes. Default: 4096; from 64 to 16384.
    pub max_header_bytes: u32,
    /// The longest `kid` in the header of a token, in bytes. Default: 256; from 1 to 1024.
    pub max_kid_bytes: u32,
    /// The longest `sub`, in characters. GitHub Actions has subjects longer than the 255 of OIDC Core 2. Default: 255; from 1
    /// to 1024.
    pub max_sub_bytes: u32,
    /// How long ago a logout token may have been issued, in seconds (OIDC Back-Channel Logout 4). So long at most it has to be
    /// remembered against replay. Default: 600; from 60 to 86400.
    pub max_logout_token_age_secs: u32,
    /// How deep objects and arrays may nest in the provider's JSON. Default: 16; from 2 to 32.
    pub max_json_depth: u32,
    /// The largest number of members of one object or array in the provider's JSON; `max_keys` may be larger. Default: 512;
    /// from 16 to 16384.
    pub max_json_members: u32,
    /// The largest authorization response, in bytes. Default: 16384; from 512 to 65536.
    pub max_callback_bytes: u32,
    /// The longest parameter of an authorization response, in bytes. Default: 8192; from 128 to 32768.
    pub max_parameter_bytes: u32,
    /// The longest [`return_to`](crate::AuthorizeRequest::return_to), in bytes. A longer one is dropped. Default: 4096; from 64
    /// to 16384.
    pub max_return_to_bytes: u32,
    /// The time for one fetch of metadata or keys, in seconds. Default: 5; from 1 to 60.
    pub metadata_timeout_secs: u32,
    /// The time for one request to the token or UserInfo endpoint, in seconds. Default: 10; from 1 to 60.
    pub token_timeout_secs: u32,
    /// Addresses and local names that the metadata may lead to, such as `10.0.2.15:6443` or `keycloak`, as those of a Kubernetes
    /// API server do. Each entry is one host, with one port or all of its ports. It needs https. Default: none.
    ///
    /// The risk: whoever can change the issuer's metadata can make this application send requests to these hosts, its client
    /// secret included.
    pub local_hosts: Vec<String>,
    /// Hosts of a development network for which plain http is allowed, for an issuer and its endpoints, such as
    /// `keycloak:8080`. They count as [`local_hosts`](Policy::local_hosts) too. For the issuer use
    /// [`Issuer::under`](crate::Issuer::under). Default: none.
    ///
    /// The risk: anybody on that network can read secrets, codes and tokens, and can forge ID tokens. Never use it in
    /// production.
    pub danger_http_hosts: Vec<String>,
    /// Who checks signatures. Default: the core.
    pub signatures: Signatures,
    /// The profile that the client has to meet. Default: none.
    pub profile: Profile,
    /// Whether sessions, claims and errors carry their [decisions](crate::Decision). Default: true.
    pub record_decisions: bool,
    /// Accept a token response without `token_type` as Bearer (against RFC 6749 5.1). Default: false.
    pub accept_missing_token_type: bool,
    /// Accept an ID token that comes without an access token (against OIDC Core 3.1.3.3), as Azure AD B2C sends one when only
    /// `openid` and `offline_access` are asked for. The session then has no access token, and there is no UserInfo. Default:
    /// true for providers that are known to need it, else false.
    pub accept_missing_access_token: Option<bool>,
    /// Accept a signed UserInfo response without `iss` or `aud` (OIDC Core 5.3.2 says SHOULD) from an https endpoint. If they
    /// are present they are checked. Default: false.
    pub accept_userinfo_without_iss_aud: bool,
    /// Accept a refreshed ID token with an `auth_time`, `azp` or `nonce` that the first one did not have (against OIDC Core
    /// 12.2). A claim that the first one had must stay the same; a new `auth_time` must not be later than the first ID token.
    /// Default: false.
    pub accept_new_claims_at_refresh: bool,
    /// Values of the header member `typ` that this issuer uses for its ID tokens, beside `JWT`. Kinds that are registered for
    /// other tokens, such as `at+jwt`, are refused. Default: none.
    pub accepted_typ: Vec<String>,
    /// Apply the options that a known provider needs, found by its issuer, unless they are set here. Each use is a
    /// [decision](crate::Decision) `leniency`. Default: true.
    pub use_known_provider: bool,
    /// Send the [`resource`](crate::AuthorizeRequest::resource) of a login with its code and every refresh (RFC 8707 2.2).
    /// Default: true.
    pub resource_in_token_requests: bool,
    /// Send the scopes that the login asked for with every refresh (RFC 6749 6), as Microsoft Entra ID needs it. If fewer were
    /// granted and the provider refuses the others, use [`TokenRequest::scopes`](crate::TokenRequest::scopes). Default: false.
    pub scope_in_refreshes: bool,
    /// Also restore sessions that are not sealed although the client has sealing keys, after their ID token was verified again.
    /// For the time of a migration: whoever can write into the store can meanwhile put tokens into a session. Default: false.
    pub accept_unsealed_sessions: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            state_timeout_secs: 600,
            allowed_skew_secs: 60,
            key_refresh_secs: 600,
            key_cooldown_secs: 30,
            key_tries: 3,
            key_wait_secs: 10,
            key_hard_age_secs: 86_400,
            max_keys: 100,
            max_response_bytes: 262_144,
            max_token_bytes: 16_384,
            max_header_bytes: 4_096,
            max_kid_bytes: 256,
            max_sub_bytes: 255,
            max_logout_token_age_secs: 600,
            max_json_depth: 16,
            max_json_members: 512,
            max_callback_bytes: 16_384,
            max_parameter_bytes: 8_192,
            max_return_to_bytes: 4_096,
            metadata_timeout_secs: 5,
            token_timeout_secs: 10,
            local_hosts: Vec::new(),
            danger_http_hosts: Vec::new(),
            signatures: Signatures::Core,
            profile: Profile::None,
            record_decisions: true,
            accept_missing_token_type: false,
            accept_missing_access_token: None,
            accept_userinfo_without_iss_aud: false,
            accept_new_claims_at_refresh: false,
            accepted_typ: Vec::new(),
            use_known_provider: true,
            resource_in_token_requests: true,
            scope_in_refreshes: false,
            accept_unsealed_sessions: false,
        }
    }
}

/// A number of the policy, and its bounds.
struct Number {
    name: &'static str,
    minimum: u32,
    maximum: u32,
    of: fn(&mut Policy) -> &mut u32,
}

/// A choice of the policy, by its name.
type Choice = (&'static str, fn(&mut Policy) -> &mut bool);

macro_rules! choices {
    ($($name:ident)+) => {
        const CHOICES: &[Choice] = &[$((stringify!($name), |policy| &mut policy.$name)),+];
    };
}

choices! {
    record_decisions
    accept_missing_token_type
    accept_userinfo_without_iss_aud
    accept_new_claims_at_refresh
    use_known_provider
    resource_in_token_requests
    scope_in_refreshes
    accept_unsealed_sessions
}

macro_rules! numbers {
    ($($name:ident: $minimum:literal to $maximum:literal;)+) => {
        const NUMBERS: &[Number] = &[$(Number {
            name: stringify!($name),
            minimum: $minimum,
            maximum: $maximum,
            of: |policy| &mut policy.$name,
        }),+];
    };
}

numbers! {
    state_timeout_secs: 1 to 3_600;
    allowed_skew_secs: 0 to 300;
    key_refresh_secs: 60 to 86_400;
    key_cooldown_secs: 0 to 3_600;
    key_tries: 1 to 10;
    key_wait_secs: 0 to 60;
    key_hard_age_secs: 60 to 604_800;
    max_keys: 1 to 1_000;
    max_response_bytes: 1_024 to 1_048_576;
    max_token_bytes: 512 to 65_536;
    max_header_bytes: 64 to 16_384;
    max_kid_bytes: 1 to 1_024;
    max_sub_bytes: 1 to 1_024;
    max_logout_token_age_secs: 60 to 86_400;
    max_json_depth: 2 to 32;
    max_json_members: 16 to 16_384;
    max_callback_bytes: 512 to 65_536;
    max_parameter_bytes: 128 to 32_768;
    max_return_to_bytes: 64 to 16_384;
    metadata_timeout_secs: 1 to 60;
    token_timeout_secs: 1 to 60;
}

impl Policy {
    /// The numbers of OpenIDConnect.jl: a state lives 60 s, clocks may differ by 120 s, keys are fresh for 3600 s.
    pub fn openidconnect_jl() -> Policy {
        Policy {
            state_timeout_secs: 60,
            allowed_skew_secs: 120,
            key_refresh_secs: 3_600,
            ..Policy::default()
        }
    }

    /// FAPI 2.0 Security Profile (Final), for a client with a key or a certificate and bound tokens. A client that cannot meet it is
    /// refused with `profile_unmet`; authorization requests are pushed.
    pub fn fapi2() -> Policy {
        Policy { profile: Profile::Fapi2, ..Policy::default() }
    }

    /// FAPI 2.0 Message Signing: as [`fapi2`](Policy::fapi2), authorization requests are signed, and so are the responses.
    pub fn fapi2_message_signing() -> Policy {
        Policy { profile: Profile::Fapi2MessageSigning, ..Policy::default() }
    }

    /// OAuth 2.1, as far as a client can hold to it beyond what is always on.
    pub fn oauth2_1() -> Policy {
        Policy { profile: Profile::OAuth21, ..Policy::default() }
    }

    /// Reads a policy from a JSON object; what it does not name keeps its default. The member `preset` (`openidconnect_jl`,
    /// `oauth2_1`, `fapi2`, `fapi2_message_signing`) chooses another set of defaults.
    ///
    /// # Errors
    /// `invalid_configuration`: an unknown member, preset or a value of the wrong type.
    pub fn from_json(text: &str) -> Result<Policy, Error> {
        let mut given = Config::parse(text, "policy")?;
        let preset = |name: &str| match name {
            "openidconnect_jl" => Some(Policy::openidconnect_jl()),
            "oauth2_1" => Some(Policy::oauth2_1()),
            "fapi2" => Some(Policy::fapi2()),
            "fapi2_message_signing" => Some(Policy::fapi2_message_signing()),
            _ => None,
        };
        let signatures = |word: &str| match word {
            "core" => Some(Signatures::Core),
            "host" => Some(Signatures::Host),
            _ => None,
        };
        let mut policy = given.word("preset", preset).unwrap_or_default();
        for number in NUMBERS {
            let of = (number.of)(&mut policy);
            *of = given.number(number.name).unwrap_or(*of);
        }
        policy.signatures = given.word("signatures", signatures).unwrap_or(policy.signatures);
        policy.local_hosts = given.texts("local_hosts").unwrap_or_default();
        policy.danger_http_hosts = given.texts("danger_http_hosts").unwrap_or_default();
        policy.accepted_typ = given.texts("accepted_typ").unwrap_or_default();
        policy.accept_missing_access_token = given.bool("accept_missing_access_token");
        for (name, of) in CHOICES {
            let of = of(&mut policy);
            *of = given.bool(name).unwrap_or(*of);
        }
        given.end(policy)
    }

    /// The lists of hosts, by their names.
    pub(crate) fn check_hosts(&self) -> Result<(), Error> {
        for (name, hosts) in
            [("local_hosts", &self.local_hosts), ("danger_http_hosts", &self.danger_http_hosts)]
        {
            hosts.iter().try_for_each(|entry| host::check(entry)).map_err(|reason| invalid(name, reason))?;
        }
        Ok(())
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_hosts()?;
        let mut policy = self.clone();
        for Number { name, minimum, maximum, of } in NUMBERS {
            let actual = *of(&mut policy);
            if !(minimum..=maximum).contains(&&actual) {
                let [minimum, maximum, actual] =
                    [*minimum, *maximum, actual].map(|number| number.to_string());
                return Err(ErrorKind::PolicyOutOfRange.with([name, &minimum, &maximum, &actual]));
            }
        }
        self.accepted_typ.iter().try_for_each(|typ| kind::check_own(typ))
    }

    /// How long a refresh may take, in seconds: two requests for tokens, and its ID token's keys.
    #[cfg(feature = "site")]
    pub(crate) fn longest_refresh_secs(&self) -> u32 {
        let keys =
            self.key_tries.saturating_mul(self.metadata_timeout_secs).saturating_add(self.key_wait_secs);
        self.token_timeout_secs.saturating_mul(2).saturating_add(keys)
    }

    pub(crate) fn limits(&self, endpoint: Endpoint) -> Limits {
        let timeout_secs = match endpoint {
            Endpoint::Discovery | Endpoint::Jwks => self.metadata_timeout_secs,
            Endpoint::Token
            | Endpoint::UserInfo
            | Endpoint::PushedAuthorization
            | Endpoint::Revocation
            | Endpoint::Resource => self.token_timeout_secs,
        };
        Limits { max_response_bytes: size(self.max_response_bytes), timeout_secs }
    }

    /// How deep and wide the provider's documents may be.
    pub(crate) fn json(&self) -> Bounds {
        Bounds {
            depth: u8::try_from(self.max_json_depth).unwrap_or(u8::MAX),
            width: size(self.max_json_members),
            policy: true,
        }
    }

    /// How far a token may go.
    pub(crate) fn token(&self) -> TokenLimits {
        TokenLimits {
            token: self.max_token_bytes,
            header: self.max_header_bytes,
            kid: self.max_kid_bytes,
            json: self.json(),
        }
    }

    /// How long a response is fresh, given its own word on it.
    pub(crate) fn fresh_age(&self, max_age: Option<u32>) -> u32 {
        max_age.map_or(self.key_refresh_secs, |seconds| seconds.clamp(60, 86_400))
    }
}

impl HttpRequest {
    /// A request without headers and body, with the limits of the usual policy: for testing a transport. The library makes its own.
    pub fn new(endpoint: Endpoint, method: Method, url: impl Into<String>) -> HttpRequest {
        let limits = Policy::default().limits(endpoint);
        HttpRequest {
            endpoint,
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            limits,
            client_certificate: false,
        }
    }
}

#[cfg(test)]
mod tests;
