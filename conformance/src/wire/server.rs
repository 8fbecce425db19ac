//! The server: a thread for each connection, an honest provider for each row, and a log of what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use relyingparty::Endpoint;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::behaviours::OFFERED;
use super::connection::{Connection, Stream, read_request};
use super::places::Place;
use super::{Except, Row, rows};
use crate::http::Request;
use crate::modules::{self, Expect, Module, Stage};
use crate::provider::Provider;
use crate::serve::{entropy, unix_now};
use crate::workbench::tls::Certificates;

/// A socket that nobody serves any more is given up after this long.
const PATIENCE: Duration = Duration::from_secs(20);
const ELSEWHERE: &str = "/elsewhere";
/// How often a client asks for keys that it cannot have.
const KEY_TRIES: usize = 3;

/// A running server, with a log of its own. It runs as long as the program.
#[derive(Debug)]
pub struct Server {
    origins: BTreeMap<Place, String>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    rows: BTreeMap<String, Row>,
    providers: Mutex<BTreeMap<String, Provider>>,
    log: Mutex<BTreeMap<String, Vec<Entry>>>,
}

/// One request.
#[derive(Debug)]
struct Entry {
    path: String,
    cookie: bool,
    sent: Arc<AtomicUsize>,
}

impl Server {
    /// Listens on free ports of this machine.
    pub fn start(certificates: &Certificates) -> io::Result<Self> {
        let rows: BTreeMap<_, _> = rows().into_iter().map(|row| (row.name.clone(), row)).collect();
        let mut ports = BTreeMap::new();
        for place in rows.values().map(|row| row.place).collect::<BTreeSet<_>>() {
            ports.insert(place, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
        }
        let state = Arc::new(State { rows, providers: Mutex::default(), log: Mutex::default() });
        let mut origins = BTreeMap::new();
        for (place, listener) in ports {
            let address = listener.local_addr()?;
            let (scheme, tls) = match place {
                Place::Http | Place::Nowhere => ("http", None),
                Place::HttpsInName => ("https", None),
                Place::Https(identity) => ("https", Some(certificates.server(identity)?)),
            };
            origins.insert(place, format!("{scheme}://{address}"));
            if place != Place::Nowhere {
                let (state, origin) = (state.clone(), format!("{scheme}://{address}"));
                thread::spawn(move || state.accept(&listener, &origin, tls.as_ref()));
            }
        }
        Ok(Self { origins, state })
    }

    /// Where a row is.
    pub fn issuer(&self, row: &Row) -> String {
        format!("{}/{}", self.origins[&row.place], row.name)
    }

    /// The client that is registered everywhere here.
    pub fn registration() -> serde_json::Value {
        honest().registration()
    }

    /// What a client did at a row that it must not do, or not even with an exception.
    pub fn objection(&self, row: &Row, except: Option<&Except>) -> Option<String> {
        let log = lock(&self.state.log);
        let entries = log.get(&row.name).map_or(&[][..], Vec::as_slice);
        let mut wanted = asked_for(row, row.expected(except));
        let mut paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        if except.is_some_and(|except| except.repeats) {
            paths.dedup();
            wanted.dedup();
        }
        if paths != wanted {
            return Some(format!("asked for {} instead of {}", paths.join(", "), wanted.join(", ")));
        }
        if let Some(entry) = entries.iter().find(|entry| entry.cookie) {
            return Some(format!("sent a cookie to {}", entry.path));
        }
        let most = entries.iter().map(|entry| entry.sent.load(Ordering::Relaxed)).max().unwrap_or(0);
        (most > OFFERED / 4).then(|| format!("took {most} bytes"))
    }
}

/// The requests of a client up to where it has to stop: none is repeated but the last one for keys, none goes elsewhere.
fn asked_for(row: &Row, expect: Expect) -> Vec<&'static str> {
    let all = [Endpoint::Discovery, Endpoint::Token, Endpoint::Jwks, Endpoint::UserInfo];
    let last = match (expect, row.does) {
        (Expect::Reject(Stage::Discovery, _), None) => return Vec::new(),
        (Expect::Reject(..), Some((endpoint, _))) => endpoint,
        _ => Endpoint::UserInfo,
    };
    let until = all.iter().position(|endpoint| *endpoint == last).map_or(0, |at| at + 1);
    let mut paths: Vec<&str> = all[..until].iter().map(|endpoint| path(*endpoint)).collect();
    if (last, matches!(expect, Expect::Reject(..))) == (Endpoint::Jwks, true) {
        paths.extend([path(last); KEY_TRIES - 1]);
    }
    paths
}

impl State {
    fn accept(self: &Arc<Self>, listener: &TcpListener, origin: &str, tls: Option<&Arc<ServerConfig>>) {
        for stream in listener.incoming().flatten() {
            let (state, origin, tls) = (self.clone(), origin.to_owned(), tls.cloned());
            // A connection that breaks off is the client's decision: what it did until then is in the log.
            thread::spawn(move || state.serve(stream, &origin, tls));
        }
    }

    fn serve(&self, stream: TcpStream, origin: &str, tls: Option<Arc<ServerConfig>>) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let wire = stream.try_clone()?;
        match tls {
            None if origin.starts_with("https:") => {
                (&stream).read_exact(&mut [0])?;
                (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
            }
            None => while self.answer(&mut &stream, origin)? {},
            Some(tls) => {
                let session = ServerConnection::new(tls).map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(session, stream);
                while self.answer(&mut stream, origin)? {}
                stream.conn.send_close_notify();
                stream.flush()?;
            }
        }
        // Only this half is closed: a reset would take what the client has not read yet.
        wire.shutdown(Shutdown::Write)?;
        io::copy(&mut wire.take(1 << 20), &mut io::sink()).map(drop)
    }

    /// Answers one request; whether another may come on the same connection.
    fn answer(&self, stream: &mut dyn Stream, origin: &str) -> io::Result<bool> {
        let mut request = read_request(stream)?;
        let asked = request.path().trim_start_matches('/').to_owned();
        let (name, path) = asked.split_at(asked.find('/').unwrap_or(asked.len()));
        let Some(row) = self.rows.get(name) else { return Ok(false) };
        let issuer = format!("{origin}/{name}");
        let elsewhere = format!("{issuer}{ELSEWHERE}{path}");
        let sent = self.note(row, &request, path);
        request.path_and_query = request.path_and_query.replacen(ELSEWHERE, "", 1);
        let honest = {
            let mut providers = lock(&self.providers);
            let provider = providers.entry(name.into()).or_insert_with(|| honest().provider(&issuer));
            let draw = entropy().map_err(io::Error::other)?;
            provider.handle(&request, unix_now(), draw)
        };
        let mut connection = Connection::new(stream, honest, elsewhere, row.keeps, sent);
        match row.does {
            Some((endpoint, does)) if path == self::path(endpoint) && request.method != "OPTIONS" => {
                (does.0)(&mut connection).map(|()| false)
            }
            _ => connection.answer().map(|()| row.keeps),
        }
    }

    /// Remembers a request of the client's: visits and preflights are the browser's.
    fn note(&self, row: &Row, request: &Request, path: &str) -> Arc<AtomicUsize> {
        let sent = Arc::<AtomicUsize>::default();
        if request.method != "OPTIONS" && path != "/authorize" {
            let cookie = request.header("cookie").is_some();
            let entry = Entry { path: path.into(), cookie, sent: sent.clone() };
            lock(&self.log).entry(row.name.clone()).or_default().push(entry);
        }
        sent
    }
}

fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Discovery => "/.well-known/openid-configuration",
        Endpoint::Jwks => "/jwks",
        Endpoint::Token => "/token",
        _ => "/userinfo",
    }
}

/// The provider of every row, as far as the row lets it.
fn honest() -> &'static Module {
    modules::find("oidcc-client-test").expect("the first module of all")
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
