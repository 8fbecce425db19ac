//! Where the project lives, from the one place that says it: `[workspace.metadata.addresses]` in `Cargo.toml`. What is empty there
//! is written nowhere.

use std::fs;

use serde_json::Value;

use conformance::workbench::{Context, Outcome, fail};

use super::tree::{Tree, told};

/// The name in `Cargo.toml` and of Cargo, in Python's metadata, and the member of `package.json`.
const NAMES: [(&str, &str, Option<&str>); 3] = [
    ("homepage", "Homepage", Some("homepage")),
    ("repository", "Repository", Some("repository")),
    ("documentation", "Documentation", None),
];

/// Writes the addresses into the clone's manifests.
pub(super) fn stamp(context: &mut Context, tree: &Tree) -> Outcome {
    let mut metadata = tree.command(context, "cargo");
    metadata.args(["metadata", "--format-version", "1", "--no-deps", "--locked"]);
    let metadata: Value = serde_json::from_slice(&metadata.output().map_err(told)?.stdout).map_err(told)?;
    let addresses = &metadata["metadata"]["addresses"];
    if !NAMES.iter().all(|(name, ..)| addresses[name].is_string()) {
        return Err(fail("Cargo.toml has no [workspace.metadata.addresses] with all three"));
    }
    let of = |name: &str| addresses[name].as_str().unwrap_or_default().to_owned();
    let manifests = [
        ("core/Cargo.toml", cargo as fn(&str, &dyn Fn(&str) -> String) -> Option<String>),
        ("bindings-rust/Cargo.toml", cargo),
        ("bindings-python/pyproject.toml", python),
        ("bindings-wasm/package.json", npm),
    ];
    for (path, write) in manifests {
        let text = fs::read_to_string(tree.path(path)).map_err(told)?;
        if names_one(&text) {
            return Err(fail(format!("{path} names an address: the one place for them is Cargo.toml")));
        }
        let stamped = write(&text, &of).ok_or_else(|| fail(format!("{path} has no place for addresses")))?;
        fs::write(tree.path(path), stamped).map_err(told)?;
    }
    let known = NAMES.iter().filter(|(name, ..)| !of(name).is_empty()).count();
    println!("{known} addresses are known, and stand in every package");
    Ok(())
}

fn cargo(manifest: &str, of: &dyn Fn(&str) -> String) -> Option<String> {
    let lines = NAMES.iter().map(|(name, ..)| line(&of(name), |address| format!("{name} = {address:?}\n")));
    after(manifest, "license.workspace = true\n", &lines.collect::<String>())
}

fn python(manifest: &str, of: &dyn Fn(&str) -> String) -> Option<String> {
    let lines =
        NAMES.iter().map(|(name, shown, _)| line(&of(name), |address| format!("{shown} = {address:?}\n")));
    let lines: String = lines.collect();
    let table = if lines.is_empty() { lines } else { format!("\n[project.urls]\n{lines}") };
    after(manifest, "dynamic = [\"version\"]\n", &table)
}

fn npm(manifest: &str, of: &dyn Fn(&str) -> String) -> Option<String> {
    let lines = NAMES.iter().filter_map(|(name, _, member)| {
        member.map(|member| line(&of(name), |address| format!("  {member:?}: {address:?},\n")))
    });
    after(manifest, "  \"license\": \"MIT OR Apache-2.0\",\n", &lines.collect::<String>())
}

fn line(address: &str, written: impl FnOnce(&str) -> String) -> String {
    if address.is_empty() { String::new() } else { written(address) }
}

fn after(text: &str, place: &str, added: &str) -> Option<String> {
    let end = text.find(place)? + place.len();
    let (head, rest) = text.split_at_checked(end)?;
    Some(format!("{head}{added}{rest}"))
}

/// Whether a manifest as it is committed already names an address.
fn names_one(manifest: &str) -> bool {
    let starts =
        ["homepage", "repository", "documentation", "\"homepage\"", "\"repository\"", "[project.urls]"];
    manifest.lines().any(|line| starts.iter().any(|start| line.trim_start().starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "license.workspace = true\nreadme = \"README.md\"\n";
    const PYTHON: &str = "dynamic = [\"version\"]\n\n[tool.maturin]\n";
    const NPM: &str = "{\n  \"license\": \"MIT OR Apache-2.0\",\n  \"type\": \"module\"\n}\n";

    fn nowhere(_: &str) -> String {
        String::new()
    }

    fn somewhere(name: &str) -> String {
        format!("https://{name}.example")
    }

    #[test]
    fn an_address_that_nobody_set_is_written_nowhere() {
        assert_eq!(cargo(CARGO, &nowhere).as_deref(), Some(CARGO));
        assert_eq!(python(PYTHON, &nowhere).as_deref(), Some(PYTHON));
        assert_eq!(npm(NPM, &nowhere).as_deref(), Some(NPM));
    }

    #[test]
    fn one_that_is_set_is_written_as_each_registry_reads_it() {
        let cargo = cargo(CARGO, &somewhere).unwrap();
        assert!(cargo.contains("homepage = \"https://homepage.example\"\n"), "{cargo}");
        assert!(cargo.contains("documentation = \"https://documentation.example\"\n"), "{cargo}");
        let python = python(PYTHON, &somewhere).unwrap();
        assert!(python.contains("[project.urls]\nHomepage = \"https://homepage.example\"\n"), "{python}");
        let npm: Value = serde_json::from_str(&npm(NPM, &somewhere).unwrap()).unwrap();
        assert_eq!(npm["repository"], "https://repository.example");
    }

    #[test]
    fn a_manifest_has_no_address_of_its_own() {
        assert!(names_one("[package]\nhomepage = \"https://op.example\"\n"));
        assert!(![CARGO, PYTHON, NPM].into_iter().any(names_one));
    }
}
