//! The table at the end.

use std::fmt;
use std::time::Duration;

use conformance::workbench::{Outcome, Stop};

/// How one part went.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) part: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) time: Duration,
    pub(crate) closing: Vec<String>,
}

impl Row {
    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, Err(Stop::Fail(_)))
    }

    fn skipped(&self) -> bool {
        matches!(self.outcome, Err(Stop::Skip(_)))
    }
}

/// One line: the part, the outcome, the seconds, the reason if there is one.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, reason) = match &self.outcome {
            Ok(()) => ("passed", ""),
            Err(Stop::Skip(reason)) => ("SKIPPED", reason.as_str()),
            Err(Stop::Fail(reason)) => ("FAILED", reason.as_str()),
        };
        let line = format!("{:<12} {word:<8} {:>7.1} s  {reason}", self.part, self.time.as_secs_f64());
        f.write_str(line.trim_end())
    }
}

/// Every row, under it the closing lines of its runners; last, alone on its line, the count of parts.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = String::from("\n=== summary\n");
    for row in rows {
        table.push_str(&format!("{row}\n"));
        for line in &row.closing {
            table.push_str(&format!("    {line}\n"));
        }
    }
    let failed = rows.iter().filter(|row| row.failed()).count();
    let skipped = rows.iter().filter(|row| row.skipped()).count();
    let passed = rows.len() - failed - skipped;
    table.push_str(&format!("{passed} passed, {failed} failed, {skipped} skipped\n"));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use conformance::workbench::fail;

    fn row(part: &'static str, outcome: Outcome) -> Row {
        Row { part, outcome, time: Duration::from_millis(1500), closing: vec!["# pass 12".into()] }
    }

    #[test]
    fn the_last_line_counts_the_parts() {
        let rows = [
            row("fmt", Ok(())),
            row("python", Err(fail("no pip"))),
            row("browser", Err(Stop::Skip("no Chromium".into()))),
        ];
        let table = table(&rows);
        assert_eq!(table.lines().last(), Some("1 passed, 1 failed, 1 skipped"));
        assert!(table.contains("\n    # pass 12\n"), "{table}");
    }

    #[test]
    fn a_reason_stands_beside_its_part() {
        let row = row("browser", Err(Stop::Skip("no Chromium".into())));
        assert_eq!(row.to_string(), "browser      SKIPPED      1.5 s  no Chromium");
    }
}
