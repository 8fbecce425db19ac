//! One adapter plays all modules, against providers of its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use conformance::modules::{Journey, Module, POST_LOGOUT_REDIRECT_URI};
use conformance::serve;
use conformance::suite::{self, Suite};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longer than any library waits before it asks for keys again.
const PAUSE_SECS: u64 = 61;

/// What the adapter said of each module, and what the log of the suite says.
pub(super) type Answers = BTreeMap<String, (Answer, suite::Verdict)>;

/// A line of an adapter.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) module: String,
    pub(super) outcome: Outcome,
    #[serde(default)]
    pub(super) error: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// The library went on to the end.
    Accepted,
    /// It refused something.
    Rejected,
    /// It has no such thing.
    Unsupported,
    /// The adapter is wrong.
    Broken,
}

pub(super) fn play(mut adapter: Command, modules: &[&Module]) -> Result<Answers, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let listener = runtime.block_on(serve::listen(0)).map_err(|error| error.to_string())?;
    let origin = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
    let suite = Arc::new(Mutex::new(Suite::new(&origin)));
    runtime.spawn(serve::serve(listener, serve::suite(suite.clone())));

    let said = told(&mut adapter, &jobs(&origin, modules))?;
    let suite = suite.lock().map_err(|error| error.to_string())?;
    said.lines()
        .map(|line| {
            let answer: Answer = serde_json::from_str(line).map_err(|error| format!("{error} in {line}"))?;
            let seen = suite.verdict(&answer.module).ok_or_else(|| format!("no such module: {line}"))?;
            Ok((answer.module.clone(), (answer, seen)))
        })
        .collect()
}

fn jobs(origin: &str, modules: &[&Module]) -> Value {
    let job = |module: &&Module| {
        let mut registration = module.registration();
        registration["post_logout_redirect_uri"] = POST_LOGOUT_REDIRECT_URI.into();
        json!({
            "module": module.name,
            "issuer": format!("{origin}/{}", module.name),
            "registration": registration,
            "journey": format!("{:?}", module.journey),
            "asks": serde_json::from_str::<Value>(module.asks).unwrap_or_default(),
            "pause_seconds": PAUSE_SECS,
            "must_notice": changes_logout_state(module),
        })
    };
    modules.iter().map(job).collect()
}

/// Whether the browser comes back from the logout with a state that the client did not send.
pub(super) fn changes_logout_state(module: &Module) -> bool {
    let sent = vec![("state".to_owned(), "sent".to_owned())];
    let mut returned = sent.clone();
    (module.mutation.logout_response)(&mut returned);
    module.journey == Journey::Logout && returned != sent
}

/// What the adapter prints when it is told `jobs`.
fn told(adapter: &mut Command, jobs: &Value) -> Result<String, String> {
    let mut child = adapter
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{adapter:?}: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("the adapter has no stdin")?;
    stdin.write_all(jobs.to_string().as_bytes()).map_err(|error| error.to_string())?;
    drop(stdin);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|error| error.to_string()),
        false => Err(output.status.to_string()),
    }
}
