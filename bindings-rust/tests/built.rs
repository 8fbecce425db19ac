//! What a relying party is built from, without a network: assertions from a file, what is refused, what is printed.

use std::sync::{Arc, Mutex};

use relyingparty_host::blocking::{RelyingParty, Transport};
use relyingparty_host::{
    Config, Error, HttpRequest, HttpResponse, Registration, Session, TokenRequest, Unreachable, token_file,
};

/// A provider that has metadata, refuses every token, and remembers the forms that it was sent.
#[derive(Clone, Default)]
struct Refusing(Arc<Mutex<Vec<String>>>);

impl Transport for Refusing {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let json = |status, body: &str| {
            Ok(HttpResponse::new(
                status,
                vec![("content-type".into(), "application/json".into())],
                body.into(),
            ))
        };
        if request.endpoint.as_str() == "discovery" {
            return json(
                200,
                r#"{"issuer":"https://op.example","authorization_endpoint":"https://op.example/authorize",
                "token_endpoint":"https://op.example/token","jwks_uri":"https://op.example/jwks"}"#,
            );
        }
        self.0.lock().unwrap().push(String::from_utf8(request.body).unwrap());
        json(400, r#"{"error":"invalid_grant"}"#)
    }
}

fn client() -> Registration {
    Registration::new("my-client", "https://app.example/callback")
}

/// What a refresh with a bare token comes to.
fn refresh(rp: &RelyingParty) -> Error {
    rp.refresh_token("canary-refresh", "alice", &TokenRequest::default()).map(drop).unwrap_err()
}

#[test]
fn an_assertion_is_read_from_its_file_for_each_request() {
    let path = std::env::temp_dir().join(format!("relyingparty-token-{}", std::process::id()));
    let provider = Refusing::default();
    let config = Config::new("https://op.example", client());
    let rp = RelyingParty::builder(config, provider.clone()).assertions(token_file(&path)).build().unwrap();
    let unreadable = refresh(&rp);
    assert_eq!(unreadable.code(), "unreachable");
    assert!(unreadable.detail("reason").unwrap().contains("not found"), "{unreadable}");
    for token in ["one", "two"] {
        std::fs::write(&path, format!("{token}\r\n")).unwrap();
        assert_eq!(refresh(&rp).server_error().unwrap().error, "invalid_grant");
        let form = provider.0.lock().unwrap().pop().unwrap();
        assert!(form.contains(&format!("client_assertion={token}")), "{form}");
        assert!(form.contains("client-assertion-type%3Ajwt-bearer"), "{form}");
    }
    std::fs::write(&path, "\n").unwrap();
    assert!(refresh(&rp).detail("reason").unwrap().ends_with("the file is empty"));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn f7_nothing_secret_is_printed() {
    let config = Config::new("https://op.example", client().with_secret("canary-secret"));
    let rp = RelyingParty::new(config.clone(), Refusing::default()).unwrap();
    let error = refresh(&rp);
    for shown in [format!("{config:?}"), format!("{rp:?}"), format!("{error} {error:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn what_is_shared_between_threads_and_tasks_may_be() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<RelyingParty>();
    is_shared::<relyingparty_host::RelyingParty>();
    is_shared::<Error>();

    // Its futures go from thread to thread.
    fn travels(_: impl Future + Send) {}
    fn never(rp: &relyingparty_host::RelyingParty, session: &Session) {
        travels(rp.authorize(&Default::default()));
        travels(rp.callback("", None));
        travels(rp.refresh(session));
        travels(rp.userinfo(session));
        travels(rp.restore(""));
    }
    let _: fn(&relyingparty_host::RelyingParty, &Session) = never;
}
