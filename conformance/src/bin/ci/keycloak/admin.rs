//! Keycloak's administration, as far as it takes to rotate a realm's signing key and to end a user's sessions.

use std::time::{Duration, Instant};

use conformance::agent;
use form_urlencoded::Serializer;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Method, Request};

const KEYS: &str = "org.keycloak.keys.KeyProvider";
/// What signs ID tokens, by default.
const PROVIDER: &str = "rsa-generated";
/// An administrator's token lives for a minute.
const TOKEN_SERVES: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const LIMIT: usize = 1 << 20;
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) struct Admin {
    agent: Agent,
    token_endpoint: String,
    realm: String,
    password: String,
    token: Option<(String, Instant)>,
    priority: u32,
}

impl Admin {
    /// The administrator of a realm at the server with this origin.
    pub(super) fn of(base: &str, password: &str, realm: &str) -> Admin {
        Admin {
            agent: agent::agent(None, None),
            token_endpoint: format!("{base}/realms/master/protocol/openid-connect/token"),
            realm: format!("{base}/admin/realms/{realm}"),
            password: password.into(),
            token: None,
            priority: 100,
        }
    }

    /// Has the realm sign with a new key from now on. The old ones leave the key set unless `keep_old`.
    pub(super) fn rotate(&mut self, keep_old: bool) -> Result<(), String> {
        let components = format!("{}/components", self.realm);
        let before = self.ask(Method::GET, &format!("{components}?type={KEYS}"), None)?;
        self.priority += 1;
        let provider = json!({
            "name": format!("rotated-{}", self.priority),
            "providerId": PROVIDER,
            "providerType": KEYS,
            "config": { "priority": [self.priority.to_string()], "keySize": ["2048"] },
        });
        self.ask(Method::POST, &components, Some(&provider))?;
        let old = before.as_array().into_iter().flatten().filter(|old| old["providerId"] == PROVIDER);
        for id in old.filter_map(|old| old["id"].as_str()).filter(|_| !keep_old) {
            self.ask(Method::DELETE, &format!("{components}/{id}"), None)?;
        }
        Ok(())
    }

    /// Ends all sessions of the user with this name.
    pub(super) fn log_out(&mut self, user: &str) -> Result<(), String> {
        let users = format!("{}/users", self.realm);
        let name: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
        let found = self.ask(Method::GET, &format!("{users}?exact=true&username={name}"), None)?;
        let id = found[0]["id"].as_str().ok_or_else(|| format!("no user {user}"))?;
        self.ask(Method::POST, &format!("{users}/{id}/logout"), None).map(drop)
    }

    fn ask(&mut self, method: Method, url: &str, body: Option<&Value>) -> Result<Value, String> {
        let token = self.token()?;
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, url, ("application/json", body), Some(&token))
    }

    fn token(&mut self) -> Result<String, String> {
        if let Some((token, since)) = &self.token
            && since.elapsed() < TOKEN_SERVES
        {
            return Ok(token.clone());
        }
        let mut form = Serializer::new(String::new());
        form.extend_pairs([("grant_type", "password"), ("client_id", "admin-cli"), ("username", "admin")]);
        let form = form.append_pair("password", &self.password).finish();
        let answer = self.send(Method::POST, &self.token_endpoint, (FORM, form), None)?;
        let token = answer["access_token"].as_str().ok_or("no token for the administrator")?.to_owned();
        self.token = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    fn send(
        &self,
        method: Method,
        url: &str,
        (content_type, body): (&str, String),
        token: Option<&str>,
    ) -> Result<Value, String> {
        let place = format!("{method} {}", url.split('?').next().unwrap_or_default());
        let mut request = Request::builder().method(method).uri(url).header("content-type", content_type);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(body.into_bytes()).map_err(|error| error.to_string())?;
        let answer = agent::send(&self.agent, request, TIMEOUT, LIMIT)?;
        if !answer.status().is_success() {
            return Err(format!("{place}: {}", answer.status()));
        }
        Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
    }
}
