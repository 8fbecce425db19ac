//! A login whose every secret can be recognised wherever it turns up.

use relyingparty::AuthorizeRequest;
use serde_json::Value;

use super::{START, World, entropy};

/// A relying party whose client secret, code and tokens all say `canary`.
pub(crate) fn canary_world() -> World {
    let mut world = World::new();
    world.registration = world.registration.with_secret("canary-client-secret");
    world.op.code = "canary-code".into();
    for (name, value) in [("access_token", "canary-access"), ("refresh_token", "canary-refresh")] {
        world.op.member(name, value);
    }
    world.op.without_claim("at_hash");
    world
}

/// The secrets that show in a text, spelled out or as a list of bytes. State, nonce, verifier and id are
/// those of the first logins of a [`canary_world`]; every JWT begins with `eyJ`.
pub(crate) fn secrets_in(shown: &str) -> Vec<String> {
    let client = canary_world().client();
    let drawn = (1..=3).flat_map(|draw| {
        let login = client.authorize(&AuthorizeRequest::default(), entropy(draw), START).unwrap();
        let stored: Value = serde_json::from_str(&login.pending.encode()).unwrap();
        ["id", "state", "nonce", "verifier"].map(|name| stored[name].as_str().unwrap().to_owned())
    });
    let bytes = |secret: &str| format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned();
    drawn
        .chain(["canary".to_owned(), "eyJ".to_owned()])
        .filter(|secret| shown.contains(secret.as_str()) || shown.contains(&bytes(secret)))
        .collect()
}
