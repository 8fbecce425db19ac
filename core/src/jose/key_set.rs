//! The keys of one provider (RFC 7517 5), and which of them a token may be checked with.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Serialize;

use crate::jose::Alg;
use crate::jose::jwk::Key;
use crate::jose::jws::MAX_KID;
use crate::text::json::{Json, Object, Writer, list};
use crate::text::order::order;

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
    /// The only algorithm that it may be used with. `None`: every algorithm of its key type.
    pub alg: Option<Alg>,
    /// Its SHA-256 thumbprint in base64url (RFC 7638 3): the same for the same key under any `kid`.
    pub thumbprint: String,
}

/// The keys of one provider.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Arc<Key>>,
    /// Places in `keys`, in the order of the keys' `kid`s.
    by_kid: Vec<usize>,
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
    /// A key that is listed twice is one.
    fn and(self, place: usize, keys: &[Arc<Key>]) -> Fitting {
        match self {
            Fitting::None => Fitting::One(place),
            Fitting::One(first) => match (keys.get(first), keys.get(place)) {
                (Some(one), Some(other)) if one.is(other) => self,
                _ => Fitting::Several,
            },
            Fitting::Several => Fitting::Several,
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
                return Err("has more keys than max_keys allows");
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

    /// Why the key of this name was left out, if it was; without a name, why the only key was.
    pub(crate) fn left_out(&self, kid: Option<&str>) -> Option<&'static str> {
        let meant = match kid {
            Some(_) => self.dropped.iter().find(|dropped| dropped.kid.as_deref() == kid),
            None => self.dropped.first().filter(|_| self.keys.is_empty() && self.dropped.len() == 1),
        };
        meant.map(|dropped| dropped.reason)
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
        let first = self.by_kid.partition_point(|place| name(&self.keys, *place) < Some(kid));
        let from = self.by_kid.get(first..).unwrap_or_default().iter().copied();
        let named = from.take_while(|place| name(&self.keys, *place) == Some(kid));
        let fits = |place: &usize| self.keys.get(*place).is_some_and(|key| key.serves(alg));
        named.filter(fits).fold(Fitting::None, |fitting, place| fitting.and(place, &self.keys))
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

/// Sorted, so that no names that a provider can choose make a search long.
fn by_kid(keys: &[Arc<Key>]) -> Vec<usize> {
    let named: Vec<usize> = (0..keys.len()).filter(|place| name(keys, *place).is_some()).collect();
    let names: Vec<&str> = named.iter().filter_map(|place| name(keys, *place)).collect();
    order(&names).into_iter().filter_map(|place| named.get(place).copied()).collect()
}

fn name(keys: &[Arc<Key>], place: usize) -> Option<&str> {
    keys.get(place)?.kid.as_deref()
}

fn by_alg(keys: &[Arc<Key>]) -> Vec<Fitting> {
    let fitting = |alg: &Alg| {
        let places = keys.iter().enumerate().filter(|(_, key)| key.serves(*alg)).map(|(place, _)| place);
        places.fold(Fitting::None, |fitting, place| fitting.and(place, keys))
    };
    Alg::ALL.iter().map(fitting).collect()
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
    fn a_key_that_was_left_out_says_why() {
        let ed448 = with(ed25519(), "crv", "Ed448");
        let named = |kid: &str| with(ed448.clone(), "kid", kid);
        let reason = Some("curve Ed448 is not supported");
        let both = set(&[named("a"), rsa()]);
        assert_eq!(
            [both.left_out(Some("a")), both.left_out(Some("b")), both.left_out(None)],
            [reason, None, None]
        );
        assert_eq!(set(&[named("a")]).left_out(None), reason, "the only one");
        assert_eq!(set(&[named("a"), named("b")]).left_out(None), None);
    }

    #[test]
    fn a9_a_name_has_at_most_1024_bytes() {
        let set = set(&[1_023, 1_024, 1_025, 1_026].map(|long| with(rsa(), "kid", "k".repeat(long))));
        let dropped: Vec<_> =
            set.dropped.iter().map(|key| (key.index, key.kid.as_deref(), key.reason)).collect();
        assert_eq!(dropped, [(2, None, "kid is too long"), (3, None, "kid is too long")]);
    }

    #[test]
    fn exactly_one_key_has_to_fit() {
        let named = |jwk: Value, kid: &str| with(jwk, "kid", kid);
        let n = rsa()["n"].as_str().unwrap().replacen('w', "x", 1);
        let other = with(rsa(), "n", n.as_str());
        let decoys =
            set(&[named(rsa(), "a"), named(p256(), "a"), named(ed25519(), "a"), named(other.clone(), "b")]);
        assert!(
            matches!(decoys.choose(Some("a"), Alg::Es256), Choice::One(key) if key.key_type == KeyType::P256)
        );
        assert!(matches!(decoys.choose(None, Alg::Es256), Choice::One(_)));
        assert!(matches!(decoys.choose(None, Alg::Rs256), Choice::Ambiguous));
        assert!(matches!(decoys.choose(Some("c"), Alg::Rs256), Choice::None));
        assert!(matches!(
            set(&[named(rsa(), "a"), named(other, "a")]).choose(Some("a"), Alg::Rs256),
            Choice::Ambiguous
        ));
    }

    #[test]
    fn a_key_that_is_listed_twice_is_one() {
        let named = |kid: &str| with(rsa(), "kid", kid);
        for twice in [
            set(&[rsa(), rsa()]),
            set(&[named("a"), named("a"), named("a")]),
            set(&[named("a"), named("b")]),
            set(&[named("a"), with(named("a"), "alg", "RS256")]),
        ] {
            assert!(matches!(twice.choose(None, Alg::Rs256), Choice::One(_)), "{twice:?}");
        }
        assert!(matches!(set(&[named("a"), named("a")]).choose(Some("a"), Alg::Rs256), Choice::One(_)));
    }

    #[test]
    fn a_declared_algorithm_binds_the_key() {
        let set = set(&[with(rsa(), "alg", "PS256"), with(ed25519(), "alg", "Ed25519")]);
        assert!(matches!(set.choose(None, Alg::Rs256), Choice::None));
        assert!(matches!(set.choose(None, Alg::Ps256), Choice::One(_)));
        assert!(matches!(set.choose(None, Alg::EdDsa), Choice::One(_)));
    }
}
