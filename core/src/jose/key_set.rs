//! The keys of one provider (RFC 7517 5), and which of them a token may be checked with.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use serde::Serialize;

use crate::jose::Alg;
use crate::jose::jwk::Key;
use crate::jose::jws::MAX_KID;
use crate::json::{Json, Object, Writer, list};

/// Keys that any policy allows in one set.
pub(crate) const MOST_KEYS: usize = 1_000;

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

/// A key of a set that can check signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UsableKey {
    /// Its `kid`, if it has one.
    pub kid: Option<String>,
    /// The one algorithm that it is declared for; without, all that its type can do.
    pub alg: Option<Alg>,
    /// Its SHA-256 thumbprint in base64url (RFC 7638 3): the same for the same key under any `kid`.
    pub thumbprint: String,
}

/// The keys of one provider.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Arc<Key>>,
    /// By `kid`: an open-addressed table of places in `keys`.
    by_kid: Vec<Option<usize>>,
    /// By algorithm, in the order of [`Alg::ALL`].
    by_alg: Vec<Fitting>,
    pub(crate) dropped: Vec<DroppedKey>,
}

/// How many keys fit, and the place of the one if it is one.
#[derive(Clone, Copy, Debug)]
enum Fitting {
    None,
    One(usize),
    Several,
}

/// The keys of a set that fit a token: an answer, not a list.
#[derive(Debug)]
pub(crate) enum Choice<'a> {
    None,
    One(&'a Arc<Key>),
    Ambiguous,
}

impl Fitting {
    fn and(self, place: usize) -> Fitting {
        match self {
            Fitting::None => Fitting::One(place),
            Fitting::One(_) | Fitting::Several => Fitting::Several,
        }
    }
}

impl KeySet {
    /// Reads a JWK Set of at most so many keys. One unusable key is dropped, not fatal.
    pub(crate) fn parse(set: &Object<'_>, most: usize) -> Result<KeySet, &'static str> {
        let members = set.get("keys").and_then(Json::elements).ok_or("has no keys")?;
        let (mut keys, mut dropped) = (Vec::new(), Vec::new());
        for (index, member) in members.enumerate() {
            if index == most {
                return Err("has too many keys");
            }
            let Some(jwk) = member.as_object() else {
                dropped.push(DroppedKey { index, kid: None, reason: "is not an object" });
                continue;
            };
            match Key::parse(&jwk) {
                Ok(key) => keys.push(Arc::new(key)),
                Err(reason) => {
                    let kid = jwk.get("kid").and_then(Json::as_text).filter(|kid| kid.len() <= MAX_KID);
                    dropped.push(DroppedKey { index, kid: kid.map(Cow::into_owned), reason });
                }
            }
        }
        let (by_kid, by_alg) = (by_kid(&keys), by_alg(&keys));
        Ok(KeySet { keys, by_kid, by_alg, dropped })
    }

    /// The one key for a token: by `kid`, and among several of that name, or without one, the only one
    /// that fits the algorithm.
    pub(crate) fn choose(&self, kid: Option<&str>, alg: Alg) -> Choice<'_> {
        let fitting = match kid {
            Some(kid) => self.named(kid, alg),
            None => {
                let position = Alg::ALL.iter().position(|own| *own == alg);
                position.and_then(|position| self.by_alg.get(position).copied()).unwrap_or(Fitting::None)
            }
        };
        match fitting {
            Fitting::None => Choice::None,
            Fitting::One(place) => self.keys.get(place).map_or(Choice::None, Choice::One),
            Fitting::Several => Choice::Ambiguous,
        }
    }

    fn named(&self, kid: &str, alg: Alg) -> Fitting {
        let mut fitting = Fitting::None;
        for slot in probe(kid, self.by_kid.len()) {
            let Some(Some(place)) = self.by_kid.get(slot) else { break };
            let key = self.keys.get(*place).filter(|key| key.kid.as_deref() == Some(kid) && key.serves(alg));
            if key.is_some() {
                fitting = fitting.and(*place);
            }
        }
        fitting
    }

    /// The usable keys as a document, for the cache: whatever else a provider published is not kept.
    pub(crate) fn to_json(&self) -> String {
        Writer::new().raw("keys", &list(self.keys.iter().map(|key| key.to_json()))).end()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn usable(&self) -> Vec<UsableKey> {
        let usable =
            |key: &Arc<Key>| UsableKey { kid: key.kid.clone(), alg: key.alg, thumbprint: key.thumbprint() };
        self.keys.iter().map(usable).collect()
    }
}

/// A table at most half full, so that a search ends after a few slots.
fn by_kid(keys: &[Arc<Key>]) -> Vec<Option<usize>> {
    let mut table = vec![None; keys.len().saturating_mul(2).next_power_of_two()];
    for (place, key) in keys.iter().enumerate() {
        let Some(kid) = &key.kid else { continue };
        let free = probe(kid, table.len()).find(|slot| matches!(table.get(*slot), Some(None)));
        if let Some(slot) = free.and_then(|slot| table.get_mut(slot)) {
            *slot = Some(place);
        }
    }
    table
}

fn by_alg(keys: &[Arc<Key>]) -> Vec<Fitting> {
    let fitting = |alg: &Alg| {
        let places = keys.iter().enumerate().filter(|(_, key)| key.serves(*alg)).map(|(place, _)| place);
        places.fold(Fitting::None, Fitting::and)
    };
    Alg::ALL.iter().map(fitting).collect()
}

/// The slots of a table of 2^n in which a name may stand, in order (FNV-1a, then one by one).
fn probe(kid: &str, slots: usize) -> impl Iterator<Item = usize> {
    let hash =
        kid.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mask = slots.saturating_sub(1);
    (0..slots).map(move |step| (hash as usize).wrapping_add(step) & mask)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::alg::KeyType;
    use crate::jose::jwk::tests::{ed25519, p256, rsa, with};

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(&Object::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap(), MOST_KEYS)
            .unwrap()
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
    fn a9_a_name_has_at_most_256_bytes() {
        let set = set(&[255, 256, 257, 258].map(|long| with(rsa(), "kid", "k".repeat(long))));
        let dropped: Vec<_> =
            set.dropped.iter().map(|key| (key.index, key.kid.as_deref(), key.reason)).collect();
        assert_eq!(dropped, [(2, None, "kid is too long"), (3, None, "kid is too long")]);
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
