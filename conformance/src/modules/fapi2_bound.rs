//! The modules of FAPI 2.0 that are about bound tokens and signed responses.

use super::fapi2::{FAPI, PROFILE};
use super::{Expect, Journey, Module, Sender, Stage, Variant};
use crate::provider::Mutation;

/// Of the security profile.
pub(super) const MODULES: &[Module] = &[
    Module {
        name: "fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce",
        about: "Everything is in order, and no server wants a nonce in a proof.",
        mutation: Mutation { nonces: false, ..PROFILE },
        applies: has_proofs,
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-happy-path-no-mtls-endpoint-aliases",
        about: "Everything is in order, and clients with certificates have no endpoints of their own.",
        mutation: Mutation { mtls_aliases: false, ..PROFILE },
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity",
        about: "The API asks for a nonce in a challenge whose scheme is dPoP.",
        mutation: Mutation { challenge_scheme: "dPoP", ..PROFILE },
        applies: has_proofs,
        ..FAPI
    },
    Module {
        name: "fapi2-security-profile-final-client-refresh-token-test",
        about: "The API refuses the first access token; the client refreshes twice and calls again.",
        journey: Journey::Refresh,
        mutation: Mutation { refused_calls: 1, ..PROFILE },
        ..FAPI
    },
];

fn has_proofs(variant: Variant) -> bool {
    variant.sender == Sender::Dpop
}

/// A module of signed responses.
const JARM: Module = Module { applies: Variant::has_signed_responses, ..FAPI };

/// Of message signing.
pub(super) const SIGNED_RESPONSES: &[Module] = &[
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-without-iss-fails",
        about: "The signed response has no iss.",
        expect: Expect::Reject(Stage::Callback, "claim_missing"),
        mutation: Mutation { signed_response: |response| response.remove("iss"), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-iss-fails",
        about: "The signed response's iss has a 1 too many.",
        expect: Expect::Reject(Stage::Callback, "iss_mismatch"),
        mutation: Mutation { signed_response: |response| response.append("iss", "1"), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-without-aud-fails",
        about: "The signed response has no aud.",
        expect: Expect::Reject(Stage::Callback, "claim_missing"),
        mutation: Mutation { signed_response: |response| response.remove("aud"), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-aud-fails",
        about: "The signed response's aud is the client_id with a 1 too many.",
        expect: Expect::Reject(Stage::Callback, "aud_mismatch"),
        mutation: Mutation { signed_response: |response| response.append("aud", "1"), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-without-exp-fails",
        about: "The signed response has no exp.",
        expect: Expect::Reject(Stage::Callback, "claim_missing"),
        mutation: Mutation { signed_response: |response| response.remove("exp"), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-with-expired-exp-fails",
        about: "The signed response expired six minutes ago.",
        expect: Expect::Reject(Stage::Callback, "token_expired"),
        mutation: Mutation { signed_response: |response| response.set("exp", response.now - 360), ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-sig-fails",
        about: "The signed response's signature is spoiled.",
        expect: Expect::Reject(Stage::Callback, "bad_signature"),
        mutation: Mutation { signed_response: |response| response.damaged = true, ..PROFILE },
        ..JARM
    },
    Module {
        name: "fapi2-security-profile-final-client-test-ensure-jarm-signature-is-not-none",
        about: "The response is a token that nobody signed.",
        expect: Expect::Reject(Stage::Callback, "malformed_token"),
        mutation: Mutation { signed_response: |response| response.alg = "none".into(), ..PROFILE },
        ..JARM
    },
];
