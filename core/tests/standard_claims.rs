//! The standard claims (OIDC Core 5.1) by their accessors: of their type, or absent. The values are those of all three languages.

mod support;

use relyingparty::{Address, IdTokenClaims, Timestamp, UserInfo};
use serde_json::{Map, Value, json};
use support::World;

const VECTORS: &str = include_str!("../../conformance/vectors/standard_claims.json");

/// What an accessor reads, as JSON: null where the claim is absent.
fn address(address: Option<Address<'_>>) -> Value {
    let Some(address) = address else { return Value::Null };
    let members = [
        ("formatted", address.formatted()),
        ("street_address", address.street_address()),
        ("locality", address.locality()),
        ("region", address.region()),
        ("postal_code", address.postal_code()),
        ("country", address.country()),
    ];
    let there = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    Value::Object(there.collect())
}

macro_rules! read {
    ($claims:ident, $name:expr) => {
        match $name {
            "name" => $claims.name().into(),
            "given_name" => $claims.given_name().into(),
            "family_name" => $claims.family_name().into(),
            "middle_name" => $claims.middle_name().into(),
            "nickname" => $claims.nickname().into(),
            "preferred_username" => $claims.preferred_username().into(),
            "profile" => $claims.profile().into(),
            "picture" => $claims.picture().into(),
            "website" => $claims.website().into(),
            "email" => $claims.email().into(),
            "email_verified" => $claims.email_verified().into(),
            "gender" => $claims.gender().into(),
            "birthdate" => $claims.birthdate().into(),
            "zoneinfo" => $claims.zoneinfo().into(),
            "locale" => $claims.locale().into(),
            "phone_number" => $claims.phone_number().into(),
            "phone_number_verified" => $claims.phone_number_verified().into(),
            "address" => address($claims.address()),
            "updated_at" => $claims.updated_at().map(Timestamp::as_unix).into(),
            name => panic!("{name} has no accessor"),
        }
    };
}

/// An ID token's and a UserInfo response's claims.
fn claims(sent: &Map<String, Value>) -> (IdTokenClaims, UserInfo) {
    let mut world = World::new();
    world.op.userinfo = json!({ "sub": world.op.userinfo["sub"] });
    for (name, value) in sent {
        world.op.claim(name, value.clone());
        world.op.userinfo[name] = value.clone();
    }
    let session = world.login();
    let step = world.client().userinfo(&session).unwrap();
    (session.claims().clone(), world.run(step).unwrap())
}

/// Each claim with each value of the vectors, and what it reads as.
fn rows() -> Vec<(String, Value, Value)> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let mut rows = Vec::new();
    for kind in ["strings", "booleans", "times", "addresses"] {
        let absent = if kind == "booleans" { json!(false) } else { Value::Null };
        for name in vectors[kind].as_array().unwrap() {
            let row =
                |sent: &Value, read: &Value| (name.as_str().unwrap().to_owned(), sent.clone(), read.clone());
            rows.extend(vectors["good"][kind].as_array().unwrap().iter().map(|good| row(good, good)));
            rows.extend(vectors["odd"][kind].as_array().unwrap().iter().map(|odd| row(odd, &absent)));
        }
    }
    let odd = &vectors["odd_members"];
    rows.push(("address".into(), odd["sent"].clone(), odd["read"].clone()));
    rows
}

#[test]
fn a_standard_claim_is_of_its_type_or_absent() {
    let rows = rows();
    assert!(rows.len() > 150);
    for (name, sent, expected) in rows {
        let (id_token, userinfo) = claims(&Map::from_iter([(name.clone(), sent.clone())]));
        let (one, other): (Value, Value) = (read!(id_token, name.as_str()), read!(userinfo, name.as_str()));
        assert_eq!((one, other), (expected.clone(), expected), "{name}: {sent}");
        assert_eq!((id_token.get(&name), userinfo.get(&name)), (Some(&sent), Some(&sent)), "as it came");
    }
}

#[test]
fn a_standard_claim_that_is_not_there_is_absent() {
    let (id_token, userinfo) = claims(&Map::new());
    for (name, _, _) in rows() {
        let absent = if name.ends_with("_verified") { json!(false) } else { Value::Null };
        let (one, other): (Value, Value) = (read!(id_token, name.as_str()), read!(userinfo, name.as_str()));
        assert_eq!((one, other), (absent.clone(), absent), "{name}");
    }
}
