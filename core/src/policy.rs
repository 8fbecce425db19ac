//! The numbers and choices a host may set, each with a safe default and a bound.

use alloc::string::ToString;

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::http::{Endpoint, Limits};
use crate::json::Bounds;

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
/// Build one by changing the default; [`Client::new`](crate::Client::new) refuses values out of bounds
/// with `policy_out_of_range`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a login may take from its start to the callback: 600; at most 3600.
    pub state_timeout_secs: u32,
    /// How far the provider's clock may be off, for `exp`, `iat`, `nbf` and `auth_time`: 60; at most 300.
    pub allowed_skew_secs: u32,
    /// How long metadata and keys are fresh when the response does not say: 600; from 60 to 86400.
    /// A `Cache-Control: max-age` is respected within the same bounds.
    pub key_refresh_secs: u32,
    /// The pause between attempts to fetch keys, whatever asks for them: 30; at most 3600.
    pub key_cooldown_secs: u32,
    /// How long metadata and keys are used when they cannot be refreshed: 86400; at most 604800.
    pub key_hard_age_secs: u32,
    /// Keys in one key set: 100; at most 1000.
    pub max_keys: u32,
    /// Bytes of a response, after decompression: 262144; at most 1048576.
    pub max_response_bytes: u32,
    /// Bytes of a token that is read: 16384; at most 65536. Its claims are three quarters of that at most.
    pub max_token_bytes: u32,
    /// Bytes of a token's decoded header: 4096; at most 8192.
    pub max_header_bytes: u32,
    /// Bytes of the `kid` in a token's header: 256, which is also the most.
    pub max_kid_bytes: u32,
    /// Characters of `sub`: 255, which is also the most (OIDC Core 2).
    pub max_sub_bytes: u32,
    /// How deep objects and arrays may nest in what the provider sends: 16; at most 32.
    pub max_json_depth: u32,
    /// Members of one object or array in what the provider sends: 512; at most 1024. Keys in a key set may be more.
    pub max_json_members: u32,
    /// Bytes of an authorization response: 16384, which is also the most.
    pub max_callback_bytes: u32,
    /// Bytes of one parameter of an authorization response: 8192, which is also the most.
    pub max_parameter_bytes: u32,
    /// Time for one GET of metadata or keys: 5; from 1 to 60.
    pub metadata_timeout_secs: u32,
    /// Time for one request to the token or UserInfo endpoint: 10; from 1 to 60.
    pub token_timeout_secs: u32,
    /// Who checks signatures: the core.
    pub signatures: Signatures,
    /// Whether sessions, claims and errors carry the [decisions](crate::Decision) made: yes.
    pub record_decisions: bool,
    /// Take a token response without `token_type` as Bearer (against RFC 6749 5.1): no.
    pub accept_missing_token_type: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            state_timeout_secs: 600,
            allowed_skew_secs: 60,
            key_refresh_secs: 600,
            key_cooldown_secs: 30,
            key_hard_age_secs: 86_400,
            max_keys: 100,
            max_response_bytes: 262_144,
            max_token_bytes: 16_384,
            max_header_bytes: 4_096,
            max_kid_bytes: 256,
            max_sub_bytes: 255,
            max_json_depth: 16,
            max_json_members: 512,
            max_callback_bytes: 16_384,
            max_parameter_bytes: 8_192,
            metadata_timeout_secs: 5,
            token_timeout_secs: 10,
            signatures: Signatures::Core,
            record_decisions: true,
            accept_missing_token_type: false,
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
    key_hard_age_secs: 60 to 604_800;
    max_keys: 1 to 1_000;
    max_response_bytes: 1_024 to 1_048_576;
    max_token_bytes: 512 to 65_536;
    max_header_bytes: 64 to 8_192;
    max_kid_bytes: 1 to 256;
    max_sub_bytes: 1 to 255;
    max_json_depth: 2 to 32;
    max_json_members: 16 to 1_024;
    max_callback_bytes: 512 to 16_384;
    max_parameter_bytes: 128 to 8_192;
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

    /// Reads a policy from a JSON object; what it does not name keeps its default. The member `preset`
    /// (`"openidconnect_jl"`) chooses another set of defaults.
    ///
    /// # Errors
    /// `invalid_configuration`: an unknown member, preset or a value of the wrong type.
    pub fn from_json(text: &str) -> Result<Policy, Error> {
        let mut given = Config::parse(text, "policy")?;
        let preset = |name: &str| match name {
            "openidconnect_jl" => Some(Policy::openidconnect_jl()),
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
        policy.record_decisions = given.bool("record_decisions").unwrap_or(policy.record_decisions);
        policy.accept_missing_token_type =
            given.bool("accept_missing_token_type").unwrap_or(policy.accept_missing_token_type);
        given.end(policy)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut policy = self.clone();
        for Number { name, minimum, maximum, of } in NUMBERS {
            let actual = *of(&mut policy);
            if !(minimum..=maximum).contains(&&actual) {
                let [minimum, maximum, actual] =
                    [*minimum, *maximum, actual].map(|number| number.to_string());
                return Err(ErrorKind::PolicyOutOfRange.with([name, &minimum, &maximum, &actual]));
            }
        }
        Ok(())
    }

    pub(crate) fn limits(&self, endpoint: Endpoint) -> Limits {
        let timeout_secs = match endpoint {
            Endpoint::Discovery | Endpoint::Jwks => self.metadata_timeout_secs,
            Endpoint::Token | Endpoint::UserInfo => self.token_timeout_secs,
        };
        Limits { max_response_bytes: size(self.max_response_bytes), timeout_secs }
    }

    /// How deep and wide the provider's documents may be.
    pub(crate) fn json(&self) -> Bounds {
        Bounds {
            depth: u8::try_from(self.max_json_depth).unwrap_or(u8::MAX),
            width: size(self.max_json_members),
        }
    }

    /// How long a response is fresh, given its own word on it.
    pub(crate) fn fresh_age(&self, max_age: Option<u32>) -> u32 {
        max_age.map_or(self.key_refresh_secs, |seconds| seconds.clamp(60, 86_400))
    }
}

/// A limit as a size.
pub(crate) fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_is_that_of_openidconnect_jl() {
        let policy = Policy::from_json(r#"{"preset":"openidconnect_jl","key_refresh_secs":1800}"#).unwrap();
        assert_eq!(
            (policy.state_timeout_secs, policy.allowed_skew_secs, policy.key_refresh_secs),
            (60, 120, 1_800)
        );
        assert_eq!(Policy::openidconnect_jl().key_refresh_secs, 3_600);
    }

    #[test]
    fn b8_each_number_is_bounded_on_both_sides() {
        for Number { name: member, minimum, maximum, .. } in NUMBERS {
            let with = |value: u32| {
                Policy::from_json(&format!(r#"{{"{member}":{value}}}"#))
                    .unwrap()
                    .check()
                    .map_err(|error| error.code())
            };
            assert_eq!((with(*minimum), with(*maximum)), (Ok(()), Ok(())), "{member}");
            assert_eq!(with(maximum + 1), Err("policy_out_of_range"), "{member}");
            if let Some(below) = minimum.checked_sub(1) {
                assert_eq!(with(below), Err("policy_out_of_range"), "{member}");
            }
        }
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for text in [
            r#"{"state_timeout":60}"#,
            r#"{"preset":"x"}"#,
            r#"{"allowed_skew_secs":"60"}"#,
            r#"{"allowed_skew_secs":-1}"#,
            r#"{"allowed_skew_secs":null}"#,
            r#"{"signatures":"nobody"}"#,
            r#"{"record_decisions":1}"#,
            "[]",
            "{",
        ] {
            assert_eq!(Policy::from_json(text).unwrap_err().code(), "invalid_configuration", "{text}");
        }
    }

    #[test]
    fn cache_control_is_kept_within_bounds() {
        let policy = Policy::default();
        assert_eq!(
            [None, Some(0), Some(90), Some(u32::MAX)].map(|age| policy.fresh_age(age)),
            [600, 60, 90, 86_400]
        );
    }
}
