//! `cargo demo` as a person, a script or a browser meets it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use conformance::provider::{Provider, RegisteredClient, SigningKey};
use conformance::serve;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use ureq::Agent;

const REDIRECT_URI: &str = "http://127.0.0.1:8888/auth/login";
/// In whatever must not be shown.
const CANARY: &str = "canary-4f2d";

/// A provider of the test's own, so that the test knows the client's secret.
struct Scene {
    issuer: String,
    _runtime: Runtime,
    folder: tempfolder::TempFolder,
}

impl Scene {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(serve::listen(0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let client = RegisteredClient::new("app", Some(CANARY), REDIRECT_URI);
        let provider = Provider::new(&issuer, vec![SigningKey::eddsa("k", [7; 32])], vec![client]);
        runtime.spawn(serve::serve(listener, serve::provider(Arc::new(Mutex::new(provider)))));
        Self { issuer, _runtime: runtime, folder: tempfolder::TempFolder::new() }
    }

    /// Logs in without a browser, with these settings beside those that fit.
    fn log_in(&self, more: Value, arguments: &[&str]) -> Output {
        let mut settings = json!({ "issuer": self.issuer, "client_id": "app", "client_secret": CANARY });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let file = self.folder.path().join("settings.json");
        std::fs::write(&file, settings.to_string()).unwrap();
        demo().args(["--headless", "--config"]).arg(file).args(arguments).output().unwrap()
    }
}

mod tempfolder {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    static COUNT: AtomicU32 = AtomicU32::new(0);

    /// A folder that goes away with its owner.
    pub(super) struct TempFolder(PathBuf);

    impl TempFolder {
        pub(super) fn new() -> Self {
            let name =
                format!("relyingparty-demo-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for TempFolder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn demo() -> Command {
    Command::new(PathBuf::from(env!("CARGO_BIN_EXE_demo")))
}

fn text(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    // A JWT starts with `{"`, which is eyJ.
    assert!(!text.contains(CANARY) && !text.contains("eyJ"), "{text}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains(CANARY));
    text
}

fn last_line(output: &Output) -> String {
    text(output).lines().last().unwrap_or_default().to_owned()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap()
}

fn endpoints(report: &Value) -> Vec<&str> {
    report["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exchange| exchange["endpoint"].as_str().unwrap())
        .collect()
}

#[test]
fn a_login_needs_no_settings() {
    let output = demo().arg("--headless").output().unwrap();
    let line = last_line(&output);
    assert!(
        line.starts_with("login ok iss=http://127.0.0.1:") && line.ends_with(" sub=alice exchanges=5"),
        "{line}"
    );
    assert!(output.status.success());
    for check in ["state", "response_iss", "signature", "nonce", "at_hash", "userinfo_sub", "refreshed"] {
        assert!(text(&output).contains(&format!("ok   {check} ")), "{check}");
    }
}

#[test]
fn a_login_as_json_is_one_object() {
    let output = demo().args(["--headless", "--json"]).output().unwrap();
    let report = json_of(&output);
    assert_eq!(report["ok"], true);
    assert_eq!(report["sub"], "alice");
    assert_eq!(report["claims"]["email"], "alice@example.test");
    assert_eq!(endpoints(&report), ["discovery", "token", "jwks", "userinfo", "token"]);
    assert_eq!(report["exchanges"][1]["method"], "POST");
    assert_eq!(report["exchanges"][1]["status"], 200);
}

#[test]
fn settings_choose_the_provider_and_stay_secret() {
    let scene = Scene::new();
    let output = scene.log_in(json!({ "do_refresh": false, "pkce": false, "scopes": ["openid"] }), &[]);
    assert_eq!(last_line(&output), format!("login ok iss={} sub=alice exchanges=4", scene.issuer));
    assert!(text(&output).starts_with("note: pkce: false has no effect"));
}

#[test]
fn a_refused_client_fails_with_the_providers_error() {
    let scene = Scene::new();
    let wrong = json!({ "client_secret": format!("{CANARY}-wrong") });
    let output = scene.log_in(wrong.clone(), &[]);
    assert_eq!(last_line(&output), "login failed code=provider_error");
    assert!(text(&output).contains("the provider says (untrusted): error invalid_client"));
    assert_eq!(output.status.code(), Some(1));

    let output = scene.log_in(wrong, &["--json"]);
    let report = json_of(&output);
    assert_eq!(report["ok"], false);
    assert_eq!(report["code"], "provider_error");
    assert_eq!(report["category"], "Provider");
    assert_eq!(endpoints(&report), ["discovery", "token"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_slash_too_many_is_explained() {
    let scene = Scene::new();
    let output = scene.log_in(json!({ "issuer": format!("{}/", scene.issuer) }), &[]);
    assert_eq!(last_line(&output), "login failed code=metadata_issuer_mismatch");
    assert!(text(&output).contains("differ in the slash at the end"));
}

#[test]
fn an_unregistered_redirect_uri_ends_at_the_providers_page() {
    let scene = Scene::new();
    let output = scene.log_in(json!({ "redirect_uri": "http://127.0.0.1:8888/other" }), &[]);
    assert_eq!(last_line(&output), "login failed code=sign_in_page");
}

#[test]
fn settings_that_cannot_be_read_are_a_failed_login() {
    let output = demo().args(["--headless", "--json", "--config", "no-such-file.json"]).output().unwrap();
    assert_eq!(json_of(&output)["code"], "settings_unreadable");
    assert_eq!(output.status.code(), Some(1));
}

/// The web app on a free port, stopped when the test ends.
struct WebApp {
    process: Child,
    origin: String,
    agent: Agent,
}

impl WebApp {
    fn start() -> Self {
        let mut process = demo().args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let origin = lines.map(Result::unwrap).find_map(|line| {
            let address = line.strip_prefix("Relying party")?.split_whitespace().next()?;
            Some(address.trim_end_matches('/').to_owned())
        });
        let agent =
            Agent::config_builder().max_redirects(0).http_status_as_error(false).proxy(None).build().into();
        Self { process, origin: origin.unwrap(), agent }
    }

    fn get(&self, url: &str, cookie: &str) -> Answer {
        Answer::of(self.agent.get(url).header("cookie", cookie).call().unwrap())
    }

    /// Signs in, up to the URL with which the browser is sent back, and the cookie that goes with it.
    fn sign_in(&self) -> (String, String) {
        let start = self.get(&format!("{}/login", self.origin), "");
        let (provider, query) = start.location.split_once("/authorize?").unwrap();
        let form = [("request", query), ("login", "bob"), ("decision", "allow")];
        let decision = self.agent.post(format!("{provider}/authorize/decision")).send_form(form).unwrap();
        (Answer::of(decision).location, start.cookie)
    }
}

impl Drop for WebApp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Answer {
    status: u16,
    location: String,
    /// The first cookie that is set, as it is sent back.
    cookie: String,
    body: String,
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let header =
            |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (location, cookie) = (header("location"), header("set-cookie"));
        Self {
            status: response.status().as_u16(),
            location,
            cookie: cookie.split(';').next().unwrap_or_default().into(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }
}

#[test]
fn a_browser_logs_in_and_sees_the_trace() {
    let app = WebApp::start();
    let (back, cookie) = app.sign_in();
    let done = app.get(&back, &cookie);
    assert_eq!((done.status, done.location.as_str()), (303, "/"));
    let page = app.get(&format!("{}/", app.origin), &done.cookie);
    for expected in ["Hello, Bob", "bob@example.test", "signature", "OIDC Core 3.1.3.7 (6)"] {
        assert!(page.body.contains(expected), "{expected}");
    }
    assert!(!page.body.contains("eyJ"));
    assert!(!page.body.contains(r#"class="meaning"></span>"#), "a check without an explanation");
}

#[test]
fn e1_e5_a_login_ends_once_and_only_in_its_own_browser() {
    let app = WebApp::start();
    let (back, cookie) = app.sign_in();
    let elsewhere = app.get(&back, "");
    assert_eq!(elsewhere.status, 400);
    assert!(elsewhere.body.contains("no_pending_login") && elsewhere.body.contains("no_cookie"));
    assert_eq!(app.get(&back, &cookie).status, 303);
    for cookies in [cookie.as_str(), ""] {
        let again = app.get(&back, cookies);
        assert!(again.body.contains("no_pending_login") && again.body.contains("was used before"));
    }
}

#[test]
fn other_sites_and_other_names_are_turned_away() {
    let app = WebApp::start();
    let logout = format!("{}/logout", app.origin);
    let from = |origin: &str| {
        app.agent.post(&logout).header("origin", origin).send_empty().unwrap().status().as_u16()
    };
    assert_eq!(from("http://127.0.0.1:1"), 403);
    assert_eq!(from(&app.origin), 303);
    let renamed = app.agent.get(&logout).header("host", "attacker.example").call().unwrap();
    assert_eq!(renamed.status().as_u16(), 421);
}

#[test]
fn a_taken_port_is_said_plainly() {
    let app = WebApp::start();
    let port = app.origin.rsplit(':').next().unwrap();
    let output = demo().args(["--port", port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("port_in_use"));
}
