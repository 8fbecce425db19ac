//! What the transports of `relyingparty-host` promise, over sockets: limits, proxies, certificates.

mod sockets;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use conformance::wire::Identity;
use conformance::workbench::tls::Certificates;
use relyingparty_host::{Config, Method, Network, Registration, UreqTransport, blocking};
use sockets::{Server, fine, is_fine, proxy, reasons, request, send};

#[test]
fn a_request_is_sent_as_it_is_and_asks_for_no_compression() {
    let server = Server::start(fine);
    is_fine(send(&Network::new(), &request(&server.url("http", "127.0.0.1"))));
    let heads = server.seen();
    assert_eq!(heads.len(), 2);
    for head in heads.iter().map(|head| head.to_ascii_lowercase()) {
        assert!(head.starts_with("get / http/1.1\r\n"), "{head}");
        for line in ["accept-encoding: identity", "accept: application/json"] {
            assert_eq!(head.lines().filter(|found| *found == line).count(), 1, "{head}");
        }
        let name = concat!("user-agent: relyingparty-rust/", env!("CARGO_PKG_VERSION"));
        assert_eq!(head.lines().filter(|line| line.starts_with("user-agent")).collect::<Vec<_>>(), [name]);
        for never in ["cookie", "authorization", "referer"] {
            assert!(!head.contains(never), "{head}");
        }
    }
}

#[test]
fn a_body_goes_along_whatever_the_method() {
    let server = Server::start(|stream| {
        let mut body = [0; 4];
        let _ = stream.read_exact(&mut body);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(&body);
    });
    let mut request = request(&server.url("http", "127.0.0.1"));
    request.body = b"what".to_vec();
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Options] {
        request.method = method;
        for sent in send(&Network::new(), &request) {
            assert_eq!(sent.unwrap().body, b"what", "{method:?}");
        }
    }
    for head in server.seen() {
        assert!(head.to_ascii_lowercase().contains("\r\naccept-encoding: identity\r\n"), "{head}");
    }
}

#[test]
fn d6_a_redirect_is_an_answer_and_not_followed() {
    let server = Server::start(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    });
    for sent in send(&Network::new(), &request(&server.url("http", "127.0.0.1"))) {
        assert_eq!(sent.unwrap().status, 307);
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_body_is_read_up_to_the_limit_and_a_little_more() {
    let server = Server::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b' '; 10_000]).is_ok() {}
    });
    for sent in send(&Network::new(), &request(&server.url("http", "127.0.0.1"))) {
        let length = sent.unwrap().body.len();
        assert!(length > 1000 && length < 100_000, "{length}");
    }
}

#[test]
fn an_exchange_ends_in_time_however_slowly_the_server_drips() {
    let server = Server::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let began = Instant::now();
    let found = reasons(send(&Network::new(), &request(&server.url("http", "127.0.0.1"))));
    assert_eq!(found, ["no complete response in time"; 2]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn what_comes_compressed_is_handed_over_as_it_came() {
    let server = Server::start(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\x1f\x8b\x08\x00",
        );
    });
    for sent in send(&Network::new(), &request(&server.url("http", "127.0.0.1"))) {
        let response = sent.unwrap();
        assert_eq!(
            (response.header("content-encoding"), &*response.body),
            (Some("gzip"), &b"\x1f\x8b\x08\x00"[..])
        );
    }
}

#[test]
fn a_failure_is_named_in_words_of_ours() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = reasons(send(&Network::new(), &request(&format!("http://{nobody}/"))));
    assert_eq!(refused, ["the connection was refused"; 2]);
    let garbage = Server::start(|stream| {
        let _ = stream.write_all(b"220 this is no web server\r\n\r\n");
    });
    for reason in reasons(send(&Network::new(), &request(&garbage.url("http", "127.0.0.1")))) {
        assert!(
            ["the server does not answer in HTTP", "the exchange failed"].contains(&&*reason),
            "{reason}"
        );
    }
}

#[test]
fn f10_only_the_authorities_that_were_named_are_trusted() {
    let certificates = Certificates::issue().unwrap();
    let trusting = Network::new().ca_pem(certificates.ca_pem()).unwrap();
    for (identity, expected) in [
        (Identity::Trusted, None),
        (Identity::UnknownAuthority, Some("nobody trusted has issued it")),
        (Identity::Expired, Some("it has expired")),
        (Identity::WrongName, Some("it is for another host")),
    ] {
        let server = Server::over(Some(certificates.server(identity).unwrap()), fine);
        let sent = send(&trusting, &request(&server.url("https", "127.0.0.1")));
        match expected {
            None => is_fine(sent),
            Some(why) => assert_eq!(
                reasons(sent),
                [
                    format!("the certificate is not trusted: {why}"),
                    format!("the certificate is not trusted: {why}")
                ]
            ),
        }
    }
    let server = Server::over(Some(certificates.server(Identity::Trusted).unwrap()), fine);
    for reason in reasons(send(&Network::new(), &request(&server.url("https", "127.0.0.1")))) {
        assert!(reason.starts_with("the certificate is not trusted"), "{reason}");
    }
}

#[test]
fn k11_the_clients_certificate_is_shown_where_a_request_asks_for_it_and_nowhere_else() {
    let certificates = Certificates::issue().unwrap();
    let (certificate, key) = certificates.client().unwrap();
    let server = Server::over(Some(certificates.server_asking_clients().unwrap()), fine);
    let network = Network::new().ca_pem(certificates.ca_pem()).unwrap();
    let certified = network.clone().client_cert(&certificate, &key).unwrap();
    let mut request = request(&server.url("https", "127.0.0.1"));

    is_fine(send(&certified, &request));
    assert!(server.seen().iter().all(|head| head.starts_with("GET ")));
    request.client_certificate = true;
    is_fine(send(&certified, &request));
    let seen = server.seen();
    assert!(seen.len() == 2 && seen.iter().all(|head| head.starts_with("certified GET ")), "{seen:?}");

    let named = "the transport has no client certificate: give it a client_cert";
    assert_eq!(reasons(send(&network, &request)), [named; 2]);
    request.url = server.url("http", "127.0.0.1");
    let named = "the request asks for the client certificate, and its URL is not https";
    assert_eq!(reasons(send(&certified, &request)), [named; 2]);
    assert_eq!(server.seen(), [""; 0]);

    // Who has one authenticates with it, unless something else is said.
    let config = || Config::new("https://op.example", Registration::new("c", "https://app.example/callback"));
    let transport = UreqTransport::with(certified).unwrap();
    assert!(blocking::Transport::has_client_cert(&transport));
    blocking::RelyingParty::new(config(), transport).unwrap();
}

#[test]
fn files_and_keys_that_cannot_be_used_are_refused_by_name() {
    let certificates = Certificates::issue().unwrap();
    let ((certificate, key), (_, other)) = (certificates.client().unwrap(), certificates.client().unwrap());
    let folder = std::env::temp_dir().join(format!("relyingparty-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let both = folder.join("both.pem");
    std::fs::write(&both, format!("{certificate}{key}")).unwrap();
    let _ = Network::new().client_cert_files(&both, &both).unwrap().ca_file(&both).unwrap();

    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let absent = folder.join("absent.pem");
    let said = |result: Result<Network, relyingparty_host::Error>| {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "invalid_configuration");
        (error.detail("member").unwrap().to_owned(), error.detail("reason").unwrap().to_owned())
    };
    for (result, member, reason) in [
        (Network::new().ca_pem(""), "ca_pem", "nobody to trust"),
        (Network::new().ca_pem(&key), "ca_pem", "nobody to trust"),
        (Network::new().ca_file(&absent), "ca_file", "does not exist"),
        (Network::new().ca_file(&folder), "ca_file", "is a directory"),
        (Network::new().client_cert("", &key), "client_cert", "has no certificate"),
        (Network::new().client_cert(&certificate, ""), "client_key", "has no private key"),
        (Network::new().client_cert(&certificate, encrypted), "client_key", "is encrypted"),
        (Network::new().client_cert(&certificate, &other), "client_key", "is not the key"),
        (Network::new().client_cert_files(&both, &absent), "client_key", "does not exist"),
        (Network::new().proxy("socks5://proxy.example"), "proxy", "is no http:// proxy"),
    ] {
        let (found, why) = said(result);
        assert!(found == member && why.contains(reason), "{found} {why}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// `alice:a p@ss` as Basic has it, in small letters.
const PASSWORD: &str = "ywxpy2u6ysbwqhnz";

#[test]
fn a_request_goes_through_the_proxy_which_alone_learns_the_password() {
    let certificates = Certificates::issue().unwrap();
    let server = Server::over(Some(certificates.server(Identity::Trusted).unwrap()), fine);
    let proxy = proxy(Some(PASSWORD));
    let url = |login: &str| format!("http://{login}127.0.0.1:{}", proxy.port);
    let through =
        |login: &str| Network::new().ca_pem(certificates.ca_pem()).unwrap().proxy(&url(login)).unwrap();
    let far = request(&server.url("https", "op.example"));
    is_fine(send(&through("alice:a%20p%40ss@"), &far));
    let (told, sent) = (proxy.seen(), server.seen());
    assert_eq!((told.len(), sent.len()), (2, 2));
    assert!(
        told.iter().all(|head| head.starts_with(&format!("CONNECT op.example:{} ", server.port))),
        "{told:?}"
    );
    assert!(sent.iter().all(|head| !head.to_ascii_lowercase().contains("proxy-")), "{sent:?}");

    let wanted = "the proxy wants a user name and a password (status 407): put them into its URL";
    assert_eq!(reasons(send(&through(""), &far)), [wanted; 2]);
    let wrong = "the proxy refused the user name and password (status 407)";
    assert_eq!(reasons(send(&through("alice:wrong@"), &far)), [wrong; 2]);
    let forbidden = request(&server.url("https", "forbidden.example"));
    assert_eq!(reasons(send(&through(""), &forbidden)), ["the proxy refused to connect"; 2]);

    // This machine is not behind it.
    proxy.seen();
    is_fine(send(&through(""), &request(&server.url("https", "127.0.0.1"))));
    assert_eq!(proxy.seen(), [""; 0]);
}
