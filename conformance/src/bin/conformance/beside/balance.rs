//! What stands before two processes: each connection goes to one of them by chance, the same chance in each run.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// Listens, and sends each connection on to one of the ports. Returns where.
pub(super) fn listen(ports: Vec<u16>) -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let mut chance = Chance(1);
        for client in listener.incoming().flatten() {
            let Some(port) = ports.get(chance.next(ports.len())) else { return };
            if let Ok(server) = TcpStream::connect(("127.0.0.1", *port)) {
                // A connection that cannot be sent on is closed.
                let _ = join(client, server);
            }
        }
    });
    Ok(port)
}

fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pass(from_client, server));
    thread::spawn(move || pass(from_server, client));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// A linear congruential generator: it needs to be even and the same each time, nothing else.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % below.max(1)
    }
}
