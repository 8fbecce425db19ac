//! `cargo demo`: log in once and see everything that was sent, received and decided.

#![forbid(unsafe_code)]

mod embedded;
mod failure;
mod headless;
mod journal;
mod mask;
mod meaning;
mod options;
mod party;
mod report;
mod settings;
mod transport;
mod web;

use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use self::failure::Failure;
use self::options::{Mode, Options};

/// The path OpenIDConnect.jl's examples register.
const REDIRECT_PATH: &str = "/auth/login";
const PORT: u16 = 8888;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    match options.mode {
        Mode::Headless { json } => match report::print(&headless::run(&options), json) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
        Mode::Web => match web::run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        },
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::demo("no_runtime", format!("no thread could be started: {error}")))
}
