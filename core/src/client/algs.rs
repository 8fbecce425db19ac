//! The algorithms that what a provider signs may have: what the registration names, else what both sides have.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::client::registration::Registration;
use crate::jose::Alg;
use crate::provider::Metadata;
use crate::report::{Error, ErrorKind};
use crate::text::config::invalid;

impl Registration {
    /// The algorithms an ID token may have: the pinned one, else what is advertised and supported.
    pub(crate) fn id_token_algs(&self, metadata: &Metadata) -> Result<Vec<Alg>, Error> {
        if let Some(alg) = self.id_token_signed_response_alg {
            self.check_secret(alg)?;
            return Ok(vec![alg]);
        }
        let Some(advertised) = metadata.list("id_token_signing_alg_values_supported") else {
            return Ok(vec![Alg::Rs256]);
        };
        let algs = supported(advertised);
        if algs.is_empty() {
            return Err(ErrorKind::SigningAlgUnsupported.with([&advertised.join(" ")]));
        }
        Ok(algs)
    }

    /// The algorithms a signed UserInfo response may have: the pinned one, else what is advertised and supported,
    /// else those of ID tokens.
    pub(crate) fn userinfo_algs(
        &self,
        metadata: &Metadata,
        id_token_algs: &[Alg],
    ) -> Result<Vec<Alg>, Error> {
        if let Some(alg) = self.userinfo_signed_response_alg {
            self.check_secret(alg)?;
            return Ok(vec![alg]);
        }
        let advertised = metadata.list("userinfo_signing_alg_values_supported").unwrap_or_default();
        let algs = supported(advertised);
        Ok(if algs.is_empty() { id_token_algs.to_vec() } else { algs })
    }

    /// The algorithms a signed authorization response may have: the pinned one, else what is advertised and supported.
    #[cfg(feature = "signing")]
    pub(crate) fn response_algs(&self, metadata: &Metadata) -> Result<Vec<Alg>, Error> {
        if let Some(alg) = self.authorization_signed_response_alg {
            self.check_secret(alg)?;
            return Ok(vec![alg]);
        }
        let advertised = metadata.list("authorization_signing_alg_values_supported");
        Ok(advertised.map_or_else(|| vec![Alg::Rs256], supported))
    }

    /// A key as long as the hash (RFC 7518 3.2, OIDC Core 16.19).
    fn check_secret(&self, alg: Alg) -> Result<(), Error> {
        let length = self.client_secret.as_ref().map_or(0, |secret| secret.expose().len());
        if alg.is_symmetric() && length < alg.hash().length() {
            return Err(invalid("client_secret", "is shorter than the hash of the signing algorithm"));
        }
        Ok(())
    }
}

/// What of a list of algorithms can be used without a shared secret.
fn supported(advertised: &[String]) -> Vec<Alg> {
    let named = |alg: &&Alg| !alg.is_symmetric() && advertised.iter().any(|name| name == alg.as_str());
    Alg::ALL.iter().filter(named).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{code, metadata, registration};

    #[test]
    fn algorithms_are_what_both_sides_have() {
        let advertised =
            |list: &str| metadata(&format!(r#","id_token_signing_alg_values_supported":{list}"#));
        assert_eq!(registration().id_token_algs(&metadata("")).unwrap(), [Alg::Rs256]);
        assert_eq!(
            registration().id_token_algs(&advertised(r#"["none","HS256","ES256","RS256","ES256"]"#)).unwrap(),
            [Alg::Rs256, Alg::Es256]
        );
        assert_eq!(
            code(registration().id_token_algs(&advertised(r#"["none","HS256"]"#))),
            "signing_alg_unsupported"
        );
        let mut pinned = registration();
        pinned.id_token_signed_response_alg = Some(Alg::EdDsa);
        assert_eq!(pinned.id_token_algs(&advertised(r#"["RS256"]"#)).unwrap(), [Alg::EdDsa]);
    }
}
