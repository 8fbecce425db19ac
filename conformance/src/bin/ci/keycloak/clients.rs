//! The clients of the realm: what Keycloak has to know of their keys, and what the tests are told of them.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Map, Value, json};

/// Where the key of the clients is that have one.
pub(super) const KEYS_FILE: &str = "core/tests/data/signing_keys.json";
const KEY: &str = "P-256";
const BACK_CHANNEL: &str = "backchannel.logout.url";

/// Registers the public key and the URL of request objects, and tells: `clients` have a secret or none, `keyed` ones have a key
/// and the `options` that go with what the realm demands of them. `requests` is where the tests serve request objects, and `two_workers` an application that is told of logouts.
pub(super) fn prepare(realm: &mut Value, keys: &Value) -> Result<Value, String> {
    let mut private = keys["keys"][KEY]["jwk"].clone();
    let members = private.as_object_mut().ok_or_else(|| format!("{KEYS_FILE}: no {KEY}"))?;
    members.extend([("kid".into(), "client-1".into()), ("alg".into(), "ES256".into())]);
    let mut public = members.clone();
    public.remove("d");
    public.insert("use".into(), "sig".into());
    let key_set = json!({ "keys": [public] }).to_string();
    let requests = format!("{}/requests/", origin()?);

    let (mut plain, mut keyed, mut two_workers) = (Vec::new(), Vec::new(), Value::Null);
    for client in realm["clients"].as_array_mut().into_iter().flatten() {
        if client["attributes"][BACK_CHANNEL].is_string() {
            two_workers = application(client, &format!("{}/auth", origin()?));
            continue;
        }
        let id = client["clientId"].clone();
        let secret = client["secret"].clone();
        let Some(attributes) = client["attributes"].as_object_mut() else { continue };
        let options = options(attributes, &private, &requests);
        if attributes.contains_key("use.jwks.string") {
            attributes.insert("jwks.string".into(), key_set.clone().into());
        }
        if options.contains_key("request_uri_base") {
            attributes.insert("request.uris".into(), format!("{requests}*").into());
        }
        if options.is_empty() {
            plain.push(json!({ "client_id": id, "client_secret": secret }));
        } else {
            keyed.push(json!({ "client_id": id, "options": options }));
        }
    }
    Ok(json!({ "clients": plain, "keyed": keyed, "two_workers": two_workers, "requests": requests }))
}

/// An origin of this machine that nobody serves yet.
fn origin() -> Result<String, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(format!("http://{address}"))
}

/// Registers the URLs of an application that Keycloak tells of logouts, and tells of the client.
fn application(client: &mut Value, base_url: &str) -> Value {
    let at = |path: &str| Value::from([base_url, path].concat());
    client["redirectUris"] = json!([at("/callback")]);
    for name in ["post.logout.redirect.uris", BACK_CHANNEL] {
        let path = client["attributes"][name].as_str().unwrap_or_default().to_owned();
        client["attributes"][name] = at(&path);
    }
    json!({ "client_id": client["clientId"], "client_secret": client["secret"], "base_url": base_url })
}

/// What of the relying party's options the attributes of a client demand. The tests make the key that `binds` tokens.
fn options(attributes: &Map<String, Value>, private: &Value, requests: &str) -> Map<String, Value> {
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|own| own == value);
    let mut options = Map::new();
    if is("use.jwks.string", "true") {
        options.insert("signing_keys".into(), json!([private]));
    }
    if is("dpop.bound.access.tokens", "true") {
        options.insert("binds".into(), true.into());
    }
    if is("require.pushed.authorization.requests", "true") {
        options.insert("require_pushed_authorization_requests".into(), true.into());
    }
    if is("request.object.required", "request only") {
        options.insert("require_signed_request_object".into(), true.into());
    }
    if is("request.object.required", "request_uri only") {
        options.insert("request_uri_base".into(), requests.into());
    }
    options
}
