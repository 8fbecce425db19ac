//! Everything the provider remembers between requests: grants, and the codes and tokens that stand for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::base64url;
use crate::http::Params;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a user allowed a client, once.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) login: String,
    pub(super) scope: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) auth_time: i64,
    /// What was allowed in detail (RFC 9396).
    pub(super) details: Option<Value>,
}

/// Names a grant; the codes and tokens made from it share it, so that they can be revoked together.
pub(super) type GrantId = u64;

#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) grant: GrantId,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: Option<String>,
    /// The thumbprint of the key that the code is for (RFC 9449 10).
    pub(super) jkt: Option<String>,
    pub(super) expires_at: i64,
    pub(super) used: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) grant: GrantId,
    pub(super) expires_at: i64,
    /// Only refresh tokens are used up.
    pub(super) used: bool,
    /// What it is bound to.
    pub(super) held: Held,
}

/// What whoever sends a token has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The token alone.
    Nothing,
    /// The key of this thumbprint (RFC 9449 6).
    Key(String),
    /// This certificate (RFC 8705 3).
    Certificate(String),
}

/// An authorization request that was pushed.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub(super) client_id: String,
    pub(super) params: Params,
    pub(super) expires_at: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    grants: BTreeMap<GrantId, Grant>,
    next_grant: GrantId,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) access_tokens: BTreeMap<String, Token>,
    pub(super) refresh_tokens: BTreeMap<String, Token>,
    pub(super) pushed: BTreeMap<String, Pushed>,
    /// What was seen of what clients sign: none serves twice.
    seen: BTreeSet<String>,
    /// How many calls of the API came with the tokens of each grant.
    pub(super) calls: BTreeMap<GrantId, u32>,
}

impl Store {
    pub(super) fn add(&mut self, grant: Grant) -> GrantId {
        self.next_grant += 1;
        self.grants.insert(self.next_grant, grant);
        self.next_grant
    }

    /// `None` once the grant is revoked.
    pub(super) fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(&id)
    }

    /// Takes back a grant, and with it every code and token that stands for it.
    pub(super) fn revoke(&mut self, id: GrantId) {
        self.grants.remove(&id);
    }

    /// Takes back everything a user allowed a client.
    pub(super) fn revoke_user(&mut self, client_id: &str, login: &str) {
        self.grants.retain(|_, grant| grant.client_id != client_id || grant.login != login);
    }

    /// Whether something that has to be new has not been seen before.
    pub(super) fn is_new(&mut self, jti: &str) -> bool {
        self.seen.insert(jti.into())
    }

    /// Forgets what has expired, so that a provider that runs for days stays small.
    pub(super) fn sweep(&mut self, now: i64) {
        self.codes.retain(|_, code| code.expires_at > now);
        self.pushed.retain(|_, pushed| pushed.expires_at > now);
        self.access_tokens.retain(|_, token| token.expires_at > now);
        self.refresh_tokens.retain(|_, token| token.expires_at > now);
        let (codes, access, refresh) = (&self.codes, &self.access_tokens, &self.refresh_tokens);
        self.grants.retain(|id, _| {
            codes.values().any(|code| code.grant == *id)
                || access.values().chain(refresh.values()).any(|token| token.grant == *id)
        });
    }
}

/// One request's randomness, split into independent values by name.
#[derive(Clone, Copy)]
pub(super) struct Draw([u8; 32]);

impl Draw {
    pub(super) fn new(entropy: [u8; 32]) -> Self {
        Self(entropy)
    }

    pub(super) fn token(&self, name: &str) -> String {
        base64url(Sha256::new().chain_update(self.0).chain_update(name).finalize())
    }
}
