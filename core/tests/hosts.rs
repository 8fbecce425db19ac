//! Metadata that lead into a private network: allowed for the hosts that the policy lists, one by one, and for no other.

mod support;

use relyingparty::{
    AuthorizeRequest, Cache, Client, Error, Flow, Issuer, Metadata, Policy, Provider, Registration, Request,
    Step, drive,
};
use serde_json::json;
use support::{Op, START, code, detail, entropy, json_response, policy};

const PUBLIC: &str = "https://op.example";

/// A policy with these lists.
fn listing(local: &[&str], http: &[&str]) -> Policy {
    let mut policy = policy();
    policy.local_hosts = local.iter().map(|host| (*host).to_owned()).collect();
    policy.danger_http_hosts = http.iter().map(|host| (*host).to_owned()).collect();
    policy
}

/// Metadata of `issuer` with one endpoint elsewhere.
fn document(issuer: &str, member: &str, url: &str) -> Vec<u8> {
    let base = issuer.trim_end_matches('/');
    let mut document = json!({ "issuer": issuer, "jwks_uri": format!("{base}/jwks") });
    document[member] = url.into();
    document.to_string().into_bytes()
}

fn may_name(issuer: &Issuer, member: &str, url: &str) -> Result<Metadata, Error> {
    Metadata::parse(issuer, &document(issuer.as_str(), member, url))
}

const MEMBERS: [&str; 5] =
    ["jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"];

#[test]
fn an_endpoint_in_a_private_network_takes_a_listed_host() {
    let policy = listing(&["10.0.2.15:6443", "keycloak"], &[]);
    let issuer = Issuer::under(PUBLIC, false, &policy).unwrap();
    for member in MEMBERS {
        for (url, outcome) in [
            ("https://10.0.2.15:6443/openid/v1/jwks", "ok"),
            ("https://KEYCLOAK./x", "ok"),
            ("https://keys.elsewhere.example/x", "ok"),
            ("https://10.0.2.15/x", "metadata_member_invalid"),
            ("https://10.0.2.16:6443/x", "metadata_member_invalid"),
            ("https://a.keycloak.local/x", "metadata_member_invalid"),
            ("http://keycloak/x", "metadata_member_invalid"),
            ("http://10.0.2.15:6443/x", "metadata_member_invalid"),
            ("https://user@keycloak/x", "metadata_member_invalid"),
            ("https://keycloak#@keycloak/x", "metadata_member_invalid"),
        ] {
            assert_eq!(code(&may_name(&issuer, member, url)), outcome, "{member} {url}");
        }
        let refused = may_name(&Issuer::parse(PUBLIC).unwrap(), member, "https://10.0.2.15:6443/x");
        assert!(detail(&refused, "reason").contains("local_hosts"), "it says what to do");
    }
}

#[test]
fn http_takes_a_host_of_the_dangerous_list() {
    let policy = listing(&["other"], &["keycloak:8080", "op.internal"]);
    for (text, outcome) in [
        ("http://keycloak:8080/realms/a", "ok"),
        ("http://Keycloak.:8080/realms/a", "ok"),
        ("http://op.internal", "ok"),
        ("https://op.example", "ok"),
        ("http://keycloak/realms/a", "invalid_issuer"),
        ("http://keycloak:8081/realms/a", "invalid_issuer"),
        ("http://x.keycloak:8080/realms/a", "invalid_issuer"),
        ("http://other", "invalid_issuer"),
        ("http://op.example", "invalid_issuer"),
        ("http://127.0.0.1", "invalid_issuer"),
    ] {
        assert_eq!(code(&Issuer::under(text, false, &policy)), outcome, "{text}");
    }
    assert_eq!(code(&Issuer::under("http://127.0.0.1", true, &policy)), "ok");
    let issuer = Issuer::under("http://keycloak:8080/realms/a", false, &policy).unwrap();
    for (url, outcome) in [
        ("http://keycloak:8080/token", "ok"),
        ("https://keycloak:8080/token", "ok"),
        ("http://op.internal/token", "ok"),
        ("http://keycloak/token", "metadata_member_invalid"),
        ("http://other/token", "metadata_member_invalid"),
        ("http://127.0.0.1/token", "metadata_member_invalid"),
        ("http://op.example/token", "metadata_member_invalid"),
    ] {
        assert_eq!(code(&may_name(&issuer, "token_endpoint", url)), outcome, "{url}");
    }
    let refused = Issuer::parse("http://keycloak:8080");
    assert!(detail(&refused, "reason").contains("danger_http_hosts"), "it says what to do");
}

#[test]
fn a_list_with_something_that_is_no_host_is_refused() {
    for bad in ["", "*", "https://keycloak", "10.0.0.0/8", "127.1", "keycloak:http", "a b"] {
        for policy in [listing(&[bad], &[]), listing(&[], &[bad])] {
            let refused = Issuer::under(PUBLIC, false, &policy);
            assert_eq!(code(&refused), "invalid_configuration", "{bad}");
            let issuer = Issuer::parse(PUBLIC).unwrap();
            let refused = Provider::discover(&issuer, &policy, &Cache::default(), START);
            assert_eq!(code(&refused), "invalid_configuration", "{bad}");
        }
    }
}

/// A whole login over http, as in a compose file.
#[test]
fn a_login_over_http_takes_the_dangerous_list_and_nothing_else() {
    let text = "http://keycloak:8080/realms/a";
    let policy = listing(&[], &["keycloak"]);
    let mut op = Op::new(text, relyingparty::Alg::EdDsa);
    let mut cache = Cache::default();
    let issuer = Issuer::under(text, false, &policy).unwrap();
    let step = Provider::discover(&issuer, &policy, &cache, START).unwrap();
    let provider = drive(step, &mut cache, || START, |request| op.answer(request, START)).unwrap();
    let registration = Registration::new(support::CLIENT_ID, support::REDIRECT_URI);
    let client = Client::new(provider, registration, policy).unwrap();
    let started = client.authorize(&AuthorizeRequest::default(), entropy(1), START).unwrap();
    let back = relyingparty::CallbackParams::parse(&op.authorize(&started.url)).unwrap();
    let code = client.callback(started.pending, &back, START).unwrap();
    let step = client.exchange(code).unwrap();
    let session = drive(step, &mut cache, || START, |request| op.answer(request, START)).unwrap();
    assert_eq!(session.claims().iss(), text);
    assert!(op.log.iter().all(|request| request.url.starts_with("http://keycloak:8080/")));
}

/// What the cache holds for a policy that lists a host is judged anew under one that does not.
#[test]
fn metadata_in_the_cache_open_nothing_for_another_policy() {
    let document = document(PUBLIC, "jwks_uri", "https://keycloak/jwks");
    let issuer = Issuer::parse(PUBLIC).unwrap();
    let mut cache = Cache::default();
    let answer = || json_response(200, &serde_json::from_slice(&document).unwrap());
    let wide = listing(&["keycloak"], &[]);
    let step = Provider::discover(&issuer, &wide, &cache, START).unwrap();
    let found = drive(step, &mut cache, || START, |_| relyingparty::Reply::Http(answer()));
    assert_eq!(found.unwrap().metadata().jwks_uri(), "https://keycloak/jwks");
    assert!(matches!(Provider::discover(&issuer, &wide, &cache, START), Ok(Step::Done(_))), "it is held");
    for narrow in [listing(&[], &[]), listing(&["keycloak:8080"], &[])] {
        let Step::Pending(flow) = Provider::discover(&issuer, &narrow, &cache, START).unwrap() else {
            panic!("what is held was believed")
        };
        assert!(matches!(flow.request(), Request::Http(_)));
        let refused = flow.resume(relyingparty::Reply::Http(answer()), &mut cache.clone(), START);
        assert_eq!(code(&refused), "metadata_member_invalid");
    }
}

/// The same numbers each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A host and a port as somebody else would compare them: the host in lower case without its last dot, an IPv6 address by
/// its value.
fn canonical(host: &str, port: Option<&str>, scheme: &str) -> (String, String) {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let host = match bare.parse::<std::net::Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.to_ascii_lowercase().trim_end_matches('.').to_owned(),
    };
    (host, port.unwrap_or(if scheme == "https" { "443" } else { "80" }).to_owned())
}

#[test]
fn of_many_hosts_those_that_are_listed_open_and_no_other() {
    const HOSTS: [&str; 18] = [
        "keycloak",
        "KeyCloak",
        "keycloak.",
        "keycloa",
        "keycloakk",
        "a.keycloak",
        "keycloak.local",
        "keycloak.svc",
        "k8s.default.svc.cluster.local",
        "svc.cluster.local",
        "10.0.2.15",
        "10.0.2.1",
        "10.0.2.150",
        "[fd00::1]",
        "[FD00:0::1]",
        "[fd00::2]",
        "[::ffff:10.0.2.15]",
        "localhost",
    ];
    const PORTS: [Option<&str>; 5] = [None, Some("80"), Some("443"), Some("8080"), Some("6443")];
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let (mut opened, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let (entry, entry_port) = (draws.pick(&HOSTS), PORTS[draws.below(5)]);
        let (host, port) = (draws.pick(&HOSTS), PORTS[draws.below(5)]);
        let scheme = draws.pick(&["https", "http"]);
        let dangerous = draws.below(2) == 1;
        let with_port = |host: &str, port: Option<&str>| match port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let listed = with_port(entry, entry_port);
        let url = format!("{scheme}://{}/jwks", with_port(host, port));
        let policy = if dangerous { listing(&[], &[&listed]) } else { listing(&[&listed], &[]) };
        let issuer = Issuer::under(PUBLIC, false, &policy).unwrap();
        let (own_host, own_port) = canonical(entry, entry_port, scheme);
        let (other_host, other_port) = canonical(host, port, scheme);
        let same = own_host == other_host && (entry_port.is_none() || own_port == other_port);
        let anyway = may_name(&Issuer::parse(PUBLIC).unwrap(), "jwks_uri", &url).is_ok();
        let expected = anyway || same && (dangerous || scheme == "https");
        assert_eq!(may_name(&issuer, "jwks_uri", &url).is_ok(), expected, "{listed} {url} {dangerous}");
        if expected && !anyway {
            opened += 1;
        } else if !expected {
            refused += 1;
        }
    }
    assert!(opened > 300 && refused > 10_000, "{opened} {refused}");
}
