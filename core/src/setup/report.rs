//! What became of each thing that was looked at.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use crate::report::{Error, printable};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// As it has to be.
    Ok,
    /// A login may work all the same.
    Warning,
    /// No login can work.
    Error,
}

impl Verdict {
    /// `ok`, `warning` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Error => "error",
        }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was checked: `discovery`, `clock`, `keys`, the name of an endpoint or of an option.
    pub topic: &'static str,
    /// `ok`, a warning, or an error: no login can work.
    pub verdict: Verdict,
    /// What the provider or the configuration has there.
    pub found: String,
    /// What to do about it. Empty if there is nothing to do.
    pub advice: String,
    /// The code of the error that a login would end with; `None` if it would not fail.
    pub code: Option<&'static str>,
}

/// What was found about a set-up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SetupReport {
    /// What was checked, in order.
    pub findings: Vec<Finding>,
}

impl SetupReport {
    /// Whether logins can work: no finding is an error.
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict != Verdict::Error)
    }

    pub(super) fn ok(&mut self, topic: &'static str, found: &str, advice: &'static str) {
        self.push(topic, Verdict::Ok, found, advice, None);
    }

    pub(super) fn warning(&mut self, topic: &'static str, found: &str, advice: &'static str) {
        self.push(topic, Verdict::Warning, found, advice, None);
    }

    pub(super) fn problem(&mut self, topic: &'static str, found: &str, advice: &'static str) {
        self.push(topic, Verdict::Error, found, advice, None);
    }

    /// What a login would end with.
    pub(super) fn error(&mut self, topic: &'static str, error: &Error) {
        self.push(topic, Verdict::Error, "", &error.message(), Some(error.code()));
    }

    fn push(
        &mut self,
        topic: &'static str,
        verdict: Verdict,
        found: &str,
        advice: &str,
        code: Option<&'static str>,
    ) {
        self.findings.push(Finding { topic, verdict, found: printable(found), advice: advice.into(), code });
    }
}

/// A line for each finding, and one for its advice.
impl fmt::Display for SetupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { topic, verdict, found, advice, .. } in &self.findings {
            writeln!(f, "{:<8} {topic}: {found}", verdict.as_str())?;
            if !advice.is_empty() {
                writeln!(f, "         {advice}")?;
            }
        }
        Ok(())
    }
}
