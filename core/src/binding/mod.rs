//! Tokens that are bound to a key: proofs that whoever sends one has it (RFC 9449).

mod dpop;

pub(crate) use dpop::Proof;
