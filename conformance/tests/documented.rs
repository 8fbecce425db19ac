//! What the three languages' documentation says of the policy is what the core does: each member with its default and its
//! bounds. And what stands in several places is the same there.

use std::fs;
use std::path::Path;

use relyingparty::{Client, Issuer, Policy, Registration};
use relyingparty_host::PostgresSessionStore;

const RUST: &str = "core/src/machine/policy.rs";
const PYTHON: &str = "bindings-python/python/relyingparty/options.py";
const TYPESCRIPT: &str = "bindings-wasm/types/policy.d.ts";

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap()
}

/// The members of the policy, each with its default, as `Debug` has them.
fn members() -> Vec<(String, String)> {
    let shown = format!("{:?}", Policy::default());
    let inside = shown.strip_prefix("Policy { ").and_then(|rest| rest.strip_suffix(" }")).unwrap();
    let member = |text: &str| text.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    inside.split(", ").map(|text| member(text).expect("a member")).collect()
}

/// The bounds of a number, as the core refuses what is beyond them.
fn bounds(name: &str) -> (String, String) {
    let policy = Policy::from_json(&format!(r#"{{"{name}":4294967295}}"#)).unwrap();
    let issuer = Issuer::parse("https://op.example").unwrap();
    let registration = Registration::new("client", "https://app.example/callback");
    let error = Client::check(&issuer, &registration, &policy).unwrap_err();
    assert_eq!(error.code(), "policy_out_of_range", "{name}");
    let detail = |name| error.detail(name).unwrap().to_owned();
    (detail("minimum"), detail("maximum"))
}

/// A member that the other languages set by `preset`.
const RUST_ALONE: &str = "profile";

/// What a language's documentation has to say of a member.
fn expected(name: &str, default: &str, is: impl Fn(bool) -> &'static str) -> String {
    match default {
        "true" => format!("Default: {}.", is(true)),
        "false" => format!("Default: {}.", is(false)),
        "[]" => "Default: none.".to_owned(),
        // Who checks signatures, and a choice that is made by what is known of the provider.
        "Core" | "None" => "Default: ".to_owned(),
        number => {
            let (minimum, maximum) = bounds(name);
            format!("Default: {number}; from {minimum} to {maximum}.")
        }
    }
}

/// A text on one line, without the marks of comments.
fn one_line(comment: &str) -> String {
    let lines = comment
        .lines()
        .map(|line| line.trim().trim_start_matches(['/', '*', '"']).trim_end_matches(['/', '*', '"']));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The comment above a member.
fn above(source: &str, declaration: &str, opens: &str) -> String {
    let (before, _) =
        source.split_once(declaration).unwrap_or_else(|| panic!("{declaration} is not declared"));
    let lines: Vec<&str> = before.lines().rev().collect();
    let is_comment = |line: &&&str| line.trim().starts_with(['*', '/']);
    let mut comment: Vec<&str> = lines.iter().take_while(is_comment).copied().collect();
    comment.reverse();
    // A declaration that follows at once ends the comment before it.
    let start =
        comment.iter().rposition(|line| line.trim().starts_with(opens) && opens != "///").unwrap_or_default();
    one_line(&comment[start..].join("\n"))
}

/// The docstring under a member.
fn below(source: &str, declaration: &str) -> String {
    let (_, after) =
        source.split_once(declaration).unwrap_or_else(|| panic!("{declaration} is not declared"));
    let (_, text) = after.split_once("\"\"\"").unwrap();
    one_line(text.split_once("\"\"\"").unwrap().0)
}

#[test]
fn each_member_of_the_policy_is_documented_with_its_default_and_bounds() {
    let (rust, python, typescript) = (read(RUST), read(PYTHON), read(TYPESCRIPT));
    let members = members();
    assert!(members.len() > 30, "{members:?}");
    for (name, default) in &members {
        let lower = |is: bool| if is { "true" } else { "false" };
        let upper = |is: bool| if is { "True" } else { "False" };
        if *name == RUST_ALONE {
            let text = above(&rust, &format!("    pub {name}: "), "///");
            assert!(text.contains("Default: none."), "Rust: {name} says `{text}`");
            continue;
        }
        for (language, text, expected) in [
            ("Rust", above(&rust, &format!("    pub {name}: "), "///"), expected(name, default, lower)),
            ("Python", below(&python, &format!("    {name}: ")), expected(name, default, upper)),
            (
                "TypeScript",
                above(&typescript, &format!("  {name}?: "), "/**"),
                expected(name, default, lower),
            ),
        ] {
            assert!(text.contains(&expected), "{language}: {name} has to say `{expected}`, not `{text}`");
            let unit = [("_secs", "seconds"), ("max_sub_bytes", "characters"), ("_bytes", "bytes")];
            let unit = unit.into_iter().find(|(end, _)| name.ends_with(end)).map_or("", |(_, unit)| unit);
            assert!(text.contains(unit), "{language}: {name} has to name its unit, {unit}: `{text}`");
        }
    }
}

#[test]
fn no_language_documents_a_member_that_is_none() {
    let members = members().into_iter().map(|(name, _)| name).filter(|name| *name != RUST_ALONE);
    let names: Vec<_> = members.chain(["preset".to_owned()]).collect();
    let (python, typescript) = (read(PYTHON), read(TYPESCRIPT));
    let class = python.split_once("class PolicyOptions").unwrap().1.split_once("\n\n\nclass ").unwrap().0;
    let declared = |line: &str, end: &str| {
        let name = line.trim().split_once(end)?.0;
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then(|| name.to_owned())
    };
    let in_python: Vec<_> = class.lines().filter_map(|line| declared(line, ": ")).collect();
    let in_typescript: Vec<_> = typescript.lines().filter_map(|line| declared(line, "?: ")).collect();
    for (language, mut found) in [("Python", in_python), ("TypeScript", in_typescript)] {
        let mut names = names.clone();
        names.sort();
        found.sort();
        assert_eq!(found, names, "{language}");
    }
}

/// The page that posts a long logout, in the three languages.
const PAGES: [&str; 3] = [
    "bindings-rust/src/site/handled.rs",
    "bindings-python/python/relyingparty/pages.py",
    "bindings-wasm/js/site_page.js",
];

#[test]
fn the_page_of_a_long_logout_is_one_text_in_all_languages() {
    let policy = "default-src 'none'; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; \
                  base-uri 'none'; frame-ancestors 'none'";
    for path in PAGES {
        let source = read(path).replace("\\\"", "\"").replace("{_SUBMIT_SHA256}", &policy[39..83]);
        for part in [
            policy,
            r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Log out</title>"#,
            r#"<main><h1>Log out</h1><form method="post" action=""#,
            r#"<input type="hidden" name=""#,
            "<button>Continue</button></form></main>",
            "document.forms[0].submit()",
        ] {
            assert!(source.contains(part), "{path}: {part}");
        }
    }
}

#[test]
fn the_tables_of_a_store_are_the_same_in_python_and_rust() {
    for page in ["docs/session-stores-python.md", "docs/session-stores-rust.md"] {
        let shown = format!("```sql\n{}```", PostgresSessionStore::TABLES);
        assert!(read(page).contains(&shown), "{page}");
    }
}
