//! Verification in Rust with RustCrypto on both sides.

fn main() {
    compare::main();
}
