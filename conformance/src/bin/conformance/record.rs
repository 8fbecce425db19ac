//! `cargo conformance record`: writes the cases anew, from the tables.

use std::fs;
use std::process::ExitCode;

use conformance::cases::{self, record};

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    if !options.is_empty() {
        return Err("usage: cargo conformance record".into());
    }
    let folder = cases::folder();
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in cases::files(&folder).map_err(failed)? {
        fs::remove_file(file).map_err(failed)?;
    }
    let all = record::all();
    for case in &all {
        fs::write(folder.join(&case.name).with_extension("json"), cases::to_text(case)).map_err(failed)?;
    }
    println!("{} cases written", all.len());
    Ok(ExitCode::SUCCESS)
}
