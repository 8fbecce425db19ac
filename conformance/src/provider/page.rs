//! The few pages a person sees at the provider. Nothing external, no script but the form that posts itself.

use sha2::{Digest, Sha256};

use crate::encoding::base64;
use crate::http::Response;

const STYLE: &str = include_str!("page.css");
const SUBMIT: &str = "document.forms[0].submit()";

/// What the sign-in page shows and sends on.
pub(super) struct SignIn<'a> {
    pub(super) action: &'a str,
    pub(super) request: &'a str,
    pub(super) client_id: &'a str,
    pub(super) scope: &'a [String],
    pub(super) login_hint: &'a str,
}

pub(super) fn sign_in(page: &SignIn<'_>) -> Response {
    let asks: String = page
        .scope
        .iter()
        .map(|scope| format!("<li><code>{}</code> {}</li>", escape(scope), meaning(scope)))
        .collect();
    let login = if page.login_hint.is_empty() { "alice" } else { page.login_hint };
    let body = format!(
        r#"<h1>Sign in</h1>
<p><strong>{client}</strong> would like to know who you are. This provider believes any name you give it.</p>
<form method="post" action="{action}">
<input type="hidden" name="request" value="{request}">
<label for="login">User name</label>
<input id="login" name="login" value="{login}" maxlength="64" required autofocus autocomplete="off" spellcheck="false">
<p>It will learn</p>
<ul>{asks}</ul>
<div class="buttons">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" class="quiet" formnovalidate>Deny</button>
</div>
</form>"#,
        client = escape(page.client_id),
        action = escape(page.action),
        request = escape(page.request),
        login = escape(login),
    );
    html(200, "Sign in", &body)
}

pub(super) fn signed_out() -> Response {
    html(200, "Signed out", "<h1>Signed out</h1>\n<p>You can close this page.</p>")
}

/// A request that cannot be answered by a redirect, because where it wants to go is not to be trusted.
pub(super) fn problem(text: &str) -> Response {
    html(400, "Not possible", &format!("<h1>That is not possible</h1>\n<p>{}</p>", escape(text)))
}

/// OAuth 2.0 Form Post Response Mode 2.
pub(super) fn form_post(redirect_uri: &str, pairs: &[(&str, &str)]) -> Response {
    let inputs: String = pairs
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
        })
        .collect();
    let body = format!(
        "<h1>Back to the application</h1>\n<form method=\"post\" action=\"{}\">\n{inputs}\
         <div class=\"buttons\"><button>Continue</button></div>\n</form>\n<script>{SUBMIT}</script>",
        escape(redirect_uri)
    );
    html(200, "Back to the application", &body)
}

fn html(status: u16, title: &str, body: &str) -> Response {
    let document = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<main>\n<p class=\"place\">Scripted provider</p>\n{body}\n</main>\n</html>\n"
    );
    let hash = |inline: &str| base64(Sha256::digest(inline));
    // No form-action: Chromium would apply it to the redirect that takes the browser back to the client.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'",
        hash(STYLE),
        hash(SUBMIT)
    );
    Response::new(status, "text/html; charset=utf-8", document)
        .with_header("content-security-policy", policy)
        .with_header("cache-control", "no-store")
}

fn meaning(scope: &str) -> &'static str {
    match scope {
        "openid" => "a name for you that never changes",
        "profile" => "what you are called",
        "email" => "your e-mail address",
        "address" => "where you live",
        "phone" => "your telephone number",
        "offline_access" => "all this while you are away, too",
        _ => "",
    }
}

/// Text made safe for HTML, in an element or in a quoted attribute.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}
