//! Clients that say who they are with keys, certificates and assertions, and whoever signs for them.

use relyingparty::Endpoint;
use serde_json::json;

use super::super::exchange::Reply;
use super::super::format::Call;
use super::{Scenario, USUAL, json_answer};
use crate::provider::Mutation;

/// A key that the core signs with.
const KEY: &str = r#"{"client_secret":null,"signing_keys":["key-1"]}"#;
/// A key that the host holds.
const KMS: &str = r#"{"client_secret":null,"signing_keys":["kms-1"]}"#;
/// An assertion that the host has from elsewhere.
const ELSEWHERE: &str = r#"{"client_secret":null,"client_assertion_type":"urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"}"#;
const CERTIFICATE: &str = r#"{"client_secret":null,"tls_client_certificate":true}"#;

/// A client with a key.
const KEYED: Scenario = Scenario { registration: KEY, ..USUAL };
/// A client whose key the host holds.
const HELD: Scenario = Scenario { registration: KMS, ..USUAL };

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a-client-with-a-key-signs-an-assertion-for-each-request",
        about: "The client has a key: private_key_jwt. It logs in and refreshes.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..KEYED
    },
    Scenario {
        name: "a-client-whose-key-the-host-holds-asks-for-each-signature",
        about: "The client's key is in a KMS. It logs in and refreshes.",
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-client-with-a-secret-signs-an-assertion-with-it",
        about: "The registration names client_secret_jwt.",
        registration: r#"{"token_endpoint_auth_method":"client_secret_jwt"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-secret-that-is-shorter-than-its-hash-signs-nothing",
        about: "The registration names client_secret_jwt, and the secret has 31 characters.",
        ends: "invalid_configuration",
        registration: r#"{"client_secret":"0123456789012345678901234567890","token_endpoint_auth_method":"client_secret_jwt"}"#,
        ..USUAL
    },
    Scenario {
        name: "an-assertion-from-elsewhere-is-had-anew-for-each-request",
        about: "The host has an assertion from elsewhere; it logs in and refreshes.",
        registration: ELSEWHERE,
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "an-assertion-with-a-line-end-is-not-sent",
        about: "The assertion was read from a file, with the line end.",
        ends: "assertion_unusable",
        registration: ELSEWHERE,
        play: |scene| {
            scene.prove(Reply::Assertion { assertion: "eyJhbGciOiJub25lIn0.e30.\n".into() });
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "an-empty-assertion-is-not-sent",
        about: "The file of the assertion is empty.",
        ends: "assertion_unusable",
        registration: ELSEWHERE,
        play: |scene| {
            scene.prove(Reply::Assertion { assertion: String::new() });
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "an-assertion-that-cannot-be-had-ends-the-exchange",
        about: "Whoever has the assertion does not answer.",
        ends: "unreachable",
        registration: ELSEWHERE,
        play: |scene| {
            scene.prove(Reply::Unreachable { unreachable: "no such file".into() });
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-signature-is-no-assertion",
        about: "The host answers with a signature where an assertion is wanted.",
        ends: "wrong_reply",
        registration: ELSEWHERE,
        play: |scene| {
            scene.prove(Reply::Signature { signature: "AAAA".into() });
            scene.log_in("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-client-with-a-certificate-shows-it",
        about: "The client has a TLS certificate: tls_client_auth, at the endpoints for clients with one. It logs in and refreshes.",
        registration: CERTIFICATE,
        play: |scene| {
            scene.log_in("alice")?;
            scene.refresh("alice")
        },
        ..USUAL
    },
    Scenario {
        name: "a-self-signed-certificate-is-shown-too",
        about: "The registration names self_signed_tls_client_auth.",
        registration: r#"{"client_secret":null,"tls_client_certificate":true,"token_endpoint_auth_method":"self_signed_tls_client_auth"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-certificate-that-nobody-has-is-refused",
        about: "The registration names tls_client_auth, and the client has no certificate.",
        ends: "invalid_configuration",
        registration: r#"{"client_secret":null,"token_endpoint_auth_method":"tls_client_auth"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-key-that-nobody-has-is-refused",
        about: "The registration names private_key_jwt, and there is no key.",
        ends: "invalid_configuration",
        registration: r#"{"client_secret":null,"token_endpoint_auth_method":"private_key_jwt"}"#,
        ..USUAL
    },
    Scenario {
        name: "a-key-for-an-algorithm-that-the-provider-does-not-take-is-refused",
        about: "The key is for EdDSA, and the provider lists ES256.",
        ends: "invalid_configuration",
        mutation: Mutation {
            metadata: |metadata| {
                let member = "token_endpoint_auth_signing_alg_values_supported";
                metadata.insert(member.into(), json!(["ES256"]));
            },
            ..Mutation::NONE
        },
        ..KEYED
    },
    Scenario {
        name: "a-client-that-signs-takes-randomness",
        about: "The code is exchanged without the randomness of which the assertion is made.",
        ends: "entropy_missing",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            scene.call(Call::Exchange { login: "alice".into(), request: None, entropy: None })
        },
        ..KEYED
    },
    Scenario {
        name: "a-client-that-signs-takes-no-weak-randomness",
        about: "The assertion is to be made of 32 zeros.",
        ends: "weak_entropy",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            let entropy = Some("00".repeat(32));
            scene.call(Call::Exchange { login: "alice".into(), request: None, entropy })
        },
        ..KEYED
    },
    Scenario {
        name: "a-signature-of-another-length-is-refused",
        about: "The KMS answers with 63 bytes where ES256 has 64.",
        ends: "signature_unusable",
        play: |scene| {
            scene.prove(Reply::Signature { signature: "A".repeat(84) });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-signature-in-der-is-refused",
        about: "The KMS answers in DER, as ECDSA has it elsewhere.",
        ends: "signature_unusable",
        play: |scene| {
            let der = [&[0x30, 0x44, 0x02, 0x20][..], &[1; 32], &[0x02, 0x20], &[1; 32]].concat();
            scene.prove(Reply::Signature { signature: crate::encoding::base64url(der) });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "an-empty-signature-is-refused",
        about: "The KMS answers with nothing.",
        ends: "signature_unusable",
        play: |scene| {
            scene.prove(Reply::Signature { signature: String::new() });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-kms-that-does-not-answer-ends-the-exchange",
        about: "The KMS cannot be reached.",
        ends: "unreachable",
        play: |scene| {
            scene.prove(Reply::Unreachable { unreachable: "the KMS is away".into() });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-host-that-cannot-sign-is-told-so",
        about: "The host has no answer to requests to sign.",
        ends: "unsupported_request",
        play: |scene| {
            scene.prove(Reply::Unsupported { unsupported: true });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-verdict-is-no-signature",
        about: "The host answers that a signature is good where one is wanted.",
        ends: "wrong_reply",
        play: |scene| {
            scene.prove(Reply::Verified { verified: true });
            scene.log_in("alice")
        },
        ..HELD
    },
    Scenario {
        name: "a-client-that-is-not-believed-is-told-so",
        about: "The provider does not take the assertion: invalid_client.",
        ends: "provider_error",
        play: |scene| {
            scene.set_up()?;
            scene.authorize("alice", json!({}))?;
            scene.callback("alice")?;
            scene.instead(Endpoint::Token, json_answer(401, r#"{"error":"invalid_client"}"#));
            scene.exchange("alice")
        },
        ..KEYED
    },
    Scenario {
        name: "an-assertion-for-the-token-endpoint-is-an-option-that-has-a-name",
        about: "The registration wants assertions for the token endpoint, which this provider does not take.",
        ends: "provider_error",
        registration: r#"{"client_secret":null,"signing_keys":["key-1"],"client_assertion_audience":"token_endpoint"}"#,
        ..USUAL
    },
    Scenario {
        name: "the-public-halves-of-keys-are-published",
        about: "The client has a key that signs, one that is to sign soon, and one that the host holds.",
        registration: r#"{"client_secret":null,"signing_keys":["key-1","key-2","kms-1"]}"#,
        play: |scene| {
            scene.set_up()?;
            scene.call(Call::Jwks)
        },
        ..USUAL
    },
];
