//! Replays a case: every request is compared byte for byte, every outcome by its code and the values that are named.

use relyingparty::{HttpRequest, StoreRequest};
use serde_json::Value;

use super::exchange::{Asked, Exchange, Reply};
use super::format::{Case, Outcome, Step};
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
        return Err(format!("{} was not asked", exchange.expect.name()));
    }
    compare(&step.outcome, &outcome)
}

/// Answers as the file says.
struct File<'a> {
    exchanges: std::slice::Iter<'a, Exchange>,
    waits: bool,
}

impl File<'_> {
    /// The next answer, if it is to this; none if there is no other.
    fn next(&mut self, actual: &Asked) -> Result<Option<(Reply, Option<i64>)>, String> {
        match self.exchanges.next() {
            Some(Exchange { expect, now, respond }) if expect == actual => Ok(Some((respond.clone(), *now))),
            Some(Exchange { expect, .. }) => Err(format!("expected the request {expect:?}, got {actual:?}")),
            None => Ok(None),
        }
    }
}

impl Host for File<'_> {
    fn answer(&mut self, request: &HttpRequest, _: i64) -> Result<Answer, String> {
        let actual = Asked::Http(observe::request(request));
        match self.next(&actual)? {
            Some((reply, now)) => Ok(Answer::Reply(reply, now)),
            None if self.waits => Ok(Answer::Wait),
            None => Err(format!("unexpected request {actual:?}")),
        }
    }

    fn store(&mut self, request: &StoreRequest, _: i64) -> Result<Answer, String> {
        let actual = Asked::Store { store: observe::store(request) };
        match self.next(&actual)? {
            Some((reply, now)) => Ok(Answer::Reply(reply, now)),
            None if self.waits => Ok(Answer::Wait),
            None => Err(format!("unexpected request {actual:?}")),
        }
    }

    fn prove(&mut self, asked: Asked) -> Result<Reply, String> {
        let found = self.next(&asked)?;
        found.map(|(reply, _)| reply).ok_or_else(|| format!("unexpected request {asked:?}"))
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
