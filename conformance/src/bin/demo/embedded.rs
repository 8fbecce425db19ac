//! The provider that comes with the demo, on a port of its own, with keys and a client made for this run.

use std::sync::{Arc, Mutex};

use conformance::encoding::base64url;
use conformance::provider::{Provider, RegisteredClient, SigningKey};
use conformance::serve;
use tokio::runtime::Runtime;

use crate::REDIRECT_PATH;
use crate::failure::Failure;
use crate::settings::Settings;

/// Starts it, and says how to log in there from the app at `origin`.
pub(crate) fn start(runtime: &Runtime, origin: &str) -> Result<Settings, Failure> {
    let random = || serve::entropy().map_err(|error| Failure::no_randomness(&error));
    let no_port = |error| Failure::demo("no_port", format!("the embedded provider found no port: {error}"));
    let listener = runtime.block_on(serve::listen(0)).map_err(no_port)?;
    let issuer = format!("http://{}", listener.local_addr().map_err(no_port)?);

    let redirect_uri = format!("{origin}{REDIRECT_PATH}");
    let post_logout_redirect_uri = format!("{origin}/logged-out");
    let client_secret = base64url(random()?);
    let mut client = RegisteredClient::new("demo", Some(&client_secret), &redirect_uri);
    client.post_logout_redirect_uris.push(post_logout_redirect_uri.clone());
    let keys = vec![SigningKey::es256("demo-es256", random()?), SigningKey::eddsa("demo-eddsa", random()?)];
    let provider = Provider::new(&issuer, keys, vec![client]);
    runtime.spawn(serve::serve(listener, serve::provider(Arc::new(Mutex::new(provider)))));

    Ok(Settings {
        issuer,
        client_id: "demo".into(),
        client_secret: Some(client_secret),
        redirect_uri: Some(redirect_uri),
        post_logout_redirect_uri: Some(post_logout_redirect_uri),
        scopes: None,
        do_refresh: true,
        ca_file: None,
        notes: Vec::new(),
    })
}
