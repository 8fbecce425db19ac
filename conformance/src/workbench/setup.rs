//! What the parts need to be there before they start. Each step is done once, and only when it has to be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use super::context::{Context, Outcome, Stop, fail};
use super::tls;

const OP: &str = "conformance/op";
const TLS: &str = "ci/tls";
const TOOLS: &str = "ci/tools";
const VENV: &str = "ci/venv";
const VERDICTS: &str = "ci/verdicts";
const WHEELS: &str = "wheels";
const NGINX: &str = "/usr/sbin/nginx";
const NPM_PACKAGE: &str = "bindings-wasm";
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

impl Context {
    /// Tells the command where the provider of the live tests is: `RP_TEST_OP` holds `provider.mjs`, `RP_TEST_TLS`
    /// holds `ca.pem`, `cert.pem` and `key.pem`.
    pub fn live(&mut self, mut command: Command) -> Result<Command, Stop> {
        self.once("provider", |context| context.npm_ci(OP))?;
        self.once("certificates", |context| {
            tls::write(&context.target(TLS)).map_err(|error| fail(error.to_string()))
        })?;
        command.env("RP_TEST_OP", self.path(OP)).env("RP_TEST_TLS", self.target(TLS));
        Ok(command)
    }

    /// The npm package in `bindings-wasm`, with its development dependencies, built.
    pub fn npm_package(&mut self) -> Outcome {
        self.once("npm package", |context| {
            context.npm_ci(NPM_PACKAGE)?;
            let command = context.npm(NPM_PACKAGE, &["run", "build"]);
            context.run(command)
        })
    }

    /// `npm ci`, unless what is installed is as new as the lock file.
    pub fn npm_ci(&mut self, folder: &str) -> Outcome {
        let folder_path = self.path(folder);
        let installed = modified(&folder_path.join("node_modules/.package-lock.json"));
        if installed.is_some() && installed >= modified(&folder_path.join("package-lock.json")) {
            return Ok(());
        }
        if !on_path("npm") {
            return Err(fail("npm is not on PATH: install Node.js 20 or later"));
        }
        let command = self.npm(folder, &["ci", "--no-audit", "--no-fund"]);
        self.run(command)
    }

    /// `npm <args>` for the package in `folder`.
    pub fn npm(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = self.command("npm");
        command.args(args).args(["--prefix", folder]);
        command
    }

    /// Where the verdicts on the signature vectors are, one file for each way to check signatures, which all have to say
    /// the same: `host.jsonl` holds the questions to the verifiers in JavaScript, `rustcrypto.jsonl` the answers.
    pub fn verdicts(&mut self) -> Result<PathBuf, Stop> {
        let folder = self.target(VERDICTS);
        self.once("verdicts", |context| {
            fs::create_dir_all(&folder).map_err(|error| fail(error.to_string()))?;
            for (name, features) in
                [("rustcrypto", "rustcrypto,es256k,std"), ("aws-lc-rs", "aws-lc-rs,es256k"), ("host", "std")]
            {
                let mut command = context.command("cargo");
                command.args(["test", "-p", "relyingparty", "--test", "vectors", "--no-default-features"]);
                command.args(["--features", features]);
                command.env("RP_VERDICTS", folder.join(name).with_extension("jsonl"));
                context.run(command)?;
            }
            let answers = |name: &str| fs::read(folder.join(name)).map_err(|error| fail(error.to_string()));
            if answers("rustcrypto.jsonl")? != answers("aws-lc-rs.jsonl")? {
                return Err(fail("RustCrypto and aws-lc-rs disagree about a signature"));
            }
            Ok(())
        })?;
        Ok(folder)
    }

    /// The interpreter of a virtual environment with the wheel and its test dependencies in it.
    pub fn python(&mut self) -> Result<PathBuf, Stop> {
        let python = self.target(VENV).join("bin/python");
        self.once("python environment", |context| {
            if !python.exists() {
                context.create_venv()?;
            }
            let mut pip = context.command(&python);
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "./bindings-python[test]",
            ]);
            context.run(pip)?;
            // Once more as a file, for its size.
            let wheels = context.target(WHEELS);
            if wheels.exists() {
                fs::remove_dir_all(&wheels).map_err(|error| fail(error.to_string()))?;
            }
            let mut wheel = context.command(&python);
            wheel.args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]);
            wheel.arg("--wheel-dir").arg(wheels).arg("./bindings-python");
            context.run(wheel)
        })?;
        Ok(python)
    }

    fn create_venv(&mut self) -> Outcome {
        if !on_path("python3") {
            return Err(fail("python3 is not on PATH: install Python 3.10 or later"));
        }
        let mut probe = self.command("python3");
        probe.args(["-c", "import venv, ensurepip"]);
        if self.run(probe).is_err() {
            self.apt_install("python3-venv").map_err(fail)?;
        }
        let mut command = self.command("python3");
        command.args(["-m", "venv"]).arg(self.target(VENV));
        self.run(command)
    }

    /// cargo-deny: the one on PATH, else one of our own. Skips where it cannot be had.
    pub fn cargo_deny(&mut self) -> Result<PathBuf, Stop> {
        if let Some(found) = find("cargo-deny") {
            return Ok(found);
        }
        let root = self.target(TOOLS);
        let own = root.join("bin/cargo-deny");
        self.once("cargo-deny", |context| {
            if own.exists() {
                return Ok(());
            }
            let mut install = context.command("cargo");
            install.args(["install", "--locked", "--no-default-features", "cargo-deny", "--root"]).arg(root);
            context.run(install).map_err(|_| Stop::Skip("cargo-deny cannot be installed".into()))
        })?;
        if own.exists() { Ok(own) } else { Err(fail("cargo-deny was installed, but is not there")) }
    }

    /// A Chromium: what `CHROMIUM` names, else one on PATH, else Debian's. Skips where there is none to be had.
    pub fn chromium(&mut self) -> Result<PathBuf, Stop> {
        if let Some(named) = env::var_os("CHROMIUM") {
            return Ok(named.into());
        }
        if let Some(found) = find_chromium() {
            return Ok(found);
        }
        self.apt_install("chromium")
            .map_err(|reason| Stop::Skip(format!("no Chromium: set CHROMIUM to one ({reason})")))?;
        find_chromium().ok_or_else(|| fail("the package chromium is installed, but there is no such program"))
    }

    /// nginx: the one on PATH, else Debian's, which stands where a user's PATH may not lead. Skips where there is none to be had.
    pub fn nginx(&mut self) -> Result<PathBuf, Stop> {
        let installed =
            || find("nginx").or_else(|| Some(NGINX.into()).filter(|path: &PathBuf| path.is_file()));
        if let Some(found) = installed() {
            return Ok(found);
        }
        self.apt_install("nginx").map_err(|reason| Stop::Skip(format!("no nginx: {reason}")))?;
        installed().ok_or_else(|| fail("the package nginx is installed, but there is no such program"))
    }

    /// Redis and PostgreSQL for the tests of stores: Debian's, unless there are some. Tests that miss one say that they are
    /// skipped.
    pub fn databases(&mut self) -> Outcome {
        self.once("databases", |context| {
            let has_postgresql = on_path("initdb") || Path::new("/usr/lib/postgresql").is_dir();
            for (package, is_there) in
                [("redis-server", on_path("redis-server")), ("postgresql", has_postgresql)]
            {
                if !is_there && let Err(reason) = context.apt_install(package) {
                    println!("no {package}: {reason}");
                }
            }
            Ok(())
        })
    }

    /// Has a Chromium that is started with this `HOME` trust an authority. Skips where NSS's tools are not to be had.
    pub fn trust_in_chromium(&mut self, ca_file: &Path, home: &Path) -> Outcome {
        if !on_path("certutil") {
            self.apt_install("libnss3-tools")
                .map_err(|reason| Stop::Skip(format!("no certutil: {reason}")))?;
        }
        let folder = home.join(".pki/nssdb");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| fail(error.to_string()))?;
        }
        fs::create_dir_all(&folder).map_err(|error| fail(error.to_string()))?;
        let database = format!("sql:{}", folder.display());
        for args in [&["-N", "--empty-password"][..], &["-A", "-t", "C,,", "-n", "live", "-i"]] {
            let mut command = self.command("certutil");
            command.args(["-d", &database]).args(args);
            if args.contains(&"-i") {
                command.arg(ca_file);
            }
            self.run(command)?;
        }
        Ok(())
    }

    /// Installs a Debian package; errs with the reason why that is not possible here.
    fn apt_install(&mut self, package: &str) -> Result<(), String> {
        if !on_path("apt-get") {
            return Err("apt-get is not on PATH".into());
        }
        let user = self.command("id").arg("-u").stderr(Stdio::null()).output();
        if !user.is_ok_and(|id| id.stdout.trim_ascii() == b"0") {
            return Err(format!("`apt-get install {package}` takes root"));
        }
        for args in
            [&["update", "--quiet"][..], &["install", "--quiet", "--yes", "--no-install-recommends", package]]
        {
            let mut command = self.command("apt-get");
            command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
            self.run(command).map_err(|_| format!("`apt-get {}` failed", args.join(" ")))?;
        }
        Ok(())
    }
}

fn find_chromium() -> Option<PathBuf> {
    CHROMIUM_NAMES.iter().find_map(|name| find(name))
}

fn on_path(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn modified(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
