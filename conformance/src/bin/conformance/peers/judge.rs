//! What an answer makes of a module: the library's own word, and what the suite saw it do.

use conformance::modules::{Expect, Module};
use conformance::suite;

use super::play::{Answer, Answers, Outcome, changes_logout_state};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It accepted what has to be accepted, it refused what has to be refused.
    Pass,
    /// It accepted what has to be refused, or the other way round.
    Fail,
    /// It has no such thing, or cannot come to the point at which it would have to decide.
    NotSupported,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::NotSupported => "not supported",
        }
    }
}

pub(super) struct Cell {
    pub(super) verdict: Verdict,
    /// Why, where the verdict alone does not tell.
    pub(super) reason: String,
}

pub(super) fn judge(module: &Module, answers: &Answers) -> Result<Cell, String> {
    let (answer, seen) = answers.get(module.name).ok_or_else(|| format!("no answer to {}", module.name))?;
    let Answer { outcome, error, .. } = answer;
    let cell = |verdict, reason: &str| Ok(Cell { verdict, reason: reason.into() });
    match outcome {
        Outcome::Broken => Err(format!("{}: {error}", module.name)),
        Outcome::Unsupported => cell(Verdict::NotSupported, error),
        Outcome::Accepted => match has_to_refuse(module) {
            true => cell(Verdict::Fail, "accepted"),
            false if *seen == suite::Verdict::Passed => cell(Verdict::Pass, ""),
            false => Err(format!("{}: accepted, but the log says {}", module.name, seen.as_str())),
        },
        Outcome::Rejected => match (module.expect, seen) {
            (Expect::Accept, _) if !has_to_refuse(module) => cell(Verdict::Fail, error),
            (_, suite::Verdict::Waiting) => {
                cell(Verdict::NotSupported, &format!("came to a stop before: {error}"))
            }
            (_, suite::Verdict::Failed) => cell(Verdict::Fail, &format!("refused a step too late: {error}")),
            (_, suite::Verdict::Passed | suite::Verdict::Unseen) => cell(Verdict::Pass, error),
        },
    }
}

fn has_to_refuse(module: &Module) -> bool {
    matches!(module.expect, Expect::Reject(..)) || changes_logout_state(module)
}
