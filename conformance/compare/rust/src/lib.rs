//! Verification and login in Rust, beside peers: what `cargo compare` runs.
//!
//! ```text
//! compare-… WORK ROUNDS GROUP…
//! ```
//!
//! `WORK` is the file with tokens and keys, `ROUNDS` how often each side is timed. Each row goes to standard output as a
//! JSON object of its own: microseconds per call, round by round.

#[cfg(feature = "aws-lc-rs")]
mod allocations;
#[cfg(all(feature = "aws-lc-rs", feature = "peers"))]
mod floor;
mod groups;
mod growth;
#[cfg(all(feature = "aws-lc-rs", feature = "peers"))]
mod huskarl_peer;
#[cfg(feature = "peers")]
mod jsonwebtoken_peer;
#[cfg(feature = "peers")]
mod openidconnect_peer;
mod ours;
mod rounds;
#[cfg(feature = "session-peers")]
mod servers;
#[cfg(feature = "sessions")]
mod sessions;
#[cfg(feature = "aws-lc-rs")]
mod signing;
mod work;

/// Runs the groups that the command line names.
pub fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().unwrap_or_else(|| panic!("the command line lacks {what}"));
    let work = work::Work::read(&next("the work"));
    let rounds = next("the rounds").parse().expect("rounds are a number");
    for group in arguments {
        groups::run(&group, &work, rounds);
    }
}

/// Serves an application on a free port of 127.0.0.1, which it prints, until it is killed: `WORK serve NAME`.
#[cfg(feature = "session-peers")]
pub fn serve() {
    let mut arguments = std::env::args().skip(1);
    let work = work::Work::read(&arguments.next().unwrap_or_default());
    servers::serve(&work, &arguments.nth(1).unwrap_or_default());
}
