//! What a client demands of every token, whatever it was asked for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::jose::Alg;
use crate::machine::Policy;
use crate::text::Secret;

/// Whose tokens a client accepts, for whom, signed how: made once, with the client.
pub(crate) struct Rules {
    pub(crate) issuer: Arc<str>,
    pub(crate) issuer_aliases: Vec<String>,
    /// The issuer of many tenants, with a place for one, and the tenants whose tokens are accepted.
    pub(crate) tenants: Option<Tenants>,
    pub(crate) jwks_uri: Arc<str>,
    pub(crate) client_id: String,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) trusted_azp: Vec<String>,
    /// The key of HS256, HS384 and HS512.
    pub(crate) client_secret: Option<Secret>,
    pub(crate) id_token_algs: Algs,
    pub(crate) userinfo_algs: Algs,
    /// Of signed authorization responses.
    #[cfg(feature = "signing")]
    pub(crate) response_algs: Algs,
    pub(crate) policy: Policy,
}

/// An issuer of many tenants (Entra's `common`): whose issuer is `template` with the token's `tid` in its place.
pub(crate) struct Tenants {
    pub(crate) template: String,
    /// `*` is every one.
    pub(crate) allowed: Vec<String>,
}

/// Where a template has the tenant.
pub(crate) const TENANT: &str = "{tenantid}";

impl Tenants {
    /// The issuer of this tenant's tokens, if its end users may log in.
    pub(crate) fn issuer(&self, tid: &str) -> Option<Arc<str>> {
        let (before, after) = self.template.split_once(TENANT)?;
        let may = self.allowed.iter().any(|allowed| allowed == tid || allowed == "*");
        may.then(|| [before, tid, after].concat().into())
    }

    /// Whether this is the issuer of a tenant whose end users may log in.
    #[cfg(feature = "logout")]
    pub(crate) fn has(&self, issuer: &str) -> bool {
        let tid = self.template.split_once(TENANT).and_then(|(before, after)| {
            issuer
                .strip_prefix(before)?
                .strip_suffix(after)
                .filter(|tid| !tid.is_empty() && !tid.contains('/'))
        });
        tid.is_some_and(|tid| self.issuer(tid).is_some())
    }
}

/// Algorithms that are accepted, and how a decision names them.
pub(crate) struct Algs {
    algs: Vec<Alg>,
    names: String,
}

impl Algs {
    pub(crate) fn new(algs: Vec<Alg>) -> Algs {
        let names = algs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(" or ");
        Algs { algs, names }
    }

    pub(crate) fn algs(&self) -> &[Alg] {
        &self.algs
    }

    pub(crate) fn names(&self) -> &str {
        &self.names
    }
}
