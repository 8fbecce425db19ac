//! The tables of the reference, held against the core.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use serde_json::Value;

use relyingparty::{Client, Error, Issuer, Policy, Registration, SealingKeys, Site, SitePolicy};

use super::pages::Sources;

/// A line for each option or decision that a page lacks, or says other numbers of.
pub(super) fn wrong(sources: &Sources, checks: &str) -> Vec<String> {
    let page = |name: &str| sources.get(name).map_or("", String::as_str);
    let mut wrong = Vec::new();
    let mut missing = |name: &str, row: String| {
        if !page(name).contains(&row) {
            wrong.push(format!("docs/{name} lacks `{row}`"));
        }
    };
    for option in members(&Policy::default()) {
        missing("reference/policy.md", row(&option, policy_bounds(&option.0)));
    }
    for option in members(&SitePolicy::default()) {
        missing("reference/site-policy.md", row(&option, site_policy_bounds(&option.0)));
    }
    for (check, rule) in decisions(checks) {
        missing("reference/decisions.md", format!("| `{check}` | {rule} |"));
    }
    wrong
}

/// A line for each row of a provider's page that is not what was recorded: `| `member` | value |` behind the name of the file.
pub(super) fn recorded(sources: &Sources, folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, text) in sources.iter().filter(|(name, _)| name.starts_with("providers/")) {
        let mut metadata = Value::Null;
        for line in text.lines() {
            if let Some((_, file)) = line.split_once("data/providers/") {
                let file = folder.join(file.split('`').next().unwrap_or_default());
                let read = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
                metadata = read.unwrap_or_default();
            }
            let row = line.strip_prefix("| `").and_then(|row| row.strip_suffix(" |")?.split_once("` | "));
            let Some((member, value)) = row.filter(|_| metadata.is_object()) else { continue };
            let expected = shown(&metadata[member]);
            if value != expected {
                wrong.push(format!("docs/{name}: {member} is recorded as {expected}"));
            }
        }
        if metadata.is_null() {
            wrong.push(format!("docs/{name} names no recorded metadata"));
        }
    }
    wrong
}

/// A line for each verb of a relying party that a package does not have. A row has its name in Python, JavaScript and Rust.
pub(super) fn verbs(sources: &Sources, packages: [(&str, &str); 3]) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in sources.get("reference/verbs.md").map_or("", String::as_str).lines() {
        let names: Vec<_> = row.split(" | ").skip(1).map(|cell| cell.trim_matches(['`', ' ', '|'])).collect();
        if !row.contains(" | `") {
            continue;
        }
        for (name, (before, text)) in names.iter().zip(packages) {
            if !["(", "<"].iter().any(|after| text.contains(&[before, name, after].concat())) {
                wrong.push(format!("docs/reference/verbs.md: there is no `{before}{name}`"));
            }
        }
    }
    wrong
}

/// A member of the metadata as a page shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => format!("`{text}`"),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The members of a policy with their values, as `Debug` shows them.
fn members(policy: &impl Debug) -> Vec<(String, String)> {
    let shown = format!("{policy:#?}");
    let member = |line: &str| {
        let (name, value) = line.strip_prefix("    ")?.split_once(": ")?;
        Some((name.to_owned(), value.trim_end_matches(',').to_owned()))
    };
    shown.lines().filter_map(member).collect()
}

/// How the row of an option begins: for a number with its default and its bounds.
fn row((name, value): &(String, String), bounds: Option<(String, String)>) -> String {
    match bounds {
        Some((minimum, maximum)) => format!("| `{name}` | {value} | {minimum} to {maximum} |"),
        None => format!("| `{name}` |"),
    }
}

/// A value of which every number is out of bounds.
fn too_much(name: &str) -> String {
    format!("{{\"{name}\": {}}}", u32::MAX)
}

fn policy_bounds(name: &str) -> Option<(String, String)> {
    let policy = Policy::from_json(&too_much(name)).ok()?;
    let issuer = Issuer::parse("https://op.example").ok()?;
    let client = Registration::new("my-client", "https://app.example/callback");
    bounds(Client::check(&issuer, &client, &policy).err()?)
}

fn site_policy_bounds(name: &str) -> Option<(String, String)> {
    let policy = SitePolicy::from_json(&too_much(name)).ok()?;
    let keys = SealingKeys::new([(0..32).collect::<Vec<u8>>()]).ok()?;
    bounds(Site::new("https://app.example", keys, policy).err()?)
}

fn bounds(error: Error) -> Option<(String, String)> {
    let details = error.details();
    let detail =
        |name: &str| details.iter().find(|(own, _)| *own == name).map(|(_, value)| value.to_string());
    Some((detail("minimum")?, detail("maximum")?))
}

/// The names of checks with their sections, from the core's table of them: ` = "name", "section":`.
fn decisions(checks: &str) -> Vec<(&str, &str)> {
    let named = |line: &'_ str| -> Option<(usize, usize, usize, usize)> {
        let start = line.find("= \"")?.saturating_add(3);
        let end = line.get(start..)?.find("\", \"")?.saturating_add(start);
        let rule = end.saturating_add(4);
        let rule_end = line.get(rule..)?.find("\":")?.saturating_add(rule);
        Some((start, end, rule, rule_end))
    };
    let both = |line| {
        let (start, end, rule, rule_end) = named(line)?;
        Some((line.get(start..end)?, line.get(rule..rule_end)?))
    };
    checks.lines().filter_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_with_bounds_is_held_to_them() {
        let sources = Sources::new();
        let wrong = wrong(&sources, "");
        let lacks = |row: &str| wrong.iter().any(|line| line.contains(row));
        assert!(lacks("| `state_timeout_secs` | 600 | 1 to 3600 |"), "{wrong:#?}");
        assert!(lacks("| `idle_secs` | 28800 | 60 to 2592000 |"), "{wrong:#?}");
    }

    #[test]
    fn a_verb_that_a_package_does_not_have_is_told() {
        let page = "| it calls | `call` | `call` | `calls` |\n";
        let sources = Sources::from([("reference/verbs.md".into(), page.into())]);
        let packages = [("def ", "def call("), ("  ", "  call("), ("fn ", "fn call<'a>(")];
        assert_eq!(verbs(&sources, packages), ["docs/reference/verbs.md: there is no `fn calls`"]);
    }

    #[test]
    fn a_member_of_a_provider_is_shown_as_it_was_recorded() {
        assert_eq!(shown(&serde_json::json!(["query", "form_post"])), "`query`, `form_post`");
        assert_eq!(shown(&serde_json::json!({})["jwks_uri"]), "none");
    }

    #[test]
    fn a_decision_is_read_from_its_row() {
        let line = "    State = \"state\", \"RFC 6749 10.12\": [\"the state\"],";
        assert_eq!(decisions(line), [("state", "RFC 6749 10.12")]);
    }
}
