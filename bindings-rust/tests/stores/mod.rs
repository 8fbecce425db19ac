//! Entries, and databases of the tests' own.

use std::collections::BTreeMap;
use std::env;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use relyingparty_host::blocking::{RelyingParty, SessionStore, Site, Transport};
use relyingparty_host::{
    Config, HttpRequest, HttpResponse, Incoming, Registration, SealingKeys, StoreEntry, StoreError,
    Timestamp, Unreachable, Versioned,
};

/// An entry that lives for so many seconds.
pub(crate) fn entry(key: &str, value: &str, seconds: i64, labels: &[&str]) -> StoreEntry {
    static MADE: LazyLock<StoreEntry> = LazyLock::new(made);
    let mut entry = MADE.clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    entry.expires_at = Timestamp::from_unix(i64::try_from(now).unwrap() + seconds);
    entry.labels = labels.iter().map(|&label| label.to_owned()).collect();
    (entry.key, entry.value) = (key.into(), value.into());
    entry
}

/// A site made it: nobody else does.
fn made() -> StoreEntry {
    let watched = Watched::default();
    let client = Registration::new("client", "https://app.example/auth/callback");
    let op = RelyingParty::builder(Config::new("https://op.example", client), Described);
    let keys = SealingKeys::new([*b"0123456789abcdefghijklmnopqrstuv"]).unwrap();
    let site = Site::builder("https://app.example/auth", keys).provider(op).store(watched.clone());
    // A page that is too long for a cookie is kept in the store.
    let login = format!("/auth/login?return_to=/{}", "a".repeat(3_000));
    site.build().unwrap().handle(Incoming::new("GET", &login)).unwrap();
    watched.0.lock().unwrap().pop().unwrap()
}

/// A provider that has metadata and nothing else.
struct Described;

impl Transport for Described {
    fn send(&self, _: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let metadata = r#"{"issuer":"https://op.example","authorization_endpoint":"https://op.example/authorize",
            "token_endpoint":"https://op.example/token","jwks_uri":"https://op.example/jwks"}"#;
        let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        Ok(HttpResponse::new(200, headers.into_iter().collect(), metadata.into()))
    }
}

#[derive(Clone, Default)]
struct Watched(Arc<Mutex<Vec<StoreEntry>>>);

impl SessionStore for Watched {
    fn get(&self, _: String) -> Result<Option<Versioned>, StoreError> {
        Ok(None)
    }

    fn add(&self, entry: StoreEntry) -> Result<bool, StoreError> {
        self.0.lock().unwrap().push(entry);
        Ok(true)
    }

    fn put(&self, _: StoreEntry, _: String) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn take(&self, _: String) -> Result<Option<Versioned>, StoreError> {
        Ok(None)
    }

    fn delete(&self, _: String) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete_labelled(&self, _: String) -> Result<(), StoreError> {
        Ok(())
    }

    fn lock(&self, _: String, _: String, _: u32, _: u32) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn unlock(&self, _: String, _: String) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A Redis on this machine; it ends with this value.
pub(crate) struct Redis {
    pub(crate) url: String,
    pub(crate) port: u16,
    child: Child,
    folder: PathBuf,
}

impl Redis {
    /// `None`, and a word about it, where there is no `redis-server`; in CI there is one.
    pub(crate) fn start() -> Option<Redis> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        Redis::start_at(port)
    }

    pub(crate) fn start_at(port: u16) -> Option<Redis> {
        let folder = env::temp_dir().join(format!("relyingparty-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let started = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .spawn();
        let child = match started {
            Err(error) if error.kind() == ErrorKind::NotFound && env::var_os("CI").is_none() => {
                eprintln!("skipped: there is no redis-server (apt-get install redis-server)");
                return None;
            }
            started => started.expect("redis-server starts"),
        };
        let redis = Redis { url: format!("redis://127.0.0.1:{port}/"), port, child, folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(redis);
            }
            sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not listen");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
