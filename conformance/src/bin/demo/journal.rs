//! The trace of a login: what was sent, what came back, what was decided, with secrets already masked. Nothing enters
//! that may not be shown.

use relyingparty::{Decision, Endpoint, HttpRequest, Reply};
use serde_json::{Value, json};

use crate::mask::{self, Row};

const EXCHANGE: &str = "Exchange the code for tokens";
const REFRESH: &str = "Refresh the tokens";
const MAX_CHAPTERS: usize = 40;

/// One login from its start to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    pub(crate) chapters: Vec<Chapter>,
}

/// One step that a person would name.
#[derive(Clone, Debug)]
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    /// For somebody who sees this for the first time.
    pub(crate) about: &'static str,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// The browser goes to the provider, or comes back from it.
    Browser { what: &'static str, url: String, parameters: Vec<Row> },
    /// The core asked for an HTTP request, and this came of it.
    Exchange(Exchange),
    /// The core checked or chose something.
    Decision(Decision),
    /// Worth knowing.
    Note(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) endpoint: &'static str,
    pub(crate) method: &'static str,
    /// Masked, too: a token endpoint may have a query.
    pub(crate) url: String,
    pub(crate) headers: Vec<Row>,
    pub(crate) form: Vec<Row>,
    pub(crate) outcome: Outcome,
    pub(crate) millis: u128,
}

#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Answered { status: u16, content_type: String, bytes: usize, members: Vec<Row> },
    Unreachable { reason: String },
}

impl Journal {
    /// Begins a chapter; what follows belongs to it. A session that is refreshed for hours loses its oldest.
    pub(crate) fn begin(&mut self, title: &'static str, about: &'static str) {
        if self.chapters.len() == MAX_CHAPTERS {
            self.chapters.remove(0);
        }
        self.chapters.push(Chapter { title, about, entries: Vec::new() });
    }

    /// The browser is back, at this URL.
    pub(crate) fn came_back(&mut self, url: &str) {
        self.begin(
            "The browser comes back",
            "Anyone can send a browser to this address, so nothing in it is believed before it is known to answer the \
             login that this very browser began.",
        );
        self.browser("comes back to", url);
    }

    pub(crate) fn exchanges_code(&mut self) {
        self.begin(
            EXCHANGE,
            "The code alone is worth nothing: it is exchanged directly with the provider, together with what only this \
             application knows. The ID token that comes back is checked claim by claim.",
        );
    }

    pub(crate) fn refreshes(&mut self) {
        self.begin(
            REFRESH,
            "The refresh token brings new tokens without the browser. A new ID token has to tell of the same login as \
             the first.",
        );
    }

    /// Begins the chapter of a request for tokens, unless it has begun.
    pub(crate) fn before(&mut self, request: &HttpRequest) {
        let is_refresh = request.body.starts_with(b"grant_type=refresh_token");
        let own = if is_refresh { REFRESH } else { EXCHANGE };
        let last = self.chapters.last().map_or("", |chapter| chapter.title);
        match request.endpoint {
            Endpoint::Token if last == own => {}
            Endpoint::Token if is_refresh => self.refreshes(),
            Endpoint::Token => self.exchanges_code(),
            _ => {}
        }
    }

    /// Adds what a later journal has, and what was decided in it.
    pub(crate) fn goes_on(&mut self, later: Journal, decisions: Vec<Decision>) {
        self.chapters.extend(later.chapters);
        self.chapters.drain(..self.chapters.len().saturating_sub(MAX_CHAPTERS));
        self.decisions(decisions);
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.push(Entry::Note(text.into()));
    }

    pub(crate) fn browser(&mut self, what: &'static str, url: &str) {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        self.push(Entry::Browser { what, url: place.into(), parameters: mask::query(query) });
    }

    pub(crate) fn exchange(&mut self, request: &HttpRequest, reply: &Reply, millis: u128) {
        let outcome = match reply {
            Reply::Http(response) => Outcome::Answered {
                status: response.status,
                content_type: response.header("content-type").unwrap_or("no content type").into(),
                bytes: response.body.len(),
                members: mask::json(request.endpoint, &response.body),
            },
            Reply::Unreachable { reason } => Outcome::Unreachable { reason: reason.clone() },
            _ => Outcome::Unreachable { reason: "not an HTTP reply".into() },
        };
        self.push(Entry::Exchange(Exchange {
            endpoint: request.endpoint.as_str(),
            method: request.method.as_str(),
            url: mask::url(&request.url),
            headers: mask::headers(&request.headers),
            form: mask::form(&request.body),
            outcome,
            millis,
        }));
    }

    pub(crate) fn decisions(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            self.push(Entry::Decision(decision));
        }
    }

    /// The exchanges as `--json` prints them.
    pub(crate) fn exchanges(&self) -> Vec<Value> {
        let entries = self.chapters.iter().flat_map(|chapter| &chapter.entries);
        entries
            .filter_map(|entry| match entry {
                Entry::Exchange(exchange) => Some(json!({
                    "endpoint": exchange.endpoint,
                    "method": exchange.method,
                    "url": exchange.url,
                    "status": match exchange.outcome {
                        Outcome::Answered { status, .. } => Some(status),
                        Outcome::Unreachable { .. } => None,
                    },
                })),
                Entry::Browser { .. } | Entry::Decision(_) | Entry::Note(_) => None,
            })
            .collect()
    }

    fn push(&mut self, entry: Entry) {
        if let Some(chapter) = self.chapters.last_mut() {
            chapter.entries.push(entry);
        }
    }
}
