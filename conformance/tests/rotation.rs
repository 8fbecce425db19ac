//! One session through 200 refreshes, at a provider that rotates its keys when it hurts and revokes on reuse.
//!
//! It needs the provider of `conformance/op`: `cargo ci rust-live` sets it up and runs this.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod op;
mod party;

use op::Op;
use party::Party;
use relyingparty::{Alg, Policy, Registration, Session};
use serde_json::json;

const REDIRECT: &str = "https://app.example/callback";
const REFRESHES: usize = 200;
/// How often the session goes through its text.
const RESTORE_EVERY: usize = 20;
/// The key that is rotated: elliptic, because making one takes no time.
const ALG: &str = "ES256";

/// What a refresh meets. Each rotation is between the request and the signature: nobody has seen the key yet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disturbance {
    Nothing,
    Rotation,
    RotationUnderOneKid,
    FirstFetchFails,
    EveryFetchFails,
    SlowFetch,
}

use Disturbance::*;

const DISTURBANCES: [Disturbance; 6] =
    [Nothing, Rotation, RotationUnderOneKid, FirstFetchFails, EveryFetchFails, SlowFetch];

impl Disturbance {
    fn befall(self, op: &Op, step: usize) {
        if self != Nothing {
            let same_kid = self == RotationUnderOneKid;
            op.control("rotate", &json!({ "algs": [ALG], "before_signing": true, "same_kid": same_kid }));
        }
        // The two ways to fail, in turns.
        let mut failure =
            if step.is_multiple_of(2) { json!({ "closed": true }) } else { json!({ "status": 503 }) };
        let fault = match self {
            FirstFetchFails => {
                failure["fetches"] = 1.into();
                failure
            }
            EveryFetchFails => failure,
            SlowFetch => json!({ "delay_ms": 50 }),
            _ => json!({ "fetches": 0 }),
        };
        op.control("keys", &fault);
    }
}

/// Which disturbance each refresh meets: the same in every run and in every language.
fn plan() -> impl Iterator<Item = Disturbance> {
    let numbers = std::iter::successors(Some(1), |number| Some((number * 75 + 74) % 65537));
    numbers.skip(1).take(REFRESHES).map(|number: usize| DISTURBANCES[number % DISTURBANCES.len()])
}

/// What a lost session's next refresh comes to.
fn afterwards(party: &Party, op: &Op, session: &Session) -> String {
    op.control("keys", &json!({ "fetches": 0 }));
    let code = match party.refresh(session) {
        Ok(_) => "it goes on".into(),
        Err(error) => error.server_error().map_or(error.code().into(), |told| told.error.clone()),
    };
    format!("{code}, grants revoked: {}", op.control("revoked", &json!({})))
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn no_session_is_lost_in_200_refreshes_with_rotations_at_the_worst_moment() {
    let op = Op::start();
    let registered = op.register(json!({ "redirect_uris": [REDIRECT], "id_token_signed_response_alg": ALG }));
    let mut registration = Registration::new(registered["client_id"].as_str().unwrap(), REDIRECT);
    registration.client_secret = registered["client_secret"].as_str().map(Into::into);
    registration.id_token_signed_response_alg = Some(Alg::Es256);
    let mut party = Party::at(&op.issuer, registration, Policy::default(), None).unwrap();
    let mut session = party.login().unwrap();
    let mut used = session.clone();

    for (step, disturbance) in (1..).zip(plan()) {
        let place = format!("refresh {step}, {disturbance:?}");
        disturbance.befall(&op, step);
        let refreshed = party.refresh(&session).unwrap_or_else(|error| {
            panic!("{place}: {}; then {}", error.code(), afterwards(&party, &op, &session))
        });
        op.control("keys", &json!({ "fetches": 0 }));
        assert_ne!(refreshed.access_token(), session.access_token(), "{place}");
        assert!(refreshed.refresh_token().is_some(), "{place}");
        assert_ne!(refreshed.refresh_token(), session.refresh_token(), "{place}");
        assert_eq!(refreshed.claims().sub(), "alice", "{place}");
        let keys_were_there = disturbance != EveryFetchFails;
        if keys_were_there {
            assert_ne!(refreshed.id_token(), session.id_token(), "{place}");
        } else {
            assert_eq!(refreshed.claims().as_json(), session.claims().as_json(), "{place}");
        }
        used = std::mem::replace(&mut session, refreshed);
        if step.is_multiple_of(RESTORE_EVERY) && keys_were_there {
            session = party.restore(&session.encode()).unwrap();
        }
    }
    assert_eq!(party.userinfo(&session).unwrap().sub(), "alice");
    assert_eq!(op.control("revoked", &json!({})), json!([]));

    let reused = party.refresh(&used).unwrap_err();
    assert_eq!(reused.server_error().map(|told| told.error.as_str()), Some("invalid_grant"));
    let revoked = op.control("revoked", &json!({}));
    assert_eq!(revoked.as_array().map(Vec::len), Some(1), "a provider that forgives is no judge");
}
