//! Keycloak and a Java that runs it. A machine that lacks what that takes skips the part.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use conformance::workbench::{Context, Stop, fail};

const VERSION: &str = "26.7.3";
/// The first Java that runs it.
const JAVA: u32 = 21;

/// The home of a Java that is new enough: what `JAVA_HOME` names, else the one on PATH, else the newest below
/// `/usr/lib/jvm`.
pub(super) fn java_home() -> Result<PathBuf, Stop> {
    let named = env::var_os("JAVA_HOME").map(PathBuf::from);
    let on_path = env::var_os("PATH").and_then(|path| {
        let program =
            env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.is_file())?;
        Some(program.canonicalize().ok()?.parent()?.parent()?.to_path_buf())
    });
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/jvm")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    installed.sort_by_key(|home| std::cmp::Reverse(version(home)));
    named
        .into_iter()
        .chain(on_path)
        .chain(installed)
        .find(|home| version(home) >= Some(JAVA))
        .ok_or_else(|| Stop::Skip(format!("no Java {JAVA} or later: set JAVA_HOME to one")))
}

/// The major version of the Java in `home`.
fn version(home: &Path) -> Option<u32> {
    let release =
        fs::read_to_string(home.join("release")).ok().filter(|_| home.join("bin/java").is_file())?;
    major(&release)
}

/// The major version that a `release` file tells.
fn major(release: &str) -> Option<u32> {
    let line = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION=\""))?;
    line.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The folder of Keycloak's distribution, fetched by Maven with the settings of this machine.
pub(super) fn keycloak(context: &mut Context) -> Result<PathBuf, Stop> {
    let name = format!("keycloak-{VERSION}");
    let folder = context.target("ci/keycloak");
    let home = folder.join(&name);
    if home.exists() {
        return Ok(home);
    }
    let mut probe = context.command("mvn");
    if probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        return Err(Stop::Skip("no mvn on PATH: install Maven".into()));
    }
    // Elsewhere first: what was unpacked in part is not taken for the whole.
    let unpacked = folder.join("unpacked");
    let said = |error: std::io::Error| fail(format!("{}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(said)?;
    }
    fs::create_dir_all(&folder).map_err(said)?;
    let mut maven = context.command("mvn");
    // Without a project the plugin leaves its markers where it runs; by them it would not unpack a second time.
    maven.current_dir(&folder);
    maven.args(["--batch-mode", "--quiet", "dependency:unpack"]);
    maven.arg(format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"));
    maven.arg(format!("-DoutputDirectory={}", unpacked.display()));
    context.run(maven)?;
    fs::rename(unpacked.join(&name), &home).map_err(said)?;
    Ok(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_a_release_file() {
        assert_eq!(major("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.3\"\n"), Some(25));
        assert_eq!(major("JAVA_VERSION=\"21\"\n"), Some(21));
        assert_eq!(major("JAVA_VERSION=\"1.8.0_402\"\n"), Some(1));
        assert_eq!(major("OS_NAME=\"Linux\"\n"), None);
    }
}
