//! The crates compile with the oldest Rust that they name.

use conformance::workbench::{Context, Outcome, Stop};

/// In a folder of its own: what two compilers make is never mixed up.
pub(crate) fn check(context: &mut Context) -> Outcome {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let mut install = context.command("rustup");
    install.args(["toolchain", "install", version, "--profile", "minimal", "--no-self-update"]);
    context.run(install).map_err(|_| Stop::Skip(format!("Rust {version} cannot be installed")))?;
    let mut check = context.command("rustup");
    check.args(["run", version, "cargo", "check", "--locked", "--all-features"]);
    check.args(["-p", "relyingparty", "-p", "relyingparty-host", "-p", "relyingparty-python"]);
    check.env("CARGO_TARGET_DIR", context.target("ci/oldest-rust"));
    context.run(check)
}
