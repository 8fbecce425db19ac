//! Metadata are believed only if they name the issuer that was asked, byte for byte, and then every URL that a client of
//! theirs goes to is one that they hold and is https.

#![no_main]

use std::str;

use fuzz::world::{CLIENT_ID, NOW, REDIRECT_URI};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{
    AuthorizeRequest, Client, EndSessionRequest, Entropy, Flow, Issuer, Metadata, Policy, Provider,
    Registration, Request, Step,
};
use serde_json::{Map, Value};

fuzz_target!(|document: &[u8]| {
    let read = reference::object(document);
    let own = read.as_ref().and_then(|read| read.get("issuer")?.as_str());
    let Ok(issuer) = Issuer::parse(own.unwrap_or("https://op.example")) else { return };
    let metadata = match Metadata::parse(&issuer, document) {
        Ok(metadata) => metadata,
        Err(error) if read.is_none() => return silence::echoes_nothing(&error, document),
        Err(_) => return,
    };
    let read = read.expect("metadata that nobody else can read");
    assert_eq!(read["issuer"], metadata.issuer().as_str());
    assert_eq!(read["jwks_uri"], metadata.jwks_uri());
    assert_eq!(metadata.as_json().as_bytes(), document);
    let again = Metadata::parse(&issuer, metadata.as_json().as_bytes()).expect("it was read before");
    assert_eq!(again.jwks_uri(), metadata.jwks_uri());
    let shorter = &issuer.as_str()[..issuer.as_str().len() - 1];
    for other in [shorter, &format!("{}x", issuer.as_str())] {
        if let Ok(other) = Issuer::parse(other) {
            let refused = Metadata::parse(&other, document).expect_err("it is another's");
            assert_eq!(refused.code(), "metadata_issuer_mismatch");
        }
    }
    use_it(metadata, &read);
});

fn use_it(metadata: Metadata, read: &Map<String, Value>) {
    let provider = Provider::from_metadata(metadata);
    let held = |url: &str, member: &str| {
        let own = read[member].as_str().unwrap_or_default();
        assert!(url.starts_with("https://") && url.starts_with(own), "{url} is not {member}");
    };
    if let Ok(Step::Pending(flow)) = provider.refresh_keys(&Policy::default())
        && let Request::Http(request) = flow.request()
    {
        held(&request.url, "jwks_uri");
    }
    let registration = Registration::new(CLIENT_ID, REDIRECT_URI);
    let Ok(client) = Client::new(provider, registration, Policy::default()) else { return };
    let entropy = Entropy::new((0..32).collect::<Vec<u8>>()).expect("it is long enough");
    if let Ok(login) = client.authorize(&AuthorizeRequest::default(), entropy, NOW) {
        held(&login.url, "authorization_endpoint");
        assert!(str::from_utf8(login.url.as_bytes()).is_ok_and(|url| url.is_ascii()));
    }
    if let Ok(url) = client.end_session(&EndSessionRequest::default()) {
        held(&url, "end_session_endpoint");
    }
}
