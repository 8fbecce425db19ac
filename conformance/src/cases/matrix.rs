//! Case by runner.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::runners::{Runner, Verdict};
use super::{Case, files, read};
use crate::workbench::{Context, Stop, fail};

/// Every case, with the verdict of each runner.
#[derive(Clone, Debug)]
pub struct Matrix {
    runners: Vec<Runner>,
    rows: Vec<(Case, Vec<Verdict>)>,
}

impl Matrix {
    /// Has these runners replay the cases in a folder whose names contain `only`.
    pub fn run(context: &mut Context, runners: &[Runner], folder: &Path, only: &str) -> Result<Self, Stop> {
        let mut files = files(folder).map_err(|error| fail(format!("{}: {error}", folder.display())))?;
        files.retain(|file| file.file_stem().unwrap_or_default().to_string_lossy().contains(only));
        let column = |runner: &Runner| runner.run(context, &files);
        let columns = runners.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let row = |(number, file): (usize, &std::path::PathBuf)| {
            let verdicts = columns.iter().map(|column| column[number].clone()).collect();
            Ok((read(file).map_err(fail)?, verdicts))
        };
        let rows = files.iter().enumerate().map(row).collect::<Result<_, Stop>>()?;
        Ok(Self { runners: runners.to_vec(), rows })
    }

    /// How many cases passed with every runner.
    pub fn passed(&self) -> usize {
        self.rows
            .iter()
            .filter(|(_, verdicts)| verdicts.iter().all(|verdict| *verdict == Verdict::Pass))
            .count()
    }

    /// How many did not.
    pub fn failed(&self) -> usize {
        self.rows.len() - self.passed()
    }

    /// The counts in a line.
    pub fn summary(&self) -> String {
        let runners: Vec<_> = self.runners.iter().map(|runner| runner.name()).collect();
        let (passed, failed) = (self.passed(), self.failed());
        format!("cases with {}: {passed} passed, {failed} failed", runners.join(", "))
    }

    /// The table, under each case that did not pass the reason, and the counts.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let line = |cells: &[&str], case: &str| {
            let cells: String = cells.iter().map(|cell| format!("{cell:<11}")).collect();
            format!("{cells}{case}\n")
        };
        let names: Vec<_> = self.runners.iter().map(|runner| runner.name()).collect();
        text.push_str(&line(&names, "case"));
        for (case, verdicts) in &self.rows {
            let words: Vec<_> = verdicts.iter().map(Verdict::as_str).collect();
            text.push_str(&line(&words, &format!("{:<7} {}", case.expect, case.name)));
            for (runner, verdict) in self.runners.iter().zip(verdicts) {
                if let Some(reason) = verdict.reason() {
                    let _ = writeln!(text, "    {}: {reason}", runner.name());
                }
            }
        }
        for (column, runner) in self.runners.iter().enumerate() {
            let count = |word: &str| self.rows.iter().filter(|(_, row)| row[column].as_str() == word).count();
            let (pass, fail, skipped) = (count("pass"), count("fail"), count("skipped"));
            let _ = writeln!(text, "{:<11}{pass} passed, {fail} failed, {skipped} skipped", runner.name());
        }
        text + &self.summary() + "\n"
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        let row = |(case, verdicts): &(Case, Vec<Verdict>)| {
            let mut row = json!({ "name": case.name, "source": case.source, "expect": case.expect });
            for (runner, verdict) in self.runners.iter().zip(verdicts) {
                row[runner.name()] = verdict.as_str().into();
            }
            row
        };
        let cases: Vec<Value> = self.rows.iter().map(row).collect();
        json!({ "cases": cases, "passed": self.passed(), "failed": self.failed() })
    }
}
