//! What became of every row with every transport, as a table and as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::modules::Expect;
use serde_json::{Value, json};

use super::case::Case;
use super::driver::TRANSPORTS;

/// What became of one row with one transport.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Passed,
    /// It came to this instead, which its platform decides: why.
    Platform(&'static str, &'static str),
    /// What was wrong.
    Failed(String),
    /// Why it could not be tried.
    Skipped(String),
}

impl Cell {
    fn mark(&self) -> &'static str {
        match self {
            Cell::Passed => "pass",
            Cell::Platform(..) => "pass*",
            Cell::Failed(_) => "FAIL",
            Cell::Skipped(_) => "skip",
        }
    }

    /// What is to be said beside the mark.
    fn note(&self) -> Option<String> {
        match self {
            Cell::Passed => None,
            Cell::Platform(code, why) => Some(format!("pass* with {code}: {why}")),
            Cell::Failed(what) => Some(format!("FAIL: {what}")),
            Cell::Skipped(why) => Some(format!("skip: {why}")),
        }
    }

    fn as_str(&self) -> &'static str {
        match self {
            Cell::Passed | Cell::Platform(..) => "pass",
            Cell::Failed(_) => "fail",
            Cell::Skipped(_) => "skipped",
        }
    }
}

/// A transport by its name, and its cells in the order of the rows.
type Column = (&'static str, Vec<Cell>);

/// The modules and rows, and what became of each with each transport.
#[derive(Debug)]
pub struct Matrix {
    cases: Vec<Case>,
    columns: Vec<Column>,
    took: Duration,
}

impl Matrix {
    /// `columns` in any order; one that could not be gone is skipped as a whole.
    pub(super) fn new(
        cases: Vec<Case>,
        columns: Vec<(&'static str, Result<Vec<Cell>, String>)>,
        took: Duration,
    ) -> Self {
        let whole = |(name, column): (_, Result<_, String>)| {
            (name, column.unwrap_or_else(|reason| vec![Cell::Skipped(reason); cases.len()]))
        };
        let mut columns: Vec<Column> = columns.into_iter().map(whole).collect();
        columns.sort_by_key(|(name, _)| TRANSPORTS.iter().position(|transport| transport.name == *name));
        Self { cases, columns, took }
    }

    /// How many cells are `pass`, `fail` or `skipped`.
    pub fn count(&self, kind: &str) -> usize {
        self.columns.iter().flat_map(|(_, cells)| cells).filter(|cell| cell.as_str() == kind).count()
    }

    /// The table, what is to be said about single cells, and the counts.
    pub fn text(&self) -> String {
        let width = self.cases.iter().map(|case| case.name().len()).max().unwrap_or(0);
        let mut text = format!("{:width$}", "");
        for (name, _) in &self.columns {
            let _ = write!(text, "  {name}");
        }
        for (at, case) in self.cases.iter().enumerate() {
            let _ = write!(text, "\n{:width$}", case.name());
            for (name, cells) in &self.columns {
                let _ = write!(text, "  {:<1$}", cells[at].mark(), name.len());
            }
        }
        text.push_str("\n\n");
        for note in self.notes() {
            let _ = writeln!(text, "{note}");
        }
        for (name, cells) in &self.columns {
            let count = |kind: &str| cells.iter().filter(|cell| cell.as_str() == kind).count();
            let (passed, failed, skipped) = (count("pass"), count("fail"), count("skipped"));
            let _ = writeln!(text, "{name:<14} {passed:>4} passed, {failed} failed, {skipped} skipped");
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// The counts, on one line.
    pub fn summary(&self) -> String {
        let [passed, failed, skipped] = ["pass", "fail", "skipped"].map(|kind| self.count(kind));
        let (rows, columns, seconds) = (self.cases.len(), self.columns.len(), self.took.as_secs_f32());
        format!(
            "{rows} rows with {columns} transports: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0} s"
        )
    }

    /// One object, for programs.
    pub fn json(&self) -> Value {
        let row = |(at, case): (usize, &Case)| {
            let mut row = json!({ "name": case.name(), "expect": case.expect().as_str() });
            if let Case::Module(module) = case {
                row["source"] = module.source().into();
            }
            if let Expect::Reject(_, code) | Expect::Either(_, code) = case.expect() {
                row["code"] = code.into();
            }
            for (name, cells) in &self.columns {
                row[*name] = cells[at].as_str().into();
            }
            row
        };
        json!({
            "rows": self.cases.iter().enumerate().map(row).collect::<Vec<Value>>(),
            "passed": self.count("pass"),
            "failed": self.count("fail"),
            "skipped": self.count("skipped"),
            "notes": self.notes(),
        })
    }

    /// A line for what is to be said about a column's cells, and of how many.
    fn notes(&self) -> Vec<String> {
        self.columns.iter().flat_map(|(name, cells)| self.notes_on(name, cells)).collect()
    }

    fn notes_on(&self, transport: &str, cells: &[Cell]) -> Vec<String> {
        let mut grouped: Vec<(String, Vec<&str>)> = Vec::new();
        for (case, cell) in self.cases.iter().zip(cells) {
            let Some(said) = cell.note() else { continue };
            match grouped.iter_mut().find(|(note, _)| *note == said) {
                Some((_, names)) => names.push(case.name()),
                None => grouped.push((said, vec![case.name()])),
            }
        }
        let line = |(said, names): &(String, Vec<&str>)| match names.as_slice() {
            names if names.len() > MANY => {
                format!("{transport}, {} and {} more, {said}", names[0], names.len() - 1)
            }
            names => format!("{transport}, {}, {said}", names.join(", ")),
        };
        grouped.iter().map(line).collect()
    }
}

/// More rows than these are not named one by one.
const MANY: usize = 8;
