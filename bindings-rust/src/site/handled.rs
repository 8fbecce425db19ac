//! What a server sends to the browser, page and all.

use std::fmt;

use relyingparty::{Answer, Event};

/// What became of a request to a route of a [`Site`](crate::Site): the response for the browser, and what happened.
#[derive(Clone)]
#[non_exhaustive]
pub struct Handled {
    /// The status.
    pub status: u16,
    /// The headers, with `Set-Cookie` once for each cookie.
    pub headers: Vec<(String, String)>,
    /// The page: one that sends a form to the provider, where a logout is too long for a URL. Else empty: where a status is shown to a
    /// visitor, the page is the application's.
    pub body: String,
    /// What happened, if anything did.
    pub event: Option<Event>,
}

/// Sends the form. The page says no more, and there is a button where scripts are not run.
const SCRIPT: &str = "document.forms[0].submit()";

/// Nothing but that script. What a form leads to is not restricted, since browsers count the redirects of the provider's as well:
/// the page has one form, and where it leads is in the provider's metadata.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; base-uri 'none'; frame-ancestors 'none'";

impl From<relyingparty::Handled> for Handled {
    fn from(handled: relyingparty::Handled) -> Handled {
        let Answer { status, mut headers, form, .. } = handled.answer;
        let body = form.map(|form| page(&form.url, form.fields.as_deref().unwrap_or_default()));
        if body.is_some() {
            let of_page = [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
                ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"),
            ];
            headers.extend(of_page.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        Handled { status, headers, body: body.unwrap_or_default(), event: handled.event }
    }
}

impl fmt::Debug for Handled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handled({}, {:?})", self.status, self.event)
    }
}

fn page(url: &str, fields: &[(String, String)]) -> String {
    let field = |(name, value): &(String, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let (url, fields) = (escaped(url), fields.iter().map(field).collect::<String>());
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log out</title>\
         <main><h1>Log out</h1><form method=\"post\" action=\"{url}\">{fields}\
         <button>Continue</button></form></main>\
         <script>{SCRIPT}</script>"
    )
}

/// A text that stands for itself in an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_page_runs_its_script_and_no_other() {
        let hash = STANDARD.encode(Sha256::digest(SCRIPT));
        assert!(CONTENT_SECURITY_POLICY.contains(&format!("script-src 'sha256-{hash}';")), "{hash}");
    }

    #[test]
    fn what_a_provider_and_a_visitor_name_stays_text() {
        let fields = [("state".to_owned(), "\"><script>alert('1')</script>&amp;".to_owned())];
        let page = page("https://op.example/end?a=1&b=\"2\"", &fields);
        assert!(page.contains("action=\"https://op.example/end?a=1&amp;b=&quot;2&quot;\""), "{page}");
        let value = "value=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;\"";
        assert!(page.contains(value), "{page}");
    }
}
