//! The keys of one provider (RFC 7517 5), and which of them a token may be checked with.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::jose::Alg;
use crate::jose::jwk::Key;
use crate::jose::jws::MAX_KID;
use crate::json::Object;

/// Keys in one set.
const MAX_KEYS: usize = 100;

/// A key that was left out of a set, and why. The other keys stay usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DroppedKey {
    /// Its place in the set, from 0.
    pub index: usize,
    /// Its `kid`, if it has a usable one.
    pub kid: Option<String>,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The keys of one provider, by `kid`.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
    by_kid: BTreeMap<String, Vec<usize>>,
    pub(crate) dropped: Vec<DroppedKey>,
}

/// The keys of a set that fit a token: an answer, not a list.
#[derive(Debug)]
pub(crate) enum Choice<'a> {
    None,
    One(&'a Key),
    Ambiguous,
}

impl KeySet {
    /// Reads a JWK Set. One unusable key is dropped, not fatal.
    pub(crate) fn parse(set: &Object) -> Result<KeySet, &'static str> {
        let Some(Value::Array(members)) = set.get("keys") else { return Err("has no keys") };
        if members.len() > MAX_KEYS {
            return Err("has too many keys");
        }
        let mut parsed = KeySet { keys: Vec::new(), by_kid: BTreeMap::new(), dropped: Vec::new() };
        for (index, member) in members.iter().enumerate() {
            let key = member.as_object().ok_or("is not an object").and_then(Key::parse);
            match key {
                Ok(key) => parsed.push(key),
                Err(reason) => {
                    let kid = member.get("kid").and_then(Value::as_str).filter(|kid| kid.len() <= MAX_KID);
                    parsed.dropped.push(DroppedKey { index, kid: kid.map(str::to_owned), reason });
                }
            }
        }
        Ok(parsed)
    }

    /// The one key for a token: by `kid`, and among several of that name, or without one, the only one
    /// that fits the algorithm.
    pub(crate) fn choose(&self, kid: Option<&str>, alg: Alg) -> Choice<'_> {
        let candidates: &mut dyn Iterator<Item = &Key> = match kid {
            Some(kid) => {
                &mut self.by_kid.get(kid).into_iter().flatten().filter_map(|index| self.keys.get(*index))
            }
            None => &mut self.keys.iter(),
        };
        let mut fitting = candidates.filter(|key| key.serves(alg));
        match (fitting.next(), fitting.next()) {
            (None, _) => Choice::None,
            (Some(key), None) => Choice::One(key),
            (Some(_), Some(_)) => Choice::Ambiguous,
        }
    }

    /// The usable keys as a document, for the cache: whatever else a provider published is not kept.
    pub(crate) fn to_document(&self) -> Object {
        let keys = self.keys.iter().map(Key::to_value).collect::<Vec<_>>();
        Object::from_iter([("keys".to_owned(), keys.into())])
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    fn push(&mut self, key: Key) {
        if let Some(kid) = &key.kid {
            self.by_kid.entry(kid.clone()).or_default().push(self.keys.len());
        }
        self.keys.push(key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::alg::KeyType;
    use crate::jose::jwk::tests::{ed25519, p256, rsa, with};

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).as_object().unwrap()).unwrap()
    }

    #[test]
    fn keys_of_each_type_are_read() {
        let set = set(&[rsa(), p256(), ed25519()]);
        assert_eq!((set.len(), set.dropped.len()), (3, 0));
        assert_eq!(serde_json::from_str::<Value>(&set.keys[0].jwk).unwrap(), rsa());
    }

    #[test]
    fn one_bad_key_does_not_spoil_the_set() {
        let set = set(&[json!({ "kty": "XYZ", "kid": "odd" }), json!(1), rsa()]);
        assert_eq!(set.len(), 1);
        assert_eq!((set.dropped[0].kid.as_deref(), set.dropped[1].index), (Some("odd"), 1));
    }

    #[test]
    fn exactly_one_key_has_to_fit() {
        let named = |jwk: Value, kid: &str| with(jwk, "kid", kid);
        let decoys = set(&[named(rsa(), "a"), named(p256(), "a"), named(ed25519(), "a"), named(rsa(), "b")]);
        assert!(
            matches!(decoys.choose(Some("a"), Alg::Es256), Choice::One(key) if key.key_type == KeyType::P256)
        );
        assert!(matches!(decoys.choose(None, Alg::Es256), Choice::One(_)));
        assert!(matches!(decoys.choose(None, Alg::Rs256), Choice::Ambiguous));
        assert!(matches!(decoys.choose(Some("c"), Alg::Rs256), Choice::None));
        assert!(matches!(
            set(&[named(rsa(), "a"), named(rsa(), "a")]).choose(Some("a"), Alg::Rs256),
            Choice::Ambiguous
        ));
    }

    #[test]
    fn a_declared_algorithm_binds_the_key() {
        let set = set(&[with(rsa(), "alg", "PS256"), with(ed25519(), "alg", "Ed25519")]);
        assert!(matches!(set.choose(None, Alg::Rs256), Choice::None));
        assert!(matches!(set.choose(None, Alg::Ps256), Choice::One(_)));
        assert!(matches!(set.choose(None, Alg::EdDsa), Choice::One(_)));
    }
}
