//! The table, as Markdown for `docs/reference/beside.md`.

use std::fmt::Write;

use super::applications::Application;
use super::drive::Went;
use super::{LOGINS, Row};

const HEADS: [&str; 10] = [
    "with",
    "lines",
    "login",
    "two tabs",
    "callback reloaded",
    "refresh",
    "logout here and there",
    "back-channel logout",
    "two processes",
    "seconds",
];

pub(super) fn table(rows: &[Row]) -> String {
    let mut table = format!("\n| {} |\n|{}\n", HEADS.join(" | "), " --- |".repeat(HEADS.len()));
    let mut reasons = String::new();
    for row in rows {
        let head = head(row.application, &row.version, row.lines);
        let cells = match &row.outcome {
            Ok(outcome) => {
                let mut cells = vec!["yes".to_owned()];
                cells.extend(outcome.seen.steps().map(|(_, went)| word(went)));
                cells.extend([format!("{} of {LOGINS}", outcome.logins), outcome.secs.to_string()]);
                for (step, went) in outcome.seen.steps() {
                    if let Went::Badly(reason) = went {
                        let _ = writeln!(reasons, "{}: {step}: {reason}", row.application.folder);
                    }
                }
                cells
            }
            Err(reason) => {
                let _ = writeln!(reasons, "{}: not run: {reason}", row.application.folder);
                let mut cells = vec!["not run".to_owned()];
                cells.resize(HEADS.len() - 2, String::new());
                cells
            }
        };
        let _ = writeln!(table, "{head} {} |", cells.join(" | "));
    }
    format!("{table}\n{reasons}")
}

/// The cells that the folder decides: what it is, and its lines.
pub(super) fn head(application: &Application, version: &str, lines: usize) -> String {
    format!("| {}: {} {version} | {lines} |", framework(application.framework()), application.library)
}

fn framework(name: &str) -> &str {
    match name {
        "fastapi" => "FastAPI",
        "flask" => "Flask",
        "django" => "Django",
        "express" => "Express",
        other => other,
    }
}

fn word(went: &Went) -> String {
    match went {
        Went::Well => "yes".into(),
        Went::Otherwise(how) => (*how).into(),
        Went::Absent => "no such thing".into(),
        Went::Badly(_) => "**no**".into(),
    }
}
