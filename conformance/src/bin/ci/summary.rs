//! The table at the end.

use std::fmt;
use std::time::Duration;

use conformance::workbench::{Context, Outcome, Stop};

/// How one part went.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) part: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) time: Duration,
    pub(crate) closing: Vec<String>,
}

impl Row {
    /// Whether the whole run fails for it.
    pub(crate) fn is_red(&self) -> bool {
        matches!(self.outcome, Err(Stop::Fail(_))) || self.is_missing()
    }

    fn is_missing(&self) -> bool {
        matches!(self.outcome, Err(Stop::NotRun(_)))
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
            Err(Stop::NotRun(step)) => ("NOT RUN", step.as_str()),
        };
        let line = format!("{:<12} {word:<8} {:>7.1} s  {reason}", self.part, self.time.as_secs_f64());
        f.write_str(line.trim_end())
    }
}

/// Every row, under it the closing lines of its runners; what could not be installed; last, alone on its line, the count of
/// parts, where one that was not run has failed.
pub(crate) fn table(rows: &[Row], context: &Context) -> String {
    let mut table = String::from("\n=== summary; `cargo ci PART` runs one part again\n");
    for row in rows {
        table.push_str(&format!("{row}\n"));
        for line in &row.closing {
            table.push_str(&format!("    {line}\n"));
        }
    }
    table.push_str(&set_up(rows, context));
    let failed = rows.iter().filter(|row| row.is_red()).count();
    let skipped = rows.iter().filter(|row| row.skipped()).count();
    let passed = rows.len() - failed - skipped;
    table.push_str(&format!("{passed} passed, {failed} failed, {skipped} skipped\n"));
    table
}

/// What the set-up could not do, whom that kept from running, and what root would install.
fn set_up(rows: &[Row], context: &Context) -> String {
    let mut text = String::new();
    for broken in context.broken() {
        text.push_str(&format!("set-up failed: {broken}\n"));
    }
    let missing: Vec<&str> = rows.iter().filter(|row| row.is_missing()).map(|row| row.part).collect();
    if !missing.is_empty() {
        text.push_str(&format!(
            "not run, and counted as failed; then again: cargo ci {}\n",
            missing.join(" ")
        ));
    }
    let wanted: Vec<&str> = context.wanted().iter().map(String::as_str).collect();
    if !wanted.is_empty() {
        text.push_str(&format!("as root: apt-get install {}\n", wanted.join(" ")));
    }
    text
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
        let table = table(&rows, &Context::start());
        assert_eq!(table.lines().last(), Some("1 passed, 1 failed, 1 skipped"));
        assert!(table.contains("\n    # pass 12\n"), "{table}");
    }

    #[test]
    fn what_could_not_be_installed_stands_there_once_with_the_parts_that_were_not_run() {
        let mut context = Context::start();
        let mut outcome = || context.install("npm", |_| Err(fail("no network")));
        let rows = [row("fmt", Ok(())), row("wasm", outcome()), row("javascript", outcome())];
        let table = table(&rows, &context);
        assert_eq!(table.matches("no network").count(), 1, "{table}");
        assert!(table.contains("wasm         NOT RUN      1.5 s  npm failed\n"), "{table}");
        assert!(table.contains("again: cargo ci wasm javascript\n"), "{table}");
        assert_eq!(table.lines().last(), Some("1 passed, 2 failed, 0 skipped"));
    }

    #[test]
    fn a_reason_stands_beside_its_part() {
        let row = row("browser", Err(Stop::Skip("no Chromium".into())));
        assert_eq!(row.to_string(), "browser      SKIPPED      1.5 s  no Chromium");
    }
}
