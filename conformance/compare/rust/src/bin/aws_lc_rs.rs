//! Everything in Rust with aws-lc-rs on both sides.

fn main() {
    compare::main();
}
