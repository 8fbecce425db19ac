//! Metadata that lead into a private network: for the hosts that the policy lists, and for no other.

use relyingparty::Endpoint;
use serde_json::json;

use super::super::format::Call;
use super::scene::{Ended, Scene, key};
use super::{Scenario, USUAL, json_answer};

/// The default issuer of a cluster: a local name, whose metadata may name any other.
const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// An issuer with a name of the public DNS, whose metadata may not.
const PUBLIC: &str = "https://k8s.example";
const ADDRESS: &str = "https://10.0.2.15:6443/openid/v1/jwks";
const COMPOSE: &str = "http://keycloak:8080/realms/a";
const REGISTRATION: &str = r#"{"client_id":"https://kubernetes.default.svc.cluster.local"}"#;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kubernetes-jwks-uri-is-an-address",
        about: "The API server of a cluster with its default issuer, a local name, has its keys at its own address.",
        registration: REGISTRATION,
        play: |scene| verified(scene, CLUSTER, ADDRESS),
        ..USUAL
    },
    Scenario {
        name: "a-jwks-uri-that-is-a-listed-address",
        about: "An API server with a public issuer has its keys at its own address, which the policy lists.",
        registration: REGISTRATION,
        policy: r#"{"local_hosts":["10.0.2.15:6443"]}"#,
        play: |scene| verified(scene, PUBLIC, ADDRESS),
        ..USUAL
    },
    Scenario {
        name: "a-jwks-uri-that-is-a-listed-address-in-another-spelling",
        about: "An IPv6 address is listed without brackets, zeros left out, and for all ports.",
        registration: REGISTRATION,
        policy: r#"{"local_hosts":["fd00::1"]}"#,
        play: |scene| verified(scene, PUBLIC, "https://[FD00:0:0::0001]:6443/openid/v1/jwks"),
        ..USUAL
    },
    Scenario {
        name: "a-jwks-uri-that-is-an-address-is-refused",
        about: "The keys are at an address, and the policy lists none.",
        ends: "metadata_member_invalid",
        play: |scene| found(scene, PUBLIC, "https://10.0.2.15:6443/openid/v1/jwks"),
        ..USUAL
    },
    Scenario {
        name: "a-listed-host-opens-no-other",
        about: "The policy lists another port, a name under which the host is, and a name that begins as it does.",
        ends: "metadata_member_invalid",
        policy: r#"{"local_hosts":["10.0.2.15:443","local","cluster.local","10.0.2.150"]}"#,
        play: |scene| found(scene, PUBLIC, ADDRESS),
        ..USUAL
    },
    Scenario {
        name: "a-listed-host-is-not-for-http",
        about: "The policy lists the host of the keys, which are to be had over http.",
        ends: "metadata_member_invalid",
        policy: r#"{"local_hosts":["10.0.2.15"]}"#,
        play: |scene| found(scene, PUBLIC, "http://10.0.2.15:6443/openid/v1/jwks"),
        ..USUAL
    },
    Scenario {
        name: "http-in-a-development-network",
        about: "An issuer of a compose file, over http on a host that the policy lists under a name with danger in it.",
        registration: REGISTRATION,
        policy: r#"{"danger_http_hosts":["Keycloak:8080"]}"#,
        play: |scene| verified(scene, COMPOSE, "http://keycloak.:8080/realms/a/certs"),
        ..USUAL
    },
    Scenario {
        name: "http-in-a-development-network-on-another-host",
        about: "The metadata of an issuer that may use http lead to a host that may not.",
        ends: "metadata_member_invalid",
        policy: r#"{"danger_http_hosts":["keycloak:8080"],"local_hosts":["other"]}"#,
        play: |scene| found(scene, COMPOSE, "http://other:8080/realms/a/certs"),
        ..USUAL
    },
    Scenario {
        name: "http-in-a-development-network-that-is-not-listed",
        about: "The issuer is http on a host that the policy lists for https only.",
        ends: "invalid_issuer",
        policy: r#"{"local_hosts":["keycloak"]}"#,
        play: |scene| found(scene, COMPOSE, "http://keycloak:8080/realms/a/certs"),
        ..USUAL
    },
    Scenario {
        name: "a-list-of-hosts-with-a-wildcard-is-refused",
        about: "A host of a list stands for itself alone.",
        ends: "invalid_configuration",
        policy: r#"{"local_hosts":["*.cluster.local"]}"#,
        play: |scene| found(scene, PUBLIC, ADDRESS),
        ..USUAL
    },
];

/// Finds a provider whose keys are there.
fn found(scene: &mut Scene, issuer: &str, jwks_uri: &str) -> Ended {
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": jwks_uri,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    scene.instead(Endpoint::Discovery, json_answer(200, &metadata.to_string()));
    scene.call(Call::Discover { issuer: Some(issuer.into()) })
}

/// Checks a token of that provider's.
fn verified(scene: &mut Scene, issuer: &str, jwks_uri: &str) -> Ended {
    found(scene, issuer, jwks_uri)?;
    scene.client()?;
    scene.instead(Endpoint::Jwks, json_answer(200, &json!({ "keys": [key(1).jwk()] }).to_string()));
    let token = scene.token(|token| {
        token.set("iss", issuer);
        token.set("sub", "system:serviceaccount:shop:checkout");
        token.set("aud", json!([CLUSTER]));
    });
    scene.verify(token)
}
