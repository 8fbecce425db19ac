//! What may be asked for in detail, and what is said to be granted (RFC 9396).

#![cfg(feature = "signing")]

mod support;

use relyingparty::{AuthorizeRequest, TokenRequest};
use serde_json::json;
use support::{World, code, detail, parameter, query};

fn details(text: &str) -> AuthorizeRequest {
    AuthorizeRequest::from_json(&format!(r#"{{"authorization_details":{text}}}"#)).unwrap()
}

#[test]
fn authorization_details_are_remembered_and_compared() {
    const ASKED: &str = r#"[{"type":"payment","amount":"1.00"},{"type":"account"}]"#;
    let mut world = World::new();
    world.op.member("authorization_details", json!([{ "type": "payment", "amount": "0.50" }]));
    let begun = world.try_begin(&details(ASKED)).unwrap();
    assert_eq!(parameter(query(&begun.url), "authorization_details").unwrap(), ASKED);
    let session = world.finish(begun).unwrap();
    assert_eq!(session.authorization_details(), Some(r#"[{"amount":"0.50","type":"payment"}]"#));
    assert!(
        session
            .decisions()
            .iter()
            .any(|decision| decision.check == "authorization_details" && decision.passed)
    );
    let step = world.client().restore(&session.encode(), &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    assert_eq!(restored.authorization_details(), session.authorization_details());
    world.op.without_member("authorization_details");
    let refreshed = world.refresh(&restored).unwrap();
    assert_eq!(
        refreshed.authorization_details(),
        session.authorization_details(),
        "what was granted holds on"
    );
}

#[test]
fn what_nobody_asked_for_is_not_granted() {
    for (granted, expected) in [
        (json!([{ "type": "account" }]), "response_member_invalid"),
        (json!([{ "type": "payment" }, { "type": "account" }]), "response_member_invalid"),
        (json!("payment"), "response_member_invalid"),
        (json!([{}]), "response_member_invalid"),
        (json!({ "type": "payment" }), "response_member_invalid"),
        (json!([]), "ok"),
    ] {
        let mut world = World::new();
        world.op.member("authorization_details", granted.clone());
        let begun = world.try_begin(&details(r#"[{"type":"payment"}]"#)).unwrap();
        assert_eq!(code(&world.finish(begun)), expected, "{granted}");
    }
    for bad in ["[]", "[1]", "[{}]", r#"[{"type":""}]"#, r#"[{"type":1}]"#] {
        assert_eq!(
            detail(&World::new().try_begin(&details(bad)), "member"),
            "authorization_details",
            "{bad}"
        );
    }
}

#[test]
fn details_that_are_none_and_nobody_asked_for_lose_no_session() {
    for odd in
        [json!("payment"), json!({ "type": "payment" }), json!(null), json!([1]), json!([{}]), json!(1)]
    {
        let mut world = World::new();
        world.op.member("authorization_details", odd.clone());
        let session = world.login();
        assert_eq!(session.authorization_details(), None, "{odd}");
        let step = world.client().restore(&session.encode(), &world.cache, world.now).unwrap();
        let restored = world.run(step).unwrap();
        let refreshed = world.refresh(&restored).unwrap();
        let step = world.client().restore(&refreshed.encode(), &world.cache, world.now).unwrap();
        assert_eq!(code(&world.run(step)), "ok", "{odd}");
    }
}

#[test]
fn silence_grants_nothing() {
    for silent in [None, Some(json!(null))] {
        let mut world = World::new();
        if let Some(null) = silent {
            world.op.member("authorization_details", null);
        }
        let begun = world.try_begin(&details(r#"[{"type":"payment"}]"#)).unwrap();
        let session = world.finish(begun).unwrap();
        assert_eq!(session.authorization_details(), None, "a provider that knows of none says none");

        let mut request = TokenRequest::default();
        request.authorization_details = Some(r#"[{"type":"payment"}]"#.into());
        let step = world.client().refresh_token_with("refresh-1", "subject-1", &request).unwrap();
        assert_eq!(world.run(step).unwrap().grant().authorization_details(), None);
    }
}

#[test]
fn details_are_a_list_and_nothing_after_it() {
    for more in [
        r#"[{"type":"a"}],"sub":"client""#,
        r#"[{"type":"a"}],"aud":"https://evil.example","exp":9999999999"#,
        r#"[{"type":"a"}] []"#,
        r#"[{"type":"a"}],"#,
    ] {
        let mut world = World::new();
        let mut asked = AuthorizeRequest::default();
        asked.authorization_details = Some(more.into());
        assert_eq!(detail(&world.try_begin(&asked), "member"), "authorization_details", "{more}");
        let session = world.login();
        let mut request = TokenRequest::default();
        request.authorization_details = Some(more.into());
        assert_eq!(
            detail(&world.client().refresh_with(&session, &request), "member"),
            "authorization_details"
        );
    }
}

#[test]
fn what_was_asked_for_does_not_show() {
    let mut world = World::new();
    let begun = world.try_begin(&details(r#"[{"type":"payment","iban":"canary-iban"}]"#)).unwrap();
    let query = world.op.authorize(&begun.url);
    let exchange = world.callback(begun, &query).unwrap();
    let step = world.client().exchange(exchange).unwrap();
    assert!(!format!("{step:?}").contains("canary-iban"), "{step:?}");
}
