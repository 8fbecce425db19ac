//! The sizes of what is shipped, as far as it has been built.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::context::Context;

const WASM: [&str; 2] =
    ["bindings-wasm/dist/small/relyingparty.wasm", "bindings-wasm/dist/full/relyingparty.wasm"];

/// One line per artefact: each wheel, each `.wasm` of the npm package raw and gzipped, the npm tarball.
pub(crate) fn report(context: &Context) -> String {
    let mut sizes: Vec<(u64, String)> = Vec::new();
    for wheel in wheels(&context.target("wheels")) {
        sizes.extend(size(&wheel).map(|size| (size, shown(&wheel))));
    }
    for module in WASM {
        sizes.extend(size(&context.path(module)).map(|size| (size, module.into())));
        sizes.extend(gzipped(context, module).map(|size| (size, format!("{module}, gzipped"))));
    }
    if context.path(WASM[0]).exists() {
        sizes.extend(tarball(context));
    }

    if sizes.is_empty() {
        return String::new();
    }
    let lines: String = sizes.iter().map(|(size, name)| format!("{size:>9}  {name}\n")).collect();
    format!("\n=== sizes in bytes\n{lines}")
}

fn wheels(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "whl"));
    files.sort();
    files
}

fn size(file: &Path) -> Option<u64> {
    Some(fs::metadata(file).ok()?.len())
}

fn shown(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn gzipped(context: &Context, file: &str) -> Option<u64> {
    let output = context.command("gzip").args(["-9", "-c", file]).output().ok()?;
    output.status.success().then_some(output.stdout.len() as u64)
}

/// What `npm pack` would make.
fn tarball(context: &Context) -> Option<(u64, String)> {
    let output =
        context.command("npm").args(["pack", "--dry-run", "--json", "./bindings-wasm"]).output().ok()?;
    let report: Value = serde_json::from_slice(&output.stdout).ok()?;
    let packed = &report[0];
    Some((packed["size"].as_u64()?, packed["filename"].as_str()?.to_owned()))
}
