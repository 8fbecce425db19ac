//! How a provider differs from an honest one: a hook for each thing that it hands out.

use serde_json::{Map, Value};

use super::draft::{Draft, Person};

/// A JSON object that a mutation may change.
pub type Object = Map<String, Value>;
/// Parameters that the browser takes back, in order.
pub type Pairs = Vec<(String, String)>;

/// What a provider does otherwise than an honest one would; [`Mutation::NONE`] is honest.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// Changes the metadata document.
    pub metadata: fn(&mut Object),
    /// Changes the published keys.
    pub jwks: fn(&mut Vec<Value>),
    /// Changes the authorization response.
    pub authorization_response: fn(&mut Pairs),
    /// Changes the authorization response that is signed (JARM), before it is.
    pub signed_response: fn(&mut Draft),
    /// Changes the token response.
    pub token_response: fn(&mut Object),
    /// Changes the ID token that a code is exchanged for.
    pub id_token: fn(&mut Draft),
    /// Changes the ID token that comes with a refresh.
    pub refreshed_id_token: fn(&mut Draft),
    /// Changes the UserInfo response.
    pub userinfo: fn(&mut Person),
    /// Changes what the browser takes back after a logout.
    pub logout_response: fn(&mut Pairs),
    /// When the keys are replaced by others.
    pub rotation: Rotation,
    /// How many signing keys of each kind there are.
    pub keys_of_each: u8,
    /// Whether keys of other kinds share the signing key's `kid`.
    pub decoys: bool,
    /// Where the keys are, below the issuer.
    pub jwks_path: &'static str,
    /// Whether a client may authenticate by `client_secret_basic` only.
    pub basic_only: bool,
    /// Whether proofs of possession have to have a nonce of the server's (RFC 9449 8).
    pub nonces: bool,
    /// How the API spells the scheme of its challenge to who is to prove possession.
    pub challenge_scheme: &'static str,
    /// Whether there are endpoints of their own for clients with certificates (RFC 8705 5).
    pub mtls_aliases: bool,
    /// How many calls the API refuses before it answers.
    pub refused_calls: u32,
}

/// When a provider replaces its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Not of its own accord.
    Never,
    /// When an authorization request comes that is not the first.
    AtTheSecondAuthorization,
    /// Each time a code is exchanged, just before the ID token is signed.
    BeforeSigning,
}

impl Mutation {
    /// None: an honest provider.
    pub const NONE: Mutation = Mutation {
        metadata: |_| {},
        jwks: |_| {},
        authorization_response: |_| {},
        signed_response: |_| {},
        token_response: |_| {},
        id_token: |_| {},
        refreshed_id_token: |_| {},
        userinfo: |_| {},
        logout_response: |_| {},
        rotation: Rotation::Never,
        keys_of_each: 2,
        decoys: false,
        jwks_path: "/jwks",
        basic_only: false,
        nonces: true,
        challenge_scheme: "DPoP",
        mtls_aliases: true,
        refused_calls: 0,
    };
}

/// Adds `suffix` to a text.
pub fn append(object: &mut Object, member: &str, suffix: &str) {
    if let Some(Value::String(text)) = object.get_mut(member) {
        text.push_str(suffix);
    }
}

/// Changes the parameter of that name.
pub fn replace(pairs: &mut Pairs, name: &str, change: impl FnOnce(&str) -> String) {
    if let Some((_, value)) = pairs.iter_mut().find(|(own, _)| own == name) {
        *value = change(value);
    }
}

/// Leaves out the parameter of that name.
pub fn remove(pairs: &mut Pairs, name: &str) {
    pairs.retain(|(own, _)| own != name);
}
