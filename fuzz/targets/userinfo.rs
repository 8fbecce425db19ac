//! UserInfo are about the session's end user, plain or signed, and read the same to a strict reader.

#![no_main]

use fuzz::keys::token;
use fuzz::world::{ACCESS_TOKEN, CLIENT, SESSION, answer, json_reply, reply};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Error, Reply, Step, UserInfo};

fuzz_target!(|body: &[u8]| {
    check(ask(json_reply(200, body)), body);
    // The same as the payload of a response that is truly signed, and as one that is not.
    let signed = token("EdDSA", br#"{"alg":"EdDSA","kid":"EdDSA"}"#, body);
    let verified = ask(reply(200, "application/jwt", signed));
    if let Ok(userinfo) = &verified {
        assert_eq!(userinfo.as_map()["iss"], fuzz::world::ISSUER);
    }
    check(verified, body);
    let unsigned = ask(reply(200, "application/jwt", body));
    assert!(unsigned.is_err(), "nobody signed this");
    let refused = ask(json_reply(401, body)).expect_err("a refusal tells no claims");
    assert!(["provider_error", "provider_status"].contains(&refused.code()), "{refused}");
});

fn ask(reply: Reply) -> Result<UserInfo, Error> {
    let Step::Pending(flow) = CLIENT.userinfo(&SESSION)? else { panic!("nobody was asked") };
    answer(flow, reply)
}

fn check(outcome: Result<UserInfo, Error>, body: &[u8]) {
    match outcome {
        Ok(userinfo) => {
            let read = reference::object(body).expect("claims that nobody else can read");
            assert_eq!(read["sub"], SESSION.claims().sub());
            assert_eq!(userinfo.sub(), SESSION.claims().sub());
            assert_eq!(userinfo.as_map(), &read, "every claim reads the same");
            let vouched = read.get("email_verified").is_some_and(|verified| *verified == true);
            assert_eq!(userinfo.email_verified(), vouched);
        }
        Err(error) => match reference::object(body) {
            Some(read) => silence::keeps(&error, &[ACCESS_TOKEN], &silence::public(&read, &[])),
            None => silence::echoes_nothing(&error, body),
        },
    }
}
