//! `cargo conformance live`: every transport at every module and at what only the wire can show.

use std::process::ExitCode;

use conformance::live::{self, Selection};
use conformance::workbench::Context;

pub(crate) const USAGE: &str = "live [--only PATTERN] [--transport NAME] [--json]";

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    let (mut selection, mut json) = (Selection::default(), false);
    let mut options = options.iter().copied();
    while let Some(option) = options.next() {
        let mut value = || options.next().map(|value| Some(value.to_owned())).ok_or_else(usage);
        match option {
            "--only" => selection.only = value()?,
            "--transport" => selection.transport = value()?,
            "--json" => json = true,
            _ => return Err(usage()),
        }
    }
    let matrix = live::run(&mut Context::start(), &selection)?;
    print!("{}", matrix.text());
    if json {
        println!("{}", matrix.json());
    }
    let not_passed = matrix.count("fail") + matrix.count("skipped");
    Ok(if not_passed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn usage() -> String {
    format!("usage: cargo conformance {USAGE}")
}
