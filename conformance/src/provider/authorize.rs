//! The authorization endpoint: a request is checked, a person decides, the browser goes back (OIDC Core 3.1.2).

use serde_json::{Map, Value};

use super::client::RegisteredClient;
use super::draft::Draft;
use super::mutation::Pairs;
use super::store::{Code, Draw, Grant};
use super::{Mutation, Provider, Rotation, SCOPES, SOMEBODY, SigningKey, page};
use crate::http::{Params, Request, Response, with_query};

/// Short, as RFC 6749 4.1.2 asks.
const CODE_SECS: i64 = 60;
/// For how long a signed answer is good.
const RESPONSE_SECS: i64 = 600;

/// A request that names a registered client and one of its redirect URIs, and asks for what we can do.
struct AuthorizationRequest {
    client_id: String,
    scope: Vec<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    acr: Option<String>,
    jkt: Option<String>,
    details: Option<Value>,
    answer: Answer,
}

/// Where and how the browser takes the answer back.
struct Answer {
    redirect_uri: String,
    state: Option<String>,
    form_post: bool,
    iss: String,
    mutation: Mutation,
    signs: Option<Signs>,
}

/// What an answer is signed with (JARM 2.1).
struct Signs {
    keys: Vec<SigningKey>,
    alg: String,
    client_id: String,
    now: i64,
}

impl Answer {
    fn send(&self, pairs: &[(&str, &str)]) -> Response {
        let mut pairs: Pairs =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(state) = &self.state {
            pairs.push(("state".into(), state.clone()));
        }
        pairs.push(("iss".into(), self.iss.clone()));
        (self.mutation.authorization_response)(&mut pairs);
        if let Some(signs) = &self.signs {
            pairs = vec![("response".into(), signs.signed(pairs, self.mutation.signed_response))];
        }
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match self.form_post {
            true => page::form_post(&self.redirect_uri, &pairs),
            false => Response::see_other(&with_query(&self.redirect_uri, &pairs)),
        }
    }

    fn refuse(&self, error: &str, description: &str) -> Response {
        self.send(&[("error", error), ("error_description", description)])
    }
}

impl Signs {
    fn signed(&self, pairs: Pairs, change: fn(&mut Draft)) -> String {
        let mut claims: Map<String, Value> =
            pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
        claims.insert("aud".into(), self.client_id.as_str().into());
        claims.insert("exp".into(), (self.now + RESPONSE_SECS).into());
        let mut draft = Draft::new(claims, &self.alg, self.now);
        change(&mut draft);
        draft.sign(&self.keys, None).unwrap_or_default()
    }
}

impl Provider {
    /// `GET /authorize` and `POST /authorize`: the page on which a person signs in and decides, or where nobody is
    /// asked the way back.
    pub(super) fn authorize(&mut self, request: &Request, now: i64, draw: Draw) -> Response {
        self.authorizations += 1;
        if self.authorizations > 1 {
            self.rotate_on(Rotation::AtTheSecondAuthorization);
        }
        let params = match self.asked(request.params(), now) {
            Ok(params) => params,
            Err(response) => return response,
        };
        let checked = match self.authorization_request(&params, now) {
            Ok(checked) => checked,
            Err(response) => return response,
        };
        if !self.asks {
            return self.grant(checked, SOMEBODY.into(), now, draw);
        }
        if params.get("prompt") == Some("none") {
            return checked.answer.refuse("login_required", "nobody stays signed in here");
        }
        page::sign_in(&page::SignIn {
            action: &self.url("/authorize/decision"),
            request: &params.encode(),
            client_id: &checked.client_id,
            scope: &checked.scope,
            login_hint: params.get("login_hint").unwrap_or_default(),
        })
    }

    /// `POST /authorize/decision`: what that page's form sends. It carries the original request, which is checked
    /// again.
    pub(super) fn decide(&mut self, request: &Request, now: i64, draw: Draw) -> Response {
        let form = request.params();
        let checked =
            match self.authorization_request(&Params::parse(form.get("request").unwrap_or_default()), now) {
                Ok(checked) => checked,
                Err(response) => return response,
            };
        if form.get("decision") != Some("allow") {
            return checked.answer.refuse("access_denied", "the user said no");
        }
        let login = match form.get("login") {
            Some(login) if is_login(login) => login.to_owned(),
            _ => {
                return page::problem("A user name is 1 to 64 letters, digits, dots, dashes or underscores.");
            }
        };
        self.grant(checked, login, now, draw)
    }

    fn grant(&mut self, checked: AuthorizationRequest, login: String, now: i64, draw: Draw) -> Response {
        self.store.sweep(now);
        let grant = self.store.add(Grant {
            client_id: checked.client_id,
            login,
            scope: checked.scope,
            nonce: checked.nonce,
            acr: checked.acr,
            auth_time: now,
            details: checked.details,
        });
        let code = draw.token("code");
        self.store.codes.insert(
            code.clone(),
            Code {
                grant,
                redirect_uri: checked.answer.redirect_uri.clone(),
                code_challenge: checked.code_challenge,
                jkt: checked.jkt,
                expires_at: now + CODE_SECS,
                used: false,
            },
        );
        checked.answer.send(&[("code", &code)])
    }

    /// The request in `params`, or the answer that refuses it: a page as long as the redirect URI is not trusted, a
    /// redirect after that (RFC 6749 4.1.2.1).
    fn authorization_request(&self, params: &Params, now: i64) -> Result<AuthorizationRequest, Response> {
        if let Some(name) = params.repeated() {
            return Err(page::problem(&format!("The parameter {name} occurs twice.")));
        }
        let client = params
            .get("client_id")
            .and_then(|id| self.clients.iter().find(|client| client.client_id == id))
            .ok_or_else(|| page::problem("No client of that client_id is registered here."))?;
        let redirect_uri = params
            .get("redirect_uri")
            .filter(|uri| client.may_go_to(&client.redirect_uris, uri))
            .ok_or_else(|| page::problem("That redirect_uri is not registered for this client."))?;
        let mode = params.get("response_mode");
        let answer = Answer {
            redirect_uri: redirect_uri.into(),
            state: params.get("state").map(Into::into),
            form_post: mode.is_some_and(|mode| mode.starts_with("form_post")),
            iss: self.issuer.clone(),
            mutation: self.mutation,
            signs: mode.filter(|mode| mode.ends_with("jwt")).map(|_| self.signs(client, now)),
        };
        match self.unsupported(client, params) {
            Some((error, description)) => Err(answer.refuse(error, description)),
            None => Ok(AuthorizationRequest {
                client_id: client.client_id.clone(),
                scope: requested_scope(params).filter(|s| SCOPES.contains(s)).map(Into::into).collect(),
                nonce: params.get("nonce").map(Into::into),
                code_challenge: params.get("code_challenge").map(Into::into),
                acr: requested_acr(params),
                jkt: params.get("dpop_jkt").map(Into::into),
                details: params.get("authorization_details").and_then(|it| serde_json::from_str(it).ok()),
                answer,
            }),
        }
    }

    fn signs(&self, client: &RegisteredClient, now: i64) -> Signs {
        let own = client.id_token_signed_response_alg.as_deref();
        let alg = own.or_else(|| self.keys.first().map(SigningKey::alg)).unwrap_or_default().to_owned();
        Signs { keys: self.keys.clone(), alg, client_id: client.client_id.clone(), now }
    }

    /// What in a request from a known client cannot be served.
    fn unsupported(
        &self,
        client: &RegisteredClient,
        params: &Params,
    ) -> Option<(&'static str, &'static str)> {
        let served = match params.get("response_mode") {
            None | Some("query" | "form_post") => true,
            Some("jwt" | "query.jwt" | "form_post.jwt") => self.proves(),
            Some(_) => false,
        };
        if params.get("request").is_some() {
            return Some(("request_not_supported", "request objects are not supported"));
        }
        if params.get("request_uri").is_some() {
            return Some(("request_uri_not_supported", "request_uri is not supported"));
        }
        if params.get("response_type") != Some("code") {
            return Some(("unsupported_response_type", "response_type has to be code"));
        }
        if !served {
            return Some(("invalid_request", "response_mode has to be query or form_post"));
        }
        if !requested_scope(params).any(|scope| scope == "openid") {
            return Some(("invalid_scope", "scope has to contain openid"));
        }
        match (params.get("code_challenge"), params.get("code_challenge_method")) {
            (Some(_), Some("S256")) => None,
            (Some(_), _) => Some(("invalid_request", "code_challenge_method has to be S256")),
            (None, _) if client.client_secret.is_none() || client.proves() => {
                Some(("invalid_request", "a public client has to use PKCE"))
            }
            (None, _) => None,
        }
    }
}

fn requested_scope(params: &Params) -> impl Iterator<Item = &str> {
    params.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
}

/// The first acr that `acr_values` or the `claims` parameter names (OIDC Core 3.1.2.1, 5.5.1.1).
fn requested_acr(params: &Params) -> Option<String> {
    if let Some(values) = params.get("acr_values") {
        return values.split(' ').next().map(Into::into);
    }
    let claims: Value = serde_json::from_str(params.get("claims")?).ok()?;
    let acr = &claims["id_token"]["acr"];
    acr["value"].as_str().or_else(|| acr["values"][0].as_str()).map(Into::into)
}

fn is_login(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
