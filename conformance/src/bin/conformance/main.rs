//! `cargo conformance`: what shows how a relying party does.
//!
//! ```text
//! cargo conformance                       every case, replayed in Rust, Python and JavaScript
//! cargo conformance --runner rust         in Rust only
//! cargo conformance --only rotat          the cases with that in their names
//! cargo conformance --json                and the matrix as one JSON object in the last line
//! cargo conformance live                  the packages with their transports, over real HTTP
//! cargo conformance record                writes the cases anew, from the tables
//! cargo conformance serve [--port 9090]   the scripted provider, one issuer for each module
//! cargo conformance peers                 other relying parties at that provider, side by side
//! cargo conformance beside                one small application with ours and with other libraries, installed and run
//! ```
//!
//! The exit code is 1 when a case did not pass with every runner.

mod beside;
mod live;
mod peers;
mod record;
mod run;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["beside", options @ ..] => beside::run(options),
        ["live", options @ ..] => live::run(options),
        ["peers", options @ ..] => peers::run(options),
        ["record", options @ ..] => record::run(options),
        ["serve", options @ ..] => serve::run(options),
        [command, ..] if !command.starts_with("--") => Err(format!(
            "{command} is no command: {} | {} | {} | {} | record | serve [--port PORT]",
            run::USAGE,
            live::USAGE,
            peers::USAGE,
            beside::USAGE
        )),
        options => run::run(options),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
