//! A browser's request, as data.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::report::{Error, ErrorKind};
use crate::site::cookies::Cookies;
use crate::text::uri;

/// A request from a browser: what the site has to know of it.
#[derive(Clone)]
pub struct Incoming {
    method: String,
    path: String,
    query: String,
    cookies: Cookies,
    form: Option<String>,
    origin: Option<String>,
    fetch_site: Option<String>,
}

/// Bytes of a form, whatever it is for.
const LONGEST_FORM: usize = 64 * 1024;

impl Incoming {
    /// A request with this method, and this path with its query, as the application was asked for it. Of a whole URL the
    /// scheme and the host count for nothing.
    pub fn new(method: &str, url: &str) -> Incoming {
        // The query of a path may have a whole URL in it.
        let origin = if url.starts_with('/') { "" } else { uri::origin(url) };
        let url = url.get(origin.len()..).unwrap_or_default();
        let url = url.split('#').next().unwrap_or_default();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Incoming {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            query: query.to_owned(),
            cookies: Cookies::default(),
            form: None,
            origin: None,
            fetch_site: None,
        }
    }

    /// The same request with one more header. Give it all of them: those that do not matter are ignored.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Incoming {
        match name {
            _ if name.eq_ignore_ascii_case("cookie") => self.cookies.read(value),
            _ if name.eq_ignore_ascii_case("origin") => self.origin = Some(value.to_owned()),
            _ if name.eq_ignore_ascii_case("sec-fetch-site") => self.fetch_site = Some(value.to_owned()),
            _ => {}
        }
        self
    }

    /// The same request with the form that was posted (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn form(mut self, body: &str) -> Incoming {
        self.form = Some(body.to_owned());
        self
    }

    pub(super) fn method(&self) -> &str {
        &self.method
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    pub(super) fn body(&self) -> Option<&str> {
        self.form.as_deref()
    }

    pub(super) fn cookies(&self) -> &Cookies {
        &self.cookies
    }

    /// The parameters: of a POST those of its form, else those of the query.
    pub(super) fn parameters(&self) -> Result<Parameters, Error> {
        let text = match &self.form {
            Some(form) if self.method == "POST" => form,
            _ => &self.query,
        };
        let malformed = |reason: &str| ErrorKind::CallbackMalformed.with([reason]);
        if text.len() > LONGEST_FORM {
            return Err(malformed("is too large"));
        }
        uri::decode_pairs(text).map(Parameters).map_err(malformed)
    }

    /// Whether a page of the site's own sent this. Browsers say so by `Sec-Fetch-Site`, older ones by `Origin`; what says neither
    /// is refused.
    pub(super) fn is_same_origin(&self, is_own: impl FnOnce(&str) -> bool) -> bool {
        match (&self.fetch_site, &self.origin) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => is_own(origin),
            (None, None) => false,
        }
    }
}

/// The parameters of a request, in their order.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// A parameter. What is there twice, or empty, counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let value = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then_some(value)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} {})", self.method, self.path)
    }
}
