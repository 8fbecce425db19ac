//! What makes and judges packages, each in the version that was tried.

use std::path::PathBuf;

use conformance::workbench::{Context, Outcome, Stop};

const TOOLS: [&str; 5] = [
    "maturin==1.16.0",
    "ziglang==0.17.0",
    "auditwheel==6.8.2",
    "twine==7.0.0",
    "cyclonedx-python-lib[json-validation]==11.7.0",
];
const SEMVER_CHECKS: &str = "0.51.0";

/// The folder with the programs of a virtual environment that has the tools.
pub(super) fn python_tools(context: &mut Context) -> Result<PathBuf, Stop> {
    let folder = context.target("ci/release-tools");
    let programs = folder.join("bin");
    context.install("the tools of Python packages", |context| {
        let python = programs.join("python");
        if !python.exists() {
            let mut venv = context.command("python3");
            venv.args(["-m", "venv"]).arg(&folder);
            context.run(venv)?;
        }
        let mut pip = context.command(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(TOOLS);
        context.run(pip)
    })?;
    Ok(programs)
}

/// Has rustup add a target. Skips where it cannot be had.
pub(super) fn rust_target(context: &mut Context, target: &str) -> Outcome {
    let mut rustup = context.command("rustup");
    rustup.args(["target", "add", target]);
    context.run(rustup).map_err(|stop| Stop::Skip(format!("no standard library for it: {}", stop.reason())))
}

/// Cargo's plug-in that compares public interfaces. Skips where it cannot be had.
pub(super) fn semver_checks(context: &mut Context) -> Result<PathBuf, Stop> {
    let root = context.target("tools");
    let program = root.join("bin/cargo-semver-checks");
    if !program.exists() {
        let mut install = context.command("cargo");
        install.args(["install", "--quiet", "--locked", "cargo-semver-checks", "--version", SEMVER_CHECKS]);
        install.arg("--root").arg(root);
        context.run(install).map_err(|stop| Stop::Skip(format!("not installed: {}", stop.reason())))?;
    }
    Ok(program)
}
