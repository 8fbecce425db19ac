//! What was requested of a login is checked on its return (OIDC Core 3.1.2.1, 5.5).

mod support;

use relyingparty::{AuthorizeRequest, Expectations, PendingLogin};
use serde_json::{Value, json};
use support::{START, World, code};

const NOW: i64 = START.as_unix();

/// The outcome of a login whose request demands this, at a provider that issues these claims.
fn login(request: Value, claims: &[(&str, Value)]) -> &'static str {
    let mut world = World::new();
    for (name, value) in claims {
        world.op.claim(name, value.clone());
    }
    code(&world.try_login_with(&AuthorizeRequest::from_json(&request.to_string()).unwrap()))
}

#[test]
fn b9_auth_time_answers_to_max_age() {
    let demand = json!({ "max_age": 300 });
    for (ago, outcome) in [
        (0, "ok"),
        (300, "ok"),
        (360, "ok"),
        (361, "authentication_too_old"),
        (-60, "ok"),
        (-61, "authentication_too_old"),
    ] {
        assert_eq!(login(demand.clone(), &[("auth_time", json!(NOW - ago))]), outcome, "{ago} s ago");
    }
    assert_eq!(login(demand, &[]), "claim_missing");
    assert_eq!(login(json!({ "max_age": 0 }), &[("auth_time", json!(NOW - 61))]), "authentication_too_old");
    assert_eq!(login(json!({}), &[("auth_time", json!(NOW - 100_000))]), "ok");
}

#[test]
fn b9_an_essential_auth_time_has_to_be_there() {
    let demand = json!({ "claims": { "id_token": { "auth_time": { "essential": true } } } });
    assert_eq!(login(demand.clone(), &[]), "claim_missing");
    assert_eq!(login(demand, &[("auth_time", json!(1))]), "ok");
    assert_eq!(login(json!({ "claims": { "id_token": { "auth_time": null } } }), &[]), "ok");
}

#[test]
fn b9_an_essential_acr_is_one_of_those_demanded() {
    let essential = |more: Value| {
        let mut acr = json!({ "essential": true });
        acr.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "claims": { "id_token": { "acr": acr } } })
    };
    for (demand, acr, outcome) in [
        (essential(json!({ "value": "gold" })), Some("gold"), "ok"),
        (essential(json!({ "values": ["silver", "gold"] })), Some("gold"), "ok"),
        (essential(json!({ "values": ["silver", "gold"] })), Some("bronze"), "acr_mismatch"),
        (essential(json!({ "values": ["silver", "gold"] })), Some("silver or gold"), "acr_mismatch"),
        (essential(json!({ "values": ["gold"] })), None, "claim_missing"),
        (essential(json!({})), Some("any"), "ok"),
        (essential(json!({})), None, "claim_missing"),
        (json!({ "claims": { "id_token": { "acr": { "values": ["gold"] } } } }), None, "ok"),
        (json!({ "acr_values": "gold" }), Some("bronze"), "ok"),
    ] {
        let claims: Vec<_> = acr.map(|acr| ("acr", json!(acr))).into_iter().collect();
        assert_eq!(login(demand.clone(), &claims), outcome, "{demand} {acr:?}");
    }
}

#[test]
fn first_use_an_essential_claim_has_a_value_that_was_asked_for() {
    let essential = |claim: &str, more: Value| {
        let mut asked = json!({ "essential": true });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "claims": { "id_token": { claim: asked } } })
    };
    for (claim, demand, actual, outcome) in [
        ("hd", json!({ "value": "rp.example" }), Some(json!("rp.example")), "ok"),
        ("hd", json!({ "value": "rp.example" }), Some(json!("evil.example")), "claim_invalid"),
        ("hd", json!({ "value": "rp.example" }), Some(json!("RP.example")), "claim_invalid"),
        ("hd", json!({ "value": "rp.example" }), Some(json!(["rp.example"])), "claim_invalid"),
        ("hd", json!({ "value": "rp.example" }), Some(json!(null)), "claim_invalid"),
        ("hd", json!({ "value": "rp.example" }), None, "claim_missing"),
        ("hd", json!({ "values": ["a", "b"] }), Some(json!("b")), "ok"),
        ("hd", json!({ "values": ["a", "b"] }), Some(json!("c")), "claim_invalid"),
        ("level", json!({ "value": 3 }), Some(json!(3)), "ok"),
        ("level", json!({ "value": 3 }), Some(json!(4)), "claim_invalid"),
        ("level", json!({ "value": 3 }), Some(json!("3")), "claim_invalid"),
        ("email_verified", json!({ "value": true }), Some(json!(true)), "ok"),
        ("email_verified", json!({ "value": true }), Some(json!("true")), "claim_invalid"),
        ("email_verified", json!({ "value": true }), Some(json!(false)), "claim_invalid"),
        ("hd", json!({}), None, "ok"),
    ] {
        let claims: Vec<_> = actual.clone().map(|actual| (claim, actual)).into_iter().collect();
        assert_eq!(login(essential(claim, demand.clone()), &claims), outcome, "{claim} {demand} {actual:?}");
    }
    let voluntary = json!({ "claims": { "id_token": { "hd": { "value": "rp.example" } } } });
    assert_eq!(login(voluntary, &[("hd", json!("other.example"))]), "ok");
    for unusable in [json!({ "value": ["a"] }), json!({ "values": [{ "a": 1 }] })] {
        assert_eq!(login(essential("hd", unusable.clone()), &[]), "invalid_configuration", "{unusable}");
    }
}

#[test]
fn first_use_a_stored_login_remembers_which_values_were_asked_for() {
    let claims = json!({ "id_token": { "a\"b": { "essential": true, "values": ["x\n", 1, true] } } });
    let request = AuthorizeRequest::from_json(&json!({ "claims": claims }).to_string()).unwrap();
    let mut world = World::new();
    let stored: Value = serde_json::from_str(&world.try_begin(&request).unwrap().pending.encode()).unwrap();
    let remembered = ["a\"b", "\"x\\u000a\"", "a\"b", "1", "a\"b", "true"];
    assert_eq!(stored["claims"], json!(remembered));
    for (actual, outcome) in [("x\n", "ok"), ("y", "claim_invalid")] {
        let mut world = World::new();
        world.op.claim("a\"b", actual);
        let mut login = world.try_begin(&request).unwrap();
        login.pending = PendingLogin::decode(Some(&login.pending.encode())).unwrap();
        assert_eq!(code(&world.finish(login)), outcome, "{actual:?}");
    }
}

#[test]
fn b13_a_login_for_one_end_user_is_not_another_ones() {
    let mut world = World::new();
    for (sub, outcome) in [("subject-1", "ok"), ("subject-2", "sub_mismatch"), ("Subject-1", "sub_mismatch")]
    {
        let mut request = AuthorizeRequest::default();
        request.id_token_hint = Some(world.hint(sub));
        assert_eq!(code(&world.try_login_with(&request)), outcome, "{sub}");
        let demand = json!({ "claims": { "id_token": { "sub": { "value": sub } } } });
        assert_eq!(login(demand, &[]), outcome, "{sub}");
    }
}

#[test]
fn expectations_are_demands_on_any_token() {
    let mut world = World::new();
    let mut claims = world.claims();
    claims["nonce"] = "n".into();
    claims["acr"] = "gold".into();
    claims["auth_time"] = (NOW - 10).into();
    let token = world.op.key.token(&claims);
    for (expectations, outcome) in [
        (Expectations::none(), "ok"),
        (
            Expectations::none().nonce("n").max_age(10).acr_values(vec!["gold".into()]).subject("subject-1"),
            "ok",
        ),
        (Expectations::none().nonce("m"), "nonce_mismatch"),
        (Expectations::none().max_age(0), "ok"),
        (Expectations::none().auth_time(), "ok"),
        (Expectations::none().acr_values(vec!["silver".into()]), "acr_mismatch"),
        (Expectations::none().acr_values(vec![]), "acr_mismatch"),
        (Expectations::none().subject("subject-2"), "sub_mismatch"),
        (Expectations::none().access_token("access-1"), "ok"),
        (Expectations::none().access_token("access-2"), "at_hash_mismatch"),
        (Expectations::from_json(r#"{"nonce":"m"}"#).unwrap(), "nonce_mismatch"),
        (Expectations::from_json(r#"{"auth_time":true,"max_age":10,"sub":"subject-1"}"#).unwrap(), "ok"),
    ] {
        assert_eq!(code(&world.verify_with(&token, expectations)), outcome);
    }
    for demand in ["acr", "auth_time", "nonce"] {
        claims.as_object_mut().unwrap().remove(demand);
    }
    let bare = world.op.key.token(&claims);
    for expectations in [
        Expectations::none().nonce("n"),
        Expectations::none().max_age(4_000_000_000),
        Expectations::none().auth_time(),
        Expectations::none().acr_values(vec!["gold".into()]),
        Expectations::from_json(r#"{"auth_time":true}"#).unwrap(),
    ] {
        let shown = format!("{expectations:?}");
        assert_eq!(code(&world.verify_with(&bare, expectations)), "claim_missing", "{shown}");
    }
    for bad in [r#"{"max_agee":1}"#, r#"{"nonce":1}"#, r#"{"max_age":"1"}"#] {
        assert_eq!(code(&Expectations::from_json(bad)), "invalid_configuration", "{bad}");
    }
}

/// What becomes of a login whose `claims` are these, before it leaves for the provider.
fn asked(claims: &Value) -> &'static str {
    let mut request = AuthorizeRequest::default();
    request.claims = Some(claims.to_string());
    code(&World::new().try_begin(&request))
}

#[test]
fn u1_a_demand_without_a_value_is_refused_and_not_dropped() {
    for part in ["id_token", "userinfo"] {
        for demand in [
            json!({ "acr": { "essential": true, "value": null } }),
            json!({ "acr": { "essential": true, "values": null } }),
            json!({ "acr": { "essential": true, "values": [] } }),
            json!({ "acr": { "essential": true, "values": ["gold", null] } }),
            json!({ "acr": { "essential": true, "values": [""] } }),
            json!({ "acr": { "essential": true, "value": "" } }),
            json!({ "acr": { "essential": null } }),
            json!({ "acr": { "values": [] } }),
            json!({ "acr": {} }),
            json!({ "acr": [] }),
            json!({ "acr": true }),
            json!({ "acr": "" }),
            json!({ "sub": { "value": null } }),
            json!({ "sub": { "values": [] } }),
            json!({ "sub": { "value": "a", "values": ["b"] } }),
            json!({ "sub": {} }),
            json!({ "auth_time": { "essential": "true" } }),
            json!({ "auth_time": { "value": 1 } }),
            json!({ "email": { "value": null } }),
            json!({ "email": "" }),
            json!({ "x": { "deeper": { "value": null } } }),
            Value::Null,
            json!([]),
            json!(""),
            json!(false),
        ] {
            let claims = json!({ part: demand });
            assert_eq!(asked(&claims), "invalid_configuration", "{claims}");
        }
    }
    for whole in [json!(null), json!([]), json!(""), json!({ "idToken": { "sub": { "value": "a" } } })] {
        assert_eq!(asked(&whole), "invalid_configuration", "{whole}");
    }
    for claims in [r#"{"claims":null}"#, r#"{"claims":""}"#, r#"{"claims":[]}"#] {
        assert_eq!(code(&AuthorizeRequest::from_json(claims)), "invalid_configuration", "{claims}");
    }
    for empty in ["", " "] {
        for member in ["prompt", "acr_values"] {
            let request = AuthorizeRequest::from_json(&json!({ member: empty }).to_string()).unwrap();
            assert_eq!(code(&World::new().try_begin(&request)), "invalid_configuration", "{member}");
        }
    }
}

#[test]
fn u1_what_asks_for_a_claim_without_a_demand_stays_good() {
    for claims in [
        json!({}),
        json!({ "id_token": {} }),
        json!({ "userinfo": { "given_name": null, "email": { "essential": true }, "sub": null } }),
        json!({ "id_token": { "acr": null, "auth_time": null, "picture": null } }),
        json!({ "id_token": { "acr": { "values": ["gold"] }, "auth_time": { "essential": false } } }),
        json!({ "userinfo": { "verified_claims": [
            { "verification": { "trust_framework": null }, "claims": { "given_name": null } }
        ] } }),
    ] {
        assert_eq!(asked(&claims), "ok", "{claims}");
    }
}

#[test]
fn u1_the_subject_asked_for_in_userinfo_is_checked_as_well() {
    let of = |sub: &str| json!({ "claims": { "userinfo": { "sub": { "value": sub } } } });
    assert_eq!(login(of("subject-1"), &[]), "ok");
    assert_eq!(login(of("subject-2"), &[]), "sub_mismatch");
    let both = |one: Value, other: Value| json!({ "id_token": { "sub": { "values": one } }, "userinfo": { "sub": { "values": other } } });
    assert_eq!(asked(&both(json!(["a", "b"]), json!(["b"]))), "ok");
    assert_eq!(asked(&both(json!(["a"]), json!(["b"]))), "invalid_configuration");
    // Nobody would look at these.
    for claim in ["acr", "auth_time"] {
        let essential = json!({ "userinfo": { claim: { "essential": true } } });
        assert_eq!(asked(&essential), "invalid_configuration", "{essential}");
    }
}

/// Every place of a tree, each with the tree in which it holds something else.
fn spoilt(tree: &Value, with: &Value) -> Vec<(String, Value)> {
    let mut trees = vec![("".to_owned(), with.clone())];
    let Some(members) = tree.as_object() else { return trees };
    for (name, member) in members {
        for (place, spoilt) in spoilt(member, with) {
            let mut copy = tree.clone();
            copy[name] = spoilt;
            trees.push((format!("/{name}{place}"), copy));
        }
    }
    trees
}

#[test]
fn u1_no_odd_value_anywhere_in_claims_makes_a_demand_go_away() {
    let tree = json!({
        "id_token": {
            "acr": { "essential": true, "values": ["gold"] },
            "auth_time": { "essential": true },
            "sub": { "value": "subject-1" },
        },
        "userinfo": { "sub": { "values": ["subject-1"] }, "email": { "essential": true } },
    });
    let met = [("acr", json!("gold")), ("auth_time", json!(NOW))];
    assert_eq!(login(json!({ "claims": tree }), &met), "ok");
    let odd = [
        json!(null),
        json!([]),
        json!(""),
        json!(" "),
        json!(0),
        json!("x"),
        json!([null]),
        json!([{}]),
        json!([[]]),
    ];
    for with in &odd {
        for (place, claims) in spoilt(&tree, with) {
            // A claim may be asked for without a demand.
            let voluntary = with.is_null() && place.split('/').count() == 3;
            let expected = if voluntary { "ok" } else { "invalid_configuration" };
            assert_eq!(asked(&claims), expected, "{place} = {with}");
        }
    }
}
