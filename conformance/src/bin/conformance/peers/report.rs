//! The table, as Markdown for `conformance/README.md`, and as JSON.

use conformance::modules::Module;
use serde_json::{Map, Value, json};

use super::Column;
use super::judge::{Verdict, has_to};

/// What the modules of one table have in common in their names.
const PREFIXES: [&str; 2] = ["oidcc-client-test", "fapi2-security-profile-final-client-test"];

pub(super) fn print(modules: &[&Module], columns: &[Column]) {
    for prefix in PREFIXES {
        let rows = || modules.iter().enumerate().filter(|(_, module)| module.name.starts_with(prefix));
        if rows().next().is_none() {
            continue;
        }
        let heads = columns.iter().map(|column| format!("{} {}", column.peer.name, column.version));
        println!("\n| `{prefix}` + … | has to | {} |", heads.collect::<Vec<_>>().join(" | "));
        println!("| --- | --- |{}", " --- |".repeat(columns.len()));
        for (row, module) in rows() {
            let suffix = &module.name[prefix.len()..];
            let name = if suffix.is_empty() { "(none)".into() } else { format!("`{suffix}`") };
            let cells = columns.iter().map(|column| word(column.cells[row].verdict));
            println!("| {name} | {} | {} |", has_to(module), cells.collect::<Vec<_>>().join(" | "));
        }
        for verdict in [Verdict::Pass, Verdict::Fail, Verdict::NotSupported] {
            let counts = columns.iter().map(|column| {
                rows().filter(|(row, _)| column.cells[*row].verdict == verdict).count().to_string()
            });
            println!("| **{}** | | {} |", verdict.as_str(), counts.collect::<Vec<_>>().join(" | "));
        }
    }
    println!();
    for column in columns {
        for (module, cell) in modules.iter().zip(&column.cells) {
            if cell.verdict != Verdict::Pass {
                println!("{}: {}: {}: {}", column.peer.name, cell.verdict.as_str(), module.name, cell.reason);
            }
        }
    }
}

pub(super) fn json(modules: &[&Module], columns: &[Column]) -> Value {
    let row = |(row, module): (usize, &&Module)| {
        let results: Map<String, Value> = columns
            .iter()
            .map(|column| {
                let cell = &column.cells[row];
                let result = json!({ "verdict": cell.verdict.as_str(), "reason": cell.reason });
                (column.peer.name.to_owned(), result)
            })
            .collect();
        json!({ "module": module.name, "has_to": has_to(module), "results": results })
    };
    let peer = |column: &Column| {
        json!({
            "name": column.peer.name,
            "version": column.version,
            "passed": column.count(Verdict::Pass),
            "failed": column.count(Verdict::Fail),
            "not_supported": column.count(Verdict::NotSupported),
        })
    };
    json!({
        "modules": modules.iter().enumerate().map(row).collect::<Vec<_>>(),
        "peers": columns.iter().map(peer).collect::<Vec<_>>(),
    })
}

/// A verdict in a cell.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "**fail**",
        Verdict::NotSupported => "n/s",
    }
}
