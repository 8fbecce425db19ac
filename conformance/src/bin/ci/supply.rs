//! What comes from others: cargo-deny, with what `deny.toml` allows and refuses.

use std::path::Path;
use std::process::Command;

use conformance::workbench::{Context, Outcome, Stop};

/// The workspaces of the repository, each with a lock file of its own.
const WORKSPACES: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];

/// Bans, licences and sources: all that can be told without the network.
pub(crate) fn supply(context: &mut Context) -> Outcome {
    let cargo_deny = context.cargo_deny()?;
    for workspace in WORKSPACES {
        let command = deny(context, &cargo_deny, workspace, &["check", "bans", "licenses", "sources"]);
        context.run(command)?;
    }
    Ok(())
}

/// Known vulnerabilities. Without the database of them nothing is known: the part is left out, and says so.
pub(crate) fn advisories(context: &mut Context) -> Outcome {
    let cargo_deny = context.cargo_deny()?;
    let fetch = deny(context, &cargo_deny, WORKSPACES[0], &["fetch", "db"]);
    context
        .run(fetch)
        .map_err(|_| Stop::Skip("the advisory database cannot be fetched: nothing was checked".into()))?;
    for workspace in WORKSPACES {
        let check = ["check", "--disable-fetch", "advisories"];
        let command = deny(context, &cargo_deny, workspace, &check);
        context.run(command)?;
    }
    Ok(())
}

fn deny(context: &Context, cargo_deny: &Path, workspace: &str, args: &[&str]) -> Command {
    let mut command = context.command(cargo_deny);
    command.args(["--log-level", "error", "--manifest-path"]).arg(context.path(workspace));
    command.args(["--config"]).arg(context.path("deny.toml")).args(args);
    command
}
