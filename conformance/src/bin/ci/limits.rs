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

/// How slow this machine is now: a program of the same kind of work that is none of ours, and the milliseconds that it takes
/// on the machine for which the limits are set while that does nothing else.
struct Yardstick {
    program: &'static str,
    usual: f64,
}

const PYTHON_YARDSTICK: Yardstick = Yardstick {
    program: "\
import time
start = time.process_time()
import unittest, xml.dom.minidom
print((time.process_time() - start) * 1000)
",
    usual: 15.6,
};
const NODE_YARDSTICK: Yardstick = Yardstick {
    program: "\
const start = process.cpuUsage();
await Promise.all(['node:http', 'node:http2', 'node:repl', 'node:test'].map((name) => import(name)));
const { user, system } = process.cpuUsage(start);
console.log((user + system) / 1000);
",
    usual: 12.2,
};

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
    let python = |program: &str| {
        let mut command = context.command(&python);
        command.args(["-I", "-c", program]);
        command
    };
    let node = |program: &str| {
        let mut command = context.command("node");
        command.current_dir(context.path("bindings-wasm")).args(["--input-type=module", "-e", program]);
        command
    };
    let python_import = import(&python, PYTHON_IMPORT, &PYTHON_YARDSTICK)?;
    let node_import = import(&node, NODE_IMPORT, &NODE_YARDSTICK)?;

    let (bytes, ms) = ("bytes", "ms");
    let table = [
        Measured {
            name: "npm `relyingparty`, gzipped",
            unit: bytes,
            figure: loaded("small")?,
            limit: 124_500.0,
        },
        Measured {
            name: "the same, of a client with keys",
            unit: bytes,
            figure: loaded("signing")?,
            limit: 150_200.0,
        },
        Measured {
            name: "npm `relyingparty/full`, gzipped",
            unit: bytes,
            figure: loaded("full")?,
            limit: 275_000.0,
        },
        Measured { name: "the wheel", unit: bytes, figure: wheel, limit: 2_500_000.0 },
        Measured { name: "`import relyingparty` in Python", unit: ms, figure: python_import, limit: 30.0 },
        Measured { name: "`import 'relyingparty'` in Node", unit: ms, figure: node_import, limit: 18.0 },
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

/// The milliseconds that importing takes, on a machine that is as fast as the yardstick says: whoever shares the processor
/// makes both slower, and the package no heavier.
fn import(run: &dyn Fn(&str) -> Command, program: &str, yardstick: &Yardstick) -> Result<f64, Stop> {
    let (mut least, mut known) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..STARTS {
        least = least.min(number(run(program))?);
        known = known.min(number(run(yardstick.program))?);
    }
    let slowness = (known / yardstick.usual).max(1.0);
    println!("{least:.1} ms, on a machine that is {slowness:.2} times as slow as usual");
    Ok(least / slowness)
}

/// The number that a program prints.
fn number(mut program: Command) -> Result<f64, Stop> {
    let output = program.output().map_err(|error| fail(error.to_string()))?;
    let number = str::from_utf8(&output.stdout).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| fail(String::from_utf8_lossy(&output.stderr)))
}
