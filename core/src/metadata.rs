//! Provider metadata (OIDC Discovery 3), believed only when it names the issuer that was asked.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::issuer::Issuer;
use crate::json::{Bounds, Document, Json, Object, Text};

/// What a provider says of itself: endpoints and abilities. Immutable, cheap to clone.
#[derive(Clone)]
pub struct Metadata(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    document: Document,
    jwks_uri: Arc<str>,
    /// In the order of [`ENDPOINTS`].
    endpoints: [Option<String>; 5],
    /// In the order of [`LISTS`].
    lists: [Option<Vec<String>>; 4],
    announces_iss: bool,
}

/// Members that are URLs we or the browser go to.
const ENDPOINTS: [&str; 5] =
    ["jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"];
/// Members that decide something here and are lists of strings.
const LISTS: [&str; 4] = [
    "token_endpoint_auth_methods_supported",
    "id_token_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
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
        Metadata::read(issuer, document, Object::parse(document))
    }

    /// The same for a document within these bounds.
    pub(crate) fn parse_within(issuer: &Issuer, document: &[u8], bounds: Bounds) -> Result<Metadata, Error> {
        Metadata::read(issuer, document, Object::parse_within(document, bounds))
    }

    /// The same for a document that was accepted before.
    pub(crate) fn parse_own(issuer: &Issuer, document: &[u8]) -> Result<Metadata, Error> {
        Metadata::read(issuer, document, Object::parse_own(document))
    }

    fn read(
        issuer: &Issuer,
        document: &[u8],
        members: Result<Object<'_>, String>,
    ) -> Result<Metadata, Error> {
        let members = members.map_err(|reason| ErrorKind::MalformedJson.with(["metadata", &reason]))?;
        let own = text(&members, "issuer")?.ok_or_else(|| missing("issuer"))?;
        if own != issuer.as_str() {
            return Err(ErrorKind::MetadataIssuerMismatch.with([issuer.as_str(), &own]));
        }
        let mut endpoints = [const { None }; 5];
        for (endpoint, name) in endpoints.iter_mut().zip(ENDPOINTS) {
            if let Some(url) = text(&members, name)? {
                issuer.check_endpoint(&url).map_err(|reason| invalid(name, reason))?;
                *endpoint = Some(url.into_owned());
            }
        }
        let mut lists = [const { None }; 4];
        for (list, name) in lists.iter_mut().zip(LISTS) {
            *list = members.texts(name).map_err(|()| invalid(name, "is not a list of strings"))?;
        }
        let announces_iss = match members.get(ISS_PARAMETER) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(announced)) => announced,
            Some(_) => return Err(invalid(ISS_PARAMETER, "is not a boolean")),
        };
        let jwks_uri = text(&members, "jwks_uri")?.ok_or_else(|| missing("jwks_uri"))?.into();
        // Its bytes are UTF-8: they were read.
        let document = Document::of(String::from_utf8_lossy(document).into_owned());
        let issuer = issuer.clone();
        Ok(Metadata(Arc::new(Inner { issuer, document, jwks_uri, endpoints, lists, announces_iss })))
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
        self.0.document.as_map().get(name).filter(|value| !value.is_null())
    }

    /// The document as it was served.
    pub fn as_json(&self) -> &str {
        self.0.document.as_json()
    }

    /// Whether this is a clone of the other.
    pub(crate) fn is_same_as(&self, other: &Metadata) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// An endpoint this operation cannot do without.
    pub(crate) fn endpoint(&self, name: &str) -> Result<&str, Error> {
        let position = ENDPOINTS.iter().position(|endpoint| *endpoint == name);
        position
            .and_then(|position| self.0.endpoints.get(position)?.as_deref())
            .ok_or_else(|| ErrorKind::EndpointMissing.with([name]))
    }

    /// A list of strings, if the document has it.
    pub(crate) fn list(&self, name: &str) -> Option<&[String]> {
        let position = LISTS.iter().position(|list| *list == name)?;
        self.0.lists.get(position)?.as_deref()
    }

    /// Whether authorization responses carry `iss` (RFC 9207 3).
    pub(crate) fn announces_iss(&self) -> bool {
        self.0.announces_iss
    }
}

fn text<'a>(members: &Object<'a>, name: &str) -> Result<Option<Cow<'a, str>>, Error> {
    match members.text(name) {
        Text::Absent => Ok(None),
        Text::Present(text) => Ok(Some(text)),
        Text::WrongType => Err(invalid(name, "is not a string")),
    }
}

fn missing(member: &str) -> Error {
    ErrorKind::MetadataMemberMissing.with([member])
}

fn invalid(member: &str, reason: &str) -> Error {
    ErrorKind::MetadataMemberInvalid.with([member, reason])
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
        assert_eq!(metadata.get("scopes_supported"), None);
        assert!(!metadata.announces_iss());
    }
}
