//! Replays a case: every request is compared byte for byte, every outcome by its code and the values that are named.

use relyingparty::HttpRequest;
use serde_json::Value;

use super::format::{Case, Exchange, Outcome, Step};
use super::host::{Answer, Host};
use super::observe;
use super::player::Player;

/// Plays the case; errs with the first difference.
pub fn replay(case: &Case) -> Result<(), String> {
    let mut player = Player::new(case);
    for (number, step) in case.steps.iter().enumerate() {
        replay_step(&mut player, step).map_err(|difference| format!("step {}: {difference}", number + 1))?;
    }
    Ok(())
}

fn replay_step(player: &mut Player, step: &Step) -> Result<(), String> {
    player.now = step.now.unwrap_or(player.now);
    let mut file =
        File { exchanges: step.exchanges.iter(), waits: matches!(step.outcome, Outcome::Pending(_)) };
    let outcome = player.play(&step.call, &mut file)?;
    if let Some(exchange) = file.exchanges.next() {
        return Err(format!("{} was not asked", exchange.expect.endpoint));
    }
    compare(&step.outcome, &outcome)
}

/// Answers as the file says.
struct File<'a> {
    exchanges: std::slice::Iter<'a, Exchange>,
    waits: bool,
}

impl Host for File<'_> {
    fn answer(&mut self, request: &HttpRequest, _: i64) -> Result<Answer, String> {
        let actual = observe::request(request);
        match self.exchanges.next() {
            Some(Exchange { expect, now, respond }) if *expect == actual => {
                Ok(Answer::Reply(respond.clone(), *now))
            }
            Some(Exchange { expect, .. }) => Err(format!("expected the request {expect:?}, got {actual:?}")),
            None if self.waits => Ok(Answer::Wait),
            None => Err(format!("unexpected request {actual:?}")),
        }
    }
}

fn compare(expected: &Outcome, actual: &Outcome) -> Result<(), String> {
    let same = match (expected, actual) {
        (Outcome::Ok(Value::Object(expected)), Outcome::Ok(actual)) => {
            expected.iter().all(|(name, value)| actual.get(name) == Some(value))
        }
        (
            Outcome::Error { code, server_error, details },
            Outcome::Error { code: found, server_error: theirs, details: told },
        ) => {
            let same = details.iter().all(|(name, value)| told.get(name) == Some(value));
            same && code == found && server_error == theirs
        }
        (expected, actual) => expected == actual,
    };
    if same { Ok(()) } else { Err(format!("expected the outcome {expected:?}, got {actual:?}")) }
}
