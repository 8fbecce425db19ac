//! The line with which a test runner closes its report.

/// Whether `line` is a runner's own summary: of cargo, pytest, node, mypy or the demo. Cargo's summaries of test
/// binaries without tests are left out.
pub(super) fn is_closing(line: &str) -> bool {
    let line = line.trim();
    if let Some(counts) = line.strip_prefix("test result: ") {
        return !counts.contains(" 0 passed; 0 failed; 0 ignored");
    }
    is_node(line)
        || is_pytest(line)
        || line.starts_with("Success: no issues found")
        || line.starts_with("login ok ")
}

/// `# pass 12` of the tap reporter, `ℹ pass 12` of the spec reporter.
fn is_node(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else { return false };
    let Some((name, count)) = rest.split_once(' ') else { return false };
    ["pass", "fail", "skipped"].contains(&name) && count.parse::<u32>().is_ok()
}

/// `=== 50 passed, 1 skipped in 3.05s ===`, with or without the bars.
fn is_pytest(line: &str) -> bool {
    let Some((counts, time)) = line.trim_matches(['=', ' ']).split_once(" in ") else { return false };
    let Some((_, kind)) = counts.rsplit(", ").next().and_then(|last| last.split_once(' ')) else {
        return false;
    };
    counts.starts_with(|c: char| c.is_ascii_digit())
        && ["passed", "failed", "error", "errors", "skipped", "xfailed"].contains(&kind)
        && time.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_every_runner_is_kept() {
        for line in [
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "========= 50 passed, 1 skipped in 3.05s =========",
            "1 failed, 2 passed in 65.20s (0:01:05)",
            "# pass 12",
            "ℹ fail 0",
            "Success: no issues found in 3 source files",
            "login ok iss=http://127.0.0.1:1 sub=alice exchanges=3",
        ] {
            assert!(is_closing(line), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not() {
        for line in [
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "test a_login_that_failed_in_3_steps ... ok",
            "# Subtest: a login passed in 3 steps",
            "# a comment",
            "   Compiling conformance v0.1.0",
            "added 42 packages in 8s",
        ] {
            assert!(!is_closing(line), "{line}");
        }
    }
}
