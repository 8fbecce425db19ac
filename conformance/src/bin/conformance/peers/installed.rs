//! The adapters and what they need, below `target/peers`. Versions are those of the lock files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::workbench::{Context, Outcome, fail};
use serde_json::Value;

use super::{Adapter, Peer};

const SOURCE: &str = "conformance/peers";
const TARGET: &str = "peers";

/// Everything is there.
pub(super) struct Installed {
    source: PathBuf,
    target: PathBuf,
    npm_package: PathBuf,
}

impl Installed {
    /// Installs what is not, and builds our npm package.
    pub(super) fn with(context: &mut Context) -> Result<Self, String> {
        let installed = Self {
            source: context.path(SOURCE),
            target: context.target(TARGET),
            npm_package: context.path("bindings-wasm"),
        };
        installed.set_up(context).map_err(|stop| stop.reason().to_owned())?;
        Ok(installed)
    }

    /// What runs the peer's adapter.
    pub(super) fn command(&self, peer: &Peer) -> Command {
        let node = |script: &str| {
            let mut command = Command::new("node");
            command.arg(self.target.join("node").join(script));
            command
        };
        match peer.adapter {
            Adapter::Ours(script) => {
                let mut command = node(script);
                command.env("RELYINGPARTY", self.npm_package.join("dist/node/entry_node.js"));
                command
            }
            Adapter::Node(script) => node(script),
            Adapter::Python(script) => {
                let mut command = Command::new(self.python());
                command.args(["-W", "ignore", "-B"]).arg(self.source.join("python").join(script));
                command
            }
            Adapter::Rust => Command::new(self.target.join("rust/debug/peers")),
        }
    }

    /// The version that the lock file names.
    pub(super) fn version(&self, peer: &Peer) -> Result<String, String> {
        let (name, lock) = (peer.name, |file| read(&self.source.join(file)));
        let version = match peer.adapter {
            Adapter::Ours(_) => Some(env!("CARGO_PKG_VERSION").to_owned()),
            Adapter::Node(_) => {
                let lock: Value = serde_json::from_str(&lock("node/package-lock.json")?)
                    .map_err(|error| error.to_string())?;
                lock["packages"][format!("node_modules/{name}")]["version"].as_str().map(Into::into)
            }
            Adapter::Python(_) => {
                let lock = lock("python/requirements.txt")?;
                let mut pins = lock.lines().filter_map(|line| line.split_once("=="));
                pins.find(|(pinned, _)| *pinned == name).map(|(_, version)| version.into())
            }
            Adapter::Rust => {
                let lock = lock("rust/Cargo.lock")?;
                let package = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
                package.and_then(|(_, rest)| rest.split_once('"')).map(|(version, _)| version.into())
            }
        };
        version.ok_or_else(|| format!("no version of {name} is locked"))
    }

    fn set_up(&self, context: &mut Context) -> Outcome {
        self.set_up_node(context)?;
        self.set_up_python(context)?;
        self.set_up_rust(context)?;
        context.npm_package()
    }

    /// The adapters have to lie beside the libraries that they import.
    fn set_up_node(&self, context: &mut Context) -> Outcome {
        let (source, folder) = (self.source.join("node"), self.target.join("node"));
        let copy_all = || {
            fs::create_dir_all(&folder)?;
            for file in fs::read_dir(&source)? {
                let file = file?;
                fs::copy(file.path(), folder.join(file.file_name()))?;
            }
            Ok(())
        };
        copy_all().map_err(|error: std::io::Error| fail(error.to_string()))?;
        once(&folder, &source.join("package-lock.json"), || {
            let install = context.npm(&folder.to_string_lossy(), &["ci", "--no-audit", "--no-fund"]);
            context.run(install)
        })
    }

    fn set_up_python(&self, context: &mut Context) -> Outcome {
        let (folder, requirements) = (self.target.join("venv"), self.source.join("python/requirements.txt"));
        once(&folder, &requirements, || {
            let mut venv = context.command("python3");
            venv.args(["-m", "venv", "--clear"]).arg(&folder);
            context.run(venv)?;
            let mut pip = context.command(self.python());
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
            pip.arg(&requirements);
            context.run(pip)
        })
    }

    fn set_up_rust(&self, context: &mut Context) -> Outcome {
        let mut build = context.command("cargo");
        build
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(self.source.join("rust/Cargo.toml"));
        build.arg("--target-dir").arg(self.target.join("rust"));
        context.run(build)
    }

    fn python(&self) -> PathBuf {
        self.target.join("venv/bin/python")
    }
}

/// Installs, unless this lock file was installed before.
fn once(folder: &Path, lock: &Path, install: impl FnOnce() -> Outcome) -> Outcome {
    let (wanted, note) = (read(lock).map_err(fail)?, folder.join("installed"));
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(&note, wanted).map_err(|error| fail(error.to_string()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
