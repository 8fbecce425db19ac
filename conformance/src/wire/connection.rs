//! One connection while it is answered: what the provider would say, and what else can be said.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::{Request, Response};

/// Much longer than a client that was told to be quick may take. One that waits gets the right answer, and is found out.
const LATE: Duration = Duration::from_secs(10);

/// Between blocks of a large body: a browser's order to stop takes a moment from the page to the socket, in which a
/// loopback connection would carry all there is.
const PACE: Duration = Duration::from_millis(3);

const READABLE: &str = "access-control-allow-origin";

/// The wire, or TLS over it.
pub(super) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A connection on which a request has arrived.
pub(super) struct Connection<'a> {
    stream: &'a mut dyn Stream,
    honest: Response,
    elsewhere: String,
    keeps: bool,
    sent: Arc<AtomicUsize>,
}

impl<'a> Connection<'a> {
    /// `honest` is the right answer, which is also to be had at `elsewhere`; it `keeps` the connection, or closes it.
    /// `sent` counts what the socket took.
    pub(super) fn new(
        stream: &'a mut dyn Stream,
        honest: Response,
        elsewhere: String,
        keeps: bool,
        sent: Arc<AtomicUsize>,
    ) -> Self {
        Self { stream, honest, elsewhere, keeps, sent }
    }

    /// The right answer.
    pub(super) fn answer(&mut self) -> io::Result<()> {
        let body = self.body();
        self.open(&format!("{} ", self.honest.status))?;
        for (name, value) in self.honest.headers.clone() {
            if name != READABLE {
                self.header(&name, &value)?;
            }
        }
        self.header("Content-Length", &body.len().to_string())?;
        self.send(b"\r\n")?;
        self.send(&body)
    }

    /// The right answer's body.
    pub(super) fn body(&self) -> Vec<u8> {
        self.honest.body.clone()
    }

    /// Where the right answer is to be had.
    pub(super) fn elsewhere(&self) -> String {
        self.elsewhere.clone()
    }

    /// A whole head, of the right type.
    pub(super) fn head(&mut self, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        self.open(status)?;
        let content_type = self.honest.header("content-type").unwrap_or_default().to_owned();
        self.header("Content-Type", &content_type)?;
        headers.iter().try_for_each(|(name, value)| self.header(name, value))?;
        self.send(b"\r\n")
    }

    /// A head that is not over yet. A script on any page may read what follows.
    pub(super) fn open(&mut self, status: &str) -> io::Result<()> {
        let after = if self.keeps { "keep-alive" } else { "close" };
        self.send(format!("HTTP/1.1 {status}\r\nConnection: {after}\r\n").as_bytes())?;
        self.header(READABLE, "*")
    }

    pub(super) fn header(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.send(format!("{name}: {value}\r\n").as_bytes())
    }

    pub(super) fn send(&mut self, data: &[u8]) -> io::Result<()> {
        self.stream.write_all(data)?;
        self.stream.flush()?;
        self.sent.fetch_add(data.len(), Ordering::Relaxed);
        Ok(())
    }

    /// The honest head and body under another status, with more headers.
    pub(super) fn whole(&mut self, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        let document = self.body();
        let length = document.len().to_string();
        self.head(status, &[headers, &[("Content-Length", &length)]].concat())?;
        self.send(&document)
    }

    /// 200 of another type, or with another body.
    pub(super) fn typed(&mut self, content_type: Option<&str>, body: Option<&[u8]>) -> io::Result<()> {
        self.open("200 OK")?;
        self.rest(content_type, body)
    }

    /// All that comes after the beginning of a head.
    pub(super) fn rest(&mut self, content_type: Option<&str>, body: Option<&[u8]>) -> io::Result<()> {
        let honest = self.body();
        let body = body.unwrap_or(&honest);
        if let Some(content_type) = content_type {
            self.header("Content-Type", content_type)?;
        }
        self.header("Content-Length", &body.len().to_string())?;
        self.send(b"\r\n")?;
        self.send(body)
    }

    pub(super) fn compressed(&mut self, document: &[u8]) -> io::Result<()> {
        self.compressed_as("gzip", document)
    }

    /// Compressed by gzip, whatever it is called.
    pub(super) fn compressed_as(&mut self, coding: &str, document: &[u8]) -> io::Result<()> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(document)?;
        let small = encoder.finish()?;
        let length = small.len().to_string();
        self.head("200 OK", &[("Content-Encoding", coding), ("Content-Length", &length)])?;
        self.send(&small)
    }

    pub(super) fn chunk(&mut self, data: &[u8]) -> io::Result<()> {
        self.send(format!("{:x}\r\n", data.len()).as_bytes())?;
        self.send(data)?;
        self.send(b"\r\n")
    }

    /// So many spaces, block after block.
    pub(super) fn spaces(
        &mut self,
        number: usize,
        send: fn(&mut Self, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        static BLOCK: [u8; 1 << 16] = [b' '; 1 << 16];
        let (blocks, rest) = (number / BLOCK.len(), number % BLOCK.len());
        (0..blocks).try_for_each(|_| {
            sleep(PACE);
            send(self, &BLOCK)
        })?;
        send(self, &BLOCK[..rest])
    }

    /// So many steps until it is late.
    pub(super) fn slowly(
        &mut self,
        steps: usize,
        mut step: impl FnMut(&mut Self, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        let pause = LATE / u32::try_from(steps).unwrap_or(u32::MAX);
        (0..steps).try_for_each(|at| {
            sleep(pause);
            step(self, at)
        })
    }
}

/// The request that arrives, if one does.
pub(super) fn read_request(stream: &mut dyn Stream) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut word = || first.next().unwrap_or_default().to_owned();
    let (method, path_and_query) = (word(), word());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut request = Request { method, path_and_query, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(request)
}
