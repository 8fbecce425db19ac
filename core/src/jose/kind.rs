//! The kinds of token that a header's `typ` tells apart (RFC 7515 4.1.9, RFC 8725 3.11).

use crate::report::Error;
use crate::text::config::invalid;

/// How an issuer's own word for its ID tokens may begin where it is made as kinds of tokens are: with what it is, or under a tree of the
/// issuer's own (RFC 6838 3.2 to 3.4). Every other such word is registered for something else, or may be.
const OWN: [&str; 5] = ["id", "oidc", "vnd.", "prs.", "x."];

/// A `typ` without the prefix that may be left out.
pub(crate) fn bare(typ: &str) -> &str {
    match typ.split_at_checked(12) {
        Some((prefix, kind)) if prefix.eq_ignore_ascii_case("application/") => kind,
        _ => typ,
    }
}

/// Whether an issuer may have this word for its ID tokens: one that no other kind of token has.
pub(crate) fn check_own(typ: &str) -> Result<(), Error> {
    let own = bare(typ);
    let begins = |with: &&str| own.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if own.is_empty() || own.bytes().any(|byte| matches!(byte, b'+' | b'-')) && !OWN.iter().any(begins) {
        return Err(invalid("accepted_typ", "is not a word for ID tokens alone"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registered with IANA, or in drafts that will be.
    const KINDS: &str = "at logout dpop secevent token-introspection oauth-authz-req kb vc vp vc+sd dc+sd sd statuslist \
        entity-statement trust-mark trust-mark-delegation trust-mark-status-response resolve-response \
        explicit-registration-response oauth-client-attestation oauth-client-attestation-pop client-authentication \
        authorization-grant oauth-id-jag openid4vci-proof openidvci-issuer-metadata key-attestation keybinding rt txntoken wit wpt";

    #[test]
    fn a_registered_kind_is_no_word_for_an_id_token() {
        let code = |typ: &str| check_own(typ).map_err(|error| error.code());
        for kind in KINDS.split_ascii_whitespace() {
            for typ in ["K+jwt", "application/K+jwt", "K-jwt"] {
                let typ = typ.replace('K', kind);
                assert_eq!(code(&typ), Err("invalid_configuration"), "{typ}");
                assert_eq!(code(&typ.to_ascii_uppercase()), Err("invalid_configuration"), "{typ}");
            }
        }
        for bad in ["", "application/", " at+jwt", "at+jwt;v=1", "\u{e4}+jwt", "JOSE+JSON", "logout-token"] {
            assert_eq!(code(bad), Err("invalid_configuration"), "{bad:?}");
        }
        for own in
            ["ID+JWT", "id+jwt", "id_token+jwt", "idtoken", "application/vnd.op.example.id+jwt", "JWS", "jwt"]
        {
            assert_eq!(code(own), Ok(()), "{own}");
        }
    }
}
