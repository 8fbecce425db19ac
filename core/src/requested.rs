//! What was asked of one login and has to be in its ID token.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::json::{self, Object, Text};

/// The part of a request that is remembered in the pending login. A member that is not understood is refused, not skipped.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requested {
    /// Seconds since the end user authenticated, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
    /// Whether `auth_time` has to be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) auth_time: bool,
    /// Essential values of `acr`; an empty list asks for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr_values: Option<Vec<String>>,
    /// The end users it may be about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<Vec<String>>,
}

impl Requested {
    /// Reads what a `claims` parameter (OIDC Core 5.5) demands of the ID token's `acr`, `auth_time` and `sub`.
    ///
    /// # Errors
    /// `invalid_configuration`: a demand on one of them that is not understood.
    pub(crate) fn of_claims(claims: Option<&Object>) -> Result<Requested, Error> {
        let none = Object::new();
        let id_token = match claims.and_then(|claims| claims.get("id_token")) {
            None | Some(Value::Null) => &none,
            Some(Value::Object(id_token)) => id_token,
            Some(_) => return Err(invalid("id_token is not an object")),
        };
        let acr = Demand::of(id_token, "acr")?;
        let sub = Demand::of(id_token, "sub")?;
        Ok(Requested {
            max_age: None,
            auth_time: Demand::of(id_token, "auth_time")?.essential,
            acr_values: acr.essential.then_some(acr.values),
            sub: (!sub.values.is_empty()).then_some(sub.values),
        })
    }
}

/// One claim of the `claims` parameter (OIDC Core 5.5.1).
#[derive(Default)]
struct Demand {
    essential: bool,
    values: Vec<String>,
}

impl Demand {
    fn of(id_token: &Object, claim: &str) -> Result<Demand, Error> {
        let members = match id_token.get(claim) {
            None | Some(Value::Null) => return Ok(Demand::default()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(invalid(&format!("{claim} is neither null nor an object"))),
        };
        let essential = match members.get("essential") {
            None => false,
            Some(Value::Bool(essential)) => *essential,
            Some(_) => return Err(invalid(&format!("{claim}.essential is not a boolean"))),
        };
        let mut values = json::strings(members, "values")
            .map_err(|()| invalid(&format!("{claim}.values is not a list of strings")))?
            .unwrap_or_default();
        match json::text(members, "value") {
            Text::Absent => {}
            Text::Present(value) => values.push(value.to_owned()),
            Text::WrongType => return Err(invalid(&format!("{claim}.value is not a string"))),
        }
        Ok(Demand { essential, values })
    }
}

fn invalid(reason: &str) -> Error {
    ErrorKind::InvalidConfiguration { member: "claims".into(), reason: reason.into() }.into()
}

impl fmt::Debug for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requested")
            .field("max_age", &self.max_age)
            .field("acr_values", &self.acr_values)
            .finish_non_exhaustive()
    }
}
