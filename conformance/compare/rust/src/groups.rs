//! Which rows a group has.

use crate::growth;
use crate::ours::Ours;
#[cfg(not(feature = "peers"))]
use crate::rounds::alone;
#[cfg(feature = "peers")]
use crate::rounds::pair;
use crate::work::Work;

const ALGS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

pub(crate) fn run(group: &str, work: &Work, rounds: usize) {
    match group {
        "rust-aws-lc-rs" | "rust-rustcrypto" => verify(group, work, rounds),
        "login" => login(group, work, rounds),
        #[cfg(feature = "aws-lc-rs")]
        "proofs" => proofs(group, work, rounds),
        "growth" => growth::run(group, work, rounds),
        #[cfg(feature = "aws-lc-rs")]
        "allocations" => ALGS.iter().for_each(|alg| crate::allocations::run(group, work, alg)),
        #[cfg(feature = "sessions")]
        "sessions" => crate::sessions::run(group, work, rounds),
        other => panic!("no group is called {other}"),
    }
}

fn verify(group: &str, work: &Work, rounds: usize) {
    let ours = Ours::new(work, &work.jwks);
    for alg in ALGS {
        let (id_token, nonce) = (&work.id_tokens[alg], &work.nonce);
        let our_side = || ours.verify(id_token, nonce);
        #[cfg(feature = "peers")]
        {
            let peer = crate::jsonwebtoken_peer::Peer::new(work, alg);
            pair(group, &format!("jsonwebtoken {alg}"), rounds, our_side, || peer.verify(id_token, nonce));
        }
        #[cfg(all(feature = "peers", feature = "rustcrypto"))]
        {
            let peer = crate::openidconnect_peer::Peer::new(work);
            let nonce = openidconnect::Nonce::new(nonce.clone());
            pair(group, &format!("openidconnect {alg}"), rounds, our_side, || peer.verify(id_token, &nonce));
        }
        #[cfg(all(feature = "peers", feature = "aws-lc-rs"))]
        {
            let floor = crate::floor::Floor::new(&work.jwks.keys, &work.issuer, &work.client_id);
            pair(group, &format!("floor {alg}"), rounds, our_side, || {
                let verified = floor.verify(id_token, nonce, crate::work::unix_now());
                std::hint::black_box(verified.expect("the token is good"));
            });
        }
        #[cfg(not(feature = "peers"))]
        alone(group, alg, rounds, our_side);
    }
}

fn login(group: &str, work: &Work, rounds: usize) {
    let mut ours = Ours::new(work, &work.jwks);
    for alg in ALGS {
        let response = &work.token_responses[alg];
        let our_side = || ours.log_in(work, response);
        #[cfg(feature = "peers")]
        {
            let peer = crate::openidconnect_peer::Peer::new(work);
            let theirs = || peer.log_in(work, response);
            pair(group, &format!("Rust, openidconnect {alg}"), rounds, our_side, theirs);
        }
        #[cfg(not(feature = "peers"))]
        alone(group, &format!("Rust {alg}"), rounds, our_side);
    }
}

#[cfg(feature = "aws-lc-rs")]
fn proofs(group: &str, work: &Work, rounds: usize) {
    for alg in ["ES256", "RS256", "PS256"] {
        let (prover, asserter) =
            (crate::signing::Prover::new(work, alg), crate::signing::Asserter::new(work, alg));
        let (proof, assertion) = (|| prover.sign(), || asserter.sign());
        #[cfg(feature = "peers")]
        {
            let peer = crate::huskarl_peer::Peer::new(work, alg);
            pair(group, &format!("huskarl proof {alg}"), rounds, proof, || peer.proof());
            pair(group, &format!("huskarl assertion {alg}"), rounds, assertion, || peer.assertion());
        }
        #[cfg(not(feature = "peers"))]
        {
            alone(group, &format!("Rust proof {alg}"), rounds, proof);
            alone(group, &format!("Rust assertion {alg}"), rounds, assertion);
        }
    }
}
