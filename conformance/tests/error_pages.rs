//! Every error code has a page in `docs/errors`, which an error names, and the page says what the library says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use relyingparty::{CallbackParams, Error};

/// Codes that only the npm package has.
const OTHERS: [&str; 2] = ["module_unavailable", "store_failed"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = fs::read_dir(docs().join("errors"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let codes = Error::codes().iter().chain(&OTHERS);
    assert_eq!(pages, codes.map(|code| format!("{code}.md")).collect());
}

#[test]
fn a_page_has_the_same_parts_as_every_other() {
    for page in fs::read_dir(docs().join("errors")).unwrap() {
        let path = page.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let code = path.file_stem().unwrap().to_str().unwrap();
        assert!(text.starts_with(&format!("# `{code}`\n\n> ")), "{code}");
        for part in ["**Who has to act:** ", "## What to do\n\n", "**Category:** `", "**Details:** "] {
            assert_eq!(text.matches(part).count(), 1, "{code}: {part}");
        }
    }
}

#[test]
fn an_error_names_its_page_which_has_its_words() {
    let error = CallbackParams::parse("?code=a&code=b").unwrap_err();
    let text = fs::read_to_string(docs().join(error.help())).unwrap();
    assert!(error.to_string().starts_with(text.lines().nth(2).unwrap().strip_prefix("> ").unwrap()));
}
