//! A client that keeps a server busy: connections that stay open, each of which asks again as soon as it is answered.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECTIONS: usize = 64;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server did.
pub(crate) struct Served {
    /// Requests answered.
    pub(crate) requests: f64,
    /// Requests answered in a second.
    pub(crate) per_second: f64,
    /// What 99 of 100 took at most, in microseconds.
    pub(crate) p99: f64,
}

/// A request, and what has to be in its answer.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) port: u16,
    pub(crate) request: &'a [u8],
    pub(crate) expected: &'a str,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Errand<'_> {
    /// Asks for so long at all connections together.
    pub(crate) fn load(self, length: Duration) -> Result<Served, String> {
        runtime()?.block_on(self.loaded(length)).map_err(|error| error.to_string())
    }

    async fn loaded(self, length: Duration) -> io::Result<Served> {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(self.port).await?);
        }
        let started = Instant::now();
        let until = started + length;
        let local = tokio::task::LocalSet::new();
        let (request, expected): (std::rc::Rc<[u8]>, std::rc::Rc<str>) =
            (self.request.into(), self.expected.into());
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|connection| {
                local.spawn_local(repeated(connection, request.clone(), expected.clone(), until))
            })
            .collect();
        let mut times = Vec::new();
        local
            .run_until(async {
                for task in tasks {
                    times.extend(task.await.map_err(io::Error::other)??);
                }
                io::Result::Ok(())
            })
            .await?;
        let requests = times.len() as f64;
        let per_second = requests / started.elapsed().as_secs_f64();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        let p99 = times.get(last * 99 / 100).copied().unwrap_or_default();
        Ok(Served { requests, per_second, p99: p99.as_secs_f64() * 1e6 })
    }
}

/// What a request that begins a session is answered with: its cookies, as a browser sends them.
pub(crate) fn cookies(port: u16, path: &str) -> Result<String, String> {
    let answer = runtime()?.block_on(async {
        let mut connection = Connection::open(port).await?;
        connection.ask(request(path, "", &[]).as_bytes()).await
    });
    let answer = answer.map_err(|error| format!("{path}: {error}"))?;
    let set = answer.head.lines().filter_map(|line| line.split_once(':'));
    let set = set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs: Vec<&str> = set.filter_map(|(_, value)| value.trim().split(';').next()).collect();
    if pairs.is_empty() {
        return Err(format!("{path}: {} without a cookie", answer.status));
    }
    Ok(pairs.join("; "))
}

/// A GET as it is sent.
pub(crate) fn request(path: &str, cookie: &str, headers: &[(String, String)]) -> String {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let lines: String = if headers.is_empty() { "host: app.example\r\n".into() } else { lines.collect() };
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\n{lines}{cookie}\r\n")
}

async fn repeated(
    mut connection: Connection,
    request: std::rc::Rc<[u8]>,
    expected: std::rc::Rc<str>,
    until: Instant,
) -> io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut started = Instant::now();
    while started < until {
        let answer = connection.ask(&request).await?;
        let ended = Instant::now();
        times.push(ended - started);
        started = ended;
        if answer.status != 200 || !answer.body.contains(&*expected) {
            return Err(io::Error::other(format!("{} {}", answer.status, answer.body)));
        }
    }
    Ok(times)
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> io::Result<Connection> {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(8_192) })
    }

    async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (mut head_ends, mut ends) = (None, usize::MAX);
        while self.buffer.len() < ends {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await??;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if head_ends.is_none()
                && let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(self.buffer.get(..at).unwrap_or_default());
                head_ends = Some(at + 4);
                ends =
                    at + 4 + length(&head).ok_or_else(|| io::Error::other("an answer of no known length"))?;
            }
        }
        let (head, body) = self.buffer.split_at(head_ends.unwrap_or_default());
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Ok(Answer { status, head, body: String::from_utf8_lossy(body).into_owned() })
    }
}

fn length(head: &str) -> Option<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    value.trim().parse().ok()
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers every connection with this, again and again.
    fn server(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let mut asked = [0; 4_096];
                    while stream.read(&mut asked).is_ok_and(|read| read > 0) {
                        // In two pieces, as a network may have it.
                        let (first, second) = answer.split_at(20);
                        stream.write_all(first.as_bytes()).unwrap();
                        stream.flush().unwrap();
                        stream.write_all(second.as_bytes()).unwrap();
                    }
                });
            }
        });
        port
    }

    fn loaded(answer: &'static str) -> Result<Served, String> {
        let request = request("/", "a=b", &[]);
        let errand = Errand { port: server(answer), request: request.as_bytes(), expected: "alice" };
        errand.load(Duration::from_millis(200))
    }

    #[test]
    fn answers_are_counted_and_timed() {
        let served = loaded("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalice").unwrap();
        assert!(served.per_second > 64.0 && served.p99 > 0.0, "{} {}", served.per_second, served.p99);
    }

    #[test]
    fn an_answer_to_somebody_else_is_no_answer() {
        let wrong = loaded("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        assert!(wrong.is_err_and(|error| error.contains("401")));
        let wrong = loaded("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbob");
        assert!(wrong.is_err_and(|error| error.contains("bob")));
    }

    #[test]
    fn cookies_are_sent_back_without_what_is_said_about_them() {
        let answer =
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(cookies(server(answer), "/login").unwrap(), "a=1; b=2");
        assert!(cookies(server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "/login").is_err());
    }
}
