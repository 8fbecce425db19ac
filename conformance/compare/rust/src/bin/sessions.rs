//! Sessions in Rust, in rows and in servers.

fn main() {
    match std::env::args().nth(2).as_deref() {
        Some("serve") => compare::serve(),
        _ => compare::main(),
    }
}
