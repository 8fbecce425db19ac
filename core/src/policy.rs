//! The numbers and choices a host may set, each with a safe default and a bound.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::http::{Endpoint, Limits};
use crate::json;

/// Who checks signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Bytes of a response, after decompression: 262144; at most 1048576.
    pub max_response_bytes: u32,
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
            max_response_bytes: 262_144,
            metadata_timeout_secs: 5,
            token_timeout_secs: 10,
            signatures: Signatures::Core,
            record_decisions: true,
            accept_missing_token_type: false,
        }
    }
}

/// Bounds of the numbers, by name.
type Bound = (&'static str, u32, u32, fn(&Policy) -> u32);
const BOUNDS: [Bound; 8] = [
    ("state_timeout_secs", 1, 3_600, |policy| policy.state_timeout_secs),
    ("allowed_skew_secs", 0, 300, |policy| policy.allowed_skew_secs),
    ("key_refresh_secs", 60, 86_400, |policy| policy.key_refresh_secs),
    ("key_cooldown_secs", 0, 3_600, |policy| policy.key_cooldown_secs),
    ("key_hard_age_secs", 60, 604_800, |policy| policy.key_hard_age_secs),
    ("max_response_bytes", 1_024, 1_048_576, |policy| policy.max_response_bytes),
    ("metadata_timeout_secs", 1, 60, |policy| policy.metadata_timeout_secs),
    ("token_timeout_secs", 1, 60, |policy| policy.token_timeout_secs),
];

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
        let invalid =
            |reason: String| Error::from(ErrorKind::InvalidConfiguration { member: "policy".into(), reason });
        let mut given = json::object(text.as_bytes()).map_err(invalid)?;
        let defaults = match given.remove("preset") {
            None => Policy::default(),
            Some(Value::String(name)) if name == "openidconnect_jl" => Policy::openidconnect_jl(),
            Some(_) => return Err(invalid("unknown preset".into())),
        };
        let Ok(Value::Object(mut members)) = serde_json::to_value(&defaults) else {
            return Err(invalid("not expressible".into()));
        };
        members.extend(given);
        crate::config::from_value(Value::Object(members), "policy")
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        for (member, minimum, maximum, get) in BOUNDS {
            let actual = get(self);
            if !(minimum..=maximum).contains(&actual) {
                return Err(ErrorKind::PolicyOutOfRange {
                    member: member.into(),
                    minimum: minimum.to_string(),
                    maximum: maximum.to_string(),
                    actual: actual.to_string(),
                }
                .into());
            }
        }
        Ok(())
    }

    pub(crate) fn limits(&self, endpoint: Endpoint) -> Limits {
        let timeout_secs = match endpoint {
            Endpoint::Discovery | Endpoint::Jwks => self.metadata_timeout_secs,
            Endpoint::Token | Endpoint::UserInfo => self.token_timeout_secs,
        };
        Limits {
            max_response_bytes: usize::try_from(self.max_response_bytes).unwrap_or(usize::MAX),
            timeout_secs,
        }
    }

    /// How long a response is fresh, given its own word on it.
    pub(crate) fn fresh_age(&self, max_age: Option<u32>) -> u32 {
        max_age.map_or(self.key_refresh_secs, |seconds| seconds.clamp(60, 86_400))
    }
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
    fn each_number_is_bounded_on_both_sides() {
        for (member, minimum, maximum, _) in BOUNDS {
            let with = |value: u64| {
                Policy::from_json(&format!(r#"{{"{member}":{value}}}"#))
                    .unwrap()
                    .check()
                    .map_err(|error| error.code())
            };
            assert_eq!((with(minimum.into()), with(maximum.into())), (Ok(()), Ok(())), "{member}");
            assert_eq!(with(u64::from(maximum) + 1), Err("policy_out_of_range"), "{member}");
            if let Some(below) = minimum.checked_sub(1) {
                assert_eq!(with(below.into()), Err("policy_out_of_range"), "{member}");
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
