//! An application with all it needs, below `target/beside`. Versions are those of the lock files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::workbench::{Context, Outcome, Stop, fail};

use super::SOURCE;
use super::applications::{APPLICATIONS, Application, Runs};

/// Our packages as files, as nothing of ours is on the registries: built before any clock starts.
#[derive(Default)]
pub(super) struct Packages {
    wheel: Option<PathBuf>,
    npm: Option<PathBuf>,
}

/// An application that can be started.
pub(super) struct Installed {
    pub(super) application: &'static Application,
    pub(super) folder: PathBuf,
}

impl Packages {
    /// Builds those that the applications with `only` in their names need.
    pub(super) fn build(context: &mut Context, only: &str) -> Result<Packages, String> {
        let chosen = |wanted: &dyn Fn(Runs) -> bool| {
            let mut ours = APPLICATIONS.iter().filter(|application| application.is_ours());
            ours.any(|application| application.folder.contains(only) && wanted(application.runs))
        };
        let mut packages = Packages::default();
        let mut build = || -> Outcome {
            if chosen(&|runs| matches!(runs, Runs::Uvicorn | Runs::Gunicorn | Runs::Django)) {
                context.python()?;
                packages.wheel = Some(one_file(&context.target("wheels"), "whl")?);
            }
            if chosen(&|runs| runs == Runs::Node) {
                context.npm_package()?;
                let folder = context.target("beside/npm");
                fs::create_dir_all(&folder).map_err(|error| fail(error.to_string()))?;
                let mut pack = context.command("npm");
                pack.args(["pack", "./bindings-wasm", "--silent", "--pack-destination"]).arg(&folder);
                context.run(pack)?;
                packages.npm = Some(one_file(&folder, "tgz")?);
            }
            Ok(())
        };
        build().map_err(|(Stop::Fail(reason) | Stop::Skip(reason) | Stop::NotRun(reason))| reason)?;
        Ok(packages)
    }
}

fn one_file(folder: &Path, ending: &str) -> Result<PathBuf, Stop> {
    let files = fs::read_dir(folder).map_err(|error| fail(error.to_string()))?;
    let mut fitting = files.flatten().map(|file| file.path());
    fitting
        .find(|path| path.extension().is_some_and(|its| its == ending))
        .ok_or_else(|| fail(format!("{} has no .{ending}", folder.display())))
}

impl Installed {
    /// Copies the application into an empty folder, and installs what it needs.
    pub(super) fn with(
        context: &mut Context,
        application: &'static Application,
        packages: &Packages,
        folder: &Path,
    ) -> Result<Installed, String> {
        let installed = Installed { application, folder: folder.into() };
        let source = context.path(SOURCE).join(application.folder);
        let outcome = match application.runs {
            Runs::Uvicorn | Runs::Gunicorn | Runs::Django => installed.python(context, &source, packages),
            Runs::Node => installed.node(context, &source, packages),
            Runs::Cargo => installed.cargo(context, &source),
        };
        outcome.map_err(|(Stop::Fail(reason) | Stop::Skip(reason) | Stop::NotRun(reason))| reason)?;
        Ok(installed)
    }

    /// What serves it at a port, with the environment of `environment`.
    pub(super) fn command(&self, port: u16) -> Command {
        let address = format!("127.0.0.1:{port}");
        let mut command = match self.application.runs {
            Runs::Uvicorn => {
                let mut uvicorn = Command::new(self.venv("uvicorn"));
                uvicorn.args(["app:app", "--port", &port.to_string()]);
                uvicorn
            }
            Runs::Gunicorn | Runs::Django => {
                let mut gunicorn = Command::new(self.venv("gunicorn"));
                let module = if self.application.runs == Runs::Django { "wsgi" } else { "app:app" };
                gunicorn.args(["--bind", &address, "--threads", "4", module]);
                gunicorn
            }
            Runs::Node => {
                let mut node = Command::new("node");
                node.arg("app.mjs");
                node
            }
            Runs::Cargo => {
                let name = self.application.folder.replace("axum/", "beside-");
                Command::new(self.folder.join("target/debug").join(name))
            }
        };
        command.current_dir(&self.folder).env("PORT", port.to_string());
        command
    }

    /// What has to be done before it is started, with the same environment.
    pub(super) fn preparation(&self) -> Option<Command> {
        (self.application.runs == Runs::Django).then(|| {
            let mut migrate = Command::new(self.venv("python"));
            migrate.args(["-m", "django", "migrate", "--settings", "settings"]);
            migrate.current_dir(&self.folder).env("PYTHONPATH", &self.folder);
            migrate
        })
    }

    fn venv(&self, program: &str) -> PathBuf {
        self.folder.join("venv/bin").join(program)
    }

    fn python(&self, context: &mut Context, source: &Path, packages: &Packages) -> Outcome {
        copy(source, &self.folder)?;
        let mut venv = context.command("python3");
        venv.args(["-m", "venv"]).arg(self.folder.join("venv"));
        context.run(venv)?;
        let pip = || {
            let mut pip = context.command(self.venv("python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
            pip
        };
        let mut install = pip();
        install.arg("-r").arg(source.join("requirements.txt"));
        if let Some(wheel) = packages.wheel.as_ref().filter(|_| self.application.is_ours()) {
            install.arg(wheel);
        }
        context.run(install)
    }

    fn node(&self, context: &mut Context, source: &Path, packages: &Packages) -> Outcome {
        copy(source, &self.folder)?;
        let folder = self.folder.to_string_lossy();
        let install = context.npm(&folder, &["ci", "--no-audit", "--no-fund"]);
        context.run(install)?;
        let Some(package) = packages.npm.as_ref().filter(|_| self.application.is_ours()) else {
            return Ok(());
        };
        let package = package.to_string_lossy();
        let install = context
            .npm(&folder, &["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", &package]);
        context.run(install)
    }

    /// Ours lies at a path, so that it is built where it is.
    fn cargo(&self, context: &mut Context, source: &Path) -> Outcome {
        let mut build = context.command("cargo");
        build.args(["build", "--quiet", "--manifest-path"]).arg(source.join("Cargo.toml"));
        build.arg("--target-dir").arg(self.folder.join("target"));
        context.run(build)
    }
}

fn copy(from: &Path, to: &Path) -> Outcome {
    let copy_all = || {
        for file in fs::read_dir(from)? {
            let file = file?;
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
        Ok(())
    };
    copy_all().map_err(|error: std::io::Error| fail(error.to_string()))
}
