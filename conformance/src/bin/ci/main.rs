//! `cargo ci`: everything that CI runs, doing its own set-up.
//!
//! ```text
//! cargo ci                  all parts, in order, but those that run by name only
//! cargo ci python browser   these parts
//! cargo ci --list           what parts there are
//! ```
//!
//! A part streams what its runners print. The summary at the end repeats each runner's closing line, and its
//! last line counts the parts: `N passed, N failed, N skipped`. The exit code is 1 when a part failed.

mod docs_site;
mod fuzz;
mod imports;
mod keycloak;
mod limits;
mod oldest_rust;
mod parts;
mod release;
mod summary;
mod supply;

use std::process::ExitCode;
use std::time::Instant;

use conformance::workbench::Context;
use parts::{OPT_IN, PARTS, Part};
use summary::Row;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args == ["--list"] {
        print!("{}", parts_list());
        return ExitCode::SUCCESS;
    }
    let selected = match select(&args) {
        Ok(selected) => selected,
        Err(message) => {
            eprint!("{message}");
            return ExitCode::from(2);
        }
    };

    let mut context = Context::start();
    let rows: Vec<Row> = selected.into_iter().map(|part| run(part, &mut context)).collect();
    print!("{}", summary::table(&rows, &context));
    if rows.iter().any(Row::is_red) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn run(part: &'static Part, context: &mut Context) -> Row {
    println!("\n=== {}: {}", part.name, part.about);
    let started = Instant::now();
    let outcome = (part.run)(context);
    let row = Row { part: part.name, outcome, time: started.elapsed(), closing: context.take_closing() };
    println!("--- {row}");
    row
}

/// The named parts in the order of the table, whatever the order of the names; when none is named, all but the opt-in.
fn select(names: &[String]) -> Result<Vec<&'static Part>, String> {
    if names.is_empty() {
        return Ok(PARTS.iter().collect());
    }
    let all = || PARTS.iter().chain(OPT_IN);
    if let Some(unknown) = names.iter().find(|name| all().all(|part| part.name != *name)) {
        return Err(format!("no part is called {unknown}; there are:\n{}", parts_list()));
    }
    Ok(all().filter(|part| names.iter().any(|name| name == part.name)).collect())
}

fn parts_list() -> String {
    let line = |part: &Part, note: &str| format!("  {:<12} {}{note}\n", part.name, part.about);
    let runs = PARTS.iter().map(|part| line(part, ""));
    runs.chain(OPT_IN.iter().map(|part| line(part, " (opt-in: runs by name only)"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(selected: &[&Part]) -> Vec<&'static str> {
        selected.iter().map(|part| part.name).collect()
    }

    #[test]
    fn no_name_selects_every_part() {
        assert_eq!(select(&[]).unwrap().len(), PARTS.len());
    }

    #[test]
    fn named_parts_run_in_the_order_of_the_table() {
        let selected = select(&["python".into(), "fmt".into()]).unwrap();
        assert_eq!(names(&selected), ["fmt", "python"]);
    }

    #[test]
    fn an_opt_in_part_runs_by_name_only_and_the_list_says_so() {
        assert!(names(&select(&[]).unwrap()).iter().all(|name| *name != "keycloak"));
        assert_eq!(names(&select(&["keycloak".into(), "fmt".into()]).unwrap()), ["fmt", "keycloak"]);
        let list = parts_list();
        let line = list.lines().find(|line| line.trim_start().starts_with("keycloak")).unwrap();
        assert!(line.ends_with("(opt-in: runs by name only)"), "{line}");
    }

    #[test]
    fn an_unknown_part_is_refused_with_the_list() {
        let message = select(&["pyhton".into()]).err().unwrap();
        assert!(message.contains("pyhton") && message.contains("python"), "{message}");
    }
}
