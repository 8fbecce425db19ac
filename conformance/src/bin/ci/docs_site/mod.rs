//! The documentation's site: it builds without a warning, its links lead somewhere, its pages are in the navigation and spelled
//! right, and what they repeat of the code and of SECURITY.md is what stands there.
//!
//! `WRITE=1 cargo ci docs-site` writes the pages that repeat something.

mod html;
mod pages;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use conformance::workbench::{Context, Outcome, Stop, fail};

use html::Page;

/// What builds the site and its page of the Python API, and what reads its spelling.
const TOOLS: [&str; 3] = ["zensical==0.0.73", "mkdocstrings-python==2.0.11", "codespell==2.4.3"];
const VENV: &str = "ci/docs-venv";
/// As `zensical.toml` says.
const SITE: &str = "target/docs-site";
/// What makes the pages of the JavaScript API.
const TYPEDOC: &str = "conformance/typedoc";
/// Where the pages of the JavaScript and Rust APIs are in the site. Their own tools check their links.
const API: &str = "api";
/// Where the metadata of providers are that pages show.
const RECORDED: &str = "core/tests/data/providers";
/// What is read for its spelling, beside the pages.
const TEXTS: [&str; 8] = [
    "README.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "bindings-python/README.md",
    "bindings-rust/README.md",
    "bindings-wasm/README.md",
    "conformance/README.md",
];
/// What codespell takes for a misspelled word: the name of a crate.
const WORDS: &str = "inout";

pub(crate) fn check(context: &mut Context) -> Outcome {
    let docs = context.path("docs");
    let sources = pages::read(&docs).map_err(fail)?;
    let nav = pages::navigation(&context.path("zensical.toml")).map_err(fail)?;
    let repeated = [
        ("reference/errors.md", pages::errors(&sources)),
        ("security/attacks.md", pages::attacks(&read(&context.path("SECURITY.md"))?)),
        ("llms.txt", pages::llms(&sources, &nav)),
    ];
    for (name, text) in repeated {
        let file = docs.join(name);
        if std::env::var_os("WRITE").is_some() {
            fs::write(&file, text).map_err(|error| fail(error.to_string()))?;
        } else if fs::read_to_string(&file).ok() != Some(text) {
            return Err(fail(format!("docs/{name} is not what it repeats: WRITE=1 cargo ci docs-site")));
        }
    }
    let mut wrong = pages::outside(&sources, &nav);
    wrong.extend(tables::wrong(&sources, &read(&context.path("core/src/report/check.rs"))?));
    let packages = [
        ("    def ", read(&context.path("bindings-python/python/relyingparty/relying_party.py"))?),
        ("  ", read(&context.path("bindings-wasm/types/relyingparty.d.ts"))?),
        ("fn ", read(&context.path("bindings-rust/src/relying_party.rs"))?),
    ];
    wrong.extend(tables::verbs(&sources, packages.each_ref().map(|(before, text)| (*before, text.as_str()))));
    wrong.extend(tables::recorded(&sources, &context.path(RECORDED)));

    let python = tools(context)?;
    let mut spelling = context.command(&python);
    spelling.args(["-m", "codespell_lib", "--ignore-words-list", WORDS, "docs", "zensical.toml"]).args(TEXTS);
    context.run(spelling)?;
    build(context)?;
    apis(context)?;

    let site = Site::read(&context.path(SITE)).map_err(|error| fail(error.to_string()))?;
    wrong.extend(site.wrong());
    for line in &wrong {
        println!("{line}");
    }
    context.close_with(format!(
        "{} pages, {} links, {} wrong",
        site.own().count(),
        site.own().map(|(_, page)| page.links.len()).sum::<usize>(),
        wrong.len()
    ));
    if wrong.is_empty() { Ok(()) } else { Err(fail(format!("{} wrong: see above", wrong.len()))) }
}

/// Builds the site, once: where it is.
pub(crate) fn build(context: &mut Context) -> Result<PathBuf, Stop> {
    let python = tools(context)?;
    context.once("documentation's site", |context| {
        let mut build = context.command(&python);
        build.args(["-m", "zensical", "build", "--strict", "--clean"]).env("NO_COLOR", "1");
        context.run(build)
    })?;
    Ok(context.path(SITE))
}

/// The pages of the JavaScript and Rust APIs, beside those of the site.
fn apis(context: &mut Context) -> Outcome {
    let api = context.path(SITE).join(API);
    context.npm_ci(TYPEDOC)?;
    let mut typedoc = context.command(context.path(TYPEDOC).join("node_modules/.bin/typedoc"));
    typedoc
        .current_dir(context.path(TYPEDOC))
        .args(["--treatWarningsAsErrors", "--out"])
        .arg(api.join("javascript"));
    context.run(typedoc)?;
    super::parts::docs(context)?;
    copy(&context.target("doc"), &api.join("rust")).map_err(|error| fail(error.to_string()))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in pages::files(from)? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::copy(&file, target)?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Stop> {
    fs::read_to_string(file).map_err(|error| fail(format!("{}: {error}", file.display())))
}

/// The interpreter of an environment with the tools.
fn tools(context: &mut Context) -> Result<PathBuf, Stop> {
    let venv = context.target(VENV);
    let python = venv.join("bin/python");
    if !python.exists() {
        let mut probe = context.command("python3");
        probe.args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]);
        context.run(probe).map_err(|_| Stop::Skip("Zensical needs Python 3.11 or later".into()))?;
        let mut create = context.command("python3");
        create.args(["-m", "venv"]).arg(&venv);
        context.run(create)?;
    }
    let mut pip = context.command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(TOOLS);
    context.run(pip)?;
    Ok(python)
}

/// The built site: its pages, and the names of all its files.
struct Site {
    pages: BTreeMap<PathBuf, Page>,
    files: BTreeSet<PathBuf>,
}

impl Site {
    fn read(folder: &Path) -> std::io::Result<Self> {
        let mut site = Self { pages: BTreeMap::new(), files: BTreeSet::new() };
        for file in pages::files(folder)? {
            let name = file.strip_prefix(folder).unwrap_or(&file).to_path_buf();
            if name.extension().is_some_and(|end| end == "html") {
                site.pages.insert(name.clone(), Page::read(&fs::read_to_string(&file)?));
            } else if name.extension().is_some_and(|end| end == "css") {
                site.pages.insert(name.clone(), Page::of_styles(&fs::read_to_string(&file)?));
            }
            site.files.insert(name);
        }
        Ok(site)
    }

    /// The pages whose links are checked. That of what is not found stands at any URL, so its links are of no place.
    fn own(&self) -> impl Iterator<Item = (&PathBuf, &Page)> {
        self.pages.iter().filter(|(name, _)| *name != Path::new("404.html") && !name.starts_with(API))
    }

    /// A line for each link that leads nowhere, and for each file that a browser would get from another host.
    fn wrong(&self) -> Vec<String> {
        let named = |name: &Path, what: &str, url: &str| format!("{}: {what}: {url}", name.display());
        let mut wrong = Vec::new();
        for (name, page) in &self.pages {
            let loads = page.loads.iter().filter(|url| html::is_elsewhere(url));
            wrong.extend(loads.map(|url| named(name, "comes from another host", url)));
        }
        for (name, page) in self.own() {
            let own = page.links.iter().chain(&page.loads).filter(|url| !html::is_elsewhere(url));
            wrong.extend(own.filter(|url| !self.has(name, url)).map(|url| named(name, "leads nowhere", url)));
        }
        wrong
    }

    fn has(&self, from: &Path, url: &str) -> bool {
        let (path, anchor) = url.split_once('#').unwrap_or((url, ""));
        let path = path.split('?').next().unwrap_or_default();
        let target = if path.is_empty() { Some(from.to_path_buf()) } else { html::resolve(from, path) };
        let Some(target) = target.filter(|target| self.files.contains(target)) else { return false };
        anchor.is_empty() || self.pages.get(&target).is_some_and(|page| page.anchors.contains(anchor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(page: &str) -> Site {
        let pages = [("a/b.html", page), ("c.html", "<h1 id=top>C</h1>")];
        Site {
            pages: pages.iter().map(|(name, text)| (name.into(), Page::read(text))).collect(),
            files: pages.iter().map(|(name, _)| name.into()).collect(),
        }
    }

    #[test]
    fn a_link_leads_to_a_page_and_an_anchor_of_it() {
        assert_eq!(
            site(r##"<a href="../c.html#top">C</a> <a href="#x" id="x">"##).wrong(),
            Vec::<String>::new()
        );
        assert_eq!(site(r##"<a href="../d.html">"##).wrong(), ["a/b.html: leads nowhere: ../d.html"]);
        assert_eq!(site(r##"<a href="../c.html#no">"##).wrong(), ["a/b.html: leads nowhere: ../c.html#no"]);
        assert_eq!(site(r##"<a href="../../c.html">"##).wrong(), ["a/b.html: leads nowhere: ../../c.html"]);
    }

    #[test]
    fn a_script_of_another_host_is_wrong_and_a_link_there_is_not() {
        assert_eq!(site(r##"<a href="https://op.example/">"##).wrong(), Vec::<String>::new());
        assert_eq!(
            site(r##"<script src="https://op.example/a.js"></script>"##).wrong(),
            ["a/b.html: comes from another host: https://op.example/a.js"]
        );
    }
}
