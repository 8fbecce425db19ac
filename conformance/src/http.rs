//! HTTP as plain data, and the few readings of it that the provider and the demo share.

use form_urlencoded::{Serializer, parse};
use serde_json::Value;

/// What arrived, as the wire had it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The request target: `/authorize?client_id=…`.
    pub path_and_query: String,
    /// Names are compared without regard to case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET without headers.
    pub fn get(path_and_query: impl Into<String>) -> Self {
        Self { method: "GET".into(), path_and_query: path_and_query.into(), ..Self::default() }
    }

    /// A POST of a form.
    pub fn post(path: impl Into<String>, form: &[(&str, &str)]) -> Self {
        Self {
            method: "POST".into(),
            path_and_query: path.into(),
            headers: vec![("content-type".into(), "application/x-www-form-urlencoded".into())],
            body: Serializer::new(String::new()).extend_pairs(form).finish().into_bytes(),
        }
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The parameters: of the query for GET, of the form for POST.
    pub fn params(&self) -> Params {
        match self.method.as_str() {
            "POST" => Params(parse(&self.body).into_owned().collect()),
            _ => Params::parse(self.path_and_query.split_once('?').map_or("", |(_, query)| query)),
        }
    }
}

/// Decoded `application/x-www-form-urlencoded` parameters, in order.
#[derive(Clone, Debug)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads an encoded query or form.
    pub fn parse(encoded: &str) -> Self {
        Self(parse(encoded.as_bytes()).into_owned().collect())
    }

    /// These pairs.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A parameter without a value counts as omitted (RFC 6749 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The first name that occurs more than once (forbidden by RFC 6749 3.1), `resource` excepted (RFC 8707 2).
    pub fn repeated(&self) -> Option<&str> {
        let seen_before = |i: usize, name: &str| self.0[..i].iter().any(|(n, _)| n == name);
        self.0
            .iter()
            .enumerate()
            .find(|(i, (name, _))| name != "resource" && seen_before(*i, name))
            .map(|(_, (name, _))| name.as_str())
    }

    /// Writes them as a query or form again.
    pub fn encode(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// What is sent back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a body of that media type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    /// A JSON document.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// 303, so that the browser follows with a GET and never posts a form on.
    pub fn see_other(location: &str) -> Self {
        Self { status: 303, headers: vec![("location".into(), location.into())], body: Vec::new() }
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// `uri` with `pairs` added to the query it may already have.
pub fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return uri.into();
    }
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{query}")
}
