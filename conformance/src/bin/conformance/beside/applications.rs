//! The applications: where they are, and what runs them.

use std::fs;
use std::path::{Path, PathBuf};

/// One application in `conformance/beside`.
pub(super) struct Application {
    /// `framework/library`.
    pub(super) folder: &'static str,
    /// What the registry calls the library.
    pub(super) library: &'static str,
    pub(super) runs: Runs,
    /// Paths below the base URL, to be registered.
    pub(super) callback: &'static str,
    pub(super) logged_out: &'static str,
    /// Where the library takes back-channel logout, if it does.
    pub(super) back_channel: Option<&'static str>,
}

/// What serves an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    Uvicorn,
    Gunicorn,
    /// Gunicorn, after the migrations.
    Django,
    Node,
    Cargo,
}

const fn ours(folder: &'static str, runs: Runs) -> Application {
    Application {
        folder,
        library: "relyingparty",
        runs,
        callback: "/auth/callback",
        logged_out: "/auth/logged-out",
        back_channel: Some("/auth/backchannel-logout"),
    }
}

const fn theirs(
    folder: &'static str,
    library: &'static str,
    runs: Runs,
    callback: &'static str,
    logged_out: &'static str,
) -> Application {
    Application { folder, library, runs, callback, logged_out, back_channel: None }
}

/// The rows.
pub(super) const APPLICATIONS: &[Application] = &[
    ours("fastapi/relyingparty", Runs::Uvicorn),
    theirs("fastapi/authlib", "Authlib", Runs::Uvicorn, "/callback", "/logged-out"),
    ours("flask/relyingparty", Runs::Gunicorn),
    theirs("flask/authlib", "Authlib", Runs::Gunicorn, "/callback", "/logged-out"),
    ours("django/relyingparty", Runs::Django),
    theirs("django/mozilla-django-oidc", "mozilla-django-oidc", Runs::Django, "/oidc/callback/", "/"),
    ours("express/relyingparty", Runs::Node),
    Application {
        back_channel: Some("/backchannel-logout"),
        ..theirs("express/express-openid-connect", "express-openid-connect", Runs::Node, "/callback", "")
    },
    theirs("express/openid-client", "openid-client", Runs::Node, "/callback", "/"),
    ours("axum/relyingparty", Runs::Cargo),
    theirs("axum/axum-oidc", "axum-oidc", Runs::Cargo, "/private", "/"),
];

impl Application {
    pub(super) fn is_ours(&self) -> bool {
        self.library == "relyingparty"
    }

    pub(super) fn framework(&self) -> &'static str {
        self.folder.split('/').next().unwrap_or_default()
    }

    /// The same application without a login, in the folder of all.
    pub(super) fn without(&self, all: &Path) -> PathBuf {
        all.join(self.framework()).join("without")
    }

    /// The version that the lock file names; of ours, this one.
    pub(super) fn version(&self, source: &Path) -> Result<String, String> {
        let read = |file| fs::read_to_string(source.join(file)).map_err(|error| error.to_string());
        let version = match self.runs {
            _ if self.is_ours() => Some(env!("CARGO_PKG_VERSION").to_owned()),
            Runs::Uvicorn | Runs::Gunicorn | Runs::Django => {
                let lock = read("requirements.txt")?;
                let mut pins = lock.lines().filter_map(|line| line.split_once("=="));
                pins.find(|(name, _)| name.replace('_', "-").eq_ignore_ascii_case(self.library))
                    .map(|(_, version)| version.into())
            }
            Runs::Node => {
                let lock = read("package-lock.json")?;
                let lock: serde_json::Value =
                    serde_json::from_str(&lock).map_err(|error| error.to_string())?;
                lock["packages"][format!("node_modules/{}", self.library)]["version"].as_str().map(Into::into)
            }
            Runs::Cargo => {
                let lock = read("Cargo.lock")?;
                let package = lock.split_once(&format!("name = \"{}\"\nversion = \"", self.library));
                package.and_then(|(_, rest)| rest.split_once('"')).map(|(version, _)| version.into())
            }
        };
        version.ok_or_else(|| format!("no version of {} is locked", self.library))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("beside")
    }

    fn folders(of: &Path) -> Vec<String> {
        let entries = fs::read_dir(of).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn each_folder_is_a_row() {
        let rows: BTreeSet<String> =
            APPLICATIONS.iter().map(|application| application.folder.into()).collect();
        let there = folders(&all()).into_iter().flat_map(|framework| {
            let libraries =
                folders(&all().join(&framework)).into_iter().filter(|library| library != "without");
            libraries.map(move |library| format!("{framework}/{library}")).collect::<Vec<_>>()
        });
        assert_eq!(rows, there.collect());
    }

    #[test]
    fn each_version_is_locked() {
        for application in APPLICATIONS {
            application.version(&all().join(application.folder)).expect(application.folder);
        }
    }

    /// The page of the documentation has the rows, with the lines as they are counted now.
    #[test]
    fn the_page_has_the_lines() {
        let page = fs::read_to_string(all().join("../../docs/reference/beside.md")).unwrap();
        for application in APPLICATIONS {
            let source = all().join(application.folder);
            let lines = super::super::lines::of_login(&source, &application.without(&all())).unwrap();
            let row = super::super::report::head(application, &application.version(&source).unwrap(), lines);
            assert!(page.contains(&row), "docs/reference/beside.md lacks {row}");
        }
    }
}
