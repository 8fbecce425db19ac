//! The certified provider as a child process, and the examples beside it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running `oidc-provider`; it ends with this value.
pub(crate) struct Op {
    pub(crate) issuer: String,
    control: String,
    child: Child,
}

/// The certificate authority that the provider's https certificate is from.
pub(crate) struct Tls {
    pub(crate) ca_pem: Vec<u8>,
    folder: PathBuf,
}

pub(crate) fn tls() -> Tls {
    let folder =
        PathBuf::from(env::var("RP_TEST_TLS").expect("RP_TEST_TLS names a folder: run `cargo ci rust-live`"));
    Tls { ca_pem: fs::read(folder.join("ca.pem")).expect("ca.pem"), folder }
}

#[allow(dead_code, reason = "one of the tests has a certificate of the client's")]
impl Tls {
    /// One of the files beside the authority's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Op {
    pub(crate) fn start() -> Op {
        Op::with_arguments(&[])
    }

    pub(crate) fn start_with_tls() -> Op {
        Op::with_arguments(&Op::tls_arguments())
    }

    /// A provider that calls itself `op.example`, as [`Proxy`] does.
    #[allow(dead_code, reason = "one of the tests has a proxy")]
    pub(crate) fn start_far_away() -> Op {
        let host = ["--host", "op.example"].map(str::to_owned);
        Op::with_arguments(&[&host[..], &Op::tls_arguments()].concat())
    }

    /// A provider that asks clients for a certificate of the test's authority for them (RFC 8705).
    #[allow(dead_code, reason = "one of the tests has a certificate of the client's")]
    pub(crate) fn start_with_client_ca() -> Op {
        let client_ca = ["--client-ca".to_owned(), tls().file("client-ca.pem").display().to_string()];
        Op::with_arguments(&[&client_ca[..], &Op::tls_arguments()].concat())
    }

    fn tls_arguments() -> [String; 4] {
        let file = |name: &str| tls().folder.join(name).display().to_string();
        ["--tls-cert".into(), file("cert.pem"), "--tls-key".into(), file("key.pem")]
    }

    fn with_arguments(arguments: &[String]) -> Op {
        let (child, ready) = start("provider.mjs", arguments);
        let text = |name: &str| ready[name].as_str().expect("issuer and control").to_owned();
        Op { issuer: text("issuer"), control: text("control"), child }
    }

    /// Registers a client; yields all its metadata.
    pub(crate) fn register(&self, metadata: Value) -> Value {
        self.control("register", &metadata)
    }

    /// Replaces the signing keys.
    pub(crate) fn rotate(&self) {
        self.control("rotate", &json!({}));
    }

    /// Refuses connections from now on.
    pub(crate) fn down(&self) {
        self.control("down", &json!({}));
    }

    /// What the relying party asked for since the last call: neither the browser's visits nor their answers.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.control("requests", &json!({}));
        let line = |request: &Value| {
            Some(format!(
                "{} {} {}",
                request["method"].as_str()?,
                request["path"].as_str()?,
                request["status"]
            ))
        };
        let browsing =
            |line: &String| ["/auth", "/interaction", "/session"].iter().any(|path| line.contains(path));
        requests.as_array().expect("a list").iter().filter_map(line).filter(|line| !browsing(line)).collect()
    }

    /// Tells the provider's control something; see `conformance/op/README.md`.
    pub(crate) fn control(&self, verb: &str, body: &Value) -> Value {
        let mut answer = ureq::post(format!("{}/{verb}", self.control))
            .send(body.to_string())
            .expect("the control answers");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("text")).unwrap_or(Value::Null)
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running proxy, to which every name below `.example` is this machine; it ends with this value.
#[allow(dead_code, reason = "one of the tests has a proxy")]
pub(crate) struct Proxy {
    pub(crate) url: String,
    child: Child,
}

#[allow(dead_code, reason = "one of the tests has a proxy")]
impl Proxy {
    /// One that wants alice's password, which is `a password`.
    pub(crate) fn start() -> Proxy {
        let (child, ready) = start("proxy.mjs", &["--password", "alice:a password"].map(str::to_owned));
        Proxy { url: ready["proxy"].as_str().expect("its URL").to_owned(), child }
    }

    /// Its URL with that password in it.
    pub(crate) fn with_password(&self) -> String {
        self.url.replace("://", "://alice:a%20password@")
    }

    /// The requests that it got since the last call, and whether each had the password.
    pub(crate) fn seen(&self) -> Vec<String> {
        let mut answer = ureq::get(format!("{}/seen", self.url)).call().expect("the proxy answers");
        let seen = answer.body_mut().read_to_string().expect("text");
        let seen: Vec<Value> = serde_json::from_str(&seen).expect("a list");
        let line = |request: &Value| {
            format!("{} {} {}", text(&request["method"]), text(&request["target"]), request["authorized"])
        };
        seen.iter().map(line).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A program of the provider's folder, and the line of JSON that it prints when it is ready.
fn start(program: &str, arguments: &[String]) -> (Child, Value) {
    let folder = PathBuf::from(
        env::var("RP_TEST_OP").expect("RP_TEST_OP names the provider's folder: run `cargo ci rust-live`"),
    );
    let mut child = Command::new(folder.join("node_modules/.bin/node"))
        .arg(program)
        .args(arguments)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let ready = first_line(&mut child);
    (child, serde_json::from_str(&ready).expect("one line of JSON"))
}

/// One of the crate's examples, serving at `address`.
pub(crate) struct Example {
    pub(crate) address: String,
    child: Child,
    settings: PathBuf,
}

impl Example {
    /// One whose redirect URI has this path.
    pub(crate) fn start(op: &Op, name: &str, path: &str) -> Example {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
        let (redirect_uri, logged_out) = (at(path), at("/auth/logged-out"));
        let registered = op.register(json!({
            "redirect_uris": [redirect_uri],
            "post_logout_redirect_uris": [logged_out],
        }));
        let settings = env::temp_dir().join(format!("relyingparty-{name}-{port}.json"));
        let text = json!({
            "issuer": op.issuer,
            "client_id": registered["client_id"],
            "client_secret": registered["client_secret"],
            "redirect_uri": redirect_uri,
            "post_logout_redirect_uri": logged_out,
        });
        fs::write(&settings, text.to_string()).expect("settings are written");
        let mut child = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--package",
                "relyingparty-host",
                "--features",
                "axum,reqwest,ureq",
                "--example",
                name,
                "--",
            ])
            .arg(&settings)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let address = first_line(&mut child);
        Example { address: address.trim().to_owned(), child, settings }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.settings);
    }
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    line
}
