//! The logins of README.md, run as they are printed: the Rust one is compiled (see the library's documentation test), the Python and
//! JavaScript ones log in at the scripted provider.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use conformance::browser::Browser;
use conformance::provider::{Provider, RegisteredClient, SigningKey};
use conformance::serve;

const REDIRECT: &str = "https://app.example/callback";

/// The code block of this language in the README.
fn snippet(language: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, after) = readme.split_once(&format!("```{language}\n")).expect("a block of that language");
    after.split_once("```").expect("its end").0.to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Serves the scripted provider with the README's clients; yields its issuer.
fn provider(runtime: &tokio::runtime::Runtime) -> String {
    let listener = runtime.block_on(serve::listen(0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let issuer = format!("http://{address}");
    let clients = vec![
        RegisteredClient::new("my-client", Some("…"), REDIRECT),
        RegisteredClient::new("my-spa", None, REDIRECT),
    ];
    let provider = Provider::new(&issuer, vec![SigningKey::es256("key", serve::entropy().unwrap())], clients);
    runtime.spawn(serve::serve(listener, serve::provider(Arc::new(Mutex::new(provider)))));
    issuer
}

/// Runs a program that prints the address to send the browser to, reads where it came back, and prints what it found.
fn log_in(mut program: Command) -> String {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next().expect("the address").unwrap();
    let back = Browser::new(None).follow(&url, REDIRECT).unwrap();
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
fn the_python_login_logs_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let issuer = provider(&runtime);
    let login = with_issuer(
        &snippet("python"),
        &issuer,
        &[("client_secret=\"…\"", "client_secret=\"…\", allow_insecure_loopback=True")],
    );
    // The browser's part at the application, whose name is not of this machine.
    let drive = "\
client = app.test_client()
login = client.get('/login', base_url='https://app.example')
print(login.location, flush=True)
back = client.get('/callback?' + input().partition('?')[2], base_url='https://app.example')
cleared = [cookie for cookie in back.headers.getlist('set-cookie') if 'Max-Age=0' in cookie]
print(back.status_code, back.location, len(cleared))
";
    let mut python =
        Command::new(std::env::var_os("RP_TEST_PYTHON").expect("RP_TEST_PYTHON: run `cargo ci readme`"));
    python.args(["-c", &format!("{login}{drive}")]);
    assert_eq!(log_in(python), "302 /inbox 1");
}

#[test]
#[ignore = "needs the built npm package: cargo ci readme"]
fn the_javascript_login_logs_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let issuer = provider(&runtime);
    let replacements = [
        ("import { RelyingParty }", "import { RelyingParty, SessionStorageStore }"),
        (
            "client_id: 'my-spa',",
            "client_id: 'my-spa', allow_insecure_loopback: true, store: new SessionStorageStore({ storage }),",
        ),
    ];
    let login = with_issuer(&snippet("js"), &issuer, &replacements);
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
        const location = { assign: (url) => console.log(url), href: '' };\n";
    let drive = "\
        await login();
        const lines = createInterface({ input: process.stdin });
        for await (const line of lines) { location.href = line; break; }
        console.log(await callback());
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
    assert_eq!(log_in(node), "alice");
}
