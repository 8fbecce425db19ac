//! Authorization details: what a client asks to be allowed, as JSON (RFC 9396).

#[cfg(feature = "signing")]
use alloc::borrow::Cow;
use alloc::string::String;
#[cfg(feature = "signing")]
use alloc::vec::Vec;

#[cfg(feature = "signing")]
use crate::grants::token_endpoint;
#[cfg(feature = "signing")]
use crate::report::check;
use crate::report::{Error, Trace};
use crate::text::config::invalid;
#[cfg(feature = "signing")]
use crate::text::json::{Json, Object, Writer};

/// The name of the parameter, and of the member of a token response.
pub(crate) const NAME: &str = "authorization_details";

/// Without the feature `signing` nobody asks for authorization details: then nothing has to be compared.
#[cfg(not(feature = "signing"))]
pub(crate) fn check_asked(_: &str) -> Result<(), Error> {
    Err(invalid(NAME, "are not in this build"))
}

/// What was granted to who asked for nothing is left where it is; who asked by another build is refused.
#[cfg(not(feature = "signing"))]
pub(crate) fn granted(asked: Option<&str>, _: &str, _: &mut Trace) -> Result<Option<String>, Error> {
    asked.map_or(Ok(None), |asked| check_asked(asked).map(|()| None))
}

/// The types in a JSON array of authorization details: each is an object with a `type` (RFC 9396 2).
#[cfg(feature = "signing")]
fn types(details: &str) -> Option<Vec<String>> {
    let object = Writer::new().raw(NAME, details).end();
    // Within what the response they came in was read with. One member, or the text is more than a list.
    let object = Object::parse_own(object.as_bytes()).ok().filter(|object| object.members().len() == 1)?;
    let named = |detail: Json<'_>| {
        let kind = detail.as_object()?.get("type")?.as_text().map(Cow::into_owned)?;
        (!kind.is_empty()).then_some(kind)
    };
    object.get(NAME)?.elements()?.map(named).collect()
}

/// What is asked for has to be authorization details.
#[cfg(feature = "signing")]
pub(crate) fn check_asked(details: &str) -> Result<(), Error> {
    match types(details) {
        Some(types) if !types.is_empty() => Ok(()),
        _ => Err(invalid(NAME, "is not a list of objects, each with a type")),
    }
}

/// What a token response says that was granted, if that is authorization details. What is something else stays among the
/// response's other members.
#[cfg(feature = "signing")]
pub(crate) fn said(more: &str) -> Option<String> {
    let members = Object::parse_own(more.as_bytes()).ok()?;
    let member = members.members().iter().find(|member| member.name == NAME)?;
    types(member.raw).map(|_| member.raw.into())
}

#[cfg(not(feature = "signing"))]
pub(crate) fn said(_: &str) -> Option<String> {
    None
}

/// The same of what was `asked` for: nothing of a type that nobody asked for.
#[cfg(feature = "signing")]
pub(crate) fn granted(asked: Option<&str>, more: &str, trace: &mut Trace) -> Result<Option<String>, Error> {
    let said = said(more);
    let Some(asked) = asked else { return Ok(said) };
    let Some(said) = said else {
        let odd = Object::parse_own(more.as_bytes())
            .is_ok_and(|members| members.get(NAME).is_some_and(|value| !matches!(value, Json::Null)));
        return if odd { Err(token_endpoint::invalid(NAME, NO_DETAILS)) } else { Ok(None) };
    };
    let types_of = |details| types(details).ok_or_else(|| token_endpoint::invalid(NAME, NO_DETAILS));
    let (expected, actual) = (types_of(asked)?, types_of(&said)?);
    let (wanted, given) = (expected.join(" "), actual.join(" "));
    let check = check::AuthorizationDetails {
        endpoint: "token".into(),
        member: NAME.into(),
        expected: wanted.as_str().into(),
        reason: given.as_str().into(),
    };
    trace.check(check, actual.iter().all(|kind| expected.contains(kind)))?;
    Ok(Some(said))
}

#[cfg(feature = "signing")]
const NO_DETAILS: &str = "not a list of objects with a type";
