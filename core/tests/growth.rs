//! Cost grows no faster than input: a text of each kind that comes from outside is read four times, and one that is four times
//! as long is read once, in less than twice the time. What grew with the square would take four times as long.
#![allow(clippy::disallowed_methods, reason = "the clock measures, and decides nothing in the library")]

mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Endpoint, Expectations, HttpResponse, Metadata, PendingLogin,
    Reply, Request, Step,
};
use serde_json::{Value, json};
use support::{World, b64, json_response};

/// Something that reads a text, made of a number of members.
type Reading = Box<dyn FnMut()>;
/// A text of so many members.
type Text = fn(usize) -> String;

/// Whether four times as many members take less than twice as long as four times the same. Both are equally exposed to
/// what else the machine does, which makes a run longer and never shorter: the shortest of several counts, and of more
/// when they seem not to grow in step.
fn grows_in_step(what: &str, members: usize, make: &dyn Fn(usize) -> Reading) {
    let mut readings = [(make(members), 4), (make(members * 4), 1)];
    let mut shortest = [Duration::MAX; 2];
    for round in 1..=100 {
        for ((reading, times), shortest) in readings.iter_mut().zip(&mut shortest) {
            let begun = Instant::now();
            (0..*times).for_each(|_| reading());
            *shortest = begun.elapsed().min(*shortest);
        }
        let [often, once] = shortest;
        if round >= 8 && once < often * 2 {
            return;
        }
    }
    panic!("four times {members} members, and four times as many, took {shortest:?}: {what}");
}

fn joined(members: usize, member: impl Fn(usize) -> String) -> String {
    (0..members).map(member).collect::<Vec<_>>().join(",")
}

/// JSON objects with so many members in one place, each of another kind.
const KINDS: [(&str, Text); 8] = [
    ("plain names", |n| format!("{{{}}}", joined(n, |n| format!(r#""name-{n}":{n}"#)))),
    ("escaped names", |n| format!("{{{}}}", joined(n, |n| format!(r#""\u0061-{n}":0"#)))),
    ("a wide object within", |n| format!(r#"{{"a":[{{{}}}]}}"#, joined(n, |n| format!(r#""\u0061{n}":0"#)))),
    ("names that begin alike", |n| {
        format!("{{{}}}", joined(n, |n| format!(r#""{}{n:06}":0"#, "p".repeat(30))))
    }),
    ("an array", |n| format!(r#"{{"a":[{}]}}"#, joined(n, |n| n.to_string()))),
    ("many objects", |n| format!(r#"{{"a":[{}]}}"#, joined(n, |n| format!(r#"{{"\u0061":{{"b":[{n}]}}}}"#)))),
    ("one long text", |n| format!(r#"{{"a":"{}"}}"#, r"\u00e9".repeat(n))),
    ("one long name", |n| format!(r#"{{"{}":0}}"#, r"\u00e9".repeat(n))),
];

#[test]
fn u5_stored_texts() {
    for (what, text) in KINDS {
        grows_in_step(&format!("a stored login: {what}"), 500, &|members| {
            let text = text(members);
            Box::new(move || assert!(PendingLogin::decode(Some(black_box(&text))).is_err()))
        });
    }
    let mut world = World::new();
    let session = world.login().encode();
    for (what, text) in KINDS {
        let client = world.client();
        let (cache, now, session) = (world.cache.clone(), world.now, session.clone());
        grows_in_step(&format!("a stored session: {what}"), 500, &move |members| {
            let mut stored: Value = serde_json::from_str(&session).unwrap();
            stored["more"] = serde_json::from_str(&text(members)).unwrap();
            let (stored, client, cache) = (stored.to_string(), client.clone(), cache.clone());
            Box::new(move || {
                match client.restore(black_box(&stored), &cache, now).unwrap() {
                    Step::Done(session) => {
                        black_box(session.other_members());
                    }
                    // The host is asked for the verdict; the text is read.
                    Step::Pending(restoration) => {
                        black_box(restoration);
                    }
                }
            })
        });
    }
}

#[test]
fn u5_stored_caches() {
    let mut world = World::new();
    let claims = world.claims();
    world.verify_claims(&claims).unwrap();
    let cache: Value = serde_json::from_str(&world.cache.to_json()).unwrap();
    let record = cache["keys"][0].clone();
    // From the last to the first: the worst order to put them on a shelf.
    grows_in_step("a cache of many providers", 300, &|members| {
        let keys: Vec<_> = (0..members)
            .map(|n| {
                let mut record = record.clone();
                record["of"] = format!("https://op.example/{:06}", members - n).into();
                record["document"] = json!({ "keys": [] });
                record
            })
            .collect();
        let text = json!({ "metadata": [], "keys": keys }).to_string();
        Box::new(move || drop(Cache::from_json(black_box(&text)).unwrap()))
    });
    for (what, kid) in
        [("keys of one name", (|_| "k".to_owned()) as Text), ("keys of their own", |n| n.to_string())]
    {
        grows_in_step(what, 100, &|members| {
            let keys: Vec<_> = (0..members)
                .map(|n| {
                    let mut key = record["document"]["keys"][0].clone();
                    key["kid"] = kid(n).into();
                    key
                })
                .collect();
            let mut record = record.clone();
            record["document"] = json!({ "keys": keys });
            let text = json!({ "metadata": [], "keys": [record] }).to_string();
            Box::new(move || drop(Cache::from_json(black_box(&text)).unwrap()))
        });
    }
}

#[test]
fn u5_documents_of_the_provider() {
    for (what, text) in KINDS {
        let mut world = World::new();
        world.policy.max_json_members = 16_384;
        let session = world.login();
        let client = world.client();
        let (now, cache) = (world.now, world.cache.clone());
        grows_in_step(&format!("UserInfo: {what}"), 500, &move |members| {
            let mut claims: Value = serde_json::from_str(&text(members)).unwrap();
            claims["sub"] = "subject-1".into();
            let response = json_response(200, &claims);
            let (client, session, mut cache) = (client.clone(), session.clone(), cache.clone());
            Box::new(move || {
                let Step::Pending(flow) = client.userinfo(&session).unwrap() else { panic!() };
                let reply = Reply::Http(response.clone());
                let Step::Done(info) = relyingparty::Flow::resume(flow, reply, &mut cache, now).unwrap()
                else {
                    panic!()
                };
                black_box(info.as_map());
            })
        });
    }
    let issuer = World::new().issuer();
    grows_in_step("metadata", 120, &move |members| {
        let mut metadata = World::new().op.metadata;
        for more in 0..members {
            metadata[format!("m\n{more}")] = json!(["a", "b"]);
        }
        let (text, issuer) = (metadata.to_string(), issuer.clone());
        Box::new(move || drop(Metadata::parse(&issuer, black_box(text.as_bytes())).unwrap()))
    });
}

#[test]
fn u5_tokens() {
    for (what, text) in KINDS {
        for place in ["header", "claims"] {
            let mut world = World::new();
            world.policy.max_json_members = 16_384;
            world.policy.max_token_bytes = 65_536;
            world.policy.max_header_bytes = 16_384;
            let client = world.client();
            let (cache, now) = (world.cache.clone(), world.now);
            let members = if place == "header" { 90 } else { 280 };
            grows_in_step(&format!("{place}: {what}"), members, &move |members| {
                let text = text(members);
                let token = match place {
                    "header" => format!("{}.{}.AA", b64(&text), b64("{}")),
                    _ => format!("{}.{}.AA", b64(r#"{"alg":"EdDSA"}"#), b64(&text)),
                };
                let (client, cache) = (client.clone(), cache.clone());
                Box::new(move || {
                    for _ in 0..4 {
                        let verdict = client.verify(black_box(&token), Expectations::none(), &cache, now);
                        assert!(matches!(verdict.unwrap_err().code(), "malformed_token" | "claim_missing"));
                    }
                })
            });
        }
    }
}

#[test]
fn u5_queries_and_forms() {
    for (what, pair) in [
        ("names", (|n| format!("n{n}=v")) as Text),
        ("escaped names", |n| format!("%6e{n}=%41%42")),
        ("nothing", |_| String::new()),
        ("one name", |_| "a=b".to_owned()),
    ] {
        grows_in_step(&format!("a query of {what}"), 60, &move |members| {
            let query = (0..members).map(pair).collect::<Vec<_>>().join("&");
            Box::new(move || {
                for _ in 0..10 {
                    let _ = black_box(CallbackParams::parse(black_box(&query)));
                }
            })
        });
    }
    grows_in_step("one long parameter", 8_000, &|members| {
        let query = format!("a={}", "+".repeat(members));
        Box::new(move || drop(CallbackParams::parse(black_box(&query)).unwrap()))
    });
}

#[test]
fn u5_headers() {
    let mut world = World::new();
    let session = world.login();
    let client = world.client();
    let (now, cache) = (world.now, world.cache.clone());
    for (what, header) in [
        (
            "challenges",
            (|n| ("WWW-Authenticate".to_owned(), format!("Bearer x{n}=\"y\"")))
                as fn(usize) -> (String, String),
        ),
        ("other headers", |n| (format!("x-{n}"), "no-store".into())),
        ("directives", |n| ("Cache-Control".to_owned(), format!("x{n}, max-age={n}"))),
    ] {
        let (client, session, cache) = (client.clone(), session.clone(), cache.clone());
        grows_in_step(what, 200, &move |members| {
            let response = HttpResponse::new(401, (0..members).map(header).collect(), Vec::new());
            let (client, session, mut cache) = (client.clone(), session.clone(), cache.clone());
            Box::new(move || {
                let Step::Pending(flow) = client.userinfo(&session).unwrap() else { panic!() };
                let reply = Reply::Http(response.clone());
                assert!(relyingparty::Flow::resume(flow, reply, &mut cache, now).is_err());
            })
        });
    }
    for (what, piece) in [("separators", ", "), ("openings", "error=\""), ("names", "error=x ")] {
        let (client, session, cache) = (client.clone(), session.clone(), cache.clone());
        grows_in_step(&format!("a challenge of {what}"), 2_000, &move |members| {
            let challenge = ("WWW-Authenticate".to_owned(), piece.repeat(members));
            let response = HttpResponse::new(401, vec![challenge], Vec::new());
            let (client, session, mut cache) = (client.clone(), session.clone(), cache.clone());
            Box::new(move || {
                let Step::Pending(flow) = client.userinfo(&session).unwrap() else { panic!() };
                assert!(
                    matches!(relyingparty::Flow::request(&flow), Request::Http(request) if request.endpoint == Endpoint::UserInfo)
                );
                let reply = Reply::Http(response.clone());
                assert!(relyingparty::Flow::resume(flow, reply, &mut cache, now).is_err());
            })
        });
    }
}

#[test]
fn u5_what_a_login_is_asked_with() {
    let world = World::new();
    let client = world.client();
    let now = world.now;
    grows_in_step("extra parameters", 500, &|members| {
        let mut request = AuthorizeRequest::default();
        request.extra = (0..members).map(|n| (format!("x{n}"), "y".into())).collect();
        let client = client.clone();
        Box::new(move || drop(client.authorize(&request, support::entropy(1), now).unwrap()))
    });
    for (what, start, piece) in [
        ("escapes", "/", "%41"),
        ("escapes of escapes", "/%", "25"),
        ("dot segments", "/", "../"),
        ("backslashes", "/a", "%5C"),
        ("line ends", "/", "%0A"),
    ] {
        let mut world = World::new();
        world.policy.max_return_to_bytes = 16_384;
        let client = world.client();
        grows_in_step(&format!("return_to: {what}"), 1_300, &move |members| {
            let mut request = AuthorizeRequest::default();
            request.return_to = Some(format!("{start}{}", piece.repeat(members)));
            let client = client.clone();
            Box::new(move || {
                for _ in 0..8 {
                    drop(client.authorize(&request, support::entropy(1), now).unwrap());
                }
            })
        });
    }
}
