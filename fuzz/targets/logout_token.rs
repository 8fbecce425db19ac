//! A truly signed logout token is accepted exactly when its claims are in order by the specification, read once more; what is no
//! logout token ends no session, and a logout token is no ID token.

#![no_main]

use fuzz::keys::token;
use fuzz::world::{CACHE, CLIENT, NOW};
use fuzz::{reference, rules, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Expectations, Step, logout_token_in};

fuzz_target!(|claims: &[u8]| {
    let token = token("EdDSA", br#"{"alg":"EdDSA","kid":"EdDSA","typ":"logout+jwt"}"#, claims);
    let read = reference::object(claims);
    let broken = read.as_ref().map_or(Some("not an object"), rules::broken_logout);
    match CLIENT.logout_token(&token, &CACHE, NOW) {
        Ok(Step::Done(logout)) => {
            assert_eq!(broken, None, "claims that nobody else accepts");
            let read = read.expect("it is an object");
            let text = |claim: &str| read.get(claim).and_then(|value| value.as_str());
            assert_eq!((logout.subject(), logout.session_id()), (text("sub"), text("sid")));
            assert_eq!(Some(logout.jti()), text("jti"));
            assert!(logout.subject().is_some() || logout.session_id().is_some());
            let (longest, until) = (NOW.plus(600 + 60 + 60 + 1), logout.remember_until());
            assert!(NOW < until && until <= longest, "{until:?}");
        }
        Ok(Step::Pending(_)) => panic!("the keys were fetched a moment ago"),
        Err(error) => {
            // What only the strictest of readers refuses: nesting, width, numbers beyond a double, control characters.
            let bounds = ["malformed_token", "token_too_large", "claim_invalid"].contains(&error.code());
            assert!(broken.is_some() || bounds, "{error}");
            silence::keeps(&error, &[token.rsplit('.').next().unwrap_or_default()], &[]);
        }
    }
    assert!(
        CLIENT.verify(&token, Expectations::none(), &CACHE, NOW).is_err(),
        "a logout token is no ID token"
    );
    // Anything may be posted.
    if let Ok(form) = str::from_utf8(claims) {
        let _ = logout_token_in(form);
        let _ = CLIENT.front_channel_logout(form);
    }
});
