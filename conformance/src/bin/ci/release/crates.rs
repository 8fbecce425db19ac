//! The crates: packed and compiled as they will be downloaded, and a login with them.

use std::env;
use std::fs;
use std::path::PathBuf;

use conformance::workbench::{Context, Outcome, Stop};

use super::provider::Provider;
use super::steps::Steps;
use super::tools;
use super::tree::{Tree, told};

/// In the order in which they are published: the second depends on the first.
const CRATES: [&str; 2] = ["relyingparty", "relyingparty-host"];

pub(super) fn steps(context: &mut Context, steps: &mut Steps, tree: &Tree, provider: &Provider) {
    if steps.take("cargo package", || package(context, tree)) {
        for name in CRATES {
            steps.take(format!("docs.rs: {name} with all features"), || document(context, tree, name));
        }
        steps.take("login with the packed crates", || log_in(context, tree, provider));
    }
    steps.take("cargo semver-checks", || semver(context, tree));
}

/// Cargo compiles each package from what it packed; the one that no registry has yet it takes from beside it.
fn package(context: &mut Context, tree: &Tree) -> Outcome {
    let mut command = tree.command(context, "cargo");
    command.args(["package", "--locked", "--allow-dirty"]);
    command.args(CRATES.iter().flat_map(|name| ["-p", name]));
    context.run(command)?;
    for name in CRATES {
        let file = format!("{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        fs::copy(tree.target(&format!("package/{file}")), tree.packages().join(file)).map_err(told)?;
    }
    Ok(())
}

/// A package as cargo unpacked it.
fn unpacked(tree: &Tree, name: &str) -> PathBuf {
    tree.target(&format!("package/{name}-{}", env!("CARGO_PKG_VERSION")))
}

/// As docs.rs does it: alone, with all features.
fn document(context: &mut Context, tree: &Tree, name: &str) -> Outcome {
    let core = unpacked(tree, CRATES[0]);
    let mut command = tree.command(context, "cargo");
    command.current_dir(unpacked(tree, name)).args(["doc", "--no-deps", "--all-features"]);
    command.arg("--config").arg(format!("patch.crates-io.relyingparty.path={core:?}"));
    command.env("RUSTDOCFLAGS", "-D warnings --cfg docsrs");
    context.run(command)
}

/// A program of its own, that knows the packages alone.
fn log_in(context: &mut Context, tree: &Tree, provider: &Provider) -> Outcome {
    let folder = tree.scratch().join("crate");
    let [core, host] = CRATES.map(|name| unpacked(tree, name));
    let manifest = format!(
        "[package]\nname = \"login\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nrelyingparty-host = {{ path = {host:?}, features = [\"ureq\"] }}\nureq = \"3.5\"\n\n\
         [patch.crates-io]\nrelyingparty = {{ path = {core:?} }}\n\n[workspace]\n"
    );
    fs::create_dir_all(folder.join("src")).map_err(told)?;
    fs::write(folder.join("Cargo.toml"), manifest).map_err(told)?;
    fs::copy(tree.path("Cargo.lock"), folder.join("Cargo.lock")).map_err(told)?;
    fs::copy(tree.path("conformance/release/login.rs"), folder.join("src/main.rs")).map_err(told)?;
    let mut command = tree.command(context, "cargo");
    command.current_dir(folder).args(["run", "--quiet"]);
    provider.tell(&mut command);
    context.run(command)
}

/// What changed in the public interface since the last release: the newest tag `v…`, or what `RP_RELEASE_BASELINE` names.
fn semver(context: &mut Context, tree: &Tree) -> Outcome {
    let mut tags = context.command("git");
    tags.args(["tag", "--list", "v*", "--sort=-version:refname"]);
    let tags = context.capture(tags)?;
    let named = env::var("RP_RELEASE_BASELINE").ok();
    let Some(baseline) = named.or_else(|| tags.lines().next().map(str::to_owned)) else {
        return Err(Stop::Skip(
            "no release to compare with: no tag v…, and RP_RELEASE_BASELINE is not set".into(),
        ));
    };
    let mut revision = context.command("git");
    revision.args(["rev-parse", &baseline]);
    let revision = context.capture(revision)?;
    let program = tools::semver_checks(context)?;
    let mut command = tree.command(context, program);
    command.args(["semver-checks", "--baseline-rev", revision.trim()]);
    command.args(CRATES.iter().flat_map(|name| ["-p", name]));
    context.run(command)
}
