//! Provider metadata (OIDC Discovery 3), believed only when it names the issuer that was asked.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::machine::cache::Stored;
use crate::machine::{Endpoint, HttpResponse};
use crate::provider::Issuer;
use crate::report::{Error, ErrorKind, Trace};
use crate::text::json::{Bounds, Document, Json, Object, Text};
use crate::text::odd::{Odd, Place, odd};

/// The provider's metadata document (OIDC Discovery 3). Immutable, cheap to clone.
#[derive(Clone)]
pub struct Metadata(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    document: Document,
    jwks_uri: Arc<str>,
    /// In the order of [`ENDPOINTS`]; why one counts as absent though it is there.
    endpoints: [Result<Option<String>, &'static str>; 6],
    /// In the order of [`LISTS`].
    lists: [Option<Vec<String>>; 8],
    /// In the order of [`FLAGS`].
    flags: [bool; 3],
    /// What the document says it is the issuer of, if that has a place for a tenant.
    template: Option<String>,
}

/// Members that are URLs we or the browser go to, and what odd values of them mean.
const ENDPOINTS: [(&str, Odd); 6] = [
    endpoint("jwks_uri"),
    endpoint("authorization_endpoint"),
    endpoint("token_endpoint"),
    endpoint("userinfo_endpoint"),
    endpoint("end_session_endpoint"),
    endpoint("pushed_authorization_request_endpoint"),
];

const fn endpoint(name: &'static str) -> (&'static str, Odd) {
    (name, odd(Place::Metadata, name))
}

/// Members that decide something here and are lists of strings.
const LISTS: [&str; 8] = [
    "token_endpoint_auth_methods_supported",
    "id_token_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "dpop_signing_alg_values_supported",
    "request_object_signing_alg_values_supported",
    "authorization_signing_alg_values_supported",
];

/// Members that demand something, or announce it: true or false.
const FLAGS: [&str; 3] = [
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
];

impl Metadata {
    /// Reads a metadata document of `issuer`. Unknown members are kept. Members that are null count as absent, and so
    /// do a `userinfo_endpoint` and an `end_session_endpoint` that are not URLs: the call that needs one then fails and
    /// names it.
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

    /// Whether a response is one with metadata, whoever's they are.
    pub(crate) fn declared(response: &HttpResponse, bounds: Bounds) -> Result<(), Error> {
        response.expect_ok(Endpoint::Discovery)?;
        // The document is read once more with the rules of metadata.
        response.json(Endpoint::Discovery, &["application/json"], bounds).map(drop)
    }

    /// The metadata that the cache holds, read for `issuer`. What was read for the same issuer before is not read again.
    pub(crate) fn stored(issuer: &Issuer, stored: &Stored) -> Result<Metadata, Error> {
        if let Some(metadata) = stored.recall::<Metadata>().filter(|metadata| metadata.issuer() == issuer) {
            return Ok(metadata);
        }
        let document = stored.document().as_bytes();
        let metadata = Metadata::read(issuer, document, Object::parse_own(document))?;
        stored.remember(metadata.clone());
        Ok(metadata)
    }

    fn read(
        issuer: &Issuer,
        document: &[u8],
        members: Result<Object<'_>, String>,
    ) -> Result<Metadata, Error> {
        let members = members.map_err(|reason| ErrorKind::MalformedJson.with(["metadata", &reason]))?;
        let own = text(&members, "issuer").map_err(|reason| invalid("issuer", reason))?;
        let own = own.ok_or_else(|| missing("issuer"))?;
        let template = issuer.is_tenant_of(&own);
        if own != issuer.as_str() && !template {
            return Err(ErrorKind::MetadataIssuerMismatch.with([issuer.as_str(), &own]));
        }
        let mut endpoints = [const { Ok(None) }; 6];
        for (endpoint, (name, class)) in endpoints.iter_mut().zip(ENDPOINTS) {
            // What is no URL leads nowhere. One that leads where none may lead is refused, whatever it is for.
            *endpoint = match text(&members, name) {
                Ok(None) => continue,
                Ok(Some(url)) if url.split_once("://").is_some() => {
                    issuer.check_endpoint(&url).map_err(|reason| invalid(name, reason))?;
                    Ok(Some(url.into_owned()))
                }
                Ok(Some(_)) => Err("is not an absolute URL"),
                Err(reason) => Err(reason),
            };
            if let Err(reason) = endpoint
                && class != Odd::LeftOut
            {
                return Err(invalid(name, reason));
            }
        }
        let mut lists = [const { None }; 8];
        for (list, name) in lists.iter_mut().zip(LISTS) {
            *list = members.texts(name).map_err(|()| invalid(name, "is not a list of strings"))?;
        }
        let mut flags = [false; 3];
        for (flag, name) in flags.iter_mut().zip(FLAGS) {
            *flag = match members.get(name) {
                None | Some(Json::Null) => false,
                Some(Json::Bool(set)) => set,
                Some(_) => return Err(invalid(name, "is not a boolean")),
            };
        }
        let [Ok(Some(jwks_uri)), ..] = &endpoints else { return Err(missing("jwks_uri")) };
        let jwks_uri = jwks_uri.as_str().into();
        let template = template.then(|| own.into_owned());
        // Its bytes are UTF-8: they were read.
        let document = Document::of(String::from_utf8_lossy(document).into_owned());
        let issuer = issuer.clone();
        Ok(Metadata(Arc::new(Inner { issuer, document, jwks_uri, endpoints, lists, flags, template })))
    }

    /// The issuer, as configured and as the document says.
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The URL of the key set.
    pub fn jwks_uri(&self) -> &str {
        &self.0.jwks_uri
    }

    pub(crate) fn shared_jwks_uri(&self) -> Arc<str> {
        Arc::clone(&self.0.jwks_uri)
    }

    /// Any member of the document.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.document.as_map().get(name).filter(|value| !value.is_null())
    }

    /// The document as it was served.
    pub fn as_json(&self) -> &str {
        self.0.document.as_json()
    }

    /// Whether these are the metadata that the cache holds.
    pub(crate) fn is_of(&self, stored: &Stored) -> bool {
        let same = |held: Metadata| Arc::ptr_eq(&self.0, &held.0);
        stored.recall().is_some_and(same) || stored.document() == self.as_json()
    }

    /// An endpoint that no login needs: looked at when it is asked for, so that an odd one costs no login.
    #[cfg(feature = "logout")]
    pub(crate) fn occasional_endpoint(&self, name: &str) -> Result<Cow<'_, str>, Error> {
        let document = self.0.document.object();
        let url = text(&document, name).map_err(|reason| invalid(name, reason))?;
        let url = url.ok_or_else(|| ErrorKind::EndpointMissing.with([name]))?;
        self.issuer().check_endpoint(&url).map_err(|reason| invalid(name, reason))?;
        Ok(url)
    }

    /// The page of the provider's that tells whether its session has changed, for a frame (OIDC Session Management 3.3): `None` if the
    /// document has none that can be used.
    #[cfg(feature = "logout")]
    pub fn check_session_iframe(&self) -> Option<String> {
        self.occasional_endpoint("check_session_iframe").ok().map(Cow::into_owned)
    }

    /// An endpoint this operation cannot do without.
    pub(crate) fn endpoint(&self, name: &str) -> Result<&str, Error> {
        let position = ENDPOINTS.iter().position(|(endpoint, _)| *endpoint == name);
        match position.and_then(|position| self.0.endpoints.get(position)) {
            Some(Ok(Some(url))) => Ok(url),
            Some(Err(reason)) => Err(invalid(name, reason)),
            Some(Ok(None)) | None => Err(ErrorKind::EndpointMissing.with([name])),
        }
    }

    /// The same, of those that no login needs, too.
    pub(crate) fn any_endpoint(&self, name: &str) -> Result<Cow<'_, str>, Error> {
        #[cfg(feature = "logout")]
        if !ENDPOINTS.iter().any(|(endpoint, _)| *endpoint == name) {
            return self.occasional_endpoint(name);
        }
        self.endpoint(name).map(Cow::Borrowed)
    }

    /// The endpoint for requests with the client's TLS certificate: its alias where there is one (RFC 8705 5).
    pub(crate) fn mtls_endpoint(&self, name: &str) -> Result<Cow<'_, str>, Error> {
        const ALIASES: &str = "mtls_endpoint_aliases";
        // Not by serde_json's members: a browser's module is the larger for them.
        let document = self.0.document.object();
        let alias = match document.get(ALIASES) {
            None | Some(Json::Null) => None,
            Some(aliases) => {
                aliases.as_object().ok_or_else(|| invalid(ALIASES, "is not an object"))?.get(name)
            }
        };
        let url = match alias {
            None | Some(Json::Null) => return self.any_endpoint(name),
            Some(url) => url.as_text().ok_or_else(|| invalid(ALIASES, "has one that is not a string"))?,
        };
        self.issuer().check_endpoint(&url).map_err(|reason| invalid(ALIASES, reason))?;
        Ok(url)
    }

    /// Notes the endpoints that count as absent though they are there.
    pub(crate) fn note_left_out(&self, trace: &mut Trace) {
        for ((member, _), endpoint) in ENDPOINTS.iter().zip(&self.0.endpoints) {
            if let Err(reason) = endpoint {
                trace.left_out(member, reason);
            }
        }
    }

    /// The issuer with a place for a tenant, if these are the metadata of many tenants.
    pub(crate) fn template(&self) -> Option<&str> {
        self.0.template.as_deref()
    }

    /// A list of strings, if the document has it.
    pub(crate) fn list(&self, name: &str) -> Option<&[String]> {
        let position = LISTS.iter().position(|list| *list == name)?;
        self.0.lists.get(position)?.as_deref()
    }

    /// Whether authorization responses carry `iss` (RFC 9207 3).
    pub(crate) fn announces_iss(&self) -> bool {
        let [announces_iss, ..] = self.0.flags;
        announces_iss
    }

    /// Whether the provider fetches request objects from the client: it does unless it says that it does not (OIDC Discovery 3).
    #[cfg(feature = "signing")]
    pub(crate) fn takes_request_uri(&self) -> Result<bool, Error> {
        const MEMBER: &str = "request_uri_parameter_supported";
        match self.0.document.object().get(MEMBER) {
            None | Some(Json::Null) => Ok(true),
            Some(Json::Bool(takes)) => Ok(takes),
            Some(_) => Err(invalid(MEMBER, "is not a boolean")),
        }
    }

    /// Whether authorization requests have to be pushed (RFC 9126 5).
    pub(crate) fn requires_push(&self) -> bool {
        let [_, requires_push, _] = self.0.flags;
        requires_push
    }

    /// Whether authorization requests have to be signed (RFC 9101 10.5).
    pub(crate) fn requires_signed_request(&self) -> bool {
        let [.., requires_signed_request] = self.0.flags;
        requires_signed_request
    }
}

fn text<'a>(members: &Object<'a>, name: &str) -> Result<Option<Cow<'a, str>>, &'static str> {
    match members.text(name) {
        Text::Absent => Ok(None),
        Text::Present(text) => Ok(Some(text)),
        Text::WrongType => Err("is not a string"),
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
        for (member, _) in ENDPOINTS {
            let with = |value: &str| {
                let other = if member == "jwks_uri" { "x" } else { "jwks_uri" };
                parse(&format!(
                    r#"{{"issuer":"https://op.example","{other}":"https://op.example/j","{member}":{value}}}"#
                ))
                .map(|_| ())
            };
            assert_eq!(with(r#""https://op.example/e?p=1""#), Ok(()));
            let optional = odd(Place::Metadata, member) == Odd::LeftOut;
            for bad in [r#""http://op.example/e""#, r#""https://10.0.0.1/e""#, "1", r#""""#] {
                let left_out = optional && !bad.contains("://");
                let expected = if left_out { Ok(()) } else { Err("metadata_member_invalid") };
                assert_eq!(with(bad), expected, "{member} {bad}");
            }
        }
    }

    #[test]
    fn an_optional_endpoint_is_missed_when_it_is_needed() {
        let document = r#"{"issuer":"https://op.example","jwks_uri":"https://op.example/j","userinfo_endpoint":"","end_session_endpoint":"/bye"}"#;
        let metadata = parse(document).unwrap();
        let names = ["userinfo_endpoint", "end_session_endpoint"];
        let mut trace = Trace::new(true);
        metadata.note_left_out(&mut trace);
        assert_eq!(trace.decisions().iter().map(|left_out| &*left_out.expected).collect::<Vec<_>>(), names);
        for name in names {
            let error = metadata.endpoint(name).unwrap_err();
            assert_eq!((error.code(), error.detail("member")), ("metadata_member_invalid", Some(name)));
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
