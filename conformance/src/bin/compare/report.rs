//! The tables for people and the object for programs.

use serde_json::{Value, json};

use crate::goals::{GROUPS, Goal, goal};
use crate::samples::{Sample, Spread};

/// A table for each group that has rows.
pub(crate) fn tables(samples: &[Sample]) -> String {
    let mut text = String::new();
    for group in GROUPS {
        let mut rows = samples.iter().filter(|sample| sample.group == group.name).peekable();
        if rows.peek().is_none() {
            continue;
        }
        text.push_str(&format!("\n{}: {}\n", group.name, group.about));
        text.extend(rows.map(lines));
    }
    text
}

fn lines(sample: &Sample) -> String {
    if let Some(count) = sample.allocations {
        let sites = sample
            .sites
            .iter()
            .map(|site| format!("  {:>3} × {:>6} B  {}\n", site.calls, site.bytes, site.site));
        return sites.fold(format!("  {}: {count}\n", sample.row), |lines, line| lines + &line);
    }
    if let Some(reason) = &sample.skipped {
        return format!("  {:<38}   skipped: {reason}\n", sample.row);
    }
    let time = |spread: Option<Spread>| spread.map_or_else(String::new, |spread| figure(spread.median));
    let (ours, theirs) = (time(sample.ours()), time(sample.theirs()));
    let verdict = judged(sample).map_or_else(String::new, |(goal, is_met)| verdict(goal, is_met));
    let line = match sample.ratio() {
        None => format!("  {:<48}{ours:>10}  {verdict}", sample.row),
        Some(Spread { lower, median, upper, .. }) => {
            let ratio = format!("× {median:.3} ({lower:.3} to {upper:.3})");
            format!("  {:<38}{ours:>10}{theirs:>10}  {ratio}  {verdict}{}", sample.row, leasts(sample))
        }
    };
    format!("{}\n", line.trim_end())
}

/// The least of both sides, where it is our time itself that has a goal.
fn leasts(sample: &Sample) -> String {
    match (judged(sample), sample.ours(), sample.theirs()) {
        (Some((Goal::Within(_), _)), Some(ours), Some(theirs)) => {
            format!(", least {} and {}", figure(ours.least), figure(theirs.least))
        }
        _ => String::new(),
    }
}

/// The goal of a row that was measured, and whether it is met.
fn judged(sample: &Sample) -> Option<(Goal, bool)> {
    let goal = goal(&sample.group, &sample.row)?;
    let ratio = sample.ratio().map(|ratio| ratio.median);
    Some((goal, goal.is_met(sample.ours()?.median, ratio)?))
}

fn verdict(goal: Goal, is_met: bool) -> String {
    let goal = match goal {
        Goal::AtMost(value) => format!("≤ {value:.2}"),
        Goal::AtLeast(value) => format!("≥ {value:.2}"),
        Goal::Within(value) => format!("≤ {value} µs"),
    };
    format!("{goal} {}", if is_met { "met" } else { "MISSED" })
}

/// Three digits that say something.
fn figure(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// How many goals were met, and of how many.
pub(crate) fn count(samples: &[Sample]) -> String {
    let verdicts = samples.iter().filter_map(judged).map(|(_, is_met)| is_met);
    let (met, missed): (Vec<bool>, Vec<bool>) = verdicts.partition(|met| *met);
    format!("{} goals met, {} missed", met.len(), missed.len())
}

/// All rows as one object. `ratio`, `goal` and `met` are null where there is none.
pub(crate) fn object(samples: &[Sample]) -> Value {
    let (counted, timed): (Vec<&Sample>, Vec<&Sample>) =
        samples.iter().partition(|sample| sample.allocations.is_some());
    let allocations = counted
        .iter()
        .map(|sample| json!({ "name": sample.row, "count": sample.allocations, "sites": sample.sites }));
    json!({
        "rows": timed.into_iter().map(row).collect::<Vec<_>>(),
        "allocations": allocations.collect::<Vec<_>>(),
    })
}

fn row(sample: &Sample) -> Value {
    let (ratio, goal) = (sample.ratio(), goal(&sample.group, &sample.row));
    let least = |spread: Option<Spread>| spread.map(|spread| spread.least);
    let median = |spread: Option<Spread>| spread.map(|spread| spread.median);
    json!({
        "name": sample.row,
        "group": sample.group,
        "ours_us": median(sample.ours()),
        "theirs_us": median(sample.theirs()),
        "ours_least": least(sample.ours()),
        "theirs_least": least(sample.theirs()),
        "ratio": median(ratio),
        "quartiles": ratio.map(|ratio| [ratio.lower, ratio.upper]),
        "goal": goal.map(Goal::value),
        "met": judged(sample).map(|(_, is_met)| is_met),
        "skipped": sample.skipped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        [
            r#"{"group":"node","row":"jose RS256","ours":[50],"theirs":[200]}"#,
            r#"{"group":"node","row":"fast-jwt RS256","ours":[50],"theirs":[40]}"#,
            r#"{"group":"growth","row":"1 key","ours":[3]}"#,
            r#"{"group":"sessions","row":"Node, iron-session","ours":[50,41,42],"theirs":[90,100,100]}"#,
            r#"{"group":"sessions","row":"both with Redis, express-session","skipped":"no redis-server"}"#,
            r#"{"group":"allocations","row":"RS256","allocations":2,"sites":[{"site":"a.rs:1 f","calls":2,"bytes":64}]}"#,
        ]
        .map(|line| serde_json::from_str(line).unwrap())
        .into()
    }

    #[test]
    fn each_row_says_whether_its_goal_is_met() {
        let tables = tables(&samples());
        let line = |row: &str| tables.lines().find(|line| line.contains(row)).unwrap();
        assert!(line("jose RS256").ends_with("× 0.250 (0.250 to 0.250)  ≤ 0.30 met"), "{tables}");
        assert!(line("fast-jwt RS256").ends_with("≤ 1.20 MISSED"), "{tables}");
        assert!(line("1 key").ends_with("3.00"), "{tables}");
        assert!(line("iron-session").ends_with("≤ 40 µs MISSED, least 41.0 and 90.0"), "{tables}");
        assert!(line("both with Redis").ends_with("skipped: no redis-server"), "{tables}");
        assert!(line("a.rs:1 f").starts_with("    2 ×     64 B"), "{tables}");
        assert_eq!(count(&samples()), "1 goals met, 2 missed");
    }

    #[test]
    fn the_object_has_every_row() {
        let object = object(&samples());
        assert_eq!(object["rows"].as_array().map(Vec::len), Some(5));
        assert_eq!(object["rows"][1]["met"], false);
        assert_eq!(object["rows"][2]["ratio"], Value::Null);
        assert_eq!(object["rows"][4]["skipped"], "no redis-server");
        assert_eq!(object["allocations"][0]["sites"][0]["calls"], 2);
    }
}
