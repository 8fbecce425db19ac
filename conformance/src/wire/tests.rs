use std::collections::BTreeSet;
use std::io::Read;

use relyingparty::Error;

use super::*;
use crate::workbench::tls::Certificates;

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn server() -> Server {
    Server::start(&Certificates::issue().unwrap()).unwrap()
}

fn row(name: &str) -> Row {
    rows().into_iter().find(|row| row.name == name).unwrap()
}

/// A client that does as it is told, and reads whatever comes.
fn careless() -> ureq::Agent {
    let settings = ureq::Agent::config_builder().proxy(None);
    settings.save_redirect_history(true).build().into()
}

fn read(agent: &ureq::Agent, url: &str) -> Result<Vec<u8>, String> {
    let response = agent.get(url).call().map_err(|error| error.to_string())?;
    let mut body = Vec::new();
    response.into_body().into_reader().read_to_end(&mut body).map_err(|error| error.to_string())?;
    Ok(body)
}

#[test]
fn names_are_unique_and_every_code_is_one_of_the_library() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.name.clone()), "{} twice", row.name);
        let codes = row.except.iter().filter_map(|except| except.code);
        let expected = match row.expect {
            Expect::Reject(_, code) | Expect::Either(_, code) => Some(code),
            Expect::Accept => None,
        };
        for code in codes.chain(expected) {
            for code in code.trim_end_matches(')').split(" (") {
                assert!(Error::codes().contains(&code), "{}: {code}", row.name);
            }
        }
    }
}

#[test]
fn a_client_that_stops_where_it_has_to_is_not_objected_to() {
    let server = server();
    let row = row("discovery-text");
    assert!(server.objection(&row, None).is_some(), "it has not come there yet");
    let document = read(&careless(), &format!("{}{DISCOVERY}", server.issuer(&row))).unwrap();
    assert!(document.starts_with(b"{"));
    assert_eq!(server.objection(&row, None), None);
}

#[test]
fn a_client_that_follows_a_redirect_is_seen_elsewhere() {
    let server = server();
    for row in [row("discovery-found"), row("discovery-temporary-redirect")] {
        let document = read(&careless(), &format!("{}{DISCOVERY}", server.issuer(&row))).unwrap();
        assert!(document.starts_with(b"{"), "the right answer is there");
        assert!(server.objection(&row, None).unwrap().contains("/elsewhere/"), "{}", row.name);
    }
}

#[test]
fn a_client_that_reads_on_is_seen_by_what_it_took() {
    let server = server();
    for row in [row("discovery-large"), row("discovery-endless")] {
        let url = format!("{}{DISCOVERY}", server.issuer(&row));
        let _ = read(&careless(), &url);
        assert!(server.objection(&row, None).unwrap().starts_with("took "), "{}", row.name);
    }
}

#[test]
fn what_is_large_is_the_right_document_for_whoever_reads_all_of_it() {
    let server = server();
    let document =
        read(&careless(), &format!("{}{DISCOVERY}", server.issuer(&row("discovery-large")))).unwrap();
    assert!(document.trim_ascii_end().ends_with(b"}"));
}

#[test]
fn a_client_that_asks_again_or_goes_on_is_objected_to() {
    let server = server();
    let page = row("discovery-page");
    let issuer = server.issuer(&page);
    read(&careless(), &format!("{issuer}{DISCOVERY}")).unwrap();
    read(&careless(), &format!("{issuer}/jwks")).unwrap();
    assert!(server.objection(&page, None).unwrap().contains(", /jwks instead of"));
    let closed = row("discovery-closed");
    for _ in 0..2 {
        assert!(read(&careless(), &format!("{}{DISCOVERY}", server.issuer(&closed))).is_err());
    }
    assert!(server.objection(&closed, None).is_some());
    assert_eq!(server.objection(&closed, closed.exception("aiohttp")), None);
}

#[test]
fn a_client_that_sends_a_cookie_back_is_seen() {
    let server = server();
    let row = row("discovery-cookie");
    let issuer = server.issuer(&row);
    let agent = careless();
    for path in [DISCOVERY, "/token", "/jwks"] {
        let _ = read(&agent, &format!("{issuer}{path}"));
    }
    let request = agent.get(format!("{issuer}/userinfo")).header("cookie", "tracked=yes");
    let _ = request.call();
    assert_eq!(server.objection(&row, None).as_deref(), Some("sent a cookie to /userinfo"));
}

#[test]
fn what_is_cut_short_is_the_right_document_but_for_its_end() {
    let server = server();
    for name in ["discovery-truncated", "discovery-truncated-chunks"] {
        let response = careless().get(format!("{}{DISCOVERY}", server.issuer(&row(name)))).call().unwrap();
        let mut body = Vec::new();
        assert!(response.into_body().into_reader().read_to_end(&mut body).is_err(), "{name}");
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok(), "{name}");
    }
}
