//! What was asked of one login and has to be in its ID token.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::report::Error;
use crate::text::config::{Config, invalid};
use crate::text::json::{Json, Object, Writer, quoted};

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
    /// What other claims have to be: a name and a value as JSON, by turns. One of the values is enough for a name.
    pub(crate) claims: Vec<String>,
}

impl Requested {
    /// Reads what a `claims` parameter (OIDC Core 5.5) demands: an essential `acr` and `auth_time` of the ID token, the
    /// values of what else is essential there, and those of `sub`, which UserInfo and the ID token have in common.
    ///
    /// # Errors
    /// `invalid_configuration`: something in it that is null, empty or of another type where a value is meant, or a
    /// demand that nothing here would check.
    pub(crate) fn of_claims(claims: Option<&str>) -> Result<Requested, Error> {
        let text = claims.unwrap_or("{}");
        let claims = Object::parse(text.as_bytes()).map_err(|reason| invalid("claims", &reason))?;
        let (id_token, userinfo) = (part(&claims, "id_token")?, part(&claims, "userinfo")?);
        for member in claims.members() {
            if !PARTS.contains(&&*member.name) {
                return Err(invalid("claims", "has a member that is neither id_token nor userinfo"));
            }
        }
        let acr = Demand::of(&id_token, "acr")?;
        let auth_time = Demand::of(&id_token, "auth_time")?;
        for (claim, demanded) in [
            ("userinfo.acr", Demand::of(&userinfo, "acr")?.essential),
            ("userinfo.auth_time", Demand::of(&userinfo, "auth_time")?.essential),
            ("id_token.auth_time.value", auth_time.values.is_some()),
        ] {
            if demanded {
                return Err(unusable(claim, " is not something that can be checked"));
            }
        }
        Ok(Requested {
            max_age: None,
            auth_time: auth_time.essential,
            acr: acr.essential,
            acr_values: acr.values.filter(|_| acr.essential),
            sub: both(Demand::of(&id_token, "sub")?.values, Demand::of(&userinfo, "sub")?.values)?,
            claims: essential_values(&id_token)?,
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
            claims: stored.texts("claims").unwrap_or_default(),
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
        if !self.claims.is_empty() {
            into.texts("claims", &self.claims);
        }
    }
}

/// Where claims are asked for.
const PARTS: [&str; 2] = ["id_token", "userinfo"];
/// Claims that are asked for with values that are checked or refused here.
const CHECKED: [&str; 3] = ["acr", "auth_time", "sub"];

/// The claims that are asked for in one place, each in order.
fn part<'a>(claims: &Object<'a>, name: &str) -> Result<Object<'a>, Error> {
    let Some(value) = claims.get(name) else { return Ok(Object::default()) };
    let part = value.as_object().ok_or_else(|| unusable(name, " is not an object"))?;
    for member in part.members() {
        let name = &*member.name;
        match member.value {
            // It is asked for, and no more is said.
            Json::Null => {}
            Json::Object(_) => {
                let asked = member.value.as_object().unwrap_or_default();
                if asked.members().is_empty() && CHECKED.contains(&name) {
                    return Err(unusable(name, " says nothing: null asks for it without a demand"));
                }
                in_order(name, &asked)?;
            }
            // Several sets of verified claims (OpenID Connect for Identity Assurance 1.0 6.4).
            Json::Array(_) if name == "verified_claims" => in_order_each(name, member.value)?,
            _ => return Err(unusable(name, " is neither null nor an object")),
        }
    }
    Ok(part)
}

/// The claims that are essential with a value, beside those that are read above: each name with one value, by turns.
fn essential_values(part: &Object<'_>) -> Result<Vec<String>, Error> {
    let mut pairs = Vec::new();
    for member in part.members() {
        let asked = member.value.as_object().unwrap_or_default();
        if CHECKED.contains(&&*member.name) || !matches!(asked.get("essential"), Some(Json::Bool(true))) {
            continue;
        }
        let values = asked.get("values").and_then(Json::elements).into_iter().flatten();
        for value in asked.get("value").into_iter().chain(values) {
            let value = scalar(value)
                .ok_or_else(|| unusable(&member.name, " is not something that can be checked"))?;
            pairs.extend([member.name.clone().into_owned(), value]);
        }
    }
    Ok(pairs)
}

/// A string, a number or a boolean as JSON: a string in one spelling, a number as it is written.
fn scalar(value: Json<'_>) -> Option<String> {
    match value {
        Json::Text(text) => Some(quoted(&text.text())),
        Json::Number(number) => Some(number.to_owned()),
        Json::Bool(true) => Some("true".to_owned()),
        Json::Bool(false) => Some("false".to_owned()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The first of these claims that has none of the values that are there for it.
pub(crate) fn not_as_asked<'a>(pairs: &'a [String], claims: &Object<'_>) -> Option<&'a String> {
    let is = |pair: &[String]| {
        let actual = pair.first().and_then(|claim| claims.get(claim)).and_then(scalar);
        actual.as_ref() == pair.last()
    };
    let any = |claim: &[String]| pairs.chunks_exact(2).any(|pair| pair.first() == claim.first() && is(pair));
    pairs.chunks_exact(2).find(|pair| !any(pair))?.first()
}

/// What is said about a claim (OIDC Core 5.5.1), however deep other specifications nest it: where a value is meant, there
/// is one.
fn in_order(claim: &str, asked: &Object<'_>) -> Result<(), Error> {
    for member in asked.members() {
        match (&*member.name, member.value) {
            ("essential", Json::Bool(_)) => {}
            ("essential", _) => return Err(unusable(claim, ".essential is not a boolean")),
            ("value", value) if is_empty(value) => return Err(unusable(claim, ".value is null or empty")),
            ("value", _) => {}
            ("values", Json::Array(_)) => {
                let mut values = member.value.elements().into_iter().flatten().peekable();
                if values.peek().is_none() || values.any(is_empty) {
                    return Err(unusable(claim, ".values is empty, or has something empty or null in it"));
                }
            }
            ("values", _) => return Err(unusable(claim, ".values is not a list")),
            (_, Json::Object(_)) => {
                in_order(claim, &member.value.as_object().unwrap_or_default())?;
            }
            (_, Json::Array(_)) => in_order_each(claim, member.value)?,
            _ => {}
        }
    }
    Ok(())
}

fn in_order_each(claim: &str, list: Json<'_>) -> Result<(), Error> {
    list.elements()
        .into_iter()
        .flatten()
        .filter_map(Json::as_object)
        .try_for_each(|object| in_order(claim, &object))
}

fn is_empty(value: Json<'_>) -> bool {
    match value {
        Json::Null => true,
        Json::Text(text) => text.text().trim_ascii().is_empty(),
        Json::Array(_) => value.elements().is_none_or(|mut elements| elements.next().is_none()),
        Json::Object(_) => value.as_object().is_none_or(|object| object.members().is_empty()),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// What satisfies two demands.
fn both(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Result<Option<Vec<String>>, Error> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let both: Vec<String> = one.into_iter().filter(|value| other.contains(value)).collect();
            if both.is_empty() {
                Err(unusable("sub", " is to be two different end users"))
            } else {
                Ok(Some(both))
            }
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn unusable(claim: &str, what: &str) -> Error {
    invalid("claims", &[claim, what].concat())
}

/// One claim of the `claims` parameter (OIDC Core 5.5.1).
#[derive(Default)]
struct Demand {
    essential: bool,
    values: Option<Vec<String>>,
}

impl Demand {
    fn of(part: &Object<'_>, claim: &str) -> Result<Demand, Error> {
        let Some(asked) = part.get(claim).and_then(Json::as_object) else { return Ok(Demand::default()) };
        let values = match (asked.get("value"), asked.get("values")) {
            (None, None) => None,
            (Some(value), None) => {
                let value = value.as_text().ok_or_else(|| unusable(claim, ".value is not a string"))?;
                Some(vec![value.into_owned()])
            }
            (None, Some(values)) => {
                Some(values.texts().ok_or_else(|| unusable(claim, ".values is not a list of strings"))?)
            }
            (Some(_), Some(_)) => return Err(unusable(claim, " has both value and values")),
        };
        Ok(Demand { essential: matches!(asked.get("essential"), Some(Json::Bool(true))), values })
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
