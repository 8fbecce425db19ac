//! The end of a session: by its user, or by the provider, in a frame or from server to server.

use alloc::string::String;
use alloc::vec::Vec;

use crate::login::usable_return_to;
use crate::logout::{EndSessionRequest, logout_token_in};
use crate::machine::{Host, StoreEntry};
use crate::report::{Error, ErrorKind};
use crate::site::Site;
use crate::site::answer::{Event, Handled};
use crate::site::cookies::{Attributes, clear};
use crate::site::incoming::Incoming;
use crate::site::keeper::Purpose;
use crate::site::record::{Record, ended_key, label};
use crate::site::shelf::Shelf;
use crate::text::config::Config;
use crate::text::json::Writer;
use crate::text::{Entropy, Secret, Timestamp};
use crate::token::LogoutToken;

/// How long a login that is under way when its provider ends the session can find that out, in seconds.
const ENDED_SECS: u32 = 300;

/// How long a logout may take at the provider, in seconds.
const LOGOUT_SECS: u32 = 600;

/// The longest page that a logout leads to, in bytes.
const LONGEST_PAGE: usize = 2_048;

impl Site {
    /// `logout`: removes the session first, then tells the provider (OIDC RP-Initiated Logout 2).
    pub(super) async fn logout(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let is_linked = incoming.method() == "GET";
        if !is_linked && !incoming.is_same_origin(|origin| self.is_own_origin(origin)) {
            return Err(ErrorKind::CrossSiteRequest.into());
        }
        let page = incoming.parameters()?.get("return_to").map(String::from);
        let page = page.filter(|page| usable_return_to(page, LONGEST_PAGE).is_ok());
        let page = page.unwrap_or_else(|| self.policy().after_logout.clone());
        let record = self.removed(host, incoming).await?;
        let cleared = self.clear_session(incoming.cookies());
        let Some(record) = record else { return Ok(Handled::redirect(&page).with_cookies(cleared)) };
        let session = Some(record.session.clone());
        let handled = match self.end_at_provider(host, &record, &page, entropy).await {
            Ok(Some((url, cookie))) => Handled::redirect(&url)
                .with_cookies(cookie.into_iter().collect())
                .with_event(Event::LoggedOut { session, error: None }),
            Ok(None) => Handled::redirect(&page).with_event(Event::LoggedOut { session, error: None }),
            Err(error) => {
                Handled::redirect(&page).with_event(Event::LoggedOut { session, error: Some(error) })
            }
        };
        Ok(handled.with_cookies(cleared))
    }

    /// The session that was there, and is no longer.
    async fn removed(&self, host: &Host, incoming: &Incoming) -> Result<Option<Record>, Error> {
        let (cookies, now) = (incoming.cookies(), host.now());
        if !self.policy().store {
            return Ok(self.record_in(cookies, now));
        }
        let Some(key) = self.key_of(cookies) else { return Ok(None) };
        let taken = Shelf(host).take(&key).await?;
        Ok(taken.and_then(|taken| self.read(&key, &taken.value, now)))
    }

    /// Where the provider ends its session, and the cookie that remembers the way back. `None` where it has no such endpoint.
    async fn end_at_provider(
        &self,
        host: &Host,
        record: &Record,
        page: &str,
        entropy: &Entropy,
    ) -> Result<Option<(String, Option<String>)>, Error> {
        let client = self.chosen(Some(&record.provider))?.client(host).await?;
        let mut request = EndSessionRequest::default().of(&record.session);
        let mut cookie = None;
        if client.registration().post_logout_redirect_uri.is_some() {
            let state = entropy.keyed().split("site/logout");
            cookie = Some(self.logout_cookie(host, &state, page, entropy.part("logout"))?);
            request.state = Some(state.expose().into());
        }
        match client.end_session(&request) {
            Ok(url) => Ok(Some((url, cookie))),
            Err(error) if error.code() == "endpoint_missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn logout_cookie(
        &self,
        host: &Host,
        state: &Secret,
        page: &str,
        entropy: Entropy,
    ) -> Result<String, Error> {
        let name = self.logout_cookie_name();
        let text = Writer::new()
            .text("state", state.expose())
            .text("page", page)
            .number("until", host.now().plus(LOGOUT_SECS).as_unix())
            .end();
        let value = self.seal(Purpose::Logout, &name, &text, entropy)?;
        let attributes = Attributes { local: self.0.local, cross_site: false, max_age: LOGOUT_SECS };
        Ok(attributes.set(&name, &value))
    }

    /// `logged-out`: the way back, for the browser that was sent there.
    pub(super) fn logged_out(&self, host: &Host, incoming: &Incoming) -> Result<Handled, Error> {
        let name = self.logout_cookie_name();
        let value = incoming.cookies().get(&name);
        let cleared = value.map(|_| clear(&name, self.0.local)).into_iter().collect();
        let state = incoming.parameters()?;
        let page = value.zip(state.get("state")).and_then(|(value, state)| {
            let text = self.open(Purpose::Logout, &name, value)?;
            let mut stored = Config::parse_own(&text).ok()?;
            let own = Secret::new(stored.required("state", Config::text));
            let page = stored.required("page", Config::text);
            let until = stored.required("until", Config::time);
            stored.end(()).ok()?;
            (own.matches(state) && host.now().as_unix() <= until).then_some(page)
        });
        let handled = match page {
            Some(page) => Handled::redirect(&page),
            None => Handled::redirect(&self.policy().after_logout)
                .with_event(Event::Failed { error: ErrorKind::LogoutStateMismatch.into() }),
        };
        Ok(handled.with_cookies(cleared))
    }

    /// `frontchannel-logout`: the provider's page shows this in a frame (OIDC Front-Channel Logout 2). No cookie of the session
    /// reaches it, so the sessions are found by `iss` and `sid`.
    pub(super) async fn front_channel(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        if !self.policy().store {
            return Ok(Handled::status(404));
        }
        let given = incoming.parameters()?;
        let (Some(iss), Some(sid)) = (given.get("iss"), given.get("sid")) else {
            return Ok(Handled::status(400));
        };
        if !self.0.providers.iter().any(|provider| provider.issuer.as_str() == iss) {
            return Err(ErrorKind::UnknownProvider.into());
        }
        self.end_labelled(host, label("sid", iss, sid), entropy).await?;
        Ok(Handled::status(200).with_event(Event::LoggedOut { session: None, error: None }))
    }

    /// `backchannel-logout`: the provider says which sessions are over (OIDC Back-Channel Logout 2.5 to 2.8).
    pub(super) async fn back_channel(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        if !self.policy().store {
            return Ok(Handled::status(404));
        }
        let text = logout_token_in(incoming.body().unwrap_or_default())?;
        let token = self.verified_logout(host, &text).await?;
        // Those that a login is about to store find the mark.
        let named = [("sid", token.session_id()), ("sub", token.subject())];
        let [by_sid, by_sub] =
            named.map(|(kind, value)| value.map(|value| label(kind, token.issuer(), value)));
        let Some(label) = by_sid.or(by_sub) else { return Ok(Handled::status(400)) };
        let key = ["token.", token.replay_key()].concat();
        if !self.mark(host, key, token.remember_until(), entropy.part("token")).await? {
            return Ok(Handled::status(400));
        }
        self.end_labelled(host, label, entropy).await?;
        Ok(Handled::status(200).with_event(Event::LoggedOut { session: None, error: None }))
    }

    /// The logout token, by whichever of the providers it names.
    async fn verified_logout(&self, host: &Host, text: &str) -> Result<LogoutToken, Error> {
        let mut refusal = Error::from(ErrorKind::UnknownProvider);
        for provider in &self.0.providers {
            let client = provider.client(host).await?;
            let now = host.now();
            let step = host.cache(|cache| client.logout_token(text, cache, now));
            match host.run(step).await {
                Ok(token) => return Ok(token),
                // Another one's token.
                Err(error) if error.code() == "iss_mismatch" => refusal = error,
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }

    /// Ends the sessions of a label, those included that are being stored at this moment: they look for the mark afterwards.
    async fn end_labelled(&self, host: &Host, label: String, entropy: &Entropy) -> Result<(), Error> {
        let until = host.now().plus(ENDED_SECS);
        self.mark(host, ended_key(&label), until, entropy.part("over")).await?;
        Shelf(host).delete_labelled(label).await
    }

    /// Makes a mark that says nothing but that it is there. Whether it was not there before.
    pub(super) async fn mark(
        &self,
        host: &Host,
        key: String,
        until: Timestamp,
        entropy: Entropy,
    ) -> Result<bool, Error> {
        let value = entropy.keyed().split("site/mark").expose().into();
        Shelf(host).add(StoreEntry { key, value, expires_at: until.plus(1), labels: Vec::new() }).await
    }

    fn logout_cookie_name(&self) -> String {
        [&self.cookie_name(), "-out"].concat()
    }
}
