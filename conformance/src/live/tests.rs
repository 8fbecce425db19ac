use std::time::Duration;

use super::case::EXCEPTIONS;
use super::rust::{self, Host};
use super::*;

fn cases(only: &str) -> Vec<Case> {
    Selection { only: Some(only.into()), transport: None }.cases().unwrap()
}

fn case(name: &str) -> Case {
    cases(name).into_iter().find(|case| case.name() == name).unwrap()
}

fn scene() -> (Scene, Certificates) {
    let certificates = Certificates::issue().unwrap();
    (Scene::set(&certificates).unwrap(), certificates)
}

fn end(call: &str, code: &str) -> driver::End {
    driver::End { row: String::new(), call: call.into(), code: code.into(), seconds: 0.1 }
}

fn complaint(cell: &Cell) -> &str {
    match cell {
        Cell::Failed(what) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_exception_is_for_what_there_is() {
    let of_rows = wire::rows().into_iter().flat_map(|row| row.except);
    for except in of_rows.chain(EXCEPTIONS.iter().map(|(_, except)| except)) {
        for name in except.transports {
            assert!(TRANSPORTS.iter().any(|transport| transport.name == *name), "{name}");
        }
    }
    for module in EXCEPTIONS.iter().flat_map(|(modules, _)| *modules) {
        assert!(modules::find(module).is_some(), "{module}");
    }
}

#[test]
fn a_client_is_judged_by_what_it_says() {
    let (scene, _) = scene();
    let case = case("oidcc-client-test-invalid-iss");
    let judge = |call, code| case.judge(&end(call, code), "urllib", &scene);
    assert_eq!(complaint(&judge("userinfo", "ok")), "ok at userinfo instead of iss_mismatch");
    assert_eq!(
        complaint(&judge("userinfo", "iss_mismatch")),
        "iss_mismatch at userinfo instead of iss_mismatch"
    );
    assert_eq!(
        complaint(&judge("callback", "TypeError: x")),
        "TypeError: x at callback instead of iss_mismatch"
    );
}

#[test]
fn a_client_is_not_believed_when_the_log_says_otherwise() {
    let (scene, _) = scene();
    let refused = end("callback", "iss_mismatch");
    let module = case("oidcc-client-test-invalid-iss").judge(&refused, "urllib", &scene);
    assert_eq!(complaint(&module), "the provider's log says waiting");
    let row = case("discovery-text").judge(&end("authorize", "unexpected_content_type"), "urllib", &scene);
    assert!(complaint(&row).starts_with("asked for  instead of /.well-known/"), "{row:?}");
}

#[test]
fn an_exception_is_for_its_transports_only() {
    let (scene, _) = scene();
    let case = case(
        "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails",
    );
    let lost = end("callback", "no_pending_login");
    assert!(complaint(&case.judge(&lost, "urllib", &scene)).ends_with("instead of state_mismatch"));
    assert_eq!(complaint(&case.judge(&lost, "chromium", &scene)), "the provider's log says waiting");
}

#[test]
fn the_hosts_of_the_examples_pass_what_is_not_about_time() {
    for (host, name) in [(Host::Ureq, "ureq"), (Host::Reqwest, "reqwest")] {
        let (scene, certificates) = scene();
        for case in ["oidcc-client-test-refresh-token", "userinfo-large", "token-compressed", "tls-"]
            .into_iter()
            .flat_map(cases)
        {
            let ends = rust::go(host, &[case.plan(&scene)], &certificates.ca_pem()).unwrap();
            let cell = case.judge(&ends[0], name, &scene);
            assert!(matches!(cell, Cell::Passed), "{name}, {}: {cell:?}", case.name());
        }
        for case in cases("token-gzip") {
            let ends = rust::go(host, &[case.plan(&scene)], &certificates.ca_pem()).unwrap();
            let cell = case.judge(&ends[0], name, &scene);
            assert!(
                matches!(cell, Cell::Platform("compressed_response", _)),
                "{name}, {}: {cell:?}",
                case.name()
            );
        }
    }
}

#[test]
fn what_could_not_be_tried_is_counted_apart_and_said_why() {
    let columns = vec![
        ("chromium", Err("no Chromium".to_owned())),
        ("urllib", Ok(vec![Cell::Passed, Cell::Failed("it went on".into())])),
    ];
    let cases = vec![case("discovery-text"), case("jwks-text")];
    let matrix = Matrix::new(cases, columns, Duration::from_secs(3));
    assert_eq!(matrix.summary(), "2 rows with 2 transports: 1 passed, 1 failed, 2 skipped in 3 s");
    let json = matrix.json();
    assert_eq!(
        (&json["rows"][0]["chromium"], &json["rows"][1]["urllib"]),
        (&"skipped".into(), &"fail".into())
    );
    assert_eq!(json["rows"][0]["code"], "unexpected_content_type");
    assert!(matrix.text().contains("\nchromium, discovery-text, jwks-text, skip: no Chromium\n"));
}
