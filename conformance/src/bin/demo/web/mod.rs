//! The web app: a relying party a person can look at while it works.

mod app;
mod page;
mod store;
mod trace;

use std::io::ErrorKind;
use std::sync::Arc;

use conformance::serve;

use self::app::App;
use crate::failure::Failure;
use crate::options::Options;
use crate::settings::Settings;
use crate::{PORT, REDIRECT_PATH, embedded, runtime};

/// Serves until the process is stopped.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let runtime = runtime()?;
    let configured = options.config.as_deref().map(Settings::read).transpose()?;
    let registered = configured.as_ref().and_then(|settings| settings.redirect_uri.clone());
    let port = options.port.or_else(|| registered.as_deref().and_then(loopback_port)).unwrap_or(PORT);

    let listener = runtime.block_on(serve::listen(port)).map_err(|error| no_port(port, &error))?;
    let port = listener.local_addr().map_err(|error| no_port(port, &error))?.port();
    let here = format!("http://127.0.0.1:{port}");
    let settings = match configured {
        Some(settings) => settings,
        None => embedded::start(&runtime, &here)?,
    };
    for note in &settings.notes {
        println!("note: {note}");
    }
    if registered.as_deref().and_then(loopback_port).is_some_and(|registered| registered != port) {
        println!(
            "note: the redirect_uri in the settings names another port than {port}: logins will not come back here"
        );
    }

    let redirect_uri = settings.redirect_uri.clone().unwrap_or_else(|| here + REDIRECT_PATH);
    let app = Arc::new(App::new(&settings, &redirect_uri, port)?);
    println!("Provider         {}", settings.issuer);
    println!("Relying party    {}/   <- open this one", app.origin());
    runtime
        .block_on(serve::serve(listener, move |request| app.handle(request)))
        .map_err(|error| Failure::demo("server_stopped", format!("the server stopped: {error}")))
}

/// The port of a redirect URI on this machine.
fn loopback_port(redirect_uri: &str) -> Option<u16> {
    let authority = redirect_uri.strip_prefix("http://")?.split('/').next()?;
    let (host, port) = authority.rsplit_once(':')?;
    matches!(host, "127.0.0.1" | "localhost").then(|| port.parse().ok())?
}

fn no_port(port: u16, error: &std::io::Error) -> Failure {
    if error.kind() != ErrorKind::AddrInUse {
        return Failure::demo("no_port", format!("127.0.0.1:{port} cannot be used: {error}"));
    }
    let mut failure =
        Failure::demo("port_in_use", format!("something else already listens on 127.0.0.1:{port}"));
    failure.hint = Some("stop it, or choose another port: cargo demo --port 8889".into());
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_redirect_uri_is_found() {
        assert_eq!(loopback_port("http://localhost:9999/cb"), Some(9999));
        assert_eq!(loopback_port("http://127.0.0.1:8888/auth/login"), Some(8888));
        assert_eq!(loopback_port("https://rp.example:8443/cb"), None);
    }
}
