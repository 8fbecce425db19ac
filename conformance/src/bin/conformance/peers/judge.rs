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

/// What a client has to do to pass.
pub(super) fn has_to(module: &Module) -> &'static str {
    if changes_logout_state(module) { "notice" } else { module.expect.as_str() }
}

fn has_to_refuse(module: &Module) -> bool {
    matches!(module.expect, Expect::Reject(..)) || changes_logout_state(module)
}

#[cfg(test)]
mod tests {
    use conformance::modules;

    use super::*;

    fn verdict(module: &str, outcome: Outcome, seen: suite::Verdict) -> Result<Verdict, String> {
        let line = format!(r#"{{"module":"{module}","outcome":"broken"}}"#);
        let answer = Answer { outcome, ..serde_json::from_str(&line).unwrap() };
        let answers = Answers::from([(module.to_owned(), (answer, seen))]);
        judge(modules::find(module).unwrap(), &answers).map(|cell| cell.verdict)
    }

    #[test]
    fn what_has_to_be_refused_is_refused_at_once_or_it_is_a_fail() {
        let verdict = |outcome, seen| verdict("oidcc-client-test-invalid-iss", outcome, seen).unwrap();
        assert_eq!(verdict(Outcome::Rejected, suite::Verdict::Passed), Verdict::Pass);
        assert_eq!(verdict(Outcome::Rejected, suite::Verdict::Failed), Verdict::Fail);
        assert_eq!(verdict(Outcome::Accepted, suite::Verdict::Failed), Verdict::Fail);
        assert_eq!(verdict(Outcome::Rejected, suite::Verdict::Waiting), Verdict::NotSupported);
    }

    #[test]
    fn what_has_to_be_accepted_is_accepted_or_it_is_a_fail() {
        let verdict = |outcome, seen| verdict("oidcc-client-test", outcome, seen);
        assert_eq!(verdict(Outcome::Accepted, suite::Verdict::Passed), Ok(Verdict::Pass));
        assert_eq!(verdict(Outcome::Rejected, suite::Verdict::Waiting), Ok(Verdict::Fail));
        assert_eq!(verdict(Outcome::Unsupported, suite::Verdict::Waiting), Ok(Verdict::NotSupported));
        verdict(Outcome::Accepted, suite::Verdict::Waiting).unwrap_err();
        verdict(Outcome::Broken, suite::Verdict::Waiting).unwrap_err();
    }

    #[test]
    fn where_either_will_do_either_is_a_pass() {
        for outcome in [Outcome::Accepted, Outcome::Rejected] {
            let verdict = verdict("oidcc-client-test-idtoken-sig-none", outcome, suite::Verdict::Passed);
            assert_eq!(verdict, Ok(Verdict::Pass));
        }
    }

    #[test]
    fn a_state_that_changed_in_a_logout_has_to_be_noticed() {
        for module in
            ["oidcc-client-test-rp-init-logout-other-state", "oidcc-client-test-rp-init-logout-no-state"]
        {
            assert_eq!(verdict(module, Outcome::Rejected, suite::Verdict::Passed), Ok(Verdict::Pass));
            assert_eq!(verdict(module, Outcome::Accepted, suite::Verdict::Passed), Ok(Verdict::Fail));
        }
        let kept = verdict("oidcc-client-test-rp-init-logout", Outcome::Accepted, suite::Verdict::Passed);
        assert_eq!(kept, Ok(Verdict::Pass));
    }
}
