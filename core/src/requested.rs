//! What was asked of one login and has to be in its ID token.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::config::{Config, invalid};
use crate::error::Error;
use crate::json::{Json, Object, Text, Writer};

/// The part of a request that is remembered in the pending login. A member that is not understood is refused, not skipped.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Requested {
    /// Seconds since the end user authenticated, at most.
    pub(crate) max_age: Option<u32>,
    /// Whether `auth_time` has to be there.
    pub(crate) auth_time: bool,
    /// Whether `acr` has to be there.
    pub(crate) acr: bool,
    /// What `acr` may be.
    pub(crate) acr_values: Option<Vec<String>>,
    /// The end users it may be about.
    pub(crate) sub: Option<Vec<String>>,
}

impl Requested {
    /// Reads what a `claims` parameter (OIDC Core 5.5) demands of the ID token's `acr`, `auth_time` and `sub`.
    ///
    /// # Errors
    /// `invalid_configuration`: a demand on one of them that is not understood.
    pub(crate) fn of_claims(claims: Option<&str>) -> Result<Requested, Error> {
        let text = claims.unwrap_or("{}");
        let claims = Object::parse(text.as_bytes()).map_err(|reason| invalid("claims", &reason))?;
        let id_token = match claims.get("id_token") {
            None | Some(Json::Null) => Object::default(),
            Some(value) => value.as_object().ok_or_else(|| invalid("claims", "id_token is not an object"))?,
        };
        let acr = Demand::of(&id_token, "acr")?;
        let sub = Demand::of(&id_token, "sub")?;
        Ok(Requested {
            max_age: None,
            auth_time: Demand::of(&id_token, "auth_time")?.essential,
            acr: acr.essential,
            acr_values: (acr.essential && !acr.values.is_empty()).then_some(acr.values),
            sub: (!sub.values.is_empty()).then_some(sub.values),
        })
    }

    /// Reads what [`write`](Requested::write) wrote.
    pub(crate) fn read(stored: &mut Config<'_>) -> Requested {
        Requested {
            max_age: stored.number("max_age"),
            auth_time: stored.bool("auth_time").unwrap_or(false),
            acr: stored.bool("acr").unwrap_or(false),
            acr_values: stored.texts("acr_values"),
            sub: stored.texts("sub"),
        }
    }

    /// Writes what was asked for, each as a member of its own.
    pub(crate) fn write(&self, into: &mut Writer) {
        if let Some(max_age) = self.max_age {
            into.number("max_age", max_age.into());
        }
        if self.auth_time {
            into.bool("auth_time", true);
        }
        if self.acr {
            into.bool("acr", true);
        }
        if let Some(values) = &self.acr_values {
            into.texts("acr_values", values);
        }
        if let Some(sub) = &self.sub {
            into.texts("sub", sub);
        }
    }
}

/// One claim of the `claims` parameter (OIDC Core 5.5.1).
#[derive(Default)]
struct Demand {
    essential: bool,
    values: Vec<String>,
}

impl Demand {
    fn of(id_token: &Object<'_>, claim: &str) -> Result<Demand, Error> {
        let unusable = |what: &str| invalid("claims", &[claim, what].concat());
        let members = match id_token.get(claim) {
            None | Some(Json::Null) => return Ok(Demand::default()),
            Some(value) => value.as_object().ok_or_else(|| unusable(" is neither null nor an object"))?,
        };
        let essential = match members.get("essential") {
            None => false,
            Some(Json::Bool(essential)) => essential,
            Some(_) => return Err(unusable(".essential is not a boolean")),
        };
        let mut values = members
            .texts("values")
            .map_err(|()| unusable(".values is not a list of strings"))?
            .unwrap_or_default();
        match members.text("value") {
            Text::Absent => {}
            Text::Present(value) => values.push(value.into_owned()),
            Text::WrongType => return Err(unusable(".value is not a string")),
        }
        Ok(Demand { essential, values })
    }
}

impl fmt::Debug for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requested")
            .field("max_age", &self.max_age)
            .field("acr_values", &self.acr_values)
            .finish_non_exhaustive()
    }
}
