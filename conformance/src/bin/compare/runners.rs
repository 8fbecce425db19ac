//! The programs that do the timing, and which groups each of them has.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::goals::rows;
use crate::options::{Extent, Options};
use crate::samples::Sample;
use crate::setup::Setup;

pub(crate) struct Runner {
    pub(crate) name: &'static str,
    groups: &'static [&'static str],
    build: fn(&Setup) -> Result<Command, String>,
}

pub(crate) const RUNNERS: &[Runner] = &[
    Runner {
        name: "Rust with aws-lc-rs",
        groups: &["rust-aws-lc-rs", "login", "proofs", "growth", "allocations"],
        build: |setup| setup.rust("aws-lc-rs"),
    },
    Runner {
        name: "Rust with RustCrypto",
        groups: &["rust-rustcrypto"],
        build: |setup| setup.rust("rustcrypto"),
    },
    Runner {
        name: "Python",
        groups: &["python", "python-threads", "login", "proofs", "sessions", "growth"],
        build: |setup| setup.python("run.py"),
    },
    Runner {
        name: "Node",
        groups: &["node", "login", "proofs", "growth"],
        build: |setup| setup.node("run.mjs"),
    },
    Runner { name: "sessions in Rust", groups: &["sessions"], build: Setup::rust_sessions },
    Runner { name: "Node 24", groups: &["sessions"], build: |setup| setup.node24("run.mjs") },
];

impl Runner {
    /// The groups that are wanted of those it has.
    pub(crate) fn wanted(&self, options: &Options) -> Vec<&'static str> {
        self.groups.iter().filter(|group| options.groups.contains(group)).copied().collect()
    }

    pub(crate) fn build(&self, setup: &Setup) -> Result<Command, String> {
        eprintln!("building: {}", self.name);
        (self.build)(setup).map_err(|reason| format!("{}: {reason}", self.name))
    }

    /// Runs what was built, with the work in `work`: the rows that it printed, and why it printed no more if it failed.
    pub(crate) fn run(
        &self,
        mut command: Command,
        work: &Path,
        extent: Extent,
        groups: &[&str],
    ) -> (Vec<Sample>, Option<String>) {
        eprintln!("timing: {}", self.name);
        command.arg(work).arg(extent.rounds().to_string()).args(groups);
        let output = match command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output() {
            Ok(output) => output,
            Err(error) => return (Vec::new(), Some(format!("{}: {error}", self.name))),
        };
        let lines = String::from_utf8_lossy(&output.stdout);
        let samples = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Sample>, _>>();
        let (samples, unreadable) = match samples {
            Ok(samples) => (samples, None),
            Err(error) => (Vec::new(), Some(format!("{}: not a row: {error}", self.name))),
        };
        let failed = (!output.status.success()).then(|| format!("{}: {}", self.name, output.status));
        (samples, failed.or(unreadable))
    }
}

/// The rows that there should be, with peers, and are not.
pub(crate) fn missing(options: &Options, samples: &[Sample]) -> Vec<String> {
    let there: BTreeSet<(&str, &str)> =
        samples.iter().map(|sample| (sample.group.as_str(), sample.row.as_str())).collect();
    let wanted = options.groups.iter().filter(|_| options.extent.has_peers());
    let rows = wanted.flat_map(|group| rows(group).map(move |(row, _)| (*group, row)));
    let missing = rows.filter(|(group, row)| !there.contains(&(*group, row.as_str())));
    missing.map(|(group, row)| format!("{group}: no row {row}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Options {
        Options::parse(line.split_whitespace().map(Into::into)).unwrap().unwrap()
    }

    #[test]
    fn every_group_has_a_runner() {
        for group in options("").groups {
            let is_served = group == crate::servers::GROUP;
            assert!(is_served || RUNNERS.iter().any(|runner| runner.groups.contains(&group)), "{group}");
        }
    }

    #[test]
    fn a_row_that_is_not_there_is_missed() {
        let row = r#"{"group":"node","row":"jose RS256","ours":[1],"theirs":[2]}"#;
        let missing = missing(&options("--only node"), &[serde_json::from_str(row).unwrap()]);
        assert_eq!(missing.len(), 5, "{missing:?}");
        assert!(!missing.contains(&"node: no row jose RS256".to_owned()), "{missing:?}");
    }
}
