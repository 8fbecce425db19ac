//! The codes that no case can show, and why.

/// Why cases show nothing of clients that prove themselves with keys.
const SIGNS: &str = "is about clients that sign: no case has a key, since the small npm build signs nothing; \
     core/tests/proving.rs and what it has beside it show them, and the packages' own tests";

/// A code and the reason.
pub const UNREACHED: &[(&str, &str)] = &[
    (
        "no_signature_backend",
        "is about how a package was built: Rust and Python carry cryptography, the small npm build has none",
    ),
    ("assertion_unusable", SIGNS),
    ("dpop_key_mismatch", SIGNS),
    ("dpop_nonce_refused", SIGNS),
    ("entropy_missing", SIGNS),
    ("origin_not_allowed", SIGNS),
    ("profile_unmet", SIGNS),
    ("proving_needed", SIGNS),
    ("signature_unusable", SIGNS),
    ("token_not_bound", SIGNS),
];
