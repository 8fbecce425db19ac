//! The wheels, the source distribution, and a login from each Python.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use conformance::workbench::{Context, Outcome, Stop, fail};

use super::provider::Provider;
use super::steps::Steps;
use super::tools;
use super::tree::{Tree, name, told};

/// Each wheel: for what it is compiled, which platforms pip installs it on, and how its file ends.
const WHEELS: [(&str, &str, &str); 4] = [
    ("x86_64-unknown-linux-gnu", "manylinux2014", "manylinux_2_17_x86_64.whl"),
    ("aarch64-unknown-linux-gnu", "manylinux2014", "manylinux_2_17_aarch64.whl"),
    ("x86_64-unknown-linux-musl", "musllinux_1_2", "musllinux_1_2_x86_64.whl"),
    ("aarch64-unknown-linux-musl", "musllinux_1_2", "musllinux_1_2_aarch64.whl"),
];
const PYTHONS: [&str; 4] = ["3.10", "3.11", "3.12", "3.13"];
const MUSL_LOADER: &str = "/lib/ld-musl-x86_64.so.1";

pub(super) fn steps(
    context: &mut Context,
    steps: &mut Steps,
    tree: &Tree,
    tools: &Path,
    provider: &Provider,
) {
    for (target, platform, ending) in WHEELS {
        let built = steps
            .take(format!("wheel {platform} {target}"), || build(context, tree, tools, (target, platform)));
        if built {
            steps.take(format!("auditwheel {ending}"), || audit(context, tree, tools, ending));
        }
    }
    steps.take("sdist", || sdist(context, tree, tools));
    steps.take("twine check --strict", || twine(context, tree, tools));
    let native = format!("_{}.whl", env::consts::ARCH);
    for version in PYTHONS {
        steps.take(format!("login from Python {version}"), || {
            log_in(context, tree, provider, version, &format!("manylinux_2_17{native}"))
        });
    }
    steps.take("musl's loader", || musl(context, tree));
    steps.take("a wheel from the sdist, and a login", || from_sdist(context, tree, tools, provider));
}

fn build(context: &mut Context, tree: &Tree, tools: &Path, (target, platform): (&str, &str)) -> Outcome {
    tools::rust_target(context, target)?;
    let mut maturin = maturin(context, tree, tools)?;
    maturin.args([
        "build",
        "--release",
        "--locked",
        "--zig",
        "--target",
        target,
        "--compatibility",
        platform,
    ]);
    maturin.args(["--manifest-path", "bindings-python/Cargo.toml", "--out"]).arg(tree.packages());
    context.run(maturin)
}

fn sdist(context: &mut Context, tree: &Tree, tools: &Path) -> Outcome {
    let mut maturin = maturin(context, tree, tools)?;
    maturin.args(["sdist", "--manifest-path", "bindings-python/Cargo.toml", "--out"]).arg(tree.packages());
    context.run(maturin)
}

fn maturin(context: &Context, tree: &Tree, tools: &Path) -> Result<std::process::Command, Stop> {
    let mut maturin = tree.command(context, tools.join("maturin"));
    // It looks for zig beside the interpreter that it finds.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(tools.to_path_buf()).chain(env::split_paths(&path));
    maturin.env("PATH", env::join_paths(path).map_err(told)?);
    Ok(maturin)
}

/// auditwheel finds no symbol that the platform of the wheel's name lacks. Of musl it knows the name that Alpine gives to its library
/// alone; its loader takes `libc.so` for itself too, so that nothing else may be needed. The libraries of this machine say nothing of musl.
fn audit(context: &mut Context, tree: &Tree, tools: &Path, ending: &str) -> Outcome {
    let wheel = tree.only(ending)?;
    let mut audit = context.command(tools.join("auditwheel"));
    audit.arg("show").arg(&wheel);
    let platform = ending.trim_end_matches(".whl");
    let is_musl = platform.starts_with("musllinux");
    if is_musl {
        audit.arg("--ldpaths").arg(tree.scratch());
    }
    let said = context.capture(audit)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = if is_musl {
        said.contains("no external versioned symbols") && said.contains("{ \"libc.so\": null }")
    } else {
        said.contains(&format!("following platform tag: \"{platform}\""))
    };
    if fits { Ok(()) } else { Err(fail(format!("the wheel is not fit for {platform}"))) }
}

fn twine(context: &mut Context, tree: &Tree, tools: &Path) -> Outcome {
    let mut twine = context.command(tools.join("twine"));
    twine.args(["check", "--strict"]).args(tree.made(".whl")).args(tree.made(".tar.gz"));
    context.run(twine)
}

/// Installs the wheel in an empty environment, and nothing else, and logs in.
fn log_in(context: &mut Context, tree: &Tree, provider: &Provider, version: &str, ending: &str) -> Outcome {
    let wheel = tree.only(ending)?;
    let Some(interpreter) = interpreter(version) else {
        return Err(Stop::Skip(format!("no Python {version}")));
    };
    let python = environment(context, tree, &interpreter, version)?;
    install_and_log_in(context, tree, provider, &python, &wheel)
}

fn environment(context: &mut Context, tree: &Tree, interpreter: &Path, name: &str) -> Result<PathBuf, Stop> {
    let folder = tree.scratch().join(format!("python-{name}"));
    let mut venv = context.command(interpreter);
    venv.args(["-m", "venv"]).arg(&folder);
    context.run(venv)?;
    Ok(folder.join("bin/python"))
}

fn install_and_log_in(
    context: &mut Context,
    tree: &Tree,
    provider: &Provider,
    python: &Path,
    wheel: &Path,
) -> Outcome {
    let mut pip = context.command(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]).arg(wheel);
    context.run(pip)?;
    let mut login = context.command(python);
    login.current_dir(tree.scratch()).arg("-I").arg(tree.path("conformance/release/login.py"));
    provider.tell(&mut login);
    context.run(login)
}

/// pyenv's interpreter of a version, else the one on PATH.
fn interpreter(version: &str) -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(home)?.join("versions");
    let of_pyenv = fs::read_dir(pyenv).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_pyenv = of_pyenv.filter(|folder| name(folder).starts_with(&format!("{version}.")));
    let on_path = env::var_os("PATH");
    let on_path = on_path.iter().flat_map(env::split_paths).filter(|folder| !folder.ends_with("shims"));
    let on_path = on_path.map(|folder| folder.join(format!("python{version}")));
    of_pyenv.map(|folder| folder.join("bin/python")).chain(on_path).find(|path| path.is_file())
}

/// The loader of Alpine resolves everything in the wheel for musl but what Python itself brings. There is no Python for musl
/// here, so that nobody logs in with it.
fn musl(context: &mut Context, tree: &Tree) -> Outcome {
    if !Path::new(MUSL_LOADER).exists() {
        return Err(Stop::Skip(format!("no {MUSL_LOADER}: install the package musl")));
    }
    let wheel = tree.only("musllinux_1_2_x86_64.whl")?;
    let folder = tree.scratch().join("musl");
    let mut unpack = context.command("python3");
    unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&folder);
    context.run(unpack)?;
    let mut loader = context.command(MUSL_LOADER);
    loader.arg("--list").arg(folder.join("relyingparty/_relyingparty.abi3.so"));
    let output = loader.output().map_err(told)?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let missing: Vec<&str> = said.lines().filter(|line| line.contains("Error")).collect();
    let others: Vec<&&str> = missing.iter().filter(|line| !is_of_python(line)).collect();
    println!("{} symbols are left to Python, {} to nobody", missing.len() - others.len(), others.len());
    match others.first() {
        None => Ok(()),
        Some(line) => Err(fail(**line)),
    }
}

/// `Error relocating FILE: PyList_New: symbol not found`
fn is_of_python(line: &str) -> bool {
    let symbol = line.strip_suffix(": symbol not found").and_then(|line| line.rsplit(": ").next());
    symbol.is_some_and(|symbol| symbol.trim_start_matches('_').starts_with("Py"))
}

/// What pip does where no wheel fits: it compiles the source distribution, which has to be whole.
fn from_sdist(context: &mut Context, tree: &Tree, tools: &Path, provider: &Provider) -> Outcome {
    let sdist = tree.only(".tar.gz")?;
    let wheels = tree.scratch().join("from-sdist");
    let mut pip = tree.command(context, tools.join("python"));
    pip.args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir"]);
    pip.arg(&wheels).arg(sdist);
    context.run(pip)?;
    let wheel = fs::read_dir(wheels).map_err(told)?.flatten().map(|file| file.path()).next();
    let wheel = wheel.ok_or_else(|| fail("pip made no wheel"))?;
    let python = environment(context, tree, &tools.join("python"), "of-sdist")?;
    install_and_log_in(context, tree, provider, &python, &wheel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_brings_is_told_from_what_nobody_does() {
        assert!(is_of_python("Error relocating /x.so: PyList_New: symbol not found"));
        assert!(is_of_python("Error relocating /x.so: _Py_Dealloc: symbol not found"));
        assert!(!is_of_python("Error relocating /x.so: __memcpy_chk: symbol not found"));
        assert!(!is_of_python("Error loading shared library libgcc_s.so.1: No such file"));
    }
}
