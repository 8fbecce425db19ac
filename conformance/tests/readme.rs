//! The login of README.md and that of a single page, run as they are printed: they log in at the scripted provider.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use conformance::browser::Browser;
use conformance::provider::{Provider, RegisteredClient, SigningKey};
use conformance::serve;

/// Where the snippets have their redirect URIs.
const SITE: &str = "https://app.example/auth/callback";
const PAGE: &str = "https://app.example/";

/// The first code block of this language in a page.
fn snippet(page: &str, language: &str) -> String {
    let page = fs::read_to_string(root().join(page)).unwrap();
    let (_, after) = page.split_once(&format!("```{language}\n")).expect("a block of that language");
    after.split_once("```").expect("its end").0.to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Serves the scripted provider with the clients of the snippets; yields its issuer.
fn provider(runtime: &tokio::runtime::Runtime) -> String {
    let listener = runtime.block_on(serve::listen(0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let issuer = format!("http://{address}");
    let clients = vec![
        RegisteredClient::new("my-client", Some("…"), SITE),
        RegisteredClient::new("my-spa", None, PAGE),
    ];
    let provider = Provider::new(&issuer, vec![SigningKey::es256("key", serve::entropy().unwrap())], clients);
    runtime.spawn(serve::serve(listener, serve::provider(Arc::new(Mutex::new(provider)))));
    issuer
}

/// Runs a program that prints the address to send the browser to, reads where it came back, and prints what it found.
fn log_in(mut program: Command, redirect_uri: &str) -> String {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next().expect("the address").unwrap();
    let back = Browser::new(None).follow(&url, redirect_uri).unwrap();
    writeln!(child.stdin.take().unwrap(), "{back}").unwrap();
    let found = lines.next().expect("the outcome").unwrap();
    assert!(child.wait().unwrap().success());
    found
}

/// The snippet with the issuer of this test, which is on this machine and so without TLS.
fn with_issuer(snippet: &str, issuer: &str, replacements: &[(&str, &str)]) -> String {
    let mut code = snippet.to_owned();
    for (printed, here) in [&[("https://op.example", issuer)], replacements].concat() {
        assert!(code.contains(printed), "the snippet has no {printed}");
        code = code.replace(printed, here);
    }
    code
}

#[test]
#[ignore = "needs the installed wheel: cargo ci readme"]
fn the_first_login_logs_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let issuer = provider(&runtime);
    let here = "client_secret='…', allow_insecure_loopback=True)";
    let login = with_issuer(
        &snippet("README.md", "python"),
        &issuer,
        &[("client_secret=os.environ[\"OIDC_CLIENT_SECRET\"])", here)],
    );
    // The browser's part at the application, whose name is not of this machine.
    let drive = "\
from fastapi.testclient import TestClient
client = TestClient(app, base_url='https://app.example', follow_redirects=False)
asked = client.get('/', headers={'accept': 'text/html'})
print(client.get(asked.headers['location']).headers['location'], flush=True)
back = client.get('/auth/callback?' + input().partition('?')[2])
print(client.get(back.headers['location']).json()['hello'])
";
    let mut python =
        Command::new(std::env::var_os("RP_TEST_PYTHON").expect("RP_TEST_PYTHON: run `cargo ci readme`"));
    let key: String = (1..=32).map(|number| format!("{:02x}", number * 7)).collect();
    python.env("SESSION_KEY", key).args(["-c", &format!("{login}{drive}")]);
    assert_eq!(log_in(python, SITE), "alice");
}

#[test]
#[ignore = "needs the built npm package: cargo ci readme"]
fn the_login_of_a_page_logs_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let issuer = provider(&runtime);
    let replacements = [
        ("import { RelyingParty }", "import { RelyingParty, SessionStorageStore }"),
        (
            "client_id: 'my-spa',",
            "client_id: 'my-spa', allow_insecure_loopback: true, store: new SessionStorageStore({ storage }),",
        ),
    ];
    let login = with_issuer(&snippet("docs/start/javascript-spa.md", "js"), &issuer, &replacements);
    let around = "\
        import { createInterface } from 'node:readline/promises';
        const items = new Map();
        const storage = {
          get length() { return items.size; },
          key: (position) => [...items.keys()][position],
          getItem: (name) => items.get(name) ?? null,
          setItem: (name, value) => items.set(name, value),
          removeItem: (name) => items.delete(name),
        };
        const location = { assign: (url) => console.log(url), href: '', pathname: '/inbox' };
        const history = { replaceState: (state, title, url) => { location.pathname = url; } };\n";
    let drive = "\
        await login();
        const lines = createInterface({ input: process.stdin });
        for await (const line of lines) { location.href = line; break; }
        const session = await callback();
        console.log(session.claims.sub, location.pathname);
        lines.close();\n";
    let folder = root().join("target/readme");
    fs::create_dir_all(folder.join("node_modules")).unwrap();
    let package = folder.join("node_modules/relyingparty");
    if !package.exists() {
        std::os::unix::fs::symlink(root().join("bindings-wasm"), &package).unwrap();
    }
    let script = folder.join("login.mjs");
    fs::write(&script, format!("{around}{login}{drive}")).unwrap();
    let mut node = Command::new("node");
    node.arg(&script);
    assert_eq!(log_in(node, PAGE), "alice /inbox");
}
