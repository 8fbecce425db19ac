//! Just enough HTML to fill in a login form.

use std::collections::BTreeMap;

/// What of a page a user can act on.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) forms: Vec<Form>,
    /// Where its links lead.
    pub(super) links: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Form {
    id: String,
    pub(super) action: String,
    /// In capitals.
    pub(super) method: String,
    pub(super) fields: Vec<Field>,
}

/// Something in a form that has a name.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    /// `hidden`, `text`, `password`, `submit`, ... in lower case.
    pub(super) kind: String,
    pub(super) checked: bool,
}

impl Page {
    pub(super) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open = false;
        for tag in tags(html) {
            match tag.name.as_str() {
                "form" => {
                    open = true;
                    page.forms.push(Form {
                        id: tag.get("id").into(),
                        action: tag.get("action").into(),
                        method: tag.get("method").to_ascii_uppercase(),
                        fields: Vec::new(),
                    });
                }
                "/form" => open = false,
                "a" => page.links.push(tag.get("href").into()),
                "input" | "button" if !tag.get("name").is_empty() => {
                    let form = match tag.get("form") {
                        "" => page.forms.last_mut().filter(|_| open),
                        id => page.forms.iter_mut().find(|form| form.id == id),
                    };
                    if let Some(form) = form {
                        form.fields.push(field(&tag));
                    }
                }
                _ => {}
            }
        }
        page
    }
}

fn field(tag: &Tag) -> Field {
    let default = if tag.name == "button" { "submit" } else { "text" };
    let kind = match tag.get("type") {
        "" => default,
        kind => kind,
    };
    Field {
        name: tag.get("name").into(),
        value: tag.get("value").into(),
        kind: kind.to_ascii_lowercase(),
        checked: tag.attributes.contains_key("checked"),
    }
}

struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        // Scripts and styles are not markup.
        if matches!(tag.name.as_str(), "script" | "style") {
            rest = rest.find("</").map_or("", |end| &rest[end..]);
        }
        tags.push(tag);
    }
    tags
}

/// One tag, from behind its `<`, and what comes after its `>`.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    let mut tag = Tag { name: text[..end].to_ascii_lowercase(), attributes: BTreeMap::new() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (tag, rest.get(1..).unwrap_or_default());
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len());
        // A stray quote or sign is skipped, so that every round makes progress.
        let end = end.max(rest.chars().next().map_or(1, char::len_utf8));
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        tag.attributes.entry(name).or_insert_with(|| unescape(value));
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()))
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_with_its_fields() {
        let html = r#"<!doctype html><style>form > input {}</style><!-- <form> --><p>a < b</p>
            <form autocomplete="off" action="/go?a=1&amp;b=2" method=post>
            <input required type='TEXT' name="login" value="a&quot;b"><input type="checkbox" name="stay" checked>
            <button type=submit name=decision value=allow>Yes</button><button>No name</button></form>
            <input name="outside">"#;
        let forms = Page::read(html).forms;
        assert_eq!(forms.len(), 1);
        assert_eq!((forms[0].action.as_str(), forms[0].method.as_str()), ("/go?a=1&b=2", "POST"));
        let fields: Vec<_> = forms[0]
            .fields
            .iter()
            .map(|f| (f.name.as_str(), f.value.as_str(), f.kind.as_str(), f.checked))
            .collect();
        assert_eq!(
            fields,
            [
                ("login", "a\"b", "text", false),
                ("stay", "", "checkbox", true),
                ("decision", "allow", "submit", false)
            ]
        );
    }

    #[test]
    fn a_button_may_be_outside_its_form() {
        let page = Page::read(r#"<form id="f" method="post"></form><button form="f" name="yes" value="1">"#);
        assert_eq!(page.forms[0].fields[0].name, "yes");
    }

    #[test]
    fn broken_markup_ends() {
        for html in
            ["<", "<form", "<form =", "<form a='", "<input name=\"", "<!--", "<form \"é\" = >", "<script>"]
        {
            Page::read(html);
        }
    }
}
