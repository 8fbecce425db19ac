//! The npm package: packed, judged, and a login from each Node.

use std::fs;
use std::path::{Path, PathBuf};

use conformance::workbench::{Context, Outcome, Stop};

use super::provider::Provider;
use super::steps::Steps;
use super::tree::{Tree, told};

const FOLDER: &str = "bindings-wasm";

pub(super) fn steps(context: &mut Context, steps: &mut Steps, tree: &Tree, provider: &Provider) {
    if !steps.take("npm pack", || pack(context, tree)) {
        return;
    }
    steps.take("publint --strict", || judge(context, tree, "publint", &["--strict"]));
    let modules = ["relyingparty.wasm", "full/relyingparty.wasm"];
    let profile = ["--profile", "esm-only", "--exclude-entrypoints"];
    steps.take("attw", || judge(context, tree, "attw", &[&profile[..], &modules].concat()));
    if steps.take("npm install of the tarball", || install(context, tree)) {
        steps.take("login from the Node on PATH", || log_in(context, tree, provider, Path::new("node")));
        steps.take("login from Node 24", || {
            let node = node_24(context, tree)?;
            log_in(context, tree, provider, &node)
        });
        steps.take("npm sbom", || sbom(context, tree));
    }
}

fn pack(context: &mut Context, tree: &Tree) -> Outcome {
    let folder = tree.path(FOLDER);
    if !folder.join("node_modules/.package-lock.json").exists() {
        npm(context, tree, &folder, &["ci", "--no-audit", "--no-fund"])?;
    }
    let mut build = tree.command(context, "npm");
    // The tools that another build of this repository installed serve this one.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path).chain([context.target("tools/bin")]);
    build.current_dir(&folder).args(["run", "build"]).env("PATH", std::env::join_paths(path).map_err(told)?);
    context.run(build)?;
    let packages = tree.packages();
    npm(context, tree, &folder, &["pack", "--pack-destination", &packages.to_string_lossy()])
}

fn judge(context: &mut Context, tree: &Tree, judge: &str, args: &[&str]) -> Outcome {
    let mut command = tree.command(context, tree.path(FOLDER).join("node_modules/.bin").join(judge));
    command.arg(tree.only(".tgz")?).args(args);
    context.run(command)
}

/// In an empty folder, with nothing but the package.
fn install(context: &mut Context, tree: &Tree) -> Outcome {
    let folder = application(tree);
    fs::create_dir_all(&folder).map_err(told)?;
    let manifest = r#"{ "name": "application", "version": "1.0.0", "private": true, "type": "module" }"#;
    fs::write(folder.join("package.json"), manifest).map_err(told)?;
    fs::copy(tree.path("conformance/release/login.mjs"), folder.join("login.mjs")).map_err(told)?;
    let tarball = tree.only(".tgz")?;
    npm(
        context,
        tree,
        &folder,
        &["install", "--no-audit", "--no-fund", "--omit=peer", &tarball.to_string_lossy()],
    )
}

fn application(tree: &Tree) -> PathBuf {
    tree.scratch().join("npm")
}

fn log_in(context: &mut Context, tree: &Tree, provider: &Provider, node: &Path) -> Outcome {
    let mut login = context.command(node);
    login.current_dir(application(tree)).arg("login.mjs");
    provider.tell(&mut login);
    context.run(login)
}

/// npm's own package of Node. Skips where it cannot be had.
fn node_24(context: &mut Context, tree: &Tree) -> Result<PathBuf, Stop> {
    let folder = tree.scratch().join("node");
    fs::create_dir_all(&folder).map_err(told)?;
    fs::write(folder.join("package.json"), r#"{ "private": true }"#).map_err(told)?;
    npm(context, tree, &folder, &["install", "--no-audit", "--no-fund", "node@24"])
        .map_err(|stop| Stop::Skip(format!("no Node 24: {}", stop.reason())))?;
    Ok(folder.join("node_modules/node/bin/node"))
}

/// What npm says an application is made of that has the package alone.
fn sbom(context: &mut Context, tree: &Tree) -> Outcome {
    let mut command = context.command("npm");
    command.current_dir(application(tree)).args(["sbom", "--sbom-format", "cyclonedx", "--omit", "peer"]);
    let text = context.capture(command)?;
    fs::write(tree.packages().join("application.npm.cdx.json"), text).map_err(told)
}

fn npm(context: &mut Context, tree: &Tree, folder: &Path, args: &[&str]) -> Outcome {
    let mut command = tree.command(context, "npm");
    command.current_dir(folder).args(args);
    context.run(command)
}
