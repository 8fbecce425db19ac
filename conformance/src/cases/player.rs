//! Makes the calls of a case, through the crate's public interface.

use std::collections::BTreeMap;

use relyingparty::{
    AnyFlow, AuthorizationCode, AuthorizeRequest, Cache, CallbackParams, Client, EndSessionRequest, Entropy,
    Error, Expectations, Flow, Held, Incoming, Issuer, LoginCookies, LoginMissing, Method, Outcome as Yield,
    PendingLogin, Policy, Provider, Request, Revocable, SealingKeys, Session, Site, SitePolicy, SiteProvider,
    Step, Timestamp, TokenRequest, logged_out,
};
use serde_json::{Value, json};

use super::exchange::ApiRequest;
use super::format::{self, BrowserRequest, Call, Case, Outcome, from_hex};
use super::host::{Answer, Host, to_reply};
use super::{keys, observe};

/// A host's memory between calls.
pub(super) struct Player {
    issuer: String,
    registration: Value,
    policy: Value,
    pub(super) now: i64,
    pub(super) cache: Cache,
    provider: Option<Provider>,
    client: Option<Client>,
    site: Option<Site>,
    logins: BTreeMap<String, Login>,
}

/// What goes by the name of a login.
#[derive(Default)]
struct Login {
    id: String,
    stored: Option<String>,
    code: Option<AuthorizationCode>,
    session: Option<Session>,
    flow: Option<AnyFlow>,
}

/// Why a call could not be made or did not end as expected.
pub(super) enum Failure {
    /// The library refused.
    Refused(Error),
    /// The case is not one that can be played, or a request is not the one that was expected.
    Case(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Case(message)
    }
}

impl Player {
    pub(super) fn new(case: &Case) -> Self {
        Self {
            issuer: case.issuer.clone(),
            registration: case.registration.clone(),
            policy: case.policy.clone(),
            now: case.now,
            cache: Cache::default(),
            provider: None,
            client: None,
            site: None,
            logins: BTreeMap::new(),
        }
    }

    /// Makes one call. Errs when the case cannot be played.
    pub(super) fn play(&mut self, call: &Call, host: &mut dyn Host) -> Result<Outcome, String> {
        match self.make(call, host) {
            Ok(outcome) => Ok(outcome),
            Err(Failure::Refused(error)) => Ok(observe::error(&error)),
            Err(Failure::Case(message)) => Err(message),
        }
    }

    fn make(&mut self, call: &Call, host: &mut dyn Host) -> Result<Outcome, Failure> {
        let now = Timestamp::from_unix(self.now);
        match call {
            Call::Discover { issuer } => {
                let policy = self.policy()?;
                let issuer = Issuer::under(issuer.as_ref().unwrap_or(&self.issuer), false, &policy)?;
                let step = Provider::discover(&issuer, &policy, &self.cache, now)?;
                self.run(step.erase(), None, host)
            }
            Call::Client { registration, policy } => {
                if let Some(registration) = registration {
                    self.registration = registration.clone();
                }
                if let Some(policy) = policy {
                    self.policy = policy.clone();
                }
                let registration = keys::registration(&self.registration)?;
                self.client = Some(Client::new(self.provider()?.clone(), registration, self.policy()?)?);
                Ok(Outcome::Ok(json!({})))
            }
            Call::Authorize { login, request, entropy, in_steps } => {
                let request = AuthorizeRequest::from_json(&request.to_string())?;
                let entropy = drawn(entropy)?;
                if *in_steps {
                    let step = self.client()?.proving(entropy, &self.cache, now).authorize(&request)?;
                    return self.run(step.erase(), Some(login), host);
                }
                let started = self.client()?.authorize(&request, entropy, now)?;
                Ok(self.keep(Yield::Authorization(started), Some(login)))
            }
            Call::Callback { login, cookies, id, told, stored, query, form, in_steps } => {
                let own = self.login(login);
                let (own_id, own) = (own.id.clone(), own.stored.clone());
                let response = match (query, form) {
                    (Some(query), None) => CallbackParams::parse(query)?,
                    (None, Some(form)) => CallbackParams::parse_form_post(form)?,
                    _ => return Err(Failure::Case("a callback has a query or a form".into())),
                };
                let missing = |cause: LoginMissing| response.unclaimed(cause.told(told.as_deref()));
                let redirect_uri = self.registration["redirect_uri"].as_str().unwrap_or_default();
                let cookies = cookies.as_deref().map(LoginCookies::parse);
                let held = match (&cookies, id) {
                    (Some(cookies), _) => Some(Held::Cookies(cookies)),
                    (None, Some(id)) => Some(Held::Id(id.as_deref())),
                    (None, None) => None,
                };
                let found = held.map_or(Ok(&*own_id), |held| response.login_id(held, redirect_uri));
                let id = found.map_err(missing)?;
                let own = own.filter(|_| id == own_id);
                let stored =
                    stored.clone().unwrap_or(own).ok_or_else(|| missing(LoginMissing::NotInStore))?;
                let pending = PendingLogin::decode(Some(&stored))?;
                if *in_steps {
                    let step = self.client()?.signed_callback(pending, response, &self.cache, now)?;
                    return self.run(step.erase(), Some(login), host);
                }
                let code = self.client()?.callback(pending, &response, now)?;
                Ok(self.keep(Yield::Code(code), Some(login)))
            }
            Call::Exchange { login, request, entropy } => {
                let request = token_request(request.as_ref())?;
                let code = self.login(login).code.take();
                let code = code.ok_or_else(|| format!("{login} has no code"))?;
                let client = self.client()?;
                let step = match entropy {
                    Some(entropy) => {
                        client.proving(drawn(entropy)?, &self.cache, now).exchange_with(code, &request)
                    }
                    None => client.exchange_with(code, &request),
                };
                self.run(step?.erase(), Some(login), host)
            }
            Call::Refresh { login, request, entropy } => {
                let request = token_request(request.as_ref())?;
                let (client, session) = (self.client()?, self.session_of(login)?);
                let step = match entropy {
                    Some(entropy) => {
                        client.proving(drawn(entropy)?, &self.cache, now).refresh_with(session, &request)
                    }
                    None => client.refresh_with(session, &request),
                };
                self.run(step?.erase(), Some(login), host)
            }
            Call::Userinfo { login, entropy } => {
                let (client, session) = (self.client()?, self.session_of(login)?);
                let step = match entropy {
                    Some(entropy) => client.proving(drawn(entropy)?, &self.cache, now).userinfo(session),
                    None => client.userinfo(session),
                };
                self.run(step?.erase(), Some(login), host)
            }
            Call::Call { login, request, entropy } => {
                let request = api_request(request)?;
                let (client, session) = (self.client()?, self.session_of(login)?);
                let step = match entropy {
                    Some(entropy) => client.proving(drawn(entropy)?, &self.cache, now).call(session, request),
                    None => client.call(session, request),
                };
                self.run(step?.erase(), Some(login), host)
            }
            Call::Jwks => {
                let jwks = serde_json::from_str(&self.client()?.jwks());
                Ok(Outcome::Ok(jwks.map_err(|error| error.to_string())?))
            }
            Call::Restore { login, stored } => {
                let stored = match stored {
                    Some(stored) => stored.clone(),
                    None => self.session_of(login)?.encode(),
                };
                let step = self.client()?.restore(&stored, &self.cache, now)?;
                self.run(step.erase(), Some(login), host)
            }
            Call::Resume { login } => {
                let flow =
                    self.login(login).flow.take().ok_or_else(|| format!("nothing of {login} is pending"))?;
                self.run(Step::Pending(flow), Some(login), host)
            }
            Call::Verify { id_token, expectations } => {
                let expectations = Expectations::from_json(&expectations.to_string())?;
                let step = self.client()?.verify(id_token, expectations, &self.cache, now)?;
                self.run(step.erase(), None, host)
            }
            Call::EndSession { login, request } => {
                let mut request = EndSessionRequest::from_json(&request.to_string())?;
                if let Some(login) = login {
                    request = request.of(self.session_of(login)?);
                }
                Ok(Outcome::Ok(json!({ "url": self.client()?.end_session(&request)? })))
            }
            Call::LogOut { login, request, entropy } => {
                let mut request = EndSessionRequest::from_json(&request.to_string())?;
                if let Some(login) = login {
                    request = request.of(self.session_of(login)?);
                }
                let entropy = from_hex(entropy).ok_or_else(|| "the entropy is not hexadecimal".to_owned())?;
                Ok(observe::logout(&self.client()?.log_out(&request, Entropy::new(entropy)?)?))
            }
            Call::LoggedOut { query, expected } => {
                logged_out(query, expected.as_deref())?;
                Ok(Outcome::Ok(json!({})))
            }
            Call::LogoutToken { logout_token } => {
                let step = self.client()?.logout_token(logout_token, &self.cache, now)?;
                self.run(step.erase(), None, host)
            }
            Call::FrontChannelLogout { query } => {
                Ok(observe::front_channel(&self.client()?.front_channel_logout(query)?))
            }
            Call::Revoke { login, token, token_type_hint } => {
                let client = self.client()?;
                let step = match (login, token) {
                    (Some(login), _) => client.revoke(self.session_of(login)?)?,
                    (None, token) => {
                        let token = token.as_deref().unwrap_or_default();
                        client.revoke(Revocable::token(token, token_type_hint.as_deref())?)?
                    }
                };
                self.run(step.erase(), None, host)
            }
            Call::Parameters { query } => Ok(observe::parameters(&CallbackParams::parse(query)?)),
            Call::RefreshKeys => {
                let step = self.provider()?.refresh_keys(&self.policy()?)?;
                self.run(step.erase(), None, host)
            }
            Call::Site { base_url, sealing_keys, site_policy, providers } => {
                let keys: Option<Vec<_>> = sealing_keys.iter().map(|key| from_hex(key)).collect();
                let keys = SealingKeys::new(keys.ok_or_else(|| "a key is not hexadecimal".to_owned())?)?;
                let mut site = Site::new(base_url, keys, SitePolicy::from_json(&site_policy.to_string())?)?;
                for provider in providers {
                    site = site.with_provider(self.site_provider(provider)?)?;
                }
                self.site = Some(site);
                Ok(Outcome::Ok(json!({})))
            }
            Call::Handle { flow, request, entropy } => {
                let (site, entropy) = (self.site()?.clone(), drawn(entropy)?);
                let step = site.handle(incoming(request), entropy, &mut self.cache, now)?;
                self.run(step.erase(), flow.as_deref(), host)
            }
            Call::Visit { flow, request, entropy } => {
                let (site, entropy) = (self.site()?.clone(), drawn(entropy)?);
                let step = site.visit(&incoming(request), entropy, &mut self.cache, now)?;
                self.run(step.erase(), flow.as_deref(), host)
            }
            Call::GoOn { flow } => {
                let pending = self.login(flow).flow.take();
                let pending = pending.ok_or_else(|| format!("nothing of {flow} is pending"))?;
                self.run(Step::Pending(pending), Some(flow), host)
            }
            Call::Cache { stored } => {
                self.cache = stored.as_deref().map_or(Ok(Cache::default()), Cache::from_json)?;
                Ok(Outcome::Ok(json!({})))
            }
        }
    }

    /// Carries an operation to its end, or to where the host lets it wait.
    fn run(
        &mut self,
        mut step: Step<AnyFlow>,
        login: Option<&str>,
        host: &mut dyn Host,
    ) -> Result<Outcome, Failure> {
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(self.keep(output, login)),
                Step::Pending(flow) => flow,
            };
            let reply = match flow.request() {
                Request::Http(request) => match host.answer(request, self.now)? {
                    Answer::Reply(reply, now) => {
                        self.now = now.unwrap_or(self.now);
                        to_reply(reply)?
                    }
                    Answer::Wait => {
                        let endpoint = request.endpoint.as_str().to_owned();
                        let login = login.ok_or("only what belongs to a login can wait".to_owned())?;
                        self.login(login).flow = Some(flow);
                        return Ok(Outcome::Pending(endpoint));
                    }
                },
                Request::Store(request) => match host.store(request, self.now)? {
                    Answer::Reply(reply, now) => {
                        self.now = now.unwrap_or(self.now);
                        to_reply(reply)?
                    }
                    Answer::Wait => {
                        let name = request.name().to_owned();
                        let login = login.ok_or("only what has a name can wait".to_owned())?;
                        self.login(login).flow = Some(flow);
                        return Ok(Outcome::Pending(name));
                    }
                },
                Request::Verify(request) => request.check(),
                Request::Sign(request) => to_reply(host.prove(observe::sign(request))?)?,
                Request::Assertion(request) => to_reply(host.prove(observe::assertion(request))?)?,
                // A pause of a case lasts as long as it has to.
                Request::Wait(request) => {
                    self.now = request.until.as_unix();
                    relyingparty::Reply::Waited
                }
                _ => return Err(Failure::Case("a request of a newer core".into())),
            };
            step = flow.resume(reply, &mut self.cache, Timestamp::from_unix(self.now))?;
        }
    }

    fn keep(&mut self, output: Yield, login: Option<&str>) -> Outcome {
        let seen = observe::outcome(&output);
        match (output, login) {
            (Yield::Provider(provider), _) => self.provider = Some(provider),
            (Yield::Session(session), Some(login)) => self.login(login).session = Some(session),
            (Yield::Code(code), Some(login)) => self.login(login).code = Some(code),
            (Yield::Authorization(started), Some(login)) => {
                let login = self.login(login);
                login.id = started.pending.id().into();
                login.stored = Some(started.pending.encode());
            }
            _ => {}
        }
        seen
    }

    /// Whether the client there is starts its logins in steps.
    pub(super) fn authorizes_in_steps(&self) -> bool {
        self.client.as_ref().is_some_and(Client::authorizes_in_steps)
    }

    /// The session of a login as it is stored.
    pub(super) fn stored_session(&self, login: &str) -> Option<String> {
        self.session_of(login).ok().map(Session::encode)
    }

    /// Whether its requests take randomness.
    pub(super) fn needs_entropy(&self) -> bool {
        self.client.as_ref().is_some_and(Client::needs_entropy)
    }

    fn login(&mut self, name: &str) -> &mut Login {
        self.logins.entry(name.into()).or_default()
    }

    fn session_of(&self, login: &str) -> Result<&Session, String> {
        let session = self.logins.get(login).and_then(|login| login.session.as_ref());
        session.ok_or_else(|| format!("{login} has no session"))
    }

    fn provider(&self) -> Result<&Provider, String> {
        self.provider.as_ref().ok_or_else(|| "no provider was discovered".into())
    }

    fn client(&self) -> Result<&Client, String> {
        self.client.as_ref().ok_or_else(|| "no client was made".into())
    }

    fn site(&self) -> Result<&Site, String> {
        self.site.as_ref().ok_or_else(|| "no site was made".into())
    }

    fn site_provider(&self, given: &format::SiteProvider) -> Result<SiteProvider, Failure> {
        let policy = self.policy()?;
        let issuer = Issuer::under(given.issuer.as_ref().unwrap_or(&self.issuer), false, &policy)?;
        let registration = keys::registration(given.registration.as_ref().unwrap_or(&self.registration))?;
        let authorize = given.authorize.as_ref().map_or("{}".into(), Value::to_string);
        let authorize = AuthorizeRequest::from_json(&authorize)?;
        let provider = SiteProvider::new(&given.name, issuer, registration);
        Ok(provider.with_policy(policy).with_authorize(authorize))
    }

    fn policy(&self) -> Result<Policy, Error> {
        Policy::from_json(&self.policy.to_string())
    }
}

fn incoming(request: &BrowserRequest) -> Incoming {
    let incoming = Incoming::new(&request.method, &request.url);
    let incoming = match &request.form {
        Some(form) => incoming.form(form),
        None => incoming,
    };
    request.headers.iter().fold(incoming, |incoming, (name, value)| incoming.header(name, value))
}

fn token_request(request: Option<&Value>) -> Result<TokenRequest, Error> {
    request.map_or(Ok(TokenRequest::default()), |request| TokenRequest::from_json(&request.to_string()))
}

fn drawn(entropy: &str) -> Result<Entropy, Failure> {
    let bytes = from_hex(entropy).ok_or_else(|| "the entropy is not hexadecimal".to_owned())?;
    Ok(Entropy::new(bytes)?)
}

fn api_request(request: &ApiRequest) -> Result<relyingparty::ApiRequest, String> {
    let method = Method::from_name(&request.method).ok_or_else(|| "no such method".to_owned())?;
    let asked = relyingparty::ApiRequest::new(method, &request.url).body(request.body.as_bytes());
    Ok(request.headers.iter().fold(asked, |asked, (name, value)| asked.header(name, value)))
}
