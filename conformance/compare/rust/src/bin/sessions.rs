//! Sessions in Rust, in rows and in servers.

fn main() {
    #[cfg(feature = "session-peers")]
    if std::env::args().nth(2).as_deref() == Some("serve") {
        return compare::serve();
    }
    compare::main();
}
