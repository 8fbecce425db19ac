//! Provider metadata (OIDC Discovery 3), believed only when it names the issuer that was asked.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::issuer::Issuer;
use crate::json::{self, Object, Text};

/// What a provider says of itself: endpoints and abilities. Immutable, cheap to clone.
#[derive(Clone)]
pub struct Metadata(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    members: Object,
    jwks_uri: String,
}

/// Members that are URLs we or the browser go to.
const ENDPOINTS: [&str; 5] =
    ["jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"];
/// Members that decide something here and are lists of strings.
const LISTS: [&str; 3] = [
    "token_endpoint_auth_methods_supported",
    "id_token_signing_alg_values_supported",
    "code_challenge_methods_supported",
];
const ISS_PARAMETER: &str = "authorization_response_iss_parameter_supported";

impl Metadata {
    /// Reads a metadata document of `issuer`. Unknown members are kept, null members count as absent.
    ///
    /// # Errors
    /// `malformed_json`; `metadata_issuer_mismatch` before anything else in it is looked at;
    /// `metadata_member_missing` for `issuer` and `jwks_uri`; `metadata_member_invalid`.
    pub fn parse(issuer: &Issuer, document: &[u8]) -> Result<Metadata, Error> {
        let members = json::object(document)
            .map_err(|reason| ErrorKind::MalformedJson { document: "metadata".into(), reason })?;
        Metadata::from_members(issuer, members)
    }

    pub(crate) fn from_members(issuer: &Issuer, members: Object) -> Result<Metadata, Error> {
        let own = text(&members, "issuer")?.ok_or_else(|| missing("issuer"))?;
        if own != issuer.as_str() {
            return Err(ErrorKind::MetadataIssuerMismatch {
                expected: issuer.to_string(),
                actual: own.into(),
            }
            .into());
        }
        for name in ENDPOINTS {
            if let Some(url) = text(&members, name)? {
                issuer.check_endpoint(url).map_err(|reason| invalid(name, reason))?;
            }
        }
        for name in LISTS {
            json::strings(&members, name).map_err(|()| invalid(name, "is not a list of strings"))?;
        }
        if !matches!(members.get(ISS_PARAMETER), None | Some(Value::Null | Value::Bool(_))) {
            return Err(invalid(ISS_PARAMETER, "is not a boolean"));
        }
        let jwks_uri = text(&members, "jwks_uri")?.ok_or_else(|| missing("jwks_uri"))?.to_owned();
        Ok(Metadata(Arc::new(Inner { issuer: issuer.clone(), members, jwks_uri })))
    }

    /// The issuer, as configured and as the document says.
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// Where the signing keys are.
    pub fn jwks_uri(&self) -> &str {
        &self.0.jwks_uri
    }

    /// Any member of the document.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name).filter(|value| !value.is_null())
    }

    /// The document as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0.members).unwrap_or_default()
    }

    /// An endpoint this operation cannot do without.
    pub(crate) fn endpoint(&self, name: &str) -> Result<&str, Error> {
        self.optional(name).ok_or_else(|| ErrorKind::EndpointMissing { member: name.into() }.into())
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A list of strings, if the document has it.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        json::strings(&self.0.members, name).ok().flatten()
    }

    /// Whether authorization responses carry `iss` (RFC 9207 3).
    pub(crate) fn announces_iss(&self) -> bool {
        self.get(ISS_PARAMETER) == Some(&Value::Bool(true))
    }
}

fn text<'a>(members: &'a Object, name: &str) -> Result<Option<&'a str>, Error> {
    match json::text(members, name) {
        Text::Absent => Ok(None),
        Text::Present(text) => Ok(Some(text)),
        Text::WrongType => Err(invalid(name, "is not a string")),
    }
}

fn missing(member: &str) -> Error {
    ErrorKind::MetadataMemberMissing { member: member.into() }.into()
}

fn invalid(member: &str, reason: &str) -> Error {
    ErrorKind::MetadataMemberInvalid { member: member.into(), reason: reason.into() }.into()
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({})", self.0.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(document: &str) -> Result<Metadata, &'static str> {
        Metadata::parse(&Issuer::parse("https://op.example").unwrap(), document.as_bytes())
            .map_err(|error| error.code())
    }

    #[test]
    fn the_issuer_is_compared_before_anything_else() {
        let other = r#"{"issuer":"https://op.example/","jwks_uri":1}"#;
        assert_eq!(parse(other).unwrap_err(), "metadata_issuer_mismatch");
        assert_eq!(parse(r#"{"jwks_uri":"https://op.example/j"}"#).unwrap_err(), "metadata_member_missing");
    }

    #[test]
    fn each_endpoint_is_checked() {
        for member in ENDPOINTS {
            let with = |value: &str| {
                let other = if member == "jwks_uri" { "x" } else { "jwks_uri" };
                parse(&format!(
                    r#"{{"issuer":"https://op.example","{other}":"https://op.example/j","{member}":{value}}}"#
                ))
                .map(|_| ())
            };
            assert_eq!(with(r#""https://op.example/e?p=1""#), Ok(()));
            for bad in [r#""http://op.example/e""#, r#""https://10.0.0.1/e""#, "1", r#""""#] {
                assert_eq!(with(bad), Err("metadata_member_invalid"), "{member} {bad}");
            }
        }
    }

    #[test]
    fn null_members_are_absent() {
        let metadata = parse(r#"{"issuer":"https://op.example","jwks_uri":"https://op.example/j","userinfo_endpoint":null,"scopes_supported":null}"#).unwrap();
        assert_eq!(metadata.endpoint("userinfo_endpoint").unwrap_err().code(), "endpoint_missing");
        assert_eq!(metadata.list("scopes_supported"), None);
        assert!(!metadata.announces_iss());
    }
}
