//! What decodes as a pending login encodes to what decodes to the same, a refusal shows none of what was stored, and no
//! stored text lets a callback in that has another state.

#![no_main]

use std::str;

use fuzz::world::{CLIENT, NOW};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{CallbackParams, PendingLogin};

const SECRET: [&str; 4] = ["id", "state", "nonce", "verifier"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let login = match PendingLogin::decode(Some(text)) {
        Ok(login) => login,
        Err(error) => {
            assert_eq!(error.code(), "unreadable_pending_login");
            return silent(&error, data);
        }
    };
    let encoded = login.encode();
    let again = PendingLogin::decode(Some(&encoded)).expect("it was encoded");
    assert_eq!(again.encode(), encoded);
    let read = reference::object(data).expect("a login that nobody else can read");
    assert_eq!(read["id"], login.id());
    assert_eq!(read["started_at"], login.started_at().as_unix());
    assert!(!format!("{login:?}").contains(login.id()));

    let own = format!("code=canary-code&state={}", read["state"].as_str().expect("it has one"));
    for query in [own.as_str(), "code=canary-code&state=another", "error=access_denied"] {
        let params = CallbackParams::parse(query).expect("it is a query");
        let login = PendingLogin::decode(Some(&encoded)).expect("it was encoded");
        match CLIENT.callback(login, &params, NOW) {
            Ok(_) => assert_eq!(query, own, "another login's state"),
            Err(error) => silent(&error, data),
        }
    }
});

fn silent(error: &relyingparty::Error, data: &[u8]) {
    let Some(read) = reference::object(data) else { return silence::echoes_nothing(error, data) };
    let secrets = SECRET.map(|name| read.get(name).and_then(|secret| secret.as_str()).unwrap_or_default());
    silence::keeps(error, &secrets, &silence::public(&read, &SECRET));
}
