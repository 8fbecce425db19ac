//! `cargo conformance`: what shows how a relying party does.
//!
//! ```text
//! cargo conformance serve [--port 9090]   the scripted provider, one issuer for each module
//! ```

mod record;
mod serve;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo conformance serve [--port PORT]\n";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", options @ ..] => serve::run(options),
        ["record", options @ ..] => record::run(options),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}
