//! The steps of a release, each with its outcome.

use std::fmt::Write;
use std::time::{Duration, Instant};

use conformance::workbench::{Outcome, Stop, fail};

struct Step {
    name: String,
    outcome: Outcome,
    time: Duration,
}

/// What was done so far. A step that fails keeps none after it from being tried.
#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Does one step; whether it succeeded.
    pub(super) fn take(&mut self, name: impl Into<String>, work: impl FnOnce() -> Outcome) -> bool {
        let name = name.into();
        println!("\n--- {name}");
        let started = Instant::now();
        let outcome = work();
        let done = outcome.is_ok();
        self.0.push(Step { name, outcome, time: started.elapsed() });
        done
    }

    /// A line for each step.
    pub(super) fn table(&self) -> String {
        let mut table = String::from("\n");
        for Step { name, outcome, time } in &self.0 {
            let (word, reason) = match outcome {
                Ok(()) => ("ok", ""),
                Err(Stop::Skip(reason)) => ("skipped", reason.as_str()),
                Err(stop) => ("FAILED", stop.reason()),
            };
            let line = format!("{name:<44} {word:<8} {:>6.1} s  {reason}", time.as_secs_f64());
            let _ = writeln!(table, "{}", line.trim_end());
        }
        table
    }

    /// The counts in a line.
    pub(super) fn summary(&self) -> String {
        let (failed, skipped) = (self.failed().len(), self.skipped().len());
        let passed = self.0.len() - failed - skipped;
        format!("steps of the release: {passed} passed, {failed} failed, {skipped} skipped")
    }

    /// Failed when a step is, else skipped when one is.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.failed().as_slice(), self.skipped().as_slice()) {
            ([], []) => Ok(()),
            ([], skipped) => Err(Stop::Skip(format!("not tried: {}", skipped.join(", ")))),
            (failed, _) => Err(fail(failed.join(", "))),
        }
    }

    fn skipped(&self) -> Vec<&str> {
        self.names(|outcome| matches!(outcome, Err(Stop::Skip(_))))
    }

    fn failed(&self) -> Vec<&str> {
        self.names(|outcome| matches!(outcome, Err(Stop::Fail(_) | Stop::NotRun(_))))
    }

    fn names(&self, which: fn(&Outcome) -> bool) -> Vec<&str> {
        self.0.iter().filter(|step| which(&step.outcome)).map(|step| step.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_skipped_skips_the_part_and_one_that_fails_fails_it() {
        let mut steps = Steps::default();
        assert!(steps.take("one", || Ok(())));
        assert!(steps.outcome().is_ok());
        steps.take("two", || Err(Stop::Skip("no musl".into())));
        assert!(matches!(steps.outcome(), Err(Stop::Skip(reason)) if reason == "not tried: two"));
        assert!(!steps.take("three", || Err(fail("no"))));
        assert!(matches!(steps.outcome(), Err(Stop::Fail(reason)) if reason == "three"));
        assert_eq!(steps.summary(), "steps of the release: 1 passed, 1 failed, 1 skipped");
        assert!(steps.table().contains("skipped     0.0 s  no musl\n"), "{}", steps.table());
    }
}
