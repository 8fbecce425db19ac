//! An answer to a pushed request becomes a URL only if a strict reader finds a `request_uri` in it; the URL holds that and the
//! client's id, and nothing of the login; a refusal is never followed by a request in the open, and shows nothing of the login.

#![no_main]

use fuzz::proving::pushing;
use fuzz::world::{SECRETS, json_reply};
use fuzz::{reference, silence, world};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Cache, Flow, Step};

fuzz_target!(|data: &[u8]| {
    for status in [201, 400] {
        let mut cache = Cache::default();
        match pushing(&cache, None).resume(json_reply(status, data), &mut cache, world::NOW) {
            Ok(Step::Done(login)) => {
                let read = reference::object(data).expect("a response that nobody else can read");
                assert!(status == 201 && read["request_uri"].as_str().is_some_and(|uri| uri.contains(':')));
                let (endpoint, query) = login.url.split_once('?').expect("it has a query");
                assert_eq!(endpoint, "https://op.example/authorize");
                let names: Vec<_> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
                assert_eq!(names, ["client_id", "request_uri"]);
            }
            Ok(Step::Pending(_)) => panic!("asks for more"),
            Err(error) => match reference::object(data) {
                Some(read) => silence::keeps(&error, &SECRETS.all(), &silence::public(&read, &[])),
                None => silence::echoes_nothing(&error, data),
            },
        }
    }
});
