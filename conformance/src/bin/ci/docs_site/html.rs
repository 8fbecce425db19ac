//! As much of HTML as it takes to find links and anchors in what a generator of sites writes.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// What a page links to, what a browser loads with it, and what can be linked to in it.
#[derive(Default)]
pub(super) struct Page {
    pub(super) links: Vec<String>,
    pub(super) loads: Vec<String>,
    pub(super) anchors: BTreeSet<String>,
}

impl Page {
    pub(super) fn read(text: &str) -> Page {
        let mut page = Page::default();
        let mut rest = text;
        while let Some((_, behind)) = rest.split_once('<') {
            let (name, attributes, after) = tag(behind);
            rest = after;
            for (attribute, value) in attributes {
                match attribute.as_str() {
                    "id" | "name" => drop(page.anchors.insert(value)),
                    "href" if name == "a" => page.links.push(value),
                    "href" | "src" | "srcset" | "data" | "poster" => page.loads.push(value),
                    _ => {}
                }
            }
            // What is in a script is not markup.
            if let Some(end) = ["script", "style"].iter().find(|raw| name == **raw) {
                let end = rest.find(&format!("</{end}")).unwrap_or(rest.len());
                rest = rest.get(end..).unwrap_or_default();
            }
        }
        page
    }

    /// What style sheets load.
    pub(super) fn of_styles(text: &str) -> Page {
        let urls = text.split("url(").skip(1).filter_map(|behind| behind.split(')').next());
        let imports = text.split("@import").skip(1).filter_map(|behind| behind.split(';').next());
        let loads = urls.chain(imports).map(|url| url.trim().trim_matches(['"', '\'']).to_owned());
        Page { loads: loads.filter(|url| is_elsewhere(url)).collect(), ..Page::default() }
    }
}

/// A tag from behind its `<`: its name, its attributes, and what follows it.
fn tag(text: &str) -> (&str, Vec<(String, String)>, &str) {
    if let Some(comment) = text.strip_prefix("!--") {
        return ("", Vec::new(), comment.split_once("-->").map_or("", |(_, after)| after));
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (name, attributes, rest.get(1..).unwrap_or_default());
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '=').unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, after) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = after.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            _ => {
                let end = after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
                after.split_at(end)
            }
        };
        attributes.push((attribute.to_ascii_lowercase(), value.replace("&amp;", "&")));
        rest = after;
    }
}

/// Whether a URL names a scheme or a host of its own.
pub(super) fn is_elsewhere(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    url.starts_with("//") || scheme.contains(':') && !scheme.starts_with("data:")
}

/// The file that a relative URL of this page means. `None` outside the site.
pub(super) fn resolve(from: &Path, path: &str) -> Option<PathBuf> {
    let mut target = from.parent()?.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => target.push(name),
            Component::ParentDir => target.pop().then_some(())?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    if ["/", "."].iter().any(|end| path.ends_with(end)) {
        target.push("index.html");
    }
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_loads_and_anchors_are_told_apart_however_they_are_quoted() {
        let page =
            Page::read("<a href=b.html class='x'>B</a><link href=\"c.css\"><h2 id='d'>D</h2><img src=e.svg>");
        assert_eq!(page.links, ["b.html"]);
        assert_eq!(page.loads, ["c.css", "e.svg"]);
        assert!(page.anchors.contains("d"));
    }

    #[test]
    fn what_is_in_a_script_or_in_a_comment_is_no_markup() {
        let page = Page::read("<script>let a = '<a href=b>';</script><!-- <a href=c> --><a href=d>");
        assert_eq!(page.links, ["d"]);
    }

    #[test]
    fn a_relative_url_stays_in_the_site() {
        let from = Path::new("a/b.html");
        assert_eq!(resolve(from, "../c.html"), Some("c.html".into()));
        assert_eq!(resolve(from, "./"), Some("a/index.html".into()));
        assert_eq!(resolve(from, "./.."), Some("index.html".into()));
        assert_eq!(resolve(from, "../../c.html"), None);
        assert_eq!(resolve(from, "/c.html"), None);
    }

    #[test]
    fn style_sheets_of_other_hosts_are_seen() {
        let page = Page::of_styles("a{src:url(https://op.example/a.woff2)} b{src:url(data:image/svg+xml;x)}");
        assert_eq!(page.loads, ["https://op.example/a.woff2"]);
    }
}
