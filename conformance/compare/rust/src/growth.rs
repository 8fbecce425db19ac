//! What grows with the key set.

use crate::ours::{Ours, to_json};
use crate::rounds::alone;
use crate::work::Work;

pub(crate) fn run(group: &str, work: &Work, rounds: usize) {
    // There is nothing to tell apart by the last percent.
    let rounds = rounds.div_ceil(10);
    let id_token = &work.id_tokens["ES256"];
    let many = work.many_keys.keys.len();
    for count in [1, 10, 100, many] {
        let ours = Ours::new(work, &work.last_keys(count));
        alone(group, &format!("Rust: verify ES256, {count} keys"), rounds, || {
            ours.verify(id_token, &work.nonce)
        });
    }
    for count in [1, many] {
        let ours = Ours::new(work, &work.jwks);
        let keys = to_json(&work.last_keys(count));
        alone(group, &format!("Rust: parse a key set, {count} keys"), rounds, || ours.read_keys(&keys));
    }
}
