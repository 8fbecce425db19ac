//! What the parts share: where things are, how a runner is started, and which set-up is already done.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::closing::is_closing;

/// Why a part did not pass. A part that returns `Ok` passed.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The machine lacks what the part needs, and the part may be left out: the reason.
    Skip(String),
    /// A runner failed: the reason.
    Fail(String),
    /// A step of the set-up failed, here or for a part before this one: the step.
    NotRun(String),
}

impl Stop {
    /// The reason, whatever it stopped.
    pub fn reason(&self) -> &str {
        match self {
            Self::Skip(reason) | Self::Fail(reason) | Self::NotRun(reason) => reason,
        }
    }
}

/// How a part or a step went.
pub type Outcome = Result<(), Stop>;

/// Shorthand for the common way to stop.
pub fn fail(reason: impl Into<String>) -> Stop {
    Stop::Fail(reason.into())
}

/// One run of a command: what it does once, and what the programs it started said last.
#[derive(Debug)]
pub struct Context {
    root: PathBuf,
    done: BTreeMap<&'static str, Outcome>,
    closing: Vec<String>,
    broken: Vec<String>,
    wanted: BTreeSet<String>,
}

impl Context {
    /// Nothing is set up yet.
    pub fn start() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().expect("the package lies in the repository").to_path_buf();
        Self::at(root)
    }

    pub(super) fn at(root: PathBuf) -> Self {
        Self { root, done: BTreeMap::new(), closing: Vec::new(), broken: Vec::new(), wanted: BTreeSet::new() }
    }

    /// A path of the repository.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path below cargo's target folder.
    pub fn target(&self, relative: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        self.root.join(target).join(relative)
    }

    /// A command that will run in the root of the repository.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// Runs `cargo` with these arguments.
    pub fn cargo(&mut self, args: &[&str]) -> Outcome {
        let mut command = self.command("cargo");
        command.args(args);
        self.run(command)
    }

    /// Runs a command, streaming all it prints and keeping its closing lines. Fails when it does.
    pub fn run(&mut self, mut command: Command) -> Outcome {
        let (reader, writer) = std::io::pipe().map_err(|error| fail(error.to_string()))?;
        let second_writer = writer.try_clone().map_err(|error| fail(error.to_string()))?;
        command.stdout(writer).stderr(second_writer);
        self.stream(command, |_| reader).map(drop)
    }

    /// As [`run`](Self::run), and returns what went to stdout.
    pub fn capture(&mut self, mut command: Command) -> Result<String, Stop> {
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        self.stream(command, |child| child.stdout.take().expect("stdout is piped"))
    }

    /// Does one step of the parts' common work the first time it is asked for. When it fails, it fails for who asked first;
    /// later askers are not run.
    pub fn once(&mut self, step: &'static str, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        if let Some(outcome) = self.done.get(step) {
            return outcome.clone().map_err(|stop| match stop {
                Stop::Fail(_) => Stop::NotRun(format!("{step} failed above")),
                stop => stop,
            });
        }
        let outcome = work(self).map_err(|stop| match stop {
            Stop::Fail(reason) => Stop::Fail(format!("{step}: {reason}")),
            stop => stop,
        });
        self.done.insert(step, outcome.clone());
        outcome
    }

    /// Installs something the first time it is asked for. When that fails nobody who needs it is run, and the error is told once.
    pub fn install(&mut self, step: &'static str, set_up: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        if let Some(outcome) = self.done.get(step) {
            return outcome.clone();
        }
        let outcome = set_up(self).map_err(|stop| match stop {
            Stop::Fail(reason) => {
                self.broken.push(format!("{step}: {reason}"));
                Stop::NotRun(format!("{step} failed"))
            }
            stop => stop,
        });
        self.done.insert(step, outcome.clone());
        outcome
    }

    /// What could not be installed, with the reason of each.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Keeps the name of a Debian package that only root could install.
    pub(super) fn want(&mut self, package: &str) {
        self.wanted.insert(package.to_owned());
    }

    /// The Debian packages that were missed for want of root.
    pub fn wanted(&self) -> &BTreeSet<String> {
        &self.wanted
    }

    /// How this step failed, if it did.
    pub(super) fn failure(&self, step: &str) -> Option<Stop> {
        self.done.get(step)?.clone().err()
    }

    /// Keeps a closing line that no program printed.
    pub fn close_with(&mut self, line: String) {
        self.closing.push(line);
    }

    /// The closing lines kept since the last call.
    pub fn take_closing(&mut self) -> Vec<String> {
        std::mem::take(&mut self.closing)
    }

    fn stream<R: Read>(
        &mut self,
        mut command: Command,
        output: impl FnOnce(&mut std::process::Child) -> R,
    ) -> Result<String, Stop> {
        let shown = shown(&command);
        println!("$ {shown}");
        let mut child = command.spawn().map_err(|error| fail(format!("{shown}: {error}")))?;
        let reader = output(&mut child);
        // Ours of the pipe's writing ends are in the command: without them, reading ends with the child.
        drop(command);

        let mut text = String::new();
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map_err(|error| fail(format!("{shown}: {error}")))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if is_closing(&line) {
                self.closing.push(line.trim().to_owned());
            }
            text.push_str(&line);
            text.push('\n');
        }

        let status = child.wait().map_err(|error| fail(format!("{shown}: {error}")))?;
        if status.success() { Ok(text) } else { Err(fail(format!("`{shown}`: {status}"))) }
    }
}

/// The command as one would type it, programs and paths by their last component.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(context: &mut Context, ask: fn(&mut Context) -> Outcome) -> [String; 2] {
        [ask(context), ask(context)].map(|outcome| format!("{:?}", outcome.unwrap_err()))
    }

    #[test]
    fn common_work_that_fails_fails_who_asked_first_and_the_others_are_not_run() {
        let mut context = Context::start();
        let [first, second] = reasons(&mut context, |context| context.once("build", |_| Err(fail("no"))));
        assert_eq!(first, "Fail(\"build: no\")");
        assert_eq!(second, "NotRun(\"build failed above\")");
        assert!(context.broken().is_empty());
    }

    #[test]
    fn what_cannot_be_installed_lets_nobody_run_and_is_told_once() {
        let mut context = Context::start();
        let [first, second] = reasons(&mut context, |context| context.install("npm", |_| Err(fail("no"))));
        assert_eq!((first.as_str(), &first), ("NotRun(\"npm failed\")", &second));
        assert_eq!(context.broken(), ["npm: no"]);
    }
}
