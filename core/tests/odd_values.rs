//! An odd value that decides nothing costs no login, and one that a check is about is never taken for absent: every member that
//! is read, with every odd value.

mod support;

use relyingparty::bindings::{MEMBERS, Odd, Place};
use relyingparty::{AuthorizeRequest, Decision, Endpoint, Error, Issuer, Metadata, Session};
use serde_json::{Value, json};
use support::{World, typed_response};

/// Values of every type, none of which is what any member has to be.
fn odd_values() -> Vec<Value> {
    vec![
        json!(""),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([1]),
        json!([""]),
        json!([{}]),
        json!({ "": null }),
        json!({ "a": "b" }),
        json!({ "value": "x" }),
        json!("\u{0}"),
        json!("a\r\nb: c"),
        json!("\u{202e}\u{e9}"),
        json!(" "),
    ]
}

/// A value that is in order for some members all the same, and says something else there.
fn is_in_order(place: Place, member: &str, value: &Value) -> bool {
    match (place, member) {
        (Place::Metadata, "authorization_response_iss_parameter_supported") => value.is_boolean(),
        // A demand that is not made.
        (Place::Metadata, name) if name.starts_with("require_") => *value == json!(false),
        // A list without anything in it that can be used is one: the error is another's.
        (Place::Metadata, name) if name.ends_with("_supported") => {
            value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
        }
        (Place::Tokens, "expires_in") => value.as_f64().is_some_and(|number| (0.0..1e9).contains(&number)),
        (Place::Tokens, "scope") => {
            value.is_string() || value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
        }
        // A name is any text.
        (Place::Key, "kid" | "issuer") => value.is_string(),
        (Place::IdToken, "acr") => value.as_str().is_some_and(|acr| !acr.is_empty()),
        (Place::IdToken, "sub") => *value == json!(" "),
        (Place::IdToken, "exp" | "iat" | "nbf" | "auth_time") => {
            value.as_f64().is_some_and(|number| (0.0..1e11).contains(&number))
        }
        _ => false,
    }
}

fn left_out(decisions: &[Decision], member: &str) -> bool {
    decisions.iter().any(|made| made.check == "left_out" && made.expected == member && made.passed)
}

/// What becomes of a login in which this member has this value, and of what comes after it.
fn login(place: Place, member: &str, value: &Value) -> Result<(Session, Vec<Decision>), Error> {
    let mut world = World::new();
    match place {
        Place::Metadata => world.op.metadata[member] = value.clone(),
        Place::Tokens => world.op.member(member, value.clone()),
        Place::Key => world.op.jwks["keys"][0][member] = value.clone(),
        Place::IdToken => world.op.claim(member, value.clone()),
        Place::UserInfo => world.op.userinfo[member] = value.clone(),
    }
    // As a login with discovery does it, for the decisions of the metadata.
    let issuer = Issuer::parse("https://op.example").unwrap();
    let metadata = Metadata::parse(&issuer, world.op.metadata.to_string().as_bytes())?;
    let found = relyingparty::Provider::discover(&issuer, &world.policy, &world.cache, world.now)?;
    let provider = world.run(found)?;
    assert_eq!(metadata.as_json(), provider.metadata().as_json());
    world.try_client()?;
    let session = world.try_login_with(&AuthorizeRequest::from_json(
        r#"{"claims":{"id_token":{"acr":{"essential":true}}}}"#,
    )?);
    let session = match (place, member) {
        // Asked for, so that it is one that a check is about.
        (Place::IdToken, "acr") => session?,
        _ => world.try_login()?,
    };
    if place == Place::UserInfo {
        let step = world.client().userinfo(&session)?;
        world.run(step)?;
    }
    let decisions = [session.decisions(), provider.decisions()].concat();
    Ok((session, decisions))
}

#[test]
fn every_odd_value_is_left_out_and_said_or_refused_as_the_table_says() {
    assert!(odd_values().len() >= 20);
    let mut tried = 0;
    for (place, member, odd) in MEMBERS {
        for value in odd_values() {
            if is_in_order(place, member, &value) {
                continue;
            }
            tried += 1;
            let outcome = login(place, member, &value);
            let what = format!("{place:?} {member}: {value}");
            match odd {
                // A text that is there is a token, and is checked as one.
                Odd::LeftOut if member == "id_token" => {
                    let error = outcome.unwrap_err();
                    assert_eq!(error.code(), "response_member_invalid", "{what}: it is needed now");
                    assert_eq!(error.detail("member"), Some("id_token"), "{what}");
                }
                Odd::LeftOut => {
                    let (_, decisions) = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert!(left_out(&decisions, member), "{what}: {decisions:?}");
                }
                Odd::Refused => {
                    let error = outcome.map(|_| ()).expect_err(&what);
                    assert!(!left_out(&error.decisions(), member), "{what}: {error:?}");
                }
            }
        }
    }
    assert!(tried > 600, "{tried}");
}

#[test]
fn null_is_absent_but_in_a_token() {
    for (place, member, _) in MEMBERS {
        let outcome = login(place, member, &Value::Null);
        match (place, member) {
            (Place::IdToken, _) | (Place::UserInfo, "sub") => assert!(outcome.is_err(), "{member}"),
            (Place::Metadata, "issuer" | "jwks_uri" | "authorization_endpoint" | "token_endpoint")
            | (Place::Metadata, "id_token_signing_alg_values_supported")
            | (Place::Tokens, "access_token" | "token_type" | "id_token")
            | (Place::Key, "kty" | "kid") => assert!(outcome.is_err(), "{place:?} {member}: it is needed"),
            _ => {
                let (_, decisions) = outcome.unwrap_or_else(|error| panic!("{place:?} {member}: {error}"));
                assert!(!left_out(&decisions, member), "{place:?} {member}: null is no odd value");
            }
        }
    }
}

#[test]
fn what_was_left_out_is_missed_by_name_when_it_is_needed() {
    for (member, value) in [("userinfo_endpoint", json!("/userinfo")), ("end_session_endpoint", json!([""]))]
    {
        let mut world = World::new();
        world.op.metadata[member] = value;
        let session = world.login();
        let client = world.client();
        let error = match member {
            "userinfo_endpoint" => client.userinfo(&session).map(|_| ()).unwrap_err(),
            _ => client.end_session(&relyingparty::EndSessionRequest::default()).map(|_| ()).unwrap_err(),
        };
        assert_eq!((error.code(), error.detail("member")), ("metadata_member_invalid", Some(member)));
    }
    let mut world = World::new();
    world.op.member("refresh_token", "");
    let session = world.login();
    assert_eq!(world.refresh(&session).unwrap_err().code(), "no_refresh_token");
}

#[test]
fn a_refresh_without_an_id_token_that_is_one_keeps_the_claims() {
    for value in [json!(""), json!([]), json!(0), json!({})] {
        let mut world = World::new();
        let session = world.login();
        world.op.member("id_token", value.clone());
        let refreshed = world.refresh(&session).unwrap();
        assert_eq!(refreshed.claims().as_json(), session.claims().as_json(), "{value}");
        assert!(left_out(&refreshed.decisions(), "id_token"), "{value}");
    }
    for token in ["word", "a.b.c", "\u{e9}", " "] {
        let mut world = World::new();
        let session = world.login();
        world.op.member("id_token", token);
        assert!(world.refresh(&session).is_err(), "{token:?} is there, and is checked");
    }
}

#[test]
fn claims_that_nobody_reads_may_be_anything() {
    for value in odd_values().into_iter().chain([Value::Null]) {
        let mut world = World::new();
        let claims = ["email", "email_verified", "updated_at", "amr", "groups", "c_hash", "name", "address"];
        for claim in claims {
            world.op.claim(claim, value.clone());
            world.op.userinfo[claim] = value.clone();
        }
        for member in ["x5c", "x5t", "x5t#S256", "x5u", "nbf"] {
            world.op.jwks["keys"][0][member] = value.clone();
        }
        for member in ["scopes_supported", "response_types_supported", "claims_supported", "op_policy_uri"] {
            world.op.metadata[member] = value.clone();
        }
        world.op.member("session_state", value.clone());
        let session = world.try_login().unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(session.claims().get("groups"), Some(&value));
        let step = world.client().userinfo(&session).unwrap();
        let userinfo = world.run(step).unwrap();
        assert_eq!((userinfo.get("name"), userinfo.email_verified()), (Some(&value), value == json!(true)));
    }
}

#[test]
fn a_userinfo_response_that_is_no_object_is_refused() {
    for body in ["[]", "null", "\"\"", "1", ""] {
        let mut world = World::new();
        let session = world.login();
        world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/json", body));
        let step = world.client().userinfo(&session).unwrap();
        assert_eq!(world.run(step).unwrap_err().code(), "malformed_json", "{body}");
    }
}
