//! The runners, one for each language, and how each is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{read, replay};
use crate::workbench::{Context, Stop, fail};

/// Who replays the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// The crate's public interface, in this process.
    Rust,
    /// The installed wheel.
    Python,
    /// The npm package's small build, whose signatures `node:crypto` checks.
    JavaScript,
}

/// How a case went with a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As the case says.
    Pass,
    /// Otherwise: the first difference.
    Fail(String),
    /// It could not be played: the reason.
    Skipped(String),
}

impl Verdict {
    /// The word in the matrix.
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail(_) => "fail",
            Verdict::Skipped(_) => "skipped",
        }
    }

    /// Why it did not pass.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Verdict::Pass => None,
            Verdict::Fail(reason) | Verdict::Skipped(reason) => Some(reason),
        }
    }
}

/// What a runner in another language prints about a case.
#[derive(Deserialize)]
struct Line {
    name: String,
    result: String,
    #[serde(default)]
    reason: String,
}

impl Runner {
    /// All of them.
    pub const ALL: [Runner; 3] = [Runner::Rust, Runner::Python, Runner::JavaScript];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Runner::Rust => "rust",
            Runner::Python => "python",
            Runner::JavaScript => "javascript",
        }
    }

    /// Replays the cases; the verdicts are in the order of the files.
    pub fn run(self, context: &mut Context, files: &[PathBuf]) -> Result<Vec<Verdict>, Stop> {
        let (program, script) = match self {
            Runner::Rust => return Ok(files.iter().map(|file| in_process(file)).collect()),
            Runner::Python => (context.python()?, "conformance/runners/python/replay.py"),
            Runner::JavaScript => {
                context.npm_package()?;
                ("node".into(), "conformance/runners/javascript/replay.mjs")
            }
        };
        let mut command = context.command(program);
        command.arg(script).args(files);
        let output = command.output().map_err(|error| fail(format!("{}: {error}", self.name())))?;
        let said: BTreeMap<String, Verdict> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok())
            .map(|line| (line.name.clone(), verdict(line)))
            .collect();
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.lines().last().unwrap_or("the runner says nothing of it");
        let silent = Verdict::Fail(complaint.to_owned());
        Ok(files.iter().map(|file| said.get(&name(file)).unwrap_or(&silent).clone()).collect())
    }
}

fn in_process(file: &Path) -> Verdict {
    match read(file).and_then(|case| replay(&case)) {
        Ok(()) => Verdict::Pass,
        Err(difference) => Verdict::Fail(difference),
    }
}

fn verdict(line: Line) -> Verdict {
    match line.result.as_str() {
        "pass" => Verdict::Pass,
        "skipped" => Verdict::Skipped(line.reason),
        _ => Verdict::Fail(line.reason),
    }
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
