//! The transports, and how each is set up and driven.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workbench::{Context, Stop, tls::Certificates};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rust::{self, Host};

/// A column of the matrix.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) name: &'static str,
    language: Language,
}

#[derive(Clone, Copy, Debug)]
enum Language {
    Python,
    Node,
    Chromium,
    Rust(Host),
}

pub(super) const TRANSPORTS: &[Transport] = &[
    Transport { name: "urllib", language: Language::Python },
    Transport { name: "httpx", language: Language::Python },
    Transport { name: "httpx-async", language: Language::Python },
    Transport { name: "requests", language: Language::Python },
    Transport { name: "aiohttp", language: Language::Python },
    Transport { name: "fetch", language: Language::Node },
    Transport { name: "nodeTransport", language: Language::Node },
    Transport { name: "chromium", language: Language::Chromium },
    Transport { name: "ureq", language: Language::Rust(Host::Ureq) },
    Transport { name: "reqwest", language: Language::Rust(Host::Reqwest) },
];

/// Where a journey came to an end.
#[derive(Debug, Deserialize)]
pub(super) struct End {
    pub(super) row: String,
    /// The last verb that was called.
    pub(super) call: String,
    /// The code of its error, or `ok`.
    pub(super) code: String,
    pub(super) seconds: f64,
}

/// What goes with a transport.
pub(super) enum Driver {
    /// A program that reads the plan and prints a line for each row.
    Program {
        command: Command,
        ca_file: PathBuf,
    },
    Rust {
        host: Host,
        ca_pem: String,
    },
}

/// Everything there that a transport needs. Errs with the reason why it cannot be had here.
pub(super) fn set_up(
    context: &mut Context,
    transport: &Transport,
    certificates: &Certificates,
) -> Result<Driver, String> {
    let folder = context.target("ci/live");
    let ca_file = folder.join("ca.pem");
    let ca_pem = certificates.ca_pem();
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&ca_file, &ca_pem))
        .map_err(|error| error.to_string())?;
    let command = match transport.language {
        Language::Rust(host) => return Ok(Driver::Rust { host, ca_pem }),
        Language::Python => python(context),
        Language::Node => node(context),
        Language::Chromium => chromium(context, &ca_file, &folder),
    };
    let mut command = command.map_err(|stop| stop.reason().to_owned())?;
    command.arg(transport.name).env("NODE_EXTRA_CA_CERTS", &ca_file);
    Ok(Driver::Program { command, ca_file })
}

fn python(context: &mut Context) -> Result<Command, Stop> {
    let mut command = Command::new(context.python()?);
    command.arg(context.path("conformance/runners/python/live.py"));
    Ok(command)
}

fn node(context: &mut Context) -> Result<Command, Stop> {
    context.npm_package()?;
    let mut command = Command::new("node");
    command.arg(context.path("conformance/runners/javascript/live.mjs"));
    Ok(command)
}

fn chromium(context: &mut Context, ca_file: &Path, home: &Path) -> Result<Command, Stop> {
    let chromium = context.chromium()?;
    context.trust_in_chromium(ca_file, home)?;
    let mut command = node(context)?;
    context.npm_ci("bindings-wasm/examples/spa")?;
    command.env("CHROMIUM", chromium).env("HOME", home);
    Ok(command)
}

impl Driver {
    /// Goes to every issuer of the plan; where each journey came to an end, by row.
    pub(super) fn go(self, rows: Vec<Value>) -> Result<BTreeMap<String, End>, String> {
        let ends = match self {
            Driver::Rust { host, ca_pem } => rust::go(host, &rows, &ca_pem)?,
            Driver::Program { command, ca_file } => {
                ask(command, &json!({ "ca_file": ca_file, "rows": rows }))?
            }
        };
        Ok(ends.into_iter().map(|end| (end.row.clone(), end)).collect())
    }
}

/// The lines of a program. One that breaks off has not come to the rest, and says why on its way.
fn ask(mut command: Command, plan: &Value) -> Result<Vec<End>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    stdin.write_all(plan.to_string().as_bytes()).map_err(failed)?;
    drop(stdin);
    let mut lines = String::new();
    child.stdout.take().ok_or("no stdout")?.read_to_string(&mut lines).map_err(failed)?;
    child.wait().map_err(failed)?;
    lines
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|_| format!("the driver says {line}")))
        .collect()
}
