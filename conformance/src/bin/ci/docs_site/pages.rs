//! The pages as they are written: their files, the navigation, and those that are written from something else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The text of each page, by its name below `docs`.
pub(super) type Sources = BTreeMap<String, String>;

/// The navigation: sections, each with its pages.
pub(super) type Navigation = Vec<(String, Vec<String>)>;

/// All files below a folder.
pub(super) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

pub(super) fn read(docs: &Path) -> Result<Sources, String> {
    let mut sources = Sources::new();
    for file in files(docs).map_err(|error| error.to_string())? {
        let name = file.strip_prefix(docs).unwrap_or(&file).to_string_lossy().into_owned();
        if name.ends_with(".md") {
            sources.insert(name, fs::read_to_string(&file).map_err(|error| error.to_string())?);
        }
    }
    Ok(sources)
}

/// The navigation of `zensical.toml`: a line names a section (`{ "Name" = [`) or a page (`"name.md",`).
pub(super) fn navigation(config: &Path) -> Result<Navigation, String> {
    let text = fs::read_to_string(config).map_err(|error| error.to_string())?;
    let mut nav = Navigation::new();
    for line in text.lines() {
        let mut quoted = line.split('"').skip(1).step_by(2);
        let Some(name) = quoted.next() else { continue };
        if line.trim_end().ends_with("= [") {
            nav.push((name.into(), Vec::new()));
        } else if let (true, Some((_, pages))) = (name.ends_with(".md"), nav.last_mut()) {
            pages.push(name.into());
        }
    }
    Ok(nav)
}

/// A line for each page that is not in the navigation, or is there twice, or is no page.
pub(super) fn outside(sources: &Sources, nav: &Navigation) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut named = BTreeSet::new();
    for page in nav.iter().flat_map(|(_, pages)| pages) {
        if !named.insert(page) {
            wrong.push(format!("zensical.toml: {page} is there twice"));
        }
        if !sources.contains_key(page) {
            wrong.push(format!("zensical.toml: {page} is no page"));
        }
    }
    let missing = sources.keys().filter(|page| !named.contains(page));
    wrong.extend(missing.map(|page| format!("docs/{page} is not in the navigation of zensical.toml")));
    wrong
}

/// The page that lists every error, from their pages.
pub(super) fn errors(sources: &Sources) -> String {
    let mut categories: BTreeMap<&str, Vec<(&str, &str, &str)>> = BTreeMap::new();
    for (name, text) in sources {
        let Some(code) = name.strip_prefix("errors/").and_then(|name| name.strip_suffix(".md")) else {
            continue;
        };
        let after = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
        let category = after("**Category:** `").split('`').next().unwrap_or_default();
        categories.entry(category).or_default().push((code, after("> "), after("**Who has to act:** ")));
    }
    let mut page = String::from(
        "# Errors\n\n\
         Every error has a stable `code`. This page lists all of them, by category; each leads to a page that says what happened, who has to\n\
         act, and what to do. An error names its page itself: `error.help`, in Rust `error.help()`.\n",
    );
    for (category, about) in CATEGORIES {
        let _ = write!(
            page,
            "\n## {category}\n\n{about}\n\n| code | what happened | who has to act |\n| --- | --- | --- |\n"
        );
        for (code, what, who) in categories.remove(category).unwrap_or_default() {
            let _ = writeln!(page, "| [`{code}`](../errors/{code}.md) | {what} | {who} |");
        }
    }
    page
}

/// The categories, and what each means.
const CATEGORIES: [(&str, &str); 7] = [
    (
        "callback",
        "The response in the browser belongs to no login of this browser, or is malformed. Offer to log in again.",
    ),
    ("configuration", "An administrator has to change a setting, here or at the provider."),
    ("misuse", "A developer has to change the program."),
    ("protocol", "What the provider sent does not follow the specification."),
    ("provider", "The provider refused. `server_error` has its own words."),
    ("token", "A token failed a check."),
    ("transport", "The provider, or your store, could not be reached. Most of these may pass."),
];

/// The page of attacks: the rows of SECURITY.md without their tests.
pub(super) fn attacks(security: &str) -> String {
    let mut page = String::from(
        "# Attacks\n\n\
         What has happened to others, and what is promised about it. `SECURITY.md` in the repository has the same rows with the tests that hold\n\
         each promise, the threat model, and what cannot be promised.\n\n\
         | id | attack | promise |\n| --- | --- | --- |\n",
    );
    for line in security.lines() {
        let Some(row) = line.strip_prefix("| ") else { continue };
        let mut cells = row.split(" | ");
        let (Some(id), Some(attack), Some(promise)) = (cells.next(), cells.next(), cells.next()) else {
            continue;
        };
        let is_id = id.len() <= 3 && id.starts_with(|c: char| c.is_ascii_uppercase());
        if is_id && id.ends_with(|c: char| c.is_ascii_digit()) {
            let anchor = id.to_ascii_lowercase();
            let _ = writeln!(page, "| <span id=\"{anchor}\">{id}</span> | {attack} | {promise} |");
        }
    }
    page
}

/// A plain list of all pages, for programs that read.
pub(super) fn llms(sources: &Sources, nav: &Navigation) -> String {
    let about = sources.get("index.md").map(|text| first_sentence(text)).unwrap_or_default();
    let mut list = format!("# relyingparty\n\n> {about}\n");
    for (section, pages) in nav {
        let _ = write!(list, "\n## {section}\n\n");
        for (name, text) in pages.iter().filter_map(|page| Some((page, sources.get(page)?))) {
            let title = text.lines().next().unwrap_or_default().trim_start_matches("# ").replace('`', "");
            let file = name.trim_end_matches(".md");
            let _ = writeln!(list, "- [{title}]({file}.html): {}", first_sentence(text));
        }
    }
    list
}

/// The first sentence under the title, without markup.
fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").find(|paragraph| !paragraph.starts_with('#'));
    let paragraph = paragraph.unwrap_or_default().replace('\n', " ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |end| end.saturating_add(1));
    let sentence = paragraph.get(..end).unwrap_or_default();
    let mut plain = String::new();
    for (at, piece) in sentence.split("](").enumerate() {
        let piece = if at == 0 { piece } else { piece.split_once(')').map_or("", |(_, after)| after) };
        plain.push_str(piece);
    }
    plain.trim_start_matches("> ").replace(['[', ']'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_listed_without_its_links() {
        let text = "# Title\n\nSee [a page](a.md) and\nanother. Then more.\n";
        assert_eq!(first_sentence(text), "See a page and another.");
    }

    #[test]
    fn a_page_that_is_not_in_the_navigation_is_told() {
        let sources = Sources::from([("a.md".into(), String::new())]);
        let nav = vec![("Start".into(), vec!["b.md".into()])];
        assert_eq!(outside(&sources, &nav).len(), 2);
    }

    #[test]
    fn a_row_of_an_attack_has_an_anchor_and_no_tests() {
        let page = attacks(
            "| | attack | promise | tests |\n| --- | --- | --- | --- |\n| E10 | A | P | t.rs: `e10_x` |\n",
        );
        assert!(page.ends_with("| <span id=\"e10\">E10</span> | A | P |\n"), "{page}");
    }
}
