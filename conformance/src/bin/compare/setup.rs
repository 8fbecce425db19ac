//! What has to be built before anything can be timed: all of it below `target/compare`, but for what `cargo ci` builds too.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::options::Extent;

/// Where the peers' projects are.
const PROJECTS: &str = "conformance/compare";

pub(crate) struct Setup {
    root: PathBuf,
    extent: Extent,
    /// The interpreter, the folder of the Node project and the program of sessions, once they are there.
    python: OnceCell<Result<PathBuf, String>>,
    node: OnceCell<Result<PathBuf, String>>,
    sessions: OnceCell<Result<PathBuf, String>>,
}

impl Setup {
    pub(crate) fn new(extent: Extent) -> Setup {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (python, node, sessions) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Setup { root: package.parent().unwrap_or(package).into(), extent, python, node, sessions }
    }

    /// A path below `target/compare`.
    pub(crate) fn target(&self, relative: &str) -> PathBuf {
        self.cargo_target().join("compare").join(relative)
    }

    fn cargo_target(&self) -> PathBuf {
        self.root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
    }

    fn project(&self, relative: &str) -> PathBuf {
        self.root.join(PROJECTS).join(relative)
    }

    /// The binary of the Rust project that has this backend on both sides. A smoke run takes what other debug builds left.
    pub(crate) fn rust(&self, backend: &str) -> Result<Command, String> {
        let peers = self.extent.has_peers().then_some("peers");
        Ok(self.command(self.rust_binary(&format!("compare-{backend}"), &[Some(backend), peers])?))
    }

    /// The binary of the Rust project with sessions and the servers that have them.
    pub(crate) fn rust_sessions(&self) -> Result<Command, String> {
        let features = if self.extent.has_peers() { "session-peers" } else { "sessions" };
        let built = self.sessions.get_or_init(|| self.rust_binary("compare-sessions", &[Some(features)]));
        Ok(self.command(built.as_ref().map_err(String::clone)?))
    }

    fn rust_binary(&self, binary: &str, features: &[Option<&str>]) -> Result<PathBuf, String> {
        let mut cargo = self.command("cargo");
        cargo.args(["build", "--quiet", "--bin", binary, "--manifest-path"]);
        cargo.arg(self.project("rust/Cargo.toml"));
        for feature in features.iter().flatten() {
            cargo.args(["--features", feature]);
        }
        let (target, profile) = match self.extent {
            Extent::Smoke => (self.cargo_target(), "debug"),
            Extent::Full | Extent::Quick => {
                cargo.arg("--release");
                (self.target("cargo"), "release")
            }
        };
        run(cargo.env("CARGO_TARGET_DIR", &target))?;
        Ok(target.join(profile).join(binary))
    }

    /// A script of the Python project, in an environment with our wheel and the peers. A smoke run takes the interpreter that
    /// `RP_TEST_PYTHON` names, which has our wheel already.
    pub(crate) fn python(&self, script: &str) -> Result<Command, String> {
        let python = self.python.get_or_init(|| {
            let given = env::var_os("RP_TEST_PYTHON").map(PathBuf::from);
            given.filter(|_| self.extent == Extent::Smoke).map_or_else(|| self.python_environment(), Ok)
        });
        let mut command = self.command(python.as_ref().map_err(String::clone)?);
        command.arg(self.project("python").join(script));
        Ok(command)
    }

    fn python_environment(&self) -> Result<PathBuf, String> {
        let python = self.target("venv/bin/python");
        if !python.exists() {
            run(self.command("python3").args(["-m", "venv"]).arg(self.target("venv")))?;
        }
        let pip = || {
            let mut pip = self.command(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            pip.env("CARGO_TARGET_DIR", self.target("cargo"));
            pip
        };
        if self.extent.has_peers() {
            run(pip().arg("-r").arg(self.project("python/requirements.txt")))?;
            run(pip().arg(self.project("python/floor")))?;
        }
        run(pip().args(["--force-reinstall", "--no-deps", "./bindings-python"]))?;
        Ok(python)
    }

    /// A script of the Node project, in a copy beside which the peers are installed. A smoke run within `cargo ci`, which has
    /// built the npm package, does not build it again.
    pub(crate) fn node(&self, script: &str) -> Result<Command, String> {
        self.node_by("node".into(), script)
    }

    /// The same by the Node 24 that is installed with the peers, some of which want it. A smoke run takes the Node at hand.
    pub(crate) fn node24(&self, script: &str) -> Result<Command, String> {
        let installed = self.target("node/node_modules/.bin/node");
        self.node_by(if self.extent.has_peers() { installed } else { "node".into() }, script)
    }

    fn node_by(&self, program: PathBuf, script: &str) -> Result<Command, String> {
        let folder = self.node.get_or_init(|| self.node_project());
        let mut command = self.command(program);
        command.arg(folder.as_ref().map_err(String::clone)?.join(script));
        command.env("RELYINGPARTY", self.root.join("bindings-wasm/dist/node/entry_node.js"));
        Ok(command)
    }

    fn node_project(&self) -> Result<PathBuf, String> {
        if self.extent != Extent::Smoke || env::var_os("RP_TEST_PYTHON").is_none() {
            self.npm_ci(&self.root.join("bindings-wasm"))?;
            run(self.command("npm").args(["run", "build", "--prefix", "bindings-wasm"]))?;
        }
        let folder = self.project("node");
        if !self.extent.has_peers() {
            return Ok(folder);
        }
        let copy = self.target("node");
        copy_files(&folder, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
        self.npm_ci(&copy)?;
        Ok(copy)
    }

    /// `npm ci`, unless what is installed is as new as the lock file.
    fn npm_ci(&self, folder: &Path) -> Result<(), String> {
        let modified = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified()).ok();
        let installed = modified("node_modules/.package-lock.json");
        if installed.is_some() && installed >= modified("package-lock.json") {
            return Ok(());
        }
        run(self.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }
}

/// Runs a command of the set-up, whose words all go to standard error.
fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("$ {}", shown(command));
    let output = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{}: {error}", shown(command)))?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stdout));
    Err(format!("`{}`: {}", shown(command), output.status))
}

/// The command as one would type it, programs by their last component.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Copies the files of a folder, but those that are there already as they are.
fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_file() && fs::read(entry.path())? != fs::read(&copy).unwrap_or_default() {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}
