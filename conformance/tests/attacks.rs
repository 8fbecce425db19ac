//! The table of attacks in SECURITY.md and the tests cannot drift apart: every attack has a test that carries its id at the
//! start of its name, or a reason why not; every such test is in the table.
//!
//! `WRITE=1 cargo test -p conformance --test attacks` writes the column of tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The parts of the catalogue and how many attacks each has.
const CATALOGUE: [(char, usize); 11] = [
    ('A', 27),
    ('B', 14),
    ('C', 8),
    ('D', 10),
    ('E', 17),
    ('F', 13),
    ('G', 7),
    ('K', 11),
    ('L', 12),
    ('S', 25),
    ('U', 22),
];
/// The names that a source gives its tests.
type Names = fn(&str) -> Vec<String>;
/// Where tests are, and how the files of each kind name them.
const PLACES: [(&str, &str, Names); 11] = [
    ("core/src", "rs", in_rust),
    ("core/tests", "rs", in_rust),
    ("conformance/src", "rs", in_rust),
    ("conformance/tests", "rs", in_rust),
    ("bindings-python/src", "rs", in_rust),
    ("bindings-rust/src", "rs", in_rust),
    ("bindings-rust/tests", "rs", in_rust),
    ("bindings-wasm/src", "rs", in_rust),
    ("bindings-python/tests", "py", in_python),
    ("bindings-wasm/test", "mjs", in_javascript),
    ("bindings-wasm/examples/spa/test", "mjs", in_javascript),
];
/// Cases are files, named as they are.
const CASES: &str = "conformance/cases";
/// What the column of tests says of an attack without one, before the reason.
const NONE: &str = "none: ";

/// A row of the table.
struct Row {
    id: String,
    attack: String,
    promise: String,
    tests: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn row(line: &str) -> Option<Row> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::to_owned);
    let row = Row { id: cells.next()?, attack: cells.next()?, promise: cells.next()?, tests: cells.next()? };
    let is_id = row.id.len() > 1 && ids(&format!("{}_x", row.id.to_lowercase())).len() == 1;
    (is_id && cells.next().is_none()).then_some(row)
}

/// The ids at the start of a test's name.
fn ids(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(['_', ' ', ':', '-']).collect();
    let is_id = |word: &&str| {
        let digits =
            word.strip_prefix(|letter: char| ('a'..='g').contains(&letter) || "klsu".contains(letter));
        digits.is_some_and(|digits| {
            !digits.is_empty() && digits.len() < 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let ids: Vec<_> = words.iter().take_while(|word| is_id(word)).map(|word| word.to_uppercase()).collect();
    if ids.len() < words.len() { ids } else { Vec::new() }
}

fn name_at(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Functions, and the proofs that something does not compile: a name and the code of the error.
fn in_rust(source: &str) -> Vec<String> {
    let named = |line: &str| {
        let line = line.trim();
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ").map(name_at);
        function.or_else(|| line.split_once(" \"E0").map(|(name, _)| name_at(name)))
    };
    source.lines().filter_map(named).collect()
}

fn in_python(source: &str) -> Vec<String> {
    let named = |line: &str| line.trim().strip_prefix("def test_").map(name_at);
    source.lines().filter_map(named).collect()
}

fn in_javascript(source: &str) -> Vec<String> {
    let named = |line: &str| {
        let line = line.trim();
        let call = ["test(", "describe("].into_iter().find_map(|call| line.strip_prefix(call))?;
        let quote = call.chars().next().filter(|quote| ['\'', '"', '`'].contains(quote))?;
        call[1..].split_once(quote).map(|(title, _)| title.to_owned())
    };
    source.lines().filter_map(named).collect()
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

/// Files, and the names of the tests in each.
type Files = BTreeMap<String, BTreeSet<String>>;

/// For each id the tests of it.
fn tests() -> BTreeMap<String, Files> {
    let mut tests: BTreeMap<String, Files> = BTreeMap::new();
    let mut add = |file: &Path, name: &str| {
        let file = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        for id in ids(name) {
            tests.entry(id).or_default().entry(file.clone()).or_default().insert(name.to_owned());
        }
    };
    for (folder, extension, named) in PLACES {
        let mut found = Vec::new();
        files(&root().join(folder), extension, &mut found);
        for file in found {
            let source = fs::read_to_string(&file).unwrap();
            named(&source).iter().for_each(|name| add(&file, name));
        }
    }
    let mut cases = Vec::new();
    files(&root().join(CASES), "json", &mut cases);
    cases.iter().for_each(|case| add(case, case.file_stem().unwrap().to_str().unwrap()));
    tests
}

/// The column of tests.
fn listed(files: &Files) -> String {
    let mut cell = String::new();
    for (file, names) in files {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        write!(cell, "{}{file}: {}", if cell.is_empty() { "" } else { "; " }, names.join(", ")).unwrap();
    }
    cell
}

fn catalogue() -> Vec<String> {
    CATALOGUE.iter().flat_map(|(part, number)| (1..=*number).map(move |n| format!("{part}{n}"))).collect()
}

fn security() -> String {
    fs::read_to_string(root().join("SECURITY.md")).unwrap()
}

#[test]
fn the_table_has_every_attack_once_and_in_order() {
    let rows: Vec<Row> = security().lines().filter_map(row).collect();
    assert_eq!(rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), catalogue());
    for Row { id, attack, promise, .. } in rows {
        assert!(attack.len() > 3 && promise.len() > 3, "{id} says nothing");
    }
}

#[test]
fn every_attack_has_the_tests_that_carry_its_id_or_a_reason() {
    let (tests, mut wrong) = (tests(), Vec::new());
    let checked = |line: &str| -> String {
        let Some(row) = row(line) else { return line.to_owned() };
        let tests = match tests.get(&row.id) {
            Some(files) => listed(files),
            None if row.tests.strip_prefix(NONE).is_some_and(|reason| reason.len() > 20) => row.tests.clone(),
            None => format!("{NONE}?"),
        };
        format!("| {} | {} | {} | {tests} |", row.id, row.attack, row.promise)
    };
    let (found, mut expected) = (security(), String::new());
    for line in found.lines() {
        let checked = checked(line);
        if checked.contains("| none: ? |") {
            wrong.push(format!("{line}: neither a test nor a reason"));
        } else if checked != line {
            wrong.push(format!("it should be {checked}"));
        }
        expected += &checked;
        expected.push('\n');
    }
    if std::env::var_os("WRITE").is_some() {
        // At once, for the tests that read it meanwhile.
        let new = root().join("target/SECURITY.md");
        fs::write(&new, expected).unwrap();
        fs::rename(new, root().join("SECURITY.md")).unwrap();
    } else {
        assert!(wrong.is_empty(), "run this test once with WRITE=1 and look at the change: {wrong:#?}");
    }
}

#[test]
fn no_test_carries_an_id_that_the_table_does_not_have() {
    let (known, found) = (catalogue().into_iter().collect::<BTreeSet<_>>(), tests());
    let strange: Vec<_> = found.iter().filter(|(id, _)| !known.contains(*id)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn ids_are_found_at_the_start_of_names_and_nowhere_else() {
    assert_eq!(ids("a4_none_is_not_an_algorithm"), ["A4"]);
    assert_eq!(ids("d6_f1_a_redirect"), ["D6", "F1"]);
    assert_eq!(ids("g5 claims"), ["G5"]);
    for other in ["b64", "a_4", "e", "a1", "x1_y", "a256_bits", "is_a4_here"] {
        assert_eq!(ids(other), [""; 0], "{other}");
    }
    assert_eq!(
        in_rust("  fn a1_b() {\n async fn a2_c() {\nlet fn_a3 = 1;\n    a4_d \"E0599\"\n"),
        ["a1_b", "a2_c", "a4_d"]
    );
    assert_eq!(in_python("def test_a1_b() -> None:\ndef helper():\n"), ["a1_b"]);
    assert_eq!(in_javascript("  test('g5 it', async () => {\ndescribe(`f7_x`, () => {\n"), ["g5 it", "f7_x"]);
}
