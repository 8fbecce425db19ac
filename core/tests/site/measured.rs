//! What a visit costs: `cargo test --release -p relyingparty --test site measured -- --ignored --nocapture`.

use std::time::Instant;

use relyingparty::SitePolicy;

use crate::town::Town;

#[test]
#[ignore = "a measurement, not a test"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn measured_visits() {
    for (kept, policy) in [("in cookies", SitePolicy::default()), ("in a store", SitePolicy::stored())] {
        let mut town = Town::new(policy);
        town.op.member("access_token", "a".repeat(900));
        town.op.without_claim("at_hash");
        let mut browser = town.login();
        let bytes = browser.header().len();
        let mut least = f64::INFINITY;
        for _ in 0..50 {
            let begun = Instant::now();
            for _ in 0..1_000 {
                assert!(town.visit(&mut browser).session.is_some());
            }
            least = least.min(begun.elapsed().as_secs_f64() * 1e3);
        }
        println!("a session {kept}: {least:.2} µs a visit, the least of 50 rounds; {bytes} bytes of cookies");
    }
}
