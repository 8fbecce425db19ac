//! `cargo conformance serve`: every module's provider over http on this machine, until it is stopped.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use conformance::modules::{self, PUBLIC_CLIENT, REDIRECT_URI};
use conformance::serve;
use conformance::suite::Suite;

pub(crate) fn run(options: &[&str]) -> Result<ExitCode, String> {
    let port = match options {
        [] => 0,
        ["--port", port] => port.parse().map_err(|_| format!("{port} is not a port"))?,
        _ => return Err("usage: cargo conformance serve [--port PORT]".into()),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = serve::listen(port).await.map_err(|error| format!("port {port}: {error}"))?;
        let origin = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
        let suite = Arc::new(Mutex::new(Suite::new(&origin)));
        announce(&origin);
        serve::serve(listener, serve::suite(suite)).await.map_err(|error| error.to_string())?;
        Ok(ExitCode::SUCCESS)
    })
}

fn announce(origin: &str) {
    println!("{origin}");
    println!("one issuer for each module, {origin}/<module>:\n");
    for module in modules::all() {
        println!("  {:<7} {:<60} {}", module.expect.as_str(), module.name, module.about);
    }
    let (client_id, client_secret) =
        modules::find("oidcc-client-test").map_or(("", ""), |module| module.client);
    println!(
        "\nclient {client_id} with the secret {client_secret} (client_secret_basic or client_secret_post), or\n\
         {PUBLIC_CLIENT} with none; redirect URIs: {REDIRECT_URI}, or any on 127.0.0.1 or localhost.\n\
         GET {origin}/ says the same of each module as JSON, with what it registers beside;\n\
         GET {origin}/<module>/log what a client did there, and the verdict; DELETE it to start again."
    );
}
