//! The clean clone, and where what is made of it goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::workbench::{Context, Outcome, Stop, fail};

/// A clone of the last commit, with nothing else in it but the npm packages that it installed.
pub(super) struct Tree {
    root: PathBuf,
    work: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// Clones, or brings the clone of the last run to the last commit: files that did not change are not compiled again.
    pub(super) fn clean(context: &mut Context) -> Result<Self, Stop> {
        let work = context.target("ci/release");
        let tree = Self { root: work.join("clone"), target: work.join("target"), work };
        let status = context.capture(git(context, &["status", "--porcelain"]))?;
        if !status.is_empty() {
            println!("what is not committed is not in the packages");
        }
        for folder in [tree.packages(), tree.scratch()] {
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(told)?;
            }
            fs::create_dir_all(&folder).map_err(told)?;
        }
        let head = context.capture(git(context, &["rev-parse", "HEAD"]))?;
        let source = context.path("").into_os_string();
        if !tree.root.join(".git").exists() {
            let mut clone = git(context, &["clone", "--quiet", "--no-checkout"]);
            clone.arg(&source).arg(&tree.root);
            context.run(clone)?;
        }
        let mut fetch = tree.command(context, "git");
        fetch.args(["fetch", "--quiet"]).arg(&source).arg(head.trim());
        context.run(fetch)?;
        for args in [
            &["checkout", "--quiet", "--force", "--detach", head.trim()][..],
            &["clean", "--quiet", "-ffdx", "--exclude=node_modules"],
        ] {
            let mut command = tree.command(context, "git");
            command.args(args);
            context.run(command)?;
        }
        Ok(tree)
    }

    /// A path of the clone.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// What was made.
    pub(super) fn packages(&self) -> PathBuf {
        self.work.join("packages")
    }

    /// Where packages are installed to be tried; empty at the start.
    pub(super) fn scratch(&self) -> PathBuf {
        self.work.join("scratch")
    }

    /// A path below cargo's target folder, which is the clone's alone: cargo takes two trees of one workspace for the same, and
    /// would pack what was compiled from a change that is not committed.
    pub(super) fn target(&self, relative: &str) -> PathBuf {
        self.target.join(relative)
    }

    /// A command that runs in the clone.
    pub(super) fn command(&self, context: &Context, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = context.command(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        command
    }

    /// The packages whose name ends like this, in order.
    pub(super) fn made(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.packages()).into_iter().flatten().flatten().map(|file| file.path());
        let mut files: Vec<_> = files.filter(|file| file.to_string_lossy().ends_with(ending)).collect();
        files.sort();
        files
    }

    /// The only package whose name ends like this.
    pub(super) fn only(&self, ending: &str) -> Result<PathBuf, Stop> {
        match self.made(ending).as_slice() {
            [file] => Ok(file.clone()),
            files => Err(fail(format!("{} packages end with {ending}", files.len()))),
        }
    }

    /// The sizes of all that was made.
    pub(super) fn print_sizes(&self) -> Outcome {
        for file in self.made("") {
            let size = fs::metadata(&file).map_err(told)?.len();
            println!("{size:>9} bytes  {}", name(&file));
        }
        Ok(())
    }
}

/// The last component of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An error as a reason to stop.
pub(super) fn told(error: impl std::fmt::Display) -> Stop {
    fail(error.to_string())
}

fn git(context: &Context, args: &[&str]) -> Command {
    let mut command = context.command("git");
    command.args(args);
    command
}
