//! Taking the browser back from the provider.

use alloc::string::String;
use alloc::vec::Vec;

use crate::login::{CallbackParams, id};
use crate::machine::Host;
use crate::report::{Error, ErrorKind, LoginMissing, check};
use crate::site::Site;
use crate::site::answer::{Event, Handled};
use crate::site::cookies::{clear, taken};
use crate::site::incoming::Incoming;
use crate::site::login::{Opened, Page};
use crate::site::record::{Record, session_key, used_key};
use crate::site::shelf::Shelf;
use crate::text::limits::size;
use crate::text::{Entropy, Timestamp};

/// What was before the session.
struct Before {
    /// When its login began.
    began: Timestamp,
    /// Where the session is kept that the browser had.
    earlier: Option<String>,
    /// The page that the login leads to.
    page: Option<String>,
}

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
                let visit = self.visitor(host, cookies, &entropy.part("visit")).await?;
                let handled = match &visit.session {
                    Some(_) => Handled::redirect(&self.policy().after_login),
                    None => self.failed(error.clone())?,
                };
                let event = visit.event.unwrap_or(Event::Failed { error });
                handled.with_cookies(visit.set_cookies).with_event(event)
            }
            Err(error) => self.failed(error)?,
        };
        let set = handled.answer.headers.iter().filter(|(name, _)| name == "Set-Cookie");
        let session = match taken(set.map(|(_, value)| value.as_str())) {
            0 => cookies.size(&self.cookie_name()),
            new => new,
        };
        let budget = size(self.policy().cookie_budget_bytes).saturating_sub(session);
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
        let (name, opened) = match self.login_of(incoming, response, cookie) {
            Ok(found) => found,
            // Its cookie is gone by then.
            Err(_) if self.was_used(host, cookie).await? => {
                return Err(response.unclaimed(LoginMissing::Used));
            }
            Err(missing) => return Err(missing),
        };
        let Opened { provider, pending, earlier, page } = opened;
        let (began, until) = (pending.started_at(), pending.expires_at());
        let provider = self.chosen(Some(&provider))?;
        // A provider that says no `iss` is told from the others by its redirect URI (RFC 9700 4.4.2).
        let (expected, actual) = (provider.callback(), incoming.path());
        if !self.is_called_at(provider, actual) {
            return Err(ErrorKind::PendingLoginMismatch.with(["redirect_uri", expected, actual]));
        }
        let client = provider.client(host).await?;
        let now = host.now();
        let step = host.cache(|cache| client.signed_callback(pending, response.clone(), cache, now));
        let mut code = host.run(step).await?;
        if let Page::LeftOut(reason) = &page {
            code.trace.pass(check::ReturnToLeftOut { reason: reason.as_str().into() });
        }
        if self.policy().store && !self.mark(host, used_key(&name), until, entropy.part("used")).await? {
            return Err(LoginMissing::Used.error());
        }
        let now = host.now();
        let step = host.cache(|cache| client.proving(entropy.part("exchange"), cache, now).exchange(code));
        let session = host.run(step).await?;
        let page = match page {
            Page::InStore => self.stored_page(host, &name).await?,
            Page::InLogin | Page::LeftOut(_) => session.return_to().map(String::from),
        };
        let record = Record::new(provider.name.clone(), session, host.now());
        self.keep(host, incoming, record, Before { began, earlier, page }, entropy).await
    }

    /// Whether a login was used, as far as the store knows.
    async fn was_used(&self, host: &Host, cookie: Option<&str>) -> Result<bool, Error> {
        match cookie {
            Some(name) if self.policy().store => Ok(Shelf(host).get(&used_key(name)).await?.is_some()),
            _ => Ok(false),
        }
    }

    /// The login that the response belongs to, if this browser began it, and the name of its cookie.
    fn login_of(
        &self,
        incoming: &Incoming,
        response: &CallbackParams,
        cookie: Option<&str>,
    ) -> Result<(String, Opened), Error> {
        let name = cookie.ok_or_else(|| ErrorKind::StateMissing.bare())?;
        let cookies = incoming.cookies();
        let Some(value) = cookies.get(name) else {
            let others = cookies.has_logins(self.0.local);
            let cause = if others { LoginMissing::OtherCookies } else { LoginMissing::NoCookie };
            return Err(response.unclaimed(cause));
        };
        let opened = self.opened_login(name, value);
        Ok((name.into(), opened.ok_or_else(|| response.unclaimed(LoginMissing::IdMalformed))?))
    }

    /// Gives the browser its session: under a new id, so that nobody else can know it. An earlier session of the same browser ends.
    async fn keep(
        &self,
        host: &Host,
        incoming: &Incoming,
        mut record: Record,
        Before { began, earlier, page }: Before,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let (cookies, now) = (incoming.cookies(), host.now());
        if record.expires_at(self.policy()) <= now {
            // It would be logged in by none of the requests that follow.
            return Err(ErrorKind::SessionOver.bare());
        }
        let handled = Handled::redirect(page.as_ref().unwrap_or(&self.policy().after_login));
        let set = if self.policy().store {
            let id = entropy.keyed().split("site/session");
            let key = session_key(id.expose());
            let entry = self.entry(&key, &record, entropy.part("session"))?;
            if !Shelf(host).add(entry).await? {
                return Err(ErrorKind::StoreUnavailable.with(["a new session is there already"]));
            }
            self.outlast(host, &key, &record, began).await?;
            for earlier in earlier.into_iter().chain(self.key_of(cookies)) {
                Shelf(host).delete(&earlier).await?;
            }
            self.id_cookies(id.expose(), &record, now)
        } else {
            record.session = record.session.without_refresh_token();
            self.sealed_cookies(&record, now, cookies, entropy.part("session"))?
        };
        let Record { provider, session, .. } = record;
        Ok(handled.with_cookies(set).with_event(Event::LoggedIn { provider, session }))
    }

    /// The provider may have ended the session while it was being stored. Whoever ends sessions makes a mark first, and whoever
    /// stores one looks for it afterwards: one of the two sees the other. A login that began after the end is another session.
    async fn outlast(&self, host: &Host, key: &str, record: &Record, began: Timestamp) -> Result<(), Error> {
        for label in record.labels() {
            if self.ended_since(host, &label, began).await? {
                Shelf(host).delete(key).await?;
                return Err(ErrorKind::SessionOver.bare());
            }
        }
        Ok(())
    }
}
