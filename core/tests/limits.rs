//! Every limit of the policy: it holds at its value and breaks one past it, at its default, lowered, and raised to its cap.

mod support;

use std::collections::BTreeSet;

use relyingparty::{Alg, CallbackParams, Endpoint, Policy};
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
    limit("max_header_bytes", [4_096, 100, 8_192], "malformed_token", |world, size| {
        let header = padded(r#"{"alg":"EdDSA","kid":"k1","x":""#, size, r#""}"#);
        let token = world.op.key.token_of(&header, &world.claims().to_string());
        code(&world.verify(&token))
    }),
    limit("max_kid_bytes", [256, 8, 256], "malformed_token", |world, size| {
        world.op.rotate(&"k".repeat(size));
        let claims = world.claims();
        code(&world.verify_claims(&claims))
    }),
    limit("max_sub_bytes", [255, 12, 255], "claim_invalid", |world, size| {
        let mut claims = world.claims();
        claims["sub"] = "s".repeat(size).into();
        code(&world.verify_claims(&claims))
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
    limit("max_json_members", [512, 16, 1_024], "malformed_token", |world, members| {
        let mut claims = world.claims();
        claims["x"] = vec![1; members].into();
        code(&world.verify_claims(&claims))
    }),
    limit("max_json_members", [512, 16, 1_024], "malformed_json", |world, members| {
        let metadata = world.op.metadata.as_object_mut().unwrap();
        (metadata.len()..members).for_each(|more| drop(metadata.insert(format!("x{more}"), more.into())));
        discovered(world)
    }),
    limit("max_json_members", [512, 16, 1_024], "malformed_json", |world, members| {
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
    limit("max_callback_bytes", [16_384, 600, 16_384], "callback_malformed", |world, size| {
        // Several parameters, none of them too long.
        let login = world.begin();
        let mut text = world.op.authorize(&login.url);
        for more in 0.. {
            let name = format!("&p{more}=");
            let left = size - text.len();
            if left < 130 {
                text = padded(&format!("{text}&q="), size, "");
                break;
            }
            text = padded(&format!("{text}{name}"), text.len() + 120, "");
        }
        code(&world.callback(login, &text))
    }),
    limit("max_parameter_bytes", [8_192, 128, 8_192], "callback_malformed", |world, size| {
        let login = world.begin();
        world.op.code = "c".repeat(size);
        let text = world.op.authorize(&login.url);
        code(&world.callback(login, &text))
    }),
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
                if *name == "max_json_depth" || *name == "max_json_members" {
                    world.policy.max_header_bytes = 8_192;
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

/// What is read before there is a policy is bounded all the same.
#[test]
fn a14_a_callback_is_bounded_before_a_client_looks_at_it() {
    let of = |size: usize| code(&CallbackParams::parse(&padded("a=b&c=", size, "")));
    assert_eq!([of(8_192 + 6), of(8_192 + 7)], ["ok", "callback_malformed"]);
    let many = |parameters: usize| {
        let text: Vec<_> = (0..parameters).map(|number| format!("p{number}=x")).collect();
        code(&CallbackParams::parse(&text.join("&")))
    };
    assert_eq!([many(256), many(257)], ["ok", "callback_malformed"]);
    let full = padded("a=&", 16_384, "").replacen("p", "&", 8_000);
    assert_eq!(code(&CallbackParams::parse(&full)), "ok");
    assert_eq!(code(&CallbackParams::parse(&format!("{full}&"))), "callback_malformed");
}
