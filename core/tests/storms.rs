//! Many at once and for long, in simulated time, through the drivers that users get. Each prints its figure:
//! `cargo test -p relyingparty --test storms -- --nocapture`

mod support;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Coalescer, Endpoint, Entropy, Error, Expectations,
    IdTokenClaims, Request, Session, Step, Timestamp,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use support::{START, World, b64, code};

const COOLDOWN: i64 = 30;

/// Tokens that name keys which nobody has; their signatures are nobody's either.
fn token_of_nobody(world: &World, number: usize) -> String {
    let mut claims = world.claims();
    claims["exp"] = (START.as_unix() + 1_000_000).into();
    let header =
        json!({ "alg": "EdDSA", "kid": format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) });
    format!("{}.{}.{}", b64(header.to_string()), b64(claims.to_string()), b64([7; 64]))
}

/// A relying party that many threads share.
struct Shared {
    client: Client,
    cache: Mutex<Cache>,
    coalescer: Coalescer,
    op: Mutex<support::Op>,
    clock: AtomicI64,
    fetches: AtomicUsize,
}

impl Shared {
    fn new(world: World) -> Shared {
        Shared {
            client: world.client(),
            cache: Mutex::new(world.cache),
            coalescer: Coalescer::default(),
            op: Mutex::new(world.op),
            clock: AtomicI64::new(world.now.as_unix()),
            fetches: AtomicUsize::new(0),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::SeqCst))
    }

    fn verify(&self, token: &str) -> Result<IdTokenClaims, Error> {
        let snapshot = self.cache.lock().unwrap().clone();
        let step = self.client.verify(token, Expectations::none(), &snapshot, self.now())?;
        if let Step::Pending(_) = step {
            // Held up between the look and the request.
            (0..token.as_bytes()[60]).for_each(|_| std::thread::yield_now());
        }
        self.coalescer.drive(
            step,
            &self.cache,
            || self.now(),
            |request| {
                self.fetches.fetch_add(1, Ordering::SeqCst);
                self.op.lock().unwrap().answer(request, self.now())
            },
        )
    }
}

#[test]
fn d1_a_hundred_thousand_unknown_kids_fetch_at_most_once_a_cooldown() {
    const TOKENS: usize = 100_000;
    const THREADS: usize = 8;
    let world = World::new();
    let tokens: Vec<_> = (0..1_000).map(|number| token_of_nobody(&world, number)).collect();
    let shared = Shared::new(world);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shared, tokens) = (&shared, &tokens);
            scope.spawn(move || {
                for turn in 0..TOKENS / THREADS {
                    let number = thread * (TOKENS / THREADS) + turn;
                    assert_eq!(code(&shared.verify(&tokens[number % tokens.len()])), "unknown_key");
                    if number % 1_000 == 999 {
                        shared.clock.fetch_add(3, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let seconds = shared.clock.into_inner() - START.as_unix();
    let (fetches, windows) = (shared.fetches.into_inner(), 1 + seconds / COOLDOWN);
    println!(
        "d1: {TOKENS} unknown kids on {THREADS} threads in {seconds} s: {fetches} fetches, {windows} cooldowns"
    );
    assert!(fetches as i64 <= windows);
}

/// A network on which an answer takes its time.
struct Latency(usize);

impl Future for Latency {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0 = self.0.saturating_sub(1);
        context.waker().wake_by_ref();
        if self.0 == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Polls all of them, round after round; after each round `between` happens.
fn all_at_once<F: Future>(futures: impl Iterator<Item = F>, mut between: impl FnMut()) -> Vec<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = futures.map(|future| Some(Box::pin(future))).collect();
    let mut outputs = Vec::new();
    while outputs.len() < waiting.len() {
        for place in &mut waiting {
            let Some(future) = place else { continue };
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                outputs.push(output);
                *place = None;
            }
        }
        between();
    }
    outputs
}

#[test]
fn d1_a_thousand_logins_across_a_rotation_all_succeed_with_a_handful_of_fetches() {
    const LOGINS: usize = 1_000;
    let mut world = World::new();
    world.login();
    world.wait(60);
    let (client, now) = (world.client(), world.now);
    let cache = Mutex::new(std::mem::take(&mut world.cache));
    world.op.log.clear();
    let (op, coalescer, round) = (RefCell::new(world.op), Coalescer::default(), Cell::new(0));
    let login = |number: usize| {
        let (client, cache, op, coalescer) = (&client, &cache, &op, &coalescer);
        async move {
            // They arrive over a hundred rounds, and each waits for the network in its own time.
            Latency(1 + number / 10).await;
            let entropy = Entropy::new(Sha256::digest(number.to_be_bytes()).to_vec())?;
            let login = client.authorize(&AuthorizeRequest::default(), entropy, now)?;
            let query = {
                let mut op = op.borrow_mut();
                op.code = format!("code-{number}");
                op.authorize(&login.url)
            };
            Latency(1 + number % 13).await;
            let code = client.callback(login.pending, &CallbackParams::parse(&query)?, now)?;
            let answer = async |request: Request| {
                Latency(1 + number % 7).await;
                let reply = op.borrow_mut().answer(&request, now);
                Latency(1 + number % 11).await;
                reply
            };
            let session: Session =
                coalescer.drive_async(client.exchange(code)?, cache, || now, answer).await?;
            Ok::<_, Error>(session)
        }
    };
    let sessions = all_at_once((0..LOGINS).map(login), || {
        round.set(round.get() + 1);
        if round.get() == 50 {
            let mut op = op.borrow_mut();
            let old = op.key.jwk();
            op.rotate("k2");
            op.jwks["keys"].as_array_mut().unwrap().push(old);
        }
    });
    let good = sessions.iter().filter(|session| session.is_ok()).count();
    let op = op.into_inner();
    let signed_with_the_new_key = op.count(Endpoint::Token) == LOGINS;
    let fetches = op.count(Endpoint::Jwks);
    println!("d1: {good} of {LOGINS} logins across a rotation, {fetches} fetches of keys");
    assert!(signed_with_the_new_key && good == LOGINS);
    assert_eq!(fetches, 1);
}

/// A relying party on one thread that checks a token now and then, while time passes and the provider comes and goes.
struct Patient {
    world: World,
}

impl Patient {
    fn new() -> Patient {
        let mut world = World::new();
        world.login();
        world.op.log.clear();
        Patient { world }
    }

    /// The outcomes of checking a fresh token every so many seconds, and the fetches that it took.
    fn check_every(&mut self, seconds: i64, for_seconds: i64) -> (usize, Vec<&'static str>, usize) {
        let before = self.world.op.log.len();
        let (mut good, mut other) = (0, Vec::new());
        for _ in 0..for_seconds / seconds {
            self.world.wait(seconds);
            let claims = self.world.claims();
            match code(&self.world.verify_claims(&claims)) {
                "ok" => good += 1,
                refused => other.push(refused),
            }
        }
        (good, other, self.world.op.log.len() - before)
    }

    fn down(&mut self) {
        self.world.op.unreachable(Endpoint::Jwks);
    }

    fn back(&mut self) {
        self.world.op.instead.clear();
    }
}

#[test]
fn d4_an_hour_without_the_provider_costs_no_token_and_one_attempt_a_cooldown() {
    let mut patient = Patient::new();
    patient.down();
    let (good, refused, attempts) = patient.check_every(1, 3_600);
    println!(
        "d4: down for an hour, a token a second: {good} good, {} refused, {attempts} attempts",
        refused.len()
    );
    assert_eq!((good, refused), (3_600, vec![]));
    assert!(attempts as i64 <= 1 + 3_600 / COOLDOWN, "{attempts}");
    patient.back();
    let (good, refused, fetches) = patient.check_every(1, 600);
    println!("d4: back for ten minutes: {good} good, {fetches} fetches");
    assert_eq!((good, refused), (600, vec![]));
    assert!((1..=2).contains(&fetches), "{fetches}");
}

#[test]
fn d3_keys_past_the_hard_age_fail_closed_until_the_provider_is_back() {
    let mut patient = Patient::new();
    patient.down();
    let (good, refused, _) = patient.check_every(60, 2 * 86_400);
    let lasted = good as i64 * 60;
    println!("d3: down for two days, a token a minute: good for {lasted} s, then {} refused", refused.len());
    assert!((86_400 - 60..86_400).contains(&lasted), "{lasted}");
    assert!(refused.iter().all(|code| ["unreachable", "keys_unavailable"].contains(code)));
    patient.back();
    assert_eq!(patient.check_every(60, 600).0, 10);
}

#[test]
fn d1_a_clock_that_jumps_back_a_day_costs_a_fetch_and_trusts_nothing_older() {
    let mut patient = Patient::new();
    let mut fetches = 0;
    for jump in 0..20 {
        patient.world.wait(if jump % 2 == 0 { -86_400 } else { 86_400 });
        let (good, refused, asked) = patient.check_every(1, 60);
        assert_eq!((good, refused), (60, vec![]), "jump {jump}");
        assert_eq!(asked, 1, "jump {jump}");
        fetches += asked;
    }
    // A key that was withdrawn meanwhile is gone, whichever way the clock went.
    let withdrawn = patient.world.op.key.clone();
    patient.world.op.rotate("k2");
    patient.world.wait(-86_400);
    let claims = patient.world.claims();
    assert_eq!(code(&patient.world.verify_claims(&claims)), "ok");
    let token = withdrawn.token(&claims);
    assert_eq!(code(&patient.world.verify(&token)), "unknown_key");
    println!("d1: 20 jumps of a day, there and back, a token a second: {fetches} fetches");
}

#[test]
fn e1_a_login_does_not_outlive_a_clock_that_jumps() {
    for (jump, outcome) in
        [(-86_400, "pending_login_expired"), (86_400, "pending_login_expired"), (-30, "ok")]
    {
        let mut world = World::new();
        let login = world.begin();
        let query = world.op.authorize(&login.url);
        world.wait(jump);
        assert_eq!(code(&world.callback(login, &query)), outcome, "{jump}");
    }
}
