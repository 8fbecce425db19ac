//! Every limit of the policy: it holds at its value and breaks one past it, at its default, lowered, and raised to its cap.

mod support;

use std::cell::Cell;
use std::collections::BTreeSet;

use relyingparty::{
    Alg, AuthorizeRequest, CallbackParams, Endpoint, Error, Metadata, Policy, Timestamp, drive,
};
use serde_json::{Value, json};
use support::{Key, World, b64, code, typed_response};

/// A limit, and what happens to something of a given size, number or age.
struct Limit {
    name: &'static str,
    default: u32,
    lowered: u32,
    cap: u32,
    /// One past the limit.
    broken: &'static str,
    of: fn(&mut World, usize) -> &'static str,
}

const fn limit(
    name: &'static str,
    [default, lowered, cap]: [u32; 3],
    broken: &'static str,
    of: fn(&mut World, usize) -> &'static str,
) -> Limit {
    Limit { name, default, lowered, cap, broken, of }
}

const LIMITS: &[Limit] = &[
    limit("max_token_bytes", [16_384, 600, 65_536], "token_too_large", |world, size| {
        let token = token_of_size(world, size);
        code(&world.verify(&token))
    }),
    limit("max_token_bytes", [16_384, 600, 65_536], "token_too_large", |world, size| {
        let session = world.login();
        let body = token_of_size(world, size);
        world.op.answer_with(Endpoint::UserInfo, typed_response(200, "application/jwt", body));
        let step = world.client().userinfo(&session).unwrap();
        code(&world.run(step))
    }),
    limit("key_tries", [3, 1, 10], "unknown_key", |world, tries| {
        world.policy.key_wait_secs = 60;
        world.op.late = tries - 1;
        code(&world.try_login())
    }),
    limit("key_wait_secs", [10, 2, 60], "unknown_key", |world, seconds| {
        let pause = (world.policy.key_wait_secs / world.policy.key_tries).max(1);
        world.op.late = 1;
        login_with_slow_keys(world, i64::try_from(seconds).unwrap() - i64::from(pause))
    }),
    limit("max_header_bytes", [4_096, 100, 16_384], "malformed_token", |world, size| {
        let header = padded(r#"{"alg":"EdDSA","kid":"k1","x":""#, size, r#""}"#);
        let token = world.op.key.token_of(&header, &world.claims().to_string());
        code(&world.verify(&token))
    }),
    limit("max_kid_bytes", [256, 8, 1_024], "malformed_token", |world, size| {
        world.op.rotate(&"k".repeat(size));
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("max_sub_bytes", [255, 12, 1_024], "claim_invalid", |world, size| {
        let mut claims = world.claims();
        claims["sub"] = "s".repeat(size).into();
        code(&world.verify_claims(&claims))
    }),
    #[cfg(feature = "logout")]
    limit("max_logout_token_age_secs", [600, 60, 86_400], "logout_token_too_old", |world, seconds| {
        let mut claims = world.claims();
        claims["events"] = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        claims["jti"] = "token-1".into();
        claims["iat"] = (world.now.as_unix() - 60 - i64::try_from(seconds).unwrap()).into();
        let token = world.op.key.token(&claims);
        let step = world.client().logout_token(&token, &world.cache, world.now);
        code(&step.and_then(|step| world.run(step)))
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_token", |world, levels| {
        let mut claims = world.claims();
        claims["x"] = nested(levels);
        code(&world.verify_claims(&claims))
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_token", |world, levels| {
        let header = json!({ "alg": "EdDSA", "kid": "k1", "x": nested(levels) });
        let token = world.op.key.token_of(&header.to_string(), &world.claims().to_string());
        code(&world.verify(&token))
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_json", |world, levels| {
        world.op.metadata["x"] = nested(levels);
        discovered(world)
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_json", |world, levels| {
        world.op.jwks["x"] = nested(levels);
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_json", |world, levels| {
        world.op.member("x", nested(levels));
        code(&world.try_login())
    }),
    limit("max_json_depth", [16, 4, 32], "malformed_json", |world, levels| {
        let session = world.login();
        world.op.userinfo["x"] = nested(levels);
        let step = world.client().userinfo(&session).unwrap();
        code(&world.run(step))
    }),
    limit("max_json_members", [512, 16, 16_384], "malformed_token", |world, members| {
        let mut claims = world.claims();
        claims["x"] = vec![1; members].into();
        code(&world.verify_claims(&claims))
    }),
    limit("max_json_members", [512, 16, 16_384], "malformed_json", |world, members| {
        let metadata = world.op.metadata.as_object_mut().unwrap();
        (metadata.len()..members).for_each(|more| drop(metadata.insert(format!("x{more}"), more.into())));
        discovered(world)
    }),
    limit("max_json_members", [512, 16, 16_384], "malformed_json", |world, members| {
        world.op.member("x", vec![1; members]);
        code(&world.try_login())
    }),
    limit("max_keys", [100, 3, 1_000], "malformed_json", |world, keys| {
        let mut set = vec![world.op.key.jwk()];
        set.extend((1..keys).map(|more| Key::new(Alg::EdDsa, &format!("more-{more}")).jwk()));
        world.op.jwks = json!({ "keys": set });
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("max_response_bytes", [262_144, 2_048, 1_048_576], "response_too_large", |world, size| {
        answer_of_size(world, Endpoint::Discovery, size);
        discovered(world)
    }),
    limit("max_response_bytes", [262_144, 2_048, 1_048_576], "response_too_large", |world, size| {
        answer_of_size(world, Endpoint::Jwks, size);
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("max_response_bytes", [262_144, 2_048, 1_048_576], "response_too_large", |world, size| {
        let session = world.login();
        answer_of_size(world, Endpoint::UserInfo, size);
        let step = world.client().userinfo(&session).unwrap();
        code(&world.run(step))
    }),
    limit("max_response_bytes", [262_144, 2_048, 1_048_576], "response_too_large", |world, size| {
        let session = world.login();
        answer_of_size(world, Endpoint::Token, size);
        code(&world.refresh(&session))
    }),
    limit("max_callback_bytes", [16_384, 600, 65_536], "callback_malformed", |world, size| {
        // Several parameters, none of them too long.
        let login = world.begin();
        let mut text = world.op.authorize(&login.url);
        for more in 0.. {
            let name = format!("&p{more}=");
            let left = size - text.len();
            if left < 510 {
                text = padded(&format!("{text}&q="), size, "");
                break;
            }
            text = padded(&format!("{text}{name}"), text.len() + 500, "");
        }
        code(&world.callback(login, &text))
    }),
    limit("max_parameter_bytes", [8_192, 128, 32_768], "callback_malformed", |world, size| {
        let login = world.begin();
        world.op.code = "c".repeat(size);
        let text = world.op.authorize(&login.url);
        code(&world.callback(login, &text))
    }),
    limit(
        "max_return_to_bytes",
        [4_096, 64, 16_384],
        "is longer than max_return_to_bytes allows",
        |world, size| {
            let mut request = AuthorizeRequest::default();
            request.return_to = Some(padded("/", size, ""));
            world.try_begin(&request).unwrap().return_to_dropped.unwrap_or("ok")
        },
    ),
    limit("state_timeout_secs", [600, 10, 3_600], "pending_login_expired", |world, age| {
        let login = world.begin();
        let text = world.op.authorize(&login.url);
        world.wait(age as i64);
        code(&world.callback(login, &text))
    }),
    limit("allowed_skew_secs", [60, 5, 300], "issued_in_future", |world, ahead| {
        let mut claims = world.claims();
        claims["iat"] = (world.now.as_unix() + ahead as i64).into();
        code(&world.verify_claims(&claims))
    }),
    limit("key_refresh_secs", [600, 60, 86_400], "asked again", |world, age| {
        world.policy.key_hard_age_secs = 604_800;
        after(world, age - 1, "k1")
    }),
    limit("key_cooldown_secs", [30, 5, 3_600], "asked again", |world, age| {
        world.policy.key_refresh_secs = 86_400;
        after(world, age - 1, "unknown")
    }),
    limit("key_hard_age_secs", [86_400, 600, 604_800], "unreachable", |world, age| {
        let claims = world.claims();
        world.verify_claims(&claims).unwrap();
        world.op.unreachable(Endpoint::Jwks);
        world.wait(age as i64 - 1);
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("metadata_timeout_secs", [5, 1, 60], "another one", |world, seconds| {
        let claims = world.claims();
        world.verify_claims(&claims).unwrap();
        told(world, Endpoint::Jwks, seconds)
    }),
    limit("token_timeout_secs", [10, 1, 60], "another one", |world, seconds| {
        world.login();
        told(world, Endpoint::Token, seconds)
    }),
];

/// `start`, as many letters as it takes, and `end`.
fn padded(start: &str, size: usize, end: &str) -> String {
    format!("{start}{}{end}", "p".repeat(size - start.len() - end.len()))
}

/// An object around arrays, so many levels in all.
fn nested(levels: usize) -> Value {
    (2..levels).fold(json!([]), |inner, _| json!([inner]))
}

/// A good token of so many characters.
fn token_of_size(world: &World, size: usize) -> String {
    // Base64url skips every fourth length: what the payload cannot have, the header can.
    for spaces in 0..4 {
        let header = format!(r#"{{"alg":"EdDSA","kid":"k1"{}}}"#, " ".repeat(spaces));
        let rest = size - b64(&header).len() - 2 - 86;
        let octets = rest * 3 / 4;
        if b64(vec![0; octets]).len() == rest {
            let claims = world.claims().to_string();
            let start = format!("{},\"x\":\"", claims.strip_suffix('}').unwrap());
            let token = world.op.key.token_of(&header, &padded(&start, octets, "\"}"));
            assert_eq!(token.len(), size);
            return token;
        }
    }
    panic!("no token has {size} characters");
}

fn answer_of_size(world: &mut World, endpoint: Endpoint, size: usize) {
    let document = match endpoint {
        Endpoint::Discovery => world.op.metadata.clone(),
        Endpoint::Jwks => world.op.jwks.clone(),
        Endpoint::Token => json!({ "access_token": "a", "token_type": "Bearer" }),
        _ => world.op.userinfo.clone(),
    };
    let mut body = document.to_string().into_bytes();
    assert!(body.len() <= size);
    body.resize(size, b' ');
    world.op.answer_with(endpoint, typed_response(200, "application/json", body));
}

fn discovered(world: &mut World) -> &'static str {
    let step = relyingparty::Provider::discover(&world.issuer(), &world.policy, &world.cache, world.now);
    code(&step.and_then(|step| world.run(step)))
}

/// Whether a token that names this key makes a request when the keys are so old.
fn after(world: &mut World, age: usize, kid: &str) -> &'static str {
    let claims = world.claims();
    world.verify_claims(&claims).unwrap();
    world.wait(age as i64);
    let token = Key::seeded(Alg::EdDsa, kid, "k1").token(&world.claims());
    let _ = world.verify(&token);
    if world.op.count(Endpoint::Jwks) == 1 { "ok" } else { "asked again" }
}

/// Whether the host was told to wait so long.
fn told(world: &World, endpoint: Endpoint, seconds: usize) -> &'static str {
    let request = world.op.log.iter().find(|request| request.endpoint == endpoint).unwrap();
    if request.limits.timeout_secs as usize == seconds { "ok" } else { "another one" }
}

fn policy_with(name: &str, value: u32) -> Policy {
    let mut policy = Policy::from_json(&json!({ name: value }).to_string()).unwrap();
    policy.signatures = support::policy().signatures;
    policy
}

#[test]
fn a14_every_limit_holds_at_its_value_and_breaks_one_past_it() {
    for Limit { name, default, lowered, cap, broken, of } in LIMITS {
        for value in BTreeSet::from([*lowered, *default, *cap]) {
            let outcome = |amount: u32| {
                let mut world = World::new();
                world.policy = policy_with(name, value);
                // What else would stand in the way of a token or a document that large.
                if ["max_json_depth", "max_json_members", "max_header_bytes"].contains(name) {
                    world.policy.max_token_bytes = 65_536;
                }
                if *name == "max_json_depth" {
                    world.policy.max_header_bytes = 8_192;
                }
                if *name == "max_parameter_bytes" {
                    world.policy.max_callback_bytes = 65_536;
                }
                of(&mut world, amount as usize)
            };
            assert_eq!(outcome(value), "ok", "{name}: {value} of {value}");
            assert_eq!(outcome(value + 1), *broken, "{name}: {} of {value}", value + 1);
        }
    }
}

/// The numbers of a policy by name, as its `Debug` shows them.
fn numbers() -> Vec<(String, u32)> {
    let shown = format!("{:?}", Policy::default());
    let members = shown.trim_start_matches("Policy { ").trim_end_matches(" }").split(", ");
    members
        .filter_map(|member| member.split_once(": "))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .filter(|(name, _)| cfg!(feature = "logout") || name != "max_logout_token_age_secs")
        .collect()
}

#[test]
fn a14_no_limit_is_left_out_and_none_goes_above_its_cap() {
    let tested: BTreeSet<&str> = LIMITS.iter().map(|limit| limit.name).collect();
    let numbers = numbers();
    assert_eq!(tested, numbers.iter().map(|(name, _)| name.as_str()).collect());
    for Limit { name, default, cap, .. } in LIMITS {
        assert!(numbers.contains(&((*name).to_owned(), *default)), "{name}");
        let mut world = World::new();
        world.policy = policy_with(name, cap + 1);
        assert_eq!(code(&world.try_client()), "policy_out_of_range", "{name}");
    }
}

/// A login for which the first answer with keys takes so many seconds.
fn login_with_slow_keys(world: &mut World, seconds: i64) -> &'static str {
    let authorization = world.begin();
    let query = world.op.authorize(&authorization.url);
    let exchange = world.client().exchange(world.callback(authorization, &query).unwrap()).unwrap();
    let (start, op, late) = (world.now, &mut world.op, Cell::new(0));
    let clock = || Timestamp::from_unix(start.as_unix() + late.get());
    code(&drive(exchange, &mut world.cache, clock, |request| {
        let reply = op.answer(request, start);
        late.set(if op.count(Endpoint::Jwks) > 0 { seconds } else { 0 });
        reply
    }))
}

/// What an error says of itself: its details, in one text.
fn said<T>(result: Result<T, Error>) -> String {
    format!(
        "{:?}",
        result.err().map(|error| error
            .details()
            .into_iter()
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<_>>())
    )
}

#[test]
fn an_error_that_a_limit_makes_names_the_member_of_the_policy_to_raise() {
    let mut world = World::new();
    let named = |member: &str, said: String| assert!(said.contains(member), "{member}: {said}");
    let mut claims = world.claims();
    claims["sub"] = "s".repeat(256).into();
    named("raise max_sub_bytes", said(world.verify_claims(&claims)));
    claims["sub"] = "s".into();
    claims["groups"] = vec!["g"; 513].into();
    named("raise max_json_members", said(world.verify_claims(&claims)));
    claims["groups"] = nested(17);
    named("raise max_json_depth", said(world.verify_claims(&claims)));
    named("max_token_bytes", said(world.verify(&"a".repeat(16_385))));
    let header = padded(r#"{"alg":"EdDSA","x":""#, 4_097, r#""}"#);
    named("raise max_header_bytes", said(world.verify(&world.op.key.token_of(&header, "{}").clone())));
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, "k".repeat(257));
    named("raise max_kid_bytes", said(world.verify(&world.op.key.token_of(&header, "{}").clone())));
    let session = world.login();
    answer_of_size(&mut world, Endpoint::Token, 262_145);
    named("max_response_bytes", said(world.refresh(&session)));
    world.op.code = "c".repeat(8_193);
    let login = world.begin();
    let query = world.op.authorize(&login.url);
    named("raise max_parameter_bytes", said(world.callback(login, &query)));
    let login = world.begin();
    let query = (0..3).map(|more| padded(&format!("p{more}="), 6_000, "")).collect::<Vec<_>>().join("&");
    named("raise max_callback_bytes", said(world.callback(login, &query)));
    world.op.jwks = json!({ "keys": vec![world.op.key.jwk(); 101] });
    named(
        "max_keys",
        said(
            world.run(
                relyingparty::Provider::from_metadata(
                    Metadata::parse(&world.issuer(), world.op.metadata.to_string().as_bytes()).unwrap(),
                )
                .refresh_keys(&Policy::default())
                .unwrap(),
            ),
        ),
    );
    // What no policy bounds names none.
    let wide =
        format!("{{{}}}", (0..513).map(|member| format!("\"{member}\":0")).collect::<Vec<_>>().join(","));
    assert!(!said(AuthorizeRequest::from_json(&wide)).contains("raise"));
}

#[test]
fn a_user_in_eleven_hundred_groups_logs_in_where_the_policy_says_so() {
    let mut world = World::new();
    world.op.claim("groups", (0..1_100).map(|group| format!("/department/team-{group}")).collect::<Vec<_>>());
    assert_eq!(code(&world.try_login()), "token_too_large");
    world.policy.max_token_bytes = 65_536;
    assert_eq!(code(&world.try_login()), "malformed_token");
    world.policy.max_json_members = 2_000;
    assert_eq!(code(&world.try_login()), "ok");
}

/// What is read before there is a policy is bounded all the same.
#[test]
fn a14_a_callback_is_bounded_before_a_client_looks_at_it() {
    let of = |size: usize| code(&CallbackParams::parse(&padded("a=b&c=", size, "")));
    assert_eq!([of(32_768 + 6), of(32_768 + 7)], ["ok", "callback_malformed"]);
    let many = |parameters: usize| {
        let text: Vec<_> = (0..parameters).map(|number| format!("p{number}=x")).collect();
        code(&CallbackParams::parse(&text.join("&")))
    };
    assert_eq!([many(256), many(257)], ["ok", "callback_malformed"]);
    let full = padded("a=&", 65_536, "").replacen("p", "&", 40_000);
    assert_eq!(code(&CallbackParams::parse(&full)), "ok");
    assert_eq!(code(&CallbackParams::parse(&format!("{full}&"))), "callback_malformed");
}
