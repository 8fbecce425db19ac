//! Whatever an API answers to a bound token, it is asked twice at most, the second time with its nonce in the proof if that is
//! one; nothing that it says is in what is signed but that.

#![no_main]

use std::str;
use std::sync::LazyLock;

use fuzz::proving::{PROVING, claims, entropy};
use fuzz::world::{CACHE, CODE, NOW, SECRETS, json_reply, tokens};
use libfuzzer_sys::fuzz_target;
use relyingparty::{
    ApiRequest, Call, CallbackParams, Flow, HttpRequest, HttpResponse, Method, Reply, Request, Session, Step,
};

/// A session whose access token is bound to the client's key.
static BOUND: LazyLock<Session> = LazyLock::new(|| {
    let mut cache = CACHE.clone();
    let pushed = json_reply(201, r#"{"request_uri":"urn:x","expires_in":60}"#);
    let Ok(Step::Done(login)) = fuzz::proving::pushing(&cache, None).resume(pushed, &mut cache, NOW) else {
        panic!("it is pushed")
    };
    let params =
        CallbackParams::parse(&format!("code={CODE}&state={}", SECRETS.state)).expect("it is a query");
    let code = PROVING.callback(login.pending, &params, NOW).expect("it is the login's own");
    let Ok(Step::Pending(exchange)) = PROVING.proving(entropy(), &cache, NOW).exchange(code) else {
        panic!("nobody was asked")
    };
    let mut response = tokens();
    response["token_type"] = "DPoP".into();
    match exchange.resume(json_reply(200, response.to_string()), &mut cache, NOW) {
        Ok(Step::Done(session)) => session,
        other => panic!("{other:?}"),
    }
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let (challenge, nonce) = text.split_once('\n').unwrap_or((text, ""));
    let response = || {
        let headers = vec![
            ("www-authenticate".to_owned(), challenge.to_owned()),
            ("dpop-nonce".to_owned(), nonce.to_owned()),
        ];
        Reply::Http(HttpResponse::new(401, headers, Vec::new()))
    };
    let mut cache = CACHE.clone();
    let request = ApiRequest::new(Method::Get, "https://api.example/");
    let Ok(Step::Pending(call)) = PROVING.proving(entropy(), &cache, NOW).call(&*BOUND, request) else {
        panic!("nobody was asked")
    };
    let first = proof(sent(&call));
    match call.resume(response(), &mut cache, NOW) {
        Ok(Step::Done(answered)) => assert!(answered.challenge.is_none_or(|said| said.scheme.len() <= 6)),
        Err(error) => assert_eq!(error.code(), "dpop_nonce_refused"),
        Ok(Step::Pending(again)) => {
            let second = proof(sent(&again));
            assert_eq!(second["nonce"].as_str(), Some(nonce));
            assert_ne!(second["jti"], first["jti"]);
            let ended = again.resume(response(), &mut cache, NOW);
            assert_eq!(ended.expect_err("asked twice").code(), "dpop_nonce_refused");
        }
    }
});

fn sent(call: &Call) -> &HttpRequest {
    match call.request() {
        Request::Http(request) => request,
        other => panic!("asks for {other:?}"),
    }
}

fn proof(request: &HttpRequest) -> serde_json::Value {
    let proof = request.headers.iter().find(|(name, _)| name == "dpop").expect("it has a proof");
    claims(&proof.1)
}
