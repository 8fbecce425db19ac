//! The trace of a login as HTML.

use conformance::provider::escape;
use relyingparty::Decision;

use crate::journal::{Chapter, Entry, Exchange, Journal, Outcome};
use crate::mask::{MASK, Row, Shown};
use crate::meaning;

pub(super) fn html(journal: &Journal) -> String {
    if journal.chapters.is_empty() {
        return String::new();
    }
    let chapters: String = journal.chapters.iter().map(chapter).collect();
    format!(
        "<section class=\"trace\"><h2>What happened</h2>\n<p class=\"soft\">{MASK} stands for a value that is secret, or not \
         known to be harmless.</p>\n<ol>{chapters}</ol></section>"
    )
}

fn chapter(chapter: &Chapter) -> String {
    let mut body = String::new();
    let mut entries = chapter.entries.as_slice();
    while let Some(first) = entries.first() {
        let decisions = entries.iter().map_while(|entry| match entry {
            Entry::Decision(decision) => Some(decision),
            Entry::Browser { .. } | Entry::Exchange(_) | Entry::Note(_) => None,
        });
        let count = decisions.clone().count();
        body += &match first {
            Entry::Decision(_) => table(decisions),
            Entry::Exchange(exchange) => card(exchange),
            Entry::Note(text) => format!("<p class=\"note\">{}</p>", escape(text)),
            Entry::Browser { what, url, parameters } => format!(
                "<details class=\"card\"><summary><span class=\"pill\">browser</span> {what} <code>{}</code></summary>{}</details>",
                escape(url),
                list(parameters)
            ),
        };
        entries = &entries[count.max(1)..];
    }
    format!("<li><h3>{}</h3><p>{}</p>{body}</li>\n", escape(chapter.title), escape(chapter.about))
}

fn card(exchange: &Exchange) -> String {
    let (pill, answer) = match &exchange.outcome {
        Outcome::Answered { status, content_type, bytes, members } => (
            format!("<span class=\"pill {}\">{status}</span>", if *status < 400 { "good" } else { "bad" }),
            format!(
                "<h4>Response</h4><p class=\"soft\">{}, {bytes} bytes after {} ms</p>{}",
                escape(content_type),
                exchange.millis,
                list(members)
            ),
        ),
        Outcome::Unreachable { reason } => {
            ("<span class=\"pill bad\">no answer</span>".to_owned(), format!("<p>{}</p>", escape(reason)))
        }
    };
    format!(
        "<details class=\"card\"><summary><span class=\"pill\">{}</span> <code>{}</code> {pill} <span class=\"soft\">{}</span></summary>\
         {}{}{answer}</details>",
        exchange.method,
        escape(&exchange.url),
        exchange.endpoint,
        section("Request headers", &exchange.headers),
        section("Form", &exchange.form),
    )
}

fn section(title: &str, rows: &[Row]) -> String {
    match rows {
        [] => String::new(),
        rows => format!("<h4>{title}</h4>{}", list(rows)),
    }
}

fn list(rows: &[Row]) -> String {
    let rows: String = rows
        .iter()
        .map(|Row { name, value }| {
            let value = match value {
                Shown::Plain(text) => escape(text),
                Shown::Masked { characters } => {
                    format!("<span class=\"masked\">{MASK}</span> <span class=\"soft\">{characters} characters</span>")
                }
            };
            format!("<dt>{}</dt><dd>{value}</dd>", escape(name))
        })
        .collect();
    format!("<dl>{rows}</dl>")
}

fn table<'a>(decisions: impl Iterator<Item = &'a Decision>) -> String {
    let rows: String = decisions
        .map(|Decision { check, rule, expected, found, passed, .. }| {
            let (class, mark, word) = if *passed { ("good", "✓", "passed") } else { ("bad", "✗", "failed") };
            format!(
                "<tr class=\"{class}\"><th><span class=\"mark\" title=\"{word}\">{mark}</span> <code>{}</code><span class=\"meaning\">{}\
                 </span></th><td data-label=\"expected\">{}</td><td data-label=\"found\">{}</td><td class=\"rule\">{}</td></tr>",
                escape(check),
                meaning::of(check),
                escape(expected),
                escape(found),
                escape(rule),
            )
        })
        .collect();
    format!(
        "<table class=\"decisions\"><thead><tr><th>Checked</th><th>Expected</th><th>Found</th><th>By the rule of</th></tr></thead>\
         <tbody>{rows}</tbody></table>"
    )
}
