//! Timing two sides in turns, so that whatever else the machine does falls on both.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// As long as one side is timed before it is the other's turn, or one call if that takes longer: short beside the time
/// that other programs get in one go, so that most turns are undisturbed.
const TURN: Duration = Duration::from_micros(100);

/// Times `ours` and `theirs` in turns and prints the row.
#[cfg(any(feature = "peers", feature = "session-peers"))]
pub(crate) fn pair(group: &str, row: &str, rounds: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let (our_calls, their_calls) = (calls_per_turn(&mut ours, rounds), calls_per_turn(&mut theirs, rounds));
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let mut our_turn = || our_times.push(turn(&mut ours, our_calls));
        let mut their_turn = || their_times.push(turn(&mut theirs, their_calls));
        if round % 2 == 0 {
            our_turn();
            their_turn();
        } else {
            their_turn();
            our_turn();
        }
    }
    print(json!({ "group": group, "row": row, "ours": our_times, "theirs": their_times }));
}

/// Times `ours` where there is nothing to compare it with, and prints the row.
pub(crate) fn alone(group: &str, row: &str, rounds: usize, mut ours: impl FnMut()) {
    let calls = calls_per_turn(&mut ours, rounds);
    let times: Vec<f64> = (0..rounds).map(|_| turn(&mut ours, calls)).collect();
    print(json!({ "group": group, "row": row, "ours": times }));
}

pub(crate) fn print(row: Value) {
    println!("{row}");
}

/// Microseconds per call.
fn turn(work: &mut impl FnMut(), calls: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..calls {
        work();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

/// How many calls fill a turn, by the best of a few. A smoke run, of a few rounds, makes one.
fn calls_per_turn(work: &mut impl FnMut(), rounds: usize) -> u32 {
    if rounds <= 5 {
        return 1;
    }
    turn(work, 20);
    let best = (0..20).map(|_| turn(work, 5)).fold(f64::INFINITY, f64::min);
    ((TURN.as_secs_f64() * 1e6 / best) as u32).max(1)
}
