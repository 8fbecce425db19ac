//! The pages. Everything that did not grow here is escaped.

use conformance::http::Response;
use conformance::provider::escape;
use conformance::serve;
use relyingparty::Session;
use serde_json::Value;

use super::app::Seen;
use super::trace;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::report::shown_claims;

pub(super) const STYLE: &str = include_str!("style.css");

pub(super) fn signed_out(issuer: &str) -> Response {
    let body = format!(
        r#"<header class="hero">
<h1>Log in once,<br>and see all of it</h1>
<p>This page is an application that wants to know who you are, and asks a provider. Every request it sends, every answer
it gets and every check it makes on the way will be shown here, with secrets masked.</p>
<p><a class="button" href="/login">Log in</a> <span class="soft">at <code>{}</code></span></p>
</header>
<ol class="outline">
<li><b>The provider is looked up.</b> It says where its endpoints and its keys are.</li>
<li><b>Your browser goes there.</b> You sign in at the provider; this application never sees a password.</li>
<li><b>Your browser comes back</b> with a code, which is good for nothing on its own.</li>
<li><b>The code becomes an ID token,</b> which is checked claim by claim.</li>
</ol>"#,
        escape(issuer)
    );
    html(200, "Log in", &body)
}

pub(super) fn signed_in(session: &Session, seen: &Seen, can_refresh: bool) -> Response {
    let (claims, now) = (session.claims(), serve::unix_now());
    let name = claims.get("name").and_then(Value::as_str).unwrap_or_else(|| claims.sub());
    let refresh = match can_refresh {
        true => {
            r#"<form method="post" action="/refresh"><button class="quiet">Refresh the tokens</button></form>"#
        }
        false => "",
    };
    let userinfo = seen.userinfo.as_ref().and_then(|userinfo| userinfo.read().ok());
    let body = format!(
        r#"<header class="hero">
<h1>Hello, {name}</h1>
<p>You are <code>{sub}</code> at <code>{iss}</code>. Only these two together name a person.</p>
<div class="actions">{refresh}<form method="post" action="/logout"><button class="quiet">Log out</button></form></div>
</header>
{trouble}
<div class="columns">
<section><h2>Verified claims</h2><p class="soft">From the ID token, after every check below.</p>{claims}</section>
<section><h2>UserInfo</h2><p class="soft">Asked for with the access token.</p>{userinfo}</section>
</div>
{trace}"#,
        name = escape(name),
        sub = escape(claims.sub()),
        iss = escape(claims.iss()),
        trouble = seen.trouble.as_ref().map(panel).unwrap_or_default(),
        claims = table(&Value::Object(shown_claims(claims.as_map())), now),
        userinfo = userinfo.map_or_else(|| "<p>None.</p>".to_owned(), |claims| table(&claims, now)),
        trace = trace::html(&seen.journal),
    );
    html(200, "Logged in", &body)
}

pub(super) fn failed(failure: &Failure, journal: &Journal) -> Response {
    let body = format!(
        "<header class=\"hero\"><h1>The login did not work</h1></header>\n{}\n\
         <p><a class=\"button\" href=\"/login\">Try again</a> <a class=\"button quiet\" href=\"/\">Start page</a></p>\n{}",
        panel(failure),
        trace::html(journal)
    );
    html(400, "Login failed", &body)
}

/// A page that goes on by itself. A redirect would not do: Chromium holds redirects after a form to `form-action`, and the
/// provider's logout is on another origin.
pub(super) fn leaving(url: &str) -> Response {
    let body = format!(
        "<header class=\"hero\"><h1>Logged out here</h1>\n<p>On to the provider, to log out there as well.</p>\n\
         <p><a class=\"button\" href=\"{}\">Continue</a></p></header>",
        escape(url)
    );
    html(200, "Logging out", &body).with_header("refresh", format!("0; url={url}"))
}

/// An error, for the person and for whoever they ask.
fn panel(failure: &Failure) -> String {
    let row = |name: &str, value: &str| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    let mut rows = row("code", failure.code) + &row("category", failure.category);
    rows.extend(failure.details.iter().map(|(name, value)| row(name, value)));
    let hint = failure.hint.as_ref().map(|hint| format!("<p>{}</p>", escape(hint))).unwrap_or_default();
    let said = failure.server_error.as_ref().map(|said| {
        let mut rows = row("error", &said.error);
        rows.extend(said.error_description.as_ref().map(|text| row("error_description", text)));
        rows.extend(said.error_uri.as_ref().map(|text| row("error_uri", text)));
        format!("<div class=\"untrusted\"><p>In the provider's own words, which prove nothing:</p><dl>{rows}</dl></div>")
    });
    format!(
        "<section class=\"panel\" role=\"alert\"><h2>{}</h2>{hint}<dl>{rows}</dl>{}</section>",
        escape(&failure.message),
        said.unwrap_or_default()
    )
}

fn table(claims: &Value, now: i64) -> String {
    let rows: String = claims
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let time = match name.as_str() {
                "exp" | "iat" | "nbf" | "auth_time" | "updated_at" => {
                    value.as_i64().map(|time| relative(time, now))
                }
                _ => None,
            };
            format!(
                "<tr><th>{}</th><td>{}{}</td></tr>",
                escape(name),
                escape(&text),
                time.unwrap_or_default()
            )
        })
        .collect();
    format!("<table class=\"claims\">{rows}</table>")
}

fn relative(time: i64, now: i64) -> String {
    let seconds = time.saturating_sub(now);
    let (amount, unit) = match seconds.unsigned_abs() {
        s @ 0..120 => (s, "s"),
        s @ 120..7_200 => (s / 60, "min"),
        s @ 7_200..172_800 => (s / 3_600, "h"),
        s => (s / 86_400, "days"),
    };
    match seconds {
        0 => " <span class=\"soft\">now</span>".into(),
        1.. => format!(" <span class=\"soft\">in {amount} {unit}</span>"),
        _ => format!(" <span class=\"soft\">{amount} {unit} ago</span>"),
    }
}

fn html(status: u16, title: &str, body: &str) -> Response {
    let document = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · relyingparty</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
         <main>\n<p class=\"place\"><a href=\"/\">relyingparty</a></p>\n{body}\n</main>\n</html>\n"
    );
    Response::new(status, "text/html; charset=utf-8", document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relyingparty::{CallbackParams, Error};

    #[test]
    fn what_came_from_elsewhere_is_escaped() {
        let hostile = "<script>alert(1)</script>\" onload='x'";
        let mut failure = Failure::demo("code", hostile);
        failure.details.push((hostile.into(), hostile.into()));
        failure.hint = Some(hostile.into());
        let mut journal = Journal::default();
        journal.begin("title", "about");
        journal.browser("comes back to", &format!("http://127.0.0.1/?iss={hostile}&{hostile}=1"));
        journal.note(hostile);
        for page in [failed(&failure, &journal), signed_out(hostile), leaving(hostile)] {
            let text = String::from_utf8(page.body).unwrap();
            assert!(!text.contains("<script") && !text.contains("onload='"), "{text}");
        }
    }

    #[test]
    fn an_error_of_the_core_shows_its_code() {
        let error: Error = CallbackParams::parse("a=1&a=2").unwrap_err();
        let page = failed(&error.into(), &Journal::default());
        assert!(String::from_utf8(page.body).unwrap().contains("callback_duplicate"));
    }
}
