//! `cargo conformance beside`: one small application, for each framework once with ours and once with another library
//! (`conformance/beside/`), installed into an empty folder, started, and driven through what users do. One row each.

mod applications;
mod balance;
mod drive;
mod installed;
mod lines;
mod op;
mod report;
mod running;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use conformance::workbench::{Context, Stop};

use self::applications::{APPLICATIONS, Application};
use self::drive::{Seen, Visitor};
use self::installed::{Installed, Packages};
use self::op::Op;
use self::running::{Redis, Running};

pub(crate) const USAGE: &str = "beside [--only PART-OF-A-NAME]";

const SOURCE: &str = "conformance/beside";
const LOGINS: usize = 20;

/// What is found out about one application.
struct Row {
    application: &'static Application,
    version: String,
    lines: usize,
    /// What was seen, or why it could not be run here.
    outcome: Result<Outcome, String>,
}

struct Outcome {
    seen: Seen,
    secs: u64,
    /// Of `LOGINS`, with two processes and the default store.
    logins: usize,
}

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    let only = match options {
        [] => "",
        ["--only", part] => part,
        _ => return Err(format!("cargo conformance {USAGE}")),
    };
    let mut context = Context::start();
    context.databases().map_err(|(Stop::Fail(reason) | Stop::Skip(reason) | Stop::NotRun(reason))| reason)?;
    let op = Op::start(&mut context)?;
    let packages = Packages::build(&mut context, only)?;
    let redis = Redis::start()?;
    let mut rows = Vec::new();
    for application in APPLICATIONS.iter().filter(|application| application.folder.contains(only)) {
        println!("--- {}", application.folder);
        let source = context.path(SOURCE).join(application.folder);
        let outcome = play(&mut context, application, &packages, &op, &redis);
        if let Err(reason) = &outcome {
            println!("{}: {reason}", application.folder);
        }
        rows.push(Row {
            application,
            version: application.version(&source)?,
            lines: lines::of_login(&source, &application.without(&context.path(SOURCE)))?,
            outcome,
        });
    }
    print!("{}", report::table(&rows));
    Ok(if rows.iter().any(Row::ours_failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Row {
    fn ours_failed(&self) -> bool {
        self.application.is_ours() && !matches!(&self.outcome, Ok(outcome) if outcome.is_whole())
    }
}

impl Outcome {
    fn is_whole(&self) -> bool {
        self.logins == LOGINS && self.seen.steps().iter().all(|(_, went)| went.is_well())
    }
}

fn play(
    context: &mut Context,
    application: &'static Application,
    packages: &Packages,
    op: &Op,
    redis: &Redis,
) -> Result<Outcome, String> {
    let folder = context.target("beside/applications").join(application.folder);
    empty(&folder)?;
    let started = Instant::now();
    let installed = Installed::with(context, application, packages, &folder)?;
    let one = Running::start(&installed, op, Some(redis), 1)?;
    let visitor = Visitor::new(&one, op, application);
    visitor.logs_in().map_err(|reason| format!("the first login: {reason}\n{}", one.said()))?;
    let secs = started.elapsed().as_secs();
    let seen = visitor.look();
    drop(one);

    let two = Running::start(&installed, op, None, 2)?;
    let visitor = Visitor::new(&two, op, application);
    let logins = (0..LOGINS).filter(|_| visitor.logs_in_and_stays().is_ok()).count();
    Ok(Outcome { seen, secs, logins })
}

fn empty(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| error.to_string())?;
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())
}
