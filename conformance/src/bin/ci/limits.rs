//! What the packages may weigh, and what loading them may take.

use std::fs;
use std::process::Command;

use serde_json::Value;

use conformance::workbench::{Context, Outcome, Stop, fail};

/// How often each import is measured, in a fresh process. The fastest counts: whatever else the machine does can only
/// make one slower.
const STARTS: usize = 15;

/// Print the milliseconds of processor time that importing takes: what it adds to the start of the bare interpreter.
const PYTHON_IMPORT: &str = "\
import time
start = time.process_time()
import relyingparty
print((time.process_time() - start) * 1000)
";
const NODE_IMPORT: &str = "\
const start = process.cpuUsage();
await import('relyingparty');
const { user, system } = process.cpuUsage(start);
console.log((user + system) / 1000);
";

struct Measured {
    name: &'static str,
    unit: &'static str,
    figure: f64,
    limit: f64,
}

/// Measures all of it, prints the table, and fails when a limit is passed.
pub(crate) fn check(context: &mut Context) -> Outcome {
    let python = context.python()?;
    context.npm_package()?;

    let loaded = loaded_by_a_page(context)?;
    let wheel = wheel(context)?;
    let mut command = context.command(&python);
    command.args(["-I", "-c", PYTHON_IMPORT]);
    let python_import = fastest(command)?;
    let mut command = context.command("node");
    command.current_dir(context.path("bindings-wasm")).args(["--input-type=module", "-e", NODE_IMPORT]);
    let node_import = fastest(command)?;

    let (bytes, ms) = ("bytes", "ms");
    let table = [
        Measured {
            name: "npm `relyingparty`, gzipped",
            unit: bytes,
            figure: loaded("small")?,
            limit: 88_000.0,
        },
        Measured {
            name: "npm `relyingparty/full`, gzipped",
            unit: bytes,
            figure: loaded("full")?,
            limit: 140_000.0,
        },
        Measured { name: "the wheel", unit: bytes, figure: wheel, limit: 2_500_000.0 },
        Measured { name: "`import relyingparty` in Python", unit: ms, figure: python_import, limit: 30.0 },
        Measured { name: "`import 'relyingparty'` in Node", unit: ms, figure: node_import, limit: 15.0 },
    ];
    for Measured { name, unit, figure, limit } in &table {
        println!("{name:<34} {figure:>9.0} {unit:<5}  at most {limit:>9.0}");
    }
    match table.iter().find(|measured| measured.figure > measured.limit) {
        Some(over) => Err(fail(format!("past its limit: {}", over.name))),
        None => Ok(()),
    }
}

/// The JavaScript and the module that a page loads for one build, gzipped.
fn loaded_by_a_page(context: &mut Context) -> Result<impl Fn(&str) -> Result<f64, Stop> + use<>, Stop> {
    let mut command = context.command("node");
    command.arg("bindings-wasm/size.mjs");
    let sizes = context.capture(command)?;
    let sizes: Value =
        serde_json::from_str(&sizes).map_err(|error| fail(format!("not one JSON object: {error}")))?;
    Ok(move |build: &str| {
        let part = |name: &str| sizes[build][name].as_f64();
        part("javascript")
            .zip(part("wasm"))
            .map(|(javascript, wasm)| javascript + wasm)
            .ok_or_else(|| fail("a size is missing"))
    })
}

fn wheel(context: &Context) -> Result<f64, Stop> {
    let folder = context.target("wheels");
    let files = fs::read_dir(&folder).map_err(|error| fail(error.to_string()))?;
    let sizes = files.flatten().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len() as f64);
    sizes.reduce(f64::max).ok_or_else(|| fail(format!("no wheel in {}", folder.display())))
}

/// The least of the numbers that the program prints when it is started again and again.
fn fastest(mut program: Command) -> Result<f64, Stop> {
    let mut least = f64::INFINITY;
    for _ in 0..STARTS {
        let output = program.output().map_err(|error| fail(error.to_string()))?;
        let number = str::from_utf8(&output.stdout).ok().and_then(|text| text.trim().parse().ok());
        let number: f64 = number.ok_or_else(|| fail(String::from_utf8_lossy(&output.stderr)))?;
        least = least.min(number);
    }
    Ok(least)
}
