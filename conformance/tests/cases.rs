//! The cases are what the tables make, end as the tables say, and show every error code there is.

mod tampered;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use conformance::cases::{self, Case, Matrix, Outcome, Runner, record, replay};
use conformance::modules::{self, Expect, Module, Variant};
use conformance::workbench::Context;
use relyingparty::Error;

/// The cases as they are checked in.
fn checked_in() -> Vec<Case> {
    let files = cases::files(&cases::folder()).unwrap();
    files.iter().map(|file| cases::read(file).unwrap()).collect()
}

fn last(case: &Case) -> &Outcome {
    &case.steps.last().unwrap().outcome
}

#[test]
fn the_files_are_what_the_tables_make() {
    let made: BTreeMap<String, String> =
        record::all().iter().map(|case| (format!("{}.json", case.name), cases::to_text(case))).collect();
    let files: BTreeMap<String, String> = cases::files(&cases::folder())
        .unwrap()
        .iter()
        .map(|file| {
            (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(made.keys().eq(files.keys()), "other files: run `cargo conformance record`");
    for (name, text) in &made {
        assert!(
            text == &files[name],
            "{name} differs: run `cargo conformance record` and look at the difference"
        );
    }
}

#[test]
fn every_scenario_ends_as_its_table_says() {
    let cases: BTreeMap<String, Case> =
        checked_in().into_iter().map(|case| (case.name.clone(), case)).collect();
    let ends = record::scenarios().map(|scenario| (scenario.name, scenario.ends));
    let other = ends.filter(|(name, ends)| last(&cases[*name]).code() != *ends);
    assert_eq!(other.collect::<Vec<_>>(), []);
    for module in modules::oidc() {
        let case = &cases[module.name];
        let (call, code) = expected(module);
        assert_eq!(last(case).code(), code, "{}", module.name);
        let step = serde_json::to_value(case.steps.last().unwrap()).unwrap();
        assert!(call.is_none_or(|call| step["call"] == call), "{}: {}", module.name, step["call"]);
    }
}

/// The call at which a module has to end, if that is not the last one, and the code.
fn expected(module: &Module) -> (Option<&'static str>, &'static str) {
    match module.expect {
        Expect::Accept => (None, "ok"),
        Expect::Reject(stage, code) | Expect::Either(stage, code) => (Some(stage.call()), code),
    }
}

#[test]
fn every_variant_ends_as_its_module_says() {
    let cases: BTreeMap<String, Case> =
        checked_in().into_iter().map(|case| (case.name.clone(), case)).collect();
    let profile = modules::fapi2().map(|module| (module, module.name.to_owned()));
    let signing = modules::fapi2_message_signing()
        .map(|module| (module, module.name.replace("security-profile", "message-signing")));
    let variants: Vec<Variant> = Variant::security_profile().collect();
    let signed: Vec<Variant> = Variant::message_signing().collect();
    let all = profile.map(|it| (it, &variants)).chain(signing.map(|it| (it, &signed)));
    let mut modules = [0, 0];
    for ((module, name), variants) in all {
        modules[usize::from(variants.len() > 4)] += 1;
        let (call, code) = expected(module);
        let steps = &cases[&name].steps;
        if call == Some("discover") {
            assert_eq!((steps.len(), last(&cases[&name]).code()), (1, code), "{name}");
            continue;
        }
        // What comes before the first client is the discovery.
        let is_client = |step: &&cases::Step| matches!(step.call, cases::Call::Client { .. });
        let is_cache = |step: &&cases::Step| matches!(step.call, cases::Call::Cache { .. });
        let begins: Vec<usize> = (0..steps.len()).filter(|at| is_client(&&steps[*at])).collect();
        let applies = variants.iter().filter(|variant| (module.applies)(**variant));
        let names: Vec<String> = applies.map(|variant| variant.name()).collect();
        assert_eq!(begins.len(), names.len(), "{name}");
        let ends = begins.iter().skip(1).copied().chain([steps.len()]);
        for ((begin, end), variant) in begins.iter().zip(ends).zip(names) {
            let run: Vec<&cases::Step> = steps[*begin..end].iter().filter(|step| !is_cache(step)).collect();
            let step = serde_json::to_value(run[run.len() - 1]).unwrap();
            let first = serde_json::to_value(run[0]).unwrap();
            assert_eq!(first["registration"]["client_id"], variant, "{name}");
            assert_eq!(run[run.len() - 1].outcome.code(), code, "{name}, {variant}");
            assert_eq!(step["call"], call.unwrap_or("call"), "{name}, {variant}");
        }
    }
    assert_eq!(modules, [24, 32]);
}

#[test]
fn every_error_code_is_shown_or_explained() {
    let cases = checked_in();
    let shown: BTreeSet<&str> =
        cases.iter().flat_map(|case| &case.steps).map(|step| step.outcome.code()).collect();
    let codes: BTreeSet<&str> = Error::codes().iter().copied().collect();
    let unreached: BTreeSet<&str> = record::UNREACHED.iter().map(|(code, _)| *code).collect();
    assert_eq!(shown.intersection(&unreached).count(), 0, "a case shows it: take it off the list");
    let expected: BTreeSet<&str> = codes.difference(&unreached).copied().collect();
    let shown: BTreeSet<&str> = shown.into_iter().filter(|code| !["ok", "pending"].contains(code)).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_library_does_what_the_files_say() {
    for case in checked_in() {
        replay(&case).unwrap_or_else(|difference| panic!("{}: {difference}", case.name));
    }
}

#[test]
fn the_readme_names_every_module_and_no_case_that_is_not_there() {
    let readme = include_str!("../README.md");
    for module in modules::oidc().chain(modules::fapi2_message_signing()) {
        let prefixes = ["oidcc-client-test-", "fapi2-security-profile-final-client-test-"];
        let short =
            prefixes.iter().find_map(|prefix| module.name.strip_prefix(prefix)).unwrap_or(module.name);
        assert!(readme.contains(short), "{}", module.name);
    }
    let cases = checked_in();
    for head in ["| rule | cases |", "| attack | cases |", "| rule of a site | cases |"] {
        let (_, table) = readme.split_once(head).unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        for name in table.split('`').skip(1).step_by(2) {
            let (start, end) = name.split_once('…').unwrap_or((name, ""));
            assert!(
                cases.iter().any(|case| case.name.starts_with(start) && case.name.ends_with(end)),
                "{name} is no case"
            );
        }
    }
    let security = include_str!("../../SECURITY.md");
    let attacks =
        (1..).map(|number| format!("| K{number}")).take_while(|id| security.contains(&format!("{id} |")));
    assert_eq!(
        attacks.filter(|id| !readme.contains(&format!("{id}:"))).collect::<Vec<_>>(),
        <[String; 0]>::default()
    );
}

#[test]
fn the_matrix_counts_what_did_not_pass() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix");
    fs::create_dir_all(&folder).unwrap();
    let honest = fs::read_to_string(cases::folder().join("oidcc-client-test.json")).unwrap();
    fs::write(folder.join("honest.json"), honest).unwrap();
    fs::write(folder.join("tampered.json"), &tampered::cases()[0].1).unwrap();
    let matrix = Matrix::run(&mut Context::start(), &[Runner::Rust], &folder, "").unwrap();
    assert_eq!((matrix.passed(), matrix.failed()), (1, 1));
    let json = matrix.to_json();
    assert_eq!((json["passed"].clone(), json["failed"].clone()), (1.into(), 1.into()));
    assert_eq!(json["cases"][0]["rust"], "pass");
    assert_eq!(json["cases"][0]["source"], "oidcc-client-test");
    assert_eq!(json["cases"][0]["expect"], "accept");
    assert_eq!(json["cases"][1]["rust"], "fail");
    assert!(matrix.to_text().contains("expected the request"), "{}", matrix.to_text());
}

#[test]
fn a_case_that_was_tampered_with_fails() {
    for (how, text) in tampered::cases() {
        let case: Case = serde_json::from_str(&text).unwrap();
        assert!(replay(&case).is_err(), "nobody noticed: {how}");
    }
}
