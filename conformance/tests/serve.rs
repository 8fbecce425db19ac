//! `cargo conformance serve` says where it is, and every issuer it lists answers there.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use conformance::modules;
use serde_json::Value;

/// The command, until the test ends.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn get(url: &str) -> Value {
    let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_module_has_an_issuer_of_its_own() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let mut served = Served(command.arg("serve").stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(served.0.stdout.take().unwrap()).lines();
    let origin = lines.next().unwrap().unwrap();
    assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");

    let index = get(&format!("{origin}/"));
    let listed = index["modules"].as_array().unwrap();
    assert_eq!(listed.len(), modules::all().count());
    for module in listed {
        let issuer = module["issuer"].as_str().unwrap();
        let metadata = get(&format!("{issuer}/.well-known/openid-configuration"));
        let mismatch = issuer.ends_with("discovery-issuer-mismatch");
        assert_eq!(metadata["issuer"] != issuer, mismatch, "{issuer}");
        let log = get(&format!("{issuer}/log"));
        assert_eq!(log["requests"][0]["endpoint"], "discovery", "{issuer}");
        let accepts = ["passed", "waiting"].contains(&log["verdict"].as_str().unwrap());
        assert!(accepts, "{log}");
    }
}
