//! The fuzz targets: each for a while from the saved corpus, two at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs, thread};

use conformance::workbench::{Context, Outcome, Stop, fail};

/// How long each target runs in seconds, unless this variable says otherwise.
const SECONDS: u32 = 10;
const SECONDS_VARIABLE: &str = "RP_FUZZ_SECONDS";
const AT_A_TIME: usize = 2;
/// What no input may cost: seconds, and megabytes in one piece and in all.
const COST: [&str; 3] = ["-timeout=5", "-malloc_limit_mb=64", "-rss_limit_mb=1024"];

pub(crate) fn run(context: &mut Context) -> Outcome {
    let seconds = match env::var(SECONDS_VARIABLE) {
        Ok(text) => text.parse().map_err(|_| fail(format!("{SECONDS_VARIABLE} is not a number")))?,
        Err(_) => SECONDS,
    };
    let place = build(context)?;
    let mut waiting = targets(context)?;
    waiting.reverse();
    let (waiting, runs) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(target) = next(&waiting) {
                    let run = place.fuzz(&target, seconds);
                    runs.lock().expect("nobody panics with it").push((target, run));
                }
            });
        }
    });
    let mut failed = Vec::new();
    for (target, run) in runs.into_inner().expect("nobody panics with it") {
        match run {
            Ok(figures) => {
                let line = format!("{target:<16} {figures}");
                println!("{line}");
                context.close_with(line);
            }
            Err(output) => {
                println!("{output}");
                failed.push(target);
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(fail(format!("an invariant is broken: {}", failed.join(", "))))
    }
}

fn next(waiting: &Mutex<Vec<String>>) -> Option<String> {
    waiting.lock().expect("nobody panics with it").pop()
}

/// The names of the targets: of the files that they are.
fn targets(context: &Context) -> Result<Vec<String>, Stop> {
    let files = fs::read_dir(context.path("fuzz/targets")).map_err(|error| fail(error.to_string()))?;
    let stem = |file: fs::DirEntry| Some(file.path().file_stem()?.to_str()?.to_owned());
    let mut targets: Vec<String> = files.flatten().filter_map(stem).collect();
    targets.sort();
    Ok(targets)
}

/// Builds the targets with coverage counters, and writes the seeds that the repository's documents make.
fn build(context: &mut Context) -> Result<Place, Stop> {
    let host = context.command("rustc").args(["--print", "host-tuple"]).output();
    let host = host.map_err(|error| fail(format!("rustc: {error}")))?.stdout;
    let folder = context.target("fuzz");
    let place = Place {
        programs: folder.join(String::from_utf8_lossy(&host).trim()).join("release"),
        corpus: context.path("fuzz/corpus"),
        folder,
    };
    for (verb, last) in [("clippy", &["--", "-D", "warnings"][..]), ("build", &[])] {
        let mut cargo = context.command("cargo");
        // What the targets are compiled with is in this folder's own configuration.
        cargo.args([verb, "--release", "--locked", "--target-dir"]).arg(&place.folder).args(last);
        cargo.current_dir(context.path("fuzz"));
        context.run(cargo)?;
    }
    let mut seeds = context.command(place.programs.join("seeds"));
    seeds.arg(place.folder.join("seeds"));
    context.run(seeds)?;
    Ok(place)
}

struct Place {
    programs: PathBuf,
    corpus: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// Runs one target; errs with all it printed when an invariant breaks.
    fn fuzz(&self, target: &str, seconds: u32) -> Result<Figures, String> {
        let (work, crashes) = (self.folder.join("work").join(target), self.folder.join("crashes"));
        let told = |error: std::io::Error| format!("{target}: {error}");
        // From the saved corpus each time, not from where the last run got to.
        if work.exists() {
            fs::remove_dir_all(&work).map_err(told)?;
        }
        for folder in [&work, &crashes] {
            fs::create_dir_all(folder).map_err(told)?;
        }
        let mut command = Command::new(self.programs.join(target));
        command.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1").args(COST);
        command.arg(format!("-artifact_prefix={}/{target}-", crashes.display())).arg(work);
        let given = [self.corpus.join(target), self.folder.join("seeds").join(target)];
        command.args(given.iter().filter(|folder| Path::exists(folder)));
        let output = command.output().map_err(told)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(text);
        }
        Figures::of(&text).ok_or(text)
    }
}

/// What libFuzzer counts.
#[derive(Debug, PartialEq)]
struct Figures {
    executions: u64,
    per_second: u64,
}

impl Figures {
    fn of(output: &str) -> Option<Figures> {
        let figure = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name))?;
            line.trim_start_matches(':').trim().parse().ok()
        };
        let executions = figure("number_of_executed_units").filter(|executions| *executions > 0)?;
        Some(Figures { executions, per_second: figure("average_exec_per_sec")? })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>9} executions, {:>6} per second", self.executions, self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_final_statistics() {
        let output = "Done 20 runs in 2 second(s)\nstat::number_of_executed_units: 20\nstat::average_exec_per_sec:     10\n";
        assert_eq!(Figures::of(output), Some(Figures { executions: 20, per_second: 10 }));
    }

    #[test]
    fn a_target_that_ran_nothing_has_none() {
        let output = "stat::number_of_executed_units: 0\nstat::average_exec_per_sec:     0\n";
        assert_eq!(Figures::of(output), None);
        assert_eq!(Figures::of("Done"), None);
    }
}
