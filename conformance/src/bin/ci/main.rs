//! `cargo ci`: everything that CI runs, doing its own set-up.
//!
//! ```text
//! cargo ci                  all parts, in order
//! cargo ci python browser   these parts
//! cargo ci --list           what parts there are
//! ```
//!
//! A part streams what its runners print. The summary at the end repeats each runner's closing line, and its
//! last line counts the parts: `N passed, N failed, N skipped`. The exit code is 1 when a part failed.

mod fuzz;
mod imports;
mod limits;
mod parts;
mod summary;
mod supply;

use std::process::ExitCode;
use std::time::Instant;

use conformance::workbench::Context;
use parts::{PARTS, Part};
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
    print!("{}", summary::table(&rows));
    if rows.iter().any(Row::failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn run(part: &'static Part, context: &mut Context) -> Row {
    println!("\n=== {}: {}", part.name, part.about);
    let started = Instant::now();
    let outcome = (part.run)(context);
    let row = Row { part: part.name, outcome, time: started.elapsed(), closing: context.take_closing() };
    println!("--- {row}");
    row
}

/// The named parts in the order of the table, whatever the order of the names; all of them when none is named.
fn select(names: &[String]) -> Result<Vec<&'static Part>, String> {
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|part| part.name != *name)) {
        return Err(format!("no part is called {unknown}; there are:\n{}", parts_list()));
    }
    Ok(PARTS.iter().filter(|part| names.is_empty() || names.iter().any(|name| name == part.name)).collect())
}

fn parts_list() -> String {
    PARTS.iter().map(|part| format!("  {:<12} {}\n", part.name, part.about)).collect()
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
    fn an_unknown_part_is_refused_with_the_list() {
        let message = select(&["pyhton".into()]).err().unwrap();
        assert!(message.contains("pyhton") && message.contains("python"), "{message}");
    }
}
