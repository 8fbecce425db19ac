//! The runners in other languages notice what was tampered with, and the npm package's other build passes every case
//! too. They need the built packages: `cargo ci cases` runs them.

mod tampered;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::cases;
use serde_json::Value;

fn python() -> Command {
    let mut command =
        Command::new(std::env::var_os("RP_TEST_PYTHON").expect("RP_TEST_PYTHON names an interpreter"));
    command.arg(runner("python/replay.py"));
    command
}

fn javascript() -> Command {
    let mut command = Command::new("node");
    command.arg(runner("javascript/replay.mjs"));
    command
}

fn runner(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runners").join(script)
}

/// The results, in the order of the files.
fn results(mut command: Command, files: &[PathBuf]) -> Vec<String> {
    let output = command.args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let result = |line| serde_json::from_str::<Value>(line).unwrap()["result"].as_str().unwrap().to_owned();
    lines.lines().map(result).collect()
}

fn notices_tampering(name: &str, command: Command) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tampered").join(name);
    fs::create_dir_all(&folder).unwrap();
    let cases = tampered::cases();
    let file = |(number, (_, text)): (usize, &(String, String))| {
        let file = folder.join(format!("{number}.json"));
        fs::write(&file, text).unwrap();
        file
    };
    let files: Vec<PathBuf> = cases.iter().enumerate().map(file).collect();
    let results = results(command, &files);
    assert_eq!(results.len(), cases.len());
    for ((how, _), result) in cases.iter().zip(results) {
        assert_eq!(result, "fail", "nobody noticed: {how}");
    }
}

#[test]
#[ignore = "needs the built packages"]
fn python_notices_what_was_tampered_with() {
    notices_tampering("python", python());
}

#[test]
#[ignore = "needs the built packages"]
fn javascript_notices_what_was_tampered_with() {
    notices_tampering("javascript", javascript());
}

#[test]
#[ignore = "needs the built packages"]
fn a_call_that_a_runner_does_not_know_is_skipped() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unknown");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("unknown.json");
    let mut case = cases::read(&cases::folder().join("oidcc-client-test.json"))
        .map(serde_json::to_value)
        .unwrap()
        .unwrap();
    case["steps"][0]["call"] = "teleport".into();
    fs::write(&file, case.to_string()).unwrap();
    for command in [python(), javascript()] {
        assert_eq!(results(command, std::slice::from_ref(&file)), ["skipped"]);
    }
}

#[test]
#[ignore = "needs the built packages"]
fn the_npm_packages_full_build_passes_every_case() {
    let mut full = javascript();
    full.arg("--full");
    let files = cases::files(&cases::folder()).unwrap();
    let results = results(full, &files);
    assert_eq!(results.len(), files.len());
    let other = files.iter().zip(results).filter(|(_, result)| result != "pass");
    assert_eq!(other.collect::<Vec<_>>(), []);
}
