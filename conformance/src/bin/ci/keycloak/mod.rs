//! The packages at Keycloak: logins, refreshes while its keys rotate, logout. It runs by name only, since it takes a
//! download of 170 MB, a Java and minutes.

mod admin;
mod clients;
mod install;
mod server;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use conformance::http::{Request, Response};
use conformance::serve;
use conformance::workbench::{Context, Outcome, Stop, fail};
use serde_json::{Value, json};

use self::admin::Admin;
use self::server::Server;

/// The realm that the server starts with: its clients, its user, and what becomes of a refresh token.
const REALM_FILE: &str = "conformance/keycloak/realm.json";
const REALM: &str = "relyingparty";
const TESTS: &str = "conformance/keycloak";

pub(crate) fn run(context: &mut Context) -> Outcome {
    let java = install::java_home()?;
    let home = install::keycloak(context)?;
    let python = context.python()?;
    context.databases()?;
    context.npm_package()?;
    // What is built while the server runs has it wait.
    context.cargo(&["test", "-p", "conformance", "--test", "keycloak", "--no-run"])?;

    let read = |file: &str| -> Result<Value, Stop> {
        let text =
            fs::read_to_string(context.path(file)).map_err(|error| fail(format!("{file}: {error}")))?;
        serde_json::from_str(&text).map_err(|error| fail(format!("{file}: {error}")))
    };
    let (mut realm, keys) = (read(REALM_FILE)?, read(clients::KEYS_FILE)?);
    let about_clients = clients::prepare(&mut realm, &keys).map_err(fail)?;
    let server = Server::start(&home, &java, &realm.to_string()).map_err(fail)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| fail(error.to_string()))?;
    let listener = runtime.block_on(serve::listen(0)).map_err(|error| fail(error.to_string()))?;
    let control = listener.local_addr().map_err(|error| fail(error.to_string()))?;
    let admin = Admin::of(server.base(), server.password(), REALM);
    runtime.spawn(serve::serve(listener, control_of(admin)));

    let mut about = about_clients;
    about["issuer"] = format!("{}/realms/{REALM}", server.base()).into();
    about["control"] = format!("http://{control}").into();
    let about = about.to_string();
    let outcomes = [
        rust(context, &about),
        typed(context, &python),
        in_python(context, &python, &about),
        in_node(context, &about),
    ];
    outcomes.into_iter().find(Result::is_err).unwrap_or(Ok(()))
}

/// What Keycloak can be told: `POST /rotate`, as `conformance/op`, and `POST /logout` with a `user`.
fn control_of(admin: Admin) -> impl Fn(&Request) -> Response + Clone + Send + Sync + 'static {
    let admin = Arc::new(Mutex::new(admin));
    move |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut admin = admin.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match (request.method.as_str(), request.path()) {
            ("POST", "/rotate") => admin.rotate(body["keep_old"] == true),
            ("POST", "/logout") => admin.log_out(body["user"].as_str().unwrap_or_default()),
            _ => {
                return Response::new(400, "application/json", r#"{"error":"POST /rotate or /logout"}"#);
            }
        };
        match done {
            Ok(()) => Response::new(200, "application/json", "{}"),
            Err(reason) => Response::new(500, "application/json", json!({ "error": reason }).to_string()),
        }
    }
}

fn rust(context: &mut Context, about: &str) -> Outcome {
    let mut command = context.command("cargo");
    command.args(["test", "-p", "conformance", "--test", "keycloak"]);
    // One at a time: they rotate the keys of one realm.
    command.args(["--", "--include-ignored", "--test-threads=1"]);
    command.env("RP_TEST_KEYCLOAK", about);
    context.run(command)
}

fn typed(context: &mut Context, python: &Path) -> Outcome {
    for args in [
        &["ruff", "check", "--config", "bindings-python/pyproject.toml", TESTS][..],
        &["mypy", "--strict", TESTS],
    ] {
        let mut command = context.command(python);
        command.arg("-m").args(args).env("MYPYPATH", context.path("bindings-python/tests"));
        context.run(command)?;
    }
    Ok(())
}

fn in_python(context: &mut Context, python: &Path, about: &str) -> Outcome {
    let mut command = context.command(python);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", TESTS]);
    command.env("PYTHONPATH", context.path("bindings-python/tests")).env("RP_TEST_KEYCLOAK", about);
    context.run(command)
}

fn in_node(context: &mut Context, about: &str) -> Outcome {
    let mut command = context.command("node");
    // One after the other: they rotate the keys of one realm.
    command.args(["--test", "--test-concurrency=1"]);
    command.args(["conformance/keycloak/keycloak.test.mjs", "conformance/keycloak/workers.test.mjs"]);
    command.env("RP_TEST_KEYCLOAK", about);
    context.run(command)
}
