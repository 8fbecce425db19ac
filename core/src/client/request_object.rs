//! Whether the authorization requests of a client are signed, and whether the provider fetches them from here (RFC 9101).

use crate::client::Registration;
use crate::client::redirect::check_redirect;
use crate::provider::Metadata;
use crate::report::Error;
use crate::text::config::invalid;

const BASE: &str = "request_uri_base";

/// Bytes of the base. A `request_uri` has up to 512 (RFC 9101 5.2), and the name of an object takes 43.
const LONGEST_BASE: usize = 448;

impl Registration {
    pub(crate) fn signs_requests(&self, metadata: &Metadata) -> bool {
        self.require_signed_request_object
            || self.request_uri_base.is_some()
            || metadata.requires_signed_request()
    }

    pub(crate) fn pushes(&self, metadata: &Metadata) -> bool {
        self.require_pushed_authorization_requests || metadata.requires_push()
    }

    /// What has to be there before a request is signed, and what a URL of objects has to be.
    pub(super) fn check_signed_requests(&self) -> Result<(), Error> {
        let signs = [
            (self.require_signed_request_object, "require_signed_request_object"),
            (self.request_uri_base.is_some(), BASE),
        ];
        if let Some((_, member)) = signs.iter().find(|(signs, _)| *signs)
            && self.signing_keys.is_empty()
        {
            return Err(invalid("signing_keys", &["are missing: ", member, " needs one"].concat()));
        }
        let Some(base) = &self.request_uri_base else { return Ok(()) };
        if !base.starts_with("https:") && !base.starts_with("http:") {
            return Err(invalid(BASE, "is not an https URL"));
        }
        check_redirect(BASE, base)?;
        if !base.ends_with('/') || base.contains(['?', '#']) {
            return Err(invalid(BASE, "does not end in /: a name is added to it"));
        }
        if base.len() > LONGEST_BASE {
            return Err(invalid(BASE, "is longer than 448 bytes"));
        }
        Ok(())
    }

    /// The provider has to fetch what it is referred to (OIDC Discovery 3), and what is pushed refers to nothing (RFC 9126 2.1).
    pub(super) fn check_request_uri(&self, metadata: &Metadata) -> Result<(), Error> {
        if self.request_uri_base.is_none() {
            return Ok(());
        }
        if !metadata.takes_request_uri()? {
            return Err(invalid(
                BASE,
                "is given, and the provider's metadata say request_uri_parameter_supported: false",
            ));
        }
        if self.pushes(metadata) {
            return Err(invalid(
                BASE,
                "is given, and authorization requests are pushed (require_pushed_authorization_requests): use one of both",
            ));
        }
        Ok(())
    }
}
