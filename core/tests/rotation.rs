//! Tokens that are spent once, and a provider that rotates its keys at the worst moment: nothing that was given is lost.

mod support;

use std::cell::Cell;
use std::collections::VecDeque;

use relyingparty::{Alg, Endpoint, Error, Flow, Reply, Request, Session, Step, Timestamp, drive};
use serde_json::json;
use support::{Key, START, World, code, parameter, typed_response};

/// What goes wrong with one answer of the key endpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Failed,
    Refused,
    Slow,
}

/// How the key of the next token differs from the key that the client has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rotation {
    None,
    /// A new key under a new name.
    Named,
    /// A new key under the old name.
    SameName,
}

/// Whether the token names its key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kid {
    Known,
    /// One that is in no key set.
    Unknown,
    Absent,
}

/// A provider that revokes the grant when a refresh token is used twice, a client, and a clock that both see.
struct Stage {
    world: World,
    faults: VecDeque<Fault>,
    /// The keys that the next answer has: it is that to a request which was under way before they changed.
    under_way: Option<serde_json::Value>,
    used: Vec<String>,
    revoked: bool,
    clock: Cell<i64>,
}

impl Stage {
    fn new() -> Stage {
        let mut world = World::new();
        world.policy.key_hard_age_secs = 604_800;
        let (faults, used) = (VecDeque::new(), Vec::new());
        Stage { world, faults, under_way: None, used, revoked: false, clock: Cell::new(0) }
    }

    fn run<F: Flow>(&mut self, step: Step<F>) -> Result<F::Output, Error> {
        let (start, clock) = (self.world.now, &self.clock);
        let now = || Timestamp::from_unix(start.as_unix() + clock.get());
        let (op, faults, used, revoked) =
            (&mut self.world.op, &mut self.faults, &mut self.used, &mut self.revoked);
        let under_way = &mut self.under_way;
        drive(step, &mut self.world.cache, now, |request| {
            let http = match request {
                Request::Wait(wait) => {
                    assert!(wait.seconds > 0 && wait.until == now().plus(wait.seconds));
                    clock.set(clock.get() + i64::from(wait.seconds));
                    op.waits += 1;
                    return Reply::Waited;
                }
                Request::Http(http) => http,
                verify => return op.answer(verify, now()),
            };
            if http.endpoint == Endpoint::Token {
                let form = String::from_utf8(http.body.clone()).unwrap();
                if let Some(token) = parameter(&form, "refresh_token") {
                    *revoked |= used.contains(&token);
                    used.push(token);
                }
                if *revoked {
                    let refusal = typed_response(400, "application/json", r#"{"error":"invalid_grant"}"#);
                    return Reply::Http(refusal);
                }
            }
            let fault = (http.endpoint == Endpoint::Jwks).then(|| faults.pop_front()).flatten();
            let before = (http.endpoint == Endpoint::Jwks).then(|| under_way.take()).flatten();
            let jwks = op.jwks.clone();
            op.jwks = before.unwrap_or_else(|| jwks.clone());
            let reply = op.answer(request, now());
            op.jwks = jwks;
            match fault {
                None => reply,
                Some(Fault::Failed) => Reply::Http(typed_response(503, "text/html", "busy")),
                Some(Fault::Refused) => Reply::Unreachable { reason: "connection refused".into() },
                Some(Fault::Slow) => {
                    clock.set(clock.get() + 4);
                    reply
                }
            }
        })
    }

    fn rotate(&mut self, rotation: Rotation, seed: &str) {
        let op = &mut self.world.op;
        match rotation {
            Rotation::None => return,
            Rotation::Named => op.key = Key::new(Alg::EdDsa, seed),
            Rotation::SameName => op.key = Key::seeded(Alg::EdDsa, &op.key.kid.clone(), seed),
        }
        op.jwks = json!({ "keys": [op.key.jwk()] });
    }

    fn login(&mut self) -> Result<Session, Error> {
        let authorization = self.world.begin();
        let query = self.world.op.authorize(&authorization.url);
        let code = self.world.callback(authorization, &query)?;
        let step = self.world.client().exchange(code)?;
        self.run(step)
    }

    fn refresh(&mut self, session: &Session) -> Result<Session, Error> {
        let step = self.world.client().refresh(session)?;
        self.run(step)
    }

    /// Signs the next tokens so that they name their key in this way.
    fn name_keys(&mut self, kid: Kid) {
        self.world.op.header = match kid {
            Kid::Known => None,
            Kid::Unknown => Some(json!({ "alg": "EdDSA", "kid": "nowhere" })),
            Kid::Absent => Some(json!({ "alg": "EdDSA" })),
        };
    }
}

const ROTATIONS: [Rotation; 3] = [Rotation::None, Rotation::Named, Rotation::SameName];
const KIDS: [Kid; 3] = [Kid::Known, Kid::Unknown, Kid::Absent];

/// Every order of up to four answers, good ones among them.
fn faults() -> Vec<Vec<Fault>> {
    let mut all = vec![vec![]];
    for length in 0..4 {
        let longest: Vec<_> = all.iter().filter(|faults: &&Vec<_>| faults.len() == length).cloned().collect();
        for faults in longest {
            for fault in [Fault::Failed, Fault::Refused, Fault::Slow] {
                all.push([faults.clone(), vec![fault]].concat());
            }
        }
    }
    all
}

fn left_out(session: &Session) -> Option<String> {
    session
        .decisions()
        .into_iter()
        .find(|decision| decision.check == "id_token")
        .map(|decision| decision.found)
}

#[test]
fn a_refresh_loses_nothing_whatever_happens_to_the_keys() {
    for rotation in ROTATIONS {
        for kid in KIDS {
            for faults in faults() {
                let mut stage = Stage::new();
                let first = stage.login().unwrap();
                stage.rotate(rotation, "next");
                stage.name_keys(kid);
                stage.faults = faults.clone().into();
                let what = format!("{rotation:?} {kid:?} {faults:?}");
                let second = stage.refresh(&first).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(
                    (second.access_token(), second.refresh_token()),
                    (Some("access-2"), Some("refresh-2")),
                    "{what}"
                );
                assert_eq!(second.claims().sub(), first.claims().sub(), "{what}");
                let fetched = stage.world.op.count(Endpoint::Jwks) - 1;
                assert!(fetched <= 3, "{what}: {fetched} fetches");
                assert!(stage.clock.get() <= 10 + 4, "{what}: took {} s", stage.clock.get());
                match left_out(&second) {
                    None => assert_ne!(second.id_token(), first.id_token(), "{what}"),
                    Some(_) => {
                        assert_eq!(second.id_token(), first.id_token(), "{what}");
                        assert_eq!(second.claims().as_json(), first.claims().as_json(), "{what}");
                    }
                }
                assert_eq!(
                    second.decisions().iter().filter(|decision| !decision.passed).count(),
                    0,
                    "{what}"
                );
                // The session goes on, and nobody used a token twice.
                stage.faults.clear();
                stage.name_keys(Kid::Known);
                let third = stage.refresh(&second).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!((third.refresh_token(), left_out(&third)), (Some("refresh-3"), None), "{what}");
                assert!(!stage.revoked);
            }
        }
    }
}

#[test]
fn a_refresh_takes_the_new_id_token_whenever_its_key_can_be_had() {
    for rotation in ROTATIONS {
        for kid in [Kid::Known, Kid::Absent] {
            for faults in faults() {
                // Three attempts in ten seconds, of which a slow one takes four.
                let good = faults
                    .iter()
                    .take(3)
                    .position(|fault| *fault == Fault::Slow)
                    .or((faults.len() < 3).then_some(0));
                let mut stage = Stage::new();
                let first = stage.login().unwrap();
                stage.rotate(rotation, "next");
                stage.name_keys(kid);
                stage.faults = faults.clone().into();
                let second = stage.refresh(&first).unwrap();
                let expected = rotation == Rotation::None || good.is_some();
                assert_eq!(
                    left_out(&second).is_none(),
                    expected,
                    "{rotation:?} {kid:?} {faults:?}: {:?}",
                    second.decisions()
                );
            }
        }
    }
}

#[test]
fn a_login_ends_with_its_session_or_says_that_keys_could_not_be_had() {
    for kid in KIDS {
        for faults in faults() {
            let mut stage = Stage::new();
            stage.name_keys(kid);
            stage.faults = faults.clone().into();
            let outcome = stage.login();
            let had = faults.len() < 3 || faults.iter().take(3).any(|fault| *fault == Fault::Slow);
            let expected = match (had, kid) {
                (true, Kid::Unknown) => ["unknown_key", "keys_unavailable"].as_slice(),
                (true, _) => &["ok"],
                (false, _) => &["keys_unavailable"],
            };
            assert!(expected.contains(&code(&outcome)), "{kid:?} {faults:?}: {outcome:?}");
            assert!(stage.world.op.count(Endpoint::Jwks) <= 3);
        }
    }
}

#[test]
fn an_answer_that_was_under_way_when_the_key_changed_loses_nothing() {
    for rotation in ROTATIONS {
        for kid in [Kid::Known, Kid::Absent] {
            let mut stage = Stage::new();
            let first = stage.login().unwrap();
            let keys = stage.world.op.jwks.clone();
            stage.rotate(rotation, "next");
            stage.name_keys(kid);
            stage.under_way = Some(keys.clone());
            let second =
                stage.refresh(&first).unwrap_or_else(|error| panic!("{rotation:?} {kid:?}: {error}"));
            assert_eq!((second.refresh_token(), left_out(&second)), (Some("refresh-2"), None));

            let mut stage = Stage::new();
            stage.rotate(rotation, "next");
            stage.name_keys(kid);
            stage.under_way = Some(keys);
            assert_eq!(code(&stage.login()), "ok", "{rotation:?} {kid:?}: a code is spent once, too");
        }
    }
}

#[test]
fn a_signature_that_is_wrong_is_so_by_a_second_fetch_and_then_for_good() {
    for (tries, fetches) in [(1, 1), (2, 2), (3, 2), (10, 2)] {
        let mut stage = Stage::new();
        stage.world.policy.key_tries = tries;
        let forged = Key::seeded(Alg::EdDsa, &stage.world.op.key.kid.clone(), "x");
        stage.world.op.key = forged;
        assert_eq!(code(&stage.login()), "bad_signature");
        assert_eq!((stage.world.op.count(Endpoint::Jwks), stage.world.op.waits), (fetches, 0));
        // Of a token that anybody may have sent, one fetch is enough.
        let mut stage = Stage::new();
        let forged =
            Key::seeded(Alg::EdDsa, &stage.world.op.key.kid.clone(), "x").token(&stage.world.claims());
        assert_eq!(code(&stage.world.verify(&forged)), "bad_signature");
        assert_eq!(stage.world.op.count(Endpoint::Jwks), 1);
    }
}

#[test]
fn keys_are_fetched_for_an_own_token_within_the_cooldown_of_anybody_elses() {
    let mut stage = Stage::new();
    let first = stage.login().unwrap();
    let forged = Key::new(Alg::EdDsa, "x").token(&stage.world.claims());
    for _ in 0..10 {
        assert_eq!(code(&stage.world.verify(&forged)), "unknown_key");
    }
    assert_eq!(stage.world.op.count(Endpoint::Jwks), 1);
    stage.rotate(Rotation::Named, "k2");
    let second = stage.refresh(&first).unwrap();
    assert_eq!((stage.world.op.count(Endpoint::Jwks), left_out(&second)), (2, None));
    assert_eq!(stage.world.op.waits, 0);
}

#[test]
fn a_signature_that_is_wrong_by_fresh_keys_is_an_error() {
    for kid in ["k1", "k2"] {
        let mut stage = Stage::new();
        let first = stage.login().unwrap();
        stage.world.op.key = Key::seeded(Alg::EdDsa, kid, "forger");
        stage.world.op.jwks = json!({ "keys": [Key::new(Alg::EdDsa, kid).jwk()] });
        let outcome = stage.refresh(&first);
        // One for the login, and two that agree.
        assert_eq!((code(&outcome), stage.world.op.count(Endpoint::Jwks)), ("bad_signature", 3), "{kid}");
    }
}

#[test]
fn an_id_token_whose_key_is_missing_has_to_be_in_order_in_all_that_can_be_read() {
    for (claim, value, outcome) in [
        ("iss", json!("https://evil.example"), "iss_mismatch"),
        ("sub", json!("subject-2"), "refreshed_claim_changed"),
        ("aud", json!("other"), "aud_mismatch"),
        ("azp", json!("other"), "azp_mismatch"),
        ("exp", json!(START.as_unix() - 61), "token_expired"),
        ("iat", json!(START.as_unix() + 61), "issued_in_future"),
        ("nonce", json!("another"), "refreshed_claim_changed"),
        ("at_hash", json!("AAAA"), "at_hash_mismatch"),
    ] {
        let mut stage = Stage::new();
        let first = stage.login().unwrap();
        stage.rotate(Rotation::Named, "k2");
        stage.world.op.claim(claim, value);
        stage.world.op.unreachable(Endpoint::Jwks);
        assert_eq!(code(&stage.refresh(&first)), outcome, "{claim}");
    }
}

#[test]
fn a_host_that_cannot_wait_keeps_its_session_too() {
    let mut world = World::new();
    let session = world.login();
    world.op.rotate("k2");
    world.op.unreachable(Endpoint::Jwks);
    let (now, step) = (world.now, world.client().refresh(&session).unwrap());
    let op = &mut world.op;
    let refreshed = drive(
        step,
        &mut world.cache,
        || now,
        |request| match request {
            Request::Wait(_) => Reply::Unsupported,
            request => op.answer(request, now),
        },
    )
    .unwrap();
    assert_eq!((refreshed.access_token(), world.op.count(Endpoint::Jwks)), (Some("access-2"), 2));
    assert!(left_out(&refreshed).unwrap().contains("keys_unavailable"));
}

#[test]
fn no_session_is_lost_in_two_hundred_rotations() {
    let mut stage = Stage::new();
    let mut session = stage.login().unwrap();
    let faults = faults();
    for number in 0..200 {
        stage.rotate(ROTATIONS[number % 3], &format!("key-{number}"));
        stage.name_keys(KIDS[number / 3 % 3]);
        stage.faults = faults[number % faults.len()].clone().into();
        stage.world.wait([0, 1, 29, 31, 601][number % 5]);
        session = stage.refresh(&session).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(session.refresh_token(), Some(format!("refresh-{}", number + 2).as_str()));
    }
    assert!(!stage.revoked);
}

#[test]
fn a_provider_that_revokes_on_reuse_says_so_to_who_uses_a_token_twice() {
    let mut stage = Stage::new();
    let first = stage.login().unwrap();
    stage.refresh(&first).unwrap();
    let outcome: Result<Session, Error> = stage.refresh(&first);
    assert_eq!((code(&outcome), stage.revoked), ("provider_error", true));
}
