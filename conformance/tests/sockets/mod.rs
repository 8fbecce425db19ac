//! Servers and a proxy on this machine, and both transports of `relyingparty-host` sending to them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use relyingparty_host::{
    Cache, Flow, HttpRequest, HttpResponse, Issuer, Network, Policy, Provider, Request, ReqwestTransport,
    Step, Timestamp, Transport, Unreachable, UreqTransport, blocking,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request of the core's for this URL.
pub(crate) fn request(url: &str) -> HttpRequest {
    let issuer = Issuer::parse("https://op.example").unwrap();
    let now = Timestamp::from_unix(1_800_000_000);
    let Ok(Step::Pending(flow)) = Provider::discover(&issuer, &Policy::default(), &Cache::default(), now)
    else {
        panic!("an empty cache holds nothing")
    };
    let Request::Http(mut request) = flow.request().clone() else { panic!("metadata come by HTTP") };
    request.url = url.into();
    request.limits.timeout_secs = 2;
    request.limits.max_response_bytes = 1000;
    request
}

pub(crate) type Sent = Result<HttpResponse, Unreachable>;

/// Sends with both, each of which has to do the same.
pub(crate) fn send(network: &Network, request: &HttpRequest) -> [Sent; 2] {
    let ureq = UreqTransport::with(network.clone()).unwrap();
    let blocking = blocking::Transport::send(&ureq, request.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reqwest = ReqwestTransport::with(network.clone()).unwrap();
    [blocking, runtime.block_on(Transport::send(&reqwest, request.clone()))]
}

pub(crate) fn reasons(sent: [Sent; 2]) -> [String; 2] {
    sent.map(|sent| sent.unwrap_err().reason)
}

/// A server that answers each connection once, and remembers what it was sent.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
}

pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Server {
    pub(crate) fn start(answer: fn(&mut dyn Stream)) -> Server {
        Server::over(None, answer)
    }

    pub(crate) fn over(tls: Option<Arc<ServerConfig>>, answer: fn(&mut dyn Stream)) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server { port: listener.local_addr().unwrap().port(), heads: Arc::default() };
        let heads = server.heads.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (tls, heads) = (tls.clone(), heads.clone());
                std::thread::spawn(move || match tls {
                    None => serve(socket, &heads, answer),
                    Some(tls) => serve_tls(socket, tls, &heads, answer),
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.heads.lock().unwrap())
    }
}

fn serve(mut stream: impl Stream, heads: &Mutex<Vec<String>>, answer: fn(&mut dyn Stream)) {
    if let Some(head) = head(&mut stream) {
        heads.lock().unwrap().push(head);
        answer(&mut stream);
    }
}

/// The head is told with the client's certificate before it, if it showed one.
fn serve_tls(
    socket: TcpStream,
    tls: Arc<ServerConfig>,
    heads: &Mutex<Vec<String>>,
    answer: fn(&mut dyn Stream),
) {
    let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), socket);
    if let Some(head) = head(&mut stream) {
        let shown = if stream.conn.peer_certificates().is_some() { "certified " } else { "" };
        heads.lock().unwrap().push(format!("{shown}{head}"));
        answer(&mut stream);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

pub(crate) fn fine(stream: &mut dyn Stream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
}

pub(crate) fn is_fine(sent: [Sent; 2]) {
    for sent in sent {
        let response = sent.unwrap();
        assert_eq!((response.status, &*response.body), (200, &b"{}"[..]));
    }
}

/// A proxy to which every name is this machine, and what it was told: with a password, it wants that.
pub(crate) fn proxy(password: Option<&'static str>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), heads: Arc::default() };
    let heads = server.heads.clone();
    std::thread::spawn(move || {
        for mut browser in listener.incoming().flatten() {
            let heads = heads.clone();
            std::thread::spawn(move || {
                let Some(head) = head(&mut browser) else { return };
                let lower = head.to_ascii_lowercase();
                let told = |line: &str| lower.lines().any(|found| found == line.to_ascii_lowercase());
                let allowed =
                    password.is_none_or(|password| told(&format!("Proxy-Authorization: Basic {password}")));
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                heads.lock().unwrap().push(head);
                if target.starts_with("forbidden.example") {
                    let _ = browser.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                } else if !allowed {
                    let _ = browser.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
                } else {
                    let port = target.rsplit(':').next().unwrap().parse::<u16>().unwrap();
                    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    let _ = browser.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
                    pipe(browser, server);
                }
            });
        }
    });
    server
}

fn pipe(one: TcpStream, other: TcpStream) {
    let (mut from, mut to) = (one.try_clone().unwrap(), other.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ = std::io::copy(&mut { other }, &mut { one });
}
