//! `cargo compare`: how long verification, login and a visit take, beside peers, in all three languages.
//!
//! Builds what it needs below `target/compare`, times both sides in turns and prints a table for each group: our median,
//! theirs, the median of the ratios with its quartiles, and whether the goal is met. A missed goal is no failure; the
//! exit code is 1 when something did not run.

mod goals;
mod load;
mod options;
mod report;
mod runners;
mod samples;
mod servers;
mod session;
mod setup;
mod work;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use options::Options;
use runners::{RUNNERS, Runner};
use samples::Sample;
use serde_json::Value;
use setup::Setup;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprint!("{message}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    let (samples, mut failures) = run(&options);
    failures.extend(runners::missing(&options, &samples));

    print!("{}\n{}", report::tables(&samples), report::count(&samples));
    println!(", {} failed", failures.len());
    for failure in &failures {
        println!("FAILED {failure}");
    }
    if options.json {
        println!("{}", report::object(&samples));
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was measured, and what could not be.
fn run(options: &Options) -> (Vec<Sample>, Vec<String>) {
    let setup = Setup::new(options.extent);
    let (mut samples, mut failures) = (Vec::new(), Vec::new());
    let mut built: Vec<(&Runner, Vec<&str>, Command)> = Vec::new();
    for runner in RUNNERS {
        let groups = runner.wanted(options);
        if groups.is_empty() {
            continue;
        }
        match runner.build(&setup) {
            Ok(command) => built.push((runner, groups, command)),
            Err(failure) => failures.push(failure),
        }
    }

    // After the builds, which take their time: tokens are good for an hour.
    let (work, path) = match write_work(&setup, options) {
        Ok(written) => written,
        Err(failure) => return (samples, vec![failure]),
    };
    for (runner, groups, command) in built {
        let (rows, failure) = runner.run(command, &path, options.extent, &groups);
        samples.extend(rows);
        failures.extend(failure);
    }
    if options.groups.contains(&servers::GROUP) {
        let (rows, failed) = servers::run(&setup, options, &work);
        samples.extend(rows);
        failures.extend(failed);
    }
    (samples, failures)
}

fn write_work(setup: &Setup, options: &Options) -> Result<(Value, PathBuf), String> {
    let path = setup.target("work.json");
    let mut work = work::make().map_err(|error| format!("the work: {error}"))?;
    work["peers"] = options.extent.has_peers().into();
    let written =
        std::fs::create_dir_all(setup.target("")).and_then(|()| std::fs::write(&path, work.to_string()));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((work, path))
}
