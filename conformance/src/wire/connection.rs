//! One connection while it is answered: what the provider would say, and what is sent instead.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::http::{Request, Response};

/// The wire, or TLS over it.
pub(super) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A connection on which a request has arrived.
pub(super) struct Connection<'a> {
    stream: &'a mut dyn Stream,
    honest: Response,
    elsewhere: String,
    sent: Arc<AtomicUsize>,
}

impl<'a> Connection<'a> {
    /// `honest` is the right answer, which is also to be had at `elsewhere`. `sent` counts what the socket took.
    pub(super) fn new(
        stream: &'a mut dyn Stream,
        honest: Response,
        elsewhere: String,
        sent: Arc<AtomicUsize>,
    ) -> Self {
        Self { stream, honest, elsewhere, sent }
    }

    /// The right answer.
    pub(super) fn answer(&mut self) -> io::Result<()> {
        let body = self.body();
        self.open(&self.honest.status.to_string())?;
        for (name, value) in self.honest.headers.clone() {
            self.header(&name, &value)?;
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
        self.send(format!("HTTP/1.1 {status}\r\nConnection: close\r\n").as_bytes())?;
        match self.honest.header("access-control-allow-origin") {
            Some(_) if status.len() == 3 => Ok(()),
            _ => self.header("Access-Control-Allow-Origin", "*"),
        }
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
