//! SECURITY.md tells the truth about dependencies and about `unsafe` code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The word to count, written so that this file does not have it.
const WORD: &str = concat!("un", "safe");
/// What is not ours, or is made from what is.
const NOT_SOURCES: [&str; 5] = ["target", "node_modules", ".git", "dist", "corpus"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The section of SECURITY.md about dependencies, as the lines before each table with the table's rows.
fn tables() -> Vec<(String, Vec<Vec<String>>)> {
    let text = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let (_, section) = text.split_once("\n## Dependencies\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    let mut before = String::new();
    for line in section.lines() {
        match line.strip_prefix("| ") {
            None if line.is_empty() => {}
            None => {
                before.push_str(line);
                before.push('\n');
            }
            Some(row) => {
                if !before.is_empty() {
                    tables.push((std::mem::take(&mut before), Vec::new()));
                }
                let cells = row.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned());
                tables.last_mut().unwrap().1.push(cells.collect());
            }
        }
    }
    // The head and the line under it.
    tables.iter_mut().for_each(|(_, rows)| drop(rows.drain(..2)));
    tables
}

/// The names in backticks.
fn names(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The crates that the first column of a table names: the one that `begin`s so.
fn listed(begin: &str) -> BTreeSet<String> {
    let tables = tables();
    let (_, rows) = tables.iter().find(|(before, _)| before.contains(begin)).unwrap();
    rows.iter().flat_map(|row| names(&row[0])).collect()
}

/// What `cargo tree` finds below the core.
fn found(features: &str) -> BTreeSet<String> {
    let arguments = ["--package", "relyingparty", "--no-default-features", "--features", features];
    tree("relyingparty", &arguments)
}

/// What it finds below a crate of ours.
fn tree(own: &str, arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(repository()).args(["tree", "--locked", "--edges", "normal"]);
    cargo.args(["--prefix", "none", "--format", "{p}", "--target", "x86_64-unknown-linux-gnu"]);
    cargo.args(arguments);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut crates: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect();
    assert!(crates.remove(own));
    crates
}

#[test]
fn the_tables_name_every_dependency_of_the_core_and_no_other() {
    let always = found("");
    assert_eq!(listed("--no-default-features"), always);
    let base = found("rustcrypto,std");
    assert_eq!(listed("`rustcrypto` (default)"), &base - &always);
    for (feature, begin) in [
        ("sealed", "`sealed` (default):"),
        ("aws-lc-rs", "`aws-lc-rs`:"),
        ("es256k", "`es256k`:"),
        ("http", "`http`:"),
    ] {
        let more = found(&format!("rustcrypto,std,{feature}"));
        assert_eq!(listed(begin), &more - &base, "{feature}");
    }
}

#[test]
fn the_table_of_the_host_crate_names_what_it_depends_on_itself() {
    let arguments = [
        "--package",
        "relyingparty-host",
        "--features",
        "axum,postgres,redis,reqwest,tower-sessions,ureq",
        "--depth",
        "1",
    ];
    assert_eq!(listed("`relyingparty-host`"), tree("relyingparty-host", &arguments));
}

#[test]
fn each_dependency_is_brought_in_by_one_that_is_listed() {
    let tables = tables();
    let rows = || tables.iter().filter(|(before, _)| !before.contains(WORD)).flat_map(|(_, rows)| rows);
    let all: BTreeSet<String> = rows().flat_map(|row| names(&row[0])).collect();
    for row in rows() {
        assert!(names(&row[1]).all(|name| all.contains(&name)), "{row:?}");
        assert!(!row[2].is_empty(), "why {}?", row[0]);
    }
}

#[test]
fn the_word_stands_where_the_table_says_and_nowhere_else() {
    let tables = tables();
    let (_, rows) = tables.iter().find(|(before, _)| before.contains(WORD)).unwrap();
    let listed: BTreeMap<String, usize> =
        rows.iter().map(|row| (names(&row[0]).next().unwrap(), row[1].parse().unwrap())).collect();
    let mut counted = BTreeMap::new();
    count(&repository(), &mut counted);
    assert_eq!(counted, listed);
}

/// Counts the word in every Rust source below a folder, comments left out.
fn count(folder: &Path, counted: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !NOT_SOURCES.contains(&name) {
            count(&path, counted);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter_map(|line| line.split("//").next());
            let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
            let times = words.filter(|word| *word == WORD).count();
            if times > 0 {
                let path = path.strip_prefix(repository()).unwrap();
                counted.insert(path.to_str().unwrap().to_owned(), times);
            }
        }
    }
}

#[test]
fn the_core_the_host_crate_and_what_runs_in_the_demo_forbid_it() {
    for source in [
        "core/src/lib.rs",
        "bindings-rust/src/lib.rs",
        "conformance/src/lib.rs",
        "conformance/src/bin/demo/main.rs",
    ] {
        let text = fs::read_to_string(repository().join(source)).unwrap();
        let attribute = format!("#![forbid({WORD}_code)]");
        assert!(text.lines().any(|line| line == attribute), "{source}");
    }
}
