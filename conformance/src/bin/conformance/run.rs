//! `cargo conformance`: the cases, replayed in each language.

use std::process::ExitCode;

use conformance::cases::{self, Matrix, Runner};
use conformance::workbench::Context;

pub(crate) const USAGE: &str =
    "cargo conformance [--runner rust|python|javascript]... [--only PART-OF-A-NAME] [--json]";

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    let (mut runners, mut only, mut json) = (Vec::new(), "", false);
    let mut options = options.iter().copied();
    while let Some(option) = options.next() {
        let mut value = || options.next().ok_or_else(|| format!("{option} wants a value"));
        match option {
            "--json" => json = true,
            "--only" => only = value()?,
            "--runner" => {
                let name = value()?;
                let runner = Runner::ALL.into_iter().find(|runner| runner.name() == name);
                runners.push(runner.ok_or_else(|| format!("no runner is called {name}"))?);
            }
            _ => return Err(format!("{option} is no option: {USAGE}")),
        }
    }
    if runners.is_empty() {
        runners = Runner::ALL.to_vec();
    }
    let matrix = Matrix::run(&mut Context::start(), &runners, &cases::folder(), only);
    let matrix = matrix.map_err(|stop| stop.reason().to_owned())?;
    if matrix.passed() + matrix.failed() == 0 {
        return Err(format!("no case has {only} in its name"));
    }
    print!("{}", matrix.to_text());
    if json {
        println!("{}", matrix.to_json());
    }
    Ok(if matrix.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
