//! The certified provider as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use conformance::workbench::{Context, Stop};
use serde_json::{Value, json};

use super::applications::Application;

/// How long tokens live: short, so that a refresh is soon due.
pub(super) const TOKEN_SECS: u64 = 5;

/// A running `oidc-provider`; it ends with this value.
pub(super) struct Op {
    pub(super) issuer: String,
    control: String,
    child: Child,
}

/// What an application is told of its registration.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Op {
    pub(super) fn start(context: &mut Context) -> Result<Op, String> {
        let folder = context.path("conformance/op");
        context
            .once("provider", |context| context.npm_ci("conformance/op"))
            .map_err(|(Stop::Fail(reason) | Stop::Skip(reason) | Stop::NotRun(reason))| reason)?;
        let mut command = context.command(folder.join("node_modules/.bin/node"));
        let secs = TOKEN_SECS.to_string();
        command.arg(folder.join("provider.mjs")).args([
            "--access-token-secs",
            &secs,
            "--id-token-secs",
            &secs,
        ]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the provider: {error}"))?;
        let stdout = child.stdout.take().ok_or("the provider has no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
        let ready: Value = serde_json::from_str(&line).map_err(|error| format!("the provider: {error}"))?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Op { issuer: text("issuer"), control: text("control"), child })
    }

    /// Registers an application that is at `base_url`.
    pub(super) fn register(&self, application: &Application, base_url: &str) -> Result<Client, String> {
        let at = |path: &str| format!("{base_url}{path}");
        let mut metadata = json!({
            "client_secret": "a-secret-that-everybody-may-read-0123456789",
            "redirect_uris": [at(application.callback)],
            "post_logout_redirect_uris": [at(application.logged_out)],
        });
        if let Some(path) = application.back_channel {
            metadata["backchannel_logout_uri"] = at(path).into();
            metadata["backchannel_logout_session_required"] = true.into();
        }
        let client = self.control("register", &metadata)?;
        let text = |name: &str| client[name].as_str().unwrap_or_default().to_owned();
        Ok(Client { id: text("client_id"), secret: text("client_secret") })
    }

    /// What was asked of the provider since the last call, as `POST /token 200`.
    pub(super) fn requests(&self) -> Result<Vec<String>, String> {
        let requests = self.control("requests", &json!({}))?;
        let word = |request: &Value, name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let line =
            |request| format!("{} {} {}", word(request, "method"), word(request, "path"), request["status"]);
        Ok(requests.as_array().map(|all| all.iter().map(line).collect()).unwrap_or_default())
    }

    fn control(&self, verb: &str, body: &Value) -> Result<Value, String> {
        let mut answer = ureq::post(format!("{}/{verb}", self.control))
            .send(body.to_string())
            .map_err(|error| format!("{verb}: {error}"))?;
        let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
