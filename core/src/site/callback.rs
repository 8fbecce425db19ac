//! Taking the browser back from the provider.

use alloc::string::String;
use alloc::vec::Vec;

use crate::login::{CallbackParams, PendingLogin, Session, id};
use crate::machine::Host;
use crate::report::{Error, ErrorKind, LoginMissing};
use crate::site::Site;
use crate::site::answer::{Event, Handled};
use crate::site::cookies::clear;
use crate::site::incoming::Incoming;
use crate::site::record::{Record, ended_key, label, session_key, used_key};
use crate::site::shelf::Shelf;
use crate::text::Entropy;
use crate::text::limits::size;

impl Site {
    pub(super) async fn callback(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let response = match incoming.body() {
            Some(form) if incoming.method() == "POST" => CallbackParams::parse_form_post(form),
            _ => CallbackParams::parse(&["?", incoming.query()].concat()),
        };
        let response = match response {
            Ok(response) => response,
            Err(error) => return self.failed(error),
        };
        let over = response.handle().map(|handle| id::cookie_name(&handle, self.0.local));
        let outcome = self.logged_in(host, incoming, &response, over.as_deref(), entropy).await;
        let cookies = incoming.cookies();
        let handled = match outcome {
            Ok(handled) => handled,
            // A reload, or the back button: whoever is logged in goes on.
            Err(error) if error.code() == "no_pending_login" => {
                match self.visitor(host, cookies, &entropy.part("visit")).await? {
                    visit if visit.session.is_some() => Handled::redirect(&self.policy().after_login)
                        .with_cookies(visit.set_cookies)
                        .with_event(Event::Failed { error }),
                    _ => self.failed(error)?,
                }
            }
            Err(error) => self.failed(error)?,
        };
        let budget = size(self.policy().cookie_budget_bytes);
        let surplus = cookies.surplus_logins(self.0.local, budget, over.as_deref());
        Ok(handled.with_cookies(self.cleared(surplus)))
    }

    pub(super) fn cleared(&self, names: Vec<String>) -> Vec<String> {
        names.iter().map(|name| clear(name, self.0.local)).collect()
    }

    async fn logged_in(
        &self,
        host: &Host,
        incoming: &Incoming,
        response: &CallbackParams,
        cookie: Option<&str>,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let (name, provider, pending) = self.login_of(incoming, response, cookie)?;
        let until = pending.expires_at();
        let client = self.chosen(Some(&provider))?.client(host).await?;
        let now = host.now();
        let step = host.cache(|cache| client.signed_callback(pending, response.clone(), cache, now));
        let code = host.run(step).await?;
        if self.policy().store && !self.mark(host, used_key(&name), until, entropy.part("used")).await? {
            return Err(LoginMissing::Used.error());
        }
        let now = host.now();
        let step = host.cache(|cache| client.proving(entropy.part("exchange"), cache, now).exchange(code));
        let session = host.run(step).await?;
        self.keep(host, incoming, provider, session, entropy).await
    }

    /// The login that the response belongs to, if this browser began it.
    fn login_of(
        &self,
        incoming: &Incoming,
        response: &CallbackParams,
        cookie: Option<&str>,
    ) -> Result<(String, String, PendingLogin), Error> {
        let name = cookie.ok_or(ErrorKind::StateMissing)?;
        let cookies = incoming.cookies();
        let Some(value) = cookies.get(name) else {
            let others = cookies.has_logins(self.0.local);
            return Err(response.unclaimed(if others {
                LoginMissing::OtherCookies
            } else {
                LoginMissing::NoCookie
            }));
        };
        let opened = self.opened_login(name, value);
        let (provider, pending) = opened.ok_or_else(|| response.unclaimed(LoginMissing::IdMalformed))?;
        Ok((name.into(), provider, pending))
    }

    /// Gives the browser its session: under a new id, so that nobody else can know it. An earlier session of the same browser ends.
    async fn keep(
        &self,
        host: &Host,
        incoming: &Incoming,
        provider: String,
        session: Session,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let (cookies, now) = (incoming.cookies(), host.now());
        let page = session.return_to().unwrap_or(&self.policy().after_login);
        let handled = Handled::redirect(page);
        let session = if self.policy().store { session } else { session.without_refresh_token() };
        let record = Record::new(provider.clone(), session.clone(), now);
        let set = if self.policy().store {
            let id = entropy.keyed().split("site/session");
            let key = session_key(id.expose());
            let entry = self.entry(&key, &record, entropy.part("session"))?;
            if !Shelf(host).add(entry).await? {
                return Err(ErrorKind::StoreUnavailable.with(["a new session is there already"]));
            }
            self.outlast(host, &key, &record).await?;
            if let Some(earlier) = self.key_of(cookies) {
                Shelf(host).delete(&earlier).await?;
            }
            self.id_cookies(id.expose(), &record, now)
        } else {
            self.sealed_cookies(&record, now, cookies, entropy.part("session"))?
        };
        Ok(handled.with_cookies(set).with_event(Event::LoggedIn { provider, session }))
    }

    /// The provider may have ended the session while it was being stored. Whoever ends sessions makes a mark first, and whoever
    /// stores one looks for it afterwards: one of the two sees the other. A login that began after the end is another session.
    async fn outlast(&self, host: &Host, key: &str, record: &Record) -> Result<(), Error> {
        let claims = record.session.claims();
        let Some(sid) = claims.get("sid").and_then(serde_json::Value::as_str) else { return Ok(()) };
        let mark = ended_key(&label("sid", claims.iss(), sid));
        if Shelf(host).get(&mark).await?.is_none() {
            return Ok(());
        }
        Shelf(host).delete(key).await?;
        Err(ErrorKind::SessionOver.into())
    }
}
