//! Cases: transcripts of what a relying party asks of its host, is answered, and makes of it, as data. The files in
//! `conformance/cases` are replayed, unchanged, by a runner for each language; this is the runner for Rust, and what
//! makes the files.

mod exchange;
mod format;
mod host;
mod keys;
mod layout;
mod matrix;
mod observe;
mod player;
pub mod record;
mod replay;
mod runners;

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Serialize;

pub use self::exchange::{
    ApiRequest, Asked, Assertion, Body, Exchange, Limits, Part, Reply, Request, Sign, Store,
};
pub use self::format::{BrowserRequest, Call, Case, Outcome, SiteProvider, Step};
use self::layout::Layout;
pub use self::matrix::Matrix;
pub use self::replay::replay;
pub use self::runners::{Runner, Verdict};

/// The folder with the cases.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// The files in a folder of cases, by name.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a case.
pub fn read(file: &Path) -> Result<Case, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// A case as its file has it.
pub fn to_text(case: &Case) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Layout::default());
    case.serialize(&mut serializer).expect("a case is plain data");
    text.push(b'\n');
    String::from_utf8(text).expect("JSON is text")
}
