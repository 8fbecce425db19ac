//! The crate's rooms stand in an order: what is above may use what is below, never the other way round, and no two files of a
//! room use each other in a circle.

#![expect(clippy::disallowed_methods, reason = "it reads the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the top to the bottom.
const ROOMS: [&str; 16] = [
    "lib", "proofs", "erased", "bindings", "setup", "site", "logout", "login", "grants", "client",
    "provider", "binding", "token", "machine", "jose", "text",
];
const BOTTOM: &str = "report";

fn floor(room: &str) -> usize {
    ROOMS.iter().position(|other| *other == room).unwrap_or_else(|| {
        assert_eq!(room, BOTTOM, "a room without a place in the order");
        ROOMS.len()
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A file's name as a path of modules: `login/mod.rs` is `login`.
fn module(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source()).unwrap().with_extension("");
    let mut names: Vec<String> = relative.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code without comments and test modules, which stand last in a file.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Each path that begins with `crate::`, up to where it stops being one of names of modules.
fn uses(code: &str) -> Vec<Vec<String>> {
    let paths = code.split("crate::").skip(1).filter(|path| !path.starts_with('$'));
    paths
        .map(|path| {
            let end =
                path.find(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == ':')).unwrap_or(path.len());
            let names = path[..end].split("::").filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        })
        .collect()
}

#[test]
fn nothing_uses_what_stands_above_it() {
    let mut files = Vec::new();
    sources(&source(), &mut files);
    let mut arrows = 0;
    for file in files {
        let (own, code) = (module(&file), code(&file));
        for used in uses(&code) {
            let Some(room) = used.first() else { continue };
            if *room == own[0] || own[0] == "lib" || !ROOMS.contains(&room.as_str()) && room != BOTTOM {
                continue;
            }
            assert!(floor(room) > floor(&own[0]), "{} uses {room}, which stands above it", file.display());
            arrows += 1;
        }
    }
    assert!(arrows > 100, "{arrows} arrows were found");
}

#[test]
fn no_files_of_a_room_use_each_other_in_a_circle() {
    let mut files = Vec::new();
    sources(&source(), &mut files);
    let modules: BTreeSet<Vec<String>> = files.iter().map(|file| module(file)).collect();
    let mut arrows: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for file in &files {
        let own = module(file);
        for mut used in uses(&code(file)) {
            while !used.is_empty() && !modules.contains(&used) {
                used.pop();
            }
            // What a room hands out by its own name stands in files of its own.
            if used.len() > 1 && used != own && !own.starts_with(&used) {
                arrows.entry(own.clone()).or_default().insert(used);
            }
        }
    }
    let mut settled: BTreeSet<&Vec<String>> =
        modules.iter().filter(|module| !arrows.contains_key(*module)).collect();
    loop {
        let before = settled.len();
        for (file, used) in &arrows {
            if used.iter().all(|used| settled.contains(used)) {
                settled.insert(file);
            }
        }
        if settled.len() == before {
            break;
        }
    }
    let circle: Vec<_> = modules.iter().filter(|module| !settled.contains(module)).collect();
    assert!(circle.is_empty(), "these use each other in a circle, or what does: {circle:?}");
}
