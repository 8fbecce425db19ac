//! The packages at Keycloak: logins, refreshes while its keys rotate, logout. It runs by name only, since it takes a
//! download of 170 MB, a Java and minutes.

mod admin;
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
    context.npm_package()?;
    // What is built while the server runs has it wait.
    context.cargo(&["test", "-p", "conformance", "--test", "keycloak", "--no-run"])?;

    let realm = fs::read_to_string(context.path(REALM_FILE)).map_err(|error| fail(error.to_string()))?;
    let server = Server::start(&home, &java, &realm).map_err(fail)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| fail(error.to_string()))?;
    let listener = runtime.block_on(serve::listen(0)).map_err(|error| fail(error.to_string()))?;
    let control = listener.local_addr().map_err(|error| fail(error.to_string()))?;
    let admin = Admin::of(server.base(), server.password(), REALM);
    runtime.spawn(serve::serve(listener, control_of(admin)));

    let about = about(&server, &control.to_string(), &realm)?;
    let outcomes = [
        rust(context, &about),
        typed(context, &python),
        in_python(context, &python, &about),
        in_node(context, &about),
    ];
    outcomes.into_iter().find(Result::is_err).unwrap_or(Ok(()))
}

/// What the tests are told: the issuer, the control, and the clients as they are registered.
fn about(server: &Server, control: &str, realm: &str) -> Result<String, Stop> {
    let realm: Value = serde_json::from_str(realm).map_err(|error| fail(format!("{REALM_FILE}: {error}")))?;
    let clients = realm["clients"].as_array().into_iter().flatten();
    let clients = clients
        .map(|client| json!({ "client_id": client["clientId"], "client_secret": client["secret"] }))
        .collect::<Vec<_>>();
    let issuer = format!("{}/realms/{REALM}", server.base());
    Ok(json!({ "issuer": issuer, "control": format!("http://{control}"), "clients": clients }).to_string())
}

/// The verbs of `conformance/op` that Keycloak can follow: `POST /rotate`.
fn control_of(admin: Admin) -> impl Fn(&Request) -> Response + Clone + Send + Sync + 'static {
    let admin = Arc::new(Mutex::new(admin));
    move |request| {
        if (request.method.as_str(), request.path()) != ("POST", "/rotate") {
            return Response::new(400, "application/json", r#"{"error":"POST /rotate"}"#);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let keep_old = body["keep_old"] == true;
        match admin.lock().unwrap_or_else(PoisonError::into_inner).rotate(keep_old) {
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
    command.args(["--test", "conformance/keycloak/keycloak.test.mjs"]).env("RP_TEST_KEYCLOAK", about);
    context.run(command)
}
