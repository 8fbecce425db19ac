//! The codes that no case can show, and why.

/// A code and the reason.
pub const UNREACHED: &[(&str, &str)] = &[(
    "no_signature_backend",
    "is about how a package was built: Rust and Python carry cryptography, the small npm build has none",
)];
