//! A login's trace on standard output: as text, or as one JSON object.

use std::io::Write;

use relyingparty::Decision;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::headless::Login;
use crate::journal::{Entry, Exchange, Journal, Outcome};
use crate::mask::{MASK, Row, Shown};

/// Prints it, and says whether the login went well.
pub(crate) fn print(login: &Login, json: bool) -> bool {
    let report = match json {
        true => {
            login.notes.iter().for_each(|note| eprintln!("note: {note}"));
            format!("{:#}\n", object(login))
        }
        false => text(login),
    };
    // Whoever reads may have read enough: `| head` is no failure.
    let _ = std::io::stdout().write_all(report.as_bytes());
    login.result.is_ok()
}

/// Claims as they may be shown: the nonce is a secret of the login.
pub(crate) fn shown_claims(claims: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| match name.as_str() {
        "nonce" => (name.clone(), MASK.into()),
        _ => (name.clone(), value.clone()),
    };
    claims.iter().map(shown).collect()
}

fn object(login: &Login) -> Value {
    let exchanges = login.journal.exchanges();
    match &login.result {
        Ok(session) => json!({
            "ok": true,
            "iss": session.claims().iss(),
            "sub": session.claims().sub(),
            "claims": shown_claims(session.claims().as_map()),
            "exchanges": exchanges,
        }),
        Err(failure) => json!({
            "ok": false,
            "code": failure.code,
            "category": failure.category,
            "message": failure.message,
            "details": failure.details.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "exchanges": exchanges,
        }),
    }
}

fn text(login: &Login) -> String {
    let mut out = Lines::default();
    for note in &login.notes {
        out.line(0, &format!("note: {note}"));
    }
    trace(&login.journal, &mut out);
    match &login.result {
        Ok(session) => {
            let claims = session.claims();
            let exchanges = login.journal.exchanges().len();
            out.line(0, "");
            out.line(0, &format!("login ok iss={} sub={} exchanges={exchanges}", claims.iss(), claims.sub()));
        }
        Err(failure) => explain(failure, &mut out),
    }
    out.0
}

fn trace(journal: &Journal, out: &mut Lines) {
    for (index, chapter) in journal.chapters.iter().enumerate() {
        if index > 0 {
            out.line(0, "");
        }
        out.line(0, &format!("{}. {}", index + 1, chapter.title));
        out.paragraph(chapter.about);
        for entry in &chapter.entries {
            match entry {
                Entry::Browser { what, url, parameters } => {
                    out.line(3, &format!("the browser {what} {url}"));
                    out.rows(parameters);
                }
                Entry::Exchange(exchange) => out.exchange(exchange),
                Entry::Decision(decision) => out.decision(decision),
                Entry::Note(text) => out.line(3, text),
            }
        }
    }
}

fn explain(failure: &Failure, out: &mut Lines) {
    out.line(0, "");
    out.line(0, &format!("{} error: {}", failure.category, failure.message));
    if let Some(said) = &failure.server_error {
        out.line(3, &format!("the provider says (untrusted): error {}", said.error));
        for words in [&said.error_description, &said.error_uri].into_iter().flatten() {
            out.line(3, &format!("  {words}"));
        }
    }
    if let Some(hint) = &failure.hint {
        out.line(3, &format!("hint: {hint}"));
    }
    out.line(0, &format!("login failed code={}", failure.code));
}

/// Text in the making. Control characters of whoever wrote a value never reach the terminal.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, indent: usize, text: &str) {
        self.0.extend(std::iter::repeat_n(' ', indent));
        self.0.extend(text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
        self.0.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split(' ') {
            if line.len() + word.len() > 100 {
                self.line(3, &std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        self.line(3, &line);
    }

    fn rows(&mut self, rows: &[Row]) {
        let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(48);
        for Row { name, value } in rows {
            match value {
                Shown::Plain(text) => self.line(7, &format!("{name:width$}  {text}")),
                Shown::Masked { characters } => {
                    self.line(7, &format!("{name:width$}  {MASK} ({characters} characters)"));
                }
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        self.line(3, &format!("-> {} {}  ({})", exchange.method, exchange.url, exchange.endpoint));
        self.rows(&exchange.headers);
        self.rows(&exchange.form);
        match &exchange.outcome {
            Outcome::Answered { status, content_type, bytes, members } => {
                self.line(3, &format!("<- {status} {content_type}, {bytes} bytes, {} ms", exchange.millis));
                self.rows(members);
            }
            Outcome::Unreachable { reason } => self.line(3, &format!("<- nothing: {reason}")),
        }
    }

    fn decision(&mut self, decision: &Decision) {
        let Decision { check, rule, expected, found, passed, .. } = decision;
        let mark = if *passed { "ok  " } else { "FAIL" };
        self.line(3, &format!("{mark} {check:22} {rule:38} expected {expected}; found {found}"));
    }
}
