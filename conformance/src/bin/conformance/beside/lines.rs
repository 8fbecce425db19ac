//! How the lines of a login are counted: those of the application that the same application without a login does not
//! have. Blank lines, comments, and what tools lock do not count; of a line that is there twice, each counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What people write. The rest of a folder says what is installed.
const WRITTEN: [&str; 4] = ["py", "html", "mjs", "rs"];

/// The lines about login in the application in `folder`, which is `without` and more.
pub(super) fn of_login(folder: &Path, without: &Path) -> Result<usize, String> {
    let (mut with_it, mut base) = (BTreeMap::new(), BTreeMap::new());
    collect(folder, &mut with_it)?;
    collect(without, &mut base)?;
    let beyond = |(line, count): (&String, &usize)| count.saturating_sub(*base.get(line).unwrap_or(&0));
    Ok(with_it.iter().map(beyond).sum())
}

/// Each line, without its indentation, and how often it is there.
fn collect(folder: &Path, lines: &mut BTreeMap<String, usize>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            collect(&path, lines)?;
        } else if path.extension().and_then(|ending| ending.to_str()).is_some_and(|e| WRITTEN.contains(&e)) {
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            for line in text.lines().map(str::trim).filter(|line| counts(line)) {
                *lines.entry(line.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(())
}

fn counts(line: &str) -> bool {
    let is_comment = ["#", "//", "/*", "*/", "* ", "<!--"].iter().any(|mark| line.starts_with(mark));
    !line.is_empty() && (!is_comment || line.starts_with("#["))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, text: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("beside-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("app.py"), text).unwrap();
        fs::write(folder.join("requirements.txt"), "Authlib==1\n").unwrap();
        folder
    }

    #[test]
    fn a_line_counts_that_would_not_be_there_without_login() {
        let base = folder("base", "import os\n\ndef page():\n    return 1\n");
        let more = "import os\nimport login\n\n# why\ndef page():\n    login()\n    login()\n    return 1\n";
        let with_it = folder("with", more);
        assert_eq!(of_login(&with_it, &base), Ok(3));
        assert_eq!(of_login(&base, &base), Ok(0));
        for made in [base, with_it] {
            fs::remove_dir_all(made).unwrap();
        }
    }

    #[test]
    fn comments_and_blank_lines_do_not_count() {
        for line in ["", "# a", "// a", "//! a", "/* a", "* a", "*/", "<!-- a -->"] {
            assert!(!counts(line), "{line}");
        }
        for line in ["#[tokio::main]", "a = b  # c", "*args,", "}"] {
            assert!(counts(line), "{line}");
        }
    }
}
