//! The parts of `cargo ci`, in the order in which they run: the cheapest and the most telling first.

use std::fs;
use std::process::Command;

use conformance::cases::{self, Matrix, Runner};
use serde_json::Value;

use crate::imports::imports;
use crate::{docs_site, fuzz, keycloak, limits, supply};
use conformance::live::Selection;
use conformance::workbench::{Context, Outcome, Stop, fail};

pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&mut Context) -> Outcome,
}

pub(crate) const PARTS: &[Part] = &[
    Part { name: "fmt", about: "Rust is formatted", run: fmt },
    Part { name: "clippy", about: "no lint, with every set of features", run: clippy },
    Part { name: "core", about: "the crate's tests and doctests", run: core },
    Part {
        name: "host",
        about: "the host crate's tests, doctests and examples, with each transport",
        run: host,
    },
    Part {
        name: "vectors",
        about: "published and mutated signatures, RustCrypto as aws-lc-rs",
        run: vectors,
    },
    Part { name: "docs", about: "the crates' documentation builds without a warning", run: docs },
    Part {
        name: "conformance",
        about: "the cases, the scripted provider, the demo's and this command's tests",
        run: conformance,
    },
    Part { name: "wasm", about: "the npm package builds; the core's wasm imports nothing", run: wasm },
    Part {
        name: "javascript",
        about: "the npm package's tests, types and packed tarball, live logins from Node",
        run: javascript,
    },
    Part {
        name: "cases",
        about: "every case in Rust, Python and JavaScript, and runners that notice what was tampered with",
        run: cases,
    },
    Part { name: "browser", about: "the single-page example in headless Chromium", run: browser },
    Part {
        name: "python",
        about: "the wheel's tests and types, live logins over http and https",
        run: python,
    },
    Part {
        name: "rust-live",
        about: "live logins from Rust, blocking and async, over http and https, and rotations",
        run: rust_live,
    },
    Part {
        name: "live",
        about: "the packages with their transports at every module's issuer, and at a server that misuses the wire",
        run: live,
    },
    Part { name: "demo", about: "`cargo demo --headless` logs in, as text and as JSON", run: demo },
    Part {
        name: "servers",
        about: "each framework behind nginx with TLS and a sub-path, two workers, restarts in the middle",
        run: servers,
    },
    Part {
        name: "pages",
        about: "server pages and logins in Chromium, and axe on every page that is shipped",
        run: pages,
    },
    Part { name: "compare", about: "`cargo compare` runs, our side alone", run: compare },
    Part { name: "readme", about: "the logins of the README and of a page run", run: readme },
    Part {
        name: "docs-site",
        about: "the documentation's site builds; its links, spelling, navigation and tables",
        run: docs_site::check,
    },
    Part {
        name: "limits",
        about: "the sizes of the packages, and the time to load them",
        run: limits::check,
    },
    Part { name: "supply", about: "dependencies are allowed, by licence and source", run: supply::supply },
    Part { name: "advisories", about: "no dependency has a known vulnerability", run: supply::advisories },
    Part {
        name: "fuzz",
        about: "every fuzz target for 10 s from the saved corpus (RP_FUZZ_SECONDS)",
        run: fuzz::run,
    },
];

/// The parts that run only when they are named.
pub(crate) const OPT_IN: &[Part] = &[
    Part {
        name: "bundlers",
        about: "what a dozen bundlers make of the npm package logs in, in Chromium, and runs on servers",
        run: bundlers,
    },
    Part {
        name: "keycloak",
        about: "the packages at a Keycloak of Maven's, while its keys rotate and while it ends sessions",
        run: keycloak::run,
    },
];

fn fmt(context: &mut Context) -> Outcome {
    context.cargo(&["fmt", "--all", "--check"])?;
    context.cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
}

/// The sets of features to try beside the default one: each way to check signatures alone, and everything.
const FEATURES: [&[&str]; 4] = [
    &["--no-default-features", "--features", "std"],
    &["--no-default-features", "--features", "std,signing"],
    &["--no-default-features", "--features", "aws-lc-rs,es256k,http,logout,private-keys"],
    &["--all-features"],
];

/// Those of the host crate: no transport, each alone, and both; what a site has alone. With all features they are in the workspace's run.
const HOST_FEATURES: [&[&str]; 8] = [
    &["--no-default-features"],
    &["--features", "reqwest"],
    &["--features", "ureq"],
    &["--features", "axum"],
    &["--features", "redis"],
    &["--features", "postgres"],
    &["--features", "tower-sessions"],
    &["--no-default-features", "--features", "aws-lc-rs,reqwest,ureq"],
];

/// All of what the host crate has of its own.
const HOST_ALL: &str = "axum,postgres,redis,reqwest,tower-sessions,ureq";

fn clippy(context: &mut Context) -> Outcome {
    context.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    for features in FEATURES {
        let args = [&["clippy", "-p", "relyingparty", "--all-targets"], features, &["--", "-D", "warnings"]];
        context.cargo(&args.concat())?;
    }
    for features in HOST_FEATURES {
        let args =
            [&["clippy", "-p", "relyingparty-host", "--all-targets"], features, &["--", "-D", "warnings"]];
        context.cargo(&args.concat())?;
    }
    // Without the standard library only the library itself: its tests need one.
    let library = ["clippy", "-p", "relyingparty", "--lib", "--no-default-features"];
    context.cargo(&[&library[..], &["--", "-D", "warnings"]].concat())
}

fn core(context: &mut Context) -> Outcome {
    context.cargo(&["test", "-p", "relyingparty"])?;
    for features in FEATURES {
        context.cargo(&[&["test", "-p", "relyingparty", "--tests"], features].concat())?;
    }
    Ok(())
}

fn host(context: &mut Context) -> Outcome {
    context.databases()?;
    context.cargo(&["test", "-p", "relyingparty-host", "--features", HOST_ALL])?;
    context.cargo(&[
        "test",
        "-p",
        "conformance",
        "--test",
        "host",
        "--test",
        "host_refreshes",
        "--test",
        "site",
        "--test",
        "tower_sessions",
        "--test",
        "transports",
    ])
}

fn vectors(context: &mut Context) -> Outcome {
    context.verdicts().map(drop)
}

pub(crate) fn docs(context: &mut Context) -> Outcome {
    let host = &["-p", "relyingparty-host", "--features", HOST_ALL][..];
    for package in [&["-p", "relyingparty"][..], host] {
        let mut command = context.command("cargo");
        command.args(["doc", "--no-deps"]).args(package).env("RUSTDOCFLAGS", "-D warnings");
        context.run(command)?;
    }
    Ok(())
}

fn conformance(context: &mut Context) -> Outcome {
    context.cargo(&["test", "-p", "conformance"])
}

fn wasm(context: &mut Context) -> Outcome {
    context.npm_package()?;
    let mut command = context.command("node");
    command.args(["bindings-wasm/toolchain.mjs", "--"]);
    command.args(["-p", "relyingparty", "--example", "imports_nothing", "--profile", "wasm"]);
    context.run(command)?;

    let module = context.target("wasm32-unknown-unknown/wasm/examples/imports_nothing.wasm");
    let wasm = fs::read(&module).map_err(|error| fail(format!("{}: {error}", module.display())))?;
    match imports(&wasm).map_err(fail)? {
        None => {
            println!("the core's wasm ({} bytes) imports nothing", wasm.len());
            Ok(())
        }
        Some((count, first)) => Err(fail(format!("the core's wasm imports {count}, the first is {first}"))),
    }
}

fn javascript(context: &mut Context) -> Outcome {
    context.databases()?;
    context.npm_package()?;
    let mut command = context.npm("bindings-wasm", &["test"]);
    command.env("RP_VERDICTS", context.verdicts()?);
    let command = context.live(command)?;
    context.run(command)
}

fn cases(context: &mut Context) -> Outcome {
    let matrix = Matrix::run(context, &Runner::ALL, &cases::folder(), "").map_err(fail)?;
    print!("{}", matrix.to_text());
    context.close_with(matrix.summary());
    if matrix.failed() > 0 {
        return Err(fail(format!("{} cases did not pass", matrix.failed())));
    }
    let python = context.python()?;
    let runners = "conformance/runners/python";
    for args in [
        &["ruff", "check", "--config", "bindings-python/pyproject.toml", runners][..],
        &["mypy", "--strict", runners],
    ] {
        let mut command = context.command(&python);
        command.arg("-m").args(args);
        context.run(command)?;
    }
    let mut command = context.command("cargo");
    command.args(["test", "-p", "conformance", "--test", "runners", "--", "--include-ignored"]);
    command.env("RP_TEST_PYTHON", python);
    context.run(command)
}

fn browser(context: &mut Context) -> Outcome {
    let chromium = context.chromium()?;
    context.npm_package()?;
    context.npm_ci("bindings-wasm/examples/spa")?;
    let command = context.npm("bindings-wasm/examples/spa", &["test"]);
    let mut command = context.live(command)?;
    command.env("CHROMIUM", chromium).env("RP_VERDICTS", context.verdicts()?);
    context.run(command)
}

/// The applications of `conformance/servers`, and what they need to run.
fn applications(context: &mut Context, script: &str) -> Result<Command, Stop> {
    let folder = "conformance/servers";
    let nginx = context.nginx()?;
    context.databases()?;
    let python = context.python()?;
    context.npm_package()?;
    context.npm_ci(folder)?;
    context.cargo(&["build", "-p", "conformance", "--example", "in_axum"])?;
    let command = context.npm(folder, &["run", script]);
    let mut command = context.live(command)?;
    command.env("RP_TEST_NGINX", nginx).env("RP_TEST_PYTHON", python);
    command.env("RP_TEST_AXUM", context.target("debug/examples/in_axum"));
    Ok(command)
}

fn servers(context: &mut Context) -> Outcome {
    let command = applications(context, "test")?;
    context.run(command)?;
    let python = context.python()?;
    let folder = context.path("conformance/servers/applications");
    let config = ["--config", "../../../bindings-python/pyproject.toml"];
    for args in [
        &[&["ruff", "check"][..], &config, &["."]].concat()[..],
        &["mypy", "--strict", "in_django.py", "in_fastapi.py", "in_flask.py"],
    ] {
        let mut command = context.command(&python);
        command.current_dir(&folder).arg("-m").args(args);
        context.run(command)?;
    }
    Ok(())
}

fn pages(context: &mut Context) -> Outcome {
    let chromium = context.chromium()?;
    let docs = docs_site::build(context)?;
    context.npm_ci("bindings-wasm/examples/spa")?;
    context.cargo(&["build", "-p", "conformance", "--bins"])?;
    let features = ["--features", "axum,redis,reqwest,ureq", "--example", "site_axum"];
    context.cargo(&[&["build", "-p", "relyingparty-host"][..], &features].concat())?;
    let mut command = applications(context, "pages")?;
    command.env("CHROMIUM", chromium).env("RP_TEST_DOCS", docs).env("RP_TEST_BUILT", context.target("debug"));
    context.run(command)
}

fn bundlers(context: &mut Context) -> Outcome {
    let folder = "bindings-wasm/test/bundlers";
    let chromium = context.chromium()?;
    context.npm_package()?;
    context.npm_ci(folder)?;
    let command = context.npm(folder, &["test"]);
    let mut command = context.live(command)?;
    command.env("CHROMIUM", chromium);
    context.run(command)
}

fn python(context: &mut Context) -> Outcome {
    let python = context.python()?;
    context.databases()?;
    let folder = context.path("bindings-python");
    let stubs = ["tests/stubs.py", "relyingparty", "--allowlist", "stubtest_allowlist.txt"];
    for args in
        [&["-m", "pytest", "tests"][..], &["-m", "mypy", "--strict"], &stubs, &["-m", "ruff", "check"]]
    {
        let mut command = context.command(&python);
        command.current_dir(&folder).args(args);
        let command = context.live(command)?;
        context.run(command)?;
    }
    Ok(())
}

fn rust_live(context: &mut Context) -> Outcome {
    context.databases()?;
    let mut command = context.command("cargo");
    command.args([
        "test",
        "-p",
        "conformance",
        "--test",
        "live",
        "--test",
        "host_live",
        "--test",
        "rotation",
        "--test",
        "site_live",
    ]);
    command.args(["--", "--include-ignored"]);
    let command = context.live(command)?;
    context.run(command)
}

fn live(context: &mut Context) -> Outcome {
    let matrix = conformance::live::run(context, &Selection::default()).map_err(fail)?;
    print!("{}", matrix.text());
    context.close_with(matrix.summary());
    match (matrix.count("fail"), matrix.count("skipped")) {
        (0, 0) => Ok(()),
        (0, skipped) => Err(Stop::Skip(format!("{skipped} could not be tried"))),
        (failed, _) => Err(fail(format!("{failed} did not pass"))),
    }
}

fn demo(context: &mut Context) -> Outcome {
    let mut command = context.command("cargo");
    command.args(["demo", "--headless"]);
    let trace = context.capture(command)?;
    let last = trace.lines().last().unwrap_or_default();
    if !last.starts_with("login ok iss=") {
        return Err(fail(format!("the last line of the trace is not `login ok …` but `{last}`")));
    }

    let mut command = context.command("cargo");
    command.args(["demo", "--headless", "--json"]);
    let report = context.capture(command)?;
    let report: Value =
        serde_json::from_str(&report).map_err(|error| fail(format!("not one JSON object: {error}")))?;
    let exchanges = report["exchanges"].as_array().map_or(0, Vec::len);
    if report["ok"] == true && report["sub"].is_string() && exchanges > 0 {
        Ok(())
    } else {
        Err(fail("the JSON report lacks `ok: true`, `sub` or `exchanges`"))
    }
}

fn compare(context: &mut Context) -> Outcome {
    for manifest in ["rust/Cargo.toml", "python/floor/Cargo.toml"] {
        let manifest = format!("conformance/compare/{manifest}");
        context.cargo(&["fmt", "--check", "--manifest-path", &manifest])?;
    }
    let python = context.python()?;
    let mut ruff = context.command(&python);
    ruff.args([
        "-m",
        "ruff",
        "check",
        "--config",
        "bindings-python/pyproject.toml",
        "conformance/compare/python",
    ]);
    context.run(ruff)?;
    context.npm_package()?;
    let mut command = context.command("cargo");
    command.args(["compare", "--smoke"]).env("RP_TEST_PYTHON", python);
    context.run(command)
}

fn readme(context: &mut Context) -> Outcome {
    let python = context.python()?;
    context.npm_package()?;
    context.cargo(&["test", "-p", "conformance", "--doc"])?;
    let mut command = context.command("cargo");
    command
        .args(["test", "-p", "conformance", "--test", "readme", "--", "--include-ignored"])
        .env("RP_TEST_PYTHON", python);
    context.run(command)
}
