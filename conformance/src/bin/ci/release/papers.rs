//! What is said of others' work in a package: their licences, which go into it, and a bill of materials, which goes beside it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use conformance::workbench::{Context, Outcome, Stop, fail};

use super::tree::{Tree, name, told};

/// A package of ours, and the crates that are linked into it.
struct Contents {
    /// How its file ends.
    ending: &'static str,
    /// Its kind, as package URLs have it.
    kind: &'static str,
    /// The arguments by which cargo resolves its dependencies.
    resolved: &'static [&'static str],
    /// The folder whose package carries the licences.
    carries: Option<&'static str>,
}

const CONTENTS: [Contents; 4] = [
    Contents {
        ending: ".whl",
        kind: "pypi",
        resolved: &["-p", "relyingparty-python", "--target", "all"],
        carries: Some("bindings-python"),
    },
    Contents {
        ending: ".tgz",
        kind: "npm",
        resolved: &["-p", "relyingparty-wasm", "--target", "wasm32-unknown-unknown", "--all-features"],
        carries: Some("bindings-wasm"),
    },
    Contents {
        ending: ".crate",
        kind: "cargo",
        resolved: &["-p", "relyingparty", "--target", "all", "--all-features"],
        carries: None,
    },
    Contents {
        ending: ".crate",
        kind: "cargo",
        resolved: &["-p", "relyingparty-host", "--target", "all", "--all-features"],
        carries: None,
    },
];

const PAPER: &str = "THIRD-PARTY-LICENSES.txt";

/// A crate as cargo knows it.
struct Crate {
    name: String,
    version: String,
    license: String,
    folder: PathBuf,
    checksum: Option<String>,
}

/// Writes the licences of what is linked in into the folders of the packages that carry them.
pub(super) fn licences(context: &mut Context, tree: &Tree, tools: &Path) -> Outcome {
    let known = known(context, tree)?;
    for contents in CONTENTS {
        let Some(folder) = contents.carries else { continue };
        let edges = linked(context, tree, contents.resolved)?;
        let crates = edges.keys().filter_map(|id| known.get(id)).filter(|of| of.checksum.is_some());
        let mut works = crates.map(Work::of).collect::<Result<Vec<_>, Stop>>()?;
        if contents.kind == "pypi" {
            works.extend(linker(context, tools)?);
        }
        let text = paper(&works)?;
        println!("{folder}: {} works, {} bytes of licences", works.len(), text.len());
        fs::write(tree.path(folder).join(PAPER), text).map_err(told)?;
    }
    Ok(())
}

/// Somebody's work that is linked in, and the texts of its licence.
struct Work {
    title: String,
    license: String,
    texts: Vec<PathBuf>,
}

impl Work {
    fn of(of: &Crate) -> Result<Self, Stop> {
        let title = format!("{} {}", of.name, of.version);
        let texts = license_files(&of.folder).map_err(told)?;
        if texts.is_empty() && !of.license.contains("Apache-2.0") {
            return Err(fail(format!("{title} has no text of its licence {}", of.license)));
        }
        Ok(Self { title, license: of.license.clone(), texts })
    }
}

/// What the linker of the wheels adds: its runtime, and what unwinds the stack.
fn linker(context: &mut Context, tools: &Path) -> Result<[Work; 2], Stop> {
    let mut find = context.command(tools.join("python"));
    find.args(["-c", "import ziglang, pathlib; print(pathlib.Path(ziglang.__file__).parent)"]);
    let folder = PathBuf::from(context.capture(find)?.trim());
    let work = |title: &str, license: &str, text: &str| Work {
        title: title.into(),
        license: license.into(),
        texts: vec![folder.join(text)],
    };
    Ok([
        work("compiler_rt of Zig, in wheels for Linux", "MIT", "LICENSE"),
        work(
            "libunwind of LLVM, in wheels for Linux",
            "Apache-2.0 WITH LLVM-exception",
            "lib/libunwind/LICENSE.TXT",
        ),
    ])
}

fn paper(works: &[Work]) -> Result<String, Stop> {
    let mut text =
        String::from("What is compiled into this package beside its own sources, and under which licences. ");
    text.push_str("Rust's standard library is too, under MIT OR Apache-2.0.\n\n");
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for work in works {
        let _ = writeln!(text, "* {}: {}", work.title, work.license);
        for file in &work.texts {
            let said = String::from_utf8_lossy(&fs::read(file).map_err(told)?).trim().to_owned();
            let users = texts.entry(said).or_default();
            if !users.contains(&work.title.as_str()) {
                users.push(&work.title);
            }
        }
    }
    text.push_str(
        "\nWhat has no text of its own below is used under the Apache License 2.0: LICENSE-APACHE.\n",
    );
    for (said, users) in texts {
        let _ = write!(text, "\n{}\n{}\n\n{said}\n", "=".repeat(80), users.join(", "));
    }
    Ok(text)
}

/// The files that hold a licence, wherever they lie in a crate.
fn license_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if entry.file_type()?.is_dir() {
            found.extend(license_files(&entry.path())?);
        } else if ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
            .iter()
            .any(|word| name.starts_with(word))
        {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a bill of materials beside every package, and has each judged by CycloneDX's schema.
pub(super) fn boms(context: &mut Context, tree: &Tree, tools: &Path) -> Outcome {
    let known = known(context, tree)?;
    let mut written = Vec::new();
    for contents in CONTENTS {
        let edges = linked(context, tree, contents.resolved)?;
        let root = contents.resolved.get(1).copied().unwrap_or_default();
        for package in tree.made(contents.ending) {
            if contents.kind == "cargo" && !is_of(&package, root, &known) {
                continue;
            }
            let bom = bom(&contents, root, &name(&package), &edges, &known)?;
            let file = package.with_file_name(format!("{}.cdx.json", name(&package)));
            let text = serde_json::to_string_pretty(&bom).map_err(told)?;
            fs::write(&file, text + "\n").map_err(told)?;
            written.push(file);
        }
    }
    let mut judge = context.command(tools.join("python"));
    judge.arg(tree.path("conformance/release/judge_bom.py")).args(&written);
    context.run(judge)
}

fn is_of(package: &Path, root: &str, known: &BTreeMap<String, Crate>) -> bool {
    known.values().any(|of| of.name == root && name(package) == format!("{root}-{}.crate", of.version))
}

fn bom(
    contents: &Contents,
    root: &str,
    file: &str,
    edges: &BTreeMap<String, Vec<String>>,
    known: &BTreeMap<String, Crate>,
) -> Result<Value, Stop> {
    let of = |id: &str| known.get(id).ok_or_else(|| fail(format!("cargo metadata know no {id}")));
    let ours = edges.keys().find(|id| id.split(' ').next() == Some(root));
    let ours = ours.ok_or_else(|| fail(format!("cargo tree does not show {root}")))?;
    let version = &of(ours)?.version;
    let shown = if contents.kind == "cargo" { root } else { "relyingparty" };
    let package = format!("pkg:{}/{shown}@{version}", contents.kind);
    let reference = |id: &str| {
        if id == ours { package.clone() } else { format!("pkg:cargo/{}", id.replace(' ', "@")) }
    };
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (id, uses) in edges {
        let uses: Vec<String> = uses.iter().map(|id| reference(id)).collect();
        dependencies.push(json!({ "ref": reference(id), "dependsOn": uses }));
        if id != ours {
            components.push(component(of(id)?, &reference(id)));
        }
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "library", "bom-ref": package, "name": shown, "version": version, "purl": package,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            "properties": [{ "name": "relyingparty:file", "value": file }],
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(of: &Crate, reference: &str) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": reference, "name": of.name, "version": of.version, "purl": reference,
        "licenses": [{ "expression": of.license.replace('/', " OR ") }],
    });
    if let Some(checksum) = &of.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// Every crate of the workspace's lock, by `name version`.
fn known(context: &mut Context, tree: &Tree) -> Result<BTreeMap<String, Crate>, Stop> {
    let checksums = checksums(&fs::read_to_string(tree.path("Cargo.lock")).map_err(told)?);
    let mut metadata = tree.command(context, "cargo");
    metadata.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_slice(&metadata.output().map_err(told)?.stdout).map_err(told)?;
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |package: &Value| {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let id = format!("{name} {version}");
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let folder = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
        let checksum = checksums.get(&id).cloned();
        (id, Crate { name, version, license: text(&package["license"]), folder, checksum })
    };
    Ok(packages.iter().map(of).collect())
}

fn checksums(lock: &str) -> BTreeMap<String, String> {
    let of = |package: &str| {
        let value = |key: &str| {
            let start = format!("{key} = \"");
            package.lines().find_map(|line| line.strip_prefix(start.as_str())?.strip_suffix('"'))
        };
        Some((format!("{} {}", value("name")?, value("version")?), value("checksum")?.to_owned()))
    };
    lock.split("[[package]]").filter_map(of).collect()
}

/// The crates that are linked into a package of ours, each with what it uses: no macros, nothing that runs at build time.
fn linked(
    context: &mut Context,
    tree: &Tree,
    resolved: &[&str],
) -> Result<BTreeMap<String, Vec<String>>, Stop> {
    let mut command = tree.command(context, "cargo");
    command.args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--no-dedupe"]);
    command.args(resolved);
    let output = command.output().map_err(told)?;
    if !output.status.success() {
        return Err(fail(String::from_utf8_lossy(&output.stderr)));
    }
    Ok(edges(&String::from_utf8_lossy(&output.stdout)))
}

fn edges(tree: &str) -> BTreeMap<String, Vec<String>> {
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    for line in tree.lines() {
        let digits = line.len() - line.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let (depth, rest) = line.split_at(digits);
        let (Ok(depth), Some((name, rest))) = (depth.parse::<usize>(), rest.split_once(" v")) else {
            continue;
        };
        let id = format!("{name} {}", rest.split(' ').next().unwrap_or_default());
        path.truncate(depth);
        if let Some(user) = path.last() {
            let uses = edges.entry(user.clone()).or_default();
            if !uses.contains(&id) {
                uses.push(id.clone());
            }
        }
        edges.entry(id.clone()).or_default();
        path.push(id);
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_cargo_says_who_uses_whom() {
        let edges =
            edges("0us v0.1.0 (/here)\n1hmac v0.13.0\n2digest v0.11.3\n1sha2 v0.11.1\n2digest v0.11.3\n");
        assert_eq!(edges["us 0.1.0"], ["hmac 0.13.0", "sha2 0.11.1"]);
        assert_eq!(edges["sha2 0.11.1"], ["digest 0.11.3"]);
        assert!(edges["digest 0.11.3"].is_empty());
    }

    #[test]
    fn a_lock_has_the_checksum_of_what_comes_from_a_registry() {
        let lock = "[[package]]\nname = \"us\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"hmac\"\nversion = \"0.13.0\"\nchecksum = \"ab\"\n";
        assert_eq!(checksums(lock), BTreeMap::from([("hmac 0.13.0".to_owned(), "ab".to_owned())]));
    }
}
